//! Mismatches that a team knows and leaves alone: which they are, and until when. Pure.
//!
//! A tool that never alters must let a team say "this one stays", without muting what drifts next:
//! an acceptance names the found value, and counts for exactly that one. The day is handed in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::outcome::{Mismatch, Status, TopicOutcome, replica_range};
use crate::topic::{ConfigKey, ConfigValue, Field, TopicName};

/// An entry of `accepted_mismatches`: values that may be found on a topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    pub topic: TopicName,
    /// The partition count that may be found.
    pub partitions: Option<usize>,
    /// The number of replicas that may be found.
    pub replication_factor: Option<usize>,
    /// The values that may be found, in the broker's form.
    pub config: BTreeMap<ConfigKey, ConfigValue>,
    pub reason: String,
    /// The last day on which it counts.
    pub until: Option<Date>,
    pub span: Span,
}

impl Accepted {
    pub fn is_in_force(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    /// Whether a mismatch is the one that this entry names.
    pub fn covers(&self, mismatch: &Mismatch) -> bool {
        match mismatch {
            Mismatch::Partitions { found, .. } => self.partitions == Some(*found),
            Mismatch::ReplicationFactor { replicas, .. } => {
                let (fewest, most) = replica_range(replicas);
                fewest == most && self.replication_factor == Some(fewest)
            }
            Mismatch::Config { key, found, .. } => self
                .config
                .get(key)
                .is_some_and(|value| catalog::same(key.as_str(), value.as_str(), found)),
        }
    }

    /// What it names values of.
    fn fields(&self) -> impl Iterator<Item = Field> {
        let partitions = self.partitions.map(|_| Field::Partitions);
        let replicas = self.replication_factor.map(|_| Field::ReplicationFactor);
        let config = self.config.keys().cloned().map(Field::Config);
        partitions.into_iter().chain(replicas).chain(config)
    }
}

/// Entries whose day is over, as warnings.
pub fn expired(entries: &[Accepted], today: Date) -> Vec<Diagnostic> {
    let over = entries.iter().filter(|entry| !entry.is_in_force(today));
    over.filter_map(|entry| Some((entry, entry.until?)))
        .map(|(entry, until)| {
            Diagnostic::warning(
                Code::AcceptedExpired,
                format!(
                    "the mismatch of `{}` was accepted until {until}",
                    entry.topic
                ),
            )
            .at(entry.span, "it no longer counts")
            .help("fix the topic, or decide anew and move the date")
        })
        .collect()
}

/// A value of an entry in force, and whether it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// Where the entry is declared, which is what it is known by: its values may be made of
    /// variables, and differ from cluster to cluster.
    pub entry: Span,
    pub topic: TopicName,
    pub field: Field,
    pub found: bool,
}

fn field(mismatch: &Mismatch) -> Field {
    match mismatch {
        Mismatch::Partitions { .. } => Field::Partitions,
        Mismatch::ReplicationFactor { .. } => Field::ReplicationFactor,
        Mismatch::Config { key, .. } => Field::Config(key.clone()),
    }
}

/// Which values of acceptances in force were found. Of topics that are not among these, and of what
/// could not be read, nothing is known, and nothing reported.
pub fn uses(accepted: &[Accepted], topics: &[TopicOutcome]) -> Vec<Use> {
    let mut uses = Vec::new();
    for entry in accepted {
        let Some(outcome) = topics.iter().find(|one| one.topic.name == entry.topic) else {
            continue;
        };
        if matches!(outcome.status, Status::Unknown(_)) {
            continue;
        }
        let covered = outcome.accepted.iter().map(|one| &one.mismatch);
        let used: BTreeSet<_> = covered
            .filter(|mismatch| entry.covers(mismatch))
            .map(field)
            .collect();
        let was_read = |field: &Field| match field {
            Field::Config(key) => !outcome.unverifiable.contains(key),
            Field::Partitions | Field::ReplicationFactor => true,
        };
        uses.extend(entry.fields().filter(was_read).map(|field| Use {
            entry: entry.span,
            topic: entry.topic.clone(),
            found: used.contains(&field),
            field,
        }));
    }
    uses
}

/// Manifests accept a mismatch for all clusters: a value that one of them has is in use for the
/// others too.
pub fn share<'a>(of_clusters: impl IntoIterator<Item = &'a mut Vec<Use>>) {
    let all: Vec<_> = of_clusters.into_iter().flatten().collect();
    let key = |one: &Use| (one.entry, one.field.clone());
    let found = all.iter().filter(|one| one.found);
    let found: BTreeSet<_> = found.map(|one| key(one)).collect();
    for one in all {
        one.found = found.contains(&key(one));
    }
}

/// Entries with values that were not found, as warnings: what they accept may be over, or may have
/// drifted on.
pub fn unused(uses: &[Use]) -> Vec<Diagnostic> {
    let mut by_entry: BTreeMap<Span, (&TopicName, Vec<String>)> = BTreeMap::new();
    for one in uses.iter().filter(|one| !one.found) {
        let (_, fields) = by_entry
            .entry(one.entry)
            .or_insert_with(|| (&one.topic, Vec::new()));
        fields.push(one.field.to_string());
    }
    by_entry
        .into_iter()
        .map(|(span, (topic, fields))| {
            Diagnostic::warning(
                Code::AcceptedUnused,
                format!("`{topic}` does not have all of what is accepted of it"),
            )
            .at(span, format!("not found: {}", fields.join(", ")))
            .help("take out what is no longer found")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;

    fn used(start: u32, field: Field, found: bool) -> Use {
        let source = Sources::default().add("topics.yaml", String::new());
        Use {
            entry: Span {
                source,
                start,
                end: start + 1,
            },
            topic: TopicName::parse("orders").expect("a name"),
            field,
            found,
        }
    }

    fn labels(uses: &[Use]) -> Vec<String> {
        let labels = unused(uses).into_iter().map(|one| one.primary);
        labels.map(|label| label.expect("a place").text).collect()
    }

    #[test]
    fn what_was_not_found_is_named_once_for_each_entry() {
        let retention = || Field::Config(ConfigKey::new("retention.ms"));
        let uses = [
            used(0, Field::Partitions, false),
            used(0, Field::ReplicationFactor, true),
            used(0, retention(), false),
            used(9, Field::Partitions, true),
            used(20, retention(), false),
        ];
        assert_eq!(
            labels(&uses),
            [
                "not found: partitions, retention.ms",
                "not found: retention.ms"
            ]
        );
    }

    #[test]
    fn halves_of_an_entry_that_are_found_on_two_clusters_are_both_in_use() {
        let cluster = |partitions, replicas| {
            vec![
                used(0, Field::Partitions, partitions),
                used(0, Field::ReplicationFactor, replicas),
                used(9, Field::Partitions, false),
            ]
        };
        let mut all = [cluster(true, false), cluster(false, true), Vec::new()];
        share(&mut all);
        // The same value of another entry is not in use by that.
        assert_eq!(labels(&all[0]), ["not found: partitions"]);
        assert_eq!(unused(&all[0]), unused(&all[1]));
        assert!(all[2].is_empty());
    }
}
