//! Relations that must hold between resolved values, within a topic and within its family.
//!
//! A relation is judged only where both values are declared and finite. Pure; knows no cluster.

use std::collections::HashMap;

use crate::catalog::{self, KeyClass};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::topic::{
    CLEANUP_POLICY, ConfigKey, DeclaredTopic, MAX_MESSAGE_BYTES, MIN_INSYNC_REPLICAS, RETENTION_MS,
    Role, TopicName,
};
use crate::units::Measure;
use crate::wording::plural;

const SEGMENT_MS: &str = "segment.ms";

/// Reports every broken relation, but for those that the topic's entry allows.
pub(super) fn check(topics: &[DeclaredTopic], diagnostics: &mut Diagnostics) {
    let by_name: HashMap<&TopicName, &DeclaredTopic> =
        topics.iter().map(|topic| (&topic.name, topic)).collect();
    for topic in topics {
        let mut found = Vec::new();
        found.extend(min_insync(topic));
        found.extend(min_insync_equal(topic));
        found.extend(rules(topic));
        found.extend(keys(topic));
        found.extend(segments(topic));
        found.extend(unlikely(topic));
        found.extend(idle_members(topic));
        if matches!(topic.role, Role::Retry | Role::Dlq) {
            found.extend(compaction(topic));
        }
        found.extend(retry_retention(topic));
        let source = topic.source.as_ref().and_then(|source| by_name.get(source));
        if let Some(source) = source {
            if topic.role == Role::Dlq {
                found.extend(dlq_retention(topic, source));
            }
            if matches!(topic.role, Role::Retry | Role::Dlq) {
                found.extend(message_sizes(topic, source));
            }
        }
        if let Some(dlq) = topic.shared_dlq.as_ref().and_then(|name| by_name.get(name)) {
            // Either side may say that it is meant so.
            let shared = [
                compaction(dlq),
                dlq_retention(dlq, topic),
                message_sizes(dlq, topic),
            ];
            found.extend(
                shared
                    .into_iter()
                    .flatten()
                    .filter(|one| !allows(dlq, one.code)),
            );
        }
        found.retain(|one| !allows(topic, one.code));
        diagnostics.extend(found);
    }
    check_ladders(topics, diagnostics);
}

fn allows(topic: &DeclaredTopic, code: Code) -> bool {
    topic.allow.contains(&code)
}

fn stated_at(topic: &DeclaredTopic, key: &str) -> Option<Span> {
    topic.config.get(&ConfigKey::new(key))?.origin.span
}

/// Where a value is set, or at least the topic.
fn place(topic: &DeclaredTopic, key: &str) -> Span {
    stated_at(topic, key).unwrap_or(topic.span)
}

/// A declared number that is no "unlimited".
fn finite(topic: &DeclaredTopic, key: &str) -> Option<i64> {
    topic
        .config_value(key)?
        .parse()
        .ok()
        .filter(|number| (0..i64::MAX).contains(number))
}

/// The broker creates such a topic; producers with acks=all then cannot write to it on brokers
/// that take the setting by its word.
fn min_insync(topic: &DeclaredTopic) -> Option<Diagnostic> {
    let wanted = finite(topic, MIN_INSYNC_REPLICAS)?;
    let factor = topic.replication_factor.as_ref()?;
    let replicas = i64::from(factor.value.get());
    if wanted <= replicas {
        return None;
    }
    let mut diagnostic = Diagnostic::error(
        Code::MinInsyncAboveReplication,
        format!(
            "`{}` needs {wanted} in-sync replicas, has {replicas}",
            topic.name
        ),
    )
    .at(
        place(topic, MIN_INSYNC_REPLICAS),
        format!("more than replication factor {replicas}"),
    );
    if let Some(span) = factor.origin.span {
        diagnostic = diagnostic.and(
            span,
            format!("set to {replicas} by {}", factor.origin.layer),
        );
    }
    Some(diagnostic.help(
        "with acks=all nothing could be written; lower min.insync.replicas in the same place \
         that lowers the replication factor",
    ))
}

/// One broker that is down for an update then stops every acks=all producer.
fn min_insync_equal(topic: &DeclaredTopic) -> Option<Diagnostic> {
    let wanted = finite(topic, MIN_INSYNC_REPLICAS)?;
    let replicas = i64::from(topic.replication_factor.as_ref()?.value.get());
    (wanted == replicas && replicas > 1).then(|| {
        Diagnostic::note(
            Code::MinInsyncEqualsReplication,
            format!("`{}` needs all {replicas} replicas in sync", topic.name),
        )
        .at(
            place(topic, MIN_INSYNC_REPLICAS),
            "one broker down, and acks=all producers stand still",
        )
        .help(format!(
            "min.insync.replicas {} leaves room for one",
            replicas - 1
        ))
    })
}

