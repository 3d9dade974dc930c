//! The values of one topic while its layers are merged, the lowest first. Pure.
//!
//! What a text says is [`super::values`]' business; a value that is wrong is left out. Where a
//! [`Provenance`] is asked for, it records the value of every layer.

use std::collections::BTreeMap;

use super::interpolate::Context;
use super::keys::{Keys, Within};
use super::names::topic_name;
use super::provenance::Provenance;
use super::raw::{self, Settings};
use super::resolver::Resolver;
use super::tiers::{BuiltIn, BuiltInPartitions, MinInsync, Retention};
use super::values::{PartitionSpec, config_value, partitions, replication_factor, retention};
use super::yaml::Text;
use crate::catalog;
use crate::diagnostic::{Diagnostics, Span};
use crate::explain::LayerValue;
use crate::topic::{
    ConfigKey, ConfigValue, Declared, Delay, Field, Layer, MAX_MESSAGE_BYTES, MIN_INSYNC_REPLICAS,
    Origin, Partitions, RETENTION_MS, ReplicationFactor, TopicName,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, Default)]
pub(super) struct MergedSettings {
    pub(super) partitions: Option<(PartitionSpec, Origin)>,
    replication_factor: Option<Declared<ReplicationFactor>>,
    config: BTreeMap<ConfigKey, Declared<ConfigValue>>,
    /// The built-in rule for min.insync.replicas, until a layer states the key.
    min_insync: Option<(MinInsync, Origin)>,
    /// Kept for the subject of `explain` only.
    pub(super) provenance: Option<Provenance>,
}

impl MergedSettings {
    /// Records a layer's value; costs nothing where no provenance is kept.
    fn note(&mut self, step: impl FnOnce() -> (Field, LayerValue, Origin)) {
        if let Some(provenance) = &mut self.provenance {
            let (field, value, origin) = step();
            provenance.note(field, value, origin);
        }
    }

