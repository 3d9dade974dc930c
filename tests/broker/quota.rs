//! The quota of a client for changes (KIP-599) is waited for with a word, and no longer than the time
//! limit.

use local_kafka::LocalKafka;

use crate::kafka::names;
use crate::support::binary::{Manifests, on};

#[test]
fn a_quota_that_is_used_up_is_waited_for_within_the_time_limit() {
    // 100 partitions at once, and 50 more each second.
    let kafka = LocalKafka::options()
        .property("controller.quota.window.num", "2")
        .start()
        .expect("a broker");
    let quota = ["--alter", "--add-config", "controller_mutation_rate=50"];
    let clients = ["--entity-type", "clients", "--entity-default"];
    kafka
        .tool("kafka-configs", &[&quota[..], &clients].concat())
        .expect("a quota");
    let servers = kafka.bootstrap_servers();
    let topics = |count: usize, name: &str| {
        let topic = |number| {
            format!("  - {{ name: {name}-{number}, partitions: 10, replication_factor: 1 }}\n")
        };
        let topics: String = (0..count).map(topic).collect();
        Manifests::of(&format!("defaults: {{ tier: plain }}\ntopics:\n{topics}"))
    };
    on(servers, "apply", &topics(12, "waited"))
        .run()
        .exits(0)
        .says("a quota of this client is used up")
        .says("12 created and usable");
    // The check alone uses up more than comes back in a second.
    let late = topics(20, "late");
    on(servers, "apply", &late)
        .args(&["--timeout", "1s"])
        .run()
        .exits(5)
        .says("a quota of this client is used up for another")
        .says("no creation was sent")
        .says("give it the time with --timeout");
    let there = names(&kafka);
    assert!(
        there.iter().all(|name| name.starts_with("waited-")),
        "{there:?}"
    );
    assert_eq!(there.len(), 12);
    // As advised.
    on(servers, "apply", &late)
        .args(&["--timeout", "10m"])
        .json()
        .exits(0)
        .all_are("created");
}
