//! Looking: the cluster, topics by name, and their configuration.
//!
//! One look is two rounds at most: the topics, then what depends on which of them exist. Requests
//! of one round are under way together, and none is per topic. Only UNKNOWN_TOPIC_OR_PARTITION of
//! the topics' own look-up means absent; any other error of a topic is an entry that says so.

use std::collections::BTreeMap;
use std::time::Duration;

use librdkafka_admin::{AdminClient, AdminOptions, Entries, ErrorCode, TopicDescription};
use tokio::time::sleep;

use super::connection::Connection;
use super::{apis, convert, serving};
use crate::cluster::{Absence, ClusterError, Keys, Wanted};
use crate::observed::{
    Broker, ClusterIdentity, Observation, Observed, ObservedTopic, Unreadable, by_topic,
};
use crate::topic::TopicName;

/// Topics in one DescribeTopics call. librdkafka finds the place of each answer by going through
/// all names, so one call of thousands costs more than several under way together.
const TOPICS_PER_CALL: usize = 500;

/// Topics in one DescribeConfigs call: an answer has about 3 KB a topic at most.
const CONFIGS_PER_CALL: usize = 400;

/// Between the two looks that make absence certain: longer than a broker usually lags.
const SECOND_LOOK: Duration = Duration::from_millis(75);

/// How long another broker is waited for at the second look, before any may answer.
const OTHER_BROKER_LIMIT: Duration = Duration::from_secs(1);

/// The waits for a broker that knows a topic but not its configuration yet.
const METADATA_BACKOFF: [Duration; 5] = [
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];

pub(super) async fn cluster(connection: &Connection) -> Result<ClusterIdentity, ClusterError> {
    let (identity, _) = described(connection).await?;
    Ok(identity)
}

/// The cluster, and how its brokers tell clients to reach them.
pub(super) async fn described(
    connection: &Connection,
) -> Result<(ClusterIdentity, Vec<Broker>), ClusterError> {
    if connection.client().cluster_id().is_none() {
        // A cluster without an id cannot be asked (`AdminClient::describe_cluster` says why).
        return Ok((ClusterIdentity::default(), Vec::new()));
    }
    let cluster = connection.ask(AdminClient::describe_cluster).await?;
    let brokers: Vec<_> = cluster.brokers.into_iter().map(convert::broker).collect();
    let racks = brokers.iter();
    let identity = ClusterIdentity {
        id: cluster.id,
        brokers: brokers.iter().map(|broker| broker.id).collect(),
        racks: racks
            .filter_map(|broker| Some((broker.id, broker.rack.clone()?)))
            .collect(),
    };
    connection.identity.replace(Some(identity.clone()));
    Ok((identity, brokers))
}

/// All topics that may be seen. A name that Kafka itself would not create is left out.
pub(super) async fn names(connection: &Connection) -> Result<Vec<TopicName>, ClusterError> {
    let names =
        |client: &AdminClient, options: AdminOptions| client.topic_names(options.request_timeout);
    let names = connection.ask(names).await?;
    let mut names: Vec<_> = names
        .iter()
        .filter_map(|name| TopicName::parse(name).ok())
        .collect();
    names.sort();
    Ok(names)
}

/// The same as it is known: a run that looks again and again does not ask again who answers. (And
/// librdkafka aborts where the answer lists no broker, as one of a broker that starts may.)
async fn identity(connection: &Connection) -> Result<ClusterIdentity, ClusterError> {
    let known = connection.identity.borrow().clone();
    match known {
        Some(identity) => Ok(identity),
        None => cluster(connection).await,
    }
}

pub(super) async fn observe(
    connection: &Connection,
    wanted: &[Wanted],
    absence: Absence,
) -> Result<Observation, ClusterError> {
    let wanted = by_name(wanted);
    let names: Vec<&TopicName> = wanted.keys().copied().collect();
    let (cluster, mut topics) =
        tokio::try_join!(identity(connection), look_up(connection, &names))?;

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
        cluster,
        topics,
        unserved: BTreeMap::new(),
        lacks_configs: connection.lacks(apis::DESCRIBE_CONFIGS),
    })
}

