//! What a run has to say, as data: its context, and for each cluster its result, its problems and its
//! exit code. Made once, at the end of a run; each format is one module with one `write`.
//!
//! A run against one cluster, or against none, is a list of one. Nothing here prints or asks a
//! cluster; the words that several formats share are in `wording` and `summary`.

mod difference;
pub mod github;
pub mod groups;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod problems;
pub mod prometheus;
pub mod scripts;
mod summary;
pub mod text;
mod wording;

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::ValueEnum;

use crate::accepted::{self, Accepted};
use crate::context::{Purpose, RunContext, Target};
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::exit::{self, ExitCode, Verdict};
use crate::outcome::{RunResult, Status, Stop, TopicOutcome};

use self::difference::Difference;

/// The formats of a report, each written by the module of its name.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people
    Text,
    /// One document, schema topicctl.report/1
    Json,
    /// Test results for CI servers, a test case for each topic
    Junit,
    /// A table for a pull request or the summary of a step
    Markdown,
    /// Annotations of GitHub Actions
    Github,
    /// Metrics for the node exporter
    Prometheus,
}

impl Format {
    /// Writes the report; text lists topics that match too where it is `verbose`.
    ///
    /// # Errors
    /// Where the writer fails.
    pub fn write(self, report: &Report, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Text => text::write(report, verbose, out),
            Self::Json => json::write(report, out),
            Self::Junit => junit::write(report, out),
            Self::Markdown => markdown::write(report, out),
            Self::Github => github::write(report, out),
            Self::Prometheus => prometheus::write(report, out),
        }
    }
}

/// Everything that a run has to say.
#[derive(Debug)]
pub struct Report {
    /// What was asked for.
    pub context: Arc<RunContext>,
    /// Problems of the input that are no single cluster's own, in the order of the report.
    pub diagnostics: Vec<Diagnostic>,
    /// In the order of the project file. Never empty: a run that asks no cluster is one of them.
    pub clusters: Vec<ClusterReport>,
    /// Whether clusters are distinguished (`--all-clusters`), also where there is one.
    pub by_cluster: bool,
    /// How the whole run ends.
    pub exit: ExitCode,
    /// Wall-clock time of the run; JSON leaves it out, so that equal runs give equal documents.
    pub elapsed: Duration,
    /// When the run ended, by the clock at the edge.
    pub ended: SystemTime,
}

/// What a run has to say of one cluster.
#[derive(Debug)]
pub struct ClusterReport {
    /// What was asked of this cluster.
    pub context: Arc<RunContext>,
    /// Which cluster.
    pub target: Target,
    /// What became of the topics.
    pub result: RunResult,
    /// Problems that are its own, in the order of the report.
    pub diagnostics: Vec<Diagnostic>,
    /// How it ends.
    pub exit: ExitCode,
    /// Wall-clock time.
    pub elapsed: Duration,
    /// When it ended, by the clock at the edge.
    pub ended: SystemTime,
}

/// A run against one cluster that is over.
#[derive(Debug)]
pub struct FinishedRun {
    /// What was asked for.
    pub context: Arc<RunContext>,
    /// Which cluster.
    pub target: Target,
    /// What became of the topics.
    pub result: RunResult,
    /// The acceptances in force.
    pub accepted: Vec<Accepted>,
    /// Problems of its input.
    pub diagnostics: Vec<Diagnostic>,
    /// Wall-clock time.
    pub elapsed: Duration,
    /// When it ended.
    pub ended: SystemTime,
}

/// A problem, with the clusters that have it.
#[derive(Clone, Debug)]
pub(crate) struct Problem<'a> {
    pub(crate) diagnostic: &'a Diagnostic,
    /// Their places in [`Report::ranked`]; none where it is no cluster's own.
    pub(crate) clusters: Vec<usize>,
}

impl Report {
    /// The report of a run against one cluster.
    pub fn new(diagnostics: Vec<Diagnostic>, run: FinishedRun) -> Self {
        let context = Arc::clone(&run.context);
        Self::assemble(context, diagnostics, vec![run])
    }

