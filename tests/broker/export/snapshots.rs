//! The snapshot, and comparing with it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{SHARED, run};

const MANIFEST: &str = "topics:
  - { name: plain, tier: plain, partitions: 6, replication_factor: 2 }
  - { name: week-a, tier: plain, retention: 1d, config: { segment.bytes: 1GiB } }
  - { name: week-b, tier: plain, partitions: 2, retention: 7d }
  - { name: stuck, tier: plain }
  - { name: not-there, tier: plain, partitions: 3 }
  - { name: not-there-external, external: true }
";

fn prepared(select: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("topics.yaml"), MANIFEST).expect("a manifest");
    let mut words = vec!["export", "-b", SHARED.bootstrap_servers()];
    words.extend(["--snapshot", "cluster.json"]);
    words.extend(select);
    let taken = run(directory.path(), &[], &words).exits(0);
    assert_eq!(taken.stderr, "");
    assert!(
        taken.stdout.starts_with("cluster.json: "),
        "{}",
        taken.stdout
    );
    directory
}

/// The same command with the cluster and without it.
fn both(directory: &Path, code: i32, words: &[&str]) -> (Value, Value) {
    let with = |more: &[&str]| {
        let words: Vec<_> = words.iter().chain(more).copied().collect();
        run(directory, &[], &words).exits(code).json()
    };
    let online = with(&[
        "topics.yaml",
        "-o",
        "json",
        "-b",
        SHARED.bootstrap_servers(),
    ]);
    let offline = with(&[
        "topics.yaml",
        "-o",
        "json",
        "--cluster-snapshot",
        "cluster.json",
    ]);
    (online, offline)
}

#[test]
fn it_gives_the_reports_that_the_cluster_gives() {
    let directory = prepared(&[]);
    let (online, offline) = both(directory.path(), 1, &["verify"]);
    assert_eq!(online, offline);
    assert_eq!(online["summary"]["mismatched"], 2, "{online:#}");
    assert_eq!(online["summary"]["missing"], 2, "{online:#}");
    let strict = ["verify", "--strict", "--unmanaged", "--fail-on", "none"];
    let (online, offline) = both(directory.path(), 0, &strict);
    assert_eq!(online, offline);
    let said = online["diagnostics"].to_string();
    assert!(
        said.contains("undeclared") && said.contains("odd.one_007"),
        "{said}"
    );
    let (online, offline) = both(directory.path(), 1, &["plan"]);
    assert_eq!(online, offline);
}

#[test]
fn text_names_the_snapshot_and_its_age() {
    let directory = prepared(&[]);
    let words = [
        "verify",
        "topics.yaml",
        "--cluster-snapshot",
        "cluster.json",
    ];
    let text = run(directory.path(), &[], &words).exits(1).stdout;
    let label = format!("snapshot of {}, just taken (", SHARED.bootstrap_servers());
    assert!(text.starts_with(&label), "{text}");
}

#[test]
fn a_mismatch_is_found_with_no_cluster_at_hand() {
    let directory = prepared(&[]);
    let path = directory.path().join("cluster.json");
    let text = fs::read_to_string(&path).expect("the snapshot");
    let elsewhere = text.replace(SHARED.bootstrap_servers(), "nowhere.invalid:9092");
    fs::write(&path, elsewhere).expect("the snapshot");
    let words = [
        "verify",
        "topics.yaml",
        "--cluster-snapshot",
        "cluster.json",
    ];
    let text = run(directory.path(), &[], &words).exits(1).stdout;
    assert!(
        text.contains("1d declared, 7d found") || text.contains("retention.ms"),
        "{text}"
    );
    assert!(
        text.contains("kafka-configs --bootstrap-server nowhere.invalid:9092"),
        "{text}"
    );
}

#[test]
fn names_that_were_not_asked_for_are_unknown_and_not_missing() {
    let directory = prepared(&["--select", "week-*", "-s", "not-there"]);
    let words = ["verify", "topics.yaml", "-o", "json"];
    let words = [&words[..], &["--cluster-snapshot", "cluster.json"]].concat();
    let report = run(directory.path(), &[], &words).exits(3).json();
    let status = |name: &str| {
        let mut topics = report["topics"].as_array().into_iter().flatten();
        let topic = topics.find(|topic| topic["name"] == name).expect("a topic");
        topic["status"].as_str().expect("a status")
    };
    assert_eq!(status("week-a"), "mismatched");
    assert_eq!(status("not-there"), "missing");
    assert_eq!(status("plain"), "unknown");
    assert_eq!(status("not-there-external"), "unknown");
    let said = report["diagnostics"].to_string();
    assert!(said.contains("the snapshot was not asked for it"), "{said}");
}

#[test]
fn a_failed_run_leaves_the_old_file_and_a_bad_path_is_found_before_connecting() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cluster.json");
    fs::write(&path, "old").expect("a file");
    let words = ["export", "-b", "127.0.0.1:1", "--snapshot", "cluster.json"];
    run(directory.path(), &[], &words).exits(3);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "old");
    let left = fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(left, 1, "nothing is left beside it");
    let words = [
        "export",
        "-b",
        "127.0.0.1:1",
        "--snapshot",
        "none/cluster.json",
    ];
    let ended = run(directory.path(), &[], &words).exits(2);
    assert!(
        ended.stderr.contains("cannot write none/cluster.json"),
        "{}",
        ended.stderr
    );
}

#[test]
fn variables_of_a_connection_yield_to_a_snapshot_on_the_command_line() {
    let directory = prepared(&[]);
    let words = ["plan", "topics.yaml", "--cluster-snapshot", "cluster.json"];
    let variables = [
        ("TOPICCTL_BOOTSTRAP_SERVERS", "127.0.0.1:1"),
        ("TOPICCTL_TIMEOUT", "1s"),
        ("TOPICCTL_WAIT", "1s"),
    ];
    run(directory.path(), &variables, &words).exits(1);
}
