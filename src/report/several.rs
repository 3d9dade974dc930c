//! What a run against several clusters has to say: a report for each of them, and how they stand
//! together.
//!
//! Takes finished reports; counts, ranks and joins what they hold. It decides of no topic and of
//! no exit code, and prints nothing.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::sentences::{and, plural};
use super::{Command, Report, State};
use crate::diagnostic::{self, Diagnostic, Sources};
use crate::exit::ExitCode;

/// A run against several clusters.
#[derive(Debug)]
pub struct Several {
    /// The command.
    pub command: Command,
    /// How the whole run ends.
    pub exit: ExitCode,
    /// One for each cluster, in the order of the project file. Each holds the name of its cluster,
    /// its own exit code and its own times.
    pub reports: Vec<Report>,
    /// Wall-clock time of the whole run.
    pub elapsed: Duration,
    /// When the whole run ended, by the clock at the edge.
    pub ended: SystemTime,
}

/// How the run against one cluster ended, what needs attention most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// A signal ended it.
    Interrupted,
    /// What was asked of it is not valid: its manifests, its profile, its connection.
    NotValid,
    /// A right is missing.
    NotAuthorised,
    /// The broker refused, or a creation failed.
    Failed,
    /// It did not answer.
    NotReached,
    /// It answered, and did not tell everything.
    NotReadInFull,
    /// It is not as declared, whether that fails the run or not.
    Differs,
    /// It is as declared, or would be after apply.
    Matches,
}

impl Verdict {
    /// The verdict on one report.
    pub fn on(report: &Report) -> Self {
        let open = |state| match state {
            State::Mismatched | State::Missing => true,
            State::ToCreate => report.command == Some(Command::Verify),
            _ => false,
        };
        match report.exit {
            ExitCode::Failed => Self::Failed,
            ExitCode::Interrupted | ExitCode::Terminated => Self::Interrupted,
            ExitCode::Invalid => Self::NotValid,
            ExitCode::Unauthorized => Self::NotAuthorised,
            ExitCode::Unreachable if report.cluster.is_none() => Self::NotReached,
            ExitCode::Unreachable => Self::NotReadInFull,
            ExitCode::Differences => Self::Differs,
            // --fail-on let it pass.
            ExitCode::Matching if report.topics.iter().any(|one| open(one.state)) => Self::Differs,
            ExitCode::Matching => Self::Matches,
        }
    }

    /// The word for so many clusters.
    pub fn word(self, count: usize, command: Command) -> &'static str {
        match (self, command) {
            (Self::Failed, _) => "failed",
            (Self::Interrupted, _) => "interrupted",
            (Self::NotValid, _) => "not valid",
            (Self::NotAuthorised, _) => "not authorised",
            (Self::NotReached, _) => "not reached",
            (Self::NotReadInFull, _) => "not read in full",
            (Self::Differs, _) if count == 1 => "differs",
            (Self::Differs, _) => "differ",
            (Self::Matches, command) if command.is_offline() => "valid",
            (Self::Matches, Command::Plan | Command::Apply { dry_run: true }) => "would match",
            (Self::Matches, _) if count == 1 => "matches",
            (Self::Matches, _) => "match",
        }
    }
}

/// A problem, with the clusters that have it.
#[derive(Clone, Debug)]
pub(super) struct Shared<'a> {
    /// The problem, in the first report that has it.
    pub(super) one: &'a Diagnostic,
    /// That report.
    pub(super) report: &'a Report,
    /// Names of the clusters; none where it is a problem of the manifests under all of them, and
    /// so no cluster's own.
    pub(super) clusters: Vec<&'a str>,
}

impl<'a> Shared<'a> {
    /// The problem, and the texts that it points into.
    pub(super) fn problem(&self) -> (&'a Diagnostic, &'a Sources) {
        (self.one, &self.report.sources)
    }

    /// The names of the clusters in a sentence; `None` where it is no cluster's own.
    pub(super) fn whose(&self) -> Option<String> {
        let names: Vec<_> = self.clusters.iter().map(ToString::to_string).collect();
        (!names.is_empty()).then(|| and(&names))
    }
}

impl Several {
    /// The reports, those that need attention first.
    pub fn ranked(&self) -> Vec<&Report> {
        let mut reports: Vec<_> = self.reports.iter().collect();
        reports.sort_by_key(|report| Verdict::on(report));
        reports
    }

    /// The whole result in one sentence: `3 clusters: 2 match, 1 not reached. 0.31 s`.
    pub fn sentence(&self) -> String {
        let time = format!("{:.2} s", self.elapsed.as_secs_f64());
        let clusters = plural(self.reports.len(), "cluster");
        let mut verdicts: Vec<_> = self.reports.iter().map(Verdict::on).collect();
        verdicts.sort_by_key(|verdict| Reverse(*verdict));
        let parts: Vec<_> = verdicts
            .chunk_by(|one, other| one == other)
            .map(|alike| {
                let count = alike.len();
                let word = alike[0].word(count, self.command);
                match (self.reports.len(), word.strip_prefix("not ")) {
                    (1, _) => word.to_owned(),
                    (all, Some(word)) if all == count => format!("none {word}"),
                    (all, None) if all == count => format!("all {word}"),
                    _ => format!("{count} {word}"),
                }
            })
            .collect();
        match parts.is_empty() {
            true => format!("{clusters}. {time}"),
            false => format!("{clusters}: {}. {time}", parts.join(", ")),
        }
    }

    /// Every problem once, with the clusters that have it: first those of the manifests under all
    /// clusters, then by clusters in their ranks.
    pub(super) fn problems(&self) -> Vec<Shared<'_>> {
        let mut texts: BTreeMap<String, usize> = BTreeMap::new();
        let mut problems: Vec<Shared<'_>> = Vec::new();
        let ranked = self.ranked();
        for report in &ranked {
            let mut diagnostics: Vec<_> = report.diagnostics.iter().collect();
            diagnostics.sort_by_key(|one| !report.is_failure(one));
            for one in diagnostics {
                let text = diagnostic::render(one, &report.sources, false);
                let index = *texts.entry(text).or_insert(problems.len());
                if index == problems.len() {
                    problems.push(Shared {
                        one,
                        report,
                        clusters: Vec::new(),
                    });
                }
                let clusters = &mut problems[index].clusters;
                if !clusters.contains(&report.called()) {
                    clusters.push(report.called());
                }
            }
        }
        for shared in &mut problems {
            if shared.one.code.is_of_manifests() && shared.clusters.len() == ranked.len() {
                shared.clusters.clear();
            }
        }
        problems.sort_by_cached_key(|shared| {
            let rank = |name: &&str| ranked.iter().position(|one| one.called() == *name);
            shared.clusters.iter().map(rank).collect::<Vec<_>>()
        });
        problems
    }
}

impl Report {
    /// What tells the cluster from others: its name, else how it was reached.
    pub(super) fn called(&self) -> &str {
        let label = || self.cluster.as_ref().map(|cluster| cluster.label.as_str());
        let name = self.cluster_name.as_deref();
        name.or_else(label).unwrap_or("a cluster")
    }
}
