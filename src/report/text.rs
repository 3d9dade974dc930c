//! The report for people: what needs attention first, one line a topic, the result in the last
//! line. Color only repeats what words already say.

mod details;
pub(super) mod layout;
mod rows;

use std::collections::BTreeSet;
use std::io::{self, Write};

use self::details::write_details;
use self::layout::{write_phrases, write_wrapped};
use self::rows::{Columns, Row};
use super::rest::{MOST_PROBLEMS, Rest};
use super::summary::{self, Sentence, is_counted, problem_count};
use super::wording::{ClusterLine, and, verdict};
use super::{ClusterReport, Report, groups};
use crate::context::Purpose;
use crate::diagnostic::{self, Severity, printable};
use crate::exit::Verdict;
use crate::layout::Layout;
use crate::outcome::{Status, TopicOutcome};
use crate::remedy::quoted;

/// Writes all of it as in a log, problems first.
pub fn write(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    write_problems(report, layout, out)?;
    write_result(report, layout, out)
}

/// Writes the problems, and what they mean for the run. Those of single clusters stand below their
/// names.
pub fn write_problems(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let mut all = report.problems();
    all.retain(|one| !layout.quiet || one.diagnostic.severity != Severity::Note);
    let (problems, rest) = report.told(all, MOST_PROBLEMS, |one| one.diagnostic);
    let clusters = report.ranked();
    let last_counted = problems.iter().rposition(|one| is_counted(one.diagnostic));
    let lists_topics = clusters.iter().any(|one| one.lists_topics());
    let mut owners = Vec::new();
    for (at, problem) in problems.iter().enumerate() {
        if report.by_cluster && problem.clusters != owners {
            owners.clone_from(&problem.clusters);
            let names = owners.iter().map(|at| clusters[*at].target.display_name());
            let names: Vec<_> = names.map(str::to_owned).collect();
            write_wrapped(&format!("{}:", and(&names)), 0, 2, layout, out)?;
            writeln!(out)?;
        }
        let sources = &report.context.sources;
        let text = diagnostic::render(problem.diagnostic, sources, layout);
        writeln!(out, "{text}\n")?;
        if at + 1 == problems.len() && !rest.is_empty() {
            let rest = Rest::of(rest.iter().map(|one| one.diagnostic));
            write_wrapped(&rest.to_string(), 0, 0, layout, out)?;
            writeln!(out)?;
        }
        if !report.by_cluster && Some(at) == last_counted {
            write_count(report, layout, out)?;
            if at + 1 < problems.len() || lists_topics {
                writeln!(out)?;
            }
        }
    }
    match report.by_cluster {
        true => write_counts(report, &clusters, layout, out),
        false => Ok(()),
    }
}

fn write_count(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let Some(count) = report
        .clusters
        .first()
        .and_then(|one| problem_count(report, one))
    else {
        return Ok(());
    };
    write_wrapped(&count.text(), 0, 0, layout, out)?;
    let problems = report.problems().into_iter().map(|one| one.diagnostic);
    let failing = problems.filter(|one| one.code.is_of_manifests() && report.is_failure(one));
    let codes: BTreeSet<_> = failing.map(|one| one.code).collect();
    match codes.first() {
        Some(_) if layout.quiet => Ok(()),
        None => Ok(()),
        Some(code) if codes.len() == 1 => writeln!(out, "`topicctl explain {code}` says more."),
        Some(_) => writeln!(out, "`topicctl explain CODE` says more of each."),
    }
}

/// One line for all clusters where it is the same.
fn write_counts(
    report: &Report,
    clusters: &[&ClusterReport],
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let count = |cluster: &&ClusterReport| problem_count(report, cluster).map(|one| one.text());
    let counts: Vec<_> = clusters.iter().map(count).collect();
    if let [Some(first), others @ ..] = counts.as_slice()
        && others.iter().all(|count| count.as_ref() == Some(first))
    {
        return write_wrapped(first, 0, 2, layout, out);
    }
    for (cluster, count) in clusters.iter().zip(counts) {
        if let Some(count) = count {
            let name = cluster.target.display_name();
            write_wrapped(&format!("{name}: {count}"), 0, 2, layout, out)?;
        }
    }
    Ok(())
}

/// Writes what became of the topics: of each cluster, those that need attention first, and the whole
/// result.
pub fn write_result(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    for cluster in report.ranked() {
        if report.by_cluster && layout.quiet && cluster.verdict() == Verdict::Matches {
            continue;
        }
        let answered = cluster.result.identity.is_some();
        if report.by_cluster && !(cluster.lists_topics() && answered) {
            writeln!(out, "{}\n", printable(cluster.target.display_name()))?;
        }
        if cluster.lists_topics() {
            write_topics(report, cluster, layout, out)?;
        } else if report.by_cluster {
            let cause = summary::cause(report, cluster).text();
            write_wrapped(&format!("{}: {cause}", verdict(cluster)), 2, 4, layout, out)?;
        }
        if report.by_cluster {
            writeln!(out)?;
        }
    }
    match report.by_cluster {
        true => {
            let Sentence(phrases) = summary::clusters(report);
            write_phrases(String::new(), 0, &phrases, layout, out)
        }
        false => Ok(()),
    }
}

