//! Groups and offsets for people: a line a group, one below it for each topic that it reads, and
//! a line for each partition where everything is wanted. Laid out for 80 columns.

use std::io::{self, Write};

use anstyle::AnsiColor;

use crate::diagnostic::{WIDTH, printable};
use crate::groups::{
    Group, Partition, Protocol, Reading, Sight, Standing, State, Statistics, Unread,
};
use crate::report::text::{Layout, NAME_COLUMN, painted, plural, write_wrapped};

/// Longer names push the rest of their line away instead of widening the column.
const LONGEST_NAME: usize = 40;
/// More partitions than these are counted and not listed.
const LISTED: usize = 8;
/// An offset that could not be read.
const UNKNOWN: &str = "?";

/// Writes the groups, and then how many messages the topics hold, with an empty line behind each.
///
/// # Errors
/// Where the writer fails.
pub fn write(sight: &Sight, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "groups")?;
    if sight.groups.is_empty() {
        writeln!(out, "  none are declared")?;
    }
    let names = sight.groups.iter().map(|group| group.name.as_str());
    let group_width = width(names);
    for group in &sight.groups {
        write_group(group, group_width, layout, out)?;
    }
    writeln!(out)?;
    if sight.topics.is_empty() {
        return Ok(());
    }
    let why = "compaction and transactions leave gaps in offsets";
    writeln!(out, "messages, at most ({why})")?;
    let topic_width = width(sight.topics.iter().map(|topic| topic.topic.as_str()));
    for topic in &sight.topics {
        write_statistics(topic, topic_width, layout, out)?;
    }
    writeln!(out)
}

fn width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    let longest = names.map(|name| printable(name).chars().count()).max();
    longest.unwrap_or(0).min(LONGEST_NAME)
}

fn write_group(group: &Group, width: usize, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let (word, color, more) = standing(group, layout);
    let name = printable(&group.name);
    let taken = 2 + name.chars().count().max(width) + 3;
    let text = format!("{}{more}", painted(word, color, layout));
    if taken + word.chars().count() + more.chars().count() > WIDTH {
        writeln!(out, "  {name}")?;
        writeln!(out, "{}{text}", " ".repeat(NAME_COLUMN))?;
    } else {
        writeln!(out, "  {name:<width$}   {text}")?;
    }
    match &group.standing {
        Standing::Unread(unread) => {
            return write_wrapped(&unread.reason, NAME_COLUMN, NAME_COLUMN, out);
        }
        // Nothing is committed by nobody.
        Standing::NotThereYet => return Ok(()),
        Standing::Undescribed => {
            let what = "it has commits, and is of a kind that is not described";
            write_wrapped(what, NAME_COLUMN, NAME_COLUMN, out)?;
        }
        Standing::Present { .. } => {}
    }
    let names = group.topics.iter().map(|reading| reading.topic.as_str());
    let topic_width = self::width(names);
    for reading in &group.topics {
        let phrases = phrases(reading, group);
        write_phrases(
            reading.topic.as_str(),
            topic_width,
            NAME_COLUMN,
            &phrases,
            out,
        )?;
        if layout.verbose {
            write_partitions(&reading.partitions, out)?;
        }
    }
    Ok(())
}

