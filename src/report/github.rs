//! The report as workflow commands of GitHub Actions: an annotation at the line of every problem
//! and of every topic that needs attention, with the name of its cluster where there is one.
//!
//! One command a line, whatever is in the values; the last lines are the result in words. What
//! fails the run is an error, the rest a warning or a notice. Topics that are well are left out,
//! and all consumer groups are one notice: GitHub shows the first ten annotations of a kind.

use std::io::{self, Write};

use super::groups::sentences as groups;
use super::sentences::{details, each_line, one_line, result, standing, title, values, word};
use super::{Report, Several, Topic};
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::groups::Sight;

/// Groups in one notice.
const MOST_GROUPS: usize = 50;

/// Writes the report.
///
/// # Errors
/// Where the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let cluster = report.cluster_name.as_deref();
    for one in &report.diagnostics {
        // What is wrong with manifests is no cluster's own.
        let whose = cluster.filter(|_| !one.code.is_of_manifests());
        write_diagnostic(one, report, whose, out)?;
    }
    write_topics(report, cluster, out)?;
    write_result(cluster, &result(report), out)
}

/// Writes the reports of several clusters, and the whole result in the last line.
///
/// # Errors
/// Where the writer fails.
pub fn write_several(several: &Several, out: &mut dyn Write) -> io::Result<()> {
    for shared in several.problems() {
        let whose = shared.whose();
        write_diagnostic(shared.one, shared.report, whose.as_deref(), out)?;
    }
    for report in several.ranked() {
        write_topics(report, Some(report.called()), out)?;
    }
    for report in several.ranked() {
        write_result(Some(report.called()), &result(report), out)?;
    }
    write_result(None, &[several.sentence()], out)
}

fn write_topics(report: &Report, cluster: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    for topic in report.ranked() {
        if report.needs_attention(topic) {
            write_topic(topic, report, cluster, out)?;
        }
    }
    write_groups(report, cluster, out)
}

/// One notice for all consumer groups: GitHub shows ten of a step.
fn write_groups(report: &Report, cluster: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    // Where nothing could be read of any, an error says so.
    let told = |sight: &&Sight| sight.nothing_read().is_none();
    let Some(sight) = report.groups.as_ref().filter(told) else {
        return Ok(());
    };
    let mut lines = vec![groups::in_short(sight)];
    for group in sight.groups.iter().take(MOST_GROUPS) {
        let text = groups::lines(group).join("\n  ");
        lines.push(format!("{}: {text}", one_line(&group.name)));
    }
    if let Some(rest) = sight.groups.len().checked_sub(MOST_GROUPS + 1) {
        lines.push(format!("{} more in the JSON report", rest + 1));
    }
    let text = each_line(&lines.join("\n"));
    let title = of(cluster, "consumer groups");
    write_command("notice", None, false, &title, &text, out)
}

fn write_result(cluster: Option<&str>, lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{}", inert(&one_line(&of(cluster, line))))?;
    }
    Ok(())
}

/// A text with the cluster that it is about before it.
fn of(cluster: Option<&str>, text: &str) -> String {
    match cluster {
        Some(cluster) => format!("{cluster}: {text}"),
        None => text.to_owned(),
    }
}

fn write_diagnostic(
    one: &Diagnostic,
    report: &Report,
    cluster: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let command = match one.severity {
        _ if report.is_failure(one) => "error",
        Severity::Note => "notice",
        _ => "warning",
    };
    let place = one.primary.as_ref();
    let location = place.map(|label| report.sources.location(label.span));
    let title = if one.code.is_of_manifests() {
        one.code.as_str().to_owned()
    } else {
        title(report.command)
    };
    let label = place
        .map(|label| &label.text)
        .filter(|text| !text.is_empty());
    let parts: Vec<_> = std::iter::once(&one.message)
        .chain(label)
        .chain(&one.detail)
        .chain(&one.help)
        .chain(&one.command)
        .map(|text| each_line(text))
        .collect();
    write_command(
        command,
        location.as_ref(),
        true,
        &of(cluster, &title),
        &parts.join("\n"),
        out,
    )
}

fn write_topic(
    topic: &Topic,
    report: &Report,
    cluster: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let command = if topic.fails { "error" } else { "warning" };
    let word = match report.command {
        Some(command) => word(topic.state, command),
        None => topic.state.status(),
    };
    let title = of(cluster, &format!("{}: {word}", topic.name));
    let mut lines = details(topic);
    if lines.is_empty() {
        lines.push(values(topic));
        lines.extend(standing(topic));
    }
    let text = each_line(&lines.join("\n"));
    // The column of a topic is that of its entry and says nothing.
    write_command(command, Some(&topic.location), false, &title, &text, out)
}

fn write_command(
    command: &str,
    location: Option<&Location>,
    column: bool,
    title: &str,
    message: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "::{command} ")?;
    // Standard input is no file of the repository.
    if let Some(location) = location.filter(|location| !location.file.starts_with('<')) {
        let file = location.file.strip_prefix("./").unwrap_or(&location.file);
        write!(out, "file={},line={},", property(file), location.line)?;
        if column {
            write!(out, "col={},", location.column)?;
        }
    }
    writeln!(out, "title={}::{}", property(title), data(message))
}

/// A value of a property: on one line, and without what separates properties.
fn property(text: &str) -> String {
    data(&one_line(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text in which no line is a command, of the old form `##[…]` neither: a runner looks for them
/// in everything that a step prints.
pub fn inert(text: &str) -> String {
    let inert_line = |line: &str| {
        let words = line.trim_start();
        let indent = &line[..line.len() - words.len()];
        match words.strip_prefix("::") {
            Some(rest) => format!("{indent}: :{rest}"),
            None => line.to_owned(),
        }
    };
    let lines: Vec<_> = text.split('\n').map(inert_line).collect();
    lines.join("\n").replace("##[", "## [")
}
