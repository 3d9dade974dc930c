//! Classes for brokers, compiled by the test that needs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use local_kafka::jars;
use tempfile::TempDir;

/// Compiles a source below `tests/broker` into a directory for a class path. The runtime that Kafka
/// has need not be a development kit.
pub(crate) fn compile(source: &str) -> TempDir {
    let classes = tempfile::tempdir().expect("a directory");
    let jars = jars::fetch(jars::DEFAULT_VERSION).expect("Kafka's jars");
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/broker")
        .join(source);
    let home = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    let javac = home.map_or("javac".into(), |home| home.join("bin/javac"));
    let compiled = Command::new(&javac)
        .args(["--release", "17", "-cp"])
        .arg(jars.join("*"))
        .arg("-d")
        .arg(classes.path())
        .arg(source)
        .status();
    let compiled = compiled
        .unwrap_or_else(|error| panic!("{}: {error}; dev/setup installs it", javac.display()));
    assert!(compiled.success(), "javac: {compiled}");
    classes
}
