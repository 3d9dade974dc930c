//! Keys with values in the ways that these are written elsewhere: `key=value` texts, lists of them,
//! Kubernetes' names with values, and mappings in mappings. Pure.

use std::rc::Rc;

use super::admits::config_value_is_legal;
use crate::catalog::{self, KeyClass};
use crate::diagnostic::Span;
use crate::manifest::yaml::{Node, Scalar, Text, Value};

/// Keys with values, in any of the ways that these are written.
pub(super) fn pairs(node: &Node) -> Option<Vec<(Text, Rc<Node>)>> {
    let found = match &node.value {
        Value::Scalar(_) => text_pairs(&node.text()?)?,
        Value::Sequence(items) => {
            let each = items
                .iter()
                .map(|item| key_and_value(item).or_else(|| pairs(item)));
            each.collect::<Option<Vec<_>>>()?.concat()
        }
        Value::Mapping(entries) => {
            let each = entries.iter().map(|(key, value)| match &value.value {
                Value::Mapping(_) => {
                    let inner = pairs(value)?.into_iter();
                    let beneath = |(inner, value): (Text, Rc<Node>)| {
                        (
                            text(&format!("{}.{}", key.text, inner.text), key.span),
                            value,
                        )
                    };
                    Some(inner.map(beneath).collect())
                }
                _ => Some(vec![(key.clone(), Rc::clone(value))]),
            });
            each.collect::<Option<Vec<_>>>()?.concat()
        }
        Value::Broken => return None,
    };
    (!found.is_empty()).then_some(found)
}

/// `{ name: retention.ms, value: 1d }`, as in Kubernetes.
fn key_and_value(item: &Node) -> Option<Vec<(Text, Rc<Node>)>> {
    let Value::Mapping(entries) = &item.value else {
        return None;
    };
    let field = |names: &[&str]| {
        let mut all = entries.iter();
        all.find(|(key, _)| names.contains(&key.text.as_str()))
            .map(|(_, value)| value)
    };
    let (key, value) = (field(&["name", "key"])?.text()?, field(&["value"])?);
    (entries.len() == 2).then(|| vec![(key, Rc::clone(value))])
}

/// `cleanup.policy=compact,delete,retention.ms=1d` and `key: value` lines.
fn text_pairs(all: &Text) -> Option<Vec<(Text, Rc<Node>)>> {
    let mut found: Vec<(Text, String)> = Vec::new();
    let pieces = all.text.split([',', '\n', ';']).map(str::trim);
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        let piece = piece.trim_start_matches("--config ").trim();
        match piece.split_once('=').or_else(|| piece.split_once(": ")) {
            Some((key, value)) => found.push((text(key.trim(), all.span), value.trim().to_owned())),
            None => {
                let (_, value) = found.last_mut()?;
                *value = format!("{value},{piece}");
            }
        }
    }
    let node = |(key, value)| (key, scalar(all.span, value));
    Some(found.into_iter().map(node).collect())
}

/// The entries that were meant by a mapping as the value of a configuration.
pub(super) fn nested_config(key: &Text, value: &Node) -> Vec<(Text, Rc<Node>)> {
    let whole = Node {
        span: value.span,
        value: Value::Mapping(vec![(key.clone(), Rc::new(value.clone()))]),
    };
    let mut found = pairs(&whole).unwrap_or_default();
    let known = |(key, value): &(Text, Rc<Node>)| {
        let known = !matches!(catalog::classify(&key.text), KeyClass::Unknown(_));
        known && config_value_is_legal(&key.text, value)
    };
    if !found.iter().all(known) {
        found.clear();
    }
    found
}

pub(super) fn text(text: &str, span: Span) -> Text {
    let text = text.to_owned();
    Text { text, span }
}

pub(super) fn scalar(span: Span, text: String) -> Rc<Node> {
    let plain = true;
    let value = Value::Scalar(Scalar { text, plain });
    Rc::new(Node { span, value })
}
