//! What the harness needs from outside: Java, and Maven once. No broker is started here.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::Result;
use local_kafka::jars::DEFAULT_VERSION;
use tempfile::TempDir;

/// An empty cache, and a `PATH` with nothing but the programs that a test puts there.
struct Machine(TempDir);

impl Machine {
    fn make() -> Result<Self> {
        let machine = Self(tempfile::tempdir()?);
        fs::create_dir(machine.programs())?;
        Ok(machine)
    }

    fn programs(&self) -> PathBuf {
        self.0.path().join("bin")
    }

    fn cache(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    fn jars(&self) -> PathBuf {
        self.cache().join(format!("kafka-{DEFAULT_VERSION}"))
    }

    fn install(&self, name: &str, script: &str) -> Result<()> {
        let file = self.programs().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n"))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    fn command(&self, subcommand: &str, path: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-kafka"));
        command.arg(subcommand).env_clear().env("PATH", path);
        command.env("TOPICCTL_KAFKA_CACHE", self.cache());
        command.env("XDG_RUNTIME_DIR", self.0.path());
        command
    }

    fn run(&self, subcommand: &str) -> Result<Output> {
        Ok(self
            .command(subcommand, &self.programs().display().to_string())
            .output()?)
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn names(directory: &Path) -> Result<Vec<String>> {
    let names: std::io::Result<Vec<String>> = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect();
    Ok(names?)
}

#[test]
fn missing_programs_are_errors_that_say_what_to_install() -> Result<()> {
    let machine = Machine::make()?;
    let output = machine.run("up")?;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        format!(
            "fetching Apache Kafka {DEFAULT_VERSION} with Maven, once\n\
             error: `mvn` is not on PATH and Kafka's jars are not cached yet; install it with \
             `apt-get install openjdk-17-jre-headless maven`, or run dev/setup\n"
        )
    );

    fs::create_dir_all(machine.jars())?;
    let output = machine.run("up")?;
    assert_eq!(output.status.code(), Some(1));
    let message = "error: `java` (17 or newer) is not on PATH; install it with \
                   `apt-get install openjdk-17-jre-headless maven`, or run dev/setup\n";
    assert!(stderr(&output).ends_with(message), "{}", stderr(&output));

    machine.install("java", "echo 'openjdk version \"11.0.27\" 2025-04-15' >&2")?;
    let output = machine.run("up")?;
    assert_eq!(output.status.code(), Some(1));
    let message = "is Java 11, but Kafka needs 17 or newer; install";
    assert!(stderr(&output).contains(message), "{}", stderr(&output));
    Ok(())
}

#[test]
fn two_processes_fetch_the_jars_once() -> Result<()> {
    let machine = Machine::make()?;
    machine.install(
        "mvn",
        "for arg; do case $arg in -DoutputDirectory=*) into=${arg#*=};; esac; done\n\
         sleep 0.3\n\
         echo fetched >>\"$into/../runs\"\n\
         : >\"$into/kafka_2.13-$VERSION.jar\"",
    )?;
    let path = format!("{}:/usr/bin:/bin", machine.programs().display());
    let spawn = || {
        machine
            .command("fetch", &path)
            .env("VERSION", DEFAULT_VERSION)
            .stdout(std::process::Stdio::piped())
            .spawn()
    };
    for process in [spawn()?, spawn()?] {
        let output = process.wait_with_output()?;
        assert!(output.status.success(), "{}", stderr(&output));
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(printed, format!("{}\n", machine.jars().display()));
    }
    assert_eq!(
        fs::read_to_string(machine.cache().join("runs"))?,
        "fetched\n"
    );
    assert_eq!(
        names(&machine.jars())?,
        [format!("kafka_2.13-{DEFAULT_VERSION}.jar")]
    );
    Ok(())
}

#[test]
fn a_failed_fetch_shows_what_maven_said_and_is_not_taken_for_jars() -> Result<()> {
    let machine = Machine::make()?;
    machine.install("mvn", "echo '[ERROR] the registry is on fire'; exit 1")?;
    for _ in 0..2 {
        let output = machine.run("fetch")?;
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("[ERROR] the registry is on fire"));
        assert!(!machine.jars().exists());
    }
    Ok(())
}
