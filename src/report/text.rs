//! The report for people: what needs attention first, one line a topic, the result in the last
//! line. Laid out for 80 columns; colour only repeats what words already say.

mod several;

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use textwrap::WordSplitter;

use super::sentences::{Values, cluster, field, phrases, short_standing, shortened, word};
use super::{Command, Difference, Report, State, Summary, Topic, Volume, groups};
use crate::diagnostic::{self, Diagnostic, Severity, WIDTH, printable};
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
/// Between columns.
const GAP: usize = 3;

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
            if at + 1 < report.diagnostics.len() || lists_topics(report) {
                writeln!(out)?;
            }
        }
    }
    Ok(())
}

/// Whether it belongs to the manifests and not to this run.
fn is_counted(one: &Diagnostic) -> bool {
    one.code.is_of_manifests() || one.primary.is_some()
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

/// How many problems the manifests have, and what that means for the run; `None` without any.
pub(super) fn counting_line(report: &Report) -> Option<String> {
    let manifests: Vec<_> = report
        .diagnostics
        .iter()
        .filter(|one| is_counted(one))
        .collect();
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
        writeln!(out, "help: {help}")?;
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

/// The line of a topic.
struct Row<'a> {
    word: &'static str,
    color: Option<AnsiColor>,
    name: &'a str,
    /// Where it is declared, for those that need attention; else what is declared.
    about: About,
    /// What it is to its family and to us.
    standing: String,
}

enum About {
    Place(String),
    Values(Values),
    Nothing,
}

impl<'a> Row<'a> {
    fn of(topic: &'a Topic, report: &Report, layout: Layout) -> Self {
        let command = report.command.unwrap_or(Command::Verify);
        let word = word(topic.state, command);
        let attention = report.needs_attention(topic) || word == "missing";
        let color = match topic.state {
            _ if topic.fails => Some(AnsiColor::Red),
            _ if attention => Some(AnsiColor::Yellow),
            State::ToCreate | State::Created => Some(AnsiColor::Green),
            State::Accepted => Some(AnsiColor::Blue),
            _ => None,
        };
        let about = if attention || topic.state == State::Unknown {
            About::Place(printable(&topic.location.to_string()).into_owned())
        } else if matches!(topic.state, State::ToCreate | State::Created) || layout.verbose {
            let mut values = Values::of(topic);
            values.retention = printable(&values.retention).into_owned();
            About::Values(values)
        } else {
            About::Nothing
        };
        Self {
            word,
            color,
            name: topic.name.as_str(),
            about,
            standing: short_standing(topic),
        }
    }

    fn write(&self, columns: Columns, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
        let word = match self.color {
            Some(color) => painted(self.word, color, layout),
            None => self.word.to_owned(),
        };
        let padding = " ".repeat(10usize.saturating_sub(self.word.len()));
        let mut line = format!("  {word}{padding}{}", self.name);
        let mut at = NAME_COLUMN + self.name.len();
        let about = columns.about(&self.about);
        let about_column = columns.about_column();
        let mut cells = Vec::new();
        let mut next = about_column;
        if !about.is_empty() {
            cells.push((next, about.as_str()));
            next += columns.about_width(&self.about) + GAP;
        }
        if !self.standing.is_empty() {
            cells.push((next, &self.standing));
        }
        for (column, cell) in cells {
            let length = cell.trim_end().chars().count();
            // What has no room beside what stands before goes below.
            if column < at + GAP || column + length > WIDTH {
                writeln!(out, "{}", line.trim_end())?;
                let column = match about_column + length {
                    end if end > WIDTH => NAME_COLUMN,
                    _ => about_column,
                };
                line = " ".repeat(column);
                at = column;
            } else {
                line.push_str(&" ".repeat(column - at));
                at = column;
            }
            line.push_str(cell.trim_end());
            at += length;
        }
        writeln!(out, "{}", line.trim_end())
    }
}

/// How wide the columns are, so that most rows take one line.
#[derive(Clone, Copy, Default)]
struct Columns {
    name: usize,
    place: usize,
    values: ValueWidths,
}

impl Columns {
    fn of(rows: &[Row<'_>]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            match &row.about {
                About::Place(place) => columns.place = columns.place.max(place.chars().count()),
                About::Values(values) => columns.values.widen(values),
                About::Nothing => {}
            }
        }
        // One name that is longer than all others would push every row apart.
        let fits = |width: usize| {
            let fits = |row: &&Row<'_>| {
                let about = columns.about(&row.about).trim_end().chars().count();
                row.name.len() <= width && NAME_COLUMN + width + GAP + about <= WIDTH
            };
            rows.iter().filter(fits).count()
        };
        let longest = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let best = (1..=longest.min(WIDTH))
            .rev()
            .max_by_key(|width| (fits(*width), longest - width));
        columns.name = best.filter(|width| fits(*width) > 0).unwrap_or(0);
        columns
    }

    fn about_column(self) -> usize {
        match self.name {
            0 => NAME_COLUMN,
            name => NAME_COLUMN + name + GAP,
        }
    }

    fn about(self, about: &About) -> String {
        match about {
            About::Place(place) => place.clone(),
            About::Values(values) => self.values.aligned(values),
            About::Nothing => String::new(),
        }
    }

    fn about_width(self, about: &About) -> usize {
        match about {
            About::Place(_) => self.place,
            About::Values(_) => self.values.total(),
            About::Nothing => 0,
        }
    }
}

