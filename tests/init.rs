//! `topicctl init`: a directory to start from, which is valid and never costs a file.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn topicctl(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_topicctl"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .output()
        .expect("topicctl runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn what_it_writes_is_valid_with_and_without_the_profile() {
    let directory = tempfile::tempdir().expect("a directory");
    let init = topicctl(directory.path(), &["init"]);
    assert_eq!(init.status.code(), Some(0), "{init:?}");
    // Every command that it names for now works as it stands.
    let said = text(&init.stdout);
    assert!(
        said.contains("\n  topicctl validate manifests/\n"),
        "{said}"
    );
    for arguments in [
        &["validate", "manifests/", "--deny-warnings"][..],
        &[
            "validate",
            "manifests/",
            "--deny-warnings",
            "--profile",
            "dev",
        ],
    ] {
        let validate = topicctl(directory.path(), arguments);
        assert_eq!(validate.status.code(), Some(0), "{validate:?}");
        assert_eq!(text(&validate.stderr), "");
    }
}

#[test]
fn it_overwrites_nothing_and_names_what_is_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let mine = directory.path().join("orders.yaml");
    fs::write(&mine, "topics: []\n").expect("a file");
    let init = topicctl(directory.path(), &["init", "."]);
    assert_eq!(init.status.code(), Some(2), "{init:?}");
    assert!(
        text(&init.stderr).contains("orders.yaml exists"),
        "{init:?}"
    );
    assert_eq!(
        fs::read_to_string(&mine).expect("still there"),
        "topics: []\n"
    );
    assert!(
        !directory.path().join("topicctl.yaml").exists(),
        "half a start"
    );
}

#[test]
fn a_dangling_link_is_something_that_exists() {
    let directory = tempfile::tempdir().expect("a directory");
    let link = directory.path().join("topicctl.yaml");
    std::os::unix::fs::symlink("elsewhere", &link).expect("a link");
    let init = topicctl(directory.path(), &["init", "."]);
    assert_eq!(init.status.code(), Some(2), "{init:?}");
    assert!(!directory.path().join("elsewhere").exists());
}

#[test]
fn what_cannot_be_written_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("file"), "").expect("a file");
    let init = topicctl(directory.path(), &["init", "file/manifests"]);
    assert_eq!(init.status.code(), Some(2), "{init:?}");
    assert!(
        text(&init.stderr).contains("cannot write file/manifests"),
        "{init:?}"
    );
}
