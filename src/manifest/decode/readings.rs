//! What was meant by a value of the wrong shape: a list where a mapping is expected, `key=value` texts,
//! a mapping of names, the forms of other tools. A reading is a tree that its field takes.
//!
//! Knows no field's meaning, but for what other tools call ours and how they write topics.

use std::rc::Rc;

use super::admits::{admits, is_count};
use super::pairs::{pairs, scalar, text};
use crate::catalog;
use crate::diagnostic::Span;
use crate::manifest::fields::{ObjectSpec, Shape};
use crate::manifest::names::near_name;
use crate::manifest::values::truth;
use crate::manifest::yaml::{Node, Text, Value};
use crate::units::{self, Measure};

/// What other tools call our fields, where it is too far for a misspelling.
const OTHER_WORDS: [(&str, &str); 12] = [
    ("replicas", "replication_factor"),
    ("replication", "replication_factor"),
    ("replicationFactor", "replication_factor"),
    ("rf", "replication_factor"),
    ("partition_count", "partitions"),
    ("partitionCount", "partitions"),
    ("num_partitions", "partitions"),
    ("numPartitions", "partitions"),
    ("configuration", "config"),
    ("configs", "config"),
    ("topicName", "name"),
    ("topic_name", "name"),
];

/// The field of an object that a value alone is meant for, where no single one is required.
const MAIN_FIELDS: [(&str, &str); 4] = [
    ("cluster", "bootstrap_servers"),
    ("defaults", "tier"),
    ("partition_key", "field"),
    ("policy_names", "allow"),
];

const MOST_PARTITIONS: i64 = i32::MAX as i64;
const MOST_REPLICAS: i64 = i16::MAX as i64;

/// More alternatives are no help.
const MOST_READINGS: usize = 3;

/// Our word for a field of another tool's.
pub(super) fn our_word(word: &str) -> Option<&'static str> {
    let mut words = OTHER_WORDS.iter();
    words
        .find(|(other, _)| *other == word)
        .map(|(_, ours)| *ours)
}

/// A list of objects in one text, `orders:3:1,users:1:1`.
pub(super) fn several(spec: &'static ObjectSpec, node: &Node) -> Vec<Rc<Node>> {
    match objects(spec, node).as_deref() {
        Some(Node {
            value: Value::Sequence(items),
            ..
        }) if items.len() > 1 => items.clone(),
        _ => Vec::new(),
    }
}

/// What a value of the wrong shape can mean; each is one that the shape takes.
pub(super) fn readings(shape: Shape, node: &Node) -> Vec<Rc<Node>> {
    let mut found: Vec<_> = match shape {
        Shape::Either(shapes) => {
            let mut each = shapes.iter().map(|one| readings(*one, node));
            return each.find(|found| !found.is_empty()).unwrap_or_default();
        }
        Shape::List(inner) => list(*inner, node).into_iter().collect(),
        Shape::Texts | Shape::Severities | Shape::Config => pairs(node)
            .map(|pairs| mapping(node.span, pairs))
            .into_iter()
            .collect(),
        Shape::Object(spec) => object(spec, node).into_iter().collect(),
        Shape::Objects(spec) => objects(spec, node).into_iter().collect(),
        Shape::Named(spec) => named(spec, node).into_iter().collect(),
        _ => leaves(node)
            .into_iter()
            .flat_map(|(key, leaf)| single(shape, key, leaf))
            .collect(),
    };
    found.retain(|one| admits(shape, one));
    found.truncate(MOST_READINGS);
    found
}

/// A single value in the notation that its shape takes.
fn single(shape: Shape, key: Option<&str>, leaf: &Rc<Node>) -> Option<Rc<Node>> {
    let text = leaf.text()?.text;
    let number = units::reading(&text);
    Some(match (shape, number) {
        (Shape::Count { .. }, Some(number)) => scalar(leaf.span, number.to_string()),
        (Shape::Duration | Shape::Delay, Some(number)) => {
            // `{ hours: 168 }`; a number alone says nothing.
            let unit = units::Amount::named(key?)?;
            let is_time = unit.measure() == Measure::Duration;
            scalar(
                leaf.span,
                is_time.then(|| unit.written(&number.to_string()))?,
            )
        }
        (Shape::Name(is_legal), _) if !is_legal(&text) => scalar(leaf.span, near_name(&text)?),
        (Shape::Flag, _) => scalar(leaf.span, truth(&text)?.to_string()),
        _ => Rc::clone(leaf),
    })
}

fn list(inner: Shape, node: &Node) -> Option<Rc<Node>> {
    let items: Vec<_> = match (inner, &node.value) {
        (Shape::Either([.., Shape::Object(spec)]), Value::Mapping(entries)) => {
            let each = entries.iter().map(|(key, value)| entry(spec, key, value));
            each.collect::<Option<_>>()?
        }
        (_, Value::Mapping(entries)) => {
            let keys = entries
                .iter()
                .map(|(key, _)| scalar(key.span, key.text.clone()));
            let keys: Vec<_> = keys.collect();
            // The names are the keys of a mapping, or what they lead to.
            let leaves = leaves(node).into_iter().map(|(_, leaf)| Rc::clone(leaf));
            match keys.iter().all(|key| admits(inner, key)) {
                true => keys,
                false => leaves.collect(),
            }
        }
        _ => leaves(node)
            .into_iter()
            .map(|(_, leaf)| Rc::clone(leaf))
            .collect(),
    };
    let value = Value::Sequence(items);
    let span = node.span;
    Some(Rc::new(Node { span, value })).filter(|list| !leaves(list).is_empty())
}

