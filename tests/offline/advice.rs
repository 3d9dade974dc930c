//! Advice to change a manifest, followed: for every topic of projects that declare values in every
//! way there is, what a cluster has instead is declared as topicctl says, and nothing else moves.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::binary::{directory, topicctl_in};

/// What is in the directory, and the profile of the run.
struct Project {
    files: &'static [(&'static str, &'static str)],
    profile: Option<&'static str>,
}

/// Each says values in other ways: built-in tiers, tiers, the topics' own entries and blocks, the
/// same by references, anchors, pipelines, and all that a profile can do.
const PROJECTS: [Project; 7] = [
    Project {
        profile: None,
        files: &[(
            "topics.yaml",
            "policy: { partitions: { max: 6 } }
topics:
  - { name: limited, partitions: 5 }
  - { name: not-limited, external: true, partitions: 3 }
",
        )],
    },
    Project {
        profile: None,
        files: &[
            (
                "topics.yaml",
                "topics:
  - name: plainly
  - name: own
    partitions: 6
    replication_factor: 5
    config: { min.insync.replicas: 1 }
    dlq: true
  - { name: flow, partitions: 6, error: { partitions: 2 } }
  - name: ladder
    retry: { delays: [5m, 10m], partitions: 2 }
  - name: followed
    partitions: 4
    retry: { delays: [5m, { delay: 1h, partitions: 7 }] }
  - name: joined
    partitions: { same_as: followed }
  - name: joined-again
    partitions: { same_as: joined }
    replication_factor: 5
  - name: theirs
    external: true
    partitions: 3
  - name: also-theirs
    partitions: 3
",
            ),
            (
                "other.yaml",
                "topics:
  - { name: also-theirs, external: true, partitions: 3 }
",
            ),
        ],
    },
    Project {
        profile: None,
        files: &[
            (
                "topicctl.yaml",
                "tiers:
  shared:
    extends: standard
    partitions: 6
    replication_factor: 5
    config: { min.insync.replicas: 2 }
",
            ),
            (
                "topics.yaml",
                "topics:
  - { name: one, tier: shared }
  - { name: two, tier: shared, dlq: { name: two.dead } }
  - name: three
    tier: shared
    partitions: &count 9
    replication_factor: 3
  - name: four
    tier: shared
    partitions: *count
    replication_factor: 3
",
            ),
        ],
    },
    Project {
        profile: Some("prod"),
        files: &[(
            "topics.yaml",
            "tiers:
  shared: { extends: standard, partitions: 6 }
topics:
  - { name: one, tier: shared }
  - { name: two, tier: shared, dlq: true, retry: { delays: [5m] } }
  - name: three
    tier: shared
  - name: four
    partitions: 2
profiles:
  base: { all: { partitions: 3 } }
  prod:
    extends: base
    tiers: { shared: { replication_factor: 5, config: { min.insync.replicas: 2 } } }
    topics:
      - { name: three, partitions: 12 }
      - name: two-dlq
        partitions: 2
  dev: { all: { replication_factor: 1 } }
",
        )],
    },
    Project {
        profile: Some("dev"),
        files: &[
            (
                "topicctl.yaml",
                "profiles:\n  dev: { all: { replication_factor: 4 } }\n  prod: {}\n",
            ),
            (
                "topics.yaml",
                "topics:
  - name: one
    partitions: ${COUNT:-6}
    config: { min.insync.replicas: 1 }
  - { name: two, error: true }
",
            ),
        ],
    },
    Project {
        profile: None,
        files: &[(
            "topics.yaml",
            "pipelines:
  - name: search
    steps:
      - name: ingest
        output: { partitions: 6 }
        error: true
        dead_letter: { partitions: 2 }
      - name: chunk
        consumes: [ingest.output]
        output: true
        dead_letter: true
",
        )],
    },
    Project {
        profile: Some("prod"),
        files: &[(
            "topics.yaml",
            "pipelines:
  - name: search
    steps:
      - { name: ingest, output: true, error: true }
      - { name: chunk, consumes: [ingest.output], output: { partitions: 8 } }
profiles:
  prod: { all: { partitions: 5 } }
",
        )],
    },
];

/// The brokers of the cluster.
const BROKERS: [i32; 3] = [1, 2, 3];

/// A directory with a project in it.
struct Followed<'a> {
    directory: &'a Path,
    profile: Option<&'a str>,
}

