//! What a person can do about mismatches, as files: a script of commands, and acceptances.
//!
//! Both are text for people to read before they use it; topicctl runs neither.

use std::collections::BTreeMap;

use serde::Serialize;

use super::sentences::{declared_and_found, field};
use super::{Report, Topic};
use crate::diagnostic::printable;

/// A shell script of every remedy, each with what it is about; what has none is a comment, and so
/// is what the script leaves out. Reports of several clusters follow each other under their names.
pub fn script(reports: &[&Report]) -> String {
    let mut text = String::from(
        "#!/bin/sh\n# Commands that would make existing topics what the manifests declare.\n\
         # Read them one by one: topicctl printed them and ran none.\nset -eu\n",
    );
    for report in reports {
        if let Some(name) = &report.cluster_name {
            text.push_str(&format!("\n# {}\n", printable(name)));
        }
        text.push_str(&match report.stopped {
            true => "# It was not read: nothing is known of its mismatches.\n".to_owned(),
            false => remedies(report),
        });
    }
    text
}

fn remedies(report: &Report) -> String {
    let mut text = String::new();
    let mut written: Vec<&str> = Vec::new();
    let differing = || {
        let topics = report.topics.iter();
        topics.flat_map(|topic| topic.mismatches.iter().map(move |one| (topic, one)))
    };
    for (topic, one) in differing().filter(|(_, one)| one.accepted.is_none()) {
        text.push_str(&format!(
            "\n# {}: {} {} ({})\n",
            topic.name,
            printable(field(one)),
            printable(&declared_and_found(one)),
            printable(&topic.location.to_string()),
        ));
        text.push_str(&format!("# declared by {}\n", printable(&one.declared_by)));
        if let Some(advice) = &one.advice {
            text.push_str(&format!("# {}\n", printable(advice)));
        }
        match one.remedy.as_deref() {
            Some(remedy) if written.contains(&remedy) => {
                text.push_str("# The same command as above mends it.\n");
            }
            Some(remedy) => {
                text.push_str(remedy);
                text.push('\n');
                written.push(remedy);
            }
            None => text.push_str("# No command mends it.\n"),
        }
    }
    let accepted = differing()
        .filter(|(_, one)| one.accepted.is_some())
        .count();
    let summary = report.summary();
    let mut notes = Vec::new();
    if written.is_empty() {
        notes.push("There is no command to run.".to_owned());
    }
    notes.extend(left_out(accepted, "accepted mismatch", "es", "left alone"));
    notes.extend(left_out(summary.unknown, "topic", "s", "not read"));
    notes.extend(left_out(
        summary.missing,
        "topic",
        "s",
        "missing; topicctl apply creates topics",
    ));
    if !notes.is_empty() {
        text.push('\n');
    }
    for note in notes {
        text.push_str(&format!("# {note}\n"));
    }
    text
}

fn left_out(count: usize, what: &str, plural: &str, so: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what} is {so}.")),
        many => Some(format!("{many} {what}{plural} are {so}.")),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    accepted_mismatches: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    topic: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partitions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replication_factor: Option<u32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    config: BTreeMap<&'a str, &'a str>,
    reason: &'static str,
}

/// A manifest that accepts every mismatch of the report; `None` where there is none. Replicas that differ among partitions are
/// no state to accept, and are left out.
pub fn acceptances(report: &Report) -> Option<String> {
    let entries: Vec<_> = report.topics.iter().filter_map(entry).collect();
    if entries.is_empty() {
        return None;
    }
    let document = Document {
        accepted_mismatches: entries,
    };
    let body = serde_yaml::to_string(&document).unwrap_or_default();
    // A `$` begins a variable in a manifest.
    let body = body.replace('$', "$$");
    Some(format!(
        "# Mismatches that were found and are left alone; give each its reason.\n{body}"
    ))
}

fn entry(topic: &Topic) -> Option<Entry<'_>> {
    let open: Vec<_> = topic
        .mismatches
        .iter()
        .filter(|one| one.accepted.is_none())
        .collect();
    let found = |field: &str| {
        let one = open.iter().find(|one| one.field == field)?;
        one.found.parse().ok()
    };
    let config: BTreeMap<_, _> = open
        .iter()
        .filter_map(|one| Some((one.key.as_deref()?, one.found.as_str())))
        .collect();
    let (partitions, replication_factor) = (found("partitions"), found("replication_factor"));
    let nothing = partitions.is_none() && replication_factor.is_none() && config.is_empty();
    (!nothing).then_some(Entry {
        topic: topic.name.as_str(),
        partitions,
        replication_factor,
        config,
        reason: "found when the cluster was adopted",
    })
}
