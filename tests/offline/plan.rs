//! Properties of planning: what was applied is not planned again, what was seen is never created,
//! and the order in which topics are written makes no difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use topicctl::accepted;
use topicctl::manifest::{self, Request};
use topicctl::observed::{
    ClusterIdentity, Observation, Observed, ObservedConfig, ObservedOrigin, ObservedPartition,
    ObservedTopic, Unreadable,
};
use topicctl::outcome::{Status, TopicOutcome};
use topicctl::plan::plan;
use topicctl::topic::DeclaredTopic;

/// An entry of a manifest, as a person may write it.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    tier: Option<&'static str>,
    partitions: Option<u8>,
    replication_factor: Option<u8>,
    retention: Option<&'static str>,
    max_message: Option<u32>,
    delays: Vec<&'static str>,
    dlq: bool,
    external: bool,
}

impl Entry {
    fn yaml(&self) -> String {
        let mut text = format!("  - name: {}\n", self.name);
        let mut field = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                writeln!(text, "    {name}: {value}").expect("a string");
            }
        };
        field("external", self.external.then(|| "true".to_owned()));
        field(
            "tier",
            self.tier.filter(|_| !self.external).map(str::to_owned),
        );
        field("partitions", self.partitions.map(|count| count.to_string()));
        field(
            "replication_factor",
            self.replication_factor.map(|count| count.to_string()),
        );
        field("retention", self.retention.map(str::to_owned));
        field(
            "config",
            self.max_message
                .map(|bytes| format!("{{ max.message.bytes: {bytes} }}")),
        );
        if !self.external {
            let delays = (!self.delays.is_empty()).then(|| self.delays.join(", "));
            field(
                "retry",
                delays.map(|delays| format!("{{ delays: [{delays}] }}")),
            );
            field("dlq", self.dlq.then(|| "true".to_owned()));
        }
        text
    }
}

const PROJECT: &str = "
tiers:
  bounded: { extends: standard, retention: 3d, config: { retention.bytes: 1GiB } }
  compacted: { config: { cleanup.policy: 'compact,delete', min.cleanable.dirty.ratio: 0.10 } }
";

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let tier = prop::option::of(prop::sample::select(vec![
        "standard",
        "plain",
        "bounded",
        "compacted",
    ]));
    let retention = prop::option::of(prop::sample::select(vec!["1h", "7d", "36h", "unlimited"]));
    let delays = prop::sample::subsequence(vec!["1s", "5m", "2h"], 0..=3);
    let entry = (
        tier,
        prop::option::of(1..30_u8),
        prop::option::of(1..4_u8),
        retention,
        prop::option::of(1..2_000_000_u32),
        delays,
        any::<bool>(),
        prop::bool::weighted(0.2),
    );
    let entry = entry.prop_map(
        |(tier, partitions, replication_factor, retention, max_message, delays, dlq, external)| {
            // A ladder has as many as its source, which must then be stated.
            let partitions = if delays.is_empty() {
                partitions
            } else {
                partitions.or(Some(6))
            };
            Entry {
                name: String::new(),
                tier,
                partitions,
                replication_factor,
                retention,
                max_message,
                delays,
                dlq,
                external,
            }
        },
    );
    prop::collection::vec(entry, 1..9).prop_map(|mut all| {
        for (place, entry) in all.iter_mut().enumerate() {
            entry.name = format!("topic-{place}");
        }
        all
    })
}

fn read(directory: &Path) -> Vec<DeclaredTopic> {
    let request = Request {
        paths: vec![directory.to_owned()],
        ..Request::default()
    };
    let manifests = manifest::read(&request);
    assert!(
        !manifests.diagnostics.has_errors(),
        "{:?}",
        manifests.diagnostics
    );
    manifests.topics
}

