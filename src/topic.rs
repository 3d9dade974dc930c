//! The checked vocabulary that every stage shares: names, counts, configuration and the topic as
//! declared.
//!
//! A value of these types is valid by construction; what a manifest's text looked like before it
//! was checked stays in [`crate::manifest`]. This module does no I/O and knows neither YAML nor a
//! client.

use std::collections::BTreeMap;
use std::fmt;

use crate::diagnostic::{Code, Span};

/// Longest legal topic name, in characters (Kafka's `org.apache.kafka.common.internals.Topic`).
pub const MAX_NAME_LENGTH: usize = 249;

/// Topics that Kafka keeps for itself. `__cluster_metadata` is refused by the broker; the others
/// it would create for anybody who asks.
const INTERNAL_NAMES: [&str; 4] = [
    "__consumer_offsets",
    "__transaction_state",
    "__share_group_state",
    "__cluster_metadata",
];

/// A legal topic name: 1 to 249 of `[a-zA-Z0-9._-]`, and neither `.` nor `..`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TopicName(String);

/// Why a text is not a topic name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TopicNameError {
    #[error("a topic name cannot be empty")]
    Empty,
    /// `.` or `..`, which would be directories on the broker's disk.
    #[error("a topic name cannot be `.` or `..`")]
    Dots,
    /// Longer than [`MAX_NAME_LENGTH`]; holds the length in characters.
    #[error("a topic name has at most {MAX_NAME_LENGTH} characters, this one has {0}")]
    TooLong(usize),
    /// A character outside of `[a-zA-Z0-9._-]`.
    #[error("a topic name is made of letters, digits, `.`, `_` and `-`, not {0:?}")]
    Character(char),
}

