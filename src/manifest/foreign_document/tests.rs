use super::super::{Manifests, Request, read_texts};
use crate::diagnostic::{Code, Diagnostic};

fn read(text: &str) -> Manifests {
    read_texts(&[("topic.yaml", text.as_bytes())], &Request::default())
}

fn only_problem(text: &str) -> Diagnostic {
    let manifests = read(text);
    let mut problems = manifests.diagnostics.sorted(&manifests.sources);
    assert_eq!(problems.len(), 1, "{text}\n{problems:#?}");
    problems.remove(0)
}

/// What a topic is once its lines are followed, as `name partitions replicas key=value …`.
fn followed(lines: &str) -> Vec<String> {
    let manifests = read(lines);
    let problems = manifests.diagnostics.sorted(&manifests.sources);
    assert!(
        !manifests.diagnostics.has_errors(),
        "{lines}\n{problems:#?}"
    );
    let shown = |topic: &crate::topic::DeclaredTopic| {
        let number = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let partitions = topic.partitions.as_ref().map(|it| it.value.to_string());
        let replicas = topic
            .replication_factor
            .as_ref()
            .map(|it| it.value.to_string());
        let config = topic.config.iter();
        let config = config.map(|(key, it)| format!(" {key}={}", it.value.as_str()));
        let counts = format!("{} {}", number(partitions), number(replicas));
        format!("{} {counts}{}", topic.name, config.collect::<String>())
    };
    manifests.topics.iter().map(shown).collect()
}

#[track_caller]
fn expect(text: &str, what: &str, topics: &[&str]) {
    let problem = only_problem(text);
    assert_eq!(problem.code, Code::ForeignDocument, "{text}");
    let message = format!("this is {what}, not a topicctl manifest");
    assert_eq!(problem.message, message, "{text}");
    assert!(problem.help.is_some(), "{text}");
    let lines = problem.command.unwrap_or_default();
    match topics {
        [] => assert_eq!(lines, "", "{text}"),
        topics => assert_eq!(followed(&lines), topics, "{text}"),
    }
}

