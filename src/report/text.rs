//! The report for people: what needs attention first, one line a topic, the result in the last
//! line. Laid out for 80 columns; colour only repeats what words already say.

mod several;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use textwrap::WordSplitter;

use super::sentences::{cluster, declared_and_found, field, standing, values, word};
use super::{Command, Difference, Report, State, Summary, Topic, groups};
use crate::diagnostic::{self, Severity, WIDTH, printable};
use crate::exit::ExitCode;

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
/// Longer names push the rest of their line away instead of widening the column.
const LONGEST_NAME: usize = 40;

/// Writes the problems, and what they mean for the run.
///
/// # Errors
/// Where the writer fails.
pub fn write_problems(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    for one in &report.diagnostics {
        writeln!(
            out,
            "{}\n",
            diagnostic::render(one, &report.sources, layout.color)
        )?;
    }
    if let Some(line) = counting_line(report) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// How many problems the manifests have, and what that means for the run; `None` without any.
pub(super) fn counting_line(report: &Report) -> Option<String> {
    let of_manifests = |one: &&diagnostic::Diagnostic| one.code.is_of_manifests();
    let manifests: Vec<_> = report.diagnostics.iter().filter(of_manifests).collect();
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

/// Whether there is something to say of topics.
pub(super) fn lists_topics(report: &Report) -> bool {
    !report.topics.is_empty() && !report.stopped
}

/// Writes what became of the topics.
///
/// # Errors
/// Where the writer fails.
pub fn write_result(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let Some(command) = report.command else {
        return Ok(());
    };
    if !lists_topics(report) {
        return Ok(());
    }
    if let Some(cluster) = cluster(report, |text| printable(text).into_owned()) {
        writeln!(out, "{cluster}\n")?;
    }
    let mut topics = report.ranked();
    topics.retain(|topic| is_listed(topic, command, layout));
    let width = topics
        .iter()
        .map(|topic| topic.name.as_str().len())
        .max()
        .unwrap_or(0);
    let width = width.min(LONGEST_NAME);
    for topic in &topics {
        write_topic(topic, command, width, layout, out)?;
    }
    if !topics.is_empty() {
        writeln!(out)?;
    }
    if let Some(sight) = &report.groups {
        groups::text::write(sight, layout, out)?;
    }
    writeln!(out, "{}", closing_line(report, command))?;
    if let Some(help) = closing_help(report, command) {
        writeln!(out, "{help}")?;
    }
    Ok(())
}

fn is_listed(topic: &Topic, command: Command, layout: Layout) -> bool {
    layout.verbose || topic.state != State::Matching || matches!(command, Command::Apply { .. })
}

fn write_topic(
    topic: &Topic,
    command: Command,
    width: usize,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = word(topic.state, command);
    let color = match word {
        "failed" | "unknown" | "missing" => AnsiColor::Red,
        "mismatch" => AnsiColor::Yellow,
        "exists" | "declared" | "accepted" => AnsiColor::Blue,
        _ => AnsiColor::Green,
    };
    let place = matches!(
        topic.state,
        State::Failed | State::Unknown | State::Mismatched | State::Missing
    ) || word == "missing";
    let mut cells = Vec::new();
    if place {
        cells.push(topic.location.to_string());
    } else if word == "create" || word == "created" || layout.verbose {
        cells.push(values(topic));
    }
    cells.extend(standing(topic));
    let padding = " ".repeat(10usize.saturating_sub(word.len()));
    let name = topic.name.as_str();
    let mut line = format!("  {}{padding}{name:<width$}", painted(word, color, layout));
    let mut column = NAME_COLUMN + name.len().max(width);
    for cell in cells.iter().map(|cell| printable(cell)) {
        // A cell that does not fit goes below the name.
        if column + 3 + cell.chars().count() > WIDTH {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(NAME_COLUMN);
            column = NAME_COLUMN;
        } else {
            line.push_str("   ");
            column += 3;
        }
        column += cell.chars().count();
        line.push_str(&cell);
    }
    writeln!(out, "{}", line.trim_end())?;
    let field_width = topic
        .mismatches
        .iter()
        .map(|one| field(one).len())
        .max()
        .unwrap_or(0)
        + 2;
    for difference in &topic.mismatches {
        write_difference(difference, field_width.max(16), layout, out)?;
    }
    if let Some(error) = &topic.error {
        write_wrapped(error, NAME_COLUMN, NAME_COLUMN, out)?;
    }
    Ok(())
}

fn write_difference(
    difference: &Difference,
    field_width: usize,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let text = format!(
        "{:<field_width$}{}",
        field(difference),
        declared_and_found(difference)
    );
    write_wrapped(&text, NAME_COLUMN, NAME_COLUMN + field_width, out)?;
    // What no command mends is explained with the line to change.
    let surprising = difference.declared_elsewhere && difference.remedy.is_some();
    if layout.verbose || surprising {
        let by = format!("declared by {}", difference.declared_by);
        write_wrapped(&by, NAME_COLUMN + 2, NAME_COLUMN + 4, out)?;
    }
    if let Some(reason) = &difference.accepted {
        let reason = format!("accepted: {reason}");
        return write_wrapped(&reason, NAME_COLUMN + 2, NAME_COLUMN + 4, out);
    }
    if let Some(advice) = &difference.advice {
        write_wrapped(advice, NAME_COLUMN + 2, NAME_COLUMN + 2, out)?;
    }
    if let Some(remedy) = &difference.remedy {
        // To be copied: on a line of its own, however long.
        writeln!(out, "{}{remedy}", " ".repeat(NAME_COLUMN + 2))?;
    }
    Ok(())
}

pub(super) fn write_wrapped(
    text: &str,
    first: usize,
    others: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (first, others) = (" ".repeat(first), " ".repeat(others));
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(&first)
        .subsequent_indent(&others)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    for line in textwrap::wrap(&printable(text), options) {
        writeln!(out, "{line}")?;
    }
    Ok(())
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
            format!("{declared} declared: all match. {time}")
        }
        Command::Verify => {
            let mut parts = Vec::new();
            parts.extend(counted(summary.matching, "match"));
            parts.extend(counted(summary.mismatched, "mismatched"));
            parts.extend(counted(summary.accepted, "accepted"));
            parts.extend(counted(summary.missing, "missing"));
            parts.extend(counted(summary.unknown, "unknown"));
            format!("{declared} declared: {}. {time}", parts.join(", "))
        }
        Command::Plan | Command::Apply { dry_run: true } => {
            let mut parts = Vec::new();
            let new: Vec<_> = report
                .topics
                .iter()
                .filter(|topic| topic.state == State::ToCreate)
                .collect();
            if !new.is_empty() {
                parts.push(format!("{} to create ({})", new.len(), volume(&new)));
            }
            parts.extend(counted(summary.matching, "matched"));
            parts.extend(counted(summary.mismatched, "mismatched"));
            parts.extend(counted(summary.accepted, "accepted"));
            parts.extend(counted(summary.missing - new.len(), "missing"));
            parts.extend(counted(summary.unknown, "unknown"));
            let line = format!("{declared} declared: {}.", parts.join(", "));
            let so = match command {
                Command::Apply { .. } if !new.is_empty() => {
                    "The broker would accept what is new. Nothing was created."
                }
                _ if new.is_empty() => "There is nothing to create.",
                _ => "Nothing that exists will be changed.",
            };
            format!("{line}\n{so}")
        }
        Command::Apply { dry_run: false } => applied(report, summary, &time),
    }
}