/// How a group is: a word that may have a colour, and the rest of the sentence.
fn standing(group: &Group, layout: Layout) -> (&'static str, AnsiColor, String) {
    let (state, protocol, assignor, count, idle) = match &group.standing {
        Standing::NotThereYet => return ("not there yet", AnsiColor::Blue, String::new()),
        Standing::Undescribed => return ("not described", AnsiColor::Yellow, String::new()),
        Standing::Unread(_) => return ("unknown", AnsiColor::Red, String::new()),
        Standing::Present {
            state,
            protocol,
            assignor,
            members,
            idle,
        } => (*state, *protocol, assignor, *members, *idle),
    };
    let (word, color) = match state {
        State::Stable => ("stable", AnsiColor::Green),
        State::Empty => ("empty", AnsiColor::Yellow),
        State::PreparingRebalance | State::CompletingRebalance => {
            ("rebalancing", AnsiColor::Yellow)
        }
        // Assigning or reconciling, the only states without a name here.
        State::Unnamed if protocol == Protocol::Consumer => ("rebalancing", AnsiColor::Yellow),
        State::Unnamed | State::Dead => ("in an unknown state", AnsiColor::Yellow),
    };
    let mut more = match count {
        0 => ", no members".to_owned(),
        count => format!(", {}", plural(count, "member")),
    };
    if let Some(idle) = idle.filter(|idle| *idle > 0) {
        more.push_str(&format!(", {idle} idle"));
    }
    let declared = group
        .topics
        .iter()
        .filter_map(|reading| reading.declared_members)
        .max();
    if let Some(declared) = declared.filter(|declared| usize::try_from(*declared) != Ok(count)) {
        more.push_str(&format!(", {declared} declared"));
    }
    if let (true, Some(protocol)) = (layout.verbose, protocol.as_str()) {
        more.push_str(&format!(", {protocol} protocol"));
        if let Some(assignor) = assignor {
            more.push_str(&format!(", {}", printable(assignor)));
        }
    }
    (word, color, more)
}

