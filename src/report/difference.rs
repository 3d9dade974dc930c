//! How a topic differs, for people: both forms of both values, where they come from, and what a
//! person could do about it.

use crate::catalog;
use crate::diagnostic::Sources;
use crate::observed::ObservedOrigin;
use crate::outcome::{Mismatch, TopicOutcome, replica_range};
use crate::remedy::{self, Access, Advice, Declaring};
use crate::topic::{Layer, Origin};

/// One mismatch, with everything that a person or a program may want to know about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Difference {
    /// `partitions`, `replication_factor` or `config`.
    pub(super) field: &'static str,
    pub(super) key: Option<String>,
    pub(super) declared: Value,
    pub(super) found: Value,
    /// Which layer declares it, and where.
    pub(super) declared_by: String,
    /// Whether that is something else than the topic's own entry.
    pub(super) declared_elsewhere: bool,
    /// Where the found value comes from; `None` but for configuration.
    pub(super) origin: Option<ObservedOrigin>,
    pub(super) advice: Option<Advice>,
    /// A command that would make it as declared; `None` where there is none, or it is left alone.
    pub(super) remedy: Option<String>,
    /// Why it is left alone, where it is accepted.
    pub(super) accepted: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Value {
    /// The broker's.
    pub(super) raw: String,
    /// A person's.
    pub(super) human: String,
}

impl Difference {
    /// Those that are open, then those that are accepted.
    pub(super) fn all(
        outcome: &TopicOutcome,
        declaring: Declaring<'_>,
        access: &Access,
    ) -> Vec<Self> {
        let (topic, open) = (&outcome.topic, &outcome.mismatches);
        let sources = declaring.sources;
        let accepted = outcome.accepted.iter().map(|one| Self {
            accepted: Some(one.reason.clone()),
            ..Self::new(&one.mismatch, sources)
        });
        let open = open.iter().map(|mismatch| Self {
            advice: remedy::advice(topic, mismatch, declaring, access),
            remedy: remedy::remedy(&topic.name, mismatch, open, access),
            ..Self::new(mismatch, sources)
        });
        open.chain(accepted).collect()
    }

    fn new(mismatch: &Mismatch, sources: &Sources) -> Self {
        let origin = declared_origin(mismatch);
        let count = |raw: String| Value {
            human: raw.clone(),
            raw,
        };
        let (field, declared, found) = match mismatch {
            Mismatch::Partitions { declared, found } => (
                "partitions",
                count(declared.value.to_string()),
                count(found.to_string()),
            ),
            Mismatch::ReplicationFactor {
                declared, replicas, ..
            } => {
                let found = match replica_range(replicas) {
                    (fewest, most) if fewest == most => fewest.to_string(),
                    (fewest, most) => format!("{fewest} to {most}"),
                };
                let declared = count(declared.value.to_string());
                ("replication_factor", declared, count(found))
            }
            Mismatch::Config {
                key,
                declared,
                found,
                ..
            } => {
                let value = |raw: &str| Value {
                    human: catalog::human(key.as_str(), raw),
                    raw: raw.to_owned(),
                };
                ("config", value(declared.value.as_str()), value(found))
            }
        };
        let (key, found_from) = match mismatch {
            Mismatch::Config { key, origin, .. } => (Some(key.to_string()), Some(*origin)),
            _ => (None, None),
        };
        Self {
            field,
            key,
            declared,
            found,
            declared_by: match origin.span {
                Some(span) => format!("{}, {}", origin.layer, sources.location(span)),
                None => origin.layer.to_string(),
            },
            declared_elsewhere: origin.layer != Layer::Topic,
            origin: found_from,
            advice: None,
            remedy: None,
            accepted: None,
        }
    }
}

fn declared_origin(mismatch: &Mismatch) -> &Origin {
    match mismatch {
        Mismatch::Partitions { declared, .. } => &declared.origin,
        Mismatch::ReplicationFactor { declared, .. } => &declared.origin,
        Mismatch::Config { declared, .. } => &declared.origin,
    }
}
