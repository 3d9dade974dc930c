//! The declared topics as a manifest that reads back to the same topics, whatever the project file
//! above it says: every name and value stands in its entry.
//!
//! Tiers are resolved: entries take the built-in tier `plain`, which sets nothing. Families stay
//! families, so that roles, sources and delays survive; each step of a ladder is written with
//! values of its own, and what one entry cannot hold goes into external entries beside it. A
//! derived topic becomes an entry of its own where the language has no place for it in a family:
//! its main topic is not among the topics, as `--select` may leave it, or belongs to somebody else
//! and has several topics of that role.

use std::collections::{BTreeMap, HashMap};

use serde_yaml::{Mapping, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::topic::{
    ConsumerGroup, DeclaredTopic, MAX_MESSAGE_BYTES, PartitionKey, Role, TopicName,
};

const HEADER: &str = "\
# Resolved by `topicctl render -o yaml`: no profile, tier or variable is left.
";

/// A main topic with what is derived from it.
struct Family<'a> {
    main: &'a DeclaredTopic,
    /// By step. Several of one step belong to entries of several owners.
    steps: BTreeMap<usize, Vec<&'a DeclaredTopic>>,
    dlqs: Vec<&'a DeclaredTopic>,
    errors: Vec<&'a DeclaredTopic>,
}

pub(super) fn render(topics: &[DeclaredTopic]) -> Result<String, Vec<Diagnostic>> {
    let by_name: HashMap<&TopicName, &DeclaredTopic> =
        topics.iter().map(|topic| (&topic.name, topic)).collect();
    let is_derived = |topic: &DeclaredTopic| {
        topic
            .source
            .as_ref()
            .is_some_and(|source| by_name.contains_key(source))
    };
    let mut families: Vec<Family<'_>> = Vec::new();
    let mut places: HashMap<&TopicName, usize> = HashMap::new();
    for topic in topics.iter().filter(|topic| !is_derived(topic)) {
        places.insert(&topic.name, families.len());
        let (steps, dlqs, errors) = (BTreeMap::new(), Vec::new(), Vec::new());
        families.push(Family {
            main: topic,
            steps,
            dlqs,
            errors,
        });
    }
    for topic in topics.iter().filter(|topic| is_derived(topic)) {
        let Some(place) = places.get(topic.family()) else {
            continue;
        };
        let family = &mut families[*place];
        match topic.role {
            Role::Retry => {
                let step = topic.delay.as_ref().map_or(0, |delay| delay.index);
                family.steps.entry(step).or_default().push(topic);
            }
            Role::Dlq => family.dlqs.push(topic),
            Role::Error | Role::Main => family.errors.push(topic),
        }
    }
    let entries = families
        .iter_mut()
        .flat_map(entries)
        .map(Value::Mapping)
        .collect();
    let mut document = Mapping::new();
    set(&mut document, "topics", Value::Sequence(entries));
    match serde_yaml::to_string(&document) {
        Ok(text) => Ok(format!("{HEADER}{text}")),
        Err(error) => Err(vec![Diagnostic::error(Code::Usage, error.to_string())]),
    }
}

/// The family's entry, and entries beside it for what does not fit: pipelines and other teams'
/// entries may derive topics from the same main topic.
fn entries(family: &mut Family<'_>) -> Vec<Mapping> {
    let main = family.main;
    // Of two external entries none declares the topic.
    let alone = if main.external {
        surplus(family)
    } else {
        Vec::new()
    };
    let shared = main.shared_dlq.as_ref().map(|name| text(name.as_str()));
    let blocks = family
        .dlqs
        .iter()
        .map(|dlq| Value::Mapping(block(dlq, main)));
    let mut dlqs = shared.into_iter().chain(blocks);
    let mut errors = family
        .errors
        .iter()
        .map(|error| Value::Mapping(block(error, main)));
    let longest = family.steps.values().map(Vec::len).max().unwrap_or(0);
    let mut ladders = (0..longest).map(|which| ladder(family, which));
    let mut entries = Vec::new();
    loop {
        let (retry, dlq, error) = (ladders.next(), dlqs.next(), errors.next());
        let is_first = entries.is_empty();
        if !is_first && retry.is_none() && dlq.is_none() && error.is_none() {
            break;
        }
        let mut entry = if is_first {
            block(main, main)
        } else {
            beside(main)
        };
        for (field, value) in [("retry", retry), ("dlq", dlq), ("error", error)] {
            if let Some(value) = value {
                set(&mut entry, field, value);
            }
        }
        entries.push(entry);
    }
    entries.extend(alone.into_iter().map(|topic| block(topic, topic)));
    entries
}

