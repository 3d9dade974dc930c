//! The scripts with Kafka's own tools against real brokers.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use local_kafka::{LocalKafka, SUPER_PASSWORD, SUPER_USER, Security};

use crate::support::binary::{Ended, directory, topicctl_in};

const MANIFEST: &str = r#"
topics:
  - name: orders
    partitions: 3
    replication_factor: 1
    consumer_groups: [{ name: workers, produces: [orders-enriched] }]
    retry: { delays: [5m] }
    dlq: true
  - name: orders-enriched
    tier: plain
    config: { cleanup.policy: "delete,compact", retention.ms: 7d }
  - name: partner.feed
    external: true
"#;

/// The tool under its own name, as a distribution has it.
fn install(kafka: &LocalKafka, tool: &str, directory: &Path) {
    let command = kafka.client_tool_command(tool).expect("a tool");
    let mut words = vec![command.get_program()];
    words.extend(command.get_args());
    // The scripts say themselves where the cluster is.
    assert_eq!(words[words.len() - 2], "--bootstrap-server");
    words.truncate(words.len() - 2);
    let quoted = |word: &&std::ffi::OsStr| {
        shlex::try_quote(word.to_str().expect("UTF-8"))
            .expect("no NUL")
            .into_owned()
    };
    let words: Vec<_> = words.iter().map(quoted).collect();
    let path = directory.join(tool);
    fs::write(
        &path,
        format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" ")),
    )
    .expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its owner");
}

fn sh(script: &str, kafka: &LocalKafka, directory: &Path, variables: &[(&str, &str)]) -> Output {
    let path = std::env::var("PATH").expect("a PATH");
    let output = Command::new("sh")
        .args(["-c", script])
        .env("PATH", format!("{}:{path}", directory.display()))
        .env("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output();
    output.expect("a shell")
}

#[track_caller]
fn assert_success(output: &Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, problems) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "{}\n{out}{problems}",
        output.status
    );
}

fn names(kafka: &LocalKafka) -> BTreeSet<String> {
    let listed = kafka.tool("kafka-topics", &["--list"]).expect("a list");
    listed
        .lines()
        .filter(|name| !name.starts_with("__"))
        .map(str::to_owned)
        .collect()
}

fn reported(ended: Ended) -> (Option<i32>, String, String) {
    (ended.code(), ended.stdout, ended.stderr)
}

fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    reported(topicctl_in(directory, arguments).run())
}

#[test]
fn the_script_creates_what_apply_would_have_created() {
    let kafka = LocalKafka::options().start().expect("a broker");
    let files = directory(&[("m.yaml", MANIFEST)]);
    install(&kafka, "kafka-topics", files.path());
    let (code, script, _) = run(files.path(), &["render", "-o", "kafka-topics", "m.yaml"]);
    assert_eq!(code, Some(0));
    // Twice: what exists is left alone.
    for _ in 0..2 {
        assert_success(&sh(&script, &kafka, files.path(), &[]));
        let expected = ["orders", "orders-dlq", "orders-enriched", "orders-retry-5m"];
        assert_eq!(names(&kafka), expected.map(str::to_owned).into());
    }
    let verify = || {
        let arguments = ["verify", "-b", kafka.bootstrap_servers(), "m.yaml", "-v"];
        run(files.path(), &arguments)
    };
    let (code, text, problems) = verify();
    assert_eq!(code, Some(1), "{text}{problems}");
    assert!(
        text.contains("missing   partner.feed"),
        "the external one is not ours: {text}"
    );
    kafka
        .tool("kafka-topics", &["--create", "--topic", "partner.feed"])
        .expect("created");
    let (code, text, problems) = verify();
    assert_eq!(code, Some(0), "{text}{problems}");
    // Without a cluster to ask there is nothing to do.
    let output = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .output()
        .expect("a shell");
    assert!(!output.status.success());
}

fn properties(user: &str, password: &str) -> String {
    format!(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n\
         sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
         username=\"{user}\" password=\"{password}\";\n"
    )
}

/// All rights of the cluster, as principal, operation and resource.
fn rights(kafka: &LocalKafka) -> BTreeSet<String> {
    let listed = kafka.tool("kafka-acls", &["--list"]).expect("a list");
    let between = |line: &str, start: &str| {
        let (_, rest) = line.split_once(start).expect("a known form");
        rest.split([',', ')']).next().unwrap_or_default().to_owned()
    };
    let mut resource = String::new();
    let mut rights = BTreeSet::new();
    for line in listed.lines() {
        if line.contains("ResourcePattern(") {
            let kind = between(line, "resourceType=");
            let pattern = between(line, "patternType=");
            resource = format!("{kind} {} {pattern}", between(line, "name="));
        } else if line.contains("principal=") {
            assert!(line.contains("permissionType=ALLOW"), "{line}");
            let (who, what) = (between(line, "principal="), between(line, "operation="));
            rights.insert(format!("{who} {what} {resource}"));
        }
    }
    rights
}

