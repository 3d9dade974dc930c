//! The report as metrics in Prometheus' text exposition format, for a file that the node exporter
//! collects. Where the cluster's name is known, every series bears it.
//!
//! What the run did not find out is left out rather than told as 0: a series that is absent raises
//! no false calm, and `topicctl_exit_code` is always there.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::SystemTime;

use super::groups::sentences;
use super::sentences::one_line;
use super::{Command, Report, Several, State};
use crate::groups::{Group, Partition, Reading, Standing};

/// A metric, announced once, and its samples in one report.
struct Metric {
    name: &'static str,
    help: &'static str,
    of: fn(&Report) -> Vec<Sample>,
}

struct Sample {
    labels: Vec<(&'static str, String)>,
    value: String,
}

const METRICS: [Metric; 11] = [
    Metric {
        name: "topicctl_exit_code",
        help: "Exit code of the last run.",
        of: |report| vec![sample(report.exit as u8)],
    },
    Metric {
        name: "topicctl_last_run_timestamp_seconds",
        help: "When the last run ended, in Unix time.",
        of: |report| {
            let ended = report.ended.duration_since(SystemTime::UNIX_EPOCH);
            vec![sample(ended.unwrap_or_default().as_secs())]
        },
    },
    Metric {
        name: "topicctl_last_run_duration_seconds",
        help: "How long the last run took.",
        of: |report| vec![sample(format!("{:.3}", report.elapsed.as_secs_f64()))],
    },
    Metric {
        name: "topicctl_topics_declared",
        help: "Topics that the manifests declare.",
        of: |report| match report.topics.len() {
            0 => Vec::new(),
            count => vec![sample(count)],
        },
    },
    Metric {
        name: "topicctl_topics",
        help: "Declared topics by what became of them.",
        of: by_status,
    },
    Metric {
        name: "topicctl_topic_status",
        help: "1 for each topic that is not as declared.",
        of: differing,
    },
    Metric {
        name: "topicctl_topic_messages",
        help: "Messages of a declared topic, at most.",
        of: |report| {
            let topics = report.groups.iter().flat_map(|sight| &sight.topics);
            let known = topics.filter_map(|one| Some((one, one.messages_at_most()?)));
            let samples =
                known.map(|(one, count)| labelled(&[("topic", one.topic.as_str())], count));
            samples.collect()
        },
    },
    Metric {
        name: "topicctl_group_state",
        help: "1 for each declared consumer group, with its state.",
        of: |report| {
            let samples = groups(report).map(|one| {
                let state = sentences::word(one).replace(' ', "-");
                labelled(&[("group", &one.name), ("state", &state)], 1)
            });
            samples.collect()
        },
    },
    Metric {
        name: "topicctl_group_members",
        help: "Members of a declared consumer group that is there.",
        of: |report| {
            let there = groups(report).filter_map(|one| match one.standing {
                Standing::Present { members, .. } => Some((one, members)),
                _ => None,
            });
            let samples = there.map(|(one, members)| labelled(&[("group", &one.name)], members));
            samples.collect()
        },
    },
    Metric {
        name: "topicctl_group_lag",
        help: "Offsets that a consumer group has not read yet, of partitions with a commit.",
        of: |report| of_readings(report, Reading::lag),
    },
    Metric {
        name: "topicctl_group_partitions_without_commit",
        help: "Partitions in which a consumer group has committed nothing.",
        of: |report| {
            of_readings(report, |reading| {
                let partitions = reading.partitions.iter();
                let count = partitions.filter(|one| one.has_no_commit()).count();
                i64::try_from(count).ok()
            })
        },
    },
];

/// Writes the report.
///
/// # Errors
/// Where the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_all(&[(report.cluster_name.as_deref(), report)], out)
}

/// Writes the reports of several clusters, whose names tell the series apart.
///
/// # Errors
/// Where the writer fails.
pub fn write_several(several: &Several, out: &mut dyn Write) -> io::Result<()> {
    let reports = several.reports.iter();
    let reports: Vec<_> = reports.map(|one| (Some(one.called()), one)).collect();
    write_all(&reports, out)
}

fn write_all(reports: &[(Option<&str>, &Report)], out: &mut dyn Write) -> io::Result<()> {
    for Metric { name, help, of } in METRICS {
        // A series that stands twice makes the exporter refuse the file. Names that differ only in
        // characters that cannot be shown would be one.
        let mut known = BTreeSet::new();
        for (cluster, report) in reports {
            for Sample { labels, value } in of(report) {
                let cluster = cluster.map(|name| ("cluster", name.to_owned()));
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

/// A label's value.
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

fn groups(report: &Report) -> impl Iterator<Item = &Group> {
    report.groups.iter().flat_map(|sight| &sight.groups)
}

/// A number for each topic that a group reads. Where a partition could not be read, or its commit
/// is beyond its end, a sum over the others would be a false calm.
fn of_readings(report: &Report, number: fn(&Reading) -> Option<i64>) -> Vec<Sample> {
    let mut samples = Vec::new();
    for group in groups(report) {
        for reading in sentences::readings(group) {
            let told = |one: &Partition| one.unread().is_none() && !one.is_beyond_end();
            let told = !reading.partitions.is_empty() && reading.partitions.iter().all(told);
            let number = number(reading).filter(|_| told);
            let labels = [
                ("group", group.name.as_str()),
                ("topic", reading.topic.as_str()),
            ];
            samples.extend(number.map(|number| labelled(&labels, number)));
        }
    }
    samples
}

fn by_status(report: &Report) -> Vec<Sample> {
    // Without a cluster nothing was compared.
    if report.topics.is_empty() || report.command.is_some_and(Command::is_offline) {
        return Vec::new();
    }
    let summary = report.summary();
    let counts = [
        ("matching", summary.matching),
        ("missing", summary.missing),
        ("mismatched", summary.mismatched),
        ("accepted", summary.accepted),
        ("created", summary.created),
        ("unknown", summary.unknown),
        ("failed", summary.failed),
    ];
    let counts = counts.into_iter().map(|(status, count)| Sample {
        labels: vec![("status", status.to_owned())],
        value: count.to_string(),
    });
    counts.collect()
}

fn differing(report: &Report) -> Vec<Sample> {
    if report.command.is_some_and(Command::is_offline) {
        return Vec::new();
    }
    let differs = |state| !matches!(state, State::Matching | State::Created);
    let topics = report.topics.iter().filter(|one| differs(one.state));
    let samples = topics.map(|topic| Sample {
        labels: vec![
            ("topic", topic.name.to_string()),
            ("status", topic.state.status().to_owned()),
        ],
        value: "1".to_owned(),
    });
    samples.collect()
}
