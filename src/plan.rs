//! The comparison: declared topics against what was observed.
//!
//! A pure function of its two inputs. Every decision carries its reason; nothing here reaches a
//! client, a clock or the environment, and [`crate::apply`] re-decides nothing.

use crate::accepted::Accepted;
use crate::catalog;
use crate::health::{self, Ailment};
use crate::observed::{
    ClusterIdentity, Observation, Observed, ObservedOrigin, ObservedPartition, ObservedTopic,
    Unknown,
};
use crate::topic::{
    ConfigKey, ConfigValue, Declared, DeclaredTopic, Partitions, ReplicationFactor,
};

/// One decision for each declared topic, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The cluster that was looked at.
    pub cluster: ClusterIdentity,
    /// The decisions.
    pub entries: Vec<Entry>,
    /// The acceptances that the decisions were made with, for topics that appear later.
    pub accepted: Vec<Accepted>,
}

/// A declared topic and what is to be done about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// As declared.
    pub topic: DeclaredTopic,
    /// The decision with its reason.
    pub decision: Decision,
    /// What else was seen of it.
    pub seen: Seen,
}

/// What was seen of an existing topic beside its mismatches.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// Declared keys that the broker did not tell, or keeps to itself.
    pub unverifiable: Vec<ConfigKey>,
    /// Keys that are set on the topic and not declared, as far as they were read.
    pub undeclared: Vec<(ConfigKey, String)>,
    /// What is wrong with its partitions at this moment.
    pub ailments: Vec<Ailment>,
    /// Mismatches that are known and left alone.
    pub accepted: Vec<AcceptedMismatch>,
}

/// A mismatch that the manifests accept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcceptedMismatch {
    /// The mismatch.
    pub mismatch: Mismatch,
    /// Why it is accepted.
    pub reason: String,
}

/// What is to be done about a topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It does not exist and will be created.
    Create,
    /// It does not exist, and creating it is somebody else's business.
    Missing,
    /// It exists as declared.
    Matches,
    /// It exists and differs; it is left alone.
    Mismatched(Vec<Mismatch>),
    /// It exists and differs in ways that are accepted, all of them in what was seen.
    Accepted,
    /// It could not be read.
    Unknown(Unknown),
}

/// One difference between a declared topic and the one that exists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mismatch {
    /// The number of partitions.
    Partitions {
        /// As declared.
        declared: Declared<Partitions>,
        /// On the cluster.
        found: usize,
    },
    /// The number of replicas.
    ReplicationFactor {
        /// As declared.
        declared: Declared<ReplicationFactor>,
        /// The brokers that hold each partition, by ascending partition. Their number differs while
        /// a reassignment is under way, or after one for some of the partitions.
        replicas: Vec<Vec<i32>>,
        /// Brokers that are not in sync where there are more replicas than declared, ascending. A
        /// reassignment keeps the old replicas until the new ones are.
        behind: Vec<i32>,
    },
    /// A configuration value.
    Config {
        /// The key.
        key: ConfigKey,
        /// As declared, in the broker's form.
        declared: Declared<ConfigValue>,
        /// As the broker tells it.
        found: String,
        /// Where the broker has it from.
        origin: ObservedOrigin,
    },
}

/// The fewest and the most replicas that a partition has.
pub fn replica_range(replicas: &[Vec<i32>]) -> (usize, usize) {
    let counts = || replicas.iter().map(Vec::len);
    (counts().min().unwrap_or(0), counts().max().unwrap_or(0))
}

/// What a comparison found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// The differences: replication factor, partitions, then keys by name. In this order their
    /// remedies mend all: new partitions take the number of replicas that the first one has.
    pub mismatches: Vec<Mismatch>,
    /// What else was seen.
    pub seen: Seen,
}

/// Decides about every declared topic. A name that the observation does not hold was never asked
/// for, and is unknown. `accepted` are the acceptances in force.
pub fn plan(
    declared: Vec<DeclaredTopic>,
    observation: &Observation,
    accepted: &[Accepted],
) -> Plan {
    let entries = declared
        .into_iter()
        .map(|topic| {
            let (decision, seen) = decide(&topic, observation.topics.get(&topic.name), accepted);
            Entry {
                topic,
                decision,
                seen,
            }
        })
        .collect();
    Plan {
        cluster: observation.cluster.clone(),
        entries,
        accepted: accepted.to_vec(),
    }
}

