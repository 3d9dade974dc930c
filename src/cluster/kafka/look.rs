//! Looking: the cluster, topics by name, and their configuration.
//!
//! One look is two rounds at most: the topics, then what depends on which of them exist. Requests
//! of one round are under way together, and none is per topic. Only UNKNOWN_TOPIC_OR_PARTITION of
//! the topics' own look-up means absent; any other error of a topic is an entry that says so.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;

use super::admin::{CallOptions, Client, Code, Configured, Described, Failure, Pending};
use super::connection::Connection;
use crate::cluster::{Absence, ClusterError, Keys, Wanted};
use crate::observed::{
    ClusterIdentity, Observation, Observed, ObservedPartition, ObservedTopic, Unknown,
};
use crate::topic::{ConfigKey, TopicName};

/// Topics in one DescribeTopics call. librdkafka finds the place of each answer by going through
/// all names, so one call of thousands costs more than several under way together.
const TOPICS_AT_ONCE: usize = 500;

/// Topics in one DescribeConfigs call: an answer has about 3 KB a topic at most.
const CONFIGS_AT_ONCE: usize = 400;

/// Between the two looks that make absence certain: longer than a broker usually lags.
const SECOND_LOOK: Duration = Duration::from_millis(75);

/// How long another broker is waited for at the second look, before any may answer.
const OTHER_BROKER: Duration = Duration::from_secs(1);

/// The waits for a broker that knows a topic but not its configuration yet.
const LAG: [Duration; 5] = [
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];

/// The cluster as it describes itself.
pub(super) struct Cluster {
    id: Option<String>,
    brokers: Vec<i32>,
}

impl Cluster {
    pub(super) fn identity(self) -> ClusterIdentity {
        ClusterIdentity {
            id: self.id,
            brokers: self.brokers,
        }
    }
}

/// Asks which cluster this is.
pub(super) async fn cluster(connection: &Connection) -> Result<Cluster, ClusterError> {
    if connection.client().cluster_id().is_none() {
        // A cluster without an id cannot be asked this (`Client::describe_cluster` says why).
        return Ok(Cluster {
            id: None,
            brokers: vec![],
        });
    }
    let options = connection.options();
    let description = connection
        .ask(|client| client.describe_cluster(options))
        .await?
        .map_err(|failure| connection.give_up(&failure))?;
    Ok(Cluster {
        id: description.id,
        brokers: description.brokers,
    })
}

/// All topics that may be seen. A name that Kafka itself would not create is left out.
pub(super) async fn names(connection: &Connection) -> Result<Vec<TopicName>, ClusterError> {
    let timeout = connection.options().timeout;
    let names = connection
        .ask(|client| client.topic_names(timeout))
        .await?
        .map_err(|failure| connection.give_up(&failure))?;
    let mut names: Vec<_> = names
        .iter()
        .filter_map(|name| TopicName::parse(name).ok())
        .collect();
    names.sort();
    Ok(names)
}

/// Looks at topics by name.
pub(super) async fn observe(
    connection: &Connection,
    wanted: &[Wanted],
    absence: Absence,
) -> Result<Observation, ClusterError> {
    let wanted = by_name(wanted);
    let names: Vec<&TopicName> = wanted.keys().copied().collect();
    let options = connection.options();
    let (cluster, mut topics) =
        tokio::try_join!(cluster(connection), look_up(connection, options, &names))?;

    if absence == Absence::Confirmed {
        let absent: Vec<&TopicName> = names
            .iter()
            .copied()
            .filter(|name| topics.get(name) == Some(&Observed::Absent))
            .collect();
        if !absent.is_empty() {
            sleep(SECOND_LOOK).await;
            topics.extend(look_again(connection, &cluster.brokers, &absent).await?);
        }
    }
    read_configs(connection, &wanted, &mut topics).await?;
    Ok(Observation {
        cluster: cluster.identity(),
        topics,
    })
}

/// Every name once, with all keys that are wanted of it.
fn by_name(wanted: &[Wanted]) -> BTreeMap<&TopicName, Keys> {
    let mut names: BTreeMap<&TopicName, Keys> = BTreeMap::new();
    for one in wanted {
        let keys = names.entry(&one.name).or_insert(Keys::NONE);
        match (keys, &one.keys) {
            (Keys::These(keys), Keys::These(more)) => keys.extend(more.iter().cloned()),
            (keys, Keys::All) => *keys = Keys::All,
            (Keys::All, Keys::These(_)) => {}
        }
    }
    for keys in names.values_mut() {
        if let Keys::These(keys) = keys {
            keys.sort();
            keys.dedup();
        }
    }
    names
}

type Found = BTreeMap<TopicName, Observed>;

/// Looks names up, all batches under way together. The answer holds every name.
async fn look_up(
    connection: &Connection,
    options: CallOptions,
    names: &[&TopicName],
) -> Result<Found, ClusterError> {
    let call = |batch: &[&TopicName], client: &Client| client.describe_topics(options, batch);
    let batches: Vec<_> = names
        .chunks(TOPICS_AT_ONCE)
        .map(|batch| (batch, call(batch, connection.client())))
        .collect();
    let mut found = Found::new();
    for (batch, pending) in batches {
        let answers = connection
            .ask_on(pending, |client| call(batch, client))
            .await?
            .map_err(|failure| connection.give_up(&failure))?;
        found.extend(read_topics(batch, answers));
    }
    Ok(found)
}

