//! The environment variables that people have for a Kafka connection.

use super::Lookups;
use super::layers::{Layers, SetBy};
use crate::diagnostic::Diagnostic;

/// Variables by librdkafka's name of what they set; of several, the first one that is filled.
const VARIABLES: [(&str, &[&str]); 14] = [
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

/// Takes what the environment has. An empty variable is one that is not set.
pub(super) fn apply(lookups: Lookups, layers: &mut Layers, problems: &mut Vec<Diagnostic>) {
    for (name, variables) in VARIABLES {
        let found = variables
            .iter()
            .filter_map(|variable| Some((*variable, (lookups.variable)(variable)?)))
            .find(|(_, value)| !value.trim().is_empty());
        if let Some((variable, value)) = found {
            // A password may begin or end with a space; nothing else may.
            let value = if name == "sasl.password" {
                &value
            } else {
                value.trim()
            };
            layers.set_checked(name, value, SetBy::Environment(variable), problems);
        }
    }
}
