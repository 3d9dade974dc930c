//! The commands that a person could run about a mismatch. Printed, never run.
//!
//! Pure text: takes a mismatch and how the cluster is reached, gives one line for a POSIX shell in
//! which everything foreign is quoted. The commands are those of Apache Kafka's distribution.

use std::path::PathBuf;

use crate::diagnostic::printable;
use crate::plan::{Mismatch, replica_range};
use crate::topic::TopicName;

/// How Kafka's own tools reach the cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Access {
    /// `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// The Java client's properties file, where one was given.
    pub command_config: Option<PathBuf>,
    /// Ids of the brokers that there are.
    pub brokers: Vec<i32>,
}

impl Access {
    /// A command with its connection arguments.
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

/// The command that would make the topic what is declared; `None` where there is none.
pub fn remedy(topic: &TopicName, mismatch: &Mismatch, access: &Access) -> Option<String> {
    match mismatch {
        // Partitions cannot be taken away.
        Mismatch::Partitions { declared, found }
            if usize::try_from(declared.value.get()).unwrap_or(0) < *found =>
        {
            None
        }
        Mismatch::Partitions { declared, .. } => {
            let count = declared.value.to_string();
            let arguments = ["--alter", "--topic", topic.as_str(), "--partitions", &count];
            Some(access.command("kafka-topics", &arguments))
        }
        Mismatch::ReplicationFactor { declared, replicas } => {
            let wanted = usize::try_from(declared.value.get()).unwrap_or(0);
            let plan = reassignment(topic, replicas, wanted, &access.brokers)?;
            let file = format!("{topic}-reassignment.json");
            let arguments = ["--execute", "--reassignment-json-file", &file];
            let write = format!("printf %s {} > {}", quoted(&plan), quoted(&file));
            let command = access.command("kafka-reassign-partitions", &arguments);
            Some(format!("{write} && {command}"))
        }
        Mismatch::Config { key, declared, .. } => {
            // The tool splits at commas outside of square brackets.
            let value = declared.value.as_str();
            let setting = if value.contains(',') {
                format!("{key}=[{value}]")
            } else {
                format!("{key}={value}")
            };
            let name = topic.as_str();
            let arguments = [
                "--alter",
                "--entity-type",
                "topics",
                "--entity-name",
                name,
                "--add-config",
                &setting,
            ];
            Some(access.command("kafka-configs", &arguments))
        }
    }
}

/// What to know about a mismatch beside the command.
pub fn advice(mismatch: &Mismatch, access: &Access) -> Option<String> {
    match mismatch {
        Mismatch::Partitions { declared, found } => {
            let wanted = usize::try_from(declared.value.get()).unwrap_or(0);
            Some(if wanted < *found {
                format!(
                    "partitions cannot be taken away: declare {found}, or create the topic anew \
                     under another name"
                )
            } else {
                format!(
                    "adding partitions moves about {} % of the keys to another partition",
                    moved_share(*found, wanted)
                )
            })
        }
        Mismatch::ReplicationFactor { declared, .. }
            if access.brokers.len() < usize::try_from(declared.value.get()).unwrap_or(0) =>
        {
            let brokers = access.brokers.len().max(1);
            let s = if brokers == 1 { "" } else { "s" };
            Some(format!(
                "{} replicas need as many brokers, and there is {brokers} broker{s}",
                declared.value
            ))
        }
        Mismatch::ReplicationFactor { replicas, .. } => {
            let (fewest, most) = replica_range(replicas);
            let uneven = "its partitions differ in replicas: a reassignment is under way, or ended \
                          half way";
            let moves = "the command copies data between brokers; --throttle limits how fast";
            Some(if fewest == most { moves } else { uneven }.to_owned())
        }
        Mismatch::Config {
            key,
            declared,
            found,
            ..
        } => danger(key.as_str(), declared.value.as_str(), found).map(str::to_owned),
    }
}

/// What a changed configuration does to messages or producers, where that is more than it says.
fn danger(key: &str, declared: &str, found: &str) -> Option<&'static str> {
    // No limit is more than every limit.
    let limit = |text: &str| match text.trim().parse::<i64>() {
        Ok(number) if number < 0 => i64::MAX,
        Ok(number) => number,
        Err(_) => 0,
    };
    let compacts = |text: &str| text.split(',').any(|word| word.trim() == "compact");
    let deletes = |text: &str| text.split(',').any(|word| word.trim() == "delete");
    match key {
        "retention.ms" | "retention.bytes" if limit(declared) < limit(found) => {
            Some("Kafka then deletes the messages that are beyond it")
        }
        "cleanup.policy" if compacts(declared) && !compacts(found) => {
            Some("Kafka then removes all but the newest message of each key")
        }
        "cleanup.policy" if deletes(declared) && !deletes(found) => {
            Some("Kafka then deletes messages beyond the retention")
        }
        "min.insync.replicas" if limit(declared) > limit(found) => {
            Some("producers with acks=all are then refused while fewer replicas are in sync")
        }
        _ => None,
    }
}

