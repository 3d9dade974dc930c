//! Paths to decoded documents: finds the files, reads them, and says which one is the project
//! file. Reads files and nothing else; what the documents mean is not its business.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::raw::{self, Document};
use super::yaml;
use super::{foreign_document, mentioned};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Sources, Span};

pub(super) const PROJECT_FILE: &str = "topicctl.yaml";
/// Largest manifest, in bytes; 50 000 topics take about 6 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// The path that means standard input.
pub(super) const STDIN: &str = "-";

#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) sources: Sources,
    pub(super) documents: Vec<Document>,
    /// The names of the variables in all texts, whether anything reads them or not.
    pub(super) mentioned: BTreeSet<String>,
    pub(super) project: Option<SourceId>,
    /// Where a project file was looked for.
    pub(super) searched: Vec<PathBuf>,
}

/// Reads all manifests below the paths, and the project file beside or above them.
pub(super) fn load(paths: &[PathBuf], diagnostics: &mut Diagnostics) -> Loaded {
    let mut files = Files::default();
    for path in paths {
        files.add(path, diagnostics);
    }
    let mut loaded = Loaded {
        searched: files.searched(),
        ..Loaded::default()
    };
    let projects = files.projects(diagnostics);
    // A second one is an error, and read all the same: that it was not would make more of them.
    for (at, project) in projects.iter().enumerate() {
        if files.known.contains(&canonical(project)) {
            continue;
        }
        // Found above the given paths: its sections hold, its topics are not asked for.
        let is_shown = canonical(project).starts_with(canonical(&parent(project)));
        if let Some(source) = read_file(project, is_shown, &mut loaded.sources, diagnostics) {
            if at == 0 {
                loaded.project = Some(source);
            }
            let first = loaded.documents.len();
            read_documents(source, &mut loaded, diagnostics);
            loaded.documents[first..]
                .iter_mut()
                .for_each(|document| document.topics.clear());
        }
    }
    let project = projects.first().map(|path| canonical(path));
    for file in &files.list {
        let sources = &mut loaded.sources;
        let Some(source) = read_file(&file.path, file.is_shown, sources, diagnostics) else {
            continue;
        };
        if project.as_ref() == Some(&file.canonical) {
            loaded.project = Some(source);
        }
        read_documents(source, &mut loaded, diagnostics);
    }
    if files.stdin
        && let Some(source) = read_stdin(&mut loaded.sources, diagnostics)
    {
        read_documents(source, &mut loaded, diagnostics);
    }
    // The order in which paths were given must not decide which of two declarations is the second.
    let Loaded {
        sources, documents, ..
    } = &mut loaded;
    documents.sort_by(|a, b| sources.path(a.source).cmp(sources.path(b.source)));
    loaded
}

/// Reads texts as if they were files of these names, without touching any file. The first one that
/// is called like the project file is it.
pub(super) fn from_texts(texts: &[(&str, &[u8])], diagnostics: &mut Diagnostics) -> Loaded {
    let mut loaded = Loaded::default();
    for (path, bytes) in texts {
        let path = Path::new(path);
        let Some(source) = read(*bytes, path, true, &mut loaded.sources, diagnostics) else {
            continue;
        };
        let is_project = path.file_name().is_some_and(|name| name == PROJECT_FILE);
        if is_project && loaded.project.is_none() {
            loaded.project = Some(source);
        }
        read_documents(source, &mut loaded, diagnostics);
    }
    loaded
}

fn read_documents(source: SourceId, loaded: &mut Loaded, diagnostics: &mut Diagnostics) {
    if let Some(problem) = foreign_document::template(loaded.sources.text(source), source) {
        diagnostics.push(problem);
        return;
    }
    for node in yaml::parse(&loaded.sources, source, diagnostics) {
        if let Some(problem) = foreign_document::recognise(&node) {
            diagnostics.push(problem);
            continue;
        }
        mentioned::add(&node, &mut loaded.mentioned);
        loaded.documents.extend(raw::document(&node, diagnostics));
    }
}

struct Found {
    canonical: PathBuf,
    /// As it was given or found.
    path: PathBuf,
    /// Whether its lines may be printed. A link out of the directory that was named may lead to a
    /// file that is nobody's manifest, and the log of a pipeline has more readers than that file.
    is_shown: bool,
}

#[derive(Default)]
struct Files {
    /// In the order of reading.
    list: Vec<Found>,
    known: BTreeSet<PathBuf>,
    stdin: bool,
    /// Directories to search for the project file from, upward.
    roots: Vec<PathBuf>,
}

