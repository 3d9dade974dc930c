//! What a field may take, each shape of it read from a node: objects, texts, lists, mappings with
//! free keys. Knows no field by its name; what is wrong is reported and left out.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Decode, Decoder, Object, Spec};
use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::manifest::fields::{FieldSpec, ObjectSpec, Shape, TEXTS};
use crate::manifest::yaml::{Node, Text, Value};
use crate::wording::did_you_mean;

const SINGLE: &str = "a single value";

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

type Entries = [(Text, Rc<Node>)];

impl Decoder<'_> {
    /// A mapping, its keys by its table.
    pub(in crate::manifest) fn object<'n>(
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
                .help(field_list(spec)),
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
            Some(meant) => diagnostic.at(key.span, did_you_mean(meant)),
            None if known.contains(&"config") && catalog::lookup(&config).is_some() => diagnostic
                .at(key.span, "")
                .help(format!("write config: {{ {config}: … }}")),
            None => diagnostic.at(key.span, "").help(field_list(spec)),
        });
    }

    pub(in crate::manifest) fn wrong_type(&mut self, field: &str, node: &Node, expected: &str) {
        if matches!(node.value, Value::Broken) {
            return;
        }
        let message = format!("`{field}` is {}, expected {expected}", node.kind());
        self.diagnostics
            .push(Diagnostic::error(Code::WrongType, message).at(head(node), ""));
    }

    /// A scalar or null; `None` where it is neither.
    pub(in crate::manifest) fn nullable(
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

    /// An item of a list, a single value that cannot be null.
    pub(in crate::manifest) fn item(
        &mut self,
        field: &str,
        node: &Node,
        list: &str,
        item: &str,
    ) -> Option<Text> {
        let text = self.nullable(field, node, list)?;
        if text.is_none() {
            self.wrong_type(field, node, item);
        }
        text
    }

    /// A mapping with free keys and its place; null is an empty one.
    pub(in crate::manifest) fn mapping<'n>(
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

    pub(in crate::manifest) fn entries<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static str,
    ) -> &'n Entries {
        self.mapping(object, field)
            .map_or(&[], |(_, entries)| entries)
    }

    pub(in crate::manifest) fn required(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
    ) -> Option<Text> {
        match object.stated(field) {
            Some((_, node)) => self.nullable(field, node, SINGLE)?,
            None => {
                self.missing(object, field);
                None
            }
        }
    }

    pub(in crate::manifest) fn missing(&mut self, object: &Object<'_>, field: &'static str) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::MissingField,
                format!("{} needs `{field}`", object.spec.name),
            )
            .at(object.span, format!("`{field}` is missing here")),
        );
    }
}

impl Decode for Text {
    const SHAPE: Shape = Shape::Text;
    const REQUIRED: bool = true;

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        decoder.required(object, field.name)
    }
}

/// Null is the same as no field at all.
impl Decode for Option<Text> {
    const SHAPE: Shape = Shape::Text;

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let value = object.get(field.name);
        Some(value.and_then(|(_, node)| decoder.nullable(field.name, node, SINGLE)?))
    }
}

/// A list of texts; one alone stands for a list of one.
impl Decode for Option<Vec<Text>> {
    const SHAPE: Shape = TEXTS;

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let Some((_, node)) = object.get(field.name) else {
            return Some(None);
        };
        let name = field.name;
        Some(match &node.value {
            Value::Scalar(_) => node.text().map(|alone| vec![alone]),
            Value::Sequence(items) => {
                let items = items.iter();
                let texts =
                    items.filter_map(|item| decoder.item(name, item, "a list of names", "a name"));
                Some(texts.collect())
            }
            Value::Mapping(_) | Value::Broken => {
                decoder.wrong_type(name, node, "a list");
                None
            }
        })
    }
}

impl Decode for Vec<Text> {
    const SHAPE: Shape = TEXTS;

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let texts = Option::<Self>::decode(decoder, object, field)?;
        Some(texts.unwrap_or_default())
    }
}

/// A mapping of free names to texts.
impl Decode for Vec<(Text, Text)> {
    const SHAPE: Shape = Shape::Texts;

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let entries = decoder.entries(object, field.name).iter();
        let read = entries.filter_map(|(name, node)| {
            let expected = "a single value for each name";
            let value = decoder.nullable(field.name, node, expected)?;
            let empty = || Text {
                text: String::new(),
                span: node.span,
            };
            Some((name.clone(), value.unwrap_or_else(empty)))
        });
        Some(read.collect())
    }
}

/// An object that is there without a field too.
impl<T: Spec> Decode for T {
    const SHAPE: Shape = Shape::Object(T::SPEC);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let stated = Option::<T>::decode(decoder, object, field)?;
        stated.or_else(|| T::read(decoder, &Object::empty(T::SPEC, object.span)))
    }
}

impl<T: Spec> Decode for Option<T> {
    const SHAPE: Shape = Shape::Object(T::SPEC);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let stated = object.stated(field.name);
        Some(stated.and_then(|(_, node)| T::from_node(decoder, node)))
    }
}

/// An object with its field's place.
impl<T: Spec> Decode for Option<(Span, T)> {
    const SHAPE: Shape = Shape::Object(T::SPEC);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let stated = object.stated(field.name);
        Some(stated.and_then(|(span, node)| Some((span, T::from_node(decoder, node)?))))
    }
}

/// A list of objects; null is an empty one.
impl<T: Spec> Decode for Vec<T> {
    const SHAPE: Shape = Shape::Objects(T::SPEC);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let Some((_, node)) = object.stated(field.name) else {
            return Some(Self::new());
        };
        let Value::Sequence(items) = &node.value else {
            decoder.wrong_type(field.name, node, "a list");
            return Some(Self::new());
        };
        let items = items.iter();
        Some(
            items
                .filter_map(|node| T::from_node(decoder, node))
                .collect(),
        )
    }
}

/// Objects by free names; a name without an object stands for nothing.
impl<T: Spec> Decode for Vec<(Text, T)> {
    const SHAPE: Shape = Shape::Named(T::SPEC);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let entries = decoder.entries(object, field.name).iter();
        let stated = entries.filter(|(_, node)| !node.is_null());
        let read =
            stated.filter_map(|(name, node)| Some((name.clone(), T::from_node(decoder, node)?)));
        Some(read.collect())
    }
}

/// Objects by free names, with the place of all; a name alone declares one without fields.
impl<T: Spec> Decode for Option<(Span, Vec<(Text, T)>)> {
    const SHAPE: Shape = Shape::Named(T::SPEC);

    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self> {
        let Some((span, entries)) = decoder.mapping(object, field.name) else {
            return Some(None);
        };
        let read = entries.iter().filter_map(|(name, node)| {
            let value = match node.is_null() {
                true => T::read(decoder, &Object::empty(T::SPEC, node.span)),
                false => T::from_node(decoder, node),
            };
            Some((name.clone(), value?))
        });
        Some(Some((span, read.collect())))
    }
}

/// Where to point for a whole node: a collection can be pages long, so its first key or item.
pub(in crate::manifest) fn head(node: &Node) -> Span {
    match &node.value {
        Value::Scalar(_) | Value::Broken => node.span,
        Value::Mapping(entries) => entries.first().map_or(node.span, |(key, _)| key.span),
        Value::Sequence(items) => items.first().map_or(node.span, |item| head(item)),
    }
}

fn field_list(spec: &ObjectSpec) -> String {
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
