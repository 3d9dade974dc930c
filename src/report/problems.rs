//! What went wrong in a run, as diagnostics: cluster errors, refusals, what could not be read.
//!
//! Pure wording: takes outcomes and the reason of a stop, and says for each what happened and the
//! way out.

use std::collections::BTreeMap;

use super::sentences::shortened;
use super::{Cluster, Command, health};
use crate::apply::{Outcome, Status, Stop};
use crate::catalog;
use crate::cluster::{ClusterError, ClusterErrorKind};
use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::exit::FailOn;
use crate::interrupt::Signal;
use crate::remedy::Access;
use crate::topic::TopicName;

/// The problem that a cluster error is.
pub fn of_cluster_error(error: &ClusterError) -> Diagnostic {
    let code = match error.kind {
        ClusterErrorKind::Configuration => Code::Connection,
        ClusterErrorKind::Unreachable => Code::Unreachable,
        ClusterErrorKind::Authentication => Code::Authentication,
        ClusterErrorKind::Authorization => Code::Authorization,
        ClusterErrorKind::Broker => Code::Refused,
    };
    Diagnostic {
        detail: error.detail.clone(),
        help: error.help.clone(),
        ..Diagnostic::error(code, error.message.clone())
    }
}

/// A signal ended the run. What was not created is told by the command that creates.
pub fn interrupted(signal: Signal, command: Command, wrote: bool) -> Diagnostic {
    let so = match command {
        Command::Apply { .. } if wrote => "; what was sent is reported",
        Command::Apply { .. } => "; nothing was created",
        _ => "",
    };
    let message = format!("interrupted by {}{so}", signal.as_str());
    Diagnostic::error(Code::Interrupted, message)
}

/// The cluster could be read, and did not answer the check of what is new.
fn unchecked(error: &ClusterError, access: &Access) -> Diagnostic {
    if error.kind != ClusterErrorKind::Unreachable {
        return of_cluster_error(error);
    }
    let message = "the brokers answer, but not the check of new topics; nothing was created";
    Diagnostic::error(Code::Unreachable, message)
        .detail(error.message.clone())
        .help("new topics need the controller; see whether one leads:")
        .command(access.command("kafka-metadata-quorum", &["describe", "--status"]))
}

/// What a run has come to.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Of this command.
    pub command: Command,
    /// What became of the topics.
    pub outcomes: &'a [Outcome],
    /// Why it ended early.
    pub stop: Option<&'a Stop>,
    /// Whether something may have been written.
    pub wrote: bool,
    /// The cluster that answered.
    pub cluster: &'a Cluster,
    /// Who we are to the cluster.
    pub user: Option<&'a str>,
    /// How Kafka's own tools reach it.
    pub access: &'a Access,
    /// The texts that spans point into.
    pub sources: &'a Sources,
    /// Topics that no manifest declares, as far as they were looked for.
    pub unmanaged: &'a [TopicName],
    /// Which findings are errors.
    pub fail_on: FailOn,
    /// Why health could not be judged, where it was to fail the run.
    pub no_health: Option<&'a ClusterError>,
    /// The declared profiles, but for the chosen one.
    pub profiles: &'a [String],
}

/// What stopped a run, and what it found beside mismatches, as problems.
pub fn of_run(run: Run<'_>) -> Vec<Diagnostic> {
    let Run {
        outcomes,
        stop,
        wrote,
        cluster,
        user,
        access,
        sources,
        profiles,
        ..
    } = run;
    let mut all = Vec::new();
    match stop {
        None => {}
        Some(Stop::Cluster(error)) => all.push(of_cluster_error(error)),
        Some(Stop::Unchecked(error)) => {
            // What was refused until then is still the reader's to mend.
            all.extend(refused(outcomes, cluster, user, access, sources, profiles));
            all.push(unchecked(error, access));
        }
        Some(Stop::Interrupted(signal)) => all.push(interrupted(*signal, run.command, wrote)),
        Some(Stop::Refused) => {
            all.extend(refused(outcomes, cluster, user, access, sources, profiles))
        }
        Some(Stop::UnknownExistence) => {}
    }
    all.extend(unknown(&run));
    for outcome in outcomes
        .iter()
        .filter(|outcome| !outcome.seen.unverifiable.is_empty())
    {
        let keys: Vec<_> = outcome
            .seen
            .unverifiable
            .iter()
            .map(ToString::to_string)
            .collect();
        all.push(
            Diagnostic::warning(
                Code::Unverifiable,
                format!(
                    "{}: the broker does not tell {}, so it cannot be verified",
                    outcome.topic.name,
                    keys.join(", ")
                ),
            )
            .help("the broker may be too old for it, keep it secret, or need DESCRIBE_CONFIGS"),
        );
    }
    all.extend(health::unhealthy(outcomes, run.fail_on.health, access));
    all.extend(run.no_health.map(health::unjudged));
    if run.command == Command::Plan {
        all.extend(health::too_few_brokers(outcomes, access, sources, profiles));
    }
    for outcome in outcomes {
        all.extend(beside(outcome, run.fail_on));
    }
    all.extend(unmanaged(run.unmanaged, run.fail_on));
    all
}

