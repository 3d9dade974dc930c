//! The binary on inputs that a checkout cannot hold: links, pipes, files without rights, large
//! files. What can be committed is a scene in `tests/scenes`.

#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::binary::{OpenBinary, command as topicctl};
use crate::support::scene::Scene;

const ORDERS: &str = "topics: [{ name: orders }]\n";

/// A directory with these files, readable by everybody.
fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("rights");
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, content).expect("a file");
    }
    directory
}

fn validate(directory: &Path, args: &[&str]) -> Output {
    let args = [&["validate"], args].concat();
    topicctl(directory, &args).output().expect("topicctl runs")
}

/// Exit code, stdout and stderr.
fn reported(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[track_caller]
fn declares(output: &Output, names: &[&str]) {
    let (code, stdout, stderr) = reported(output);
    assert_eq!(code, Some(0), "{stderr}");
    let listed: Vec<_> = stdout
        .lines()
        .filter_map(|line| line.strip_prefix("  declared  "))
        .collect();
    let listed: Vec<_> = listed
        .iter()
        .map(|line| line.split_whitespace().next().unwrap_or_default())
        .collect();
    assert_eq!(listed, names);
}

#[track_caller]
fn refuses(output: &Output, words: &[&str]) {
    let (code, stdout, stderr) = reported(output);
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word} is not in\n{stderr}");
    }
}

#[test]
fn a_mounted_config_map_is_read_once() {
    // As Kubernetes mounts it: links to a link to a hidden directory.
    let directory = directory(&[("manifests/..2026_01/orders.yaml", ORDERS.as_bytes())]);
    let mount = directory.path().join("manifests");
    symlink("..2026_01", mount.join("..data")).expect("a link");
    symlink("..data/orders.yaml", mount.join("orders.yaml")).expect("a link");
    declares(
        &validate(directory.path(), &["manifests", "-v"]),
        &["orders"],
    );
}

#[test]
fn a_file_and_a_link_to_it_are_one_file() {
    let directory = directory(&[("orders.yaml", ORDERS.as_bytes())]);
    symlink("orders.yaml", directory.path().join("again.yaml")).expect("a link");
    declares(&validate(directory.path(), &[".", "-v"]), &["orders"]);
}

#[test]
fn links_to_directories_are_not_followed() {
    let directory = directory(&[
        ("manifests/orders.yaml", ORDERS.as_bytes()),
        ("outside.yaml", b"topics: [{ name: outside }]\n"),
    ]);
    let manifests = directory.path().join("manifests");
    symlink(".", manifests.join("round")).expect("a link");
    symlink("..", manifests.join("up.yaml")).expect("a link");
    declares(&validate(directory.path(), &["-v"]), &["orders"]);
}

#[test]
fn a_link_as_the_path_is_followed() {
    let directory = directory(&[("deep/orders.yaml", ORDERS.as_bytes())]);
    symlink("deep", directory.path().join("manifests")).expect("a link");
    declares(&validate(directory.path(), &["-v"]), &["orders"]);
}

#[test]
fn a_link_to_itself_is_unreadable() {
    let directory = directory(&[("orders.yaml", ORDERS.as_bytes())]);
    symlink("loop.yaml", directory.path().join("loop.yaml")).expect("a link");
    refuses(
        &validate(directory.path(), &["."]),
        &[
            "error[unreadable]: cannot read loop.yaml",
            "levels of symbolic links",
        ],
    );
}

#[test]
fn a_link_to_nothing_is_unreadable() {
    let directory = directory(&[("orders.yaml", ORDERS.as_bytes())]);
    symlink("gone.yaml", directory.path().join("dangling.yaml")).expect("a link");
    let output = validate(directory.path(), &["."]);
    refuses(
        &output,
        &[
            "error[unreadable]: cannot read dangling.yaml",
            "No such file",
        ],
    );
}

