//! What a mistyped word was meant to be. Pure; how many words are worth comparing is its caller's to
//! say.

/// Longer texts, in bytes, are no misspellings, and comparing them would be slow.
const LONGEST_MISSPELLING: usize = 256;

/// The candidate that a mistyped word was meant to be, if one is near enough; of equals the first
/// by the alphabet, whatever the order of the candidates.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST_MISSPELLING {
        return None;
    }
    let word = word.to_lowercase();
    let characters = word.chars().count();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let most = candidate.len().max(3) / 3;
            // Each character more or less is a difference.
            let differ = candidate.chars().count().abs_diff(characters);
            if candidate.len() > LONGEST_MISSPELLING || differ > most {
                return None;
            }
            let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
            (distance <= most).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}
