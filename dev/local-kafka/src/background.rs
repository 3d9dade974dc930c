//! A cluster that outlives the command which started it: a process of its own, the *owner*, and
//! what other commands need to know about it.
//!
//! The owner holds a lock as long as it lives. Whether a cluster is up is asked of that lock and
//! never of a process id in a file, which may be of somebody else by now. To stop a cluster, the
//! owner is killed: everything below it goes away by itself, see the library.

use std::{
    env,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use local_kafka::{Options, Tools};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
    process::{Pid, Signal, kill_process, setsid, test_kill_process},
};
use serde::{Deserialize, Serialize};

const POLL: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(180);
/// What the owner prints when the cluster is up.
const READY: &str = "ready";

/// A cluster that is up.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Running {
    owner: i32,
    directory: PathBuf,
    pub(crate) version: String,
    pub(crate) nodes: usize,
    pub(crate) bootstrap_servers: String,
    pub(crate) tools: Tools,
}

/// The place of one named cluster, up or not.
pub(crate) struct Background {
    lock: PathBuf,
    state: PathBuf,
}

impl Background {
    pub(crate) fn named(name: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            bail!("the name `{name}` has other characters than letters, digits, `-` and `_`");
        }
        let absolute = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|p| p.is_absolute())
        };
        let directory = absolute("XDG_RUNTIME_DIR")
            .or_else(|| absolute("XDG_CACHE_HOME"))
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            .context("none of XDG_RUNTIME_DIR, XDG_CACHE_HOME and HOME is set: set one")?
            .join("topicctl");
        fs::create_dir_all(&directory)
            .with_context(|| format!("failed to make {}", directory.display()))?;
        Ok(Self {
            lock: directory.join(format!("local-kafka-{name}.lock")),
            state: directory.join(format!("local-kafka-{name}.json")),
        })
    }

    /// The cluster, if it is up. Waits for one that is just being started.
    pub(crate) fn running(&self) -> Result<Option<Running>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.try_lock()?.is_some() {
                return Ok(None);
            }
            match fs::read(&self.state) {
                Ok(json) => {
                    return serde_json::from_slice(&json)
                        .map(Some)
                        .with_context(|| format!("failed to read {}", self.state.display()));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("failed to read {}", self.state.display()));
                }
            }
            if Instant::now() > deadline {
                bail!("the cluster is being started and does not become ready");
            }
            thread::sleep(POLL);
        }
    }

    /// Starts the owner, which is this program with another subcommand, and waits for its cluster.
    pub(crate) fn start(&self, subcommand: &str, arguments: &[String]) -> Result<Running> {
        let program = env::current_exe().context("failed to find this program's own file")?;
        let mut owner = Command::new(program)
            .arg(subcommand)
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("failed to start a background process")?;
        let mut report = String::new();
        if let Some(stdout) = owner.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut report)
                .context("failed to read a report")?;
        }
        if report.trim_end() == READY {
            return self
                .running()?
                .context("the cluster ended just after it became ready");
        }
        // It has ended, and said why.
        let output = owner
            .wait_with_output()
            .context("failed to wait for a process")?;
        let text = String::from_utf8_lossy(&output.stderr);
        let text = text.trim();
        bail!("{}", text.strip_prefix("error: ").unwrap_or(text));
    }

    /// Starts a cluster and keeps it until this process or the one with id `until` ends.
    pub(crate) fn own(&self, options: Options, version: &str, until: Option<i32>) -> Result<()> {
        let until = until.and_then(Pid::from_raw);
        // Fails only for one that leads its own session already.
        let _ = setsid();
        let lock = self.lock_to_own()?;
        // A predecessor that was killed did not remove it.
        self.remove_state()?;
        let kafka = options.start()?;
        let running = Running {
            owner: i32::try_from(std::process::id()).context("the process id is too large")?,
            directory: kafka.directory().to_owned(),
            version: version.to_owned(),
            nodes: kafka.node_count(),
            bootstrap_servers: kafka.bootstrap_servers().to_owned(),
            tools: kafka.tools().clone(),
        };
        let json = serde_json::to_vec(&running).context("failed to describe the cluster")?;
        let partial = self.state.with_extension("partial");
        fs::write(&partial, json)
            .and_then(|()| fs::rename(&partial, &self.state))
            .with_context(|| format!("failed to write {}", self.state.display()))?;
        writeln!(io::stdout(), "{READY}").context("nobody waits for this cluster")?;
        while until.is_none_or(|pid| test_kill_process(pid) != Err(Errno::SRCH)) {
            thread::sleep(4 * POLL);
        }
        drop(kafka);
        self.remove_state()?;
        drop(lock);
        Ok(())
    }

    /// Stops the cluster and says which one it was, if one was up.
    pub(crate) fn stop(&self) -> Result<Option<Running>> {
        let Some(running) = self.running()? else {
            return Ok(None);
        };
        let owner = Pid::from_raw(running.owner).context("the state has no process id")?;
        match kill_process(owner, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => return Err(error).context("failed to end the cluster's owner"),
        }
        let deadline = Instant::now() + PATIENCE;
        let lock = loop {
            match self.try_lock()? {
                Some(lock) if !running.directory.exists() => break lock,
                _ if Instant::now() > deadline => bail!("the cluster does not end"),
                _ => thread::sleep(POLL),
            }
        };
        self.remove_state()?;
        drop(lock);
        Ok(Some(running))
    }

    /// The lock for an owner. Whoever only asks whether a cluster is up has it for a moment.
    fn lock_to_own(&self) -> Result<File> {
        for _ in 0..40 {
            if let Some(lock) = self.try_lock()? {
                return Ok(lock);
            }
            thread::sleep(POLL);
        }
        bail!("another process is starting this cluster")
    }

    /// The lock, unless an owner has it.
    fn try_lock(&self) -> Result<Option<File>> {
        let path = self.lock.display();
        let file = File::create(&self.lock).with_context(|| format!("failed to open {path}"))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("failed to lock {path}")),
        }
    }

    fn remove_state(&self) -> Result<()> {
        match fs::remove_file(&self.state) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("failed to remove {}", self.state.display()))
            }
            _ => Ok(()),
        }
    }
}
