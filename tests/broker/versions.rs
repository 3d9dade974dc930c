//! What topicctl promises, on every version of Kafka that it is said to work with, and on kfake:
//! the table of `docs/kafka-versions.md`, promise by promise.
//!
//! `KAFKA_VERSIONS` names the versions, as `make test-matrix` does; without it they are the last of
//! Kafka 3 and the newest. Each is a cluster of three brokers, and whoever looks at it is not
//! topicctl.

mod broker;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use local_kafka::jars::DEFAULT_VERSION;
use serde_json::{Value, json};
use topicctl::catalog::{self, ConfigSpec, Kind};

use crate::groups::live::{Members, produce};
use crate::kafka::{Described, until};
use crate::support::binary::{Manifests, Report, Run, flat, on, topicctl, topicctl_in};
use broker::Broker;

const LAST_OF_KAFKA_3: &str = "3.9.2";

type Promise = (&'static str, fn(&mut Broker));

/// The rows of the table. The later ones find the topics of the ones before, and the last one stops
/// a broker.
const PROMISES: [Promise; 12] = [
    (
        "`apply --dry-run` says what it did",
        dry_run_says_what_it_did,
    ),
    ("`apply --dry-run` creates nothing", dry_run_creates_nothing),
    (
        "`apply --dry-run` finds the configurations that this version does not have",
        unknown_configurations_are_refused,
    ),
    (
        "`apply` creates the topics of `manifests/` as declared",
        setups_are_created_as_declared,
    ),
    (
        "`apply`, `plan` and `verify --strict` find nothing to do then",
        nothing_is_left_to_do,
    ),
    (
        "`apply` creates topics of three replicas",
        replicas_are_created,
    ),
    (
        "`verify` finds a changed retention, and says what corrects it",
        a_changed_retention_is_found,
    ),
    (
        "`verify` and `plan` find a missing topic",
        a_missing_topic_is_found,
    ),
    (
        "`verify --strict` finds what is set and not declared",
        what_is_not_declared_is_found,
    ),
    ("`verify --groups` reads members and lag", groups_are_read),
    ("`export` writes manifests that verify", an_export_verifies),
    (
        "`verify --fail-on health` reports a stopped broker",
        a_stopped_broker_is_reported,
    ),
];

#[test]
fn every_version_keeps_what_the_table_says() {
    let named = env::var("KAFKA_VERSIONS").unwrap_or_default();
    let mut versions: Vec<&str> = named.split_whitespace().collect();
    if versions.is_empty() {
        versions = vec![LAST_OF_KAFKA_3, DEFAULT_VERSION];
    }
    let table = table();
    let mut broken = Vec::new();
    for version in versions {
        let column = table[0].iter().position(|name| *name == version);
        let mut broker = Broker::start(version);
        for (row, (promise, keep)) in table[1..].iter().zip(PROMISES) {
            // A version that is not in the table is tried on all of it.
            let is_promised = column.is_none_or(|column| row[column].starts_with("yes"));
            // One that is broken hides no other.
            if is_promised && catch_unwind(AssertUnwindSafe(|| keep(&mut broker))).is_err() {
                broken.push(format!("{version}: {promise}"));
            }
        }
    }
    assert!(broken.is_empty(), "not kept:\n{}", broken.join("\n"));
}

#[test]
fn the_table_has_the_promises_and_the_versions_that_are_tried() {
    let table = table();
    let rows: Vec<&str> = table[1..].iter().map(|row| row[0]).collect();
    assert_eq!(rows, PROMISES.map(|(promise, _)| promise));
    let tried = include_str!("../../dev/test-matrix");
    let tried = tried
        .split_once("${KAFKA_VERSIONS:-")
        .expect("the versions");
    let tried = tried.1.split('}').next().expect("the versions");
    let tried: Vec<&str> = tried.split(' ').chain(["kfake"]).collect();
    assert_eq!(table[0][1..], tried);
    for version in [LAST_OF_KAFKA_3, DEFAULT_VERSION] {
        let column = table[0].iter().position(|name| *name == version);
        let column = column.expect("a column");
        assert!(
            table[1..].iter().all(|row| row[column] == "yes"),
            "{version}"
        );
    }
}

/// The cells of the table, its head first.
fn table() -> Vec<Vec<&'static str>> {
    let text = include_str!("../../docs/kafka-versions.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

fn apply(broker: &Broker, manifests: &Manifests) {
    on(broker.servers(), "apply", manifests).run().exits(0);
}

fn on_setups(broker: &Broker, command: &str) -> Run {
    topicctl(&[command, "manifests/", "--profile", "dev"]).args(&["-b", broker.servers()])
}

fn declared(report: &Report) -> BTreeMap<String, Described> {
    let topics = report.json["topics"].as_array().expect("topics");
    let described = topics.iter().map(|topic| {
        let number = |key: &str| topic[key].as_u64().expect("a number");
        let config = topic["config"].as_object().expect("a config").iter();
        let config = config.map(|(key, value)| (key.clone(), value.as_str().expect("a value")));
        let described = Described {
            partitions: number("partitions") as usize,
            replication_factor: number("replication_factor") as usize,
            config: config.map(|(key, value)| (key, value.to_owned())).collect(),
        };
        (
            topic["name"].as_str().expect("a name").to_owned(),
            described,
        )
    });
    described.collect()
}

/// The broker that is asked may hear of a new topic a moment after the one that topicctl asked.
#[track_caller]
fn are_on_the_cluster(broker: &Broker, topics: &BTreeMap<String, Described>) {
    let found = || -> BTreeMap<_, _> {
        let all = broker.describe().into_iter();
        all.filter(|(name, _)| topics.contains_key(name)).collect()
    };
    until("all topics are known", || {
        found().keys().eq(topics.keys()).then_some(())
    });
    assert_eq!(&found(), topics);
}

/// The names of all topics, when what was made before is seen too: once this one is.
fn names_later(broker: &Broker, later: &str) -> BTreeSet<String> {
    broker.create(later, &[]);
    until("a topic is known", || {
        Some(broker.names()).filter(|names| names.contains(later))
    })
}

/// KRaft of 2.8 and 3.0 creates what it is asked to check. Whatever happens, it is said.
fn dry_run_says_what_it_did(broker: &mut Broker) {
    let manifests = Manifests::small(["dry.one", "dry.two"]);
    let file = manifests.path().join("report.json");
    let ended = on(broker.servers(), "apply", &manifests)
        .args(&["--dry-run", "--report"])
        .arg(format!("json={}", file.display()))
        .run();
    let names = names_later(broker, "dry.later");
    let made = |name: &str| names.contains(name);
    let nothing = !made("dry.one") && !made("dry.two");
    let says_nothing = flat(&ended.stdout).contains("Nothing was created");
    assert_eq!(says_nothing, nothing, "{names:?}: {ended}");
    let report = fs::read_to_string(file).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    for topic in report["topics"].as_array().expect("topics") {
        let missing = topic["status"] == "missing";
        let name = topic["name"].as_str().expect("a name");
        assert_eq!(missing, !made(name), "{names:?}: {topic}");
    }
}

fn dry_run_creates_nothing(broker: &mut Broker) {
    let manifests = Manifests::small(["dry.never"]);
    let run = on(broker.servers(), "apply", &manifests).args(&["--dry-run"]);
    run.json().exits(0).all_are("missing");
    assert!(!names_later(broker, "dry.last").contains("dry.never"));
}

/// Each key of the catalog on a topic of its own: refused are those that came later or are gone.
fn unknown_configurations_are_refused(broker: &mut Broker) {
    let version = broker.version();
    let has = |spec: &&ConfigSpec| {
        spec.since.is_none_or(|since| since <= version)
            && spec.removed_in.is_none_or(|removed| removed > version)
    };
    let topics = catalog::all().iter().map(|spec| {
        let value = match spec.kind {
            Kind::Replicas => "*",
            _ => spec.default,
        };
        let name = spec.name;
        format!(
            "  - {{ name: with.{name}, replication_factor: 1, config: {{ {name}: '{value}' }} }}\n"
        )
    });
    let topics: String = topics.collect();
    let manifests = Manifests::of(&format!("defaults: {{ tier: plain }}\ntopics:\n{topics}"));
    let run = on(broker.servers(), "apply", &manifests).args(&["--dry-run"]);
    let report = run.json().exits(5);
    let refused: BTreeSet<&str> = report.statuses()["failed"].iter().copied().collect();
    let unknown = catalog::all().iter().filter(|spec| !has(spec));
    let unknown: Vec<String> = unknown.map(|spec| format!("with.{}", spec.name)).collect();
    assert!(refused.iter().eq(&unknown), "{refused:?}, not {unknown:?}");
    for name in unknown {
        let error = report.topic(&name)["error"].to_string();
        assert!(error.contains("Unknown topic config name"), "{error}");
    }
}

fn setups_are_created_as_declared(broker: &mut Broker) {
    let report = on_setups(broker, "apply").json().exits(0);
    let declared = declared(&report);
    assert!(declared.len() > 40, "{declared:?}");
    are_on_the_cluster(broker, &declared);
}

fn nothing_is_left_to_do(broker: &mut Broker) {
    let before = broker.describe();
    for command in ["apply", "plan", "verify"] {
        let report = on_setups(broker, command).json().exits(0);
        report.all_are("matching");
    }
    let strict = [
        "--strict",
        "--fail-on",
        "missing,mismatch,undeclared,health",
    ];
    let report = on_setups(broker, "verify").args(&strict).json().exits(0);
    assert_eq!(report.diagnostics(), "");
    assert_eq!(broker.describe(), before);
}

fn replicas_are_created(broker: &mut Broker) {
    let manifests = Manifests::of(
        "topics: [{ name: replicated, partitions: 6, config: { min.insync.replicas: 2 } }]",
    );
    let report = on(broker.servers(), "apply", &manifests).json().exits(0);
    let declared = declared(&report);
    assert_eq!(declared["replicated"].replication_factor, 3);
    are_on_the_cluster(broker, &declared);
}

fn a_changed_retention_is_found(broker: &mut Broker) {
    let manifests =
        Manifests::of("topics: [{ name: changed, replication_factor: 1, retention: 7d }]");
    apply(broker, &manifests);
    broker.alter("changed", "retention.ms", "86400000");
    let report = until("the change is known", || {
        let report = on(broker.servers(), "verify", &manifests).json();
        (report.json["exit_code"] != 0).then_some(report)
    });
    let topic = report.exits(1).topic("changed").clone();
    let mismatches = topic["mismatches"].as_array().expect("mismatches");
    let [mismatch] = mismatches.as_slice() else {
        panic!("{topic:#}")
    };
    let facts = ["key", "declared", "found", "origin"].map(|fact| mismatch[fact].as_str());
    let expected = ["retention.ms", "604800000", "86400000", "topic"].map(Some);
    assert_eq!(facts, expected);
    let remedy = mismatch["remedy"].as_str().expect("a command");
    broker.correct(remedy, "changed", "retention.ms", "604800000");
    until("the correction is known", || {
        let report = on(broker.servers(), "verify", &manifests).json();
        (report.json["exit_code"] == 0).then_some(())
    });
}

fn a_missing_topic_is_found(broker: &mut Broker) {
    let manifests = Manifests::small(["absent"]);
    for (command, code) in [("verify", 1), ("plan", 0)] {
        let report = on(broker.servers(), command, &manifests).json();
        report.exits(code).all_are("missing");
    }
    assert!(!broker.names().contains("absent"));
}

fn what_is_not_declared_is_found(broker: &mut Broker) {
    broker.create("undeclared", &["segment.ms=3600000"]);
    let manifests = Manifests::of(
        "topics: [{ name: undeclared, tier: plain, partitions: 1, replication_factor: 1 }]",
    );
    let verify = || on(broker.servers(), "verify", &manifests);
    until("the topic is known", || {
        let report = verify().json();
        (report.json["exit_code"] == 0).then_some(())
    });
    verify()
        .args(&["--strict", "--fail-on", "undeclared"])
        .run()
        .exits(1)
        .says("segment.ms");
}

fn groups_are_read(broker: &mut Broker) {
    let manifests = Manifests::of(
        "topics:
  - name: consumed
    tier: plain
    partitions: 2
    replication_factor: 1
    consumer_groups: [workers, later]",
    );
    apply(broker, &manifests);
    produce(broker.servers(), "consumed", &[100, 30]);
    let members = Members::join(broker.servers(), "workers", "consumed", &[1, 1]);
    members.commit("consumed", &[(0, 40), (1, 25)]);
    let run = on(broker.servers(), "verify", &manifests).args(&["--groups"]);
    let report = run.json().exits(0);
    let [workers, later] = report.json["groups"].as_array().expect("groups").as_slice() else {
        panic!("{:#}", report.json)
    };
    let facts = ["status", "members", "lag"].map(|fact| &workers[fact]);
    assert_eq!(json!(facts), json!(["present", 2, 65]), "{workers:#}");
    assert_eq!(later["status"], "not-there-yet");
}

fn an_export_verifies(broker: &mut Broker) {
    let directory = tempfile::tempdir().expect("a directory");
    let run = |words: &[&str]| topicctl_in(directory.path(), words).args(&["-b", broker.servers()]);
    let exported = run(&["export"]).run().exits(0).stdout;
    fs::write(directory.path().join("topics.yaml"), exported).expect("a manifest");
    let all = "missing,mismatch,undeclared,unmanaged";
    let verify = [
        "verify",
        "topics.yaml",
        "--strict",
        "--unmanaged",
        "--fail-on",
        all,
    ];
    let report = run(&verify).json().exits(0).all_are("matching");
    let exported: BTreeSet<String> = declared(&report).into_keys().collect();
    assert_eq!(exported, broker.names());
}

fn a_stopped_broker_is_reported(broker: &mut Broker) {
    let manifests = Manifests::of("topics: [{ name: replicated, partitions: 6 }]");
    broker.stop_one();
    let verify = || on(broker.servers(), "verify", &manifests).args(&["--fail-on", "health"]);
    until("the lost broker is known", || {
        let ended = verify().run();
        (ended.code() != Some(0)).then_some(())
    });
    verify()
        .run()
        .exits(1)
        .says("replicated partitions 0-5: broker 3 is out of sync")
        .says("broker 3 is not up: start it");
}