/// Takes out what one entry cannot hold.
fn surplus<'a>(family: &mut Family<'a>) -> Vec<&'a DeclaredTopic> {
    let dlqs = usize::from(family.main.shared_dlq.is_none()).min(family.dlqs.len());
    let mut surplus = family.dlqs.split_off(dlqs);
    surplus.extend(family.errors.split_off(family.errors.len().min(1)));
    for steps in family.steps.values_mut() {
        surplus.extend(steps.split_off(1));
    }
    surplus
}

/// An entry for a topic that another entry declares.
fn beside(main: &DeclaredTopic) -> Mapping {
    let mut entry = Mapping::new();
    set(&mut entry, "name", text(main.name.as_str()));
    set(&mut entry, "external", Value::Bool(true));
    entry
}

fn ladder(family: &Family<'_>, which: usize) -> Value {
    let steps = family.steps.values().filter_map(|steps| steps.get(which));
    let delays = steps.map(|step| {
        let mut delay = Mapping::new();
        let written = step.delay.as_ref().map_or("", |delay| &delay.written);
        set(&mut delay, "delay", text(written));
        delay.extend(block(step, family.main));
        Value::Mapping(delay)
    });
    let mut retry = Mapping::new();
    set(&mut retry, "delays", Value::Sequence(delays.collect()));
    Value::Mapping(retry)
}

/// The fields that a topic's entry and a derived block share.
fn block(topic: &DeclaredTopic, main: &DeclaredTopic) -> Mapping {
    let mut fields = Mapping::new();
    let mut put = |field: &str, value: Option<Value>| {
        if let Some(value) = value {
            set(&mut fields, field, value);
        }
    };
    put("name", Some(text(topic.name.as_str())));
    put("description", topic.description.as_deref().map(text));
    put("owner", topic.owner.as_deref().map(text));
    put("external", topic.external.then_some(Value::Bool(true)));
    // What an external topic does not state is not compared.
    let default = || (!topic.external).then(|| text("default"));
    put("tier", (!topic.external).then(|| text("plain")));
    let partitions = topic
        .partitions
        .as_ref()
        .map(|count| Value::from(count.value.get()));
    put("partitions", partitions.or_else(default));
    let factor = topic
        .replication_factor
        .as_ref()
        .map(|factor| Value::from(factor.value.get()));
    put("replication_factor", factor.or_else(default));
    let mut config = Mapping::new();
    for (key, value) in &topic.config {
        set(&mut config, key.as_str(), broker_form(value.value.as_str()));
    }
    // What a derived topic would else inherit.
    let inherits = !topic.external && topic.name != main.name;
    let has = |topic: &DeclaredTopic| topic.config_value(MAX_MESSAGE_BYTES).is_some();
    if inherits && has(main) && !has(topic) {
        set(&mut config, MAX_MESSAGE_BYTES, Value::Null);
    }
    put(
        "config",
        (!config.is_empty()).then_some(Value::Mapping(config)),
    );
    let groups: Vec<_> = topic.consumer_groups.iter().map(group).collect();
    put(
        "consumer_groups",
        (!groups.is_empty()).then_some(Value::Sequence(groups)),
    );
    put(
        "partition_key",
        topic.partition_key.as_ref().map(partition_key),
    );
    put("env", topic.env.as_deref().map(text));
    let allow: Vec<_> = topic.allow.iter().map(|code| text(code.as_str())).collect();
    put(
        "allow",
        (!allow.is_empty()).then_some(Value::Sequence(allow)),
    );
    fields
}

/// Whole numbers look better without quotes, and read the same.
pub(crate) fn broker_form(value: &str) -> Value {
    match value.parse::<i64>() {
        Ok(number) if number.to_string() == value => Value::from(number),
        _ => text(value),
    }
}

fn group(group: &ConsumerGroup) -> Value {
    if group.members.is_none() && group.produces.is_empty() {
        return text(&group.name);
    }
    let mut fields = Mapping::new();
    set(&mut fields, "name", text(&group.name));
    if let Some(members) = group.members {
        set(&mut fields, "members", Value::from(members));
    }
    if !group.produces.is_empty() {
        let produces = group.produces.iter().map(|name| text(name)).collect();
        set(&mut fields, "produces", Value::Sequence(produces));
    }
    Value::Mapping(fields)
}

fn partition_key(key: &PartitionKey) -> Value {
    let mut fields = Mapping::new();
    if let Some(field) = &key.field {
        set(&mut fields, "field", text(field));
    }
    if let Some(partitioner) = key.partitioner {
        set(&mut fields, "partitioner", text(partitioner.as_str()));
    }
    Value::Mapping(fields)
}

pub(crate) fn set(mapping: &mut Mapping, field: &str, value: Value) {
    mapping.insert(Value::String(field.to_owned()), value);
}

/// A text that means itself: a manifest's dollars begin variables.
pub(crate) fn text(text: &str) -> Value {
    Value::String(text.replace('$', "$$"))
}
