//! A manifest of what exists: the topics of a snapshot, each with what is set on the topic itself.
//!
//! Takes a [`Snapshot`] and gives text. Pure: knows no cluster, reads nothing and prints nothing.
//! What a manifest cannot say, or the broker did not report, becomes a comment and is not compared;
//! it never becomes a value that the cluster does not have.

use std::collections::BTreeMap;

use serde_yaml::{Mapping, Value};

use crate::catalog::{self, KeyClass};
use crate::cluster::snapshot::{Recorded, Snapshot};
use crate::diagnostic::{Code, printable};
use crate::observed::{ObservedConfig, ObservedOrigin, ObservedPartition, Unreadable};
use crate::render::yaml::{broker_form, set, text};
use crate::topic::{ConfigKey, ConfigValue, MIN_INSYNC_REPLICAS, RETENTION_MS, TopicName};

/// The tier that holds what many topics share.
const TIER: &str = "exported";
/// Fewer topics than this with the same settings share them by chance.
const MANY: usize = 3;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export<'a> {
    pub text: String,
    pub topics: usize,
    /// Topics that could not be read.
    pub left_out: Vec<(&'a TopicName, &'a Unreadable)>,
}

/// What topics may have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Settings {
    replication_factor: Option<usize>,
    /// By field, `retention` or a configuration key.
    values: BTreeMap<String, String>,
}

impl Settings {
    fn include(&self, tier: &Self) -> bool {
        let has = |(field, value)| self.values.get(field) == Some(value);
        self.replication_factor == tier.replication_factor && tier.values.iter().all(has)
    }

    /// Writes the settings that a tier does not hold already.
    fn write(&self, tier: &Self, entry: &mut Mapping) {
        if let Some(factor) = self.replication_factor
            && tier.replication_factor.is_none()
        {
            set(entry, "replication_factor", Value::from(factor));
        }
        let mut config = Mapping::new();
        for (field, value) in &self.values {
            if tier.values.contains_key(field) {
                continue;
            }
            if field == "retention" {
                set(entry, field, text(value));
            } else {
                set(&mut config, field, broker_form(value));
            }
        }
        if !config.is_empty() {
            set(entry, "config", Value::Mapping(config));
        }
    }
}

struct Topic<'a> {
    name: &'a TopicName,
    partitions: usize,
    settings: Settings,
    /// Checks that the topic breaks, and that its entry therefore allows.
    allow: Option<Code>,
    /// What a manifest cannot say.
    comments: Vec<String>,
}

/// Writes the topics of a snapshot but for Kafka's own, sorted by name.
pub fn manifest(snapshot: &Snapshot) -> Export<'_> {
    let mut topics = Vec::new();
    let mut left_out = Vec::new();
    for (name, recorded) in &snapshot.topics {
        match recorded {
            _ if name.is_internal() => {}
            Recorded::Absent => {}
            Recorded::Present {
                partitions,
                config: Ok(config),
            } => topics.push(topic(name, partitions, config)),
            Recorded::Present {
                config: Err(unknown),
                ..
            }
            | Recorded::Unknown(unknown) => left_out.push((name, unknown)),
        }
    }
    let tier = common(&topics);
    let mut out = header(snapshot, tier.is_some());
    if let Some(tier) = &tier {
        let (mut fields, mut tiers, mut document) =
            (Mapping::new(), Mapping::new(), Mapping::new());
        set(&mut fields, "extends", text("plain"));
        tier.write(&Settings::default(), &mut fields);
        set(&mut tiers, TIER, Value::Mapping(fields));
        set(&mut document, "tiers", Value::Mapping(tiers));
        out.push_str(&yaml(&Value::Mapping(document)));
    }
    out.push_str("topics:\n");
    for topic in &topics {
        for comment in &topic.comments {
            out.push_str(&format!("# {}\n", printable(comment)));
        }
        let entry = Value::Mapping(entry(topic, tier.as_ref()));
        out.push_str(&yaml(&Value::Sequence(vec![entry])));
    }
    Export {
        text: out,
        topics: topics.len(),
        left_out,
    }
}

