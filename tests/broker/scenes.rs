//! The scenes with a cluster.

use std::io::Write as _;
use std::process::Stdio;

use local_kafka::{LocalKafka, Security};

use crate::kafka::SHARED;
use crate::support::scene::{self, Scene, Stage};

#[test]
fn every_scene_is_answered_as_it_is_written() {
    let mut scenes = scene::all();
    scenes.retain(|scene| scene.cluster.is_some());
    scene::play(scenes, |scene| scene.play(&mut Cluster::of(scene)?));
}

const PASSWORD: &str = "correct horse";

/// A scene names its cluster by what is special about it; those with names of topics of their own
/// share one.
enum Cluster {
    Shared(&'static LocalKafka),
    Own(Box<LocalKafka>),
}

impl Cluster {
    fn of(scene: &Scene) -> Result<Self, String> {
        let options = match scene.cluster.as_deref() {
            Some("shared") => return Ok(Self::Shared(&SHARED)),
            Some("own") => LocalKafka::options(),
            Some("three") => LocalKafka::options().nodes(3),
            // ci may look and create; guest may see what begins with its name, and look at nothing.
            Some("secured") => LocalKafka::options()
                .security(Security::Sasl)
                .user("ci", PASSWORD)
                .user("guest", PASSWORD)
                .acl(&rights(
                    "User:ci",
                    &["--topic", "*"],
                    &["Describe", "DescribeConfigs", "Create"],
                ))
                .acl(&rights(
                    "User:guest",
                    &["--resource-pattern-type", "prefixed", "--topic", "guest."],
                    &["Describe", "DescribeConfigs"],
                ))
                .acl(&rights(
                    "User:guest",
                    &["--resource-pattern-type", "prefixed", "--topic", "half."],
                    &["Describe"],
                )),
            other => return Err(format!("there is no cluster called {other:?}")),
        };
        let kafka = options.start().map_err(|error| format!("{error:#}"))?;
        Ok(Self::Own(Box::new(kafka)))
    }

    fn kafka(&self) -> &LocalKafka {
        match self {
            Self::Shared(kafka) => kafka,
            Self::Own(kafka) => kafka,
        }
    }

    fn produce(&self, count: usize, topic: &str) -> Result<(), String> {
        let command = self.kafka().tool_command("kafka-console-producer");
        let mut command = command.map_err(|error| format!("{error:#}"))?;
        command.args(["--topic", topic]).stdin(Stdio::piped());
        let child = command.stdout(Stdio::null()).spawn();
        let mut child = child.map_err(|error| error.to_string())?;
        let mut stdin = child.stdin.take().ok_or("no stdin")?;
        stdin
            .write_all("message\n".repeat(count).as_bytes())
            .map_err(|error| error.to_string())?;
        drop(stdin);
        let status = child.wait().map_err(|error| error.to_string())?;
        match status.success() {
            true => Ok(()),
            false => Err("the producer failed".to_owned()),
        }
    }
}

impl Stage for Cluster {
    fn bootstrap_servers(&self) -> Option<&str> {
        Some(self.kafka().bootstrap_servers())
    }

    /// One of Kafka's tools, `produce N to TOPIC`, or `stop-node N`.
    fn step(&mut self, words: &[&str]) -> Result<(), String> {
        let number = |text: &str| text.parse().map_err(|_| format!("no number: {text}"));
        match words {
            ["produce", count, "to", topic] => self.produce(number(count)?, topic),
            ["stop-node", id] => match self {
                Self::Own(kafka) => {
                    let id = number(id)?;
                    let id = u32::try_from(id).map_err(|error| error.to_string())?;
                    let stopped = kafka.stop_node(id);
                    stopped.map_err(|error| format!("{error:#}"))
                }
                Self::Shared(_) => Err("others are on this cluster, too".to_owned()),
            },
            [tool, args @ ..] if tool.starts_with("kafka-") => {
                let ran = self.kafka().tool(tool, args);
                ran.map(drop).map_err(|error| format!("{error:#}"))
            }
            _ => Err(format!("nobody knows how to {}", words.join(" "))),
        }
    }

    fn replacements(&self) -> Vec<(String, String)> {
        let servers = self.kafka().bootstrap_servers().split(',').enumerate();
        let servers =
            servers.map(|(at, server)| (server.to_owned(), format!("127.0.0.1:1909{}", at + 1)));
        let id = self.kafka().cluster_id().to_owned();
        servers
            .chain([(id, "MkU3OEVBNTcwNTJENDM2Qg".to_owned())])
            .collect()
    }
}

fn rights<'a>(user: &'a str, topics: &[&'a str], operations: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["--allow-principal", user];
    words.extend(topics);
    for operation in operations {
        words.extend(["--operation", operation]);
    }
    words
}
