//! A file that is written whole or not at all. Takes a path before a run and the text behind it;
//! until then what the path holds stays as it is.
//!
//! The text goes to a temporary file beside the target and takes the target's name when it is
//! complete, so that a reader never sees a half. Where that cannot be, it is written in place, in
//! one go: to a pipe or a device; where only the file is writable and not its directory; and where
//! the file is somebody else's, who must still be able to read it, as a CI runner outside of the
//! container must.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file under way. Dropping it leaves nothing behind.
#[derive(Debug)]
pub(super) struct AtomicFile {
    path: PathBuf,
    mode: WriteMode,
}

/// How a text gets into its file.
#[derive(Debug)]
enum WriteMode {
    /// Takes the target's name when it is complete.
    Beside(NamedTempFile),
    /// Takes a name that nothing has.
    New(NamedTempFile),
    /// Is written over what was there.
    InPlace(File),
}

impl AtomicFile {
    /// Begins a file that takes the place of what the path holds. A path that cannot be written is
    /// found out here.
    pub(super) fn replacing(path: &Path) -> io::Result<Self> {
        Ok(Self {
            mode: WriteMode::to(path)?,
            path: path.to_owned(),
        })
    }

    /// Begins a file that must not be there yet: what somebody has written is not overwritten.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        match beside(path, None)? {
            Some(file) => Ok(Self {
                mode: WriteMode::New(file),
                path: path.to_owned(),
            }),
            None => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    /// Where it goes, as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a path names the same file, in whatever words.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        place(&self.path) == place(path)
    }

    /// Writes all of the text, and only then takes the target's place.
    pub(super) fn end(self, text: &[u8]) -> io::Result<()> {
        self.mode.write(&self.path, text)
    }
}

impl WriteMode {
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
            Self::New(mut file) => {
                file.write_all(text)?;
                match file.persist_noclobber(path) {
                    Ok(_) => Ok(()),
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

/// Where a file is or will be, through all links but those to nothing.
fn place(path: &Path) -> PathBuf {
    let real = real(path);
    match (fs::canonicalize(directory(&real)), real.file_name()) {
        (Ok(directory), Some(name)) => directory.join(name),
        _ => real,
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A temporary file that may take the target's place: with its rights, or those of a new file.
/// `None` where the target's owner would lose it.
fn beside(path: &Path, target: Option<&fs::Metadata>) -> io::Result<Option<NamedTempFile>> {
    let real = real(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".topicctl-");
    for_everybody(&mut builder);
    let file = builder.tempfile_in(directory(&real)).map_err(|error| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_touched_before_the_end_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("snapshot.json");
        fs::write(&path, "old").expect("a file");
        drop(AtomicFile::replacing(&path).expect("begun"));
        assert_eq!(fs::read_to_string(&path).expect("the file"), "old");

        let file = AtomicFile::replacing(&path).expect("begun");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "old");
        file.end(b"new").expect("ended");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "new");
        let left = fs::read_dir(directory.path()).expect("a directory").count();
        assert_eq!(left, 1);
    }

    #[test]
    fn a_new_file_never_overwrites_one_that_came_meanwhile() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("remedies.sh");
        let file = AtomicFile::new(&path).expect("begun");
        fs::write(&path, "somebody's").expect("a file");
        let error = file.end(b"ours").expect_err("it is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("the file"), "somebody's");
        let error = AtomicFile::new(&path).expect_err("it is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_directory_or_a_path_below_nothing_is_refused_at_the_beginning() {
        let directory = tempfile::tempdir().expect("a directory");
        for begin in [AtomicFile::replacing, AtomicFile::new] {
            assert!(begin(directory.path()).is_err());
            assert!(begin(&directory.path().join("none/snapshot.json")).is_err());
        }
    }
}
