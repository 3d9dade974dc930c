//! 5: the broker refused; or a creation failed, has an unknown outcome, or was not usable in time.

use local_kafka::LocalKafka;
use local_kafka::proxy::Fault;

use super::{SHARED, ends, plain, shared};
use crate::kafka::{LIST_OFFSETS, Proxied, names};
use crate::support::binary::{Manifests, on};

/// The check of the broker refuses it, with and without `--dry-run`.
#[track_caller]
fn is_refused(topic: &str, words: &str) {
    let manifests = Manifests::of(&format!("topics: [{topic}]"));
    for flag in [&[][..], &["--dry-run"]] {
        ends(5, || shared("apply", &manifests).args(flag));
    }
    shared("apply", &manifests).run().says(words);
}

#[test]
fn the_broker_refuses_more_replicas_than_brokers() {
    is_refused(
        "{ name: failed-replicas, replication_factor: 3 }",
        "INVALID_REPLICATION_FACTOR",
    );
    assert!(!names(&SHARED).contains("failed-replicas"));
}

#[test]
fn the_broker_refuses_by_its_policy() {
    is_refused(
        "{ name: failed-policy, partitions: 10001, replication_factor: 1 }",
        "POLICY_VIOLATION",
    );
}

#[test]
fn a_creation_failed_after_its_check() {
    let proxied = Proxied::shared();
    let tools = proxied.kafka.tools().clone();
    // The broker's metrics cannot tell the two apart, so it takes only one.
    proxied.before_creation(move || {
        let create = ["--create", "--topic", "failed_late"];
        tools.run("kafka-topics", &create).expect("a topic");
    });
    let manifests = plain(&["failed.late", "failed-late-other"]);
    let report = on(&proxied.servers(), "apply", &manifests).json().exits(5);
    assert_eq!(report.topic("failed.late")["status"], "failed");
    assert_eq!(report.topic("failed-late-other")["status"], "created");
}

#[test]
fn a_creation_has_an_unknown_outcome() {
    let proxied = Proxied::shared();
    proxied.break_creation(Fault::Swallow);
    let manifests = plain(&["failed-unclear"]);
    let run = on(&proxied.servers(), "apply", &manifests);
    run.args(&["--timeout", "2s", "--settle-timeout", "1s"])
        .json()
        .exits(5)
        .all_are("unknown");
}

#[test]
fn a_created_topic_was_not_usable_in_time() {
    let proxied = Proxied::start(LocalKafka::options());
    // To the last look.
    proxied
        .proxy
        .on_requests(LIST_OFFSETS, Fault::Swallow, usize::MAX);
    let manifests = plain(&["failed-unusable"]);
    let run = on(&proxied.servers(), "apply", &manifests);
    let report = run.args(&["--settle-timeout", "1s"]).json().exits(5);
    let error = report.topic("failed-unusable")["error"].as_str();
    assert!(
        error.is_some_and(|error| error.contains("created, but not usable")),
        "{error:?}"
    );
    // To whoever does not want to wait, no failure is reported.
    let manifests = plain(&["failed-not-waited-for"]);
    let run = on(&proxied.servers(), "apply", &manifests);
    run.args(&["--no-settle"]).json().exits(0);
}

#[test]
fn the_result_of_a_creation_cannot_be_written() {
    let manifests = plain(&["failed-result"]);
    let full = ["--report", "json=/dev/full"];
    shared("apply", &manifests)
        .args(&full)
        .run()
        .exits(5)
        .says("topics were created; `topicctl verify` shows how they are");
    // Without a creation nothing has failed but the writing.
    shared("apply", &manifests).args(&full).run().exits(2);
}
