//! `topicctl init`: a directory to start from, which is valid and never costs a file.

use std::fs;
use std::path::Path;

use crate::support::binary::{Ended, topicctl_in};

fn topicctl(directory: &Path, arguments: &[&str]) -> Ended {
    topicctl_in(directory, arguments).run()
}

#[test]
fn what_it_writes_is_valid_with_and_without_the_profile() {
    let directory = tempfile::tempdir().expect("a directory");
    let init = topicctl(directory.path(), &["init"]);
    assert_eq!(init.code(), Some(0), "{init:?}");
    // Every command that it names for now works as it stands.
    let said = init.stdout;
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
        assert_eq!(validate.code(), Some(0), "{validate:?}");
        assert_eq!(validate.stderr, "");
    }
}

/// The file that a manifest names for editors, beside it.
#[test]
fn each_manifest_names_a_schema_that_is_there_and_takes_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let init = topicctl(directory.path(), &["init"]);
    assert_eq!(init.code(), Some(0), "{init:?}");
    for name in ["topicctl.yaml", "orders.yaml"] {
        let path = directory.path().join("manifests").join(name);
        let text = fs::read_to_string(&path).expect("a manifest");
        assert!(init.stdout.contains(&format!("manifests/{name}")));
        let first = text.lines().next().unwrap_or_default();
        let schema = first
            .strip_prefix("# yaml-language-server: $schema=")
            .expect("the line for editors");
        let schema = fs::read_to_string(path.with_file_name(schema)).expect("a schema");
        let schema = serde_json::from_str(&schema).expect("JSON");
        let validator = jsonschema::draft7::new(&schema).expect("a schema of draft 7");
        let instance = serde_yaml::from_str(&text).expect("YAML that JSON can hold");
        assert!(validator.is_valid(&instance), "{name}");
    }
}

#[test]
fn it_overwrites_nothing_and_names_what_is_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let mine = directory.path().join("orders.yaml");
    fs::write(&mine, "topics: []\n").expect("a file");
    let init = topicctl(directory.path(), &["init", "."]);
    assert_eq!(init.code(), Some(2), "{init:?}");
    assert!(init.stderr.contains("orders.yaml exists"), "{init:?}");
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
    assert_eq!(init.code(), Some(2), "{init:?}");
    assert!(!directory.path().join("elsewhere").exists());
}

#[test]
fn what_cannot_be_written_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("file"), "").expect("a file");
    let init = topicctl(directory.path(), &["init", "file/manifests"]);
    assert_eq!(init.code(), Some(2), "{init:?}");
    assert!(
        init.stderr.contains("cannot write file/manifests"),
        "{init:?}"
    );
}
