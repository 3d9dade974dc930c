//! The environment variables that people have for a Kafka connection.

use std::path::Path;

use super::layers::{Layers, SetBy};
use super::{Lookups, problem};
use crate::diagnostic::{Diagnostic, nearest};

/// Variables by librdkafka's name of what they set; of several, the first one that is filled.
pub(super) const VARIABLES: [(&str, &[&str]); 17] = [
    (
        "bootstrap.servers",
        &["TOPICCTL_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"],
    ),
    ("security.protocol", &["KAFKA_SECURITY_PROTOCOL"]),
    ("sasl.mechanism", &["KAFKA_SASL_MECHANISM"]),
    ("sasl.username", &["KAFKA_USERNAME", "KAFKA_SASL_USERNAME"]),
    ("sasl.password", &["KAFKA_PASSWORD", "KAFKA_SASL_PASSWORD"]),
    (
        "ssl.ca.location",
        &["KAFKA_SSL_CA_LOCATION", "SSL_CA_LOCATION"],
    ),
    (
        "ssl.certificate.location",
        &["KAFKA_SSL_CERTIFICATE_LOCATION"],
    ),
    ("ssl.key.location", &["KAFKA_SSL_KEY_LOCATION"]),
    ("ssl.key.password", &["KAFKA_SSL_KEY_PASSWORD"]),
    ("sasl.oauthbearer.token.file", &["KAFKA_OAUTH_TOKEN_FILE"]),
    (
        "sasl.oauthbearer.token.command",
        &["KAFKA_OAUTH_TOKEN_COMMAND"],
    ),
    (
        "sasl.oauthbearer.token.endpoint.url",
        &["KAFKA_OAUTH_TOKEN_ENDPOINT_URL"],
    ),
    ("sasl.oauthbearer.client.id", &["KAFKA_OAUTH_CLIENT_ID"]),
    (
        "sasl.oauthbearer.client.secret",
        &["KAFKA_OAUTH_CLIENT_SECRET"],
    ),
    ("sasl.oauthbearer.scope", &["KAFKA_OAUTH_SCOPE"]),
    ("sasl.oauthbearer.extensions", &["KAFKA_OAUTH_EXTENSIONS"]),
    ("https.ca.location", &["KAFKA_OAUTH_CA_LOCATION"]),
];

/// Variables of secrets, and those for the path of a file that holds the secret, as container
/// images have them.
pub(super) const FILES: [(&str, &str); 4] = [
    ("KAFKA_PASSWORD", "KAFKA_PASSWORD_FILE"),
    ("KAFKA_SASL_PASSWORD", "KAFKA_SASL_PASSWORD_FILE"),
    (
        "KAFKA_OAUTH_CLIENT_SECRET",
        "KAFKA_OAUTH_CLIENT_SECRET_FILE",
    ),
    ("KAFKA_SSL_KEY_PASSWORD", "KAFKA_SSL_KEY_PASSWORD_FILE"),
];

/// How other clients and services call the list of brokers, the likeliest first. A name counts that
/// ends so behind a `_`, as frameworks put their own in front.
const SERVERS_ELSEWHERE: [&str; 18] = [
    "BOOTSTRAP_SERVERS",
    "BOOTSTRAP_SERVER",
    "BOOTSTRAPSERVERS",
    "BOOTSTRAP_BROKERS",
    "KAFKA_BROKERS",
    "KAFKA_BROKER",
    "KAFKA_BROKER_LIST",
    "KAFKA_BROKERS_LIST",
    "KAFKA_BOOTSTRAP",
    "KAFKA_SERVERS",
    "KAFKA_SERVER",
    "KAFKA_HOSTS",
    "KAFKA_HOST",
    "KAFKA_BROKER_URL",
    "KAFKA_URL",
    "KAFKA_ADDRESS",
    "BINDER_BROKERS",
    "BROKER_LIST",
];

/// Most names of variables that a help is worth.
const MOST_NEAR: usize = 3;

/// The variables that are set and look like the list of brokers under another name.
pub(super) fn near_servers(lookups: Lookups) -> Vec<String> {
    let mut variables = VARIABLES.iter();
    let own = variables.find(|(property, _)| *property == "bootstrap.servers");
    let own = own.map_or(&[][..], |(_, names)| names);
    let rank = |name: &str| {
        let upper = name.to_ascii_uppercase();
        let is_so_called = |known: &str| {
            let before = upper.strip_suffix(known);
            before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
        };
        let listed = SERVERS_ELSEWHERE
            .iter()
            .position(|known| is_so_called(known));
        listed.or_else(|| nearest(name, own.iter().copied()).map(|_| SERVERS_ELSEWHERE.len()))
    };
    let names = (lookups.names)().into_iter();
    let filled = |name: &String| filled_variable(name, lookups).is_some();
    let mut near: Vec<_> = names
        .filter(|name| !own.contains(&name.as_str()))
        .filter_map(|name| Some((rank(&name)?, name)))
        .filter(|(_, name)| filled(name))
        .collect();
    near.sort();
    near.truncate(MOST_NEAR);
    near.into_iter().map(|(_, name)| name).collect()
}