fn write_topics(
    report: &Report,
    cluster: &ClusterReport,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let line = ClusterLine::new(cluster, |text| printable(text).into_owned());
    if let Some(line) = line.filter(|_| report.by_cluster || !layout.quiet) {
        write_cluster(&line, layout, out)?;
    }
    let mut topics = cluster.ranked();
    let listed = Listed::new(&topics, cluster, layout);
    topics.retain(|topic| listed.has(topic, cluster));
    let rows: Vec<_> = topics
        .iter()
        .map(|topic| Row::new(topic, cluster, layout))
        .collect();
    let columns = Columns::new(&rows, layout);
    for (topic, row) in topics.iter().zip(&rows) {
        row.write(columns, layout, out)?;
        write_details(topic, cluster, layout, out)?;
    }
    if !topics.is_empty() {
        writeln!(out)?;
    }
    let groups = cluster.result.groups.as_ref();
    if let Some(groups) = groups.filter(|_| !layout.quiet) {
        groups::text::write(groups, layout, out)?;
    }
    let sentences = match layout.quiet {
        true => summary::in_short(report, cluster),
        false => summary::result(report, cluster),
    };
    for Sentence(phrases) in sentences {
        write_phrases(String::new(), 0, &phrases, layout, out)?;
    }
    let help = next_step(cluster, layout);
    if let Some(help) = help.filter(|_| !layout.quiet) {
        write_wrapped(&format!("help: {help}"), 0, 6, layout, out)?;
    }
    Ok(())
}

/// The line of the cluster; long lists of servers have one of their own.
fn write_cluster(line: &ClusterLine, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let whole = line.to_string();
    match whole.chars().count() > layout.width {
        true => writeln!(out, "{}\n{}\n", line.reached, line.identity),
        false => writeln!(out, "{whole}\n"),
    }
}

/// Which topics are listed; the others are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    All,
    /// Those about which a run has something to say.
    Unsettled,
    /// Those that somebody has to do something about.
    Problems,
}

impl Listed {
    fn new(topics: &[&TopicOutcome], cluster: &ClusterReport, layout: Layout) -> Self {
        let settled = topics.iter().filter(|one| Self::is_settled(one)).count();
        let are_listed = cluster.context.purpose.is_apply() && settled <= MOST_SETTLED;
        match (layout.quiet, layout.verbose || are_listed) {
            (true, _) => Self::Problems,
            (false, true) => Self::All,
            (false, false) => Self::Unsettled,
        }
    }

    fn is_settled(topic: &TopicOutcome) -> bool {
        matches!(
            topic.status,
            Status::Matching | Status::Declared | Status::Accepted
        )
    }

    fn has(self, topic: &TopicOutcome, cluster: &ClusterReport) -> bool {
        match self {
            Self::All => true,
            Self::Unsettled => !Self::is_settled(topic),
            Self::Problems => cluster.needs_attention(topic),
        }
    }
}

/// Apply lists topics that it found as they are declared; nobody reads more of them.
const MOST_SETTLED: usize = 100;

/// What may be done next, as one sentence.
fn next_step(cluster: &ClusterReport, layout: Layout) -> Option<String> {
    let purpose = cluster.context.purpose;
    let has = |is: fn(&Status) -> bool| cluster.result.count(is) > 0;
    let mismatched = has(|status| matches!(status, Status::Mismatched { .. }));
    let missing = has(|status| *status == Status::ToCreate);
    let mut steps = Vec::new();
    if missing && purpose == Purpose::Verify {
        steps.push(format!("`{}` creates what is missing", apply(cluster)));
    }
    if mismatched {
        let decide = match (steps.is_empty(), purpose.is_preview() && !layout.verbose) {
            (_, true) => "mismatches are yours to decide; `topicctl verify` says what fixes them",
            (false, false) => "mismatches are yours to decide",
            (true, false) => {
                "topicctl never changes a topic that exists; mismatches are yours to decide"
            }
        };
        steps.push(decide.to_owned());
    }
    if missing && purpose == Purpose::Plan {
        steps.push(format!("`{} --dry-run` asks the broker", apply(cluster)));
    }
    if has(|status| *status == Status::Missing) {
        let theirs = "an external topic is created by its owner, and never here";
        steps.push(theirs.to_owned());
    }
    (!steps.is_empty()).then(|| steps.join("; "))
}

/// The command that goes on from here: with the profile of this run, for another one would declare
/// other topics.
fn apply(cluster: &ClusterReport) -> String {
    let conditions = match (&cluster.target.name, &cluster.context.profile) {
        (Some(cluster), _) => format!(" --cluster {}", quoted(cluster)),
        (None, Some(profile)) => format!(" --profile {}", quoted(profile)),
        (None, None) => String::new(),
    };
    format!("topicctl apply{conditions}")
}
