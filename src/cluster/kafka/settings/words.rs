//! Values that librdkafka refuses: which words a setting takes, and which of them is meant.
//!
//! A refused value may be a secret in the wrong place. It is quoted only where it is a short word;
//! else it is said what it looks like.

use std::fmt;

use librdkafka_admin::check_property;

use super::names::{is_of_tokens, is_secret};
use super::problem;
use crate::diagnostic::{Diagnostic, nearest};

/// Kafka's security protocols, `org.apache.kafka.common.security.auth.SecurityProtocol`.
pub(super) const PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/// Settings that take one of some words, in the spelling of the documentation.
const WORDS: [(&str, &[&str]); 4] = [
    ("security.protocol", &PROTOCOLS),
    ("broker.address.family", &["any", "v4", "v6"]),
    (
        "client.dns.lookup",
        &[
            "use_all_dns_ips",
            "resolve_canonical_bootstrap_servers_only",
        ],
    ),
    ("ssl.endpoint.identification.algorithm", &["https", "none"]),
];

/// Words of other tools, and Kafka's for the same.
const MEANT: [(&str, &str); 12] = [
    ("TLS", "SSL"),
    ("MTLS", "SSL"),
    ("HTTPS", "SSL"),
    ("SASL", "SASL_SSL"),
    ("SASL_TLS", "SASL_SSL"),
    ("SASL_PLAIN", "SASL_PLAINTEXT"),
    ("PLAIN", "PLAINTEXT"),
    ("NONE", "PLAINTEXT"),
    ("IPV4", "v4"),
    ("IPV6", "v6"),
    ("FALSE", "none"),
    ("DISABLED", "none"),
];

/// The longest word that is quoted, in characters.
const LONGEST_WORD: usize = 24;

/// Why a setting does not take a value.
pub(super) struct Refusal {
    pub(super) words: String,
    pub(super) help: Option<String>,
}

impl Refusal {
    /// As a problem with what was `given`.
    pub(super) fn problem(self, given: &dyn fmt::Display) -> Diagnostic {
        let found = problem(format!("{given}: {}", self.words));
        self.help.into_iter().fold(found, Diagnostic::help)
    }
}

/// Why librdkafka does not take a value, if it does not.
pub(super) fn refusal(name: &str, value: &str) -> Option<Refusal> {
    if is_of_tokens(name) {
        return None;
    }
    let error = check_property(name, value).err()?;
    if is_secret(name) {
        return Some(Refusal {
            words: format!("librdkafka does not take this {name}"),
            help: None,
        });
    }
    let shown = shown(value);
    let bare = value.trim().trim_matches(['"', '\'']);
    if bare.len() < value.trim().len() && check_property(name, bare).is_ok() {
        return Some(Refusal {
            words: format!("{shown} is no {name}"),
            help: Some("leave the quotes out: they count as a part of the value".to_owned()),
        });
    }
    if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == name) {
        return Some(Refusal {
            words: format!("{shown} is no {name}"),
            help: Some(one_of(bare, words)),
        });
    }
    // librdkafka quotes the value where it wants a word, and nowhere else.
    Some(Refusal {
        words: match error.message.starts_with("Invalid value \"") {
            true => format!("{shown} is no {name}"),
            false => error.message,
        },
        help: None,
    })
}

/// The words that may stand in the place of one that may not.
pub(super) fn one_of(word: &str, words: &[&str]) -> String {
    let one_of = format!("use one of {}", words.join(", "));
    match meant(word, words) {
        Some(word) => format!("{one_of}; {word} is meant, most likely"),
        None => one_of,
    }
}

/// Which of the words stands for one that is none of them.
fn meant<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let upper = word.to_ascii_uppercase().replace(['-', '/', ' '], "_");
    let known = |meant: &str| words.iter().copied().find(|word| *word == meant);
    known(&upper)
        .or_else(|| {
            let (_, meant) = MEANT.iter().find(|(other, _)| *other == upper)?;
            known(meant)
        })
        .or_else(|| nearest(word, words.iter().copied()))
}

/// A value as it may be shown where it is not known to be harmless.
pub(super) fn shown(value: &str) -> String {
    let value = value.trim();
    let is_of_words = |c: char| c.is_ascii_alphanumeric() || "-_./ \"'".contains(c);
    if value.contains("-----BEGIN ") {
        "a PEM text".to_owned()
    } else if value.chars().count() <= LONGEST_WORD && value.chars().all(is_of_words) {
        format!("`{value}`")
    } else {
        format!("a text of {} characters", value.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, value: &str) -> String {
        let refusal = refusal(name, value).expect("refused");
        format!("{}; {}", refusal.words, refusal.help.unwrap_or_default())
    }

    #[test]
    fn words_that_are_taken_are_listed_and_the_meant_one_named() {
        let all = "use one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL";
        for (value, meant) in [
            ("TLS", "SSL"),
            ("tls", "SSL"),
            ("SASL", "SASL_SSL"),
            ("SASL-SSL", "SASL_SSL"),
            ("SASL_PLAIN", "SASL_PLAINTEXT"),
            ("SSSL", "SSL"),
            ("PLAINTXT", "PLAINTEXT"),
        ] {
            let expected =
                format!("`{value}` is no security.protocol; {all}; {meant} is meant, most likely");
            assert_eq!(told("security.protocol", value), expected);
        }
        let none = told("security.protocol", "kerberos");
        assert_eq!(none, format!("`kerberos` is no security.protocol; {all}"));
        let family = told("broker.address.family", "ipv4");
        assert!(family.contains("any, v4, v6; v4 is meant"), "{family}");
        let quoted = told("security.protocol", "\"SSL\"");
        assert!(quoted.contains("leave the quotes out"), "{quoted}");
        assert!(refusal("security.protocol", "sasl_ssl").is_none());
    }

    #[test]
    fn what_may_be_a_secret_is_not_quoted() {
        let key = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----";
        for (value, looks) in [
            (key, "a PEM text is no security.protocol"),
            (
                "hush-hush-hush-hush-hush-hush",
                "a text of 29 characters is no",
            ),
            ("hush=", "a text of 5 characters is no"),
        ] {
            let words = told("security.protocol", value);
            assert!(
                words.starts_with(looks) && !words.contains("hush"),
                "{words}"
            );
        }
        let level = told("client.dns.lookup", "x".repeat(40).as_str());
        assert!(level.starts_with("a text of 40 characters"), "{level}");
    }
}
