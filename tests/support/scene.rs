//! A scene: files, and a session of topicctl with them that is compared to the letter.
//!
//! `tests/scenes/NAME.scene` is one text. First what there is to say about it, and perhaps
//! `cluster: NAME` for the cluster that it is played on; a scene without one needs none. Then files,
//! each under a line `-- PATH --`, and last `-- session --`. The session runs in a directory with
//! nothing but these files. All fits a terminal, unless a line `wide: …` before the files says why
//! not. Its lines are:
//!
//! - `$ topicctl …`, in a shell's words: perhaps `NAME=VALUE` in front, and `< PATH` behind for
//!   standard input. Nothing else is in its environment but the cluster's
//!   `KAFKA_BOOTSTRAP_SERVERS`. A line that ends in `\` goes on in the next;
//! - below it what is answered: standard output; or, under `--- stderr`, standard error, and under
//!   `--- stdout` the output after it; then `--- exit N`, unless it is 0;
//! - `% …`: what has to be before the next command and is not looked at, but must end well:
//!   `topicctl …`, or a step that clusters have;
//! - `$ # …`: a word to the reader.
//!
//! Of a file under `-- PATH (escaped) --`, `\r`, `\xNN` and `\\` stand for what a reader or git could
//! not be trusted with. What differs from run to run is replaced: ports, cluster ids, elapsed times
//! and ages; the character that begins a color is `␛`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use regex::Regex;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

use super::binary::{Ended, topicctl_in};

/// Text is laid out for terminals of this many columns.
const WIDTH: usize = 80;

pub(crate) struct Scene {
    pub(crate) name: String,
    path: PathBuf,
    /// All before the session, with its header.
    head: String,
    pub(crate) cluster: Option<String>,
    /// Its lines need not fit a terminal.
    wide: bool,
    files: Vec<(String, Vec<u8>)>,
    /// As it was written down.
    pub(crate) session: String,
}

/// Where a session runs besides its directory.
pub(crate) trait Stage {
    fn bootstrap_servers(&self) -> Option<&str>;

    /// Does what a line `% …` says that does not begin with `topicctl`.
    fn step(&mut self, words: &[&str]) -> Result<(), String>;

    /// Texts of this run, and what stands for each.
    fn replacements(&self) -> Vec<(String, String)>;
}

/// All scenes, by name.
pub(crate) fn all() -> Vec<Scene> {
    let entries = fs::read_dir(directory()).expect("the scenes can be listed");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| Scene::read(path)).collect()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes")
}

