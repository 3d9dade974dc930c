//! What several formats say in the same words, and the first step of making it safe.
//!
//! Gives plain phrases and sentences without layout, as untrusted as the values in them: each
//! renderer makes them safe for where it writes.

use std::fmt;

use super::difference::{Difference, Value};
use super::{ClusterReport, Report};
use crate::catalog;
use crate::context::{Purpose, RunContext};
use crate::diagnostic::printable;
use crate::exit::Verdict;
use crate::outcome::{Status, TopicOutcome};
use crate::remedy::Advice;
use crate::topic::Role;
pub(super) use crate::wording::{and, plural};

/// The word for what became of a topic, from the reader's side.
pub(super) fn word(status: &Status, purpose: Purpose) -> &'static str {
    match status {
        Status::Failed(_) | Status::Refused(_) => "failed",
        Status::Unknown(_) | Status::Unclear(_) => "unknown",
        Status::Mismatched { .. } => "mismatch",
        Status::Missing => "missing",
        Status::ToCreate if purpose.is_preview() => "create",
        // Apply would have created it.
        Status::ToCreate => "missing",
        Status::Created => "created",
        Status::Accepted => "accepted",
        Status::Matching if purpose.is_apply() => "exists",
        Status::Matching => "matches",
        Status::Declared => "declared",
    }
}

/// How so many clusters stand, as `2 match`; of all that there are, `all match`, `none reached`.
pub(super) fn verdicts(verdict: Verdict, purpose: Purpose, count: usize, all: usize) -> String {
    let (negated, word) = verdict_words(verdict, purpose, count);
    match (all, negated) {
        (1, true) => format!("not {word}"),
        (1, false) => word.to_owned(),
        (all, true) if all == count => format!("none {word}"),
        (all, false) if all == count => format!("all {word}"),
        (_, true) => format!("{count} not {word}"),
        (_, false) => format!("{count} {word}"),
    }
}

/// Whether the verdict is that something is not so, and what.
fn verdict_words(verdict: Verdict, purpose: Purpose, count: usize) -> (bool, &'static str) {
    match verdict {
        Verdict::Interrupted => (false, "interrupted"),
        Verdict::NotValid => (true, "valid"),
        Verdict::NotAuthorized => (true, "authorized"),
        Verdict::Failed => (false, "failed"),
        Verdict::NotReached => (true, "reached"),
        Verdict::NotReadInFull => (true, "read in full"),
        Verdict::Differs if count == 1 => (false, "differs"),
        Verdict::Differs => (false, "differ"),
        Verdict::Matches if purpose == Purpose::Offline => (false, "valid"),
        Verdict::Matches if purpose.is_preview() => (false, "would match"),
        Verdict::Matches if count == 1 => (false, "matches"),
        Verdict::Matches => (false, "match"),
    }
}

pub(super) fn verdict(cluster: &ClusterReport) -> String {
    verdicts(cluster.verdict(), cluster.context.purpose, 1, 1)
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
    /// Whether a count is left to the broker.
    pub(super) is_default: bool,
}

impl Values {
    pub(super) fn new(outcome: &TopicOutcome) -> Self {
        let topic = &outcome.topic;
        let partitions = topic.partitions.as_ref().map(|one| one.value.get());
        let factor = topic.replication_factor.as_ref().map(|one| one.value);
        let retention = topic.config_value(RETENTION);
        Self {
            is_default: partitions.is_none() || factor.is_none(),
            count: partitions.map_or_else(|| "default".to_owned(), |count| count.to_string()),
            partitions: match partitions {
                Some(1) => "partition",
                _ => "partitions",
            },
            replication: factor
                .map_or_else(|| "default RF".to_owned(), |factor| format!("RF {factor}")),
            retention: retention.map_or_else(String::new, retention_with_unit),
        }
    }
}

