//! The whole result in one sentence, for every format that has one: how many problems the manifests
//! have, what became of the topics, and how several clusters stand.
//!
//! A sentence is made of phrases and stays so until a renderer joins or wraps it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::wording::{and, one_line, plural, verdicts};
use super::{ClusterReport, Report};
use crate::context::Purpose;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::outcome::{Check, Status, Stop, TopicOutcome};

/// A sentence whose phrases have commas between them.
pub(super) struct Sentence(pub(super) Vec<String>);

impl Sentence {
    fn plain(text: impl Into<String>) -> Self {
        Self(vec![text.into()])
    }

    /// Phrases with what stands before the first and behind the last one.
    fn new(before: &str, mut phrases: Vec<String>, after: &str) -> Self {
        if phrases.is_empty() {
            phrases.push(String::new());
        }
        phrases[0].insert_str(0, before);
        if let Some(last) = phrases.last_mut() {
            last.push_str(after);
        }
        Self(phrases)
    }

    pub(super) fn text(&self) -> String {
        self.0.join(", ")
    }
}

/// The result of a run against one cluster: of the topics where there is something to say of them,
/// else of the problems.
pub(super) fn result(report: &Report, cluster: &ClusterReport) -> Vec<Sentence> {
    if cluster.lists_topics() {
        let mut sentences = topics(cluster);
        sentences.extend(denied(cluster));
        sentences.extend(ended(report, cluster));
        return sentences;
    }
    vec![match stopper(report, cluster) {
        Some(one) => {
            let message = one_line(&one.message);
            let (severity, code) = (one.severity.as_str(), one.code);
            Sentence::plain(format!("{severity}[{code}]: {message}"))
        }
        None => cause(report, cluster),
    }]
}

/// The same without what it means for a run that may follow.
pub(super) fn in_short(report: &Report, cluster: &ClusterReport) -> Vec<Sentence> {
    let first = result(report, cluster).into_iter().take(1);
    let more = [denied(cluster), ended(report, cluster)];
    first.chain(more.into_iter().flatten()).collect()
}

/// What ended a run that has something to say of topics before its end.
fn ended(report: &Report, cluster: &ClusterReport) -> Option<Sentence> {
    let is_ended = matches!(
        cluster.result.stop,
        Some(Stop::Cluster(_) | Stop::Unchecked(_) | Stop::Interrupted(_))
    );
    let stopper = stopper(report, cluster).filter(|_| is_ended && cluster.lists_topics())?;
    let message = one_line(&stopper.message);
    Some(Sentence::plain(format!("The run ended early: {message}.")))
}

/// Why there is nothing to say of topics.
pub(super) fn cause(report: &Report, cluster: &ClusterReport) -> Sentence {
    match stopper(report, cluster) {
        Some(one) => Sentence::plain(one_line(&one.message)),
        None => problem_count(report, cluster)
            .unwrap_or_else(|| Sentence::plain("nothing was looked at")),
    }
}

/// The problem that ended a run whose manifests are valid.
fn stopper<'a>(report: &'a Report, cluster: &'a ClusterReport) -> Option<&'a Diagnostic> {
    let of_run = |one: &&Diagnostic| !one.code.is_of_manifests();
    let mut problems = cluster.diagnostics.iter().filter(of_run);
    let mut failing = problems.clone().filter(|one| report.is_failure(one));
    // What ended the run is said last.
    failing.next_back().or_else(|| problems.next_back())
}

/// How many problems the manifests have, and what that means for the run; `None` without any.
pub(super) fn problem_count(report: &Report, cluster: &ClusterReport) -> Option<Sentence> {
    let context = &cluster.context;
    let problems = cluster.diagnostics.iter().filter(|one| is_counted(one));
    let problems: Vec<_> = problems.collect();
    if problems.is_empty() {
        return None;
    }
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for one in &problems {
        *counts.entry(one.severity).or_default() += 1;
    }
    let parts: Vec<_> = counts
        .iter()
        .map(|(severity, count)| plural(*count, severity.as_str()))
        .collect();
    let places = problems.iter().filter_map(|one| one.primary.as_ref());
    let mut files: Vec<_> = places.map(|label| label.span.source).collect();
    files.sort();
    files.dedup();
    let all = context.sources.len();
    let places = match files.len() {
        0 => String::new(),
        1 if all == 1 => " in 1 file".to_owned(),
        files => format!(" in {files} of {}", plural(all, "file")),
    };
    let denied = report.is_refused_by_warnings;
    // Errors of the run itself come after the cluster was asked.
    let refused = denied || counts.contains_key(&Severity::Error);
    let consequence = match (refused, context.purpose) {
        (true, Purpose::Offline) if denied => "; not valid with --deny-warnings",
        (true, Purpose::Offline) | (false, _) => "",
        (true, _) if denied => "; the cluster was not touched (--deny-warnings)",
        (true, _) => "; the cluster was not touched",
    };
    Some(Sentence::plain(format!(
        "{}{places}{consequence}.",
        and(&parts)
    )))
}