/// Plays scenes side by side, only those whose names contain the environment's `SCENE`, and reports
/// of every one that is not answered as it is written.
pub(crate) fn play(scenes: Vec<Scene>, play: impl Fn(&Scene) -> Result<String, String> + Sync) {
    let wanted = std::env::var("SCENE").unwrap_or_default();
    let scenes = scenes
        .into_iter()
        .filter(|scene| scene.name.contains(&wanted));
    let waiting = Mutex::new(scenes.collect::<Vec<_>>());
    let failures = Mutex::new(Vec::new());
    let next = || waiting.lock().expect("no panic").pop();
    let work = || {
        while let Some(scene) = next() {
            let compared = play(&scene).and_then(|session| scene.compare(&session));
            if let Err(failure) = compared {
                let failure = format!("{}:\n{failure}", scene.name);
                failures.lock().expect("no panic").push(failure);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().expect("no panic");
    let count = failures.len();
    assert!(
        failures.is_empty(),
        "{}\n{count} scenes failed; SCENE=NAME plays those whose names contain it",
        failures.join("\n")
    );
}

impl Scene {
    pub(crate) fn named(name: &str) -> Self {
        Self::read(&directory().join(format!("{name}.scene")))
    }

    fn read(path: &Path) -> Self {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let fault = |what: &str| format!("{}: {what}", path.display());
        assert!(
            path.extension().is_some_and(|ext| ext == "scene"),
            "{}",
            fault("no .scene")
        );
        let text = fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}", fault(&error.to_string())));
        const SESSION: &str = "-- session --\n";
        let at = text.find(SESSION);
        let at = at.unwrap_or_else(|| panic!("{}", fault("it has no session"))) + SESSION.len();
        let (head, session) = text.split_at(at);
        let mut cluster = None;
        let mut wide = false;
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        let mut escaped = false;
        for line in head.split_inclusive('\n') {
            let header = line.strip_prefix("-- ");
            let header = header.and_then(|line| line.strip_suffix(" --\n"));
            if let Some(header) = header {
                let path = header.strip_suffix(" (escaped)");
                escaped = path.is_some();
                files.push((path.unwrap_or(header).to_owned(), Vec::new()));
            } else if let Some((_, content)) = files.last_mut() {
                match escaped {
                    true => content.extend(unescaped(line)),
                    false => content.extend(line.as_bytes()),
                }
            } else if let Some(name) = line.strip_prefix("cluster: ") {
                cluster = Some(name.trim().to_owned());
            } else if line.starts_with("wide: ") {
                wide = true;
            }
        }
        // The session's own header.
        files.pop();
        Self {
            name: name.into_owned(),
            path: path.to_owned(),
            head: head.to_owned(),
            cluster,
            wide,
            files,
            session: session.to_owned(),
        }
    }

    /// What is in a file of the scene.
    pub(crate) fn file(&self, path: &str) -> &[u8] {
        let file = self.files.iter().find(|(name, _)| name == path);
        let (_, content) = file.unwrap_or_else(|| panic!("{} has no {path}", self.name));
        content
    }

    /// The lines that a person types, without `$ `.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &str> {
        let lines = self.script().into_iter();
        lines.filter_map(|line| line.strip_prefix("$ "))
    }

    /// The codes of diagnostics that it shows.
    pub(crate) fn codes(&self) -> BTreeSet<&str> {
        let lines = self.session.lines();
        let of_line = |line: &'_ str| Some(line.split_once("]:")?.0.len());
        lines
            .filter_map(|line| {
                let end = of_line(line)?;
                let (severity, code) = line[..end].split_once('[')?;
                ["error", "warning", "note"]
                    .contains(&severity)
                    .then_some(code)
            })
            .collect()
    }

    /// The lines of the session that are not answers.
    fn script(&self) -> Vec<&str> {
        let mut script = Vec::new();
        let mut rest = self.session.as_str();
        while !rest.is_empty() {
            let own = is_script(rest);
            let mut end = 0;
            loop {
                end += rest[end..].find('\n').map_or(rest.len() - end, |at| at + 1);
                if !(own && rest[..end].ends_with("\\\n")) {
                    break;
                }
            }
            let (line, after) = rest.split_at(end);
            if own {
                script.push(line.trim_end_matches('\n'));
            }
            rest = after;
        }
        script
    }

    /// Plays the session, and writes it down again with what is answered now.
    pub(crate) fn play(&self, stage: &mut dyn Stage) -> Result<String, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        for (path, content) in &self.files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent"))
                .and_then(|()| fs::write(&path, content))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        let mut reported = String::new();
        let mut answered = false;
        for line in self.script() {
            if std::mem::take(&mut answered) {
                reported.push('\n');
            }
            writeln!(reported, "{line}").map_err(|error| error.to_string())?;
            if let Some(command) = line.strip_prefix("% ") {
                let words = words(command)?;
                match words
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .as_slice()
                {
                    ["topicctl", ..] => {
                        let ended = self.run(directory.path(), &words, stage)?;
                        if ended.code() != Some(0) {
                            return Err(format!("{line}\n{ended}"));
                        }
                    }
                    words => stage.step(words)?,
                }
                continue;
            }
            let command = line.trim_start_matches("$ ");
            if command.starts_with('#') {
                continue;
            }
            let ended = self.run(directory.path(), &words(command)?, stage)?;
            reported.push_str(&written_down(&ended)?);
            answered = true;
        }
        let mut reported = Regex::new(r"\b\d+\.\d\d s\b")
            .expect("a regular expression")
            .replace_all(&reported, "0.05 s")
            .into_owned();
        reported = Regex::new(r"\b\d+ days old\b")
            .expect("a regular expression")
            .replace_all(&reported, "30 days old")
            .into_owned();
        for (found, shown) in stage.replacements() {
            reported = reported.replace(&found, &shown);
        }
        if !self.wide {
            let marks = Regex::new("␛\\[[0-9;]*m").expect("a regular expression");
            let mut lines = reported.lines();
            lines.try_for_each(|line| fits(&marks.replace_all(line, "")))?;
        }
        Ok(reported)
    }

    fn run(&self, directory: &Path, words: &[String], stage: &dyn Stage) -> Result<Ended, String> {
        let assigned = words.iter().take_while(|word| is_assignment(word)).count();
        let (variables, words) = words.split_at(assigned);
        let (words, input) = match words {
            [words @ .., sign, path] if sign == "<" => (words, Some(self.file(path))),
            _ => (words, None),
        };
        let [program, words @ ..] = words else {
            return Err("there is no command".to_owned());
        };
        if program != "topicctl" {
            return Err(format!("{program} is not topicctl"));
        }
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let servers = stage.bootstrap_servers();
        let run = topicctl_in(directory, &words)
            .envs(servers.map(|servers| ("KAFKA_BOOTSTRAP_SERVERS", servers)))
            .envs(variables.iter().filter_map(|one| one.split_once('=')));
        Ok(match input {
            Some(input) => run.run_with(input),
            None => run.run(),
        })
    }

    /// Fails with the difference, or writes the file anew where `SNAPSHOTS=overwrite` says so.
    fn compare(&self, session: &str) -> Result<(), String> {
        // Raw: a line `...` in the output is one, and no wildcard.
        let expected = Data::read_from(&self.path, Some(DataFormat::Text)).raw();
        let actual = Data::text(format!("{}{session}", self.head));
        Assert::new()
            .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
            .try_eq(Some(&self.name), actual, expected)
            .map_err(|difference| difference.to_string())
    }
}