/// A finding: an error where it fails the run.
fn finding(fails: bool, code: Code, message: String) -> Diagnostic {
    if fails {
        Diagnostic::error(code, message)
    } else {
        Diagnostic::warning(code, message)
    }
}

/// What was seen of a topic beside its mismatches.
fn beside(outcome: &Outcome, fail_on: FailOn) -> Vec<Diagnostic> {
    let name = &outcome.topic.name;
    let undeclared = outcome.seen.undeclared.iter().map(|(key, value)| {
        let shown = shortened(&catalog::human(key.as_str(), value));
        let message = format!("{name}: {key} is set to {shown} on the topic, and not declared");
        let written = quoted_in_yaml(value);
        finding(fail_on.undeclared, Code::UndeclaredConfig, message)
            .help("take it off the topic, or declare it:")
            .command(format!("config: {{ {key}: {written} }}"))
    });
    undeclared.collect()
}

/// A value as it may stand between braces.
fn quoted_in_yaml(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match !value.is_empty() && value.chars().all(plain) {
        true => value.to_owned(),
        // A `$` begins a variable in a manifest.
        false => format!("{value:?}").replace('$', "$$"),
    }
}

fn unmanaged(names: &[TopicName], fail_on: FailOn) -> Option<Diagnostic> {
    let count = match names.len() {
        0 => return None,
        1 => "1 topic of the cluster is".to_owned(),
        many => format!("{many} topics of the cluster are"),
    };
    let message = format!("{count} declared by no manifest");
    let listed: Vec<_> = names.iter().map(TopicName::as_str).collect();
    Some(
        finding(fail_on.unmanaged, Code::UnmanagedTopic, message)
            .detail(listed.join("\n"))
            .help("declare them, or leave them out with --ignore GLOB"),
    )
}