/// The file for kafka-reassign-partitions that gives every partition so many replicas: those that
/// it has stay where they can, new ones go round the other brokers. `None` where the cluster has
/// too few brokers for it.
fn reassignment(
    topic: &TopicName,
    replicas: &[Vec<i32>],
    wanted: usize,
    brokers: &[i32],
) -> Option<String> {
    if brokers.len() < wanted {
        return None;
    }
    let partitions = replicas.iter().enumerate().map(|(partition, now)| {
        let from = partition % brokers.len().max(1);
        let others = brokers[from..]
            .iter()
            .chain(&brokers[..from])
            .filter(|id| !now.contains(id));
        let then: Vec<_> = now
            .iter()
            .chain(others)
            .take(wanted)
            .map(ToString::to_string)
            .collect();
        format!(
            "{{\"topic\":\"{topic}\",\"partition\":{partition},\"replicas\":[{}]}}",
            then.join(",")
        )
    });
    let partitions = partitions.collect::<Vec<_>>().join(",");
    Some(format!("{{\"version\":1,\"partitions\":[{partitions}]}}"))
}

/// In percent: with `hash % n`, a key stays where the remainders by both counts agree.
fn moved_share(from: usize, to: usize) -> usize {
    let (mut a, mut b) = (from, to);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    // Over lcm(from, to) hashes exactly min(from, to) stay.
    let lcm = (from / a.max(1)).saturating_mul(to).max(1);
    let stay = from.min(to);
    let moved = (lcm - stay) as f64 / lcm as f64;
    (moved * 100.0).round() as usize
}

/// A word for a POSIX shell. A control character cannot be quoted for a terminal and is replaced.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let safe = printable(word);
    match shlex::try_quote(&safe) {
        Ok(quoted) => quoted.into_owned(),
        // Only a NUL cannot be quoted, and it is gone.
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_moved_keys_is_the_measured_one() {
        // Measured with 100 000 MD5 keys.
        for (from, to, percent) in [(12, 24, 50), (12, 13, 92), (3, 4, 75), (3, 6, 50)] {
            assert_eq!(moved_share(from, to), percent, "{from} to {to}");
        }
    }

    #[test]
    fn a_reassignment_keeps_replicas_and_goes_round_the_others() {
        let topic = TopicName::parse("t").expect("legal");
        let now = [vec![1], vec![2], vec![3, 1]];
        assert_eq!(
            reassignment(&topic, &now, 2, &[1, 2, 3]).as_deref(),
            Some(
                r#"{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1,2]},{"topic":"t","partition":1,"replicas":[2,3]},{"topic":"t","partition":2,"replicas":[3,1]}]}"#
            )
        );
        assert_eq!(reassignment(&topic, &now, 4, &[1, 2, 3]), None);
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        let access = Access {
            bootstrap_servers: "kafka:9092".into(),
            command_config: Some("my client.properties".into()),
            brokers: Vec::new(),
        };
        assert_eq!(
            access.command("kafka-topics", &["--topic", "a;b"]),
            "kafka-topics --bootstrap-server kafka:9092 --command-config 'my client.properties' \
             --topic 'a;b'"
        );
    }
}
