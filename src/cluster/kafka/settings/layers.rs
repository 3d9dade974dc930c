//! Settings by librdkafka's names, with where each comes from.
//!
//! Layers are applied from the weakest to the strongest, so that a later setting replaces an
//! earlier one. This module knows which settings exclude each other.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::jaas::Login;
use super::names::is_of_tokens;
use super::words::refusal;
use crate::diagnostic::{Diagnostic, Location, Span};

/// Set last, whatever the user gave: looking must not create a topic, and clusters with KIP-714
/// must get no telemetry of ours.
pub(super) const FIXED: [(&str, &str); 2] = [
    ("allow.auto.create.topics", "false"),
    ("enable.metrics.push", "false"),
];

/// Settings of which the strongest layer's replaces all others: librdkafka refuses, or mixes up,
/// more than one.
const EXCLUSIVE: [&[&str]; 5] = [
    &["ssl.ca.location", "ssl.ca.pem", "ssl.truststore.location"],
    &["ssl.key.location", "ssl.key.pem", "ssl.keystore.location"],
    &[
        "ssl.certificate.location",
        "ssl.certificate.pem",
        "ssl.keystore.location",
    ],
    &[
        "sasl.oauthbearer.token.file",
        "sasl.oauthbearer.token.command",
        "sasl.oauthbearer.token.endpoint.url",
    ],
    &["https.ca.location", "https.ca.pem"],
];

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum SetBy {
    Environment(&'static str),
    /// A place in the properties file, and the property's name there.
    File {
        location: Location,
        span: Span,
        property: String,
    },
    Cluster {
        name: String,
        location: Location,
        span: Span,
    },
    Flag(&'static str),
    /// `-X`, or the variable in its place.
    Override(&'static str),
}

impl SetBy {
    /// A setting as its place names it: a variable or a property says by itself which one it is.
    pub(super) fn naming(&self, setting: &str) -> String {
        match self {
            Self::Override(by) => format!("{by} {setting}"),
            other => other.to_string(),
        }
    }

    /// Points a problem at its place in a file, or names the variable or flag where the problem
    /// itself does not.
    pub(super) fn locate(&self, found: Diagnostic) -> Diagnostic {
        match self {
            Self::File { span, .. } | Self::Cluster { span, .. } => found.at(*span, ""),
            Self::Environment(name) | Self::Flag(name) | Self::Override(name)
                if !found.message.contains(name) =>
            {
                found.detail(format!("set by {name}"))
            }
            Self::Environment(_) | Self::Flag(_) | Self::Override(_) => found,
        }
    }
}

impl fmt::Display for SetBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) | Self::Flag(name) | Self::Override(name) => f.write_str(name),
            Self::File {
                location, property, ..
            } => write!(f, "{property} in {location}"),
            Self::Cluster { name, location, .. } => {
                write!(f, "bootstrap_servers of `{name}` in {location}")
            }
        }
    }
}

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: SecretString,
    pub(super) from: SetBy,
}

#[derive(Clone, Default)]
pub(super) struct Layers {
    entries: BTreeMap<String, Entry>,
    /// The login module of a properties file, and where it stands.
    pub(super) login: Option<(Login, SetBy)>,
    /// A class that gives credentials to Java's client and has no counterpart here, as the problem
    /// that it is where nothing else gives them.
    pub(super) foreign_class: Option<Diagnostic>,
    /// Whether the class that is named to fetch tokens is Amazon's.
    pub(super) tokens_of_amazon: bool,
    /// Whether there is a login that could not be read, of which it is not known what it sets.
    pub(super) unusable_login: bool,
}

impl Layers {
    /// Sets what is known to be good; replaces what a weaker layer said.
    pub(super) fn set(&mut self, name: &str, value: &str, from: SetBy) {
        for group in EXCLUSIVE.iter().filter(|group| group.contains(&name)) {
            self.entries.retain(|other, entry| {
                other == name || !group.contains(&other.as_str()) || same(&entry.from, &from)
            });
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
            Some(refusal) => problems.push(from.locate(refusal.problem(&from))),
        }
    }

    /// Forgets a setting of the file or the environment, where a flag says otherwise.
    pub(super) fn remove_weaker_than_flags(&mut self, name: &str) {
        self.entries
            .retain(|other, entry| other != name || matches!(entry.from, SetBy::Override(_)));
    }

    /// Takes a setting out, which librdkafka is then not given.
    pub(super) fn take(&mut self, name: &str) -> Option<Entry> {
        self.entries.remove(name)
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

    /// What librdkafka is given.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, SecretString)> {
        self.entries
            .iter()
            .filter(|(name, _)| !is_of_tokens(name))
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
