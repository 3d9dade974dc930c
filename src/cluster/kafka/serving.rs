//! Whether leaders serve: the end offset of each partition, asked of its leader.
//!
//! librdkafka's ListOffsets has three ways to say no: an error of the partition; no error and no
//! offset, where a leader gave no answer; and a failure of the whole call, where no leader of any
//! partition is known. It does not repeat what a leader refused, but it does wait for leaders to
//! be known, up to the time limit of the call. That limit is short at first, for who asks does so
//! again, and longer each time that somebody gave no answer.

use std::collections::BTreeMap;

use librdkafka_admin::{AdminOptions, Error, ErrorCode, OffsetSpec, Offsets};

use tokio::time::Instant;

use super::connection::Connection;
use super::convert::by_name;
use crate::cluster::ClusterError;
use crate::observed::Unserved;
use crate::topic::{Partitions, TopicName};

/// Partitions in one ListOffsets call: what librdkafka does with the answer grows with their square.
pub(super) const PARTITIONS_PER_CALL: usize = 1000;

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
    let longest = connection.options().request_timeout;
    let limit = connection.leader_limit.get().min(longest);
    let options = AdminOptions::new(limit);
    let started = Instant::now();
    let client = connection.client();
    let calls: Vec<_> = partitions
        .chunks(PARTITIONS_PER_CALL)
        .map(|batch| {
            let call = client.list_offsets(options, OffsetSpec::Latest, by_name(batch));
            (batch, call)
        })
        .collect();
    let mut unserved = vec![];
    for (batch, call) in calls {
        let result = connection.ask_once(call).await?;
        unserved.extend(read(batch, result));
    }
    if started.elapsed() >= limit {
        connection.leader_limit.set((limit * 2).min(longest));
    }
    Ok(unserved)
}

fn read(
    batch: &[(&TopicName, i32)],
    result: Result<Offsets, Error>,
) -> impl Iterator<Item = Unserved> {
    let (mut answers, otherwise) = match result {
        Ok(answers) => (answers, "its leader gave no answer".to_owned()),
        Err(error) => (Offsets::new(), reason(&error)),
    };
    batch.iter().filter_map(move |(topic, partition)| {
        let reason = match answers.remove(&(topic.as_str().to_owned(), *partition)) {
            Some(Ok(Some(_))) => return None,
            Some(Err(error)) => reason(&error),
            Some(Ok(None)) | None => otherwise.clone(),
        };
        Some(Unserved {
            topic: (*topic).clone(),
            partition: *partition,
            reason,
        })
    })
}

fn reason(error: &Error) -> String {
    match error.code {
        // librdkafka's own words for what a lagging broker's metadata lacks.
        ErrorCode::UNKNOWN_TOPIC | ErrorCode::UNKNOWN_PARTITION => {
            let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            format!("{code}: not in the metadata yet")
        }
        ErrorCode::TIMED_OUT => "no leader was known in time, or none answered".to_owned(),
        ErrorCode::NO_ENTRY => {
            let code = ErrorCode::LEADER_NOT_AVAILABLE;
            format!("{code}: no leader is known yet")
        }
        _ => error.to_string(),
    }
}
