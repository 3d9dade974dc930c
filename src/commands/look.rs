//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Told;
use super::offline::Prepared;
use super::progress::{Line, Lines};
use super::session::{Look, Session};
use crate::apply::Outcome;
use crate::cli::{By, LookArgs, PlanArgs, VerifyArgs};
use crate::cluster::{Absence, ObserveTopics};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::exit;
use crate::plan::Plan;
use crate::report::{Command, Report, Several};

/// Shows what apply would do.
pub(super) async fn plan(args: &PlanArgs) -> Report {
    let look = Look::plain(Absence::Confirmed);
    let path = args.snapshot.cluster_snapshot.as_deref();
    run(&args.look, path, Command::Plan, &look).await
}

/// Compares the cluster with the manifests, or every cluster that they name.
pub(super) async fn verify(args: &VerifyArgs) -> Told {
    let ignore = match globs(&args.ignore.args.ignore) {
        Ok(ignore) => ignore,
        Err(problem) => {
            let mut problems = Diagnostics::default();
            problems.push(*problem);
            let report = Report::invalid(Some(Command::Verify), &problems, Sources::default());
            return Told::One(Box::new(report));
        }
    };
    let look = Look {
        absence: Absence::Confirmed,
        strict: args.strict,
        unmanaged: args.unmanaged,
        ignore,
        ignores: args.ignore.by == Some(By::Flag),
    };
    match args.snapshot.cluster_snapshot.as_deref() {
        _ if args.all_clusters => all_clusters(args, &look).await,
        Some(path) => {
            let report = run(&args.look, Some(path), Command::Verify, &look).await;
            Told::One(Box::new(report))
        }
        None => Told::One(match Prepared::one(&args.look, Command::Verify) {
            Ok(prepared) => Box::new(one(prepared, args.groups, &look, &Line::new()).await),
            Err(report) => report,
        }),
    }
}

/// Verifies one cluster, with its declared consumer groups if they are asked for.
async fn one(prepared: Prepared, groups: bool, look: &Look, line: &Line) -> Report {
    let (mut session, plan) = match Session::of(prepared, look, line).await {
        Ok(opened) => opened,
        Err(report) => return *report,
    };
    let outcomes = Outcome::of_plan(plan);
    let stop = match groups {
        true => session.see_groups(&outcomes, line).await.err(),
        false => None,
    };
    session.close(&outcomes, stop.as_ref(), false, None)
}

/// Verifies every cluster, side by side.
async fn all_clusters(args: &VerifyArgs, look: &Look) -> Told {
    let all = match Prepared::for_clusters(&args.look, Command::Verify) {
        Ok(all) => all,
        Err(report) => return Told::One(report),
    };
    let lines = Lines::new();
    let runs = all.into_iter().map(|prepared| {
        let line = lines.add();
        async move {
            let started = Instant::now();
            let report = one(prepared, args.groups, look, &line).await;
            Report {
                elapsed: started.elapsed(),
                ended: SystemTime::now(),
                ..report
            }
        }
    });
    let mut reports = join_all(runs).await;
    forget_used_elsewhere(&mut reports);
    Told::Several(Several {
        command: Command::Verify,
        exit: exit::of_several(reports.iter().map(|report| report.exit)),
        reports,
        elapsed: Duration::ZERO,
        ended: SystemTime::UNIX_EPOCH,
    })
}

/// A mismatch is accepted for all clusters, and so is unused only where none has it.
fn forget_used_elsewhere(reports: &mut [Report]) {
    let unused = |report: &Report| -> Vec<Diagnostic> {
        let all = report.diagnostics.iter();
        let unused = all.filter(|one| one.code == Code::AcceptedUnused);
        unused.cloned().collect()
    };
    let read = reports.iter().filter(|report| report.cluster.is_some());
    let by_cluster: Vec<_> = read.map(unused).collect();
    let everywhere = |one: &Diagnostic| by_cluster.iter().all(|unused| unused.contains(one));
    for report in reports.iter_mut() {
        let kept = |one: &Diagnostic| one.code != Code::AcceptedUnused || everywhere(one);
        report.diagnostics.retain(kept);
    }
}

async fn run(args: &LookArgs, snapshot: Option<&Path>, command: Command, look: &Look) -> Report {
    let ended = match snapshot {
        None => ended(Session::open(args, command, look).await),
        Some(path) => ended(Session::replay(args, path, command, look).await),
    };
    ended.unwrap_or_else(|report| *report)
}

fn ended<C: ObserveTopics>(
    opened: Result<(Session<C>, Plan), Box<Report>>,
) -> Result<Report, Box<Report>> {
    let (session, plan) = opened?;
    Ok(session.close(&Outcome::of_plan(plan), None, false, None))
}

fn globs(patterns: &[String]) -> Result<GlobSet, Box<Diagnostic>> {
    let usage = |pattern: &str, error: globset::Error| {
        Box::new(Diagnostic::error(
            Code::Usage,
            format!("--ignore {pattern}: {}", error.kind()),
        ))
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|error| usage(pattern, error))?);
    }
    set.build().map_err(|error| usage("", error))
}
