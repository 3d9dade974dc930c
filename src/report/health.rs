//! What the brokers lack, as problems: partitions that are not well, and new topics that want more
//! brokers than there are.
//!
//! Pure wording. Topics with the same trouble are told together: a broker that is down is one event,
//! and may be in hundreds of topics.

use std::collections::BTreeMap;

use super::problems::{of_cluster_error, or_profile};
use crate::apply::{Outcome, Status};
use crate::cluster::ClusterError;
use crate::diagnostic::{Code, Diagnostic, Severity, Sources};
use crate::health::{Ailment, AilmentKind, brokers};
use crate::remedy::Access;
use crate::topic::TopicName;

/// Longer names push the rest of their line away.
const LONGEST_NAME: usize = 40;

/// The partitions that are not well, the worst first; errors where they fail the run.
pub(super) fn unhealthy(outcomes: &[Outcome], fails: bool, access: &Access) -> Vec<Diagnostic> {
    let mut by_trouble: BTreeMap<Trouble, Vec<(&TopicName, &Ailment)>> = BTreeMap::new();
    for outcome in outcomes {
        for ailment in &outcome.seen.ailments {
            by_trouble
                .entry(Trouble::of(&ailment.kind))
                .or_default()
                .push((&outcome.topic.name, ailment));
        }
    }
    by_trouble
        .into_iter()
        .map(|(trouble, found)| {
            let mut names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
            names.dedup();
            let topics = match names.len() {
                1 => "1 topic has".to_owned(),
                many => format!("{many} topics have"),
            };
            let message = format!("{topics} {}", trouble.what());
            let width = width(names.into_iter());
            let lines: Vec<_> = found
                .iter()
                .map(|(name, ailment)| format!("{name:<width$}   {ailment}"))
                .collect();
            let mut ids: Vec<i32> = found
                .iter()
                .flat_map(|(_, ailment)| ailment.kind.brokers().iter().copied())
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let diagnostic = Diagnostic {
                severity: match fails {
                    true => Severity::Error,
                    false => Severity::Warning,
                },
                ..Diagnostic::warning(Code::Unhealthy, message)
            }
            .detail(lines.join("\n"));
            let so = trouble.so();
            match trouble {
                Trouble::Unserved => diagnostic
                    .help(format!("{so}; see whether a controller leads:"))
                    .command(access.command("kafka-metadata-quorum", &["describe", "--status"])),
                _ => diagnostic.help(format!("{so}; {}", way_out(&ids, &access.brokers))),
            }
        })
        .collect()
}

/// The leaders were to be asked whether they serve, and that failed.
pub(super) fn unjudged(error: &ClusterError) -> Diagnostic {
    let told = of_cluster_error(error);
    let message = "whether the leaders serve could not be found out, so health is not known";
    let detail: Vec<_> = [Some(told.message), told.detail]
        .into_iter()
        .flatten()
        .collect();
    let help = "run it again; all else was read, and is told";
    Diagnostic {
        help: told.help.or(Some(help.to_owned())),
        ..Diagnostic::error(told.code, message).detail(detail.join("\n"))
    }
}

/// The kinds of ailments, without what is particular to a partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Leaderless,
    Unserved,
    BelowMinInsync,
    UnderReplicated,
}

impl Trouble {
    fn of(kind: &AilmentKind) -> Self {
        match kind {
            AilmentKind::Leaderless { .. } => Self::Leaderless,
            AilmentKind::Unserved { .. } => Self::Unserved,
            AilmentKind::BelowMinInsync { .. } => Self::BelowMinInsync,
            AilmentKind::UnderReplicated { .. } => Self::UnderReplicated,
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Leaderless => "partitions without a leader",
            Self::Unserved => "partitions that their leader does not serve",
            Self::BelowMinInsync => "fewer replicas in sync than min.insync.replicas",
            Self::UnderReplicated => "under-replicated partitions",
        }
    }

    fn so(self) -> &'static str {
        match self {
            Self::Leaderless => "nobody can write to them or read them",
            Self::Unserved => "what the cluster tells of them may be out of date",
            Self::BelowMinInsync => "producers with acks=all are refused",
            Self::UnderReplicated => "what is written now is on fewer brokers than declared",
        }
    }
}

/// What to do about brokers that are missed. `running` is empty where the cluster does not tell.
fn way_out(missed: &[i32], running: &[i32]) -> String {
    let down: Vec<i32> = missed
        .iter()
        .filter(|id| !running.contains(id))
        .copied()
        .collect();
    let (is, it) = match down.len() {
        1 => ("is", "it"),
        _ => ("are", "them"),
    };
    if down.is_empty() || running.is_empty() {
        return format!("the log of {} tells more", brokers(missed));
    }
    format!("{} {is} not up: start {it}", brokers(&down))
}

/// New topics that want more replicas than there are brokers: a plan does not ask the controller,
/// which alone knows whether it takes them.
pub(super) fn too_few_brokers(
    outcomes: &[Outcome],
    access: &Access,
    sources: &Sources,
    profiles: &[String],
) -> Option<Diagnostic> {
    // A cluster that does not tell its brokers cannot be counted.
    let there = access.brokers.len();
    let wants_more: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.status == Status::ToCreate && there > 0)
        .filter_map(|outcome| {
            let factor = outcome.topic.replication_factor.as_ref()?.value.get();
            let more = usize::try_from(factor).is_ok_and(|factor| factor > there);
            more.then_some((&outcome.topic, factor))
        })
        .collect();
    if wants_more.is_empty() {
        return None;
    }
    let width = width(wants_more.iter().map(|(topic, _)| &topic.name));
    let lines: Vec<_> = wants_more
        .iter()
        .map(|(topic, factor)| {
            let place = sources.location(topic.span);
            format!("{:<width$}   RF {factor}   {place}", topic.name)
        })
        .collect();
    let (topics, want) = match wants_more.len() {
        1 => ("1 new topic".to_owned(), "wants"),
        many => (format!("{many} new topics"), "want"),
    };
    let message = format!("{topics} {want} more replicas than the cluster has brokers ({there})");
    Some(
        Diagnostic::warning(Code::TooFewBrokers, message)
            .detail(lines.join("\n"))
            .help(format!(
                "declare as many replicas at most{}, or start the other brokers; \
                 `topicctl apply --dry-run` asks the broker what it would take",
                or_profile(profiles)
            )),
    )
}

fn width<'a>(names: impl Iterator<Item = &'a TopicName>) -> usize {
    let longest = names.map(|name| name.as_str().len()).max();
    longest.unwrap_or(0).min(LONGEST_NAME)
}