/// Takes what the environment has. An empty variable is one that is not set.
pub(super) fn apply(lookups: Lookups, layers: &mut Layers, problems: &mut Vec<Diagnostic>) {
    for (name, variables) in VARIABLES {
        let mut variables = variables.iter();
        match variables.find_map(|variable| value(variable, lookups)) {
            Some(Ok((by, value))) => {
                layers.set_checked(name, &value, SetBy::Environment(by), problems);
            }
            Some(Err(found)) => problems.push(*found),
            None => {}
        }
    }
}

/// A variable's value, or that of its file, with the name of the variable that gives it.
fn value(
    variable: &'static str,
    lookups: Lookups,
) -> Option<Result<(&'static str, String), Box<Diagnostic>>> {
    let value = filled_variable(variable, lookups);
    let Some((_, of_file)) = FILES.iter().find(|(known, _)| *known == variable) else {
        return value.map(|value| Ok((variable, value.trim().to_owned())));
    };
    match (value, filled_variable(of_file, lookups)) {
        // A secret may begin or end with a space; nothing else may.
        (Some(value), None) => Some(Ok((variable, value))),
        (None, Some(path)) => Some(secret(of_file, path.trim(), lookups).map(|it| (*of_file, it))),
        (None, None) => None,
        (Some(_), Some(_)) => {
            let found = problem(format!("{variable} and {of_file} are both set"));
            Some(Err(Box::new(found.help("set one of them"))))
        }
    }
}

fn filled_variable(variable: &str, lookups: Lookups) -> Option<String> {
    (lookups.variable)(variable).filter(|value| !value.trim().is_empty())
}

/// What is in a file. Editors and `echo` end it with a line break, which is no part of a secret.
fn secret(variable: &str, path: &str, lookups: Lookups) -> Result<String, Box<Diagnostic>> {
    let failed =
        |words: String, help: &str| Box::new(problem(format!("{variable}: {words}")).help(help));
    let text = lookups.text(Path::new(path));
    // Somebody may have put the secret where its path belongs: it is not shown.
    let text = text.map_err(|error| {
        failed(
            format!("the file it names cannot be read ({error})"),
            "write the path of a file that holds the secret; in a container, as it is mounted",
        )
    })?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(failed(
            "the file it names is empty".to_owned(),
            "put the secret into it",
        )),
        secret => Ok(secret.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::kafka::settings::tests::{Given, expect, expect_problem, problems};

    const USER: [(&str, &str); 2] = [
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
        ("KAFKA_USERNAME", "ci"),
    ];
    const FILE: (&str, &str) = ("KAFKA_PASSWORD_FILE", "/run/secrets/kafka");

    #[test]
    fn a_secret_of_a_file_loses_its_last_line_break_only() {
        for variable in ["KAFKA_PASSWORD_FILE", "KAFKA_SASL_PASSWORD_FILE"] {
            let environment = [USER[0], USER[1], (variable, FILE.1)];
            let given = Given {
                environment: &environment,
                files: &[(FILE.1, b" hush \r\n")],
                ..Given::default()
            };
            let settings = expect(&given, &[("sasl.password", " hush ")]);
            assert!(!format!("{settings:?}").contains("hush"));
        }
    }

    #[test]
    fn a_list_of_brokers_under_another_name_is_told_without_its_value() {
        for name in [
            "KAFKA_BROKERS",
            "KAFKA_BROKER",
            "KAFKA_BROKER_LIST",
            "KAFKA_BOOTSTRAP_SERVER",
            "KAFKA_BOOTSTRAP_SERVRES",
            "BOOTSTRAP_SERVERS",
            "SPRING_KAFKA_BOOTSTRAP_SERVERS",
            "SPRING_CLOUD_STREAM_KAFKA_BINDER_BROKERS",
            "CONNECT_BOOTSTRAP_SERVERS",
            "KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS",
            "KAFKA_URL",
            "TOPICCTL_BOOTSTRAP_SERVER",
        ] {
            let given = Given {
                environment: &[(name, "hush"), ("KAFKA_SERVICE_HOST", "10.0.0.1")],
                ..Given::default()
            };
            let told = format!("{name} is set; topicctl reads KAFKA_BOOTSTRAP_SERVERS");
            expect_problem(&given, &["no bootstrap servers", &told]);
        }
        let given = Given {
            environment: &[("KAFKA_SERVICE_HOST", "10.0.0.1"), ("KAFKA_BROKERS", " ")],
            ..Given::default()
        };
        let problems = problems(&given);
        assert!(!problems.concat().contains("set;"), "{problems:?}");
    }

    #[test]
    fn a_file_that_gives_no_secret_is_named_by_its_variable() {
        let both = [USER[0], USER[1], FILE, ("KAFKA_PASSWORD", "hush")];
        let no_file = &[USER[0], USER[1], FILE][..];
        for (environment, content, words) in [
            (
                &both[..],
                &b"hush"[..],
                "KAFKA_PASSWORD and KAFKA_PASSWORD_FILE are both set",
            ),
            (
                no_file,
                b"\n",
                "KAFKA_PASSWORD_FILE: the file it names is empty",
            ),
            (
                no_file,
                b"\xff",
                "KAFKA_PASSWORD_FILE: the file it names cannot be read",
            ),
        ] {
            let given = Given {
                environment,
                files: &[(FILE.1, content)],
                overrides: &["sasl.password=hush"],
                ..Given::default()
            };
            expect_problem(&given, &[words]);
        }
    }
}
