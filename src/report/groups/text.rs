//! Groups and offsets for people: a line a group, one below it for each topic that it reads, and
//! a line for each partition where everything is wanted.

use std::io::{self, Write};

use anstyle::AnsiColor;

use super::wording::{GAPS, members, messages, number, phrases, reason, topic_lags, word};
use crate::diagnostic::printable;
use crate::groups::{Group, GroupLags, GroupStatus, Partition, State, Statistics};
use crate::layout::Layout;
use crate::observed::Unreadable;
use crate::report::text::layout::{NAME_COLUMN, painted, write_phrases, write_wrapped};
use crate::report::wording::name_width;

/// An offset that could not be read.
const UNKNOWN: &str = "?";

/// Writes the groups, and then how many messages the topics hold, with an empty line behind each.
pub(in crate::report) fn write(
    lags: &GroupLags,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "groups")?;
    if lags.groups.is_empty() {
        writeln!(out, "  none are declared")?;
    }
    let names = lags.groups.iter().map(|group| group.name.as_str());
    let group_width = name_width(names);
    for group in &lags.groups {
        write_group(group, group_width, layout, out)?;
    }
    writeln!(out)?;
    if lags.topics.is_empty() {
        return Ok(());
    }
    write_wrapped(&format!("messages, at most ({GAPS})"), 0, 2, layout, out)?;
    let topic_width = name_width(lags.topics.iter().map(|topic| topic.topic.as_str()));
    for topic in &lags.topics {
        write_statistics(topic, topic_width, layout, out)?;
    }
    writeln!(out)
}

fn write_group(group: &Group, width: usize, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let (word, more) = (word(group), rest(group, layout));
    let name = printable(&group.name);
    let taken = 2 + name.chars().count().max(width) + 3;
    let text = format!("{}{more}", painted(word, color(group), layout));
    if taken + word.chars().count() + more.chars().count() > layout.width {
        writeln!(out, "  {name}")?;
        let indent = " ".repeat(NAME_COLUMN);
        for line in layout.wrap(&text, &indent, &indent) {
            writeln!(out, "{line}")?;
        }
    } else {
        writeln!(out, "  {name:<width$}   {text}")?;
    }
    if let Some(reason) = reason(group) {
        write_wrapped(reason, NAME_COLUMN, NAME_COLUMN, layout, out)?;
    }
    let topics = topic_lags(group);
    let names = topics.iter().map(|lag| lag.topic.as_str());
    let topic_width = name_width(names);
    for lag in topics {
        let phrases = phrases(lag, group);
        let lead = named(lag.topic.as_str(), topic_width, NAME_COLUMN);
        write_named(lead, NAME_COLUMN, &phrases, layout, out)?;
        if layout.verbose {
            write_partitions(&lag.partitions, layout, out)?;
        }
    }
    Ok(())
}

fn color(group: &Group) -> AnsiColor {
    match &group.status {
        GroupStatus::NotThereYet => AnsiColor::Blue,
        GroupStatus::Unreadable(_) => AnsiColor::Red,
        GroupStatus::Present {
            state: State::Stable,
            ..
        } => AnsiColor::Green,
        GroupStatus::Undescribed | GroupStatus::Present { .. } => AnsiColor::Yellow,
    }
}

/// What stands behind a group's word, with the protocol where everything is wanted.
fn rest(group: &Group, layout: Layout) -> String {
    let mut phrases = members(group);
    if let GroupStatus::Present {
        protocol, assignor, ..
    } = &group.status
        && let (true, Some(protocol)) = (layout.verbose, protocol.as_str())
    {
        phrases.push(format!("{protocol} protocol"));
        phrases.extend(assignor.clone());
    }
    let phrases = phrases.iter().map(|one| format!(", {}", printable(one)));
    phrases.collect()
}

fn write_partitions(
    partitions: &[Partition],
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows = partitions.iter().map(|one| {
        let committed = match one.committed {
            Ok(Some(offset)) => number(offset),
            Ok(None) => "none".to_owned(),
            Err(_) => UNKNOWN.to_owned(),
        };
        let lag = one.lag().map_or_else(|| "-".to_owned(), number);
        let end = offset(&one.offsets.end);
        let owner = one.owner.as_ref().map_or_else(String::new, |owner| {
            // The broker puts a slash before addresses.
            let host = owner.host.trim_start_matches('/');
            format!("{} at {host}", owner.client_id)
        });
        ([one.id.to_string(), committed, end, lag], owner)
    });
    let titles = ["partition", "committed", "end", "lag"];
    write_table(titles, "read by", &rows.collect::<Vec<_>>(), layout, out)
}

/// Numbers below their titles, and a text in the last column, which goes below its row where there
/// is no room beside it.
fn write_table(
    titles: [&str; 4],
    last: &str,
    rows: &[([String; 4], String)],
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().map(|(row, _)| row[column].len());
        cells.chain([titles[column].len()]).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2), width(3)];
    let indent = NAME_COLUMN + 2;
    let numbers: usize = widths.iter().sum();
    let gap = match indent + numbers + 4 * 3 + last.len() <= layout.width {
        true => "   ",
        false => "  ",
    };
    let line = |cells: [&str; 4]| {
        let cells = cells.iter().zip(widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:>width$}"))
            .collect();
        format!("{}{}", " ".repeat(indent), cells.join(gap))
    };
    let head = format!("{}{gap}{last}", line(titles));
    writeln!(out, "{}", head.trim_end())?;
    for (row, text) in rows {
        let row = line(row.each_ref().map(String::as_str));
        let text = printable(text);
        if row.chars().count() + gap.len() + text.chars().count() > layout.width {
            writeln!(out, "{row}")?;
            writeln!(out, "{}{text}", " ".repeat(indent + 2))?;
        } else {
            writeln!(out, "{}", format!("{row}{gap}{text}").trim_end())?;
        }
    }
    Ok(())
}

fn offset(offset: &Result<i64, Unreadable>) -> String {
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
    let phrases = messages(statistics);
    let lead = named(statistics.topic.as_str(), width, 2);
    write_named(lead, 2, &phrases, layout, out)?;
    if !layout.verbose {
        return Ok(());
    }
    let rows = statistics.partitions.iter().map(|(id, offsets)| {
        let messages = offsets.messages_at_most();
        let cells = [
            id.to_string(),
            offset(&offsets.start),
            offset(&offsets.end),
            messages.map_or_else(|| UNKNOWN.to_owned(), number),
        ];
        (cells, String::new())
    });
    let titles = ["partition", "earliest", "latest", "messages"];
    write_table(titles, "", &rows.collect::<Vec<_>>(), layout, out)
}

fn named(name: &str, width: usize, indent: usize) -> String {
    format!("{}{:<width$}   ", " ".repeat(indent), printable(name))
}

fn write_named(
    lead: String,
    indent: usize,
    phrases: &[String],
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    // A long name leaves no room beside it.
    let column = match lead.chars().count() {
        column if column > layout.width / 2 => indent + 2,
        column => column,
    };
    write_phrases(lead, column, phrases, layout, out)
}

#[cfg(test)]
mod tests;
