//! The text of a snapshot: one JSON document, schema `topicctl.snapshot/1`. Its keys are a
//! contract; keys that this version does not know are passed over.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Pattern, Reached, Recorded, Scope, Snapshot};
use crate::observed::{
    ClusterIdentity, ObservedConfig, ObservedOrigin, ObservedPartition, Unreadable,
};
use crate::topic::{ConfigKey, TopicName};

const SCHEMA: &str = "topicctl.snapshot/1";

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not JSON, or JSON of another shape.
    #[error("it is not a snapshot: {0}")]
    Shape(String),
    /// A snapshot that another version understands.
    #[error("its schema is `{0}`, and this version reads `{SCHEMA}`")]
    Schema(String),
    #[error("{0} is wrong: {1}")]
    Value(&'static str, String),
}

#[derive(Deserialize)]
struct Head {
    schema: String,
}

#[derive(Serialize, Deserialize)]
struct Document {
    schema: String,
    taken_at: String,
    cluster: ClusterEntry,
    reached: ReachedEntry,
    scope: ScopeEntry,
    topics: BTreeMap<String, TopicEntry>,
}

#[derive(Serialize, Deserialize)]
struct ClusterEntry {
    id: Option<String>,
    brokers: Vec<i32>,
    /// Of those that tell it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    racks: BTreeMap<i32, String>,
}