/// The parts of [`Values`], each as wide as the widest.
#[derive(Clone, Copy, Default)]
struct ValueWidths {
    count: usize,
    partitions: usize,
    replication: usize,
    retention: usize,
}

impl ValueWidths {
    fn widen(&mut self, values: &Values) {
        if values.is_default() {
            return;
        }
        self.count = self.count.max(values.count.len());
        self.partitions = self.partitions.max(values.partitions.len() + 1);
        self.replication = self.replication.max(values.replication.len() + 1);
        self.retention = self.retention.max(values.retention.len());
    }

    fn aligned(self, values: &Values) -> String {
        let Self {
            count,
            partitions,
            replication,
            ..
        } = self;
        // Words among numbers would only push these apart.
        if values.is_default() {
            return values.to_string();
        }
        let comma = if values.retention.is_empty() { "" } else { "," };
        format!(
            "{:>count$} {:<partitions$} {:<replication$} {}",
            values.count,
            format!("{},", values.partitions),
            format!("{}{comma}", values.replication),
            values.retention,
        )
    }

    fn total(self) -> usize {
        self.count + 1 + self.partitions + 1 + self.replication + 1 + self.retention
    }
}

/// What is below the line of a topic.
fn write_details(
    topic: &Topic,
    command: Command,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    // What is accepted was decided once, and is no news.
    let told: Vec<_> = topic
        .mismatches
        .iter()
        .filter(|_| layout.verbose || topic.state != State::Accepted)
        .collect();
    let longest = told.iter().map(|one| field(one).len()).max().unwrap_or(0);
    let detail = Detail {
        width: (longest + 2).max(16),
        // What plan tells is what will be done; of these, nothing.
        brief: !layout.verbose && is_ahead(command),
        layout,
    };
    for difference in told {
        detail.write(difference, out)?;
    }
    // What could not be read is told of all such topics together, as a problem.
    let told_before = topic.state == State::Unknown && !layout.verbose;
    if let Some(error) = topic.error.as_ref().filter(|_| !told_before) {
        write_wrapped(error, NAME_COLUMN, NAME_COLUMN, out)?;
    }
    Ok(())
}

/// Whether the command tells what would be done.
fn is_ahead(command: Command) -> bool {
    matches!(command, Command::Plan | Command::Apply { dry_run: true })
}

/// How a difference is laid out.
#[derive(Clone, Copy)]
struct Detail {
    width: usize,
    brief: bool,
    layout: Layout,
}