/// The leaders are asked while the configuration is read. librdkafka knows them from the look-up
/// (`rd_kafka_parse_Metadata0` fills its cache from the answer to an admin call too), so that this
/// takes no round trip more.
pub(super) async fn observe_with_leaders(
    connection: &Connection,
    wanted: &[Wanted],
) -> Result<Observation, ClusterError> {
    let wanted = by_name(wanted);
    let names: Vec<&TopicName> = wanted.keys().copied().collect();
    let (cluster, mut topics) =
        tokio::try_join!(identity(connection), look_up(connection, &names))?;
    let led: Vec<_> = topics
        .iter()
        .filter_map(|(name, seen)| match seen {
            Observed::Present(topic) => Some((name.clone(), topic.led_partitions()?)),
            Observed::Absent | Observed::Unknown(_) => None,
        })
        .collect();
    let (unserved, ()) = tokio::try_join!(
        serving::unserved(connection, &led),
        read_configs(connection, &wanted, &mut topics),
    )?;
    Ok(Observation {
        cluster,
        topics,
        unserved: by_topic(unserved),
        lacks_configs: connection.lacks(apis::DESCRIBE_CONFIGS),
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

/// Looks names up. The answer holds every name.
async fn look_up(connection: &Connection, names: &[&TopicName]) -> Result<Found, ClusterError> {
    let call = |client: &AdminClient, options, batch: &[&TopicName]| {
        client.describe_topics(options, batch.iter().map(|name| name.as_str()))
    };
    let entries = connection.ask_batches(names, TOPICS_PER_CALL, call).await?;
    Ok(read_topics(names, entries))
}

fn read_topics(names: &[&TopicName], mut entries: Entries<TopicDescription>) -> Found {
    let read = |name: &&TopicName| {
        let observed = match entries.remove(name.as_str()) {
            Some(Ok(topic)) => Observed::Present(ObservedTopic {
                partitions: topic
                    .partitions
                    .into_iter()
                    .map(convert::partition)
                    .collect(),
                config: BTreeMap::new(),
            }),
            Some(Err(error)) if error.code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {
                Observed::Absent
            }
            Some(Err(error)) => Observed::Unknown(convert::unreadable(false, &error)),
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
        return look_up(connection, names).await;
    };
    let timeout = connection.options().request_timeout;
    let options = AdminOptions {
        request_timeout: timeout.min(OTHER_BROKER_LIMIT),
        broker: Some(other),
    };
    let mut found = Found::new();
    for batch in names.chunks(TOPICS_PER_CALL) {
        let texts = batch.iter().map(|name| name.as_str());
        let call = connection.client().describe_topics(options, texts);
        found.extend(match connection.ask_once(call).await? {
            Ok(entries) => read_topics(batch, entries),
            // That one cannot be reached: any other has to do.
            Err(_) => look_up(connection, batch).await?,
        });
    }
    Ok(found)
}

/// Reads the wanted keys of the topics that are there. Where none can be asked for, there are none.
async fn read_configs(
    connection: &Connection,
    wanted: &BTreeMap<&TopicName, Keys>,
    topics: &mut Found,
) -> Result<(), ClusterError> {
    if connection.lacks(apis::DESCRIBE_CONFIGS) {
        return Ok(());
    }
    let mut lag = METADATA_BACKOFF.iter();
    let mut open: Vec<(&TopicName, &Keys)> = wanted
        .iter()
        .filter(|(_, keys)| **keys != Keys::NONE)
        .filter(|(name, _)| matches!(topics.get(**name), Some(Observed::Present(_))))
        .map(|(name, keys)| (*name, keys))
        .collect();
    let call = |client: &AdminClient, options, batch: &[(&TopicName, &Keys)]| {
        let asked = batch.iter();
        let asked: Vec<_> = asked
            .map(|(name, keys)| (name.as_str(), convert::config_keys(keys)))
            .collect();
        client.describe_configs(options, &asked)
    };
    while !open.is_empty() {
        let mut entries = connection
            .ask_batches(&open, CONFIGS_PER_CALL, call)
            .await?;
        let pause = lag.next();
        let mut lagging = vec![];
        for (name, keys) in open {
            let failed = match entries.remove(name.as_str()) {
                Some(Ok(config)) => {
                    if let Some(Observed::Present(topic)) = topics.get_mut(name) {
                        topic.config = config.into_iter().map(convert::config).collect();
                    }
                    continue;
                }
                // The topic exists, so this broker only lags behind.
                Some(Err(error))
                    if error.code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION && pause.is_some() =>
                {
                    lagging.push((name, keys));
                    continue;
                }
                Some(Err(error)) => Observed::Unknown(convert::unreadable(true, &error)),
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

fn left_out(exists: bool) -> Observed {
    Observed::Unknown(Unreadable {
        exists,
        unauthorized: false,
        reason: "the broker left it out of its answer".to_owned(),
    })
}