/// What is odd about keys whose values are right.
fn keys(topic: &DeclaredTopic) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (key, declared) in &topic.config {
        // What a built-in tier or another topic sets is reported where it is set.
        let Some(span) = declared.origin.span else {
            continue;
        };
        match catalog::classify(key.as_str()) {
            KeyClass::Known(spec) => {
                if let Some(version) = spec.removed_in {
                    found.push(
                        Diagnostic::warning(
                            Code::RemovedConfig,
                            format!("`{key}` was removed in Kafka {version}"),
                        )
                        .at(span, "")
                        .help("newer brokers refuse a topic that has it; leave it out"),
                    );
                }
                if let Some(caution) = catalog::caution(spec, declared.value.as_str()) {
                    found.push(Diagnostic::warning(Code::RemovedConfig, caution).at(span, ""));
                }
            }
            KeyClass::Vendor(vendor) => found.push(
                Diagnostic::note(Code::VendorConfig, format!("`{key}` belongs to {vendor}"))
                    .at(span, "its value is not checked here")
                    .help(format!("{vendor} takes it, and Apache Kafka refuses it")),
            ),
            KeyClass::Unknown(_) => found.push(
                Diagnostic::note(
                    Code::VendorConfig,
                    format!("`{key}` is let through by the policy"),
                )
                .at(span, "its value is not checked here")
                .help("only a broker that has it takes it, and Apache Kafka refuses it"),
            ),
        }
    }
    found
}

/// Retention removes whole segments, and the newest one only after it is rolled.
fn segments(topic: &DeclaredTopic) -> Option<Diagnostic> {
    let (segment, retention) = (finite(topic, SEGMENT_MS)?, finite(topic, RETENTION_MS)?);
    (segment > retention).then(|| {
        Diagnostic::note(
            Code::SegmentAboveRetention,
            format!(
                "`{}` rolls segments after {}, and keeps messages for {}",
                topic.name,
                Measure::Duration.human(segment),
                Measure::Duration.human(retention)
            ),
        )
        .at(
            place(topic, SEGMENT_MS),
            "messages stay until their segment is rolled",
        )
        .help("a topic with little traffic keeps them longer than it says")
    })
}

/// Every broker takes `retention.ms: 168`, and deletes what is a second old.
fn unlikely(topic: &DeclaredTopic) -> Vec<Diagnostic> {
    let stated = topic.config.iter().filter_map(|(key, declared)| {
        let spec = catalog::lookup(key.as_str())?;
        let value = declared.value.as_str();
        let readings = catalog::unlikely(spec, value)?;
        let does = match spec.name {
            SEGMENT_MS => "rolls segments after",
            _ => "keeps messages for",
        };
        let shown = Measure::Duration.human(value.parse().ok()?);
        let message = format!("`{}` {does} {shown}, which is hardly meant", topic.name);
        let readings: Vec<_> = readings
            .iter()
            .map(|reading| match Measure::Duration.parse(reading) {
                Ok(ms) => format!("`{reading}` ({ms})"),
                Err(_) => format!("`{reading}`"),
            })
            .collect();
        let help = format!(
            "with the unit that was meant, perhaps {}; `allow: [{}]` where {shown} is meant",
            readings.join(" or "),
            Code::UnlikelyDuration
        );
        let label = format!("`{key}` counts milliseconds");
        Some(
            Diagnostic::warning(Code::UnlikelyDuration, message)
                .at(declared.origin.span?, label)
                .help(help),
        )
    });
    stated.collect()
}

fn message_sizes(topic: &DeclaredTopic, source: &DeclaredTopic) -> Option<Diagnostic> {
    let (own, theirs) = (
        finite(topic, MAX_MESSAGE_BYTES)?,
        finite(source, MAX_MESSAGE_BYTES)?,
    );
    (own < theirs).then(|| {
        Diagnostic::warning(
            Code::SmallerMessages,
            format!(
                "`{}` takes messages of {}, its source of {}",
                topic.name,
                Measure::Size.human(own),
                Measure::Size.human(theirs)
            ),
        )
        .at(
            place(topic, MAX_MESSAGE_BYTES),
            "the largest messages cannot be handed over",
        )
        .and(
            place(source, MAX_MESSAGE_BYTES),
            format!("`{}` takes this much", source.name),
        )
        .help("leave it out to take over the source's value; headers need room too")
    })
}

