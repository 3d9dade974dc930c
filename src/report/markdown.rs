//! The report as GitHub's Markdown, for a comment on a pull request or the summary of a step.
//!
//! The result comes first, then problems, then a table of what is not as declared with the commands
//! that would fix it; topics that match, and consumer groups, are folded away. Several clusters
//! have a section each, those that need attention first, and share the room of one comment.
//! Everything untrusted stands in code, where no markup, link or mention is alive; long reports are
//! cut, because a comment holds 65 536 characters.

use std::io::{self, Write};

use super::groups::wording as groups;
use super::rest::Rest;
use super::wording::{
    ClusterLine, Title, each_line, field, one_line, plural, relations, values, verdict,
    with_values, word,
};
use super::{ClusterReport, Report, summary};
use crate::context::Purpose;
use crate::diagnostic::{self, Diagnostic};
use crate::groups::{Group, GroupLags};
use crate::layout::Layout;
use crate::outcome::{Status, TopicOutcome};

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

pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let title = Title::new(report);
    write!(out, "**{}**", title.command)?;
    if let Some(label) = title.label {
        write!(out, " {}", code(label))?;
    }
    if let Some(profile) = title.profile {
        write!(out, ", profile {}", code(profile))?;
    }
    if !report.by_cluster {
        return report
            .clusters
            .iter()
            .try_for_each(|cluster| write_cluster(report, cluster, out));
    }
    let room = COMMENT.among(report.clusters.len());
    writeln!(out, ": {}", prose(&summary::clusters(report).text()))?;
    let problems = report.problems();
    let shared = problems.iter().filter(|one| one.clusters.is_empty());
    let shared: Vec<_> = shared.map(|one| one.diagnostic).collect();
    write_problems(report, &shared, room, out)?;
    for (rank, cluster) in report.ranked().into_iter().enumerate() {
        let name = code(cluster.target.display_name());
        writeln!(out, "\n### {name}: {}\n", verdict(cluster))?;
        let own = problems.iter().filter(|one| one.clusters.contains(&rank));
        let own: Vec<_> = own.map(|one| one.diagnostic).collect();
        write_parts(report, cluster, &own, room, out)?;
    }
    Ok(())
}

/// The only cluster, which has all of the comment.
fn write_cluster(report: &Report, cluster: &ClusterReport, out: &mut dyn Write) -> io::Result<()> {
    write!(out, ": ")?;
    let mut problems: Vec<_> = cluster.diagnostics.iter().collect();
    problems.sort_by_key(|one| !report.is_failure(one));
    write_parts(report, cluster, &problems, COMMENT, out)
}

fn write_parts(
    report: &Report,
    cluster: &ClusterReport,
    problems: &[&Diagnostic],
    room: Room,
    out: &mut dyn Write,
) -> io::Result<()> {
    for sentence in summary::result(report, cluster) {
        writeln!(out, "{}", prose(&sentence.text()))?;
    }
    if let Some(line) = ClusterLine::new(cluster, code) {
        writeln!(out, "\n{line}")?;
    }
    write_problems(report, problems, room, out)?;
    if !cluster.lists_topics() {
        return Ok(());
    }
    write_topics(cluster, room, out)?;
    match &cluster.result.groups {
        Some(groups) => write_groups(groups, room, out),
        None => Ok(()),
    }
}

fn write_problems(
    report: &Report,
    problems: &[&Diagnostic],
    room: Room,
    out: &mut dyn Write,
) -> io::Result<()> {
    let texts = problems.iter().take(room.problems.entries).map(|one| {
        let text = diagnostic::render(one, &report.context.sources, Layout::default());
        format!("\n{}\n", block("text", &text))
    });
    let texts: Vec<_> = texts.collect();
    let shown = room.problems.fit(texts.iter().map(String::as_str));
    write!(out, "{}", texts[..shown].concat())?;
    match &problems[shown..] {
        [] => Ok(()),
        rest => writeln!(out, "\n{}", Rest::of(rest.iter().copied())),
    }
}

