//! `topicctl verify --groups` on real brokers with real consumers, promise by promise.

pub(crate) mod live;
mod lost;

use std::collections::BTreeSet;
use std::path::Path;

use live::{Console, Members, produce};
use local_kafka::proxy::{Fault, api_name};
use local_kafka::{LocalKafka, Security};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::kafka::{SHARED, until};
use crate::support::binary::{self, Ended};

/// A manifest in a directory of its own.
fn manifest(topics: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let text = format!("defaults: {{ tier: plain }}\ntopics:\n{topics}");
    std::fs::write(directory.path().join("topics.yaml"), text).expect("a manifest");
    directory
}

fn topicctl(command: &str, manifests: &Path, servers: &str, more: &[&str]) -> Ended {
    let run = binary::topicctl(&[command]).arg(manifests);
    run.args(&["-b", servers]).args(more).run()
}

/// The JSON report of `verify --groups`.
#[track_caller]
fn verify(manifests: &TempDir, servers: &str) -> Value {
    let args = ["--groups", "-o", "json"];
    topicctl("verify", manifests.path(), servers, &args).json()
}

/// Creates what a manifest declares on the shared node.
#[track_caller]
fn apply(manifests: &TempDir) {
    let servers = SHARED.bootstrap_servers();
    topicctl("apply", manifests.path(), servers, &[]).exits(0);
}

fn column(rows: &Value, key: &str) -> Vec<Value> {
    let rows = rows.as_array().expect("rows");
    rows.iter().map(|row| row[key].clone()).collect()
}

#[test]
fn a_live_group_is_reported_with_its_owners_and_exact_lag() {
    let manifests = manifest(
        "  - name: live
    partitions: 6
    replication_factor: 1
    consumer_groups: [live-workers, { name: live-later, members: 2 }]\n",
    );
    let servers = SHARED.bootstrap_servers();
    apply(&manifests);
    produce(servers, "live", &[100, 0, 10, 1200, 30, 4]);
    let members = Members::join(servers, "live-workers", "live", &[2, 2, 2]);
    members.commit("live", &[(0, 40), (2, 10), (3, 50), (4, 30), (5, 4)]);

    let report = verify(&manifests, servers);
    assert_eq!(report["exit_code"], 0);
    let group = &report["groups"][0];
    let facts = [
        "name",
        "status",
        "state",
        "protocol",
        "members",
        "idle_members",
        "lag",
        "error",
    ];
    let facts: Vec<_> = facts.iter().map(|key| group[key].clone()).collect();
    let expected = json!([
        "live-workers",
        "present",
        "stable",
        "classic",
        3,
        0,
        1210,
        null
    ]);
    assert_eq!(Value::from(facts), expected);
    let reading = &group["topics"][0];
    assert_eq!(reading["topic"], "live");
    assert_eq!(reading["members"], 3);
    assert_eq!(reading["unowned_partitions"], json!([]));
    let partitions = &reading["partitions"];
    assert_eq!(
        Value::from(column(partitions, "partition")),
        json!([0, 1, 2, 3, 4, 5])
    );
    let committed = json!([40, null, 10, 50, 30, 4]);
    assert_eq!(Value::from(column(partitions, "committed")), committed);
    assert_eq!(
        Value::from(column(partitions, "end")),
        json!([100, 0, 10, 1200, 30, 4])
    );
    assert_eq!(
        Value::from(column(partitions, "lag")),
        json!([60, null, 0, 1150, 0, 0])
    );
    let owners: BTreeSet<String> = column(partitions, "owner")
        .iter()
        .map(|owner| {
            assert_eq!(owner["client_id"], "in-process");
            owner["member"].as_str().expect("an owner").to_owned()
        })
        .collect();
    assert_eq!(owners.len(), 3);

    let later = &report["groups"][1];
    assert_eq!(
        (&later["name"], &later["status"]),
        (&json!("live-later"), &json!("not-there-yet"))
    );
    assert_eq!(later["topics"][0]["declared_members"], 2);

    let statistics = &report["statistics"][0];
    assert_eq!(
        (&statistics["topic"], &statistics["messages_at_most"]),
        (&json!("live"), &json!(1344))
    );
    let latest = column(&statistics["partitions"], "latest");
    assert_eq!(Value::from(latest), json!([100, 0, 10, 1200, 30, 4]));
    let earliest = column(&statistics["partitions"], "earliest");
    assert_eq!(Value::from(earliest), json!([0, 0, 0, 0, 0, 0]));

    let text = topicctl("verify", manifests.path(), servers, &["--groups"]);
    let said = text.exits(0).says(
        "
groups
  live-workers   stable, 3 members
            live   lag 1 210 over 5 partitions, worst 1 150 on 3, no commit on 1
  live-later     not there yet

messages, at most (compaction and transactions leave gaps in offsets)
  live   1 344 over 6 partitions

1 declared: all match.",
    );
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 80));
    topicctl("verify", manifests.path(), servers, &["--groups", "-v"])
        .exits(0)
        .says("stable, 3 members, classic protocol, range\n")
        .says(
            "
              partition   committed     end     lag   read by
                      0          40     100      60   in-process at 127.0.0.1
                      1        none       0       -   in-process at 127.0.0.1
",
        )
        .says(
            "
              partition   earliest   latest   messages
                      0          0      100        100
",
        );
    drop(members);
}

