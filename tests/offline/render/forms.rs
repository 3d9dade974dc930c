//! The forms as text: what a service, a reader or a shell gets.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::binary::directory;

use super::run;

const MANIFEST: &str = r#"
topics:
  - name: orders
    partitions: 6
    replication_factor: 1
    description: What was "ordered"
    partition_key: { field: id, partitioner: murmur2 }
    consumer_groups: [{ name: "pay & <ship>", members: 2, produces: [orders.paid, elsewhere] }]
    retry: { delays: [5m, 1h] }
    dlq: { env: DEAD_ORDERS }
  - name: orders.paid
    tier: plain
    dlq: dead
    config: { cleanup.policy: "compact,delete" }
  - name: dead
    tier: plain
  - name: partner.feed
    external: true
"#;

#[test]
fn services_get_the_names_back() {
    let files = directory(&[("m.yaml", MANIFEST)]);
    let (code, lines, problems) = run(files.path(), &["render", "-o", "env", "m.yaml"]);
    assert_eq!((code, problems.as_str()), (0, ""));
    assert_eq!(
        lines,
        "KAFKA_TOPIC_DEAD=dead\n\
         KAFKA_TOPIC_ORDERS=orders\n\
         KAFKA_TOPIC_ORDERS_RETRY_5M=orders-retry-5m\n\
         KAFKA_TOPIC_ORDERS_RETRY_1H=orders-retry-1h\n\
         DEAD_ORDERS=orders-dlq\n\
         KAFKA_TOPIC_ORDERS_PAID=orders.paid\n\
         KAFKA_TOPIC_PARTNER_FEED=partner.feed\n"
    );
    std::fs::write(files.path().join("names.env"), lines).expect("a file");
    let script = ". ./names.env && printf '%s %s' \"$KAFKA_TOPIC_ORDERS_PAID\" \"$DEAD_ORDERS\"";
    let output = Command::new("sh")
        .args(["-eu", "-c", script])
        .current_dir(files.path())
        .output();
    let output = output.expect("a shell");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "orders.paid orders-dlq"
    );
}

/// Text for people is wrapped.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn two_topics_with_one_variable_are_an_error() {
    let files = directory(&[("m.yaml", "topics: [{ name: a-b }, { name: a.b }]")]);
    let (code, lines, problems) = run(files.path(), &["render", "-o", "env", "m.yaml"]);
    assert_eq!((code, lines.as_str()), (2, ""));
    assert!(
        flat(&problems).contains("both have the variable KAFKA_TOPIC_A_B"),
        "{problems}"
    );
    assert!(
        problems.contains("give one of them another variable: `env: NAME`"),
        "{problems}"
    );
    let files = directory(&[("m.yaml", "topics: [{ name: a, env: 9-LIVES }]")]);
    let (code, _, problems) = run(files.path(), &["render", "-o", "env", "m.yaml"]);
    assert_eq!(code, 2);
    assert!(problems.contains("`env` is `9-LIVES`"), "{problems}");
}

#[test]
fn programs_get_every_value() {
    let files = directory(&[("m.yaml", MANIFEST)]);
    let (code, text, _) = run(files.path(), &["render", "-o", "json", "m.yaml"]);
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["schema"], "topicctl.topics/1");
    let topics = document["topics"].as_array().expect("topics");
    let named = |name| {
        topics
            .iter()
            .find(|topic| topic["name"] == name)
            .expect("declared")
    };
    assert_eq!(
        *named("orders-retry-1h"),
        json!({
            "name": "orders-retry-1h", "role": "retry", "source": "orders",
            "delay": { "step": 1, "written": "1h", "ms": 3_600_000 },
            "shared_dlq": null, "tier": "retry", "description": null, "owner": null,
            "external": false, "partitions": 6, "replication_factor": 1,
            "config": {
                "cleanup.policy": "delete", "compression.type": "snappy",
                "min.insync.replicas": "1", "retention.ms": "90000000",
            },
            "env": null, "allow": [], "consumer_groups": [], "partition_key": null,
            "file": "m.yaml", "line": 9,
        })
    );
    assert_eq!(named("partner.feed")["partitions"], Value::Null);
    assert_eq!(
        named("orders")["consumer_groups"],
        json!([{ "name": "pay & <ship>", "members": 2, "produces": ["orders.paid", "elsewhere"] }])
    );
}

#[test]
fn the_drawing_shows_the_way_of_a_message() {
    let files = directory(&[("m.yaml", MANIFEST)]);
    let (code, chart, _) = run(files.path(), &["render", "-o", "mermaid", "m.yaml"]);
    assert_eq!(code, 0);
    for line in [
        "subgraph f_orders[\"orders\"]",
        "t_orders -->|\"fails, attempt 1\"| t_orders_retry_5m",
        "t_orders_retry_5m -->|\"after 5m\"| t_orders",
        "t_orders -->|\"fails, attempt 3\"| t_orders_dlq",
        "t_orders_paid -->|\"fails\"| t_dead",
        "t_orders --> g_pay____ship_",
        "g_pay____ship_([\"pay #38; #60;ship#62;, 2 members\"]):::group",
        "g_pay____ship_ -->|\"produces\"| t_orders_paid",
        "t_elsewhere[\"elsewhere\"]:::external",
        "t_partner_feed[\"partner.feed\"]:::external",
    ] {
        let found = chart.lines().filter(|found| found.trim() == line).count();
        assert_eq!(found, 1, "{line}\n{chart}");
    }
}

#[test]
fn names_that_look_alike_stay_apart_in_the_drawing() {
    let files = directory(&[("m.yaml", "topics: [{ name: a-b }, { name: a.b }]")]);
    let (_, chart, _) = run(files.path(), &["render", "-o", "mermaid", "m.yaml"]);
    assert!(chart.contains("t_a_b[\"a-b\"]"), "{chart}");
    assert!(chart.contains("t_a_b_2[\"a.b\"]"), "{chart}");
}

