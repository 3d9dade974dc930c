//! What was seen of groups and offsets, and what it means: lag, owners, idle members.
//!
//! A pure function of the declared topics, what was observed of them, and [`ObservedGroups`]. It decides
//! nothing: a group that is not there yet is a normal answer, and so is one that lags.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Member, ObservedGroup, ObservedGroups, OffsetRange, Protocol, State, Unreadable};
use crate::observed::Observed;
use crate::topic::{DeclaredTopic, TopicName};

/// Everything that `--groups` has to say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupLags {
    /// The declared groups: those that could not be read, then by lag, the worst first; what is
    /// not there yet comes last.
    pub groups: Vec<Group>,
    /// The declared topics that exist, in their order.
    pub topics: Vec<Statistics>,
}

impl GroupLags {
    /// Why nothing could be read of any declared group; `None` where something could, or where no
    /// groups are declared. A missing right is named before other causes.
    pub fn nothing_read(&self) -> Option<&Unreadable> {
        let causes: Option<Vec<&Unreadable>> = self
            .groups
            .iter()
            .map(|group| match &group.status {
                GroupStatus::Unreadable(unreadable) => Some(unreadable),
                _ => None,
            })
            .collect();
        let causes = causes?;
        let unauthorized = causes.iter().find(|unreadable| unreadable.unauthorized);
        unauthorized.or(causes.first()).copied()
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub name: String,
    /// Whether it is there, and how it is.
    pub status: GroupStatus,
    /// The topics that it is declared to read, the worst lag first.
    pub topics: Vec<TopicLag>,
}

/// Whether a group is there, and how it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupStatus {
    /// Its coordinator does not know it: nobody joined yet, or it was forgotten.
    NotThereYet,
    /// Its coordinator does not describe it, and yet it has commits: a group of a kind that this
    /// request does not cover, Kafka Streams' own protocol for one.
    Undescribed,
    Present {
        state: State,
        /// The protocol that its members speak.
        protocol: Protocol,
        assignor: Option<String>,
        members: usize,
        /// How many of them have no partition of any topic; `None` while it rebalances.
        idle: Option<usize>,
    },
    Unreadable(Unreadable),
}

/// What a group reads of one topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicLag {
    pub topic: TopicName,
    /// How many members the manifest means it to have.
    pub declared_members: Option<u32>,
    /// Whether the topic exists; `None` where that is not known.
    pub exists: Option<bool>,
    /// How many members have partitions of this topic; `None` where that is not known, as while
    /// the group rebalances.
    pub members: Option<usize>,
    /// The topic's partitions by number; none where it does not exist or could not be read.
    pub partitions: Vec<Partition>,
}

/// What a group reads of one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partition {
    pub id: i32,
    /// The offset of the next message that the group will read; `None` without a commit.
    pub committed: Result<Option<i64>, Unreadable>,
    /// The offsets that the partition has.
    pub offsets: OffsetRange,
    /// Who reads it; `None` where nobody does or that is not known.
    pub owner: Option<Owner>,
}

/// The member that reads a partition.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Owner {
    pub member: String,
    /// What its client calls itself.
    pub client_id: String,
    /// Where it connects from, as the broker sees it.
    pub host: String,
}

impl Partition {
    /// End offset − committed offset: at most so many messages are not read yet. `None` without a
    /// commit, where one of the two could not be read, and where the commit is beyond the end.
    pub fn lag(&self) -> Option<i64> {
        match (&self.committed, &self.offsets.end) {
            (Ok(Some(committed)), Ok(end)) if committed <= end => Some(end - committed),
            _ => None,
        }
    }

    /// Whether it was read and there is no commit.
    pub fn has_no_commit(&self) -> bool {
        self.committed == Ok(None)
    }

    /// Whether the commit is beyond the end: the topic was created anew, or lost messages.
    pub fn is_beyond_end(&self) -> bool {
        matches!((&self.committed, &self.offsets.end),
            (Ok(Some(committed)), Ok(end)) if committed > end)
    }

