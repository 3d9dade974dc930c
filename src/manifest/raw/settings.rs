//! What tiers, topics and profiles can set: partitions, replication factor, retention and
//! configuration. What their texts mean is [`super::super::values`]' to say.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::decode::{
    Decode, Decoder, Object, Place, Spec, config_way_out, has_reading, head, object,
};
use crate::manifest::fields::{FieldSpec, Shape, TOPIC};
use crate::manifest::values::FACTOR_EXPECTED;
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
        same_as: Text = TOPIC,
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
        Some(value.and_then(|(span, node)| Some((span, partitions(decoder, field, node)?))))
    }
}

fn partitions(
    decoder: &mut Decoder<'_>,
    field: &FieldSpec,
    node: &Node,
) -> Option<Option<Partitions>> {
    let Value::Mapping(entries) = &node.value else {
        let text = decoder.nullable(Place::of(field), node, "a count")?;
        return Some(text.map(Partitions::Text));
    };
    // `{ count: 6 }` says a count, and nothing of another topic.
    let is_reference = entries.iter().any(|(key, _)| key.text == "same_as");
    if !is_reference && has_reading(field.shape, node) {
        decoder.wrong_type(Place::of(field), node, "a count");
        return None;
    }
    let same_as = SameAs::from_node(decoder, Some(field.name), node)?.same_as;
    Some(Some(Partitions::SameAs(same_as)))
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
        Some(value.and_then(|(span, node)| {
            Some((span, decoder.nullable(Place::of(field), node, expected)?))
        }))
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
        let entries = decoder.entries(object, field).iter();
        let read = entries.filter_map(|(key, node)| {
            let value = match &node.value {
                Value::Scalar(_) => node.text(),
                Value::Sequence(items) if items.iter().all(|item| item.text().is_some()) => {
                    let texts = items.iter().filter_map(|item| Some(item.text()?.text));
                    let text = texts.collect::<Vec<_>>().join(",");
                    let span = node.span;
                    Some(Text { text, span })
                }
                Value::Broken => return None,
                Value::Sequence(_) | Value::Mapping(_) => {
                    // That there is no such key is all that is to be said.
                    let help = config_way_out(key, node);
                    help.map_or(Some(()), |help| no_config_value(decoder, key, node, help))?;
                    None
                }
            };
            Some((key.clone(), value))
        });
        Some(read.collect())
    }
}

fn no_config_value(decoder: &mut Decoder<'_>, key: &Text, node: &Node, help: String) -> Option<()> {
    let is_odd = |item: &&Rc<Node>| item.text().is_none();
    let (odd, expected) = match &node.value {
        Value::Sequence(items) => {
            let odd = items.iter().find(is_odd).map_or(node, |item| &**item);
            (odd, "a list of single values")
        }
        _ => (node, "a single value or a list"),
    };
    let message = format!("`{}` is {}, expected {expected}", key.text, odd.kind());
    let diagnostic = Diagnostic::error(Code::WrongType, message);
    decoder
        .diagnostics
        .push(diagnostic.at(head(odd), "").help(help));
    None
}
