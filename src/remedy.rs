//! The commands that a person could run about a mismatch. Printed, never run.
//!
//! Pure text: takes a mismatch and how the cluster is reached, gives one line for a POSIX shell in
//! which everything untrusted is quoted. The commands are those of Apache Kafka's distribution, and
//! must mean to these tools what they say to a reader.

mod advice;
mod declaration;
pub(crate) mod racks;
mod reassignment;
mod setting;

use std::path::PathBuf;

pub use self::advice::{Advice, advice};
pub(crate) use self::declaration::in_yaml;
pub use self::declaration::{Declaring, Dependents};
use crate::diagnostic::printable;
use crate::outcome::Mismatch;
use crate::topic::{ConfigKey, TopicName};

/// How Kafka's own tools reach the cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Access {
    /// `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// The Java client's properties file, where one was given.
    pub command_config: Option<PathBuf>,
    /// Those that are there.
    pub brokers: Vec<i32>,
    /// Brokers that hold replicas and are not there, ascending.
    pub down: Vec<i32>,
}

impl Access {
    pub fn command(&self, tool: &str, arguments: &[&str]) -> String {
        let mut words = vec![tool.to_owned(), "--bootstrap-server".to_owned()];
        words.push(quoted(&self.bootstrap_servers));
        if let Some(path) = &self.command_config {
            words.push("--command-config".to_owned());
            words.push(quoted(&path.display().to_string()));
        }
        words.extend(arguments.iter().map(|word| quoted(word)));
        words.join(" ")
    }
}

/// The command that would make the topic what is declared; `None` where there is none. `open` are
/// all mismatches of the topic that are not accepted.
pub fn remedy(
    topic: &TopicName,
    mismatch: &Mismatch,
    open: &[Mismatch],
    access: &Access,
) -> Option<String> {
    match mismatch {
        // Partitions cannot be taken away.
        Mismatch::Partitions { declared, found } if declared.value.count() < *found => None,
        Mismatch::Partitions { declared, .. } => {
            // The tool takes the name for a pattern, and `a.b` would alter `a-b` too.
            let pattern = topic.as_str().replace('.', r"\.");
            let count = declared.value.to_string();
            let arguments = ["--alter", "--topic", &pattern, "--partitions", &count];
            Some(access.command("kafka-topics", &arguments))
        }
        Mismatch::ReplicationFactor {
            declared, replicas, ..
        } => {
            let wanted = declared.value.count();
            let entries = reassignment::counted(topic, replicas, wanted, &access.brokers)?;
            let file = file_name(topic, "reassignment.json");
            Some(reassignment::command(&entries, &file, access))
        }
        Mismatch::Config { key, .. } => setting::command(topic, key, open, access),
    }
}

/// The command that leaves a key of a topic to the broker; `None` where messages could be lost by that.
pub fn unset(topic: &TopicName, key: &ConfigKey, access: &Access) -> Option<String> {
    setting::unset(topic, key, access)
}

/// The name of a file for one of the tools, which is made where the command is run. Together with
/// a long topic name it would be longer than a file's name may be.
fn file_name(topic: &TopicName, what: &str) -> String {
    const LONGEST: usize = 200;
    let name = topic.as_str();
    // Names of topics are ASCII.
    let name = name.get(..LONGEST).unwrap_or(name);
    format!("{name}-{what}")
}

/// A word for a POSIX shell. A control character cannot be quoted for a terminal and is replaced.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    // Between single quotes no shell finds anything to expand, not even `!` or a backslash.
    format!("'{}'", printable(word).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        let access = Access {
            bootstrap_servers: "kafka:9092".into(),
            command_config: Some("my client.properties".into()),
            ..Access::default()
        };
        assert_eq!(
            access.command("kafka-topics", &["--topic", "a;b"]),
            "kafka-topics --bootstrap-server kafka:9092 --command-config 'my client.properties' \
             --topic 'a;b'"
        );
        for word in [
            "",
            "it's $HOME",
            r"a\b!`c`",
            "*",
            "~",
            "#",
            "a\"b",
            "{a,b}",
            "-x",
            "é",
        ] {
            let line = format!("tool {}", quoted(word));
            assert_eq!(shlex::split(&line), Some(vec!["tool".into(), word.into()]));
        }
        assert_eq!(quoted(r"a\.b"), r"'a\.b'");
    }

    #[test]
    fn a_file_s_name_is_never_too_long_for_a_disk() {
        let longest = TopicName::parse(&"x".repeat(249)).expect("legal");
        assert!(file_name(&longest, "reassignment.json").len() <= 255);
        let usual = TopicName::parse("orders").expect("legal");
        assert_eq!(
            file_name(&usual, "reassignment.json"),
            "orders-reassignment.json"
        );
    }
}
