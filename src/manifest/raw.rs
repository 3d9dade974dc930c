//! Manifests as they are written: decoded, but with variables in place and nothing resolved.
//!
//! These types never leave [`crate::manifest`]. Every text keeps its place, for diagnostics and
//! for the origin of the value that it becomes.

use std::collections::BTreeMap;

use super::yaml::Text;
use crate::diagnostic::{SourceId, Span};

/// The sections of one YAML document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) source: SourceId,
    pub(super) defaults: Option<Defaults>,
    pub(super) naming: Option<Naming>,
    pub(super) tiers: Option<Tiers>,
    pub(super) profiles: Option<Profiles>,
    pub(super) clusters: Option<Clusters>,
    pub(super) policy: Option<Policy>,
    pub(super) pipelines: Vec<Pipeline>,
    pub(super) accepted: Vec<Accepted>,
    pub(super) vars: Vec<(Text, Text)>,
    pub(super) topics: Vec<Topic>,
}

/// `defaults`.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) span: Span,
    pub(super) tier: Option<Text>,
}

/// `naming`.
#[derive(Debug)]
pub(super) struct Naming {
    pub(super) span: Span,
    pub(super) retry: Option<Text>,
    pub(super) dlq: Option<Text>,
    pub(super) error: Option<Text>,
    pub(super) pipeline_prefix: Option<Text>,
    pub(super) allowed_topics: Vec<Text>,
}

/// `tiers`.
#[derive(Debug)]
pub(super) struct Tiers {
    pub(super) span: Span,
    pub(super) list: Vec<(Text, Tier)>,
}

/// One tier.
#[derive(Debug, Default)]
pub(super) struct Tier {
    pub(super) extends: Option<Text>,
    pub(super) settings: Settings,
}

/// `profiles`.
#[derive(Debug)]
pub(super) struct Profiles {
    pub(super) span: Span,
    pub(super) list: Vec<(Text, Profile)>,
}

/// One profile.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// Whether it holds `topics` and nothing else, which any file may add to a profile.
    pub(super) only_topics: bool,
    pub(super) extends: Option<Text>,
    pub(super) vars: Vec<(Text, Text)>,
    pub(super) tiers: Vec<(Text, Settings)>,
    pub(super) all: Option<Settings>,
    pub(super) topics: Vec<(Text, Settings)>,
}

/// `clusters`.
#[derive(Debug)]
pub(super) struct Clusters {
    pub(super) span: Span,
    pub(super) list: Vec<(Text, Cluster)>,
}

/// One cluster.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub(super) bootstrap_servers: Vec<Text>,
    pub(super) command_config: Option<Text>,
    pub(super) profile: Option<Text>,
    pub(super) cluster_id: Option<Text>,
}

/// What tiers, topics and profiles can set, with the field's place. `None` for a value is YAML's
/// null, which takes a value away.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) partitions: Option<(Span, Option<Partitions>)>,
    pub(super) replication_factor: Option<(Span, Option<Text>)>,
    pub(super) retention: Option<(Span, Option<Text>)>,
    pub(super) config: Vec<(Text, Option<Text>)>,
}

impl Settings {
    /// These with others over them.
    pub(super) fn patched_by(mut self, over: Self) -> Self {
        if over.retention.is_some() {
            // The same value under its other name.
            self.config.retain(|(key, _)| key.text != "retention.ms");
        }
        self.config.extend(over.config);
        Self {
            partitions: over.partitions.or(self.partitions),
            replication_factor: over.replication_factor.or(self.replication_factor),
            retention: over.retention.or(self.retention),
            config: self.config,
        }
    }

    /// These without the values that hold a variable.
    pub(super) fn literal_only(&self) -> Self {
        let literal = |text: &&Text| !text.text.contains('$');
        let single = |field: &Option<(Span, Option<Text>)>| {
            let (span, text) = field.as_ref()?;
            let text = text.as_ref().filter(literal)?;
            Some((*span, Some(text.clone())))
        };
        Self {
            partitions: match &self.partitions {
                Some((span, Some(Partitions::Text(text)))) if literal(&text) => {
                    Some((*span, Some(Partitions::Text(text.clone()))))
                }
                _ => None,
            },
            replication_factor: single(&self.replication_factor),
            retention: single(&self.retention),
            config: self
                .config
                .iter()
                .map(|(key, text)| (key.clone(), text.as_ref().filter(literal).cloned()))
                .collect(),
        }
    }
}

