//! What a field may take, each shape of it read from a node: objects, texts, lists, mappings with
//! free keys. Knows no field by its name; what is wrong is reported and left out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use super::way_out::{config_way_out, way_out};
use super::{Decode, Decoder, Object, Spec};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::fields::{EXTENSION, FieldSpec, ObjectSpec, SEVERITIES, Shape, TEXTS};
use crate::manifest::yaml::{Node, Text, Value};

const SINGLE: &str = "a single value";

/// Where a value stands, and what is taken there.
pub(in crate::manifest) struct Place<'p> {
    /// What it is, for messages.
    pub(in crate::manifest) what: Cow<'p, str>,
    /// The key before it; an item of a list has none.
    pub(in crate::manifest) key: Option<&'p str>,
    pub(in crate::manifest) shape: Shape,
}

impl<'p> Place<'p> {
    pub(in crate::manifest) fn of(field: &'p FieldSpec) -> Self {
        Self {
            key: Some(field.name),
            ..Self::item(field.name, field.shape)
        }
    }

    /// In a list of this name.
    pub(in crate::manifest) fn item(list: &str, shape: Shape) -> Self {
        Self {
            what: format!("`{list}`").into(),
            key: None,
            shape,
        }
    }
}

type Entries = [(Text, Rc<Node>)];

impl Decoder<'_> {
    /// A mapping, its keys by its table.
    pub(in crate::manifest) fn object<'n>(
        &mut self,
        key: Option<&str>,
        node: &'n Node,
        spec: &'static ObjectSpec,
    ) -> Option<Object<'n>> {
        let Value::Mapping(entries) = &node.value else {
            let (what, shape) = (spec.name.into(), Shape::Object(spec));
            self.wrong_type(Place { what, key, shape }, node, "a mapping");
            return None;
        };
        let mut fields = HashMap::new();
        for (key, value) in entries {
            match spec.fields.iter().find(|field| field.name == key.text) {
                Some(field) => {
                    fields.insert(field.name, (key.span, value));
                }
                None if key.text.starts_with(EXTENSION) => {}
                None => self.unknown_field(key, value, spec),
            }
        }
        Some(Object {
            spec,
            span: head(node),
            fields,
        })
    }

    pub(in crate::manifest) fn wrong_type(
        &mut self,
        place: Place<'_>,
        node: &Node,
        expected: &str,
    ) {
        if matches!(node.value, Value::Broken) {
            return;
        }
        let Place { what, key, shape } = place;
        let message = format!("{what} is {}, expected {expected}", node.kind());
        self.diagnostics.push(
            Diagnostic::error(Code::WrongType, message)
                .at(head(node), "")
                .help(way_out(key, shape, node)),
        );
    }

    /// A scalar or null; `None` where it is neither.
    pub(in crate::manifest) fn nullable(
        &mut self,
        place: Place<'_>,
        node: &Node,
        expected: &str,
    ) -> Option<Option<Text>> {
        match &node.value {
            Value::Scalar(_) => Some(node.text()),
            _ => {
                self.wrong_type(place, node, expected);
                None
            }
        }
    }

    /// An item of a list, a single value that cannot be null.
    pub(in crate::manifest) fn item(
        &mut self,
        field: &FieldSpec,
        node: &Node,
        list: &str,
        item: &str,
    ) -> Option<Text> {
        let shape = field.shape.of_item();
        let text = self.nullable(Place::item(field.name, shape), node, list)?;
        if text.is_none() {
            self.wrong_type(Place::item(field.name, shape), node, item);
        }
        text
    }

    /// A mapping with free keys and its place; null is an empty one.
    pub(in crate::manifest) fn mapping<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static FieldSpec,
    ) -> Option<(Span, &'n Entries)> {
        let (span, node) = object.get(field.name)?;
        match &node.value {
            Value::Mapping(entries) => Some((span, entries)),
            _ if node.is_null() => Some((span, &[])),
            _ => {
                self.wrong_type(Place::of(field), node, "a mapping");
                None
            }
        }
    }

    pub(in crate::manifest) fn entries<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static FieldSpec,
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
            Some((_, node)) => {
                let mut fields = object.spec.fields.iter();
                let spec = fields.find(|one| one.name == field)?;
                self.nullable(Place::of(spec), node, SINGLE)?
            }
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
        Some(value.and_then(|(_, node)| decoder.nullable(Place::of(field), node, SINGLE)?))
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
        Some(match &node.value {
            Value::Scalar(_) => node.text().map(|alone| vec![alone]),
            Value::Sequence(items) => {
                let items = items.iter();
                let texts =
                    items.filter_map(|item| decoder.item(field, item, "a list of names", "a name"));
                Some(texts.collect())
            }
            Value::Mapping(_) | Value::Broken => {
                decoder.wrong_type(Place::of(field), node, "a list");
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
        let entries = decoder.entries(object, field).iter();
        let read = entries.filter_map(|(name, node)| {
            let empty = || Text {
                text: String::new(),
                span: node.span,
            };
            let code = || Code::by_name(&name.text).is_some_and(Code::is_relation);
            let is_single = matches!(node.value, Value::Scalar(_) | Value::Broken);
            match field.shape {
                // That there is no such key is all that is to be said.
                Shape::Severities if !is_single && !code() => {
                    let allowed = Text {
                        text: SEVERITIES[0].to_owned(),
                        span: node.span,
                    };
                    return Some((name.clone(), allowed));
                }
                Shape::Config if !is_single => {
                    let Some(help) = config_way_out(name, node) else {
                        return Some((name.clone(), empty()));
                    };
                    let message = format!(
                        "`{}` is {}, expected a single value",
                        name.text,
                        node.kind()
                    );
                    let diagnostic = Diagnostic::error(Code::WrongType, message);
                    decoder
                        .diagnostics
                        .push(diagnostic.at(head(node), "").help(help));
                    return None;
                }
                _ => {}
            }
            let place = Place {
                key: Some(&name.text),
                ..Place::item(field.name, field.shape.of_value())
            };
            let value = decoder.nullable(place, node, "a single value for each name")?;
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
        Some(stated.and_then(|(_, node)| T::from_node(decoder, Some(field.name), node)))
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
        let read = |(span, node): (Span, &Rc<Node>)| {
            Some((span, T::from_node(decoder, Some(field.name), node)?))
        };
        Some(stated.and_then(read))
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
            decoder.wrong_type(Place::of(field), node, "a list");
            return Some(Self::new());
        };
        let items = items.iter();
        Some(
            items
                .filter_map(|node| T::from_node(decoder, None, node))
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
        let entries = decoder.entries(object, field).iter();
        let stated = entries.filter(|(_, node)| !node.is_null());
        let read = stated.filter_map(|(name, node)| {
            Some((name.clone(), T::from_node(decoder, Some(&name.text), node)?))
        });
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
        let Some((span, entries)) = decoder.mapping(object, field) else {
            return Some(None);
        };
        let read = entries.iter().filter_map(|(name, node)| {
            let value = match node.is_null() {
                true => T::read(decoder, &Object::empty(T::SPEC, node.span)),
                false => T::from_node(decoder, Some(&name.text), node),
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