    /// How many of the offsets that make up the lag are gone already, deleted before they were
    /// read.
    pub fn expired(&self) -> i64 {
        match (&self.committed, &self.offsets.start) {
            (Ok(Some(committed)), Ok(earliest)) => (earliest - committed).max(0),
            _ => 0,
        }
    }

    /// Why commit or end could not be read.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.committed
            .as_ref()
            .err()
            .or(self.offsets.end.as_ref().err())
    }
}

impl TopicLag {
    /// The lag of all partitions that have one; `None` where none has.
    pub fn lag(&self) -> Option<i64> {
        let lags = self.partitions.iter().filter_map(Partition::lag);
        lags.fold(None, |sum, lag| Some(sum.unwrap_or(0) + lag))
    }

    /// The partition that lags most, the first of several.
    pub fn worst(&self) -> Option<(&Partition, i64)> {
        let lags = self.partitions.iter();
        lags.filter_map(|partition| Some((partition, partition.lag()?)))
            .max_by_key(|(partition, lag)| (*lag, Reverse(partition.id)))
    }

    /// The partitions that nobody reads; `None` where that is not known.
    pub fn unowned(&self) -> Option<Vec<i32>> {
        self.members?;
        let unowned = self.partitions.iter().filter(|one| one.owner.is_none());
        Some(unowned.map(|one| one.id).collect())
    }
}

impl Group {
    /// The lag of all its topics; `None` where none has any.
    pub fn lag(&self) -> Option<i64> {
        let lags = self.topics.iter().filter_map(TopicLag::lag);
        lags.fold(None, |sum, lag| Some(sum.unwrap_or(0) + lag))
    }

