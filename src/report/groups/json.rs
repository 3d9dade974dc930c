//! Groups and offsets in the JSON report: the top-level keys `groups` and `statistics`, which are
//! there with `--groups` only. `docs/groups.md` describes them.

use serde::Serialize;

use crate::groups::{Group, GroupLags, GroupStatus, OffsetRange, Partition, Statistics, TopicLag};

#[derive(Serialize)]
pub(in crate::report) struct GroupEntry<'a> {
    name: &'a str,
    status: &'static str,
    state: Option<&'static str>,
    protocol: Option<&'static str>,
    assignor: Option<&'a str>,
    members: Option<usize>,
    idle_members: Option<usize>,
    lag: Option<i64>,
    error: Option<&'a str>,
    topics: Vec<TopicLagEntry<'a>>,
}

#[derive(Serialize)]
struct TopicLagEntry<'a> {
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

#[derive(Serialize)]
pub(in crate::report) struct StatisticsEntry<'a> {
    topic: &'a str,
    messages_at_most: Option<i64>,
    partitions: Vec<OffsetsEntry<'a>>,
}

#[derive(Serialize)]
struct OffsetsEntry<'a> {
    partition: i32,
    earliest: Option<i64>,
    latest: Option<i64>,
    messages_at_most: Option<i64>,
    error: Option<&'a str>,
}

pub(in crate::report) fn groups(lags: &GroupLags) -> Vec<GroupEntry<'_>> {
    lags.groups.iter().map(group).collect()
}

pub(in crate::report) fn statistics(lags: &GroupLags) -> Vec<StatisticsEntry<'_>> {
    lags.topics.iter().map(topic_statistics).collect()
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
        topics: group.topics.iter().map(topic_lag).collect(),
    };
    match &group.status {
        GroupStatus::Present {
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
        GroupStatus::NotThereYet => GroupEntry {
            status: "not-there-yet",
            ..entry
        },
        GroupStatus::Undescribed => GroupEntry {
            status: "undescribed",
            ..entry
        },
        GroupStatus::Unreadable(unreadable) => GroupEntry {
            status: "unknown",
            error: Some(&unreadable.reason),
            ..entry
        },
    }
}

fn topic_lag(lag: &TopicLag) -> TopicLagEntry<'_> {
    TopicLagEntry {
        topic: lag.topic.as_str(),
        exists: lag.exists,
        declared_members: lag.declared_members,
        members: lag.members,
        unowned_partitions: lag.unowned(),
        lag: lag.lag(),
        partitions: lag.partitions.iter().map(partition).collect(),
    }
}

fn partition(partition: &Partition) -> PartitionEntry<'_> {
    PartitionEntry {
        partition: partition.id,
        committed: partition.committed.as_ref().ok().copied().flatten(),
        end: partition.offsets.end.as_ref().ok().copied(),
        lag: partition.lag(),
        expired: partition.expired(),
        owner: partition.owner.as_ref().map(|owner| OwnerEntry {
            member: &owner.member,
            client_id: &owner.client_id,
            host: &owner.host,
        }),
        error: partition
            .unreadable()
            .map(|unreadable| unreadable.reason.as_str()),
    }
}

fn topic_statistics(statistics: &Statistics) -> StatisticsEntry<'_> {
    StatisticsEntry {
        topic: statistics.topic.as_str(),
        messages_at_most: statistics.messages_at_most(),
        partitions: statistics
            .partitions
            .iter()
            .map(|(partition, offsets)| partition_offsets(*partition, offsets))
            .collect(),
    }
}

fn partition_offsets(partition: i32, offsets: &OffsetRange) -> OffsetsEntry<'_> {
    let unreadable = offsets.start.as_ref().err();
    let unreadable = unreadable.or(offsets.end.as_ref().err());
    OffsetsEntry {
        partition,
        earliest: offsets.start.as_ref().ok().copied(),
        latest: offsets.end.as_ref().ok().copied(),
        messages_at_most: offsets.messages_at_most(),
        error: unreadable.map(|unreadable| unreadable.reason.as_str()),
    }
}