/// The settings of most topics with exactly the same ones; of equally many, the first in order.
fn common(topics: &[Topic<'_>]) -> Option<Settings> {
    let mut counts: BTreeMap<&Settings, usize> = BTreeMap::new();
    for topic in topics {
        if !topic.settings.values.is_empty() {
            *counts.entry(&topic.settings).or_default() += 1;
        }
    }
    let many = counts.into_iter().filter(|(_, count)| *count >= MANY);
    // The last of equal ones is the greatest, so that the order is turned round.
    let most = many.rev().max_by_key(|(_, count)| *count);
    most.map(|(settings, _)| settings.clone())
}

fn header(snapshot: &Snapshot, has_tier: bool) -> String {
    let cluster = match &snapshot.cluster.id {
        Some(id) => format!("cluster {}", printable(id)),
        None => "a cluster without an id".to_owned(),
    };
    let mut header = format!(
        "# Written by `topicctl export` from {cluster}.\n\
         # A topic states what is set on the topic itself. What it has from its brokers\n\
         # is left out, and not compared.\n"
    );
    if has_tier {
        header.push_str(&format!(
            "# The tier `{TIER}` holds what most topics have in common. In a project it\n\
             # belongs in topicctl.yaml.\n"
        ));
    }
    header
}

/// Mappings with text keys always become YAML.
fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}

fn entry(topic: &Topic<'_>, tier: Option<&Settings>) -> Mapping {
    let tier = tier.filter(|tier| topic.settings.include(tier));
    let mut entry = Mapping::new();
    set(&mut entry, "name", text(topic.name.as_str()));
    // Stated also where it is plain: the project that reads this may have another default.
    let name = if tier.is_some() { TIER } else { "plain" };
    set(&mut entry, "tier", text(name));
    set(&mut entry, "partitions", Value::from(topic.partitions));
    let nothing = Settings::default();
    topic.settings.write(tier.unwrap_or(&nothing), &mut entry);
    if let Some(code) = topic.allow {
        let codes = vec![text(code.as_str())];
        set(&mut entry, "allow", Value::Sequence(codes));
    }
    entry
}

fn topic<'a>(
    name: &'a TopicName,
    partitions: &[ObservedPartition],
    config: &BTreeMap<ConfigKey, ObservedConfig>,
) -> Topic<'a> {
    let mut comments = Vec::new();
    let counts = || partitions.iter().map(|partition| partition.replicas.len());
    let (fewest, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    let even = (fewest == most && most > 0).then_some(most);
    if even.is_none() {
        comments.push(format!(
            "{name}: its partitions have {fewest} to {most} replicas, so no replication factor \
             is declared"
        ));
    }
    let mut values = BTreeMap::new();
    for (key, found) in config {
        if found.origin != ObservedOrigin::Topic {
            continue;
        }
        match &found.value {
            None => comments.push(format!(
                "{name}: {key} is set, but the broker keeps its value to itself"
            )),
            Some(value) => match written(key.as_str(), value) {
                Ok((field, value)) => {
                    values.insert(field, value);
                }
                Err(reason) => comments.push(format!("{name}: {key} is set to {value}: {reason}")),
            },
        }
    }
    let min_insync = values
        .get(MIN_INSYNC_REPLICAS)
        .and_then(|value| value.parse::<usize>().ok());
    let stuck = min_insync.zip(even).is_some_and(|(min, most)| min > most);
    if stuck {
        comments.push(format!(
            "{name}: nobody can write to it with acks=all, {MIN_INSYNC_REPLICAS} is above its replicas"
        ));
    }
    Topic {
        name,
        partitions: partitions.len(),
        settings: Settings {
            replication_factor: even,
            values,
        },
        allow: stuck.then_some(Code::MinInsyncAboveReplication),
        comments,
    }
}

/// The field and the text that read back to this value, in units where that is exact.
fn written(key: &str, value: &str) -> Result<(String, String), String> {
    let read = |text: &str| -> Result<ConfigValue, String> {
        match catalog::classify(key) {
            KeyClass::Known(spec) => catalog::parse(spec, text).map_err(|error| error.to_string()),
            KeyClass::Vendor(_) => {
                catalog::parse_vendor(key, text).map_err(|error| error.to_string())
            }
            KeyClass::Unknown(_) => Err("this version does not know the key".to_owned()),
        }
    };
    let is_same = |text: &str| {
        let read = read(text);
        read.is_ok_and(|read| catalog::same(key, read.as_str(), value))
    };
    let human = catalog::human(key, value);
    if is_same(&human) {
        // A bare number has no place in `retention`.
        let field = match key {
            RETENTION_MS if human.parse::<i64>().is_err() => "retention",
            _ => key,
        };
        return Ok((field.to_owned(), human));
    }
    read(value)?;
    match is_same(value) {
        true => Ok((key.to_owned(), value.to_owned())),
        false => Err("a manifest would say something else".to_owned()),
    }
}

#[cfg(test)]
mod tests;
