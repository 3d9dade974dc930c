//! Topics that were waited for in vain, as a problem: which they are, and why nobody can use them.
//!
//! Pure wording.

use crate::diagnostic::{Code, Diagnostic};
use crate::health::HealthIssue;
use crate::outcome::{Awaited, RunResult, Status, TopicOutcome};
use crate::report::wording::{name_width, plural};
use crate::topic::TopicName;
use crate::units::Measure;

/// The topics that were not there or not served when the wait was over.
pub(super) fn not_ready(result: &RunResult) -> Option<Diagnostic> {
    let Awaited { limit, not_ready } = result.awaited.as_ref()?;
    let is_awaited = |one: &&TopicOutcome| not_ready.contains(&one.topic.name);
    let outcomes: Vec<_> = result.topics.iter().filter(is_awaited).collect();
    let (were, them) = match outcomes.len() {
        0 => return None,
        1 => ("was", "it"),
        _ => ("were", "them"),
    };
    let message = format!(
        "{} of {} {were} not ready within {} (--wait-topics)",
        outcomes.len(),
        plural(result.topics.len(), "topic"),
        Measure::Duration.human(i64::try_from(limit.as_millis()).unwrap_or(i64::MAX))
    );
    let width = name_width(not_ready.iter().map(TopicName::as_str));
    let lines = outcomes
        .iter()
        .map(|one| format!("{:<width$}   {}", one.topic.name, reason(one)));
    let lines: Vec<_> = lines.collect();
    let is_absent = |one: &&TopicOutcome| matches!(one.status, Status::ToCreate | Status::Missing);
    let cause = match outcomes.iter().any(is_absent) {
        true => format!("see whether what creates {them} has run, and how that ended"),
        false => "the logs of the brokers say more".to_owned(),
    };
    Some(
        Diagnostic::error(Code::TopicsNotReady, message)
            .detail(lines.join("\n"))
            .help(format!("{cause}; or give --wait-topics more time")),
    )
}

fn reason(outcome: &TopicOutcome) -> String {
    match &outcome.status {
        Status::ToCreate | Status::Missing => "does not exist".to_owned(),
        Status::Unknown(unknown) => unknown.reason.clone(),
        _ => {
            let issues = outcome.health.iter();
            let fatal = issues.filter(|issue| !issue.kind.is_served());
            let fatal: Vec<_> = fatal.map(HealthIssue::sentence).collect();
            fatal.join("; ")
        }
    }
}
