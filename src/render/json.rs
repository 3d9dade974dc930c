//! The declared topics for programs, `topicctl.topics/1`: its keys are a contract.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::topic::DeclaredTopic;

const SCHEMA: &str = "topicctl.topics/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    topics: Vec<Topic<'a>>,
}

#[derive(Serialize)]
struct Topic<'a> {
    name: &'a str,
    role: &'static str,
    source: Option<&'a str>,
    delay: Option<Delay<'a>>,
    shared_dlq: Option<&'a str>,
    tier: Option<&'a str>,
    description: Option<&'a str>,
    owner: Option<&'a str>,
    external: bool,
    partitions: Option<i32>,
    replication_factor: Option<i16>,
    config: BTreeMap<&'a str, &'a str>,
    env: Option<&'a str>,
    allow: Vec<&'a str>,
    consumer_groups: Vec<Group<'a>>,
    partition_key: Option<Key<'a>>,
    file: String,
    line: u32,
}

#[derive(Serialize)]
struct Delay<'a> {
    step: usize,
    written: &'a str,
    ms: i64,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    members: Option<u32>,
    produces: &'a [String],
}

#[derive(Serialize)]
struct Key<'a> {
    field: Option<&'a str>,
    partitioner: Option<&'static str>,
}

pub(super) fn render(
    topics: &[DeclaredTopic],
    sources: &Sources,
) -> Result<String, Vec<Diagnostic>> {
    let topics = topics.iter().map(|topic| entry(topic, sources)).collect();
    match serde_json::to_string_pretty(&Document {
        schema: SCHEMA,
        topics,
    }) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(vec![Diagnostic::error(Code::Usage, error.to_string())]),
    }
}

fn entry<'a>(topic: &'a DeclaredTopic, sources: &Sources) -> Topic<'a> {
    let place = sources.location(topic.span);
    let config = topic
        .config
        .iter()
        .map(|(key, value)| (key.as_str(), value.value.as_str()));
    Topic {
        name: topic.name.as_str(),
        role: topic.role.as_str(),
        source: topic.source.as_ref().map(|name| name.as_str()),
        delay: topic.delay.as_ref().map(|delay| Delay {
            step: delay.index,
            written: &delay.written,
            ms: delay.ms,
        }),
        shared_dlq: topic.shared_dlq.as_ref().map(|name| name.as_str()),
        tier: topic.tier.as_deref(),
        description: topic.description.as_deref(),
        owner: topic.owner.as_deref(),
        external: topic.external,
        partitions: topic
            .partitions
            .as_ref()
            .map(|declared| declared.value.get()),
        replication_factor: topic
            .replication_factor
            .as_ref()
            .map(|declared| declared.value.get()),
        config: config.collect(),
        env: topic.env.as_deref(),
        allow: topic.allow.iter().map(|code| code.as_str()).collect(),
        consumer_groups: topic
            .consumer_groups
            .iter()
            .map(|group| Group {
                name: &group.name,
                members: group.members,
                produces: &group.produces,
            })
            .collect(),
        partition_key: topic.partition_key.as_ref().map(|key| Key {
            field: key.field.as_deref(),
            partitioner: key.partitioner.map(crate::topic::Partitioner::as_str),
        }),
        file: place.file.to_string(),
        line: place.line,
    }
}