/// Whatever the order of files and entries.
#[test]
fn no_form_depends_on_the_order_of_entries() {
    let entries: Vec<_> = MANIFEST.split("  - name: ").skip(1).collect();
    let write = |entries: &[&str]| {
        let text = entries.iter().map(|entry| format!("  - name: {entry}"));
        "topics:\n".to_owned() + &text.collect::<String>()
    };
    let reversed: Vec<_> = entries.iter().rev().copied().collect();
    let files = directory(&[("a.yaml", &write(&entries)), ("b.yaml", &write(&reversed))]);
    for form in ["yaml", "env", "mermaid", "kafka-topics", "acls"] {
        let [first, second] =
            ["a.yaml", "b.yaml"].map(|file| run(files.path(), &["render", "-o", form, file]));
        assert_eq!(first.0, 0, "{form}");
        assert_eq!(first, second, "{form}");
    }
}

#[test]
fn scripts_refuse_what_they_cannot_say() {
    let manifest = "topics: [{ name: a, config: { confluent.x: 'a=b' } }]";
    let files = directory(&[("m.yaml", manifest)]);
    let (code, script, problems) = run(files.path(), &["render", "-o", "kafka-topics", "m.yaml"]);
    assert_eq!((code, script.as_str()), (2, ""));
    assert!(
        problems.contains("kafka-topics cannot set `confluent.x` to this value"),
        "{problems}"
    );
    // A star would give the rights to all groups.
    for group in ["'*'", "\"a\\u001bb\""] {
        let manifest = format!("topics: [{{ name: a, consumer_groups: [{group}] }}]");
        let files = directory(&[("m.yaml", &manifest)]);
        let (code, script, problems) = run(files.path(), &["render", "-o", "acls", "m.yaml"]);
        assert_eq!((code, script.as_str()), (2, ""));
        assert!(
            problems.contains("is no group that rights can be given to"),
            "{problems}"
        );
    }
}

/// What a shell makes of the words, seen by a tool that only prints them.
#[test]
fn scripts_keep_untrusted_words_together() {
    let manifest = r#"
topics:
  - name: a
    tier: plain
    consumer_groups: ["it's; $$(false) `x` \"y\"", "it's  $$(false) `x` \"y\""]
    config: { redpanda.x: "a b;c $$HOME 'q'" }
"#;
    let files = directory(&[("m.yaml", manifest)]);
    let echo = |form: &str, tool: &str| {
        let (code, script, problems) = run(files.path(), &["render", "-o", form, "m.yaml"]);
        assert_eq!(code, 0, "{problems}");
        let script =
            format!("{tool}() {{ for word; do printf '[%s]' \"$word\"; done; echo; }}\n{script}");
        let output = Command::new("sh")
            .args(["-c", &script])
            .env("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
            .env("VERIFY_PRINCIPAL", "User:v")
            .env("APPLY_PRINCIPAL", "User:a")
            .env("PRINCIPAL_IT_S____FALSE___X___Y_", "User:one")
            .env("PRINCIPAL_IT_S____FALSE___X___Y__2", "User:two")
            .output()
            .expect("a shell");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    // The tools are functions here, and a function's name has no dash.
    let topics = echo("kafka-topics", "KAFKA_TOPICS=tool; tool");
    assert_eq!(
        topics,
        "[--bootstrap-server][kafka:9092][--create][--if-not-exists][--topic][a][--config]\
         [redpanda.x=a b;c $HOME 'q']\n"
    );
    let acls = echo("acls", "KAFKA_ACLS=tool; tool");
    for words in [
        "[--allow-principal][User:v][--operation][Describe][--operation][DescribeConfigs][--topic][a]\n",
        "[--allow-principal][User:two][--operation][Read][--group][it's; $(false) `x` \"y\"]\n",
        "[--allow-principal][User:one][--operation][Read][--group][it's  $(false) `x` \"y\"]\n",
    ] {
        assert!(acls.contains(words), "{words}\n{acls}");
    }
}

#[test]
fn errors_of_manifests_come_as_everywhere() {
    let files = directory(&[("m.yaml", "topics: [{ name: a, partitons: 3 }]")]);
    let (code, out, problems) = run(files.path(), &["render", "m.yaml"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(problems.contains("error[unknown-field]"), "{problems}");
    assert!(problems.contains("\n1 error in 1 file.\n"), "{problems}");
    let (code, out, _) = run(files.path(), &["render", "-o", "json", "m.yaml"]);
    assert_eq!(code, 2);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["command"], "render");
    assert_eq!(report["diagnostics"][0]["code"], "unknown-field");
}

/// The examples of the pages, run as they stand there.
#[test]
fn the_documentation_shows_what_is_written() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_topicctl"));
    let path = std::env::var("PATH").expect("a PATH");
    let path = format!(
        "{}:{path}",
        program.parent().expect("a directory").display()
    );
    let mut examples = 0;
    for page in ["partition.md", "render.md"] {
        let text = std::fs::read_to_string(root.join("docs").join(page)).expect("a page");
        let blocks = text
            .split("```console\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next());
        for example in blocks.flat_map(|block| block.split("$ ").skip(1)) {
            let (command, expected) = example.split_once('\n').expect("a command and its output");
            if command.contains("create.sh") {
                continue; // Needs a cluster; see `tools`.
            }
            let output = Command::new("sh")
                .args(["-c", command])
                .current_dir(root)
                .env_clear()
                .env("PATH", &path)
                .output()
                .expect("a shell");
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                expected,
                "{page}: {command}"
            );
            examples += 1;
        }
    }
    assert_eq!(examples, 5);
}