#[test]
fn resources_of_kubernetes() {
    for (document, what, topic) in [
        (
            "apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaTopic\nmetadata:\n  name: foo\n  labels: { strimzi.io/cluster: c }\n\
             spec:\n  partitions: 12\n  replicas: 3\n  config: { cleanup.policy: delete, retention.ms: \"2592000000\" }",
            "a Strimzi KafkaTopic",
            "foo 12 3 cleanup.policy=delete retention.ms=2592000000",
        ),
        (
            "apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: foo-bar }\nspec: { topicName: Foo_Bar }",
            "a Strimzi KafkaTopic",
            "Foo_Bar - -",
        ),
        (
            "apiVersion: kafka.jikkou.io/v1beta2\nkind: KafkaTopic\nmetadata: { name: foo }\n\
             spec: { partitions: 6, replicas: -1, configs: { min.insync.replicas: 2 } }",
            "a Jikkou KafkaTopic",
            "foo 6 - min.insync.replicas=2",
        ),
        (
            "apiVersion: platform.confluent.io/v1beta1\nkind: KafkaTopic\nmetadata: { name: foo, namespace: confluent }\n\
             spec: { replicas: 1, partitionCount: 4, configs: { cleanup.policy: \"compact\" } }",
            "a Confluent for Kubernetes KafkaTopic",
            "foo 4 1 cleanup.policy=compact",
        ),
        (
            "apiVersion: kafka.banzaicloud.io/v1alpha1\nkind: KafkaTopic\nmetadata: { name: x }\n\
             spec: { clusterRef: { name: kafka }, name: foo, partitions: 1, replicationFactor: 1, config: { retention.ms: \"604800000\" } }",
            "a Koperator KafkaTopic",
            "foo 1 1 retention.ms=604800000",
        ),
        (
            "apiVersion: kafka.nais.io/v1\nkind: Topic\nmetadata: { name: mytopic, namespace: myteam, labels: { team: myteam } }\n\
             spec: { pool: nav-dev, config: { cleanupPolicy: delete, minimumInSyncReplicas: 2, partitions: 1, replication: 3, retentionBytes: -1, retentionHours: 72 } }",
            "a NAIS Topic",
            "myteam.mytopic 1 3 cleanup.policy=delete min.insync.replicas=2 retention.bytes=-1 retention.ms=259200000",
        ),
        (
            "apiVersion: cluster.redpanda.com/v1alpha2\nkind: Topic\nmetadata: { name: foo }\n\
             spec: { partitions: 3, replicationFactor: 3, additionalConfig: { redpanda.remote.read: \"true\" } }",
            "a Redpanda Topic",
            "foo 3 3 redpanda.remote.read=true",
        ),
        (
            "apiVersion: topic.kafka.crossplane.io/v1alpha1\nkind: Topic\nmetadata: { name: x, annotations: { crossplane.io/external-name: foo } }\n\
             spec: { forProvider: { partitions: 1, replicationFactor: 1, config: { cleanup.policy: delete } } }",
            "a Crossplane Topic",
            "foo 1 1 cleanup.policy=delete",
        ),
        (
            "apiVersion: aiven.io/v1alpha1\nkind: KafkaTopic\nmetadata: { name: foo }\n\
             spec: { project: p, serviceName: s, replication: 2, partitions: 1, config: { flush_ms: 100, cleanup_policy: compact } }",
            "an Aiven KafkaTopic",
            "foo 1 2 cleanup.policy=compact flush.ms=100",
        ),
        (
            "apiVersion: kafka.example.com/v1\nkind: KafkaTopic\nmetadata: { name: foo }\nspec: { partitions: 2 }",
            "a Kubernetes KafkaTopic",
            "foo 2 -",
        ),
    ] {
        expect(document, what, &[topic]);
    }
    for (document, what) in [
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }",
            "a Kubernetes Deployment",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\ndata: { a: b }",
            "a Kubernetes ConfigMap",
        ),
        (
            "apiVersion: v1\nkind: List\nitems: [{ apiVersion: v1, kind: Pod }]",
            "a Kubernetes list",
        ),
        (
            "apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaUser",
            "a Strimzi KafkaUser",
        ),
        (
            "apiVersion: core.jikkou.io/v1beta2\nkind: ConfigMap\ndata: { a: b }",
            "a Jikkou ConfigMap",
        ),
        (
            "apiVersion: v2\nname: kafka\nversion: 1.0.0",
            "the description of a Helm chart",
        ),
    ] {
        expect(document, what, &[]);
    }
}

#[test]
fn lists_of_resources() {
    expect(
        "apiVersion: v1\nkind: List\nitems:\n\
         - { apiVersion: kafka.strimzi.io/v1, kind: KafkaTopic, metadata: { name: a }, spec: { partitions: 1 } }\n\
         - { apiVersion: v1, kind: Pod }\n\
         - { apiVersion: kafka.strimzi.io/v1, kind: KafkaTopic, metadata: { name: b }, spec: { replicas: 1 } }\n",
        "a list of Strimzi KafkaTopics",
        &["a 1 -", "b - 1"],
    );
    expect(
        "apiVersion: kafka.jikkou.io/v1beta2\nkind: KafkaTopicList\nitems:\n\
         - { metadata: { name: a }, spec: { partitions: 1, replicas: 1, configs: { retention.ms: 1 } } }\n",
        "a list of Jikkou KafkaTopics",
        &["a 1 1 retention.ms=1"],
    );
}

