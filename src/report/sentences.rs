//! What several renderers say in the same words, and the first step of making it safe.
//!
//! Gives plain sentences without layout, as foreign as the values in them: each renderer makes them
//! safe for where it writes.

use std::fmt;

use super::closing::{closing_line, counting_line};
use super::{Command, Difference, Report, State, Topic};
use crate::catalog;
use crate::diagnostic::{Diagnostic, printable};
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

/// The declared values that matter most, part by part.
pub(super) struct Values {
    /// How many partitions: a number, or `default`.
    pub(super) count: String,
    /// `partitions`, or of one.
    pub(super) partitions: &'static str,
    /// `RF 3`.
    pub(super) replication: String,
    /// Empty where it is the broker's.
    pub(super) retention: String,
}

impl Values {
    pub(super) fn of(topic: &Topic) -> Self {
        let one = topic.partitions == Some(1);
        let factor = topic.replication_factor;
        let retention = topic.config.get(RETENTION);
        Self {
            count: topic
                .partitions
                .map_or_else(|| DEFAULT.to_owned(), |count| count.to_string()),
            partitions: if one { "partition" } else { "partitions" },
            replication: factor
                .map_or_else(|| DEFAULT_RF.to_owned(), |factor| format!("RF {factor}")),
            retention: retention.map_or_else(String::new, |ms| kept_for(ms)),
        }
    }

    /// Whether a count is left to the broker.
    pub(super) fn is_default(&self) -> bool {
        self.count == DEFAULT || self.replication == DEFAULT_RF
    }
}

/// A retention that stands without its key, and so never without a unit.
fn kept_for(ms: &str) -> String {
    let told = catalog::human(RETENTION, ms);
    match told.parse::<i64>() {
        Ok(ms) => format!("{ms}ms"),
        Err(_) => told,
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}, {}",
            self.count, self.partitions, self.replication
        )?;
        match self.retention.as_str() {
            "" => Ok(()),
            retention => write!(f, ", {retention}"),
        }
    }
}

const RETENTION: &str = "retention.ms";
const DEFAULT: &str = "default";
const DEFAULT_RF: &str = "default RF";

/// The declared values that matter most.
pub(super) fn values(topic: &Topic) -> String {
    Values::of(topic).to_string()
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
    phrases(difference, true, shown).join(", ")
}

/// The same, phrase by phrase, in a person's form alone where the broker's is not to be copied.
pub(super) fn phrases(
    difference: &Difference,
    raw_too: bool,
    shown: impl Fn(&str) -> String,
) -> Vec<String> {
    let both = |human: &str, raw: &str| {
        if human.is_empty() {
            shown("nothing")
        } else if human == raw || !raw_too {
            shown(human)
        } else {
            shown(&format!("{human} ({raw})"))
        }
    };
    let declared = both(&difference.declared_human, &difference.declared);
    let found = both(&difference.found_human, &difference.found);
    let mut phrases = vec![format!("{declared} declared"), format!("{found} found")];
    phrases.extend(difference.origin.map(|origin| origin.to_string()));
    phrases
}

/// What a topic is to its family and to us in one word, where its name tells the source already.
pub(super) fn short_standing(topic: &Topic) -> String {
    let standing = standing(topic).into_iter();
    let named = topic
        .source
        .as_ref()
        .is_some_and(|source| topic.name.as_str().starts_with(source.as_str()));
    let short = standing.map(|text| match text.split_once(" of ") {
        Some((role, _)) if named => role.to_owned(),
        _ => text,
    });
    short.collect::<Vec<_>>().join(", ")
}

/// Longer values are cut, unless all is asked for.
const LONGEST_VALUE: usize = 50;

/// A value of many words cut to what says which one it is.
pub(super) fn shortened(value: &str) -> String {
    if value.chars().count() <= LONGEST_VALUE {
        return value.to_owned();
    }
    let start: String = value.chars().take(LONGEST_VALUE - 10).collect();
    let entries = value.split(',').count();
    match start.rsplit_once(',') {
        Some((whole, _)) => {
            let left = entries - whole.split(',').count();
            format!("{whole} and {left} more")
        }
        None => format!("{start}…"),
    }
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

/// The cluster that answered, with each foreign text as `shown`.
pub(super) fn cluster(report: &Report, shown: impl Fn(&str) -> String) -> Option<String> {
    let cluster = report.cluster.as_ref()?;
    let name = report.cluster_name.as_deref();
    let name = name.filter(|name| *name != cluster.label);
    let name = name.map(|name| format!("{}: ", shown(name)));
    Some(format!(
        "{}{} ({}), {}",
        name.unwrap_or_default(),
        shown(&cluster.label),
        shown(cluster.identity.id.as_deref().unwrap_or("no cluster id")),
        plural(cluster.identity.broker_count(), "broker")
    ))
}

/// The result of the run: of the topics where there is something to say of them, else of the
/// problems. Whole sentences, one a line.
pub(super) fn result(report: &Report) -> Vec<String> {
    let command = report.command.filter(|_| report.lists_topics());
    let line = match command {
        Some(command) => closing_line(report, command),
        None => match stopper(report) {
            Some(one) => format!("{}: {}", one.severity.as_str(), one_line(&one.message)),
            None => cause(report),
        },
    };
    line.lines().map(str::to_owned).collect()
}

/// Why there is nothing to say of topics.
pub(super) fn cause(report: &Report) -> String {
    match stopper(report) {
        Some(one) => one_line(&one.message),
        None => counting_line(report).unwrap_or_else(|| "nothing was looked at".to_owned()),
    }
}

/// The problem that ended a run whose manifests are valid.
fn stopper(report: &Report) -> Option<&Diagnostic> {
    let of_run = |one: &&Diagnostic| !one.code.is_of_manifests();
    let mut problems = report.diagnostics.iter().filter(of_run);
    problems
        .clone()
        .find(|one| report.is_failure(one))
        .or_else(|| problems.next())
}

/// The command as it was meant, `topicctl verify`.
pub(super) fn title(command: Option<Command>) -> String {
    match command {
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

pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

pub(super) fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_has_a_unit() {
        for (ms, told) in [
            ("604800000", "7d"),
            ("1500", "1500ms"),
            ("0", "0ms"),
            ("-1", "unlimited"),
        ] {
            assert_eq!(kept_for(ms), told);
        }
    }
}
