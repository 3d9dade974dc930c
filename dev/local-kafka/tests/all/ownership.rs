//! What is left of a cluster when its owner is gone: nothing.
#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// The command lines of live processes that mention a path; each that belongs to a cluster does.
fn processes(path: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        // A process may end while it is looked at; a zombie has no command line.
        let Ok(line) = fs::read(entry?.path().join("cmdline")) else {
            continue;
        };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(&path.display().to_string()) {
            found.push(line);
        }
    }
    Ok(found)
}

fn wait_for(what: &str, mut condition: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !condition()? {
        if Instant::now() > deadline {
            bail!("waited in vain: {what}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Everything of this test is below one directory, which also distinguishes its processes.
struct Place(TempDir);

impl Place {
    fn make() -> Result<Self> {
        let place = Self(tempfile::tempdir()?);
        for name in ["tmp", "run"] {
            fs::create_dir(place.0.path().join(name))?;
        }
        Ok(place)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-kafka"));
        command.args(args);
        command.env("TMPDIR", self.0.path().join("tmp"));
        command.env("XDG_RUNTIME_DIR", self.0.path().join("run"));
        command
    }

    fn output(&self, args: &[&str]) -> Result<(bool, String, String)> {
        let output = self.command(args).stdin(Stdio::null()).output()?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok((
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        ))
    }

    /// A process that owns a cluster itself.
    fn owner(&self, nodes: &str) -> Result<Child> {
        let mut command = self.command(&["own", "--nodes", nodes]);
        Ok(command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?)
    }

    fn processes(&self) -> Result<Vec<String>> {
        processes(self.0.path())
    }

    fn is_swept(&self) -> Result<bool> {
        let empty = fs::read_dir(self.0.path().join("tmp"))?.next().is_none();
        Ok(empty && self.processes()?.is_empty())
    }
}

#[test]
fn an_owner_killed_while_its_cluster_runs_leaves_nothing() -> Result<()> {
    let place = Place::make()?;
    let mut owner = place.owner("2")?;
    let stdout = owner.stdout.take().context("no standard output")?;
    let line = BufReader::new(stdout)
        .lines()
        .next()
        .context("no report")??;
    assert_eq!(line, "ready");
    let nodes = place
        .processes()?
        .iter()
        .filter(|line| line.starts_with("java"))
        .count();
    let nodes = nodes
        + place
            .processes()?
            .iter()
            .filter(|line| line.starts_with('/'))
            .count();
    assert!(nodes >= 2, "{:?}", place.processes()?);
    assert!(!place.is_swept()?);

    owner.kill()?;
    owner.wait()?;
    wait_for("nothing is left", || place.is_swept())
}

#[test]
fn an_owner_killed_while_its_nodes_start_leaves_nothing() -> Result<()> {
    let place = Place::make()?;
    let mut owner = place.owner("1")?;
    wait_for("a node is started", || {
        Ok(place
            .processes()?
            .iter()
            .any(|line| line.contains(" kafka.Kafka ")))
    })?;
    owner.kill()?;
    owner.wait()?;
    wait_for("nothing is left", || place.is_swept())
}

#[test]
fn a_background_cluster_goes_up_once_and_down_with_its_owner() -> Result<()> {
    let place = Place::make()?;
    let (ok, stdout, stderr) = place.output(&["down"])?;
    assert_eq!(
        (ok, stdout.as_str(), stderr.as_str()),
        (true, "", "the cluster is not up\n")
    );

    let (ok, servers, stderr) = place.output(&["up"])?;
    assert!(
        ok && servers.starts_with("127.0.0.1:") && servers.lines().count() == 1,
        "{stderr}"
    );
    let (ok, again, stderr) = place.output(&["up", "--nodes", "3"])?;
    assert!(ok && stderr.contains("already up"), "{stderr}");
    assert_eq!(
        (again, place.output(&["status"])?.1),
        (servers.clone(), servers)
    );
    let (ok, _, stderr) = place.output(&["tool", "kafka-topics", "--create", "--topic", "a"])?;
    assert!(ok, "{stderr}");
    assert_eq!(place.output(&["tool", "kafka-topics", "--list"])?.1, "a\n");
    assert!(
        !place
            .output(&["tool", "kafka-topics", "--describe", "--topic", "b"])?
            .0
    );

    let (ok, stdout, stderr) = place.output(&["down"])?;
    assert_eq!(
        (ok, stdout.as_str(), stderr.as_str()),
        (true, "", "stopped the cluster\n")
    );
    wait_for("nothing is left after down", || place.is_swept())?;

    let mut owner = Command::new("sleep").arg("300").spawn()?;
    let (ok, _, stderr) = place.output(&["up", "--owner", &owner.id().to_string()])?;
    owner.kill()?;
    owner.wait()?;
    assert!(ok, "{stderr}");
    wait_for("nothing is left after the owner", || place.is_swept())
}
