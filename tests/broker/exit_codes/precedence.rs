//! Where several codes hold: 2 first. Before the first write 4, 5, 3, 1; after it 5, 4, 3, 1; and 0
//! only where none does.

use local_kafka::Security;
use local_kafka::proxy::Fault;

use super::{ends, exists, offline, shared};
use crate::kafka::{CREATE_TOPICS, Proxied};
use crate::secured::{SASL, as_user, as_user_of, secured};
use crate::support::binary::{Manifests, on};

#[test]
fn invalid_before_unreachable_and_unauthorized() {
    let manifests = Manifests::of("topics: [{ name: enough.invalid, partitons: 1 }]");
    ends(2, || offline(&["apply"], &manifests));
    ends(2, || {
        as_user("enough", "apply", &manifests).env("KAFKA_PASSWORD", "guessed")
    });
}

/// Of two refusals in the preflight the missing right counts: it is to be seen to first.
#[test]
fn before_a_write_unauthorized_before_refused() {
    let manifests = Manifests::of(
        "topics:
  - { name: no-create.first, partitions: 1, replication_factor: 1 }
  - { name: enough.first, partitions: 1, replication_factor: 3 }",
    );
    let report = as_user("both", "apply", &manifests).json().exits(4);
    let error = |name: &str| report.topic(name)["error"].to_string();
    assert!(error("no-create.first").contains("TOPIC_AUTHORIZATION_FAILED"));
    assert!(error("enough.first").contains("INVALID_REPLICATION_FACTOR"));
}

/// So many partitions that they are checked in two requests, of which the second gets no answer.
#[test]
fn before_a_write_refused_before_unreachable() {
    let proxied = Proxied::shared();
    let manifests = Manifests::of(
        "defaults: { tier: plain }
topics:
  - { name: before-refused, partitions: 9000, replication_factor: 3 }
  - { name: before-unchecked, partitions: 9000, replication_factor: 1 }",
    );
    let proxy = std::sync::Arc::clone(&proxied.proxy);
    let second = move || proxy.on_request(CREATE_TOPICS, Fault::Swallow);
    proxied
        .proxy
        .on_request_call(CREATE_TOPICS, Box::new(second));
    let run = on(&proxied.servers(), "apply", &manifests).args(&["--timeout", "3s"]);
    let report = run.json().exits(5);
    assert_eq!(report.topic("before-refused")["status"], "failed");
    // Both are reported.
    let reported = report.diagnostics();
    assert!(
        reported.contains("refused the broker refuses 1 of 2"),
        "{reported}"
    );
    assert!(
        reported.contains("but not the check of new topics"),
        "{reported}"
    );
}

#[test]
fn before_a_write_unauthorized_before_a_difference() {
    crate::kafka::create(&SASL.kafka, "enough.differs", 1, &[]);
    let manifests = Manifests::of(
        "defaults: { tier: plain }
topics: [{ name: enough.differs, partitions: 2 }, { name: hidden.beside }]",
    );
    for command in ["verify", "plan", "apply"] {
        ends(4, || as_user("enough", command, &manifests));
    }
}

#[test]
fn before_a_write_refused_before_a_difference() {
    exists("before-differs");
    let manifests = Manifests::of(
        "topics:
  - { name: before-differs, tier: plain, partitions: 2 }
  - { name: before-refused-beside, replication_factor: 3 }",
    );
    ends(5, || shared("apply", &manifests));
}

#[test]
fn before_a_write_unreachable_before_a_difference() {
    let proxied = Proxied::shared();
    crate::kafka::create(&proxied.kafka, "before-drifted", 1, &[]);
    let manifests = Manifests::of(
        "defaults: { tier: plain }
topics: [{ name: before-drifted, partitions: 2 }, { name: before-new, partitions: 1 }]",
    );
    ends(3, || {
        proxied.proxy.on_request(CREATE_TOPICS, Fault::Swallow);
        on(&proxied.servers(), "apply", &manifests).args(&["--timeout", "1s"])
    });
}

/// What failed may be half there: that is to be seen to before a right.
#[test]
fn after_a_write_failed_before_unauthorized() {
    let proxied = Proxied::start(secured(Security::Sasl));
    crate::kafka::create(&proxied.kafka, "no-configs.after", 1, &[]);
    let manifests = Manifests::of(
        "topics:
  - { name: no-configs.after, partitions: 1, replication_factor: 1 }
  - { name: no-configs.after-new, tier: plain, partitions: 1, replication_factor: 1 }",
    );
    proxied.break_creation(Fault::Swallow);
    let run = as_user_of(&proxied, "no-configs", "apply", &manifests);
    let report = run
        .args(&["--timeout", "2s", "--settle-timeout", "1s"])
        .json()
        .exits(5);
    assert_eq!(report.topic("no-configs.after")["status"], "unknown");
    assert_eq!(report.topic("no-configs.after-new")["status"], "unknown");
}

#[test]
fn after_a_write_unauthorized_before_a_difference() {
    for name in ["no-configs.unread", "no-configs.drifted"] {
        crate::kafka::create(&SASL.kafka, name, 1, &[]);
    }
    let manifests = Manifests::of(
        "topics:
  - { name: no-configs.unread, partitions: 1, replication_factor: 1 }
  - { name: no-configs.drifted, tier: plain, partitions: 2 }
  - { name: no-configs.written, tier: plain, partitions: 1 }",
    );
    let report = as_user("no-configs", "apply", &manifests).json().exits(4);
    assert_eq!(report.topic("no-configs.unread")["status"], "unknown");
    assert_eq!(report.topic("no-configs.drifted")["status"], "mismatched");
    assert_eq!(report.topic("no-configs.written")["status"], "created");
}

#[test]
fn after_a_write_failed_before_a_difference() {
    let proxied = Proxied::shared();
    crate::kafka::create(&proxied.kafka, "after-drifted", 1, &[]);
    proxied.break_creation(Fault::Swallow);
    let manifests = Manifests::of(
        "defaults: { tier: plain }
topics: [{ name: after-drifted, partitions: 2 }, { name: after-lost, partitions: 1 }]",
    );
    let run = on(&proxied.servers(), "apply", &manifests);
    let report = run
        .args(&["--timeout", "2s", "--settle-timeout", "1s"])
        .json()
        .exits(5);
    assert_eq!(report.topic("after-drifted")["status"], "mismatched");
}