    fn rank(&self) -> u8 {
        match self.status {
            GroupStatus::Unreadable(_) => 0,
            GroupStatus::Present { .. } | GroupStatus::Undescribed => 1,
            GroupStatus::NotThereYet => 2,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statistics {
    pub topic: TopicName,
    /// Whether it is declared to be compacted, so that far fewer messages may be there.
    pub compacted: bool,
    pub partitions: BTreeMap<i32, OffsetRange>,
}

impl OffsetRange {
    /// Latest − earliest offset: at most so many messages are there. Compaction removes some from
    /// between, and the markers of transactions take offsets too.
    pub fn messages_at_most(&self) -> Option<i64> {
        match (&self.start, &self.end) {
            // The two are asked one after the other, and retention goes on meanwhile.
            (Ok(earliest), Ok(latest)) => Some((latest - earliest).max(0)),
            _ => None,
        }
    }
}

impl Statistics {
    /// The sum over all partitions; `None` where one of them could not be read.
    pub fn messages_at_most(&self) -> Option<i64> {
        self.partitions
            .values()
            .map(OffsetRange::messages_at_most)
            .sum()
    }

    /// Why a partition could not be read, the first one.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        let partitions = self.partitions.values();
        partitions
            .flat_map(|offsets| [&offsets.start, &offsets.end])
            .find_map(|offset| offset.as_ref().err())
    }
}

/// What was seen of the groups of these topics, and what it means.
pub fn lags(
    declared: &[&DeclaredTopic],
    observed: &BTreeMap<TopicName, Observed>,
    seen: &ObservedGroups,
) -> GroupLags {
    let mut readers: BTreeMap<&str, Vec<(&TopicName, Option<u32>)>> = BTreeMap::new();
    for topic in declared {
        for group in &topic.consumer_groups {
            let topics = readers.entry(&group.name).or_default();
            if !topics.iter().any(|(name, _)| **name == topic.name) {
                topics.push((&topic.name, group.members));
            }
        }
    }
    let mut groups: Vec<_> = readers
        .into_iter()
        .map(|(name, topics)| group(name, &topics, observed, seen))
        .collect();
    groups.sort_by_key(|group| (group.rank(), Reverse(group.lag())));
    let topics = declared
        .iter()
        .filter_map(|topic| {
            Some(Statistics {
                topic: topic.name.clone(),
                compacted: topic.is_compacted(),
                partitions: seen.offsets.get(&topic.name)?.clone(),
            })
        })
        .collect();
    GroupLags { groups, topics }
}

fn group(
    name: &str,
    topics: &[(&TopicName, Option<u32>)],
    observed: &BTreeMap<TopicName, Observed>,
    seen: &ObservedGroups,
) -> Group {
    let not_asked = ObservedGroup {
        description: Err(not_asked()),
        commits: Err(not_asked()),
    };
    let one = seen.groups.get(name).unwrap_or(&not_asked);
    let mut topics: Vec<_> = topics
        .iter()
        .map(|(topic, declared)| {
            let exists = match observed.get(topic) {
                Some(Observed::Present(_)) => Some(true),
                Some(Observed::Absent) => Some(false),
                Some(Observed::Unknown(unknown)) => unknown.exists.then_some(true),
                None => None,
            };
            TopicLag {
                exists,
                declared_members: *declared,
                ..topic_lag(topic, one, seen)
            }
        })
        .collect();
    topics.sort_by_key(|lag| Reverse(lag.lag()));
    Group {
        name: name.to_owned(),
        status: status(one),
        topics,
    }
}

fn status(one: &ObservedGroup) -> GroupStatus {
    let description = match &one.description {
        Ok(description) => description,
        Err(unreadable) => return GroupStatus::Unreadable(unreadable.clone()),
    };
    if description.state == State::Dead {
        let has_commits = one.commits.as_ref().is_ok_and(|commits| {
            let offsets = commits.values().flat_map(BTreeMap::values);
            offsets.flatten().any(Option::is_some)
        });
        return if has_commits {
            GroupStatus::Undescribed
        } else {
            GroupStatus::NotThereYet
        };
    }
    let idle = |members: &[Member]| members.iter().filter(|one| one.assigned.is_empty()).count();
    GroupStatus::Present {
        state: description.state,
        protocol: description.protocol,
        assignor: description.assignor.clone(),
        members: description.members.len(),
        idle: description
            .state
            .is_settled()
            .then(|| idle(&description.members)),
    }
}

fn topic_lag(topic: &TopicName, one: &ObservedGroup, seen: &ObservedGroups) -> TopicLag {
    let settled = one.description.as_ref().ok();
    let settled = settled.filter(|description| description.state.is_settled());
    let mut owners: BTreeMap<i32, Owner> = BTreeMap::new();
    let members = settled.map(|description| &description.members);
    for member in members.into_iter().flatten() {
        let of_topic = member
            .assigned
            .iter()
            .filter(|(name, _)| name == topic.as_str());
        for (_, partition) in of_topic {
            let owner = Owner {
                member: member.id.clone(),
                client_id: member.client_id.clone(),
                host: member.host.clone(),
            };
            owners.insert(*partition, owner);
        }
    }
    let distinct: BTreeSet<&Owner> = owners.values().collect();
    let members = settled.map(|_| distinct.len());
    let offsets = seen.offsets.get(topic);
    let partitions = offsets
        .into_iter()
        .flatten()
        .map(|(id, offsets)| Partition {
            id: *id,
            committed: committed(one, topic, *id),
            offsets: offsets.clone(),
            owner: owners.get(id).cloned(),
        })
        .collect();
    TopicLag {
        topic: topic.clone(),
        declared_members: None,
        exists: None,
        members,
        partitions,
    }
}

fn committed(one: &ObservedGroup, topic: &TopicName, id: i32) -> Result<Option<i64>, Unreadable> {
    let commits = one.commits.as_ref().map_err(Clone::clone)?;
    match commits
        .get(topic)
        .and_then(|partitions| partitions.get(&id))
    {
        Some(committed) => committed.clone(),
        None => Ok(None),
    }
}

fn not_asked() -> Unreadable {
    Unreadable {
        unauthorized: false,
        exists: false,
        reason: "it was not asked for".to_owned(),
    }
}

#[cfg(test)]
mod tests;