#[test]
fn members_beyond_the_partitions_are_idle() {
    let manifests = manifest(
        "  - name: crowded
    partitions: 2
    replication_factor: 1
    consumer_groups: [crowd]\n",
    );
    let servers = SHARED.bootstrap_servers();
    apply(&manifests);
    let members = Members::join(servers, "crowd", "crowded", &[0, 1, 1]);
    let group = until("all three are members", || {
        // One that joined late has the others join again, which they do when they are polled.
        members.poll();
        let group = verify(&manifests, servers)["groups"][0].clone();
        (group["state"] == "stable" && group["members"] == 3).then_some(group)
    });
    assert_eq!(group["idle_members"], 1);
    assert_eq!(group["topics"][0]["members"], 2);
    assert_eq!(group["lag"], Value::Null);
    topicctl("verify", manifests.path(), servers, &["--groups"])
        .exits(0)
        .says("  crowd   stable, 3 members, 1 idle\n            crowded   no commit\n");
    drop(members);
}

#[test]
fn a_group_whose_members_left_is_empty_and_keeps_its_commits() {
    let manifests = manifest(
        "  - name: left
    partitions: 1
    replication_factor: 1
    consumer_groups: [{ name: leavers, members: 1 }]\n",
    );
    let servers = SHARED.bootstrap_servers();
    apply(&manifests);
    produce(servers, "left", &[10]);
    let args = ["--from-beginning", "--max-messages", "7"];
    Console::start(&SHARED, "left", "leavers", &args).wait();
    let group = &verify(&manifests, servers)["groups"][0];
    assert_eq!(
        (&group["state"], &group["members"]),
        (&json!("empty"), &json!(0))
    );
    let reading = &group["topics"][0];
    assert_eq!(reading["partitions"][0]["committed"], 7);
    assert_eq!(reading["lag"], 3);
    assert_eq!(reading["unowned_partitions"], json!([0]));
    topicctl("verify", manifests.path(), servers, &["--groups"])
        .exits(0)
        .says("  leavers   empty, no members, 1 declared\n            left   lag 3 over 1 partition\n");
}

