//! What the brokers lack, as problems: partitions that are not well, and new topics that want more
//! brokers than there are.
//!
//! Pure wording. Topics with the same issue are reported together: a broker that is down is one event,
//! and may be in hundreds of topics.

use std::collections::{BTreeMap, BTreeSet};

use super::causes::from_cluster_error;
use super::finding;
use super::refusals::or_profile;
use crate::cluster::ClusterError;
use crate::context::{RunContext, Target};
use crate::diagnostic::{Code, Diagnostic};
use crate::finding::Finding;
use crate::health::{self, HealthIssue, HealthIssueKind, brokers};
use crate::outcome::{RunResult, Status};
use crate::remedy::racks::{self, Placed};
use crate::report::wording::{name_width, plural};
use crate::topic::TopicName;

/// The partitions that are not well, the worst first; errors where they fail the run.
pub(super) fn unhealthy(
    context: &RunContext,
    target: &Target,
    result: &RunResult,
) -> Vec<Diagnostic> {
    let mut by_kind: BTreeMap<u8, Vec<(&TopicName, &HealthIssue)>> = BTreeMap::new();
    for outcome in &result.topics {
        for issue in &outcome.health {
            let found = by_kind.entry(issue.kind.rank()).or_default();
            found.push((&outcome.topic.name, issue));
        }
    }
    let access = &target.access;
    let problem = |found: Vec<(&TopicName, &HealthIssue)>| {
        let kind = &found.first()?.1.kind;
        let mut names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
        names.dedup();
        let have = match names.len() {
            1 => "has",
            _ => "have",
        };
        let topics = plural(names.len(), "topic");
        let message = format!("{topics} {have} {}", what(kind));
        let width = name_width(names.into_iter().map(TopicName::as_str));
        let lines: Vec<_> = found
            .iter()
            .map(|(name, issue)| format!("{name:<width$}   {issue}"))
            .collect();
        let ids = found.iter().flat_map(|(_, issue)| issue.kind.brokers());
        let ids: BTreeSet<i32> = ids.copied().collect();
        let problem = finding(context, Finding::Health, Code::Unhealthy, message);
        let problem = problem.detail(lines.join("\n"));
        let consequence = consequence(kind);
        Some(match kind {
            HealthIssueKind::SharedRack { .. } => {
                let racks = &result.identity.as_ref()?.racks;
                let placed: Vec<_> = found
                    .iter()
                    .flat_map(|(name, issue)| placed(name, issue))
                    .collect();
                let (command, moved) = racks::spread(&placed, racks, access);
                let all = match moved < placed.len() {
                    true => format!("{moved} of {} partitions", placed.len()),
                    false => "them".to_owned(),
                };
                problem
                    .help(format!(
                        "{consequence}; the command moves {all}, and copies data between brokers \
                         (--throttle limits how fast):"
                    ))
                    .command(command)
            }
            HealthIssueKind::Unserved { .. } => problem
                .help(format!("{consequence}; see whether a controller leads:"))
                .command(access.command("kafka-metadata-quorum", &["describe", "--status"])),
            _ => {
                let ids: Vec<_> = ids.into_iter().collect();
                problem.help(format!("{consequence}; {}", way_out(&ids, &access.brokers)))
            }
        })
    };
    by_kind.into_values().filter_map(problem).collect()
}

/// Where the replicas of partitions are that share racks.
fn placed<'a>(topic: &'a TopicName, issue: &'a HealthIssue) -> impl Iterator<Item = Placed<'a>> {
    let placed = match &issue.kind {
        HealthIssueKind::SharedRack { placed, .. } => Some(placed),
        _ => None,
    };
    placed
        .into_iter()
        .flatten()
        .map(|(partition, replicas)| Placed {
            topic,
            partition: *partition,
            replicas,
        })
}

/// The leaders were to be asked whether they serve, and that failed.
pub(super) fn not_judged(error: &ClusterError) -> Diagnostic {
    let cause = from_cluster_error(error);
    let message = "whether the leaders serve could not be found out, so health is not known";
    let detail = std::iter::once(cause.message).chain(cause.detail);
    let help = "run it again; all else was read, and is reported";
    Diagnostic {
        help: cause.help.or(Some(help.to_owned())),
        ..Diagnostic::error(cause.code, message).detail(detail.collect::<Vec<_>>().join("\n"))
    }
}

fn what(kind: &HealthIssueKind) -> &'static str {
    match kind {
        HealthIssueKind::Leaderless { .. } => "partitions without a leader",
        HealthIssueKind::Unserved { .. } => "partitions that their leader does not serve",
        HealthIssueKind::BelowMinInsync { .. } => "fewer replicas in sync than min.insync.replicas",
        HealthIssueKind::UnderReplicated { .. } => "under-replicated partitions",
        HealthIssueKind::SharedRack { .. } => "replicas that share a rack",
    }
}

