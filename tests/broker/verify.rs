//! Verify finds what somebody changed, explains it, and the way out that it prints works.

use crate::kafka::{SHARED, run_printed};
use crate::support::binary::{Manifests, on};

const TOPICS: &str = "
topics:
  - name: verify-retention
    partitions: 1
    replication_factor: 1
    retention: 7d
    config: { cleanup.policy: 'compact,delete' }
";

#[test]
fn changed_retention_is_explained_and_the_printed_remedy_corrects_it() {
    let manifests = Manifests::of(TOPICS);
    let servers = SHARED.bootstrap_servers();
    on(servers, "apply", &manifests)
        .json()
        .exits(0)
        .all_are("created");
    on(servers, "verify", &manifests)
        .run()
        .exits(0)
        .says("1 declared: all match.");
    let somebody = [
        "--alter",
        "--entity-type",
        "topics",
        "--entity-name",
        "verify-retention",
        "--add-config",
        "retention.ms=86400000,cleanup.policy=compact",
    ];
    SHARED.tool("kafka-configs", &somebody).expect("the change");

    on(servers, "verify", &manifests)
        .run()
        .exits(1)
        .says("mismatch  verify-retention")
        .says("topics.yaml:3")
        .says("retention.ms 7d (604800000) declared, 1d (86400000) found, set on the topic")
        .says("cleanup.policy")
        .says("mismatches are yours to decide");
    // Apply says the same, and so does plan where all is asked for; both leave it alone.
    for (command, more) in [("plan", "-v"), ("apply", "--no-settle")] {
        on(servers, command, &manifests)
            .args(&[more])
            .run()
            .exits(1)
            .says("7d (604800000) declared, 1d (86400000) found, set on the topic");
    }
    on(servers, "plan", &manifests)
        .run()
        .exits(1)
        .says("retention.ms 7d declared, 1d found, set on the topic")
        .says("`topicctl verify` says what fixes them");

    let report = on(servers, "verify", &manifests).json().exits(1);
    let topic = report.topic("verify-retention");
    let mismatches = topic["mismatches"].as_array().expect("mismatches");
    let retention = &mismatches[1];
    assert_eq!(topic["status"], "mismatched");
    assert_eq!(retention["field"], "config");
    assert_eq!(retention["key"], "retention.ms");
    assert_eq!(retention["declared"], "604800000");
    assert_eq!(retention["found"], "86400000");
    assert_eq!(retention["origin"], "topic");
    let text = on(servers, "verify", &manifests).run();
    for mismatch in mismatches {
        let remedy = mismatch["remedy"].as_str().expect("a remedy");
        // To be copied: on a line of its own.
        assert!(
            text.stdout.lines().any(|line| line.trim() == remedy),
            "{text}"
        );
        run_printed(&SHARED, remedy);
    }
    on(servers, "verify", &manifests).run().exits(0);
}

#[test]
fn too_few_partitions_are_explained_and_the_printed_remedy_corrects_it() {
    let manifests = Manifests::of(
        "topics: [{ name: verify-partitions, partitions: 4, replication_factor: 1 }]",
    );
    let servers = SHARED.bootstrap_servers();
    let somebody = [
        "--create",
        "--topic",
        "verify-partitions",
        "--partitions",
        "3",
    ];
    SHARED.tool("kafka-topics", &somebody).expect("a topic");
    let report = on(servers, "verify", &manifests).json().exits(1);
    let mismatches = report.topic("verify-partitions")["mismatches"]
        .as_array()
        .expect("some");
    let partitions = mismatches
        .iter()
        .find(|one| one["field"] == "partitions")
        .expect("one");
    assert_eq!(
        (&partitions["declared"], &partitions["found"]),
        (&"4".into(), &"3".into())
    );
    on(servers, "verify", &manifests)
        .run()
        .exits(1)
        .says("partitions 4 declared, 3 found")
        .says("adding partitions moves about 75 % of the keys to another partition");
    for mismatch in mismatches {
        run_printed(&SHARED, mismatch["remedy"].as_str().expect("a remedy"));
    }
    on(servers, "verify", &manifests).run().exits(0);
}

#[test]
fn too_many_partitions_have_no_remedy_and_advice_instead() {
    let manifests = Manifests::of(
        "topics: [{ name: verify-shrunk, tier: plain, partitions: 2, replication_factor: 1 }]",
    );
    let somebody = ["--create", "--topic", "verify-shrunk", "--partitions", "3"];
    SHARED.tool("kafka-topics", &somebody).expect("a topic");
    let report = on(SHARED.bootstrap_servers(), "verify", &manifests)
        .json()
        .exits(1);
    let mismatch = &report.topic("verify-shrunk")["mismatches"][0];
    assert_eq!(mismatch["field"], "partitions");
    assert!(mismatch["remedy"].is_null(), "{mismatch}");
    on(SHARED.bootstrap_servers(), "verify", &manifests)
        .run()
        .exits(1)
        .says("declare 3 in its own entry,")
        .says("partitions: 3");
}

#[test]
fn missing_topics_are_listed_by_name() {
    let manifests = Manifests::small(["verify-missing-a", "verify-missing-b"]);
    on(SHARED.bootstrap_servers(), "verify", &manifests)
        .run()
        .exits(1)
        .says("missing   verify-missing-a")
        .says("missing   verify-missing-b")
        .says("2 declared: 2 missing.")
        .says("`topicctl apply` creates what is missing");
    on(SHARED.bootstrap_servers(), "verify", &manifests)
        .json()
        .exits(1)
        .all_are("missing");
    // To plan, it is nothing that apply would not put right.
    on(SHARED.bootstrap_servers(), "plan", &manifests)
        .json()
        .exits(0)
        .all_are("missing");
}

#[test]
fn an_external_topic_that_is_missing_is_never_created() {
    let manifests = Manifests::of(
        "topics:
  - { name: verify-external, external: true, partitions: 2 }
  - { name: verify-own, tier: plain, partitions: 1, replication_factor: 1 }",
    );
    let servers = SHARED.bootstrap_servers();
    for command in ["plan", "apply", "verify"] {
        let report = on(servers, command, &manifests).json().exits(1);
        assert_eq!(
            report.topic("verify-external")["status"],
            "missing",
            "{command}"
        );
    }
    on(servers, "apply", &manifests)
        .args(&["--fail-on", "mismatch"])
        .run()
        .exits(0);
    let found = crate::kafka::names(&SHARED);
    assert!(
        found.contains("verify-own") && !found.contains("verify-external"),
        "{found:?}"
    );
}