#[test]
fn a_group_of_a_missing_topic_is_no_failure_of_its_own() {
    let manifests = manifest(
        "  - name: not-created
    partitions: 1
    replication_factor: 1
    consumer_groups: [nobody]\n",
    );
    let servers = SHARED.bootstrap_servers();
    let args = ["--groups", "--fail-on", "none", "-o", "json"];
    let ended = topicctl("verify", manifests.path(), servers, &args).exits(0);
    let report = ended.json();
    assert_eq!(report["groups"][0]["status"], "not-there-yet");
    assert_eq!(report["groups"][0]["topics"][0]["exists"], false);
    assert_eq!(report["statistics"], json!([]));
    topicctl("verify", manifests.path(), servers, &["--groups"]).exits(1);
    // Who does not ask gets nothing.
    let report = topicctl("verify", manifests.path(), servers, &["-o", "json"]).json();
    let keys: Vec<_> = report.as_object().expect("an object").keys().collect();
    assert!(
        !keys
            .iter()
            .any(|key| *key == "groups" || *key == "statistics"),
        "{keys:?}"
    );
}

// Api keys.
const LIST_OFFSETS: i16 = 2;
const OFFSET_FETCH: i16 = 9;
const CONSUMER_GROUP_DESCRIBE: i16 = 69;

/// Everything that `verify --groups` may send.
const ALLOWED: [&str; 11] = [
    "ApiVersions",
    "Metadata",
    "DescribeCluster",
    "DescribeTopicPartitions",
    "DescribeConfigs",
    "FindCoordinator",
    "ListGroups",
    "DescribeGroups",
    "ConsumerGroupDescribe",
    "OffsetFetch",
    "ListOffsets",
];

#[test]
fn looking_at_groups_only_reads_and_creates_nothing() {
    let (kafka, proxy) = LocalKafka::options()
        .start_behind_proxy()
        .expect("a broker");
    let servers = proxy.address();
    let manifests = manifest(
        "  - name: watched
    partitions: 3
    replication_factor: 1
    consumer_groups: [old-protocol, new-protocol, never-was]\n",
    );
    topicctl("apply", manifests.path(), &servers, &[]).exits(0);
    let sent = |report: &dyn Fn() -> Value| {
        proxy.clear();
        let report = report();
        let names: Vec<_> = proxy
            .requests()
            .iter()
            .map(|request| api_name(request.api_key))
            .collect();
        for name in &names {
            assert!(ALLOWED.contains(name), "{name} went over the wire");
        }
        (report, names)
    };
    let count = |names: &[&str], wanted: &str| names.iter().filter(|name| **name == wanted).count();

    // No consumer has ever been there, and the question leaves no trace.
    let (report, names) = sent(&|| verify(&manifests, &servers));
    assert_eq!(report["exit_code"], 0);
    let statuses = column(&report["groups"], "status");
    assert_eq!(Value::from(statuses), json!(["not-there-yet"; 3].to_vec()));
    assert_eq!(count(&names, "FindCoordinator"), 0);
    let topics = kafka.tool("kafka-topics", &["--list"]).expect("a list");
    assert_eq!(topics.lines().collect::<Vec<_>>(), ["watched"]);

    // A live member of each protocol. The tools do not go through the proxy.
    let old = ["--command-property", "group.protocol=classic"];
    let new = ["--command-property", "group.protocol=consumer"];
    let consoles = [
        Console::start(&kafka, "watched", "old-protocol", &old),
        Console::start(&kafka, "watched", "new-protocol", &new),
    ];
    let group = |report: &Value, name: &str| {
        let groups = report["groups"].as_array().expect("groups");
        let group = groups.iter().find(|group| group["name"] == name);
        group.expect("the group").clone()
    };
    let (report, names) = until("both have partitions", || {
        let (report, names) = sent(&|| verify(&manifests, &servers));
        let reads = |name| {
            let group = group(&report, name);
            group["state"] == "stable" && group["topics"][0]["members"] == 1
        };
        (reads("old-protocol") && reads("new-protocol")).then_some((report, names))
    });
    for (name, protocol) in [("old-protocol", "classic"), ("new-protocol", "consumer")] {
        let group = group(&report, name);
        assert_eq!(group["protocol"], protocol);
        assert_eq!(
            (&group["members"], &group["idle_members"]),
            (&json!(1), &json!(0))
        );
        assert_eq!(group["topics"][0]["unowned_partitions"], json!([]));
    }
    assert_eq!(group(&report, "never-was")["status"], "not-there-yet");
    assert_eq!(count(&names, "OffsetFetch"), 3);
    assert_eq!(count(&names, "ListOffsets"), 2);

    // Connections that break under requests lose nothing.
    for api_key in [CONSUMER_GROUP_DESCRIBE, OFFSET_FETCH, LIST_OFFSETS] {
        proxy.on_request(api_key, Fault::CloseBeforeForwarding);
        let (again, _) = sent(&|| verify(&manifests, &servers));
        for key in ["groups", "statistics"] {
            assert_eq!(again[key], report[key], "{}", api_name(api_key));
        }
    }
    drop(consoles);
}

