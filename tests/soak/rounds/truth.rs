//! What is true of the cluster, asked of its brokers in Kafka's own protocol: not through a proxy,
//! and by nothing that topicctl uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use local_kafka::wire_client::{Metadata, Topic, WireClient};

/// A broker that is up answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);
/// It may have to tell of hundreds of topics on a busy machine.
const LONG_PATIENCE: Duration = Duration::from_secs(10);

type Brokers = BTreeMap<u32, SocketAddr>;

/// A topic with all that a client could alter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Existing {
    pub(crate) id: u128,
    /// The replicas of each partition.
    pub(crate) replicas: BTreeMap<i32, Vec<i32>>,
    /// What is set on the topic itself.
    pub(crate) config: BTreeMap<String, String>,
}

/// Why nobody can use a partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unserved {
    /// The topic or the partition is not known to any broker.
    Absent,
    NoLeader,
    /// Its leader says so.
    Refused {
        leader: i32,
        code: String,
    },
    /// Its leader does not answer.
    Silent(i32),
}

/// What can be used at one moment, of some topics.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// Those that exist.
    pub(crate) existing: BTreeSet<String>,
    /// Partitions that cannot be used.
    pub(crate) unserved: BTreeMap<(String, i32), Unserved>,
}

/// All topics, from a cluster at rest.
pub(crate) fn topics(brokers: &Brokers) -> BTreeMap<String, Existing> {
    let known = merged(metadata(brokers, LONG_PATIENCE).into_values());
    let names = || known.topics.keys().map(String::as_str);
    let configs = of_each(brokers, LONG_PATIENCE, |_, client| {
        client.topic_configs(names())
    });
    let mut configs: BTreeMap<_, _> = configs.into_values().flatten().collect();
    let topics = known.topics.iter().map(|(name, topic)| {
        let replicas = topic.partitions.iter();
        let existing = Existing {
            id: topic.id,
            replicas: replicas
                .map(|(index, partition)| (*index, partition.replicas.clone()))
                .collect(),
            config: configs.remove(name).unwrap_or_default(),
        };
        (name.clone(), existing)
    });
    topics.collect()
}

/// Whether topics with so many partitions can be used now: every leader is asked for itself.
pub(crate) fn look(brokers: &Brokers, topics: &BTreeMap<String, i32>) -> Look {
    let mut known = merged(metadata(brokers, PATIENCE).into_values()).topics;
    known.retain(|name, _| topics.contains_key(name));
    let mut unserved = unserved(brokers, &known);
    for (name, partitions) in topics {
        let found = known.get(name).map(|topic| &topic.partitions);
        for partition in 0..*partitions {
            if !found.is_some_and(|found| found.contains_key(&partition)) {
                unserved.insert((name.clone(), partition), Unserved::Absent);
            }
        }
    }
    Look {
        existing: known.into_keys().collect(),
        unserved,
    }
}

/// Why the cluster is not at rest, if it is not.
pub(crate) fn unrest(brokers: &Brokers) -> Option<String> {
    let all: BTreeSet<i32> = brokers
        .keys()
        .filter_map(|id| (*id).try_into().ok())
        .collect();
    let known = metadata(brokers, PATIENCE);
    for broker in brokers.keys() {
        match known.get(broker) {
            None => return Some(format!("broker {broker} does not answer")),
            Some(metadata) if metadata.brokers != all => {
                return Some(format!("broker {broker} knows {:?}", metadata.brokers));
            }
            Some(_) => {}
        }
    }
    let topics = merged(known.values().cloned()).topics;
    // One that was frozen goes on to serve what it led until it learns what it missed.
    if known.values().any(|metadata| metadata.topics != topics) {
        return Some("brokers know different topics or leaders".to_owned());
    }
    let ((name, partition), why) = unserved(brokers, &topics).pop_first()?;
    Some(format!("{name}-{partition}: {why}"))
}

fn unserved(
    brokers: &Brokers,
    topics: &BTreeMap<String, Topic>,
) -> BTreeMap<(String, i32), Unserved> {
    let mut unserved = BTreeMap::new();
    let mut led: BTreeMap<i32, Vec<(&str, i32)>> = BTreeMap::new();
    for (name, topic) in topics {
        for (index, partition) in &topic.partitions {
            match partition.leader {
                Some(leader) => led.entry(leader).or_default().push((name, *index)),
                None => {
                    unserved.insert((name.clone(), *index), Unserved::NoLeader);
                }
            }
        }
    }
    let leaders: Brokers = brokers
        .iter()
        .filter(|(id, _)| led.contains_key(&number(**id)))
        .map(|(id, address)| (*id, *address))
        .collect();
    let mut answers = of_each(&leaders, PATIENCE, |id, client| {
        client.list_offsets(led[&number(id)].iter().copied())
    });
    for (leader, partitions) in &led {
        let answer = u32::try_from(*leader)
            .ok()
            .and_then(|id| answers.remove(&id));
        let refused = |code| Unserved::Refused {
            leader: *leader,
            code,
        };
        for (name, index) in partitions {
            let key = ((*name).to_owned(), *index);
            let why = match &answer {
                None => Some(Unserved::Silent(*leader)),
                Some(answer) => match answer.get(&key) {
                    Some(None) => None,
                    Some(Some(error)) => Some(refused(format!("{error:?}"))),
                    None => Some(refused("nothing".to_owned())),
                },
            };
            if let Some(why) = why {
                unserved.insert(key, why);
            }
        }
    }
    unserved
}

fn metadata(brokers: &Brokers, patience: Duration) -> BTreeMap<u32, Metadata> {
    of_each(brokers, patience, |_, client| client.metadata())
}

/// What any of them knows, and of each partition the latest.
fn merged(all: impl Iterator<Item = Metadata>) -> Metadata {
    let mut merged = Metadata::default();
    for one in all {
        merged.brokers.extend(one.brokers);
        for (name, topic) in one.topics {
            let known = merged.topics.entry(name).or_default();
            known.id = topic.id;
            for (index, partition) in topic.partitions {
                let latest = known
                    .partitions
                    .entry(index)
                    .or_insert_with(|| partition.clone());
                if latest.leader_epoch < partition.leader_epoch {
                    *latest = partition;
                }
            }
        }
    }
    merged
}

/// The answers of those brokers that gave one in time; all are asked at the same time.
fn of_each<T: Send>(
    brokers: &Brokers,
    patience: Duration,
    question: impl Fn(u32, &mut WireClient) -> anyhow::Result<T> + Sync,
) -> BTreeMap<u32, T> {
    let question = &question;
    thread::scope(|scope| {
        let asked: Vec<_> = brokers
            .iter()
            .map(|(id, address)| {
                let ask = move || {
                    let mut client = WireClient::connect(*address, patience)?;
                    question(*id, &mut client)
                };
                (*id, scope.spawn(ask))
            })
            .collect();
        let answers = asked.into_iter().filter_map(|(id, thread)| {
            let answer = thread.join().expect("no panic");
            Some((id, answer.ok()?))
        });
        answers.collect()
    })
}

fn number(id: u32) -> i32 {
    i32::try_from(id).expect("a small number")
}

impl fmt::Display for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("does not exist"),
            Self::NoLeader => f.write_str("has no leader"),
            Self::Refused { leader, code } => write!(f, "its leader {leader} says {code}"),
            Self::Silent(leader) => write!(f, "its leader {leader} does not answer"),
        }
    }
}
