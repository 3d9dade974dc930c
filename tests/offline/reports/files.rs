//! `--report` of the binary: which files there are when it has ended, and what is in them.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::binary::{OpenBinary, command as topicctl};
use crate::support::report_grammar::{self as grammar, FORMATS};

const ORDERS: &str = "topics: [{ name: orders }]\n";
/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

/// A directory with a manifest.
fn directory(manifest: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("rights");
    fs::write(directory.path().join("topics.yaml"), manifest).expect("a file");
    directory
}

#[track_caller]
fn run(directory: &TempDir, args: &[&str]) -> Output {
    let output = topicctl(directory.path(), args).output();
    output.expect("topicctl runs")
}

#[track_caller]
fn ends(output: &Output, code: i32) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
}

/// The file is a whole report of the format.
#[track_caller]
fn holds(directory: &TempDir, name: &str, format: &str, words: &str) {
    let text = fs::read_to_string(directory.path().join(name)).expect(name);
    assert_eq!(grammar::check(format, &text), Ok(()), "{text}");
    assert!(text.contains(words), "{words} is not in\n{text}");
}

/// Everything in a directory.
fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).expect("a directory");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    names.sort();
    names
}

#[test]
fn several_files_get_their_reports_and_stdout_stays_as_it_is() {
    let directory = directory(ORDERS);
    let alone = run(&directory, &["validate", "topics.yaml"]);
    let output = run(
        &directory,
        &[
            "validate",
            "topics.yaml",
            "--report",
            "json=r.json",
            "--report",
            "junit=r.xml",
            "--report",
            "markdown=r.md",
            "--report",
            "github=r.txt",
            "--report",
            "prometheus=r.prom",
            "--report",
            "text=r.log",
        ],
    );
    ends(&output, 0);
    assert_eq!(output.stdout, alone.stdout);
    holds(&directory, "r.json", "json", "\"exit_code\": 0");
    holds(&directory, "r.xml", "junit", "name=\"orders\"");
    holds(&directory, "r.md", "markdown", "`orders`");
    holds(&directory, "r.txt", "github", "1 topic declared");
    holds(
        &directory,
        "r.prom",
        "prometheus",
        "topicctl_topics_declared 1",
    );
    holds(&directory, "r.log", "text", "1 topic declared");
    let left = [
        "r.json",
        "r.log",
        "r.md",
        "r.prom",
        "r.txt",
        "r.xml",
        "topics.yaml",
    ];
    assert_eq!(names(&directory), left);
}

#[test]
fn the_variable_names_several_files() {
    let directory = directory(ORDERS);
    let output = topicctl(directory.path(), &["validate", "topics.yaml"])
        .env("TOPICCTL_REPORT", "json=a.json,markdown=b.md")
        .output();
    ends(&output.expect("topicctl runs"), 0);
    holds(&directory, "a.json", "json", "\"validate\"");
    holds(&directory, "b.md", "markdown", "topicctl validate");
}

/// Runs with a report in every format, each of which keeps to its grammar and says the words that
/// stand for it in the order of [`FORMATS`].
#[track_caller]
fn reports_in_every_format(manifest: &str, args: &[&str], code: i32, words: [&str; 6]) {
    let directory = directory(manifest);
    let name = |extension| format!("r.{extension}");
    let reports =
        FORMATS.map(|(format, extension)| format!("--report={format}={}", name(extension)));
    let mut args = args.to_vec();
    args.extend(reports.iter().map(String::as_str));
    ends(&run(&directory, &args), code);
    for ((format, extension), words) in FORMATS.iter().zip(words) {
        holds(&directory, &name(extension), format, words);
    }
}

#[test]
fn invalid_manifests_are_reported_to_files_of_every_format() {
    let manifest = "topics: [{ name: orders, partitons: 6 }]\n";
    let words = [
        "error[unknown-field]",
        "\"unknown-field\"",
        "\" type=\"unknown-field\">",
        "error[unknown-field]",
        "::error file=topics.yaml,line=1,col=26,title=unknown-field::",
        "topicctl_exit_code 2",
    ];
    for command in ["validate", "plan", "verify", "apply"] {
        let args = match command {
            "validate" => vec![command, "topics.yaml"],
            _ => vec![command, "topics.yaml", "-b", NOWHERE],
        };
        reports_in_every_format(manifest, &args, 2, words);
    }
}

