//! Settings by librdkafka's names, with where each comes from.
//!
//! Layers are applied from the weakest to the strongest, so that a later setting replaces an
//! earlier one. This module knows which names belong together, hold secrets, or may not be set.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;
use secrecy::{ExposeSecret, SecretString};

use super::overrides::{looks_like_one, separate};
use super::problem;
use crate::diagnostic::{Diagnostic, Location, Span, nearest};

/// Set last, whatever the user gave: looking must not create a topic, and clusters with KIP-714
/// must get no telemetry of ours.
pub(super) const FIXED: [(&str, &str); 2] = [
    ("allow.auto.create.topics", "false"),
    ("enable.metrics.push", "false"),
];

/// Settings that would break a promise, and why; a value in the third place is harmless.
const REFUSED: [(&str, &str, Option<&str>); 7] = [
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
];

/// Other names of one setting, and the one that is used here.
const ALIASES: [(&str, &str); 2] = [
    ("metadata.broker.list", "bootstrap.servers"),
    ("sasl.mechanisms", "sasl.mechanism"),
];

/// Settings of which the strongest layer's replaces all others: librdkafka refuses, or mixes up,
/// more than one.
const EXCLUSIVE: [&[&str]; 3] = [
    &["ssl.ca.location", "ssl.ca.pem"],
    &["ssl.key.location", "ssl.key.pem", "ssl.keystore.location"],
    &[
        "ssl.certificate.location",
        "ssl.certificate.pem",
        "ssl.keystore.location",
    ],
];

/// Names to suggest for a misspelt one.
pub(super) const SUGGESTED: [&str; 33] = [
    "bootstrap.servers",
    "broker.address.family",
    "client.id",
    "connections.max.idle.ms",
    "debug",
    "request.timeout.ms",
    "sasl.jaas.config",
    "sasl.mechanism",
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

/// Where a setting comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum SetBy {
    /// This variable.
    Environment(&'static str),
    /// A place in the properties file, and the property's name there.
    File {
        location: Location,
        span: Span,
        property: String,
    },
    /// The chosen cluster's entry.
    Cluster {
        name: String,
        location: Location,
        span: Span,
    },
    /// This flag.
    Flag(&'static str),
    /// `-X`.
    Override,
}

impl SetBy {
    /// Points a problem at the place where there is one in a file.
    pub(super) fn locate(&self, found: Diagnostic) -> Diagnostic {
        match self {
            Self::File { span, .. } | Self::Cluster { span, .. } => found.at(*span, ""),
            _ => found,
        }
    }
}

impl fmt::Display for SetBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
            Self::File {
                location, property, ..
            } => write!(f, "{property} in {location}"),
            Self::Cluster { name, location, .. } => {
                write!(f, "bootstrap_servers of `{name}` in {location}")
            }
            Self::Override => f.write_str("-X"),
        }
    }
}

/// One setting.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: SecretString,
    pub(super) from: SetBy,
}

/// All settings that anybody made.
#[derive(Clone, Default)]
pub(super) struct Layers {
    entries: BTreeMap<String, Entry>,
    scram_module: Option<SetBy>,
}

impl Layers {
    /// Sets what is known to be good; replaces what a weaker layer said.
    pub(super) fn set(&mut self, name: &str, value: &str, from: SetBy) {
        for group in EXCLUSIVE.iter().filter(|group| group.contains(&name)) {
            for other in group.iter().filter(|other| **other != name) {
                let weaker = self
                    .entries
                    .get(*other)
                    .is_some_and(|entry| !same(&entry.from, &from));
                if weaker {
                    self.entries.remove(*other);
                }
            }
        }
        self.entries.insert(
            name.to_owned(),
            Entry {
                value: value.into(),
                from,
            },
        );
    }

    /// Sets what librdkafka takes, and reports what it does not.
    pub(super) fn set_checked(
        &mut self,
        name: &str,
        value: &str,
        from: SetBy,
        problems: &mut Vec<Diagnostic>,
    ) {
        match refusal(name, value) {
            None => self.set(name, value, from),
            Some(words) => problems.push(from.locate(problem(format!("{from}: {words}")))),
        }
    }

