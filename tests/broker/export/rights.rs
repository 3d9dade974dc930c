//! What an asker without all rights may say of a cluster.

use std::fs;
use std::sync::LazyLock;

use local_kafka::{LocalKafka, Security};

use super::{create, run};

const PASSWORD: &str = "correct horse";

/// `reader` may see what begins with `seen.`, the configuration of `seen.open.` only.
static GUARDED: LazyLock<LocalKafka> = LazyLock::new(|| {
    let acl = |right: &str, prefix: &str| {
        let words = ["--allow-principal", "User:reader", "--operation", right];
        let words = words.into_iter().map(str::to_owned);
        let on = ["--resource-pattern-type", "prefixed", "--topic", prefix];
        words.chain(on.map(str::to_owned)).collect::<Vec<_>>()
    };
    let mut options = LocalKafka::options()
        .security(Security::Sasl)
        .user("reader", PASSWORD);
    for words in [
        acl("Describe", "seen."),
        acl("DescribeConfigs", "seen.open."),
    ] {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        options = options.acl(&words);
    }
    let kafka = options.start().expect("a broker");
    for name in ["seen.open.a", "seen.half", "hidden"] {
        create(&kafka, name, 1, &[]);
    }
    kafka
});

const VARIABLES: [(&str, &str); 4] = [
    ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
    ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"),
    ("KAFKA_USERNAME", "reader"),
    ("KAFKA_PASSWORD", PASSWORD),
];

#[test]
fn topics_that_cannot_be_read_are_named_and_left_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let words = ["export", "-b", GUARDED.bootstrap_servers()];
    let ended = run(directory.path(), &VARIABLES, &words).exits(4);
    assert!(
        ended.stdout.contains("- name: seen.open.a"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("seen.half"), "{}", ended.stdout);
    let says = "warning[authorization]: 1 topic cannot be read, and left out";
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
    assert!(ended.stderr.contains("seen.half"), "{}", ended.stderr);
}

#[test]
fn what_a_snapshot_could_not_see_is_unknown_and_what_it_could_not_miss_is_missing() {
    let directory = tempfile::tempdir().expect("a directory");
    let manifest = "topics:
  - { name: hidden, tier: plain }
  - { name: other, tier: plain }
  - { name: seen.half, tier: plain, partitions: 1 }
  - { name: seen.half-configured, tier: plain }
  - { name: seen.open.a, tier: plain, retention: 7d }
";
    fs::write(directory.path().join("topics.yaml"), manifest).expect("a manifest");
    let statuses = |select: &[&str]| {
        let mut words = vec!["export", "-b", GUARDED.bootstrap_servers()];
        words.extend(["--snapshot", "cluster.json"]);
        words.extend(select);
        run(directory.path(), &VARIABLES, &words).exits(4);
        let words = ["plan", "topics.yaml", "--cluster-snapshot", "cluster.json"];
        let words = [&words[..], &["-o", "json"]].concat();
        let report = run(directory.path(), &[], &words).json();
        let topics = report["topics"].as_array().expect("topics").iter();
        let reported = topics.map(|topic| topic["status"].as_str().expect("a word").to_owned());
        reported.collect::<Vec<_>>()
    };
    // With a right to some names, the absence of no name is certain.
    let all = statuses(&[]);
    assert_eq!(
        all,
        ["unknown", "unknown", "matching", "unknown", "matching"]
    );
    // Of what begins with `seen.` it is; and a plain name is asked for itself.
    let some = statuses(&["-s", "seen.*", "-s", "hidden"]);
    assert_eq!(
        some,
        ["unknown", "unknown", "matching", "missing", "matching"]
    );
}

#[test]
fn a_note_says_that_topics_may_be_hidden() {
    let directory = tempfile::tempdir().expect("a directory");
    let words = [
        "export",
        "-b",
        GUARDED.bootstrap_servers(),
        "--snapshot",
        "-",
    ];
    let ended = run(directory.path(), &VARIABLES, &words).exits(4);
    assert!(
        ended.stderr.contains("no right to see all of *"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("topicctl.snapshot/1"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains(PASSWORD));
}
