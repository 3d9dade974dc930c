//! The same hostile texts from where they really come: manifests and their names, variables, a
//! snapshot in place of a broker, and the command line.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::hostile::TRAPS;
use crate::support::binary::{Ended, directory, topicctl_in};
use crate::support::report_grammar::{self as grammar, FORMATS};

/// A cluster that says this of itself, and wherever else a cluster says something.
fn snapshot(text: &str) -> String {
    let partitions = json!([{ "id": 0, "leader": 1, "replicas": [1], "in_sync": [1] }]);
    let setting = json!({ "value": text, "origin": "topic" });
    let unknown = json!({ "exists": true, "unauthorized": true, "reason": text });
    let config = json!({ "retention.ms": setting, "cleanup.policy": setting, text: setting });
    json!({
        "schema": "topicctl.snapshot/1",
        "taken_at": "2026-01-01T00:00:00Z",
        "cluster": { "id": text, "brokers": [1] },
        "reached": { "bootstrap_servers": text, "command_config": text, "user": text },
        "scope": { "select": [{ "glob": "*", "complete": true }], "ignore": [] },
        "topics": {
            "a": { "status": "present", "partitions": partitions, "config": config },
            "b": { "status": "present", "partitions": partitions, "config": null,
                   "config_unknown": unknown },
            "c": { "status": "unknown", "exists": true, "unauthorized": false, "reason": text },
        },
    })
    .to_string()
}

/// Manifests that are valid and have the text wherever a text may stand, as a person would quote it.
fn valid(text: &str) -> String {
    let text = json!(text);
    format!(
        "tiers: {{ {text}: {{ extends: standard }} }}
profiles: {{ {text}: {{ all: {{ retention: 3d }} }} }}
accepted_mismatches: [{{ topic: a, config: {{ cleanup.policy: delete }}, reason: {text} }}]
topics:
- {{ name: a, owner: {text}, description: {text}, tier: {text} }}
- {{ name: b, owner: '${{OWNER}}' }}
- {{ name: c }}
- {{ name: d }}
"
    )
}

/// A manifest with the text wherever something is wrong with it.
fn invalid(text: &str) -> String {
    let text = json!(text);
    format!(
        "{text}: 1
topics:
- {{ name: {text}, {text}: 1, partitions: {text}, tier: {text}, config: {{ {text}: {text} }} }}
- {{ name: {text}, owner: '${{OWNER:?no owner}}', retention: '${{OWNER}}', dlq: {text} }}
"
    )
}

#[track_caller]
fn keeps_to(format: &str, text: &str) {
    let checked = match format {
        "github" => grammar::check(format, text),
        _ => grammar::check(format, text).and_then(|()| match grammar::github(text)?.len() {
            0 => Ok(()),
            count => Err(format!("{count} commands")),
        }),
    };
    assert_eq!(checked, Ok(()), "{format}:\n{text}\n{text:?}");
}

#[track_caller]
fn keeps_to_its_formats(directory: &Path, words: &[&str], text: &str) {
    let of_environment: String = text.replace('\0', "");
    for (format, _) in FORMATS {
        let report = format!("{format}=report");
        let run = topicctl_in(directory, words)
            .args(&["-o", format])
            .env("TOPICCTL_REPORT", &report)
            .env("OWNER", &of_environment)
            .env("GITHUB_ACTIONS", "true");
        let Ended { stdout, stderr, .. } = run.run();
        if !(format == "text" && stdout.is_empty()) {
            keeps_to(format, &stdout);
        }
        keeps_to("text", &stderr);
        // A command line that is not understood leaves no report.
        if let Ok(report) = fs::read_to_string(directory.join("report")) {
            fs::remove_file(directory.join("report")).expect("a file");
            keeps_to(format, &report);
        }
    }
}

#[test]
fn no_text_of_a_manifest_or_a_cluster_breaks_a_format() {
    for text in TRAPS {
        let directory = directory(&[
            ("valid.yaml", &valid(text)),
            ("invalid.yaml", &invalid(text)),
            ("cluster.json", &snapshot(text)),
        ]);
        let check = |words: &[&str]| keeps_to_its_formats(directory.path(), words, text);
        let compare = ["valid.yaml", "--cluster-snapshot", "cluster.json"];
        check(&[&["verify", "--strict", "--unmanaged"][..], &compare].concat());
        check(&[&["plan", "-v"][..], &compare].concat());
        check(&["validate", "invalid.yaml"]);
        let remedies = ["--remedies", "remedies.sh"];
        let run = [&["verify"][..], &compare, &remedies].concat();
        topicctl_in(directory.path(), &run).env("OWNER", "a").run();
        let script = fs::read_to_string(directory.path().join("remedies.sh")).expect("a script");
        assert_eq!(grammar::check("text", &script), Ok(()), "{script}");
    }
}

#[test]
fn no_word_of_the_command_line_breaks_a_format() {
    let directory = directory(&[]);
    for text in TRAPS.iter().filter(|text| !text.contains('\0')) {
        let odd = format!("--{text}");
        for words in [
            &["plan", odd.as_str()][..],
            &["plan", "--wait", text],
            &["validate", text],
            &["validate", "--profile", text, "--select", text],
            &["verify", "--cluster-snapshot", text],
            &["verify", "-b", text, "-X", text],
        ] {
            keeps_to_its_formats(directory.path(), words, text);
        }
    }
}

#[test]
fn no_name_of_a_file_breaks_a_format() {
    for text in TRAPS.iter().filter(|text| !text.contains('\0')) {
        let name = format!("{}.yaml", text.replace('/', "-"));
        let directory = directory(&[(&name, &invalid("odd"))]);
        keeps_to_its_formats(directory.path(), &["validate", "."], text);
    }
}
