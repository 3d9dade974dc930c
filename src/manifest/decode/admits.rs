//! Whether a field takes a tree, by the tables alone: what is offered as a way out must be taken. What
//! depends on other values is not judged. Pure.

use crate::catalog::{self, KeyClass};
use crate::diagnostic::Code;
use crate::manifest::fields::{EXTENSION, ObjectSpec, SEVERITIES, Shape};
use crate::manifest::values::boolean;
use crate::manifest::yaml::{Node, Value};
use crate::units::{Measure, UNLIMITED};

pub(super) fn admits(shape: Shape, node: &Node) -> bool {
    match (shape, &node.value) {
        (_, Value::Broken) => false,
        (Shape::Either(shapes), _) => shapes.iter().any(|one| admits(*one, node)),
        (Shape::List(inner), Value::Sequence(items)) => {
            items.iter().all(|item| admits(*inner, item))
        }
        (Shape::List(inner), _) => admits(*inner, node),
        (Shape::Objects(spec), Value::Sequence(items)) => {
            items.iter().all(|item| admits_object(spec, item))
        }
        (Shape::Object(spec), _) => admits_object(spec, node),
        (Shape::Named(spec), Value::Mapping(entries)) => {
            let mut values = entries.iter().map(|(_, value)| value);
            values.all(|value| value.is_null() || admits_object(spec, value))
        }
        (Shape::Texts, Value::Mapping(entries)) => {
            let mut values = entries.iter().map(|(_, value)| value);
            values.all(|value| matches!(value.value, Value::Scalar(_)))
        }
        (Shape::Severities, Value::Mapping(entries)) => entries.iter().all(|(key, value)| {
            let severity = value
                .text()
                .is_some_and(|text| SEVERITIES.contains(&&*text.text));
            is_check(&key.text) && severity
        }),
        (Shape::Config, Value::Mapping(entries)) => entries.iter().all(|(key, value)| {
            let known = !matches!(catalog::classify(&key.text), KeyClass::Unknown(_));
            known && config_value_is_legal(&key.text, value)
        }),
        (_, Value::Scalar(_)) => node
            .text()
            .is_some_and(|text| admits_text(shape, &text.text)),
        _ => false,
    }
}

fn admits_object(spec: &ObjectSpec, node: &Node) -> bool {
    let Value::Mapping(entries) = &node.value else {
        return false;
    };
    let states = |name: &str| entries.iter().any(|(key, _)| key.text == name);
    let fits = entries.iter().all(|(key, value)| {
        let mut fields = spec.fields.iter();
        let Some(field) = fields.find(|field| field.name == key.text) else {
            return key.text.starts_with(EXTENSION);
        };
        (value.is_null() && !field.required) || admits(field.shape, value)
    });
    let mut required = spec.fields.iter().filter(|field| field.required);
    fits && required.all(|field| states(field.name))
}

fn admits_text(shape: Shape, text: &str) -> bool {
    if has_variable(text) {
        return true;
    }
    match shape {
        Shape::Text => true,
        Shape::Name(is_legal) => is_legal(text),
        Shape::Day => text
            .parse::<jiff::civil::Date>()
            .is_ok_and(|day| day.to_string() == text),
        Shape::Flag => boolean(text).is_some(),
        Shape::Count { most, words } => is_count(text, most) || words.contains(&text.trim()),
        Shape::Delay => Measure::Duration.parse(text).is_ok_and(|ms| ms > 0),
        Shape::Duration => Measure::Duration.parse(text).is_ok() || text == UNLIMITED,
        Shape::Word(words) => words.contains(&text),
        Shape::Check => is_check(text),
        _ => false,
    }
}

fn has_variable(text: &str) -> bool {
    text.contains("${")
}

fn is_check(text: &str) -> bool {
    Code::by_name(text).is_some_and(Code::is_relation)
}

pub(super) fn is_count(text: &str, most: i64) -> bool {
    let number = text.trim().parse::<i64>();
    number.is_ok_and(|number| (1..=most).contains(&number))
}

/// Whether a configuration takes a value: null, a single one, or a list of such.
pub(super) fn config_value_is_legal(key: &str, node: &Node) -> bool {
    let text = match &node.value {
        Value::Scalar(_) => match node.text() {
            Some(text) => text.text,
            None => return true,
        },
        Value::Sequence(items) => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.text()).collect();
            let Some(texts) = texts else { return false };
            let texts: Vec<_> = texts.into_iter().map(|text| text.text).collect();
            texts.join(",")
        }
        Value::Mapping(_) | Value::Broken => return false,
    };
    has_variable(&text)
        || match catalog::lookup(key) {
            Some(spec) => catalog::parse(spec, &text).is_ok(),
            None => catalog::parse_vendor(key, &text).is_ok(),
        }
}
