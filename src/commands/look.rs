//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::session::{Look, Session};
use crate::apply::Outcome;
use crate::cli::{LookArgs, PlanArgs, SnapshotArgs, VerifyArgs};
use crate::cluster::{Absence, ObserveTopics};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::plan::Plan;
use crate::report::{Command, Report};

/// Shows what apply would do.
pub(super) async fn plan(args: &PlanArgs) -> Report {
    let look = Look {
        absence: Absence::Confirmed,
        strict: false,
        unmanaged: None,
    };
    run(&args.look, &args.snapshot, Command::Plan, &look).await
}

/// Compares the cluster with the manifests.
pub(super) async fn verify(args: &VerifyArgs) -> Report {
    let ignore = match globs(&args.ignore) {
        Ok(ignore) => ignore,
        Err(problem) => {
            let mut problems = Diagnostics::default();
            problems.push(*problem);
            return Report::invalid(Some(Command::Verify), &problems, Sources::default());
        }
    };
    let look = Look {
        absence: Absence::Confirmed,
        strict: args.strict,
        unmanaged: args.unmanaged.then_some(ignore),
    };
    run(&args.look, &args.snapshot, Command::Verify, &look).await
}

async fn run(args: &LookArgs, snapshot: &SnapshotArgs, command: Command, look: &Look) -> Report {
    let ended = match &snapshot.cluster_snapshot {
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
