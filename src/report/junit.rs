//! The report in the form of JUnit's test results, which CI servers show: a test case for each
//! topic, each problem that fails the run and each consumer group. Where clusters are distinguished
//! each is a test suite.
//!
//! What is red here is what the exit code says: a difference that `--fail-on` lets pass is in the
//! output of a test case that passes. Everything untrusted is text or an attribute, never markup.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::groups::wording as groups;
use super::rest::{MOST_PROBLEMS, Rest};
use super::summary::result;
use super::wording::{Title, details, each_line, field, one_line, relations, values, word};
use super::{ClusterReport, Report};
use crate::diagnostic::{self, Diagnostic, Location};
use crate::groups::GroupLags;
use crate::layout::Layout;
use crate::outcome::{Status, TopicOutcome};

/// The class of what is wrong with the manifests.
const MANIFESTS: &str = "manifests";
const TOPICS: &str = "topics";

/// Test cases of one class, and what is printed beside them.
#[derive(Default)]
struct Part {
    class: &'static str,
    cases: Vec<TestCase>,
    output: Vec<String>,
}

pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let name = Title::new(report).to_string();
    let mut suites = Vec::new();
    for cluster in &report.clusters {
        let parts = parts(report, cluster);
        if report.by_cluster {
            let name = cluster.target.display_name();
            let class = |part: &Part| format!("{name}.{}", part.class);
            suites.push(suite(name, parts, class));
        } else {
            let class = |part: &Part| part.class.to_owned();
            suites.extend(
                parts
                    .into_iter()
                    .map(|part| suite(part.class, vec![part], class)),
            );
        }
    }
    let mut document = Document::new(attribute(&name));
    document.set_time(report.elapsed);
    document.add_test_suites(suites);
    document.serialize(out).map_err(io::Error::other)
}

/// Parts in one suite, whose test cases have the class of their part.
fn suite(name: &str, parts: Vec<Part>, class: impl Fn(&Part) -> String) -> TestSuite {
    let mut suite = TestSuite::new(attribute(name));
    let mut output = Vec::new();
    for mut part in parts {
        let class = attribute(&class(&part));
        part.cases.iter_mut().for_each(|case| {
            case.set_classname(class.as_str());
        });
        suite.add_test_cases(part.cases);
        output.extend(part.output);
    }
    if !output.is_empty() {
        suite.set_system_out(content(&output.join("\n\n")));
    }
    suite
}

fn parts(report: &Report, cluster: &ClusterReport) -> Vec<Part> {
    let parts = [
        manifests(report, cluster),
        problems("run", report, cluster, |one| !one.code.is_of_manifests()),
        topics(report, cluster),
        cluster
            .result
            .groups
            .as_ref()
            .map(groups_part)
            .unwrap_or_default(),
    ];
    let is_there = |part: &Part| !part.cases.is_empty() || !part.output.is_empty();
    parts.into_iter().filter(is_there).collect()
}

fn manifests(report: &Report, cluster: &ClusterReport) -> Part {
    let mut part = problems(MANIFESTS, report, cluster, |one| one.code.is_of_manifests());
    // Topics are there only where the manifests are valid.
    if part.cases.is_empty() && !cluster.result.topics.is_empty() {
        part.cases.push(TestCase::new(
            "manifests are valid",
            TestCaseStatus::success(),
        ));
    }
    part
}

/// Problems of one kind: those that fail the run are test cases, the others output.
fn problems(
    class: &'static str,
    report: &Report,
    cluster: &ClusterReport,
    is_of_kind: fn(&Diagnostic) -> bool,
) -> Part {
    let all = cluster.diagnostics.iter().filter(|one| is_of_kind(one));
    let (told, rest) = report.told(all.collect(), MOST_PROBLEMS, |one| *one);
    let (failing, others): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|one| report.is_failure(one));
    let text =
        |one: &Diagnostic| diagnostic::render(one, &cluster.context.sources, Layout::default());
    let case = |one: &Diagnostic| {
        let place = one.primary.as_ref();
        let location = place.map(|label| cluster.context.sources.location(label.span));
        let name = match &location {
            Some(location) => format!("{location}: {}", one.message),
            None => one.message.clone(),
        };
        let status = failure(one.code.as_str(), &one.message, &text(one));
        case(&name, location.as_ref(), status)
    };
    let mut output: Vec<_> = others.into_iter().map(text).collect();
    if !rest.is_empty() {
        output.push(Rest::of(rest.into_iter()).to_string());
    }
    Part {
        class,
        cases: failing.into_iter().map(case).collect(),
        output,
    }
}

