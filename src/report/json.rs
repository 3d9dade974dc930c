//! The JSON report, `topicctl.report/1`, and that of several clusters, `topicctl.reports/1`, which
//! is a list of the former: their keys are a contract.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::{Difference, Report, Several, Topic, groups};
use crate::diagnostic::{Diagnostic, Sources};

const SCHEMA: &str = "topicctl.report/1";
const SCHEMA_OF_SEVERAL: &str = "topicctl.reports/1";

#[derive(Serialize)]
struct Documents<'a> {
    schema: &'static str,
    command: &'static str,
    exit_code: u8,
    reports: Vec<Document<'a>>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    command: Option<&'static str>,
    exit_code: u8,
    cluster_name: Option<&'a str>,
    cluster: Option<Cluster<'a>>,
    summary: Summary,
    topics: Vec<TopicEntry<'a>>,
    diagnostics: Vec<DiagnosticEntry>,
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
struct Summary {
    declared: usize,
    matching: usize,
    missing: usize,
    mismatched: usize,
    accepted: usize,
    created: usize,
    unknown: usize,
    failed: usize,
}

#[derive(Serialize)]
struct TopicEntry<'a> {
    name: &'a str,
    tier: Option<&'a str>,
    role: &'static str,
    status: &'static str,
    file: &'a str,
    line: u32,
    partitions: Option<i32>,
    replication_factor: Option<i16>,
    config: &'a BTreeMap<String, String>,
    mismatches: Vec<MismatchEntry<'a>>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct MismatchEntry<'a> {
    field: &'static str,
    key: Option<&'a str>,
    declared: &'a str,
    found: &'a str,
    origin: Option<&'static str>,
    advice: Option<&'a str>,
    remedy: Option<&'a str>,
    accepted: Option<&'a str>,
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
///
/// # Errors
/// Where the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(report))?;
    writeln!(out)
}

/// Writes the reports of several clusters as one document, in their order.
///
/// # Errors
/// Where the writer fails.
pub fn write_several(several: &Several, out: &mut dyn Write) -> io::Result<()> {
    let documents = Documents {
        schema: SCHEMA_OF_SEVERAL,
        command: several.command.as_str(),
        exit_code: several.exit as u8,
        reports: several.reports.iter().map(document).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &documents)?;
    writeln!(out)
}

fn document(report: &Report) -> Document<'_> {
    let summary = report.summary();
    Document {
        schema: SCHEMA,
        command: report.command.map(super::Command::as_str),
        exit_code: report.exit as u8,
        cluster_name: report.cluster_name.as_deref(),
        cluster: report.cluster.as_ref().map(|cluster| Cluster {
            id: cluster.identity.id.as_deref(),
            brokers: cluster.identity.broker_count(),
        }),
        summary: Summary {
            declared: summary.declared,
            matching: summary.matching,
            missing: summary.missing,
            mismatched: summary.mismatched,
            accepted: summary.accepted,
            created: summary.created,
            unknown: summary.unknown,
            failed: summary.failed,
        },
        topics: report.topics.iter().map(topic).collect(),
        diagnostics: report
            .diagnostics
            .iter()
            .map(|one| diagnostic(one, &report.sources))
            .collect(),
        groups: report.groups.as_ref().map(groups::json::groups),
        statistics: report.groups.as_ref().map(groups::json::statistics),
    }
}

fn topic(topic: &Topic) -> TopicEntry<'_> {
    TopicEntry {
        name: topic.name.as_str(),
        tier: topic.tier.as_deref(),
        role: topic.role.as_str(),
        status: topic.state.status(),
        file: &topic.location.file,
        line: topic.location.line,
        partitions: topic.partitions,
        replication_factor: topic.replication_factor,
        config: &topic.config,
        mismatches: topic.mismatches.iter().map(mismatch).collect(),
        error: topic.error.as_deref(),
    }
}

fn mismatch(difference: &Difference) -> MismatchEntry<'_> {
    MismatchEntry {
        field: difference.field,
        key: difference.key.as_deref(),
        declared: &difference.declared,
        found: &difference.found,
        origin: difference
            .origin
            .map(crate::observed::ObservedOrigin::as_str),
        advice: difference.advice.as_deref(),
        remedy: difference.remedy.as_deref(),
        accepted: difference.accepted.as_deref(),
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
