//! The report as GitHub's Markdown, for a comment on a pull request or the summary of a step.
//!
//! The result comes first, then problems, then a table of what is not as declared with the commands
//! that would mend it; topics that match, and consumer groups, are folded away. Several clusters
//! have a section each, those that need attention first, and share the room of one comment.
//! Everything foreign stands in code, where no markup, link or mention is alive; long reports are
//! cut, because a comment holds 65 536 characters.

use std::io::{self, Write};

use super::groups::sentences as groups;
use super::sentences::{
    cluster, each_line, field, one_line, result, standing, title, values, with_values, word,
};
use super::several::Shared;
use super::{Command, Report, Several, State, Topic, Verdict};
use crate::diagnostic::{self, Diagnostic, Sources};
use crate::groups::{Group, Sight};

/// How much of a report there is room for.
#[derive(Clone, Copy)]
struct Room {
    /// Problems with their source lines.
    problems: Part,
    /// Rows of what is not as declared, with their commands.
    topics: Part,
    /// Folded rows of what matches.
    matching: Part,
    /// Folded rows of consumer groups.
    groups: Part,
    /// Folded rows of topics' messages.
    messages: Part,
}

/// How much of a list there is room for: no more than one takes in, and than the comment holds.
#[derive(Clone, Copy)]
struct Part {
    entries: usize,
    characters: usize,
}

/// What one comment holds, less the lines around the lists.
const COMMENT: Room = Room {
    problems: Part::of(30, 14_000),
    topics: Part::of(150, 26_000),
    matching: Part::of(250, 12_000),
    groups: Part::of(100, 7_000),
    messages: Part::of(100, 4_000),
};

/// What the lines around the lists of one cluster take, in thousandths of a comment.
const FRAME: usize = 8;

impl Room {
    /// The room of each of so many clusters, with as much for problems that all of them have.
    fn among(self, clusters: usize) -> Self {
        let left = 1000usize.saturating_sub(FRAME * clusters);
        let share = |part: Part, among: usize| Part {
            entries: part.entries.div_ceil(among),
            characters: part.characters * left / 1000 / among,
        };
        let clusters = clusters.max(1);
        Self {
            problems: share(self.problems, clusters + 1),
            topics: share(self.topics, clusters),
            matching: share(self.matching, clusters),
            groups: share(self.groups, clusters),
            messages: share(self.messages, clusters),
        }
    }
}

impl Part {
    const fn of(entries: usize, characters: usize) -> Self {
        Self {
            entries,
            characters,
        }
    }

