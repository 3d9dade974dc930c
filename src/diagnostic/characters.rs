//! Characters that look like others, or like nothing: letters of other scripts, spaces that are not
//! one, quotes and dashes of a typesetter. Where one stands in what was not understood, a problem
//! names it with its code point and its place, for no reader can see it. Pure.

use unicode_script::{Script, UnicodeScript};

use super::{Code, Diagnostic, Label, Severity, Sources, Span};

/// What a character is, and the plain one that it is taken for.
struct Odd {
    is: &'static str,
    /// Empty for a character that nobody sees.
    plain: Option<&'static str>,
}

/// More are not pointed to.
const MOST_LABELS: usize = 4;

/// Longer text is not written once more.
const LONGEST_REWRITTEN: usize = 100;

/// Lines above a syntax error that may have caused it.
const LINES_ABOVE: usize = 2;

/// Names the odd characters in what a problem points to, and what would be meant without them.
pub(super) fn name(diagnostic: &mut Diagnostic, sources: &Sources) {
    let Some(primary) = &diagnostic.primary else {
        return;
    };
    let source = sources.get(primary.span.source);
    if diagnostic.severity != Severity::Error || source.text.is_ascii() || !source.is_shown {
        return;
    }
    let place = primary.span;
    let found = match diagnostic.code {
        Code::Syntax => in_syntax(sources, place),
        code if is_about_its_text(code) => in_text(sources, place),
        _ => return,
    };
    let Some(Found { odd, rewritten }) = found else {
        return;
    };
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    let mut labels: Vec<Label> = Vec::new();
    let mut named: Vec<String> = Vec::new();
    // The same several times in a row is told once.
    for run in odd.chunk_by(|one, next| one.1 == next.1 && one.0 + one.1.len_utf8() == next.0) {
        let (at, c, odd) = &run[0];
        let end = at + run.len() * c.len_utf8();
        let (start, end) = (offset(*at), offset(end));
        let span = Span {
            start,
            end,
            ..place
        };
        let times = match run.len() {
            1 => String::new(),
            many => format!(", {many} times"),
        };
        let is = format!("U+{:04X}, {}{times}", u32::from(*c), odd.is);
        let shown = match odd.plain == Some("") || c.is_whitespace() {
            true => String::new(),
            false => format!("`{c}` is "),
        };
        let found = sources.location(span);
        named.push(format!("{shown}{is}, at {}:{}", found.line, found.column));
        labels.push(Label { span, text: is });
    }
    labels.truncate(MOST_LABELS);
    let others = labels.split_off(1);
    diagnostic.secondary.splice(0..0, others);
    diagnostic.primary = labels.pop();
    let more = named.len().saturating_sub(MOST_LABELS);
    named.truncate(MOST_LABELS);
    let more = if more > 0 {
        format!(", and {more} more")
    } else {
        String::new()
    };
    let help = format!("{}{more}", named.join("; "));
    diagnostic.help = Some(match (rewritten, diagnostic.help.take()) {
        (Some(plain), _) if diagnostic.code == Code::IllegalName => {
            let name = plain.trim_matches(['"', '\'']);
            format!("{help}; `{name}` in plain characters would be a name")
        }
        (Some(plain), _) => format!("{help}; write `{plain}`"),
        (None, Some(other)) => format!("{help}; {other}"),
        (None, None) => help,
    });
}

struct Found {
    /// The place of each, in bytes of the source.
    odd: Vec<(usize, char, Odd)>,
    /// The text without them, where that is all plain.
    rewritten: Option<String>,
}

/// Whether a problem is that the text which it points to is not understood.
fn is_about_its_text(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownField
            | Code::WrongType
            | Code::OutOfRange
            | Code::VariableSyntax
            | Code::UndefinedVariable
            | Code::UnknownTier
            | Code::UnknownProfile
            | Code::UnknownCluster
            | Code::UnknownTopic
            | Code::IllegalName
            | Code::UnknownConfig
            | Code::InvalidConfig
    )
}

