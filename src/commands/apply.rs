//! `topicctl apply`: create what is missing, and report what became of every topic.

use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, value_parser};

use super::Reporting;
use super::inputs::{InvalidInput, RunInputs};
use super::observe::{ObserveOptions, observe_kafka};
use super::progress::Line;
use super::several::one_after_the_other;
use crate::apply::{Options, apply};
use crate::cli::{Clusters, OutputArgs, RunArgs, duration};
use crate::cluster::Absence;
use crate::cluster::kafka::settings::Settings;
use crate::context::{Purpose, RunContext};
use crate::report::{ClusterReport, Report};

/// `topicctl apply`.
#[derive(Args, Debug)]
pub struct ApplyArgs {
    /// What apply shares with plan and verify.
    #[command(flatten)]
    pub run: RunArgs,
    /// Stop after the broker has checked the new topics; create nothing
    #[arg(
        long, env = "TOPICCTL_DRY_RUN", value_parser = BoolishValueParser::new(),
        help_heading = "Applying"
    )]
    pub dry_run: bool,
    /// How many brokers must be there before anything is created; --wait says for how long to wait
    /// [default: the cluster's `brokers`]
    #[arg(
        long, value_name = "N", value_parser = value_parser!(u16).range(1..),
        env = "TOPICCTL_WAIT_BROKERS", help_heading = "Applying"
    )]
    pub wait_brokers: Option<u16>,
    /// How long topics may take to become usable, from the last creation
    #[arg(
        long, value_name = "DURATION", default_value = "60s", value_parser = duration,
        env = "TOPICCTL_SETTLE_TIMEOUT", help_heading = "Applying"
    )]
    pub settle_timeout: Duration,
    /// Do not wait until topics are usable, and do not ask whether they are
    #[arg(
        long, env = "TOPICCTL_NO_SETTLE", value_parser = BoolishValueParser::new(),
        help_heading = "Applying"
    )]
    pub no_settle: bool,
}

impl Reporting for ApplyArgs {
    fn context(&self) -> RunContext {
        let purpose = match self.dry_run {
            true => Purpose::DryRun,
            false => Purpose::Apply,
        };
        RunContext {
            deny_warnings: self.run.manifests.deny_warnings,
            ..RunContext::new("apply", purpose)
        }
    }

    fn output(&self) -> &OutputArgs {
        &self.run.output
    }

    async fn run(&self) -> Result<Report, Box<InvalidInput>> {
        if self.run.clusters() != Clusters::One {
            let all = RunInputs::read_several(&self.run, None, self.context())?;
            let apply = async |inputs, settings, line| self.apply(inputs, settings, line).await;
            return Ok(one_after_the_other(all, apply).await);
        }
        let (inputs, settings) = RunInputs::read(&self.run, self.context())?;
        let applied = self.apply(inputs, settings, Line::new()).await;
        Ok(Report::new(applied))
    }
}

impl ApplyArgs {
    /// Applies to one cluster.
    async fn apply(&self, mut inputs: RunInputs, settings: Settings, line: Line) -> ClusterReport {
        // The controller has the last word on what is missing, in the preflight.
        let options = ObserveOptions {
            leaders: !self.dry_run && !self.no_settle,
            ..ObserveOptions::plain(Absence::AsReported)
        };
        let observed = match observe_kafka(&mut inputs, &settings, &options, &line).await {
            Ok(observed) => observed,
            Err(result) => return inputs.finish(result),
        };
        let plan = observed.plan(&mut inputs);
        if observed.result.stop.is_some() {
            return inputs.finish(observed.result.with_topics(plan.topics));
        }
        let stated = self.wait_brokers.map(usize::from);
        let options = Options {
            dry_run: self.dry_run,
            brokers: settings.wait(),
            wait_brokers: stated.or(inputs.manifests.clusters.brokers()),
            settle: (!self.no_settle).then_some(self.settle_timeout),
        };
        let (cluster, interrupts) = (&observed.cluster, &observed.interrupts);
        let progress = |step| line.step(step);
        let applied = apply(cluster, plan, options, interrupts, &progress).await;
        line.clear();
        let mut result = observed.result.with_topics(applied.topics);
        result.wrote = applied.wrote;
        result.check = applied.check;
        result.stop = applied.stop;
        result.unsettled = self.no_settle;
        inputs.finish(result)
    }
}
