//! The two things topicctl does with a cluster: look, and create.
//!
//! [`ObserveTopics`], [`ObserveLeaders`] and [`ObserveGroups`] read; [`CreateTopics`] is the only
//! trait that writes, and creating is all that it can do: nothing here could alter or delete. This
//! module does not mention librdkafka; [`kafka`] implements the traits over it.

pub mod batch;
pub mod kafka;
pub mod snapshot;

use std::collections::BTreeMap;
use std::fmt;

use crate::groups;
use crate::observed::{ClusterIdentity, Observation, Unserved};
use crate::topic::{
    ConfigKey, ConfigValue, DeclaredTopic, Partitions, ReplicationFactor, TopicName,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    pub name: TopicName,
    pub keys: Keys,
}

impl Wanted {
    /// Without its configuration.
    pub fn bare(name: &TopicName) -> Self {
        Self {
            name: name.clone(),
            keys: Keys::NONE,
        }
    }

    pub fn declared(topic: &DeclaredTopic) -> Self {
        Self {
            name: topic.name.clone(),
            keys: Keys::These(topic.config.keys().cloned().collect()),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Keys {
    /// These; where there are none, the configuration is not read at all.
    These(Vec<ConfigKey>),
    /// All that the broker has: three to six times slower.
    All,
}

impl Keys {
    pub const NONE: Self = Self::These(Vec::new());
}

/// How sure a look must be that a topic does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absence {
    /// One answer is enough, because the controller has the last word afterwards.
    AsReported,
    /// A second look, a moment later and at another broker where there is one: any single broker
    /// may lag behind.
    Confirmed,
}

pub trait ObserveTopics {
    /// Which cluster this is, and how many brokers it has at this moment.
    fn identity(&self) -> impl Future<Output = Result<ClusterIdentity, ClusterError>>;

    /// The names of all topics that may be seen. Topics without the right to DESCRIBE are left out
    /// by the cluster, so absence from this list means nothing.
    ///
    /// # Errors
    /// Where the cluster as a whole could not be asked.
    fn names(&self) -> impl Future<Output = Result<Vec<TopicName>, ClusterError>>;

    /// Looks at topics by name. The answer has an entry for every wanted name; a topic that could
    /// not be read is an entry and not an error.
    ///
    /// # Errors
    /// Where the cluster as a whole could not be asked.
    fn observe(
        &self,
        wanted: &[Wanted],
        absence: Absence,
    ) -> impl Future<Output = Result<Observation, ClusterError>>;
}

/// Asks leaders. What was recorded of a cluster has none.
pub trait ObserveLeaders {
    /// Asks the leader of each partition, 0 to the count, for its end offset, and returns those
    /// that did not answer with one: a leader in the metadata does not serve yet.
    ///
    /// # Errors
    /// Where the cluster as a whole could not be asked.
    fn unserved(
        &self,
        topics: &[(TopicName, Partitions)],
    ) -> impl Future<Output = Result<Vec<Unserved>, ClusterError>>;

    /// [`ObserveTopics::observe`], with absence as reported, and [`Self::unserved`] of the topics
    /// that exist and have all their leaders.
    ///
    /// # Errors
    /// Where the cluster as a whole could not be asked.
    fn observe_with_leaders(
        &self,
        wanted: &[Wanted],
    ) -> impl Future<Output = Result<Observation, ClusterError>>;
}

/// Reads consumer groups and offsets: no method could join a group, commit or delete.
pub trait ObserveGroups {
    /// Describes groups, reads their commits, and then the offsets that partitions have, in this
    /// order: what is written meanwhile adds to lag and never takes from it. A group or a partition
    /// that could not be read is an entry and not an error; so is a group that does not exist.
    ///
    /// # Errors
    /// Where the cluster as a whole could not be asked.
    fn observe_groups(
        &self,
        wanted: &groups::Wanted,
    ) -> impl Future<Output = Result<groups::ObservedGroups, ClusterError>>;
}

/// The only writer.
pub trait CreateTopics: ObserveTopics + ObserveLeaders {
    /// Whether a check creates nothing, as far as is known: false where the broker is of a version
    /// that carries it out.
    fn honors_validate_only(&self) -> bool;

    /// Asks the broker to check the creation of these topics without doing it, in one request.
    ///
    /// # Errors
    /// Where the broker did not answer.
    fn validate(
        &self,
        topics: &[NewTopic],
    ) -> impl Future<Output = Result<BTreeMap<TopicName, Answer>, ClusterError>>;

    /// Creates these topics, in one request. A request that ends without an answer gives
    /// [`Answer::Unclear`] for each of its topics, never an error: whether they exist must be read.
    fn create(&self, topics: &[NewTopic]) -> impl Future<Output = BTreeMap<TopicName, Answer>>;
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTopic {
    pub name: TopicName,
    /// `None` takes the broker's default (KIP-464, Kafka 2.4 and later).
    pub partitions: Option<Partitions>,
    /// `None` takes the broker's default (KIP-464, Kafka 2.4 and later).
    pub replication_factor: Option<ReplicationFactor>,
    /// In the broker's form.
    pub config: BTreeMap<ConfigKey, ConfigValue>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Done, or would be done.
    Accepted,
    /// TOPIC_ALREADY_EXISTS.
    AlreadyExists,
    Refused(Refusal),
    /// No answer, or one that leaves the outcome open; holds what happened.
    Unclear(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Whether a right is missing (exit code 4), else the topic itself was refused (5).
    pub unauthorized: bool,
    /// Kafka's name of the error, `INVALID_REPLICATION_FACTOR` for example.
    pub code: String,
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Why the cluster as a whole could not be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClusterErrorKind {
    /// The connection is described wrongly: nothing was tried.
    Configuration,
    /// No broker could be reached, or none answered in time.
    Unreachable,
    /// The cluster does not accept who we are, or TLS failed.
    Authentication,
    Authorization,
    Broker,
}

/// Why the cluster could not be asked, in words for people. Never holds a secret.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ClusterError {
    /// The kind, which decides the exit code.
    pub kind: ClusterErrorKind,
    /// One sentence that names the broker and what went wrong.
    pub message: String,
    pub detail: Option<String>,
    pub help: Option<String>,
}

impl ClusterError {
    /// Whether the same question may have an answer later.
    pub fn may_pass(&self) -> bool {
        match self.kind {
            ClusterErrorKind::Unreachable | ClusterErrorKind::Broker => true,
            ClusterErrorKind::Configuration
            | ClusterErrorKind::Authentication
            | ClusterErrorKind::Authorization => false,
        }
    }
}
