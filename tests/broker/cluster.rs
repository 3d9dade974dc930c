//! The cluster side against real brokers, promise by promise.
//!
//! A broker takes seconds to start, so tests that only look and create with names of their own
//! share one; those that need a secured or a faulty one start it.

mod connecting;
mod creating;
mod looking;

use std::time::Duration;

use local_kafka::LocalKafka;
use topicctl::cluster::kafka::Kafka;
use topicctl::cluster::kafka::settings::{Argument, ConnectionOptions, Lookups, Settings};
use topicctl::cluster::{ClusterError, Keys, NewTopic, Wanted};
use topicctl::diagnostic::Sources;
use topicctl::topic::{ConfigKey, ConfigValue, Partitions, ReplicationFactor, TopicName};

use crate::kafka::SHARED;

/// Runs a test as the binary runs: on one thread.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
        .block_on(test)
}

fn settings(servers: &str, overrides: &[&str], timeout: f64, wait: f64) -> Settings {
    let options = ConnectionOptions {
        bootstrap_servers: Some(Argument::new("-b", servers)),
        overrides: overrides
            .iter()
            .map(|text| Argument::new("-X", *text))
            .collect(),
        timeout: Some(Duration::from_secs_f64(timeout)),
        wait: Duration::from_secs_f64(wait),
        ..ConnectionOptions::default()
    };
    let lookups = Lookups {
        file: &|path| std::fs::read(path),
        ..Lookups::NONE
    };
    Settings::resolve(&options, lookups, &Sources::default()).expect("good settings")
}

/// A time limit, in seconds, that nothing runs into which ends for another reason.
const LONG: f64 = 240.0;

/// A connection that does not wait for brokers, and tolerates a long silence.
async fn connect(servers: &str, overrides: &[&str]) -> Result<Kafka, ClusterError> {
    Kafka::connect(&settings(servers, overrides, LONG, 0.0), |_| ()).await
}

/// The same as `user`, whose password is `NAME-secret`.
async fn connect_as(kafka: &LocalKafka, user: &str) -> Kafka {
    let user_name = format!("sasl.username={user}");
    let password = format!("sasl.password={user}-secret");
    let overrides = ["security.protocol=sasl_plaintext", &user_name, &password];
    connect(kafka.bootstrap_servers(), &overrides)
        .await
        .expect("a connection")
}

fn name(text: &str) -> TopicName {
    TopicName::parse(text).expect("a legal name")
}

fn wanted(text: &str, keys: &[&str]) -> Wanted {
    Wanted {
        name: name(text),
        keys: Keys::These(keys.iter().map(|key| ConfigKey::new(*key)).collect()),
    }
}

fn new(text: &str, partitions: i32, replicas: i16, config: &[(&str, &str)]) -> NewTopic {
    NewTopic {
        name: name(text),
        partitions: Partitions::new(partitions),
        replication_factor: ReplicationFactor::new(replicas),
        config: config
            .iter()
            .map(|(key, value)| (ConfigKey::new(*key), ConfigValue::new(*value)))
            .collect(),
    }
}
