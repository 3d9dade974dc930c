//! `topicctl plan`: what apply would do. Only reads.

use clap::Args;

use super::Reporting;
use super::inputs::{InvalidInput, RunInputs};
use super::observe::{ObserveOptions, compare_snapshot, observe_kafka};
use super::progress::Line;
use crate::cli::{OutputArgs, RunArgs, SnapshotArgs};
use crate::cluster::Absence;
use crate::context::{Purpose, RunContext};
use crate::report::Report;

/// `topicctl plan`.
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// What plan shares with verify and apply.
    #[command(flatten)]
    pub run: RunArgs,
    /// What plan shares with verify.
    #[command(flatten)]
    pub snapshot: SnapshotArgs,
}

impl Reporting for PlanArgs {
    fn context(&self) -> RunContext {
        RunContext {
            deny_warnings: self.run.manifests.deny_warnings,
            ..RunContext::new("plan", Purpose::Plan)
        }
    }

    fn output(&self) -> &OutputArgs {
        &self.run.output
    }

    async fn run(&self) -> Result<Report, Box<InvalidInput>> {
        let options = ObserveOptions::plain(Absence::Confirmed);
        if let Some(path) = &self.snapshot.cluster_snapshot {
            return compare_snapshot(&self.run, path, &options, self.context()).await;
        }
        let (mut inputs, settings) = RunInputs::read(&self.run, self.context())?;
        let observed = observe_kafka(&mut inputs, &settings, &options, &Line::new()).await;
        let result = match observed {
            Ok(observed) => observed.compare(&mut inputs).result,
            Err(result) => result,
        };
        Ok(inputs.report(result))
    }
}
