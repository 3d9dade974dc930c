//! Documents of other tools: each is told once, by what it is and by how its topics come in.
//!
//! Takes the tree of a document, or the text of a file, and gives a diagnostic. `kinds` knows the
//! documents by their shape, `resources` those of Kubernetes; `entry` writes their topics in the
//! manifest language, where that language takes their values as they stand. Nothing is converted
//! but names of keys and units: what a document leaves out is left to the broker, as the tool does.

mod compose;
mod entry;
mod kinds;
mod resources;
mod template;
mod terraform;

use super::yaml::{Node, Value};
use crate::diagnostic::{Code, Diagnostic, Span};
use entry::Topic;

pub(super) use template::template;

/// A document that is another tool's.
struct Foreign<'n> {
    /// With its article: "a Strimzi KafkaTopic".
    what: String,
    place: Span,
    content: Content<'n>,
}

enum Content<'n> {
    Topics {
        layout: &'static Layout,
        items: Vec<Item<'n>>,
    },
    /// No topics, and what to do with it.
    Other { help: String, lines: Option<String> },
}

/// A part of a document that is one topic.
struct Item<'n> {
    /// Where it does not stand in the part itself, or not alone.
    name: Option<String>,
    node: &'n Node,
    /// What holds where the part says nothing.
    replicas: Option<String>,
}

impl<'n> Item<'n> {
    fn new(node: &'n Node) -> Self {
        Self {
            name: None,
            node,
            replicas: None,
        }
    }

    fn named(name: impl Into<String>, node: &'n Node) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::new(node)
        }
    }
}

impl<'n> Foreign<'n> {
    /// A document in which there may be topics; without any there is nothing to take.
    fn with_topics(
        what: &str,
        (node, key): (&Node, &str),
        layout: &'static Layout,
        items: Vec<Item<'n>>,
    ) -> Self {
        if items.is_empty() {
            return Self::without_topics(what, (node, key), NO_TOPICS);
        }
        Self {
            what: what.to_owned(),
            place: place(node, key),
            content: Content::Topics { layout, items },
        }
    }

    fn without_topics(what: &str, (node, key): (&Node, &str), help: &str) -> Self {
        Self {
            what: what.to_owned(),
            place: place(node, key),
            content: Content::Other {
                help: help.to_owned(),
                lines: None,
            },
        }
    }
}

/// Where the values of a topic stand in its part: paths, keys by spaces, the first that is there.
struct Layout {
    names: &'static [&'static str],
    partitions: &'static [&'static str],
    replicas: &'static [&'static str],
    config: &'static [&'static str],
    /// Values that are a configuration each: the path, the key, and the unit of the number.
    single: &'static [(&'static str, &'static str, &'static str)],
    /// How names come about, where that is not said by a path.
    naming: &'static str,
}

const NO_TOPICS: &str = "it declares no topics: leave it out of the paths that topicctl reads";

/// Most topics that are written out; the others are written alike.
const MOST_ENTRIES: usize = 5;

/// What to say of a document that is another tool's; `None` for all others.
pub(super) fn recognise(node: &Node) -> Option<Diagnostic> {
    // A list of topics is topicctl's own, whatever stands beside it.
    let own = at(node, "topics").is_some_and(|it| matches!(it.value, Value::Sequence(_)));
    if own && at(node, "apiVersion").is_none() {
        return None;
    }
    let foreign = kinds::READERS.iter().find_map(|read| read(node))?;
    let (what, first) = match is_template(node) {
        true => (
            format!("a Helm template of {}", foreign.what),
            "render it first, with `helm template`; ",
        ),
        false => (foreign.what, ""),
    };
    let message = format!("this is {what}, not a topicctl manifest");
    let problem = Diagnostic::error(Code::ForeignDocument, message).at(foreign.place, "");
    Some(match foreign.content {
        Content::Other { help, lines: None } => problem.help(help),
        Content::Other {
            help,
            lines: Some(lines),
        } => problem.help(help).command(lines),
        Content::Topics { layout, items } => {
            let topics: Vec<_> = items.iter().map(|item| Topic::read(item, layout)).collect();
            let written = entry::write(&topics, MOST_ENTRIES);
            let end = if written.is_some() { ":" } else { "" };
            let help = format!(
                "{first}its topics go under `topics:`: {}; `tier: plain` leaves to the broker what is \
                 not stated{end}",
                layout.described(&items)
            );
            let problem = problem.help(help);
            match written {
                Some(lines) => problem.command(lines),
                None => problem,
            }
        }
    })
}

impl Layout {
    /// What becomes what: `spec.partitions` → `partitions`, …
    fn described(&self, items: &[Item<'_>]) -> String {
        let becomes = |paths: &[&str], field: &str| {
            let paths: Vec<_> = paths
                .iter()
                .map(|path| format!("`{}`", path.replace(' ', ".")))
                .collect();
            (!paths.is_empty()).then(|| format!("{} → `{field}`", paths.join(" or ")))
        };
        let name = match self.naming {
            "" => becomes(self.names, "name"),
            naming => Some(format!("{naming} → `name`")),
        };
        let fields = [
            name,
            becomes(self.partitions, "partitions"),
            becomes(self.replicas, "replication_factor"),
            becomes(self.config, "config"),
        ];
        let is_there = |path: &str| items.iter().any(|item| at(item.node, path).is_some());
        let single = self.single.iter().filter(|(path, ..)| is_there(path));
        let single = single.map(|(path, key, _)| becomes(&[path], key));
        let all: Vec<_> = fields.into_iter().chain(single).flatten().collect();
        all.join(", ")
    }
}

/// What stands at a path of keys; null is nothing.
fn at<'n>(node: &'n Node, path: &str) -> Option<&'n Node> {
    let mut node = node;
    for key in path.split(' ') {
        node = entries(node).find(|(name, _)| *name == key)?.1;
    }
    (!node.is_null()).then_some(node)
}

fn text_at(node: &Node, path: &str) -> Option<String> {
    Some(at(node, path)?.text()?.text)
}

/// The keys and values of a mapping; nothing else has any.
fn entries(node: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let entries = match &node.value {
        Value::Mapping(entries) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|(key, value)| (&*key.text, &**value))
}

/// The items of a list; nothing else has any.
fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let items = match node.map(|node| &node.value) {
        Some(Value::Sequence(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().map(|item| &**item)
}

fn is_mapping(node: &Node) -> bool {
    matches!(node.value, Value::Mapping(_))
}

/// The place of a key of the document.
fn place(node: &Node, key: &str) -> Span {
    let Value::Mapping(entries) = &node.value else {
        return node.span;
    };
    let found = entries.iter().find(|(name, _)| name.text == key);
    found.map_or(node.span, |(name, _)| name.span)
}

fn is_template(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => scalar.text.contains("{{"),
        Value::Sequence(items) => items.iter().any(|item| is_template(item)),
        Value::Mapping(entries) => entries.iter().any(|(_, value)| is_template(value)),
        Value::Broken => false,
    }
}

#[cfg(test)]
mod tests;
