//! Every way out can be taken: what a help says to write is put into its place, and the manifest is
//! then accepted. All fields with all wrong shapes, all configurations with all wrong values, and all
//! other names of configurations.

use std::collections::BTreeSet;

use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::manifest::decode::Spec;
use crate::manifest::fields::{ObjectSpec, reachable};
use crate::manifest::raw::Document;
use crate::manifest::{Request, read_texts};

/// Where each object stands in a manifest, and what is beside the field that is wrong.
const PLACES: &[(&str, &str)] = &[
    (
        "accepted",
        "{ topics: [{ name: a }], accepted_mismatches: [{ topic: a, reason: r, partitions: 1, @ }] }",
    ),
    (
        "cluster",
        "{ topics: [{ name: a }], clusters: { c: { @ } } }",
    ),
    ("defaults", "{ topics: [{ name: a }], defaults: { @ } }"),
    ("derived", "{ topics: [{ name: a, dlq: { @ } }] }"),
    (
        "group",
        "{ topics: [{ name: a, consumer_groups: [{ name: g, @ }] }] }",
    ),
    ("manifest", "{ topics: [{ name: a }], @ }"),
    ("naming", "{ topics: [{ name: a }], naming: { @ } }"),
    (
        "partition_key",
        "{ topics: [{ name: a, partition_key: { @ } }] }",
    ),
    (
        "pipeline",
        "{ topics: [{ name: a }], pipelines: [{ name: p, @ }] }",
    ),
    ("policy", "{ topics: [{ name: a }], policy: { @ } }"),
    (
        "policy_config",
        "{ topics: [{ name: a }], policy: { config: { @ } } }",
    ),
    (
        "policy_counts",
        "{ topics: [{ name: a }], policy: { partitions: { @ } } }",
    ),
    (
        "policy_durations",
        "{ topics: [{ name: a }], policy: { retention: { @ } } }",
    ),
    (
        "policy_names",
        "{ topics: [{ name: a }], policy: { names: { @ } } }",
    ),
    (
        "profile",
        "{ topics: [{ name: a }], profiles: { p: { @ } } }",
    ),
    (
        "profile_patch",
        "{ topics: [{ name: a }], profiles: { p: { all: { @ } } } }",
    ),
    (
        "profile_topic",
        "{ topics: [{ name: a }], profiles: { p: { topics: [{ name: a, @ }] } } }",
    ),
    (
        "retry",
        "{ topics: [{ name: a, retry: { delays: [1m], @ } }] }",
    ),
    (
        "retry_step",
        "{ topics: [{ name: a, retry: { delays: [{ delay: 1m, @ }] } }] }",
    ),
    ("same_as", "{ topics: [{ name: a, partitions: { @ } }] }"),
    (
        "step",
        "{ topics: [{ name: a }], pipelines: [{ name: p, steps: [{ name: s, @ }] }] }",
    ),
    (
        "tier",
        "{ topics: [{ name: a, tier: t }], tiers: { t: { @ } } }",
    ),
    ("topic", "{ topics: [{ name: a, @ }] }"),
];

/// Values of every shape, the right one for a field among them.
const VALUES: &[&str] = &[
    "x",
    "3",
    "\"3:1\"",
    "true",
    "yes",
    "1e3",
    "7d",
    "k=v",
    "\"cleanup.policy=compact,retention.ms=7d\"",
    "orders:3:1",
    "\"users:1:1:compact\"",
    "\"orders:3:1,users:1:1\"",
    "my topic",
    "null",
    "[]",
    "[null]",
    "[x]",
    "[x, y]",
    "[3]",
    "[7d]",
    "[k=v]",
    "[cleanup.policy=compact]",
    "[[x]]",
    "[[[x]]]",
    "[{ a: b }]",
    "[{ name: x }]",
    "[{ name: retention.ms, value: 7d }]",
    "[orders:3:1]",
    "[{ cleanup.policy: compact }, { retention.ms: 7d }]",
    "{}",
    "{ a: b }",
    "{ a: 3 }",
    "{ a: null }",
    "{ a: [x] }",
    "{ a: { b: c } }",
    "{ a: [[x]] }",
    "{ a: { partitions: 3, replication: 1 } }",
    "{ orders: { partitions: 3 }, payments: null }",
    "{ cleanup: { policy: compact } }",
    "{ cleanup.policy: { a: compact } }",
    "{ cleanup.policy: [[compact]] }",
    "{ hours: 168 }",
    "{ days: [7] }",
    "{ flush.ms: { a: b } }",
    "{ count: 6 }",
    "{ name: x }",
    "{ name: [x] }",
    "{ prod: kafka:9092 }",
    "{ vendor-config: [warn] }",
];

