//! `topics` with their derived blocks: retry ladders, dead letters and errors, consumer groups,
//! partition keys. Which topics they become is [`super::super::family`]'s to say.

use std::rc::Rc;

use super::{Described, MEMBERS, Settings};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::decode::{Decode, Decoder, Fields, Object, Place, Spec, object};
use crate::manifest::fields::{FieldSpec, ObjectSpec, Shape, TOPIC, joined, total};
use crate::manifest::yaml::{Node, Text, Value};

/// An entry of `topics`: a topic, and the family that is derived from it.
#[derive(Debug)]
pub(in crate::manifest) struct Entry {
    pub(in crate::manifest) topic: Topic,
    pub(in crate::manifest) family: Family,
}

/// The table has the family amid the topic's fields.
impl Fields for Entry {
    const FIELDS: &'static [FieldSpec] = {
        const GROUPS: &[&[FieldSpec]] =
            &[Name::FIELDS, Basics::FIELDS, Family::FIELDS, Use::FIELDS];
        const ALL: [FieldSpec; total(GROUPS)] = joined(GROUPS);
        &ALL
    };

    fn read(decoder: &mut Decoder<'_>, object: &Object<'_>) -> Option<Self> {
        let name = Name::read(decoder, object);
        let family = Family::read(decoder, object)?;
        let topic = Topic::read(decoder, object)?;
        name.map(|_| Self { topic, family })
    }
}

impl Spec for Entry {
    const SPEC: &'static ObjectSpec = &ObjectSpec {
        name: "a topic",
        id: "topic",
        fields: Self::FIELDS,
    };
}

object! {
    Name {
        /// The topic's name: 1 to 249 letters, digits, `.`, `_` and `-`. It may hold variables.
        _name as "name": Text = TOPIC,
    }
}

object! {
    /// What an entry and a derived block have in common.
    Topic("a derived topic", "derived") {
        ..block: Span,
        /// The derived topic's name, in the place of the one that `naming` gives. It may hold
        /// `${source}`, and in `retry` `${delay}`, `${delay_ms}`, `${index}` and `${attempt}`.
        name: Option<Text> = TOPIC,
        ..basics: Basics,
        ..usage: Use,
    }
}

impl Topic {
    /// The place of the name, or of the block where there is none.
    pub(in crate::manifest) fn span(&self) -> Span {
        self.name.as_ref().map_or(self.block, |name| name.span)
    }
}

object! {
    /// What a topic is.
    Basics {
        ..described: Described,
        /// Who answers for the topic, a team for example. A policy can require it, `--select
        /// owner:NAME` selects by it.
        owner: Option<Text>,
        /// The tier that its values start from: one of `tiers`, or a built-in one (`standard`,
        /// `error`, `dlq`, `retry`, `plain`). Without one a topic takes `defaults.tier`, else
        /// `standard`; a derived topic the built-in tier of its role.
        tier: Option<Text>,
        ..settings: Settings,
    }
}

object! {
    /// What is derived from a topic.
    Family {
        /// A ladder of retry topics, one for each delay.
        retry: Option<Box<Retry>>,
        /// The dead letter topic: `true` for one with the usual values, a mapping for one with values
        /// of its own, or the NAME of a topic that is declared elsewhere and may be shared.
        dlq: Option<Derived> =
            Shape::Either(&[Shape::Flag, TOPIC, Shape::Object(Topic::SPEC)]),
        /// The error topic: `true` for one with the usual values, a mapping for one with values of its
        /// own.
        error: Option<Derived>,
    }
}

object! {
    /// How a topic is used, and where it is declared.
    Use {
        /// The groups that read the topic: names, or mappings with a name and more. Groups come into
        /// being when their first consumer joins; topicctl creates none. `${topic}` is the topic's
        /// name.
        consumer_groups: Groups,
        /// What decides the partition of a message.
        partition_key: Option<PartitionKey>,
        /// The profiles under which this is declared at all, and those that extend them. Without it,
        /// it is declared under every profile and without one.
        profiles: Option<Vec<Text>>,
        /// `true` for a topic that somebody else owns: it is verified and never created, and only what
        /// this entry itself states is compared. It may stand beside the entry that declares the
        /// topic, and must then state the same values.
        external: Option<Text> = Shape::Flag,
        /// The environment variable that holds the topic's name in services. Without it,
        /// `KAFKA_TOPIC_` and the name in upper case.
        env: Option<Text>,
        /// Codes of relation and style checks that are silent for this topic.
        allow: Vec<Text> = Shape::List(&Shape::Check),
    }
}

/// `dlq` or `error`, or a topic of a pipeline's step.
#[derive(Debug)]
pub(in crate::manifest) enum Derived {
    /// `true`, `false` or a name, perhaps by a variable.
    Text(Text),
    /// A block of fields.
    Block(Box<Topic>),
}

impl Decode for Option<Derived> {
    const SHAPE: Shape = Shape::Either(&[Shape::Flag, Shape::Object(Topic::SPEC)]);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let Some((_, node)) = object.stated(field.name) else {
            return Some(None);
        };
        if let Some(text) = node.text() {
            return Some(Some(Derived::Text(text)));
        }
        if let Value::Sequence(_) = node.value {
            decoder.wrong_type(Place::of(field), node, "`true` or a mapping");
            return Some(None);
        }
        let block = Topic::from_node(decoder, Some(field.name), node);
        Some(block.map(|block| Derived::Block(Box::new(block))))
    }
}

object! {
    Retry("`retry`", "retry") {
        /// How long a message waits on each step, such as `[5m, 30m, 2h]`: one topic each. Delays
        /// should rise. A step with fields of its own is a mapping: `{ delay: 2h, retention: 3d }`.
        delays: Delays,
        ..block: Topic,
    }
}