impl Followed<'_> {
    fn run(&self, words: &[&str], profile: Option<&str>) -> Value {
        let profile = profile.map(|profile| ["-p", profile]);
        let run = topicctl_in(self.directory, words).args(profile.as_ref().map_or(&[], |all| all));
        let ended = run.run();
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| {
            panic!(
                "{words:?} {profile:?}: {error}\n{}\n{}",
                ended.stdout, ended.stderr
            )
        })
    }

    /// The declared topics, by what matters to a broker.
    fn declared(&self, profile: Option<&str>) -> Vec<Value> {
        let rendered = self.run(&["render", "-o", "json", "."], profile);
        let mut topics = rendered["topics"].as_array().expect("topics").clone();
        for topic in &mut topics {
            topic["line"] = Value::Null;
        }
        topics
    }

    fn verify(&self) -> Value {
        let words = [
            "verify",
            "-o",
            "json",
            "--cluster-snapshot",
            "cluster.json",
            ".",
        ];
        self.run(&words, self.profile)
    }
}

/// A cluster that has all topics as they are declared, but for what one of them has instead.
fn snapshot(declared: &[Value], other: &str, field: &str, count: usize) -> String {
    let topics = declared.iter().map(|topic| {
        let name = topic["name"].as_str().expect("a name");
        let found = |what: &str| match (name, what) {
            (one, what) if one == other && what == field => count,
            _ => usize::try_from(topic[what].as_u64().unwrap_or(3)).expect("a count"),
        };
        // Others with more replicas than there are brokers are not what is looked at: no broker may
        // seem to be down.
        let replicas = BROKERS.iter().cycle().take(found("replication_factor"));
        let replicas: Vec<_> = replicas.collect();
        let partitions = (0..found("partitions"))
            .map(|id| json!({ "id": id, "leader": 1, "replicas": replicas, "in_sync": replicas }));
        let config = topic["config"].as_object().expect("a configuration").iter();
        let config: serde_json::Map<_, _> = config
            .map(|(key, value)| (key.clone(), json!({ "value": value, "origin": "topic" })))
            .collect();
        let present = json!({
            "status": "present",
            "partitions": partitions.collect::<Vec<_>>(),
            "config": config,
        });
        (name.to_owned(), present)
    });
    json!({
        "schema": "topicctl.snapshot/1",
        "taken_at": "2026-03-01T09:30:00Z",
        "cluster": { "id": "MkU3OEVBNTcwNTJENDM2Qg", "brokers": BROKERS },
        "reached": { "bootstrap_servers": "kafka:9092", "command_config": null, "user": null },
        "scope": { "select": [{ "glob": "*", "complete": true }], "ignore": [] },
        "topics": topics.collect::<serde_json::Map<_, _>>(),
    })
    .to_string()
}

/// Writes the line where the advice says.
fn follow(directory: &Path, advice: &str, yaml: &str) {
    let is_document = ["accepted_mismatches:", "profiles:"]
        .iter()
        .any(|key| yaml.starts_with(key));
    if is_document {
        let word = advice
            .split([' ', ',', ':'])
            .find(|word| word.ends_with(".yaml"));
        let file = directory.join(word.expect("a file"));
        let text = fs::read_to_string(&file).expect("a file");
        return fs::write(&file, format!("{text}---\n{yaml}\n")).expect("written");
    }
    let place = advice.split(['(', ')']).next().expect("a place");
    let place = place
        .split(", ")
        .last()
        .expect("a place")
        .trim()
        .trim_end_matches(':');
    let (file, line) = place.split_once(':').expect("FILE:LINE");
    let (file, line) = (
        directory.join(file),
        line.parse::<usize>().expect("a line") - 1,
    );
    let text = fs::read_to_string(&file).expect("a file");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (field, value) = yaml.split_once(": ").expect("a field");
    let is_block = advice.contains("in its own block");
    let stated = |line: &String| match is_block {
        true => line.rfind(&format!("{field}: ")),
        false => line.find(&format!("{field}: ")),
    };
    let indent = |line: &String| line.len() - line.trim_start_matches([' ', '-']).len();
    let own = indent(&lines[line]);
    let further = lines[line + 1..]
        .iter()
        .take_while(|next| indent(next) >= own && !next.trim_start().starts_with('-'));
    let end = line + 1 + further.count();
    let says = |at: &usize| match *at == line {
        true => stated(&lines[line]).is_some(),
        false => lines[*at].trim_start().starts_with(&format!("{field}: ")),
    };
    let said = (line..end).find(says);
    match said {
        Some(at) => {
            let start = stated(&lines[at]).expect("stated") + field.len() + 2;
            let stated = &lines[at][start..];
            let end = match stated.starts_with(['{', '$']) {
                true => stated.find('}').map(|brace| brace + 1),
                false => stated.find([',', '}', ' ']),
            };
            let rest = end.map_or(lines[at].len(), |end| start + end);
            lines[at].replace_range(start..rest, value);
        }
        None => match if is_block {
            lines[line].find('}')
        } else {
            lines[line].rfind('}')
        } {
            Some(brace) => lines[line].insert_str(brace, &format!(", {yaml} ")),
            None => lines.insert(line + 1, format!("{}{yaml}", " ".repeat(own))),
        },
    }
    fs::write(&file, lines.join("\n") + "\n").expect("written");
}

