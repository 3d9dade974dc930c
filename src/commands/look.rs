//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::session::{Look, Session};
use crate::apply::Outcome;
use crate::cli::{LookArgs, PlanArgs, VerifyArgs};
use crate::cluster::{Absence, ObserveTopics};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::exit::ExitCode;
use crate::plan::Plan;
use crate::report::{self, Command, Report};

/// Shows what apply would do.
pub(super) async fn plan(args: &PlanArgs) -> Report {
    let look = Look::plain(Absence::Confirmed);
    let path = args.snapshot.cluster_snapshot.as_deref();
    run(&args.look, path, Command::Plan, &look).await
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
        unmanaged: args.unmanaged,
        ignore,
        ignores: on_command_line(&args.ignore),
    };
    let path = args.snapshot.cluster_snapshot.as_deref();
    let mut report = if args.groups && path.is_none() {
        with_groups(&args.look, &look).await
    } else {
        run(&args.look, path, Command::Verify, &look).await
    };
    let acceptances = report::mending::acceptances;
    let files = [
        (&args.write_accepted, acceptances as fn(&Report) -> String),
        (&args.remedies, report::mending::script),
    ];
    for (path, write) in files {
        // A run that saw nothing has nothing to say about what it did not see.
        if let (Some(path), false) = (path, report.stopped)
            && let Err(error) = write_new(path, &write(&report))
        {
            let message = format!("cannot write {}", path.display());
            let problem = Diagnostic::error(Code::Usage, message).detail(error.to_string());
            let problem = problem.help("name a file that does not exist yet");
            report.diagnostics.push(problem);
            report.exit = report.exit.max(ExitCode::Invalid);
        }
    }
    report
}

/// Writes a file that must not be there yet: what somebody has written is not overwritten.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
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

/// Verifies, and looks at the declared consumer groups.
async fn with_groups(args: &LookArgs, look: &Look) -> Report {
    match Session::open(args, Command::Verify, look).await {
        Ok((mut session, plan)) => {
            let outcomes = Outcome::of_plan(plan);
            let stop = session.see_groups(&outcomes).await.err();
            session.close(&outcomes, stop.as_ref(), false, None)
        }
        Err(report) => *report,
    }
}

/// Whether the patterns are more than what the variable gives to every run.
fn on_command_line(ignore: &[String]) -> bool {
    let variable = std::env::var("TOPICCTL_IGNORE").ok();
    !ignore.is_empty() && variable.is_none_or(|text| ignore != [text])
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
