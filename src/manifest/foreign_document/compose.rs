//! Compose files, and the topics that images create by a variable.

use super::entry::{self, Topic};
use super::{Content, Foreign, MOST_ENTRIES, at, entries, is_mapping, items, place, text_at};
use crate::manifest::yaml::Node;

/// Services of Docker Compose. Some images take topics in a variable.
pub(super) fn compose(node: &Node) -> Option<Foreign<'_>> {
    let services = at(node, "services").filter(|it| is_mapping(it))?;
    let is_service = |one: &Node| at(one, "image").is_some() || at(one, "build").is_some();
    if !entries(services).any(|(_, one)| is_service(one)) {
        return None;
    }
    let created = entries(services).filter_map(|(_, one)| variable(one, "KAFKA_CREATE_TOPICS"));
    let created: Vec<_> = created.flat_map(|text| created_topics(&text)).collect();
    let lines = entry::write(&created, MOST_ENTRIES);
    let end = if lines.is_some() { ":" } else { "" };
    Some(Foreign {
        what: "a Compose file".to_owned(),
        place: place(node, "services"),
        content: Content::Other {
            help: format!(
                "leave it out of the paths that topicctl reads; topics that its containers create \
                 are written under `topics:` in a file of their own{end}"
            ),
            lines,
        },
    })
}

/// A variable of a service, whose environment is a mapping or a list.
fn variable(service: &Node, name: &str) -> Option<String> {
    let environment = at(service, "environment")?;
    if let Some(text) = text_at(environment, name) {
        return Some(text);
    }
    let texts = items(Some(environment)).filter_map(Node::text);
    let mut assigned = texts.filter_map(|text| {
        let (key, value) = text.text.split_once('=')?;
        (key == name).then(|| value.to_owned())
    });
    assigned.next()
}

/// `NAME:PARTITIONS:REPLICAS`, perhaps with a cleanup policy, separated by commas or white space.
fn created_topics(text: &str) -> Vec<Option<Topic>> {
    let all = text.split(|c: char| c == ',' || c.is_whitespace());
    let all = all.filter(|one| !one.is_empty());
    let read = |one: &str| {
        let mut parts = one.split(':');
        let name = parts.next()?;
        let (partitions, replicas) = (parts.next(), parts.next());
        let config = parts.next().map(|policy| ("cleanup.policy", policy));
        Topic::stated(name, partitions, replicas, config)
    };
    all.map(read).collect()
}