#[test]
fn groups_without_rights_are_named_and_only_fail_a_run_that_read_none() {
    let mut options = LocalKafka::options()
        .security(Security::Sasl)
        .user("bob", "bob-secret")
        .user("eve", "eve-secret");
    for (user, topics) in [("User:bob", "orders"), ("User:eve", "orders")] {
        let rights = ["--operation", "Describe", "--operation", "DescribeConfigs"];
        let all = [
            &["--allow-principal", user][..],
            &rights,
            &["--topic", topics],
        ]
        .concat();
        options = options.acl(&all);
    }
    let group = ["--operation", "Describe", "--group", "seen"];
    let kafka = options
        .acl(&[&["--allow-principal", "User:bob"][..], &group].concat())
        .start()
        .expect("a broker");
    let manifests = manifest(
        "  - name: orders
    partitions: 1
    replication_factor: 1
    consumer_groups: [seen, unseen]\n",
    );
    let as_user = |user: &str, command: &str, more: &[&str]| {
        let name = format!("sasl.username={user}");
        let password = format!("sasl.password={user}-secret");
        let sasl = [
            "-X",
            "security.protocol=sasl_plaintext",
            "-X",
            &name,
            "-X",
            &password,
        ];
        let mechanism = ["-X", "sasl.mechanism=PLAIN"];
        let words = [&sasl[..], &mechanism, more].concat();
        topicctl(command, manifests.path(), kafka.bootstrap_servers(), &words)
    };
    as_user("admin", "apply", &[]).exits(0);
    let commit = [
        "--reset-offsets",
        "--to-earliest",
        "--execute",
        "--topic",
        "orders",
    ];
    for group in ["seen", "unseen"] {
        let args = [&commit[..], &["--group", group]].concat();
        kafka
            .tool("kafka-consumer-groups", &args)
            .expect("a commit");
    }

    let bob = as_user("bob", "verify", &["--groups"])
        .exits(0)
        .says("warning[authorization]: 1 consumer group cannot be read with the rights of User:bob\n  unseen\n")
        .says("GROUP_AUTHORIZATION_FAILED: Group authorization failed\n")
        .says("--add --allow-principal User:bob --operation Describe --group unseen\n");
    let bob = bob
        .says("  unseen   unknown\n")
        .says("  seen     empty, no members\n");
    drop(bob.says("            orders   lag 0 over 1 partition\n"));

    let eve = as_user("eve", "verify", &["--groups", "-o", "json"]).exits(4);
    let report = eve.json();
    assert_eq!(
        Value::from(column(&report["groups"], "status")),
        json!(["unknown", "unknown"])
    );
    assert_eq!(report["summary"]["matching"], 1);
    let severities = column(&report["diagnostics"], "severity");
    assert!(severities.contains(&json!("error")), "{severities:?}");
    assert_eq!(report["statistics"][0]["messages_at_most"], 0);
    as_user("eve", "verify", &[]).exits(0);
}