#[test]
fn the_granted_rights_suffice_and_are_no_more_than_needed() {
    let kafka = LocalKafka::options()
        .security(Security::Sasl)
        .user("looker", "looker-secret")
        .user("maker", "maker-secret")
        .user("worker", "worker-secret")
        .start()
        .expect("a broker");
    let files = directory(&[
        ("m.yaml", MANIFEST),
        (
            "other.yaml",
            "topics: [{ name: other, replication_factor: 1 }]",
        ),
        ("admin.properties", &properties(SUPER_USER, SUPER_PASSWORD)),
        ("worker.properties", &properties("worker", "worker-secret")),
    ]);
    let admin = files.path().join("admin.properties");
    let admin = admin.to_str().expect("UTF-8");
    let worker = files.path().join("worker.properties");
    let worker = worker.to_str().expect("UTF-8");
    for tool in [
        "kafka-acls",
        "kafka-console-producer",
        "kafka-console-consumer",
    ] {
        install(&kafka, tool, files.path());
    }
    let created = ["--create", "--topic", "partner.feed"];
    kafka
        .tool("kafka-topics", &created)
        .expect("somebody else's");

    let topicctl = |user: &str, arguments: &[&str]| {
        let ended = topicctl_in(files.path(), arguments)
            .args(&["-b", kafka.bootstrap_servers()])
            .args(&["-X", "security.protocol=SASL_PLAINTEXT"])
            .args(&["-X", "sasl.mechanism=PLAIN"])
            .args(&["-X", &format!("sasl.username={user}")])
            .args(&["-X", &format!("sasl.password={user}-secret")])
            .run();
        reported(ended)
    };
    assert_eq!(
        topicctl("maker", &["apply", "m.yaml"]).0,
        Some(4),
        "nobody has rights yet"
    );

    let (code, script, _) = run(files.path(), &["render", "-o", "acls", "m.yaml"]);
    assert_eq!(code, Some(0));
    let variables = [
        ("KAFKA_COMMAND_CONFIG", admin),
        ("VERIFY_PRINCIPAL", "User:looker"),
        ("APPLY_PRINCIPAL", "User:maker"),
        ("PRINCIPAL_WORKERS", "User:worker"),
    ];
    let without = sh(&script, &kafka, files.path(), &variables[..2]);
    assert!(!without.status.success(), "a principal that is not named");
    assert_eq!(
        rights(&kafka),
        BTreeSet::new(),
        "gets nothing, and nobody else does either"
    );
    assert_success(&sh(&script, &kafka, files.path(), &variables));

    let mut expected = BTreeSet::new();
    let mut expect = |who: &str, operations: &[&str], resource: &str| {
        for operation in operations {
            expected.insert(format!("User:{who} {operation} {resource} LITERAL"));
        }
    };
    for topic in ["orders", "orders-dlq", "orders-enriched", "orders-retry-5m"] {
        let resource = format!("TOPIC {topic}");
        expect("looker", &["DESCRIBE", "DESCRIBE_CONFIGS"], &resource);
        expect(
            "maker",
            &["DESCRIBE", "DESCRIBE_CONFIGS", "CREATE"],
            &resource,
        );
    }
    expect(
        "looker",
        &["DESCRIBE", "DESCRIBE_CONFIGS"],
        "TOPIC partner.feed",
    );
    expect(
        "maker",
        &["DESCRIBE", "DESCRIBE_CONFIGS"],
        "TOPIC partner.feed",
    );
    expect("worker", &["READ"], "GROUP workers");
    expect("worker", &["DESCRIBE", "READ"], "TOPIC orders");
    expect("worker", &["DESCRIBE", "WRITE"], "TOPIC orders-enriched");
    assert_eq!(rights(&kafka), expected);

    let (code, text, problems) = topicctl("looker", &["verify", "m.yaml"]);
    assert_eq!(code, Some(1), "missing, and seen to be: {text}{problems}");
    let (code, _, problems) = topicctl("looker", &["apply", "m.yaml"]);
    assert_eq!(code, Some(4), "looking does not create: {problems}");
    assert_eq!(names(&kafka), ["partner.feed".to_owned()].into());
    let (code, text, problems) = topicctl("maker", &["apply", "m.yaml"]);
    assert_eq!(code, Some(0), "{text}{problems}");
    let (code, text, problems) = topicctl("looker", &["verify", "m.yaml"]);
    assert_eq!(code, Some(0), "{text}{problems}");
    assert_eq!(
        topicctl("maker", &["apply", "other.yaml"]).0,
        Some(4),
        "only what is declared"
    );

    let produce = |properties: &str, topic: &str| {
        let script = format!(
            "echo hello | kafka-console-producer --bootstrap-server \
             \"$KAFKA_BOOTSTRAP_SERVERS\" --command-config {properties} --topic {topic}"
        );
        sh(&script, &kafka, files.path(), &[])
    };
    assert_success(&produce(admin, "orders"));
    assert_success(&produce(worker, "orders-enriched"));
    let script = format!(
        "kafka-console-consumer --bootstrap-server \"$KAFKA_BOOTSTRAP_SERVERS\" \
         --command-config {worker} --topic orders --group workers --from-beginning \
         --max-messages 1 --timeout-ms 60000"
    );
    let consumed = sh(&script, &kafka, files.path(), &[]);
    assert_success(&consumed);
    assert_eq!(String::from_utf8_lossy(&consumed.stdout), "hello\n");
}