fn consequence(kind: &HealthIssueKind) -> &'static str {
    match kind {
        HealthIssueKind::Leaderless { .. } => "nobody can write to them or read them",
        HealthIssueKind::Unserved { .. } => "what the cluster says of them may be out of date",
        HealthIssueKind::BelowMinInsync { .. } => "producers with acks=all are refused",
        HealthIssueKind::UnderReplicated { .. } => {
            "what is written now is on fewer brokers than declared"
        }
        HealthIssueKind::SharedRack { .. } => "a rack that is lost takes more of them than it must",
    }
}

/// What to do about brokers that are missed. `running` is empty where the cluster does not tell.
fn way_out(missed: &[i32], running: &[i32]) -> String {
    let down: Vec<i32> = missed
        .iter()
        .filter(|id| !running.contains(id))
        .copied()
        .collect();
    match down.is_empty() || running.is_empty() {
        true => format!("the log of {} says more", brokers(missed)),
        false => health::start(&down),
    }
}

/// New topics that want more replicas than there are brokers: a plan does not ask the controller,
/// which alone knows whether it takes them. A broker that is down is one that there is.
pub(super) fn too_few_brokers(
    context: &RunContext,
    target: &Target,
    result: &RunResult,
) -> Option<Diagnostic> {
    // A cluster that does not return its brokers cannot be counted.
    let access = &target.access;
    let up = access.brokers.len();
    let new = result.topics.iter();
    let new = new.filter(|one| one.status == Status::ToCreate && up > 0);
    let want_more = new
        .map(|one| &one.topic)
        .filter(|topic| topic.brokers_needed() > up);
    let want_more: Vec<_> = want_more.collect();
    let width = name_width(want_more.iter().map(|topic| topic.name.as_str()));
    let lines: Vec<_> = want_more
        .iter()
        .map(|topic| {
            let place = context.sources.location(topic.span);
            let factor = topic.brokers_needed();
            format!("{:<width$}   RF {factor}   {place}", topic.name)
        })
        .collect();
    let want = match want_more.len() {
        0 => return None,
        1 => "wants",
        _ => "want",
    };
    let topics = plural(want_more.len(), "new topic");
    let there = up + access.down.len();
    if want_more
        .iter()
        .all(|topic| topic.brokers_needed() <= there)
    {
        let message = format!("{topics} {want} more replicas than brokers are up ({up})");
        let start = health::start(&access.down);
        return Some(
            Diagnostic::note(Code::TooFewBrokers, message)
                .detail(lines.join("\n"))
                .help(format!(
                    "{start}; a KRaft cluster creates them all the same"
                )),
        );
    }
    let message = format!("{topics} {want} more replicas than the cluster has brokers ({there})");
    Some(
        Diagnostic::warning(Code::TooFewBrokers, message)
            .detail(lines.join("\n"))
            .help(format!(
                "declare no more replicas than that{}, or start the other brokers; \
                 `topicctl apply --dry-run` asks the broker what it would take",
                or_profile(context.fitting_profiles.as_deref())
            )),
    )
}

/// New topics whose names are too near to those of existing ones.
pub(super) fn collisions(context: &RunContext, result: &RunResult) -> Option<Diagnostic> {
    let new = |name: &TopicName| {
        let mut topics = result.topics.iter();
        topics.find(|one| one.topic.name == *name && one.status == Status::ToCreate)
    };
    let colliding = result.collisions.iter();
    let colliding: Vec<_> = colliding
        .filter_map(|(name, existing)| Some((new(name)?, existing)))
        .collect();
    let width = name_width(colliding.iter().map(|(one, _)| one.topic.name.as_str()));
    let lines: Vec<_> = colliding
        .iter()
        .map(|(one, existing)| {
            let place = context.sources.location(one.topic.span);
            format!("{:<width$}   {existing} exists   {place}", one.topic.name)
        })
        .collect();
    let collides = match colliding.len() {
        0 => return None,
        1 => "has a name that differs from that of an existing one in `.` and `_` only",
        _ => "have names that differ from those of existing ones in `.` and `_` only",
    };
    let topics = plural(colliding.len(), "new topic");
    Some(
        Diagnostic::warning(Code::ExistingCollision, format!("{topics} {collides}"))
            .detail(lines.join("\n"))
            .help(
                "the broker refuses such names, which its metrics cannot tell apart: choose others",
            ),
    )
}
