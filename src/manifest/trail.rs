//! What every layer said of a topic's or a tier's values, kept while the layers are laid over
//! each other, for `topicctl explain`. Pure; decides no value.

use std::collections::BTreeMap;

use super::tiers::{BuiltIn, Retention};
use super::values::Wish;
use crate::diagnostic::Span;
use crate::explain::{Said, Setting, Step, TopicExplanation};
use crate::topic::{
    ConfigKey, ConfigValue, Declared, DeclaredTopic, Field, Origin, ReplicationFactor,
};

const RETENTION_MS: &str = "retention.ms";

/// What was said so far, by field.
#[derive(Debug, Default)]
pub(super) struct Trail {
    steps: BTreeMap<Field, Vec<Step>>,
    /// Of a tier by itself: what depends on the topic stays a rule.
    of_tier: bool,
}

impl Trail {
    /// That of a tier by itself.
    pub(super) fn of_tier() -> Self {
        Self {
            of_tier: true,
            ..Self::default()
        }
    }

    /// A layer's word; layers come lowest first.
    pub(super) fn note(&mut self, field: Field, said: Said, origin: Origin) {
        let said = match said {
            // Each topic of the tier has its own value for it.
            Said::Unread(text) if self.of_tier => Said::Rule(text),
            said => said,
        };
        self.steps
            .entry(field)
            .or_default()
            .push(Step { said, origin });
    }

    /// A built-in tier's word on everything that it sets.
    pub(super) fn start(
        &mut self,
        tier: &BuiltIn,
        partitions: Option<&Wish>,
        replication_factor: Option<&Declared<ReplicationFactor>>,
        config: &BTreeMap<ConfigKey, Declared<ConfigValue>>,
    ) {
        let origin = || tier.origin();
        if let Some(wish) = partitions {
            let said = match wish {
                Wish::Count(count) => Said::value(count.to_string()),
                rule => Said::Rule(rule.to_string()),
            };
            self.note(Field::Partitions, said, origin());
        }
        if let Some(factor) = replication_factor {
            let said = Said::value(factor.value.to_string());
            self.note(Field::ReplicationFactor, said, origin());
        }
        let rule = match tier.retention {
            Retention::ByDelay => Some("10 times the delay, at least the delay + 1d".to_owned()),
            Retention::AtMostDays(days) => Some(format!("the source's, at most {days}d")),
            Retention::Days(_) | Retention::Unset => None,
        };
        for (key, declared) in config {
            let said = Said::Value {
                value: declared.value.to_string(),
                written: rule.clone().filter(|_| key.as_str() == RETENTION_MS),
            };
            self.note(Field::Config(key.clone()), said, origin());
        }
        let retention = ConfigKey::new(RETENTION_MS);
        if let (true, false, Some(rule)) = (self.of_tier, config.contains_key(&retention), rule) {
            self.note(Field::Config(retention), Said::Rule(rule), origin());
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
    pub(super) trail: Trail,
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
            settings: self.trail.settings(value),
        }
    }
}
