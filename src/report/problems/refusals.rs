//! The broker's refusals of new topics, and what would be refused.

use super::reading::{TO_CREATE, granted};
use super::{causes, is_new};
use crate::context::{RunContext, Target};
use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::outcome::{RunResult, Status, TopicOutcome};
use crate::report::wording::{name_width, plural};

/// The broker's refusals; `None` where the preflight only got no answer, which is reported as
/// unknown.
pub(super) fn refused(
    context: &RunContext,
    target: &Target,
    result: &RunResult,
) -> Option<Diagnostic> {
    let identity = result.identity.as_ref()?;
    let refusals: Vec<_> = result
        .topics
        .iter()
        .filter_map(|outcome| match &outcome.status {
            Status::Refused(refusal) => Some((outcome, refusal)),
            _ => None,
        })
        .collect();
    if refusals.is_empty() {
        return None;
    }
    let unauthorized = refusals.iter().filter(|(_, refusal)| refusal.unauthorized);
    let unauthorized: Vec<_> = unauthorized.map(|(one, _)| &one.topic.name).collect();
    let mut codes = refusals.iter().map(|(_, refusal)| refusal.code.as_str());
    let message = format!(
        "the broker refuses {} of {}{}",
        refusals.len(),
        plural(result.topics.iter().filter(is_new).count(), "new topic"),
        causes::consequence(result.check)
    );
    let problem = Diagnostic::error(Code::Refused, message);
    let problem = problem.detail(listed(&refusals, &context.sources));
    Some(if codes.any(|code| code == "INVALID_REPLICATION_FACTOR") {
        let brokers = identity.broker_count();
        problem.help(format!(
            "the cluster has {}: declare as many replicas at most{}; --wait 60s waits for brokers \
             that are starting",
            plural(brokers, "broker"),
            or_profile(&context.profiles)
        ))
    } else if !unauthorized.is_empty() {
        granted(problem, TO_CREATE, &unauthorized, target)
    } else {
        problem
    })
}

/// The profiles that may declare fewer replicas, as the end of a sentence.
pub(super) fn or_profile(profiles: &[String]) -> String {
    match profiles {
        [] => String::new(),
        [one] => format!(", or choose a profile that does (--profile {one})"),
        many => format!(", or choose a profile that does ({})", many.join(", ")),
    }
}

/// Topics with their places, those of one reason together and the reason below them.
fn listed(refusals: &[(&TopicOutcome, &impl ToString)], sources: &Sources) -> String {
    let mut by_reason: Vec<(String, Vec<&TopicOutcome>)> = Vec::new();
    for (outcome, refusal) in refusals {
        let reason = refusal.to_string();
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, outcomes)) => outcomes.push(outcome),
            None => by_reason.push((reason, vec![outcome])),
        }
    }
    let width = name_width(
        refusals
            .iter()
            .map(|(outcome, _)| outcome.topic.name.as_str()),
    );
    let mut lines = Vec::new();
    for (reason, outcomes) in by_reason {
        lines.extend(outcomes.iter().map(|outcome| {
            let place = sources.location(outcome.topic.span);
            format!("{:<width$}   {place}", outcome.topic.name)
        }));
        lines.push(format!("          {reason}"));
    }
    lines.join("\n")
}
