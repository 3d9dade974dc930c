//! Carries a plan out: starts topicctl, sends it signals, strikes nodes, and keeps what was seen.
//!
//! The faults' clock stops when the last run ends. Right after each end the brokers are asked what
//! can be used. Nothing is judged here.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::cluster::{Cluster, Nodes, Proxies};
use super::plan::{Blow, Command, Invocation, LIST_OFFSETS, Moment, Plan, Start, Strike};
use super::truth::{self, Look};
use crate::support::binary::command;

const POLL: Duration = Duration::from_millis(2);
/// A leader that is moving has moved by then.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// A run of topicctl that is over.
pub(crate) struct Ended {
    pub(crate) invocation: Invocation,
    pub(crate) end: End,
    pub(crate) signals: Vec<Signal>,
    pub(crate) stderr: String,
    /// The report for people.
    pub(crate) text: String,
    /// The JSON report, if there was one on stdout.
    pub(crate) report: Option<Value>,
    pub(crate) stdout: String,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    /// When it last asked leaders whether they serve; with two at once, when one of them did.
    pub(crate) asked: Option<Instant>,
    /// Right after its end, and if something was wrong, once more.
    pub(crate) looks: Vec<Seen>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Code(i32),
    BySignal(i32),
    /// It had to be killed.
    TooLong,
}

/// What could be used, and when that was known.
pub(crate) struct Seen {
    pub(crate) look: Look,
    pub(crate) until: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    Blow(Blow),
    /// It runs again.
    Lift,
    /// It ended by itself, some time in the round.
    Fall,
}

/// Something that happened to a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Struck {
    pub(crate) node: u32,
    pub(crate) what: What,
    pub(crate) begun: Instant,
    pub(crate) done: Instant,
    pub(crate) since_start: Duration,
}

pub(crate) fn run(plan: &Plan, cluster: &mut Cluster) -> (Vec<Ended>, Vec<Struck>) {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("topics.yaml"), plan.manifest()).expect("a manifest");
    let Cluster { nodes, proxies } = cluster;
    proxies.clear();
    for one in &plan.broken {
        for node in &one.nodes {
            let proxy = proxies.get(*node);
            proxy.on_requests_from(one.nth, one.api_key, one.fault, one.times);
        }
    }
    let topics = plan.topics.iter();
    let mut stage = Stage {
        directory: &directory,
        proxies,
        brokers: nodes.brokers(),
        topics: topics
            .map(|one| (one.declared.name.clone(), one.declared.partitions))
            .collect(),
        started: 0,
    };
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let striking = scope.spawn(|| strike(&plan.strikes, nodes, proxies, &over));
        let ended = stage.perform(&plan.invocations, &over);
        (ended, striking.join().expect("no panic"))
    })
}

/// Strikes nodes until topicctl is over.
fn strike(
    strikes: &[Strike],
    nodes: &mut Nodes,
    proxies: &Proxies,
    over: &AtomicBool,
) -> Vec<Struck> {
    let start = Instant::now();
    let mut waiting: Vec<&Strike> = strikes.iter().collect();
    let mut lifts: Vec<(Instant, u32)> = Vec::new();
    let mut struck = Vec::new();
    let mut log = |node, what, begun: Instant| {
        struck.push(Struck {
            node,
            what,
            begun,
            done: Instant::now(),
            since_start: begun - start,
        });
    };
    while !over.load(Ordering::SeqCst) {
        let now = Instant::now();
        let due = waiting.extract_if(.., |one| has_come(one.when, start, proxies));
        for one in due.collect::<Vec<_>>() {
            if let Some(node) = nodes.strike(one.node, one.blow) {
                log(node, What::Blow(one.blow), now);
                lifts.extend(one.lasts.map(|lasts| (now + lasts, node)));
            }
        }
        let due = lifts.extract_if(.., |(at, _)| *at <= now);
        for (_, node) in due.collect::<Vec<_>>() {
            nodes.lift(node);
            log(node, What::Lift, now);
        }
        thread::sleep(POLL);
    }
    for node in nodes.fallen() {
        log(node, What::Fall, start);
    }
    struck
}

