//! What a person can do about mismatches, as files: a script of commands, and acceptances.
//!
//! Both are text for people to read before they use it; topicctl runs neither.

use std::collections::BTreeMap;

use serde::Serialize;

use super::wording::{declared_and_found, field};
use super::{ClusterReport, Report};
use crate::diagnostic::printable;
use crate::outcome::{Mismatch, Status, TopicOutcome, replica_range};

/// A shell script of every remedy, each with what it is about; what has none is a comment, and so
/// is what the script leaves out. Several clusters follow each other under their names.
pub fn remedies(report: &Report) -> String {
    let mut text = String::from(
        "#!/bin/sh\n# Commands that would make existing topics what the manifests declare.\n\
         # Read them one by one: topicctl printed them and ran none.\nset -eu\n",
    );
    for cluster in &report.clusters {
        if let Some(name) = &cluster.target.name {
            text.push_str(&format!("\n# {}\n", printable(name)));
        }
        text.push_str(&match cluster.lists_topics() {
            false => "# It was not read: nothing is known of its mismatches.\n".to_owned(),
            true => remedies_of(cluster),
        });
    }
    text
}

fn remedies_of(cluster: &ClusterReport) -> String {
    let mut text = String::new();
    let mut written = Vec::new();
    for outcome in &cluster.result.topics {
        let place = cluster.location(outcome).to_string();
        let differences = cluster.differences(outcome).into_iter();
        for one in differences.filter(|one| one.accepted.is_none()) {
            text.push_str(&format!(
                "\n# {}: {} {} ({})\n",
                outcome.topic.name,
                printable(field(&one)),
                printable(&declared_and_found(&one)),
                printable(&place),
            ));
            text.push_str(&format!("# declared by {}\n", printable(&one.declared_by)));
            if let Some(advice) = &one.advice {
                for line in std::iter::once(&advice.text).chain(&advice.yaml) {
                    text.push_str(&format!("# {}\n", printable(line)));
                }
            }
            match one.remedy {
                Some(remedy) if written.contains(&remedy) => {
                    text.push_str("# The same command as above fixes it.\n");
                }
                Some(remedy) => {
                    text.push_str(&remedy);
                    text.push('\n');
                    written.push(remedy);
                }
                None => text.push_str("# No command fixes it.\n"),
            }
        }
    }
    let result = &cluster.result;
    let accepted = result.topics.iter().map(|one| one.accepted.len()).sum();
    let unknown = result.count(|status| matches!(status, Status::Unknown(_)));
    let missing = result.count(|status| matches!(status, Status::Missing | Status::ToCreate));
    let mut notes = Vec::new();
    if written.is_empty() {
        notes.push("There is no command to run.".to_owned());
    }
    notes.extend(left_out(accepted, "accepted mismatch", "es", "left alone"));
    notes.extend(left_out(unknown, "topic", "s", "not read"));
    notes.extend(left_out(
        missing,
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
    partitions: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replication_factor: Option<usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    config: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profiles: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    reason: &'static str,
}

/// A manifest that accepts every mismatch of a cluster, of this one or under this profile alone;
/// `None` where there is none. Replicas that differ among partitions are no state to accept, and are
/// left out.
pub fn acceptances(cluster: &ClusterReport) -> Option<String> {
    let name = cluster.target.name.as_deref();
    let profile = cluster.context.profile.as_deref();
    let entries = cluster.result.topics.iter().filter_map(entry);
    let entries: Vec<_> = entries
        .map(|entry| Entry {
            // The cluster has its profile.
            profiles: profile.filter(|_| name.is_none()).map(|one| [one]),
            cluster: name,
            ..entry
        })
        .collect();
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

fn entry(outcome: &TopicOutcome) -> Option<Entry<'_>> {
    let mut entry = Entry {
        topic: outcome.topic.name.as_str(),
        partitions: None,
        replication_factor: None,
        config: BTreeMap::new(),
        profiles: None,
        cluster: None,
        reason: "found when the cluster was adopted",
    };
    for mismatch in &outcome.mismatches {
        match mismatch {
            Mismatch::Partitions { found, .. } => entry.partitions = Some(*found),
            Mismatch::ReplicationFactor { replicas, .. } => {
                let (fewest, most) = replica_range(replicas);
                entry.replication_factor = (fewest == most).then_some(fewest);
            }
            Mismatch::Config { key, found, .. } => {
                entry.config.insert(key.as_str(), found);
            }
        }
    }
    let is_empty =
        entry.partitions.is_none() && entry.replication_factor.is_none() && entry.config.is_empty();
    (!is_empty).then_some(entry)
}