    /// The report of runs against several clusters. An accepted mismatch that one of them has is in
    /// use for all.
    pub fn by_cluster(
        context: Arc<RunContext>,
        diagnostics: Vec<Diagnostic>,
        runs: Vec<FinishedRun>,
    ) -> Self {
        Self {
            by_cluster: true,
            ..Self::assemble(context, diagnostics, runs)
        }
    }

    /// A run whose input was refused: no cluster was asked.
    pub fn invalid(context: RunContext, diagnostics: Vec<Diagnostic>) -> Self {
        Self::without_cluster(context, diagnostics, false)
    }

    /// A run that asks no cluster and has no topics to report.
    pub fn without_cluster(
        context: RunContext,
        diagnostics: Vec<Diagnostic>,
        is_valid: bool,
    ) -> Self {
        let result = RunResult {
            stop: (!is_valid).then_some(Stop::Invalid),
            ..RunResult::default()
        };
        Self::new(
            diagnostics,
            FinishedRun::new(Arc::new(context), Target::default(), result),
        )
    }

    fn assemble(
        context: Arc<RunContext>,
        diagnostics: Vec<Diagnostic>,
        runs: Vec<FinishedRun>,
    ) -> Self {
        let uses = runs.iter().map(|run| match run.result.stop {
            // Another cluster may have what this one lacks, and was not asked any more.
            Some(Stop::Interrupted(_)) => Vec::new(),
            _ => accepted::uses(&run.accepted, &run.result.topics),
        });
        let mut uses: Vec<_> = uses.collect();
        accepted::share(&mut uses);
        let finished = runs.into_iter().zip(&uses);
        let clusters: Vec<_> = finished
            .map(|(run, uses)| ClusterReport::new(run, accepted::unused(uses)))
            .collect();
        Self {
            context,
            diagnostics,
            by_cluster: false,
            exit: exit::from_clusters(clusters.iter().map(|one| one.exit)),
            clusters,
            elapsed: Duration::ZERO,
            ended: SystemTime::UNIX_EPOCH,
        }
    }

    /// The reports of the clusters, those that need attention first.
    pub(crate) fn ranked(&self) -> Vec<&ClusterReport> {
        let mut clusters: Vec<_> = self.clusters.iter().collect();
        clusters.sort_by_key(|cluster| cluster.verdict());
        clusters
    }

    /// What distinguishes a cluster, where that is wanted.
    pub(crate) fn name_of<'a>(&self, cluster: &'a ClusterReport) -> Option<&'a str> {
        match self.by_cluster {
            true => Some(cluster.target.display_name()),
            false => cluster.target.name.as_deref(),
        }
    }

    /// All problems of a cluster, those of the input first.
    pub(crate) fn diagnostics_of<'a>(
        &'a self,
        cluster: &'a ClusterReport,
    ) -> impl Iterator<Item = &'a Diagnostic> + Clone {
        self.diagnostics.iter().chain(&cluster.diagnostics)
    }

    /// Every problem once, in the order of the report; where clusters are distinguished, those that
    /// are no cluster's own first, then by clusters in their ranks, those that fail the run first.
    pub(crate) fn problems(&self) -> Vec<Problem<'_>> {
        let shared = self.diagnostics.iter().map(|diagnostic| Problem {
            diagnostic,
            clusters: Vec::new(),
        });
        let mut problems: Vec<_> = shared.collect();
        let mut places: HashMap<&Diagnostic, usize> = HashMap::new();
        let ranked = self.ranked();
        for (rank, cluster) in ranked.iter().enumerate() {
            let mut own: Vec<_> = cluster.diagnostics.iter().collect();
            own.sort_by_key(|one| self.by_cluster && !self.is_failure(one));
            for diagnostic in own {
                let place = *places.entry(diagnostic).or_insert(problems.len());
                if place == problems.len() {
                    problems.push(Problem {
                        diagnostic,
                        clusters: Vec::new(),
                    });
                }
                problems[place].clusters.push(rank);
            }
        }
        problems.sort_by(|one, other| one.clusters.cmp(&other.clusters));
        problems
    }

    /// Whether the input was refused, so that no cluster was asked for its topics.
    fn is_invalid(&self) -> bool {
        self.clusters.iter().all(|one| one.result.is_invalid())
    }

    /// Whether a diagnostic is an error.
    pub(crate) fn has_errors(&self) -> bool {
        let own = self.clusters.iter().flat_map(|one| &one.diagnostics);
        let mut all = self.diagnostics.iter().chain(own);
        all.any(|one| one.severity == Severity::Error)
    }

    /// Whether warnings alone refused the input.
    pub(crate) fn is_denied(&self) -> bool {
        self.context.deny_warnings && self.is_invalid() && !self.has_errors()
    }

    /// Whether a diagnostic makes the run fail: errors do, and warnings where they are denied.
    pub(crate) fn is_failure(&self, diagnostic: &Diagnostic) -> bool {
        match diagnostic.severity {
            Severity::Error => true,
            Severity::Warning => self.is_denied(),
            Severity::Note => false,
        }
    }

    /// Sets the times of the whole run, which are those of its cluster where there is only one.
    pub fn end(&mut self, elapsed: Duration, ended: SystemTime) {
        (self.elapsed, self.ended) = (elapsed, ended);
        if !self.by_cluster {
            for cluster in &mut self.clusters {
                (cluster.elapsed, cluster.ended) = (elapsed, ended);
            }
        }
    }

    /// Whether this run created topics.
    pub fn created(&self) -> bool {
        self.clusters.iter().any(|one| one.result.created())
    }
}

