//! The manifest.

use std::fs;

use super::{SHARED, run};

#[test]
fn it_reads_back_clean_against_the_same_cluster_and_leaves_nothing_undeclared() {
    let directory = tempfile::tempdir().expect("a directory");
    let servers = SHARED.bootstrap_servers();
    let exported = run(directory.path(), &[], &["export", "-b", servers]).exits(0);
    assert_eq!(exported.stderr, "");
    fs::write(directory.path().join("topics.yaml"), &exported.stdout).expect("a manifest");
    let words = [
        "verify",
        "topics.yaml",
        "-b",
        servers,
        "--strict",
        "--unmanaged",
        "--fail-on",
        "missing,mismatch,undeclared,unmanaged",
        "-o",
        "json",
    ];
    let report = run(directory.path(), &[], &words).exits(0).json();
    assert_eq!(report["summary"]["matching"], 7, "{report:#}");
    // Exporting the same cluster again gives the same text.
    let again = run(directory.path(), &[], &["export", "-b", servers]).exits(0);
    assert_eq!(again.stdout, exported.stdout);
}

#[test]
fn a_change_of_the_exported_manifest_is_a_mismatch() {
    let directory = tempfile::tempdir().expect("a directory");
    let servers = SHARED.bootstrap_servers();
    let exported = run(directory.path(), &[], &["export", "-b", servers]).exits(0);
    let changed = exported.stdout.replace("segment.ms: 1h", "segment.ms: 2h");
    assert_ne!(changed, exported.stdout);
    fs::write(directory.path().join("topics.yaml"), changed).expect("a manifest");
    let words = ["verify", "topics.yaml", "-b", servers, "-o", "json"];
    let report = run(directory.path(), &[], &words).exits(1).json();
    assert_eq!(report["summary"]["mismatched"], 1, "{report:#}");
}

#[test]
fn what_many_share_is_a_tier_and_units_are_used_where_they_are_exact() {
    let directory = tempfile::tempdir().expect("a directory");
    let servers = SHARED.bootstrap_servers();
    let words = ["export", "-b", servers, "--select", "week-*", "-s", "odd.*"];
    let text = run(directory.path(), &[], &words).exits(0).stdout;
    let body = &text[text.find("tiers:").expect("tiers")..];
    assert_eq!(
        body,
        "tiers:
  exported:
    extends: plain
    replication_factor: 1
    retention: 7d
topics:
- name: odd.one_007
  tier: plain
  partitions: 1
  replication_factor: 1
  config:
    cleanup.policy: compact,delete
    min.cleanable.dirty.ratio: '0.25'
    retention.bytes: 1GiB
    retention.ms: 604800001
    segment.ms: 1h
    unclean.leader.election.enable: 'true'
- name: week-a
  tier: exported
  partitions: 1
- name: week-b
  tier: exported
  partitions: 2
- name: week-c
  tier: exported
  partitions: 1
"
    );
}

#[test]
fn ignored_topics_are_left_out_and_nothing_at_all_is_an_error() {
    let directory = tempfile::tempdir().expect("a directory");
    let servers = SHARED.bootstrap_servers();
    let words = ["export", "-b", servers, "-s", "week-*", "--ignore", "*-b"];
    let text = run(directory.path(), &[], &words).exits(0).stdout;
    assert!(
        text.contains("week-a") && !text.contains("week-b"),
        "{text}"
    );
    let words = ["export", "-b", servers, "--select", "nothing-*"];
    let ended = run(directory.path(), &[], &words).exits(2);
    assert_eq!(ended.stdout, "");
    let says = "the cluster shows no topic for nothing-*";
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
}