#[test]
fn a_cluster_that_is_not_reached_is_reported_to_files_of_every_format() {
    let words = [
        "error[unreachable]: ",
        "\"unknown\"",
        "\" type=\"unknown\">",
        "error[unreachable]: ",
        "::error title=",
        "topicctl_exit_code 3",
    ];
    for command in ["plan", "verify", "apply"] {
        let args = [command, "topics.yaml", "-b", NOWHERE, "--timeout", "1s"];
        reports_in_every_format(ORDERS, &args, 3, words);
    }
}

#[test]
fn usage_that_is_wrong_after_all_is_reported_to_files_of_every_format() {
    let words = [
        "error",
        "\"usage\"",
        "\" type=\"usage\">",
        "error",
        "::error title=topicctl verify%3A usage::",
        "topicctl_exit_code 2",
    ];
    let args = ["verify", "topics.yaml", "--fail-on", "none,missing"];
    reports_in_every_format(ORDERS, &args, 2, words);
    // A connection that is described wrongly, before anything is sent.
    let words = [
        "error",
        "\"connection\"",
        "\" type=\"connection\">",
        "error",
        "::error title=topicctl verify%3A connection::",
        "topicctl_exit_code 2",
    ];
    let args = [
        "verify",
        "topics.yaml",
        "-b",
        NOWHERE,
        "-X",
        "no.such.property=1",
    ];
    reports_in_every_format(ORDERS, &args, 2, words);
}

/// A signal before the cluster has answered.
#[test]
fn an_interrupted_run_is_reported_to_files_of_every_format() {
    let directory = directory(ORDERS);
    let mut args = vec!["verify", "topics.yaml", "-b", NOWHERE, "--wait", "60s"];
    let reports = FORMATS.map(|(format, extension)| format!("--report={format}=r.{extension}"));
    args.extend(reports.iter().map(String::as_str));
    let mut command = topicctl(directory.path(), &args);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("topicctl runs");
    // It waits from its first word on, and listens for signals before it.
    let stderr = child.stderr.take().expect("its stderr");
    let mut stderr = BufReader::new(stderr);
    stderr.read_line(&mut String::new()).expect("a line");
    kill_process(Pid::from_child(&child), Signal::TERM).expect("a running process");
    let _ = stderr.read_to_string(&mut String::new());
    assert_eq!(child.wait().expect("it ends").code(), Some(143));
    for (format, extension) in FORMATS {
        let words = match format {
            "prometheus" => "topicctl_exit_code 143",
            _ => "interrupted",
        };
        holds(&directory, &format!("r.{extension}"), format, words);
    }
}

