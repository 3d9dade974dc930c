//! `topicctl plan`: what apply would do. Only reads.

use clap::Args;

use super::inputs::RunInputs;
use super::observe::{ObserveOptions, observe, observe_kafka};
use super::progress::Line;
use super::{Reporting, in_runtime};
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
        RunContext::new("plan", Purpose::Plan)
    }

    fn output(&self) -> &OutputArgs {
        &self.run.output
    }

    fn run(&self) -> Report {
        let options = ObserveOptions::plain(Absence::Confirmed);
        let compared = compare(&self.run, &self.snapshot, &options, self.context());
        in_runtime(self.context(), compared)
    }
}

/// Compares a cluster, or what was recorded of one, with the manifests.
pub(super) async fn compare(
    args: &RunArgs,
    snapshot: &SnapshotArgs,
    options: &ObserveOptions,
    context: RunContext,
) -> Report {
    let line = Line::new();
    match &snapshot.cluster_snapshot {
        None => {
            let (mut inputs, settings) = match RunInputs::read(args, context) {
                Ok(inputs) => inputs,
                Err(invalid) => return invalid.into(),
            };
            let result = match observe_kafka(&mut inputs, &settings, options, &line).await {
                Ok(observed) => observed.compare(&mut inputs).result,
                Err(result) => result,
            };
            inputs.report(result)
        }
        Some(path) => {
            let (mut inputs, snapshot) = match RunInputs::read_with_snapshot(args, path, context) {
                Ok(inputs) => inputs,
                Err(invalid) => return invalid.into(),
            };
            let snapshot = std::future::ready(Ok(snapshot));
            let result = match observe(&mut inputs, snapshot, options, &line).await {
                Ok(observed) => observed.compare(&mut inputs).result,
                Err(result) => result,
            };
            inputs.report(result)
        }
    }
}
