//! Whether leaders serve what they lead: what `--fail-on health` asks beyond the metadata, which
//! brokers without a controller go on to tell as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::sleep;

use crate::cluster::{ClusterError, ObserveTopics, Unserved};
use crate::health;
use crate::observed::{Observation, Observed, ObservedTopic};
use crate::plan::Plan;
use crate::topic::{Partitions, TopicName};

/// Between two looks: longer than it usually takes until a new leader is known.
const SECOND_LOOK: Duration = Duration::from_millis(500);

/// Asks the leaders of all topics that were seen; a partition is unserved that is so twice.
///
/// # Errors
/// Where the cluster as a whole could not be asked.
pub(super) async fn unserved(
    cluster: &impl ObserveTopics,
    observation: &Observation,
) -> Result<Vec<Unserved>, ClusterError> {
    let topics: Vec<_> = observation
        .topics
        .iter()
        .filter_map(|(name, seen)| led(name, seen))
        .collect();
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let first = cluster.unserved(&topics).await?;
    let found: BTreeSet<_> = first.iter().map(|one| &one.topic).collect();
    let again: Vec<_> = topics
        .into_iter()
        .filter(|(name, _)| found.contains(name))
        .collect();
    if again.is_empty() {
        return Ok(first);
    }
    sleep(SECOND_LOOK).await;
    cluster.unserved(&again).await
}

/// The partitions of a topic that has a leader for each: one without would hold up the question
/// about the others, and is told as leaderless already.
fn led(name: &TopicName, seen: &Observed) -> Option<(TopicName, Partitions)> {
    let Observed::Present(ObservedTopic { partitions, .. }) = seen else {
        return None;
    };
    let all_led = partitions
        .iter()
        .all(|partition| partition.leader.is_some());
    let count = Partitions::new(i32::try_from(partitions.len()).ok()?)?;
    all_led.then(|| (name.clone(), count))
}

/// Adds what leaders did not serve to what was seen of the topics.
pub(super) fn add(unserved: &[Unserved], observation: &Observation, plan: &mut Plan) {
    let mut refusals: BTreeMap<&TopicName, Vec<(i32, &str)>> = BTreeMap::new();
    for one in unserved {
        let refusal = (one.partition, one.reason.as_str());
        refusals.entry(&one.topic).or_default().push(refusal);
    }
    for entry in &mut plan.entries {
        let name = &entry.topic.name;
        if let (Some(Observed::Present(topic)), Some(refusals)) =
            (observation.topics.get(name), refusals.remove(name))
        {
            let ailments = health::unserved(topic, refusals);
            entry.seen.ailments.extend(ailments);
        }
    }
}
