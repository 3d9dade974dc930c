//! The least rights to verify and to apply the manifests, and those of the declared groups, as a
//! script of Kafka's own `kafka-acls`.
//!
//! Names are literal, never prefixes. Who gets the rights is nothing that a manifest knows:
//! principals are shell variables.

use std::collections::{BTreeMap, BTreeSet};

use super::env::upper;
use super::shell;
use crate::diagnostic::{Code, Diagnostic};
use crate::topic::{DeclaredTopic, TopicName};

/// Topics of one call: each call is a JVM that takes a second, and a command line has an end.
const TOPICS_OF_A_CALL: usize = 200;

const LOOK: &[&str] = &["Describe", "DescribeConfigs"];
const CREATE: &[&str] = &["Describe", "DescribeConfigs", "Create"];
const READ: &[&str] = &["Describe", "Read"];
const WRITE: &[&str] = &["Describe", "Write"];

/// What the members of a group do.
#[derive(Default)]
struct Uses {
    reads: BTreeSet<TopicName>,
    writes: BTreeSet<TopicName>,
}

pub(super) fn render(topics: &[DeclaredTopic]) -> Result<String, Vec<Diagnostic>> {
    let groups = groups(topics)?;
    let variables = variables(groups.keys().map(|(name, _)| name.as_str()));
    let mut script = shell::header(&[
        "Grants the rights that the manifests need, by literal names. Principals have the",
        "form User:NAME. Written by `topicctl render -o acls`.",
    ]);
    script.push_str(": \"${VERIFY_PRINCIPAL:?}\"\n: \"${APPLY_PRINCIPAL:?}\"\n");
    for variable in &variables {
        script.push_str(&format!(": \"${{{variable}:?}}\"\n"));
    }
    script.push_str(&shell::function(
        "allow",
        "KAFKA_ACLS",
        "kafka-acls",
        "--add --allow-principal",
    ));

    let all: Vec<_> = topics.iter().map(|topic| &topic.name).collect();
    let own: Vec<_> = topics
        .iter()
        .filter(|topic| !topic.external)
        .map(|t| &t.name)
        .collect();
    let others: Vec<_> = topics
        .iter()
        .filter(|topic| topic.external)
        .map(|t| &t.name)
        .collect();
    script.push_str("\n# topicctl plan and verify\n");
    allow(&mut script, "VERIFY_PRINCIPAL", LOOK, &all);
    script.push_str("\n# topicctl apply\n");
    allow(&mut script, "APPLY_PRINCIPAL", CREATE, &own);
    allow(&mut script, "APPLY_PRINCIPAL", LOOK, &others);
    for (((_, group), uses), variable) in groups.iter().zip(&variables) {
        script.push_str(&format!("\n# the members of {group}\n"));
        script.push_str(&format!(
            "allow \"${variable}\" --operation Read \\\n  --group {group}\n"
        ));
        allow(&mut script, variable, READ, &Vec::from_iter(&uses.reads));
        allow(&mut script, variable, WRITE, &Vec::from_iter(&uses.writes));
    }
    Ok(script)
}

/// By name and by its quoted form, what each group uses.
fn groups(topics: &[DeclaredTopic]) -> Result<BTreeMap<(String, String), Uses>, Vec<Diagnostic>> {
    let mut groups: BTreeMap<(String, String), Uses> = BTreeMap::new();
    let mut problems = Vec::new();
    for topic in topics {
        let mut problem = |message: String, help: &str| {
            problems.push(
                Diagnostic::error(Code::Usage, message)
                    .at(topic.span, "")
                    .help(help),
            );
        };
        for group in &topic.consumer_groups {
            // A star is no name to kafka-acls: it would give the rights to every group.
            let quoted = shell::word(&group.name).filter(|_| !matches!(&*group.name, "" | "*"));
            let Some(quoted) = quoted else {
                let message = format!("`{}` is no group that rights can be given to", group.name);
                problem(message, "write the group's own name");
                continue;
            };
            let uses = groups.entry((group.name.clone(), quoted)).or_default();
            uses.reads.insert(topic.name.clone());
            for name in &group.produces {
                match TopicName::parse(name) {
                    Ok(name) => {
                        uses.writes.insert(name);
                    }
                    Err(error) => problem(
                        format!("`produces` of the group `{}`: {error}", group.name),
                        "write a topic's name",
                    ),
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(groups)
    } else {
        Err(problems)
    }
}

/// A variable for each group, all different: rights must not go to another group whose name only
/// looks the same in upper case.
fn variables<'a>(groups: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    groups
        .map(|group| {
            let name = format!("PRINCIPAL_{}", upper(group));
            let numbered = (2..).map(|number| format!("{name}_{number}"));
            let free = std::iter::once(name.clone())
                .chain(numbered)
                .find(|n| !taken.contains(n));
            let free = free.unwrap_or(name);
            taken.insert(free.clone());
            free
        })
        .collect()
}

fn allow(script: &mut String, variable: &str, operations: &[&str], names: &[&TopicName]) {
    for names in names.chunks(TOPICS_OF_A_CALL) {
        script.push_str(&format!("allow \"${variable}\""));
        for operation in operations {
            script.push_str(&format!(" --operation {operation}"));
        }
        for name in names {
            script.push_str(&format!(" \\\n  --topic {name}"));
        }
        script.push('\n');
    }
}
