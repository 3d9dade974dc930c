//! The report as workflow commands of GitHub Actions: an annotation at the line of every problem
//! and of every topic that needs attention, with the name of its cluster where there is one.
//!
//! One command a line, whatever is in the values; the last lines are the result in words. What
//! fails the run is an error, the rest a warning or a notice. Topics that are well are left out,
//! all consumer groups are one notice, and what is more than a few hundred is counted: GitHub shows
//! the first ten annotations of a kind.

use std::io::{self, Write};

use super::groups::wording as groups;
use super::rest::{MOST_PROBLEMS, Rest};
use super::summary::{self, Sentence};
use super::wording::{Title, and, details, each_line, one_line, plural, relations, values, word};
use super::{ClusterReport, Report, inert};
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::groups::GroupLags;
use crate::outcome::TopicOutcome;

const MOST_GROUPS: usize = 50;
const MOST_TOPICS: usize = 300;

/// Writes the report, and the whole result in the last line.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let clusters = report.ranked();
    let (problems, rest) = report.told(report.problems(), MOST_PROBLEMS, |one| one.diagnostic);
    for problem in problems {
        let owners = problem.clusters.iter().map(|rank| clusters[*rank]);
        // What is wrong with manifests is not the fault of the only cluster.
        let is_own = report.by_cluster || !problem.diagnostic.code.is_of_manifests();
        let names = owners
            .filter(|_| is_own)
            .filter_map(|one| report.label_of(one));
        let names: Vec<_> = names.map(str::to_owned).collect();
        let owners = (!names.is_empty()).then(|| and(&names));
        write_diagnostic(problem.diagnostic, report, owners.as_deref(), out)?;
    }
    if !rest.is_empty() {
        writeln!(out, "{}", Rest::of(rest.iter().map(|one| one.diagnostic)))?;
    }
    for cluster in &clusters {
        let mut topics = cluster.ranked();
        topics.retain(|topic| cluster.needs_attention(topic));
        for topic in topics.iter().take(MOST_TOPICS) {
            write_topic(topic, cluster, report.label_of(cluster), out)?;
        }
        if let Some(rest) = topics.len().checked_sub(MOST_TOPICS + 1) {
            writeln!(out, "{}, not shown.", plural(rest + 1, "more topic"))?;
        }
        write_groups(cluster, report.label_of(cluster), out)?;
    }
    for cluster in &clusters {
        let result = summary::result(report, cluster);
        write_result(report.label_of(cluster), &result, out)?;
    }
    match report.by_cluster {
        true => write_result(None, &[summary::clusters(report)], out),
        false => Ok(()),
    }
}

/// One notice for all consumer groups: GitHub shows ten of a step.
fn write_groups(
    cluster: &ClusterReport,
    name: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    // Where nothing could be read of any, an error says so.
    let was_read = |groups: &&GroupLags| groups.nothing_read().is_none();
    let Some(lags) = cluster.result.groups.as_ref().filter(was_read) else {
        return Ok(());
    };
    let mut lines = vec![groups::in_short(lags)];
    for group in lags.groups.iter().take(MOST_GROUPS) {
        let text = groups::lines(group).join("\n  ");
        lines.push(format!("{}: {text}", one_line(&group.name)));
    }
    if let Some(rest) = lags.groups.len().checked_sub(MOST_GROUPS + 1) {
        lines.push(format!("{} more in the JSON report", rest + 1));
    }
    let text = each_line(&lines.join("\n"));
    let title = titled(name, "consumer groups");
    write_command("notice", None, false, &title, &text, out)
}

fn write_result(name: Option<&str>, sentences: &[Sentence], out: &mut dyn Write) -> io::Result<()> {
    for sentence in sentences {
        let line = one_line(&titled(name, &sentence.text()));
        writeln!(out, "{}", inert::plain(&line))?;
    }
    Ok(())
}

/// A text with the cluster that it is about before it.
fn titled(cluster: Option<&str>, text: &str) -> String {
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
    let location = place.map(|label| report.context.sources.location(label.span));
    let title = match one.code.is_of_manifests() {
        true => one.code.as_str().to_owned(),
        false => {
            // The cluster stands before it.
            let title = Title {
                label: None,
                ..Title::new(report)
            };
            format!("{title}: {}", one.code)
        }
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
        &titled(cluster, &title),
        &parts.join("\n"),
        out,
    )
}

fn write_topic(
    topic: &TopicOutcome,
    cluster: &ClusterReport,
    name: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let command = match cluster.fails(topic) {
        true => "error",
        false => "warning",
    };
    let word = word(&topic.status, cluster.context.purpose);
    let title = titled(name, &format!("{}: {word}", topic.topic.name));
    let mut lines = details(topic, &cluster.differences(topic));
    if lines.is_empty() {
        lines.push(values(topic));
        lines.extend(relations(topic));
    }
    let text = each_line(&lines.join("\n"));
    let location = cluster.location(topic);
    // The column of a topic is that of its entry and says nothing.
    write_command(command, Some(&location), false, &title, &text, out)
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

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}
