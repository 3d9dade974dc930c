//! Replicas that share a rack are reported where the cluster has more racks, and the printed command
//! spreads them.

use std::collections::BTreeSet;

use local_kafka::LocalKafka;

use crate::kafka::until;
use crate::support::binary::{Manifests, on, topicctl};

/// The brokers of each partition, by Kafka's own tool.
fn replicas(kafka: &LocalKafka, topic: &str) -> Vec<Vec<u32>> {
    let described = kafka
        .tool("kafka-topics", &["--describe", "--topic", topic])
        .expect("a topic");
    let lines = described.lines().filter_map(|line| {
        let (_, replicas) = line.split_once("Replicas: ")?;
        replicas.split('\t').next()
    });
    let number = |id: &str| id.parse().expect("a broker");
    lines
        .map(|list| list.trim().split(',').map(number).collect())
        .collect()
}

fn in_racks(racks: [&str; 3]) -> LocalKafka {
    let options =
        (1..).zip(racks).fold(
            LocalKafka::options().nodes(3),
            |options, (node, rack)| match rack {
                "" => options,
                rack => options.node_property(node, "broker.rack", rack),
            },
        );
    options.start().expect("brokers")
}

const TOPICS: &str = "
topics:
  - { name: racks.together, tier: plain, partitions: 4, replication_factor: 2 }
  - { name: racks.apart, tier: plain, partitions: 4, replication_factor: 2 }
  - { name: racks.single, tier: plain, partitions: 2, replication_factor: 1 }";

fn create(kafka: &LocalKafka, topic: &str, places: &str) {
    let create = ["--create", "--topic", topic, "--replica-assignment", places];
    kafka.tool("kafka-topics", &create).expect("a topic");
}

#[test]
fn replicas_that_share_a_rack_are_reported_and_the_printed_command_spreads_them() {
    let kafka = in_racks(["a", "a", "b"]);
    let servers = kafka.bootstrap_servers().to_owned();
    create(&kafka, "racks.together", "1:2,2:1,1:3,2:1");
    let manifests = Manifests::of(TOPICS);
    // Kafka spreads what it places itself.
    on(&servers, "apply", &manifests).json().exits(0);
    let verify = |words: &[&str]| on(&servers, "verify", &manifests).args(words);
    let ended = verify(&[]).run().exits(0);
    let ended = ended
        .says("warning[unhealthy]: 1 topic has replicas that share a rack")
        .says("racks.together partitions 0, 1, 3: replicas in rack a, where 2 racks are possible");
    assert!(!ended.stderr.contains("racks.apart"), "{ended}");
    verify(&["--fail-on", "health"])
        .run()
        .exits(1)
        .says("error[unhealthy]: 1 topic has replicas that share a rack");
    // What was recorded tells the same.
    let snapshot = manifests.path().join("snapshot.json");
    let export = topicctl(&["export", "-b", &servers, "--snapshot"]);
    export.arg(&snapshot).run().exits(0);
    let replayed = topicctl(&["verify", "--fail-on", "health", "--cluster-snapshot"]);
    let replayed = replayed.arg(&snapshot).arg(manifests.path());
    replayed
        .run()
        .exits(1)
        .says("partitions 0, 1, 3: replicas in rack a");

    let line = ended.stderr.lines().find(|line| line.contains("printf "));
    let line = line.expect("a command").trim();
    let (json, command) = line
        .strip_prefix("printf %s '")
        .and_then(|rest| rest.split_once("' > racks-reassignment.json && "))
        .expect("a file and a command");
    let file = manifests.file("racks-reassignment.json", json);
    crate::kafka::run_printed(
        &kafka,
        &command.replace("racks-reassignment.json", &file.display().to_string()),
    );
    until("nothing is reported any more", || {
        let report = verify(&["--fail-on", "health"]).json();
        (report.json["exit_code"] == 0).then_some(())
    });
    let placed = replicas(&kafka, "racks.together");
    let leaders: Vec<_> = placed.iter().map(|one| one[0]).collect();
    assert_eq!(leaders, [1, 2, 1, 2]);
    for replicas in placed {
        let replicas: BTreeSet<_> = replicas.into_iter().collect();
        assert!(replicas.len() == 2 && replicas.contains(&3), "{replicas:?}");
    }
}

#[test]
fn where_not_every_broker_tells_its_rack_nothing_is_said() {
    let kafka = in_racks(["a", "a", ""]);
    let servers = kafka.bootstrap_servers().to_owned();
    create(&kafka, "racks.together", "1:2,2:1");
    let manifests = Manifests::of(
        "topics: [{ name: racks.together, tier: plain, partitions: 2, replication_factor: 2 }]",
    );
    let verify = on(&servers, "verify", &manifests).args(&["--fail-on", "health"]);
    let ended = verify.run().exits(0);
    assert!(!ended.stderr.contains("rack"), "{ended}");
}
