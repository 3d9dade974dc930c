//! What tiers, topics and profiles can set: partitions, replication factor, retention and
//! configuration. What their texts mean is [`super::super::values`]' to say.

use super::{Decoder, Object};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::fields;
use crate::manifest::raw::{Partitions, Settings};
use crate::manifest::values::{FACTOR_EXPECTED, PARTITIONS_HELP};
use crate::manifest::yaml::{Node, Text, Value};

/// The fields that [`Settings`] are made of.
pub(super) const SETTINGS: &[&str] = &["partitions", "replication_factor", "retention", "config"];

impl Decoder<'_> {
    pub(super) fn settings(&mut self, object: &Object<'_>) -> Settings {
        let partitions = object
            .get("partitions")
            .and_then(|(span, node)| Some((span, self.partitions(node)?)));
        let mut single = |field: &'static str, expected| {
            let (span, node) = object.get(field)?;
            Some((span, self.nullable(field, node, expected)?))
        };
        let replication_factor = single("replication_factor", FACTOR_EXPECTED);
        let retention = single("retention", "a duration such as 7d");
        let config: Vec<_> = self
            .entries(object, "config")
            .iter()
            .filter_map(|(key, node)| Some((key.clone(), self.config_value(key, node)?)))
            .collect();
        let explicit = config.iter().find(|(key, _)| key.text == "retention.ms");
        if let (Some((span, _)), Some((key, _))) = (&retention, explicit) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BothRetentions,
                    "`retention` and `retention.ms` say the same thing twice",
                )
                .at(key.span, "here as the broker has it")
                .and(*span, "and here")
                .help("keep one of them"),
            );
        }
        Settings {
            partitions,
            replication_factor,
            retention,
            config,
        }
    }

    fn partitions(&mut self, node: &Node) -> Option<Option<Partitions>> {
        if let Value::Mapping(_) = node.value {
            let same_as = self.object(node, &fields::SAME_AS)?;
            let name = self.required(&same_as, "same_as")?;
            return Some(Some(Partitions::SameAs(name)));
        }
        if let Value::Sequence(_) = node.value {
            self.diagnostics.push(
                Diagnostic::error(Code::WrongType, "`partitions` is a list, expected a count")
                    .at(super::shapes::head(node), "")
                    .help(PARTITIONS_HELP),
            );
            return None;
        }
        let text = self.nullable("partitions", node, "a count")?;
        Some(text.map(Partitions::Text))
    }

    /// Lists are joined with commas, as the broker has them.
    fn config_value(&mut self, key: &Text, node: &Node) -> Option<Option<Text>> {
        let Value::Sequence(items) = &node.value else {
            return self.nullable(&key.text, node, "a single value or a list");
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let text = self.nullable(&key.text, item, "a list of single values")??;
            texts.push(text.text);
        }
        Some(Some(Text {
            text: texts.join(","),
            span: node.span,
        }))
    }
}