/// What another part of the manifest would have to say.
const ELSEWHERE: &[Code] = &[
    Code::UnknownTier,
    Code::UnknownProfile,
    Code::UnknownCluster,
    Code::UnknownTopic,
    Code::UnstatedReference,
    Code::Cycle,
    Code::DuplicateTopic,
    Code::DuplicateDeclaration,
    Code::NameCollision,
    Code::PipelineUnknownStep,
    Code::PipelineTopicNotAllowed,
    Code::PipelineName,
    Code::MissingField,
    Code::CompactedFamily,
    Code::RetryRetentionBelowDelay,
    Code::NoTopics,
    Code::MinInsyncAboveReplication,
    Code::PolicyName,
    Code::PolicyPartitions,
    Code::PolicyReplicationFactor,
    Code::PolicyRetention,
    Code::PolicyConfig,
    Code::PolicyOwner,
    Code::PolicyProfile,
];

fn errors(text: &str) -> Vec<Diagnostic> {
    let manifests = read_texts(&[("topicctl.yaml", text.as_bytes())], &Request::default());
    let all = manifests.diagnostics.sorted(&manifests.sources).into_iter();
    all.filter(|one| one.severity == Severity::Error).collect()
}

/// What stands in backticks, which is YAML to write wherever there is a colon in it or it is alone.
fn offered(help: &str) -> Vec<&str> {
    help.split('`').skip(1).step_by(2).collect()
}

/// A manifest with one entry that can be replaced, as a whole or its value.
struct Written<'w> {
    before: &'w str,
    key: &'w str,
    value: &'w str,
    after: &'w str,
}

impl Written<'_> {
    fn text(&self) -> String {
        self.with_entry(&format!("{}: {}", self.key, self.value))
    }

    fn with_entry(&self, entry: &str) -> String {
        format!("{}{entry}{}", self.before, self.after)
    }

    /// The manifests that somebody may make of what is offered: in the place of the entry, of its
    /// value, of an entry or item within it, or of the key that it has already.
    fn followed(&self, offered: &str) -> Vec<String> {
        let entry = |value: &str| self.with_entry(&format!("{}: {value}", self.key));
        let inner = self.value.trim_start_matches(['[', '{', ' ']);
        let depth = self.value.len() - inner.len();
        let (open, _) = self.value.split_at(depth);
        let mut all = vec![self.with_entry(offered), entry(offered)];
        // Within brackets: the item or entry that is wrong.
        for (at, _) in open.match_indices(['[', '{']) {
            let (before, _) = self.value.split_at(at + 1);
            let closing = self.value.rfind([']', '}']).unwrap_or(self.value.len());
            let (_, after) = self.value.split_at(closing);
            all.push(entry(&format!("{before}{offered}{after}")));
            if let Some((key, _)) = self.value[at + 1..].split_once(": ") {
                all.push(entry(&format!("{before}{key}: {offered}{after}")));
            }
        }
        all
    }
}

fn is_accepted(text: &str) -> Result<(), String> {
    let wrong = errors(text)
        .into_iter()
        .find(|one| !ELSEWHERE.contains(&one.code));
    wrong.map_or(Ok(()), |one| Err(format!("{}: {}", one.code, one.message)))
}

