//! What the client promises, against a real broker.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use librdkafka_admin::{
    AdminClient, AdminOptions, ConfigSource, Entries, Error, ErrorCode, Listener, NewTopic,
    OffsetSpec, check_property,
};
use local_kafka::LocalKafka;

static KAFKA: LazyLock<LocalKafka> =
    LazyLock::new(|| LocalKafka::options().start().expect("a broker"));

/// For calls that a broker answers, on a machine however busy.
const LONG: Duration = Duration::from_secs(240);

/// Drops what it is given.
struct Deaf;

impl Listener for Deaf {
    fn connected(&self) {}

    fn error(&self, _: Error) {}
}

fn client(servers: &str) -> AdminClient {
    let properties = [
        ("bootstrap.servers", servers),
        ("allow.auto.create.topics", "false"),
    ];
    AdminClient::start(properties, Arc::new(Deaf)).expect("a client")
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
        .block_on(test)
}

fn options() -> AdminOptions {
    AdminOptions::new(LONG)
}

fn new<'a>(name: &'a str, replication_factor: i32, configs: &[(&'a str, &'a str)]) -> NewTopic<'a> {
    NewTopic {
        name,
        partitions: Some(2),
        replication_factor: Some(replication_factor),
        configs: configs.to_vec(),
    }
}

