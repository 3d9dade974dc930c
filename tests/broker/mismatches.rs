//! Every kind of mismatch and every origin on real brokers: what is reported of it, and that the
//! remedy corrects it exactly as it is printed.
//!
//! Topics are changed with Kafka's own tools. Remedies are run by a shell that finds these
//! tools by the names that a distribution gives them, and nothing else of the test.

mod config;
mod origins;
mod partitions;
mod replicas;
mod script;
mod secured;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use local_kafka::LocalKafka;
use serde_json::Value;
use tempfile::TempDir;

use crate::kafka::{SHARED as ONE, until};
use crate::support::binary::{Ended, flat, topicctl_in};

/// Three nodes for the tests of replicas, which take turns: a reassignment of one test would be
/// under way for the other.
static THREE: LazyLock<std::sync::Mutex<LocalKafka>> = LazyLock::new(|| {
    let options = LocalKafka::options().nodes(3);
    std::sync::Mutex::new(options.start().expect("brokers"))
});

fn three() -> std::sync::MutexGuard<'static, LocalKafka> {
    let guard = THREE.lock();
    guard.unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The tools that remedies are made of.
const TOOLS: [&str; 3] = ["kafka-topics", "kafka-configs", "kafka-reassign-partitions"];

/// A person's directory: manifests, and Kafka's tools on the way.
struct Place<'a> {
    kafka: &'a LocalKafka,
    directory: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl<'a> Place<'a> {
    /// With one manifest, `topics.yaml`.
    fn new(kafka: &'a LocalKafka, manifest: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let bin = directory.path().join("bin");
        fs::create_dir(&bin).expect("a directory");
        for tool in TOOLS {
            install(kafka, tool, &bin);
        }
        let place = Self {
            kafka,
            directory,
            variables: Vec::new(),
        };
        place.file("topics.yaml", manifest);
        place
    }

    /// Runs topicctl with this variable.
    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    /// `topicctl verify` of the manifest and these words.
    fn verify(&self, words: &[&str]) -> Ended {
        topicctl_in(self.directory.path(), &["verify", "topics.yaml"])
            .args(words)
            .env("KAFKA_BOOTSTRAP_SERVERS", self.kafka.bootstrap_servers())
            .envs(self.variables.iter().cloned())
            .run()
    }

    /// The mismatches of a topic by the JSON report, which gives exit code 1.
    #[track_caller]
    fn mismatches(&self, topic: &str) -> Vec<Value> {
        let ended = self.verify(&["-o", "json"]).exits(1);
        let report: Value = serde_json::from_str(&ended.stdout).expect("a report");
        let topics = report["topics"].as_array().expect("topics");
        let topic = topics.iter().find(|one| one["name"] == topic);
        let found = topic.and_then(|topic| topic["mismatches"].as_array());
        found.cloned().unwrap_or_else(|| panic!("{report:#}"))
    }

    /// Runs a script as a person does who copied it.
    fn shell(&self, script: &str) -> Ended {
        let path = std::env::var("PATH").expect("a PATH");
        let bin = self.path("bin");
        let output = Command::new("sh")
            .args(["-c", script])
            .env("PATH", format!("{}:{path}", bin.display()))
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .output();
        Ended::of(output.expect("a shell"))
    }

    /// Runs every remedy of a topic in the order of the report, each exactly as the text has it on
    /// a line of its own, and gives them.
    #[track_caller]
    fn remedy(&self, topic: &str) -> Vec<String> {
        let text = self.verify(&[]).exits(1);
        let remedies: Vec<String> = self
            .mismatches(topic)
            .iter()
            .map(|one| one["remedy"].as_str().expect("a remedy").to_owned())
            .collect();
        for remedy in &remedies {
            let line = text.stdout.lines().find(|line| line.trim() == remedy);
            let line = line.unwrap_or_else(|| panic!("no line is\n{remedy}\n{text}"));
            self.shell(line).exits(0);
        }
        remedies
    }

    /// Waits until no replicas move, by Kafka's own tool.
    fn until_nothing_moves(&self) {
        until("the reassignment ends", || {
            let list = self.kafka.tool("kafka-reassign-partitions", &["--list"]);
            let list = list.expect("a list");
            list.contains("No partition reassignments found")
                .then_some(())
        });
    }

    /// Waits until verify says so whichever broker it asks: one may lag a little behind the
    /// controller that a tool has changed something with, so that several runs in a row must agree.
    fn until_it_says(&self, text: &str) {
        const RUNS: usize = 3;
        let runs = RUNS * self.kafka.node_count();
        let mut agree = 0;
        until(text, || {
            let says = flat(&self.verify(&[]).stdout).contains(text);
            agree = if says { agree + 1 } else { 0 };
            (agree == runs).then_some(())
        });
    }

    /// Verify exits with 0 from now on.
    #[track_caller]
    fn is_clean(&self) {
        self.until_it_says("declared: all match");
        self.verify(&[]).exits(0);
    }
}

/// The tool under its own name, without the bootstrap servers that the harness gives it.
fn install(kafka: &LocalKafka, tool: &str, bin: &Path) {
    let command = kafka.client_tool_command(tool).expect("a tool");
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_str().expect("UTF-8"))
        .collect();
    let [words @ .., "--bootstrap-server", _] = words.as_slice() else {
        panic!("{words:?}")
    };
    let words = shlex::try_join(words.iter().copied()).expect("no NUL");
    let path = bin.join(tool);
    fs::write(&path, format!("#!/bin/sh\nexec {words} \"$@\"\n")).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its owner");
}

/// A topic that somebody made by hand.
fn create(kafka: &LocalKafka, name: &str, partitions: usize, replicas: usize, more: &[&str]) {
    if kafka.node_count() == 1 {
        let partitions = i32::try_from(partitions).expect("few");
        return crate::kafka::create(kafka, name, partitions, more);
    }
    let (partitions, replicas) = (partitions.to_string(), replicas.to_string());
    let size = [
        "--partitions",
        &partitions,
        "--replication-factor",
        &replicas,
    ];
    let words = [&["--create", "--topic", name][..], &size, more].concat();
    kafka.tool("kafka-topics", &words).expect("a topic");
}

/// The brokers of each partition, by `kafka-topics --describe`.
fn replicas(kafka: &LocalKafka, topic: &str) -> Vec<Vec<i32>> {
    let pattern = topic.replace('.', r"\.");
    let text = kafka.tool("kafka-topics", &["--describe", "--topic", &pattern]);
    let text = text.expect("a description");
    let lines = text
        .lines()
        .filter_map(|line| line.split_once("\tReplicas: "));
    lines
        .map(|(_, rest)| {
            let ids = rest.split('\t').next().unwrap_or_default().split(',');
            ids.map(|id| id.trim().parse().expect("an id")).collect()
        })
        .collect()
}

/// A mismatch by its key or field.
#[track_caller]
fn by_name<'a>(mismatches: &'a [Value], name: &str) -> &'a Value {
    let named = |one: &&Value| one["key"] == name || one["field"] == name;
    let one = mismatches.iter().find(named);
    one.unwrap_or_else(|| panic!("no {name}: {mismatches:#?}"))
}

/// `declared` and `found`.
fn values(mismatch: &Value) -> (&str, &str) {
    let word = |key: &str| mismatch[key].as_str().expect("a text");
    (word("declared"), word("found"))
}
