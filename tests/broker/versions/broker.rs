//! A cluster of three brokers that topicctl is tried on, and ways to look at it and to change it
//! that are not topicctl: Kafka's own tools of the same version, or, since these do not understand
//! kfake, a client of this process.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use local_kafka::LocalKafka;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigSource, OwnedResourceSpecifier, ResourceSpecifier,
};
use rdkafka::client::DefaultClientContext;
use topicctl::catalog::KafkaVersion;

use crate::kafka::{self, Described, until};

/// What `KAFKA_VERSIONS` calls kfake; `KFAKE` is the path of its program then.
const KFAKE: &str = "kfake";

pub(super) struct Broker {
    version: String,
    servers: String,
    running: Running,
}

enum Running {
    Kafka(Box<LocalKafka>),
    Kfake(Child),
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Running::Kfake(child) = &mut self.running {
            // It ends when its standard input does; one that has ended is what is wanted.
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

impl Broker {
    pub(super) fn start(version: &str) -> Self {
        if version == KFAKE {
            let program = env::var_os(KFAKE.to_uppercase()).expect("KFAKE, the path of kfake");
            let mut child = Command::new(program)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("kfake runs");
            let mut servers = String::new();
            let stdout = child.stdout.take().expect("a pipe");
            let length = BufReader::new(stdout).read_line(&mut servers);
            assert_ne!(length.expect("a line"), 0, "kfake prints no address");
            return Self {
                version: version.to_owned(),
                servers: servers.trim().to_owned(),
                running: Running::Kfake(child),
            };
        }
        let kafka = LocalKafka::options().version(version).nodes(3).start();
        let kafka = kafka.unwrap_or_else(|error| panic!("Kafka {version}: {error:#}"));
        Self {
            version: version.to_owned(),
            servers: kafka.bootstrap_servers().to_owned(),
            running: Running::Kafka(Box::new(kafka)),
        }
    }

    pub(super) fn servers(&self) -> &str {
        &self.servers
    }

    pub(super) fn version(&self) -> KafkaVersion {
        let mut numbers = self.version.split('.').map_while(|part| part.parse().ok());
        let mut next = || numbers.next().expect("a version of Kafka");
        KafkaVersion {
            major: next(),
            minor: next(),
        }
    }

    /// The names of all topics but Kafka's own.
    pub(super) fn names(&self) -> BTreeSet<String> {
        kafka::names_at(&self.servers)
    }

    /// All topics but Kafka's own.
    pub(super) fn describe(&self) -> BTreeMap<String, Described> {
        match &self.running {
            Running::Kafka(kafka) => kafka::describe(kafka),
            Running::Kfake(_) => described_by_client(&self.servers),
        }
    }

    /// A topic of one partition and one replica, which the broker that was asked knows of.
    pub(super) fn create(&self, name: &str, config: &[&str]) {
        kafka::create_at(&self.servers, name, 1, config);
    }

    /// Changes a configuration of a topic.
    pub(super) fn alter(&self, topic: &str, key: &str, value: &str) {
        match &self.running {
            Running::Kafka(kafka) => {
                let setting = format!("{key}={value}");
                let entity = ["--entity-type", "topics", "--entity-name", topic];
                let alter = [&["--alter"], &entity[..], &["--add-config", &setting]].concat();
                // The tool of 2.8 gives up where the controller has just moved.
                until("it is changed", || kafka.tool("kafka-configs", &alter).ok());
            }
            Running::Kfake(_) => altered_by_client(&self.servers, topic, key, value),
        }
    }

    /// Does what topicctl printed as the way to this value.
    pub(super) fn correct(&self, printed: &str, topic: &str, key: &str, value: &str) {
        match &self.running {
            Running::Kafka(kafka) => kafka::run_printed(kafka, printed),
            Running::Kfake(_) => altered_by_client(&self.servers, topic, key, value),
        }
    }

    /// Stops the third one in good order.
    pub(super) fn stop_one(&mut self) {
        match &mut self.running {
            Running::Kafka(kafka) => kafka.stop_node(3).expect("stopped"),
            Running::Kfake(_) => panic!("kfake's brokers are not processes"),
        }
    }
}

/// What is set on the topics themselves.
fn configs(servers: &str, names: &BTreeSet<String>) -> BTreeMap<String, BTreeMap<String, String>> {
    let client: AdminClient<DefaultClientContext> =
        kafka::client_at(servers).create().expect("a client");
    let wanted: Vec<_> = names
        .iter()
        .map(|name| ResourceSpecifier::Topic(name))
        .collect();
    let options = AdminOptions::new();
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever may see all of a cluster gets no errors of topics"
    )]
    let answer = kafka::block_on(client.describe_configs(&wanted, &options));
    let resources = answer.expect("an answer").into_iter();
    let configs = resources.map(|resource| {
        let resource = resource.expect("a resource");
        let OwnedResourceSpecifier::Topic(name) = resource.specifier else {
            panic!("no topic: {:?}", resource.specifier)
        };
        let set = resource
            .entries
            .into_iter()
            .filter(|entry| entry.source == ConfigSource::DynamicTopic);
        let set = set.map(|entry| (entry.name, entry.value.expect("a value")));
        (name, set.collect())
    });
    configs.collect()
}

fn described_by_client(servers: &str) -> BTreeMap<String, Described> {
    let names = kafka::names_at(servers);
    let mut configs = configs(servers, &names);
    let replicas = kafka::replicas_at(servers);
    let described = names.into_iter().map(|name| {
        let replicas = &replicas[&name];
        let described = Described {
            partitions: replicas.len(),
            replication_factor: replicas[0],
            config: configs.remove(&name).expect("a config"),
        };
        (name, described)
    });
    described.collect()
}

/// The request replaces all that is set.
fn altered_by_client(servers: &str, topic: &str, key: &str, value: &str) {
    let mut config = configs(servers, &BTreeSet::from([topic.to_owned()]));
    let mut config = config.remove(topic).expect("a config");
    config.insert(key.to_owned(), value.to_owned());
    let change = AlterConfig::new(ResourceSpecifier::Topic(topic));
    let change = config
        .iter()
        .fold(change, |change, (key, value)| change.set(key, value));
    let client: AdminClient<DefaultClientContext> =
        kafka::client_at(servers).create().expect("a client");
    let options = AdminOptions::new();
    #[expect(
        clippy::disallowed_methods,
        reason = "somebody changes a topic, and it is not topicctl"
    )]
    let answer = kafka::block_on(client.alter_configs([&change], &options));
    answer.expect("an answer")[0].as_ref().expect("the change");
}