fn write_topics(cluster: &ClusterReport, room: Room, out: &mut dyn Write) -> io::Result<()> {
    let (matching, others): (Vec<_>, Vec<_>) = cluster
        .ranked()
        .into_iter()
        .partition(|topic| matches!(topic.status, Status::Matching | Status::Declared));
    if !others.is_empty() {
        writeln!(out, "\n| | topic | declared in | |\n|-|-|-|-|")?;
        let (rows, remedies): (Vec<_>, Vec<_>) = others
            .iter()
            .map(|topic| row_and_remedies(topic, cluster))
            .unzip();
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
        let topics = plural(matching.len(), "topic");
        let what = match cluster.context.purpose {
            Purpose::Offline => "declared",
            _ => "as declared",
        };
        writeln!(out, "\n<details><summary>{topics} {what}</summary>\n")?;
        writeln!(out, "| topic | values | |\n|-|-|-|")?;
        let rows = matching.iter().map(|topic| {
            let relations: Vec<_> = relations(topic).iter().map(|text| prose(text)).collect();
            let (name, values) = (code(topic.topic.name.as_str()), prose(&values(topic)));
            format!("| {name} | {values} | {} |\n", relations.join(", "))
        });
        write_list(&rows.collect::<Vec<_>>(), room.matching, "topic", out)?;
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

/// The row of a topic, and the commands for it, a line each.
fn row_and_remedies(topic: &TopicOutcome, cluster: &ClusterReport) -> (String, String) {
    let mut cell = Vec::new();
    let mut remedies = String::new();
    for difference in cluster.differences(topic) {
        let text = with_values(&difference, code);
        cell.push(format!("{}: {text}", code(field(&difference))));
        let accepted = difference.accepted.iter();
        cell.extend(accepted.map(|reason| format!("accepted: {}", code(reason))));
        if let Some(advice) = &difference.advice {
            cell.push(prose(&advice.text));
            cell.extend(advice.yaml.iter().map(|yaml| code(yaml)));
        }
        let remedy = difference.remedy.iter();
        remedies.extend(remedy.map(|text| format!("{}\n", one_line(text))));
    }
    cell.extend(topic.error().map(|error| code(&error)));
    if cell.is_empty() {
        cell.push(prose(&values(topic)));
    }
    cell.extend(relations(topic).iter().map(|text| prose(text)));
    let row = format!(
        "| {} | {} | {} | {} |\n",
        word(&topic.status, cluster.context.purpose),
        code(topic.topic.name.as_str()),
        code(&cluster.location(topic).to_string()),
        cell.join("<br>")
    );
    (row, remedies)
}

/// Consumer groups and the topics' messages, folded: they are information.
fn write_groups(lags: &GroupLags, room: Room, out: &mut dyn Write) -> io::Result<()> {
    let summary = groups::in_short(lags);
    writeln!(out, "\n<details><summary>{summary}</summary>")?;
    let rows: Vec<_> = lags.groups.iter().flat_map(group_rows).collect();
    if !rows.is_empty() {
        writeln!(out, "\n| group | | topic | |\n|-|-|-|-|")?;
        write_list(&rows, room.groups, "row", out)?;
    }
    if !lags.topics.is_empty() {
        writeln!(out, "\n| topic | messages, at most |\n|-|-|")?;
        let rows = lags.topics.iter().map(|topic| {
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
    let topics = groups::topic_lags(group).iter().map(|lag| {
        let phrases = prose(&groups::phrases(lag, group).join(", "));
        let texts = reason.iter().cloned().chain([phrases]);
        let text = texts.collect::<Vec<_>>().join("<br>");
        row(code(lag.topic.as_str()), text)
    });
    let mut rows: Vec<_> = topics.collect();
    if rows.is_empty() {
        rows.push(row(String::new(), reason.clone().unwrap_or_default()));
    }
    rows
}

/// As many of the texts as there is room for, and how many there are more.
fn write_list(texts: &[String], room: Part, word: &str, out: &mut dyn Write) -> io::Result<()> {
    let shown = room.fit(texts.iter().map(String::as_str));
    write!(out, "{}", texts[..shown].concat())?;
    write_rest(texts.len() - shown, word, out)
}

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

/// An untrusted text in one line of code, also within a table. What is plain stays readable in the
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

/// A sentence of ours. Names and numbers are all that is untrusted in it, but that is not taken on
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
