//! The report for people: what needs attention first, one line a topic, the result in the last
//! line. Laid out for 80 columns; colour only repeats what words already say.

mod details;
mod rows;
mod several;
mod wrapped;

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use self::details::write_details;
use self::rows::{Columns, Row};
use self::wrapped::write_phrases;
pub(super) use self::wrapped::write_wrapped;
use super::closing::{closing_line, counting_line, is_counted};
use super::sentences::cluster;
use super::{Command, Report, State, Topic, groups};
use crate::diagnostic::{self, WIDTH, printable};
use crate::remedy::quoted;

pub use several::{write_several_problems, write_several_result};

/// How to lay out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// Whether the reader is a terminal that shows colours.
    pub color: bool,
    /// Whether topics that match are listed too.
    pub verbose: bool,
}

/// Where the names begin.
pub(super) const NAME_COLUMN: usize = 12;

/// Writes the problems, and what they mean for the run.
///
/// # Errors
/// Where the writer fails.
pub fn write_problems(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let counted = report.diagnostics.iter().rposition(is_counted);
    for (at, one) in report.diagnostics.iter().enumerate() {
        let text = diagnostic::render(one, &report.sources, layout.color);
        writeln!(out, "{text}\n")?;
        if Some(at) == counted {
            write_count(report, out)?;
            if at + 1 < report.diagnostics.len() || report.lists_topics() {
                writeln!(out)?;
            }
        }
    }
    Ok(())
}

fn write_count(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(line) = counting_line(report) else {
        return Ok(());
    };
    let failing = report
        .diagnostics
        .iter()
        .filter(|one| one.code.is_of_manifests() && report.is_failure(one));
    let codes: BTreeSet<_> = failing.map(|one| one.code).collect();
    write_wrapped(&line, 0, 0, out)?;
    match codes.first() {
        None => Ok(()),
        Some(code) if codes.len() == 1 => writeln!(out, "`topicctl explain {code}` tells more."),
        Some(_) => writeln!(out, "`topicctl explain CODE` tells more of each."),
    }
}

/// Writes what became of the topics.
///
/// # Errors
/// Where the writer fails.
pub fn write_result(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let Some(command) = report.command else {
        return Ok(());
    };
    if !report.lists_topics() {
        return Ok(());
    }
    if let Some(cluster) = cluster(report, |text| printable(text).into_owned()) {
        write_cluster(&cluster, out)?;
    }
    let mut topics = report.ranked();
    topics.retain(|topic| is_listed(topic, command, layout));
    let rows: Vec<_> = topics
        .iter()
        .map(|topic| Row::of(topic, report, layout))
        .collect();
    let columns = Columns::of(&rows);
    for (topic, row) in topics.iter().zip(&rows) {
        row.write(columns, layout, out)?;
        write_details(topic, command, layout, out)?;
    }
    if !topics.is_empty() {
        writeln!(out)?;
    }
    if let Some(sight) = &report.groups {
        groups::text::write(sight, layout, out)?;
    }
    for line in closing_line(report, command).lines() {
        let phrases: Vec<_> = line.split(", ").map(str::to_owned).collect();
        write_phrases(String::new(), 0, &phrases, out)?;
    }
    if let Some(help) = closing_help(report, command, layout) {
        write_wrapped(&format!("help: {help}"), 0, 6, out)?;
    }
    Ok(())
}

/// The line of the cluster; long lists of servers have one of their own.
fn write_cluster(cluster: &str, out: &mut dyn Write) -> io::Result<()> {
    match cluster.rsplit_once(" (") {
        Some((servers, more)) if cluster.chars().count() > WIDTH => {
            writeln!(out, "{servers}\n({more}\n")
        }
        _ => writeln!(out, "{cluster}\n"),
    }
}

fn is_listed(topic: &Topic, command: Command, layout: Layout) -> bool {
    let is_settled = matches!(topic.state, State::Matching | State::Accepted);
    layout.verbose || !is_settled || matches!(command, Command::Apply { .. })
}

pub(super) fn painted(word: &str, color: AnsiColor, layout: Layout) -> String {
    if !layout.color {
        return word.to_owned();
    }
    let style = Style::new().fg_color(Some(color.into())).bold();
    format!("{style}{word}{style:#}")
}

fn closing_help(report: &Report, command: Command, layout: Layout) -> Option<String> {
    let has = |state| report.topics.iter().any(|topic| topic.state == state);
    let missing = has(State::ToCreate);
    let external = has(State::Missing);
    let creates = || format!("`{}` creates what is missing", apply(report));
    let help = match (command, missing, has(State::Mismatched)) {
        (Command::Verify, true, true) => {
            return Some(format!("{}; mismatches are yours to decide", creates()));
        }
        (Command::Verify, true, false) => return Some(creates()),
        (_, _, true) if command.is_ahead() && !layout.verbose => {
            "mismatches are yours to decide; `topicctl verify` tells what mends them"
        }
        (_, _, true) => {
            "topicctl never changes a topic that exists; mismatches are yours to decide"
        }
        _ if external => "an external topic is created by its owner, and never here",
        _ => return None,
    };
    Some(help.to_owned())
}

/// The command that goes on from here: with the profile of this run, for another one would declare
/// other topics.
fn apply(report: &Report) -> String {
    let conditions = match (&report.cluster_name, &report.profile) {
        (Some(cluster), _) => format!(" --cluster {}", quoted(cluster)),
        (None, Some(profile)) => format!(" --profile {}", quoted(profile)),
        (None, None) => String::new(),
    };
    format!("topicctl apply{conditions}")
}
