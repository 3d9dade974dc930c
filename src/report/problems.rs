//! What went wrong in a run, as diagnostics: cluster errors, refusals, what could not be read, what
//! was found beside mismatches.
//!
//! Pure wording: takes a finished run, and says of each problem what happened and the way out.

mod causes;
mod health;
mod reading;
mod refusals;
mod waiting;

use super::wording::{plural, shortened};
use crate::catalog;
use crate::context::{Purpose, RunContext, Target};
use crate::diagnostic::{Code, Diagnostic};
use crate::finding::Finding;
use crate::outcome::{Check, RunResult, Status, Stop, TopicOutcome};
use crate::remedy::{self, in_yaml};
use crate::topic::TopicName;

pub use causes::{from_cluster_error, from_connection_error, interrupted};
pub use reading::unreadable_export;

/// What a run found beside mismatches, and last what ended it before its end.
pub fn from_run(context: &RunContext, target: &Target, result: &RunResult) -> Vec<Diagnostic> {
    // Where nothing was read, what stopped the run says it all.
    let mut all = match result.identity {
        None => Vec::new(),
        Some(_) => found(context, target, result),
    };
    all.extend(stopped(context, target, result));
    all
}

/// What ended a run before its end.
fn stopped(context: &RunContext, target: &Target, result: &RunResult) -> Vec<Diagnostic> {
    let refused = || refusals::refused(context, target, result);
    match &result.stop {
        None | Some(Stop::Invalid) => Vec::new(),
        Some(Stop::Cluster(error)) if result.identity.is_none() => {
            vec![from_connection_error(error)]
        }
        Some(Stop::Cluster(error)) => vec![from_cluster_error(error)],
        Some(Stop::Unchecked(error)) => {
            // What was refused until then is still the reader's to fix.
            let unchecked = causes::unchecked(error, &target.access, result.check);
            refused().into_iter().chain([unchecked]).collect()
        }
        Some(Stop::Interrupted(signal)) => {
            vec![interrupted(*signal, context.purpose, result.wrote)]
        }
        Some(Stop::TooFewBrokers { registered, wanted }) => {
            vec![causes::missing_brokers(*registered, *wanted)]
        }
        Some(Stop::Refused) => refused().into_iter().collect(),
        Some(Stop::UnknownExistence) => reading::unknown_topics(context, target, result),
    }
}

/// What a run that read a cluster found beside mismatches.
fn found(context: &RunContext, target: &Target, result: &RunResult) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    if result.stop != Some(Stop::UnknownExistence) {
        all.extend(reading::unknown_topics(context, target, result));
    }
    match result.lacks_configs {
        true => all.extend(no_configs(result)),
        false => all.extend(result.topics.iter().filter_map(unverifiable)),
    }
    all.extend(health::unhealthy(context, target, result));
    all.extend(waiting::not_ready(result));
    if let Some(Err(error)) = &result.leader_check {
        all.push(health::not_judged(error));
    }
    if context.purpose == Purpose::Plan {
        all.extend(health::too_few_brokers(context, target, result));
        all.extend(health::collisions(context, result));
    }
    all.extend(
        result
            .topics
            .iter()
            .flat_map(|one| undeclared(one, context, target)),
    );
    all.extend(unmanaged(&result.unmanaged, context));
    if let Some(groups) = &result.groups {
        all.extend(reading::unreadable_groups(groups, target));
    }
    match result.check {
        Check::Harmless | Check::Unread => {}
        Check::LeftOut => all.push(check_left_out()),
        Check::Created(count) => all.push(created_by_check(context, count)),
    }
    if result.unsettled && result.created() {
        let message = "created topics were not waited for (--no-settle)";
        let help = "a producer that starts now may see NOT_LEADER_OR_FOLLOWER for a while";
        all.push(Diagnostic::note(Code::NotSettled, message).help(help));
    }
    all
}

fn check_left_out() -> Diagnostic {
    let message = "new topics were not checked before: this broker would create them on a check";
    Diagnostic::warning(Code::NotChecked, message)
        .help("Kafka 2.8 and 3.0 with KRaft do so; a later version checks without creating")
}

