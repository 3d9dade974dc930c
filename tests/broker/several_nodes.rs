//! Three brokers, and brokers that start while topicctl waits for them.

use std::collections::BTreeSet;

use local_kafka::{LocalKafka, free_port};

use crate::kafka::{describe, names};
use crate::support::binary::{Manifests, on};

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
