//! Consumer groups, their commits, and the offsets that partitions have.
//!
//! Three rounds, each with all of its requests under way together: descriptions, then the commits
//! of the groups that could be described, then the earliest and latest offsets of all partitions.
//! Nothing here joins a group or commits.
//!
//! Asking for a group's coordinator makes a broker create `__consumer_offsets` where it does not
//! exist yet. A cluster without that topic has no groups, so it is looked for first, and where it
//! is missing nothing is asked of a coordinator. Some hosted clusters hide the topic from everybody;
//! so its absence only counts where no broker lists a group either.
//!
//! Calls to coordinators have no time limit in librdkafka, which does not survive one that is
//! reached (`AdminClient::describe_group` says why); the limit is kept here, and a call that reached it is
//! left alone.
//!
//! The broker of librdkafka's first answer stays a group's coordinator for as long as the client
//! lives, so that NOT_COORDINATOR is asked again only because a coordinator that has just been
//! elected answers so too, for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use librdkafka_admin::{AdminOptions, Error, ErrorCode, OffsetSpec, Offsets, Pending};
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::Connection;
use super::connection_info::seconds;
use super::convert::{self, unreadable};
use super::serving::PARTITIONS_PER_CALL;
use crate::cluster::ClusterError;
use crate::groups::{
    Commits, Description, ObservedGroup, ObservedGroups, OffsetRange, PartitionLeadership,
    Protocol, State, Wanted,
};
use crate::observed::Unreadable;
use crate::topic::TopicName;

const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// Longer than a run: what librdkafka is given as the limit of a call to a coordinator.
const NO_LIMIT: Duration = Duration::from_secs(3600);

/// The waits for a coordinator that was elected a moment ago and is still loading its groups.
const COORDINATOR_BACKOFF: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1600),
];

/// The waits for a leader that does not answer; a lost one may take long to be replaced.
const LEADER_BACKOFF: &[Duration] = COORDINATOR_BACKOFF.split_at(3).0;

pub(super) async fn observe(
    connection: &Connection,
    wanted: &Wanted,
) -> Result<ObservedGroups, ClusterError> {
    let ids: Vec<&str> = wanted.groups.keys().map(String::as_str).collect();
    let groups = if ids.is_empty() {
        BTreeMap::new()
    } else if any_group(connection).await? {
        groups(connection, wanted, ids).await?
    } else {
        ids.iter()
            .map(|id| ((*id).to_owned(), no_group()))
            .collect()
    };
    let offsets = offsets(connection, &wanted.partitions).await?;
    Ok(ObservedGroups { groups, offsets })
}

fn no_group() -> ObservedGroup {
    ObservedGroup {
        description: Ok(dead()),
        commits: Ok(Commits::new()),
    }
}

/// The coordinator's answer for a group that it does not know, by any version of the request.
fn dead() -> Description {
    Description {
        state: State::Dead,
        protocol: Protocol::Unknown,
        assignor: None,
        members: vec![],
    }
}

/// Whether the cluster can have groups at all; asked in ways that create nothing.
async fn any_group(connection: &Connection) -> Result<bool, ClusterError> {
    let options = connection.options();
    let topics = connection
        .ask(|client, options| client.describe_topics(options, [OFFSETS_TOPIC]))
        .await?;
    let absent = matches!(topics.get(OFFSETS_TOPIC), Some(Err(error))
        if error.code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    if !absent {
        return Ok(true);
    }
    let listed = connection
        .ask_once(connection.client().list_groups(options))
        .await?;
    // A broker that has no answer may have groups.
    Ok(listed.map_or(true, |listed| listed.valid > 0 || listed.errors > 0))
}

/// Describes groups and reads their commits. What did not get an answer is asked again for a while,
/// from the description on: commits may only be asked of who has just proved to be coordinator.
async fn groups(
    connection: &Connection,
    wanted: &Wanted,
    mut open: Vec<&str>,
) -> Result<BTreeMap<String, ObservedGroup>, ClusterError> {
    let mut groups = BTreeMap::new();
    let mut pauses = COORDINATOR_BACKOFF.iter();
    loop {
        let described = describe(connection, &open).await?;
        let committed = commits(connection, wanted, &described).await?;
        let pause = pauses.next();
        let mut again = vec![];
        for ((id, description), commits) in described.into_iter().zip(committed) {
            let error = description.as_ref().err().or(commits.as_ref().err());
            if pause.is_some() && error.is_some_and(|error| is_retriable(error.code)) {
                again.push(id);
                continue;
            }
            let seen = ObservedGroup {
                description: description.map_err(|error| unreadable(false, &error)),
                commits: commits.map_err(|error| unreadable(false, &error)),
            };
            groups.insert(id.to_owned(), seen);
        }
        open = again;
        match pause {
            Some(pause) if !open.is_empty() => sleep(*pause).await,
            _ => return Ok(groups),
        }
    }
}

fn is_retriable(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS
            | ErrorCode::COORDINATOR_NOT_AVAILABLE
            | ErrorCode::NOT_COORDINATOR
            | ErrorCode::TRANSPORT
    )
}

