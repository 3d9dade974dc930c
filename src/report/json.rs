//! The JSON report, `topicctl.report/1`, and that of several clusters, `topicctl.reports/1`, which
//! is a list of the former: their keys are a contract.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::difference::Difference;
use super::rest::Rest;
use super::{ClusterReport, Report, groups};
use crate::diagnostic::{Diagnostic, Sources, is_unprintable};
use crate::observed::ObservedOrigin;
use crate::outcome::{RunResult, TopicOutcome};

const SCHEMA: &str = "topicctl.report/1";
/// Programs read more than people, and yet not without bound.
const MOST_DIAGNOSTICS: usize = 50_000;
const SCHEMA_BY_CLUSTER: &str = "topicctl.reports/1";

#[derive(Serialize)]
struct Documents<'a> {
    schema: &'static str,
    command: Option<&'a str>,
    exit_code: u8,
    reports: Vec<Document<'a>>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    command: Option<&'a str>,
    exit_code: u8,
    cluster_name: Option<&'a str>,
    cluster: Option<Cluster<'a>>,
    #[serde(serialize_with = "summary")]
    summary: &'a RunResult,
    topics: Vec<TopicEntry<'a>>,
    diagnostics: Vec<DiagnosticEntry>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    more_diagnostics: BTreeMap<&'static str, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<groups::json::GroupEntry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<groups::json::StatisticsEntry<'a>>>,
}

#[derive(Serialize)]
struct Cluster<'a> {
    id: Option<&'a str>,
    brokers: usize,
}

#[derive(Serialize)]
struct TopicEntry<'a> {
    name: &'a str,
    tier: Option<&'a str>,
    role: &'static str,
    status: &'static str,
    file: String,
    line: u32,
    partitions: Option<i32>,
    replication_factor: Option<i16>,
    config: BTreeMap<&'a str, &'a str>,
    mismatches: Vec<MismatchEntry>,
    error: Option<String>,
}

#[derive(Serialize)]
struct MismatchEntry {
    field: &'static str,
    key: Option<String>,
    declared: String,
    found: String,
    origin: Option<&'static str>,
    advice: Option<String>,
    declaration: Option<String>,
    remedy: Option<String>,
    accepted: Option<String>,
}

#[derive(Serialize)]
struct DiagnosticEntry {
    code: &'static str,
    severity: &'static str,
    message: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    help: Option<String>,
}

/// Writes the report as one indented document with a line break behind it.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let documents = report.clusters.iter();
    let documents: Vec<_> = documents.map(|one| document(report, one)).collect();
    let text = match (report.by_cluster, documents.as_slice()) {
        (false, [one]) => serde_json::to_string_pretty(one)?,
        _ => {
            let documents = Documents {
                schema: SCHEMA_BY_CLUSTER,
                command: report.context.command.as_deref(),
                exit_code: report.exit as u8,
                reports: documents,
            };
            serde_json::to_string_pretty(&documents)?
        }
    };
    writeln!(out, "{}", escaped(&text))
}

/// With what a terminal or a reader could not see written as escapes, which mean the same.
pub(super) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c == '\n' || !is_unprintable(c) => written.push(c),
            c => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| written.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    written
}

fn document<'a>(report: &Report, cluster: &'a ClusterReport) -> Document<'a> {
    let result = &cluster.result;
    let sources = &cluster.context.sources;
    let topics = result.topics.iter().map(|one| topic(one, cluster));
    let diagnostics = cluster.diagnostics.iter().collect();
    let (diagnostics, rest) = report.told(diagnostics, MOST_DIAGNOSTICS, |one| *one);
    let more = Rest::of(rest.into_iter());
    Document {
        schema: SCHEMA,
        command: cluster.context.command.as_deref(),
        exit_code: cluster.exit as u8,
        cluster_name: cluster.target.name.as_deref(),
        cluster: result.identity.as_ref().map(|identity| Cluster {
            id: identity.id.as_deref(),
            brokers: identity.broker_count(),
        }),
        summary: result,
        topics: topics.collect(),
        diagnostics: diagnostics
            .into_iter()
            .map(|one| diagnostic(one, sources))
            .collect(),
        more_diagnostics: more
            .counts()
            .map(|(code, count)| (code.as_str(), count))
            .collect(),
        groups: result.groups.as_ref().map(groups::json::groups),
        statistics: result.groups.as_ref().map(groups::json::statistics),
    }
}

fn summary<S: Serializer>(result: &&RunResult, serializer: S) -> Result<S::Ok, S::Error> {
    let declared = ("declared", result.topics.len());
    serializer.collect_map(std::iter::once(declared).chain(result.summary()))
}

fn topic<'a>(outcome: &'a TopicOutcome, cluster: &ClusterReport) -> TopicEntry<'a> {
    let topic = &outcome.topic;
    let location = cluster.location(outcome);
    let config = topic.config.iter();
    let mismatches = cluster.differences(outcome).into_iter().map(mismatch);
    TopicEntry {
        name: topic.name.as_str(),
        tier: topic.tier.as_deref(),
        role: topic.role.as_str(),
        status: outcome.status.word(),
        file: location.file.to_string(),
        line: location.line,
        partitions: topic.partitions.as_ref().map(|one| one.value.get()),
        replication_factor: topic.replication_factor.as_ref().map(|one| one.value.get()),
        config: config
            .map(|(key, one)| (key.as_str(), one.value.as_str()))
            .collect(),
        mismatches: mismatches.collect(),
        error: outcome.error(),
    }
}

fn mismatch(difference: Difference) -> MismatchEntry {
    MismatchEntry {
        field: difference.field,
        key: difference.key,
        declared: difference.declared.raw,
        found: difference.found.raw,
        origin: difference.origin.map(ObservedOrigin::as_str),
        advice: difference.advice.as_ref().map(|one| one.text.clone()),
        declaration: difference.advice.and_then(|one| one.yaml),
        remedy: difference.remedy,
        accepted: difference.accepted,
    }
}

fn diagnostic(diagnostic: &Diagnostic, sources: &Sources) -> DiagnosticEntry {
    let place = diagnostic
        .primary
        .as_ref()
        .map(|label| sources.location(label.span));
    let message = match &diagnostic.detail {
        None => diagnostic.message.clone(),
        Some(detail) => format!("{}\n{detail}", diagnostic.message),
    };
    DiagnosticEntry {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        message,
        file: place.as_ref().map(|place| place.file.to_string()),
        line: place.as_ref().map(|place| place.line),
        column: place.as_ref().map(|place| place.column),
        help: match (&diagnostic.help, &diagnostic.command) {
            (Some(help), Some(command)) => Some(format!("{help}\n{command}")),
            // Without a help, the words beside the source line are the way out.
            (help, command) => help.clone().or_else(|| command.clone()).or_else(|| {
                let label = diagnostic.primary.as_ref().map(|label| label.text.clone());
                label.filter(|label| !label.is_empty())
            }),
        },
    }
}