/// Follows the advice about one field of one topic; says what it was.
fn moves_nothing_else(project: &Project, name: &str, field: &str, count: usize) -> String {
    let place = directory(project.files);
    let followed = Followed {
        directory: place.path(),
        profile: project.profile,
    };
    let profiles = || [None, Some("prod"), Some("dev"), Some("base")];
    let known = |profile: &Option<&str>| {
        profile.is_none_or(|name| {
            project
                .files
                .iter()
                .any(|(_, text)| text.contains(&format!("  {name}:")))
        })
    };
    let before: Vec<_> = profiles()
        .into_iter()
        .filter(known)
        .map(|one| (one, followed.declared(one)))
        .collect();
    let declared = followed.declared(project.profile);
    let file = place.path().join("cluster.json");
    fs::write(file, snapshot(&declared, name, field, count)).expect("a snapshot");
    let report = followed.verify();
    let topics = report["topics"].as_array().expect("topics");
    let topic = topics
        .iter()
        .find(|one| one["name"] == name)
        .expect("the topic");
    let mismatch = &topic["mismatches"][0];
    let advice = mismatch["advice"]
        .as_str()
        .unwrap_or_else(|| panic!("no advice: {topic}"));
    let yaml = mismatch["declaration"]
        .as_str()
        .unwrap_or_else(|| panic!("no line: {topic}"));
    let what = format!("{name} {field} {count}: {advice} {yaml}");

    follow(place.path(), advice, yaml);
    let report = followed.verify();
    for topic in report["topics"]
        .as_array()
        .unwrap_or_else(|| panic!("{what}: {report}"))
    {
        let status = topic["status"].as_str().expect("a status");
        let is_fine = status == "matching" || (topic["name"] == name && status == "accepted");
        assert!(is_fine, "{what}: {topic}");
    }
    assert_eq!(report["diagnostics"], json!([]), "{what}");
    for (profile, before) in before {
        let after = followed.declared(profile);
        for (before, after) in before.iter().zip(&after) {
            // A topic's own entry holds under all profiles that say nothing else.
            let is_its_own =
                before["name"] == name && (profile == project.profile || project.profile.is_none());
            assert!(
                is_its_own || before == after,
                "{what}, under {profile:?}: {after}"
            );
        }
        assert_eq!(before.len(), after.len(), "{what}");
    }
    what
}

#[test]
fn advice_to_declare_something_else_moves_no_other_topic() {
    let mut followed = Vec::new();
    for project in &PROJECTS {
        let place = directory(project.files);
        let here = Followed {
            directory: place.path(),
            profile: project.profile,
        };
        for topic in here.declared(project.profile) {
            let name = topic["name"].as_str().expect("a name");
            if let Some(count) = topic["partitions"].as_u64() {
                let more = usize::try_from(count).expect("a count") + 4;
                followed.push(moves_nothing_else(project, name, "partitions", more));
            }
            if topic["replication_factor"]
                .as_u64()
                .is_some_and(|factor| factor > 3)
            {
                for fewer in [1, 3] {
                    followed.push(moves_nothing_else(
                        project,
                        name,
                        "replication_factor",
                        fewer,
                    ));
                }
            }
        }
    }
    // Each way out was taken.
    for way in [
        "in its own entry",
        "the policy does not allow",
        "for this topic under profile",
        "in its entry of `profiles.prod.topics`",
        "accept it",
        "would follow",
        "min.insync.replicas would",
        "holds for",
    ] {
        assert!(
            followed.iter().any(|one| one.contains(way)),
            "{way}: {followed:#?}"
        );
    }
}
