//! `policy`, as it is written. Its patterns, words and bounds are read by
//! [`super::super::policy`].

use super::{Decoder, Object};
use crate::manifest::fields::{self, ObjectSpec};
use crate::manifest::raw::{Policy, PolicyConfig, PolicyNames, Range};
use crate::manifest::yaml::{Text, Value};

impl Decoder<'_> {
    pub(super) fn policy(&mut self, object: &Object<'_>) -> Option<Policy> {
        let (span, node) = object.stated("policy")?;
        let policy = self.object(node, &fields::POLICY)?;
        Some(Policy {
            span,
            names: self.policy_names(&policy),
            partitions: self.range(&policy, "partitions", &fields::POLICY_COUNTS),
            replication_factor: self.range(&policy, "replication_factor", &fields::POLICY_COUNTS),
            retention: self.range(&policy, "retention", &fields::POLICY_DURATIONS),
            config: self.policy_config(&policy),
            owner: self.text(&policy, "owner"),
            profile: self.text(&policy, "profile"),
            fail_on: self.texts(&policy, "fail_on"),
            checks: self.free_texts(&policy, "checks"),
        })
    }

    fn policy_names(&mut self, policy: &Object<'_>) -> PolicyNames {
        let Some(names) = self.part(policy, "names", &fields::POLICY_NAMES) else {
            return PolicyNames::default();
        };
        PolicyNames {
            allow: self.texts(&names, "allow").unwrap_or_default(),
            deny: self.texts(&names, "deny").unwrap_or_default(),
            except: self.texts(&names, "except").unwrap_or_default(),
        }
    }

    fn policy_config(&mut self, policy: &Object<'_>) -> PolicyConfig {
        let Some(config) = self.part(policy, "config", &fields::POLICY_CONFIG) else {
            return PolicyConfig::default();
        };
        PolicyConfig {
            require: self.required_config(&config),
            allow: self.texts(&config, "allow").unwrap_or_default(),
            deny: self.texts(&config, "deny").unwrap_or_default(),
        }
    }

    /// A list of keys, or a mapping of keys to the value that they must have.
    fn required_config(&mut self, config: &Object<'_>) -> Vec<(Text, Option<Text>)> {
        match config.get("require") {
            Some((_, node)) if matches!(node.value, Value::Mapping(_)) => self
                .free_texts(config, "require")
                .into_iter()
                .map(|(key, value)| (key, Some(value)))
                .collect(),
            _ => {
                let keys = self.texts(config, "require").unwrap_or_default();
                keys.into_iter().map(|key| (key, None)).collect()
            }
        }
    }

    fn range(
        &mut self,
        policy: &Object<'_>,
        field: &'static str,
        spec: &'static ObjectSpec,
    ) -> Range {
        let Some(range) = self.part(policy, field, spec) else {
            return Range::default();
        };
        Range {
            min: self.text(&range, "min"),
            max: self.text(&range, "max"),
        }
    }
}
