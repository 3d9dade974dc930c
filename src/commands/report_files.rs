//! The files of `--report`: opened before a run begins, written whole at its end.
//!
//! A report goes to a temporary file beside its target and takes the target's name when it is
//! complete, so that a reader never sees a half. Where that cannot be, it is written in place, in
//! one go: to a pipe or a device; where only the file is writable and not its directory; and where
//! the file is somebody else's, who must still be able to read it, as a CI runner outside of the
//! container must.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::{self, Format, ReportFile};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// Files that wait for their report.
pub(super) struct ReportFiles {
    open: Vec<Waiting>,
}

struct Waiting {
    format: Format,
    path: PathBuf,
    way: Way,
}

/// How a report gets into its file.
enum Way {
    /// Takes the target's name when it is complete.
    Beside(NamedTempFile),
    /// Is written over what was there.
    InPlace(File),
}

impl ReportFiles {
    /// Opens all of them, and says which cannot be opened. Nothing that exists is changed yet.
    pub(super) fn open(files: &[cli::ReportFiles]) -> (Self, Diagnostics) {
        let mut open: Vec<Waiting> = Vec::new();
        let mut problems = Diagnostics::default();
        for ReportFile { format, path } in files.iter().flat_map(|files| &files.0) {
            if open.iter().any(|other| other.path == *path) {
                let message = format!("two reports for {}", path.display());
                let problem = Diagnostic::error(Code::Usage, message);
                problems.push(problem.help("give each report of --report a file of its own"));
                continue;
            }
            match Way::to(path) {
                Ok(way) => open.push(Waiting {
                    format: *format,
                    path: path.clone(),
                    way,
                }),
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
        for Waiting { format, path, way } in self.open {
            let mut text = Vec::new();
            let written = render(format, &mut text).and_then(|()| way.write(&path, &text));
            let told = written.map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            });
            result = result.and(told);
        }
        result
    }
}

impl Way {
    fn to(path: &Path) -> io::Result<Self> {
        let target = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
            Ok(target) => Some(target),
        };
        let exists = match &target {
            Some(target) if target.is_dir() => {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            // A pipe or a device is opened as it is.
            Some(target) if !target.is_file() => return Ok(Self::InPlace(in_place(path)?)),
            // A right to the directory is not a right to the file.
            Some(_) => Some(in_place(path)?),
            None => None,
        };
        match (beside(path, target.as_ref()), exists) {
            (Ok(Some(file)), _) => Ok(Self::Beside(file)),
            (Ok(None) | Err(_), Some(file)) => Ok(Self::InPlace(file)),
            (Ok(None), None) => Err(io::ErrorKind::PermissionDenied.into()),
            (Err(error), None) => Err(error),
        }
    }

    fn write(self, path: &Path, text: &[u8]) -> io::Result<()> {
        match self {
            Self::Beside(mut file) => {
                file.write_all(text)?;
                match file.persist(real(path)) {
                    Ok(_) => Ok(()),
                    // A file that is mounted by itself cannot be replaced.
                    Err(error) if path.exists() => {
                        over(in_place(path)?, text).map_err(|_| error.error)
                    }
                    Err(error) => Err(error.error),
                }
            }
            Self::InPlace(file) => over(file, text),
        }
    }
}

fn in_place(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// Replaces what a file holds.
fn over(mut file: File, text: &[u8]) -> io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    file.write_all(text)?;
    file.flush()
}

/// The file itself, where the path is a link to it: a link stays one.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A temporary file that may take the target's place: with its rights, or those of a new file.
/// `None` where the target's owner would lose it.
fn beside(path: &Path, target: Option<&fs::Metadata>) -> io::Result<Option<NamedTempFile>> {
    let real = real(path);
    let directory = match real.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".topicctl-");
    for_everybody(&mut builder);
    let file = builder.tempfile_in(directory).map_err(|error| {
        // Without the name of the temporary file, which nobody has asked for.
        io::Error::from(error.kind())
    })?;
    if let Some(target) = target {
        if !same_owner(target, &file.as_file().metadata()?) {
            return Ok(None);
        }
        file.as_file().set_permissions(target.permissions())?;
    }
    Ok(Some(file))
}

/// The rights of any new file, which the process's mask narrows; a temporary file's own would keep
/// other users from reading the report.
#[cfg(unix)]
fn for_everybody(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn for_everybody(_: &mut tempfile::Builder<'_, '_>) {}

#[cfg(unix)]
fn same_owner(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.uid(), one.gid()) == (other.uid(), other.gid())
}

#[cfg(not(unix))]
fn same_owner(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}
