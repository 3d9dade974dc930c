//! What tiers, topics and profiles can set: partitions, replication factor, retention and
//! configuration. What their texts mean is [`super::super::values`]' to say.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::decode::{Decode, Decoder, Object, Spec, head, object};
use crate::manifest::fields::{FieldSpec, Shape};
use crate::manifest::values::{FACTOR_EXPECTED, PARTITIONS_HELP};
use crate::manifest::yaml::{Node, Text, Value};
use crate::topic::RETENTION_MS;

/// A value with its field's place. `None` for a value is YAML's null, which takes a value away.
type Setting<T> = Option<(Span, Option<T>)>;

object! {
    /// What tiers, topics and profiles can set.
    #[derive(Default)]
    Settings checked by one_retention {
        /// How many partitions: a whole number from 1; `default` for the broker's default, which is
        /// then not compared; `source` in a derived topic for as many as its main topic has; or
        /// `{ same_as: NAME }` for as many as another topic has. References take the count that the
        /// other topic ends up with, profile included. Choose deliberately: the count cannot be
        /// lowered, and raising it moves keys to other partitions.
        partitions: Setting<Partitions>,
        /// How many brokers hold a copy of each partition: a whole number from 1, or `default` for the
        /// broker's default, which is then not compared. 3 is usual in production, 1 on a single
        /// broker.
        replication_factor: Setting<Text> = Shape::Count {
            most: i16::MAX as i64,
            words: &["default"],
        },
        /// How long messages are kept: a number and one of the units `ms s m h d w`, such as `7d`, or
        /// `unlimited`. The same as `retention.ms` under `config`; both in one block are an error. A
        /// bare number is refused, for it says no unit.
        retention: Setting<Text> = Shape::Duration,
        /// Topic configurations by Kafka's names, merged key by key with those of the layers below.
        /// Durations (`7d`) and sizes (`10MiB`) may have their unit, a bare number is the broker's own
        /// form; a list is joined with commas; `unlimited` is understood where a key has no limit;
        /// null takes a key away.
        config: Vec<(Text, Option<Text>)>,
    }
}

fn one_retention(settings: &Settings, decoder: &mut Decoder<'_>, _: &Object<'_>) {
    let mut keys = settings.config.iter().map(|(key, _)| key);
    let explicit = keys.find(|key| key.text == RETENTION_MS);
    if let (Some((span, _)), Some(key)) = (&settings.retention, explicit) {
        decoder.diagnostics.push(
            Diagnostic::error(
                Code::BothRetentions,
                "`retention` and `retention.ms` say the same thing twice",
            )
            .at(key.span, "here as the broker has it")
            .and(*span, "and here")
            .help("keep one of them"),
        );
    }
}

impl Settings {
    /// These with others over them.
    pub(super) fn patched_by(mut self, over: Self) -> Self {
        if over.retention.is_some() {
            // The same value under its other name.
            self.config.retain(|(key, _)| key.text != RETENTION_MS);
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
    pub(in crate::manifest) fn literal_only(&self) -> Self {
        let literal = |text: &&Text| !text.text.contains('$');
        let single = |field: &Setting<Text>| {
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

#[derive(Debug)]
pub(in crate::manifest) enum Partitions {
    /// A count, `source` or `default`, perhaps by a variable.
    Text(Text),
    /// `{ same_as: NAME }`.
    SameAs(Text),
}

object! {
    SameAs("`partitions`", "same_as") {
        /// The topic whose partition count this one takes, so that the two are co-partitioned.
        same_as: Text,
    }
}

impl Decode for Setting<Partitions> {
    const SHAPE: Shape = Shape::Either(&[
        Shape::Count {
            most: i32::MAX as i64,
            words: &["default", "source"],
        },
        Shape::Object(SameAs::SPEC),
    ]);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let value = object.get(field.name);
        Some(value.and_then(|(span, node)| Some((span, partitions(decoder, node)?))))
    }
}

fn partitions(decoder: &mut Decoder<'_>, node: &Node) -> Option<Option<Partitions>> {
    match node.value {
        Value::Mapping(_) => {
            let same_as = SameAs::from_node(decoder, node)?.same_as;
            Some(Some(Partitions::SameAs(same_as)))
        }
        Value::Sequence(_) => {
            decoder.diagnostics.push(
                Diagnostic::error(Code::WrongType, "`partitions` is a list, expected a count")
                    .at(head(node), "")
                    .help(PARTITIONS_HELP),
            );
            None
        }
        Value::Scalar(_) | Value::Broken => {
            let text = decoder.nullable("partitions", node, "a count")?;
            Some(text.map(Partitions::Text))
        }
    }
}

impl Decode for Setting<Text> {
    const SHAPE: Shape = Shape::Text;

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let expected = match field.shape {
            Shape::Duration => "a duration such as 7d",
            _ => FACTOR_EXPECTED,
        };
        let value = object.get(field.name);
        Some(
            value.and_then(|(span, node)| {
                Some((span, decoder.nullable(field.name, node, expected)?))
            }),
        )
    }
}

/// Configuration. Lists are joined with commas, as the broker has them.
impl Decode for Vec<(Text, Option<Text>)> {
    const SHAPE: Shape = Shape::Config;

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let entries = decoder.entries(object, field.name).iter();
        let read = entries.filter_map(|(key, node)| {
            let Value::Sequence(items) = &node.value else {
                let value = decoder.nullable(&key.text, node, "a single value or a list")?;
                return Some((key.clone(), value));
            };
            let mut texts = Vec::with_capacity(items.len());
            for item in items {
                let text = decoder.nullable(&key.text, item, "a list of single values")??;
                texts.push(text.text);
            }
            let (text, span) = (texts.join(","), node.span);
            Some((key.clone(), Some(Text { text, span })))
        });
        Some(read.collect())
    }
}
