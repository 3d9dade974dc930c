//! Replicas: too few, too many, uneven, on their way, and more than there are brokers.

use std::io::Write as _;
use std::process::Stdio;

use local_kafka::LocalKafka;

use super::{Place, by_name, create, replicas, three, values};

fn declared(name: &str, factor: usize) -> String {
    format!("topics:\n  - name: {name}\n    tier: plain\n    replication_factor: {factor}\n")
}

/// Moves replicas, as an administrator does.
fn reassign(kafka: &LocalKafka, topic: &str, replicas: &[(usize, &[i32])], more: &[&str]) {
    let partitions: Vec<_> = replicas
        .iter()
        .map(|(partition, ids)| {
            serde_json::json!({ "topic": topic, "partition": partition, "replicas": ids })
        })
        .collect();
    let plan = serde_json::json!({ "version": 1, "partitions": partitions });
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), plan.to_string()).expect("the plan");
    let path = file.path().to_str().expect("UTF-8");
    let words = [&["--execute", "--reassignment-json-file", path], more].concat();
    kafka
        .tool("kafka-reassign-partitions", &words)
        .expect("a reassignment");
}

fn counts(kafka: &LocalKafka, topic: &str) -> Vec<usize> {
    replicas(kafka, topic).iter().map(Vec::len).collect()
}

#[test]
fn too_few_replicas_are_added_and_those_that_there_are_stay() {
    let kafka = three();
    create(&kafka, "rf.low", 4, 1, &[]);
    let before = replicas(&kafka, "rf.low");
    let place = Place::new(&kafka, &declared("rf.low", 3));
    let mismatches = place.mismatches("rf.low");
    let factor = by_name(&mismatches, "replication_factor");
    assert_eq!(values(factor), ("3", "1"));
    place
        .verify(&[])
        .exits(1)
        .says("replication 3 declared, 1 found")
        .says("the command copies data between brokers; --throttle limits how fast");
    place.remedy("rf.low");
    place.until_nothing_moves();
    place.is_clean();
    let after = replicas(&kafka, "rf.low");
    assert_eq!(counts(&kafka, "rf.low"), [3; 4]);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before[0], after[0], "the leader stays: {after:?}");
    }
}

#[test]
fn too_many_replicas_are_taken_away() {
    let kafka = three();
    create(&kafka, "rf-high", 2, 3, &[]);
    let before = replicas(&kafka, "rf-high");
    let place = Place::new(&kafka, &declared("rf-high", 2));
    let mismatches = place.mismatches("rf-high");
    assert_eq!(
        values(by_name(&mismatches, "replication_factor")),
        ("2", "3")
    );
    place
        .verify(&[])
        .exits(1)
        .says("replication 2 declared, 3 found")
        .says("the command takes replicas away: fewer brokers may then fail");
    place.remedy("rf-high");
    place.until_nothing_moves();
    place.is_clean();
    let first: Vec<_> = before.iter().map(|ids| ids[..2].to_vec()).collect();
    assert_eq!(replicas(&kafka, "rf-high"), first);
}

#[test]
fn uneven_replicas_are_reported_as_such_and_evened_out() {
    let kafka = three();
    create(&kafka, "rf-uneven", 4, 2, &[]);
    let before = replicas(&kafka, "rf-uneven");
    reassign(
        &kafka,
        "rf-uneven",
        &[(1, &before[1][..1]), (3, &[1, 2, 3])],
        &[],
    );
    let place = Place::new(&kafka, &declared("rf-uneven", 2));
    place.until_it_says("its partitions differ in replicas");
    let mismatches = place.mismatches("rf-uneven");
    let factor = by_name(&mismatches, "replication_factor");
    assert_eq!(values(factor), ("2", "1 to 3"));
    place
        .verify(&[])
        .exits(1)
        .says("replication 2 declared, 1 to 3 found")
        .says("its partitions differ in replicas");
    place.remedy("rf-uneven");
    place.until_nothing_moves();
    place.is_clean();
    let after = replicas(&kafka, "rf-uneven");
    assert_eq!(
        (&after[0], &after[2]),
        (&before[0], &before[2]),
        "they were right"
    );
}

