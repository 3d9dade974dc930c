//! The files of `--report`: opened before a run begins, written whole at its end.

use std::io::{self, Write};
use std::path::Path;

use super::whole_file::WholeFile;
use crate::cli::{self, Format, ReportFile};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// Files that wait for their report.
pub(super) struct ReportFiles {
    open: Vec<(Format, WholeFile)>,
}

impl ReportFiles {
    /// Opens all of them, and says which cannot be opened, or is `taken` by another result. Nothing
    /// that exists is changed yet.
    pub(super) fn open(
        files: &[cli::ReportFiles],
        taken: impl Fn(&Path) -> bool,
    ) -> (Self, Diagnostics) {
        let mut open: Vec<(Format, WholeFile)> = Vec::new();
        let mut problems = Diagnostics::default();
        for ReportFile { format, path } in files.iter().flat_map(|files| &files.0) {
            if taken(path) || open.iter().any(|(_, other)| other.is_at(path)) {
                problems.push(named_twice(path));
                continue;
            }
            match WholeFile::replacing(path) {
                Ok(file) => open.push((*format, file)),
                Err(error) => {
                    let message = format!("cannot write the report {}", path.display());
                    let problem = Diagnostic::error(Code::Usage, message);
                    problems.push(
                        problem
                            .detail(error.to_string())
                            .help("--report FORMAT=FILE needs a directory that is there"),
                    );
                }
            }
        }
        (Self { open }, problems)
    }

    /// Writes all of them, and gives the first error.
    pub(super) fn write(
        self,
        render: impl Fn(Format, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut result = Ok(());
        for (format, file) in self.open {
            let path = file.path().to_owned();
            let mut text = Vec::new();
            let written = render(format, &mut text).and_then(|()| file.end(&text));
            let told = written.map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            });
            result = result.and(told);
        }
        result
    }
}

/// One file cannot hold two results: whichever came last would be all of it.
pub(super) fn named_twice(path: &Path) -> Diagnostic {
    Diagnostic::error(Code::Usage, format!("two results for {}", path.display()))
        .help("give each of --report, --write-accepted and --remedies a file of its own")
}
