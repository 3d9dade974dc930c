//! What a run has to say, as data: made once from the outcomes, rendered by the modules below; what
//! went wrong in a run becomes diagnostics in [`problems`].
//!
//! All counting and wording of facts happens here; a renderer only lays out. Nothing here prints.

mod closing;
mod difference;
pub mod github;
pub mod groups;
mod health;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod mending;
pub mod problems;
pub mod prometheus;
mod sentences;
mod several;
pub mod text;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::apply::{Outcome, Status};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, Severity, Sources};
use crate::exit::ExitCode;
use crate::groups::Sight;
use crate::observed::ClusterIdentity;
use crate::remedy::Access;
use crate::topic::{Role, TopicName};

pub use difference::Difference;
pub use several::{Several, Verdict};

/// The commands that report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Offline checks.
    Validate,
    /// Where values come from.
    Explain,
    /// The declared topics in another form.
    Render,
    /// Where keys land.
    Partition,
    /// What exists, as a manifest or a snapshot.
    Export,
    /// What apply would do.
    Plan,
    /// Whether the cluster is as declared.
    Verify,
    /// Create what is missing.
    Apply {
        /// Stopped behind the preflight.
        dry_run: bool,
    },
}

impl Command {
    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Explain => "explain",
            Self::Render => "render",
            Self::Partition => "partition",
            Self::Export => "export",
            Self::Plan => "plan",
            Self::Verify => "verify",
            Self::Apply { .. } => "apply",
        }
    }

    /// Whether it tells what would be done.
    pub fn is_ahead(self) -> bool {
        matches!(self, Self::Plan | Self::Apply { dry_run: true })
    }

    /// Whether it never asks a cluster.
    pub fn is_offline(self) -> bool {
        matches!(
            self,
            Self::Validate | Self::Explain | Self::Render | Self::Partition
        )
    }
}

/// Everything that a run has to say.
#[derive(Debug)]
pub struct Report {
    /// The command; `None` where the command line was not understood.
    pub command: Option<Command>,
    /// How the run ends.
    pub exit: ExitCode,
    /// What `clusters` calls the cluster that the run is about, known before any cluster answers;
    /// `None` where it was not chosen by a name.
    pub cluster_name: Option<String>,
    /// The profile of the run.
    pub profile: Option<String>,
    /// The cluster that answered.
    pub cluster: Option<Cluster>,
    /// One for each declared topic.
    pub topics: Vec<Topic>,
    /// What was found beside.
    pub findings: Findings,
    /// Problems, in the order of the report.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that diagnostics point into.
    pub sources: Sources,
    /// What was seen of consumer groups; `None` where they were not asked for.
    pub groups: Option<Sight>,
    /// Whether what was created was waited for, until it could be used.
    pub settled: bool,
    /// Whether every topic that was seen can be written to and read.
    pub usable: bool,
    /// Whether the run ended before anything could be decided: then the problems say it all.
    pub stopped: bool,
    /// Wall-clock time of the run; JSON leaves it out, so that equal runs give equal documents.
    pub elapsed: Duration,
    /// When the run ended, by the clock at the edge.
    pub ended: SystemTime,
}

/// What was found beside what became of the topics.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// Configurations that are set on topics and not declared.
    pub undeclared: usize,
    /// Topics of the cluster that no manifest declares.
    pub unmanaged: usize,
    /// Topics whose partitions are not well.
    pub unhealthy: usize,
}

/// The cluster that answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    /// What people read: its bootstrap servers, or its name.
    pub label: String,
    /// Its id and size.
    pub identity: ClusterIdentity,
}

