//! The report in the form of JUnit's test results, which CI servers show: a test case for each
//! topic, each problem that fails the run and each consumer group. Several clusters are a test suite each.
//!
//! What is red here is what the exit code says: a difference that `--fail-on` lets pass is told in
//! the output of a test case that passes. Everything foreign is text or an attribute, never markup.

use std::io::{self, Write};
use std::time::Duration;

use super::groups::sentences as groups;
use super::sentences::{details, each_line, one_line, result, standing, title, values, word};
use super::{Report, Several, State, Topic};
use crate::diagnostic::{self, Diagnostic, Location};

/// The suite of the topics.
const TOPICS: &str = "topics";

struct Suite {
    name: String,
    cases: Vec<Case>,
    output: Vec<String>,
}

struct Case {
    class: String,
    name: String,
    location: Option<Location>,
    failure: Option<Failure>,
    output: Option<String>,
}

struct Failure {
    kind: String,
    message: String,
    text: String,
}

/// Writes the report.
///
/// # Errors
/// Where the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let name = report.cluster_name.as_deref();
    let title = std::iter::once(title(report.command)).chain(name.map(str::to_owned));
    let title = title.collect::<Vec<_>>().join(" ");
    write_all(&title, report.elapsed, &suites(report), out)
}

/// Writes the reports of several clusters, in their order.
///
/// # Errors
/// Where the writer fails.
pub fn write_several(several: &Several, out: &mut dyn Write) -> io::Result<()> {
    let suites: Vec<_> = several.reports.iter().map(of_cluster).collect();
    let title = title(Some(several.command));
    write_all(&title, several.elapsed, &suites, out)
}

