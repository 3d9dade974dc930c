//! What a run has to say, as data: its context, and for each cluster its result, its problems and its
//! exit code. Made once, at the end of a run; each format is one module with one `write`.
//!
//! A run against one cluster, or against none, is a list of one. Nothing here prints or asks a
//! cluster; the words that several formats share are in `wording` and `summary`.

mod difference;
pub mod doctor;
pub mod github;
pub mod groups;
pub mod inert;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod problems;
pub mod prometheus;
mod rest;
pub mod scripts;
mod summary;
pub mod text;
mod wording;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::ValueEnum;

use crate::accepted::{self, Accepted};
use crate::context::{Purpose, RunContext, Target};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, Severity};
use crate::exit::{self, ExitCode, Verdict};
use crate::finding::Finding;
use crate::layout::Layout;
use crate::outcome::{RunResult, Status, Stop, TopicOutcome};
use crate::remedy::{Declaring, Dependents};

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
    /// Writes the report. Only text is laid out.
    pub fn write(self, report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
        let mut written = Vec::new();
        match self {
            Self::Text => text::write(report, layout, &mut written),
            Self::Json => json::write(report, &mut written),
            Self::Junit => junit::write(report, &mut written),
            Self::Markdown => markdown::write(report, &mut written),
            Self::Github => github::write(report, &mut written),
            Self::Prometheus => prometheus::write(report, &mut written),
        }?;
        let written = String::from_utf8_lossy(&written);
        let inert = match self {
            Self::Text | Self::Markdown | Self::Prometheus => inert::plain(&written),
            Self::Json => inert::json(&written),
            Self::Junit => inert::xml(&written),
            Self::Github => inert::commands(&written),
        };
        out.write_all(inert.as_bytes())
    }
}

/// Everything that a run has to say.
#[derive(Debug)]
pub struct Report {
    pub context: Arc<RunContext>,
    /// Problems of the manifests that are no cluster's own, in the order of the report: those that
    /// all of several clusters have.
    pub diagnostics: Vec<Diagnostic>,
    /// In the order of the project file. Never empty: a run that asks no cluster is one of them.
    pub clusters: Vec<ClusterReport>,
    /// What the reader calls it, where reports of several runs stand side by side.
    pub title: Option<String>,
    /// Whether clusters are distinguished (`--all-clusters`), also where there is one.
    pub by_cluster: bool,
    /// Whether warnings alone refused the input.
    pub(crate) is_refused_by_warnings: bool,
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
    pub target: Target,
    pub result: RunResult,
    /// The acceptances in force.
    pub accepted: Vec<Accepted>,
    /// All of its problems, in the order of the report.
    pub diagnostics: Vec<Diagnostic>,
    pub exit: ExitCode,
    pub elapsed: Duration,
    /// When it ended, by the clock at the edge.
    pub ended: SystemTime,
    /// Which topics depend on which, known when the first difference is told.
    pub dependents: OnceCell<Dependents>,
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
    pub fn new(cluster: ClusterReport) -> Self {
        let context = Arc::clone(&cluster.context);
        Self::assemble(context, Vec::new(), vec![cluster])
    }

    /// The report of runs against several clusters. An accepted mismatch that one of them has is in
    /// use for all.
    pub fn by_cluster(
        context: Arc<RunContext>,
        diagnostics: Vec<Diagnostic>,
        clusters: Vec<ClusterReport>,
    ) -> Self {
        Self {
            by_cluster: true,
            ..Self::assemble(context, diagnostics, clusters)
        }
    }

    /// A run whose input was refused: no cluster was asked.
    pub fn invalid(context: RunContext, diagnostics: Vec<Diagnostic>) -> Self {
        Self::without_cluster(context, diagnostics, false)
    }

    /// Gives every problem to a function.
    pub fn for_each_problem(&mut self, mut each: impl FnMut(&mut Diagnostic)) {
        let own = self
            .clusters
            .iter_mut()
            .flat_map(|one| &mut one.diagnostics);
        self.diagnostics.iter_mut().chain(own).for_each(&mut each);
    }

    /// A run that asks no cluster and has no topics to report.
    pub fn without_cluster(
        context: RunContext,
        diagnostics: Vec<Diagnostic>,
        is_valid: bool,
    ) -> Self {
        let result = match is_valid {
            true => RunResult::default(),
            false => RunResult::invalid(),
        };
        Self::new(ClusterReport {
            diagnostics,
            ..ClusterReport::new(Arc::new(context), Target::default(), result)
        })
    }