/// A retention that stands without its key, and so never without a unit.
fn retention_with_unit(ms: &str) -> String {
    let human = catalog::human(RETENTION, ms);
    match human == ms {
        true => format!("{ms}ms"),
        false => human,
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

/// The declared values that matter most.
pub(super) fn values(outcome: &TopicOutcome) -> String {
    Values::new(outcome).to_string()
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
    let both = |value: &Value| {
        let Value { human, raw } = value;
        if human.is_empty() {
            shown("nothing")
        } else if human == raw || !raw_too {
            shown(human)
        } else {
            shown(&format!("{human} ({raw})"))
        }
    };
    let declared = format!("{} declared", both(&difference.declared));
    let found = format!("{} found", both(&difference.found));
    let origin = difference.origin.map(|origin| origin.to_string());
    [declared, found].into_iter().chain(origin).collect()
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
pub(super) fn relations(outcome: &TopicOutcome) -> Vec<String> {
    relations_with(outcome, |role, source| format!("{role} of {source}"))
}

/// The same on one line and in one word, where the topic's name contains the source's already.
pub(super) fn short_relations(outcome: &TopicOutcome) -> String {
    let name = outcome.topic.name.as_str();
    let relations = relations_with(outcome, |role, source| match name.starts_with(source) {
        true => role.to_string(),
        false => format!("{role} of {source}"),
    });
    relations.join(", ")
}

fn relations_with(
    outcome: &TopicOutcome,
    derived: impl FnOnce(Role, &str) -> String,
) -> Vec<String> {
    let topic = &outcome.topic;
    let source = topic.source.as_ref().filter(|_| topic.role != Role::Main);
    let relation = source.map(|source| derived(topic.role, source.as_str()));
    let external = topic.external.then(|| "external".to_owned());
    relation.into_iter().chain(external).collect()
}

/// What is to be said of a topic, line by line; what belongs to a difference is indented below it,
/// and a command is a line of its own.
pub(super) fn details(outcome: &TopicOutcome, differences: &[Difference]) -> Vec<String> {
    let mut lines = Vec::new();
    for difference in differences {
        let text = declared_and_found(difference);
        lines.push(format!("{}: {text}", field(difference)));
        lines.push(format!("  declared by {}", difference.declared_by));
        let accepted = difference.accepted.iter();
        lines.extend(accepted.map(|reason| format!("  accepted: {reason}")));
        if let Some(Advice { text, yaml }) = &difference.advice {
            let told = std::iter::once(text).chain(yaml);
            lines.extend(told.map(|line| format!("  {line}")));
        }
        lines.extend(difference.remedy.iter().map(|text| format!("  {text}")));
    }
    let error = outcome.error();
    lines.extend(
        error
            .iter()
            .flat_map(|text| text.lines().map(str::to_owned)),
    );
    lines
}

/// The cluster that answered: how it was reached, then its id and size.
pub(super) struct ClusterLine {
    pub(super) reached: String,
    pub(super) identity: String,
}

impl ClusterLine {
    /// With each untrusted text as `shown`; `None` where no cluster answered.
    pub(super) fn new(cluster: &ClusterReport, shown: impl Fn(&str) -> String) -> Option<Self> {
        let identity = cluster.result.identity.as_ref()?;
        let target = &cluster.target;
        let name = target.name.as_deref();
        let name = name.filter(|name| *name != target.label);
        let name = name.map(|name| format!("{}: ", shown(name)));
        Some(Self {
            reached: format!("{}{}", name.unwrap_or_default(), shown(&target.label)),
            identity: format!(
                "({}), {}",
                shown(identity.id.as_deref().unwrap_or("no cluster id")),
                plural(identity.broker_count(), "broker")
            ),
        })
    }
}

impl fmt::Display for ClusterLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.reached, self.identity)
    }
}

/// The command as it was meant, `topicctl verify`.
fn command(context: &RunContext) -> String {
    match &context.command {
        Some(command) if context.purpose == Purpose::DryRun => {
            format!("topicctl {command} --dry-run")
        }
        Some(command) => format!("topicctl {command}"),
        None => "topicctl".to_owned(),
    }
}

/// What tells a report from others.
pub(super) struct Title<'a> {
    pub(super) command: String,
    /// What its reader calls it, else the only cluster.
    pub(super) label: Option<&'a str>,
    pub(super) profile: Option<&'a str>,
}

impl<'a> Title<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let only = match report.clusters.as_slice() {
            [only] if !report.by_cluster => Some(only),
            _ => None,
        };
        let profile = only.and_then(|only| only.context.profile.as_deref());
        Self {
            command: command(&report.context),
            label: report
                .title
                .as_deref()
                .or(only.and_then(|only| only.target.name.as_deref())),
            profile: profile.or(report.context.profile.as_deref()),
        }
    }
}

impl fmt::Display for Title<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.command)?;
        if let Some(label) = self.label {
            write!(f, " {label}")?;
        }
        match self.profile {
            Some(profile) => write!(f, ", profile {profile}"),
            None => Ok(()),
        }
    }
}

/// An untrusted text as one line without characters that act: whatever breaks lines is a space.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split(['\n', '\r', '\t']).map(printable).collect();
    words.join(" ")
}

/// A text of several lines without characters that act, but for its line breaks.
pub(super) fn each_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(printable).collect();
    lines.join("\n")
}

/// Longer names push the rest of their line away instead of widening the column.
const LONGEST_NAME: usize = 40;

/// The width of a column of names.
pub(super) fn name_width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    let longest = names.map(|name| printable(name).chars().count()).max();
    longest.unwrap_or(0).min(LONGEST_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_has_a_unit() {
        for (ms, expected) in [
            ("604800000", "7d"),
            ("1500", "1500ms"),
            ("0", "0ms"),
            ("-1", "unlimited"),
        ] {
            assert_eq!(retention_with_unit(ms), expected);
        }
    }
}
