//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::session::{Look, Session};
use crate::apply::Outcome;
use crate::cli::{LookArgs, VerifyArgs};
use crate::cluster::Absence;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::exit::ExitCode;
use crate::report::{self, Command, Report};

/// Shows what apply would do.
pub(super) async fn plan(args: &LookArgs) -> Report {
    let look = Look::plain(Absence::Confirmed);
    match Session::open(args, Command::Plan, &look).await {
        Ok((session, plan)) => session.close(&Outcome::of_plan(plan), None, false, None),
        Err(report) => *report,
    }
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
    };
    let mut report = match Session::open(&args.look, Command::Verify, &look).await {
        Ok((mut session, plan)) => {
            let outcomes = Outcome::of_plan(plan);
            let stop = if args.groups {
                session.see_groups(&outcomes).await.err()
            } else {
                None
            };
            session.close(&outcomes, stop.as_ref(), false, None)
        }
        Err(report) => *report,
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
