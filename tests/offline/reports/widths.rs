//! Text for terminals of any width: no line is longer than its reader's window, and nothing is folded
//! that has room in it.

use std::io::{self, Write};

use topicctl::layout::Layout;
use topicctl::report::{Report, text};
use topicctl::topic::TopicName;

use super::samples;

const WIDTHS: [usize; 4] = [60, 80, 100, 120];

/// Every sample, and some of them with names of all lengths.
fn reports() -> Vec<(String, Report)> {
    let samples = || samples::all().into_iter();
    let mut all: Vec<_> = samples()
        .map(|(name, report)| (name.to_owned(), report))
        .collect();
    for length in (1..=120).step_by(7) {
        let listing = samples().filter(|(name, _)| ["plan", "apply", "verify"].contains(name));
        all.extend(listing.map(|(name, mut report)| {
            for cluster in &mut report.clusters {
                // Each a little longer than the one before.
                for (at, one) in cluster.result.topics.iter_mut().enumerate() {
                    let name = "t".repeat((length + 5 * at) % 120 + 1);
                    one.topic.name = TopicName::parse(&name).expect("a legal name");
                }
            }
            (format!("{name} with names from {length}"), report)
        }));
    }
    all
}

fn of_width(width: usize) -> Layout {
    Layout {
        width,
        ..Layout::default()
    }
}

fn problems(report: &Report, layout: Layout) -> Vec<String> {
    written(|out| text::write_problems(report, layout, out))
}

fn result(report: &Report, layout: Layout) -> Vec<String> {
    written(|out| text::write_result(report, layout, out))
}

fn written(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Vec<String> {
    let mut out = Vec::new();
    write(&mut out).expect("memory takes it");
    let text = String::from_utf8(out).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// A line to copy, or a word with its indent.
fn may_be_longer(line: &str) -> bool {
    let rest = line.trim_start();
    let to_copy = [
        "kafka-",
        "printf ",
        "config: ",
        "profiles: ",
        "accepted_mismatches: ",
    ];
    let is_row = line.starts_with("  ") && line.split_whitespace().count() == 2;
    to_copy.iter().any(|start| rest.starts_with(start)) || is_row || !rest.contains(' ')
}

#[test]
fn no_line_is_longer_than_the_window() {
    for (name, report) in reports() {
        for (width, verbose) in WIDTHS
            .into_iter()
            .flat_map(|one| [(one, false), (one, true)])
        {
            let layout = of_width(width).verbose(verbose);
            let problems = problems(&report, layout).into_iter();
            for line in problems.chain(result(&report, layout)) {
                let fits = line.chars().count() <= width || may_be_longer(&line);
                assert!(fits, "{name} in {width} columns: {line}");
            }
        }
    }
}

/// The row of a topic in an endless window, with no more room in it than there has to be.
fn row(line: &str) -> Option<String> {
    let rest = line
        .strip_prefix("  ")
        .filter(|rest| !rest.starts_with(' '))?;
    let (word, rest) = rest.split_at_checked(10)?;
    word.ends_with(' ').then_some(())?;
    let cells = rest
        .split("   ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty());
    let cells: Vec<_> = cells.map(squeezed).collect();
    Some(format!("  {word}{}", cells.join("   ")))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_topic_is_a_line_wherever_its_name_leaves_room() {
    let (mut whole, mut folded) = (0, 0);
    for (name, report) in reports() {
        let rows: Vec<_> = result(&report, of_width(10_000))
            .iter()
            .filter_map(|line| row(line))
            .collect();
        for width in WIDTHS {
            let shown = result(&report, of_width(width));
            let shown: Vec<_> = shown.iter().map(|line| squeezed(line)).collect();
            for row in &rows {
                let fits = row.chars().count() <= width;
                let is_whole = shown.contains(&squeezed(row));
                assert!(
                    is_whole || !fits,
                    "{name} in {width} columns: {row}\n{shown:#?}"
                );
                *(if is_whole { &mut whole } else { &mut folded }) += 1;
            }
        }
    }
    assert!(
        whole > 300 && folded > 100,
        "{whole} whole, {folded} folded"
    );
}
