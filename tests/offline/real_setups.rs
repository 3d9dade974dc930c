//! The scenarios of real users, as far as they go without a cluster: what the manifests of
//! `manifests/` resolve to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use topicctl::diagnostic::Code;
use topicctl::manifest::{self, Manifests, Outside, Request};
use topicctl::topic::DeclaredTopic;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const CUSTOM: &str = "cross-pipeline.search-to-analytics";

fn manifests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests")
}

/// Reads without the environment.
fn read(path: PathBuf, profile: Option<&str>, variables: &[(&str, &str)]) -> Manifests {
    let given = variables.iter();
    let given = given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    manifest::read(&Request {
        paths: vec![path],
        profile: profile.map(str::to_owned),
        outside: Outside {
            given: given.collect(),
            environment: BTreeMap::new(),
        },
        ..Request::default()
    })
}

/// Texts as files of one directory.
fn read_texts(topicctl: &str, pipelines: &str) -> Manifests {
    let texts = [
        ("topicctl.yaml", topicctl.as_bytes()),
        ("pipelines.yaml", pipelines.as_bytes()),
    ];
    manifest::read_texts(&texts, &Request::default())
}

fn messages(manifests: &Manifests) -> Vec<String> {
    let problems = manifests.diagnostics.sorted(&manifests.sources);
    problems.into_iter().map(|one| one.message).collect()
}

/// Name, partitions, retention in days.
fn row(topic: &DeclaredTopic) -> (String, i32, f64) {
    let partitions = topic.partitions.as_ref().map_or(0, |one| one.value.get());
    let retention = topic.config_value("retention.ms").expect("a retention");
    let retention: f64 = retention.parse().expect("a number");
    (
        topic.name.to_string(),
        partitions,
        retention / DAY_MS as f64,
    )
}

/// What scenario D declares, with a prefix.
fn scenario_d(prefix: &str) -> Vec<(String, i32, f64)> {
    let minute = 1.0 / (24.0 * 60.0);
    let mut rows = vec![
        (CUSTOM.to_owned(), 6, 7.0),
        (format!("{CUSTOM}.retry.1m"), 6, 1.0 + minute),
        (format!("{CUSTOM}.retry.10m"), 6, 1.0 + 10.0 * minute),
        (format!("{CUSTOM}-dlq"), 1, 30.0),
    ];
    for (step, kind, partitions, days) in [
        (
            "analytics-pipeline.step.sentiment-analysis",
            "input",
            3,
            7.0,
        ),
        (
            "analytics-pipeline.step.sentiment-analysis",
            "output",
            3,
            7.0,
        ),
        (
            "analytics-pipeline.step.sentiment-analysis",
            "dead-letter",
            3,
            30.0,
        ),
        (
            "analytics-pipeline.step.sentiment-analysis",
            "error",
            3,
            3.0,
        ),
        ("search-pipeline.step.chunker", "output", 6, 7.0),
        ("search-pipeline.step.chunker", "dead-letter", 6, 30.0),
        ("search-pipeline.step.chunker", "error", 6, 3.0),
        ("search-pipeline.step.document-ingest", "output", 6, 7.0),
        (
            "search-pipeline.step.document-ingest",
            "dead-letter",
            6,
            30.0,
        ),
        ("search-pipeline.step.document-ingest", "error", 6, 3.0),
    ] {
        rows.push((format!("{prefix}pipeline.{step}.{kind}"), partitions, days));
    }
    rows
}

#[test]
fn the_manifests_are_valid_under_dev_with_nothing_set() {
    let manifests = read(manifests(), Some("dev"), &[]);
    assert_eq!(messages(&manifests), [""; 0]);
    assert!(
        manifests.topics.iter().all(|topic| {
            let replicas = topic.replication_factor.as_ref();
            replicas.is_some_and(|one| one.value.get() == 1)
        }),
        "one broker is enough"
    );
}

#[test]
fn d_declares_the_topics_of_every_step_and_a_ladder_on_the_custom_topic() {
    let manifests = read(manifests().join("pipelines.yaml"), None, &[]);
    assert_eq!(messages(&manifests), [""; 0]);
    let rows: Vec<_> = manifests.topics.iter().map(row).collect();
    assert_eq!(rows, scenario_d("yappy."));
    // Without a profile they mean production.
    for topic in &manifests.topics {
        let replicas = topic.replication_factor.as_ref().map(|one| one.value.get());
        assert_eq!(replicas, Some(3), "{}", topic.name);
    }
}

