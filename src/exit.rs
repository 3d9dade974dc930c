//! The exit codes, a contract with scripts and pipelines.
//!
//! One function maps a run's ending to its code; nothing else in topicctl chooses one.

use crate::apply::{Outcome, Status, Stop};
use crate::cluster::ClusterErrorKind;
use crate::groups::Unread;
use crate::interrupt::Signal;
use crate::topic::TopicName;

/// How topicctl ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum ExitCode {
    /// The cluster matches the manifests, or would after apply.
    Matching = 0,
    /// Differences of the kinds in `--fail-on`.
    Differences = 1,
    /// Usage, or the manifests are invalid; nothing was written.
    Invalid = 2,
    /// The cluster could not be reached or did not answer in time.
    Unreachable = 3,
    /// Not authenticated or not authorised.
    Unauthorized = 4,
    /// The broker refused, or a creation failed, is unclear, or was not usable in time.
    Failed = 5,
    /// SIGINT.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

impl From<Signal> for ExitCode {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Interrupt => Self::Interrupted,
            Signal::Terminate => Self::Terminated,
        }
    }
}

impl From<ClusterErrorKind> for ExitCode {
    fn from(kind: ClusterErrorKind) -> Self {
        match kind {
            ClusterErrorKind::Configuration => Self::Invalid,
            ClusterErrorKind::Unreachable => Self::Unreachable,
            ClusterErrorKind::Authentication | ClusterErrorKind::Authorization => {
                Self::Unauthorized
            }
            ClusterErrorKind::Broker => Self::Failed,
        }
    }
}

/// Which findings give [`ExitCode::Differences`]; the others are told, and do not fail the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FailOn {
    /// Declared topics that do not exist.
    pub missing: bool,
    /// Topics that exist and differ.
    pub mismatch: bool,
    /// Topics of the cluster that no manifest declares.
    pub unmanaged: bool,
    /// Configurations that are set on a topic and not declared.
    pub undeclared: bool,
    /// Partitions that are leaderless or not in sync.
    pub health: bool,
}

/// What the exit code of a run depends on.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// What became of the topics.
    pub outcomes: &'a [Outcome],
    /// Why the run ended early.
    pub stop: Option<&'a Stop>,
    /// Whether something may have been written.
    pub wrote: bool,
    /// Whether apply would still create, or did: then only external topics count as missing.
    pub creates: bool,
    /// Topics of the cluster that no manifest declares, as far as they were looked for.
    pub unmanaged: &'a [TopicName],
    /// What counts as a difference.
    pub fail_on: FailOn,
    /// Why nothing could be read of any consumer group, where they were asked for. What could be
    /// read of them, and single ones that could not, are information and change no code.
    pub no_groups: Option<&'a Unread>,
}

/// The exit code. Where several hold, before the first write: 4, 5, 3, then 1; after it: 5, 4, 3, 1.
/// Invalid input never gets here.
pub fn code(ending: &Ending<'_>) -> ExitCode {
    if let Some(Stop::Interrupted(signal)) = ending.stop {
        return (*signal).into();
    }
    let stopped = ending.stop.and_then(|stop| match stop {
        Stop::Cluster(error) | Stop::Unchecked(error) => Some(ExitCode::from(error.kind)),
        Stop::UnknownExistence | Stop::Refused | Stop::Interrupted(_) => None,
    });
    let found = || {
        ending
            .outcomes
            .iter()
            .filter_map(|outcome| of_topic(outcome, ending))
    };
    let groups = ending.no_groups.map(of_unread);
    let has = |code| [stopped, groups].contains(&Some(code)) || found().any(|one| one == code);
    let order = if ending.wrote {
        [
            ExitCode::Failed,
            ExitCode::Unauthorized,
            ExitCode::Unreachable,
            ExitCode::Differences,
        ]
    } else {
        [
            ExitCode::Unauthorized,
            ExitCode::Failed,
            ExitCode::Unreachable,
            ExitCode::Differences,
        ]
    };
    if stopped == Some(ExitCode::Invalid) {
        return ExitCode::Invalid;
    }
    let seen = ending.outcomes.iter().map(|outcome| &outcome.seen);
    let differs = (ending.fail_on.unmanaged && !ending.unmanaged.is_empty())
        || (ending.fail_on.undeclared && seen.clone().any(|seen| !seen.undeclared.is_empty()))
        || (ending.fail_on.health && seen.clone().any(|seen| !seen.ailments.is_empty()));
    let otherwise = if differs {
        ExitCode::Differences
    } else {
        ExitCode::Matching
    };
    order
        .into_iter()
        .find(|code| has(*code))
        .unwrap_or(otherwise)
}

/// The exit code of several runs that only read: of one that was ended, else what must be mended
/// before the others mean anything; the order of [`crate::report::Verdict`].
pub fn of_several(codes: impl IntoIterator<Item = ExitCode>) -> ExitCode {
    let rank = |code: &ExitCode| match code {
        ExitCode::Matching => 0,
        ExitCode::Differences => 1,
        ExitCode::Unreachable => 2,
        ExitCode::Failed => 3,
        ExitCode::Unauthorized => 4,
        ExitCode::Invalid => 5,
        ExitCode::Interrupted => 6,
        ExitCode::Terminated => 7,
    };
    let worst = codes.into_iter().max_by_key(rank);
    worst.unwrap_or(ExitCode::Matching)
}

fn of_unread(unread: &Unread) -> ExitCode {
    if unread.unauthorized {
        ExitCode::Unauthorized
    } else {
        ExitCode::Unreachable
    }
}

/// Whether a topic is a reason for an exit code other than 0, or was left over by a run that wrote
/// and was stopped.
pub fn fails(outcome: &Outcome, ending: &Ending<'_>) -> bool {
    of_topic(outcome, ending).is_some() || (ending.wrote && outcome.status == Status::ToCreate)
}

fn of_topic(outcome: &Outcome, ending: &Ending<'_>) -> Option<ExitCode> {
    match &outcome.status {
        Status::Created | Status::Matches | Status::Accepted => None,
        Status::ToCreate => {
            (ending.fail_on.missing && !ending.creates).then_some(ExitCode::Differences)
        }
        Status::Missing => ending.fail_on.missing.then_some(ExitCode::Differences),
        Status::Mismatched { .. } => ending.fail_on.mismatch.then_some(ExitCode::Differences),
        Status::Unknown(unknown) if unknown.unauthorized => Some(ExitCode::Unauthorized),
        Status::Unknown(_) => Some(ExitCode::Unreachable),
        Status::Refused(refusal) if refusal.unauthorized => Some(ExitCode::Unauthorized),
        Status::Refused(_) | Status::Failed(_) | Status::Unclear(_) => Some(ExitCode::Failed),
    }
}
