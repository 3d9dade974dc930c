//! Consumer groups, their commits, and the offsets that partitions have.
//!
//! Three rounds, each with all of its requests under way together: descriptions, then the commits
//! of the groups that could be described, then the earliest and latest offsets of all partitions.
//! Nothing here joins a group or commits.
//!
//! Asking for a group's coordinator makes a broker create `__consumer_offsets` where it does not
//! exist yet. A cluster without that topic has no groups, so it is looked for first, and where it
//! is missing nothing is asked of a coordinator. Some hosted clusters hide the topic from everybody;
//! so its absence is only believed where no broker lists a group either.
//!
//! Calls to coordinators have no time limit in librdkafka, which does not survive one that is
//! reached (`Client::describe_group` says why); the limit is kept here, and a call that reached it is
//! left alone.
//!
//! The broker of librdkafka's first answer stays a group's coordinator for as long as the client
//! lives, so that NOT_COORDINATOR is asked again only because a coordinator that has just been
//! elected answers so too, for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::admin::{CallOptions, Code, Described, Failure, Outcome, PartitionOffset, Pending};
use super::connection::Connection;
use crate::cluster::ClusterError;
use crate::groups::{
    Bounds, Commits, Description, Place, Protocol, Seen, SeenGroup, State, Unread, Wanted,
};
use crate::topic::TopicName;

/// Where a cluster keeps its groups.
const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// Partitions in one ListOffsets call: librdkafka finds the place of each answer by going through
/// all of them.
const PARTITIONS_AT_ONCE: usize = 1000;

/// Longer than a run: what librdkafka is told as the limit of a call to a coordinator.
const NO_LIMIT: Duration = Duration::from_secs(3600);

/// The waits for a coordinator that was elected a moment ago and is still loading its groups.
const LOADING: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1600),
];

/// The waits for a leader that does not answer; a lost one may take long to be replaced.
const LEADERLESS: &[Duration] = LOADING.split_at(3).0;

/// Sees groups and offsets.
pub(super) async fn observe(
    connection: &Connection,
    wanted: &Wanted,
) -> Result<Seen, ClusterError> {
    let ids: Vec<&str> = wanted.groups.keys().map(String::as_str).collect();
    let groups = if ids.is_empty() {
        BTreeMap::new()
    } else if any_group(connection).await? {
        groups(connection, wanted, ids).await?
    } else {
        ids.iter()
            .map(|id| ((*id).to_owned(), never_was()))
            .collect()
    };
    let offsets = offsets(connection, &wanted.partitions).await?;
    Ok(Seen { groups, offsets })
}

