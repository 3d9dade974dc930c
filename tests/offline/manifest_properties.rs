//! What holds for any manifest at all: reading never panics or hangs, whatever the text, and the
//! order of files and topics never changes what comes out.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use topicctl::diagnostic;
use topicctl::manifest::{Manifests, Outside, Request, read};

/// Words that mean something somewhere in the language, and some that do not.
const WORDS: &[&str] = &[
    "defaults",
    "tiers",
    "naming",
    "policy",
    "profiles",
    "clusters",
    "bootstrap_servers",
    "command_config",
    "cluster_id",
    "profile",
    "vars",
    "topics",
    "pipelines",
    "name",
    "description",
    "owner",
    "tier",
    "partitions",
    "replication_factor",
    "retention",
    "config",
    "retry",
    "dlq",
    "error",
    "consumer_groups",
    "partition_key",
    "external",
    "env",
    "allow",
    "extends",
    "all",
    "delays",
    "same_as",
    "members",
    "produces",
    "field",
    "partitioner",
    "steps",
    "output",
    "input",
    "dead_letter",
    "consumes",
    "listeners",
    "allowed_topics",
    "names",
    "deny",
    "except",
    "min",
    "max",
    "require",
    "checks",
    "fail_on",
    "prefix",
    "required",
    "source",
    "default",
    "standard",
    "plain",
    "dev",
    "a",
    "b",
    "orders",
    "orders-dlq",
    "a.b",
    "a_b",
    "..",
    "__consumer_offsets",
    "true",
    "false",
    "null",
    "~",
    "0",
    "-1",
    "3",
    "99999999999",
    "1.5",
    "7d",
    "5m",
    "unlimited",
    "10MB",
    "1GiB",
    "retention.ms",
    "cleanup.policy",
    "compact",
    "delete",
    "min.insync.replicas",
    "max.message.bytes",
    "segment.ms",
    "redpanda.x",
    "delays-fall",
    "md5",
    "${a}",
    "${b:-${a}}",
    "${source}-${delay}",
    "${A:?set it}",
    "${",
    "$",
    "$$",
    "${topic}",
    "${KAFKA_PASSWORD}",
    "é",
    "\u{202e}",
    "\u{1b}[31m",
    "{{ x }}",
    "",
];

fn word() -> impl Strategy<Value = String> {
    select(WORDS).prop_map(str::to_owned)
}

/// A value as JSON, which is YAML too.
fn tree() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        4 => word().prop_map(serde_json::Value::from),
        1 => any::<i32>().prop_map(serde_json::Value::from),
        1 => any::<bool>().prop_map(serde_json::Value::from),
        1 => Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            vec((word(), inner), 0..6).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// Trees under the sections of a manifest, so that most of them get past the first line.
fn document() -> impl Strategy<Value = String> {
    let section = select(&WORDS[..9]);
    vec((section, tree()), 1..5).prop_map(|sections| {
        let object: serde_json::Map<_, _> = sections
            .into_iter()
            .map(|(name, tree)| (name.to_owned(), tree))
            .collect();
        serde_json::Value::from(object).to_string()
    })
}

fn read_texts(texts: &[(&str, &str)], order: &[usize], profile: Option<&str>) -> Manifests {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in texts {
        fs::write(directory.path().join(name), text).expect("a file");
    }
    let paths: Vec<PathBuf> = order
        .iter()
        .map(|index| directory.path().join(texts[*index].0))
        .collect();
    let outside = Outside {
        given: BTreeMap::new(),
        environment: BTreeMap::from([("A".to_owned(), "x".to_owned())]),
    };
    let request = Request {
        paths,
        profile: profile.map(str::to_owned),
        outside,
        ..Request::default()
    };
    read(&request)
}

/// Reads, and renders every problem: a place outside of its text would panic there.
fn survives(text: &str) {
    for profile in [None, Some("dev")] {
        let manifests = read_texts(&[("topics.yaml", text)], &[0], profile);
        for one in manifests.diagnostics.sorted(&manifests.sources) {
            for color in [false, true] {
                let layout = topicctl::layout::Layout {
                    color,
                    ..Default::default()
                };
                assert!(!diagnostic::render(&one, &manifests.sources, layout).is_empty());
            }
        }
    }
}

