//! What is wrong with the partitions of a topic at this moment. Pure.
//!
//! Health is not a mismatch: it passes, or a broker has to be looked after, and no manifest would
//! change it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::diagnostic::printable;
use crate::observed::{ClusterIdentity, ObservedPartition, ObservedTopic, Unserved};

/// Runs of numbers in a sentence; more are counted.
const LISTED: usize = 12;

/// A trouble that some partitions of a topic share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthIssue {
    pub kind: HealthIssueKind,
    /// The partitions, ascending.
    pub partitions: Vec<i32>,
}

/// The brokers that hold each of some partitions.
pub type Placement = BTreeMap<i32, Vec<i32>>;

/// What is wrong with partitions, the worst first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HealthIssueKind {
    /// Nobody can write or read.
    Leaderless { replicas: Vec<i32> },
    /// The metadata names a leader, which does not serve.
    Unserved { leader: i32, reason: String },
    /// Producers with acks=all are refused.
    BelowMinInsync {
        in_sync: usize,
        /// min.insync.replicas, as far as the replicas reach.
        wanted: usize,
        out: Vec<i32>,
    },
    /// A replica lags or is gone.
    UnderReplicated { out: Vec<i32> },
    /// One rack that is lost takes more replicas than it must.
    SharedRack {
        /// Where the replicas are, ascending.
        racks: Vec<String>,
        /// In how many racks they could be.
        possible: usize,
        placed: Placement,
    },
}

impl HealthIssueKind {
    /// Whether there is a leader that serves, if only to those who take one replica for enough.
    pub fn is_served(&self) -> bool {
        !matches!(self, Self::Leaderless { .. } | Self::Unserved { .. })
    }

    /// Whether producers and consumers go on as if nothing were wrong.
    pub fn is_available(&self) -> bool {
        matches!(self, Self::UnderReplicated { .. } | Self::SharedRack { .. })
    }

    /// The order of kinds, whichever partitions they are about: the worst is 0.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Leaderless { .. } => 0,
            Self::Unserved { .. } => 1,
            Self::BelowMinInsync { .. } => 2,
            Self::UnderReplicated { .. } => 3,
            Self::SharedRack { .. } => 4,
        }
    }

    /// The brokers that have to be looked after.
    pub fn brokers(&self) -> &[i32] {
        match self {
            Self::Leaderless { replicas } => replicas,
            Self::Unserved { leader, .. } => std::slice::from_ref(leader),
            Self::BelowMinInsync { out, .. } | Self::UnderReplicated { out } => out,
            Self::SharedRack { .. } => &[],
        }
    }
}

/// Looks at every partition. `min_insync` is min.insync.replicas where it is known.
pub fn examine(topic: &ObservedTopic, min_insync: Option<usize>) -> Vec<HealthIssue> {
    let issues = topic
        .partitions
        .iter()
        .filter_map(|partition| Some((issue(partition, min_insync)?, partition.id)));
    by_kind(issues)
}

/// The issues of partitions whose leader gave no end offset, each with what it answered instead.
/// Those without a leader are left out.
pub fn unserved<'a>(
    topic: &ObservedTopic,
    refusals: impl IntoIterator<Item = &'a Unserved>,
) -> Vec<HealthIssue> {
    let leader_of = |id| {
        let mut partitions = topic.partitions.iter();
        partitions.find(|partition| partition.id == id)?.leader
    };
    by_kind(refusals.into_iter().filter_map(|one| {
        let leader = leader_of(one.partition)?;
        let reason = one.reason.clone();
        Some((HealthIssueKind::Unserved { leader, reason }, one.partition))
    }))
}

/// Partitions whose replicas share a rack although the cluster has more of them. Only where every
/// broker tells its rack, and of partitions whose replicas are all in sync: where one is down or copied,
/// where it will be is not known.
pub fn shared_racks(topic: &ObservedTopic, cluster: &ClusterIdentity) -> Vec<HealthIssue> {
    let rack = |id: &i32| cluster.racks.get(id);
    if !cluster.brokers.iter().all(|id| rack(id).is_some()) {
        return Vec::new();
    }
    let all: BTreeSet<_> = cluster.racks.values().collect();
    let mut found: BTreeMap<(Vec<String>, usize), Placement> = BTreeMap::new();
    for partition in &topic.partitions {
        let replicas = &partition.replicas;
        let in_sync = |id: &i32| partition.in_sync.contains(id);
        let racks: Option<BTreeSet<_>> = replicas.iter().map(rack).collect();
        let (Some(racks), true) = (racks, replicas.iter().all(in_sync)) else {
            continue;
        };
        let possible = replicas.len().min(all.len());
        if racks.len() < possible {
            let racks = racks.into_iter().cloned().collect();
            let placed = found.entry((racks, possible)).or_default();
            placed.insert(partition.id, replicas.clone());
        }
    }
    let found = found.into_iter();
    found
        .map(|((racks, possible), placed)| HealthIssue {
            partitions: placed.keys().copied().collect(),
            kind: HealthIssueKind::SharedRack {
                racks,
                possible,
                placed,
            },
        })
        .collect()
}