/// The broker's refusals; `None` where the preflight only got no answer, which is told as unknown.
fn refused(
    outcomes: &[Outcome],
    cluster: &Cluster,
    user: Option<&str>,
    access: &Access,
    sources: &Sources,
    profiles: &[String],
) -> Option<Diagnostic> {
    let refusals = || {
        outcomes.iter().filter_map(|outcome| match &outcome.status {
            Status::Refused(refusal) => Some((outcome, refusal)),
            _ => None,
        })
    };
    let reasons: Vec<_> = refusals()
        .map(|(outcome, refusal)| (outcome, refusal.to_string()))
        .collect();
    if reasons.is_empty() {
        return None;
    }
    let is_new = |outcome: &&Outcome| match &outcome.status {
        Status::ToCreate | Status::Refused(_) => true,
        Status::Unknown(unknown) => !unknown.exists,
        _ => false,
    };
    let new = outcomes.iter().filter(is_new).count();
    let unauthorized: Vec<_> = refusals()
        .filter(|(_, refusal)| refusal.unauthorized)
        .map(|(outcome, _)| &outcome.topic.name)
        .collect();
    let has = |code: &str| refusals().any(|(_, refusal)| refusal.code == code);
    let brokers = cluster.identity.broker_count();
    let (help, command) = if has("INVALID_REPLICATION_FACTOR") {
        let s = if brokers == 1 { "" } else { "s" };
        let profile = or_profile(profiles);
        let help = format!(
            "the cluster has {brokers} broker{s}: declare as many replicas at most{profile}; --wait \
             60s waits for brokers that are starting"
        );
        (Some(help), None)
    } else if !unauthorized.is_empty() {
        (
            Some(GRANT.to_owned()),
            Some(grant(TO_CREATE, &unauthorized, user, access)),
        )
    } else {
        (None, None)
    };
    let detail = listed(&reasons, sources);
    let diagnostic = Diagnostic::error(
        Code::Refused,
        format!(
            "the broker refuses {} of {new} new topic{}; nothing was created",
            reasons.len(),
            if new == 1 { "" } else { "s" }
        ),
    )
    .detail(detail);
    Some(Diagnostic {
        help,
        command,
        ..diagnostic
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
fn listed(reasons: &[(&Outcome, String)], sources: &Sources) -> String {
    let mut groups: Vec<(&str, Vec<&Outcome>)> = Vec::new();
    for (outcome, reason) in reasons {
        match groups.iter_mut().find(|(known, _)| known == reason) {
            Some((_, outcomes)) => outcomes.push(outcome),
            None => groups.push((reason, vec![outcome])),
        }
    }
    let length = |outcome: &Outcome| outcome.topic.name.as_str().len();
    let width = reasons
        .iter()
        .map(|(outcome, _)| length(outcome))
        .max()
        .unwrap_or(0)
        .min(40);
    let mut lines = Vec::new();
    for (reason, outcomes) in groups {
        for outcome in outcomes {
            let place = sources.location(outcome.topic.span);
            lines.push(format!("{:<width$}   {place}", outcome.topic.name));
        }
        lines.push(format!("          {reason}"));
    }
    lines.join("\n")
}

/// Topics that could not be read, those of one reason together.
fn unknown(run: &Run<'_>) -> Vec<Diagnostic> {
    let creates = matches!(run.command, Command::Apply { .. });
    let was_to_create = creates && run.stop.is_some() && !run.wrote;
    let mut by_reason: BTreeMap<(bool, bool, &str), Vec<&TopicName>> = BTreeMap::new();
    for outcome in run.outcomes {
        if let Status::Unknown(unknown) = &outcome.status {
            let key = (
                unknown.exists,
                unknown.unauthorized,
                unknown.reason.as_str(),
            );
            by_reason.entry(key).or_default().push(&outcome.topic.name);
        }
    }
    by_reason
        .into_iter()
        .map(|((exists, unauthorized, reason), names)| {
            let count = names.len();
            let topics = if count == 1 {
                "1 topic".to_owned()
            } else {
                format!("{count} topics")
            };
            let who = run
                .user
                .map(|user| format!(" with the rights of User:{user}"))
                .unwrap_or_default();
            let what = match (exists, unauthorized) {
                (true, true) => format!("the configuration of {topics} cannot be read{who}"),
                (true, false) => format!("the configuration of {topics} cannot be read"),
                (false, true) => format!("{topics} cannot be seen{who}"),
                (false, false) => format!("whether {topics} exist could not be found out"),
            };
            let so = if was_to_create && !exists {
                ", so nothing was created"
            } else {
                ""
            };
            let code = if unauthorized {
                Code::Authorization
            } else {
                Code::Unreachable
            };
            let listed: Vec<_> = names.iter().map(|name| name.as_str()).collect();
            let diagnostic = Diagnostic::error(code, format!("{what}{so}"))
                .detail(format!("{}\n{reason}", listed.join(", ")));
            if unauthorized {
                let rights = match creates && !exists {
                    true => TO_CREATE,
                    false => TO_READ,
                };
                let command = grant(rights, &names, run.user, run.access);
                diagnostic.help(GRANT).command(command)
            } else {
                diagnostic
            }
        })
        .collect()
}

pub(super) const GRANT: &str = "someone who may can grant the rights:";

/// What comparing a topic takes.
const TO_READ: &[&str] = &["Describe", "DescribeConfigs"];

/// What creating it takes: CREATE does not imply the others, and it is compared afterwards.
const TO_CREATE: &[&str] = &["Describe", "DescribeConfigs", "Create"];

/// The command that would give the rights, for whoever may run it.
fn grant(rights: &[&str], names: &[&TopicName], user: Option<&str>, access: &Access) -> String {
    let principal = format!("User:{}", user.unwrap_or("NAME"));
    let mut arguments = vec!["--add", "--allow-principal", &principal];
    for operation in rights {
        arguments.extend(["--operation", operation]);
    }
    for name in names {
        arguments.extend(["--topic", name.as_str()]);
    }
    access.command("kafka-acls", &arguments)
}

#[cfg(test)]
mod tests;