fn in_text(sources: &Sources, place: Span) -> Option<Found> {
    let source = sources.get(place.source);
    let line = source.line(place.start);
    let (from, end) = (place.start as usize, place.end as usize);
    // What goes on in further lines was cut off by nothing but such a character.
    let end = end.min(source.line_range(line + LINES_ABOVE).end);
    let text = source.text.get(from..end)?;
    let odd = odd_characters(text, from);
    let rewritten = rewritten(text);
    (!odd.is_empty()).then_some(Found { odd, rewritten })
}

fn in_syntax(sources: &Sources, place: Span) -> Option<Found> {
    let source = sources.get(place.source);
    let stopped = source.line(place.start);
    let lines = (stopped.saturating_sub(LINES_ABOVE)..=stopped).rev();
    lines.into_iter().find_map(|line| {
        let range = source.line_range(line);
        let text = source.text[range.clone()].trim_end_matches(['\n', '\r']);
        let mut odd = odd_characters(text, range.start);
        odd.retain(|(at, c, _)| is_structural(&text[..at - range.start], *c));
        let rewritten = rewritten(text);
        (!odd.is_empty()).then_some(Found { odd, rewritten })
    })
}

fn odd_characters(text: &str, from: usize) -> Vec<(usize, char, Odd)> {
    let all = text.char_indices();
    all.filter_map(|(at, c)| Some((from + at, c, odd(c)?)))
        .collect()
}

/// Whether a character at this place of a line would mean something to YAML, if it were plain.
fn is_structural(before: &str, c: char) -> bool {
    let is_space = |c: char| c.is_whitespace() || super::is_unprintable(c);
    let trimmed = before.trim_end_matches(is_space);
    let opens = trimmed.is_empty() || trimmed.ends_with([':', '-', '[', '{', ',', '\u{ff1a}']);
    let is_quoted = before.matches('"').count() % 2 == 1 || trimmed.contains('#');
    let is_mark = matches!(
        c,
        '\u{ff1a}' | '\u{ff0c}' | '\u{ff3b}' | '\u{ff3d}' | '\u{ff5b}' | '\u{ff5d}'
    );
    !is_quoted && !c.is_alphabetic() && (opens || is_mark)
}

/// A text in plain characters; `None` where it is long or would hold another one.
fn rewritten(text: &str) -> Option<String> {
    let transliterated = amount(text);
    let mut plain = String::with_capacity(text.len());
    let mut characters = transliterated.as_deref().unwrap_or(text).chars().peekable();
    while let Some(c) = characters.next() {
        match odd(c) {
            Some(odd) => plain.push_str(odd.plain?),
            None => plain.push(c),
        }
        // A full-width colon brings its own space.
        if c == '\u{ff1a}' && characters.peek().is_some_and(|next| !next.is_whitespace()) {
            plain.push(' ');
        }
    }
    let plain = plain.trim();
    let plain = match plain.split_once(' ') {
        Some((number, unit)) if is_amount(number, unit) => format!("{number}{unit}"),
        _ => plain.to_owned(),
    };
    let is_short = (1..=LONGEST_REWRITTEN).contains(&plain.len());
    (is_short && plain.is_ascii() && !plain.contains(['\n', '`'])).then_some(plain)
}

/// A number and its unit, which want no space between them.
fn is_amount(number: &str, unit: &str) -> bool {
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && unit.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// An amount with a unit by the letter that it sounds like.
fn amount(text: &str) -> Option<String> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let plain = match unit {
        _ if unit.len() == text.len() => return None,
        "мс" => "ms",
        "с" => "s",
        "м" => "m",
        "ч" => "h",
        "д" => "d",
        "н" => "w",
        _ => return None,
    };
    Some(text.replace(unit, plain))
}

