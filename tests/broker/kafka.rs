//! The clusters that tests share, proxies before them, and what Kafka's own tools say of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use local_kafka::LocalKafka;
use local_kafka::proxy::{Fault, Proxy};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until there is what is waited for: a change is not known to every broker at once.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + 2 * PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The api key of CreateTopics.
pub(crate) const CREATE_TOPICS: i16 = 19;
/// The api key of ListOffsets.
pub(crate) const LIST_OFFSETS: i16 = 2;

/// One plain node for tests that create and look under names of their own. It creates topics for
/// whoever asks for metadata in the wrong way. Nothing drops a static: the node goes away with this
/// process.
pub(crate) static SHARED: LazyLock<LocalKafka> = LazyLock::new(plain);

/// A second one, for tests of several clusters.
pub(crate) static OTHER: LazyLock<LocalKafka> = LazyLock::new(plain);

fn plain() -> LocalKafka {
    let options = LocalKafka::options().property("auto.create.topics.enable", "true");
    options.start().expect("a broker")
}

/// Three nodes that notice soon that one is lost, all of them up. The tests take turns, and who
/// stops one starts it again.
pub(crate) fn three_nodes() -> MutexGuard<'static, LocalKafka> {
    static THREE: LazyLock<Mutex<LocalKafka>> = LazyLock::new(|| {
        let kafka = LocalKafka::options()
            .nodes(3)
            .property("broker.heartbeat.interval.ms", "500")
            .property("broker.session.timeout.ms", "3000")
            .start()
            .expect("brokers");
        Mutex::new(kafka)
    });
    let mut kafka = THREE.lock().unwrap_or_else(PoisonError::into_inner);
    for node in 1..=3 {
        // One that runs cannot be started; a test that failed may have left others down.
        let _ = kafka.start_node(node);
    }
    kafka
}

/// A node behind a proxy that records and breaks requests. It creates topics for whoever asks for
/// metadata in the wrong way.
pub(crate) struct Proxied {
    pub(crate) kafka: LocalKafka,
    pub(crate) proxy: Arc<Proxy>,
}

impl Proxied {
    pub(crate) fn start(options: local_kafka::Options) -> Self {
        let options = options.property("auto.create.topics.enable", "true");
        let (kafka, proxy) = options.start_behind_proxy().expect("a broker");
        Self {
            kafka,
            proxy: Arc::new(proxy),
        }
    }

    /// The one that tests take turns with, each with no requests recorded yet.
    pub(crate) fn shared() -> MutexGuard<'static, Self> {
        static PROXIED: LazyLock<Mutex<Proxied>> =
            LazyLock::new(|| Mutex::new(Proxied::start(LocalKafka::options())));
        let proxied = PROXIED.lock().unwrap_or_else(PoisonError::into_inner);
        proxied.proxy.clear();
        proxied
    }

    /// How many requests of this kind arrived.
    pub(crate) fn count(&self, api_key: i16) -> usize {
        self.proxy
            .requests()
            .iter()
            .filter(|request| request.api_key == api_key)
            .count()
    }

    /// Where clients connect to.
    pub(crate) fn servers(&self) -> String {
        self.proxy.address()
    }

    /// See [`before_creation`].
    pub(crate) fn before_creation(&self, what: impl FnOnce() + Send + 'static) {
        before_creation(&self.proxy, what);
    }

    /// Breaks the creation, but not its check.
    pub(crate) fn break_creation(&self, fault: Fault) {
        let proxy = Arc::clone(&self.proxy);
        let when_checked = move || proxy.on_request(CREATE_TOPICS, fault);
        self.proxy
            .on_request_call(CREATE_TOPICS, Box::new(when_checked));
    }
}

/// Does something when a creation is about to be forwarded. Apply sends CreateTopics twice, and
/// the first time is to have it checked only.
pub(crate) fn before_creation(proxy: &Arc<Proxy>, what: impl FnOnce() + Send + 'static) {
    let shared = Arc::clone(proxy);
    let when_checked = move || shared.on_request_call(CREATE_TOPICS, Box::new(what));
    proxy.on_request_call(CREATE_TOPICS, Box::new(when_checked));
}

/// A topic as `kafka-topics --describe` and `kafka-configs --describe` show it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Described {
    pub(crate) partitions: usize,
    pub(crate) replication_factor: usize,
    /// What is set on the topic itself.
    pub(crate) config: BTreeMap<String, String>,
}

impl Described {
    pub(crate) fn new(partitions: usize, replicas: usize, config: &[(&str, &str)]) -> Self {
        let config = config
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Self {
            partitions,
            replication_factor: replicas,
            config: config.collect(),
        }
    }
}