    /// How many of the texts there is room for, from the first.
    fn fit<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> usize {
        let mut left = self.characters;
        let fits = |text: &&str| match left.checked_sub(text.chars().count()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let texts = texts.into_iter().take(self.entries);
        texts.take_while(fits).count()
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
    let room = COMMENT.among(several.reports.len());
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
    let Some(command) = report.command.filter(|_| report.lists_topics()) else {
        return Ok(());
    };
    write_topics(report, command, room, out)?;
    match &report.groups {
        Some(sight) => write_groups(sight, room, out),
        None => Ok(()),
    }
}

fn write_problems(problems: &[Problem<'_>], room: Room, out: &mut dyn Write) -> io::Result<()> {
    let texts = problems.iter().map(|(one, sources)| {
        let text = diagnostic::render(one, sources, false);
        format!("\n{}\n", block("text", &text))
    });
    write_list(&texts.collect::<Vec<_>>(), room.problems, "problem", out)
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
        let rows: Vec<_> = others.iter().map(|topic| row(topic, command)).collect();
        let remedies: Vec<_> = others.iter().map(|topic| remedies(topic)).collect();
        let each = rows.iter().zip(&remedies);
        let each: Vec<_> = each
            .map(|(row, remedies)| format!("{row}{remedies}"))
            .collect();
        let shown = room.topics.fit(each.iter().map(String::as_str));
        write!(out, "{}", rows[..shown].concat())?;
        write_rest(rows.len() - shown, "topic", out)?;
        let remedies = remedies[..shown].concat();
        if !remedies.is_empty() {
            let why = "What a person could run; topicctl never changes a topic that exists:";
            writeln!(out, "\n{why}\n\n{}", block("sh", &remedies))?;
        }
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
        let rows = matching.iter().map(|topic| {
            let standing: Vec<_> = standing(topic).iter().map(|text| prose(text)).collect();
            let (name, values) = (code(topic.name.as_str()), prose(&values(topic)));
            format!("| {name} | {values} | {} |\n", standing.join(", "))
        });
        write_list(&rows.collect::<Vec<_>>(), room.matching, "topic", out)?;
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

fn row(topic: &Topic, command: Command) -> String {
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
    format!(
        "| {} | {} | {} | {} |\n",
        word(topic.state, command),
        code(topic.name.as_str()),
        code(&topic.location.to_string()),
        cell.join("<br>")
    )
}

/// Consumer groups and the topics' messages, folded: they are information.
fn write_groups(sight: &Sight, room: Room, out: &mut dyn Write) -> io::Result<()> {
    let summary = groups::in_short(sight);
    writeln!(out, "\n<details><summary>{summary}</summary>")?;
    let rows: Vec<_> = sight.groups.iter().flat_map(group_rows).collect();
    if !rows.is_empty() {
        writeln!(out, "\n| group | | topic | |\n|-|-|-|-|")?;
        write_list(&rows, room.groups, "row", out)?;
    }
    if !sight.topics.is_empty() {
        writeln!(out, "\n| topic | messages, at most |\n|-|-|")?;
        let rows = sight.topics.iter().map(|topic| {
            let messages = prose(&groups::messages(topic).join(", "));
            format!("| {} | {messages} |\n", code(topic.topic.as_str()))
        });
        write_list(&rows.collect::<Vec<_>>(), room.messages, "topic", out)?;
        writeln!(out, "\nAt most, because {}.", groups::GAPS)?;
    }
    writeln!(out, "\n</details>")
}

/// A row for each topic of a group, or one where nothing is told of them.
fn group_rows(group: &Group) -> Vec<String> {
    let head = std::iter::once(groups::word(group).to_owned());
    let head = head.chain(groups::members(group)).collect::<Vec<_>>();
    let reason = groups::reason(group).map(prose);
    let (name, head) = (code(&group.name), head.join(", "));
    let row = |topic: String, text: String| format!("| {name} | {head} | {topic} | {text} |\n");
    let readings = groups::readings(group).iter().map(|reading| {
        let phrases = prose(&groups::phrases(reading, group).join(", "));
        let texts = reason.iter().cloned().chain([phrases]);
        let text = texts.collect::<Vec<_>>().join("<br>");
        row(code(reading.topic.as_str()), text)
    });
    let mut rows: Vec<_> = readings.collect();
    if rows.is_empty() {
        rows.push(row(String::new(), reason.clone().unwrap_or_default()));
    }
    rows
}

/// The commands for one topic, a line each.
fn remedies(topic: &Topic) -> String {
    let differences = topic.mismatches.iter();
    let remedies = differences.filter_map(|difference| difference.remedy.as_deref());
    remedies
        .map(|text| format!("{}\n", one_line(text)))
        .collect()
}

/// As many of the texts as there is room for, and how many there are more.
fn write_list(texts: &[String], room: Part, word: &str, out: &mut dyn Write) -> io::Result<()> {
    let shown = room.fit(texts.iter().map(String::as_str));
    write!(out, "{}", texts[..shown].concat())?;
    write_rest(texts.len() - shown, word, out)
}

/// What was cut off.
fn write_rest(rest: usize, word: &str, out: &mut dyn Write) -> io::Result<()> {
    match rest {
        0 => Ok(()),
        1 => writeln!(out, "\n1 more {word} is in the JSON report."),
        rest => writeln!(out, "\n{rest} more {word}s are in the JSON report."),
    }
}

/// A code block, with a fence that its text cannot close.
fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", each_line(text))
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
