//! The setups in `manifests/`, on one broker with nothing in the environment: what is on the
//! cluster afterwards is what each of them lists, and a second run finds nothing to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::kafka::{CREATE_TOPICS, Described, Proxied, describe};
use crate::support::binary::{Report, topicctl};
use local_kafka::LocalKafka;

const DAY: u64 = 86_400_000;

/// A broker after the first apply, what that said, and what Kafka's tools say.
struct Applied {
    proxied: Proxied,
    first: Report,
    described: BTreeMap<String, Described>,
}

static APPLIED: LazyLock<Applied> = LazyLock::new(|| {
    let proxied = Proxied::start(LocalKafka::options());
    let first = dev(&proxied, "apply");
    let described = describe(&proxied.kafka);
    Applied {
        proxied,
        first,
        described,
    }
});

fn dev(proxied: &Proxied, command: &str) -> Report {
    let words = [
        command,
        "manifests/",
        "--profile",
        "dev",
        "-b",
        &proxied.servers(),
    ];
    topicctl(&words).json()
}

#[track_caller]
fn is_on_the_cluster(name: &str, partitions: usize, config: &[(&str, &str)]) {
    let described = &APPLIED.described[name];
    assert_eq!(
        (described.partitions, described.replication_factor),
        (partitions, 1),
        "{name}"
    );
    for (key, value) in config {
        let found = described.config.get(*key).map(String::as_str);
        assert_eq!(found, Some(*value), "{key} of {name}");
    }
}

fn days(count: u64) -> String {
    (count * DAY).to_string()
}

#[test]
fn ingestion_is_created_as_listed() {
    for (name, partitions, retention) in [
        ("ingestion-events", 6, days(7)),
        ("ingestion-events-dlq", 3, days(30)),
    ] {
        let config = [
            ("retention.ms", retention.as_str()),
            ("retention.bytes", "-1"),
            ("compression.type", "snappy"),
            ("cleanup.policy", "delete"),
        ];
        is_on_the_cluster(name, partitions, &config);
    }
}

const DOCUMENTS: [(&str, usize); 13] = [
    ("document-received", 6),
    ("document-available", 6),
    ("extraction-tasks", 8),
    ("extraction-progress", 6),
    ("embedding-ready", 6),
    ("extraction-complete", 4),
    ("chunking-complete", 4),
    ("ingestion-complete", 4),
    ("query-received", 4),
    ("query-complete", 4),
    ("workflow-initialized", 2),
    ("field-init-complete", 2),
    ("agent-scaling-complete", 2),
];

#[test]
fn document_processing_is_created_as_listed() {
    for (name, partitions) in DOCUMENTS {
        let config = [
            ("cleanup.policy", "delete"),
            ("retention.ms", "604800000"),
            ("segment.ms", "86400000"),
            ("compression.type", "snappy"),
        ];
        is_on_the_cluster(name, partitions, &config);
    }
    is_on_the_cluster("document-received", 6, &[("min.insync.replicas", "1")]);
}

#[test]
fn services_are_created_as_listed() {
    for (name, partitions, retention) in [
        ("stage-complete", 3, days(7)),
        ("processing-errors", 1, days(30)),
        ("demo-service-dlq", 1, days(30)),
    ] {
        let config = [
            ("retention.ms", retention.as_str()),
            ("compression.type", "snappy"),
            ("min.insync.replicas", "1"),
        ];
        is_on_the_cluster(name, partitions, &config);
    }
}

#[test]
fn downloads_are_created_as_listed() {
    for (name, partitions) in [
        ("xact.downloads.pending", 6),
        ("xact.downloads.pending.retry.5m", 6),
        ("xact.downloads.pending.retry.10m", 6),
        ("xact.downloads.pending.retry.20m", 6),
        ("xact.downloads.pending.retry.40m", 6),
        ("xact.downloads.cached", 3),
        ("xact.downloads.results", 3),
        ("xact.events.raw", 3),
        ("xact.downloads.dlq", 1),
    ] {
        is_on_the_cluster(name, partitions, &[("cleanup.policy", "delete")]);
    }
    for (delay, minutes) in [("5m", 5), ("10m", 10), ("20m", 20), ("40m", 40)] {
        let name = format!("xact.downloads.pending.retry.{delay}");
        let retention = &APPLIED.described[&name].config["retention.ms"];
        let retention: u64 = retention.parse().expect("a number");
        assert!(
            retention > minutes * 60_000,
            "{name} keeps messages for {retention} ms"
        );
    }
}

