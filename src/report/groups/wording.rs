//! What is said of groups and offsets, whatever the format.
//!
//! Gives plain phrases and sentences without layout, as untrusted as the names and reasons in them:
//! each renderer makes them safe for where it writes.

use crate::groups::{
    Group, GroupLags, GroupStatus, Partition, Protocol, State, Statistics, TopicLag,
};
use crate::report::wording::{and, plural};

/// More partitions than these are counted and not listed.
const LISTED: usize = 8;

/// How a group is, in a word.
pub(in crate::report) fn word(group: &Group) -> &'static str {
    let (state, protocol) = match &group.status {
        GroupStatus::NotThereYet => return "not there yet",
        GroupStatus::Undescribed => return "not described",
        GroupStatus::Unreadable(_) => return "unknown",
        GroupStatus::Present {
            state, protocol, ..
        } => (*state, *protocol),
    };
    match state {
        State::Stable => "stable",
        State::Empty => "empty",
        State::PreparingRebalance | State::CompletingRebalance => "rebalancing",
        // Assigning or reconciling, the only states without a name here.
        State::Unnamed if protocol == Protocol::Consumer => "rebalancing",
        State::Unnamed | State::Dead => "in an unknown state",
    }
}

/// What there is to say of its members, to stand behind the word.
pub(in crate::report) fn members(group: &Group) -> Vec<String> {
    let GroupStatus::Present { members, idle, .. } = &group.status else {
        return Vec::new();
    };
    let mut phrases = vec![match members {
        0 => "no members".to_owned(),
        count => plural(*count, "member"),
    }];
    phrases.extend(
        idle.filter(|idle| *idle > 0)
            .map(|idle| format!("{idle} idle")),
    );
    let topics = group.topics.iter();
    let declared = topics.filter_map(|lag| lag.declared_members).max();
    let declared = declared.filter(|declared| usize::try_from(*declared) != Ok(*members));
    phrases.extend(declared.map(|declared| format!("{declared} declared")));
    phrases
}

/// Why there is nothing to say of its topics, or not all that one would expect.
pub(in crate::report) fn reason(group: &Group) -> Option<&str> {
    match &group.status {
        GroupStatus::Unreadable(unreadable) => Some(&unreadable.reason),
        GroupStatus::Undescribed => Some("it has commits, and is of a kind that is not described"),
        GroupStatus::NotThereYet | GroupStatus::Present { .. } => None,
    }
}

/// The topics of a group that there is something to say of: nothing is committed by nobody, and
/// what could not be read says nothing.
pub(in crate::report) fn topic_lags(group: &Group) -> &[TopicLag] {
    match group.status {
        GroupStatus::Unreadable(_) | GroupStatus::NotThereYet => &[],
        GroupStatus::Undescribed | GroupStatus::Present { .. } => &group.topics,
    }
}

/// What there is to say of one topic, the most important first.
pub(in crate::report) fn phrases(lag: &TopicLag, group: &Group) -> Vec<String> {
    match lag.exists {
        Some(false) => return vec!["the topic is missing".to_owned()],
        None => return vec!["the topic cannot be seen".to_owned()],
        Some(true) if lag.partitions.is_empty() => {
            return vec!["the topic could not be read".to_owned()];
        }
        Some(true) => {}
    }
    let ids = |wanted: fn(&Partition) -> bool| -> Vec<i32> {
        let some = lag.partitions.iter().filter(|one| wanted(one));
        some.map(|one| one.id).collect()
    };
    let count = lag.partitions.len();
    let mut phrases = vec![];
    let lagging = ids(|one| one.lag().is_some()).len();
    if let (Some(lag), Some((worst, most))) = (lag.lag(), lag.worst()) {
        phrases.push(format!(
            "lag {} over {}",
            number(lag),
            plural(lagging, "partition")
        ));
        if most > 0 && lagging > 1 {
            phrases.push(format!("worst {} on {}", number(most), worst.id));
        }
    }
    let without = ids(Partition::has_no_commit);
    if without.len() == count {
        phrases.push("no commit".to_owned());
    } else if !without.is_empty() {
        phrases.push(format!("no commit on {}", listed(&without)));
    }
    let expired: i64 = lag.partitions.iter().map(Partition::expired).sum();
    if expired > 0 {
        phrases.push(format!("{} expired unread", number(expired)));
    }
    let beyond = ids(Partition::is_beyond_end);
    if !beyond.is_empty() {
        phrases.push(format!("committed beyond the end on {}", listed(&beyond)));
    }
    let unreadable: Vec<_> = lag
        .partitions
        .iter()
        .filter_map(Partition::unreadable)
        .collect();
    if let Some(first) = unreadable.first() {
        let places = listed(&ids(|one| one.unreadable().is_some()));
        phrases.push(format!("unknown on {places} ({})", first.reason));
    }
    if let GroupStatus::Present { members, .. } = group.status {
        let unowned = lag.unowned().unwrap_or_default();
        if members > 0 && !unowned.is_empty() {
            phrases.push(format!("nobody reads {}", listed(&unowned)));
        }
        if group.topics.len() > 1
            && let Some(readers) = lag.members.filter(|readers| *readers < members)
        {
            phrases.push(format!("{readers} of {members} members read it"));
        }
    }
    phrases
}

/// How many messages a topic holds.
pub(in crate::report) fn messages(statistics: &Statistics) -> Vec<String> {
    let count = plural(statistics.partitions.len(), "partition");
    let mut phrases = match (statistics.messages_at_most(), statistics.unreadable()) {
        (Some(messages), _) => vec![format!("{} over {count}", number(messages))],
        (None, Some(unreadable)) => vec![format!("unknown ({})", unreadable.reason)],
        (None, None) => vec!["unknown".to_owned()],
    };
    if statistics.compacted {
        phrases.push("compacted".to_owned());
    }
    phrases
}

/// All that is said of a group, a line for itself and one for each topic.
pub(in crate::report) fn lines(group: &Group) -> Vec<String> {
    let head = std::iter::once(word(group).to_owned()).chain(members(group));
    let mut lines = vec![head.collect::<Vec<_>>().join(", ")];
    lines.extend(reason(group).map(str::to_owned));
    lines.extend(topic_lags(group).iter().map(|lag| {
        let phrases = phrases(lag, group).join(", ");
        format!("{}: {phrases}", lag.topic)
    }));
    lines
}

/// How the groups are, in one line: `3 consumer groups: 1 unknown, 2 stable`.
pub(in crate::report) fn in_short(lags: &GroupLags) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for group in &lags.groups {
        let word = word(group);
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    if counts.is_empty() {
        return "no consumer groups are declared".to_owned();
    }
    let counts = counts.iter().map(|(word, count)| format!("{count} {word}"));
    let counts: Vec<_> = counts.collect();
    let groups = plural(lags.groups.len(), "consumer group");
    format!("{groups}: {}", counts.join(", "))
}

/// Why offsets tell an upper bound only.
pub(in crate::report) const GAPS: &str = "compaction and transactions leave gaps in offsets";

/// Numbers of partitions, as many as one can take in.
fn listed(ids: &[i32]) -> String {
    let mut words: Vec<_> = ids.iter().take(LISTED).map(ToString::to_string).collect();
    if ids.len() > LISTED {
        words.push(format!("{} more", ids.len() - LISTED));
    }
    and(&words)
}

/// A number in groups of three digits.
pub(in crate::report) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    if number < 0 {
        text.insert(0, '-');
    }
    text
}