impl FinishedRun {
    /// A run without acceptances and problems of its own, whose times are not known.
    pub fn new(context: Arc<RunContext>, target: Target, result: RunResult) -> Self {
        Self {
            context,
            target,
            result,
            accepted: Vec::new(),
            diagnostics: Vec::new(),
            elapsed: Duration::ZERO,
            ended: SystemTime::UNIX_EPOCH,
        }
    }
}

impl ClusterReport {
    fn new(run: FinishedRun, unused_acceptances: Vec<Diagnostic>) -> Self {
        let FinishedRun {
            context,
            target,
            result,
            mut diagnostics,
            elapsed,
            ended,
            ..
        } = run;
        diagnostics.extend(unused_acceptances);
        diagnostics.extend(problems::from_run(&context, &target, &result));
        Self {
            exit: exit::from_run(&context, &result),
            context,
            target,
            result,
            diagnostics,
            elapsed,
            ended,
        }
    }

    /// Whether there is something to say of topics: not where the run ended before anything was
    /// decided, whose problems then say it all.
    pub fn lists_topics(&self) -> bool {
        let result = &self.result;
        // What ends verify after its cluster answered comes after its topics were decided.
        let is_compared = self.context.purpose == Purpose::Verify && result.identity.is_some();
        let is_decided = result.stop.is_none() || result.wrote || is_compared;
        is_decided && !result.topics.is_empty()
    }

    pub(crate) fn verdict(&self) -> Verdict {
        Verdict::new(&self.context, &self.result, self.exit)
    }

    /// Where a topic is declared.
    pub(crate) fn location(&self, topic: &TopicOutcome) -> Location {
        self.context.sources.location(topic.topic.span)
    }

    /// Whether a topic makes the run fail.
    pub(crate) fn fails(&self, topic: &TopicOutcome) -> bool {
        exit::fails(&self.context, &self.result, topic)
    }

    /// How a topic differs, the accepted differences last.
    fn differences(&self, topic: &TopicOutcome) -> Vec<Difference> {
        Difference::all(topic, &self.context.sources, &self.target.access)
    }

    /// Whether somebody has to do something about a topic. Where no cluster answered, that is said
    /// of the run and not of every topic.
    pub(crate) fn needs_attention(&self, topic: &TopicOutcome) -> bool {
        match topic.status {
            Status::Failed(_)
            | Status::Unclear(_)
            | Status::Refused(_)
            | Status::Mismatched { .. }
            | Status::Missing => true,
            Status::Unknown(_) => self.result.identity.is_some(),
            Status::ToCreate => self.fails(topic) || self.context.purpose == Purpose::Verify,
            Status::Matching | Status::Declared | Status::Created | Status::Accepted => false,
        }
    }

    /// Topics by rank: what needs attention first, families together within a rank.
    pub(crate) fn ranked(&self) -> Vec<&TopicOutcome> {
        let mut topics: Vec<_> = self.result.topics.iter().collect();
        topics.sort_by_key(|topic| topic.status.rank());
        topics
    }
}
