//! The values of one topic while its layers are laid over each other. Pure.
//!
//! What a text says is [`super::values`]' business; a value that is wrong is left out. Where a
//! [`Trail`] is asked for, it hears what every layer said.

use std::collections::BTreeMap;
use std::fmt;

use super::interpolate::Context;
use super::raw::{self, Settings};
use super::resolve::{Resolver, built_in_origin};
use super::tiers::{BuiltIn, BuiltInPartitions, MinInsync, Retention};
use super::trail::Trail;
use super::values::{check_key, config_value, partitions, replication_factor, retention};
use super::yaml::Text;
use crate::catalog;
use crate::diagnostic::{Diagnostics, Span};
use crate::explain::{Field, Said};
use crate::topic::{
    ConfigKey, ConfigValue, Declared, Delay, Layer, Origin, Partitions, ReplicationFactor,
    TopicName,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What `partitions` asks for; nothing at all is the broker's default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    Count(Partitions),
    Source,
    SameAs(TopicName),
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Source => f.write_str("source"),
            Self::SameAs(name) => write!(f, "the same as {name}"),
        }
    }
}

/// The values so far.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) partitions: Option<(Wish, Origin)>,
    replication_factor: Option<Declared<ReplicationFactor>>,
    config: BTreeMap<ConfigKey, Declared<ConfigValue>>,
    /// The built-in rule for min.insync.replicas, until a layer states the key.
    min_insync: Option<(MinInsync, Origin)>,
    /// What every layer said, where somebody wants to know.
    pub(super) trail: Option<Trail>,
}

const MIN_INSYNC: &str = "min.insync.replicas";
const MAX_MESSAGE_BYTES: &str = "max.message.bytes";
const RETENTION_MS: &str = "retention.ms";

impl Folded {
    /// Hands what a layer says to the trail; costs nothing where there is none.
    fn note(&mut self, said: impl FnOnce() -> (Field, Said, Origin)) {
        if let Some(trail) = &mut self.trail {
            let (field, said, origin) = said();
            trail.note(field, said, origin);
        }
    }

    /// Begins with a built-in tier.
    pub(super) fn start(&mut self, tier: &BuiltIn, delay: Option<&Delay>, source: Option<&Self>) {
        let origin = || built_in_origin(tier.name);
        self.partitions = match tier.partitions {
            BuiltInPartitions::Count(count) => Partitions::new(count).map(Wish::Count),
            BuiltInPartitions::Source => Some(Wish::Source),
            BuiltInPartitions::Default => None,
        }
        .map(|wish| (wish, origin()));
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
        if let Some(mut trail) = self.trail.take() {
            let partitions = self.partitions.as_ref().map(|(wish, _)| wish);
            trail.start(
                tier,
                partitions,
                self.replication_factor.as_ref(),
                &self.config,
            );
            self.trail = Some(trail);
        }
    }

