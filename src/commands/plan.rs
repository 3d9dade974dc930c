//! `topicctl plan`: what apply would do. Only reads.

use clap::Args;

use super::Reporting;
use super::inputs::{InvalidInput, RunInputs};
use super::observe::{ObserveOptions, compare_snapshot, observe_kafka};
use super::progress::Line;
use super::several::side_by_side;
use crate::cli::{Clusters, OutputArgs, RunArgs, SnapshotArgs};
use crate::cluster::Absence;
use crate::cluster::kafka::settings::Settings;
use crate::context::{Purpose, RunContext};
use crate::report::{ClusterReport, Report};

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
        if self.run.clusters() != Clusters::One {
            let snapshot = self.snapshot.cluster_snapshot.as_ref();
            let for_one = snapshot.map(|_| "--cluster-snapshot");
            let all = RunInputs::read_several(&self.run, for_one, self.context())?;
            let plan = async |inputs, settings, line| plan(inputs, settings, &options, line).await;
            return Ok(side_by_side(all, plan).await);
        }
        if let Some(path) = &self.snapshot.cluster_snapshot {
            return compare_snapshot(&self.run, path, &options, self.context()).await;
        }
        let (inputs, settings) = RunInputs::read(&self.run, self.context())?;
        let planned = plan(inputs, settings, &options, Line::new()).await;
        Ok(Report::new(planned))
    }
}

async fn plan(
    mut inputs: RunInputs,
    settings: Settings,
    options: &ObserveOptions,
    line: Line,
) -> ClusterReport {
    let observed = observe_kafka(&mut inputs, &settings, options, &line).await;
    let result = match observed {
        Ok(observed) => observed.compare(&mut inputs).result,
        Err(result) => result,
    };
    inputs.finish(result)
}
