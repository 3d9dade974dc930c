//! What goes over the wire, by a proxy that records the api key of every request: nothing that
//! could alter or delete, nothing per topic, and no look that creates.

use std::collections::BTreeSet;

use local_kafka::proxy::api_name;

use crate::kafka::{CREATE_TOPICS, Proxied, names};
use crate::support::binary::{Manifests, on};

const ALLOWED: [&str; 9] = [
    "ApiVersions",
    "Metadata",
    "DescribeCluster",
    "DescribeTopicPartitions",
    "DescribeConfigs",
    "CreateTopics",
    "ListOffsets",
    "SaslHandshake",
    "SaslAuthenticate",
];

/// Asserts that nothing else was asked so far.
#[track_caller]
pub(crate) fn only_looks_and_creations(proxied: &Proxied) {
    let requests = proxied.proxy.requests();
    assert!(!requests.is_empty(), "the proxy saw nothing");
    let asked: BTreeSet<_> = requests
        .iter()
        .map(|request| api_name(request.api_key))
        .collect();
    let others: Vec<_> = asked
        .iter()
        .filter(|name| !ALLOWED.contains(name))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn only_looks_and_creations_go_over_the_wire() {
    let proxied = Proxied::shared();
    let manifests = Manifests::of(
        "topics:
  - { name: wire, partitions: 2, replication_factor: 1, dlq: true, retry: { delays: [5m] } }
  - { name: wire-other, tier: plain, partitions: 3, replication_factor: 1 }",
    );
    let tool = |args: &[&str]| proxied.kafka.tool("kafka-topics", args).expect("a topic");
    tool(&["--create", "--topic", "wire-other"]);
    let servers = proxied.servers();
    for (command, code) in [
        ("plan", 1),
        ("verify", 1),
        ("apply", 1),
        ("apply", 1),
        ("verify", 1),
        ("plan", 1),
        ("doctor", 0),
    ] {
        on(&servers, command, &manifests).run().exits(code);
    }
    on(&servers, "apply", &manifests)
        .args(&["--dry-run"])
        .run()
        .exits(1);
    // The check and the creation of the first apply; the second had nothing to create.
    assert_eq!(proxied.count(CREATE_TOPICS), 2);
    only_looks_and_creations(&proxied);
}

#[test]
fn looking_never_creates() {
    let proxied = Proxied::shared();
    let manifests = Manifests::small(["looked-for-a", "looked-for-b"]);
    for (command, code) in [("plan", 0), ("verify", 1)] {
        on(&proxied.servers(), command, &manifests)
            .json()
            .exits(code)
            .all_are("missing");
    }
    on(&proxied.servers(), "apply", &manifests)
        .args(&["--dry-run"])
        .run()
        .exits(0);
    let found = names(&proxied.kafka);
    assert!(
        !found.iter().any(|name| name.starts_with("looked-for")),
        "{found:?}"
    );
}

#[test]
fn verifying_takes_a_handful_of_requests_however_many_topics() {
    let proxied = Proxied::shared();
    let servers = proxied.servers();
    let all: Vec<String> = (0..200)
        .map(|number| format!("handful-{number:03}"))
        .collect();
    let manifests = |count: usize| Manifests::small(all[..count].iter().map(String::as_str));
    on(&servers, "apply", &manifests(200)).run().exits(0);
    let mut counts = vec![];
    for count in [1, 100, 200] {
        proxied.proxy.clear();
        on(&servers, "verify", &manifests(count)).run().exits(0);
        counts.push(proxied.proxy.requests().len());
    }
    let [one, hundred, two_hundred] = counts[..] else {
        unreachable!()
    };
    assert!(hundred <= 10, "{counts:?}: {:?}", proxied.proxy.requests());
    assert!(two_hundred <= one + 1, "{counts:?}");
    // An apply that creates takes the check and the creation besides, and looks until it settles.
    proxied.proxy.clear();
    let new: Vec<String> = (0..200)
        .map(|number| format!("handful-more-{number:03}"))
        .collect();
    on(
        &servers,
        "apply",
        &Manifests::small(new.iter().map(String::as_str)),
    )
    .run()
    .exits(0);
    assert_eq!(proxied.count(CREATE_TOPICS), 2);
}
