//! The report as GitHub's Markdown, for a comment on a pull request or the summary of a step.
//!
//! The result comes first, then problems, then a table of what is not as declared with the commands
//! that would mend it; topics that match are folded away. Everything foreign stands in code, where
//! no markup, link or mention is alive; long reports are cut, because a comment holds 65 536
//! characters.

use std::io::{self, Write};

use super::sentences::{
    each_line, field, one_line, result, standing, title, values, with_values, word,
};
use super::text::lists_topics;
use super::{Command, Report, State, Topic};
use crate::diagnostic;

/// Rows of the table of what is not as declared.
const MOST_ROWS: usize = 150;
/// Problems with their source lines.
const MOST_PROBLEMS: usize = 30;
/// Folded rows of what matches.
const MOST_MATCHING: usize = 250;

/// Writes the report.
///
/// # Errors
/// Where the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut sentences = result(report).into_iter();
    let first = sentences.next().unwrap_or_default();
    writeln!(out, "**{}**: {}", title(report), prose(&first))?;
    for sentence in sentences {
        writeln!(out, "{}", prose(&sentence))?;
    }
    if let Some(cluster) = &report.cluster {
        let id = cluster.identity.id.as_deref().unwrap_or("no cluster id");
        let (label, id) = (code(&cluster.label), code(id));
        let brokers = cluster.identity.broker_count();
        let s = if brokers == 1 { "" } else { "s" };
        writeln!(out, "\n{label} ({id}), {brokers} broker{s}")?;
    }
    write_problems(report, out)?;
    match report.command {
        Some(command) if lists_topics(report) => write_topics(report, command, out),
        _ => Ok(()),
    }
}

fn write_problems(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut problems: Vec<_> = report.diagnostics.iter().collect();
    problems.sort_by_key(|one| !report.is_failure(one));
    for one in problems.iter().take(MOST_PROBLEMS) {
        let text = diagnostic::render(one, &report.sources, false);
        writeln!(out)?;
        write_block("text", &text, out)?;
    }
    write_rest(problems.len(), MOST_PROBLEMS, "problem", out)
}

fn write_topics(report: &Report, command: Command, out: &mut dyn Write) -> io::Result<()> {
    let (matching, others): (Vec<_>, Vec<_>) = report
        .ranked()
        .into_iter()
        .partition(|topic| topic.state == State::Matching);
    if !others.is_empty() {
        writeln!(out, "\n| | topic | declared in | |\n|-|-|-|-|")?;
        for topic in others.iter().take(MOST_ROWS) {
            write_row(topic, command, out)?;
        }
        write_rest(others.len(), MOST_ROWS, "topic", out)?;
        write_remedies(&others, out)?;
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
        for topic in matching.iter().take(MOST_MATCHING) {
            let standing: Vec<_> = standing(topic).iter().map(|text| prose(text)).collect();
            writeln!(
                out,
                "| {} | {} | {} |",
                code(topic.name.as_str()),
                prose(&values(topic)),
                standing.join(", ")
            )?;
        }
        write_rest(count, MOST_MATCHING, "topic", out)?;
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

fn write_remedies(topics: &[&Topic], out: &mut dyn Write) -> io::Result<()> {
    let remedies: Vec<_> = topics
        .iter()
        .take(MOST_ROWS)
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