fn topics(report: &Report, cluster: &ClusterReport) -> Part {
    let topics = &cluster.result.topics;
    let cases = topics.iter().map(|topic| topic_case(topic, cluster));
    let result = || {
        let sentences = result(report, cluster).into_iter();
        let sentences: Vec<_> = sentences.map(|one| one.text()).collect();
        sentences.join("\n")
    };
    Part {
        class: TOPICS,
        cases: cases.collect(),
        output: (!topics.is_empty()).then(result).into_iter().collect(),
    }
}

fn topic_case(topic: &TopicOutcome, cluster: &ClusterReport) -> TestCase {
    let word = word(&topic.status, cluster.context.purpose);
    let location = cluster.location(topic);
    let is_quiet = matches!(topic.status, Status::Matching | Status::Declared);
    let differences = cluster.differences(topic);
    let mut lines = details(topic, &differences);
    if lines.is_empty() && !is_quiet {
        lines.push(values(topic));
    }
    lines.extend(relations(topic));
    let name = topic.topic.name.as_str();
    if cluster.fails(topic) {
        let what = match (differences.as_slice(), topic.error()) {
            ([], None) => word.to_owned(),
            ([], Some(error)) => format!("{word}: {error}"),
            (differences, _) => {
                let fields: Vec<_> = differences.iter().map(field).collect();
                format!("{word}: {}", fields.join(", "))
            }
        };
        lines.push(format!("declared at {location}"));
        let status = failure(topic.status.word(), &what, &lines.join("\n"));
        return case(name, Some(&location), status);
    }
    let mut case = case(name, Some(&location), TestCaseStatus::success());
    if !is_quiet {
        lines.insert(0, word.to_owned());
        case.set_system_out(content(&lines.join("\n")));
    }
    case
}

/// Consumer groups, which are information and pass, but where nothing could be read of any.
fn groups_part(lags: &GroupLags) -> Part {
    let nothing_read = lags.nothing_read().is_some();
    let cases = lags.groups.iter().map(|group| {
        let text = groups::lines(group).join("\n");
        let name = &group.name;
        if nothing_read {
            let word = groups::word(group);
            let what = format!("{word}: {}", groups::reason(group).unwrap_or_default());
            return case(name, None, failure(word, &what, &text));
        }
        let mut case = case(name, None, TestCaseStatus::success());
        case.set_system_out(content(&text));
        case
    });
    let messages = lags.topics.iter().map(|topic| {
        let messages = groups::messages(topic).join(", ");
        format!("{}: {messages}", topic.topic)
    });
    let head = format!("messages, at most ({})", groups::GAPS);
    let output = match lags.topics.is_empty() {
        true => groups::in_short(lags),
        false => std::iter::once(head)
            .chain(messages)
            .collect::<Vec<_>>()
            .join("\n"),
    };
    Part {
        class: "groups",
        cases: cases.collect(),
        output: vec![output],
    }
}

fn case(name: &str, location: Option<&Location>, status: TestCaseStatus) -> TestCase {
    let name = attribute(name);
    // Readers drop a test case without a name.
    let name = match name.trim() {
        "" => "(no name)",
        name => name,
    };
    let mut case = TestCase::new(name, status);
    if let Some(location) = location {
        let line = location.line.to_string();
        case.extra
            .insert("file".into(), attribute(&location.file).into());
        case.extra.insert("line".into(), line.into());
    }
    case
}

fn failure(kind: &str, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status
        .set_type(kind)
        .set_message(attribute(message))
        .set_description(content(text));
    status
}

/// A value of an attribute. Readers of XML take a line break in one for a space.
fn attribute(value: &str) -> String {
    without_noncharacters(&one_line(value))
}

/// Text between tags, its line breaks kept.
fn content(value: &str) -> String {
    without_noncharacters(&each_line(value))
}

/// Control characters are gone already; these are none, and XML cannot hold them either.
fn without_noncharacters(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
