//! `topicctl init`: a directory of manifests to start from.
//!
//! Writes files that do not exist yet, and never overwrites one.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::inputs::InvalidInput;
use super::{Answering, TextOutput, schema};
use crate::context::RunContext;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::layout::Layout;

const MANIFESTS: [(&str, &str); 2] = [
    ("topicctl.yaml", include_str!("init/topicctl.yaml")),
    ("orders.yaml", include_str!("init/orders.yaml")),
];

/// The JSON Schema that the first line of each manifest names, for editors.
const SCHEMA: &str = "topicctl.schema.json";

/// `topicctl init`.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// The directory; made where there is none
    #[arg(value_name = "DIR", default_value = "manifests/")]
    pub directory: PathBuf,
}

impl Answering for InitArgs {
    /// Writes the files and says what to do next, or why not.
    fn answer(&self, layout: Layout) -> Result<TextOutput, Box<InvalidInput>> {
        let mut problems = Diagnostics::default();
        let text = match write_files(&self.directory) {
            Ok(()) => Some(next_steps(&self.directory, layout)),
            Err(refused) => {
                problems.extend(refused);
                None
            }
        };
        Ok(TextOutput::new(RunContext::default(), text, &problems))
    }
}

fn files() -> [(&'static str, Cow<'static, str>); 3] {
    let [project, orders] = MANIFESTS.map(|(name, text)| (name, text.into()));
    [project, orders, (SCHEMA, schema::text().into())]
}

fn write_files(directory: &Path) -> Result<(), Vec<Diagnostic>> {
    let files = files();
    // A look before the first write, so that nothing is half done.
    let existing = files
        .iter()
        .map(|(name, _)| directory.join(name))
        .filter(|path| path.symlink_metadata().is_ok());
    let refused: Vec<_> = existing.map(|path| exists(&path)).collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    fs::create_dir_all(directory).map_err(|error| vec![unwritable(directory, &error)])?;
    for (name, text) in &files {
        let path = directory.join(name);
        write_new(&path, text).map_err(|error| {
            vec![match error.kind() {
                io::ErrorKind::AlreadyExists => exists(&path),
                _ => unwritable(&path, &error),
            }]
        })?;
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    File::create_new(path)?.write_all(text.as_bytes())
}

fn next_steps(directory: &Path, layout: Layout) -> String {
    let shown = directory.display().to_string();
    let quoted = shlex::try_quote(&shown).map_or_else(|_| shown.clone(), Into::into);
    let names = MANIFESTS.map(|(name, _)| name).into_iter().chain([SCHEMA]);
    let files: Vec<_> = names
        .map(|name| format!("  {}\n", directory.join(name).display()))
        .collect();
    let editors = format!(
        "Editors with yaml-language-server complete and check the manifests by {SCHEMA}, which the \
         first line of each names."
    );
    let editors = layout.wrap(&editors, "", "").join("\n");
    format!(
        "Wrote\n{}\n\
         Next: change the topics to yours, and then\n  \
         topicctl validate {quoted}\n  \
         topicctl plan {quoted} --profile dev -b localhost:9092\n  \
         topicctl apply {quoted} --profile dev -b localhost:9092\n\n\
         {editors}\n",
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
