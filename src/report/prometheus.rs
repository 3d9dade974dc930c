//! The report as metrics in Prometheus' text exposition format, for a file that the node exporter
//! collects. Where the cluster's name is known, every series bears it.
//!
//! What the run did not find out is left out rather than told as 0: a series that is absent raises
//! no false calm, and `topicctl_exit_code` is always there.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::SystemTime;

use super::groups::wording;
use super::wording::one_line;
use super::{ClusterReport, Report};
use crate::context::Purpose;
use crate::groups::{Group, GroupStatus, Partition, TopicLag};
use crate::outcome::Status;

/// A metric, announced once, and its samples in one report.
struct Metric {
    name: &'static str,
    help: &'static str,
    samples: fn(&ClusterReport) -> Vec<Sample>,
}

struct Sample {
    labels: Vec<(&'static str, String)>,
    value: String,
}

const METRICS: [Metric; 11] = [
    Metric {
        name: "topicctl_exit_code",
        help: "Exit code of the last run.",
        samples: |cluster| vec![sample(cluster.exit as u8)],
    },
    Metric {
        name: "topicctl_last_run_timestamp_seconds",
        help: "When the last run ended, in Unix time.",
        samples: |cluster| {
            let ended = cluster.ended.duration_since(SystemTime::UNIX_EPOCH);
            vec![sample(ended.unwrap_or_default().as_secs())]
        },
    },
    Metric {
        name: "topicctl_last_run_duration_seconds",
        help: "How long the last run took.",
        samples: |cluster| vec![sample(format!("{:.3}", cluster.elapsed.as_secs_f64()))],
    },
    Metric {
        name: "topicctl_topics_declared",
        help: "Topics that the manifests declare.",
        samples: |cluster| match cluster.result.topics.len() {
            0 => Vec::new(),
            count => vec![sample(count)],
        },
    },
    Metric {
        name: "topicctl_topics",
        help: "Declared topics by what became of them.",
        samples: by_status,
    },
    Metric {
        name: "topicctl_topic_status",
        help: "1 for each topic that is not as declared.",
        samples: differing,
    },
    Metric {
        name: "topicctl_topic_messages",
        help: "Messages of a declared topic, at most.",
        samples: |cluster| {
            let topics = cluster.result.groups.iter().flat_map(|one| &one.topics);
            let known = topics.filter_map(|one| Some((one, one.messages_at_most()?)));
            let samples =
                known.map(|(one, count)| labelled(&[("topic", one.topic.as_str())], count));
            samples.collect()
        },
    },
    Metric {
        name: "topicctl_group_state",
        help: "1 for each declared consumer group, with its state.",
        samples: |cluster| {
            let samples = groups(cluster).map(|one| {
                let state = wording::word(one).replace(' ', "-");
                labelled(&[("group", &one.name), ("state", &state)], 1)
            });
            samples.collect()
        },
    },
    Metric {
        name: "topicctl_group_members",
        help: "Members of a declared consumer group that is there.",
        samples: |cluster| {
            let there = groups(cluster).filter_map(|one| match one.status {
                GroupStatus::Present { members, .. } => Some((one, members)),
                _ => None,
            });
            let samples = there.map(|(one, members)| labelled(&[("group", &one.name)], members));
            samples.collect()
        },
    },
    Metric {
        name: "topicctl_group_lag",
        help: "Offsets that a consumer group has not read yet, of partitions with a commit.",
        samples: |cluster| topic_lag_samples(cluster, TopicLag::lag),
    },
    Metric {
        name: "topicctl_group_partitions_without_commit",
        help: "Partitions in which a consumer group has committed nothing.",
        samples: |cluster| {
            topic_lag_samples(cluster, |lag| {
                let partitions = lag.partitions.iter();
                let count = partitions.filter(|one| one.has_no_commit()).count();
                i64::try_from(count).ok()
            })
        },
    },
];

/// Writes the report. Where clusters are distinguished, their names distinguish the series.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for metric in METRICS {
        let Metric {
            name,
            help,
            samples,
        } = metric;
        // A series that stands twice makes the exporter refuse the file. Names that differ only in
        // characters that cannot be shown would be one.
        let mut known = BTreeSet::new();
        for cluster in &report.clusters {
            let cluster_name = report.name_of(cluster);
            for Sample { labels, value } in samples(cluster) {
                let cluster = cluster_name.map(|name| ("cluster", name.to_owned()));
                let series = series(name, cluster.into_iter().chain(labels));
                if known.is_empty() {
                    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")?;
                }
                if !known.contains(&series) {
                    writeln!(out, "{series} {value}")?;
                    known.insert(series);
                }
            }
        }
    }
    Ok(())
}

fn series(name: &str, labels: impl Iterator<Item = (&'static str, String)>) -> String {
    let labels: Vec<_> = labels
        .map(|(label, value)| format!("{label}=\"{}\"", escaped(&value)))
        .collect();
    match labels.is_empty() {
        true => name.to_owned(),
        false => format!("{name}{{{}}}", labels.join(",")),
    }
}

fn escaped(value: &str) -> String {
    let value = one_line(value);
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

fn sample(value: impl ToString) -> Sample {
    let (labels, value) = (Vec::new(), value.to_string());
    Sample { labels, value }
}

fn labelled(labels: &[(&'static str, &str)], value: impl ToString) -> Sample {
    let labels = labels
        .iter()
        .map(|(label, text)| (*label, (*text).to_owned()));
    Sample {
        labels: labels.collect(),
        value: value.to_string(),
    }
}

fn groups(cluster: &ClusterReport) -> impl Iterator<Item = &Group> {
    let lags = cluster.result.groups.iter();
    lags.flat_map(|lags| &lags.groups)
}

/// A number for each topic that a group reads. Where a partition could not be read, or its commit
/// is beyond its end, a sum over the others would be a false calm.
fn topic_lag_samples(cluster: &ClusterReport, number: fn(&TopicLag) -> Option<i64>) -> Vec<Sample> {
    let mut samples = Vec::new();
    for group in groups(cluster) {
        for lag in wording::topic_lags(group) {
            let is_read = |one: &Partition| one.unreadable().is_none() && !one.is_beyond_end();
            let is_read = !lag.partitions.is_empty() && lag.partitions.iter().all(is_read);
            let number = number(lag).filter(|_| is_read);
            let labels = [
                ("group", group.name.as_str()),
                ("topic", lag.topic.as_str()),
            ];
            samples.extend(number.map(|number| labelled(&labels, number)));
        }
    }
    samples
}

fn by_status(cluster: &ClusterReport) -> Vec<Sample> {
    // Without a cluster nothing was compared.
    if cluster.result.topics.is_empty() || cluster.context.purpose == Purpose::Offline {
        return Vec::new();
    }
    let counts = cluster.result.summary();
    counts
        .into_iter()
        .map(|(status, count)| labelled(&[("status", status)], count))
        .collect()
}

fn differing(cluster: &ClusterReport) -> Vec<Sample> {
    let differs = |status: &Status| match status {
        Status::Matching | Status::Created | Status::Declared => false,
        Status::Failed(_)
        | Status::Unclear(_)
        | Status::Refused(_)
        | Status::Unknown(_)
        | Status::Mismatched { .. }
        | Status::Missing
        | Status::ToCreate
        | Status::Accepted => true,
    };
    let topics = cluster.result.topics.iter();
    topics
        .filter(|one| differs(&one.status))
        .map(|one| {
            let name = one.topic.name.as_str();
            labelled(&[("topic", name), ("status", one.status.word())], 1)
        })
        .collect()
}