#[test]
fn d_loses_its_prefix_by_changing_one_line() {
    let text = |name| std::fs::read_to_string(manifests().join(name)).expect("a manifest");
    let project = text("topicctl.yaml");
    let line = "  pipeline_prefix: yappy.\n";
    assert_eq!(project.matches(line).count(), 1);
    let without = project.replace(line, "  pipeline_prefix: ''\n");
    let manifests = read_texts(&without, &text("pipelines.yaml"));
    assert_eq!(messages(&manifests), [""; 0]);
    let rows: Vec<_> = manifests.topics.iter().map(row).collect();
    assert_eq!(rows, scenario_d(""));
}

#[test]
fn d_reads_standard_topics_with_the_pipelines_group_and_custom_ones_with_stated_groups() {
    let manifests = read(manifests().join("pipelines.yaml"), None, &[]);
    let groups: Vec<_> = manifests
        .topics
        .iter()
        .flat_map(|topic| {
            let groups = topic.consumer_groups.iter();
            groups.map(|group| (topic.name.to_string(), group.name.clone()))
        })
        .collect();
    let yappy = |rest: &str| format!("yappy.pipeline.{rest}");
    assert_eq!(
        groups,
        [
            (
                CUSTOM.to_owned(),
                "analytics-pipeline-consumer-group".to_owned()
            ),
            (
                yappy("analytics-pipeline.step.sentiment-analysis.input"),
                "analytics-pipeline-consumer-group".to_owned()
            ),
            (
                yappy("search-pipeline.step.document-ingest.output"),
                "search-pipeline-consumer-group".to_owned()
            ),
        ]
    );
}

/// A pipeline whose one step has these lines.
fn pipeline(lines: &str) -> String {
    format!(
        "topics: [{{ name: shared.local.search.ingest }}, {{ name: unlisted }}]\n\
         pipelines:\n\
         - name: search\n  \
           allowed_topics: ['shared.${{clusterName:-local}}.search.ingest']\n  \
           steps:\n  \
           - {{ name: ingest, output: {{ partitions: 20 }} }}\n  \
           - {{ name: chunk, {lines} }}\n\
         - name: other\n  \
           steps: [{{ name: s, output: true }}]\n"
    )
}

fn codes(lines: &str) -> Vec<Code> {
    let manifests = read_texts("naming: { pipeline_prefix: acme. }", &pipeline(lines));
    let problems = manifests.diagnostics.sorted(&manifests.sources);
    problems.into_iter().map(|one| one.code).collect()
}

#[test]
fn d_judges_names_by_variables_list_pattern_and_context() {
    let good = "consumes: ['acme.pipeline.${pipelineName}.step.ingest.output', \
                'shared.${clusterName:-local}.${pipelineName}.ingest']";
    assert_eq!(codes(good), []);
    for (consumes, code) in [
        ("${nowhere}.output", Code::UndefinedVariable),
        ("unlisted", Code::PipelineTopicNotAllowed),
        ("pipeline.search.step.ingest.output", Code::PipelineName),
        ("acme.pipeline.search.ingest", Code::PipelineName),
        (
            "acme.pipeline.other.step.s.output",
            Code::PipelineForeignTopic,
        ),
        (
            "acme.pipeline.search.step.ingets.output",
            Code::PipelineUnknownStep,
        ),
    ] {
        assert_eq!(
            codes(&format!("consumes: ['{consumes}']")),
            [code],
            "{consumes}"
        );
    }
}

#[test]
fn d_says_how_many_of_a_thousand_engines_are_idle() {
    let text = pipeline("consumes: [ingest.output], listeners: 1000");
    let manifests = read_texts("", &text);
    assert_eq!(messages(&manifests), ["1000 listeners read 20 partitions"]);
    let problems = manifests.diagnostics.sorted(&manifests.sources);
    let label = problems[0].primary.as_ref().expect("a place");
    assert_eq!(label.text, "980 would be idle");
    assert!(!manifests.diagnostics.has_errors());
}
