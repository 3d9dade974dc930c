//! The report as GitHub's Markdown, for a comment on a pull request or the summary of a step.
//!
//! The result comes first, then problems, then a table of what is not as declared with the commands
//! that would mend it; topics that match are folded away. Several clusters have a section each,
//! those that need attention first, and share the room of one comment. Everything foreign stands in code, where
//! no markup, link or mention is alive; long reports are cut, because a comment holds 65 536
//! characters.

use std::io::{self, Write};

use super::sentences::{
    cluster, each_line, field, one_line, result, standing, title, values, with_values, word,
};
use super::several::Shared;
use super::text::lists_topics;
use super::{Command, Report, Several, State, Topic, Verdict};
use crate::diagnostic::{self, Diagnostic, Sources};

/// How much there is room for.
#[derive(Clone, Copy)]
struct Room {
    /// Rows of the table of what is not as declared.
    rows: usize,
    /// Problems with their source lines.
    problems: usize,
    /// Folded rows of what matches.
    matching: usize,
}

/// What one comment holds.
const COMMENT: Room = Room {
    rows: 150,
    problems: 30,
    matching: 250,
};

impl Room {
    /// The part of one of so many.
    fn among(self, count: usize) -> Self {
        let part = |room: usize| room.div_ceil(count.max(1));
        Self {
            rows: part(self.rows),
            problems: part(self.problems),
            matching: part(self.matching),
        }
    }
}

/// Writes the report.
///
/// # Errors
/// Where the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let name = report.cluster_name.as_deref();
    let name = name.map(|name| format!(" {}", code(name)));
    let name = name.unwrap_or_default();
    write!(out, "**{}**{name}: ", title(report.command))?;
    let mut problems: Vec<_> = report.diagnostics.iter().collect();
    problems.sort_by_key(|one| !report.is_failure(one));
    let problems = problems.into_iter().map(|one| (one, &report.sources));
    write_report(report, &problems.collect::<Vec<_>>(), COMMENT, out)
}

/// Writes the reports of several clusters.
///
/// # Errors
/// Where the writer fails.
pub fn write_several(several: &Several, out: &mut dyn Write) -> io::Result<()> {
    let (title, sentence) = (title(Some(several.command)), several.sentence());
    writeln!(out, "**{title}**: {}", prose(&sentence))?;
    let room = COMMENT.among(several.reports.len() + 1);
    let problems = several.problems();
    let of_all = problems.iter().filter(|one| one.clusters.is_empty());
    write_problems(&of_all.map(Shared::problem).collect::<Vec<_>>(), room, out)?;
    for report in several.ranked() {
        let (called, verdict) = (report.called(), Verdict::on(report));
        let verdict = verdict.word(1, several.command);
        writeln!(out, "\n### {}: {verdict}\n", code(called))?;
        let own = problems.iter().filter(|one| one.clusters.contains(&called));
        write_report(
            report,
            &own.map(Shared::problem).collect::<Vec<_>>(),
            room,
            out,
        )?;
    }
    Ok(())
}

/// A problem, and the texts that it points into.
type Problem<'a> = (&'a Diagnostic, &'a Sources);

