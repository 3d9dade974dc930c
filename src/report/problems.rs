//! What went wrong in a run, as diagnostics: cluster errors, refusals, what could not be read.
//!
//! Pure wording: takes outcomes and the reason of a stop, and says for each what happened and the
//! way out.

use std::collections::BTreeMap;

use super::Cluster;
use crate::apply::{Outcome, Status, Stop};
use crate::cluster::{ClusterError, ClusterErrorKind};
use crate::diagnostic::{Code, Diagnostic, Sources};
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

/// What stopped a run, and what could not be verified, as problems.
pub fn of_run(
    outcomes: &[Outcome],
    stop: Option<&Stop>,
    wrote: bool,
    cluster: &Cluster,
    user: Option<&str>,
    access: &Access,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    match stop {
        None => {}
        Some(Stop::Cluster(error)) => all.push(of_cluster_error(error)),
        Some(Stop::Interrupted(signal)) => {
            let what = if wrote {
                "what was sent is reported"
            } else {
                "nothing was created"
            };
            let message = format!("interrupted by {}; {what}", signal.as_str());
            all.push(Diagnostic::error(Code::Interrupted, message));
        }
        Some(Stop::Refused) => all.push(refused(outcomes, cluster, user, access, sources)),
        Some(Stop::UnknownExistence) => {}
    }
    all.extend(unknown(outcomes, stop.is_some(), user, access));
    for outcome in outcomes
        .iter()
        .filter(|outcome| !outcome.unverifiable.is_empty())
    {
        let keys: Vec<_> = outcome
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
    all
}

fn refused(
    outcomes: &[Outcome],
    cluster: &Cluster,
    user: Option<&str>,
    access: &Access,
    sources: &Sources,
) -> Diagnostic {
    let reasons: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match &outcome.status {
            Status::Refused(refusal) => Some((outcome, refusal.to_string())),
            Status::Unknown(unknown) if !unknown.exists => Some((outcome, unknown.reason.clone())),
            _ => None,
        })
        .collect();
    let new = outcomes
        .iter()
        .filter(|o| o.status == Status::ToCreate)
        .count()
        + reasons.len();
    let has = |code: &str| reasons.iter().any(|(_, reason)| reason.starts_with(code));
    let brokers = cluster.identity.brokers;
    let (help, command) = if has("INVALID_REPLICATION_FACTOR") {
        let s = if brokers == 1 { "" } else { "s" };
        let help = format!(
            "the cluster has {brokers} broker{s}; for a development cluster choose a profile with \
             fewer replicas, such as --profile dev, and for one that is starting use --wait 60s"
        );
        (Some(help), None)
    } else if reasons
        .iter()
        .any(|(_, reason)| reason.contains("AUTHORIZATION_FAILED"))
    {
        let names: Vec<_> = reasons
            .iter()
            .map(|(outcome, _)| &outcome.topic.name)
            .collect();
        (Some(GRANT.to_owned()), Some(grant(&names, user, access)))
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
    Diagnostic {
        help,
        command,
        ..diagnostic
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
fn unknown(
    outcomes: &[Outcome],
    stopped: bool,
    user: Option<&str>,
    access: &Access,
) -> Vec<Diagnostic> {
    let mut by_reason: BTreeMap<(bool, bool, &str), Vec<&TopicName>> = BTreeMap::new();
    for outcome in outcomes {
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
            let who = user.map(|user| format!(" with the rights of User:{user}"));
            let who = who.unwrap_or_default();
            let what = match (exists, unauthorized) {
                (true, true) => format!("the configuration of {topics} cannot be read{who}"),
                (true, false) => format!("the configuration of {topics} cannot be read"),
                (false, true) => format!("{topics} cannot be seen{who}"),
                (false, false) => format!("whether {topics} exist could not be found out"),
            };
            let so = if stopped && !exists {
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
                diagnostic.help(GRANT).command(grant(&names, user, access))
            } else {
                diagnostic
            }
        })
        .collect()
}

pub(super) const GRANT: &str = "someone who may can grant the rights:";

/// The command that would give the rights, for whoever may run it.
fn grant(names: &[&TopicName], user: Option<&str>, access: &Access) -> String {
    let principal = format!("User:{}", user.unwrap_or("NAME"));
    let mut arguments = vec!["--add", "--allow-principal", &principal];
    for operation in ["Describe", "DescribeConfigs", "Create"] {
        arguments.extend(["--operation", operation]);
    }
    for name in names {
        arguments.extend(["--topic", name.as_str()]);
    }
    access.command("kafka-acls", &arguments)
}
