//! Keys that are no field of their object, with what was probably meant.

use super::Decoder;
use super::readings::our_word;
use super::way_out::field_list;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::manifest::fields::{ObjectSpec, Shape};
use crate::manifest::keys;
use crate::manifest::yaml::{Node, Text, Value};
use crate::wording::did_you_mean;

impl Decoder<'_> {
    pub(super) fn unknown_field(&mut self, key: &Text, value: &Node, spec: &ObjectSpec) {
        let known: Vec<_> = spec.fields.iter().map(|field| field.name).collect();
        let diagnostic = Diagnostic::error(
            Code::UnknownField,
            format!("`{}` is not a field of {}", key.text, spec.name),
        );
        let ours = our_word(&key.text).filter(|field| known.contains(field));
        if let Some(ours) = ours {
            return self
                .diagnostics
                .push(diagnostic.at(key.span, did_you_mean(ours)));
        }
        let mut fields = spec.fields.iter();
        let has_config = fields.any(|field| matches!(field.shape, Shape::Config));
        if has_config
            && known.contains(&"retention")
            && let Some(help) = keys::as_field(&key.text, &joined(value))
        {
            return self
                .diagnostics
                .push(diagnostic.at(key.span, "").help(help));
        }
        self.diagnostics
            .push(match nearest(&key.text, known.iter().copied()) {
                Some(meant) => diagnostic.at(key.span, did_you_mean(meant)),
                None => diagnostic.at(key.span, "").help(field_list(spec)),
            });
    }
}

/// A single value or a list of such as a broker has it, else nothing.
fn joined(value: &Node) -> String {
    let texts = match &value.value {
        Value::Sequence(items) => items.iter().map(|item| item.text()).collect(),
        _ => value
            .text()
            .map(|text| vec![Some(text)])
            .unwrap_or_default(),
    };
    let texts: Option<Vec<_>> = texts
        .into_iter()
        .map(|text| text.map(|text| text.text))
        .collect();
    texts.unwrap_or_default().join(",")
}
