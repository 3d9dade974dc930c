//! A file that is written whole or not at all. Takes a path before a run and the text behind it;
//! until then what the path holds stays as it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file under way, beside the one that it will replace. Dropping it leaves nothing behind.
#[derive(Debug)]
pub(super) struct WholeFile {
    target: PathBuf,
    beside: PathBuf,
    file: File,
}

impl WholeFile {
    /// Begins; a path that cannot be written is found out here.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        // Through a link, what it points to is replaced and not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if target.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.partial", std::process::id()));
        let beside = target.with_file_name(hidden);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)?;
        Ok(Self {
            target,
            beside,
            file,
        })
    }

    /// Writes all of the text, and only then takes the other file's place.
    pub(super) fn end(mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()?;
        fs::rename(&self.beside, &self.target)
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        // After the renaming there is nothing under this name.
        let _ = fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_touched_before_the_end_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("snapshot.json");
        fs::write(&path, "old").expect("a file");
        drop(WholeFile::begin(&path).expect("begun"));
        assert_eq!(fs::read_to_string(&path).expect("the file"), "old");

        let file = WholeFile::begin(&path).expect("begun");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "old");
        file.end("new").expect("ended");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "new");
        let left = fs::read_dir(directory.path()).expect("a directory").count();
        assert_eq!(left, 1);
    }

    #[test]
    fn a_directory_or_a_path_below_nothing_is_refused_at_the_beginning() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(WholeFile::begin(directory.path()).is_err());
        assert!(WholeFile::begin(&directory.path().join("none/snapshot.json")).is_err());
    }
}