    fn assemble(
        context: Arc<RunContext>,
        diagnostics: Vec<Diagnostic>,
        mut clusters: Vec<ClusterReport>,
    ) -> Self {
        let mut uses: Vec<_> = clusters.iter().map(ClusterReport::acceptances).collect();
        accepted::share(&mut uses);
        for (cluster, uses) in clusters.iter_mut().zip(&uses) {
            cluster.close(accepted::unused(uses));
        }
        let mut all = clusters.iter().flat_map(|one| &one.diagnostics);
        let has_errors = all.any(|one| one.severity == Severity::Error);
        let is_invalid = clusters.iter().all(|one| one.result.is_invalid());
        Self {
            is_refused_by_warnings: context.deny_warnings && is_invalid && !has_errors,
            exit: exit::from_clusters(clusters.iter().map(|one| one.exit)),
            context,
            diagnostics,
            clusters,
            title: None,
            by_cluster: false,
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

    /// What its reader knows a cluster by: its name, else the title of the report.
    pub(crate) fn label_of<'a>(&'a self, cluster: &'a ClusterReport) -> Option<&'a str> {
        match self.by_cluster {
            true => Some(cluster.target.display_name()),
            false => self.title.as_deref().or(cluster.target.name.as_deref()),
        }
    }

    /// Every problem once, in the order of the report; where clusters are distinguished, those that
    /// are no cluster's own first, then by clusters in their ranks, those that fail the run first.
    pub(crate) fn problems(&self) -> Vec<Problem<'_>> {
        let shared = self.diagnostics.iter().map(|diagnostic| Problem {
            diagnostic,
            clusters: Vec::new(),
        });
        let mut problems: Vec<_> = shared.collect();
        let is_shared: HashSet<&Diagnostic> = self.diagnostics.iter().collect();
        let mut places: HashMap<&Diagnostic, usize> = HashMap::new();
        let ranked = self.ranked();
        for (rank, cluster) in ranked.iter().enumerate() {
            let own = cluster.diagnostics.iter();
            let mut own: Vec<_> = own.filter(|one| !is_shared.contains(one)).collect();
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

    /// Whether a diagnostic makes the run fail: errors do, and warnings where they are denied.
    pub(crate) fn is_failure(&self, diagnostic: &Diagnostic) -> bool {
        match diagnostic.severity {
            Severity::Error => true,
            Severity::Warning => {
                let is_denied = self.context.deny_warnings && diagnostic.code.is_deniable_in_run();
                self.is_refused_by_warnings || is_denied
            }
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

    pub fn created(&self) -> bool {
        self.clusters.iter().any(|one| one.result.created())
    }
}

impl ClusterReport {
    /// What a run came to; it is judged when all clusters of the run are over.
    pub fn new(context: Arc<RunContext>, target: Target, result: RunResult) -> Self {
        Self {
            exit: exit::from_run(&context, &result),
            context,
            target,
            result,
            accepted: Vec::new(),
            diagnostics: Vec::new(),
            elapsed: Duration::ZERO,
            ended: SystemTime::UNIX_EPOCH,
            dependents: OnceCell::new(),
        }
    }

    /// Which acceptances are in use, as far as that is known.
    fn acceptances(&self) -> Vec<accepted::Use> {
        let asks_leaders = self.context.fail_on.contains(Finding::Health);
        match self.result.stop {
            // Another cluster may have what this one lacks, and was not asked any more.
            Some(Stop::Interrupted(_)) if asks_leaders && self.result.leader_check.is_none() => {
                Vec::new()
            }
            _ => accepted::uses(&self.accepted, &self.result.topics),
        }
    }

    /// Judges the run, and adds its problems behind those of its input: what ended it is the last thing
    /// that is said.
    fn close(&mut self, unused_acceptances: Vec<Diagnostic>) {
        self.exit = exit::from_run(&self.context, &self.result);
        let of_run = problems::from_run(&self.context, &self.target, &self.result);
        let mut input = Diagnostics::default();
        let own = std::mem::take(&mut self.diagnostics).into_iter();
        input.extend(own.chain(unused_acceptances));
        self.diagnostics = input.sorted(&self.context.sources);
        self.diagnostics.extend(of_run);
        self.exit = exit::with_denied_warnings(self.exit, self.denied_warnings() > 0);
    }

    /// How many warnings of the run were denied.
    fn denied_warnings(&self) -> usize {
        let denied =
            |one: &&Diagnostic| one.severity == Severity::Warning && one.code.is_deniable_in_run();
        match self.context.deny_warnings {
            true => self.diagnostics.iter().filter(denied).count(),
            false => 0,
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

    pub(crate) fn location(&self, topic: &TopicOutcome) -> Location {
        self.context.sources.location(topic.topic.span)
    }

    /// Whether a topic makes the run fail.
    pub(crate) fn fails(&self, topic: &TopicOutcome) -> bool {
        exit::fails(&self.context, &self.result, topic)
    }

    /// How a topic differs, the accepted differences last.
    fn differences(&self, topic: &TopicOutcome) -> Vec<Difference> {
        let topics = || self.result.topics.iter().map(|one| &one.topic);
        let declaring = Declaring {
            profile: self.context.profile.as_deref(),
            cluster: self.target.name.as_deref(),
            limits: self.context.limits,
            dependents: self.dependents.get_or_init(|| Dependents::new(topics())),
            sources: &self.context.sources,
        };
        Difference::all(topic, declaring, &self.target.access)
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
