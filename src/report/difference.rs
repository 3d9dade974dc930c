//! How a topic differs, told: both forms of both values, where they come from, and what a person
//! could do about it.

use crate::catalog;
use crate::diagnostic::Sources;
use crate::observed::ObservedOrigin;
use crate::plan::{Mismatch, replica_range};
use crate::remedy::{self, Access};
use crate::topic::{DeclaredTopic, Layer, Origin};

/// One mismatch, with everything that a person or a program may want to know about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// `partitions`, `replication_factor` or `config`.
    pub field: &'static str,
    /// The configuration key.
    pub key: Option<String>,
    /// In the broker's form.
    pub declared: String,
    /// In the broker's form.
    pub found: String,
    /// In a person's form.
    pub declared_human: String,
    /// In a person's form.
    pub found_human: String,
    /// Which layer declares it, and where.
    pub declared_by: String,
    /// Whether that is something else than the topic's own entry.
    pub declared_elsewhere: bool,
    /// Where the found value comes from; `None` but for configuration.
    pub origin: Option<ObservedOrigin>,
    /// What to know about it.
    pub advice: Option<String>,
    /// A command that would mend it; `None` where there is none, or it is left alone.
    pub remedy: Option<String>,
    /// Why it is left alone, where it is accepted.
    pub accepted: Option<String>,
}

impl Difference {
    /// A mismatch that is not accepted, with what can be done about it. `open` are all of them.
    pub(super) fn open(
        topic: &DeclaredTopic,
        mismatch: &Mismatch,
        open: &[Mismatch],
        sources: &Sources,
        access: &Access,
    ) -> Self {
        let origin = declared_origin(mismatch);
        // A built-in tier cannot be edited, but its value be replaced in the topic's entry.
        let place = match (&origin.layer, origin.span) {
            (Layer::Topic, Some(span)) => format!("in {}", sources.location(span)),
            (layer, Some(span)) => format!("in {} ({layer})", sources.location(span)),
            (layer, None) => {
                let entry = sources.location(topic.span);
                format!("in {entry} (now by {layer})")
            }
        };
        Self {
            advice: remedy::advice(topic, mismatch, &place, access),
            remedy: remedy::remedy(&topic.name, mismatch, open, access),
            ..Self::of(mismatch, sources)
        }
    }

    pub(super) fn of(mismatch: &Mismatch, sources: &Sources) -> Self {
        let origin = declared_origin(mismatch);
        let declared_by = match origin.span {
            Some(span) => format!("{}, {}", origin.layer, sources.location(span)),
            None => origin.layer.to_string(),
        };
        let (field, declared, found) = match mismatch {
            Mismatch::Partitions { declared, found } => {
                ("partitions", declared.value.to_string(), found.to_string())
            }
            Mismatch::ReplicationFactor {
                declared, replicas, ..
            } => {
                let (fewest, most) = replica_range(replicas);
                let found = if fewest == most {
                    fewest.to_string()
                } else {
                    format!("{fewest} to {most}")
                };
                ("replication_factor", declared.value.to_string(), found)
            }
            Mismatch::Config {
                declared, found, ..
            } => ("config", declared.value.to_string(), found.clone()),
        };
        let (key, found_from) = match mismatch {
            Mismatch::Config { key, origin, .. } => (Some(key.to_string()), Some(*origin)),
            _ => (None, None),
        };
        let human = |value: &str| match &key {
            Some(key) => catalog::human(key, value),
            None => value.to_owned(),
        };
        Self {
            field,
            declared_human: human(&declared),
            found_human: human(&found),
            key,
            declared,
            found,
            declared_by,
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
