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
//! The broker of librdkafka's first answer stays a group's coordinator for as long as the client
//! lives, so that NOT_COORDINATOR is asked again only because a coordinator that has just been
//! elected answers so too, for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::sleep;

use super::admin::{Client, Code, Described, Failure, Outcome, PartitionOffset};
use super::connection::Connection;
use crate::cluster::ClusterError;
use crate::groups::{
    Bounds, Commits, Description, Place, Protocol, Seen, SeenGroup, State, Unread, Wanted,
};
use crate::topic::TopicName;

/// Where a cluster keeps its groups.
const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// Groups in one DescribeConsumerGroups call: librdkafka finds the place of each answer by going
/// through all of them.
const GROUPS_AT_ONCE: usize = 200;

/// Partitions in one ListOffsets call, for the same reason.
const PARTITIONS_AT_ONCE: usize = 1000;

/// The waits for a coordinator that was elected a moment ago and is still loading its groups.
const LOADING: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1600),
];

/// Sees groups and offsets.
pub(super) async fn observe(
    connection: &Connection,
    wanted: &Wanted,
) -> Result<Seen, ClusterError> {
    let ids: Vec<&str> = wanted.groups.keys().map(String::as_str).collect();
    let groups = if ids.is_empty() {
        BTreeMap::new()
    } else if any_group(connection).await? {
        let described = describe(connection, &ids).await?;
        with_commits(connection, wanted, described).await?
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

type Descriptions = BTreeMap<String, Result<Description, Failure>>;

/// Describes groups; coordinators that are not ready are asked again for a while. The answer holds
/// every id.
async fn describe(connection: &Connection, ids: &[&str]) -> Result<Descriptions, ClusterError> {
    let mut described = Descriptions::new();
    let mut pauses = LOADING.iter();
    let mut open: Vec<&str> = ids.to_vec();
    loop {
        let mut answers = describe_once(connection, &open).await?;
        let pause = pauses.next();
        let mut loading = vec![];
        for id in open {
            let result = match answers.remove(id) {
                Some(Err(failure)) if is_passing(failure.code) && pause.is_some() => {
                    loading.push(id);
                    continue;
                }
                Some(Err(failure)) if failure.code == Code::GROUP_ID_NOT_FOUND => Ok(dead()),
                Some(result) => result,
                None => Err(Failure {
                    code: Code::NO_ENTRY,
                    message: "the broker left the group out of its answer".to_owned(),
                }),
            };
            described.insert(id.to_owned(), result);
        }
        open = loading;
        match pause {
            Some(pause) if !open.is_empty() => sleep(*pause).await,
            _ => return Ok(described),
        }
    }
}

async fn describe_once(
    connection: &Connection,
    ids: &[&str],
) -> Result<Descriptions, ClusterError> {
    let options = connection.options();
    let call = |batch: &[&str], client: &Client| client.describe_groups(options, batch);
    let batches: Vec<_> = ids
        .chunks(GROUPS_AT_ONCE)
        .map(|batch| (batch, call(batch, connection.client())))
        .collect();
    let mut answers = Descriptions::new();
    for (batch, pending) in batches {
        let batch = connection
            .ask_on(pending, |client| call(batch, client))
            .await?
            .map_err(|failure| connection.give_up(&failure))?;
        answers.extend(batch.into_iter().map(|answer| (answer.name, answer.result)));
    }
    Ok(answers)
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

/// Adds the commits of the groups that were described.
async fn with_commits(
    connection: &Connection,
    wanted: &Wanted,
    described: Descriptions,
) -> Result<BTreeMap<String, SeenGroup>, ClusterError> {
    let options = connection.options();
    let calls: Vec<_> = described
        .into_iter()
        .map(|(id, description)| {
            let places = places_of(wanted, &id);
            let asked = description.is_ok() && !places.is_empty();
            let call = asked.then(|| {
                let client = connection.client();
                client.committed_offsets(options, &id, &places)
            });
            (id, description, call)
        })
        .collect();
    let mut groups = BTreeMap::new();
    for (id, description, call) in calls {
        let commits = match (&description, call) {
            (Err(failure), _) => Err(unread(failure)),
            (Ok(_), None) => Ok(Commits::new()),
            (Ok(_), Some(call)) => match connection.ask_briefly(call).await? {
                Ok(offsets) => Ok(read_commits(&places_of(wanted, &id), offsets)),
                Err(failure) => Err(unread(&failure)),
            },
        };
        let description = description.map_err(|failure| unread(&failure));
        let seen = SeenGroup {
            description,
            commits,
        };
        groups.insert(id, seen);
    }
    Ok(groups)
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
    let options = connection.options();
    // librdkafka would wait for a leader up to the limit of the call.
    let led: Vec<(&TopicName, i32)> = partitions
        .iter()
        .flat_map(|(name, places)| places.iter().map(move |place| (name, place)))
        .filter(|(_, place)| place.led)
        .map(|(name, place)| (name, place.id))
        .collect();
    let client = connection.client();
    let calls: Vec<_> = led
        .chunks(PARTITIONS_AT_ONCE)
        .map(|batch| {
            let first = client.start_offsets(options, batch);
            let next = client.end_offsets(options, batch);
            (batch, first, next)
        })
        .collect();
    let mut earliest = Answers::new();
    let mut latest = Answers::new();
    for (batch, first, next) in calls {
        read_offsets(batch, connection.ask_briefly(first).await?, &mut earliest);
        read_offsets(batch, connection.ask_briefly(next).await?, &mut latest);
    }
    let mut bounds = |name: &TopicName, place: &Place| Bounds {
        earliest: take(&mut earliest, name, place),
        latest: take(&mut latest, name, place),
    };
    let mut all = BTreeMap::new();
    for (name, places) in partitions {
        let places = places.iter().map(|place| (place.id, bounds(name, place)));
        all.insert(name.clone(), places.collect());
    }
    Ok(all)
}

type Answers = BTreeMap<(String, i32), Result<i64, Unread>>;

fn read_offsets(
    batch: &[(&TopicName, i32)],
    outcome: Outcome<Vec<PartitionOffset>>,
    answers: &mut Answers,
) {
    match outcome {
        Ok(offsets) => answers.extend(offsets.into_iter().map(|offset| {
            let result = match offset.result {
                Ok(Some(offset)) => Ok(offset),
                Ok(None) => Err(silent()),
                Err(failure) => Err(unread(&failure)),
            };
            ((offset.topic, offset.partition), result)
        })),
        Err(failure) => answers.extend(batch.iter().map(|(name, id)| {
            let key = (name.as_str().to_owned(), *id);
            (key, Err(unread(&failure)))
        })),
    }
}

fn take(answers: &mut Answers, name: &TopicName, place: &Place) -> Result<i64, Unread> {
    if !place.led {
        return Err(Unread {
            unauthorized: false,
            reason: "it has no leader".to_owned(),
        });
    }
    let key = (name.as_str().to_owned(), place.id);
    answers.remove(&key).unwrap_or_else(|| Err(silent()))
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
