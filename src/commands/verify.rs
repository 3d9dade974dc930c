//! `topicctl verify`: whether the cluster is as declared, or every cluster that the manifests name.
//! Only reads.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Reporting;
use super::inputs::{InvalidInput, RunInputs};
use super::observe::{ObserveOptions, compare_snapshot, observe_kafka};
use super::output_files::Contents;
use super::progress::Line;
use super::several::side_by_side;
use crate::cli::{By, Clusters, OutputArgs, RunArgs, SnapshotArgs, Sourced, duration};
use crate::cluster::Absence;
use crate::cluster::kafka::settings::Settings;
use crate::context::{Purpose, RunContext};
use crate::diagnostic::{Code, Diagnostic};
use crate::report::{ClusterReport, Report};

/// `topicctl verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// What verify shares with plan and apply.
    #[command(flatten)]
    pub run: RunArgs,
    /// What verify shares with plan.
    #[command(flatten)]
    pub snapshot: SnapshotArgs,
    /// Report configurations that are set on a topic and not declared
    #[arg(
        long, env = "TOPICCTL_STRICT", value_parser = BoolishValueParser::new(),
        help_heading = "Findings"
    )]
    pub strict: bool,
    /// Report topics of the cluster that no manifest declares
    #[arg(
        long, env = "TOPICCTL_UNMANAGED", value_parser = BoolishValueParser::new(),
        help_heading = "Findings"
    )]
    pub unmanaged: bool,
    /// Write the mismatches found as accepted_mismatches into a new file; accepted from the next run
    /// on that reads it among the manifests
    #[arg(
        long,
        value_name = "FILE",
        env = "TOPICCTL_WRITE_ACCEPTED",
        conflicts_with = "all_clusters",
        help_heading = "Findings"
    )]
    pub write_accepted: Option<PathBuf>,
    /// Write the commands that would fix the mismatches into a new file, a commented script
    #[arg(
        long,
        value_name = "FILE",
        env = "TOPICCTL_REMEDIES",
        help_heading = "Findings"
    )]
    pub remedies: Option<PathBuf>,
    /// First wait until every topic exists and its partitions are served; exit code 1 when this time
    /// is over. --wait is the time for a first answer of the cluster
    #[arg(
        long, value_name = "DURATION", value_parser = duration, env = "TOPICCTL_WAIT_TOPICS",
        conflicts_with = "cluster_snapshot",
        help_heading = "Findings"
    )]
    pub wait_topics: Option<Duration>,
    /// What `--unmanaged` leaves out.
    #[command(flatten)]
    pub ignore: Sourced<IgnoreArgs>,
    /// Read the declared consumer groups too: state, members, lag, and the topics' offsets
    #[arg(
        long, env = "TOPICCTL_GROUPS", value_parser = BoolishValueParser::new(),
        conflicts_with = "cluster_snapshot",
        help_heading = "Findings"
    )]
    pub groups: bool,
}

/// Topics that nobody misses in the manifests.
#[derive(Args, Debug)]
pub struct IgnoreArgs {
    /// Not these, for --unmanaged; may be repeated
    #[arg(
        long,
        value_name = "GLOB",
        env = "TOPICCTL_IGNORE",
        help_heading = "Findings"
    )]
    pub ignore: Vec<String>,
}

impl Reporting for VerifyArgs {
    fn context(&self) -> RunContext {
        RunContext {
            deny_warnings: self.run.manifests.deny_warnings,
            ..RunContext::new("verify", Purpose::Verify)
        }
    }

    fn output(&self) -> &OutputArgs {
        &self.run.output
    }

    fn scripts(&self) -> Vec<(Contents, PathBuf)> {
        let acceptances = self
            .write_accepted
            .iter()
            .map(|path| (Contents::Acceptances, path));
        let remedies = self.remedies.iter().map(|path| (Contents::Remedies, path));
        let all = acceptances.chain(remedies);
        all.map(|(contents, path)| (contents, path.clone()))
            .collect()
    }

    async fn run(&self) -> Result<Report, Box<InvalidInput>> {
        let ignore = globs(&self.ignore.args.ignore)
            .map_err(|problem| InvalidInput::new(self.context(), *problem))?;
        let options = ObserveOptions {
            leaders: false,
            wait_topics: self.wait_topics,
            absence: Absence::Confirmed,
            strict: self.strict,
            unmanaged: self.unmanaged,
            ignore,
            ignore_given: self.ignore.by == Some(By::Flag),
        };
        if self.run.clusters() != Clusters::One {
            let all = RunInputs::read_several(&self.run, self.for_one(), self.context())?;
            let verify =
                async |inputs, settings, line| self.verify(inputs, settings, &options, line).await;
            return Ok(side_by_side(all, verify).await);
        }
        if let Some(path) = &self.snapshot.cluster_snapshot {
            return compare_snapshot(&self.run, path, &options, self.context()).await;
        }
        let (inputs, settings) = RunInputs::read(&self.run, self.context())?;
        let verified = self.verify(inputs, settings, &options, Line::new()).await;
        Ok(Report::new(verified))
    }
}

impl VerifyArgs {
    /// A flag that is for one cluster only, where it is given.
    fn for_one(&self) -> Option<&'static str> {
        let accepts = self.write_accepted.as_ref().map(|_| "--write-accepted");
        let snapshot = self.snapshot.cluster_snapshot.as_ref();
        accepts.or(snapshot.map(|_| "--cluster-snapshot"))
    }

    /// Verifies one cluster, with the consumer groups if they are asked for.
    async fn verify(
        &self,
        mut inputs: RunInputs,
        settings: Settings,
        options: &ObserveOptions,
        line: Line,
    ) -> ClusterReport {
        let result = match observe_kafka(&mut inputs, &settings, options, &line).await {
            Err(result) => result,
            Ok(observed) => {
                let mut compared = observed.compare(&mut inputs);
                if self.groups && compared.result.stop.is_none() {
                    compared.read_groups(&line).await;
                }
                compared.result
            }
        };
        inputs.finish(result)
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet, Box<Diagnostic>> {
    let usage = |pattern: &str, error: globset::Error| {
        Box::new(
            Diagnostic::error(Code::Usage, format!("--ignore {pattern}: {}", error.kind()))
                .about("--ignore"),
        )
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|error| usage(pattern, error))?);
    }
    set.build().map_err(|error| usage("", error))
}
