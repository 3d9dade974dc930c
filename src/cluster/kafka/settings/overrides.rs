//! Several `key=value` in one text, as the variable `TOPICCTL_X` holds them. Values may have spaces,
//! and a secret is never cut: a piece of it would be told as if it were a name.

use super::layers::{canonical, is_known, is_secret};

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
    // The name of a misspelt setting does not say whether its value is a secret.
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
