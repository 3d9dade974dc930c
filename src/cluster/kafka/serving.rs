//! Whether leaders serve: the end offset of each partition, asked of its leader.
//!
//! librdkafka's ListOffsets has three ways to say no: an error of the partition; no error and no
//! offset, where a leader gave no answer; and a failure of the whole call, where no leader of any
//! partition is known. It does not repeat what a leader refused, but it does wait for leaders to
//! be known, up to the time limit of the call. That limit is short here: who asks does so again.

use std::collections::BTreeMap;
use std::time::Duration;

use super::admin::{CallOptions, Code, Failure, PartitionOffset};
use super::connection::Connection;
use crate::cluster::{ClusterError, Unserved};
use crate::topic::{Partitions, TopicName};

/// Partitions in one call: what librdkafka does with the answer grows with their square.
const AT_ONCE: usize = 1000;

/// For leaders to become known and to answer.
const LIMIT: Duration = Duration::from_secs(2);

/// Returns the partitions whose leader did not answer with an end offset.
pub(super) async fn unserved(
    connection: &Connection,
    topics: &[(TopicName, Partitions)],
) -> Result<Vec<Unserved>, ClusterError> {
    let counts: BTreeMap<&TopicName, Partitions> =
        topics.iter().map(|(name, count)| (name, *count)).collect();
    let partitions: Vec<(&TopicName, i32)> = counts
        .iter()
        .flat_map(|(name, count)| (0..count.get()).map(|partition| (*name, partition)))
        .collect();
    let options = CallOptions {
        timeout: connection.options().timeout.min(LIMIT),
        broker: None,
    };
    let calls: Vec<_> = partitions
        .chunks(AT_ONCE)
        .map(|batch| (batch, connection.client().end_offsets(options, batch)))
        .collect();
    let mut unserved = vec![];
    for (batch, call) in calls {
        let outcome = connection.ask_briefly(call).await?;
        unserved.extend(read(batch, outcome));
    }
    Ok(unserved)
}

fn read(
    batch: &[(&TopicName, i32)],
    outcome: Result<Vec<PartitionOffset>, Failure>,
) -> impl Iterator<Item = Unserved> {
    let (answers, otherwise) = match outcome {
        Ok(answers) => (answers, "its leader gave no answer".to_owned()),
        Err(failure) => (vec![], reason(&failure)),
    };
    let mut answers: BTreeMap<(String, i32), _> = answers
        .into_iter()
        .map(|answer| ((answer.topic, answer.partition), answer.result))
        .collect();
    batch.iter().filter_map(move |(topic, partition)| {
        let reason = match answers.remove(&(topic.as_str().to_owned(), *partition)) {
            Some(Ok(Some(_))) => return None,
            Some(Err(failure)) => reason(&failure),
            Some(Ok(None)) | None => otherwise.clone(),
        };
        Some(Unserved {
            topic: (*topic).clone(),
            partition: *partition,
            reason,
        })
    })
}

fn reason(failure: &Failure) -> String {
    match failure.code {
        // librdkafka's own words for what a lagging broker's metadata lacks.
        Code::UNKNOWN_TOPIC | Code::UNKNOWN_PARTITION => {
            format!(
                "{}: not in the metadata yet",
                Code::UNKNOWN_TOPIC_OR_PARTITION.name()
            )
        }
        Code::NO_ENTRY | Code::TIMED_OUT => {
            format!(
                "{}: no leader is known yet",
                Code::LEADER_NOT_AVAILABLE.name()
            )
        }
        _ => failure.to_string(),
    }
}
