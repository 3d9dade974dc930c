//! Brokers that are lost: what they alone know is unknown, and everything else is reported.

use local_kafka::LocalKafka;
use serde_json::{Value, json};

use crate::kafka::{three_nodes, until};

use super::live::produce;
use super::{column, manifest, topicctl};

#[test]
fn a_partition_without_a_leader_is_reported_and_the_others_are_read() {
    let mut kafka = three_nodes();
    let servers = kafka.bootstrap_servers().to_owned();
    let manifests = manifest(
        "  - name: spread
    partitions: 3
    replication_factor: 1
    consumer_groups: [spread-workers]\n",
    );
    topicctl("apply", manifests.path(), &servers, &[]).exits(0);
    produce(&servers, "spread", &[5, 6, 7]);
    let commit = ["--reset-offsets", "--to-earliest", "--execute"];
    let whom = ["--group", "spread-workers", "--topic", "spread"];
    kafka
        .tool(
            "kafka-consumer-groups",
            &[commit.as_slice(), &whom].concat(),
        )
        .expect("a commit");
    let described = kafka
        .tool("kafka-topics", &["--describe", "--topic", "spread"])
        .expect("a description");
    let first = described.lines().find(|line| line.contains("Partition: 0"));
    let leader = first.and_then(|line| line.split("Leader: ").nth(1)?.split_whitespace().next());
    let leader: u32 = leader.expect("a leader").parse().expect("a number");
    kafka.kill_node(leader).expect("a running node");

    // The cluster takes seconds to notice, and the group may need another coordinator.
    let args = ["--groups", "--timeout", "3s", "-o", "json"];
    let report = until("the partition has no leader", || {
        let ended = topicctl("verify", manifests.path(), &servers, &args);
        let report = ended.json();
        let noticed = report["statistics"][0]["partitions"][0]["error"] == "it has no leader";
        let read = report["groups"][0]["status"] == "present";
        (noticed && read).then_some(report)
    });
    let statistics = &report["statistics"][0];
    assert_eq!(statistics["messages_at_most"], Value::Null);
    let latest = column(&statistics["partitions"], "latest");
    assert_eq!(Value::from(latest), json!([null, 6, 7]));
    let reading = &report["groups"][0]["topics"][0];
    assert_eq!(reading["lag"], 13);
    assert_eq!(
        Value::from(column(&reading["partitions"], "committed")),
        json!([0, 0, 0])
    );
    assert_eq!(reading["partitions"][0]["error"], "it has no leader");
    kafka.start_node(leader).expect("the node again");
}

#[test]
fn a_coordinator_that_is_silent_leaves_its_groups_unknown_and_the_rest_known() {
    let mut kafka = LocalKafka::options().nodes(3).start().expect("brokers");
    let servers = kafka.bootstrap_servers().to_owned();
    let groups: Vec<String> = (0..12).map(|index| format!("group-{index}")).collect();
    let manifests = manifest(&format!(
        "  - name: watched
    partitions: 1
    replication_factor: 3
    consumer_groups: [{}]\n",
        groups.join(", ")
    ));
    topicctl("apply", manifests.path(), &servers, &[]).exits(0);
    let commit = [
        "--reset-offsets",
        "--to-earliest",
        "--execute",
        "--topic",
        "watched",
    ];
    let whom: Vec<_> = groups.iter().flat_map(|group| ["--group", group]).collect();
    let args = ["--groups", "--timeout", "3s", "-o", "json"];
    let verify = || topicctl("verify", manifests.path(), &servers, &args).json();
    let commit = || {
        kafka
            .tool("kafka-consumer-groups", &[&commit[..], &whom].concat())
            .expect("commits");
    };
    // The tool ends well, too, where a coordinator was not ready for one of the groups.
    until("all groups have commits", || {
        commit();
        let statuses = column(&verify()["groups"], "status");
        statuses.iter().all(|one| one == "present").then_some(())
    });
    // A follower that becomes coordinator knows a group once it knows that its commit is everywhere,
    // which it learns with the next one.
    commit();
    kafka.pause_node(3).expect("a running node");
    // The paused node may be the one that everything is asked of first.
    let report = until("the others answer", || {
        let report = verify();
        (report["exit_code"] == 0).then_some(report)
    });
    let statuses = column(&report["groups"], "status");
    let count = |status: &str| statuses.iter().filter(|one| **one == status).count();
    assert!(count("present") > 0, "{statuses:?}");
    assert_eq!(
        count("present") + count("unknown"),
        groups.len(),
        "{statuses:?}"
    );
    kafka.resume_node(3).expect("a paused node");
}