fn by_kind(issues: impl Iterator<Item = (HealthIssueKind, i32)>) -> Vec<HealthIssue> {
    let mut found: BTreeMap<HealthIssueKind, Vec<i32>> = BTreeMap::new();
    for (kind, partition) in issues {
        found.entry(kind).or_default().push(partition);
    }
    found
        .into_iter()
        .map(|(kind, partitions)| HealthIssue { kind, partitions })
        .collect()
}

fn issue(partition: &ObservedPartition, min_insync: Option<usize>) -> Option<HealthIssueKind> {
    if partition.leader.is_none() {
        return Some(HealthIssueKind::Leaderless {
            replicas: ascending(partition.replicas.clone()),
        });
    }
    let in_sync = |id: &&i32| partition.in_sync.contains(id);
    let out: Vec<i32> = partition
        .replicas
        .iter()
        .filter(|id| !in_sync(id))
        .copied()
        .collect();
    // Kafka takes the smaller of the two for its word.
    let wanted = min_insync.unwrap_or(0).min(partition.replicas.len());
    if partition.in_sync.len() < wanted {
        return Some(HealthIssueKind::BelowMinInsync {
            in_sync: partition.in_sync.len(),
            wanted,
            out: ascending(out),
        });
    }
    (!out.is_empty()).then(|| HealthIssueKind::UnderReplicated {
        out: ascending(out),
    })
}

/// In the order of numbers: the order of replicas only says who shall lead.
fn ascending(mut ids: Vec<i32>) -> Vec<i32> {
    ids.sort_unstable();
    ids
}

impl HealthIssue {
    /// The issue where nothing around it says what is wrong: `partitions 0, 2 have no leader
    /// (replicas on brokers 1-3)`.
    pub fn sentence(&self) -> String {
        let partitions = partitions(&self.partitions);
        let (is, has) = match self.partitions.len() {
            1 => ("is", "has"),
            _ => ("are", "have"),
        };
        match &self.kind {
            HealthIssueKind::Leaderless { replicas } => {
                format!(
                    "{partitions} {has} no leader (replicas on {})",
                    brokers(replicas)
                )
            }
            HealthIssueKind::Unserved { leader, reason } => {
                format!("{partitions} {is} not served by the leader, broker {leader} ({reason})")
            }
            HealthIssueKind::BelowMinInsync {
                in_sync, wanted, ..
            } => format!("{partitions} {has} {in_sync} of {wanted} replicas in sync"),
            HealthIssueKind::UnderReplicated { .. } | HealthIssueKind::SharedRack { .. } => {
                self.to_string()
            }
        }
    }
}

impl fmt::Display for HealthIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", partitions(&self.partitions))?;
        let out_of_sync = |out: &[i32]| {
            let are = if out.len() == 1 { "is" } else { "are" };
            format!("{} {are} out of sync", brokers(out))
        };
        match &self.kind {
            HealthIssueKind::Leaderless { replicas } => {
                write!(f, "replicas on {}", brokers(replicas))
            }
            HealthIssueKind::Unserved { leader, reason } => {
                write!(f, "led by broker {leader} ({reason})")
            }
            HealthIssueKind::BelowMinInsync {
                in_sync,
                wanted,
                out,
            } => write!(
                f,
                "{in_sync} in sync, {wanted} needed; {}",
                out_of_sync(out)
            ),
            HealthIssueKind::UnderReplicated { out } => f.write_str(&out_of_sync(out)),
            HealthIssueKind::SharedRack {
                racks, possible, ..
            } => {
                let s = if racks.len() == 1 { "" } else { "s" };
                let racks: Vec<_> = racks.iter().map(|rack| printable(rack)).collect();
                let racks = racks.join(", ");
                write!(
                    f,
                    "replicas in rack{s} {racks}, where {possible} racks are possible"
                )
            }
        }
    }
}

/// `partition 3`, `partitions 1-3`.
fn partitions(ids: &[i32]) -> String {
    let s = if ids.len() == 1 { "" } else { "s" };
    format!("partition{s} {}", numbers(ids))
}

/// `broker 3`, `brokers 1-3`.
pub fn brokers(ids: &[i32]) -> String {
    match ids {
        [] => "no broker".to_owned(),
        [one] => format!("broker {one}"),
        many => format!("brokers {}", numbers(many)),
    }
}

/// What to do about brokers that are not there, as the end of a sentence.
pub fn start(down: &[i32]) -> String {
    let (is, it) = match down {
        [_] => ("is", "it"),
        _ => ("are", "them"),
    };
    format!("{} {is} not up: start {it}", brokers(down))
}

/// Numbers for people, neighbors as a range: `0-5, 7`.
fn numbers(ids: &[i32]) -> String {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for id in ascending(ids.to_vec()) {
        match runs.last_mut() {
            Some((_, last)) if i64::from(*last) + 1 == i64::from(id) => *last = id,
            Some((_, last)) if *last == id => {}
            _ => runs.push((id, id)),
        }
    }
    let mut listed: Vec<String> = runs
        .iter()
        .take(LISTED)
        .map(|(first, last)| match last - first {
            0 => first.to_string(),
            // Two neighbors are no range.
            1 => format!("{first}, {last}"),
            _ => format!("{first}-{last}"),
        })
        .collect();
    let rest: i32 = runs
        .iter()
        .skip(LISTED)
        .map(|(first, last)| last - first + 1)
        .sum();
    if rest > 0 {
        listed.push(format!("and {rest} more"));
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests;
