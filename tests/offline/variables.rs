//! Variables that stand in for flags: one that cannot be used is told by its own name, and not by
//! the flag that nobody gave.

use std::collections::BTreeSet;

use clap::CommandFactory;
use topicctl::commands::Cli;

use crate::support::binary::command;

/// Values that cannot be used, the command that says so, and nothing else on its command line.
const UNUSABLE: [(&str, &str, &str); 44] = [
    ("TOPICCTL_BOOTSTRAP_SERVERS", "kafka", "verify m.yaml"),
    (
        "TOPICCTL_COMMAND_CONFIG",
        "none.properties",
        "verify m.yaml",
    ),
    ("TOPICCTL_X", "no.such.setting=1", "verify m.yaml"),
    ("TOPICCTL_TIMEOUT", "5", "verify m.yaml"),
    ("TOPICCTL_WAIT", "soon", "verify m.yaml"),
    ("TOPICCTL_WAIT_TOPICS", "soon", "verify m.yaml"),
    ("TOPICCTL_OUTPUT", "yaml", "validate m.yaml"),
    (
        "TOPICCTL_REPORT",
        "json=none/report.json",
        "validate m.yaml",
    ),
    ("TOPICCTL_VERBOSE", "maybe", "validate m.yaml"),
    ("TOPICCTL_QUIET", "maybe", "validate m.yaml"),
    ("TOPICCTL_COLOR", "blue", "validate m.yaml"),
    ("TOPICCTL_SELECT", "tire:gold", "validate m.yaml"),
    ("TOPICCTL_DENY_WARNINGS", "maybe", "validate m.yaml"),
    (
        "TOPICCTL_MANIFESTS",
        "none.yaml",
        "partition key --topic orders",
    ),
    ("TOPICCTL_PROFILE", "none", "validate m.yaml"),
    ("TOPICCTL_CLUSTER", "none", "validate m.yaml"),
    ("TOPICCTL_VAR", "a", "validate m.yaml"),
    ("TOPICCTL_NO_ENV", "maybe", "validate m.yaml"),
    ("TOPICCTL_FAIL_ON", "none,missing", "verify m.yaml"),
    ("TOPICCTL_CLUSTER_SNAPSHOT", "none.json", "verify m.yaml"),
    ("TOPICCTL_STRICT", "maybe", "verify m.yaml"),
    ("TOPICCTL_UNMANAGED", "maybe", "verify m.yaml"),
    (
        "TOPICCTL_WRITE_ACCEPTED",
        "none/a.yaml",
        "verify m.yaml -b localhost:1",
    ),
    (
        "TOPICCTL_REMEDIES",
        "none/a.sh",
        "verify m.yaml -b localhost:1",
    ),
    ("TOPICCTL_ALL_CLUSTERS", "maybe", "verify m.yaml"),
    ("TOPICCTL_GROUPS", "maybe", "verify m.yaml"),
    ("TOPICCTL_IGNORE", "[", "verify m.yaml -b localhost:1"),
    ("TOPICCTL_DRY_RUN", "maybe", "apply m.yaml"),
    ("TOPICCTL_WAIT_BROKERS", "0", "apply m.yaml"),
    ("TOPICCTL_SETTLE_TIMEOUT", "soon", "apply m.yaml"),
    ("TOPICCTL_NO_SETTLE", "maybe", "apply m.yaml"),
    ("TOPICCTL_ALL_PROFILES", "maybe", "validate m.yaml"),
    ("TOPICCTL_EXPORT_SELECT", "[", "export -b localhost:1"),
    ("TOPICCTL_SNAPSHOT", "none/a.json", "export -b localhost:1"),
    (
        "TOPICCTL_EXPLAIN_OUTPUT",
        "yaml",
        "explain orders -f m.yaml",
    ),
    ("TOPICCTL_DOCTOR_OUTPUT", "pdf", "doctor -b localhost:1"),
    ("TOPICCTL_RENDER_OUTPUT", "pdf", "render m.yaml"),
    (
        "TOPICCTL_PARTITION_OUTPUT",
        "pdf",
        "partition key --topic orders -f m.yaml",
    ),
    (
        "TOPICCTL_STDIN",
        "maybe",
        "partition --partitions 3 --partitioner md5",
    ),
    ("TOPICCTL_TOPIC", "none", "partition key -f m.yaml"),
    (
        "TOPICCTL_PARTITIONS",
        "0",
        "partition key --partitioner md5",
    ),
    (
        "TOPICCTL_PARTITIONER",
        "sha1",
        "partition key --partitions 3",
    ),
    (
        "TOPICCTL_TO",
        "0",
        "partition key --partitions 3 --partitioner md5",
    ),
    ("TOPICCTL_LOG", "=", "validate m.yaml"),
];

/// Any text will do.
const ALWAYS_USABLE: [&str; 2] = ["TOPICCTL_CLIENT_ID", "TOPICCTL_TITLE"];

#[test]
fn a_variable_that_cannot_be_used_is_told_by_its_name() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(
        directory.path().join("m.yaml"),
        "topics: [{ name: orders }]\n",
    )
    .expect("a manifest");
    for (variable, value, line) in UNUSABLE {
        let args: Vec<_> = line.split(' ').collect();
        let run = command(directory.path(), &args)
            .env(variable, value)
            .output();
        let run = run.expect("topicctl runs");
        let said = String::from_utf8_lossy(&run.stderr);
        let first: Vec<_> = said.lines().take_while(|line| !line.is_empty()).collect();
        let first = first.join("\n");
        assert!(
            first.contains(variable),
            "{variable}={value} {line}\n{said}"
        );
        let code = match variable {
            "TOPICCTL_LOG" => 0,
            _ => 2,
        };
        assert_eq!(run.status.code(), Some(code), "{variable}\n{said}");
    }
}

#[test]
fn every_variable_is_tried() {
    let mut cli = Cli::command();
    cli.build();
    let arguments = cli.get_subcommands().flat_map(clap::Command::get_arguments);
    let variables = arguments.filter_map(|one| Some(one.get_env()?.to_str()?.to_owned()));
    let tried = UNUSABLE.iter().map(|(variable, ..)| *variable);
    let tried: BTreeSet<_> = tried.chain(ALWAYS_USABLE).map(str::to_owned).collect();
    let untried: BTreeSet<_> = variables.filter(|one| !tried.contains(one)).collect();
    assert_eq!(untried, BTreeSet::new());
}