/// A partition is read by one member of a group at a time.
fn idle_members(topic: &DeclaredTopic) -> Vec<Diagnostic> {
    let Some(declared) = &topic.partitions else {
        return Vec::new();
    };
    let partitions = i64::from(declared.value.get());
    let counted = declared.origin.span.filter(|span| {
        let members = topic
            .consumer_groups
            .iter()
            .filter_map(|group| group.members_at);
        members
            .map(|at| at.source)
            .all(|source| source == span.source)
    });
    topic
        .consumer_groups
        .iter()
        .filter_map(|group| Some((group, i64::from(group.members?))))
        .filter(|(_, members)| *members > partitions)
        .map(|(group, members)| {
            let diagnostic = Diagnostic::warning(
                Code::MoreMembersThanPartitions,
                format!(
                    "`{}` has {members} members for the {} of `{}`",
                    group.name,
                    plural(partitions, "partition"),
                    topic.name,
                ),
            )
            .at(
                group.members_at.unwrap_or(topic.span),
                format!("{} would be idle", members - partitions),
            )
            .help("a partition is read by one member of a group at a time");
            match counted {
                Some(span) => diagnostic.and(span, "declared here"),
                None => diagnostic,
            }
        })
        .collect()
}

/// Rules between keys that the broker enforces.
fn rules(topic: &DeclaredTopic) -> Vec<Diagnostic> {
    catalog::violations(|key| topic.config_value(key))
        .into_iter()
        .map(|violation| {
            let mut places = violation.keys.iter().map(|key| place(topic, key));
            let message = format!("`{}`: {}", topic.name, violation.message);
            let diagnostic = Diagnostic::error(Code::InvalidConfig, message).help(violation.help);
            let diagnostic = diagnostic.at(places.next().unwrap_or(topic.span), "");
            places.fold(diagnostic, |diagnostic, place| diagnostic.and(place, ""))
        })
        .collect()
}

fn compaction(topic: &DeclaredTopic) -> Option<Diagnostic> {
    topic.is_compacted().then(|| {
        Diagnostic::error(
            Code::CompactedFamily,
            format!(
                "`{}` compacts: of two messages with one key it would lose the first",
                topic.name
            ),
        )
        .at(place(topic, CLEANUP_POLICY), "")
        .help("retry and dead letter topics need cleanup.policy delete")
    })
}

fn retry_retention(topic: &DeclaredTopic) -> Option<Diagnostic> {
    let delay = topic.delay.as_ref()?;
    let retention = finite(topic, RETENTION_MS)?;
    if retention > delay.ms {
        return None;
    }
    Some(
        Diagnostic::error(
            Code::RetryRetentionBelowDelay,
            format!(
                "`{}` keeps messages for {}, and they wait for {}",
                topic.name,
                Measure::Duration.human(retention),
                delay.written
            ),
        )
        .at(
            place(topic, RETENTION_MS),
            "gone before they are tried again",
        )
        .help("leave the retention out: the built-in one outlives the delay"),
    )
}

/// What the built-in tier has, in milliseconds.
const USUAL_FOR_DEAD_LETTERS: i64 = 30 * 24 * 60 * 60 * 1000;

fn dlq_retention(dlq: &DeclaredTopic, source: &DeclaredTopic) -> Option<Diagnostic> {
    let (kept, source_kept) = (finite(dlq, RETENTION_MS)?, finite(source, RETENTION_MS)?);
    if kept >= source_kept {
        return None;
    }
    let shown = Measure::Duration.human(source_kept);
    let usual = Measure::Duration.human(USUAL_FOR_DEAD_LETTERS);
    let diagnostic = Diagnostic::warning(
        Code::DlqShorterThanSource,
        format!(
            "`{}` is kept for {}, its source for {shown}",
            dlq.name,
            Measure::Duration.human(kept)
        ),
    )
    .at(
        place(dlq, RETENTION_MS),
        "dead letters are gone before anybody has looked",
    )
    .help(match source_kept < USUAL_FOR_DEAD_LETTERS {
        true => format!("keep dead letters at least as long as their source; {usual} is usual"),
        false => format!("keep dead letters at least as long as their source: {shown} or more"),
    });
    Some(match stated_at(source, RETENTION_MS) {
        Some(span) => diagnostic.and(span, format!("`{}` keeps them this long", source.name)),
        None => diagnostic,
    })
}

/// A step that waits for a shorter time than the one before it.
fn check_ladders(topics: &[DeclaredTopic], diagnostics: &mut Diagnostics) {
    // Topics come by family, and the steps of a ladder in their order.
    for pair in topics.windows(2) {
        let [before, after] = pair else { continue };
        let (Some(first), Some(second)) = (&before.delay, &after.delay) else {
            continue;
        };
        let falls = before.family() == after.family() && second.ms < first.ms;
        if falls && !allows(after, Code::DelaysFall) {
            diagnostics.push(
                Diagnostic::warning(
                    Code::DelaysFall,
                    format!(
                        "the delay falls from {} to {}",
                        first.written, second.written
                    ),
                )
                .at(after.span, "shorter than the step before")
                .help("a message that fails again usually needs more time, not less"),
            );
        }
    }
}
