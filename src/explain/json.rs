//! The explanation for programs, `topicctl.explain/1`: its keys are a contract.

use serde::Serialize;

use super::{Explanation, LayerValue, Setting, Step, TierExplanation, TopicExplanation, pages};
use crate::diagnostic::{Code, Sources, Span};
use crate::topic::{Field, Layer, TopicName};

const SCHEMA: &str = "topicctl.explain/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    code: Option<CodeEntry>,
    topic: Option<TopicEntry<'a>>,
    tier: Option<TierEntry<'a>>,
}

#[derive(Serialize)]
struct CodeEntry {
    code: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: u32,
}

#[derive(Serialize)]
struct TopicEntry<'a> {
    name: &'a str,
    place: Place,
    also_at: Vec<Place>,
    role: &'static str,
    source: Option<&'a str>,
    delay_ms: Option<i64>,
    tier: Option<&'a str>,
    tier_chosen: Option<Place>,
    family: Vec<&'a str>,
    shared_dlq: Option<&'a str>,
    external: bool,
    owner: Option<&'a str>,
    description: Option<&'a str>,
    consumer_groups: Vec<GroupEntry<'a>>,
    values: Vec<ValueEntry<'a>>,
}

#[derive(Serialize)]
struct GroupEntry<'a> {
    name: &'a str,
    members: Option<u32>,
    produces: &'a [String],
}

#[derive(Serialize)]
struct TierEntry<'a> {
    name: &'a str,
    place: Option<Place>,
    extends: Vec<LinkEntry<'a>>,
    topics: Vec<&'a str>,
    extended_by: Vec<UserEntry<'a>>,
    values: Vec<ValueEntry<'a>>,
}

#[derive(Serialize)]
struct LinkEntry<'a> {
    name: &'a str,
    place: Option<Place>,
}

#[derive(Serialize)]
struct UserEntry<'a> {
    tier: &'a str,
    topics: Vec<&'a str>,
}

#[derive(Serialize)]
struct ValueEntry<'a> {
    field: &'static str,
    key: Option<&'a str>,
    value: Option<&'a str>,
    steps: Vec<StepEntry<'a>>,
}

#[derive(Serialize)]
struct StepEntry<'a> {
    kind: &'static str,
    value: Option<&'a str>,
    written: Option<&'a str>,
    layer: &'static str,
    tier: Option<&'a str>,
    profile: Option<&'a str>,
    source: Option<&'a str>,
    place: Option<Place>,
    holds: bool,
}

/// One indented document with a line break behind it.
///
/// # Errors
/// Where the document cannot be written, which memory alone could prevent.
pub fn render(explanation: &Explanation, sources: &Sources) -> Result<String, serde_json::Error> {
    let document = Document {
        schema: SCHEMA,
        code: explanation.code.map(code),
        topic: explanation.topic.as_ref().map(|one| topic(one, sources)),
        tier: explanation.tier.as_ref().map(|one| tier(one, sources)),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn code(code: Code) -> CodeEntry {
    CodeEntry {
        code: code.as_str(),
        markdown: pages::section(code),
    }
}

fn place(span: Span, sources: &Sources) -> Place {
    let location = sources.location(span);
    Place {
        file: location.file.to_string(),
        line: location.line,
    }
}

fn names(all: &[TopicName]) -> Vec<&str> {
    all.iter().map(TopicName::as_str).collect()
}

fn topic<'a>(explained: &'a TopicExplanation, sources: &Sources) -> TopicEntry<'a> {
    let topic = &explained.topic;
    let groups = topic.consumer_groups.iter().map(|group| GroupEntry {
        name: &group.name,
        members: group.members,
        produces: &group.produces,
    });
    TopicEntry {
        name: topic.name.as_str(),
        place: place(topic.span, sources),
        also_at: explained
            .also_at
            .iter()
            .map(|span| place(*span, sources))
            .collect(),
        role: topic.role.as_str(),
        source: topic.source.as_ref().map(TopicName::as_str),
        delay_ms: topic.delay.as_ref().map(|delay| delay.ms),
        tier: topic.tier.as_deref(),
        tier_chosen: explained.tier_chosen.map(|span| place(span, sources)),
        family: names(&explained.family),
        shared_dlq: topic.shared_dlq.as_ref().map(TopicName::as_str),
        external: topic.external,
        owner: topic.owner.as_deref(),
        description: topic.description.as_deref(),
        consumer_groups: groups.collect(),
        values: values(&explained.settings, sources),
    }
}

fn tier<'a>(tier: &'a TierExplanation, sources: &Sources) -> TierEntry<'a> {
    TierEntry {
        name: &tier.name,
        place: tier.span.map(|span| place(span, sources)),
        extends: tier
            .extends
            .iter()
            .map(|link| LinkEntry {
                name: &link.name,
                place: link.span.map(|span| place(span, sources)),
            })
            .collect(),
        topics: names(&tier.topics),
        extended_by: tier
            .extended_by
            .iter()
            .map(|(tier, topics)| UserEntry {
                tier,
                topics: names(topics),
            })
            .collect(),
        values: values(&tier.settings, sources),
    }
}

fn values<'a>(settings: &'a [Setting], sources: &Sources) -> Vec<ValueEntry<'a>> {
    let entry = |setting: &'a Setting| {
        let winner = setting.winner();
        let steps = setting.steps.iter().enumerate();
        ValueEntry {
            field: match setting.field {
                Field::Partitions => "partitions",
                Field::ReplicationFactor => "replication_factor",
                Field::Config(_) => "config",
            },
            key: setting.field.key(),
            value: setting.value.as_deref(),
            steps: steps
                .map(|(at, one)| step(one, winner == Some(at), sources))
                .collect(),
        }
    };
    settings.iter().map(entry).collect()
}

fn step<'a>(step: &'a Step, holds: bool, sources: &Sources) -> StepEntry<'a> {
    let (kind, value, written) = match &step.value {
        LayerValue::Value { value, written } => ("value", Some(value.as_str()), written.as_deref()),
        LayerValue::Rule(rule) => ("rule", None, Some(rule.as_str())),
        LayerValue::Default(word) => ("default", None, Some(*word)),
        LayerValue::Unreadable(text) => ("unread", None, Some(text.as_str())),
    };
    let (layer, tier, profile, source) = match &step.origin.layer {
        Layer::BuiltInTier(tier) => ("built-in-tier", Some(tier.as_str()), None, None),
        Layer::Source(source) => ("source", None, None, Some(source.as_str())),
        Layer::Tier(tier) => ("tier", Some(tier.as_str()), None, None),
        Layer::ProfileTier { profile, tier } => (
            "profile-tier",
            Some(tier.as_str()),
            Some(profile.as_str()),
            None,
        ),
        Layer::Topic => ("topic", None, None, None),
        Layer::ProfileAll(profile) => ("profile-all", None, Some(profile.as_str()), None),
        Layer::ProfileTopic(profile) => ("profile-topic", None, Some(profile.as_str()), None),
    };
    StepEntry {
        kind,
        value,
        written,
        layer,
        tier,
        profile,
        source,
        place: step.origin.span.map(|span| place(span, sources)),
        holds,
    }
}
