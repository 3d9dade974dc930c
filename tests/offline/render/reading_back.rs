//! The manifest form reads back to the same topics, whatever project file is above it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use topicctl::manifest::{self, Manifests, Request};
use topicctl::render::{Form, render};
use topicctl::topic::{DeclaredTopic, Role};

use crate::support::binary::directory;

/// A project file that would change every topic that does not state its values.
const HOSTILE: &str = r#"
defaults: { tier: hostile }
naming:
  retry: x-${source}-${index}
  dlq: y-${source}
  error: z-${source}
  pipeline_prefix: p.
tiers:
  hostile: { partitions: 99, replication_factor: 9, retention: 1d }
  standard: { partitions: 98, config: { max.message.bytes: 5MiB } }
  retry: { partitions: 97, retention: 400d }
  dlq: { partitions: 96, retention: 400d }
  error: { partitions: 95, retention: 400d }
vars: { who: nobody }
profiles:
  dev: { all: { replication_factor: 7 } }
"#;

/// Everything that is declared of a topic but for the places and the tier's name, which a resolved
/// manifest cannot keep. A field that is new has to be named here.
fn meaning(topic: &DeclaredTopic) -> impl PartialEq + Debug + use<> {
    let DeclaredTopic {
        name,
        role,
        source,
        delay,
        shared_dlq,
        tier: _,
        description,
        owner,
        external,
        partitions,
        replication_factor,
        config,
        env,
        allow,
        mut consumer_groups,
        // A pipeline becomes its topics and groups.
        steps: _,
        partition_key,
        // References become counts.
        follows: _,
        fields: _,
        profile_entry: _,
        span: _,
    } = topic.clone();
    for group in &mut consumer_groups {
        group.members_at = None;
        group.pipeline = None;
    }
    let config: BTreeMap<_, _> = config
        .into_iter()
        .map(|(key, declared)| (key, declared.value))
        .collect();
    (
        (
            name,
            role,
            source,
            delay,
            shared_dlq,
            description,
            owner,
            external,
        ),
        (
            partitions.map(|one| one.value),
            replication_factor.map(|one| one.value),
            config,
        ),
        (env, allow, consumer_groups, partition_key),
    )
}

fn read(path: &Path, profile: Option<&str>) -> Manifests {
    manifest::read(&Request {
        paths: vec![path.to_owned()],
        profile: profile.map(str::to_owned),
        ..Request::default()
    })
}

fn problems(manifests: &Manifests) -> Vec<String> {
    let all = manifests.diagnostics.sorted(&manifests.sources);
    all.iter()
        .map(|one| format!("{}: {}", one.code, one.message))
        .collect()
}

/// Renders, reads again below a hostile project file, and compares.
#[track_caller]
fn assert_same_again(before: &Manifests) {
    let text = render(&before.topics, &before.sources, Form::Yaml).expect("a manifest");
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("topicctl.yaml"), HOSTILE).expect("a file");
    let path = directory.path().join("rendered.yaml");
    std::fs::write(&path, &text).expect("a file");
    let after = read(&path, None);
    assert!(
        !after.diagnostics.has_errors(),
        "{:#?}\n{text}",
        problems(&after)
    );
    let of = |manifests: &Manifests| manifests.topics.iter().map(meaning).collect::<Vec<_>>();
    for (before, after) in of(before).iter().zip(of(&after)) {
        assert_eq!(*before, after, "{text}");
    }
    assert_eq!(before.topics.len(), after.topics.len(), "{text}");
    let again = render(&after.topics, &after.sources, Form::Yaml).expect("a manifest");
    assert_eq!(text, again, "a resolved manifest is its own rendering");
}

#[test]
fn the_manifests_of_real_setups_read_back() {
    let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
    let before = read(&manifests, Some("dev"));
    assert!(!before.diagnostics.has_errors(), "{:#?}", problems(&before));
    assert!(before.topics.iter().any(|topic| topic.role == Role::Retry));
    assert_same_again(&before);
}

fn read_text(text: &str) -> (tempfile::TempDir, Manifests) {
    let directory = directory(&[("m.yaml", text)]);
    let manifests = read(&directory.path().join("m.yaml"), Some("dev"));
    (directory, manifests)
}

