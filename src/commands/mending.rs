//! The files of `verify --write-accepted` and `--remedies`: begun before a run, so that a path that
//! cannot be written ends it before a cluster is asked, and written at its end.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::report_files::named_twice;
use super::whole_file::WholeFile;
use crate::cli::VerifyArgs;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, printable};
use crate::report::{Report, mending};

/// Files that wait for what a run finds.
#[derive(Default)]
pub(super) struct Mending {
    acceptances: Option<WholeFile>,
    remedies: Option<WholeFile>,
}

impl Mending {
    /// Begins them, and says which cannot be written: they must not be there yet.
    pub(super) fn begin(args: &VerifyArgs) -> (Self, Diagnostics) {
        let mut problems = Diagnostics::default();
        let mut begin = |path: &Option<PathBuf>, other: Option<&WholeFile>| {
            let path = path.as_deref()?;
            if other.is_some_and(|other| other.is_at(path)) {
                problems.push(named_twice(path));
                return None;
            }
            match WholeFile::new(path) {
                Ok(file) => Some(file),
                Err(error) => {
                    problems.push(unwritable(path, &error));
                    None
                }
            }
        };
        let acceptances = begin(&args.write_accepted, None);
        let remedies = begin(&args.remedies, acceptances.as_ref());
        let files = Self {
            acceptances,
            remedies,
        };
        (files, problems)
    }

    /// Whether one of them goes to this path.
    pub(super) fn takes(&self, path: &Path) -> bool {
        let files = [&self.acceptances, &self.remedies];
        files.into_iter().flatten().any(|file| file.is_at(path))
    }

    /// Writes them. Where a run saw nothing of any cluster there is nothing to write.
    pub(super) fn write(self, reports: &[Report]) -> io::Result<()> {
        let Some(seen) = reports.iter().find(|report| !report.stopped) else {
            return Ok(());
        };
        let all: Vec<_> = reports.iter().collect();
        let remedies = self
            .remedies
            .map(|file| (file, Some(mending::script(&all)), "remedies written"));
        // The command line has no way to accept mismatches of several clusters at once.
        let acceptances = self.acceptances.map(|file| {
            let text = mending::acceptances(seen);
            (file, text, "written; give each its reason")
        });
        for (file, text, told) in [acceptances, remedies].into_iter().flatten() {
            let path = file.path().display().to_string();
            let told = match text {
                None => "not written, for there is no mismatch to accept",
                Some(text) => {
                    let written = file.end(text.as_bytes());
                    written.map_err(|error| {
                        io::Error::new(error.kind(), format!("{path}: {error}"))
                    })?;
                    told
                }
            };
            // Where stderr is gone, the file is there all the same.
            let _ = writeln!(io::stderr(), "{}: {told}.", printable(&path));
        }
        Ok(())
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(Code::Usage, format!("cannot write {}", path.display()))
        .detail(match error.kind() {
            io::ErrorKind::AlreadyExists => "it is there already".to_owned(),
            _ => error.to_string(),
        })
        .help("name a file that does not exist yet, in a directory that does")
}
