//! Plays a session, and writes down what is answered.
//!
//! The first line of `session` names the cluster: `cluster: shared`; without it there is none. The
//! others are, each in a shell's words:
//!
//! - `topicctl …`, perhaps with `NAME=VALUE` in front; nothing else of the environment but PATH and
//!   the cluster's `KAFKA_BOOTSTRAP_SERVERS` reaches it. What it answers is written down: stderr,
//!   stdout, and the exit code, in the order in which a terminal shows them;
//! - `kafka-…`, one of Kafka's tools, `produce N to TOPIC`, `stop-node N`, or `quietly topicctl …`: what has to be before
//!   the next command. These must end well, and are not written down;
//! - `# …`: written down as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use libtest_mimic::Failed;
use regex::Regex;
use walkdir::WalkDir;

use crate::clusters::{self, Shared, lock};

/// Text is laid out for terminals of this many columns.
const WIDTH: usize = 80;

/// The whole session.
pub(crate) fn told(scene: &Path) -> Result<String, Failed> {
    let script = fs::read_to_string(scene.join("session"))?;
    let mut lines = script.lines().peekable();
    let cluster = match lines.next_if(|line| line.starts_with("cluster: ")) {
        Some(line) => Some(clusters::named(line.trim_start_matches("cluster: "))?),
        None => None,
    };
    let directory = tempfile::tempdir()?;
    copy(&scene.join("in"), directory.path())?;
    let stage = Stage {
        directory: directory.path(),
        cluster: cluster.as_ref(),
        servers: cluster.as_ref().map(servers),
    };
    let mut told = String::new();
    for line in lines.filter(|line| !line.is_empty()) {
        stage.step(line, &mut told)?;
    }
    let normal = Normal::of(&stage)?;
    Ok(normal.text(&told))
}

fn servers(kafka: &Shared) -> String {
    lock(kafka).bootstrap_servers().to_owned()
}

struct Stage<'a> {
    directory: &'a Path,
    cluster: Option<&'a Shared>,
    servers: Option<String>,
}

impl Stage<'_> {
    fn step(&self, line: &str, told: &mut String) -> Result<(), Failed> {
        if line.starts_with('#') {
            writeln!(told, "{line}")?;
            return Ok(());
        }
        let words = shlex::split(line).ok_or_else(|| format!("an open quote: {line}"))?;
        let (variables, words): (Vec<_>, Vec<_>) = {
            let commands = words.iter().position(|word| !is_assignment(word));
            let (variables, words) = words.split_at(commands.unwrap_or(words.len()));
            (variables.to_vec(), words.to_vec())
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["topicctl", args @ ..] => {
                let output = self.topicctl(&variables, args)?;
                write_down(line, &output, told)
            }
            ["quietly", "topicctl", args @ ..] => {
                let output = self.topicctl(&variables, args)?;
                match output.status.success() {
                    true => Ok(()),
                    false => Err(format!("{line}: {output:?}").into()),
                }
            }
            ["produce", count, "to", topic] => self.produce(count.parse()?, topic),
            ["stop-node", id] => {
                let mut kafka = lock(self.kafka()?);
                let stopped = kafka.stop_node(id.parse()?);
                stopped.map_err(|error| format!("{error:#}").into())
            }
            [tool, args @ ..] if tool.starts_with("kafka-") => {
                let kafka = lock(self.kafka()?);
                let ran = kafka.tool(tool, args);
                ran.map(|_| ()).map_err(|error| format!("{error:#}").into())
            }
            _ => Err(format!("nobody knows how to {line}").into()),
        }
    }

    fn kafka(&self) -> Result<&Shared, Failed> {
        self.cluster
            .ok_or_else(|| "the scene has no cluster".into())
    }

    fn produce(&self, count: usize, topic: &str) -> Result<(), Failed> {
        let kafka = lock(self.kafka()?);
        let command = kafka.tool_command("kafka-console-producer");
        let mut command = command.map_err(|error| format!("{error:#}"))?;
        command.args(["--topic", topic]).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).spawn()?;
        let mut stdin = child.stdin.take().ok_or("no stdin")?;
        stdin.write_all("message\n".repeat(count).as_bytes())?;
        drop(stdin);
        match child.wait()?.success() {
            true => Ok(()),
            false => Err("the producer failed".into()),
        }
    }

    fn topicctl(&self, variables: &[String], args: &[&str]) -> io::Result<Output> {
        let variables = variables.iter().filter_map(|one| one.split_once('='));
        Command::new(env!("CARGO_BIN_EXE_topicctl"))
            .args(args)
            .current_dir(self.directory)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(
                self.servers
                    .iter()
                    .map(|servers| ("KAFKA_BOOTSTRAP_SERVERS", servers)),
            )
            .envs(variables)
            .stdin(Stdio::null())
            .output()
    }
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