#[test]
fn a_reassignment_under_way_is_reported_as_such_and_the_remedy_leads_where_it_leads() {
    const SLOW: &str = "1000";
    let kafka = three();
    let assigned = [
        "--create",
        "--topic",
        "rf-moving",
        "--replica-assignment",
        "1:2,1:2",
    ];
    kafka.tool("kafka-topics", &assigned).expect("a topic");
    fill(&kafka, "rf-moving");
    let place = Place::new(&kafka, &declared("rf-moving", 2));
    place.is_clean();
    let there: [(usize, &[i32]); 2] = [(0, &[2, 3]), (1, &[2, 3])];
    reassign(&kafka, "rf-moving", &there, &["--throttle", SLOW]);

    place.until_it_says("a reassignment seems to be under way");
    let mismatches = place.mismatches("rf-moving");
    let factor = by_name(&mismatches, "replication_factor");
    assert_eq!(values(factor), ("2", "3"));
    place
        .verify(&[])
        .exits(1)
        .says("replication 2 declared, 3 found")
        .says("a reassignment seems to be under way, since broker 3 is not in sync")
        .says("wait for its end and verify again");
    let remedies = place.remedy("rf-moving");
    assert!(remedies[0].contains(r#""replicas":[2,3]"#), "{remedies:?}");
    // It did not end it, nor turn it back.
    assert_eq!(counts(&kafka, "rf-moving"), [3, 3]);
    for broker in ["1", "2", "3"] {
        let fast = "leader.replication.throttled.rate=100000000,\
                    follower.replication.throttled.rate=100000000";
        let entity = ["--entity-type", "brokers", "--entity-name", broker];
        let words = [&["--alter", "--add-config", fast], &entity[..]].concat();
        kafka.tool("kafka-configs", &words).expect("no throttle");
    }
    place.until_nothing_moves();
    place.is_clean();
    assert_eq!(replicas(&kafka, "rf-moving"), [[2, 3], [2, 3]]);
}

/// Messages of some megabytes, so that copying them at a slow pace lasts.
fn fill(kafka: &LocalKafka, topic: &str) {
    let mut producer = kafka
        .tool_command("kafka-console-producer")
        .expect("a tool")
        .args(["--topic", topic])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("a producer");
    let mut input = producer.stdin.take().expect("a pipe");
    let line = format!("{}\n", "x".repeat(10_000));
    for _ in 0..2_000 {
        input.write_all(line.as_bytes()).expect("a message");
    }
    drop(input);
    assert!(producer.wait().expect("its end").success());
}

#[test]
fn more_replicas_than_brokers_name_the_line_to_change_instead() {
    let kafka = three();
    create(&kafka, "rf-beyond", 1, 1, &[]);
    let text = declared("rf-beyond", 4);
    let place = Place::new(&kafka, &text);
    let mismatches = place.mismatches("rf-beyond");
    assert!(by_name(&mismatches, "replication_factor")["remedy"].is_null());
    place.verify(&[]).exits(1).says(
        "4 replicas need as many brokers, and there are 3 brokers. Add brokers, or else declare 1 \
         in its own entry, topics.yaml:2: replication_factor: 1",
    );
    let mut lines: Vec<_> = text.lines().collect();
    lines[3] = "    replication_factor: 1";
    place.file("topics.yaml", &lines.join("\n"));
    place.is_clean();
}

#[test]
fn replicas_and_partitions_are_corrected_in_the_printed_order() {
    let kafka = three();
    create(&kafka, "rf-and-partitions", 2, 1, &[]);
    let text = declared("rf-and-partitions", 2) + "    partitions: 4\n";
    let place = Place::new(&kafka, &text);
    assert_eq!(place.mismatches("rf-and-partitions").len(), 2);
    place.remedy("rf-and-partitions");
    place.until_nothing_moves();
    place.is_clean();
    assert_eq!(counts(&kafka, "rf-and-partitions"), [2; 4]);
}
