//! Runs against several clusters: side by side, or one after the other.
//!
//! A cluster that cannot be asked, for its connection is described wrongly, holds up none of the
//! others. Decides nothing about any of them.

use std::time::{Instant, SystemTime};

use futures_util::future::join_all;

use super::inputs::{AllInputs, RunInputs};
use super::progress::{Line, Lines};
use crate::cluster::kafka::settings::Settings;
use crate::interrupt::Signal;
use crate::outcome::{RunResult, Stop};
use crate::report::problems::interrupted;
use crate::report::{ClusterReport, Report};

/// Runs that only read, all at once.
pub(super) async fn side_by_side(
    all: AllInputs,
    run: impl AsyncFn(RunInputs, Settings, Line) -> ClusterReport,
) -> Report {
    let lines = Lines::new();
    let run = &run;
    let runs = all.clusters.into_iter().map(|cluster| {
        let line = lines.add();
        async move {
            match cluster {
                Ok((inputs, settings)) => timed(run(inputs, settings, line)).await,
                Err(refused) => *refused,
            }
        }
    });
    Report::by_cluster(all.context, all.shared, join_all(runs).await)
}

/// Runs that write, each when the one before it is over. After a signal the others are not begun.
pub(super) async fn one_after_the_other(
    all: AllInputs,
    run: impl AsyncFn(RunInputs, Settings, Line) -> ClusterReport,
) -> Report {
    let mut reports = Vec::new();
    let mut signal = None;
    for cluster in all.clusters {
        let report = match (cluster, signal) {
            (Err(refused), _) => *refused,
            (Ok((inputs, _)), Some(signal)) => not_begun(inputs, signal),
            (Ok((inputs, settings)), None) => timed(run(inputs, settings, Line::new())).await,
        };
        if let Some(Stop::Interrupted(received)) = report.result.stop {
            signal = Some(received);
        }
        reports.push(report);
    }
    Report::by_cluster(all.context, all.shared, reports)
}

fn not_begun(mut inputs: RunInputs, signal: Signal) -> ClusterReport {
    let topics = std::mem::take(&mut inputs.manifests.topics);
    let reason = interrupted(signal, inputs.context.purpose, false).message;
    inputs.finish(RunResult::unobserved(
        topics,
        Stop::Interrupted(signal),
        &reason,
    ))
}

async fn timed(run: impl Future<Output = ClusterReport>) -> ClusterReport {
    let started = Instant::now();
    let report = run.await;
    ClusterReport {
        elapsed: started.elapsed(),
        ended: SystemTime::now(),
        ..report
    }
}