/// Topics exist that were only to be checked, which the run that was to check them has to say.
fn created_by_check(context: &RunContext, count: usize) -> Diagnostic {
    let topics = plural(count, "topic");
    let message = format!("{topics} created that were only to be checked");
    let problem = Diagnostic::error(Code::NotChecked, message);
    let asked = match context.purpose {
        Purpose::DryRun => "the dry run asked for a check only",
        _ => "the check was refused for others, and nothing else was sent",
    };
    problem.help(format!(
        "{asked}: this broker carries out what it is asked to check (Kafka 2.8 and 3.0 with KRaft \
         do), or somebody else created them at this moment"
    ))
}

/// A finding: an error where it fails the run.
fn finding(context: &RunContext, finding: Finding, code: Code, message: String) -> Diagnostic {
    match context.fail_on.contains(finding) {
        true => Diagnostic::error(code, message),
        false => Diagnostic::warning(code, message),
    }
}

fn unverifiable(outcome: &TopicOutcome) -> Option<Diagnostic> {
    let keys = outcome.unverifiable.iter().map(ToString::to_string);
    let keys: Vec<_> = keys.collect();
    let message = format!(
        "{}: the broker does not return {}, so it cannot be verified",
        outcome.topic.name,
        keys.join(", ")
    );
    (!keys.is_empty()).then(|| {
        Diagnostic::warning(Code::Unverifiable, message)
            .help("the broker may be too old for it, keep it secret, or need DESCRIBE_CONFIGS")
    })
}

/// The same of all topics, where the cause is the cluster's.
fn no_configs(result: &RunResult) -> Option<Diagnostic> {
    let unverifiable = result
        .topics
        .iter()
        .filter(|one| !one.unverifiable.is_empty());
    let names: Vec<_> = unverifiable.map(|one| one.topic.name.as_str()).collect();
    let message = format!(
        "this cluster offers no configurations (no DESCRIBE_CONFIGS), so those of {} cannot be \
         verified",
        plural(names.len(), "topic")
    );
    (!names.is_empty()).then(|| {
        Diagnostic::warning(Code::Unverifiable, message)
            .detail(names.join(", "))
            .help("partitions and replicas are compared; where that is all, declare `tier: plain`")
    })
}

fn undeclared(outcome: &TopicOutcome, context: &RunContext, target: &Target) -> Vec<Diagnostic> {
    let name = &outcome.topic.name;
    let undeclared = outcome.undeclared.iter().map(|(key, value)| {
        let shown = shortened(&catalog::human(key.as_str(), value));
        let message = format!("{name}: {key} is set to {shown} on the topic, and not declared");
        let declared = format!("config: {{ {key}: {} }}", in_yaml(value));
        let problem = finding(
            context,
            Finding::Undeclared,
            Code::UndeclaredConfig,
            message,
        );
        match remedy::unset(name, key, &target.access) {
            None => problem
                .help("declare it; without it the topic may lose messages that it keeps now:")
                .command(declared),
            Some(unset) => problem
                .help("declare it, or take it off the topic, which then has the broker's default:")
                .command(format!("{declared}\n{unset}")),
        }
    });
    undeclared.collect()
}

fn unmanaged(names: &[TopicName], context: &RunContext) -> Option<Diagnostic> {
    let (is, count) = match names.len() {
        0 => return None,
        1 => ("is", 1),
        many => ("are", many),
    };
    let topics = plural(count, "topic");
    let message = format!("{topics} of the cluster {is} declared by no manifest");
    let listed: Vec<_> = names.iter().map(TopicName::as_str).collect();
    Some(
        finding(context, Finding::Unmanaged, Code::UnmanagedTopic, message)
            .detail(listed.join("\n"))
            .help("declare them, or leave them out with --ignore GLOB"),
    )
}

/// Whether a topic is still to be created, as far as is known.
fn is_new(outcome: &&TopicOutcome) -> bool {
    match &outcome.status {
        Status::ToCreate | Status::Refused(_) => true,
        Status::Unknown(unknown) => !unknown.exists,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
