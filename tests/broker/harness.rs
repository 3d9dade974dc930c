//! What the tests are made of: a manifest in a directory, a run of the binary, clusters, and what
//! Kafka's own tools say of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use local_kafka::LocalKafka;
use local_kafka::proxy::{Fault, Proxy};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The api key of CreateTopics.
pub(crate) const CREATE_TOPICS: i16 = 19;
/// The api key of ListOffsets.
pub(crate) const LIST_OFFSETS: i16 = 2;

/// One plain node for tests that create and look under names of their own. Nothing drops a static:
/// the node goes away with this process.
pub(crate) static SHARED: LazyLock<LocalKafka> =
    LazyLock::new(|| LocalKafka::options().start().expect("a broker"));

/// A node behind a proxy that records and breaks requests. It creates topics for whoever asks for
/// metadata in the wrong way.
pub(crate) struct Proxied {
    pub(crate) kafka: LocalKafka,
    pub(crate) proxy: Arc<Proxy>,
}

impl Proxied {
    pub(crate) fn start(options: local_kafka::Options) -> Self {
        let options = options.property("auto.create.topics.enable", "true");
        let (kafka, proxy) = options.start_behind_proxy().expect("a broker");
        Self {
            kafka,
            proxy: Arc::new(proxy),
        }
    }

    /// The one that tests take turns with, each with no requests recorded yet.
    pub(crate) fn shared() -> MutexGuard<'static, Self> {
        static PROXIED: LazyLock<Mutex<Proxied>> =
            LazyLock::new(|| Mutex::new(Proxied::start(LocalKafka::options())));
        let proxied = PROXIED.lock().unwrap_or_else(PoisonError::into_inner);
        proxied.proxy.clear();
        proxied
    }

    /// How many requests of this kind arrived.
    pub(crate) fn count(&self, api_key: i16) -> usize {
        self.proxy
            .requests()
            .iter()
            .filter(|request| request.api_key == api_key)
            .count()
    }

    /// Where clients connect to.
    pub(crate) fn servers(&self) -> String {
        self.proxy.address()
    }

    /// See [`before_creation`].
    pub(crate) fn before_creation(&self, what: impl FnOnce() + Send + 'static) {
        before_creation(&self.proxy, what);
    }

    /// Breaks the creation, but not its check.
    pub(crate) fn break_creation(&self, fault: Fault) {
        let proxy = Arc::clone(&self.proxy);
        let when_checked = move || proxy.on_request(CREATE_TOPICS, fault);
        self.proxy
            .on_request_call(CREATE_TOPICS, Box::new(when_checked));
    }
}

/// Does something when a creation is about to be forwarded. Apply sends CreateTopics twice, and
/// the first time is to have it checked only.
pub(crate) fn before_creation(proxy: &Arc<Proxy>, what: impl FnOnce() + Send + 'static) {
    let shared = Arc::clone(proxy);
    let when_checked = move || shared.on_request_call(CREATE_TOPICS, Box::new(what));
    proxy.on_request_call(CREATE_TOPICS, Box::new(when_checked));
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

/// The binary, with nothing in its environment.
pub(crate) fn topicctl(words: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_topicctl"));
    command
        .env_clear()
        .args(words)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    Run(command)
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
    pub(crate) fn arg(mut self, word: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.arg(word);
        self
    }

    pub(crate) fn args(mut self, words: &[&str]) -> Self {
        self.0.args(words);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Ended {
        self.start().end()
    }

    /// Runs it to its end, and reads the report.
    pub(crate) fn json(self) -> Report {
        self.args(&["-o", "json"]).run().report()
    }

    pub(crate) fn start(mut self) -> Running {
        self.0
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.0.spawn().expect("the binary");
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
        // Text for people is wrapped.
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat(&all).contains(&flat(text)),
            "it does not say {text:?}:\n{self}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn report(self) -> Report {
        let json = serde_json::from_str(&self.stdout);
        let json = json.unwrap_or_else(|error| panic!("no report, {error}:\n{self}"));
        Report { json, ended: self }
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

/// A topic as `kafka-topics --describe` and `kafka-configs --describe` tell it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Described {
    pub(crate) partitions: usize,
    pub(crate) replication_factor: usize,
    /// What is set on the topic itself.
    pub(crate) config: BTreeMap<String, String>,
}

impl Described {
    pub(crate) fn new(partitions: usize, replicas: usize, config: &[(&str, &str)]) -> Self {
        let config = config
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Self {
            partitions,
            replication_factor: replicas,
            config: config.collect(),
        }
    }
}

/// All topics but Kafka's own.
pub(crate) fn describe(kafka: &LocalKafka) -> BTreeMap<String, Described> {
    let (topics, configs) = std::thread::scope(|scope| {
        let topics = scope.spawn(|| {
            kafka
                .tool("kafka-topics", &["--describe", "--exclude-internal"])
                .expect("topics")
        });
        let configs = kafka.tool("kafka-configs", &["--describe", "--entity-type", "topics"]);
        (topics.join().expect("topics"), configs.expect("configs"))
    });
    let mut described: BTreeMap<String, Described> = BTreeMap::new();
    for line in topics.lines() {
        let fields: BTreeMap<&str, &str> = line
            .split('\t')
            .filter_map(|field| field.trim().split_once(": "))
            .collect();
        let topic = described.entry(fields["Topic"].to_owned()).or_default();
        if let Some(count) = fields.get("PartitionCount") {
            topic.partitions = count.parse().expect("a number");
            topic.replication_factor = fields["ReplicationFactor"].parse().expect("a number");
        } else {
            let replicas = fields["Replicas"].split(',').count();
            assert_eq!(replicas, topic.replication_factor, "{line}");
        }
    }
    let mut current = String::new();
    for line in configs.lines() {
        if let Some((_, name)) = line.split_once("configs for topic ") {
            name.split(' ')
                .next()
                .expect("a name")
                .clone_into(&mut current);
        } else if let (Some(topic), Some((key, value))) =
            (described.get_mut(&current), line.trim().split_once('='))
        {
            let value = value.split(" sensitive=").next().expect("a value");
            topic.config.insert(key.to_owned(), value.to_owned());
        }
    }
    described
}

/// The names of all topics, by `kafka-topics --list`.
pub(crate) fn names(kafka: &LocalKafka) -> BTreeSet<String> {
    let list = kafka
        .tool("kafka-topics", &["--list", "--exclude-internal"])
        .expect("a list");
    // For no topic it prints an empty line.
    list.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Runs a command that topicctl printed, as its reader would.
pub(crate) fn run_printed(kafka: &LocalKafka, printed: &str) {
    let words = shlex::split(printed).expect("a command for a shell");
    let [tool, flag, servers, rest @ ..] = words.as_slice() else {
        panic!("{printed}")
    };
    assert_eq!(
        (flag.as_str(), servers.as_str()),
        ("--bootstrap-server", kafka.bootstrap_servers())
    );
    let output = kafka
        .client_tool_command(tool)
        .expect("a tool")
        .args(rest)
        .output();
    let output = output.expect("the tool runs");
    assert!(output.status.success(), "{printed}: {output:?}");
}
