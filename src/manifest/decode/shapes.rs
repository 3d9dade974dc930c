//! What a field may take, each shape of it read from a node: objects, texts, lists, mappings with
//! free keys. Knows no field by its name; what is wrong is reported and left out.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Decoder, Object};
use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::manifest::fields::ObjectSpec;
use crate::manifest::yaml::{Node, Text, Value};

/// What other tools call our fields, where it is too far for a misspelling.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("replicas", "replication_factor"),
    ("replication", "replication_factor"),
    ("rf", "replication_factor"),
    ("partition_count", "partitions"),
    ("partitionCount", "partitions"),
    ("num_partitions", "partitions"),
    ("numPartitions", "partitions"),
    ("configuration", "config"),
];

/// The entries of a mapping with free keys.
type Entries = [(Text, Rc<Node>)];

impl Decoder<'_> {
    /// A mapping, its keys by its table.
    pub(super) fn object<'n>(
        &mut self,
        node: &'n Node,
        spec: &'static ObjectSpec,
    ) -> Option<Object<'n>> {
        if matches!(node.value, Value::Broken) {
            return None;
        }
        let Value::Mapping(entries) = &node.value else {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    format!("{} is {}, expected a mapping", spec.name, node.kind()),
                )
                .at(head(node), "")
                .help(fields_of(spec)),
            );
            return None;
        };
        let mut fields = HashMap::new();
        for (key, value) in entries {
            match spec.fields.iter().find(|field| field.name == key.text) {
                Some(field) => {
                    fields.insert(field.name, (key.span, value));
                }
                None => self.unknown_field(key, spec),
            }
        }
        Some(Object {
            spec,
            span: head(node),
            fields,
        })
    }

    fn unknown_field(&mut self, key: &Text, spec: &ObjectSpec) {
        let known: Vec<_> = spec.fields.iter().map(|field| field.name).collect();
        let diagnostic = Diagnostic::error(
            Code::UnknownField,
            format!("`{}` is not a field of {}", key.text, spec.name),
        );
        let other_tools = OTHER_WORDS.iter().find(|(word, _)| *word == key.text);
        let meant = other_tools
            .map(|(_, field)| *field)
            .filter(|field| known.contains(field))
            .or_else(|| nearest(&key.text, known.iter().copied()));
        let config = key.text.replace('_', ".");
        self.diagnostics.push(match meant {
            Some(meant) => diagnostic.at(key.span, format!("did you mean `{meant}`?")),
            None if known.contains(&"config") && catalog::lookup(&config).is_some() => diagnostic
                .at(key.span, "")
                .help(format!("write config: {{ {config}: … }}")),
            None => diagnostic.at(key.span, "").help(fields_of(spec)),
        });
    }

    pub(super) fn wrong_type(&mut self, field: &str, node: &Node, expected: &str) {
        if matches!(node.value, Value::Broken) {
            return;
        }
        let message = format!("`{field}` is {}, expected {expected}", node.kind());
        self.diagnostics
            .push(Diagnostic::error(Code::WrongType, message).at(head(node), ""));
    }

    /// A text; null is the same as no field at all.
    pub(super) fn text(&mut self, object: &Object<'_>, field: &'static str) -> Option<Text> {
        let (_, node) = object.get(field)?;
        self.nullable(field, node, "a single value").flatten()
    }

    /// A scalar or null; `None` where it is neither.
    pub(super) fn nullable(
        &mut self,
        field: &str,
        node: &Node,
        expected: &str,
    ) -> Option<Option<Text>> {
        match &node.value {
            Value::Scalar(_) => Some(node.text()),
            _ => {
                self.wrong_type(field, node, expected);
                None
            }
        }
    }

    /// A list of texts; one alone stands for a list of one.
    pub(super) fn texts(&mut self, object: &Object<'_>, field: &'static str) -> Option<Vec<Text>> {
        let (_, node) = object.get(field)?;
        match &node.value {
            Value::Scalar(_) => node.text().map(|alone| vec![alone]),
            Value::Sequence(items) => {
                let texts = items.iter().filter_map(|item| self.name(field, item));
                Some(texts.collect())
            }
            Value::Mapping(_) | Value::Broken => {
                self.wrong_type(field, node, "a list");
                None
            }
        }
    }

    /// An item of a list of texts, which cannot be null.
    fn name(&mut self, field: &str, item: &Node) -> Option<Text> {
        let name = self.nullable(field, item, "a list of names")?;
        if name.is_none() {
            self.wrong_type(field, item, "a name");
        }
        name
    }

    /// A list of anything; null is an empty one.
    pub(super) fn list<'n>(&mut self, object: &Object<'n>, field: &'static str) -> &'n [Rc<Node>] {
        let Some((_, node)) = object.stated(field) else {
            return &[];
        };
        if let Value::Sequence(items) = &node.value {
            return items;
        }
        self.wrong_type(field, node, "a list");
        &[]
    }

    /// A mapping with free keys and its place; null is an empty one.
    pub(super) fn mapping<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static str,
    ) -> Option<(Span, &'n Entries)> {
        let (span, node) = object.get(field)?;
        match &node.value {
            Value::Mapping(entries) => Some((span, entries)),
            _ if node.is_null() => Some((span, &[])),
            _ => {
                self.wrong_type(field, node, "a mapping");
                None
            }
        }
    }

    /// The entries of a mapping with free keys.
    pub(super) fn entries<'n>(&mut self, object: &Object<'n>, field: &'static str) -> &'n Entries {
        self.mapping(object, field)
            .map_or(&[], |(_, entries)| entries)
    }

    pub(super) fn required(&mut self, object: &Object<'_>, field: &'static str) -> Option<Text> {
        if object.stated(field).is_none() {
            self.missing(object, field);
        }
        self.text(object, field)
    }

    pub(super) fn missing(&mut self, object: &Object<'_>, field: &'static str) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::MissingField,
                format!("{} needs `{field}`", object.spec.name),
            )
            .at(object.span, format!("`{field}` is missing here")),
        );
    }

    /// A field that is an object of its own; null is the same as no field at all.
    pub(super) fn part<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static str,
        spec: &'static ObjectSpec,
    ) -> Option<Object<'n>> {
        let (_, node) = object.stated(field)?;
        self.object(node, spec)
    }

    /// A mapping of free names to texts.
    pub(super) fn free_texts(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
    ) -> Vec<(Text, Text)> {
        self.entries(object, field)
            .iter()
            .filter_map(|(name, node)| {
                let value = self.nullable(field, node, "a single value for each name")?;
                let empty = || Text {
                    text: String::new(),
                    span: node.span,
                };
                Some((name.clone(), value.unwrap_or_else(empty)))
            })
            .collect()
    }
}

/// Where to point for a whole node: a collection can be pages long, so its first key or item.
pub(super) fn head(node: &Node) -> Span {
    match &node.value {
        Value::Scalar(_) | Value::Broken => node.span,
        Value::Mapping(entries) => entries.first().map_or(node.span, |(key, _)| key.span),
        Value::Sequence(items) => items.first().map_or(node.span, |item| head(item)),
    }
}

fn fields_of(spec: &ObjectSpec) -> String {
    let names: Vec<_> = spec
        .fields
        .iter()
        .map(|field| format!("`{}`", field.name))
        .collect();
    match names.as_slice() {
        [one] => format!("its field is {one}"),
        _ => format!("its fields are {}", names.join(", ")),
    }
}