fn has_come(moment: Moment, start: Instant, proxies: &Proxies) -> bool {
    let from = match moment.request {
        None => Some(start),
        Some(api_key) => proxies.first(api_key, start),
    };
    from.is_some_and(|from| from.elapsed() >= moment.delay)
}

/// Where runs take place.
struct Stage<'a> {
    directory: &'a TempDir,
    proxies: &'a Proxies,
    brokers: BTreeMap<u32, SocketAddr>,
    /// The declared topics with their partitions.
    topics: BTreeMap<String, i32>,
    /// How many runs began.
    started: usize,
}

struct Running {
    invocation: Invocation,
    number: usize,
    child: Child,
    started: Instant,
    to_send: Vec<(Moment, Signal)>,
    signals: Vec<Signal>,
    too_long: bool,
}

impl Stage<'_> {
    fn perform(&mut self, invocations: &[Invocation], over: &AtomicBool) -> Vec<Ended> {
        let mut waiting: VecDeque<&Invocation> = invocations.iter().collect();
        let mut running: Vec<Running> = Vec::new();
        let mut ended = Vec::new();
        loop {
            while let Some(&one) = waiting.front() {
                if one.start == Start::InTurn && !running.is_empty() {
                    break;
                }
                waiting.pop_front();
                running.push(self.start(one));
            }
            let mut still = Vec::new();
            let mut over_now = Vec::new();
            for mut one in running {
                match one.child.try_wait().expect("a child process") {
                    Some(status) => over_now.push((one, status, Instant::now())),
                    None => {
                        self.signal(&mut one);
                        still.push(one);
                    }
                }
            }
            running = still;
            let is_last = running.is_empty() && waiting.is_empty();
            if is_last {
                over.store(true, Ordering::SeqCst);
            }
            for (one, status, at) in over_now {
                ended.push(self.end(one, status, at));
            }
            if is_last {
                return ended;
            }
            thread::sleep(POLL);
        }
    }

    fn file(&self, number: usize, name: &str) -> PathBuf {
        self.directory.path().join(format!("{number}-{name}"))
    }

    fn start(&mut self, invocation: &Invocation) -> Running {
        let number = self.started;
        self.started += 1;
        let servers = invocation.bootstrap.iter();
        let servers: Vec<_> = servers
            .map(|node| self.proxies.get(*node).address())
            .collect();
        let seconds = |time: Duration| format!("{}s", time.as_secs());
        let report = format!("text={}", self.file(number, "text").display());
        let mut words: Vec<&str> = invocation.name().split(' ').collect();
        let (servers, timeout, wait) = (
            servers.join(","),
            seconds(invocation.timeout),
            seconds(invocation.wait),
        );
        words.extend(["topics.yaml", "-b", &servers, "-o", "json"]);
        words.extend(["--timeout", &timeout, "--wait", &wait, "--report", &report]);
        let settle = seconds(invocation.settle);
        if words[0] == "apply" {
            words.extend(["--settle-timeout", &settle]);
        }
        let file = |name| File::create(self.file(number, name)).expect("a file");
        let child = command(self.directory.path(), &words)
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .expect("the binary");
        Running {
            invocation: invocation.clone(),
            number,
            child,
            started: Instant::now(),
            to_send: invocation.signals.clone(),
            signals: Vec::new(),
            too_long: false,
        }
    }

    fn signal(&self, one: &mut Running) {
        let due = one.to_send.extract_if(.., |(moment, _)| {
            has_come(*moment, one.started, self.proxies)
        });
        for (_, signal) in due {
            // It was not waited for, so that its id still is its own.
            kill_process(Pid::from_child(&one.child), signal).expect("a child process");
            one.signals.push(signal);
        }
        if one.started.elapsed() > one.invocation.limit() && !one.too_long {
            one.too_long = true;
            one.child.kill().expect("a child process");
        }
    }

    fn end(&self, one: Running, status: ExitStatus, ended: Instant) -> Ended {
        let look = || Seen {
            look: truth::look(&self.brokers, &self.topics),
            until: Instant::now(),
        };
        let mut looks = Vec::new();
        // Who did not wait said nothing of use, and the next run comes at once.
        if one.invocation.command != Command::ApplyUnsettled {
            looks.push(look());
        }
        let unserved = looks.iter().any(|seen| !seen.look.unserved.is_empty());
        if unserved && one.invocation.command == Command::Apply {
            thread::sleep(SECOND_LOOK);
            looks.push(look());
        }
        let read = |name| {
            let bytes = fs::read(self.file(one.number, name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let stdout = read("stdout");
        Ended {
            end: match (one.too_long, status.code()) {
                (true, _) => End::TooLong,
                (false, Some(code)) => End::Code(code),
                (false, None) => End::BySignal(status.signal().unwrap_or_default()),
            },
            signals: one.signals,
            stderr: read("stderr"),
            text: read("text"),
            report: serde_json::from_str(&stdout).ok(),
            stdout,
            started: one.started,
            ended,
            asked: self.proxies.last(LIST_OFFSETS, one.started, ended),
            looks,
            invocation: one.invocation,
        }
    }
}

impl Ended {
    pub(crate) fn code(&self) -> String {
        match self.end {
            End::Code(code) => code.to_string(),
            End::BySignal(signal) => format!("signal {signal}"),
            End::TooLong => "no end".to_owned(),
        }
    }
}

impl Ended {
    /// Whether it was ended by a signal that was meant for the first request, before it had said or
    /// asked anything: of two runs at once, that request may have been the `other` one's.
    pub(crate) fn ended_before_it_listened(&self, other: &Self) -> bool {
        let at_once = other.started < self.ended && self.started < other.ended;
        let is_other = !std::ptr::eq(self, other);
        let ended_so = |signal: &Signal| self.end == End::BySignal(signal.as_raw());
        let is_silent = self.stdout.is_empty() && self.stderr.is_empty();
        at_once && is_other && is_silent && self.signals.iter().any(ended_so)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = self.ended - self.started;
        let name = self.invocation.name();
        write!(f, "  ran: {name} {:?} after {took:.2?}", self.end)?;
        writeln!(f, ", signals {:?}", self.signals)?;
        for seen in &self.looks {
            let Look { existing, unserved } = &seen.look;
            let (existing, unusable) = (existing.len(), unserved.len());
            write!(
                f,
                "  seen {:.2?} later: {existing} topics",
                seen.until - self.ended
            )?;
            write!(f, ", {unusable} partitions that nobody can use")?;
            if let Some(((topic, partition), why)) = unserved.first_key_value() {
                write!(f, ", such as {topic}-{partition}: {why}")?;
            }
            writeln!(f)?;
        }
        let output = match self.report {
            Some(_) => &self.text,
            None => &self.stdout,
        };
        for line in ends(output).into_iter().chain(ends(&self.stderr)) {
            writeln!(f, "  | {line}")?;
        }
        Ok(())
    }
}

/// The first lines of a text and the last ones.
fn ends(text: &str) -> Vec<&str> {
    const FIRST: usize = 12;
    const LAST: usize = 4;
    let lines: Vec<_> = text.lines().collect();
    match lines.len() {
        0..=20 => lines,
        all => [&lines[..FIRST], &["…"], &lines[all - LAST..]].concat(),
    }
}

impl fmt::Display for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            node,
            what,
            since_start,
            ..
        } = self;
        write!(f, "{what:?} of node {node} at {since_start:.2?}")
    }
}