fn write_report(
    report: &Report,
    problems: &[Problem<'_>],
    room: Room,
    out: &mut dyn Write,
) -> io::Result<()> {
    for sentence in result(report) {
        writeln!(out, "{}", prose(&sentence))?;
    }
    if let Some(cluster) = cluster(report, code) {
        writeln!(out, "\n{cluster}")?;
    }
    write_problems(problems, room, out)?;
    match report.command {
        Some(command) if lists_topics(report) => write_topics(report, command, room, out),
        _ => Ok(()),
    }
}

fn write_problems(problems: &[Problem<'_>], room: Room, out: &mut dyn Write) -> io::Result<()> {
    for (one, sources) in problems.iter().take(room.problems) {
        let text = diagnostic::render(one, sources, false);
        writeln!(out)?;
        write_block("text", &text, out)?;
    }
    write_rest(problems.len(), room.problems, "problem", out)
}

fn write_topics(
    report: &Report,
    command: Command,
    room: Room,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (matching, others): (Vec<_>, Vec<_>) = report
        .ranked()
        .into_iter()
        .partition(|topic| topic.state == State::Matching);
    if !others.is_empty() {
        writeln!(out, "\n| | topic | declared in | |\n|-|-|-|-|")?;
        for topic in others.iter().take(room.rows) {
            write_row(topic, command, out)?;
        }
        write_rest(others.len(), room.rows, "topic", out)?;
        write_remedies(&others, room, out)?;
    }
    if !matching.is_empty() {
        let count = matching.len();
        let s = if count == 1 { "" } else { "s" };
        let what = match command {
            command if command.is_offline() => "declared",
            _ => "as declared",
        };
        writeln!(
            out,
            "\n<details><summary>{count} topic{s} {what}</summary>\n"
        )?;
        writeln!(out, "| topic | values | |\n|-|-|-|")?;
        for topic in matching.iter().take(room.matching) {
            let standing: Vec<_> = standing(topic).iter().map(|text| prose(text)).collect();
            writeln!(
                out,
                "| {} | {} | {} |",
                code(topic.name.as_str()),
                prose(&values(topic)),
                standing.join(", ")
            )?;
        }
        write_rest(count, room.matching, "topic", out)?;
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

fn write_row(topic: &Topic, command: Command, out: &mut dyn Write) -> io::Result<()> {
    let mut cell = Vec::new();
    for difference in &topic.mismatches {
        let text = with_values(difference, code);
        cell.push(format!("{}: {text}", code(field(difference))));
        let accepted = difference.accepted.iter();
        cell.extend(accepted.map(|reason| format!("accepted: {}", code(reason))));
        cell.extend(difference.advice.iter().map(|advice| prose(advice)));
    }
    cell.extend(topic.error.iter().map(|error| code(error)));
    if cell.is_empty() {
        cell.push(prose(&values(topic)));
    }
    cell.extend(standing(topic).iter().map(|text| prose(text)));
    writeln!(
        out,
        "| {} | {} | {} | {} |",
        word(topic.state, command),
        code(topic.name.as_str()),
        code(&topic.location.to_string()),
        cell.join("<br>")
    )
}

fn write_remedies(topics: &[&Topic], room: Room, out: &mut dyn Write) -> io::Result<()> {
    let remedies: Vec<_> = topics
        .iter()
        .take(room.rows)
        .flat_map(|topic| &topic.mismatches)
        .filter_map(|difference| difference.remedy.as_deref())
        .map(one_line)
        .collect();
    if remedies.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nWhat a person could run; topicctl never changes a topic that exists:\n"
    )?;
    write_block("sh", &remedies.join("\n"), out)
}

/// What was cut off.
fn write_rest(count: usize, most: usize, word: &str, out: &mut dyn Write) -> io::Result<()> {
    match count.saturating_sub(most) {
        0 => Ok(()),
        1 => writeln!(out, "\n1 more {word} is in the JSON report."),
        rest => writeln!(out, "\n{rest} more {word}s are in the JSON report."),
    }
}

/// A code block, with a fence that its text cannot close.
fn write_block(language: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    writeln!(out, "{fence}{language}\n{}\n{fence}", each_line(text))
}

fn longest_run(text: &str, of: char) -> usize {
    let others = text.split(|c| c != of).map(str::len);
    others.max().unwrap_or(0)
}

/// A foreign text in one line of code, also within a table. What is plain stays readable in the
/// source; the rest is written in references to characters, which are never markup.
fn code(text: &str) -> String {
    let text = one_line(text);
    let odd = |c: char| matches!(c, '`' | '|' | '\\');
    if text.contains(odd) || text.trim() != text || text.is_empty() {
        format!("<code>{}</code>", references(&text))
    } else {
        format!("`{text}`")
    }
}

/// A sentence of ours. Names and numbers are all that is foreign in it, but that is not taken on
/// trust.
fn prose(text: &str) -> String {
    let text = one_line(text);
    let harmless = |c: char| !c.is_ascii_punctuation() || ".,;:()%-'/".contains(c);
    // A colon and a dot make links of what follows them.
    if text.chars().all(harmless) && !text.contains("://") && !text.contains("www.") {
        text
    } else {
        code(&text)
    }
}

fn references(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            written.push_str(&format!("&#{};", u32::from(c)));
        } else {
            written.push(c);
        }
    }
    written
}
