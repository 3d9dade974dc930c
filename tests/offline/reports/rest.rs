//! However many problems there are, a report tells as many as somebody reads and counts the rest.

use serde_json::Value;
use topicctl::diagnostic::{Code, Diagnostic};
use topicctl::layout::Layout;
use topicctl::outcome::{Status, TopicOutcome};
use topicctl::report::text;
use topicctl::topic::TopicName;

use super::formats::written;
use super::samples;
use crate::support::binary::{Manifests, topicctl};

/// Unknown fields in a manifest of so many topics.
fn mistakes(count: usize) -> Manifests {
    let topics = (0..count).map(|at| format!("- {{ name: t{at}, partition: 3 }}\n"));
    Manifests::of(&format!("topics:\n{}", topics.collect::<String>()))
}

fn warning(at: usize) -> Diagnostic {
    Diagnostic::warning(Code::UndeclaredConfig, format!("finding {at}"))
}

#[test]
fn what_nobody_would_read_is_counted() {
    let manifests = mistakes(1_000);
    for (format, mark, told, rest) in [
        ("text", "error[unknown-field]", 300, 700),
        ("junit", "<failure ", 300, 700),
        ("github", "::error ", 300, 700),
        ("markdown", "error[unknown-field]", 30, 970),
    ] {
        let run = topicctl(&["validate", "-o", format]).arg(manifests.path());
        let ended = run.run().exits(2);
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert_eq!(all.matches(mark).count(), told, "{format}");
        ended.says(&format!(
            "{rest} more problems, not shown: {rest} unknown-field."
        ));
    }
    // Where there is a result in words, it counts all of them.
    for format in ["text", "github", "markdown"] {
        let run = topicctl(&["validate", "-o", format]).arg(manifests.path());
        run.run().says("1000 errors in 1 file");
    }
}

#[test]
fn programs_are_told_more_and_not_without_bound() {
    let diagnostics = (0..50_007).map(warning).collect();
    let report = samples::single(diagnostics, samples::matching());
    let json: Value = serde_json::from_str(&written("json", &report)).expect("JSON");
    assert_eq!(json["diagnostics"].as_array().map(Vec::len), Some(50_000));
    assert_eq!(json["more_diagnostics"]["undeclared-config"], 7);
    let report = samples::single(vec![warning(0)], samples::matching());
    let json: Value = serde_json::from_str(&written("json", &report)).expect("JSON");
    assert_eq!(json.get("more_diagnostics"), None);
}

#[test]
fn no_number_of_warnings_hides_an_error() {
    let refused = Diagnostic::error(Code::Refused, "the one that matters");
    let diagnostics = (0..400).map(warning).chain([refused]).collect();
    let report = samples::single(diagnostics, samples::matching());
    for format in ["text", "json", "junit", "markdown", "github"] {
        let text = written(format, &report);
        assert!(text.contains("the one that matters"), "{format}: {text}");
    }
    let text = written("text", &report);
    assert_eq!(
        text.matches("warning[undeclared-config]: finding").count(),
        299
    );
    assert!(text.contains("101 more problems, not shown: 101 undeclared-config."));
}

#[test]
fn the_rest_is_told_by_its_commonest_kinds() {
    let codes = Code::ALL.iter().enumerate();
    let problems = codes.flat_map(|(kind, code)| {
        let of_kind = (0..=kind).map(move |at| format!("{kind} {at}"));
        of_kind.map(|message| Diagnostic::warning(*code, message))
    });
    let report = samples::single(problems.collect(), samples::matching());
    let text = written("markdown", &report);
    let line = text.lines().find(|line| line.contains("not shown"));
    let line = line.expect("there are more");
    assert!(line.contains(" of other kinds."), "{line}");
    assert!(line.len() < 200, "{line}");
}

#[test]
fn every_topic_is_listed_but_in_annotations() {
    let topics = (0..302).map(|at| samples::mismatched(&format!("t{at}"), at % 30 + 1));
    let run = samples::verify();
    let result = run.result.with_topics(topics.collect());
    let report = samples::single(vec![], topicctl::report::ClusterReport { result, ..run });
    let listed = |format, mark| written(format, &report).matches(mark).count();
    assert_eq!(listed("text", "  mismatch  "), 302);
    assert_eq!(listed("junit", "<failure "), 302);
    assert_eq!(listed("github", "%3A mismatch::"), 300);
    assert_eq!(listed("github", "\n2 more topics, not shown.\n"), 1);
}

#[test]
fn apply_counts_what_exists_where_nobody_would_read_the_list() {
    let listed = |existing: usize, verbose| {
        let mut report = samples::sample("apply");
        let topics = &mut report.clusters[0].result.topics;
        let pattern = topics[0].topic.clone();
        topics.retain(|one| one.status != Status::Matching);
        topics.extend((0..existing).map(|at| {
            let mut topic = pattern.clone();
            topic.name = TopicName::parse(&format!("existing-{at}")).expect("a legal name");
            TopicOutcome::new(topic, Status::Matching)
        }));
        let mut out = Vec::new();
        text::write_result(&report, Layout::default().verbose(verbose), &mut out).expect("memory");
        let text = String::from_utf8(out).expect("UTF-8");
        assert!(text.contains("  created   "), "{text}");
        assert!(text.contains(&format!("{existing} matched")), "{text}");
        text.matches("  exists    existing-").count()
    };
    assert_eq!(listed(100, false), 100);
    assert_eq!(listed(101, false), 0);
    assert_eq!(listed(101, true), 101);
}