#[test]
fn every_wrong_shape_of_every_field_has_a_way_out() {
    let objects = reachable(Document::SPEC);
    let ids: BTreeSet<_> = objects.iter().map(|object| object.id).collect();
    let placed: BTreeSet<_> = PLACES.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, placed);
    let mut failures = Vec::new();
    let mut followed = 0;
    for object in objects {
        for field in object.fields {
            for value in VALUES {
                follow(object, field.name, value, &mut followed, &mut failures);
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {followed}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(followed > 1000, "{followed}");
}

fn follow(
    object: &ObjectSpec,
    field: &str,
    value: &str,
    followed: &mut usize,
    failures: &mut Vec<String>,
) {
    let (_, place) = PLACES
        .iter()
        .find(|(id, _)| *id == object.id)
        .expect("a place");
    // The field stands once.
    let place = without(place, field);
    let (before, after) = place.split_once('@').expect("a mark");
    let written = Written {
        before,
        key: field,
        value,
        after,
    };
    for problem in errors(&written.text()) {
        if problem.code != Code::WrongType {
            continue;
        }
        *followed += 1;
        let case = format!("{} {field}: {value}: {}", object.id, problem.message);
        let Some(help) = &problem.help else {
            failures.push(format!("{case}: no help"));
            continue;
        };
        let offered = offered(help);
        let takes = |one: &&&str| {
            let manifests = written.followed(one);
            manifests.iter().any(|text| is_accepted(text).is_ok())
        };
        if offered.iter().find(takes).is_none() {
            failures.push(format!("{case}: {help}"));
        }
    }
}

/// A place without the entry of this name beside the mark.
fn without(place: &str, field: &str) -> String {
    let Some(mark) = place.find('@') else {
        return place.to_owned();
    };
    let open = place[..mark].rfind("{ ").map_or(0, |at| at + 2);
    let entries = place[open..mark].split(", ").filter(|entry| {
        !entry.trim_start().starts_with(&format!("{field}: ")) && !entry.trim().is_empty()
    });
    let kept: String = entries.map(|entry| format!("{entry}, ")).collect();
    format!("{}{kept}{}", &place[..open], &place[mark..])
}

const WRONG_CONFIG_VALUES: &[&str] = &[
    "1e3",
    "6.048e+08",
    "10_485_760",
    "1073741824.0",
    "0x10",
    "\"10,485,760\"",
    "7 days",
    "1.5h",
    "10MB",
    "1K",
    "50%",
    "\"0,5\"",
    "yes",
    "on",
    "\"0\"",
    "Compact",
    "compact+delete",
    "GZIP",
    "none",
    "forever",
    "168h",
    "[compact, DELETE]",
    "{ a: 1 }",
    "[[x]]",
    "lots",
];

#[test]
fn every_offered_value_of_a_configuration_is_one() {
    let mut followed = 0;
    for spec in catalog::all() {
        for value in WRONG_CONFIG_VALUES {
            let written = Written {
                before: "{ topics: [{ name: a, config: { ",
                key: spec.name,
                value,
                after: " } }] }",
            };
            for problem in errors(&written.text()) {
                let help = problem.help.expect("a way out");
                if !help.starts_with("write") {
                    continue;
                }
                followed += 1;
                let offered = offered(&help);
                let is_right = |one: &str| {
                    let mut manifests = written.followed(one).into_iter();
                    manifests.any(|text| is_accepted(&text).is_ok())
                };
                let right = offered.iter().any(|one| is_right(one));
                assert!(right, "{}: {value}: {}: {help}", spec.name, problem.message);
            }
        }
    }
    assert!(followed > 100, "{followed}");
}

#[test]
fn every_other_name_of_a_configuration_has_its_value_converted() {
    let values = [
        "168",
        "604800000",
        "1",
        "-1",
        "0",
        "7d",
        "compact",
        "0.5",
        "true",
        "6.048e+08",
        "${X}",
    ];
    let of_brokers = catalog::all()
        .iter()
        .flat_map(|spec| spec.broker_keys)
        .copied();
    let others = [
        "retention_hours",
        "retentionDays",
        "segment.hours",
        "retention.gb",
        "num.partitions",
    ];
    let fields = [
        "retention_hours",
        "retention_ms",
        "max.message.bytes",
        "log.retention.hours",
    ];
    for key in of_brokers
        .chain(others)
        .chain(["default.replication.factor"])
    {
        for value in values {
            let written = Written {
                before: "{ topics: [{ name: a, config: { ",
                key,
                value: &format!("\"{value}\""),
                after: " } }] }",
            };
            let Some(problem) = errors(&written.text())
                .into_iter()
                .find(|one| one.code == Code::UnknownConfig)
            else {
                continue;
            };
            let help = problem.help.expect("a way out");
            for offered in offered(&help).into_iter().filter(|one| one.contains(": ")) {
                let own = ["retention: ", "partitions: ", "replication_factor: "];
                let text = match own.iter().any(|own| offered.starts_with(own)) {
                    true => format!("{{ topics: [{{ name: a, {offered} }}] }}"),
                    false => written.with_entry(offered),
                };
                assert_eq!(is_accepted(&text), Ok(()), "{key}: {value}: {help}");
                not_shortened(&text);
            }
        }
    }
    for key in fields {
        let text = format!("{{ topics: [{{ name: a, {key}: 604800000 }}] }}");
        let problem = errors(&text).remove(0);
        let help = problem.help.expect("a way out");
        let entry = offered(&help)
            .into_iter()
            .find(|one| one.contains(": "))
            .expect("YAML");
        let texts = [
            format!("{{ topics: [{{ name: a, {entry} }}] }}"),
            format!("{{ topics: [{{ name: a, config: {{ {entry} }} }}] }}"),
        ];
        assert!(
            texts.iter().any(|text| is_accepted(text).is_ok()),
            "{key}: {help}"
        );
    }
}

/// No advice leads to a retention that is asked about.
fn not_shortened(text: &str) {
    let manifests = read_texts(&[("topicctl.yaml", text.as_bytes())], &Request::default());
    let asked = manifests
        .diagnostics
        .iter()
        .any(|one| one.code == Code::UnlikelyDuration);
    assert!(!asked, "{text}");
}