/// Creates topics, and waits until the broker describes them.
async fn create(client: &AdminClient, topics: &[NewTopic<'_>]) -> Entries<()> {
    let created = client.create_topics(options(), topics, false);
    let created = created.result().await.expect("an answer");
    let names: Vec<&str> = topics
        .iter()
        .map(|topic| topic.name)
        .filter(|name| created[*name].is_ok())
        .collect();
    loop {
        let described = client.describe_topics(options(), names.iter().copied());
        let described = described.result().await.expect("an answer");
        if described.values().all(Result::is_ok) {
            return created;
        }
    }
}

#[test]
fn a_refused_creation_is_an_entry_with_the_broker_s_words() {
    run(async {
        let client = client(KAFKA.bootstrap_servers());
        let topics = [new("fine", 1, &[]), new("too-replicated", 3, &[])];
        let created = create(&client, &topics).await;
        assert_eq!(created["fine"], Ok(()));
        let error = created["too-replicated"].as_ref().expect_err("one broker");
        assert_eq!(error.code, ErrorCode::INVALID_REPLICATION_FACTOR);
        assert_eq!(error.code.to_string(), "INVALID_REPLICATION_FACTOR");
        assert!(
            error.message.contains("only 1 broker(s) are registered"),
            "{error}"
        );
    });
}

#[test]
fn a_checked_creation_creates_nothing() {
    run(async {
        let client = client(KAFKA.bootstrap_servers());
        let topics = [new("checked", 1, &[])];
        let checked = client.create_topics(options(), &topics, true);
        let checked = checked.result().await.expect("an answer");
        assert_eq!(checked["checked"], Ok(()));
        let names = client.topic_names(LONG).result().await.expect("an answer");
        assert!(!names.contains(&"checked".to_owned()), "{names:?}");
    });
}

#[test]
fn an_unknown_topic_is_an_entry_beside_one_that_exists() {
    run(async {
        let client = client(KAFKA.bootstrap_servers());
        create(&client, &[new("known", 1, &[])]).await;
        let described = client.describe_topics(options(), ["known", "not-there"]);
        let described = described.result().await.expect("an answer");
        let known = described["known"].as_ref().expect("a description");
        let partitions = known.partitions.iter();
        assert!(partitions.map(|one| one.partition).eq([0, 1]), "{known:?}");
        assert_eq!(known.partitions[0].replicas, [1]);
        assert_eq!(known.partitions[0].isr, [1]);
        let error = described["not-there"].as_ref().expect_err("no topic");
        assert_eq!(error.code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    });
}

#[test]
fn configurations_have_their_source() {
    run(async {
        let client = client(KAFKA.bootstrap_servers());
        create(
            &client,
            &[new("configured", 1, &[("retention.ms", "1000")])],
        )
        .await;
        let keys = vec!["retention.ms", "cleanup.policy"];
        let asked = [("configured", keys), ("nowhere", vec!["retention.ms"])];
        let described = client.describe_configs(options(), &asked);
        let described = described.result().await.expect("an answer");
        let mut entries = described["configured"].clone().expect("configurations");
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| (&*entry.name, entry.value.as_deref(), entry.source))
            .collect();
        assert_eq!(
            shown,
            [
                ("cleanup.policy", Some("delete"), ConfigSource::Default),
                ("retention.ms", Some("1000"), ConfigSource::DynamicTopic),
            ]
        );
        let error = described["nowhere"].as_ref().expect_err("no topic");
        assert_eq!(error.code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);

        let described = client.describe_configs(options(), &[("configured", vec![])]);
        let described = described.result().await.expect("an answer");
        let all = described["configured"].as_ref().expect("configurations");
        assert!(all.len() > 20, "without keys, all: {all:?}");
    });
}

#[test]
fn leaders_report_both_offsets_and_refuse_a_partition_that_is_not_there() {
    run(async {
        let client = client(KAFKA.bootstrap_servers());
        create(&client, &[new("empty", 1, &[])]).await;
        for spec in [OffsetSpec::Earliest, OffsetSpec::Latest] {
            // A leader that was elected a moment ago may not serve yet.
            loop {
                let partitions = [("empty", 0), ("empty", 7)];
                let offsets = client.list_offsets(options(), spec, partitions);
                let mut offsets = offsets.result().await.expect("an answer");
                let none = offsets.remove(&("empty".to_owned(), 7)).expect("an entry");
                assert_eq!(none.expect_err("no").code, ErrorCode::UNKNOWN_PARTITION);
                if let Ok(Some(offset)) = &offsets[&("empty".to_owned(), 0)] {
                    assert_eq!(*offset, 0);
                    break;
                }
            }
        }
    });
}

#[test]
fn a_cluster_describes_itself_once_it_has_an_id() {
    run(async {
        let client = client(KAFKA.bootstrap_servers());
        let early = client.describe_cluster(options());
        if client.cluster_id().is_none() {
            let error = early.result().await.expect_err("no id yet");
            assert_eq!(error.code, ErrorCode::NO_ENTRY);
        }
        client.topic_names(LONG).result().await.expect("an answer");
        let cluster = client.describe_cluster(options()).result().await;
        let cluster = cluster.expect("a description");
        assert_eq!(cluster.id, client.cluster_id());
        let [broker] = cluster.brokers.as_slice() else {
            panic!("{cluster:?}")
        };
        let address = format!("{}:{}", broker.host, broker.port);
        assert_eq!(
            (broker.id, address.as_str()),
            (1, KAFKA.bootstrap_servers())
        );
        assert_eq!(broker.rack, None);
        assert_eq!(client.controller(), Some(1));
    });
}

#[test]
fn open_calls_end_when_the_client_is_closed() {
    run(async {
        // Nothing listens at this port, so that no call is answered.
        let port = local_kafka::free_port().expect("a port");
        let client = client(&format!("127.0.0.1:{port}"));
        let open = client.describe_topics(options(), ["orders"]);
        drop(client);
        let error = open.result().await.expect_err("no answer");
        assert_eq!(error.code, ErrorCode::DESTROY);
    });
}

#[test]
fn a_call_without_an_answer_ends_at_its_time_limit() {
    run(async {
        let port = local_kafka::free_port().expect("a port");
        let client = client(&format!("127.0.0.1:{port}"));
        let options = AdminOptions::new(Duration::from_millis(50));
        let result = client.describe_topics(options, ["orders"]).result().await;
        assert_eq!(result.expect_err("no answer").code, ErrorCode::TIMED_OUT);
    });
}

#[test]
fn what_librdkafka_does_not_take_names_the_property() {
    let started = AdminClient::start([("socket.timeout.ms", "soon")], Arc::new(Deaf));
    let error = started.err().expect("no number");
    assert_eq!(error.property.as_deref(), Some("socket.timeout.ms"));
    assert!(error.message.contains("socket.timeout.ms"), "{error}");

    let unknown = |name, value| check_property(name, value).map_err(|error| error.unknown);
    assert_eq!(unknown("socket.timeout.ms", "1000"), Ok(()));
    assert_eq!(unknown("socket.timeout.ms", "soon"), Err(false));
    assert_eq!(unknown("socket.timeout", "1000"), Err(true));
}
