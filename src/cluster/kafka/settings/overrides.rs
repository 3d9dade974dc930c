//! `-X key=value`, and several of them in one text, as the variable `TOPICCTL_X` holds them. Values
//! may have spaces, and a secret is never cut: a piece of it would be shown as if it were a name.

use super::layers::{Layers, SetBy};
use super::names::{self, canonical, is_known, is_secret};
use super::{Argument, problem, words};
use crate::diagnostic::Diagnostic;

/// Takes one `-X`, the first, second and so on; an empty one says nothing.
pub(super) fn apply(
    number: usize,
    given: &Argument,
    layers: &mut Layers,
    problems: &mut Vec<Diagnostic>,
) {
    let Argument { name: by, text } = given;
    if text.is_empty() {
        return;
    }
    let Some((name, value)) = text.split_once('=') else {
        // The text may be a piece of a secret that a shell has cut.
        problems.push(
            problem(format!("{by} number {number} has no `=`"))
                .help(format!("write {by} key=value, librdkafka's keys")),
        );
        return;
    };
    let name = canonical(name.trim());
    if let Some((why, harmless)) = names::why_refused(name) {
        if harmless != Some(value.trim()) {
            let found = format!("{by} {name} is not for you to set: {why}");
            problems.push(problem(found).help(format!("leave out {by} {name}")));
        }
        return;
    }
    if !is_known(name) {
        // A secret in place of a setting may well end in `=`, as base64 does.
        let shown = match looks_like_one(name) {
            true => name.to_owned(),
            false => format!("number {number}"),
        };
        let found = problem(format!("{by} {shown}: librdkafka has no such setting"));
        problems.push(found.help(names::suggestion(name)));
        return;
    }
    // Quoted together, the second would be shown as a part of the first.
    if !is_secret(name) && separate(text).len() > 1 {
        let found = problem(format!("{by} {name}: another setting stands in its value"));
        problems.push(found.help("give each setting an -X of its own"));
        return;
    }
    match words::refusal(name, value) {
        None => layers.set(name, value, SetBy::Override(by)),
        Some(refusal) => problems.push(refusal.problem(&format_args!("{by} {name}"))),
    }
}

/// The settings of a text. One begins behind white space with a name and `=`: a name that
/// librdkafka has, or, unless what stands before may be a secret, one that looks like it.
pub fn separate(text: &str) -> Vec<String> {
    let mut settings: Vec<String> = Vec::new();
    for word in text.trim().split_inclusive(char::is_whitespace) {
        match settings.last_mut() {
            Some(before) if !begins(word, before) => before.push_str(word),
            _ => settings.push(word.to_owned()),
        }
    }
    for setting in &mut settings {
        setting.truncate(setting.trim_end().len());
    }
    settings
}

fn begins(word: &str, before: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else {
        return false;
    };
    let known = |name: &str| is_known(canonical(name.trim()));
    // The name of a misspelled setting does not say whether its value is a secret.
    let harmless = |name: &str| known(name) && !is_secret(canonical(name.trim()));
    let shown = before
        .split_once('=')
        .is_some_and(|(name, _)| harmless(name));
    known(name) || shown && looks_like_one(name)
}

/// Whether a text looks like the name of a setting: all but a few of librdkafka have dots.
pub(super) fn looks_like_one(name: &str) -> bool {
    let part = |part: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        !part.is_empty() && part.bytes().all(fits)
    };
    name.contains('.') && name.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_separated_where_a_name_begins() {
        for (text, settings) in [
            ("", vec![]),
            (" debug=all ", vec!["debug=all"]),
            (
                "debug=broker,admin\nsocket.timeout.ms=5000  client.rack=a b",
                vec![
                    "debug=broker,admin",
                    "socket.timeout.ms=5000",
                    "client.rack=a b",
                ],
            ),
            (
                "client.id=a SASL.PASSWORD=hush",
                vec!["client.id=a", "SASL.PASSWORD=hush"],
            ),
            (
                "sasl.username=ci sasl.password=hun ter2",
                vec!["sasl.username=ci", "sasl.password=hun ter2"],
            ),
            ("hun ter2 debug=all", vec!["hun ter2", "debug=all"]),
        ] {
            assert_eq!(separate(text), settings, "{text}");
        }
    }

    #[test]
    fn a_secret_is_cut_at_nothing_but_a_setting() {
        for text in [
            "sasl.password=hun ter2",
            "sasl.password=hun  ter2=",
            "sasl.password=hun te.r2=x",
            "sasl.passwrd=hun te.r2=x",
            "hun te.r2=x",
        ] {
            assert_eq!(separate(text), [text]);
        }
        let both = separate("sasl.password=hun ter2 debug=all");
        assert_eq!(both, ["sasl.password=hun ter2", "debug=all"]);
    }
}