fn write_down(line: &str, output: &Output, told: &mut String) -> Result<(), Failed> {
    let exit = output.status.code();
    let exit = exit.map_or_else(|| "killed".to_owned(), |code| code.to_string());
    writeln!(told, "$ {line}")?;
    for (stream, bytes) in [("stderr", &output.stderr), ("stdout", &output.stdout)] {
        let text = std::str::from_utf8(bytes)?;
        if text.is_empty() {
            continue;
        }
        writeln!(told, "--- {stream}")?;
        told.push_str(&text.replace('\u{1b}', "␛"));
        if !text.ends_with('\n') {
            return Err(format!("{line}: {stream} ends within a line").into());
        }
    }
    writeln!(told, "--- exit {exit}\n")?;
    Ok(())
}

/// What differs from run to run, and what stands for it, of the same width.
struct Normal {
    texts: BTreeMap<String, String>,
    elapsed: Regex,
    id: Option<String>,
}

impl Normal {
    fn of(stage: &Stage<'_>) -> Result<Self, Failed> {
        let mut texts = BTreeMap::new();
        for (at, server) in stage
            .servers
            .iter()
            .flat_map(|all| all.split(','))
            .enumerate()
        {
            texts.insert(server.to_owned(), format!("127.0.0.1:1909{}", at + 1));
        }
        Ok(Self {
            texts,
            elapsed: Regex::new(r"\b\d+\.\d\d s\b")?,
            id: stage
                .cluster
                .map(|kafka| lock(kafka).cluster_id().to_owned()),
        })
    }

    fn text(&self, told: &str) -> String {
        let mut told = self.elapsed.replace_all(told, "0.05 s").into_owned();
        for (found, shown) in &self.texts {
            told = told.replace(found, shown);
        }
        match &self.id {
            Some(id) => told.replace(id, "MkU3OEVBNTcwNTJENDM2Qg"),
            None => told,
        }
    }
}

/// The lines without the marks of colours.
pub(crate) fn plain(told: &str) -> Vec<String> {
    let marks = Regex::new("␛\\[[0-9;]*m").expect("a regular expression");
    let lines = told.lines();
    lines
        .map(|line| marks.replace_all(line, "").into_owned())
        .collect()
}

/// Whether a line fits a terminal, or is one to copy, or is a single word with its indent.
pub(crate) fn fits(line: &str) -> Result<(), Failed> {
    let to_copy = ["kafka-", "printf ", "config: ", "$ ", "\""];
    let words = line.split_whitespace().count();
    let rest = line.trim_start();
    let fits = line.chars().count() <= WIDTH
        || to_copy.iter().any(|start| rest.starts_with(start))
        // The word for what became of a topic, and its name.
        || (words <= 2 && line.starts_with("  "));
    match fits {
        true => Ok(()),
        false => Err(format!("wider than {WIDTH} columns: {line}").into()),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in WalkDir::new(from).min_depth(1) {
        let entry = entry?;
        let beneath = entry.path().strip_prefix(from).map_err(io::Error::other)?;
        let target = to.join(beneath);
        if entry.file_type().is_dir() {
            fs::create_dir(&target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
