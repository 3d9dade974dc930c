//! Nothing that exists is altered by any command, however much it differs from what is declared.

use local_kafka::LocalKafka;

use crate::support::binary::{Manifests, on, topicctl};

/// Everything that Kafka's tools report of topics, in lines: partitions with ids, leaders, replicas
/// and topic ids; every configuration with its source; offsets.
fn dump(kafka: &LocalKafka) -> Vec<String> {
    let tool = |name: &str, args: &[&str]| kafka.tool(name, args).expect("a dump");
    let (topics, configs, offsets) = std::thread::scope(|scope| {
        let topics = scope.spawn(|| tool("kafka-topics", &["--describe"]));
        let offsets = scope.spawn(|| tool("kafka-get-offsets", &[]));
        let configs = tool(
            "kafka-configs",
            &["--describe", "--all", "--entity-type", "topics"],
        );
        (
            topics.join().expect("topics"),
            configs,
            offsets.join().expect("offsets"),
        )
    });
    let mut topic = String::new();
    let configs = configs.lines().map(move |line| {
        if let Some((_, name)) = line.split_once("All configs for topic ") {
            name.split(' ')
                .next()
                .expect("a name")
                .clone_into(&mut topic);
        }
        format!("{topic} {line}")
    });
    let lines = topics.lines().chain(offsets.lines()).map(str::to_owned);
    let mut lines: Vec<String> = lines.chain(configs).collect();
    lines.sort();
    lines
}

#[test]
fn no_command_alters_anything_that_exists() {
    let kafka = LocalKafka::options().start().expect("a broker");
    let somebody = "--create --topic kept-orders --partitions 3 --config retention.ms=1000 \
                    --config cleanup.policy=compact --config max.message.bytes=2000";
    for create in [somebody, "--create --topic kept-orders-dlq --partitions 5"] {
        let words: Vec<&str> = create.split_whitespace().collect();
        kafka.tool("kafka-topics", &words).expect("a topic");
    }
    // Everything about them is declared otherwise.
    let manifests = Manifests::of(
        "topics:
  - name: kept-orders
    partitions: 6
    replication_factor: 1
    retention: 7d
    config: { max.message.bytes: 4MiB, segment.ms: 1d }
    retry: { delays: [5m] }
    dlq: true",
    );
    let before = dump(&kafka);
    assert!(
        before
            .iter()
            .any(|line| line.starts_with("kept-orders   retention.ms=1000 "))
    );
    topicctl(&["validate"]).arg(manifests.path()).run().exits(0);
    let servers = kafka.bootstrap_servers();
    on(servers, "plan", &manifests).run().exits(1);
    on(servers, "verify", &manifests).run().exits(1);
    on(servers, "apply", &manifests)
        .args(&["--dry-run"])
        .run()
        .exits(1);
    assert_eq!(dump(&kafka), before);

    on(servers, "apply", &manifests)
        .run()
        .exits(1)
        .says("created   kept-orders-retry-5m");
    on(servers, "apply", &manifests)
        .args(&["--fail-on", "none"])
        .run()
        .exits(0);
    let (new, after): (Vec<String>, Vec<String>) = dump(&kafka)
        .into_iter()
        .partition(|line| line.contains("kept-orders-retry-5m"));
    assert!(!new.is_empty());
    assert_eq!(after, before);
}
