//! Topics of other tools' documents in the manifest language. What topicctl would refuse is not
//! written.

use std::collections::BTreeSet;

use super::{Item, Layout, at, entries, is_mapping, text_at};
use crate::catalog::{self, KeyClass};
use crate::manifest::yaml::{Node, Value};
use crate::topic::{MIN_INSYNC_REPLICAS, Partitions, ReplicationFactor, TopicName};

/// A topic whose values the manifest language takes as they stand.
pub(super) struct Topic {
    name: TopicName,
    partitions: Option<String>,
    replicas: Option<String>,
    config: Vec<(String, String)>,
}

/// What some tools state among a topic's configurations.
const NO_CONFIG: [&str; 2] = ["num.partitions", "replication.factor"];

/// Where a topic says that some of its values stand elsewhere.
const ELSEWHERE: [&str; 5] = [
    "spec configMapRefs",
    "plan",
    "$ref",
    "bindings $ref",
    "bindings kafka $ref",
];

impl Topic {
    /// `None` where a value is none that can be taken as it is: a variable, a template, one that
    /// stands elsewhere, a key or a value that topicctl refuses.
    pub(super) fn read(item: &Item<'_>, layout: &Layout) -> Option<Self> {
        if ELSEWHERE.iter().any(|path| at(item.node, path).is_some()) {
            return None;
        }
        let first = |paths: &[&str]| paths.iter().find_map(|path| at(item.node, path));
        let name = match &item.name {
            Some(name) => name.clone(),
            None => first(layout.names)?.text()?.text,
        };
        let count = |paths: &[&str], otherwise: Option<&String>| match first(paths) {
            None => Some(otherwise.cloned()),
            Some(node) => {
                let text = node.text()?.text;
                // The broker's default, as Kafka's protocol has it.
                Some(Some(text).filter(|text| text.trim() != "-1"))
            }
        };
        let partitions = count(layout.partitions, None)?;
        let replicas = count(layout.replicas, item.replicas.as_ref())?;
        let config = config(item.node, layout)?;
        Self::checked(&name, partitions, replicas, config)
    }