fn object(spec: &'static ObjectSpec, node: &Node) -> Option<Rc<Node>> {
    match &node.value {
        Value::Scalar(_) => {
            let text = node.text()?;
            if let Some(topic) = topic_text(spec, &text) {
                return Some(topic);
            }
            let pairs = pairs(node).map(|pairs| mapping(node.span, pairs));
            let pairs = pairs.filter(|pairs| admits(Shape::Object(spec), pairs));
            pairs.or_else(|| with_main(spec, node))
        }
        Value::Sequence(items) => {
            let fields: Option<Vec<_>> = items
                .iter()
                .map(|item| match &item.value {
                    Value::Mapping(entries) => Some(entries.clone()),
                    _ => None,
                })
                .collect();
            let merged = fields.map(|fields| mapping(node.span, fields.concat()));
            let merged = merged.filter(|one| admits(Shape::Object(spec), one));
            let alone = || match items.as_slice() {
                [one] => object(spec, one),
                _ => None,
            };
            merged.or_else(|| with_main(spec, node)).or_else(alone)
        }
        Value::Mapping(_) | Value::Broken => None,
    }
}

/// An object of which only the main field is stated.
fn with_main(spec: &ObjectSpec, node: &Node) -> Option<Rc<Node>> {
    let name = main_field(spec)?;
    let field = spec.fields.iter().find(|field| field.name == name)?;
    if matches!(&node.value, Value::Sequence(items) if items.is_empty()) {
        return None;
    }
    let node = Rc::new(node.clone());
    let value = match admits(field.shape, &node) {
        true => node,
        false => readings(field.shape, &node).into_iter().next()?,
    };
    Some(mapping(value.span, vec![(text(name, value.span), value)]))
}

fn main_field(spec: &ObjectSpec) -> Option<&'static str> {
    // A value alone is a count, and names no topic.
    if spec.id == "same_as" {
        return None;
    }
    let mut required = spec.fields.iter().filter(|field| field.required);
    match (required.next(), required.next()) {
        (Some(only), None) => Some(only.name),
        (None, _) => {
            let mut all = MAIN_FIELDS.iter();
            all.find(|(id, _)| *id == spec.id).map(|(_, name)| *name)
        }
        _ => None,
    }
}

fn objects(spec: &'static ObjectSpec, node: &Node) -> Option<Rc<Node>> {
    let items: Vec<_> = match &node.value {
        Value::Mapping(entries) => {
            let alone = Rc::new(with_our_words(spec, node));
            match admits(Shape::Object(spec), &alone) {
                true => vec![alone],
                false => {
                    let each = entries.iter().map(|(key, value)| entry(spec, key, value));
                    each.collect::<Option<_>>()?
                }
            }
        }
        Value::Scalar(_) => {
            let all = node.text()?;
            let pieces = pieces_of_topics(&all.text).into_iter();
            let each = pieces.map(|piece| object(spec, &scalar(all.span, piece)));
            each.collect::<Option<_>>()?
        }
        Value::Sequence(items) => {
            let each = items
                .iter()
                .map(|item| match admits(Shape::Object(spec), item) {
                    true => Some(Rc::clone(item)),
                    false => object(spec, item),
                });
            each.collect::<Option<_>>()?
        }
        Value::Broken => return None,
    };
    let (span, value) = (node.span, Value::Sequence(items));
    Some(Rc::new(Node { span, value }))
}

/// An entry of a list that was written as a name with the rest behind it.
fn entry(spec: &'static ObjectSpec, key: &Text, value: &Node) -> Option<Rc<Node>> {
    let name = main_field(spec)?;
    let of_name = scalar(key.span, key.text.clone());
    let mut fields = match topic_text(spec, key) {
        Some(topic) => match &topic.value {
            Value::Mapping(fields) => fields.clone(),
            _ => return None,
        },
        None => vec![(text(name, key.span), of_name)],
    };
    let stated = with_our_words(spec, value);
    match &stated.value {
        Value::Mapping(stated) => {
            // What is not taken is not left out: its value would be lost.
            let others = stated.iter().filter(|(field, _)| field.text != name);
            fields.extend(others.cloned());
        }
        // `orders: 6`, where there are partitions.
        Value::Scalar(count)
            if has(spec, "partitions") && is_count(&count.text, MOST_PARTITIONS) =>
        {
            fields.push((text("partitions", stated.span), Rc::new(stated)));
        }
        _ if stated.is_null() => {}
        _ => return None,
    }
    Some(mapping(key.span, fields))
}