#[derive(Serialize, Deserialize)]
struct ReachedEntry {
    bootstrap_servers: String,
    command_config: Option<String>,
    user: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ScopeEntry {
    select: Vec<Pattern>,
    ignore: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
enum TopicEntry {
    Present {
        partitions: Vec<PartitionEntry>,
        /// Null where it could not be read.
        config: Option<BTreeMap<String, ConfigEntry>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        config_unknown: Option<UnknownEntry>,
    },
    Absent,
    Unknown(UnknownEntry),
}

#[derive(Serialize, Deserialize)]
struct PartitionEntry {
    id: i32,
    leader: Option<i32>,
    replicas: Vec<i32>,
    in_sync: Vec<i32>,
}

#[derive(Serialize, Deserialize)]
struct ConfigEntry {
    value: Option<String>,
    origin: String,
}

#[derive(Serialize, Deserialize)]
struct UnknownEntry {
    exists: bool,
    unauthorized: bool,
    reason: String,
}

impl Snapshot {
    /// The text of the file, with a line break behind it. The same snapshot gives the same text.
    pub fn to_json(&self) -> String {
        let topics = self.topics.iter();
        let document = Document {
            schema: SCHEMA.to_owned(),
            taken_at: self.taken_at.to_string(),
            cluster: ClusterEntry {
                id: self.cluster.id.clone(),
                brokers: self.cluster.brokers.clone(),
                racks: self.cluster.racks.clone(),
            },
            reached: ReachedEntry {
                bootstrap_servers: self.reached.bootstrap_servers.clone(),
                command_config: self
                    .reached
                    .command_config
                    .as_ref()
                    .map(|path| path.display().to_string()),
                user: self.reached.user.clone(),
            },
            scope: ScopeEntry {
                select: self.scope.patterns().cloned().collect(),
                ignore: self.scope.ignored().map(str::to_owned).collect(),
            },
            topics: topics
                .map(|(name, recorded)| (name.to_string(), entry(recorded)))
                .collect(),
        };
        // Texts, numbers and maps with text keys always become JSON.
        let json = serde_json::to_string_pretty(&document).unwrap_or_default();
        json + "\n"
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Where it is not a snapshot that this version understands.
    pub fn from_json(text: &str) -> Result<Self, SnapshotError> {
        let shape = |error: serde_json::Error| SnapshotError::Shape(error.to_string());
        let head: Head = serde_json::from_str(text).map_err(shape)?;
        if head.schema != SCHEMA {
            return Err(SnapshotError::Schema(head.schema));
        }
        let document: Document = serde_json::from_str(text).map_err(shape)?;
        let taken_at = timestamp(&document.taken_at)
            .ok_or_else(|| SnapshotError::Value("taken_at", document.taken_at.clone()))?;
        let scope = Scope::from_patterns(document.scope.select, &document.scope.ignore)
            .map_err(|error| SnapshotError::Value("scope", error.to_string()))?;
        let topics = document.topics.into_iter().map(|(name, entry)| {
            let wrong = |reason| SnapshotError::Value("topics", format!("{name}: {reason}"));
            let parsed = TopicName::parse(&name).map_err(|error| wrong(error.to_string()))?;
            let recorded = recorded(entry)
                .ok_or_else(|| wrong("no configuration, and no reason for that".to_owned()))?;
            Ok((parsed, recorded))
        });
        Ok(Self {
            taken_at,
            cluster: ClusterIdentity {
                id: document.cluster.id,
                brokers: document.cluster.brokers,
                racks: document.cluster.racks,
            },
            reached: Reached {
                bootstrap_servers: document.reached.bootstrap_servers,
                command_config: document.reached.command_config.map(Into::into),
                user: document.reached.user,
            },
            scope,
            topics: topics.collect::<Result<_, _>>()?,
        })
    }
}

/// Reads `2026-03-01T09:30:00Z` from 1970 on, and no other form.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    let at: Timestamp = text.parse().ok()?;
    let is_canonical = at.subsec_nanosecond() == 0 && at.to_string() == text;
    (is_canonical && at >= Timestamp::UNIX_EPOCH).then_some(at)
}

fn entry(recorded: &Recorded) -> TopicEntry {
    match recorded {
        Recorded::Absent => TopicEntry::Absent,
        Recorded::Unknown(unknown) => TopicEntry::Unknown(unknown_entry(unknown)),
        Recorded::Present { partitions, config } => TopicEntry::Present {
            partitions: partitions
                .iter()
                .map(|one| PartitionEntry {
                    id: one.id,
                    leader: one.leader,
                    replicas: one.replicas.clone(),
                    in_sync: one.in_sync.clone(),
                })
                .collect(),
            config: config.as_ref().ok().map(|config| {
                let entries = config.iter().map(|(key, one)| {
                    let value = one.value.clone();
                    let origin = one.origin.as_str().to_owned();
                    (key.to_string(), ConfigEntry { value, origin })
                });
                entries.collect()
            }),
            config_unknown: config.as_ref().err().map(unknown_entry),
        },
    }
}

fn unknown_entry(unknown: &Unreadable) -> UnknownEntry {
    UnknownEntry {
        exists: unknown.exists,
        unauthorized: unknown.unauthorized,
        reason: unknown.reason.clone(),
    }
}

fn recorded(entry: TopicEntry) -> Option<Recorded> {
    Some(match entry {
        TopicEntry::Absent => Recorded::Absent,
        TopicEntry::Unknown(entry) => Recorded::Unknown(unknown(entry)),
        TopicEntry::Present {
            partitions,
            config,
            config_unknown,
        } => Recorded::Present {
            partitions: partitions
                .into_iter()
                .map(|one| ObservedPartition {
                    id: one.id,
                    leader: one.leader,
                    replicas: one.replicas,
                    in_sync: one.in_sync,
                })
                .collect(),
            config: match (config, config_unknown) {
                (_, Some(entry)) => Err(unknown(entry)),
                (Some(config), None) => Ok(config
                    .into_iter()
                    .map(|(key, ConfigEntry { value, origin })| {
                        let origin = parse_origin(&origin);
                        (ConfigKey::new(key), ObservedConfig { value, origin })
                    })
                    .collect()),
                (None, None) => return None,
            },
        },
    })
}

fn unknown(entry: UnknownEntry) -> Unreadable {
    Unreadable {
        exists: entry.exists,
        unauthorized: entry.unauthorized,
        reason: entry.reason,
    }
}

fn parse_origin(word: &str) -> ObservedOrigin {
    let all = [
        ObservedOrigin::Topic,
        ObservedOrigin::DynamicBroker,
        ObservedOrigin::DynamicDefaultBroker,
        ObservedOrigin::StaticBroker,
        ObservedOrigin::Default,
    ];
    all.into_iter()
        .find(|origin| origin.as_str() == word)
        .unwrap_or(ObservedOrigin::Unknown)
}