/// What is reported of one topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topic {
    /// Its name.
    pub name: TopicName,
    /// The tier that shaped it.
    pub tier: Option<String>,
    /// What it is to its family.
    pub role: Role,
    /// The main topic of its family.
    pub source: Option<TopicName>,
    /// Whether it is somebody else's.
    pub external: bool,
    /// What became of it.
    pub state: State,
    /// Whether that makes the run fail.
    pub fails: bool,
    /// Where it is declared.
    pub location: Location,
    /// As declared; `None` is the broker's default.
    pub partitions: Option<i32>,
    /// As declared; `None` is the broker's default.
    pub replication_factor: Option<i16>,
    /// As declared, in the broker's form.
    pub config: BTreeMap<String, String>,
    /// How it differs.
    pub mismatches: Vec<Difference>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What became of a topic, finer than the status words of the JSON contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Exists as declared.
    Matching,
    /// Does not exist; apply creates it.
    ToCreate,
    /// Does not exist; somebody else must create it.
    Missing,
    /// Exists and differs.
    Mismatched,
    /// Exists and differs in ways that are accepted.
    Accepted,
    /// Created by this run.
    Created,
    /// Could not be read.
    Unknown,
    /// Was refused, or its creation failed or is unclear.
    Failed,
}

impl State {
    /// The status word of the JSON contract.
    pub fn status(self) -> &'static str {
        match self {
            Self::Matching => "matching",
            Self::ToCreate | Self::Missing => "missing",
            Self::Mismatched => "mismatched",
            Self::Accepted => "accepted",
            Self::Created => "created",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }

    /// What needs attention most is 0.
    fn rank(self) -> u8 {
        match self {
            Self::Failed => 0,
            Self::Unknown => 1,
            Self::Mismatched => 2,
            Self::Missing => 3,
            Self::ToCreate => 4,
            Self::Created => 5,
            Self::Accepted => 6,
            Self::Matching => 7,
        }
    }
}

/// Topics by status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// All of them.
    pub declared: usize,
    /// Exist as declared.
    pub matching: usize,
    /// Do not exist.
    pub missing: usize,
    /// Exist and differ.
    pub mismatched: usize,
    /// Differ in ways that are accepted.
    pub accepted: usize,
    /// Created by this run.
    pub created: usize,
    /// Could not be read.
    pub unknown: usize,
    /// Refused or failed.
    pub failed: usize,
}

/// How much new topics take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Volume {
    /// How many topics.
    pub topics: usize,
    /// Their partitions, as far as they are declared.
    pub partitions: u64,
    /// Their replicas; `None` where the broker decides about some.
    pub replicas: Option<u64>,
    /// Whether all of their partitions are declared.
    pub is_exact: bool,
}

impl Volume {
    fn and(self, topic: &Topic) -> Self {
        let count = |declared: i32| u64::try_from(declared).unwrap_or(0);
        let partitions = topic.partitions.map(count);
        let replicas = topic.replication_factor.map(|factor| count(factor.into()));
        let more = partitions.zip(replicas);
        Self {
            topics: self.topics + 1,
            partitions: self.partitions + partitions.unwrap_or(0),
            replicas: self
                .replicas
                .zip(more)
                .map(|(all, (one, each))| all + one * each),
            is_exact: self.is_exact && partitions.is_some(),
        }
    }
}

impl Report {
    /// A run that ended before a cluster was asked, by problems of the input.
    pub fn invalid(command: Option<Command>, diagnostics: &Diagnostics, sources: Sources) -> Self {
        Self {
            command,
            exit: ExitCode::Invalid,
            cluster_name: None,
            profile: None,
            findings: Findings::default(),
            cluster: None,
            topics: Vec::new(),
            diagnostics: diagnostics.sorted(&sources),
            sources,
            groups: None,
            settled: true,
            usable: true,
            stopped: true,
            elapsed: Duration::ZERO,
            ended: SystemTime::UNIX_EPOCH,
        }
    }

    /// Whether there is something to say of topics.
    pub fn lists_topics(&self) -> bool {
        !self.topics.is_empty() && !self.stopped
    }