#[test]
fn usage_errors_come_in_the_format_of_stdout() {
    let directory = directory(ORDERS);
    for format in ["json", "junit", "markdown", "github", "prometheus"] {
        let output = run(&directory, &["verify", "--frofile", "dev", "-o", format]);
        ends(&output, 2);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(grammar::check(format, &text), Ok(()), "{text}");
        assert_ne!(text, "");
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_reported_before_connecting() {
    let directory = directory(ORDERS);
    fs::create_dir(directory.path().join("taken")).expect("a directory");
    for wrong in ["nowhere/r.json", "taken", "topics.yaml/r.json"] {
        let report = format!("json={wrong}");
        // The cluster would be waited for, and is not.
        let args = [
            "verify",
            "topics.yaml",
            "-b",
            NOWHERE,
            "--wait",
            "60s",
            "--report",
            &report,
        ];
        let started = std::time::Instant::now();
        let output = run(
            &directory,
            &[&args[..], &["--report", "junit=r.xml"]].concat(),
        );
        ends(&output, 2);
        assert!(started.elapsed().as_secs() < 30);
        let reported = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            reported.contains(&format!("cannot write the report {wrong}")),
            "{reported}"
        );
        // The other report says so too.
        holds(&directory, "r.xml", "junit", "cannot write the report");
    }
    assert_eq!(names(&directory), ["r.xml", "taken", "topics.yaml"]);
}

#[test]
fn a_manifest_gives_no_commands_to_the_runner_that_prints_it() {
    let directory =
        directory("topics:\n  - name: a\n    partitions: \"::error::owned ##[error]owned\"\n");
    let output = topicctl(directory.path(), &["validate", "topics.yaml"])
        .env("GITHUB_ACTIONS", "true")
        .output()
        .expect("topicctl runs");
    ends(&output, 2);
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(text.contains("owned"), "{text}");
    let commands = grammar::github(&text).expect("no command");
    assert_eq!(commands.len(), 0, "{text}");
}

#[test]
fn two_reports_do_not_share_a_file() {
    let directory = directory(ORDERS);
    let args = [
        "validate",
        "topics.yaml",
        "--report",
        "json=r",
        "--report",
        "junit=./r",
    ];
    ends(&run(&directory, &args), 2);
    holds(&directory, "r", "json", "two results for ./r");
}

#[test]
fn standard_output_is_no_report_file() {
    let directory = directory(ORDERS);
    ends(
        &run(
            &directory,
            &["validate", "topics.yaml", "--report", "json=-"],
        ),
        2,
    );
    assert_eq!(names(&directory), ["topics.yaml"]);
}

#[test]
fn a_new_file_has_the_rights_that_new_files_have() {
    let directory = directory(ORDERS);
    let path = directory.path().join("r.json");
    ends(
        &run(
            &directory,
            &["validate", "topics.yaml", "--report", "json=r.json"],
        ),
        0,
    );
    let other = directory.path().join("other");
    fs::write(&other, "").expect("a file");
    let mode = |path: &Path| fs::metadata(path).expect("a file").mode();
    assert_eq!(mode(&path), mode(&other));
}

#[test]
fn a_file_that_exists_is_replaced_whole_and_keeps_its_rights() {
    let directory = directory(ORDERS);
    let path = directory.path().join("r.json");
    fs::write(&path, "x".repeat(100_000)).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("rights");
    let mut before = fs::File::open(&path).expect("a file");
    ends(
        &run(
            &directory,
            &["validate", "topics.yaml", "--report", "json=r.json"],
        ),
        0,
    );
    holds(&directory, "r.json", "json", "\"validate\"");
    assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o640);
    // Who has the old one open still reads all of it: it was not written over.
    let mut old = String::new();
    before.read_to_string(&mut old).expect("text");
    assert_eq!(old.len(), 100_000);
}

#[test]
fn a_link_stays_a_link() {
    let directory = directory(ORDERS);
    let (path, link) = (
        directory.path().join("real.json"),
        directory.path().join("r.json"),
    );
    fs::write(&path, "old").expect("a file");
    symlink("real.json", &link).expect("a link");
    ends(
        &run(
            &directory,
            &["validate", "topics.yaml", "--report", "json=r.json"],
        ),
        0,
    );
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    holds(&directory, "real.json", "json", "\"validate\"");
}

#[test]
fn a_device_is_written_to_and_stays_one() {
    let directory = directory(ORDERS);
    let args = [
        "validate",
        "topics.yaml",
        "--report",
        "json=/dev/stderr",
        "--report",
        "text=/dev/null",
    ];
    let output = run(&directory, &args);
    ends(&output, 0);
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(grammar::check("json", &text), Ok(()), "{text}");
    assert!(!fs::metadata("/dev/null").expect("a device").is_file());
}

/// As somebody who may write the file but not its directory, which is how the summary of a step
/// may be mounted.
#[test]
fn a_file_in_a_directory_without_rights_is_written_in_place() {
    let directory = directory(ORDERS);
    let closed = directory.path().join("closed");
    fs::create_dir(&closed).expect("a directory");
    let path = closed.join("summary.md");
    fs::write(&path, "x".repeat(10_000)).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("rights");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).expect("rights");
    let args = [
        "validate",
        "topics.yaml",
        "--report",
        "markdown=closed/summary.md",
    ];
    let binary = OpenBinary::new();
    let mut command = binary.command(directory.path(), &args);
    let mut other = binary.command(
        directory.path(),
        &[
            "validate",
            "topics.yaml",
            "--report",
            "markdown=closed/new.md",
        ],
    );
    if fs::write(closed.join("probe"), "").is_ok() {
        // Rights do not hold for us, so for somebody else: nobody.
        fs::remove_file(closed.join("probe")).expect("it can go");
        command.uid(65_534);
        other.uid(65_534);
    }
    let output = command.output().expect("topicctl runs");
    let refused = other.output().expect("topicctl runs");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("rights");
    ends(&output, 0);
    holds(
        &directory,
        "closed/summary.md",
        "markdown",
        "1 topic declared",
    );
    ends(&refused, 2);
}
