//! The JSON Schema for editors: committed as it is made, and of one mind with `topicctl validate`
//! about what people write.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;
use topicctl::manifest::{self, Request};

const COMMITTED: &str = "docs/topicctl.schema.json";

fn in_project(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn validator() -> Validator {
    jsonschema::draft7::new(&manifest::schema()).expect("a schema of draft 7")
}

/// A manifest as an editor sees it.
fn instance(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).expect("YAML that JSON can hold")
}

/// What the schema has against a manifest.
fn problems(validator: &Validator, yaml: &str) -> Vec<String> {
    let instance = instance(yaml);
    let errors = validator.iter_errors(&instance);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// Whether topicctl itself accepts a manifest, whatever surrounds it.
fn topicctl_accepts(yaml: &str) -> bool {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("topicctl.yaml");
    fs::write(&path, yaml).expect("a file");
    let manifests = manifest::read(&Request {
        paths: vec![path],
        ..Request::default()
    });
    !manifests.diagnostics.has_errors()
}

#[test]
fn the_committed_schema_is_the_one_that_topicctl_prints() {
    let committed = fs::read_to_string(in_project(COMMITTED)).unwrap_or_default();
    let made = format!("{:#}\n", manifest::schema());
    assert!(
        committed == made,
        "{COMMITTED} is out of date; refresh it: cargo run -- schema > {COMMITTED}"
    );
}

#[test]
fn the_manifests_of_this_project_are_valid() {
    let validator = validator();
    for directory in ["manifests", "src/commands/init"] {
        let entries = fs::read_dir(in_project(directory)).expect("a directory");
        let paths: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        assert!(!paths.is_empty());
        for path in paths {
            let text = fs::read_to_string(&path).expect("text");
            let problems = problems(&validator, &text);
            assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
        }
    }
}

#[test]
fn what_topicctl_accepts_the_schema_accepts() {
    let validator = validator();
    for yaml in GOOD {
        assert!(topicctl_accepts(yaml), "not a good example:\n{yaml}");
        let problems = problems(&validator, yaml);
        assert!(problems.is_empty(), "{yaml}\n{problems:#?}");
    }
}

#[test]
fn what_people_get_wrong_both_refuse() {
    let validator = validator();
    for yaml in WRONG {
        assert!(!topicctl_accepts(yaml), "not a wrong example:\n{yaml}");
        assert!(
            !validator.is_valid(&instance(yaml)),
            "the schema accepts\n{yaml}"
        );
    }
}

#[test]
fn every_description_is_there() {
    fn walk(value: &Value, at: &str) {
        let properties = value.get("properties").and_then(Value::as_object);
        for (name, field) in properties.into_iter().flatten() {
            let at = format!("{at}.{name}");
            // The codes of checks are described by `topicctl explain`.
            if at.contains(".checks.") {
                continue;
            }
            let text = field.get("description").and_then(Value::as_str);
            assert!(
                text.is_some_and(|text| text.len() > 10),
                "{at} has no description"
            );
        }
    }
    let schema = manifest::schema();
    walk(&schema, "manifest");
    let definitions = schema["definitions"].as_object().expect("definitions");
    for (name, definition) in definitions {
        walk(definition, name);
    }
}

const GOOD: &[&str] = &[
    "topics: [{ name: a }]",
    "x-a: { partitions: 1 }\nx-b: [1, { c: d }]\ntopics: [{ name: a, x-c: ~, dlq: { x-d: 1 } }]",
    // One alone stands for a list, null for nothing.
    "topics: [{ name: a, consumer_groups: g, profiles: null, config: ~, dlq: ~ }]\nvars:\n",
    // Variables wherever a single value stands.
    r#"
vars: { n: 6, t: 7d, yes: true, size: 1MiB, p: md5, word: delete, tier: standard, code: delays-fall }
topics:
  - name: a-${n}
    tier: ${tier}
    partitions: ${n}
    replication_factor: ${RF:-3}
    retention: ${t}
    config:
      segment.bytes: ${size}
      cleanup.policy: ["${word}"]
      preallocate: ${yes}
      min.cleanable.dirty.ratio: ${RATIO:-0.5}
    external: ${no:-false}
    dlq: ${yes}
    retry: { delays: ["${t}"] }
    partition_key: { partitioner: "${p}" }
    consumer_groups: [{ name: "${topic}-g", members: "${n}" }]
    allow: ["${code}"]
"#,
    // Every way to write a value.
    r#"
topics:
  - name: 12
    partitions: "6"
    replication_factor: default
    retention: unlimited
    config:
      cleanup.policy: compact, delete
      compression.gzip.level: -1
      delete.retention.ms: 1d
      flush.messages: unlimited
      max.message.bytes: 2097152
      message.timestamp.after.max.ms: 9223372036854775807
      min.cleanable.dirty.ratio: 0.25
      preallocate: "TRUE"
      retention.bytes: -1
      segment.ms: "604800000"
      follower.replication.throttled.replicas: ["0:1", "1:2"]
      redpanda.iceberg.mode: disabled
      write.caching: true
      confluent.tier.enable: false
      automq.table.topic.enable: true
      acme.tier: gold
    dlq: { name: b, partitions: source }
    error: true
  - name: c
    partitions: { same_as: "12" }
    dlq: b2
  - name: b2
    external: TRUE
    retention: ~
policy: { config: { vendors: [acme.] } }
"#,
    r#"
defaults: { tier: fast }
naming: { retry: "${source}.retry.${delay}", pipeline_prefix: x., allowed_topics: [custom] }
tiers: { fast: { extends: standard, partitions: 6 }, bare: }
policy:
  names: { allow: '[a-z.-]+', deny: [test.*], except: "" }
  partitions: { min: 1, max: 100 }
  replication_factor: { min: 1 }
  retention: { min: 1h, max: unlimited }
  config: { require: { min.insync.replicas: 2 }, deny: remote.* }
  owner: optional
  fail_on: missing
  checks: { delays-fall: error, smaller-messages: allow }
profiles:
  dev:
    extends: base
    vars: { x: 1 }
    tiers: { fast: { partitions: 1 }, standard: }
    all: { replication_factor: 1 }
    topics: [{ name: custom, retention: 1d }]
  base:
topics: [{ name: custom, config: { min.insync.replicas: 2 } }]
pipelines:
  - name: p
    allowedKafkaTopics: custom
    steps:
      - { name: s, output: true, error: { partitions: 2, config: { min.insync.replicas: 2 } } }
      - { name: t, consumes: [s.output, custom], listeners: 4 }
"#,
];

const WRONG: &[&str] = &[
    // Unknown fields.
    "topics: [{ name: a, partition: 3 }]",
    "topic: [{ name: a }]",
    "topics: [{ name: a, dlq: { delays: [1m] } }]",
    "topics: [{ name: a, config: { retention.mss: 1d } }]",
    "topics: [{ name: a }]\npolicy: { checks: { delay-falls: warn } }",
    // Missing fields.
    "topics: [{ partitions: 3 }]",
    "topics: [{ name: a, retry: {} }]",
    "topics: [{ name: ~ }]",
    "topics: [{ name: a, partitions: {} }]",
    // Types.
    "topics: { name: a }",
    "topics: [a]",
    "topics: [{ name: [a] }]",
    "topics: [{ name: a, partitions: many }]",
    "topics: [{ name: a, replication_factor: 1.5 }]",
    "topics: [{ name: a, external: maybe }]",
    "topics: [{ name: a, retry: 5m }]",
    "topics: [{ name: a, config: [retention.ms] }]",
    "topics: [{ name: a }]\ntiers: [fast]",
    "topics: [{ name: a }]\nvars: [x]",
    // Ranges and units.
    "topics: [{ name: a, partitions: 0 }]",
    "topics: [{ name: a, replication_factor: 40000 }]",
    "topics: [{ name: a, retention: 604800000 }]",
    "topics: [{ name: a, retention: 7 days }]",
    "topics: [{ name: a, retry: { delays: [5] } }]",
    "topics: [{ name: a, retry: { delays: [unlimited] } }]",
    "topics: [{ name: a, config: { max.message.bytes: 10MB } }]",
    "topics: [{ name: a, config: { segment.bytes: 1 } }]",
    "topics: [{ name: a, config: { min.cleanable.dirty.ratio: 2 } }]",
    "topics: [{ name: a, config: { delete.retention.ms: unlimited } }]",
    // Words.
    "topics: [{ name: a, config: { compression.type: none } }]",
    "topics: [{ name: a, config: { cleanup.policy: compacted } }]",
    "topics: [{ name: a, config: { preallocate: yes please } }]",
    "topics: [{ name: a, partition_key: { partitioner: sha1 } }]",
    "topics: [{ name: a }]\npolicy: { owner: needed }",
    "topics: [{ name: a }]\npolicy: { fail_on: [everything] }",
];