impl TopicName {
    pub fn parse(text: &str) -> Result<Self, TopicNameError> {
        if text.is_empty() {
            return Err(TopicNameError::Empty);
        }
        if let Some(illegal) = text
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        {
            return Err(TopicNameError::Character(illegal));
        }
        if text == "." || text == ".." {
            return Err(TopicNameError::Dots);
        }
        if text.len() > MAX_NAME_LENGTH {
            return Err(TopicNameError::TooLong(text.len()));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Kafka keeps this topic for itself.
    pub fn is_internal(&self) -> bool {
        INTERNAL_NAMES.contains(&self.0.as_str())
    }

    /// What two names share when the broker's metrics cannot tell them apart: it refuses `a.b`
    /// beside `a_b`.
    pub fn collision_key(&self) -> String {
        self.0.replace('.', "_")
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A partition count, from 1 to `i32::MAX`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Partitions(i32);

impl Partitions {
    /// `None` below 1.
    pub fn new(count: i32) -> Option<Self> {
        (count >= 1).then_some(Self(count))
    }

    pub fn get(self) -> i32 {
        self.0
    }

    pub fn count(self) -> usize {
        // At least 1, and no address space is smaller than its type.
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Partitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A replication factor, from 1 to `i16::MAX`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReplicationFactor(i16);

impl ReplicationFactor {
    /// `None` below 1.
    pub fn new(count: i16) -> Option<Self> {
        (count >= 1).then_some(Self(count))
    }

    pub fn get(self) -> i16 {
        self.0
    }

    pub fn count(self) -> usize {
        // At least 1, and no address space is smaller than its type.
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for ReplicationFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The name of a topic configuration, `retention.ms` for example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConfigKey(String);

impl ConfigKey {
    /// Takes a key that the catalog knows, a vendor's (`redpanda.*`), or one that the policy lets
    /// through.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

pub(crate) const CLEANUP_POLICY: &str = "cleanup.policy";
pub(crate) const MAX_MESSAGE_BYTES: &str = "max.message.bytes";
pub(crate) const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
pub(crate) const RETENTION_MS: &str = "retention.ms";

/// A configuration value in the form that the broker takes: durations in milliseconds, sizes in
/// bytes, `-1` for unlimited.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConfigValue(String);

impl ConfigValue {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a value is a value of; in the order of output.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Field {
    Partitions,
    ReplicationFactor,
    /// A key of `config`; `retention` is `retention.ms`.
    Config(ConfigKey),
}

impl Field {
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Config(key) => Some(key.as_str()),
            Self::Partitions | Self::ReplicationFactor => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Partitions => "partitions",
            Self::ReplicationFactor => "replication_factor",
            Self::Config(key) => key.as_str(),
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Declared by an entry of its own.
    Main,
    Retry,
    Dlq,
    Error,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Retry => "retry",
            Self::Dlq => "dlq",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which layer of the manifests set a value; later variants win over earlier ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Layer {
    /// One of topicctl's own tiers.
    BuiltInTier(String),
    /// Taken over from the main topic of the family.
    Source(TopicName),
    Tier(String),
    ProfileTier {
        profile: String,
        tier: String,
    },
    /// The topic's own entry, or the derived block.
    Topic,
    ProfileAll(String),
    ProfileTopic(String),
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltInTier(tier) => write!(f, "built-in tier {tier}"),
            Self::Source(name) => write!(f, "the source {name}"),
            Self::Tier(tier) => write!(f, "tier {tier}"),
            Self::ProfileTier { profile, tier } => write!(f, "tier {tier} in profile {profile}"),
            Self::Topic => f.write_str("the topic itself"),
            Self::ProfileAll(profile) => write!(f, "profile {profile}, all topics"),
            Self::ProfileTopic(profile) => write!(f, "profile {profile}, this topic"),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    pub layer: Layer,
    /// The place in the manifests; `None` for a built-in tier.
    pub span: Option<Span>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared<T> {
    pub value: T,
    pub origin: Origin,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsumerGroup {
    pub name: String,
    pub members: Option<u32>,
    pub members_at: Option<Span>,
    /// Topics that its members write to.
    pub produces: Vec<String>,
    /// The pipeline whose steps imply it; `None` for a group that an entry states.
    pub pipeline: Option<String>,
}

impl ConsumerGroup {
    /// Takes what another statement about the same group says.
    pub fn patch(&mut self, other: Self) {
        if other.members.is_some() {
            (self.members, self.members_at) = (other.members, other.members_at);
        }
        if !other.produces.is_empty() {
            self.produces = other.produces;
        }
    }
}

/// A step of a pipeline that reads or writes a topic.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StepUse {
    pub pipeline: String,
    pub step: String,
    /// Whether it writes; else it reads.
    pub writes: bool,
}

/// How producers choose a partition: by which field, with which hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionKey {
    /// The field of the message whose value is hashed.
    pub field: Option<String>,
    pub partitioner: Option<Partitioner>,
}

/// Hashes that clients place keys with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Partitioner {
    /// The digest as a big-endian unsigned integer, modulo the count.
    Md5,
    /// The Java client's default for keyed messages.
    Murmur2,
    /// librdkafka's `consistent` family.
    Crc32,
    /// Sarama's default.
    Fnv1a,
}

impl Partitioner {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Murmur2, Self::Crc32, Self::Fnv1a];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Murmur2 => "murmur2",
            Self::Crc32 => "crc32",
            Self::Fnv1a => "fnv1a",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delay {
    /// Its step of the ladder, from 0.
    pub index: usize,
    /// As the manifest has it, `5m` for example.
    pub written: String,
    /// In milliseconds, at least 1.
    pub ms: i64,
}

/// A topic as the manifests declare it, every value resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeclaredTopic {
    pub name: TopicName,
    pub role: Role,
    /// The main topic of its family; `None` where it is one itself.
    pub source: Option<TopicName>,
    pub delay: Option<Delay>,
    /// The topic that takes its dead letters and is declared by an entry of its own.
    pub shared_dlq: Option<TopicName>,
    /// The tier that shaped it; `None` for an external topic.
    pub tier: Option<String>,
    pub description: Option<String>,
    pub owner: Option<String>,
    /// Owned by somebody else: verified, never created.
    pub external: bool,
    /// `None`: the broker's default, not compared.
    pub partitions: Option<Declared<Partitions>>,
    /// `None`: the broker's default, not compared.
    pub replication_factor: Option<Declared<ReplicationFactor>>,
    /// Every key that is sent at creation and compared afterwards.
    pub config: BTreeMap<ConfigKey, Declared<ConfigValue>>,
    /// Its variable in `render -o env`, where it is named.
    pub env: Option<String>,
    pub allow: Vec<Code>,
    pub consumer_groups: Vec<ConsumerGroup>,
    pub steps: Vec<StepUse>,
    pub partition_key: Option<PartitionKey>,
    /// The topics whose partition count it takes, by `source` or `same_as`: the widest where there
    /// are several.
    pub follows: Vec<TopicName>,
    /// The mapping that holds its fields, and by an alias perhaps those of others; `None` where no
    /// field can be added for it alone: a word declares it (`dlq: true`), the block of a whole ladder,
    /// or several entries that must say the same.
    pub fields: Option<Span>,
    /// Its entry in `topics` of the chosen profile.
    pub profile_entry: Option<Span>,
    pub span: Span,
}

impl DeclaredTopic {
    /// The value of a configuration key, in the broker's form.
    pub fn config_value(&self, key: &str) -> Option<&str> {
        self.config
            .iter()
            .find(|(declared, _)| declared.as_str() == key)
            .map(|(_, value)| value.value.as_str())
    }

    /// How many brokers its replicas need, one each; 0 where the broker decides.
    pub fn brokers_needed(&self) -> usize {
        let factor = self.replication_factor.as_ref();
        factor.map_or(0, |factor| factor.value.count())
    }

    /// Whether old messages of a key make way for newer ones.
    pub fn is_compacted(&self) -> bool {
        let policy = self.config_value(CLEANUP_POLICY).unwrap_or_default();
        policy.split(',').any(|word| word.trim() == "compact")
    }

    /// The main topic of the family, which may be the topic itself.
    pub fn family(&self) -> &TopicName {
        self.source.as_ref().unwrap_or(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_kafka_s_rules() {
        assert!(TopicName::parse("a").is_ok());
        assert!(TopicName::parse("Orders_v1.retry-5m").is_ok());
        assert!(TopicName::parse(&"x".repeat(249)).is_ok());
        assert_eq!(TopicName::parse(""), Err(TopicNameError::Empty));
        assert_eq!(TopicName::parse("."), Err(TopicNameError::Dots));
        assert_eq!(TopicName::parse(".."), Err(TopicNameError::Dots));
        assert_eq!(
            TopicName::parse(&"x".repeat(250)),
            Err(TopicNameError::TooLong(250))
        );
        assert_eq!(TopicName::parse("a b"), Err(TopicNameError::Character(' ')));
        assert_eq!(TopicName::parse("é"), Err(TopicNameError::Character('é')));
    }

    #[test]
    fn dots_and_underscores_collide() {
        let key = |name| TopicName::parse(name).expect("legal").collision_key();
        assert_eq!(key("a.b"), key("a_b"));
        assert_ne!(key("a.b"), key("a-b"));
    }
}