/// The declared topics of entries that are spread over files, in their order.
fn declared(files: &[Vec<Entry>]) -> Vec<DeclaredTopic> {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("topicctl.yaml"), PROJECT).expect("a file");
    for (number, entries) in files.iter().enumerate() {
        if entries.is_empty() {
            continue;
        }
        let text: String = entries.iter().map(Entry::yaml).collect();
        let file = directory.path().join(format!("{number}.yaml"));
        fs::write(file, format!("topics:\n{text}")).expect("a file");
    }
    read(directory.path())
}

/// A cluster on which exactly this was made, on four brokers that print values in their own way.
fn made(topic: &DeclaredTopic) -> ObservedTopic {
    let replicas = topic
        .replication_factor
        .as_ref()
        .map_or(2, |factor| factor.value.get());
    let replicas: Vec<i32> = (0..i32::from(replicas)).collect();
    let count = topic
        .partitions
        .as_ref()
        .map_or(5, |count| count.value.get());
    let partition = |id| ObservedPartition {
        id,
        leader: replicas.first().copied(),
        replicas: replicas.clone(),
        in_sync: replicas.clone(),
    };
    let config = topic.config.iter().map(|(key, declared)| {
        let value = match (key.as_str(), declared.value.as_str()) {
            ("cleanup.policy", "compact,delete") => "delete,compact".to_owned(),
            (_, value) => value.to_owned(),
        };
        (
            key.clone(),
            ObservedConfig {
                value: Some(value),
                origin: ObservedOrigin::Topic,
            },
        )
    });
    ObservedTopic {
        partitions: (0..count).map(partition).collect(),
        config: config.collect(),
    }
}

fn observation<'a>(topics: impl IntoIterator<Item = (&'a DeclaredTopic, Observed)>) -> Observation {
    Observation {
        cluster: ClusterIdentity {
            id: Some("cluster".to_owned()),
            brokers: vec![1, 2, 3, 4],
            ..ClusterIdentity::default()
        },
        topics: topics
            .into_iter()
            .map(|(topic, seen)| (topic.name.clone(), seen))
            .collect(),
        unserved: BTreeMap::new(),
        lacks_configs: false,
    }
}

/// What a reader of a report sees of a decision: no places in files, which differ with the files.
fn reported(topics: Vec<DeclaredTopic>, observation: &Observation) -> BTreeMap<String, String> {
    let plan = plan(topics, observation, &[]);
    let outcomes = plan.topics.into_iter().map(|outcome| {
        let topic = &outcome.topic;
        let config: Vec<_> = topic
            .config
            .iter()
            .map(|(key, one)| format!("{key}={}", one.value))
            .collect();
        let values = (
            topic.role,
            topic.source.as_ref().map(ToString::to_string),
            topic.partitions.as_ref().map(|count| count.value),
            topic.replication_factor.as_ref().map(|factor| factor.value),
        );
        let decision = match &outcome.status {
            Status::Mismatched { created: false } => {
                format!("{} mismatches", outcome.mismatches.len())
            }
            Status::Unknown(unknown) => unknown.reason.clone(),
            other => format!("{other:?}"),
        };
        (
            topic.name.to_string(),
            format!("{values:?} {config:?} {decision}"),
        )
    });
    outcomes.collect()
}

