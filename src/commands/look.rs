//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::session::{Look, Session};
use crate::apply::Outcome;
use crate::cli::{LookArgs, VerifyArgs};
use crate::cluster::Absence;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::report::{Command, Report};

/// Shows what apply would do.
pub(super) async fn plan(args: &LookArgs) -> Report {
    let look = Look {
        absence: Absence::Confirmed,
        strict: false,
        unmanaged: None,
    };
    run(args, Command::Plan, &look).await
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
    run(&args.look, Command::Verify, &look).await
}

async fn run(args: &LookArgs, command: Command, look: &Look) -> Report {
    match Session::open(args, command, look).await {
        Ok((session, plan)) => session.close(&Outcome::of_plan(plan), None, false, None),
        Err(report) => *report,
    }
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