/// Describes groups, one call for each, all under way together. The answer has an entry for each,
/// in order.
async fn describe<'a>(
    connection: &Connection,
    ids: &[&'a str],
) -> Result<Vec<(&'a str, Result<Description, Error>)>, ClusterError> {
    let client = connection.client();
    let calls: Vec<_> = ids
        .iter()
        .map(|id| (*id, client.describe_group(unlimited(), id)))
        .collect();
    let limit = Instant::now() + connection.options().request_timeout;
    let mut described = vec![];
    for (id, call) in calls {
        let entries = ask_coordinator(connection, call, limit).await?;
        let entry = entries.and_then(|mut entries| {
            entries.remove(id).unwrap_or_else(|| {
                Err(Error {
                    code: ErrorCode::NO_ENTRY,
                    message: "the broker left the group out of its answer".to_owned(),
                })
            })
        });
        let description = match entry {
            Err(error) if error.code == ErrorCode::GROUP_ID_NOT_FOUND => Ok(dead()),
            entry => entry.map(convert::group),
        };
        described.push((id, description));
    }
    Ok(described)
}

fn unlimited() -> AdminOptions {
    AdminOptions::new(NO_LIMIT)
}

/// Waits for a call to a coordinator until a limit, which is a result.
async fn ask_coordinator<T>(
    connection: &Connection,
    call: Pending<T>,
    limit: Instant,
) -> Result<Result<T, Error>, ClusterError> {
    let answer = timeout_at(limit, connection.ask_once(call)).await;
    answer.unwrap_or_else(|_| {
        let limit = seconds(connection.options().request_timeout);
        Ok(Err(Error {
            code: ErrorCode::TIMED_OUT,
            message: format!("its coordinator gave no answer within {limit}"),
        }))
    })
}

/// The commits of the groups that were described, one call for each group, all under way together.
async fn commits(
    connection: &Connection,
    wanted: &Wanted,
    described: &[(&str, Result<Description, Error>)],
) -> Result<Vec<Result<Commits, Error>>, ClusterError> {
    let client = connection.client();
    let ask = |(id, description): &(&str, Result<Description, Error>)| {
        let places = declared_partitions(wanted, id);
        if let Err(error) = description {
            return Err(error.clone());
        }
        if places.is_empty() {
            return Ok(None);
        }
        let call = client.committed_offsets(unlimited(), id, convert::by_name(&places));
        Ok(Some((places, call)))
    };
    let calls: Vec<_> = described.iter().map(ask).collect();
    let limit = Instant::now() + connection.options().request_timeout;
    let mut all = vec![];
    for call in calls {
        all.push(match call {
            Err(error) => Err(error),
            Ok(None) => Ok(Commits::new()),
            Ok(Some((places, call))) => ask_coordinator(connection, call, limit)
                .await?
                .map(|offsets| read_commits(&places, offsets)),
        });
    }
    Ok(all)
}

/// The partitions of the topics that a group is declared to read.
fn declared_partitions<'a>(wanted: &'a Wanted, id: &str) -> Vec<(&'a TopicName, i32)> {
    let none = BTreeSet::new();
    let topics = wanted.groups.get(id).unwrap_or(&none);
    wanted
        .partitions
        .iter()
        .filter(|(name, _)| topics.contains(*name))
        .flat_map(|(name, places)| places.iter().map(move |place| (name, place.id)))
        .collect()
}

