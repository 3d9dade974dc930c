//! `topicctl apply`: create what is missing, and report what became of every topic.

use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::inputs::RunInputs;
use super::observe::{ObserveOptions, observe_kafka};
use super::progress::Line;
use super::{Reporting, in_runtime};
use crate::apply::{Applied, Options, apply};
use crate::cli::{OutputArgs, RunArgs, duration};
use crate::cluster::Absence;
use crate::context::{Purpose, RunContext};
use crate::outcome::RunResult;
use crate::report::Report;

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
    /// How long created topics may take to become usable, from the last creation
    #[arg(
        long, value_name = "DURATION", default_value = "60s", value_parser = duration,
        env = "TOPICCTL_SETTLE_TIMEOUT", help_heading = "Applying"
    )]
    pub settle_timeout: Duration,
    /// Do not wait until created topics are usable
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
        RunContext::new("apply", purpose)
    }

    fn output(&self) -> &OutputArgs {
        &self.run.output
    }

    fn run(&self) -> Report {
        in_runtime(self.context(), self.apply())
    }
}

impl ApplyArgs {
    /// Plans and applies.
    async fn apply(&self) -> Report {
        let (mut inputs, settings) = match RunInputs::read(&self.run, self.context()) {
            Ok(inputs) => inputs,
            Err(invalid) => return invalid.into(),
        };
        let line = Line::new();
        // The controller has the last word on what is missing, in the preflight.
        let options = ObserveOptions::plain(Absence::AsReported);
        let observed = match observe_kafka(&mut inputs, &settings, &options, &line).await {
            Ok(observed) => observed,
            Err(result) => return inputs.report(result),
        };
        let plan = observed.plan(&mut inputs);
        if observed.result.stop.is_some() {
            return inputs.report(observed.result.with_topics(plan.topics));
        }
        let options = Options {
            dry_run: self.dry_run,
            brokers: settings.wait(),
            settle: (!self.no_settle).then_some(self.settle_timeout),
        };
        let (cluster, interrupts) = (&observed.cluster, &observed.interrupts);
        let progress = |step| line.step(step);
        let applied = apply(cluster, plan, options, interrupts, &progress).await;
        line.clear();
        let Applied {
            topics,
            wrote,
            stop,
        } = applied;
        let result = RunResult {
            wrote,
            stop,
            ..observed.result.with_topics(topics)
        };
        inputs.report(RunResult {
            unsettled: self.no_settle && result.created(),
            ..result
        })
    }
}