/// `partitions`.
#[derive(Debug)]
pub(super) enum Partitions {
    /// A count, `source` or `default`, perhaps by a variable.
    Text(Text),
    /// `{ same_as: NAME }`.
    SameAs(Text),
}

/// A topic's entry, or a derived block.
#[derive(Debug)]
pub(super) struct Topic {
    /// The place of the name, or of the block where there is none.
    pub(super) span: Span,
    pub(super) name: Option<Text>,
    pub(super) description: Option<Text>,
    pub(super) owner: Option<Text>,
    pub(super) tier: Option<Text>,
    pub(super) settings: Settings,
    pub(super) retry: Option<Box<Retry>>,
    pub(super) dlq: Option<Derived>,
    pub(super) error: Option<Derived>,
    pub(super) consumer_groups: Vec<Group>,
    pub(super) partition_key: Option<PartitionKey>,
    pub(super) profiles: Option<Vec<Text>>,
    pub(super) external: Option<Text>,
    pub(super) env: Option<Text>,
    pub(super) allow: Vec<Text>,
}

/// `retry`.
#[derive(Debug)]
pub(super) struct Retry {
    pub(super) steps: Vec<RetryStep>,
    pub(super) block: Topic,
}

/// A step of `retry`: an item of its `delays`.
#[derive(Debug)]
pub(super) struct RetryStep {
    pub(super) delay: Text,
    /// For a step with fields of its own: the fields of `retry` with these over them.
    pub(super) own: Option<Topic>,
}

/// `dlq` or `error`.
#[derive(Debug)]
pub(super) enum Derived {
    /// `true`, `false` or a name, perhaps by a variable.
    Text(Text),
    /// A block of fields.
    Block(Box<Topic>),
}

/// An entry of `consumer_groups`: a name, or a mapping with one.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: Text,
    pub(super) members: Option<Text>,
    pub(super) produces: Vec<Text>,
}

/// `partition_key`.
#[derive(Debug)]
pub(super) struct PartitionKey {
    pub(super) field: Option<Text>,
    pub(super) partitioner: Option<Text>,
}

/// One of `pipelines`.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) name: Text,
    pub(super) owner: Option<Text>,
    pub(super) tier: Option<Text>,
    pub(super) profiles: Option<Vec<Text>>,
    pub(super) allowed_topics: Vec<Text>,
    pub(super) steps: Vec<Step>,
}

/// A step of a pipeline.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: Text,
    pub(super) input: Option<Derived>,
    pub(super) output: Option<Derived>,
    pub(super) error: Option<Derived>,
    pub(super) dead_letter: Option<Derived>,
    pub(super) consumes: Vec<Text>,
    pub(super) produces: Vec<Text>,
    pub(super) listeners: Option<Text>,
}

/// One of `accepted_mismatches`.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) topic: Text,
    pub(super) partitions: Option<Text>,
    pub(super) replication_factor: Option<Text>,
    pub(super) config: Vec<(Text, Text)>,
    pub(super) reason: Text,
    pub(super) until: Option<Text>,
}

/// `policy`.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) span: Span,
    pub(super) names: PolicyNames,
    pub(super) partitions: Range,
    pub(super) replication_factor: Range,
    pub(super) retention: Range,
    pub(super) config: PolicyConfig,
    pub(super) owner: Option<Text>,
    pub(super) profile: Option<Text>,
    pub(super) fail_on: Option<Vec<Text>>,
    pub(super) checks: Vec<(Text, Text)>,
}

/// `names` of a policy.
#[derive(Debug, Default)]
pub(super) struct PolicyNames {
    pub(super) allow: Vec<Text>,
    pub(super) deny: Vec<Text>,
    pub(super) except: Vec<Text>,
}

/// `config` of a policy.
#[derive(Debug, Default)]
pub(super) struct PolicyConfig {
    /// Keys, and the value where one is stated.
    pub(super) require: Vec<(Text, Option<Text>)>,
    pub(super) allow: Vec<Text>,
    pub(super) deny: Vec<Text>,
}

/// Bounds of a policy, both included.
#[derive(Debug, Default)]
pub(super) struct Range {
    pub(super) min: Option<Text>,
    pub(super) max: Option<Text>,
}

/// The `vars` of one scope, by name.
pub(super) type Vars<'a> = BTreeMap<&'a str, &'a Text>;