#[test]
fn documents_of_other_tools() {
    expect(
        "meta: { name: foo, cluster: c, environment: e, region: r }\n\
         spec:\n  partitions: 9\n  replicationFactor: 3\n  retentionMinutes: 360\n  placement: { strategy: any }\n  settings: { cleanup.policy: delete, max.message.bytes: 5542880 }",
        "a topic of segmentio's tool of this name",
        &["foo 9 3 cleanup.policy=delete max.message.bytes=5542880 retention.ms=21600000"],
    );
    expect(
        "settings: { topics: { defaults: { replication: 3 } } }\nservices: { s: { type: application, produces: [a] } }\n\
         topics:\n  a: { partitions: 6, configs: { cleanup.policy: compact } }\n  b: { partitions: 1, replication: 1 }",
        "a desired state of kafka-gitops",
        &["a 6 3 cleanup.policy=compact", "b 1 1"],
    );
    expect(
        "context: \"context\"\nsource: src\nprojects:\n- name: p\n  consumers: [{ principal: \"User:a\" }]\n  topics:\n\
         \x20 - { name: foo, config: { replication.factor: \"1\", num.partitions: \"2\", retention.ms: \"5\" } }\n\
         \x20 - { name: bar, dataType: avro }\nspecial_topics: [{ name: special }]",
        "a descriptor of Julie (Kafka Topology Builder)",
        &[
            "context.src.p.bar.avro - -",
            "context.src.p.foo 2 1 retention.ms=5",
            "special - -",
        ],
    );
    expect(
        r#"{ "resource": { "kafka_topic": { "logs": { "name": "systemd_logs", "replication_factor": 2, "partitions": 100, "config": { "segment.ms": "20000" } } } } }"#,
        "a configuration of Terraform",
        &["systemd_logs 100 2 segment.ms=20000"],
    );
    expect(
        r#"{ "format_version": "1.2", "terraform_version": "1.9.0", "planned_values": { "root_module": { "resources": [{ "type": "other", "values": {} }],
           "child_modules": [{ "resources": [{ "type": "kafka_topic", "values": { "name": "a", "partitions": 1, "replication_factor": 1, "config": null } }] }] } } }"#,
        "a plan of Terraform",
        &["a 1 1"],
    );
    expect(
        r#"{ "version": 4, "terraform_version": "1.9.0", "resources": [{ "type": "aiven_kafka_topic", "instances": [{ "attributes": { "topic_name": "a", "partitions": 1, "replication": 2, "config": [{ "retention_ms": "5" }] } }] }] }"#,
        "a state of Terraform",
        &["a 1 2 retention.ms=5"],
    );
    expect(
        "asyncapi: 3.0.0\nchannels:\n  users:\n    address: user-signedup\n    bindings: { kafka: { topic: my-topic, partitions: 20, replicas: 3, topicConfiguration: { cleanup.policy: [delete, compact], retention.ms: 604800000 } } }\n  other: { address: b }",
        "an AsyncAPI document",
        &[
            "b - -",
            "my-topic 20 3 cleanup.policy=compact,delete retention.ms=604800000",
        ],
    );
    expect(
        "asyncapi: 2.6.0\nchannels:\n  a.b: { publish: {} }",
        "an AsyncAPI document",
        &["a.b - -"],
    );
    expect(
        "services:\n  kafka:\n    image: kafka\n    environment: { KAFKA_CREATE_TOPICS: \"a:1:3,b:2:1:compact\" }",
        "a Compose file",
        &["a 1 3", "b 2 1 cleanup.policy=compact"],
    );
    expect(
        "services: { kafka: { image: kafka, environment: [\"KAFKA_CREATE_TOPICS=a:1:3\"] } }",
        "a Compose file",
        &["a 1 3"],
    );
    expect("services: { kafka: { build: . } }", "a Compose file", &[]);
    expect(
        "provisioning: { topics: [{ name: a, partitions: 1, replicationFactor: 1, config: { max.message.bytes: 64000 } }] }",
        "the values of a Helm chart",
        &["a 1 1 max.message.bytes=64000"],
    );
    expect(
        "version: 1\nspecs: { topics: [{ name: a, partitions: 1, replication_factor: 1, configs: { min.insync.replicas: 1 } }] }",
        "a specification of Jikkou",
        &["a 1 1 min.insync.replicas=1"],
    );
}