/// What a reader of the report sees, without the lines, which move with the topics.
fn topics(manifests: &Manifests) -> Vec<String> {
    let topic = |topic: &topicctl::topic::DeclaredTopic| {
        let config: Vec<_> = topic
            .config
            .iter()
            .map(|(key, value)| format!("{key}={} by {}", value.value, value.origin.layer))
            .collect();
        format!(
            "{} {} {:?} {:?} {:?} {:?} {}",
            topic.name,
            topic.role,
            topic.tier,
            topic
                .partitions
                .as_ref()
                .map(|one| (one.value, one.origin.layer.to_string())),
            topic
                .replication_factor
                .as_ref()
                .map(|one| (one.value, one.origin.layer.to_string())),
            topic.source,
            config.join(" "),
        )
    };
    manifests.topics.iter().map(topic).collect()
}

fn problems(manifests: &Manifests) -> Vec<String> {
    let mut problems: Vec<_> = manifests
        .diagnostics
        .sorted(&manifests.sources)
        .into_iter()
        .map(|one| format!("{} {}", one.code, one.message))
        .collect();
    problems.sort();
    problems
}

/// Entries that refer to each other, collide and contradict in many ways.
fn entry() -> impl Strategy<Value = String> {
    let name = select(&["a", "b", "c", "d.e", "d_e", "a-dlq", "${A}"][..]);
    let more = select(
        &[
            "",
            ", dlq: true",
            ", dlq: b",
            ", dlq: { retention: 1h }",
            ", retry: { delays: [1h, 5m] }",
            ", retry: { delays: [5m], name: again }",
            ", partitions: { same_as: a }",
            ", partitions: { same_as: b }",
            ", partitions: { same_as: c }",
            ", partitions: 0",
            ", tier: big, partitions: default",
            ", tier: nowhere",
            ", external: true",
            ", config: { min.insync.replicas: 9 }",
            ", profiles: [dev]",
            ", name: twice",
        ][..],
    );
    (name, more).prop_map(|(name, more)| format!("  - {{ name: \"{name}\"{more} }}\n"))
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn any_text_of_yaml_s_own_characters_is_read(
        text in "([ \t\r\n:{}\\[\\],&*!|>'\"%@`#?~<$-]|[a-c0]|topics|name|\u{feff}|é|---|\\.\\.\\.){0,80}"
    ) {
        survives(&text);
    }

    #[test]
    fn any_tree_is_read(text in document()) {
        survives(&text);
    }

    #[test]
    fn any_piece_of_a_manifest_is_read(text in document(), cut in any::<Index>(), put in word()) {
        let mut at = cut.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        survives(&format!("{}{put}{}", &text[..at], &text[at..]));
        survives(&text[..at]);
    }

    #[test]
    fn the_order_of_files_and_topics_changes_nothing(
        (entries, moved) in vec(entry(), 1..9)
            .prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
        split in any::<Index>(),
    ) {
        let project = "tiers: { big: { extends: standard, partitions: 9 } }\n\
                       profiles: { dev: { all: { replication_factor: 1 } } }\n";
        let file = |entries: &[String]| format!("topics:\n{}", entries.concat());
        let at = split.index(entries.len() + 1);
        let (first, second) = entries.split_at(at);
        let texts = [
            ("topicctl.yaml", project.to_owned()),
            ("first.yaml", file(first)),
            ("second.yaml", file(second)),
        ];
        let texts: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let profile = Some("dev");
        let given = read_texts(&texts, &[0, 1, 2], profile);
        for order in [[2, 1, 0], [1, 0, 2], [1, 2, 0]] {
            let again = read_texts(&texts, &order, profile);
            prop_assert_eq!(topics(&given), topics(&again));
            prop_assert_eq!(problems(&given), problems(&again));
        }
        // Where topics stand decides which of two is the second, and nothing else.
        let moved = file(&moved);
        let texts = [("topicctl.yaml", project), ("all.yaml", &moved)];
        let other = read_texts(&texts, &[0, 1], profile);
        prop_assert_eq!(given.diagnostics.has_errors(), other.diagnostics.has_errors());
        let of_two = ["duplicate-topic", "name-collision"];
        if !problems(&given).iter().any(|one| of_two.iter().any(|code| one.starts_with(code))) {
            prop_assert_eq!(topics(&given), topics(&other));
            prop_assert_eq!(problems(&given), problems(&other));
        }
    }
}
