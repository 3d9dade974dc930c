//! What is wrong with the partitions of a topic at this moment. Pure.
//!
//! Health is not a mismatch: it passes, or a broker has to be looked after, and no manifest would
//! change it.

use std::collections::BTreeMap;
use std::fmt;

use crate::observed::{ObservedPartition, ObservedTopic};

/// Partition numbers in a sentence; more are counted.
const LISTED: usize = 12;

/// A trouble that some partitions of a topic share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ailment {
    /// What is wrong.
    pub kind: AilmentKind,
    /// The partitions, ascending.
    pub partitions: Vec<i32>,
}

/// What is wrong with partitions, the worst first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AilmentKind {
    /// Nobody can write or read.
    Leaderless {
        /// The brokers that hold replicas.
        replicas: Vec<i32>,
    },
    /// Producers with acks=all are refused.
    BelowMinInsync {
        /// Replicas that are in sync.
        in_sync: usize,
        /// min.insync.replicas, as far as the replicas reach.
        wanted: usize,
        /// The brokers that are out of sync.
        out: Vec<i32>,
    },
    /// A replica lags or is gone.
    UnderReplicated {
        /// The brokers that are out of sync.
        out: Vec<i32>,
    },
}

/// Looks at every partition. `min_insync` is min.insync.replicas where it is known.
pub fn examine(topic: &ObservedTopic, min_insync: Option<usize>) -> Vec<Ailment> {
    let mut found: BTreeMap<AilmentKind, Vec<i32>> = BTreeMap::new();
    for partition in &topic.partitions {
        if let Some(kind) = ailment(partition, min_insync) {
            found.entry(kind).or_default().push(partition.id);
        }
    }
    found
        .into_iter()
        .map(|(kind, partitions)| Ailment { kind, partitions })
        .collect()
}

fn ailment(partition: &ObservedPartition, min_insync: Option<usize>) -> Option<AilmentKind> {
    if partition.leader.is_none() {
        return Some(AilmentKind::Leaderless {
            replicas: partition.replicas.clone(),
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
        return Some(AilmentKind::BelowMinInsync {
            in_sync: partition.in_sync.len(),
            wanted,
            out,
        });
    }
    (!out.is_empty()).then_some(AilmentKind::UnderReplicated { out })
}

impl fmt::Display for Ailment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partitions = match self.partitions.as_slice() {
            [one] => format!("partition {one}"),
            many if many.len() <= LISTED => format!("partitions {}", listed(many)),
            many => format!("{} partitions (the first is {})", many.len(), many[0]),
        };
        let (has, is) = if self.partitions.len() == 1 {
            ("has", "is")
        } else {
            ("have", "are")
        };
        match &self.kind {
            AilmentKind::Leaderless { replicas } => {
                write!(
                    f,
                    "{partitions} {has} no leader; the replicas are on {}",
                    brokers(replicas)
                )
            }
            AilmentKind::BelowMinInsync {
                in_sync,
                wanted,
                out,
            } => write!(
                f,
                "{partitions} {has} {in_sync} of {wanted} replicas in sync that acks=all needs; \
                 out of sync: {}",
                brokers(out)
            ),
            AilmentKind::UnderReplicated { out } => {
                write!(
                    f,
                    "{partitions} {is} under-replicated; out of sync: {}",
                    brokers(out)
                )
            }
        }
    }
}

fn brokers(ids: &[i32]) -> String {
    match ids {
        [] => "no broker".to_owned(),
        [one] => format!("broker {one}"),
        many => format!("brokers {}", listed(many)),
    }
}

fn listed(numbers: &[i32]) -> String {
    numbers
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(id: i32, leader: Option<i32>, in_sync: &[i32]) -> ObservedPartition {
        ObservedPartition {
            id,
            leader,
            replicas: vec![1, 2, 3],
            in_sync: in_sync.to_vec(),
        }
    }

    fn told(partitions: Vec<ObservedPartition>, min_insync: Option<usize>) -> Vec<String> {
        let topic = ObservedTopic {
            partitions,
            ..ObservedTopic::default()
        };
        examine(&topic, min_insync)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_healthy_topic_has_no_ailment() {
        assert!(told(vec![partition(0, Some(1), &[1, 2, 3])], Some(2)).is_empty());
    }

    #[test]
    fn the_worst_comes_first_and_equal_ones_together() {
        let partitions = vec![
            partition(0, Some(1), &[1, 2]),
            partition(1, Some(1), &[1]),
            partition(2, None, &[]),
            partition(3, Some(2), &[1, 2]),
        ];
        assert_eq!(
            told(partitions, Some(2)),
            [
                "partition 2 has no leader; the replicas are on brokers 1, 2, 3",
                "partition 1 has 1 of 2 replicas in sync that acks=all needs; out of sync: \
                 brokers 2, 3",
                "partitions 0, 3 are under-replicated; out of sync: broker 3",
            ]
        );
    }
}