#[test]
fn a_pipe_in_a_directory_is_no_manifest_and_stops_nothing() {
    let directory = directory(&[("orders.yaml", ORDERS.as_bytes())]);
    let made = Command::new("mkfifo")
        .arg(directory.path().join("pipe.yaml"))
        .status();
    assert!(made.expect("mkfifo runs").success());
    let mut child = topicctl(directory.path(), &["validate", ".", "-v"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("topicctl runs");
    let started = Instant::now();
    while child.try_wait().expect("a status").is_none() {
        if started.elapsed() > Duration::from_secs(20) {
            child.kill().expect("it can be stopped");
            panic!("topicctl waits for somebody to write into the pipe");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    declares(&child.wait_with_output().expect("output"), &["orders"]);
}

#[test]
fn a_file_without_rights_is_reported_beside_other_problems() {
    let directory = directory(&[
        ("secret.yaml", ORDERS.as_bytes()),
        ("typo.yaml", b"topics: [{ name: a, partitons: 1 }]\n"),
    ]);
    let secret = directory.path().join("secret.yaml");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("rights");
    let binary = OpenBinary::new();
    let mut command = binary.command(directory.path(), &["validate", "."]);
    if fs::File::open(&secret).is_ok() {
        // Rights do not hold for us, so for somebody else: nobody.
        command.uid(65_534);
    }
    let output = command.output().expect("topicctl runs");
    refuses(
        &output,
        &[
            "error[unreadable]: cannot read secret.yaml",
            "Permission denied",
            "did you mean `partitions`?",
        ],
    );
}

#[test]
fn a_directory_without_rights_is_unreadable() {
    let directory = directory(&[
        ("closed/a.yaml", ORDERS.as_bytes()),
        ("b.yaml", ORDERS.as_bytes()),
    ]);
    let closed = directory.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("rights");
    let binary = OpenBinary::new();
    let mut command = binary.command(directory.path(), &["validate", "."]);
    if fs::read_dir(&closed).is_ok() {
        command.uid(65_534);
    }
    let output = command.output().expect("topicctl runs");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("rights");
    refuses(
        &output,
        &["error[unreadable]: cannot read closed", "Permission denied"],
    );
}

#[test]
fn utf_16_is_distinguished_from_other_encodings() {
    let utf_16: Vec<u8> = [0xfeff_u16]
        .into_iter()
        .chain(ORDERS.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let directory = directory(&[("orders.yaml", &utf_16)]);
    let output = validate(directory.path(), &["."]);
    refuses(
        &output,
        &["error[not-utf-8]", "this is UTF-16; save it as UTF-8"],
    );
}

#[test]
fn a_file_above_the_limit_is_refused_with_the_limit() {
    let directory = directory(&[]);
    let file = fs::File::create(directory.path().join("big.yaml")).expect("a file");
    // Holes take no disk.
    file.set_len((64 << 20) + 1).expect("a length");
    let output = validate(directory.path(), &["."]);
    refuses(
        &output,
        &[
            "error[too-large]: big.yaml is larger than 64 MiB",
            "split the file",
        ],
    );
}

#[test]
fn a_project_file_above_the_working_directory_is_found() {
    let directory = directory(&[
        (
            "topicctl.yaml",
            b"tiers: { big: { extends: standard, partitions: 48 } }\n",
        ),
        (
            "team/a/orders.yaml",
            b"topics: [{ name: orders, tier: big }]\n",
        ),
    ]);
    let output = validate(&directory.path().join("team/a"), &["orders.yaml", "-v"]);
    declares(&output, &["orders"]);
    assert!(reported(&output).1.contains("48 partitions"));
}

#[test]
fn names_with_spaces_and_letters_of_all_kinds_are_read() {
    let directory = directory(&[("meine themen/größe.yaml", ORDERS.as_bytes())]);
    declares(
        &validate(directory.path(), &["meine themen", "-v"]),
        &["orders"],
    );
}

#[test]
fn fifty_thousand_topics_in_a_file_are_read() {
    let mut text = String::from("topics:\n");
    for index in 0..50_000 {
        text.push_str(&format!(
            "  - {{ name: topic-{index}, partitions: 6, retention: 3d }}\n"
        ));
    }
    let directory = directory(&[("many.yaml", text.as_bytes())]);
    let (code, stdout, stderr) = reported(&validate(directory.path(), &["."]));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout, "50000 topics declared in 1 file: all valid.\n");
}

#[test]
fn a_chain_of_references_is_followed_to_its_end() {
    let mut text = String::from("topics:\n  - { name: t-0, partitions: 7 }\n");
    for index in 1..20_000 {
        let before = index - 1;
        text.push_str(&format!(
            "  - {{ name: t-{index}, partitions: {{ same_as: t-{before} }} }}\n"
        ));
    }
    let directory = directory(&[("chain.yaml", text.as_bytes())]);
    let output = validate(directory.path(), &[".", "-v", "-s", "t-19999"]);
    declares(&output, &["t-19999"]);
    assert!(reported(&output).1.contains("7 partitions"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut text = String::from("topics:\n");
    for index in 0..5_000 {
        text.push_str(&format!("  - {{ name: topic-{index} }}\n"));
    }
    let directory = directory(&[("many.yaml", text.as_bytes())]);
    let mut child = topicctl(directory.path(), &["validate", ".", "-v"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("topicctl runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("output");
    let (code, _, stderr) = reported(&output);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
}

#[test]
fn standard_input_that_is_not_utf_8_is_refused() {
    let directory = directory(&[]);
    let mut child = topicctl(directory.path(), &["validate", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("topicctl runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(b"topics: [{ name: caf\xe9 }]\n")
        .expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("output");
    refuses(&output, &["error[not-utf-8]: <stdin> is not UTF-8 text"]);
}

/// A directory where a snapshot and a cluster could be asked: nobody listens at the address.
fn askable() -> TempDir {
    let snapshot = Scene::named("snapshot-replayed");
    let clusters = "clusters: { prod: { bootstrap_servers: \"127.0.0.1:2\" } }\n";
    directory(&[
        ("cluster.json", snapshot.file("cluster.json")),
        ("manifests/topicctl.yaml", clusters.as_bytes()),
        ("manifests/orders.yaml", ORDERS.as_bytes()),
    ])
}

#[track_caller]
fn answers(args: &str, variables: &[(&str, &str)], wanted: Option<i32>, words: &str) {
    let directory = askable();
    let args: Vec<_> = args.split_whitespace().collect();
    let mut command = topicctl(directory.path(), &args);
    let output = command.envs(variables.iter().copied()).output();
    let (code, stdout, stderr) = reported(&output.expect("topicctl runs"));
    let all = format!("{stdout}{stderr}");
    assert_eq!(code, wanted, "{args:?}, {variables:?}\n{all}");
    assert!(all.contains(words), "{args:?}, {variables:?}\n{all}");
}

#[test]
fn flags_put_aside_the_variables_that_they_exclude() {
    let snapshot = ("TOPICCTL_CLUSTER_SNAPSHOT", "cluster.json");
    let servers = ("TOPICCTL_BOOTSTRAP_SERVERS", "127.0.0.1:3");
    let replay = "verify --cluster-snapshot cluster.json";
    let replayed = (Some(1), "snapshot of kafka:9092");
    let (all, one) = ("verify --all-clusters", "verify --cluster prod");
    let asked = (Some(3), "127.0.0.1:1");
    let chosen = (Some(3), "127.0.0.1:2");
    let runs = [
        (replay, ("TOPICCTL_GROUPS", "1"), replayed),
        (replay, ("TOPICCTL_X", "debug=all"), replayed),
        (replay, ("TOPICCTL_WAIT", "1s"), replayed),
        (replay, ("TOPICCTL_ALL_CLUSTERS", "1"), replayed),
        (replay, servers, replayed),
        ("verify -b 127.0.0.1:1", snapshot, asked),
        ("verify -b127.0.0.1:1", snapshot, asked),
        ("plan --bootstrap-servers=127.0.0.1:1", snapshot, asked),
        (
            "verify -b 127.0.0.1:1",
            ("TOPICCTL_ALL_CLUSTERS", "1"),
            asked,
        ),
        ("verify --groups -b 127.0.0.1:1", snapshot, asked),
        (one, ("TOPICCTL_ALL_CLUSTERS", "1"), chosen),
        (one, servers, chosen),
        (all, servers, chosen),
        (all, ("TOPICCTL_CLUSTER", "other"), chosen),
        (all, ("TOPICCTL_WRITE_ACCEPTED", "a.yaml"), chosen),
        (
            "partition --partitions 1 --partitioner md5 key",
            ("TOPICCTL_STDIN", "1"),
            (Some(0), "key"),
        ),
    ];
    // Side by side: a server that is not there is waited for.
    std::thread::scope(|scope| {
        for (args, variable, (code, words)) in runs {
            scope.spawn(move || answers(args, &[variable], code, words));
        }
    });
}

#[test]
fn variables_that_exclude_each_other_are_an_error_unless_one_says_no() {
    let snapshot = ("TOPICCTL_CLUSTER_SNAPSHOT", "cluster.json");
    let groups = |word| [snapshot, ("TOPICCTL_GROUPS", word)];
    answers("verify", &groups("yes"), Some(2), "cannot be used with");
    answers("verify", &groups("no"), Some(1), "snapshot of kafka:9092");
}

#[test]
fn flags_that_exclude_each_other_are_an_error_whatever_the_variables_say() {
    let variable = [("TOPICCTL_GROUPS", "yes")];
    let args = "verify --cluster-snapshot cluster.json -X debug=all";
    answers(args, &variable, Some(2), "cannot be used with");
}

#[test]
fn a_flag_that_repeats_its_variable_is_still_a_flag() {
    let replay = "verify --cluster-snapshot cluster.json";
    let variable = [("TOPICCTL_IGNORE", "orders-*")];
    let in_vain = "which is not asked for";
    answers(replay, &variable, Some(1), "snapshot of kafka:9092");
    let repeated = format!("{replay} --ignore orders-*");
    answers(&repeated, &variable, Some(2), in_vain);
}

#[test]
fn one_file_for_two_results_is_found_before_a_cluster_is_asked() {
    // Who asks learns that nobody listens, with another exit code.
    let asked = "verify -b 127.0.0.1:1";
    for (flags, results) in [
        ("--report json=new --remedies new", 1),
        ("--report json=new --remedies manifests/../new", 1),
        ("--report json=./new --write-accepted new", 1),
        ("--write-accepted new --remedies ./new", 1),
        ("--write-accepted new --remedies new --report json=new", 1),
        ("--report json=cluster.json --remedies cluster.json", 0),
        ("--report json=cluster.json --report junit=link.json", 1),
    ] {
        let directory = askable();
        symlink("cluster.json", directory.path().join("link.json")).expect("a link");
        let args = format!("{asked} {flags}");
        let args: Vec<_> = args.split_whitespace().collect();
        let output = topicctl(directory.path(), &args).output();
        let (code, _, stderr) = reported(&output.expect("topicctl runs"));
        assert_eq!(code, Some(2), "{flags}\n{stderr}");
        let errors = stderr.matches("error[").count();
        let twice = stderr.matches("error[usage]: two results for ").count();
        assert_eq!((errors, twice), (1, results), "{flags}\n{stderr}");
        assert!(!directory.path().join("new").exists(), "{flags}");
    }
}