fn write_all(
    title: &str,
    elapsed: Duration,
    suites: &[Suite],
    out: &mut dyn Write,
) -> io::Result<()> {
    let tests: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let failures: usize = suites.iter().map(|suite| suite.failures()).sum();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="{}" tests="{tests}" failures="{failures}" errors="0" time="{:.3}">"#,
        attribute(title),
        elapsed.as_secs_f64()
    )?;
    for suite in suites {
        suite.write(out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suites(report: &Report) -> Vec<Suite> {
    let suites = [
        problems("manifests", report, |one| one.code.is_of_manifests()),
        problems("run", report, |one| !one.code.is_of_manifests()),
        topics(report),
        groups(report),
    ];
    let said = |suite: &Suite| !suite.cases.is_empty() || !suite.output.is_empty();
    suites.into_iter().filter(said).collect()
}

/// All of a report as one suite, whose test cases have a class for each of its parts.
fn of_cluster(report: &Report) -> Suite {
    let name = report.called().to_owned();
    let (mut cases, mut output) = (Vec::new(), Vec::new());
    for part in suites(report) {
        let class = format!("{name}.{}", part.name);
        cases.extend(part.cases.into_iter().map(|case| Case {
            class: class.clone(),
            ..case
        }));
        output.extend(part.output);
    }
    Suite {
        name,
        cases,
        output,
    }
}

/// Problems of one kind: those that fail the run are test cases, the others output.
fn problems(name: &str, report: &Report, of_kind: fn(&Diagnostic) -> bool) -> Suite {
    let all = || report.diagnostics.iter().filter(|one| of_kind(one));
    let mut cases: Vec<_> = all()
        .filter(|one| report.is_failure(one))
        .map(|one| problem(name, one, report))
        .collect();
    // Topics are there only where the manifests are valid.
    if name == "manifests" && cases.is_empty() && !report.topics.is_empty() {
        cases.push(Case {
            class: name.to_owned(),
            name: "manifests are valid".to_owned(),
            location: None,
            failure: None,
            output: None,
        });
    }
    let output = all()
        .filter(|one| !report.is_failure(one))
        .map(|one| diagnostic::render(one, &report.sources, false))
        .collect();
    Suite {
        name: name.to_owned(),
        cases,
        output,
    }
}

fn problem(class: &str, one: &Diagnostic, report: &Report) -> Case {
    let place = one.primary.as_ref();
    let location = place.map(|label| report.sources.location(label.span));
    let name = match &location {
        Some(location) => format!("{location}: {}", one.message),
        None => one.message.clone(),
    };
    Case {
        class: class.to_owned(),
        name,
        location,
        failure: Some(Failure {
            kind: one.code.as_str().to_owned(),
            message: one.message.clone(),
            text: diagnostic::render(one, &report.sources, false),
        }),
        output: None,
    }
}

fn topics(report: &Report) -> Suite {
    let cases = report.topics.iter().map(|topic| of_topic(topic, report));
    let output = match report.topics.is_empty() {
        true => Vec::new(),
        false => vec![result(report).join("\n")],
    };
    Suite {
        name: TOPICS.to_owned(),
        cases: cases.collect(),
        output,
    }
}

fn of_topic(topic: &Topic, report: &Report) -> Case {
    let word = match report.command {
        Some(command) => word(topic.state, command),
        None => topic.state.status(),
    };
    let mut lines = details(topic);
    if lines.is_empty() && topic.state != State::Matching {
        lines.push(values(topic));
    }
    lines.extend(standing(topic));
    let place = format!("declared at {}", topic.location);
    let told = std::iter::once(word.to_owned()).chain(lines.clone());
    let message = match topic.mismatches.as_slice() {
        [] => match &topic.error {
            Some(error) => format!("{word}: {error}"),
            None => word.to_owned(),
        },
        differences => {
            let fields: Vec<_> = differences.iter().map(super::sentences::field).collect();
            format!("{word}: {}", fields.join(", "))
        }
    };
    let failure = topic.fails.then(|| Failure {
        kind: topic.state.status().to_owned(),
        message,
        text: lines
            .iter()
            .cloned()
            .chain([place])
            .collect::<Vec<_>>()
            .join("\n"),
    });
    let quiet = topic.fails || topic.state == State::Matching;
    Case {
        class: TOPICS.to_owned(),
        name: topic.name.to_string(),
        location: Some(topic.location.clone()),
        failure,
        output: (!quiet).then(|| told.collect::<Vec<_>>().join("\n")),
    }
}

/// Consumer groups, which are information and pass, but where nothing could be read of any.
fn groups(report: &Report) -> Suite {
    let name = "groups".to_owned();
    let Some(sight) = &report.groups else {
        return Suite {
            name,
            cases: Vec::new(),
            output: Vec::new(),
        };
    };
    let grave = sight.nothing_read().is_some();
    let cases = sight.groups.iter().map(|group| {
        let text = groups::lines(group).join("\n");
        let word = groups::word(group);
        let failure = grave.then(|| Failure {
            kind: word.to_owned(),
            message: format!("{word}: {}", groups::reason(group).unwrap_or_default()),
            text: text.clone(),
        });
        // Readers drop a test case without a name.
        let called = match group.name.trim() {
            "" => "(no name)",
            called => called,
        };
        Case {
            class: name.clone(),
            name: called.to_owned(),
            location: None,
            output: failure.is_none().then_some(text),
            failure,
        }
    });
    let cases = cases.collect();
    let messages = sight.topics.iter().map(|topic| {
        let messages = groups::messages(topic).join(", ");
        format!("{}: {messages}", topic.topic)
    });
    let head = format!("messages, at most ({})", groups::GAPS);
    let output = match sight.topics.is_empty() {
        true => groups::in_short(sight),
        false => std::iter::once(head)
            .chain(messages)
            .collect::<Vec<_>>()
            .join("\n"),
    };
    Suite {
        name,
        cases,
        output: vec![output],
    }
}

impl Suite {
    fn failures(&self) -> usize {
        self.cases
            .iter()
            .filter(|case| case.failure.is_some())
            .count()
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let name = attribute(&self.name);
        writeln!(
            out,
            r#"  <testsuite name="{name}" tests="{}" failures="{}" errors="0" skipped="0">"#,
            self.cases.len(),
            self.failures()
        )?;
        for case in &self.cases {
            case.write(out)?;
        }
        if !self.output.is_empty() {
            let output = text(&self.output.join("\n\n"));
            writeln!(out, "    <system-out>{output}</system-out>")?;
        }
        writeln!(out, "  </testsuite>")
    }
}

impl Case {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (class, name) = (attribute(&self.class), attribute(&self.name));
        write!(out, r#"    <testcase classname="{class}" name="{name}""#)?;
        if let Some(location) = &self.location {
            let file = attribute(&location.file);
            write!(out, r#" file="{file}" line="{}""#, location.line)?;
        }
        if self.failure.is_none() && self.output.is_none() {
            return writeln!(out, "/>");
        }
        writeln!(out, ">")?;
        if let Some(failure) = &self.failure {
            writeln!(
                out,
                r#"      <failure type="{}" message="{}">{}</failure>"#,
                attribute(&failure.kind),
                attribute(&failure.message),
                text(&failure.text)
            )?;
        }
        if let Some(output) = &self.output {
            writeln!(out, "      <system-out>{}</system-out>", text(output))?;
        }
        writeln!(out, "    </testcase>")
    }
}

/// A value of an attribute. Readers of XML take a line break in one for a space.
fn attribute(value: &str) -> String {
    escaped(&one_line(value))
}

/// Text between tags, its line breaks kept.
fn text(value: &str) -> String {
    escaped(&each_line(value))
}

/// Without markup, `]]>` included, and without the characters that XML cannot hold; control
/// characters are gone already.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}