/// Two teams' entries and two steps of a pipeline derive topics from the same main topics.
#[test]
fn families_of_several_owners_read_back() {
    let (_directory, before) = read_text(
        r#"
profiles: { dev: { all: { replication_factor: 1 } } }
topics:
  - name: orders
    retry: { delays: [5m, 1h] }
    dlq: true
    error: true
  - name: orders
    external: true
    retry: { delays: [1m, 2m, 3m], name: "team-b-${attempt}" }
    dlq: { name: team-b-dead, config: { max.message.bytes: 2MiB } }
  - name: big
    config: { max.message.bytes: 8MiB }
    retry: { delays: [1m], config: { max.message.bytes: null }, allow: [smaller-messages] }
    dlq: dead
  - name: dead
    config: { max.message.bytes: 9MiB }
    retention: 30d
  - name: feed
    external: true
    partitions: 4
    dlq: true
pipelines:
  - name: search
    allowed_topics: [orders, feed]
    steps:
      - { name: chunk, consumes: [orders], error: true, dead_letter: true, produces: [feed] }
      - { name: embed, consumes: [orders], dead_letter: true }
"#,
    );
    assert!(!before.diagnostics.has_errors(), "{:#?}", problems(&before));
    let dlqs = before.topics.iter().filter(|topic| topic.role == Role::Dlq);
    assert!(
        dlqs.filter(|topic| topic.family().as_str() == "orders")
            .count()
            > 2
    );
    assert_same_again(&before);
}

/// A family that somebody else's topic is the source of has one topic of each role; the rest
/// stands alone, and none is lost.
#[test]
fn nothing_is_lost_of_a_family_of_another_owner() {
    let (_directory, before) = read_text(
        r#"
profiles: { dev: { all: { replication_factor: 1 } } }
topics:
  - { name: feed, external: true, partitions: 4, dlq: true }
pipelines:
  - name: search
    allowed_topics: [feed]
    steps:
      - { name: chunk, consumes: [feed], dead_letter: true }
"#,
    );
    assert!(!before.diagnostics.has_errors(), "{:#?}", problems(&before));
    let text = render(&before.topics, &before.sources, Form::Yaml).expect("a manifest");
    let (_directory, after) = read_text(&(text.clone() + "profiles: { dev: {} }\n"));
    assert!(
        !after.diagnostics.has_errors(),
        "{:#?}\n{text}",
        problems(&after)
    );
    let names = |manifests: &Manifests| {
        let mut names: Vec<_> = manifests
            .topics
            .iter()
            .map(|topic| topic.name.clone())
            .collect();
        names.sort();
        names
    };
    assert_eq!(before.topics.len(), 3);
    assert_eq!(names(&before), names(&after), "{text}");
}

