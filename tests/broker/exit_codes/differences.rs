//! 1: differences of the kinds in `--fail-on`, and no others.

use local_kafka::proxy::Fault;

use super::{SHARED, ends, exists, plain, shared};
use crate::kafka::{LIST_OFFSETS, Proxied};
use crate::support::binary::{Manifests, on};

/// Two partitions are declared of a topic that has one.
fn drifted(name: &str) -> Manifests {
    exists(name);
    Manifests::of(&format!(
        "topics: [{{ name: {name}, tier: plain, partitions: 2, replication_factor: 1 }}]"
    ))
}

#[test]
fn verify_that_misses_a_topic() {
    let manifests = plain(&["differs-missing"]);
    ends(1, || shared("verify", &manifests));
}

#[test]
fn every_command_that_misses_an_external_topic() {
    let manifests = Manifests::of("topics: [{ name: differs-external, external: true }]");
    for command in ["verify", "plan", "apply"] {
        ends(1, || shared(command, &manifests));
    }
    ends(1, || shared("apply", &manifests).args(&["--dry-run"]));
}

#[test]
fn every_command_that_finds_a_mismatch() {
    let manifests = drifted("differs-drifted");
    for command in ["verify", "plan", "apply"] {
        ends(1, || shared(command, &manifests));
    }
    ends(1, || shared("apply", &manifests).args(&["--dry-run"]));
}

#[test]
fn a_denied_warning_of_the_run() {
    exists("differs-denied");
    let manifests = Manifests::of(
        "topics: [{ name: differs-denied, tier: plain }]
accepted_mismatches:
  - { topic: differs-denied, partitions: 3, reason: known, until: 2020-01-01 }",
    );
    for command in ["verify", "plan", "apply"] {
        ends(0, || shared(command, &manifests));
        ends(1, || shared(command, &manifests).args(&["--deny-warnings"]));
    }
}

#[test]
fn apply_that_created_the_rest_beside_a_mismatch() {
    exists("differs-beside");
    let manifests = Manifests::of(
        "topics:
  - { name: differs-beside, tier: plain, partitions: 2 }
  - { name: differs-beside-new, tier: plain, partitions: 1 }",
    );
    let report = shared("apply", &manifests).json().exits(1);
    assert_eq!(report.topic("differs-beside-new")["status"], "created");
}

/// The findings of `verify --fail-on WORDS` on a topic that is there and no other.
#[track_caller]
fn fail_on(manifests: &Manifests, words: &str, code: i32) {
    ends(code, || {
        shared("verify", manifests).args(&["--fail-on", words])
    });
}

#[test]
fn fail_on_missing_is_about_missing_topics() {
    let missing = plain(&["differs-only-missing"]);
    fail_on(&missing, "missing", 1);
    fail_on(&missing, "mismatch", 0);
    // What apply would create is not missing to it.
    let plan = || shared("plan", &missing).args(&["--fail-on", "missing"]);
    ends(0, plan);
}

#[test]
fn fail_on_mismatch_is_about_mismatches() {
    let drifted = drifted("differs-only-drifted");
    fail_on(&drifted, "mismatch", 1);
    fail_on(&drifted, "missing", 0);
    for command in ["plan", "apply"] {
        ends(0, || {
            shared(command, &drifted).args(&["--fail-on", "missing"])
        });
    }
}

#[test]
fn fail_on_unmanaged_is_about_topics_that_no_manifest_declares() {
    exists("differs-managed");
    exists("differs-unmanaged");
    let manifests = plain(&["differs-managed"]);
    fail_on(&manifests, "missing,mismatch", 0);
    fail_on(&manifests, "missing,mismatch,unmanaged", 1);
    // Only what is left out does not count.
    let ignore = |glob: &'static str| {
        let words = ["--fail-on", "unmanaged", "--ignore", glob];
        shared("verify", &manifests).args(&words)
    };
    ends(1, || ignore("other*"));
    ends(0, || ignore("*"));
}

#[test]
fn fail_on_undeclared_is_about_settings_that_no_manifest_declares() {
    let create = ["--create", "--topic", "differs-set"];
    let create = [&create[..], &["--config", "retention.ms=3600000"]].concat();
    SHARED.tool("kafka-topics", &create).expect("a topic");
    let manifests = plain(&["differs-set"]);
    fail_on(&manifests, "missing,mismatch", 0);
    fail_on(&manifests, "undeclared", 1);
}

/// A leader that does not answer; lost brokers of three are in `health`.
#[test]
fn fail_on_health_is_about_partitions_that_cannot_be_used() {
    let proxied = Proxied::shared();
    let manifests = plain(&["differs-unwell"]);
    let verify = |fail_on: &'static str| {
        on(&proxied.servers(), "verify", &manifests).args(&["--fail-on", fail_on])
    };
    on(&proxied.servers(), "apply", &manifests).json().exits(0);
    ends(0, || verify("health"));
    // It is asked twice before it is believed.
    ends(1, || {
        proxied.proxy.on_requests(LIST_OFFSETS, Fault::Swallow, 2);
        verify("health")
    });
    ends(0, || verify("missing,mismatch"));
}

#[test]
fn fail_on_none_is_about_nothing() {
    exists("differs-none");
    let manifests = Manifests::of(
        "topics:
  - { name: differs-none, tier: plain, partitions: 2 }
  - { name: differs-none-missing, tier: plain }
  - { name: differs-none-external, external: true }",
    );
    for command in ["verify", "plan"] {
        ends(1, || shared(command, &manifests));
        let run = shared(command, &manifests).args(&["--fail-on", "none"]);
        // What is found is reported all the same.
        let report = run.json().exits(0);
        assert_eq!(report.topic("differs-none")["status"], "mismatched");
    }
}

#[test]
fn the_policy_chooses_where_the_command_line_does_not() {
    exists("differs-policy");
    let manifests = Manifests::of(
        "policy: { fail_on: [missing] }
topics: [{ name: differs-policy, tier: plain, partitions: 2 }]",
    );
    ends(0, || shared("verify", &manifests));
    fail_on(&manifests, "mismatch", 1);
}
