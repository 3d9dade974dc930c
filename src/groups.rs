//! Consumer groups and the offsets of topics, as plain data: what to ask, and what was seen.
//!
//! [`wanted`] says what to ask, from the declared topics and what was observed of them; an
//! implementation of [`crate::cluster::ObserveGroups`] answers with [`ObservedGroups`]; [`lags()`] makes lag,
//! owners and idle members of it. Everything here is information: nothing in this module or behind
//! it joins a group, commits an offset or deletes one. It reaches neither a client nor a clock.

mod lags;

use std::collections::{BTreeMap, BTreeSet};

use crate::observed::{Observed, Unreadable};
use crate::topic::{DeclaredTopic, TopicName};

pub use lags::{Group, GroupLags, GroupStatus, Owner, Partition, Statistics, TopicLag, lags};

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// The groups by id, with the topics that they are declared to read and that exist.
    pub groups: BTreeMap<String, BTreeSet<TopicName>>,
    /// The partitions of every declared topic that exists.
    pub partitions: BTreeMap<TopicName, Vec<PartitionLeadership>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionLeadership {
    pub id: i32,
    /// Whether it has a leader, who alone can tell its offsets.
    pub led: bool,
}

/// What was seen. It holds an entry for every group and every partition that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ObservedGroups {
    pub groups: BTreeMap<String, ObservedGroup>,
    pub offsets: BTreeMap<TopicName, BTreeMap<i32, OffsetRange>>,
}

/// What is known of one group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObservedGroup {
    pub description: Result<Description, Unreadable>,
    /// Its committed offsets in the topics that it is declared to read.
    pub commits: Result<Commits, Unreadable>,
}

/// Committed offsets by topic and partition; `None` is a partition without a commit, which is not
/// the same as 0.
pub type Commits = BTreeMap<TopicName, BTreeMap<i32, Result<Option<i64>, Unreadable>>>;

/// A group as its coordinator describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Description {
    pub state: State,
    /// The protocol that its members speak.
    pub protocol: Protocol,
    /// How partitions are given out, `range` for example, where there are members.
    pub assignor: Option<String>,
    pub members: Vec<Member>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Its members have their partitions.
    Stable,
    /// It has no members; its commits are kept for a while (`offsets.retention.minutes`).
    Empty,
    /// The coordinator does not know it: it never was, or was forgotten. Also the answer to who
    /// asks for a group of another kind, of Kafka Streams' own protocol or of share consumers.
    Dead,
    PreparingRebalance,
    CompletingRebalance,
    /// A state that librdkafka has no name for: Assigning or Reconciling of the `consumer`
    /// protocol.
    Unnamed,
}

impl State {
    /// The word in JSON reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Empty => "empty",
            Self::Dead => "dead",
            Self::PreparingRebalance => "preparing-rebalance",
            Self::CompletingRebalance => "completing-rebalance",
            Self::Unnamed => "unknown",
        }
    }

    /// Whether the members' partitions are told and are final for now.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Stable | Self::Empty)
    }
}

/// The protocol of a group's members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// Members give out partitions among themselves.
    Classic,
    /// The broker gives out partitions (KIP-848).
    Consumer,
    Unknown,
}

impl Protocol {
    /// The word in JSON reports; `None` where it was not told.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Classic => Some("classic"),
            Self::Consumer => Some("consumer"),
            Self::Unknown => None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The id that the coordinator or the member itself gave it.
    pub id: String,
    /// What its client calls itself.
    pub client_id: String,
    /// Where it connects from, as the broker sees it.
    pub host: String,
    /// The partitions that it has, of any topic; none while the group rebalances by the classic
    /// protocol.
    pub assigned: BTreeSet<(String, i32)>,
}

/// The offsets that a partition has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OffsetRange {
    /// Of the first message that is still there.
    pub start: Result<i64, Unreadable>,
    /// Of the next message that will be written.
    pub end: Result<i64, Unreadable>,
}

/// What to ask for these topics.
pub fn wanted(declared: &[&DeclaredTopic], observed: &BTreeMap<TopicName, Observed>) -> Wanted {
    let mut wanted = Wanted::default();
    for topic in declared {
        let present = match observed.get(&topic.name) {
            Some(Observed::Present(present)) => Some(present),
            _ => None,
        };
        for group in &topic.consumer_groups {
            let topics = wanted.groups.entry(group.name.clone()).or_default();
            if present.is_some() {
                topics.insert(topic.name.clone());
            }
        }
        if let Some(present) = present {
            let places = present
                .partitions
                .iter()
                .map(|partition| PartitionLeadership {
                    id: partition.id,
                    led: partition.leader.is_some(),
                });
            wanted
                .partitions
                .insert(topic.name.clone(), places.collect());
        }
    }
    wanted
}