    pub(super) fn start(&mut self, tier: &BuiltIn, delay: Option<&Delay>, source: Option<&Self>) {
        let origin = || tier.origin();
        self.partitions = match tier.partitions {
            BuiltInPartitions::Count(count) => Partitions::new(count).map(PartitionSpec::Count),
            BuiltInPartitions::Source => Some(PartitionSpec::Source),
            BuiltInPartitions::Default => None,
        }
        .map(|spec| (spec, origin()));
        self.replication_factor = tier
            .replication_factor
            .and_then(ReplicationFactor::new)
            .map(|value| Declared {
                value,
                origin: origin(),
            });
        let retention = match tier.retention {
            Retention::Days(days) => Some(days * DAY_MS),
            Retention::ByDelay => delay.map(|delay| {
                delay
                    .ms
                    .saturating_mul(10)
                    .max(delay.ms.saturating_add(DAY_MS))
            }),
            Retention::AtMostDays(days) => {
                let kept = source.and_then(Self::retention_ms);
                Some(kept.unwrap_or(i64::MAX).min(days * DAY_MS))
            }
            Retention::Unset => None,
        };
        let retention = retention.map(|ms| (RETENTION_MS, ms.to_string()));
        let fixed = tier
            .config
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned()));
        for (key, value) in fixed.chain(retention) {
            let value = Declared {
                value: ConfigValue::new(value),
                origin: origin(),
            };
            self.config.insert(ConfigKey::new(key), value);
        }
        self.min_insync = Some((tier.min_insync, origin()));
        if let Some(mut provenance) = self.provenance.take() {
            let partitions = self.partitions.as_ref().map(|(spec, _)| spec);
            provenance.start(
                tier,
                partitions,
                self.replication_factor.as_ref(),
                &self.config,
            );
            self.provenance = Some(provenance);
        }
    }

    /// What a derived topic has from the main topic of its family. An external topic that states
    /// no replication factor gives none.
    pub(super) fn inherit(&mut self, main: &TopicName, external: bool, values: &Self) {
        self.inherit_size(main, values);
        let layer = || Layer::Source(main.clone());
        match &values.replication_factor {
            Some(declared) => {
                let origin = Origin {
                    layer: layer(),
                    span: declared.origin.span,
                };
                self.replication_factor = Some(Declared {
                    value: declared.value,
                    origin,
                });
            }
            None if external => return,
            None => self.replication_factor = None,
        }
        let factor = values.replication_factor.as_ref();
        self.note(|| {
            let value = factor.map_or(LayerValue::Default("default"), |factor| {
                LayerValue::value(factor.value.to_string())
            });
            let span = factor.and_then(|factor| factor.origin.span);
            let layer = layer();
            (Field::ReplicationFactor, value, Origin { layer, span })
        });
    }

    fn inherit_size(&mut self, main: &TopicName, values: &Self) {
        let key = ConfigKey::new(MAX_MESSAGE_BYTES);
        if let Some(declared) = values.config.get(&key) {
            let origin = Origin {
                layer: Layer::Source(main.clone()),
                span: declared.origin.span,
            };
            self.note(|| {
                let value = LayerValue::value(declared.value.to_string());
                (Field::Config(key.clone()), value, origin.clone())
            });
            self.config.insert(
                key,
                Declared {
                    value: declared.value.clone(),
                    origin,
                },
            );
        }
    }

    /// Merges settings over what is there.
    pub(super) fn apply(
        &mut self,
        resolver: &Resolver<'_>,
        settings: &Settings,
        layer: &Layer,
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let mut reader = Reader {
            resolver,
            layer,
            context,
            diagnostics,
        };
        if let Some((span, stated)) = &settings.partitions {
            self.merge_partitions(*span, stated.as_ref(), &mut reader);
        }
        if let Some((span, stated)) = &settings.replication_factor {
            self.merge_replication_factor(*span, stated.as_ref(), &mut reader);
        }
        if let Some((span, stated)) = &settings.retention {
            let text = stated.as_ref();
            let value = text.map(|text| reader.read(text, retention));
            let origin = reader.origin(text.map_or(*span, |text| text.span));
            self.set(RETENTION_MS, value, text, origin);
        }
        for (key, stated) in &settings.config {
            let known = Keys {
                vendors: &resolver.vendors,
                within: Within::Settings,
            };
            if !known.check(key, stated.as_ref(), reader.diagnostics) {
                continue;
            }
            let text = stated.as_ref();
            let value = text.map(|text| {
                reader.read(text, |value, span, diagnostics| {
                    config_value(&key.text, value, span, diagnostics)
                })
            });
            let origin = reader.origin(text.map_or(key.span, |text| text.span));
            self.set(&key.text, value, text, origin);
        }
    }

    fn merge_partitions(
        &mut self,
        span: Span,
        stated: Option<&raw::Partitions>,
        reader: &mut Reader<'_>,
    ) {
        let Some(stated) = stated else {
            self.partitions = None;
            self.note(|| {
                (
                    Field::Partitions,
                    LayerValue::Default("null"),
                    reader.origin(span),
                )
            });
            return;
        };
        let (text, spec) = match stated {
            raw::Partitions::Text(text) => (text, reader.read(text, partitions)),
            raw::Partitions::SameAs(text) => {
                let name = reader.read(text, topic_name);
                (text, name.map(|name| Some(PartitionSpec::SameAs(name))))
            }
        };
        let origin = reader.origin(text.span);
        self.note(|| {
            let value = match &spec {
                Some(Some(rule @ (PartitionSpec::Source | PartitionSpec::SameAs(_)))) => {
                    LayerValue::Rule(rule.to_string())
                }
                Some(Some(PartitionSpec::Count(count))) => {
                    layer_value(Some(count.to_string()), text)
                }
                Some(None) => layer_value(None, text),
                None => LayerValue::Unreadable(text.text.clone()),
            };
            (Field::Partitions, value, origin.clone())
        });
        if let Some(spec) = spec {
            self.partitions = spec.map(|spec| (spec, origin));
        }
    }

    fn merge_replication_factor(
        &mut self,
        span: Span,
        stated: Option<&Text>,
        reader: &mut Reader<'_>,
    ) {
        let Some(text) = stated else {
            self.replication_factor = None;
            self.note(|| {
                let value = LayerValue::Default("null");
                (Field::ReplicationFactor, value, reader.origin(span))
            });
            return;
        };
        let factor = reader.read(text, replication_factor);
        let origin = reader.origin(text.span);
        self.note(|| {
            let value = match factor {
                Some(factor) => layer_value(factor.map(|factor| factor.to_string()), text),
                None => LayerValue::Unreadable(text.text.clone()),
            };
            (Field::ReplicationFactor, value, origin.clone())
        });
        if let Some(factor) = factor {
            self.replication_factor = factor.map(|value| Declared { value, origin });
        }
    }

    /// `None` takes the key away; `Some(None)` was wrong and changes nothing.
    fn set(
        &mut self,
        key: &str,
        value: Option<Option<ConfigValue>>,
        text: Option<&Text>,
        origin: Origin,
    ) {
        if key == MIN_INSYNC_REPLICAS
            && let Some((rule, origin)) = self.min_insync.take()
        {
            self.note_min_insync(rule, origin);
        }
        let key = ConfigKey::new(key);
        self.note(|| {
            let value = match (&value, text) {
                (Some(Some(value)), Some(text)) => layer_value(Some(value.to_string()), text),
                (Some(None), Some(text)) => LayerValue::Unreadable(text.text.clone()),
                _ => LayerValue::Default("null"),
            };
            (Field::Config(key.clone()), value, origin.clone())
        });
        match value {
            None => {
                self.config.remove(&key);
            }
            Some(None) => {}
            Some(Some(value)) => {
                self.config.insert(key, Declared { value, origin });
            }
        }
    }

    fn note_min_insync(&mut self, rule: MinInsync, origin: Origin) {
        let value = match rule {
            MinInsync::One => LayerValue::value("1".to_owned()),
            MinInsync::ByReplication => LayerValue::Rule("2 from RF 3 on, else 1".to_owned()),
            MinInsync::Unset => return,
        };
        self.note(|| {
            (
                Field::Config(ConfigKey::new(MIN_INSYNC_REPLICAS)),
                value,
                origin,
            )
        });
    }

    /// Fills in what depends on the values that won.
    pub(super) fn finish(&mut self) {
        let factor = self.replication_factor.as_ref().map(|one| one.value);
        let Some(((rule, origin), factor)) = self.min_insync.take().zip(factor) else {
            return;
        };
        let replicas = match rule {
            MinInsync::One => "1",
            MinInsync::ByReplication if factor.get() >= 3 => "2",
            MinInsync::ByReplication => "1",
            MinInsync::Unset => return,
        };
        self.note_min_insync(rule, origin.clone());
        let value = Declared {
            value: ConfigValue::new(replicas),
            origin,
        };
        self.config
            .insert(ConfigKey::new(MIN_INSYNC_REPLICAS), value);
    }

    /// The declared retention, where it is finite.
    fn retention_ms(&self) -> Option<i64> {
        let declared = self.config.get(&ConfigKey::new(RETENTION_MS))?;
        declared.value.as_str().parse().ok().filter(|ms| *ms >= 0)
    }

    /// What is stated here and `other` declares differently, or not at all.
    pub(super) fn contradictions(&self, other: &Self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        let mut differ = |what: &str, span, here: String, there: Option<String>| {
            found.push(Contradiction {
                what: what.to_owned(),
                span,
                here,
                there: there.unwrap_or_else(|| "nothing".to_owned()),
            });
        };
        if let Some((spec, origin)) = &self.partitions {
            let theirs = other.partitions.as_ref().map(|(spec, _)| spec);
            if theirs != Some(spec) {
                let theirs = theirs.map(ToString::to_string);
                differ("partitions", origin.span, spec.to_string(), theirs);
            }
        }
        if let Some(Declared { value, origin }) = &self.replication_factor {
            let theirs = other.replication_factor.as_ref().map(|theirs| theirs.value);
            if theirs != Some(*value) {
                let theirs = theirs.map(|theirs| theirs.to_string());
                let what = "the replication factor";
                differ(what, origin.span, value.to_string(), theirs);
            }
        }
        for (key, Declared { value, origin }) in &self.config {
            let theirs = other.config.get(key).map(|theirs| theirs.value.as_str());
            let (key, value) = (key.as_str(), value.as_str());
            if theirs.is_none_or(|theirs| !catalog::same(key, value, theirs)) {
                differ(
                    key,
                    origin.span,
                    value.to_owned(),
                    theirs.map(str::to_owned),
                );
            }
        }
        found
    }

    pub(super) fn into_values(
        self,
    ) -> (
        Option<Declared<ReplicationFactor>>,
        BTreeMap<ConfigKey, Declared<ConfigValue>>,
    ) {
        (self.replication_factor, self.config)
    }
}

/// A value that two entries for one topic state differently.
#[derive(Debug)]
pub(super) struct Contradiction {
    pub(super) what: String,
    pub(super) span: Option<Span>,
    pub(super) here: String,
    pub(super) there: String,
}

struct Reader<'l> {
    resolver: &'l Resolver<'l>,
    layer: &'l Layer,
    context: &'l Context<'l>,
    diagnostics: &'l mut Diagnostics,
}

impl Reader<'_> {
    fn read<T>(
        &mut self,
        text: &Text,
        checked: impl FnOnce(&str, Span, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        let resolver = self.resolver;
        let value = resolver.evaluate(text, self.context, self.diagnostics)?;
        checked(&value, text.span, self.diagnostics)
    }

    fn origin(&self, span: Span) -> Origin {
        Origin {
            layer: self.layer.clone(),
            span: Some(span),
        }
    }
}

/// A value as a layer states it; none is the broker's default by name.
fn layer_value(value: Option<String>, text: &Text) -> LayerValue {
    let Some(value) = value else {
        return LayerValue::Default("default");
    };
    // Only a text that is not the value itself is worth a place beside it.
    let written = text.text.contains('$').then(|| text.text.clone());
    LayerValue::Value { value, written }
}
