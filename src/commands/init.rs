//! `topicctl init`: a directory of manifests to start from.
//!
//! Writes files that do not exist yet, and never overwrites one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::cli::InitArgs;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::report::Report;

const FILES: [(&str, &str); 2] = [
    ("topicctl.yaml", include_str!("init/topicctl.yaml")),
    ("orders.yaml", include_str!("init/orders.yaml")),
];

/// Writes the files and says what to do next, or says why not.
pub(super) fn run(args: &InitArgs) -> Result<String, Box<Report>> {
    let directory = &args.directory;
    // A look before the first write, so that nothing is half done.
    let existing = FILES
        .iter()
        .map(|(name, _)| directory.join(name))
        .filter(|path| path.symlink_metadata().is_ok());
    let refused: Vec<_> = existing.map(|path| exists(&path)).collect();
    if !refused.is_empty() {
        return Err(invalid(refused));
    }
    if let Err(error) = fs::create_dir_all(directory) {
        return Err(invalid([unwritable(directory, &error)]));
    }
    for (name, text) in FILES {
        let path = directory.join(name);
        write_new(&path, text).map_err(|error| {
            invalid([match error.kind() {
                io::ErrorKind::AlreadyExists => exists(&path),
                _ => unwritable(&path, &error),
            }])
        })?;
    }
    Ok(next_steps(directory))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    File::create_new(path)?.write_all(text.as_bytes())
}

fn next_steps(directory: &Path) -> String {
    let shown = directory.display().to_string();
    let quoted = shlex::try_quote(&shown).map_or_else(|_| shown.clone(), Into::into);
    let files: Vec<_> = FILES
        .iter()
        .map(|(name, _)| format!("  {}\n", directory.join(name).display()))
        .collect();
    format!(
        "Wrote\n{}\n\
         Next: change the topics to yours, and then\n  \
         topicctl validate {quoted}\n  \
         topicctl plan {quoted} --profile dev -b localhost:9092\n  \
         topicctl apply {quoted} --profile dev -b localhost:9092\n\n\
         For completion and checks in an editor: topicctl schema > topicctl.schema.json\n",
        files.concat()
    )
}

fn exists(path: &Path) -> Diagnostic {
    Diagnostic::error(Code::Usage, format!("{} exists", path.display()))
        .help("init overwrites nothing; name another directory, or move the file away")
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(Code::Usage, format!("cannot write {}", path.display()))
        .detail(error.to_string())
}

fn invalid(problems: impl IntoIterator<Item = Diagnostic>) -> Box<Report> {
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(problems);
    Box::new(Report::invalid(None, &diagnostics, Sources::default()))
}
