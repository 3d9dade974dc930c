//! Where a topic's or a tier's values come from: those of every layer, recorded while the layers are
//! merged, for `topicctl explain`. Pure; decides no value.

use std::collections::BTreeMap;

use super::tiers::{BuiltIn, Retention};
use super::values::PartitionSpec;
use crate::diagnostic::Span;
use crate::explain::{LayerValue, Setting, Step, TopicExplanation};
use crate::topic::{
    ConfigKey, ConfigValue, Declared, DeclaredTopic, Field, Origin, RETENTION_MS, ReplicationFactor,
};

/// The values of the layers so far, by field.
#[derive(Debug, Default)]
pub(super) struct Provenance {
    steps: BTreeMap<Field, Vec<Step>>,
    /// Of a tier by itself: what depends on the topic stays a rule.
    for_tier: bool,
}

impl Provenance {
    pub(super) fn for_tier() -> Self {
        Self {
            for_tier: true,
            ..Self::default()
        }
    }

    /// Records a layer's value; layers come lowest first.
    pub(super) fn note(&mut self, field: Field, value: LayerValue, origin: Origin) {
        let value = match value {
            // Each topic of the tier has its own value for it.
            LayerValue::Unreadable(text) if self.for_tier => LayerValue::Rule(text),
            value => value,
        };
        self.steps
            .entry(field)
            .or_default()
            .push(Step { value, origin });
    }

    /// Records everything that a built-in tier sets.
    pub(super) fn start(
        &mut self,
        tier: &BuiltIn,
        partitions: Option<&PartitionSpec>,
        replication_factor: Option<&Declared<ReplicationFactor>>,
        config: &BTreeMap<ConfigKey, Declared<ConfigValue>>,
    ) {
        let origin = || tier.origin();
        if let Some(spec) = partitions {
            let value = match spec {
                PartitionSpec::Count(count) => LayerValue::value(count.to_string()),
                rule => LayerValue::Rule(rule.to_string()),
            };
            self.note(Field::Partitions, value, origin());
        }
        if let Some(factor) = replication_factor {
            let value = LayerValue::value(factor.value.to_string());
            self.note(Field::ReplicationFactor, value, origin());
        }
        let rule = match tier.retention {
            Retention::ByDelay => Some("10 times the delay, at least the delay + 1d".to_owned()),
            Retention::AtMostDays(days) => Some(format!("the source's, at most {days}d")),
            Retention::Days(_) | Retention::Unset => None,
        };
        for (key, declared) in config {
            let value = LayerValue::Value {
                value: declared.value.to_string(),
                written: rule.clone().filter(|_| key.as_str() == RETENTION_MS),
            };
            self.note(Field::Config(key.clone()), value, origin());
        }
        let retention = ConfigKey::new(RETENTION_MS);
        if let (true, false, Some(rule)) = (self.for_tier, config.contains_key(&retention), rule) {
            self.note(Field::Config(retention), LayerValue::Rule(rule), origin());
        }
    }

    /// With the values that hold. Partitions and replication factor are always there.
    pub(super) fn settings(self, value: impl Fn(&Field) -> Option<String>) -> Vec<Setting> {
        let mut steps = self.steps;
        for always in [Field::Partitions, Field::ReplicationFactor] {
            steps.entry(always).or_default();
        }
        steps
            .into_iter()
            .map(|(field, steps)| Setting {
                value: value(&field),
                field,
                steps,
            })
            .collect()
    }
}

/// What resolution remembers of the topic that is to be explained.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) provenance: Provenance,
    pub(super) tier_chosen: Option<Span>,
    pub(super) also_at: Vec<Span>,
}

impl Traced {
    /// Joined with what the topic became.
    pub(super) fn explain(
        self,
        topic: &DeclaredTopic,
        topics: &[DeclaredTopic],
    ) -> TopicExplanation {
        let value = |field: &Field| match field {
            Field::Partitions => topic.partitions.as_ref().map(|one| one.value.to_string()),
            Field::ReplicationFactor => {
                let factor = topic.replication_factor.as_ref();
                factor.map(|one| one.value.to_string())
            }
            Field::Config(key) => topic.config.get(key).map(|one| one.value.to_string()),
        };
        let family = topics
            .iter()
            .filter(|other| other.family() == topic.family())
            .map(|other| other.name.clone())
            .collect();
        TopicExplanation {
            topic: topic.clone(),
            tier_chosen: self.tier_chosen,
            family,
            also_at: self.also_at,
            settings: self.provenance.settings(value),
        }
    }
}
