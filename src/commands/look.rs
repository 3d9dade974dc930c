//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Told;
use super::offline::Prepared;
use super::progress::{Line, Lines};
use super::session::{Look, Session};
use crate::accepted;
use crate::apply::{Outcome, Stop};
use crate::cli::{By, LookArgs, PlanArgs, VerifyArgs};
use crate::cluster::kafka::Kafka;
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
            Ok(prepared) => Looked::at(prepared, args.groups, &look, &Line::new())
                .await
                .map_or_else(|report| report, |looked| Box::new(looked.close())),
            Err(report) => report,
        }),
    }
}

/// A cluster that was looked at, and of which nothing is told yet.
struct Looked {
    session: Session<Kafka>,
    outcomes: Vec<Outcome>,
    stop: Option<Stop>,
}

impl Looked {
    /// Looks at a cluster, and at the declared consumer groups if they are asked for.
    async fn at(
        prepared: Prepared,
        groups: bool,
        look: &Look,
        line: &Line,
    ) -> Result<Self, Box<Report>> {
        let (mut session, plan) = Session::of(prepared, look, line).await?;
        let outcomes = Outcome::of_plan(plan);
        let stop = match groups {
            true => session.see_groups(&outcomes, line).await.err(),
            false => None,
        };
        Ok(Self {
            session,
            outcomes,
            stop,
        })
    }

    fn close(self) -> Report {
        let stop = self.stop.as_ref();
        self.session.close(&self.outcomes, stop, false, None)
    }
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
            let looked = Looked::at(prepared, args.groups, look, &line).await;
            (looked, started.elapsed(), SystemTime::now())
        }
    });
    let mut all = join_all(runs).await;
    let looked = all.iter_mut().filter_map(|(one, ..)| one.as_mut().ok());
    accepted::share(looked.map(|one| &mut one.session.uses));
    let reports: Vec<_> = all
        .into_iter()
        .map(|(looked, elapsed, ended)| Report {
            elapsed,
            ended,
            ..looked.map_or_else(|report| *report, Looked::close)
        })
        .collect();
    Told::Several(Several {
        command: Command::Verify,
        exit: exit::of_several(reports.iter().map(|report| report.exit)),
        reports,
        elapsed: Duration::ZERO,
        ended: SystemTime::UNIX_EPOCH,
    })
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