impl Detail {
    fn write(self, difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
        let shown = |value: &str| match self.layout.verbose {
            true => value.to_owned(),
            false => shortened(value),
        };
        let mut phrases = phrases(difference, !self.brief, shown);
        let verbose = self.layout.verbose;
        if difference.accepted.is_some() && !verbose {
            phrases.push("accepted".to_owned());
        }
        let below = NAME_COLUMN + 2;
        let lead = " ".repeat(NAME_COLUMN);
        let field = printable(field(difference));
        let longest = phrases.iter().map(|one| one.chars().count() + 1).max();
        let column = NAME_COLUMN + self.width;
        if column + longest.unwrap_or(0) > WIDTH {
            writeln!(out, "{lead}{field}")?;
            write_phrases(" ".repeat(below), below, &phrases, out)?;
        } else {
            let lead = format!("{lead}{field:<width$}", width = self.width);
            write_phrases(lead, column, &phrases, out)?;
        }
        // What no command mends is explained with the line to change.
        let surprising = difference.declared_elsewhere && difference.remedy.is_some();
        if verbose || (surprising && !self.brief && difference.accepted.is_none()) {
            let by = format!("declared by {}", difference.declared_by);
            write_wrapped(&by, below, below + 2, out)?;
        }
        if let Some(reason) = &difference.accepted {
            return match verbose {
                true => write_wrapped(&format!("accepted: {reason}"), below, below + 2, out),
                false => Ok(()),
            };
        }
        if self.brief {
            return Ok(());
        }
        if let Some(advice) = &difference.advice {
            write_wrapped(advice, below, below, out)?;
        }
        if let Some(remedy) = &difference.remedy {
            // To be copied: on a line of its own, however long.
            writeln!(out, "{}{remedy}", " ".repeat(below))?;
        }
        Ok(())
    }
}

/// Phrases behind a lead, with commas between them; a line ends between two of them where that is
/// enough.
fn write_phrases(
    lead: String,
    column: usize,
    phrases: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = lead;
    let mut begun = false;
    for (index, phrase) in phrases.iter().enumerate() {
        let comma = if index + 1 < phrases.len() { "," } else { "" };
        let phrase = format!("{}{comma}", printable(phrase));
        let gap = usize::from(begun);
        if begun && line.chars().count() + gap + phrase.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            line = " ".repeat(column);
        } else if begun {
            line.push(' ');
        }
        line.push_str(&phrase);
        begun = true;
    }
    writeln!(out, "{}", line.trim_end())
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
            let new = report.to_create();
            if new.topics > 0 {
                parts.push(format!("{} to create ({})", new.topics, volume(new)));
            }
            parts.extend(counted(summary.matching, "matched"));
            parts.extend(counted(summary.mismatched, "mismatched"));
            parts.extend(counted(summary.accepted, "accepted"));
            parts.extend(counted(summary.missing - new.topics, "missing"));
            parts.extend(counted(summary.unknown, "unknown"));
            let line = format!("{declared} declared: {}.", parts.join(", "));
            let so = match command {
                Command::Apply { .. } if new.topics > 0 => {
                    "The broker would accept what is new. Nothing was created."
                }
                _ if new.topics == 0 => "There is nothing to create.",
                _ => "Nothing that exists will be changed.",
            };
            format!("{line}\n{so}")
        }
        Command::Apply { dry_run: false } => applied(report, summary, &time),
    }
}

fn applied(report: &Report, summary: Summary, time: &str) -> String {
    let settled = report.settled;
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
    let ready = if ready == summary.declared && settled && report.usable {
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

fn closing_help(report: &Report, command: Command, layout: Layout) -> Option<&'static str> {
    let has = |state| report.topics.iter().any(|topic| topic.state == state);
    let missing = has(State::ToCreate);
    let external = has(State::Missing);
    match (command, missing, has(State::Mismatched)) {
        (Command::Verify, true, true) => {
            Some("`topicctl apply` creates what is missing; mismatches are yours to decide")
        }
        (Command::Verify, true, false) => Some("`topicctl apply` creates what is missing"),
        (_, _, true) if is_ahead(command) && !layout.verbose => {
            Some("mismatches are yours to decide; `topicctl verify` tells what mends them")
        }
        (_, _, true) => {
            Some("topicctl never changes a topic that exists; mismatches are yours to decide")
        }
        _ if external => Some("an external topic is created by its owner, and never here"),
        _ => None,
    }
}

/// Partitions and replicas of new topics.
fn volume(new: Volume) -> String {
    let count =
        |number: u64, word: &str| plural(usize::try_from(number).unwrap_or(usize::MAX), word);
    let partitions = count(new.partitions, "partition");
    match (new.is_exact, new.replicas) {
        (false, _) if new.partitions == 0 => {
            "as many partitions as the broker's default".to_owned()
        }
        (false, _) => format!("{partitions} and the broker's default"),
        (true, Some(replicas)) => format!("{partitions}, {}", count(replicas, "replica")),
        (true, None) => partitions,
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