    /// The same of values that stand in a text of their own.
    pub(super) fn stated(
        name: &str,
        partitions: Option<&str>,
        replicas: Option<&str>,
        config: Option<(&str, &str)>,
    ) -> Option<Self> {
        let mut all = Vec::new();
        if let Some((key, text)) = config {
            catalog::parse(catalog::lookup(key)?, text).ok()?;
            all.push((key.to_owned(), text.to_owned()));
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self::checked(name, owned(partitions), owned(replicas), all)
    }

    fn checked(
        name: &str,
        partitions: Option<String>,
        replicas: Option<String>,
        config: Vec<(String, String)>,
    ) -> Option<Self> {
        let name = TopicName::parse(name.trim()).ok()?;
        if let Some(text) = &partitions {
            text.trim().parse().ok().and_then(Partitions::new)?;
        }
        if let Some(text) = &replicas {
            text.trim().parse().ok().and_then(ReplicationFactor::new)?;
        }
        let is_internal = name.is_internal();
        let topic = Self {
            name,
            partitions,
            replicas,
            config,
        };
        (!is_internal && topic.is_taken()).then_some(topic)
    }

    /// Whether no rule between values refuses it.
    fn is_taken(&self) -> bool {
        let value = |key: &str| {
            let found = self.config.iter().find(|(name, _)| name == key);
            let (_, text) = found?;
            let parsed = catalog::parse(catalog::lookup(key)?, text).ok()?;
            Some(parsed.as_str().to_owned())
        };
        let values: Vec<_> = self
            .config
            .iter()
            .map(|(key, _)| (key, value(key)))
            .collect();
        let broken = catalog::violations(|key| {
            let found = values.iter().find(|(name, _)| *name == key)?;
            found.1.as_deref()
        });
        let number = |text: Option<&str>| text?.trim().parse::<i64>().ok();
        let in_sync = number(value(MIN_INSYNC_REPLICAS).as_deref());
        let replicas = number(self.replicas.as_deref());
        let fits = in_sync
            .zip(replicas)
            .is_none_or(|(least, all)| least <= all);
        broken.is_empty() && fits
    }

    fn write(&self, out: &mut Vec<String>) {
        out.push(format!("  - name: {}", scalar(self.name.as_str())));
        out.push("    tier: plain".to_owned());
        if let Some(partitions) = &self.partitions {
            out.push(format!("    partitions: {}", partitions.trim()));
        }
        if let Some(replicas) = &self.replicas {
            out.push(format!("    replication_factor: {}", replicas.trim()));
        }
        if !self.config.is_empty() {
            out.push("    config:".to_owned());
            let config = self.config.iter();
            out.extend(config.map(|(key, value)| format!("      {key}: {}", scalar(value))));
        }
    }
}

/// The configurations by Kafka's names; `None` where there is one that topicctl would refuse.
fn config(node: &Node, layout: &Layout) -> Option<Vec<(String, String)>> {
    let mut config = Vec::new();
    let mut add = |key: String, text: String| {
        let taken = match catalog::classify(&key) {
            KeyClass::Known(spec) => catalog::parse(spec, &text).is_ok(),
            KeyClass::Vendor(_) => catalog::parse_vendor(&key, &text).is_ok(),
            KeyClass::Unknown(_) => false,
        };
        config.push((key, text));
        taken.then_some(())
    };
    let all = layout.config.iter().find_map(|path| at(node, path));
    if let Some(all) = all {
        // A block of Terraform is a list of one.
        let all = match &all.value {
            Value::Sequence(items) if items.is_empty() => return Some(Vec::new()),
            Value::Sequence(items) if items.len() == 1 => &items[0],
            _ => all,
        };
        if !is_mapping(all) {
            return None;
        }
        for (key, value) in entries(all).filter(|(key, _)| !NO_CONFIG.contains(key)) {
            if value.is_null() {
                continue;
            }
            let dotted = key.replace('_', ".");
            let key = match catalog::lookup(&dotted) {
                Some(_) => dotted,
                None => key.to_owned(),
            };
            add(key, single(value)?)?;
        }
    }
    for (path, key, unit) in layout.single {
        if let Some(text) = text_at(node, path) {
            // No number of hours is no limit.
            let unit = if text.starts_with('-') { "" } else { unit };
            add((*key).to_owned(), format!("{text}{unit}"))?;
        }
    }
    Some(config)
}

/// A value, or the values of a list by comma.
fn single(node: &Node) -> Option<String> {
    let texts = match &node.value {
        Value::Sequence(items) => items.iter().map(|item| Some(item.text()?.text)).collect(),
        _ => Some(vec![node.text()?.text]),
    };
    texts.map(|texts: Vec<_>| texts.join(","))
}

/// The topics as a manifest, so many at most; `None` where none can be written.
pub(super) fn write(topics: &[Option<Topic>], most: usize) -> Option<String> {
    let mut names = BTreeSet::new();
    let taken = topics.iter().flatten();
    let taken: Vec<_> = taken
        .filter(|topic| names.insert(topic.name.collision_key()))
        .collect();
    let (written, rest) = taken.split_at(taken.len().min(most));
    if written.is_empty() {
        return None;
    }
    let mut lines = vec!["topics:".to_owned()];
    written.iter().for_each(|topic| topic.write(&mut lines));
    if !rest.is_empty() {
        lines.push(format!("  # and so on, {} more", rest.len()));
    }
    let left = topics.iter().filter(|topic| topic.is_none()).count();
    if left > 0 {
        lines.push(format!("  # {left} more, with values to look at"));
    }
    Some(lines.join("\n"))
}

/// A text as YAML reads it back, where `$` begins no variable.
fn scalar(text: &str) -> String {
    let text = text.replace('$', "$$");
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_word = text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain);
    match is_word && !text.eq_ignore_ascii_case("null") {
        true => text,
        // JSON's texts are YAML's.
        false => serde_json::Value::String(text).to_string(),
    }
}