/// Whether a line fits a terminal, or is one to copy, or is a single word with its indent.
fn fits(line: &str) -> Result<(), String> {
    let to_copy = [
        "kafka-",
        "printf ",
        "config: ",
        "accepted_mismatches: ",
        "profiles: ",
        "$ ",
        "% ",
        "\"",
    ];
    let words = line.split_whitespace().count();
    let rest = line.trim_start();
    let fits = line.chars().count() <= WIDTH
        || to_copy.iter().any(|start| rest.starts_with(start))
        // The word for what became of a topic, and its name.
        || (words <= 2 && line.starts_with("  "));
    match fits {
        true => Ok(()),
        false => Err(format!("wider than {WIDTH} columns: {line}")),
    }
}

fn is_script(line: &str) -> bool {
    line.starts_with("$ ") || line.starts_with("% ")
}

fn words(command: &str) -> Result<Vec<String>, String> {
    let command = command.replace("\\\n", " ");
    shlex::split(&command).ok_or_else(|| format!("an open quote: {command}"))
}

fn is_assignment(word: &str) -> bool {
    let legal = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    word.split_once('=')
        .is_some_and(|(name, _)| name.chars().all(legal))
}

fn written_down(ended: &Ended) -> Result<String, String> {
    let mut reported = String::new();
    for (stream, text) in [("stderr", &ended.stderr), ("stdout", &ended.stdout)] {
        if text.is_empty() {
            continue;
        }
        if stream == "stderr" || !ended.stderr.is_empty() {
            writeln!(reported, "--- {stream}").map_err(|error| error.to_string())?;
        }
        if !text.ends_with('\n') {
            return Err(format!("{stream} ends within a line:\n{text}"));
        }
        let own = |line: &str| {
            let marks = ["--- stderr", "--- stdout", "--- exit "];
            is_script(line) || marks.iter().any(|mark| line.starts_with(mark))
        };
        if let Some(line) = text.lines().find(|line| own(line)) {
            return Err(format!("{stream} has a line that sessions have: {line}"));
        }
        reported.push_str(&text.replace('\u{1b}', "␛"));
    }
    match ended.code() {
        Some(0) => {}
        Some(code) => reported.push_str(&format!("--- exit {code}\n")),
        None => reported.push_str("--- killed\n"),
    }
    Ok(reported)
}

fn unescaped(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let escapes: [(&str, u8); 2] = [("r", b'\r'), ("\\", b'\\')];
        let plain = escapes.iter().find(|(mark, _)| after.starts_with(mark));
        let (byte, length) = match plain {
            Some((mark, byte)) => (*byte, mark.len()),
            None => {
                let digits = after.strip_prefix('x').and_then(|hex| hex.get(..2));
                let byte = digits.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                (byte.unwrap_or_else(|| panic!("no escape: {line}")), 3)
            }
        };
        bytes.push(byte);
        rest = &after[length..];
    }
    bytes.extend(rest.as_bytes());
    bytes
}
