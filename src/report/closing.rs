//! The whole result in one sentence, for every format that has one: how many problems the manifests
//! have, and what became of the topics. Wording only; all that it tells the report has counted.

use super::sentences::{and, plural};
use super::{Command, Findings, Report, Summary, Volume};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::exit::ExitCode;

/// How many problems the manifests have, and what that means for the run; `None` without any.
pub(super) fn counting_line(report: &Report) -> Option<String> {
    let manifests: Vec<_> = report
        .diagnostics
        .iter()
        .filter(|one| is_counted(one))
        .collect();
    if manifests.is_empty() {
        return None;
    }
    let count = |severity| {
        manifests
            .iter()
            .filter(|one| one.severity == severity)
            .count()
    };
    let parts: Vec<_> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| (count(severity), severity.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| plural(count, word))
        .collect();
    let mut files: Vec<_> = manifests
        .iter()
        .filter_map(|one| one.primary.as_ref())
        .map(|l| l.span.source)
        .collect();
    files.sort();
    files.dedup();
    let places = match files.len() {
        0 => String::new(),
        1 if report.sources.len() == 1 => " in 1 file".to_owned(),
        files => format!(" in {files} of {}", plural(report.sources.len(), "file")),
    };
    let denied = report.exit == ExitCode::Invalid && !report.has_errors();
    let offline = report.command.is_none_or(Command::is_offline);
    // Errors of the run itself come after the cluster was asked.
    let refused = denied || count(Severity::Error) > 0;
    let so = match (refused, offline) {
        (true, false) if denied => "; the cluster was not touched (--deny-warnings)",
        (true, false) => "; the cluster was not touched",
        (true, true) if denied => "; not valid with --deny-warnings",
        _ => "",
    };
    Some(format!("{}{places}{so}.", and(&parts)))
}

/// Whether it belongs to the manifests and not to this run. That another cluster answers points
/// into them, and yet nothing may be wrong there.
pub(super) fn is_counted(one: &Diagnostic) -> bool {
    let placed = one.primary.is_some() && one.code != Code::WrongCluster;
    one.code.is_of_manifests() || placed
}

/// The whole result in one sentence.
pub(super) fn closing_line(report: &Report, command: Command) -> String {
    let summary = report.summary();
    let declared = summary.declared;
    let time = format!("{:.2} s", report.elapsed.as_secs_f64());
    match command {
        Command::Validate
        | Command::Explain
        | Command::Render
        | Command::Partition
        | Command::Export => {
            let files = plural(report.sources.len(), "file");
            format!(
                "{} declared in {files}: all valid.",
                plural(declared, "topic")
            )
        }
        Command::Verify if summary.matching == declared => {
            format!(
                "{declared} declared: all match{}. {time}",
                beside(report.findings)
            )
        }
        Command::Verify => {
            let mut parts = Vec::new();
            parts.extend(counted(summary.matching, "match"));
            parts.extend(counted(summary.mismatched, "mismatched"));
            parts.extend(counted(summary.accepted, "accepted"));
            parts.extend(counted(summary.missing, "missing"));
            parts.extend(counted(summary.unknown, "unknown"));
            let beside = beside(report.findings);
            format!("{declared} declared: {}{beside}. {time}", parts.join(", "))
        }
        Command::Plan | Command::Apply { dry_run: true } => {
            let mut parts = Vec::new();
            let new = report.to_create();
            if new.topics > 0 {
                parts.push(format!("{} to create ({})", new.topics, volume(new)));
            }
            parts.extend(counted(summary.matching, "matched"));
            parts.extend(counted(summary.mismatched, "mismatched"));
            parts.extend(counted(summary.accepted, "accepted"));
            parts.extend(counted(summary.missing - new.topics, "missing"));
            parts.extend(counted(summary.unknown, "unknown"));
            let line = format!("{declared} declared: {}.", parts.join(", "));
            let so = match command {
                Command::Apply { .. } if new.topics > 0 => {
                    "The broker would accept what is new. Nothing was created."
                }
                _ if new.topics == 0 => "There is nothing to create.",
                _ => "Nothing that exists will be changed.",
            };
            format!("{line}\n{so}")
        }
        Command::Apply { dry_run: false } => applied(report, summary, &time),
    }
}

/// What else was found, behind what became of the topics.
fn beside(findings: Findings) -> String {
    let parts: Vec<_> = [
        (findings.undeclared, "undeclared configuration"),
        (findings.unmanaged, "unmanaged topic"),
        (findings.unhealthy, "unhealthy topic"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| plural(count, word))
    .chain(findings.unjudged.then(|| "health not known".to_owned()))
    .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("; {}", parts.join(", ")),
    }
}

fn applied(report: &Report, summary: Summary, time: &str) -> String {
    let settled = report.settled;
    let mut parts = Vec::new();
    let created = if settled {
        "created and usable"
    } else {
        "created, not waited for"
    };
    parts.extend(counted(summary.created, created));
    parts.extend(counted(summary.matching, "matched"));
    parts.extend(counted(summary.mismatched, "mismatched"));
    parts.extend(counted(summary.accepted, "accepted"));
    parts.extend(counted(summary.missing, "missing"));
    parts.extend(counted(summary.unknown, "unknown"));
    parts.extend(counted(summary.failed, "failed"));
    let ready = summary.created + summary.matching + summary.accepted;
    let ready = if ready == summary.declared && settled && report.usable {
        format!("; {} ready", plural(ready, "topic"))
    } else {
        String::new()
    };
    format!(
        "{} declared: {}{ready}. {time}",
        summary.declared,
        parts.join(", ")
    )
}

/// Partitions and replicas of new topics.
fn volume(new: Volume) -> String {
    let count =
        |number: u64, word: &str| plural(usize::try_from(number).unwrap_or(usize::MAX), word);
    let partitions = count(new.partitions, "partition");
    match (new.is_exact, new.replicas) {
        (false, _) if new.partitions == 0 => {
            "as many partitions as the broker's default".to_owned()
        }
        (false, _) => format!("{partitions} and the broker's default"),
        (true, Some(replicas)) => format!("{partitions}, {}", count(replicas, "replica")),
        (true, None) => partitions,
    }
}

fn counted(count: usize, word: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {word}"))
}