    /// What a derived topic has from the main topic of its family. An external topic that states
    /// no replication factor gives none.
    pub(super) fn take_over(&mut self, main: &TopicName, external: bool, values: &Self) {
        self.take_over_size(main, values);
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
            let said = factor.map_or(Said::Default("default"), |factor| {
                Said::value(factor.value.to_string())
            });
            let span = factor.and_then(|factor| factor.origin.span);
            let layer = layer();
            (Field::ReplicationFactor, said, Origin { layer, span })
        });
    }

    fn take_over_size(&mut self, main: &TopicName, values: &Self) {
        let key = ConfigKey::new(MAX_MESSAGE_BYTES);
        if let Some(declared) = values.config.get(&key) {
            let origin = Origin {
                layer: Layer::Source(main.clone()),
                span: declared.origin.span,
            };
            self.note(|| {
                let said = Said::value(declared.value.to_string());
                (Field::Config(key.clone()), said, origin.clone())
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

    /// Lays settings over what is there.
    pub(super) fn apply(
        &mut self,
        resolver: &Resolver<'_>,
        settings: &Settings,
        layer: &Layer,
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let origin = |span: Span| Origin {
            layer: layer.clone(),
            span: Some(span),
        };
        match &settings.partitions {
            None => {}
            Some((span, None)) => {
                self.partitions = None;
                self.note(|| (Field::Partitions, Said::Default("null"), origin(*span)));
            }
            Some((_, Some(wanted))) => {
                let (raw::Partitions::Text(text) | raw::Partitions::SameAs(text)) = wanted;
                let value = resolver.evaluate(text, context, diagnostics);
                let wish = value.and_then(|value| match wanted {
                    raw::Partitions::Text(_) => partitions(&value, text.span, diagnostics),
                    raw::Partitions::SameAs(_) => {
                        super::family::topic_name(&value, text.span, diagnostics)
                            .map(|name| Some(Wish::SameAs(name)))
                    }
                });
                self.note(|| {
                    let said = match &wish {
                        Some(Some(Wish::Count(count))) => Some(count.to_string()),
                        Some(Some(wish)) => return of_wish(wish, origin(text.span)),
                        Some(None) => None,
                        None => return unread(Field::Partitions, text, origin(text.span)),
                    };
                    (Field::Partitions, said_of(said, text), origin(text.span))
                });
                if let Some(wish) = wish {
                    self.partitions = wish.map(|wish| (wish, origin(text.span)));
                }
            }
        }
        match &settings.replication_factor {
            None => {}
            Some((span, None)) => {
                self.replication_factor = None;
                self.note(|| {
                    let said = Said::Default("null");
                    (Field::ReplicationFactor, said, origin(*span))
                });
            }
            Some((_, Some(text))) => {
                let value = resolver.evaluate(text, context, diagnostics);
                let factor =
                    value.and_then(|value| replication_factor(&value, text.span, diagnostics));
                self.note(|| match factor {
                    None => unread(Field::ReplicationFactor, text, origin(text.span)),
                    Some(factor) => {
                        let said = said_of(factor.map(|factor| factor.to_string()), text);
                        (Field::ReplicationFactor, said, origin(text.span))
                    }
                });
                if let Some(factor) = factor {
                    self.replication_factor = factor.map(|value| Declared {
                        value,
                        origin: origin(text.span),
                    });
                }
            }
        }
        if let Some((span, stated)) = &settings.retention {
            let value = stated.as_ref().map(|text| {
                let value = resolver.evaluate(text, context, diagnostics)?;
                retention(&value, text.span, diagnostics)
            });
            let text = stated.as_ref();
            self.set(
                RETENTION_MS,
                value,
                text,
                origin(text.map_or(*span, |text| text.span)),
            );
        }
        for (key, text) in &settings.config {
            if !check_key(key, diagnostics) {
                continue;
            }
            let value = text.as_ref().map(|text| {
                let value = resolver.evaluate(text, context, diagnostics)?;
                config_value(&key.text, &value, text.span, diagnostics)
            });
            let text = text.as_ref();
            self.set(
                &key.text,
                value,
                text,
                origin(text.map_or(key.span, |text| text.span)),
            );
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
        if key == MIN_INSYNC
            && let Some((rule, origin)) = self.min_insync.take()
        {
            self.note_min_insync(rule, origin);
        }
        let key = ConfigKey::new(key);
        self.note(|| {
            let field = Field::Config(key.clone());
            match (&value, text) {
                (Some(Some(value)), Some(text)) => (
                    field,
                    said_of(Some(value.to_string()), text),
                    origin.clone(),
                ),
                (Some(None), Some(text)) => unread(field, text, origin.clone()),
                _ => (field, Said::Default("null"), origin.clone()),
            }
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
        let said = match rule {
            MinInsync::One => Said::value("1".to_owned()),
            MinInsync::ByReplication => Said::Rule("2 from RF 3 on, else 1".to_owned()),
            MinInsync::Unset => return,
        };
        self.note(|| (Field::Config(ConfigKey::new(MIN_INSYNC)), said, origin));
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
        self.config.insert(ConfigKey::new(MIN_INSYNC), value);
    }

    /// The declared retention, where it is finite.
    fn retention_ms(&self) -> Option<i64> {
        let declared = self.config.get(&ConfigKey::new(RETENTION_MS))?;
        declared.value.as_str().parse().ok().filter(|ms| *ms >= 0)
    }

    /// Values here that `other` declares differently, or not at all: what, where, both values.
    pub(super) fn contradictions(
        &self,
        other: &Self,
    ) -> Vec<(String, Option<Span>, String, String)> {
        let mut found = Vec::new();
        let nothing = || "nothing".to_owned();
        if let Some((wish, origin)) = &self.partitions {
            let theirs = other.partitions.as_ref().map(|(wish, _)| wish);
            if theirs != Some(wish) {
                let theirs = theirs.map_or_else(nothing, ToString::to_string);
                found.push((
                    "partitions".to_owned(),
                    origin.span,
                    wish.to_string(),
                    theirs,
                ));
            }
        }
        if let Some(declared) = &self.replication_factor {
            let theirs = other.replication_factor.as_ref().map(|theirs| theirs.value);
            if theirs != Some(declared.value) {
                let theirs = theirs.map_or_else(nothing, |theirs| theirs.to_string());
                let what = "the replication factor".to_owned();
                found.push((
                    what,
                    declared.origin.span,
                    declared.value.to_string(),
                    theirs,
                ));
            }
        }
        for (key, declared) in &self.config {
            let theirs = other.config.get(key).map(|theirs| theirs.value.as_str());
            let value = declared.value.as_str();
            if theirs.is_none_or(|theirs| !catalog::same(key.as_str(), value, theirs)) {
                let theirs = theirs.map_or_else(nothing, str::to_owned);
                found.push((
                    key.to_string(),
                    declared.origin.span,
                    value.to_owned(),
                    theirs,
                ));
            }
        }
        found
    }

    /// Where the partitions are stated, if in a manifest.
    pub(super) fn partitions_span(&self) -> Option<Span> {
        self.partitions.as_ref().and_then(|(_, origin)| origin.span)
    }

    /// Replication factor and configuration.
    pub(super) fn into_values(
        self,
    ) -> (
        Option<Declared<ReplicationFactor>>,
        BTreeMap<ConfigKey, Declared<ConfigValue>>,
    ) {
        (self.replication_factor, self.config)
    }
}

/// A value as a layer states it; none is the broker's default by name.
fn said_of(value: Option<String>, text: &Text) -> Said {
    let Some(value) = value else {
        return Said::Default("default");
    };
    // Only a text that is not the value itself is worth a place beside it.
    let written = text.text.contains('$').then(|| text.text.clone());
    Said::Value { value, written }
}

fn unread(field: Field, text: &Text, origin: Origin) -> (Field, Said, Origin) {
    (field, Said::Unread(text.text.clone()), origin)
}

fn of_wish(wish: &Wish, origin: Origin) -> (Field, Said, Origin) {
    (Field::Partitions, Said::Rule(wish.to_string()), origin)
}

/// The settings without those that hold a variable.
pub(super) fn literal_only(settings: &Settings) -> Settings {
    let literal = |text: &Text| !text.text.contains('$');
    let clone = |text: &Text| Text {
        text: text.text.clone(),
        span: text.span,
    };
    Settings {
        partitions: match &settings.partitions {
            Some((span, Some(raw::Partitions::Text(text)))) if literal(text) => {
                Some((*span, Some(raw::Partitions::Text(clone(text)))))
            }
            _ => None,
        },
        replication_factor: match &settings.replication_factor {
            Some((span, Some(text))) if literal(text) => Some((*span, Some(clone(text)))),
            _ => None,
        },
        retention: match &settings.retention {
            Some((span, Some(text))) if literal(text) => Some((*span, Some(clone(text)))),
            _ => None,
        },
        config: settings
            .config
            .iter()
            .map(|(key, text)| {
                (
                    clone(key),
                    text.as_ref().filter(|text| literal(text)).map(clone),
                )
            })
            .collect(),
    }
}
