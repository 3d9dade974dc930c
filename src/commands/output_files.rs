//! The files that a run writes beside its result: those of `--report`, and what a person may do about
//! mismatches. Begun before a run, so that a path that cannot be written ends it before a cluster is
//! asked, and written whole at its end.

use std::io::{self, Write};
use std::path::Path;

use super::atomic_file::AtomicFile;
use crate::cli::{OutputArgs, ReportFile};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, printable};
use crate::report::{Format, Report, scripts};

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Contents {
    /// The report.
    Report(Format),
    /// The mismatches that were found, as a manifest that accepts them.
    Acceptances,
    /// Commands that would make topics what is declared.
    Remedies,
}

/// Files that wait for the end of a run.
pub(super) struct OutputFiles(Vec<(Contents, AtomicFile)>);

impl OutputFiles {
    /// Begins all of them, and says which cannot be begun. Nothing that exists is changed yet.
    pub(super) fn begin<'a>(
        output: &'a OutputArgs,
        scripts: impl IntoIterator<Item = &'a (Contents, std::path::PathBuf)>,
    ) -> (Self, Diagnostics) {
        let scripts = scripts
            .into_iter()
            .map(|(contents, path)| (*contents, path));
        let reports = output.report.iter().flat_map(|files| &files.0);
        let reports = reports.map(|ReportFile { format, path }| (Contents::Report(*format), path));
        let mut begun: Vec<(Contents, AtomicFile)> = Vec::new();
        let mut problems = Diagnostics::default();
        for (contents, path) in scripts.chain(reports) {
            if begun.iter().any(|(_, other)| other.is_at(path)) {
                problems.push(named_twice(path));
                continue;
            }
            let file = match contents {
                Contents::Report(_) => AtomicFile::replacing(path),
                // What somebody has written is not overwritten.
                Contents::Acceptances | Contents::Remedies => AtomicFile::new(path),
            };
            match file {
                Ok(file) => begun.push((contents, file)),
                Err(error) => problems.push(unwritable(contents, path, &error)),
            }
        }
        (Self(begun), problems)
    }

    /// Takes out the files of `--report`, or the others.
    pub(super) fn split(self) -> (Self, Self) {
        let is_report = |(contents, _): &(Contents, _)| matches!(contents, Contents::Report(_));
        let (reports, scripts) = self.0.into_iter().partition(is_report);
        (Self(reports), Self(scripts))
    }

    /// Writes all of them, says on stderr what became of those that are no report, and gives the
    /// first error.
    pub(super) fn write(
        self,
        report: &Report,
        render: impl Fn(Format, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut result = Ok(());
        for (contents, file) in self.0 {
            let path = file.path().display().to_string();
            let written = write(contents, file, report, &render);
            let written =
                written.map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")));
            if let Ok(Some(note)) = written {
                // Where stderr is gone, the file is there all the same.
                let _ = writeln!(io::stderr(), "{}: {note}.", printable(&path));
            }
            result = result.and(written.map(|_| ()));
        }
        result
    }
}

/// Writes one file, and says what is to be said of it.
fn write(
    contents: Contents,
    file: AtomicFile,
    report: &Report,
    render: impl Fn(Format, &mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<&'static str>> {
    let mut text = Vec::new();
    let note = match contents {
        Contents::Report(format) => {
            render(format, &mut text)?;
            None
        }
        // Where a run read nothing of any cluster there is nothing to write.
        _ if !report.clusters.iter().any(|one| one.lists_topics()) => return Ok(None),
        Contents::Remedies => {
            text = scripts::remedies(report).into_bytes();
            Some("remedies written")
        }
        // The command line has no way to accept mismatches of several clusters at once.
        Contents::Acceptances => match report.clusters.first().and_then(scripts::acceptances) {
            None => return Ok(Some("not written, for there is no mismatch to accept")),
            Some(acceptances) => {
                text = acceptances.into_bytes();
                Some("written; give each its reason")
            }
        },
    };
    file.end(&text)?;
    Ok(note)
}

/// One file cannot hold two results: whichever came last would be all of it.
fn named_twice(path: &Path) -> Diagnostic {
    Diagnostic::error(Code::Usage, format!("two results for {}", path.display()))
        .help("give each of --report, --write-accepted and --remedies a file of its own")
}

fn unwritable(contents: Contents, path: &Path, error: &io::Error) -> Diagnostic {
    let path = path.display();
    let (message, help) = match contents {
        Contents::Report(_) => (
            format!("cannot write the report {path}"),
            "--report FORMAT=FILE needs a directory that is there",
        ),
        Contents::Acceptances | Contents::Remedies => (
            format!("cannot write {path}"),
            "name a file that does not exist yet, in a directory that does",
        ),
    };
    let detail = match (contents, error.kind()) {
        (_, io::ErrorKind::NotFound) => "its directory does not exist".to_owned(),
        (Contents::Report(_), _) => error.to_string(),
        (_, io::ErrorKind::AlreadyExists) => "it is there already".to_owned(),
        _ => error.to_string(),
    };
    let argument = match contents {
        Contents::Report(_) => "--report",
        Contents::Acceptances => "--write-accepted",
        Contents::Remedies => "--remedies",
    };
    Diagnostic::error(Code::Usage, message)
        .detail(detail)
        .help(help)
        .about(argument)
}