fn applied(report: &Report, summary: Summary, time: &str) -> String {
    let settled = !report
        .diagnostics
        .iter()
        .any(|one| one.code == diagnostic::Code::NotSettled);
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
    let ready = if ready == summary.declared && settled {
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

fn closing_help(report: &Report, command: Command) -> Option<&'static str> {
    let missing = report
        .topics
        .iter()
        .any(|topic| topic.state == State::ToCreate);
    let mismatched = report
        .topics
        .iter()
        .any(|topic| topic.state == State::Mismatched);
    match (command, missing, mismatched) {
        (Command::Verify, true, true) => {
            Some("help: `topicctl apply` creates what is missing; mismatches are yours to decide")
        }
        (Command::Verify, true, false) => Some("help: `topicctl apply` creates what is missing"),
        (Command::Validate, ..) | (_, _, false) => None,
        (_, _, true) => {
            Some("help: topicctl never changes a topic that exists; mismatches are yours to decide")
        }
    }
}

/// Partitions and replicas of new topics.
fn volume(new: &[&Topic]) -> String {
    let partitions: Option<i64> = new
        .iter()
        .map(|topic| topic.partitions.map(i64::from))
        .sum();
    let replicas: Option<i64> = new
        .iter()
        .map(|topic| Some(i64::from(topic.partitions?) * i64::from(topic.replication_factor?)))
        .sum();
    let count = |number: i64, word: &str| plural(usize::try_from(number).unwrap_or(0), word);
    match (partitions, replicas) {
        (Some(partitions), Some(replicas)) => {
            format!(
                "{}, {}",
                count(partitions, "partition"),
                count(replicas, "replica")
            )
        }
        (Some(partitions), None) => count(partitions, "partition"),
        _ => "some with the broker's partitions".to_owned(),
    }
}

fn counted(count: usize, word: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {word}"))
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

pub(super) fn painted(word: &str, color: AnsiColor, layout: Layout) -> String {
    if !layout.color {
        return word.to_owned();
    }
    let style = Style::new().fg_color(Some(color.into())).bold();
    format!("{style}{word}{style:#}")
}