/// Whether it belongs to the manifests and not to this run. That another cluster answers points
/// into them, and yet nothing may be wrong there.
pub(super) fn is_counted(one: &Diagnostic) -> bool {
    let placed = one.primary.is_some() && one.code != Code::WrongCluster;
    one.code.is_of_manifests() || placed
}

/// What became of the topics of one cluster.
fn topics(cluster: &ClusterReport) -> Vec<Sentence> {
    let (context, result) = (&cluster.context, &cluster.result);
    let declared = result.topics.len();
    let time = seconds(cluster.elapsed);
    if context.purpose == Purpose::Offline {
        let topics = plural(declared, "topic");
        let files = plural(context.sources.len(), "file");
        let valid = format!("{topics} declared in {files}: all valid.");
        return vec![Sentence::plain(valid)];
    }
    let lead = format!("{declared} declared: ");
    let counts = counts(cluster);
    if context.purpose.is_preview() {
        let is_new = result.count(|status| *status == Status::ToCreate) > 0;
        let known = cluster.diagnostics.iter().any(|one| {
            let is_refusal = matches!(one.code, Code::TooFewBrokers | Code::ExistingCollision);
            one.severity == Severity::Warning && is_refusal
        });
        let consequence = match (is_new, context.purpose, result.check) {
            (_, _, Check::Created(_)) => "Topics were created that were only to be checked.",
            (true, Purpose::Plan, _) if known => {
                "Nothing that exists will be changed. What is new is expected to be refused."
            }
            (true, Purpose::Plan, _) => {
                "Nothing that exists will be changed. The broker was not asked about what is new."
            }
            (true, Purpose::DryRun, Check::LeftOut) => {
                "The broker was not asked about what is new. Nothing was created."
            }
            (true, Purpose::DryRun, Check::Harmless) => {
                "The broker would accept what is new. Nothing was created."
            }
            (true, _, _) => "Nothing that exists will be changed.",
            (false, _, _) => "There is nothing to create.",
        };
        return vec![
            Sentence::new(&lead, counts, "."),
            Sentence::plain(consequence),
        ];
    }
    if context.purpose == Purpose::Apply {
        let ready = match is_ready(cluster) {
            true => format!("; {} ready", plural(declared, "topic")),
            false => String::new(),
        };
        return vec![Sentence::new(&lead, counts, &format!("{ready}. {time}"))];
    }
    let counts = match result.count(|status| *status == Status::Matching) == declared {
        true => vec!["all match".to_owned()],
        false => counts,
    };
    let mut phrases = counts;
    let mut others = other_findings(cluster).into_iter();
    if let (Some(last), Some(first)) = (phrases.last_mut(), others.next()) {
        // Something else than the counts.
        last.push_str(&format!("; {first}"));
    }
    phrases.extend(others);
    vec![Sentence::new(&lead, phrases, &format!(". {time}"))]
}

/// That warnings alone make the run fail.
fn denied(cluster: &ClusterReport) -> Option<Sentence> {
    let count = cluster.denied_warnings();
    let denied = match count {
        0 => return None,
        1 => "1 warning is".to_owned(),
        many => format!("{many} warnings are"),
    };
    Some(Sentence::plain(format!(
        "{denied} denied (--deny-warnings)."
    )))
}

/// How many topics have what became of them, in the order of the sentence.
fn counts(cluster: &ClusterReport) -> Vec<String> {
    let mut counts: BTreeMap<(u8, &str), (usize, &Status)> = BTreeMap::new();
    for one in &cluster.result.topics {
        let (count, _) = counts
            .entry(phrase(one, cluster))
            .or_insert((0, &one.status));
        *count += 1;
    }
    let is_preview = cluster.context.purpose.is_preview();
    let counts = counts
        .into_iter()
        .map(|((_, words), (count, status))| match status {
            Status::ToCreate if is_preview => {
                format!("{count} {words} ({})", Volume::new_topics(cluster))
            }
            _ => format!("{count} {words}"),
        });
    counts.collect()
}

