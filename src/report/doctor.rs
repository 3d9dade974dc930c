//! An examination in text and in JSON, `topicctl.doctor/1`, whose keys are a contract.
//!
//! Takes it as it is and judges nothing. What brokers and certificates say in it is untrusted, and made
//! safe for terminals and for the logs of CI servers.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::AnsiColor;
use serde::{Serialize, Serializer};

use super::inert;
use super::json::escaped;
use super::text::layout::{NAME_COLUMN, painted, write_wrapped};
use super::wording::plural;
use crate::diagnostic::printable;
use crate::doctor::{Examination, Status, Step, Subject};
use crate::exit::ExitCode;
use crate::layout::Layout;

const SCHEMA: &str = "topicctl.doctor/1";

/// Where what was seen begins.
const SEEN_COLUMN: usize = 34;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    exit_code: u8,
    #[serde(serialize_with = "in_order")]
    summary: [(&'static str, usize); 4],
    steps: Vec<StepEntry<'a>>,
}

#[derive(Serialize)]
struct StepEntry<'a> {
    step: &'static str,
    about: &'static str,
    address: Option<&'a str>,
    broker: Option<i32>,
    status: &'static str,
    seen: &'a [String],
    elapsed_ms: Option<f64>,
    help: Option<&'a str>,
    command: Option<&'a str>,
}

/// Writes it as one indented document with a line break behind it.
pub fn write_json(
    examination: &Examination,
    exit: ExitCode,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        exit_code: exit as u8,
        summary: examination.counts(),
        steps: examination.steps.iter().map(entry).collect(),
    };
    let text = serde_json::to_string_pretty(&document)?;
    writeln!(out, "{}", inert::json(&escaped(&text)))
}

fn in_order<S: Serializer>(
    counts: &[(&'static str, usize); 4],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().copied())
}

fn entry(step: &Step) -> StepEntry<'_> {
    StepEntry {
        step: step.name.as_str(),
        about: step.subject.as_str(),
        address: step.subject.address(),
        broker: step.subject.broker(),
        status: step.status.as_str(),
        seen: &step.seen,
        elapsed_ms: step.elapsed.map(milliseconds),
        help: step.help.as_deref(),
        command: step.command.as_deref(),
    }
}

/// To the microsecond.
fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1e6).round() / 1e3
}

/// Writes it for people: steps below the address that they are about, the way out below a step that
/// failed, and the result in the last line.
pub fn write_text(
    examination: &Examination,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Vec::new();
    let mut told = Vec::new();
    let mut was_short = false;
    let is_told = |step: &Step| !layout.quiet || step.status != Status::Ok;
    let subjects = examination.by_subject();
    let told_of = subjects.filter(|steps| steps.iter().any(is_told));
    for (at, steps) in told_of.enumerate() {
        let short = in_short(steps);
        if at > 0 && !(was_short && short.is_some()) {
            writeln!(text)?;
        }
        was_short = short.is_some();
        if let Some(line) = short {
            write_line(Status::Ok, &line, layout, &mut text)?;
            continue;
        }
        write_subject(steps, layout, &mut text)?;
        for step in steps.iter().filter(|step| is_told(step)) {
            write_step(step, layout, &mut text)?;
            // One fault may show in several steps, and its way out is the same.
            let way_out = (&step.help, &step.command);
            if !told.contains(&way_out) {
                write_way_out(step, layout, &mut text)?;
                told.push(way_out);
            }
        }
    }
    if !text.is_empty() {
        writeln!(text)?;
    }
    write_wrapped(&summary(examination), 0, 2, layout, &mut text)?;
    let text = String::from_utf8_lossy(&text);
    out.write_all(inert::plain(&text).as_bytes())
}

/// A line of steps: its name, how long it took, and what was seen.
struct Line<'a> {
    name: String,
    elapsed: Option<Duration>,
    seen: Cow<'a, [String]>,
}

/// All steps of a broker that is well, of which a cluster may have many.
fn in_short(steps: &[Step]) -> Option<Line<'_>> {
    let first = steps.first()?;
    let (broker, address) = (first.subject.broker()?, first.subject.address()?);
    let is_well = steps.iter().all(|step| step.status == Status::Ok);
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    is_well.then(|| Line {
        name: format!("broker {broker}"),
        elapsed: Some(steps.iter().filter_map(|step| step.elapsed).sum()),
        seen: vec![address.to_owned(), names.join(", ")].into(),
    })
}

fn write_subject(steps: &[Step], layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    match steps.first().map(|step| &step.subject) {
        None | Some(Subject::Connection) => Ok(()),
        Some(Subject::Bootstrap(address)) => writeln!(out, "{}", printable(address)),
        Some(Subject::Broker { id, address }) => {
            let line = format!("broker {id}, which the cluster advertises at {address}");
            write_wrapped(&line, 0, 2, layout, out)
        }
    }
}

fn write_step(step: &Step, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let line = Line {
        name: step.name.as_str().to_owned(),
        elapsed: step.elapsed,
        seen: step.seen.as_slice().into(),
    };
    write_line(step.status, &line, layout, out)
}

fn write_line(status: Status, line: &Line, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let color = match status {
        Status::Ok => AnsiColor::Green,
        Status::Warning | Status::NotTried => AnsiColor::Yellow,
        Status::Failed(_) => AnsiColor::Red,
    };
    let word = status.as_str().replace('-', " ");
    let gap = " ".repeat(NAME_COLUMN - 2 - word.len());
    let elapsed = line.elapsed.map_or(String::new(), seconds);
    let name = &line.name;
    let lead = format!("{gap}{name:<12} {elapsed:>7}  ");
    write!(out, "  {}", painted(&word, color, layout))?;
    let mut seen = Vec::new();
    for phrase in line.seen.iter() {
        write_wrapped(phrase, SEEN_COLUMN, SEEN_COLUMN + 2, layout, &mut seen)?;
    }
    let seen = String::from_utf8_lossy(&seen);
    match seen.get(SEEN_COLUMN..) {
        Some(seen) => write!(out, "{lead}{seen}"),
        None => writeln!(out, "{}", lead.trim_end()),
    }
}

fn write_way_out(step: &Step, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    if let Some(help) = &step.help {
        let help = format!("help: {help}");
        write_wrapped(&help, NAME_COLUMN, NAME_COLUMN + 6, layout, out)?;
    }
    if let Some(command) = &step.command {
        let margin = " ".repeat(NAME_COLUMN);
        writeln!(out, "{margin}{}", printable(command))?;
    }
    Ok(())
}

fn summary(examination: &Examination) -> String {
    let steps = plural(examination.steps.len(), "step");
    let counts = examination.counts();
    let counted = counts.iter().filter(|(_, count)| *count > 0);
    let counted: Vec<_> = counted
        .map(|(word, count)| format!("{count} {}", word.replace('-', " ")))
        .collect();
    let result = match counted.as_slice() {
        [] => "nothing was seen".to_owned(),
        [_] if counts[0].1 > 0 => "all ok".to_owned(),
        counted => counted.join(", "),
    };
    format!("{steps}: {result}. {}", seconds(examination.elapsed))
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.2} s", elapsed.as_secs_f64())
}

#[cfg(test)]
mod tests;
