//! `verify --wait-topics`, for whoever starts beside those who create: it ends when every topic is there
//! and served, not before, and says what is missing.

use std::time::{Duration, Instant};

use local_kafka::LocalKafka;
use local_kafka::proxy::Fault;
use rustix::process::Signal;

use crate::kafka::{LIST_OFFSETS, Proxied, SHARED, create, names, three_nodes, until};
use crate::support::binary::{Manifests, Run, on, topicctl};

fn waits(servers: &str, manifests: &Manifests, limit: &str) -> Run {
    on(servers, "verify", manifests).args(&["--wait-topics", limit])
}

#[test]
fn topics_that_are_created_meanwhile_end_the_wait_when_the_last_one_is_there() {
    let servers = SHARED.bootstrap_servers();
    let manifests = Manifests::of(
        "topics:
  - { name: meanwhile.orders, tier: plain }
  - { name: meanwhile.payments, tier: plain }
  - { name: meanwhile.partner, external: true }
  - { name: meanwhile.other, tier: plain }",
    );
    let mut run = waits(servers, &manifests, "2m")
        .args(&["-o", "json"])
        .start();
    run.until_it_says(
        "waiting for 4 of 4 topics: meanwhile.orders, meanwhile.other and 2 more, 0 of 120 s",
    );
    create(&SHARED, "meanwhile.payments", 3, &[]);
    create(&SHARED, "meanwhile.other", 1, &[]);
    run.until_it_says("waiting for 2 of 4 topics: meanwhile.orders and meanwhile.partner, ");
    create(&SHARED, "meanwhile.orders", 1, &[]);
    // Somebody else's counts as well.
    run.until_it_says("waiting for 1 of 4 topics: meanwhile.partner, ");
    create(&SHARED, "meanwhile.partner", 1, &[]);
    run.end().report().exits(0).all_are("matching");
    // It asks, and creates nothing.
    let other = Manifests::small(["meanwhile.never"]);
    waits(servers, &other, "1s").run().exits(1);
    assert!(!names(&SHARED).contains("meanwhile.never"));
}

#[test]
fn when_the_time_is_over_the_topics_are_named_and_the_rest_is_compared() {
    let servers = SHARED.bootstrap_servers();
    create(&SHARED, "over.changed", 3, &["retention.ms=60000000"]);
    create(&SHARED, "over.same", 1, &[]);
    let manifests = Manifests::of(
        "topics:
  - { name: over.missing, tier: plain }
  - { name: over.same, tier: plain }
  - { name: over.changed, tier: plain, retention: 7d }",
    );
    // Who waits for topics is told, whatever is let pass besides.
    for fail_on in ["missing,mismatch", "none"] {
        let run = || waits(servers, &manifests, "1s").args(&["--fail-on", fail_on]);
        let started = Instant::now();
        run()
            .run()
            .exits(1)
            .says("waiting for 1 of 3 topics: over.missing, 0 of 1 s")
            .says("error[topics-not-ready]: 1 of 3 topics was not ready within 1s (--wait-topics)")
            .says("over.missing   does not exist")
            .says("mismatch  over.changed");
        assert!(started.elapsed() >= Duration::from_secs(1));
        let report = run().json().exits(1);
        let found = report.diagnostics();
        assert!(found.contains("topics-not-ready "), "{found}");
        assert_eq!(report.topic("over.same")["status"], "matching");
        assert_eq!(report.topic("over.changed")["status"], "mismatched");
    }
    // What is there is not waited for, and a difference is one as ever.
    let selected = |fail_on: &str| {
        let run = waits(servers, &manifests, "2m").args(&["--select", "over.changed"]);
        run.args(&["--fail-on", fail_on]).json()
    };
    selected("missing").exits(0).all_are("mismatched");
    selected("mismatch").exits(1).all_are("mismatched");
}

#[test]
fn a_leader_that_does_not_serve_yet_is_waited_for() {
    let proxied = Proxied::start(LocalKafka::options());
    create(&proxied.kafka, "served.late", 1, &[]);
    let manifests = Manifests::of("topics: [{ name: served.late, tier: plain, partitions: 1 }]");
    // By the metadata all is well; the leader gives no answer.
    let mute = |times| {
        let proxy = &proxied.proxy;
        proxy.on_requests(LIST_OFFSETS, Fault::Swallow, times);
    };
    mute(3);
    let run = waits(&proxied.servers(), &manifests, "2m").args(&["-o", "json"]);
    let mut run = run.start();
    run.until_it_says("waiting for 1 of 1 topic: served.late, ");
    run.end().report().exits(0).all_are("matching");
    mute(usize::MAX);
    waits(&proxied.servers(), &manifests, "3s")
        .run()
        .exits(1)
        .says("waiting for 1 of 1 topic: served.late, ")
        .says("1 of 1 topic was not ready within 3s")
        .says("served.late   partition 0 is not served by the leader, broker 1 (");
}

#[test]
fn a_partition_without_a_leader_is_waited_for_until_its_broker_is_back() {
    let mut kafka = three_nodes();
    let servers = kafka.bootstrap_servers().to_owned();
    let place = ["--create", "--topic", "led.late", "--replica-assignment"];
    let place = [&place[..], &["1,3,2"]].concat();
    kafka.tool("kafka-topics", &place).expect("a topic");
    let manifests = Manifests::of("topics: [{ name: led.late, tier: plain, partitions: 3 }]");
    waits(&servers, &manifests, "2m").json().exits(0);
    kafka.stop_node(3).expect("stopped");
    until("the partition has no leader", || {
        let ended = waits(&servers, &manifests, "0").run();
        (ended.code() == Some(1)).then_some(())
    });
    waits(&servers, &manifests, "1s")
        .run()
        .exits(1)
        .says("led.late   partition 1 has no leader (replicas on broker 3)")
        .says("broker 3 is not up: start it");
    let mut run = waits(&servers, &manifests, "2m")
        .args(&["-o", "json"])
        .start();
    run.until_it_says("waiting for 1 of 1 topic: led.late, ");
    kafka.start_node(3).expect("started");
    run.end().report().exits(0).all_are("matching");
}

#[test]
fn a_signal_ends_the_wait_at_once() {
    let manifests = Manifests::small(["signalled.never"]);
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let started = Instant::now();
        let run = waits(SHARED.bootstrap_servers(), &manifests, "10m");
        let mut run = run.args(&["-o", "json"]).start();
        run.until_it_says("waiting for 1 of 1 topic: signalled.never");
        run.signal(signal);
        run.end().report().exits(code).all_are("unknown");
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}

#[test]
fn several_clusters_are_waited_for_side_by_side() {
    let servers = SHARED.bootstrap_servers();
    let manifests = Manifests::of("topics: [{ name: \"side.${clusterName}\", tier: plain }]");
    let clusters = format!(
        "clusters:
  one: {{ bootstrap_servers: \"{servers}\" }}
  two: {{ bootstrap_servers: \"{servers}\" }}"
    );
    manifests.file("topicctl.yaml", &clusters);
    create(&SHARED, "side.one", 1, &[]);
    let run = |limit| {
        let run = topicctl(&["verify", "--all-clusters"]);
        run.arg(manifests.path()).args(&["--wait-topics", limit])
    };
    run("1s")
        .run()
        .exits(1)
        .says("waiting for 1 of 1 topic: side.two, 0 of 1 s");
    let mut run = run("2m").start();
    run.until_it_says("waiting for 1 of 1 topic: side.two");
    create(&SHARED, "side.two", 1, &[]);
    run.end().exits(0);
}
