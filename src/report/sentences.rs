//! What several renderers say in the same words, and the first step of making it safe.
//!
//! Gives plain sentences without layout, as foreign as the values in them: each renderer makes them
//! safe for where it writes.

use super::text::{closing_line, counting_line, lists_topics};
use super::{Command, Difference, Report, State, Topic};
use crate::catalog;
use crate::diagnostic::printable;
use crate::topic::Role;

/// The word for what became of a topic, from the reader's side.
pub(super) fn word(state: State, command: Command) -> &'static str {
    match state {
        State::Failed => "failed",
        State::Unknown => "unknown",
        State::Mismatched => "mismatch",
        State::Missing => "missing",
        State::ToCreate if command == Command::Verify => "missing",
        // Apply would have created it.
        State::ToCreate if command == (Command::Apply { dry_run: false }) => "missing",
        State::ToCreate => "create",
        State::Created => "created",
        State::Accepted => "accepted",
        State::Matching if matches!(command, Command::Apply { .. }) => "exists",
        State::Matching if command.is_offline() => "declared",
        State::Matching => "matches",
    }
}

/// The declared values that matter most.
pub(super) fn values(topic: &Topic) -> String {
    let mut parts = vec![match topic.partitions {
        Some(1) => "1 partition".to_owned(),
        Some(count) => format!("{count} partitions"),
        None => "the broker's partitions".to_owned(),
    }];
    parts.push(match topic.replication_factor {
        Some(factor) => format!("RF {factor}"),
        None => "the broker's RF".to_owned(),
    });
    if let Some(retention) = topic.config.get("retention.ms") {
        parts.push(catalog::human("retention.ms", retention));
    }
    parts.join(", ")
}

/// What differs, as people call it.
pub(super) fn field(difference: &Difference) -> &str {
    difference.key.as_deref().unwrap_or(match difference.field {
        "replication_factor" => "replication",
        field => field,
    })
}

/// Both values, each in a person's and the broker's form, and where the found one comes from.
pub(super) fn declared_and_found(difference: &Difference) -> String {
    with_values(difference, str::to_owned)
}

/// The same, with each value as `shown`.
pub(super) fn with_values(difference: &Difference, shown: impl Fn(&str) -> String) -> String {
    let both = |human: &str, raw: &str| {
        if human == raw {
            shown(human)
        } else {
            shown(&format!("{human} ({raw})"))
        }
    };
    let declared = both(&difference.declared_human, &difference.declared);
    let found = both(&difference.found_human, &difference.found);
    let mut text = format!("{declared} declared, {found} found");
    if let Some(origin) = difference.origin {
        text.push_str(&format!(", {origin}"));
    }
    text
}

/// What a topic is to its family and to us: `dlq of orders`, `external`; most are nothing special.
pub(super) fn standing(topic: &Topic) -> Vec<String> {
    let source = topic.source.as_ref().filter(|_| topic.role != Role::Main);
    let relation = source.map(|source| format!("{} of {source}", topic.role));
    let external = topic.external.then(|| "external".to_owned());
    relation.into_iter().chain(external).collect()
}

/// What is to be said of a topic, line by line; what belongs to a difference is indented below it,
/// and a command is a line of its own.
pub(super) fn details(topic: &Topic) -> Vec<String> {
    let mut lines = Vec::new();
    for difference in &topic.mismatches {
        let text = declared_and_found(difference);
        lines.push(format!("{}: {text}", field(difference)));
        lines.push(format!("  declared by {}", difference.declared_by));
        let accepted = difference.accepted.iter();
        lines.extend(accepted.map(|reason| format!("  accepted: {reason}")));
        lines.extend(difference.advice.iter().map(|text| format!("  {text}")));
        lines.extend(difference.remedy.iter().map(|text| format!("  {text}")));
    }
    lines.extend(
        topic
            .error
            .iter()
            .flat_map(|text| text.lines().map(str::to_owned)),
    );
    lines
}

/// The result of the run: of the topics where there is something to say of them, else of the
/// problems. Whole sentences, one a line.
pub(super) fn result(report: &Report) -> Vec<String> {
    let command = report.command.filter(|_| lists_topics(report));
    let line = match command {
        Some(command) => closing_line(report, command),
        None => counting_line(report).unwrap_or_else(|| match report.diagnostics.first() {
            Some(first) => format!("{}: {}", first.severity.as_str(), one_line(&first.message)),
            None => "nothing was looked at".to_owned(),
        }),
    };
    line.lines().map(str::to_owned).collect()
}

/// The command as it was meant, `topicctl verify`.
pub(super) fn title(report: &Report) -> String {
    match report.command {
        Some(Command::Apply { dry_run: true }) => "topicctl apply --dry-run".to_owned(),
        Some(command) => format!("topicctl {}", command.as_str()),
        None => "topicctl".to_owned(),
    }
}

/// A foreign text as one line without characters that act: whatever breaks lines is a space.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split(['\n', '\r', '\t']).map(printable).collect();
    words.join(" ")
}

/// A text of several lines without characters that act, but for its line breaks.
pub(super) fn each_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(printable).collect();
    lines.join("\n")
}