/// All topics but Kafka's own.
pub(crate) fn describe(kafka: &LocalKafka) -> BTreeMap<String, Described> {
    let (topics, configs) = std::thread::scope(|scope| {
        let topics = scope.spawn(|| {
            kafka
                .tool("kafka-topics", &["--describe", "--exclude-internal"])
                .expect("topics")
        });
        let configs = kafka.tool("kafka-configs", &["--describe", "--entity-type", "topics"]);
        (topics.join().expect("topics"), configs.expect("configs"))
    });
    let mut described: BTreeMap<String, Described> = BTreeMap::new();
    for line in topics.lines() {
        let fields: BTreeMap<&str, &str> = line
            .split('\t')
            .filter_map(|field| field.trim().split_once(": "))
            .collect();
        let topic = described.entry(fields["Topic"].to_owned()).or_default();
        if let Some(count) = fields.get("PartitionCount") {
            topic.partitions = count.parse().expect("a number");
            topic.replication_factor = fields["ReplicationFactor"].parse().expect("a number");
        } else {
            let replicas = fields["Replicas"].split(',').count();
            assert_eq!(replicas, topic.replication_factor, "{line}");
        }
    }
    let mut current = String::new();
    for line in configs.lines() {
        if let Some((_, name)) = line.split_once("configs for topic ") {
            name.split(' ')
                .next()
                .expect("a name")
                .clone_into(&mut current);
        } else if let (Some(topic), Some((key, value))) =
            (described.get_mut(&current), line.trim().split_once('='))
        {
            let value = value.split(" sensitive=").next().expect("a value");
            topic.config.insert(key.to_owned(), value.to_owned());
        }
    }
    described
}

/// Where Kafka's tools connect and may do everything, and no proxy is.
fn servers(kafka: &LocalKafka) -> String {
    let tool = kafka.tool_command("kafka-topics").expect("a tool");
    let servers = tool.get_args().last().and_then(|word| word.to_str());
    servers.expect("an address").to_owned()
}

/// A client of this process: for what is asked so often that a JVM each time would be most of the
/// time, and where there are no tools.
pub(crate) fn client_at(servers: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", servers);
    client
}

pub(crate) fn block_on<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(what)
}

/// The names of all topics but Kafka's own.
pub(crate) fn names(kafka: &LocalKafka) -> BTreeSet<String> {
    names_at(&servers(kafka))
}

pub(crate) fn names_at(servers: &str) -> BTreeSet<String> {
    replicas_at(servers).into_keys().collect()
}

/// How many replicas each partition has, of all topics but Kafka's own.
pub(crate) fn replicas_at(servers: &str) -> BTreeMap<String, Vec<usize>> {
    let client: BaseConsumer = client_at(servers).create().expect("a client");
    let all = client.fetch_metadata(None, PATIENCE).expect("metadata");
    let replicas = all.topics().iter().map(|topic| {
        let partitions = topic.partitions().iter();
        let replicas = partitions.map(|partition| partition.replicas().len());
        (topic.name().to_owned(), replicas.collect())
    });
    replicas
        .filter(|(name, _)| !name.starts_with("__"))
        .collect()
}

/// A topic of one replica that somebody made beforehand, with `key=value` as its configuration.
/// The broker that is asked knows of it when this returns.
pub(crate) fn create(kafka: &LocalKafka, name: &str, partitions: i32, config: &[&str]) {
    create_at(&servers(kafka), name, partitions, config);
}

#[expect(
    clippy::disallowed_methods,
    reason = "what brokers say to it is no matter here"
)]
pub(crate) fn create_at(servers: &str, name: &str, partitions: i32, config: &[&str]) {
    let config = config.iter().filter_map(|one| one.split_once('='));
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    let topic = config.fold(topic, |topic, (key, value)| topic.set(key, value));
    let client: AdminClient<DefaultClientContext> = client_at(servers).create().expect("a client");
    let created = block_on(client.create_topics([&topic], &AdminOptions::new()));
    created.expect("an answer")[0].as_ref().expect("a topic");
    let led = || {
        let seen = client.inner().fetch_metadata(Some(name), PATIENCE);
        let seen = seen.expect("metadata");
        let partitions = seen.topics()[0].partitions();
        !partitions.is_empty() && partitions.iter().all(|one| one.leader() >= 0)
    };
    let deadline = Instant::now() + PATIENCE;
    while !led() {
        assert!(Instant::now() < deadline, "{name} has no leader");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs a command that topicctl printed, as its reader would.
pub(crate) fn run_printed(kafka: &LocalKafka, printed: &str) {
    let words = shlex::split(printed).expect("a command for a shell");
    let [tool, flag, servers, rest @ ..] = words.as_slice() else {
        panic!("{printed}")
    };
    assert_eq!(
        (flag.as_str(), servers.as_str()),
        ("--bootstrap-server", kafka.bootstrap_servers())
    );
    let output = kafka
        .client_tool_command(tool)
        .expect("a tool")
        .args(rest)
        .output();
    let output = output.expect("the tool runs");
    assert!(output.status.success(), "{printed}: {output:?}");
}
