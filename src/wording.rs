//! Phrases that messages and reports share. Pure.

use std::fmt::Display;

/// The offer of a word that is near to a mistyped one.
pub(crate) fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// A count with its noun: `1 topic`, `2 topics`.
pub(crate) fn plural<N: Display + PartialEq + From<u8>>(count: N, word: &str) -> String {
    let s = if count == N::from(1) { "" } else { "s" };
    format!("{count} {word}{s}")
}

/// The parts as a list: `one, two and three`.
pub(crate) fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}