/// A mapping's fields by our names, where another tool's are no fields of the object.
fn with_our_words(spec: &ObjectSpec, node: &Node) -> Node {
    let Value::Mapping(entries) = &node.value else {
        return node.clone();
    };
    let known = |name: &str| spec.fields.iter().any(|field| field.name == name);
    let renamed = entries.iter().map(|(key, value)| {
        let ours = our_word(&key.text).filter(|ours| !known(&key.text) && known(ours));
        let key = ours.map_or_else(|| key.clone(), |ours| text(ours, key.span));
        (key, Rc::clone(value))
    });
    let value = Value::Mapping(renamed.collect());
    Node { value, ..*node }
}

fn named(spec: &'static ObjectSpec, node: &Node) -> Option<Rc<Node>> {
    let empty = |span| mapping(span, Vec::new());
    let entries: Vec<_> = match &node.value {
        Value::Scalar(_) => vec![(node.text()?, empty(node.span))],
        Value::Sequence(items) => {
            let each = items.iter().map(|item| match &item.value {
                Value::Scalar(_) => Some(vec![(item.text()?, empty(item.span))]),
                Value::Mapping(entries) => {
                    let (names, fields): (Vec<_>, Vec<_>) = entries
                        .iter()
                        .cloned()
                        .partition(|(key, _)| key.text == "name");
                    match names.as_slice() {
                        [(_, name)] => Some(vec![(name.text()?, mapping(item.span, fields))]),
                        _ => Some(fields),
                    }
                }
                _ => None,
            });
            each.collect::<Option<Vec<_>>>()?.concat()
        }
        Value::Mapping(_) | Value::Broken => return None,
    };
    let found = mapping(node.span, entries);
    admits(Shape::Named(spec), &found).then_some(found)
}

/// What stands between commas; `delete` in `orders:3:1:compact,delete` is no topic.
fn pieces_of_topics(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for piece in text.split([',', '\n']).map(str::trim) {
        match pieces.last_mut() {
            _ if piece.is_empty() => {}
            Some(last) if last.contains(':') && !piece.contains(':') => {
                last.push_str(&format!(",{piece}"));
            }
            _ => pieces.push(piece.to_owned()),
        }
    }
    pieces
}

/// `NAME:PARTITIONS:REPLICAS[:CLEANUP]`, as the KAFKA_CREATE_TOPICS of containers has it, or a name.
fn topic_text(spec: &ObjectSpec, given: &Text) -> Option<Rc<Node>> {
    if !has(spec, "name") || !has(spec, "partitions") {
        return None;
    }
    let span = given.span;
    let mut parts = given.text.trim().split(':').map(str::trim);
    let named = parts.next().and_then(near_name)?;
    let mut fields = vec![(text("name", span), scalar(span, named))];
    let counts = [
        ("partitions", MOST_PARTITIONS),
        ("replication_factor", MOST_REPLICAS),
    ];
    for (field, most) in counts {
        let Some(part) = parts.next() else { break };
        match is_count(part, most) {
            true => fields.push((text(field, span), scalar(span, part.to_owned()))),
            // Left to the broker, as some tools write it.
            false if matches!(part, "" | "-1") => {}
            false => return None,
        }
    }
    let policy: Vec<_> = parts.map(|part| part.replace(['+', ';'], ",")).collect();
    if !policy.is_empty() {
        let policy = policy.join(",");
        let spec = catalog::lookup("cleanup.policy")?;
        let policy = catalog::parse(spec, &policy).ok()?;
        let key = text(spec.name, span);
        let config = mapping(span, vec![(key, scalar(span, policy.as_str().to_owned()))]);
        fields.push((text("config", span), config));
    }
    Some(mapping(span, fields))
}

/// The single values of a tree, each with the key that it stands under.
pub(super) fn leaves(node: &Node) -> Vec<(Option<&str>, &Rc<Node>)> {
    fn visit<'n>(
        key: Option<&'n str>,
        node: &'n Rc<Node>,
        found: &mut Vec<(Option<&'n str>, &'n Rc<Node>)>,
    ) {
        match &node.value {
            Value::Scalar(_) if node.is_null() => {}
            Value::Scalar(_) => found.push((key, node)),
            Value::Sequence(items) => items.iter().for_each(|item| visit(key, item, found)),
            Value::Mapping(entries) => {
                entries
                    .iter()
                    .for_each(|(key, value)| visit(Some(&key.text), value, found));
            }
            Value::Broken => {}
        }
    }
    let mut found = Vec::new();
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| visit(None, item, &mut found)),
        Value::Mapping(entries) => {
            entries
                .iter()
                .for_each(|(key, value)| visit(Some(&key.text), value, &mut found));
        }
        Value::Scalar(_) | Value::Broken => {}
    }
    found
}

fn has(spec: &ObjectSpec, name: &str) -> bool {
    spec.fields.iter().any(|field| field.name == name)
}

fn mapping(span: Span, entries: Vec<(Text, Rc<Node>)>) -> Rc<Node> {
    let value = Value::Mapping(entries);
    Rc::new(Node { span, value })
}
