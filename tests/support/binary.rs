//! Runs of the binary: it has nothing in its environment that a test did not put there, and nothing
//! on standard input.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A directory with these files.
pub(crate) fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        fs::write(directory.path().join(name), text).expect("a file");
    }
    directory
}

/// Manifests in a directory of their own.
pub(crate) struct Manifests(TempDir);

impl Manifests {
    /// One file.
    pub(crate) fn of(text: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("topics.yaml"), text).expect("a manifest");
        Self(directory)
    }

    /// Topics of these names, of one partition and one replica.
    pub(crate) fn small<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let topics: String = names
            .into_iter()
            .map(|name| format!("  - {{ name: {name}, partitions: 1, replication_factor: 1 }}\n"))
            .collect();
        Self::of(&format!("topics:\n{topics}"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file beside the manifest, such as a client's properties.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    }
}

/// The binary in a directory, for tests that do more with a process than run it.
pub(crate) fn command(directory: &Path, words: &[&str]) -> Command {
    command_of(Path::new(env!("CARGO_BIN_EXE_topicctl")), directory, words)
}

/// A copy of the binary that everybody may run: others may not enter the clone.
pub(crate) struct OpenBinary(TempDir);

impl OpenBinary {
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).expect("rights");
        let copy = place.path().join("topicctl");
        fs::copy(env!("CARGO_BIN_EXE_topicctl"), copy).expect("a copy");
        Self(place)
    }

    pub(crate) fn command(&self, directory: &Path, words: &[&str]) -> Command {
        command_of(&self.0.path().join("topicctl"), directory, words)
    }
}

fn command_of(program: &Path, directory: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(words)
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::null());
    command
}

/// A run in a directory.
pub(crate) fn topicctl_in(directory: &Path, words: &[&str]) -> Run {
    Run(command(directory, words))
}

/// A run for which it does not matter where.
pub(crate) fn topicctl(words: &[&str]) -> Run {
    topicctl_in(Path::new(env!("CARGO_MANIFEST_DIR")), words)
}

/// `topicctl COMMAND MANIFESTS -b SERVERS`.
pub(crate) fn on(servers: &str, command: &str, manifests: &Manifests) -> Run {
    topicctl(&[command])
        .arg(manifests.path())
        .args(&["-b", servers])
}

/// A run of the binary that has not begun.
pub(crate) struct Run(Command);

impl Run {
    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.0.arg(word);
        self
    }

    pub(crate) fn args(mut self, words: &[&str]) -> Self {
        self.0.args(words);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.0.envs(variables);
        self
    }

    /// Runs it to its end with this on standard input, of which it need not read all.
    pub(crate) fn run_with(mut self, input: &[u8]) -> Ended {
        self.0.stdin(Stdio::piped());
        let mut running = self.start();
        let stdin = running.child.stdin.take();
        std::thread::scope(|scope| {
            scope.spawn(move || drop(stdin.expect("a pipe").write_all(input)));
            running.end()
        })
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Ended {
        self.start().end()
    }

    /// Runs it to its end, and reads the report.
    pub(crate) fn json(self) -> Report {
        self.args(&["-o", "json"]).run().report()
    }

    /// The same, started with SIGHUP ignored.
    pub(crate) fn nohup(self) -> Self {
        let mut command = Command::new("nohup");
        command.env_clear().stdin(Stdio::null());
        command.arg(self.0.get_program()).args(self.0.get_args());
        for (name, value) in self.0.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        if let Some(directory) = self.0.get_current_dir() {
            command.current_dir(directory);
        }
        Self(command)
    }

    pub(crate) fn start(self) -> Running {
        start(self.0)
    }
}

/// Starts a command that is the binary, or becomes it.
pub(crate) fn start(mut command: Command) -> Running {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary");
    let mut out = child.stdout.take().expect("a pipe");
    let stdout = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).expect("UTF-8 on stdout");
        text
    });
    let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    Running {
        child,
        stdout,
        stderr,
        said: String::new(),
    }
}

/// A run that is under way.
pub(crate) struct Running {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Running {
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for a line on stderr.
    pub(crate) fn until_it_says(&mut self, text: &str) {
        loop {
            let mut line = String::new();
            let length = self.stderr.read_line(&mut line).expect("UTF-8 on stderr");
            assert!(
                length > 0,
                "it ended and never said {text:?}: {}",
                self.said
            );
            self.said.push_str(&line);
            if line.contains(text) {
                return;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a running process");
    }

    pub(crate) fn end(mut self) -> Ended {
        self.stderr
            .read_to_string(&mut self.said)
            .expect("UTF-8 on stderr");
        let status = self.child.wait().expect("an end");
        let stdout = self.stdout.join().expect("all of stdout");
        Ended {
            status,
            stdout,
            stderr: self.said,
        }
    }
}

/// What a user sees of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn status(&self) -> ExitStatus {
        self.status
    }

    /// The exit code, unless a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Of a process that is not the binary, but ends as one.
    pub(crate) fn of(output: std::process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            status: output.status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Standard output, read as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let json = serde_json::from_str(&self.stdout);
        json.unwrap_or_else(|error| panic!("no JSON, {error}:\n{self}"))
    }

    /// The exit code must be this one; and whatever happens, nobody shall see a panic.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self}");
        assert!(!self.stderr.contains("panicked"), "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(
            flat(&all).contains(&flat(text)),
            "it does not say {text:?}:\n{self}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn report(self) -> Report {
        Report {
            json: self.json(),
            ended: self,
        }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}\nstdout:\n{}\nstderr:\n{}",
            self.status, self.stdout, self.stderr
        )
    }
}

/// Text for people is wrapped, so that lines do not matter.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A JSON report.
pub(crate) struct Report {
    pub(crate) json: Value,
    ended: Ended,
}

impl Report {
    /// The exit code of the process, and of the report.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        let Self { json, ended } = self;
        let ended = ended.exits(code);
        assert_eq!(json["exit_code"], code, "{ended}");
        assert_eq!(json["schema"], "topicctl.report/1", "{ended}");
        Self { json, ended }
    }

    pub(crate) fn topic(&self, name: &str) -> &Value {
        let mut topics = self.json["topics"].as_array().into_iter().flatten();
        let topic = topics.find(|topic| topic["name"] == name);
        topic.unwrap_or_else(|| panic!("no topic {name}: {:#}", self.json))
    }

    /// Names by status.
    pub(crate) fn statuses(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for topic in self.json["topics"].as_array().into_iter().flatten() {
            let word = |key: &str| topic[key].as_str().expect("a word");
            found.entry(word("status")).or_default().push(word("name"));
        }
        found
    }

    /// The status of all topics, which must be one.
    #[track_caller]
    pub(crate) fn all_are(self, status: &str) -> Self {
        let statuses = self.statuses();
        assert!(
            statuses.keys().eq([&status]),
            "{statuses:?}\n{}",
            self.ended
        );
        self
    }

    /// Messages and help of all diagnostics.
    pub(crate) fn diagnostics(&self) -> String {
        let all = self.json["diagnostics"].as_array().into_iter().flatten();
        all.map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}\n{}\n", text("code"), text("message"), text("help"))
        })
        .collect()
    }
}
