//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use std::io;
use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::session::{Look, Session};
use super::whole_file::WholeFile;
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
    let mending = match mending_files(args) {
        Ok(mending) => mending,
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
    let path = args.snapshot.cluster_snapshot.as_deref();
    let mut report = if args.groups && path.is_none() {
        with_groups(&args.look, &look).await
    } else {
        run(&args.look, path, Command::Verify, &look).await
    };
    // A run that saw nothing has nothing to say about what it did not see.
    if report.stopped {
        return report;
    }
    for (path, file, text) in mending {
        if let Err(error) = file.end(&text(&report)) {
            report.diagnostics.push(*cannot_write(path, &error));
            report.exit = report.exit.max(ExitCode::Invalid);
        }
    }
    report
}

/// A file about what can be done, before the run: its path and what becomes its text.
type Mending<'a> = (&'a Path, WholeFile, fn(&Report) -> String);

/// Begins the files that the arguments ask for, which must not be there yet: what somebody has
/// written is not overwritten.
fn mending_files(args: &VerifyArgs) -> Result<Vec<Mending<'_>>, Box<Diagnostic>> {
    let acceptances = report::mending::acceptances as fn(&Report) -> String;
    let script = report::mending::script as fn(&Report) -> String;
    let files = [
        (&args.write_accepted, acceptances),
        (&args.remedies, script),
    ];
    let asked = files.into_iter().filter_map(|(path, text)| {
        let path = path
            .as_deref()
            .filter(|path| !path.as_os_str().is_empty())?;
        Some((path, text))
    });
    asked
        .map(|(path, text)| {
            let free = match std::fs::symlink_metadata(path) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => WholeFile::begin(path),
            };
            match free {
                Ok(file) => Ok((path, file, text)),
                Err(error) => Err(cannot_write(path, &error)),
            }
        })
        .collect()
}

fn cannot_write(path: &Path, error: &io::Error) -> Box<Diagnostic> {
    let problem = Diagnostic::error(Code::Usage, format!("cannot write {}", path.display()));
    let help = "name a file that does not exist yet, in a directory that does";
    Box::new(problem.detail(error.to_string()).help(help))
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
