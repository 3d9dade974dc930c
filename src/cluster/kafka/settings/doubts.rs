//! Credentials that visibly are not what was meant, and those that others can read.
//!
//! Takes the settings of all layers, and gives warnings: a broker may take such a password after
//! all. No value is quoted.

use super::layers::{Layers, SetBy};
use super::names::is_secret;
use crate::diagnostic::{Code, Diagnostic};

/// Credentials, what they are called, and the variables that hold them.
const CREDENTIALS: [(&str, &str, Option<&str>); 5] = [
    ("sasl.username", "user name", None),
    ("sasl.password", "password", Some("KAFKA_PASSWORD")),
    (
        "sasl.oauthbearer.client.secret",
        "client's secret",
        Some("KAFKA_OAUTH_CLIENT_SECRET"),
    ),
    (
        "ssl.key.password",
        "key's password",
        Some("KAFKA_SSL_KEY_PASSWORD"),
    ),
    ("ssl.keystore.password", "key store's password", None),
];

/// How templates write what is still to be filled in.
const PLACEHOLDERS: [(&str, &str); 4] = [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">")];

pub(super) fn find(layers: &Layers) -> Vec<Diagnostic> {
    let doubts = CREDENTIALS.iter().filter_map(|(name, what, _)| {
        let value = layers.text(name)?;
        let (words, help) = doubt(value)?;
        let from = layers.from(name)?;
        let given = from.naming(name);
        let found = Diagnostic::warning(Code::Connection, format!("{given}: the {what} {words}"));
        Some(from.locate(found).help(help))
    });
    doubts.chain(on_the_command_line(layers)).collect()
}

/// Secrets that are arguments. Who may list processes may read them; a variable is the user's own.
fn on_the_command_line(layers: &Layers) -> impl Iterator<Item = Diagnostic> {
    let secrets = CREDENTIALS.iter().filter(|(name, ..)| is_secret(name));
    secrets.filter_map(|(name, what, variable)| {
        let from = layers.from(name)?;
        let is_argument = *from == SetBy::Override("-X");
        let message = format!(
            "-X {name}: a {what} on the command line can be read by others on this machine"
        );
        let set = variable.map(|one| format!("set {one} or {one}_FILE, or "));
        is_argument.then(|| {
            Diagnostic::warning(Code::Connection, message).help(format!(
                "{}write it into a file for --command-config that only you can read",
                set.unwrap_or_default()
            ))
        })
    })
}

fn doubt(value: &str) -> Option<(&'static str, &'static str)> {
    let trimmed = value.trim();
    let is_between = |(begin, end): &(&str, &str)| {
        let inner = trimmed.strip_prefix(begin);
        inner.is_some_and(|inner| inner.ends_with(end) && inner.len() > end.len())
    };
    if value.ends_with(['\n', '\r']) {
        Some((
            "ends in a line break, which is sent with it",
            "make it without one: printf '%s' in place of echo, before base64 too; \
             KAFKA_PASSWORD_FILE leaves it out",
        ))
    } else if PLACEHOLDERS.iter().any(is_between) {
        Some((
            "looks like a placeholder that nothing has filled in",
            "let whatever starts topicctl put the value in its place",
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::kafka::settings::tests::{Given, resolve};

    #[test]
    fn a_secret_on_the_command_line_is_warned_of() {
        let given = Given {
            environment: &[("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")],
            overrides: &["sasl.username=ci", "sasl.password=hush"],
            ..Given::default()
        };
        let settings = resolve(&given).settings.expect("good settings");
        let [found] = settings.warnings() else {
            panic!("{:?}", settings.warnings())
        };
        assert!(
            found
                .message
                .starts_with("-X sasl.password: a password on the command line")
        );
        assert!(!format!("{found:?}").contains("hush"));
    }

    #[test]
    fn credentials_that_are_not_what_was_meant_are_warned_of_and_not_quoted() {
        let line_break = "ends in a line break";
        let placeholder = "looks like a placeholder";
        for (user, password, words) in [
            ("ci", "hush\n", &[line_break][..]),
            ("ci", "hush\r\n", &[line_break]),
            ("ci", "${hush}", &[placeholder]),
            ("ci", "{{ hush }}", &[placeholder]),
            ("<hush>", "<hush>", &[placeholder, placeholder]),
            ("$ConnectionString", "Endpoint=sb://hush;Key=a${b}=", &[]),
            ("ci", " hu\nsh ", &[]),
            ("ci", "${}", &[]),
        ] {
            let environment = [
                ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
                ("KAFKA_USERNAME", user),
                ("KAFKA_PASSWORD", password),
            ];
            let given = Given {
                environment: &environment,
                ..Given::default()
            };
            let settings = resolve(&given).settings.expect("good settings");
            let found = settings.warnings();
            assert_eq!(found.len(), words.len(), "{found:#?}");
            for (found, words) in found.iter().zip(words) {
                assert!(found.message.starts_with("KAFKA_"), "{found:?}");
                assert!(found.message.contains(words), "{found:?}");
            }
            assert!(!format!("{found:?}").contains("hush"), "{found:?}");
        }
    }
}
