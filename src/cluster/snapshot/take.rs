//! Taking a snapshot: which names to ask for, and what to make of the answers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Reached, Recorded, Scope, Snapshot};
use crate::cluster::{Absence, ClusterError, Keys, ObserveTopics, Wanted};
use crate::observed::{Observation, Observed};
use crate::topic::TopicName;

/// Probes of a pattern, names that nobody has and that are asked for to find out whether absence is
/// reported: a right to names that begin with some letter must not look like one to all names.
const PROBES: usize = 4;
/// Their length: nobody has such names by chance.
const PROBE_LENGTH: usize = 24;
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Snapshot {
    /// Asks the cluster for what the scope names. `random` gives the numbers of which probes
    /// are made.
    ///
    /// # Errors
    /// Where the cluster as a whole could not be asked.
    pub async fn take<C: ObserveTopics>(
        cluster: &C,
        mut scope: Scope,
        reached: Reached,
        taken_at: Timestamp,
        mut random: impl FnMut() -> Option<u64>,
    ) -> Result<Self, ClusterError> {
        let mut names: BTreeSet<TopicName> = cluster.names().await?.into_iter().collect();
        names.extend(scope.patterns().filter_map(super::Pattern::name));
        names.retain(|name| scope.asks_for(name));
        let probes: BTreeMap<String, Vec<TopicName>> = scope
            .patterns()
            .filter(|pattern| pattern.name().is_none())
            .map(|pattern| pattern.beginning().to_owned())
            .map(|beginning| {
                let names = (0..PROBES).map_while(|_| probe(&beginning, &mut random));
                let names = names.collect();
                (beginning, names)
            })
            .collect();

        let whole = names.iter().map(|name| Wanted {
            name: name.clone(),
            keys: Keys::All,
        });
        let without_config = probes.values().flatten().map(Wanted::bare);
        let all: Vec<_> = whole.chain(without_config).collect();
        let Observation {
            cluster: identity,
            topics: mut found,
            ..
        } = cluster.observe(&all, Absence::Confirmed).await?;
        scope.complete(|pattern| match probes.get(pattern.beginning()) {
            Some(names) if pattern.name().is_none() => {
                let absent = |name| found.get(name) == Some(&Observed::Absent);
                names.len() == PROBES && names.iter().all(absent)
            }
            // Its answer is recorded under its name.
            _ => false,
        });
        found.retain(|name, _| names.contains(name));
        let topics = record(cluster, found).await?;
        Ok(Self {
            taken_at: Timestamp::from_second(taken_at.as_second()).unwrap_or(taken_at),
            cluster: identity,
            reached,
            scope,
            topics,
        })
    }
}

/// Looks once more at topics that exist and hide their configuration: what else there is of them
/// may be compared all the same.
async fn record<C: ObserveTopics>(
    cluster: &C,
    found: BTreeMap<TopicName, Observed>,
) -> Result<BTreeMap<TopicName, Recorded>, ClusterError> {
    let hides = |observed: &Observed| matches!(observed, Observed::Unknown(one) if one.exists);
    let half: Vec<_> = found
        .iter()
        .filter(|(_, observed)| hides(observed))
        .map(|(name, _)| Wanted::bare(name))
        .collect();
    let mut halves = if half.is_empty() {
        BTreeMap::new()
    } else {
        cluster.observe(&half, Absence::AsReported).await?.topics
    };
    let recorded = found.into_iter().map(|(name, observed)| {
        let recorded = match (observed, halves.remove(&name)) {
            (Observed::Absent, _) => Recorded::Absent,
            (Observed::Present(topic), _) => Recorded::Present {
                partitions: topic.partitions,
                config: Ok(topic.config),
            },
            (Observed::Unknown(unknown), Some(Observed::Present(topic))) => Recorded::Present {
                partitions: topic.partitions,
                config: Err(unknown),
            },
            (Observed::Unknown(unknown), _) => Recorded::Unknown(unknown),
        };
        (name, recorded)
    });
    Ok(recorded.collect())
}

/// A name that nobody has; `None` where the numbers have run out or it would be too long.
fn probe(beginning: &str, random: &mut impl FnMut() -> Option<u64>) -> Option<TopicName> {
    let mut name = beginning.to_owned();
    for _ in 0..PROBE_LENGTH {
        let letter = usize::try_from(random()? % 62).ok()?;
        name.push(char::from(LETTERS[letter]));
    }
    TopicName::parse(&name).ok()
}