/// What there is to say of one topic, the most important first.
fn phrases(reading: &Reading, group: &Group) -> Vec<String> {
    match reading.exists {
        Some(false) => return vec!["the topic is missing".to_owned()],
        None => return vec!["the topic cannot be seen".to_owned()],
        Some(true) if reading.partitions.is_empty() => {
            return vec!["the topic could not be read".to_owned()];
        }
        Some(true) => {}
    }
    let ids = |wanted: fn(&Partition) -> bool| -> Vec<i32> {
        let some = reading.partitions.iter().filter(|one| wanted(one));
        some.map(|one| one.id).collect()
    };
    let count = reading.partitions.len();
    let mut phrases = vec![];
    let lagging = ids(|one| one.lag().is_some()).len();
    if let (Some(lag), Some((worst, most))) = (reading.lag(), reading.worst()) {
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
    let expired: i64 = reading.partitions.iter().map(Partition::expired).sum();
    if expired > 0 {
        phrases.push(format!("{} expired unread", number(expired)));
    }
    let beyond = ids(Partition::is_beyond_end);
    if !beyond.is_empty() {
        phrases.push(format!("committed beyond the end on {}", listed(&beyond)));
    }
    let unread: Vec<_> = reading
        .partitions
        .iter()
        .filter_map(Partition::unread)
        .collect();
    if let Some(first) = unread.first() {
        let places = listed(&ids(|one| one.unread().is_some()));
        phrases.push(format!(
            "unknown on {places} ({})",
            printable(&first.reason)
        ));
    }
    if let Standing::Present { members, .. } = group.standing {
        let unowned = reading.unowned().unwrap_or_default();
        if members > 0 && !unowned.is_empty() {
            phrases.push(format!("nobody reads {}", listed(&unowned)));
        }
        if group.topics.len() > 1
            && let Some(readers) = reading.members.filter(|readers| *readers < members)
        {
            phrases.push(format!("{readers} of {members} members read it"));
        }
    }
    phrases
}

fn write_partitions(partitions: &[Partition], out: &mut dyn Write) -> io::Result<()> {
    let rows = partitions.iter().map(|one| {
        let committed = match one.committed {
            Ok(Some(offset)) => number(offset),
            Ok(None) => "none".to_owned(),
            Err(_) => UNKNOWN.to_owned(),
        };
        let lag = one.lag().map_or_else(|| "-".to_owned(), number);
        let end = offset(&one.bounds.latest);
        let owner = one.owner.as_ref().map_or_else(String::new, |owner| {
            // The broker puts a slash before addresses.
            let host = owner.host.trim_start_matches('/');
            format!("{} at {host}", owner.client_id)
        });
        ([one.id.to_string(), committed, end, lag], owner)
    });
    let titles = ["partition", "committed", "end", "lag"];
    write_table(titles, "read by", &rows.collect::<Vec<_>>(), out)
}

/// Numbers below their titles, and a text in the last column, which goes below its row where there
/// is no room beside it.
fn write_table(
    titles: [&str; 4],
    last: &str,
    rows: &[([String; 4], String)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().map(|(row, _)| row[column].len());
        cells.chain([titles[column].len()]).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |cells: [&str; 4]| {
        let cells = cells.iter().zip(widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:>width$}"))
            .collect();
        format!("{}{}", " ".repeat(NAME_COLUMN + 2), cells.join("   "))
    };
    let head = format!("{}   {last}", line(titles));
    writeln!(out, "{}", head.trim_end())?;
    for (row, text) in rows {
        let row = line(row.each_ref().map(String::as_str));
        let text = printable(text);
        if row.chars().count() + 3 + text.chars().count() > WIDTH {
            writeln!(out, "{row}")?;
            writeln!(out, "{}{text}", " ".repeat(NAME_COLUMN + 4))?;
        } else {
            writeln!(out, "{}", format!("{row}   {text}").trim_end())?;
        }
    }
    Ok(())
}

fn offset(offset: &Result<i64, Unread>) -> String {
    offset
        .as_ref()
        .map_or_else(|_| UNKNOWN.to_owned(), |offset| number(*offset))
}

fn write_statistics(
    statistics: &Statistics,
    width: usize,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let partitions = &statistics.partitions;
    let count = plural(partitions.len(), "partition");
    let mut phrases = match (statistics.messages_at_most(), statistics.unread()) {
        (Some(messages), _) => vec![format!("{} over {count}", number(messages))],
        (None, Some(unread)) => vec![format!("unknown ({})", printable(&unread.reason))],
        (None, None) => vec!["unknown".to_owned()],
    };
    if statistics.compacted {
        phrases.push("compacted".to_owned());
    }
    write_phrases(statistics.topic.as_str(), width, 2, &phrases, out)?;
    if !layout.verbose {
        return Ok(());
    }
    let rows = partitions.iter().map(|(id, bounds)| {
        let messages = bounds.messages_at_most();
        let cells = [
            id.to_string(),
            offset(&bounds.earliest),
            offset(&bounds.latest),
            messages.map_or_else(|| UNKNOWN.to_owned(), number),
        ];
        (cells, String::new())
    });
    let titles = ["partition", "earliest", "latest", "messages"];
    write_table(titles, "", &rows.collect::<Vec<_>>(), out)
}

/// A name and what is said of it; a line ends between two phrases only.
fn write_phrases(
    name: &str,
    width: usize,
    indent: usize,
    phrases: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = format!("{}{:<width$}   ", " ".repeat(indent), printable(name));
    let column = line.chars().count();
    // A long name leaves no room beside it.
    let hanging = if column > WIDTH / 2 {
        indent + 2
    } else {
        column
    };
    for (index, phrase) in phrases.iter().enumerate() {
        let comma = if index + 1 < phrases.len() { "," } else { "" };
        let length = phrase.chars().count() + comma.len();
        let gap = if index == 0 { "" } else { " " };
        if line.chars().count() + gap.len() + length > WIDTH && (index > 0 || column != hanging) {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(hanging);
            line.push_str(phrase);
        } else {
            line.push_str(gap);
            line.push_str(phrase);
        }
        line.push_str(comma);
    }
    writeln!(out, "{}", line.trim_end())
}

/// Numbers of partitions, as many as one can take in.
fn listed(ids: &[i32]) -> String {
    let mut words: Vec<_> = ids.iter().take(LISTED).map(ToString::to_string).collect();
    if ids.len() > LISTED {
        words.push(format!("{} more", ids.len() - LISTED));
    }
    super::super::text::and(&words)
}

/// A number in groups of three digits.
fn number(number: i64) -> String {
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

#[cfg(test)]
mod tests;