#[test]
fn the_lines_for_a_cluster_are_taken() {
    let problem = only_problem(
        "meta: { name: local, environment: e }\nspec: { bootstrapAddrs: [\"kafka:9092\", \"kafka-2:9092\"] }",
    );
    assert_eq!(
        problem.message,
        "this is a cluster of segmentio's tool of this name, not a topicctl manifest"
    );
    let lines = problem.command.expect("lines");
    let texts = [
        ("topicctl.yaml", lines.as_bytes()),
        ("t.yaml", b"topics: [{ name: a }]"),
    ];
    let manifests = read_texts(&texts, &Request::default());
    assert!(
        manifests.diagnostics.is_empty(),
        "{:#?}",
        manifests.diagnostics
    );
    assert_eq!(manifests.clusters.named.len(), 1);
}

#[test]
fn what_cannot_be_taken_as_it_is_is_not_written() {
    let strimzi = |spec: &str| {
        format!(
            "apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: {{ name: a }}\nspec: {{ {spec} }}"
        )
    };
    for spec in [
        "partitions: 0",
        "partitions: many",
        "replicas: 40000",
        "topicName: __consumer_offsets",
        "topicName: a b",
        "config: { retention.mss: 1 }",
        "config: { max.message.bytes: 10MB }",
        "config: [retention.ms]",
        "replicas: 1, config: { min.insync.replicas: 2 }",
        "config: { min.compaction.lag.ms: 5, max.compaction.lag.ms: 1 }",
        "partitions: \"${N}\"",
    ] {
        expect(&strimzi(spec), "a Strimzi KafkaTopic", &[]);
    }
    expect(
        "apiVersion: kafka.jikkou.io/v1beta2\nkind: KafkaTopic\nmetadata: { name: a }\nspec: { configMapRefs: [c] }",
        "a Jikkou KafkaTopic",
        &[],
    );
    expect(
        &strimzi("topicName: \"a-{{ .Values.x }}\""),
        "a Helm template of a Strimzi KafkaTopic",
        &[],
    );
}

#[test]
fn templates_are_told_once() {
    for text in [
        "apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata:\n  name: {{ .Values.name }}\n",
        "apiVersion: kafka.jikkou.io/v1beta2\nkind: KafkaTopic\nmetadata: { name: a }\nspec: { partitions: {{ p }}, replicas: 1 }\n",
        "{{- range .Values.topics }}\napiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata:\n  name: {{ .name }}\n---\n{{- end }}\n",
    ] {
        let problem = only_problem(text);
        assert_eq!(problem.code, Code::ForeignDocument, "{text}");
    }
    for text in [
        "topics:\n  - name: {{ .Values.a }}\n",
        "topics:\n  - name: {{ .Values.a }}\n  - name: {{ .Values.b }}\n",
        "topics:\n  - { name: {{ .Values.a }}, partitions: {{ .Values.b }} }\n",
        "topics:\n  {{- range .Values.topics }}\n  - name: {{ .name }}\n  {{- end }}\n",
    ] {
        assert_eq!(only_problem(text).code, Code::Syntax, "{text}");
    }
}

#[test]
fn each_document_is_told_for_itself_and_others_are_checked() {
    let strimzi = "apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: a }\n";
    let text = format!("{strimzi}---\ntopics: [{{ name: a, partitons: 1 }}]\n---\n{strimzi}");
    let manifests = read(&text);
    let problems = manifests.diagnostics.sorted(&manifests.sources);
    let codes: Vec<_> = problems.iter().map(|one| one.code).collect();
    let foreign = Code::ForeignDocument;
    assert_eq!(codes, [foreign, Code::UnknownField, foreign]);
}

#[test]
fn manifests_are_topicctl_s_own() {
    for text in [
        "topics: [{ name: a }]",
        "topics: [{ name: a }]\nservices: { a: { image: b } }",
        "topics: { a: { partitions: 1 }, b: }",
        "tiers: { a: { partitions: 1 } }",
        "",
        "meta: a\nspec: b",
    ] {
        let manifests = read(text);
        let mut problems = manifests.diagnostics.iter();
        assert!(
            problems.all(|one| one.code != Code::ForeignDocument),
            "{text}"
        );
    }
}