#[test]
fn nothing_else_is_created_and_everything_is_reported_as_created() {
    let families = APPLIED.described.keys();
    let listed: BTreeSet<&str> = DOCUMENTS
        .iter()
        .map(|(name, _)| *name)
        .chain(["ingestion-events", "ingestion-events-dlq"])
        .chain(["stage-complete", "processing-errors", "demo-service-dlq"])
        .chain([
            "xact.downloads.pending",
            "xact.downloads.cached",
            "xact.downloads.results",
        ])
        .chain(["xact.downloads.dlq", "xact.events.raw"])
        .chain([
            "xact.downloads.pending.retry.5m",
            "xact.downloads.pending.retry.10m",
        ])
        .chain([
            "xact.downloads.pending.retry.20m",
            "xact.downloads.pending.retry.40m",
        ])
        .collect();
    let found: BTreeSet<&str> = families.map(String::as_str).collect();
    // Other manifests of the directory may add to it; what is declared and what is there are one.
    let reported: BTreeSet<&str> = APPLIED.first.statuses()["created"]
        .iter()
        .copied()
        .collect();
    assert_eq!(found, reported);
    let missing: Vec<_> = listed.difference(&found).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(APPLIED.first.json["exit_code"], 0);
    assert_eq!(APPLIED.first.json["summary"]["created"], found.len());
}

#[test]
fn a_second_apply_sends_no_create_topics_and_changes_nothing() {
    let applied = &*APPLIED;
    applied.proxied.proxy.clear();
    let again = dev(&applied.proxied, "apply").exits(0).all_are("matching");
    assert!(!applied.proxied.proxy.requests().is_empty());
    assert_eq!(applied.proxied.count(CREATE_TOPICS), 0);
    assert_eq!(again.json["summary"]["matching"], applied.described.len());
    assert_eq!(describe(&applied.proxied.kafka), applied.described);
    dev(&applied.proxied, "verify").exits(0).all_are("matching");
    dev(&applied.proxied, "plan").exits(0).all_are("matching");
}

#[test]
fn a_set_up_container_closes_with_the_count_both_times() {
    let servers = APPLIED.proxied.servers();
    let directory = tempfile::tempdir().expect("a directory");
    for file in ["topicctl.yaml", "document-processing.yaml"] {
        let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("manifests")
            .join(file);
        std::fs::copy(from, directory.path().join(file)).expect("a manifest");
    }
    let set_up = || {
        topicctl(&["apply"])
            .arg(directory.path())
            .args(&["--wait", "60s"])
            .env("KAFKA_BOOTSTRAP_SERVERS", &servers)
            .env("TOPICCTL_PROFILE", "dev")
            .run()
            .exits(0)
    };
    let ended = set_up();
    for (name, _) in DOCUMENTS {
        assert!(
            ended
                .stdout
                .lines()
                .any(|line| line.trim() == format!("exists    {name}")),
            "{ended}"
        );
    }
    ended.says("13 topics ready");
    set_up().says("13 declared: 13 matched; 13 topics ready");
}

#[test]
fn names_and_counts_come_from_the_environment() {
    let servers = APPLIED.proxied.servers();
    let plan = topicctl(&[
        "plan",
        "manifests/ingestion.yaml",
        "-p",
        "dev",
        "-b",
        &servers,
    ])
    .env("INGESTION_TOPIC", "captures")
    .env("INGESTION_PARTITIONS", "12")
    .env("INGESTION_DLQ_PARTITIONS", "2")
    .json()
    .exits(0)
    .all_are("missing");
    assert_eq!(plan.topic("captures")["partitions"], 12);
    assert_eq!(plan.topic("captures-dlq")["partitions"], 2);
}

#[test]
fn without_a_profile_a_missing_variable_is_named_and_one_broker_is_too_few() {
    let servers = APPLIED.proxied.servers();
    topicctl(&["apply", "manifests/", "-b", &servers])
        .run()
        .exits(2)
        .says("SERVICE_NAME")
        .says("KAFKA_TOPIC_STAGE_COMPLETE")
        .says("KAFKA_TOPIC_ERRORS");
    topicctl(&["apply", "manifests/downloads.yaml", "-b", &servers])
        .env("INGESTION_TOPIC", "x")
        .run()
        // What is there has one replica and is a mismatch; nothing is missing, so nothing refused.
        .exits(1)
        .says("3 declared, 1 found");
    topicctl(&["apply", "manifests/ingestion.yaml", "-b", &servers])
        .env("INGESTION_TOPIC", "captures")
        .run()
        .exits(5)
        .says("the broker refuses 2 of 2 new topics; nothing was created")
        .says("INVALID_REPLICATION_FACTOR")
        .says("--profile dev");
}

#[test]
fn a_missing_or_empty_bootstrap_list_is_an_error_that_says_so() {
    for empty in [None, Some(""), Some(" , ")] {
        let run = topicctl(&["apply", "manifests/", "--profile", "dev"]);
        let run = match empty {
            None => run,
            Some(value) => run.env("KAFKA_BOOTSTRAP_SERVERS", value),
        };
        run.run().exits(2).says("KAFKA_BOOTSTRAP_SERVERS");
    }
}