#[test]
fn a_step_has_fields_of_its_own_over_those_of_its_ladder() {
    let (_directory, manifests) = read_text(
        r#"
profiles: { dev: { all: { replication_factor: 1 } } }
topics:
  - name: a
    retry:
      owner: ladder
      partitions: 2
      config: { retention.ms: 40d, segment.ms: 1h }
      delays:
        - 5m
        - { delay: 1h, name: "${source}-late-${index}", owner: step, retention: 50d }
        - { delay: 2h, partitions: 4, config: { segment.ms: 2h } }
"#,
    );
    assert!(
        !manifests.diagnostics.has_errors(),
        "{:#?}",
        problems(&manifests)
    );
    let steps: Vec<_> = manifests.topics[1..]
        .iter()
        .map(|step| {
            (
                step.name.as_str(),
                step.owner.as_deref().unwrap_or_default(),
                step.partitions.as_ref().map(|count| count.value.get()),
                step.config_value("retention.ms").unwrap_or_default(),
                step.config_value("segment.ms").unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            ("a-retry-5m", "ladder", Some(2), "3456000000", "3600000"),
            ("a-late-1", "step", Some(2), "4320000000", "3600000"),
            ("a-retry-2h", "ladder", Some(4), "3456000000", "7200000"),
        ]
    );
    let wrong = "topics: [{ name: a, retry: { delays: [{ dellay: 5m }, []] } }]";
    let (_directory, manifests) = read_text(&format!("{wrong}\nprofiles: {{ dev: {{}} }}"));
    assert_eq!(
        problems(&manifests),
        [
            "unknown-field: `dellay` is not a field of a retry step",
            "missing-field: a retry step needs `delay`",
            "wrong-type: `delays` is a list, expected delays such as 5m",
        ]
    );
}

#[test]
fn a_selected_dead_letter_topic_is_declared_alone() {
    let directory = directory(&[("m.yaml", "topics: [{ name: a, dlq: true }]")]);
    let (code, text, _) = super::run(directory.path(), &["render", "m.yaml", "--select", "a-dlq"]);
    assert_eq!(code, 0);
    let (_directory, after) = read_text(&(text + "profiles: { dev: {} }\n"));
    let [alone] = after.topics.as_slice() else {
        panic!("{:#?}", after.topics)
    };
    assert_eq!((alone.name.as_str(), alone.role), ("a-dlq", Role::Main));
    assert_eq!(alone.config_value("retention.ms"), Some("2592000000"));
}

/// A text that a careless writer would get wrong. In a manifest a dollar is written twice.
fn untrusted() -> impl Strategy<Value = String> {
    "[ -~\n\téл😀\u{a0}]{0,12}|null|true|~|'|\\$\\{A\\}|- a|007|1e3|#| x |a: b|@|%|\n|\\|"
        .prop_map(|text| text.replace('$', "$$"))
}

fn config() -> impl Strategy<Value = Map<String, Value>> {
    let entries = [
        ("segment.bytes", json!("1GiB")),
        ("max.message.bytes", json!(2_000_000)),
        ("max.message.bytes", json!(null)),
        ("retention.bytes", json!("unlimited")),
        ("compression.type", json!("zstd")),
        ("compression.type", json!(null)),
        ("min.insync.replicas", json!(null)),
        ("preallocate", json!(true)),
        ("min.cleanable.dirty.ratio", json!(0.25)),
        ("redpanda.remote.read", json!("a \"b\": $$c")),
        ("confluent.placement.constraints", json!("")),
    ];
    subsequence(entries.to_vec(), 0..5).prop_map(|entries| {
        entries
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect()
    })
}

/// Fields that every kind of topic can have.
fn fields() -> impl Strategy<Value = Map<String, Value>> {
    let group = (untrusted(), option::of(1..3u32), vec("[a-z$]{1,4}", 0..2)).prop_map(
        |(name, members, produces)| {
            let name = format!("g{name}");
            let produces: Vec<_> = produces
                .iter()
                .map(|name| name.replace('$', "$$"))
                .collect();
            match members {
                None if produces.is_empty() => json!(name),
                members => json!({ "name": name, "members": members, "produces": produces }),
            }
        },
    );
    let partitioner = option::of(select(vec!["md5", "murmur2", "crc32", "fnv1a"]));
    let key = (option::of(untrusted()), partitioner)
        .prop_map(|(field, partitioner)| json!({ "field": field, "partitioner": partitioner }));
    (
        (
            option::of(untrusted()),
            option::of(untrusted()),
            option::of(untrusted()),
        ),
        option::of(select(vec!["standard", "error", "dlq", "plain", "big"])),
        option::of(prop_oneof![
            (4..20i32).prop_map(|n| json!(n)),
            Just(json!("default"))
        ]),
        option::of(select(vec![json!(1), json!(3), json!("default")])),
        option::of(select(vec!["60d", "90d", "unlimited"])),
        config(),
        (vec(group, 0..3), option::of(key), any::<bool>()),
    )
        .prop_map(
            |(texts, tier, partitions, factor, retention, config, rest)| {
                let (groups, key, allow) = rest;
                let allow = allow.then(|| json!(["smaller-messages", "segment-above-retention"]));
                let mut fields = Map::new();
                for (field, value) in [
                    ("description", texts.0.map(|text| json!(text))),
                    ("owner", texts.1.map(|text| json!(text))),
                    ("env", texts.2.map(|text| json!(text))),
                    ("tier", tier.map(|tier| json!(tier))),
                    ("partitions", partitions),
                    ("replication_factor", factor),
                    ("retention", retention.map(|text| json!(text))),
                    (
                        "config",
                        (!config.is_empty()).then_some(Value::Object(config)),
                    ),
                    (
                        "consumer_groups",
                        (!groups.is_empty()).then_some(Value::Array(groups)),
                    ),
                    ("partition_key", key),
                    ("allow", allow),
                ] {
                    fields.extend(value.map(|value| (field.to_owned(), value)));
                }
                fields
            },
        )
}

/// A ladder whose steps are plain, or have fields of their own.
fn retry() -> impl Strategy<Value = Value> {
    let step = (select(vec!["30s", "5m", "2h"]), option::of(fields()));
    (fields(), vec(step, 1..4)).prop_map(|(mut block, steps)| {
        block.remove("env");
        block.remove("tier");
        let delays = steps.into_iter().map(|(delay, own)| match own {
            None => json!(delay),
            Some(mut own) => {
                own.remove("tier");
                own.insert("delay".to_owned(), json!(delay));
                Value::Object(own)
            }
        });
        block.insert("delays".to_owned(), delays.collect());
        // Delays may be equal: the index distinguishes the steps.
        block.insert("name".to_owned(), json!("${source}-r${index}"));
        Value::Object(block)
    })
}

fn topic() -> impl Strategy<Value = Map<String, Value>> {
    let derived = || {
        option::of(prop_oneof![
            Just(json!(true)),
            fields().prop_map(Value::Object)
        ])
    };
    let shared = any::<bool>();
    (
        fields(),
        option::of(retry()),
        derived(),
        derived(),
        shared,
        any::<bool>(),
    )
        .prop_map(|(mut topic, retry, dlq, error, shared, external)| {
            if external {
                topic.insert("external".to_owned(), json!(true));
                topic.remove("tier");
                // Ladders take their count from here.
                topic.insert("partitions".to_owned(), json!(5));
            }
            let dlq = if shared {
                Some(json!("shared-dead"))
            } else {
                dlq
            };
            for (field, value) in [("retry", retry), ("dlq", dlq), ("error", error)] {
                topic.extend(value.map(|value| (field.to_owned(), value)));
            }
            topic
        })
}

/// A manifest with a profile that patches main and derived topics.
fn manifest_text() -> impl Strategy<Value = String> {
    let patch = (option::of(1..9i32), option::of(select(vec!["70d", "80d"]))).prop_map(
        |(partitions, retention)| {
            let mut patch = Map::new();
            patch.extend(partitions.map(|count| ("partitions".to_owned(), json!(count))));
            patch.extend(retention.map(|text| ("retention".to_owned(), json!(text))));
            patch
        },
    );
    (vec(topic(), 1..4), btree_map(0..3usize, patch, 0..3)).prop_map(|(topics, patches)| {
        let patches: Vec<_> = patches
            .into_iter()
            .filter(|(index, _)| *index < topics.len())
            .map(|(index, mut patch)| {
                let step = topics[index].contains_key("retry");
                let name = if step { format!("t{index}-r0") } else { format!("t{index}") };
                patch.insert("name".to_owned(), json!(name));
                patch
            })
            .collect();
        let named = topics.into_iter().enumerate().map(|(index, mut topic)| {
            topic.insert("name".to_owned(), json!(format!("t{index}")));
            Value::Object(topic)
        });
        let shared = json!({ "name": "shared-dead", "tier": "dlq" });
        let topics: Vec<_> = named.chain([shared]).collect();
        // JSON is YAML too.
        json!({
            "tiers": { "big": { "extends": "standard", "config": { "max.message.bytes": "3MiB" } } },
            "profiles": {
                "dev": { "all": { "replication_factor": 2 }, "topics": patches },
            },
            "topics": topics,
        })
        .to_string()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        // A generator of refused manifests would prove nothing.
        max_global_rejects: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_manifest_reads_back(text in manifest_text()) {
        let directory = directory(&[("m.yaml", text.as_str())]);
        let path: PathBuf = directory.path().join("m.yaml");
        for profile in [None, Some("dev")] {
            let before = read(&path, profile);
            // A retry topic may happen to be kept for less than its source is, and so on; what the
            // checks refuse is not rendered.
            prop_assume!(!before.diagnostics.has_errors(), "{:#?}", problems(&before));
            assert_same_again(&before);
        }
    }
}
