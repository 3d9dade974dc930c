//! Three brokers, and brokers that start while topicctl waits for them.

use std::collections::{BTreeMap, BTreeSet};

use local_kafka::{LocalKafka, free_port};

use crate::kafka::{describe, names, three_nodes, until};
use crate::support::binary::{Manifests, on, topicctl};

const FAMILY: &str = "
topics:
  - name: replicated.orders
    partitions: 6
    retry: { delays: [5m, 1h] }
    dlq: true
    error: true
";

#[test]
fn three_replicas_and_a_wait_for_the_brokers_that_they_need() {
    let mut kafka = LocalKafka::options().nodes(3).start().expect("brokers");
    let servers = kafka.bootstrap_servers().to_owned();
    let manifests = Manifests::of(FAMILY);

    kafka.stop_node(3).expect("stopped");
    let run = on(&servers, "apply", &manifests).args(&["--wait", "2m", "-o", "json"]);
    let mut run = run.start();
    run.until_it_says("waiting for brokers: 2 of 3 registered");
    assert_eq!(names(&kafka), BTreeSet::new());
    kafka.start_node(3).expect("started");
    run.end().report().exits(0).all_are("created");

    let described = describe(&kafka);
    for (name, partitions, min_insync) in [
        ("replicated.orders", 6, "2"),
        ("replicated.orders-retry-5m", 6, "1"),
        ("replicated.orders-retry-1h", 6, "1"),
        ("replicated.orders-dlq", 1, "1"),
        ("replicated.orders-error", 1, "1"),
    ] {
        let found = &described[name];
        assert_eq!(
            (found.partitions, found.replication_factor),
            (partitions, 3),
            "{name}"
        );
        assert_eq!(found.config["min.insync.replicas"], min_insync, "{name}");
    }
    assert_eq!(described.len(), 5);
    on(&servers, "verify", &manifests)
        .json()
        .exits(0)
        .all_are("matching");
    // One broker less is nothing that a comparison of what is declared would find.
    kafka.stop_node(2).expect("stopped");
    on(&servers, "verify", &manifests)
        .json()
        .exits(0)
        .all_are("matching");
}

#[test]
fn apply_waits_for_a_broker_that_does_not_exist_yet() {
    let port = free_port().expect("a port");
    let manifests = Manifests::small(["waited-for"]);
    let run = on(&format!("127.0.0.1:{port}"), "apply", &manifests);
    let mut run = run.args(&["--wait", "2m", "-o", "json"]).start();
    run.until_it_says(&format!("waiting for 127.0.0.1:{port}: connection refused"));
    let kafka = LocalKafka::options()
        .client_port(port)
        .start()
        .expect("a broker");
    run.end().report().exits(0).all_are("created");
    assert_eq!(describe(&kafka)["waited-for"].partitions, 1);
}

/// How many partitions of a topic each node holds, by Kafka's own tool.
fn held(kafka: &LocalKafka, topic: &str) -> BTreeMap<u32, usize> {
    let described = kafka
        .tool("kafka-topics", &["--describe", "--topic", topic])
        .expect("a topic");
    let mut held = BTreeMap::new();
    let lines = described.lines().filter_map(|line| {
        let (_, replicas) = line.split_once("Replicas: ")?;
        replicas.split('\t').next()
    });
    for node in lines.flat_map(|replicas| replicas.trim().split(',')) {
        *held.entry(node.parse().expect("a node")).or_default() += 1;
    }
    held
}

#[test]
fn nothing_is_created_before_so_many_brokers_are_there_and_then_over_all_of_them() {
    let mut kafka = three_nodes();
    let servers = kafka.bootstrap_servers().to_owned();
    let topics = |prefix: &str| {
        Manifests::of(&format!(
            "topics: [{{ name: {prefix}.wide, tier: plain, partitions: 12, replication_factor: 2 }}]"
        ))
    };
    let said = topics("said");
    // The same as a property of the cluster.
    let known = topics("known");
    let clusters =
        format!("clusters: {{ lab: {{ bootstrap_servers: \"{servers}\", brokers: 3 }} }}\n");
    known.file("topicctl.yaml", &clusters);
    let by_flag = || on(&servers, "apply", &said).args(&["--wait-brokers", "3"]);
    let by_cluster = || {
        let apply = topicctl(&["apply", "--cluster", "lab"]);
        apply.arg(known.path())
    };

    kafka.stop_node(3).expect("stopped");
    until("two brokers are left", || {
        let report = on(&servers, "verify", &said).json();
        (report.json["cluster"]["brokers"] == 2).then_some(())
    });
    for run in [by_flag(), by_cluster()] {
        run.args(&["--wait", "1s"])
            .run()
            .exits(3)
            .says("2 of 3 brokers are there; nothing was created")
            .says("start the others");
    }
    let report = by_flag().json().exits(3);
    assert_eq!(report.topic("said.wide")["status"], "missing");
    let made = |prefix: &str| names(&kafka).iter().any(|name| name.starts_with(prefix));
    assert!(!made("said.") && !made("known."));

    let mut waiting = [by_flag(), by_cluster()].map(|run| {
        let mut run = run.args(&["--wait", "2m", "-o", "json"]).start();
        run.until_it_says("waiting for brokers: 2 of 3 registered");
        Some(run)
    });
    assert!(!made("said.") && !made("known."));
    kafka.start_node(3).expect("started");
    for run in waiting.iter_mut().filter_map(Option::take) {
        run.end().report().exits(0).all_are("created");
    }
    for name in ["said.wide", "known.wide"] {
        let held = held(&kafka, name);
        assert!(held.keys().eq(&[1, 2, 3]), "{name}: {held:?}");
        assert_eq!(held.values().sum::<usize>(), 24, "{name}: {held:?}");
    }
}
