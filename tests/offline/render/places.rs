//! `topicctl partition`.

use serde_json::Value;

use crate::support::binary::directory;

use super::{run, run_with};

const TENANT: &str = "550e8400-e29b-41d4-a716-446655440000";
const MANIFEST: &str = r#"
vars: { count: "${COUNT:-6}" }
profiles: { dev: { extends: base, topics: [{ name: ingestion-events, partitions: 12 }] }, base: {} }
topics:
  - name: ingestion-events
    partitions: ${count}
    partition_key: { field: tenant_id, partitioner: md5 }
    dlq: true
  - name: ingestion-plain
    tier: plain
"#;

#[test]
fn the_count_and_the_hash_come_from_flags_or_from_the_topic() {
    let files = directory(&[("m.yaml", MANIFEST)]);
    let given = [
        "partition",
        "--partitions",
        "6",
        "--partitioner",
        "md5",
        TENANT,
    ];
    assert_eq!(
        run(files.path(), &given),
        (0, format!("3  {TENANT}\n"), String::new())
    );
    let named = |more: &[&str]| {
        let arguments = [&["partition", "-f", "m.yaml", "--topic"], more, &[TENANT]].concat();
        let (code, out, problems) = run(files.path(), &arguments);
        assert_eq!(code, 0, "{problems}");
        out.split_whitespace()
            .next()
            .expect("a partition")
            .to_owned()
    };
    assert_eq!(named(&["ingestion-events"]), "3");
    assert_eq!(named(&["ingestion-e*s"]), "3");
    assert_eq!(named(&["ingestion-events", "--profile", "dev"]), "9");
    assert_eq!(named(&["ingestion-events", "--var", "COUNT=1"]), "0");
    assert_eq!(named(&["ingestion-events", "--partitions", "1"]), "0");
}

#[test]
fn what_is_missing_is_said_with_the_flag_that_supplies_it() {
    let files = directory(&[("m.yaml", MANIFEST)]);
    let refused = |topic: &str, expected: &[&str]| {
        let arguments = ["partition", "-f", "m.yaml", "--topic", topic, "key"];
        let (code, out, problems) = run(files.path(), &arguments);
        assert_eq!((code, out.as_str()), (2, ""));
        for words in expected {
            assert!(problems.contains(words), "{words}\n{problems}");
        }
    };
    refused(
        "ingestion-event",
        &[
            "no topic `ingestion-event`",
            "did you mean `ingestion-events`?",
        ],
    );
    refused(
        "ingestion-events-dlq",
        &["declares no partitioner", "--partitioner (md5, murmur2"],
    );
    refused(
        "ingestion-plain",
        &["leaves its partition count to the broker", "--partitions N"],
    );
    refused("ingestion-*", &["matches 3 topics", "ingestion-events-dlq"]);
    let (code, _, problems) = run(files.path(), &["partition", "--partitions", "3", "key"]);
    assert_eq!(code, 2);
    assert!(problems.contains("--partitioner"), "{problems}");
    let (code, _, _) = run(files.path(), &["partition", "--topic", "x"]);
    assert_eq!(code, 2, "no key");
    let zero = [
        "partition",
        "--partitions",
        "0",
        "--partitioner",
        "md5",
        "key",
    ];
    assert_eq!(run(files.path(), &zero).0, 2);
}

#[test]
fn many_keys_are_counted() {
    let files = directory(&[("m.yaml", MANIFEST)]);
    let keys: String = (0..5000).map(|key| format!("tenant-{key}\r\n")).collect();
    let keys = keys.as_bytes();
    let arguments = [
        "partition",
        "-f",
        "m.yaml",
        "--topic",
        "ingestion-events",
        "--stdin",
        "--to",
        "12",
    ];
    let (code, text, _) = run_with(files.path(), &arguments, keys);
    assert_eq!(code, 0);
    assert!(
        text.starts_with("5000 keys over 6 partitions of ingestion-events by md5\n"),
        "{text}"
    );
    assert!(text.contains("The hottest partition is "), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let (code, text, _) = run_with(
        files.path(),
        &[&arguments[..], &["-o", "json"]].concat(),
        keys,
    );
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["schema"], "topicctl.partition/1");
    assert_eq!(document["spread"]["keys"], 5000);
    assert_eq!(
        document["spread"]["partitions"].as_array().map(Vec::len),
        Some(6)
    );
    let share = document["moved"]["share"].as_f64().expect("a share");
    assert!((0.45..0.55).contains(&share), "{share}");
}

#[test]
fn keys_that_cannot_be_counted_are_an_error() {
    let files = directory(&[("m.yaml", MANIFEST)]);
    let arguments = [
        "partition",
        "--partitions",
        "6",
        "--partitioner",
        "crc32",
        "--stdin",
    ];
    for (input, words) in [
        (&b""[..], "there is no key on standard input"),
        (b"\n\n", "there is no key on standard input"),
        (&[b'x'; 2_000_000], "line 1 is longer than 1 MiB"),
    ] {
        let (code, out, problems) = run_with(files.path(), &arguments, input);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(problems.contains(words), "{problems}");
    }
    let many = [
        "partition",
        "--partitions",
        "2000000",
        "--partitioner",
        "md5",
        "--stdin",
    ];
    assert_eq!(run_with(files.path(), &many, b"a\n").0, 2);
    let both = ["partition", "-f", "-", "--topic", "x", "--stdin"];
    assert_eq!(run_with(files.path(), &both, MANIFEST.as_bytes()).0, 2);
    let (code, out, _) = run_with(
        files.path(),
        &[&arguments[..], &["-o", "json"]].concat(),
        b"",
    );
    assert_eq!(code, 2);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["command"], "partition");
}
