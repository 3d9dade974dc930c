//! The exit codes, a contract with scripts and pipelines. Nothing else in topicctl chooses one: here
//! a result becomes its code, and every topic, cluster and failed write is judged by the same rules.

use std::io;

use crate::cluster::{ClusterError, ClusterErrorKind};
use crate::context::{Purpose, RunContext};
use crate::doctor::{Cause, Examination};
use crate::finding::Finding;
use crate::interrupt::Signal;
use crate::observed::Unreadable;
use crate::outcome::{Check, RunResult, Status, Stop, TopicOutcome};

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
    /// Not authenticated or not authorized.
    Unauthorized = 4,
    /// The broker refused; or a creation failed or is unclear, or a topic was not usable in time.
    Failed = 5,
    /// SIGHUP.
    HungUp = 129,
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
            Signal::HangUp => Self::HungUp,
        }
    }
}

/// The code of a run against one cluster. Where several hold, before the first write: 4, 5, 3, then
/// 1; after it: 5, 4, 3, 1.
pub fn from_run(context: &RunContext, result: &RunResult) -> ExitCode {
    let stopped = match &result.stop {
        Some(Stop::Invalid) => return ExitCode::Invalid,
        Some(Stop::Interrupted(signal)) => return (*signal).into(),
        Some(Stop::Cluster(error) | Stop::Unchecked(error)) => {
            Some(from_error(error, context.purpose.is_apply()))
        }
        Some(Stop::TooFewBrokers { .. }) => Some(ExitCode::Unreachable),
        Some(Stop::UnknownExistence | Stop::Refused) | None => None,
    };
    if stopped == Some(ExitCode::Invalid) {
        return ExitCode::Invalid;
    }
    // What could be read of groups, and single ones that could not, are information.
    let groups = result
        .groups
        .as_ref()
        .and_then(|groups| groups.nothing_read());
    let leaders = result
        .leader_check
        .as_ref()
        .and_then(|asked| asked.as_ref().err());
    let other = [
        stopped,
        groups.map(from_unreadable),
        leaders.map(|error| from_error(error, context.purpose.is_apply())),
        has_other_findings(context, result).then_some(ExitCode::Differences),
        // Who waits for topics wants to know whether they are there, whatever else is let pass.
        result
            .awaited
            .as_ref()
            .filter(|awaited| !awaited.not_ready.is_empty())
            .map(|_| ExitCode::Differences),
        // What was only to be checked was created.
        matches!(result.check, Check::Created(_)).then_some(ExitCode::Failed),
    ];
    let topics = || {
        result
            .topics
            .iter()
            .filter_map(|one| from_topic(context, one))
    };
    let has = |code: &ExitCode| other.contains(&Some(*code)) || topics().any(|one| one == *code);
    let (first, second) = match result.wrote {
        true => (ExitCode::Failed, ExitCode::Unauthorized),
        false => (ExitCode::Unauthorized, ExitCode::Failed),
    };
    [first, second, ExitCode::Unreachable, ExitCode::Differences]
        .into_iter()
        .find(has)
        .unwrap_or(ExitCode::Matching)
}

/// The code of a run that came to `code` and has warnings that were denied: those of the manifests
/// have refused it before.
pub fn with_denied_warnings(code: ExitCode, has_denied: bool) -> ExitCode {
    match code {
        ExitCode::Matching if has_denied => ExitCode::Differences,
        code => code,
    }
}

/// Findings of the run beside what became of the topics.
fn has_other_findings(context: &RunContext, result: &RunResult) -> bool {
    let fails_on = |finding| context.fail_on.contains(finding);
    let any = |has: fn(&TopicOutcome) -> bool| result.topics.iter().any(has);
    (fails_on(Finding::Unmanaged) && !result.unmanaged.is_empty())
        || (fails_on(Finding::Undeclared) && any(|one| !one.undeclared.is_empty()))
        || (fails_on(Finding::Health) && any(|one| !one.health.is_empty()))
}

/// The code of a run that could not ask the cluster. What a broker answers to a question is a
/// failure of whoever `creates`; for whoever only looks, it was not read.
pub fn from_error(error: &ClusterError, creates: bool) -> ExitCode {
    match error.kind {
        ClusterErrorKind::Configuration => ExitCode::Invalid,
        ClusterErrorKind::Authentication | ClusterErrorKind::Authorization => {
            ExitCode::Unauthorized
        }
        ClusterErrorKind::Broker if creates => ExitCode::Failed,
        ClusterErrorKind::Broker | ClusterErrorKind::Unreachable => ExitCode::Unreachable,
    }
}

/// Something that could not be read.
fn from_unreadable(unreadable: &Unreadable) -> ExitCode {
    match unreadable.unauthorized {
        true => ExitCode::Unauthorized,
        false => ExitCode::Unreachable,
    }
}

/// Whether a topic is a reason for an exit code other than 0, or was left over by a run that wrote
/// and was stopped.
pub fn fails(context: &RunContext, result: &RunResult, topic: &TopicOutcome) -> bool {
    from_topic(context, topic).is_some() || (result.wrote && topic.status == Status::ToCreate)
}

