//! The names of settings: which librdkafka has, which hold secrets, which may not be set.

use librdkafka_admin::check_property;

use crate::diagnostic::nearest;

/// Settings that would break a promise, and why; a value in the third place is harmless.
pub(super) const REFUSED: [(&str, &str, Option<&str>); 9] = [
    (
        "allow.auto.create.topics",
        "looking at a topic must not create it",
        Some("false"),
    ),
    (
        "enable.metrics.push",
        "topicctl sends no telemetry",
        Some("false"),
    ),
    (
        "enable.idempotence",
        "topicctl produces nothing",
        Some("false"),
    ),
    ("transactional.id", "topicctl produces nothing", None),
    ("group.id", "topicctl consumes nothing", None),
    ("plugin.library.paths", "topicctl loads no plugins", None),
    ("log.queue", "topicctl reads the client's log itself", None),
    (
        "enable.sasl.oauthbearer.unsecure.jwt",
        "topicctl has tokens made by others only",
        Some("false"),
    ),
    (
        "sasl.oauthbearer.config",
        "it describes tokens that nobody has signed",
        None,
    ),
];

/// Settings that say where bearer tokens come from. Most are librdkafka's names; as it is built
/// here it fetches none, so that it is not told of them.
pub(super) const OF_TOKENS: [&str; 13] = [
    "https.ca.location",
    "https.ca.pem",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.extensions",
    "sasl.oauthbearer.grant.type",
    "sasl.oauthbearer.header.urlencode",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.sub.claim.name",
    "sasl.oauthbearer.token.command",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.oauthbearer.token.file",
];

/// Other names of one setting, and the one that is used here.
const ALIASES: [(&str, &str); 4] = [
    ("metadata.broker.list", "bootstrap.servers"),
    (
        "sasl.oauthbearer.client.credentials.client.id",
        "sasl.oauthbearer.client.id",
    ),
    (
        "sasl.oauthbearer.client.credentials.client.secret",
        "sasl.oauthbearer.client.secret",
    ),
    ("sasl.mechanisms", "sasl.mechanism"),
];

/// Names to suggest for a misspelled one.
pub(super) const SUGGESTED: [&str; 40] = [
    "bootstrap.servers",
    "broker.address.family",
    "client.id",
    "connections.max.idle.ms",
    "debug",
    "request.timeout.ms",
    "sasl.jaas.config",
    "sasl.mechanism",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.extensions",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.command",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.oauthbearer.token.file",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.timeout.ms",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.keystore.location",
    "ssl.keystore.type",
    "ssl.truststore.certificates",
    "ssl.truststore.location",
    "ssl.truststore.type",
];

/// Why a setting may not be set, and the value that is harmless.
pub(super) fn why_refused(name: &str) -> Option<(&'static str, Option<&'static str>)> {
    let refused = REFUSED.iter().find(|(refused, ..)| *refused == name);
    refused.map(|(_, why, harmless)| (*why, *harmless))
}

pub(super) fn canonical(name: &str) -> &str {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, name)| name)
}

pub(super) fn is_secret(name: &str) -> bool {
    [
        "password",
        "secret",
        ".pem",
        "jaas",
        "private",
        "assertion",
        "oauthbearer.config",
        "token.command",
    ]
    .iter()
    .any(|part| name.contains(part))
}

pub(super) fn is_of_tokens(name: &str) -> bool {
    OF_TOKENS.contains(&name)
}

pub(super) fn is_known(name: &str) -> bool {
    is_of_tokens(name) || !check_property(name, "").is_err_and(|error| error.unknown)
}

pub(super) fn suggestion(name: &str) -> String {
    match nearest(name, SUGGESTED) {
        Some(known) => format!("did you mean {known}?"),
        None => "leave it out if topicctl can do without it".to_owned(),
    }
}
