//! One Kafka process: its files, its ports, and the signals it gets.

use std::{
    error::Error,
    fmt, fs,
    path::PathBuf,
    process::ExitStatus,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;

use crate::{
    java::{Jvm, SERVER},
    lifeline::{Guarded, Sweeper},
    server_properties::Ports,
};

/// Between two looks at a condition.
pub(crate) const POLL: Duration = Duration::from_millis(20);
/// A node that hands over its partitions and ends takes about a second.
const STOP_PATIENCE: Duration = Duration::from_secs(60);
const LINES_OF_LOG: usize = 30;

#[derive(Debug, PartialEq, Eq)]
enum State {
    Running,
    Paused,
}

/// A node of the cluster, running or not.
pub(crate) struct Node {
    pub(crate) id: u32,
    pub(crate) ports: Ports,
    directory: PathBuf,
    /// How long the log was when the node was started last.
    log_start: usize,
    process: Option<(Guarded, State)>,
}

/// A node ended although nobody asked it to.
#[derive(Debug)]
pub(crate) struct NodeEnded {
    node_id: u32,
    status: ExitStatus,
    end_of_log: String,
    pub(crate) port_taken: bool,
}

impl fmt::Display for NodeEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            node_id,
            status,
            end_of_log,
            ..
        } = self;
        write!(
            f,
            "node {node_id} ended ({status}); the end of its log:\n{end_of_log}"
        )
    }
}

impl Error for NodeEnded {}

impl Node {
    pub(crate) fn new(id: u32, ports: Ports, directory: PathBuf) -> Self {
        Self {
            id,
            ports,
            directory,
            log_start: 0,
            process: None,
        }
    }

    pub(crate) fn properties(&self) -> PathBuf {
        self.directory.join("server.properties")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("node.log")
    }

    /// All that the node logged, in all of its lives.
    pub(crate) fn log_text(&self) -> Result<String> {
        let bytes = fs::read(self.log())
            .with_context(|| format!("failed to read the log of node {}", self.id))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What it logged since it was started last.
    fn recent_log(&self) -> String {
        let bytes = fs::read(self.log()).unwrap_or_default();
        let recent = bytes.get(self.log_start..).unwrap_or_default();
        String::from_utf8_lossy(recent).into_owned()
    }

    pub(crate) fn end_of_log(&self) -> String {
        let text = self.recent_log();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES_OF_LOG)..].join("\n")
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.process.is_none()
    }

    /// Running, and not paused: it is expected to answer.
    pub(crate) fn is_responsive(&self) -> bool {
        matches!(self.process, Some((_, State::Running)))
    }

    pub(crate) fn spawn(&mut self, jvm: &Jvm, sweeper: &Sweeper) -> Result<()> {
        if !self.is_stopped() {
            bail!("node {} is running already", self.id);
        }
        self.log_start = fs::metadata(self.log())
            .ok()
            .and_then(|meta| usize::try_from(meta.len()).ok())
            .unwrap_or_default();
        let mut args = jvm.args(SERVER);
        args.push(self.properties().into_os_string());
        let process = Guarded::spawn(&jvm.java, args, &self.directory, &self.log(), sweeper)
            .with_context(|| format!("failed to start node {}", self.id))?;
        self.process = Some((process, State::Running));
        Ok(())
    }

    /// Fails when the node ended by itself.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        let Some((process, _)) = &mut self.process else {
            return Ok(());
        };
        let Some(status) = process.exited()? else {
            return Ok(());
        };
        self.process = None;
        let end_of_log = self.end_of_log();
        let port_taken = self.recent_log().contains("Address already in use");
        Err(NodeEnded {
            node_id: self.id,
            status,
            end_of_log,
            port_taken,
        }
        .into())
    }

    pub(crate) fn kill(&mut self) -> Result<()> {
        let id = self.id;
        let (process, _) = self.process.take().with_context(|| not_running(id))?;
        process
            .kill()
            .with_context(|| format!("failed to kill node {id}"))
    }

    /// A controlled shutdown.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let id = self.id;
        let (process, _) = self.process.as_mut().with_context(|| not_running(id))?;
        process.signal(Signal::TERM)?;
        // One that is paused cannot act on a signal.
        process.signal(Signal::CONT)?;
        let deadline = Instant::now() + STOP_PATIENCE;
        while process.exited()?.is_none() {
            if Instant::now() > deadline {
                bail!(
                    "node {id} did not stop within {} s",
                    STOP_PATIENCE.as_secs()
                );
            }
            thread::sleep(POLL);
        }
        self.process = None;
        Ok(())
    }

    pub(crate) fn pause(&mut self) -> Result<()> {
        self.switch(Signal::STOP, State::Paused)
    }

    pub(crate) fn resume(&mut self) -> Result<()> {
        self.switch(Signal::CONT, State::Running)
    }

    fn switch(&mut self, signal: Signal, to: State) -> Result<()> {
        let id = self.id;
        let (process, state) = self.process.as_mut().with_context(|| not_running(id))?;
        process.signal(signal)?;
        *state = to;
        Ok(())
    }

    /// Sends SIGKILL and does not wait.
    pub(crate) fn send_kill(&self) {
        if let Some((process, _)) = &self.process {
            // It may have ended by itself; whoever waits for it will notice.
            let _ = process.signal(Signal::KILL);
        }
    }
}

fn not_running(id: u32) -> String {
    format!("node {id} is not running")
}