fn odd(c: char) -> Option<Odd> {
    if c.is_ascii() {
        return None;
    }
    let odd = |is, plain| {
        Some(Odd {
            is,
            plain: Some(plain),
        })
    };
    match c {
        '\u{ad}' => return odd("a soft hyphen, which nobody sees", ""),
        '\u{200b}' => return odd("a zero width space", ""),
        '\u{200c}' => return odd("a zero width non-joiner", ""),
        '\u{200d}' => return odd("a zero width joiner", ""),
        '\u{2060}' => return odd("a word joiner, which nobody sees", ""),
        '\u{feff}' => return odd("a byte order mark, which nobody sees", ""),
        '\u{a0}' => return odd("a no-break space", " "),
        '\u{202f}' => return odd("a narrow no-break space", " "),
        '\u{3000}' => return odd("an ideographic space", " "),
        '\u{85}' | '\u{2028}' | '\u{2029}' => return odd("a line break of another kind", "\n"),
        c if c.is_whitespace() => return odd("a space of another width", " "),
        c if super::is_unprintable(c) => return odd("a character that nobody sees", ""),
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => return odd("a curly quote", "'"),
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => return odd("a curly quote", "\""),
        '\u{2010}' | '\u{2011}' => return odd("a typesetter's hyphen", "-"),
        '\u{2012}' | '\u{2013}' => return odd("an en dash", "-"),
        '\u{2014}' | '\u{2015}' => return odd("an em dash", "-"),
        '\u{2212}' => return odd("a minus sign", "-"),
        '\u{2026}' => return odd("an ellipsis", "..."),
        '\u{ff1a}' => return odd("a full-width colon", ":"),
        '\u{ff0c}' => return odd("a full-width comma", ","),
        '\u{ff01}'..='\u{ff5e}' => {
            let is = if c.is_numeric() {
                "a full-width digit"
            } else {
                "a full-width character"
            };
            return odd(is, ascii(u32::from(c) - 0xfee0)?);
        }
        _ => {}
    }
    let plain = look_alike(c);
    let is = match c.script() {
        Script::Latin if plain.is_none() => return None,
        Script::Latin => "a letter that looks like a plain one",
        Script::Cyrillic => "a Cyrillic letter",
        Script::Greek => "a Greek letter",
        Script::Common | Script::Inherited if plain.is_some() => {
            "a character that looks like a plain one"
        }
        Script::Common | Script::Inherited => return None,
        other => other.full_name(),
    };
    Some(Odd { is, plain })
}

/// The plain character that one is taken for, by Unicode's table of confusables.
fn look_alike(c: char) -> Option<&'static str> {
    // In small capitals to that table, and the same to most eyes.
    let near = [('к', "k"), ('κ', "k"), ('м', "m"), ('т', "t"), ('τ', "t")];
    let near = near.into_iter().find(|(letter, _)| *letter == c);
    if let Some((_, plain)) = near {
        return Some(plain);
    }
    let text = c.to_string();
    let skeleton: String = unicode_security::skeleton(&text).collect();
    match skeleton.as_str() {
        "rn" => Some("m"),
        "l" if c.is_uppercase() => Some("I"),
        one => {
            let mut characters = one.chars();
            let plain = characters.next().filter(char::is_ascii_alphanumeric)?;
            characters
                .next()
                .is_none()
                .then(|| ascii(u32::from(plain)))?
        }
    }
}

fn ascii(code: u32) -> Option<&'static str> {
    const PRINTED: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    let at = usize::try_from(code).ok()?.checked_sub(0x20)?;
    PRINTED.get(at..=at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_known_and_letters_of_languages_are_left_alone() {
        for (text, plain) in [
            ("ус.auth", Some("yc.auth")),
            ("οrders", Some("orders")),
            ("КАFКА", Some("KAFKA")),
            ("nаme", Some("name")),
            ("ｏｒｄｅｒｓ", Some("orders")),
            ("７ｄ", Some("7d")),
            ("7д", Some("7d")),
            ("24ч", Some("24h")),
            ("orders\u{200b}", Some("orders")),
            ("\u{feff}topics", Some("topics")),
            ("-\u{a0}name", Some("- name")),
            ("–1", Some("-1")),
            ("“orders”", Some("\"orders\"")),
            ("𝐨𝐫𝐝𝐞𝐫𝐬", Some("orders")),
            ("І", Some("I")),
            ("заказы", None),
        ] {
            assert!(!odd_characters(text, 0).is_empty(), "{text}");
            assert_eq!(rewritten(text).as_deref(), plain, "{text}");
        }
        for text in ["naïve", "über", "Aufträge", "œuvre", "ørder"] {
            assert!(odd_characters(text, 0).is_empty(), "{text}");
        }
    }
}