fn read_topics(names: &[&TopicName], answers: Vec<Described<Vec<ObservedPartition>>>) -> Found {
    let mut answers: BTreeMap<String, _> = answers
        .into_iter()
        .map(|answer| (answer.name, answer.result))
        .collect();
    let read = |name: &&TopicName| {
        let observed = match answers.remove(name.as_str()) {
            Some(Ok(partitions)) => Observed::Present(ObservedTopic {
                partitions,
                config: BTreeMap::new(),
            }),
            Some(Err(failure)) if failure.code == Code::UNKNOWN_TOPIC_OR_PARTITION => {
                Observed::Absent
            }
            Some(Err(failure)) => unknown(false, &failure),
            None => left_out(false),
        };
        ((*name).clone(), observed)
    };
    names.iter().map(read).collect()
}

/// The second look at names that a first one did not find, at another broker where there is one.
async fn look_again(
    connection: &Connection,
    brokers: &[i32],
    names: &[&TopicName],
) -> Result<Found, ClusterError> {
    let first = connection.client().controller();
    let Some(other) = brokers.iter().copied().find(|id| Some(*id) != first) else {
        return look_up(connection, connection.options(), names).await;
    };
    let timeout = connection.options().timeout.min(OTHER_BROKER);
    let options = CallOptions {
        timeout,
        broker: Some(other),
    };
    let mut found = Found::new();
    for batch in names.chunks(TOPICS_AT_ONCE) {
        let call: Pending<_> = connection.client().describe_topics(options, batch);
        match connection.ask_briefly(call).await? {
            Ok(answers) => found.extend(read_topics(batch, answers)),
            // That one cannot be reached: any other has to do.
            Err(_) => found.extend(look_up(connection, connection.options(), batch).await?),
        }
    }
    Ok(found)
}

/// Reads the wanted keys of the topics that are there.
async fn read_configs(
    connection: &Connection,
    wanted: &BTreeMap<&TopicName, Keys>,
    topics: &mut Found,
) -> Result<(), ClusterError> {
    let mut lag = LAG.iter();
    let mut open: Vec<(&TopicName, &Keys)> = wanted
        .iter()
        .filter(|(_, keys)| **keys != Keys::NONE)
        .filter(|(name, _)| matches!(topics.get(**name), Some(Observed::Present(_))))
        .map(|(name, keys)| (*name, keys))
        .collect();
    while !open.is_empty() {
        let mut answers = ask_configs(connection, &open).await?;
        let pause = lag.next();
        let mut lagging = vec![];
        for (name, keys) in open {
            let failed = match answers.remove(name.as_str()) {
                Some(Ok(config)) => {
                    if let Some(Observed::Present(topic)) = topics.get_mut(name) {
                        let entries = config.into_iter();
                        topic.config = entries
                            .map(|(key, one)| (ConfigKey::new(key), one))
                            .collect();
                    }
                    continue;
                }
                // The topic exists, so this broker only lags behind.
                Some(Err(failure))
                    if failure.code == Code::UNKNOWN_TOPIC_OR_PARTITION && pause.is_some() =>
                {
                    lagging.push((name, keys));
                    continue;
                }
                Some(Err(failure)) => unknown(true, &failure),
                None => left_out(true),
            };
            topics.insert(name.clone(), failed);
        }
        open = lagging;
        if let (Some(pause), false) = (pause, open.is_empty()) {
            sleep(*pause).await;
        }
    }
    Ok(())
}

async fn ask_configs(
    connection: &Connection,
    open: &[(&TopicName, &Keys)],
) -> Result<BTreeMap<String, Result<Configured, Failure>>, ClusterError> {
    let options = connection.options();
    let call = |batch: &[_], client: &Client| client.describe_configs(options, batch);
    let batches: Vec<_> = open
        .chunks(CONFIGS_AT_ONCE)
        .map(|batch| (batch, call(batch, connection.client())))
        .collect();
    let mut answers = BTreeMap::new();
    for (batch, pending) in batches {
        let batch = connection
            .ask_on(pending, |client| call(batch, client))
            .await?
            .map_err(|failure| connection.give_up(&failure))?;
        answers.extend(batch.into_iter().map(|answer| (answer.name, answer.result)));
    }
    Ok(answers)
}

fn unknown(exists: bool, failure: &Failure) -> Observed {
    Observed::Unknown(Unknown {
        exists,
        unauthorized: matches!(
            failure.code,
            Code::TOPIC_AUTHORIZATION_FAILED | Code::CLUSTER_AUTHORIZATION_FAILED
        ),
        reason: failure.to_string(),
    })
}

fn left_out(exists: bool) -> Observed {
    Observed::Unknown(Unknown {
        exists,
        unauthorized: false,
        reason: "the broker left it out of its answer".to_owned(),
    })
}
