//! The report as metrics in Prometheus' text exposition format, for a file that the node exporter
//! collects.
//!
//! What the run did not find out is left out rather than told as 0: a series that is absent raises
//! no false calm, and `topicctl_exit_code` is always there.

use std::io::{self, Write};
use std::time::SystemTime;

use super::{Command, Report, State};

/// Writes the report.
///
/// # Errors
/// Where the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let gauge = |name: &str, help: &str, out: &mut dyn Write| {
        writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
    };
    gauge("topicctl_exit_code", "Exit code of the last run.", out)?;
    writeln!(out, "topicctl_exit_code {}", report.exit as u8)?;

    let name = "topicctl_last_run_timestamp_seconds";
    gauge(name, "When the last run ended, in Unix time.", out)?;
    let ended = report.ended.duration_since(SystemTime::UNIX_EPOCH);
    writeln!(out, "{name} {}", ended.unwrap_or_default().as_secs())?;

    let name = "topicctl_last_run_duration_seconds";
    gauge(name, "How long the last run took.", out)?;
    writeln!(out, "{name} {:.3}", report.elapsed.as_secs_f64())?;

    if report.topics.is_empty() {
        return Ok(());
    }
    let summary = report.summary();
    let name = "topicctl_topics_declared";
    gauge(name, "Topics that the manifests declare.", out)?;
    writeln!(out, "{name} {}", summary.declared)?;

    // Without a cluster nothing was compared.
    if report.command.is_some_and(Command::is_offline) {
        return Ok(());
    }
    let name = "topicctl_topics";
    gauge(name, "Declared topics by what became of them.", out)?;
    for (status, count) in [
        ("matching", summary.matching),
        ("missing", summary.missing),
        ("mismatched", summary.mismatched),
        ("accepted", summary.accepted),
        ("created", summary.created),
        ("unknown", summary.unknown),
        ("failed", summary.failed),
    ] {
        writeln!(out, "{name}{{status=\"{status}\"}} {count}")?;
    }

    let name = "topicctl_topic_status";
    gauge(name, "1 for each topic that is not as declared.", out)?;
    let differing = |state| !matches!(state, State::Matching | State::Created);
    for topic in report.topics.iter().filter(|one| differing(one.state)) {
        let topic_name = label(topic.name.as_str());
        let status = topic.state.status();
        writeln!(
            out,
            "{name}{{topic=\"{topic_name}\",status=\"{status}\"}} 1"
        )?;
    }
    Ok(())
}

/// A label's value.
fn label(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
