//! The last step of a report: a text in which no CI server finds a command.
//!
//! A server looks for them in everything that a step prints, a report that is shown by `cat`
//! included: GitHub for lines that begin with `::`, it and others for `##[`, `##vso[` and
//! `##teamcity[` anywhere. This comes after layout, which may break a line before any word. Where a
//! format can spell a character otherwise, its readers get the text unchanged.

/// How a format writes the character that makes a command.
#[derive(Clone, Copy)]
struct Spelling {
    /// The first colon of `::` at the beginning of a line.
    colon: &'static str,
    /// The second one of `##`.
    hash: &'static str,
}

/// A text for people: a space stands within.
pub fn plain(text: &str) -> String {
    spelled(
        text,
        Spelling {
            colon: ": ",
            hash: " #",
        },
    )
}

pub(super) fn xml(text: &str) -> String {
    spelled(
        text,
        Spelling {
            colon: "&#58;",
            hash: "&#35;",
        },
    )
}

/// No line of JSON begins with a colon, and `#` stands in strings only.
pub(super) fn json(text: &str) -> String {
    spelled(
        text,
        Spelling {
            colon: ":",
            hash: "\\u0023",
        },
    )
}

/// A text whose lines are commands of ours, and in them none of the others.
pub(super) fn commands(text: &str) -> String {
    spelled(
        text,
        Spelling {
            colon: ":",
            hash: " #",
        },
    )
}

fn spelled(text: &str, spelling: Spelling) -> String {
    let mut written = String::with_capacity(text.len());
    let mut line = 0;
    for (at, c) in text.char_indices() {
        let (before, behind) = (&text[line..at], &text[at + c.len_utf8()..]);
        match c {
            ':' if begins_command(behind) && before.trim_start().is_empty() => {
                written.push_str(spelling.colon);
            }
            '#' if before.ends_with('#') && is_command(behind) => written.push_str(spelling.hash),
            c => written.push(c),
        }
        if c == '\n' {
            line = at + 1;
        }
    }
    written
}

/// A snippet's line that leads to another file has three colons and a space, and no command has a
/// colon for its name.
fn begins_command(behind: &str) -> bool {
    behind.starts_with(':') && !behind.starts_with(":: ")
}

fn is_command(behind: &str) -> bool {
    ["[", "vso[", "teamcity["].iter().any(|word| {
        let start = behind.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_would_obey_is_taken_apart_and_nothing_else() {
        for (text, expected) in [
            ("::error::x", ": :error::x"),
            ("a\n \u{a0}::error::x", "a\n \u{a0}: :error::x"),
            ("a ::error::x :: y", "a ::error::x :: y"),
            (" ::: a.yaml:1:18", " ::: a.yaml:1:18"),
            (":::error::x", ": ::error::x"),
            ("a ##[error]x", "a # #[error]x"),
            ("###[error]", "## #[error]"),
            ("##VSO[task.setvariable]x", "# #VSO[task.setvariable]x"),
            ("## [x] # #[y] ##", "## [x] # #[y] ##"),
        ] {
            assert_eq!(plain(text), expected);
        }
        assert_eq!(xml("::x ##[y]"), "&#58;:x #&#35;[y]");
        assert_eq!(json("\"##[y]\""), "\"#\\u0023[y]\"");
        assert_eq!(commands("::x::##[y]"), "::x::# #[y]");
    }
}
