//! Kafka's own command line tools, run from the same jars against a running cluster.
//!
//! They connect to the internal listener, where the harness is a super user: what they see and do
//! does not depend on how clients are secured, and no proxy records it.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{java::Jvm, lifeline};

/// Name, class in the jar of `kafka-tools`, and the class of older versions in the server's jar.
const TOOLS: [(&str, &str, &str); 9] = [
    (
        "kafka-acls",
        "org.apache.kafka.tools.AclCommand",
        "kafka.admin.AclCommand",
    ),
    (
        "kafka-configs",
        "org.apache.kafka.tools.ConfigCommand",
        "kafka.admin.ConfigCommand",
    ),
    (
        "kafka-console-consumer",
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        "kafka.tools.ConsoleConsumer",
    ),
    (
        "kafka-console-producer",
        "org.apache.kafka.tools.ConsoleProducer",
        "kafka.tools.ConsoleProducer",
    ),
    (
        "kafka-consumer-groups",
        "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
        "kafka.admin.ConsumerGroupCommand",
    ),
    (
        "kafka-get-offsets",
        "org.apache.kafka.tools.GetOffsetShell",
        "kafka.tools.GetOffsetShell",
    ),
    (
        "kafka-leader-election",
        "org.apache.kafka.tools.LeaderElectionCommand",
        "kafka.admin.LeaderElectionCommand",
    ),
    (
        "kafka-reassign-partitions",
        "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
        "kafka.admin.ReassignPartitionsCommand",
    ),
    (
        "kafka-topics",
        "org.apache.kafka.tools.TopicCommand",
        "kafka.admin.TopicCommand",
    ),
];

/// Classes that print the reference of their properties as HTML.
const CLIENTS: [&str; 3] = [
    "org.apache.kafka.clients.admin.AdminClientConfig",
    "org.apache.kafka.clients.consumer.ConsumerConfig",
    "org.apache.kafka.clients.producer.ProducerConfig",
];

/// Kafka's tools, connected to one cluster. It can be saved and used by another process.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Tools {
    pub(crate) jvm: Jvm,
    pub(crate) bootstrap_servers: String,
}

impl Tools {
    /// The command for a tool, with class path and `--bootstrap-server`. It is killed when this
    /// process ends; add arguments and streams as needed.
    ///
    /// # Errors
    ///
    /// When there is no tool of that name.
    pub fn command(&self, name: &str) -> Result<Command> {
        let class = main_class(name, &self.jvm.jars)?;
        let mut command = lifeline::short_lived(&self.jvm.java);
        command.args(self.jvm.args(class));
        command.args(["--bootstrap-server", &self.bootstrap_servers]);
        Ok(command)
    }

    /// The names of all properties of Kafka's clients, by their own reference.
    ///
    /// # Errors
    ///
    /// When a class cannot be run, or prints no names.
    pub fn client_properties(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for class in CLIENTS {
            let mut command = lifeline::short_lived(&self.jvm.java);
            let output = command
                .args(self.jvm.args(class))
                .stdin(Stdio::null())
                .output()
                .with_context(|| format!("failed to run {class}"))?;
            let page = String::from_utf8_lossy(&output.stdout);
            // <h4><a id="adminclientconfigs_client.id"></a>
            let ids = page.split("id=\"").skip(1);
            let ids = ids.filter_map(|rest| rest.split_once('"')?.0.split_once("configs_"));
            let before = names.len();
            names.extend(ids.map(|(_, name)| name.to_owned()));
            if names.len() == before {
                bail!("{class} printed no names ({}):\n{page}", output.status);
            }
        }
        Ok(names)
    }

    /// Runs a tool with no input and returns its standard output.
    ///
    /// # Errors
    ///
    /// When it cannot be run or its exit code is not 0; then with all that it printed.
    pub fn run(&self, name: &str, args: &[&str]) -> Result<String> {
        let mut command = self.command(name)?;
        let output = command
            .args(args)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("failed to run {name}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if !output.status.success() {
            bail!(
                "{name} {} failed ({}):\n{}{}",
                args.join(" "),
                output.status,
                text(&output.stdout),
                text(&output.stderr)
            );
        }
        Ok(text(&output.stdout))
    }
}

fn main_class(name: &str, jars: &Path) -> Result<&'static str> {
    let Some((_, class, older)) = TOOLS.iter().find(|(tool, ..)| *tool == name) else {
        let names: Vec<&str> = TOOLS.iter().map(|(tool, ..)| *tool).collect();
        bail!(
            "there is no tool `{name}`, expected one of {}",
            names.join(", ")
        );
    };
    let entry = format!("{}.class", class.replace('.', "/"));
    for file in fs::read_dir(jars).with_context(|| format!("failed to list {}", jars.display()))? {
        let path = file.context("failed to list the jars")?.path();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        if file_name.starts_with("kafka-tools-") && !file_name.starts_with("kafka-tools-api") {
            // The directory of a zip archive holds the names of its entries uncompressed.
            let jar =
                fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
            if jar
                .windows(entry.len())
                .any(|window| window == entry.as_bytes())
            {
                return Ok(class);
            }
        }
    }
    Ok(older)
}
