//! What was seen on the cluster, as plain data.
//!
//! Made by an implementation of [`crate::cluster::ObserveTopics`], read by [`crate::plan`]. This
//! module reaches neither a client nor a clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::topic::{ConfigKey, Partitions, TopicName};

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClusterIdentity {
    /// The cluster's id; old brokers have none.
    pub id: Option<String>,
    /// Ids of the brokers that are registered and alive; empty where none were reported.
    pub brokers: Vec<i32>,
    /// The rack of each of them that tells it.
    pub racks: BTreeMap<i32, String>,
}

impl ClusterIdentity {
    /// How many brokers there are: one at least has answered.
    pub fn broker_count(&self) -> usize {
        self.brokers.len().max(1)
    }
}

/// A broker as it tells clients to reach it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broker {
    pub id: i32,
    /// `host:port`, with brackets around an IPv6 address.
    pub address: String,
    pub rack: Option<String>,
}

/// What one look at the cluster found. It holds an entry for every name that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Observation {
    pub cluster: ClusterIdentity,
    pub topics: BTreeMap<TopicName, Observed>,
    /// Partitions that their leader does not serve, where the leaders were asked.
    pub unserved: BTreeMap<TopicName, Vec<Unserved>>,
    /// Whether no configuration could be asked for: some services offer no DescribeConfigs.
    pub lacks_configs: bool,
}

impl Observation {
    /// Whether a topic is there, and each of its partitions has a leader that serves it, as far as
    /// the leaders were asked. One whose configuration alone cannot be read is.
    pub fn serves(&self, name: &TopicName) -> bool {
        match self.topics.get(name) {
            Some(Observed::Present(topic)) => {
                topic.led_partitions().is_some() && !self.unserved.contains_key(name)
            }
            Some(Observed::Unknown(unknown)) => unknown.exists,
            Some(Observed::Absent) | None => false,
        }
    }

    /// Brokers that hold replicas of these topics and are not there, ascending; none where the
    /// cluster does not tell its brokers.
    pub fn down(&self) -> Vec<i32> {
        let there = &self.cluster.brokers;
        let present = self.topics.values().filter_map(|topic| match topic {
            Observed::Present(topic) => Some(topic),
            Observed::Absent | Observed::Unknown(_) => None,
        });
        let partitions = present.flat_map(|topic| &topic.partitions);
        let holders: BTreeSet<_> = partitions.flat_map(|one| &one.replicas).collect();
        let missed = holders.into_iter().filter(|id| !there.contains(id));
        match there.is_empty() {
            true => Vec::new(),
            false => missed.copied().collect(),
        }
    }
}

/// The same by topic.
pub fn by_topic(unserved: Vec<Unserved>) -> BTreeMap<TopicName, Vec<Unserved>> {
    let mut by_topic: BTreeMap<TopicName, Vec<Unserved>> = BTreeMap::new();
    for one in unserved {
        by_topic.entry(one.topic.clone()).or_default().push(one);
    }
    by_topic
}

/// One partition that cannot be used (yet).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unserved {
    pub topic: TopicName,
    pub partition: i32,
    /// The broker's code and words.
    pub reason: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Observed {
    Present(ObservedTopic),
    /// The cluster said UNKNOWN_TOPIC_OR_PARTITION, the only answer that means missing.
    Absent,
    Unknown(Unreadable),
}

/// A topic, or a part of it, that could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// Whether at least the topic's existence is certain. A run that writes stops where it is not.
    pub exists: bool,
    /// Whether the cause is a missing right (exit code 4) and not a fault of the broker.
    pub unauthorized: bool,
    /// The broker's code and words: `TOPIC_AUTHORIZATION_FAILED: Authorization failed.`
    pub reason: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ObservedTopic {
    /// Every partition, by ascending id.
    pub partitions: Vec<ObservedPartition>,
    /// The keys that were asked for, as far as the broker answered them.
    pub config: BTreeMap<ConfigKey, ObservedConfig>,
}

impl ObservedTopic {
    /// How many partitions there are, where each has a leader that can be asked whether it serves.
    /// One without is reported as leaderless already.
    pub fn led_partitions(&self) -> Option<Partitions> {
        let mut partitions = self.partitions.iter();
        let all_led = partitions.all(|partition| partition.leader.is_some());
        let count = Partitions::new(i32::try_from(self.partitions.len()).ok()?)?;
        all_led.then_some(count)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObservedPartition {
    /// Its number, from 0.
    pub id: i32,
    /// The leading broker's id; `None` while there is none.
    pub leader: Option<i32>,
    /// Broker ids that hold it.
    pub replicas: Vec<i32>,
    pub in_sync: Vec<i32>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObservedConfig {
    /// `None` where the broker keeps it to itself (a sensitive value).
    pub value: Option<String>,
    pub origin: ObservedOrigin,
}

/// Where a found value comes from, by DescribeConfigs' source, strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ObservedOrigin {
    Topic,
    DynamicBroker,
    DynamicDefaultBroker,
    /// From the broker's `server.properties`.
    StaticBroker,
    Default,
    /// A source that this version does not know, or none was reported.
    Unknown,
}

impl ObservedOrigin {
    /// The word in JSON reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::DynamicBroker => "dynamic-broker",
            Self::DynamicDefaultBroker => "dynamic-default-broker",
            Self::StaticBroker => "static-broker",
            Self::Default => "default",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ObservedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Topic => "set on the topic",
            Self::DynamicBroker => "set at run time on a broker",
            Self::DynamicDefaultBroker => "set at run time for all brokers",
            Self::StaticBroker => "from the broker's server.properties",
            Self::Default => "Kafka's default",
            Self::Unknown => "of unknown origin",
        })
    }
}