impl Files {
    fn add(&mut self, path: &Path, diagnostics: &mut Diagnostics) {
        if path.as_os_str() == STDIN {
            self.stdin = true;
            self.roots.push(PathBuf::from("."));
            return;
        }
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return diagnostics.push(unreadable(path, &error)),
        };
        if metadata.is_dir() {
            self.roots.push(path.to_owned());
            self.walk(path, diagnostics);
        } else {
            self.roots.push(parent(path));
            self.push(path.to_owned(), None);
        }
    }

    fn walk(&mut self, directory: &Path, diagnostics: &mut Diagnostics) {
        let root = canonical(directory);
        let entries = WalkDir::new(directory).sort_by_file_name().into_iter();
        for entry in entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry)) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(directory).to_owned();
                    let error = error
                        .into_io_error()
                        .unwrap_or_else(|| io::Error::other("a loop"));
                    diagnostics.push(unreadable(&path, &error));
                    continue;
                }
            };
            // The extension decides, then the file behind a symbolic link: a ConfigMap is mounted
            // as links. Links to directories are not followed, so a loop cannot arise.
            let manifest = entry
                .path()
                .extension()
                .is_some_and(|ext| ext == "yaml" || ext == "yml");
            if !manifest || entry.file_type().is_dir() {
                continue;
            }
            match entry.path().metadata() {
                Ok(metadata) if metadata.is_file() => {
                    self.push(entry.into_path(), Some(&root));
                }
                Ok(_) => {}
                Err(error) => diagnostics.push(unreadable(entry.path(), &error)),
            }
        }
    }

    /// The same file by two paths is read once.
    fn push(&mut self, path: PathBuf, root: Option<&Path>) {
        let canonical = canonical(&path);
        if self.known.insert(canonical.clone()) {
            self.list.push(Found {
                is_shown: root.is_none_or(|root| canonical.starts_with(root)),
                canonical,
                path,
            });
        }
    }

    fn searched(&self) -> Vec<PathBuf> {
        let roots: BTreeSet<_> = self.roots.iter().cloned().collect();
        roots.into_iter().collect()
    }

    /// The project files of the run, which should be one: beside or above each path, or among the
    /// files themselves.
    fn projects(&self, diagnostics: &mut Diagnostics) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        let mut add = |path: PathBuf| {
            if !found
                .iter()
                .any(|known| canonical(known) == canonical(&path))
            {
                found.push(path);
            }
        };
        self.roots
            .iter()
            .filter_map(|root| upward(root))
            .for_each(&mut add);
        for Found { path, .. } in &self.list {
            if path.file_name().is_some_and(|name| name == PROJECT_FILE) {
                add(path.clone());
            }
        }
        found.sort();
        if let [first, second, ..] = found.as_slice() {
            diagnostics.push(
                Diagnostic::error(
                    Code::ProjectFile,
                    format!(
                        "two project files in one run: {} and {}",
                        shown(first),
                        shown(second)
                    ),
                )
                .help("a run has one topicctl.yaml; run topicctl once for each, or merge them"),
            );
        }
        found
    }
}

/// The nearest project file in a directory or above it, as a path that reads well from here.
fn upward(directory: &Path) -> Option<PathBuf> {
    let beside = directory.join(PROJECT_FILE);
    if beside.is_file() {
        return Some(beside);
    }
    let absolute = canonical(directory);
    let found = absolute
        .ancestors()
        .skip(1)
        .map(|above| above.join(PROJECT_FILE))
        .find(|p| p.is_file())?;
    let here = std::env::current_dir()
        .map(|here| canonical(&here))
        .unwrap_or_default();
    Some(
        found
            .strip_prefix(&here)
            .map(Path::to_owned)
            .unwrap_or(found),
    )
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => PathBuf::from("."),
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::Unreadable, format!("cannot read {}", shown(path)))
        .detail(error.to_string());
    if error.kind() == io::ErrorKind::NotFound {
        diagnostic
            .help("name the file or directory of your manifests; without a name it is manifests/")
            .about("--manifests")
    } else {
        diagnostic
    }
}

fn read_file(
    path: &Path,
    is_shown: bool,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<SourceId> {
    match File::open(path) {
        Ok(file) => read(file, path, is_shown, sources, diagnostics),
        Err(error) => {
            diagnostics.push(unreadable(path, &error));
            None
        }
    }
}

fn read_stdin(sources: &mut Sources, diagnostics: &mut Diagnostics) -> Option<SourceId> {
    read(
        io::stdin().lock(),
        Path::new("<stdin>"),
        true,
        sources,
        diagnostics,
    )
}

fn read(
    input: impl Read,
    path: &Path,
    is_shown: bool,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<SourceId> {
    let mut bytes = Vec::new();
    if let Err(error) = input.take(MAX_BYTES + 1).read_to_end(&mut bytes) {
        diagnostics.push(unreadable(path, &error));
        return None;
    }
    if bytes.len() as u64 > MAX_BYTES {
        diagnostics.push(
            Diagnostic::error(
                Code::TooLarge,
                format!("{} is larger than {} MiB", shown(path), MAX_BYTES >> 20),
            )
            .help("split the file; a directory may hold any number"),
        );
        return None;
    }
    let path = shown(path);
    let mut add = |text| match is_shown {
        true => sources.add(&path, text),
        false => sources.add_unshown(&path, text),
    };
    match String::from_utf8(bytes) {
        // A byte order mark would become a part of the first key.
        Ok(text) => Some(match text.strip_prefix('\u{feff}') {
            Some(text) => add(text.to_owned()),
            None => add(text),
        }),
        Err(error) => {
            diagnostics.push(not_utf8(&path, &error, add));
            None
        }
    }
}

/// `.` as the directory to read is not worth two characters in every place.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// Points behind the last character that is still UTF-8.
fn not_utf8(
    path: &str,
    error: &std::string::FromUtf8Error,
    mut add: impl FnMut(String) -> SourceId,
) -> Diagnostic {
    let valid = error.utf8_error().valid_up_to();
    let bytes = error.as_bytes();
    let end = bytes[valid..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |at| valid + at);
    let source = add(String::from_utf8_lossy(&bytes[..end]).into_owned());
    let at = u32::try_from(valid).unwrap_or(0);
    let span = Span {
        source,
        start: at,
        end: at,
    };
    let help = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        "this is UTF-16; save it as UTF-8"
    } else {
        "save the file as UTF-8"
    };
    Diagnostic::error(Code::NotUtf8, format!("{path} is not UTF-8 text"))
        .at(span, format!("byte {:#04x} is no character", bytes[valid]))
        .help(help)
}
