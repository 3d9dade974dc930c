//! The comparison: declared topics against what was observed.
//!
//! A pure function of its inputs. Every decision carries its reason; nothing here reaches a client, a
//! clock or the environment, and [`crate::apply`] re-decides nothing.

use std::collections::BTreeMap;

use crate::accepted::Accepted;
use crate::catalog;
use crate::health::{self, HealthIssue};
use crate::observed::{
    ClusterIdentity, Observation, Observed, ObservedOrigin, ObservedPartition, ObservedTopic,
    Unreadable,
};
use crate::outcome::{AcceptedMismatch, Mismatch, Status, TopicOutcome};
use crate::topic::{ConfigKey, Declared, DeclaredTopic, ReplicationFactor, TopicName};

/// What is to be done about each declared topic. A status is one of [`Status::ToCreate`],
/// [`Status::Missing`], [`Status::Matching`], [`Status::Mismatched`], [`Status::Accepted`] and
/// [`Status::Unknown`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    pub cluster: ClusterIdentity,
    pub topics: Vec<TopicOutcome>,
    /// The acceptances that the decisions were made with, for topics that appear later.
    pub accepted: Vec<Accepted>,
}

/// Decides about every declared topic. A name that the observation does not hold was never asked
/// for, and is unknown. `accepted` are the acceptances in force.
pub fn plan(
    declared: Vec<DeclaredTopic>,
    observation: &Observation,
    accepted: &[Accepted],
) -> Plan {
    let decided = declared
        .into_iter()
        .map(|topic| decide(topic, observation, accepted));
    Plan {
        topics: decided.collect(),
        cluster: observation.cluster.clone(),
        accepted: accepted.to_vec(),
    }
}

/// The decision about one topic.
pub fn decide(
    topic: DeclaredTopic,
    observation: &Observation,
    accepted: &[Accepted],
) -> TopicOutcome {
    let status = match observation.topics.get(&topic.name) {
        Some(Observed::Present(observed)) => {
            let health = partition_health(&topic, observed, observation);
            let outcome = TopicOutcome {
                health,
                ..compare(topic, observed)
            };
            return accept(outcome, accepted);
        }
        Some(Observed::Absent) if topic.external => Status::Missing,
        Some(Observed::Absent) => Status::ToCreate,
        Some(Observed::Unknown(unknown)) => Status::Unknown(unknown.clone()),
        None => Status::Unknown(Unreadable {
            exists: false,
            unauthorized: false,
            reason: "the observation does not cover this name".to_owned(),
        }),
    };
    TopicOutcome::new(topic, status)
}

/// Whether a topic that does not exist yet wants more replicas than there are brokers, those that are
/// `down` included. A cluster that does not return its brokers cannot be counted.
pub fn wants_more_brokers<'a>(
    declared: impl Iterator<Item = &'a DeclaredTopic>,
    observation: &Observation,
    down: usize,
) -> bool {
    let there = observation.cluster.brokers.len();
    let is_new = |topic: &&DeclaredTopic| {
        !topic.external && observation.topics.get(&topic.name) == Some(&Observed::Absent)
    };
    let mut new = declared.filter(is_new);
    there > 0 && new.any(|topic| topic.brokers_needed() > there + down)
}

/// Whether the name of a topic that does not exist yet may be too near to one that does.
pub fn may_collide(observation: &Observation) -> bool {
    absent(observation).any(|name| name.as_str().contains(['.', '_']))
}

/// The names of topics that do not exist yet, each with an existing one that differs in `.` and `_`
/// only: the broker refuses the new one (`Topic.hasCollision`).
pub fn collisions(
    observation: &Observation,
    existing: &[TopicName],
) -> Vec<(TopicName, TopicName)> {
    let existing: BTreeMap<_, _> = existing
        .iter()
        .map(|name| (name.collision_key(), name))
        .collect();
    let collision = |name: &TopicName| {
        let other = existing.get(&name.collision_key())?;
        (*other != name).then(|| (name.clone(), (*other).clone()))
    };
    absent(observation).filter_map(collision).collect()
}

fn absent(observation: &Observation) -> impl Iterator<Item = &TopicName> {
    let topics = observation.topics.iter();
    let absent = topics.filter(|(_, seen)| **seen == Observed::Absent);
    absent.map(|(name, _)| name)
}

/// What is wrong with the partitions of a topic, by its metadata and by its leaders.
pub(crate) fn partition_health(
    topic: &DeclaredTopic,
    observed: &ObservedTopic,
    observation: &Observation,
) -> Vec<HealthIssue> {
    let refusals = observation.unserved.get(&topic.name).into_iter().flatten();
    let mut issues = health::examine(observed, min_insync(topic, observed));
    issues.extend(health::unserved(observed, refusals));
    issues.extend(health::shared_racks(observed, &observation.cluster));
    issues
}

/// Takes the accepted mismatches out of a decision.
fn accept(mut outcome: TopicOutcome, accepted: &[Accepted]) -> TopicOutcome {
    for mismatch in std::mem::take(&mut outcome.mismatches) {
        let mut entries = accepted.iter();
        match entries.find(|one| one.topic == outcome.topic.name && one.covers(&mismatch)) {
            Some(entry) => outcome.accepted.push(AcceptedMismatch {
                mismatch,
                reason: entry.reason.clone(),
            }),
            None => outcome.mismatches.push(mismatch),
        }
    }
    if outcome.mismatches.is_empty() && !outcome.accepted.is_empty() {
        outcome.status = Status::Accepted;
    }
    outcome
}

/// Compares what is declared with what exists; what is left to the broker's default is not
/// compared.
fn compare(topic: DeclaredTopic, observed: &ObservedTopic) -> TopicOutcome {
    let mut mismatches = Vec::new();
    let mut unverifiable = Vec::new();
    if let Some(declared) = &topic.replication_factor {
        mismatches.extend(replication(declared, &observed.partitions));
    }
    if let Some(declared) = &topic.partitions {
        let found = observed.partitions.len();
        if declared.value.count() != found {
            let declared = declared.clone();
            mismatches.push(Mismatch::Partitions { declared, found });
        }
    }
    for (key, declared) in &topic.config {
        let observed = observed.config.get(key);
        let found = observed.and_then(|observed| Some((observed.value.clone()?, observed.origin)));
        match found {
            None => unverifiable.push(key.clone()),
            Some((found, _)) if catalog::same(key.as_str(), declared.value.as_str(), &found) => {}
            Some((found, origin)) => mismatches.push(Mismatch::Config {
                key: key.clone(),
                declared: declared.clone(),
                found,
                origin,
            }),
        }
    }
    let undeclared = observed
        .config
        .iter()
        .filter(|(key, found)| {
            found.origin == ObservedOrigin::Topic && !topic.config.contains_key(*key)
        })
        .map(|(key, found)| (key.clone(), found.value.clone().unwrap_or_default()))
        .collect();
    TopicOutcome {
        health: Vec::new(),
        undeclared,
        unverifiable,
        status: match mismatches.is_empty() {
            true => Status::Matching,
            false => Status::Mismatched { created: false },
        },
        mismatches,
        accepted: Vec::new(),
        unread: None,
        topic,
    }
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