/// Where a status stands in the sentence, and its words there.
fn phrase(one: &TopicOutcome, cluster: &ClusterReport) -> (u8, &'static str) {
    let purpose = cluster.context.purpose;
    match &one.status {
        Status::ToCreate if purpose.is_preview() => (0, "to create"),
        Status::Created if cluster.result.unsettled => (1, "created, not waited for"),
        Status::Created if one.unread.is_some() || !is_available(one) => (1, "created"),
        Status::Created => (1, "created and usable"),
        Status::Matching | Status::Declared if purpose == Purpose::Verify => (2, "match"),
        Status::Matching | Status::Declared => (2, "matched"),
        Status::Mismatched { .. } => (3, "mismatched"),
        Status::Accepted => (4, "accepted"),
        Status::Missing | Status::ToCreate => (5, "missing"),
        Status::Unknown(_) | Status::Unclear(_) => (6, "unknown"),
        Status::Failed(_) | Status::Refused(_) => (7, "failed"),
    }
}

/// Whether every topic was waited for, as far as that is done, and none has a partition that
/// cannot be used.
fn is_ready(cluster: &ClusterReport) -> bool {
    let result = &cluster.result;
    let is_usable = |one: &TopicOutcome| {
        let is_there = matches!(
            one.status,
            Status::Created | Status::Matching | Status::Accepted
        );
        is_there && one.unread.is_none() && is_available(one)
    };
    let leaders_asked = !matches!(result.leader_check, Some(Err(_)));
    !result.unsettled && leaders_asked && result.topics.iter().all(is_usable)
}

fn is_available(one: &TopicOutcome) -> bool {
    one.health.iter().all(|issue| issue.kind.is_available())
}

fn other_findings(cluster: &ClusterReport) -> Vec<String> {
    let result = &cluster.result;
    let undeclared = result.topics.iter().map(|one| one.undeclared.len()).sum();
    let unhealthy = result.topics.iter().filter(|one| !one.health.is_empty());
    let not_judged = matches!(result.leader_check, Some(Err(_)));
    [
        (undeclared, "undeclared configuration"),
        (result.unmanaged.len(), "unmanaged topic"),
        (unhealthy.count(), "unhealthy topic"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| plural(count, what))
    .chain(not_judged.then(|| "health not known".to_owned()))
    .collect()
}

/// How several clusters stand: `3 clusters: 2 match, 1 not reached. 0.31 s`.
pub(super) fn clusters(report: &Report) -> Sentence {
    let purpose = report.context.purpose;
    let all = report.clusters.len();
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for cluster in &report.clusters {
        *counts.entry(Reverse(cluster.verdict())).or_default() += 1;
    }
    let counts = counts.into_iter();
    let counts = counts.map(|(Reverse(verdict), count)| verdicts(verdict, purpose, count, all));
    let lead = format!("{}: ", plural(all, "cluster"));
    Sentence::new(
        &lead,
        counts.collect(),
        &format!(". {}", seconds(report.elapsed)),
    )
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.2} s", elapsed.as_secs_f64())
}

/// How much new topics take.
struct Volume {
    /// As far as they are declared.
    partitions: usize,
    /// `None` where the broker decides about some.
    replicas: Option<usize>,
    /// Whether all of the partitions are declared.
    is_exact: bool,
}

impl Volume {
    fn new_topics(cluster: &ClusterReport) -> Self {
        let topics = cluster.result.topics.iter();
        let new = topics.filter(|one| one.status == Status::ToCreate);
        let start = Self {
            partitions: 0,
            replicas: Some(0),
            is_exact: true,
        };
        new.fold(start, |all, one| {
            let partitions = one.topic.partitions.as_ref();
            let partitions = partitions.map(|declared| declared.value.count());
            let factor = one.topic.replication_factor.as_ref();
            let replicas = partitions
                .zip(factor)
                .map(|(count, factor)| count * factor.value.count());
            Self {
                partitions: all.partitions + partitions.unwrap_or(0),
                replicas: all.replicas.zip(replicas).map(|(all, more)| all + more),
                is_exact: all.is_exact && partitions.is_some(),
            }
        })
    }
}

impl std::fmt::Display for Volume {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let partitions = plural(self.partitions, "partition");
        match (self.is_exact, self.replicas) {
            (false, _) if self.partitions == 0 => {
                f.write_str("as many partitions as the broker's default")
            }
            (false, _) => write!(f, "{partitions} and the broker's default"),
            (true, Some(replicas)) => write!(f, "{partitions}, {}", plural(replicas, "replica")),
            (true, None) => f.write_str(&partitions),
        }
    }
}