/// Takes the accepted mismatches out of a decision.
fn accept(
    topic: &DeclaredTopic,
    decision: Decision,
    mut seen: Seen,
    accepted: &[Accepted],
) -> (Decision, Seen) {
    let Decision::Mismatched(mismatches) = decision else {
        return (decision, seen);
    };
    let mut open = Vec::new();
    for mismatch in mismatches {
        let entry = accepted
            .iter()
            .find(|entry| entry.topic == topic.name && entry.covers(&mismatch));
        match entry {
            Some(entry) => seen.accepted.push(AcceptedMismatch {
                mismatch,
                reason: entry.reason.clone(),
            }),
            None => open.push(mismatch),
        }
    }
    if open.is_empty() {
        (Decision::Accepted, seen)
    } else {
        (Decision::Mismatched(open), seen)
    }
}

/// The decision about one topic.
pub fn decide(
    topic: &DeclaredTopic,
    observed: Option<&Observed>,
    accepted: &[Accepted],
) -> (Decision, Seen) {
    match observed {
        Some(Observed::Present(observed)) => {
            let comparison = compare(topic, observed);
            let decision = if comparison.mismatches.is_empty() {
                Decision::Matches
            } else {
                Decision::Mismatched(comparison.mismatches)
            };
            accept(topic, decision, comparison.seen, accepted)
        }
        Some(Observed::Absent) if topic.external => (Decision::Missing, Seen::default()),
        Some(Observed::Absent) => (Decision::Create, Seen::default()),
        Some(Observed::Unknown(unknown)) => (Decision::Unknown(unknown.clone()), Seen::default()),
        None => {
            let reason = "the observation does not cover this name".to_owned();
            let unknown = Unknown {
                exists: false,
                unauthorized: false,
                reason,
            };
            (Decision::Unknown(unknown), Seen::default())
        }
    }
}

/// Compares what is declared with what exists; what is left to the broker's default is not
/// compared.
pub fn compare(topic: &DeclaredTopic, observed: &ObservedTopic) -> Comparison {
    let mut comparison = Comparison::default();
    if let Some(declared) = &topic.replication_factor {
        comparison
            .mismatches
            .extend(replication(declared, &observed.partitions));
    }
    if let Some(declared) = &topic.partitions {
        let found = observed.partitions.len();
        if declared.value.count() != found {
            let declared = declared.clone();
            comparison
                .mismatches
                .push(Mismatch::Partitions { declared, found });
        }
    }
    for (key, declared) in &topic.config {
        let observed = observed.config.get(key);
        let found = observed.and_then(|observed| Some((observed.value.clone()?, observed.origin)));
        match found {
            None => comparison.seen.unverifiable.push(key.clone()),
            Some((found, _)) if catalog::same(key.as_str(), declared.value.as_str(), &found) => {}
            Some((found, origin)) => comparison.mismatches.push(Mismatch::Config {
                key: key.clone(),
                declared: declared.clone(),
                found,
                origin,
            }),
        }
    }
    for (key, found) in &observed.config {
        if found.origin == ObservedOrigin::Topic && !topic.config.contains_key(key) {
            let value = found.value.clone().unwrap_or_default();
            comparison.seen.undeclared.push((key.clone(), value));
        }
    }
    comparison.seen.ailments = health::examine(observed, min_insync(topic, observed));
    comparison
}

fn replication(
    declared: &Declared<ReplicationFactor>,
    partitions: &[ObservedPartition],
) -> Option<Mismatch> {
    let wanted = declared.value.count();
    if partitions.iter().all(|one| one.replicas.len() == wanted) {
        return None;
    }
    let mut behind: Vec<i32> = partitions
        .iter()
        .filter(|one| one.replicas.len() > wanted)
        .flat_map(|one| one.replicas.iter().filter(|id| !one.in_sync.contains(id)))
        .copied()
        .collect();
    behind.sort_unstable();
    behind.dedup();
    Some(Mismatch::ReplicationFactor {
        declared: declared.clone(),
        replicas: partitions.iter().map(|one| one.replicas.clone()).collect(),
        behind,
    })
}

/// min.insync.replicas as the broker has it, else as it is declared.
fn min_insync(topic: &DeclaredTopic, observed: &ObservedTopic) -> Option<usize> {
    const KEY: &str = "min.insync.replicas";
    let found = observed
        .config
        .get(&ConfigKey::new(KEY))
        .and_then(|one| one.value.as_deref());
    found.or_else(|| topic.config_value(KEY))?.parse().ok()
}