fn from_topic(context: &RunContext, topic: &TopicOutcome) -> Option<ExitCode> {
    let fails_on = |finding| {
        let fails = context.fail_on.contains(finding);
        fails.then_some(ExitCode::Differences)
    };
    if let Some(unread) = &topic.unread {
        return Some(from_unreadable(unread));
    }
    match &topic.status {
        Status::Declared | Status::Created | Status::Matching | Status::Accepted => None,
        // Whoever creates has it created, or has been stopped.
        Status::ToCreate if context.purpose == Purpose::Apply => None,
        Status::ToCreate if context.purpose.is_preview() => fails_on(Finding::Pending),
        Status::ToCreate => fails_on(Finding::Missing).or_else(|| fails_on(Finding::Pending)),
        Status::Missing => fails_on(Finding::Missing),
        Status::Mismatched { .. } => fails_on(Finding::Mismatch),
        Status::Unknown(unreadable) => Some(from_unreadable(unreadable)),
        Status::Refused(refusal) if refusal.unauthorized => Some(ExitCode::Unauthorized),
        Status::Refused(_) | Status::Failed(_) | Status::Unclear(_) => Some(ExitCode::Failed),
    }
}

/// The code of all clusters of a run, and that of one its own: of one that was interrupted, else of
/// what must be put right before the others mean anything.
pub fn from_clusters(codes: impl IntoIterator<Item = ExitCode>) -> ExitCode {
    let rank = |code: &ExitCode| match code {
        ExitCode::Matching => 0,
        ExitCode::Differences => 1,
        ExitCode::Unreachable => 2,
        ExitCode::Failed => 3,
        ExitCode::Unauthorized => 4,
        ExitCode::Invalid => 5,
        ExitCode::Interrupted => 6,
        ExitCode::HungUp => 7,
        ExitCode::Terminated => 8,
    };
    let worst = codes.into_iter().max_by_key(rank);
    worst.unwrap_or(ExitCode::Matching)
}

/// The code of a command that answers with a text of its own, from the input alone.
pub fn from_input(valid: bool) -> ExitCode {
    match valid {
        true => ExitCode::Matching,
        false => ExitCode::Invalid,
    }
}

/// The code of a command that answers with what it read of a cluster, and could not read some of
/// it: a missing right weighs more than an answer that did not come.
pub fn from_reading<'a>(unreadable: impl IntoIterator<Item = &'a Unreadable>) -> ExitCode {
    let codes = unreadable.into_iter().map(from_unreadable);
    codes.max().unwrap_or(ExitCode::Matching)
}

/// The code of an examination: of what must be put right before the rest means anything.
pub fn from_examination(examination: &Examination) -> ExitCode {
    match examination.causes().max() {
        None => ExitCode::Matching,
        Some(Cause::NotReached) => ExitCode::Unreachable,
        Some(Cause::Refused) => ExitCode::Failed,
        Some(Cause::NotAuthorized) => ExitCode::Unauthorized,
        Some(Cause::Invalid) => ExitCode::Invalid,
    }
}

/// The code of a run that came to `code` and could not write all of its result. A run that went
/// well otherwise did not go well then; one that `created` topics is no usage error any more.
pub fn from_writing(code: ExitCode, written: &io::Result<()>, created: bool) -> ExitCode {
    match (code, written) {
        (ExitCode::Matching, Err(_)) if created => ExitCode::Failed,
        (ExitCode::Matching, Err(_)) => ExitCode::Invalid,
        (code, _) => code,
    }
}

/// How the run against one cluster ended, what needs attention most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// A signal ended it.
    Interrupted,
    /// What was asked of it is not valid: its manifests, its profile, its connection.
    NotValid,
    /// A right is missing.
    NotAuthorized,
    /// The broker refused, or a creation failed.
    Failed,
    /// It did not answer.
    NotReached,
    /// It answered, and did not return everything.
    NotReadInFull,
    /// It is not as declared, whether that fails the run or not.
    Differs,
    /// It is as declared, or would be after apply.
    Matches,
}

impl Verdict {
    /// The verdict on a run that ended with this code.
    pub fn new(context: &RunContext, result: &RunResult, code: ExitCode) -> Self {
        let is_open = |status: &Status| match status {
            Status::Mismatched { .. } | Status::Missing => true,
            Status::ToCreate => context.purpose == Purpose::Verify,
            _ => false,
        };
        match code {
            ExitCode::Failed => Self::Failed,
            ExitCode::Interrupted | ExitCode::HungUp | ExitCode::Terminated => Self::Interrupted,
            ExitCode::Invalid => Self::NotValid,
            ExitCode::Unauthorized => Self::NotAuthorized,
            ExitCode::Unreachable if result.identity.is_none() => Self::NotReached,
            ExitCode::Unreachable => Self::NotReadInFull,
            ExitCode::Differences => Self::Differs,
            // --fail-on let it pass.
            ExitCode::Matching if result.count(is_open) > 0 => Self::Differs,
            ExitCode::Matching => Self::Matches,
        }
    }
}
