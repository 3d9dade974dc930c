//! The Java client's properties in librdkafka's names and values.
//!
//! A property is translated, passed on where librdkafka has one of the same name and meaning,
//! ignored where it cannot matter to a client that only asks and creates, or an error that names
//! it and the way out.

mod login;
mod providers;
mod stores;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::layers::{Layers, SetBy};
use super::names;
use super::properties::Property;
use super::{Lookups, problem};
use crate::diagnostic::{Diagnostic, Location};

/// What has no counterpart, and what to do instead.
pub(super) const UNTRANSLATABLE: [(&str, &str); 7] = [
    (
        "sasl.oauthbearer.assertion",
        "have a command print the token: KAFKA_OAUTH_TOKEN_COMMAND",
    ),
    (
        "sasl.oauthbearer.token.command",
        "only whoever starts topicctl may say what it runs: KAFKA_OAUTH_TOKEN_COMMAND, or -X",
    ),
    (
        "sasl.login.class",
        "give the credentials in sasl.jaas.config",
    ),
    ("security.providers", "leave it out if TLS can do without"),
    (
        "ssl.engine.factory.class",
        "give certificates as PEM: ssl.truststore.type=PEM",
    ),
    ("socks5.proxy.address", "connect without a proxy"),
    ("socks5.proxy.port", "connect without a proxy"),
];

/// What tunes producing, consuming or the Java client's inner life; and what librdkafka has under
/// the same name for its producers and consumers.
pub(super) const IGNORED: [&str; 73] = [
    "acks",
    "allow.auto.create.topics",
    "auto.commit.interval.ms",
    "auto.include.jmx.reporter",
    "auto.offset.reset",
    "auto.register.schemas",
    "batch.size",
    "bootstrap.controllers",
    "buffer.memory",
    "check.crcs",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "default.api.timeout.ms",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.idempotence",
    "enable.metrics.push",
    "exclude.internal.topics",
    "fetch.max.bytes",
    "fetch.max.wait.ms",
    "fetch.min.bytes",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "heartbeat.interval.ms",
    "interceptor.classes",
    "isolation.level",
    "key.deserializer",
    "key.serializer",
    "key.subject.name.strategy",
    "latest.compatibility.strict",
    "linger.ms",
    "max.block.ms",
    "max.in.flight.requests.per.connection",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "max.poll.records",
    "max.request.size",
    "metadata.max.idle.ms",
    "metadata.recovery.strategy",
    "metric.reporters",
    "metrics.num.samples",
    "metrics.recording.level",
    "metrics.sample.window.ms",
    "normalize.schemas",
    "partition.assignment.strategy",
    "partitioner.class",
    "receive.buffer.bytes",
    "retries",
    "retry.backoff.max.ms",
    "retry.backoff.ms",
    "send.buffer.bytes",
    "session.timeout.ms",
    "share.acknowledgement.mode",
    "share.acquire.mode",
    "socket.connection.setup.timeout.max.ms",
    "ssl.enabled.protocols",
    "ssl.keymanager.algorithm",
    "ssl.protocol",
    "ssl.provider",
    "ssl.secure.random.implementation",
    "ssl.trustmanager.algorithm",
    "transaction.timeout.ms",
    "transactional.id",
    "use.latest.version",
    "use.schema.id",
    "value.deserializer",
    "value.serializer",
    "value.subject.name.strategy",
    "client.rack",
];

/// Beginnings of names that belong to other clients, or to mechanisms whose use is an error
/// already.
pub(super) const IGNORED_PREFIXES: [&str; 17] = [
    "apicurio.",
    "avro.",
    "basic.auth.",
    "bearer.auth.",
    "confluent.monitoring.",
    "json.",
    "partitioner.",
    "sasl.kerberos.",
    "sasl.login.",
    "sasl.oauthbearer.clock.skew.",
    "sasl.oauthbearer.expected.",
    "sasl.oauthbearer.jwks.",
    "sasl.oauthbearer.jwt.validator.class",
    "sasl.oauthbearer.scope.claim.name",
    "schema.registry.",
    "specific.",
    "transaction.",
];

/// Translates a file's properties; returns its `request.timeout.ms`, which is the longest silence.
pub(super) fn apply(
    found: Vec<Property>,
    path: &Arc<str>,
    lookups: Lookups,
    layers: &mut Layers,
    problems: &mut Vec<Diagnostic>,
) -> Option<Duration> {
    let mut timeout = None;
    let mut stores = stores::Stores::default();
    let place = |property: &Property| SetBy::File {
        location: Location {
            file: Arc::clone(path),
            line: property.line,
            column: 1,
        },
        span: property.span,
        property: property.key.clone(),
    };
    let found = providers::resolve(last_of_each(found), place, lookups, problems);
    for property in found {
        let from = place(&property);
        if let Some(broken) = property.broken {
            let found = problem(format!(
                "the value of `{}` has {}",
                property.key, broken.has
            ));
            problems.push(from.locate(found).help(broken.help));
            continue;
        }
        let (key, value) = (
            names::canonical(property.key.trim()),
            property.value.as_str(),
        );
        match key {
            _ if stores.take(key, value, &from) => {}
            // Java's way to say that the host name is not checked.
            "ssl.endpoint.identification.algorithm" => {
                let value = match value.trim() {
                    "" => "none".to_owned(),
                    value => value.to_ascii_lowercase(),
                };
                layers.set_checked(key, &value, from, problems);
            }
            _ if value.trim().is_empty() => {}
            "sasl.jaas.config" => login::apply(value, from, layers, problems),
            _ if login::class(key, value.trim(), &from, layers) => {}
            "request.timeout.ms" => match value.trim().parse() {
                Ok(milliseconds @ 1..) => timeout = Some(Duration::from_millis(milliseconds)),
                _ => {
                    let found = problem("`request.timeout.ms` is not a number of milliseconds");
                    problems.push(from.locate(found).help("write for example 30000"));
                }
            },
            "sasl.password" | "ssl.key.password" | "ssl.keystore.password" => {
                layers.set_checked(key, value, from, problems);
            }
            _ => other(key, value.trim(), from, layers, problems),
        }
    }
    stores.settle(layers);
    timeout
}

/// Of a name that stands there several times, Java takes the last.
fn last_of_each(found: Vec<Property>) -> Vec<Property> {
    let by_key = found.into_iter().map(|one| (one.key.clone(), one));
    let last: BTreeMap<String, Property> = by_key.collect();
    let mut all: Vec<Property> = last.into_values().collect();
    all.sort_by_key(|property| property.line);
    all
}

fn other(key: &str, value: &str, from: SetBy, layers: &mut Layers, problems: &mut Vec<Diagnostic>) {
    if let Some((_, help)) = UNTRANSLATABLE
        .iter()
        .find(|(name, _)| key == *name || key.starts_with(&format!("{name}.")))
    {
        let found = problem(format!(
            "`{key}` of the Java client has no counterpart in topicctl"
        ));
        problems.push(from.locate(found).help(*help));
    } else if names::is_of_tokens(key) {
        layers.set(key, value, from);
    } else if IGNORED.contains(&key) || IGNORED_PREFIXES.iter().any(|p| key.starts_with(p)) {
        tracing::debug!("{from} does not matter to topicctl");
    } else if names::is_known(key) && names::why_refused(key).is_none() {
        layers.set_checked(key, value, from, problems);
    } else {
        let found = problem(format!("`{key}` is not a property of a Kafka client"));
        problems.push(from.locate(found).help(names::suggestion(key)));
    }
}
