//! The catalog against a real broker of the newest Kafka: for every key that it has, values
//! inside and outside of the constraint, and the two verdicts compared. The broker is asked by
//! `validate_only`, so nothing is created.
//!
//! Left out: `remote.storage.enable` set to true, which needs a cluster with tiered storage; and
//! what the catalog refuses on purpose although brokers take it ([`refused_on_purpose`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use topicctl::catalog::{self, ConfigSpec, KafkaVersion, Kind};
use topicctl::cluster::kafka::Kafka;
use topicctl::cluster::kafka::settings::{Argument, ConnectionOptions, Lookups, Settings};
use topicctl::cluster::{Answer, CreateTopics, NewTopic};
use topicctl::diagnostic::Sources;
use topicctl::topic::{ConfigKey, ConfigValue, Partitions, ReplicationFactor, TopicName};

use crate::kafka::SHARED;

/// The version that `local-kafka` starts.
const KAFKA: KafkaVersion = KafkaVersion { major: 4, minor: 3 };

/// A value of a key, and what the catalog thinks of it.
struct Trial {
    spec: &'static ConfigSpec,
    /// As a manifest has it.
    written: String,
    /// What is sent: the catalog's form of it, or the text itself where the catalog refuses.
    sent: String,
    accepted: bool,
}

/// What brokers take and nobody means: `NaN`, digits of other scripts, Java's own spellings of
/// fractions, and numbers of replicas that fail when they are used.
fn refused_on_purpose(spec: &ConfigSpec, written: &str) -> bool {
    match spec.kind {
        Kind::Int(_) | Kind::Long(_) => written == "٣",
        Kind::Double { .. } => ["NaN", "0.5f", "0x1p-1"].contains(&written),
        Kind::Replicas => written == "0:99999999999",
        _ => false,
    }
}

fn has(spec: &ConfigSpec) -> bool {
    let arrived = spec.since.is_none_or(|since| since <= KAFKA);
    arrived && spec.removed_in.is_none_or(|removed| removed > KAFKA)
}

/// Values around the constraint of a key.
fn values(spec: &ConfigSpec) -> BTreeSet<String> {
    let mut values: BTreeSet<String> = ["", "x", "-1", "0", "1", "1.5", "1e3", "true", "null"]
        .map(str::to_owned)
        .into();
    values.insert(spec.default.to_owned());
    match spec.kind {
        Kind::Bool => {
            let more = ["false", "TRUE", "False", " true ", "yes", "on", "truee"];
            values.extend(more.map(str::to_owned));
        }
        Kind::Int(range) | Kind::Long(range) => {
            let bounds = [
                Some(range.min),
                Some(range.max),
                range.or,
                spec.raised_min.map(|r| r.1),
            ];
            for bound in bounds.into_iter().flatten().map(i128::from) {
                values.extend([bound - 1, bound, bound + 1].map(|number| number.to_string()));
            }
            let more = [
                "007",
                "+1",
                "-0",
                "- 1",
                "1 ",
                "0x10",
                "1_000",
                "2147483648",
                "unlimited",
            ];
            values.extend(more.map(str::to_owned));
            values.extend(
                ["1L", "9223372036854775808", "-9223372036854775809", "٣"].map(str::to_owned),
            );
        }
        Kind::Double { min, max } => {
            for bound in [min, max] {
                let around = [
                    bound - 0.001,
                    bound,
                    bound + 0.001,
                    bound - 1e-9,
                    bound + 1e-9,
                ];
                values.extend(around.map(|number| format!("{number:?}")));
            }
            let more = [
                ".5", "5.", "0.5f", "5e-1", "-0.0", "+0.5", "0x1p-1", "Infinity", "inf", "0,5",
                "NaN",
            ];
            values.extend(more.map(str::to_owned));
        }
        Kind::Choice(words) | Kind::Set(words) => {
            for word in words {
                values.insert((*word).to_owned());
                values.insert(word.to_uppercase());
                values.insert(word.to_lowercase());
                values.insert(format!(" {word} "));
                values.insert(format!("{word}x"));
                values.insert(format!("{word},{word}"));
                values.insert(format!("{word},"));
                values.insert(format!(",{word}"));
            }
            values.insert(words.join(","));
            values.insert(words.join(" , "));
            values.insert(words.join(";"));
            values.insert("none".to_owned());
        }
        Kind::Replicas => {
            let more = [
                "*",
                "0:1",
                "0:1,1:2",
                " 0:1 , 1:2 ",
                "0:1,0:1",
                "*,*",
                "0:1,*",
                "0",
                "0:",
                ":1",
                "0:1:2",
                "a:b",
                "-1:1",
                "0:-1",
                "0:1,",
                "all",
                "none",
                "0:99999999999",
                "+0:1",
                "0: 1",
                ",",
                ",0:1",
                "0:1,,1:2",
                "0:1,,",
                "0:1, ",
                "*,",
            ];
            values.extend(more.map(str::to_owned));
        }
        Kind::Text => {}
    }
    values
}

fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for spec in catalog::all().iter().filter(|spec| has(spec)) {
        for written in values(spec) {
            let parsed = catalog::parse(spec, &written);
            let sent = parsed
                .as_ref()
                .map_or(written.as_str(), |value| value.as_str());
            let tiered =
                spec.name == "remote.storage.enable" && sent.trim().eq_ignore_ascii_case("true");
            if tiered {
                continue;
            }
            trials.push(Trial {
                spec,
                sent: sent.to_owned(),
                // A caution is the catalog's word on versions above the oldest one.
                accepted: parsed
                    .is_ok_and(|value| catalog::caution(spec, value.as_str()).is_none()),
                written,
            });
        }
    }
    trials
}

fn new_topic(at: usize, config: &[(&str, &str)]) -> NewTopic {
    NewTopic {
        name: TopicName::parse(&format!("trial-{at}")).expect("a name"),
        partitions: Partitions::new(1),
        replication_factor: ReplicationFactor::new(1),
        config: config
            .iter()
            .map(|(key, value)| (ConfigKey::new(*key), ConfigValue::new(*value)))
            .collect(),
    }
}

/// What the broker says to each of these, in their order.
fn ask(topics: &[NewTopic]) -> Vec<Answer> {
    let options = ConnectionOptions {
        bootstrap_servers: Some(Argument::new("-b", SHARED.bootstrap_servers())),
        timeout: Some(Duration::from_secs(30)),
        ..ConnectionOptions::default()
    };
    let settings =
        Settings::resolve(&options, Lookups::NONE, &Sources::default()).expect("settings");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let mut answers: BTreeMap<TopicName, Answer> = runtime.block_on(async {
        let client = Kafka::connect(&settings, |_| ())
            .await
            .expect("a connection");
        client.validate(topics).await.expect("an answer")
    });
    topics
        .iter()
        .map(|topic| answers.remove(&topic.name).expect("an answer for each"))
        .collect()
}

#[test]
fn the_broker_takes_what_the_catalog_takes_and_refuses_what_it_refuses() {
    let trials = trials();
    let keys: BTreeSet<_> = trials.iter().map(|trial| trial.spec.name).collect();
    assert!(keys.len() > 30, "{} keys", keys.len());
    for spec in catalog::all().iter().filter(|spec| has(spec)) {
        let of_key = || trials.iter().filter(|trial| trial.spec.name == spec.name);
        assert!(
            of_key().any(|trial| trial.accepted),
            "nothing inside of {}",
            spec.name
        );
        assert!(
            of_key().any(|trial| !trial.accepted),
            "nothing outside of {}",
            spec.name
        );
    }
    let topics: Vec<_> = trials
        .iter()
        .enumerate()
        .map(|(at, trial)| new_topic(at, &[(trial.spec.name, &trial.sent)]))
        .collect();
    let mut differences = Vec::new();
    for (trial, answer) in trials.iter().zip(ask(&topics)) {
        let broker = match &answer {
            Answer::Accepted => true,
            Answer::Refused(refusal) if refusal.code.contains("CONFIG") => false,
            other => panic!("{} = {:?}: {other:?}", trial.spec.name, trial.sent),
        };
        let on_purpose = refused_on_purpose(trial.spec, &trial.written);
        assert!(
            !(on_purpose && trial.accepted),
            "{:?} is accepted",
            trial.written
        );
        if broker != trial.accepted && !on_purpose {
            differences.push(format!(
                "{} = {:?} (sent {:?}): the catalog {}, the broker said {answer:?}",
                trial.spec.name,
                trial.written,
                trial.sent,
                if trial.accepted {
                    "accepts it"
                } else {
                    "refuses it"
                },
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        trials.len(),
        differences.join("\n")
    );
}

#[test]
fn the_broker_has_the_keys_of_its_version_and_no_others() {
    let vendor = [
        "redpanda.iceberg.mode",
        "confluent.tier.enable",
        "write.caching",
        "no.such.key",
    ];
    let known = catalog::all()
        .iter()
        .map(|spec| (spec.name, spec.default, has(spec)));
    let keys: Vec<_> = known
        .chain(vendor.map(|key| (key, "true", false)))
        .collect();
    let topics: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(at, (key, value, _))| new_topic(at, &[(key, value)]))
        .collect();
    for ((key, value, known), answer) in keys.iter().zip(ask(&topics)) {
        assert_eq!(
            answer == Answer::Accepted,
            *known,
            "{key} = {value}: {answer:?}"
        );
    }
}

#[test]
fn the_broker_enforces_the_rules_between_keys() {
    // Those of tiered storage need a cluster that has it.
    let pairs = [
        ("1", "1"),
        ("2", "1"),
        ("1", "2"),
        ("0", "1"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775807", "1"),
    ];
    let configs = pairs.map(|(min, max)| {
        [
            ("min.compaction.lag.ms", min),
            ("max.compaction.lag.ms", max),
        ]
    });
    let topics: Vec<_> = configs
        .iter()
        .enumerate()
        .map(|(at, config)| new_topic(at, config))
        .collect();
    for (config, answer) in configs.iter().zip(ask(&topics)) {
        let found = catalog::violations(|wanted| {
            config
                .iter()
                .find(|(key, _)| *key == wanted)
                .map(|(_, value)| *value)
        });
        assert_eq!(
            answer == Answer::Accepted,
            found.is_empty(),
            "{config:?}: {answer:?}"
        );
    }
}