/// How a topic is found, for a choice of three.
fn seen(topic: &DeclaredTopic, choice: u8) -> Observed {
    match choice {
        0 => Observed::Absent,
        1 => Observed::Present(made(topic)),
        2 => Observed::Present(ObservedTopic::default()),
        _ => Observed::Unknown(Unreadable {
            exists: false,
            unauthorized: true,
            reason: "TOPIC_AUTHORIZATION_FAILED: Authorization failed.".to_owned(),
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn planning_over_what_was_applied_plans_nothing(entries in entries()) {
        let topics = declared(&[entries]);
        let applied = observation(topics.iter().map(|topic| (topic, Observed::Present(made(topic)))));
        for outcome in plan(topics.clone(), &applied, &[]).topics {
            prop_assert_eq!(&outcome.status, &Status::Matching, "{:?}", outcome.topic.name);
            prop_assert!(outcome.unverifiable.is_empty());
        }
    }

    #[test]
    fn a_create_never_names_an_observed_topic(
        entries in entries(), choices in prop::collection::vec(0..4_u8, 60),
    ) {
        let topics = declared(&[entries]);
        let found: Vec<_> =
            topics.iter().zip(&choices).map(|(topic, choice)| (topic, seen(topic, *choice))).collect();
        let observation = observation(found);
        let plan = plan(topics.clone(), &observation, &[]);
        prop_assert_eq!(plan.topics.len(), topics.len());
        for outcome in &plan.topics {
            let seen = &observation.topics[&outcome.topic.name];
            let creates = outcome.status == Status::ToCreate;
            prop_assert_eq!(creates, *seen == Observed::Absent && !outcome.topic.external);
        }
        // A name that nobody looked at is not absent.
        let nothing = Observation::default();
        let creates = |outcome: &TopicOutcome| outcome.status == Status::ToCreate;
        prop_assert!(!topicctl::plan::plan(topics, &nothing, &[]).topics.iter().any(creates));
    }

    #[test]
    fn the_order_of_files_and_topics_makes_no_difference(
        (entries, shuffled) in entries().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        places in prop::collection::vec(0..4_usize, 9),
        choices in prop::collection::btree_map("topic-[0-8]", 0..4_u8, 0..9),
    ) {
        let one_file = declared(&[entries]);
        let mut files = vec![vec![]; 4];
        for (entry, place) in shuffled.into_iter().zip(places) {
            files[place].push(entry);
        }
        let several = declared(&files);
        let choice = |topic: &DeclaredTopic| choices.get(topic.name.as_str()).copied().unwrap_or(0);
        let observation = observation(one_file.iter().map(|topic| (topic, seen(topic, choice(topic)))));
        // Families stay together wherever they are.
        let families: Vec<_> = several.iter().map(DeclaredTopic::family).collect();
        let distinct: BTreeSet<_> = families.iter().collect();
        let mut runs = families.clone();
        runs.dedup();
        prop_assert_eq!(runs.len(), distinct.len());
        prop_assert_eq!(reported(one_file, &observation), reported(several, &observation));
    }
}

#[test]
fn only_what_could_be_read_is_called_unused() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = "topics: [{ name: orders, partitions: 6, retention: 7d }]
accepted_mismatches:
  - topic: orders
    partitions: 3
    config: { retention.ms: 1d, compression.type: zstd }
    reason: adopted";
    fs::write(directory.path().join("topics.yaml"), text).expect("a file");
    let request = Request {
        paths: vec![directory.path().to_owned()],
        ..Request::default()
    };
    let manifests = manifest::read(&request);
    let [topic] = manifests.topics.as_slice() else {
        panic!("{:?}", manifests.diagnostics)
    };
    let uses = |seen| {
        let observed = observation([(topic, seen)]);
        let plan = plan(vec![topic.clone()], &observed, &manifests.accepted);
        let uses = accepted::uses(&plan.accepted, &plan.topics).into_iter();
        let reported: Vec<_> = uses.map(|one| (one.field.to_string(), one.found)).collect();
        reported
    };
    let of = |names: [(&str, bool); 3]| names.map(|(name, found)| (name.to_owned(), found));
    let mut found = made(topic);
    found.partitions.truncate(3);
    let all = [
        ("partitions", true),
        ("compression.type", false),
        ("retention.ms", false),
    ];
    assert_eq!(uses(Observed::Present(found.clone())), of(all));
    let all = all.map(|(name, _)| (name, false));
    assert_eq!(uses(Observed::Absent), of(all));
    // A key that the broker keeps to itself may well be what is accepted.
    let key = |key: &topicctl::topic::ConfigKey| key.as_str() == "retention.ms";
    found.config.retain(|name, _| !key(name));
    assert_eq!(uses(Observed::Present(found)).len(), 2);
    let unknown = Unreadable {
        exists: true,
        unauthorized: true,
        reason: "TOPIC_AUTHORIZATION_FAILED".to_owned(),
    };
    assert_eq!(uses(Observed::Unknown(unknown)), []);
}