    /// How many topics have which status.
    pub fn summary(&self) -> Summary {
        let count = |states: &[State]| {
            self.topics
                .iter()
                .filter(|topic| states.contains(&topic.state))
                .count()
        };
        Summary {
            declared: self.topics.len(),
            matching: count(&[State::Matching]),
            missing: count(&[State::ToCreate, State::Missing]),
            mismatched: count(&[State::Mismatched]),
            accepted: count(&[State::Accepted]),
            created: count(&[State::Created]),
            unknown: count(&[State::Unknown]),
            failed: count(&[State::Failed]),
        }
    }

    /// How much is to be created.
    pub fn to_create(&self) -> Volume {
        let is_new = |topic: &&Topic| topic.state == State::ToCreate;
        let start = Volume {
            topics: 0,
            partitions: 0,
            replicas: Some(0),
            is_exact: true,
        };
        self.topics.iter().filter(is_new).fold(start, Volume::and)
    }

    /// Whether a diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|one| one.severity == Severity::Error)
    }

    /// Whether a diagnostic makes the run fail: errors do, and warnings where they are denied.
    pub fn is_failure(&self, diagnostic: &Diagnostic) -> bool {
        match diagnostic.severity {
            Severity::Error => true,
            Severity::Warning => self.exit == ExitCode::Invalid && !self.has_errors(),
            Severity::Note => false,
        }
    }

    /// Whether somebody has to do something about a topic. Where no cluster answered, that is said
    /// of the run and not of every topic.
    pub fn needs_attention(&self, topic: &Topic) -> bool {
        match topic.state {
            State::Failed | State::Mismatched | State::Missing => true,
            State::Unknown => self.cluster.is_some(),
            State::ToCreate => topic.fails || self.command == Some(Command::Verify),
            State::Matching | State::Created | State::Accepted => false,
        }
    }

    /// Topics by rank: what needs attention first, families together within a rank.
    pub fn ranked(&self) -> Vec<&Topic> {
        let mut topics: Vec<_> = self.topics.iter().collect();
        topics.sort_by_key(|topic| topic.state.rank());
        topics
    }
}

impl Topic {
    /// What is reported of an outcome, which makes the run fail or not.
    pub fn of(outcome: &Outcome, fails: bool, sources: &Sources, access: &Access) -> Self {
        let topic = &outcome.topic;
        let (state, error) = match &outcome.status {
            Status::ToCreate => (State::ToCreate, None),
            Status::Missing => (State::Missing, None),
            Status::Matches => (State::Matching, None),
            Status::Accepted => (State::Accepted, None),
            Status::Created => (State::Created, None),
            Status::Mismatched { created, .. } => (
                State::Mismatched,
                created.then(|| "created, and the broker made something else of it".to_owned()),
            ),
            Status::Unknown(unknown) => (State::Unknown, Some(unknown.reason.clone())),
            Status::Refused(refusal) => (State::Failed, Some(refusal.to_string())),
            Status::Failed(reason) | Status::Unclear(reason) => {
                (State::Failed, Some(reason.clone()))
            }
        };
        let mismatches = match &outcome.status {
            Status::Mismatched { mismatches, .. } => mismatches.as_slice(),
            _ => &[],
        };
        Self {
            name: topic.name.clone(),
            tier: topic.tier.clone(),
            role: topic.role,
            source: topic.source.clone(),
            external: topic.external,
            state,
            fails,
            location: sources.location(topic.span),
            partitions: topic
                .partitions
                .as_ref()
                .map(|declared| declared.value.get()),
            replication_factor: topic
                .replication_factor
                .as_ref()
                .map(|declared| declared.value.get()),
            config: topic
                .config
                .iter()
                .map(|(key, declared)| (key.to_string(), declared.value.to_string()))
                .collect(),
            mismatches: mismatches
                .iter()
                .map(|mismatch| Difference::open(topic, mismatch, mismatches, sources, access))
                .chain(outcome.seen.accepted.iter().map(|one| Difference {
                    accepted: Some(one.reason.clone()),
                    ..Difference::of(&one.mismatch, sources)
                }))
                .collect(),
            error,
        }
    }
}