    /// Takes one `-X`, the first, second and so on; an empty one says nothing.
    pub(super) fn apply_override(
        &mut self,
        number: usize,
        text: &str,
        problems: &mut Vec<Diagnostic>,
    ) {
        if text.is_empty() {
            return;
        }
        let Some((name, value)) = text.split_once('=') else {
            // The text may be a piece of a secret that a shell has cut.
            problems.push(
                problem(format!("-X number {number} has no `=`"))
                    .help("write -X key=value, librdkafka's keys"),
            );
            return;
        };
        let name = canonical(name.trim());
        if let Some((_, why, harmless)) = REFUSED.iter().find(|(refused, ..)| *refused == name) {
            if *harmless != Some(value.trim()) {
                let found = format!("-X {name} is not for you to set: {why}");
                problems.push(problem(found).help(format!("leave out -X {name}")));
            }
            return;
        }
        if !is_known(name) {
            // A secret in place of a setting may well end in `=`, as base64 does.
            let shown = match looks_like_one(name) {
                true => name.to_owned(),
                false => format!("number {number}"),
            };
            let found = problem(format!("-X {shown}: librdkafka has no such setting"));
            problems.push(found.help(suggestion(name)));
            return;
        }
        // Quoted together, the second would be shown as a part of the first.
        if !is_secret(name) && separate(text).len() > 1 {
            let found = problem(format!("-X {name}: another setting stands in its value"));
            problems.push(found.help("give each setting an -X of its own"));
            return;
        }
        match refusal(name, value) {
            None => self.set(name, value, SetBy::Override),
            Some(words) => problems.push(problem(format!("-X {name}: {words}"))),
        }
    }

    /// Remembers what the login module of the file is for.
    pub(super) fn note_module(&mut self, scram: bool, from: SetBy) {
        self.scram_module = scram.then_some(from);
    }

    /// Where a SCRAM login module was found.
    pub(super) fn scram_module(&self) -> Option<&SetBy> {
        self.scram_module.as_ref()
    }

    /// Forgets a setting of the file or the environment, where a flag says otherwise.
    pub(super) fn remove_weaker_than_flags(&mut self, name: &str) {
        if self
            .get(name)
            .is_some_and(|entry| entry.from != SetBy::Override)
        {
            self.entries.remove(name);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|entry| entry.value.expose_secret())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    pub(super) fn from(&self, name: &str) -> Option<&SetBy> {
        self.get(name).map(|entry| &entry.from)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, SecretString)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry.value.clone()))
    }

    /// Fills what nobody set. `timeout` is the longest silence.
    pub(super) fn fill_defaults(&mut self, timeout: Duration) {
        // An address that swallows packets must leave time for the next one.
        let setup = (timeout / 3).clamp(Duration::from_secs(1), Duration::from_secs(30));
        let versions = timeout.clamp(Duration::from_millis(1), Duration::from_secs(10));
        let mut defaults = vec![
            // The first connection is made at once, and the next one without a rest; the default
            // of 100 ms costs every run 5 to 15 ms.
            ("reconnect.backoff.ms", "10".to_owned()),
            // A broker that comes up is seen soon; the default is 10 s.
            ("reconnect.backoff.max.ms", "500".to_owned()),
            (
                "socket.connection.setup.timeout.ms",
                setup.as_millis().to_string(),
            ),
            (
                "api.version.request.timeout.ms",
                versions.as_millis().to_string(),
            ),
        ];
        if !self.has("ssl.ca.pem") {
            // Wherever the system keeps its bundle; OpenSSL alone knows one place only.
            defaults.push(("ssl.ca.location", "probe".to_owned()));
        }
        for (name, value) in defaults {
            if !self.has(name) {
                self.set(name, &value, SetBy::Flag("topicctl itself"));
            }
        }
    }
}

/// Whether two settings are of one layer; each properties file is one.
fn same(one: &SetBy, other: &SetBy) -> bool {
    match (one, other) {
        (SetBy::File { span, .. }, SetBy::File { span: other, .. }) => span.source == other.source,
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// Whether a setting would break a promise.
pub(super) fn is_refused(name: &str) -> bool {
    REFUSED.iter().any(|(refused, ..)| *refused == name)
}

/// The name that is used here for one of several.
pub(super) fn canonical(name: &str) -> &str {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, name)| name)
}

/// Whether a setting holds what must not be shown.
pub(super) fn is_secret(name: &str) -> bool {
    [
        "password",
        "secret",
        ".pem",
        "jaas",
        "private",
        "assertion",
        "oauthbearer.config",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Whether librdkafka has a setting of this name.
pub(super) fn is_known(name: &str) -> bool {
    let set = ClientConfig::new().set(name, "").create_native_config();
    !matches!(
        set,
        Err(KafkaError::ClientConfig(
            RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN,
            ..
        ))
    )
}

/// librdkafka's words against a value; without them where they could hold a secret.
fn refusal(name: &str, value: &str) -> Option<String> {
    let words = native_error(name, value)?;
    Some(if is_secret(name) {
        format!("librdkafka does not take this {name}")
    } else {
        words
    })
}

fn native_error(name: &str, value: &str) -> Option<String> {
    match ClientConfig::new().set(name, value).create_native_config() {
        Ok(_) => None,
        Err(KafkaError::ClientConfig(_, words, ..)) => Some(words),
        Err(_) => Some("it holds a NUL character".to_owned()),
    }
}

/// The way out for a name that nobody knows.
pub(super) fn suggestion(name: &str) -> String {
    match nearest(name, SUGGESTED) {
        Some(known) => format!("did you mean {known}?"),
        None => "leave it out if topicctl can do without it".to_owned(),
    }
}