fn read_commits(places: &[(&TopicName, i32)], mut offsets: Offsets) -> Commits {
    let mut commits = Commits::new();
    for (topic, id) in places {
        let result = match offsets.remove(&(topic.as_str().to_owned(), *id)) {
            Some(result) => result.map_err(|error| unreadable(false, &error)),
            None => Err(no_answer("the broker left the partition out of its answer")),
        };
        let partitions = commits.entry((*topic).clone()).or_default();
        partitions.insert(*id, result);
    }
    commits
}

/// Asks leaders for the offsets of their partitions. The answer holds every partition.
async fn offsets(
    connection: &Connection,
    partitions: &BTreeMap<TopicName, Vec<PartitionLeadership>>,
) -> Result<BTreeMap<TopicName, BTreeMap<i32, OffsetRange>>, ClusterError> {
    let mut all: BTreeMap<TopicName, BTreeMap<i32, OffsetRange>> = BTreeMap::new();
    let mut open: Vec<(&TopicName, i32)> = vec![];
    for (name, places) in partitions {
        let offsets = all.entry(name.clone()).or_default();
        for place in places {
            if place.led {
                open.push((name, place.id));
            } else {
                // librdkafka would wait for a leader up to the limit of the call.
                offsets.insert(place.id, both("it has no leader"));
            }
        }
    }
    let mut pauses = LEADER_BACKOFF.iter();
    loop {
        let answers = ask_offsets(connection, &open).await?;
        let pause = pauses.next();
        let mut again = vec![];
        for ((name, id), offsets) in open.into_iter().zip(answers) {
            let failed = [&offsets.start, &offsets.end].into_iter().any(|offset| {
                offset
                    .as_ref()
                    .is_err_and(|unreadable| !unreadable.unauthorized)
            });
            if failed && pause.is_some() {
                again.push((name, id));
            } else {
                all.entry(name.clone()).or_default().insert(id, offsets);
            }
        }
        open = again;
        match pause {
            Some(pause) if !open.is_empty() => sleep(*pause).await,
            _ => return Ok(all),
        }
    }
}

/// The answer has an entry for each partition, in order.
async fn ask_offsets(
    connection: &Connection,
    partitions: &[(&TopicName, i32)],
) -> Result<Vec<OffsetRange>, ClusterError> {
    let options = connection.options();
    let client = connection.client();
    let calls: Vec<_> = partitions
        .chunks(PARTITIONS_PER_CALL)
        .map(|batch| {
            let ask = |spec| client.list_offsets(options, spec, convert::by_name(batch));
            (batch, ask(OffsetSpec::Earliest), ask(OffsetSpec::Latest))
        })
        .collect();
    let mut all = vec![];
    for (batch, earliest, latest) in calls {
        let mut earliest = connection.ask_once(earliest).await?;
        let mut latest = connection.ask_once(latest).await?;
        all.extend(batch.iter().map(|(name, id)| {
            let key = (name.as_str().to_owned(), *id);
            OffsetRange {
                start: take_offset(&mut earliest, &key),
                end: take_offset(&mut latest, &key),
            }
        }));
    }
    Ok(all)
}

fn take_offset(
    result: &mut Result<Offsets, Error>,
    partition: &(String, i32),
) -> Result<i64, Unreadable> {
    let offsets = result.as_mut().map_err(|error| unreadable(false, error))?;
    match offsets.remove(partition) {
        Some(Ok(Some(offset))) => Ok(offset),
        Some(Err(error)) => Err(unreadable(false, &error)),
        Some(Ok(None)) | None => Err(no_answer("its leader gave no answer")),
    }
}

fn both(reason: &str) -> OffsetRange {
    OffsetRange {
        start: Err(no_answer(reason)),
        end: Err(no_answer(reason)),
    }
}

fn no_answer(reason: &str) -> Unreadable {
    Unreadable {
        exists: false,
        unauthorized: false,
        reason: reason.to_owned(),
    }
}