impl Decode for Option<Box<Retry>> {
    const SHAPE: Shape = Shape::Object(Retry::SPEC);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let Some((_, node)) = object.stated(field.name) else {
            return Some(None);
        };
        if let Value::Scalar(_) | Value::Sequence(_) = node.value {
            decoder.wrong_type(Place::of(field), node, "its delays");
            return Some(None);
        }
        Some(Retry::from_node(decoder, Some(field.name), node).map(Box::new))
    }
}

/// The items of `delays`: durations, or mappings with one and with fields of their own.
#[derive(Debug)]
pub(in crate::manifest) struct Delays(pub(in crate::manifest) Vec<RetryStep>);

/// A step of `retry`.
#[derive(Debug)]
pub(in crate::manifest) struct RetryStep {
    pub(in crate::manifest) delay: Text,
    /// For a step with fields of its own: the fields of `retry` with these over them.
    pub(in crate::manifest) own: Option<Topic>,
}

object! {
    StepBlock("a retry step", "retry_step") {
        /// How long a message waits on this step, such as `5m`.
        delay: Text = Shape::Delay,
        ..block: Topic,
    }
}

impl Decode for Delays {
    const SHAPE: Shape = Shape::List(&Shape::Either(&[
        Shape::Delay,
        Shape::Object(StepBlock::SPEC),
    ]));
    const REQUIRED: bool = true;

    fn decode(
        decoder: &mut Decoder<'_>,
        retry: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        if retry.stated(field.name).is_none() {
            decoder.missing(retry, field.name);
        }
        let (_, node) = retry.get(field.name)?;
        let Value::Sequence(items) = &node.value else {
            let delays = Option::<Vec<Text>>::decode(decoder, retry, field)??.into_iter();
            let alone = delays.map(|delay| RetryStep { delay, own: None });
            return Some(Self(alone.collect()));
        };
        if items.is_empty() {
            decoder.diagnostics.push(
                Diagnostic::error(Code::OutOfRange, "a retry ladder without a step")
                    .at(retry.span, "`delays` is empty")
                    .help("name at least one delay, or leave `retry` out"),
            );
        }
        let steps = items
            .iter()
            .filter_map(|item| step(decoder, item, retry, field));
        Some(Self(steps.collect()))
    }
}

fn step(
    decoder: &mut Decoder<'_>,
    node: &Node,
    retry: &Object<'_>,
    field: &FieldSpec,
) -> Option<RetryStep> {
    let Value::Mapping(_) = node.value else {
        let delay = decoder.item(field, node, "delays such as 5m", "delays such as 5m")?;
        return Some(RetryStep { delay, own: None });
    };
    let step = decoder.object(None, node, StepBlock::SPEC)?;
    decoder.required(&step, "delay")?;
    // Settings go over each other value by value, all other fields as a whole.
    let settings = Settings::read(decoder, retry)?.patched_by(Settings::read(decoder, &step)?);
    let mut fields = retry.fields.clone();
    fields.extend(&step.fields);
    let is_setting = |name: &str| Settings::FIELDS.iter().any(|field| field.name == name);
    fields.retain(|name, _| !is_setting(name));
    let merged = Object { fields, ..step };
    let StepBlock { delay, mut block } = StepBlock::read(decoder, &merged)?;
    block.basics.settings = settings;
    let own = Some(block);
    Some(RetryStep { delay, own })
}

/// A list of groups; one alone stands for a list of one.
#[derive(Debug)]
pub(in crate::manifest) struct Groups(pub(in crate::manifest) Vec<Group>);

impl Decode for Groups {
    const SHAPE: Shape = Shape::List(&Shape::Either(&[Shape::Text, Shape::Object(Group::SPEC)]));

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let Some((_, node)) = object.stated(field.name) else {
            return Some(Self(Vec::new()));
        };
        let items = match &node.value {
            Value::Sequence(items) => items.as_slice(),
            // A mapping of names: none of them is a field.
            Value::Mapping(entries) if !entries.is_empty() && !has_field(Group::SPEC, entries) => {
                decoder.wrong_type(Place::of(field), node, "a list");
                return Some(Self(Vec::new()));
            }
            _ => std::slice::from_ref(node),
        };
        let groups = items.iter().filter_map(|item| match item.text() {
            Some(name) => Some(Group {
                name,
                members: None,
                produces: Vec::new(),
            }),
            None => Group::from_node(decoder, None, item),
        });
        Some(Self(groups.collect()))
    }
}

fn has_field(spec: &ObjectSpec, entries: &[(Text, Rc<Node>)]) -> bool {
    let mut keys = entries.iter().map(|(key, _)| key.text.as_str());
    keys.any(|key| spec.fields.iter().any(|field| field.name == key))
}

object! {
    Group("a consumer group", "group") {
        /// The group's id. `${topic}` is the topic's name.
        name: Text,
        /// How many consumers it has. More than the topic has partitions is a warning: the rest would
        /// be idle.
        members: Option<Text> = MEMBERS,
        /// Topics that the group writes to, for drawings.
        produces: Vec<Text>,
    }
}

object! {
    PartitionKey("`partition_key`", "partition_key") {
        /// The field of the message that is its key, for people.
        field: Option<Text>,
        /// How the producers hash the key: `murmur2` is the Java client's, `crc32` librdkafka's
        /// default, `fnv1a` Sarama's, `md5` the digest as a big-endian number, modulo the partitions.
        partitioner: Option<Text> = Shape::Word(&["md5", "murmur2", "crc32", "fnv1a"]),
    }
}
