//! Groups and offsets in the JSON report: the top-level keys `groups` and `statistics`, which are
//! there with `--groups` only. `docs/groups.md` describes them.

use serde::Serialize;

use crate::groups::{Bounds, Group, Partition, Reading, Sight, Standing, Statistics};

/// One declared group.
#[derive(Serialize)]
pub struct GroupEntry<'a> {
    name: &'a str,
    status: &'static str,
    state: Option<&'static str>,
    protocol: Option<&'static str>,
    assignor: Option<&'a str>,
    members: Option<usize>,
    idle_members: Option<usize>,
    lag: Option<i64>,
    error: Option<&'a str>,
    topics: Vec<ReadingEntry<'a>>,
}

#[derive(Serialize)]
struct ReadingEntry<'a> {
    topic: &'a str,
    exists: Option<bool>,
    declared_members: Option<u32>,
    members: Option<usize>,
    unowned_partitions: Option<Vec<i32>>,
    lag: Option<i64>,
    partitions: Vec<PartitionEntry<'a>>,
}

#[derive(Serialize)]
struct PartitionEntry<'a> {
    partition: i32,
    committed: Option<i64>,
    end: Option<i64>,
    lag: Option<i64>,
    expired: i64,
    owner: Option<OwnerEntry<'a>>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct OwnerEntry<'a> {
    member: &'a str,
    client_id: &'a str,
    host: &'a str,
}

/// The offsets of one topic.
#[derive(Serialize)]
pub struct StatisticsEntry<'a> {
    topic: &'a str,
    messages_at_most: Option<i64>,
    partitions: Vec<BoundsEntry<'a>>,
}

#[derive(Serialize)]
struct BoundsEntry<'a> {
    partition: i32,
    earliest: Option<i64>,
    latest: Option<i64>,
    messages_at_most: Option<i64>,
    error: Option<&'a str>,
}

/// The value of `groups`.
pub fn groups(sight: &Sight) -> Vec<GroupEntry<'_>> {
    sight.groups.iter().map(group).collect()
}

/// The value of `statistics`.
pub fn statistics(sight: &Sight) -> Vec<StatisticsEntry<'_>> {
    sight.topics.iter().map(of_topic).collect()
}

fn group(group: &Group) -> GroupEntry<'_> {
    let entry = GroupEntry {
        name: &group.name,
        status: "present",
        state: None,
        protocol: None,
        assignor: None,
        members: None,
        idle_members: None,
        lag: group.lag(),
        error: None,
        topics: group.topics.iter().map(reading).collect(),
    };
    match &group.standing {
        Standing::Present {
            state,
            protocol,
            assignor,
            members,
            idle,
        } => GroupEntry {
            state: Some(state.as_str()),
            protocol: protocol.as_str(),
            assignor: assignor.as_deref(),
            members: Some(*members),
            idle_members: *idle,
            ..entry
        },
        Standing::NotThereYet => GroupEntry {
            status: "not-there-yet",
            ..entry
        },
        Standing::Undescribed => GroupEntry {
            status: "undescribed",
            ..entry
        },
        Standing::Unread(unread) => GroupEntry {
            status: "unknown",
            error: Some(&unread.reason),
            ..entry
        },
    }
}

fn reading(reading: &Reading) -> ReadingEntry<'_> {
    ReadingEntry {
        topic: reading.topic.as_str(),
        exists: reading.exists,
        declared_members: reading.declared_members,
        members: reading.members,
        unowned_partitions: reading.unowned(),
        lag: reading.lag(),
        partitions: reading.partitions.iter().map(partition).collect(),
    }
}

fn partition(partition: &Partition) -> PartitionEntry<'_> {
    PartitionEntry {
        partition: partition.id,
        committed: partition.committed.as_ref().ok().copied().flatten(),
        end: partition.bounds.latest.as_ref().ok().copied(),
        lag: partition.lag(),
        expired: partition.expired(),
        owner: partition.owner.as_ref().map(|owner| OwnerEntry {
            member: &owner.member,
            client_id: &owner.client_id,
            host: &owner.host,
        }),
        error: partition.unread().map(|unread| unread.reason.as_str()),
    }
}

fn of_topic(statistics: &Statistics) -> StatisticsEntry<'_> {
    StatisticsEntry {
        topic: statistics.topic.as_str(),
        messages_at_most: statistics.messages_at_most(),
        partitions: statistics
            .partitions
            .iter()
            .map(|(partition, bounds)| of_partition(*partition, bounds))
            .collect(),
    }
}

fn of_partition(partition: i32, bounds: &Bounds) -> BoundsEntry<'_> {
    let unread = bounds.earliest.as_ref().err();
    let unread = unread.or(bounds.latest.as_ref().err());
    BoundsEntry {
        partition,
        earliest: bounds.earliest.as_ref().ok().copied(),
        latest: bounds.latest.as_ref().ok().copied(),
        messages_at_most: bounds.messages_at_most(),
        error: unread.map(|unread| unread.reason.as_str()),
    }
}