fn never_was() -> SeenGroup {
    SeenGroup {
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
    let Ok(topic) = TopicName::parse(OFFSETS_TOPIC) else {
        return Ok(true);
    };
    let options = connection.options();
    let topics = connection
        .ask(|client| client.describe_topics(options, &[&topic]))
        .await?
        .map_err(|failure| connection.give_up(&failure))?;
    let absent = |answer: &Described<_>| {
        let result: &Result<_, Failure> = &answer.result;
        matches!(result, Err(failure) if failure.code == Code::UNKNOWN_TOPIC_OR_PARTITION)
    };
    if !topics.iter().any(absent) {
        return Ok(true);
    }
    let listed = connection
        .ask_briefly(connection.client().list_groups(options))
        .await?;
    // A broker that has no answer may have groups.
    Ok(listed.map_or(true, |listed| listed.groups > 0 || listed.errors > 0))
}

/// Describes groups and reads their commits. What did not get an answer is asked again for a while,
/// from the description on: commits may only be asked of who has just proved to be coordinator.
async fn groups(
    connection: &Connection,
    wanted: &Wanted,
    mut open: Vec<&str>,
) -> Result<BTreeMap<String, SeenGroup>, ClusterError> {
    let mut groups = BTreeMap::new();
    let mut pauses = LOADING.iter();
    loop {
        let described = describe(connection, &open).await?;
        let committed = commits(connection, wanted, &described).await?;
        let pause = pauses.next();
        let mut again = vec![];
        for ((id, description), commits) in described.into_iter().zip(committed) {
            let failure = description.as_ref().err().or(commits.as_ref().err());
            if pause.is_some() && failure.is_some_and(|failure| is_passing(failure.code)) {
                again.push(id);
                continue;
            }
            let seen = SeenGroup {
                description: description.map_err(|failure| unread(&failure)),
                commits: commits.map_err(|failure| unread(&failure)),
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

fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::COORDINATOR_LOAD_IN_PROGRESS
            | Code::COORDINATOR_NOT_AVAILABLE
            | Code::NOT_COORDINATOR
            | Code::TRANSPORT
    )
}

/// Describes groups, one call for each, all under way together. The answer has an entry for each,
/// in order.
async fn describe<'a>(
    connection: &Connection,
    ids: &[&'a str],
) -> Result<Vec<(&'a str, Result<Description, Failure>)>, ClusterError> {
    let client = connection.client();
    let calls: Vec<_> = ids
        .iter()
        .map(|id| (*id, client.describe_group(unlimited(), id)))
        .collect();
    let limit = Instant::now() + connection.options().timeout;
    let mut described = vec![];
    for (id, call) in calls {
        let answers = ask_coordinator(connection, call, limit).await?;
        let answer = answers.and_then(|mut answers| {
            let answer = answers.pop().map(|answer| answer.result);
            answer.unwrap_or_else(|| {
                Err(Failure {
                    code: Code::NO_ENTRY,
                    message: "the broker left the group out of its answer".to_owned(),
                })
            })
        });
        let description = match answer {
            Err(failure) if failure.code == Code::GROUP_ID_NOT_FOUND => Ok(dead()),
            answer => answer,
        };
        described.push((id, description));
    }
    Ok(described)
}

fn unlimited() -> CallOptions {
    CallOptions {
        timeout: NO_LIMIT,
        broker: None,
    }
}

/// Waits for a call to a coordinator until a limit, which is an outcome.
async fn ask_coordinator<T>(
    connection: &Connection,
    call: Pending<T>,
    limit: Instant,
) -> Result<Outcome<T>, ClusterError> {
    let answer = timeout_at(limit, connection.ask_briefly(call)).await;
    answer.unwrap_or_else(|_| {
        let seconds = connection.options().timeout.as_secs_f64();
        Ok(Err(Failure {
            code: Code::TIMED_OUT,
            message: format!("its coordinator gave no answer within {seconds} s"),
        }))
    })
}

/// The commits of the groups that were described, one call for each group, all under way together.
async fn commits(
    connection: &Connection,
    wanted: &Wanted,
    described: &[(&str, Result<Description, Failure>)],
) -> Result<Vec<Result<Commits, Failure>>, ClusterError> {
    let client = connection.client();
    let ask = |(id, description): &(&str, Result<Description, Failure>)| {
        let places = places_of(wanted, id);
        if let Err(failure) = description {
            return Err(failure.clone());
        }
        if places.is_empty() {
            return Ok(None);
        }
        let call = client.committed_offsets(unlimited(), id, &places);
        Ok(Some((places, call)))
    };
    let calls: Vec<_> = described.iter().map(ask).collect();
    let limit = Instant::now() + connection.options().timeout;
    let mut all = vec![];
    for call in calls {
        all.push(match call {
            Err(failure) => Err(failure),
            Ok(None) => Ok(Commits::new()),
            Ok(Some((places, call))) => ask_coordinator(connection, call, limit)
                .await?
                .map(|offsets| read_commits(&places, offsets)),
        });
    }
    Ok(all)
}

/// The partitions of the topics that a group is declared to read.
fn places_of<'a>(wanted: &'a Wanted, id: &str) -> Vec<(&'a TopicName, i32)> {
    let none = BTreeSet::new();
    let topics = wanted.groups.get(id).unwrap_or(&none);
    wanted
        .partitions
        .iter()
        .filter(|(name, _)| topics.contains(*name))
        .flat_map(|(name, places)| places.iter().map(move |place| (name, place.id)))
        .collect()
}

fn read_commits(places: &[(&TopicName, i32)], offsets: Vec<PartitionOffset>) -> Commits {
    let mut answers: BTreeMap<(String, i32), _> = offsets
        .into_iter()
        .map(|offset| ((offset.topic, offset.partition), offset.result))
        .collect();
    let mut commits = Commits::new();
    for (topic, id) in places {
        let result = match answers.remove(&(topic.as_str().to_owned(), *id)) {
            Some(result) => result.map_err(|failure| unread(&failure)),
            None => Err(Unread {
                unauthorized: false,
                reason: "the broker left the partition out of its answer".to_owned(),
            }),
        };
        let partitions = commits.entry((*topic).clone()).or_default();
        partitions.insert(*id, result);
    }
    commits
}

/// Asks leaders for the bounds of their partitions. The answer holds every partition.
async fn offsets(
    connection: &Connection,
    partitions: &BTreeMap<TopicName, Vec<Place>>,
) -> Result<BTreeMap<TopicName, BTreeMap<i32, Bounds>>, ClusterError> {
    let mut all: BTreeMap<TopicName, BTreeMap<i32, Bounds>> = BTreeMap::new();
    let mut open: Vec<(&TopicName, i32)> = vec![];
    for (name, places) in partitions {
        let bounds = all.entry(name.clone()).or_default();
        for place in places {
            if place.led {
                open.push((name, place.id));
            } else {
                // librdkafka would wait for a leader up to the limit of the call.
                bounds.insert(place.id, both(&leaderless()));
            }
        }
    }
    let mut pauses = LEADERLESS.iter();
    loop {
        let mut answers = ask_bounds(connection, &open).await?;
        let pause = pauses.next();
        let mut again = vec![];
        for (name, id) in open {
            let bounds = answers.remove(&(name.as_str(), id));
            let bounds = bounds.unwrap_or_else(|| both(&silent()));
            let failed = [&bounds.earliest, &bounds.latest]
                .into_iter()
                .any(|offset| offset.as_ref().is_err_and(|unread| !unread.unauthorized));
            if failed && pause.is_some() {
                again.push((name, id));
            } else {
                all.entry(name.clone()).or_default().insert(id, bounds);
            }
        }
        open = again;
        match pause {
            Some(pause) if !open.is_empty() => sleep(*pause).await,
            _ => return Ok(all),
        }
    }
}

async fn ask_bounds<'a>(
    connection: &Connection,
    partitions: &[(&'a TopicName, i32)],
) -> Result<BTreeMap<(&'a str, i32), Bounds>, ClusterError> {
    let options = connection.options();
    let client = connection.client();
    let calls: Vec<_> = partitions
        .chunks(PARTITIONS_AT_ONCE)
        .map(|batch| {
            let first = client.start_offsets(options, batch);
            let next = client.end_offsets(options, batch);
            (batch, first, next)
        })
        .collect();
    let mut all = BTreeMap::new();
    for (batch, first, next) in calls {
        let first = connection.ask_briefly(first).await?;
        let next = connection.ask_briefly(next).await?;
        let (mut first, mut next) = (by_partition(first), by_partition(next));
        for (name, id) in batch {
            let key = (name.as_str().to_owned(), *id);
            let bounds = Bounds {
                earliest: first(&key),
                latest: next(&key),
            };
            all.insert((name.as_str(), *id), bounds);
        }
    }
    Ok(all)
}

/// What a call says of a partition.
fn by_partition(
    outcome: Outcome<Vec<PartitionOffset>>,
) -> impl FnMut(&(String, i32)) -> Result<i64, Unread> {
    let mut answers = outcome.map(|offsets| {
        let offsets = offsets.into_iter();
        let entry = |offset: PartitionOffset| ((offset.topic, offset.partition), offset.result);
        offsets.map(entry).collect::<BTreeMap<_, _>>()
    });
    move |partition| match &mut answers {
        Err(failure) => Err(unread(failure)),
        Ok(answers) => match answers.remove(partition) {
            Some(Ok(Some(offset))) => Ok(offset),
            Some(Err(failure)) => Err(unread(&failure)),
            Some(Ok(None)) | None => Err(silent()),
        },
    }
}

fn both(unread: &Unread) -> Bounds {
    Bounds {
        earliest: Err(unread.clone()),
        latest: Err(unread.clone()),
    }
}

fn leaderless() -> Unread {
    Unread {
        unauthorized: false,
        reason: "it has no leader".to_owned(),
    }
}

fn silent() -> Unread {
    Unread {
        unauthorized: false,
        reason: "its leader gave no answer".to_owned(),
    }
}

fn unread(failure: &Failure) -> Unread {
    Unread {
        unauthorized: matches!(
            failure.code,
            Code::GROUP_AUTHORIZATION_FAILED
                | Code::TOPIC_AUTHORIZATION_FAILED
                | Code::CLUSTER_AUTHORIZATION_FAILED
        ),
        reason: failure.to_string(),
    }
}
