//! A mismatch that is known can be left alone without muting what drifts next, and what could be
//! done about mismatches can be had as a file.

use crate::kafka::{SHARED, run_printed, until};
use crate::support::binary::{Manifests, on};

const CREATE: [&str; 5] = ["--create", "--topic", "adopted", "--partitions", "3"];

const DECLARED: &str = "
topics:
  - name: adopted
    tier: plain
    partitions: 6
    retention: 7d
";

#[test]
fn an_adopted_topic_is_accepted_until_it_drifts_on() {
    SHARED
        .tool("kafka-topics", &CREATE)
        .expect("a topic that nobody declared");
    let somebody = |setting: &str| {
        let entity = [
            "--alter",
            "--entity-type",
            "topics",
            "--entity-name",
            "adopted",
        ];
        let arguments = [&entity[..], &["--add-config", setting]].concat();
        SHARED
            .tool("kafka-configs", &arguments)
            .expect("the change");
        // The broker that is asked learns of it a moment later.
        let read = [
            "--describe",
            "--entity-type",
            "topics",
            "--entity-name",
            "adopted",
        ];
        until("the change is known", || {
            let known = SHARED
                .tool("kafka-configs", &read)
                .expect("the configuration");
            known.contains(setting).then_some(())
        });
    };
    somebody("retention.ms=86400000");
    let servers = SHARED.bootstrap_servers();
    let manifests = Manifests::of(DECLARED);

    let file = manifests.path().join("accepted.yaml");
    on(servers, "verify", &manifests)
        .arg("--write-accepted")
        .arg(&file)
        .run()
        .exits(1);
    let report = on(servers, "verify", &manifests).json().exits(0);
    assert_eq!(report.topic("adopted")["status"], "accepted");
    assert_eq!(
        report.topic("adopted")["mismatches"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    on(servers, "verify", &manifests)
        .args(&["-v"])
        .run()
        .exits(0)
        .says("accepted  adopted")
        .says("accepted: found when the cluster was adopted");
    // What somebody has written is not overwritten.
    on(servers, "verify", &manifests)
        .arg("--write-accepted")
        .arg(&file)
        .run()
        .exits(2)
        .says("cannot write");

    somebody("retention.ms=43200000");
    let report = on(servers, "verify", &manifests).json().exits(1);
    assert_eq!(report.topic("adopted")["status"], "mismatched");
    // What is accepted has its reason, and what is open a command.
    let mismatches = report.topic("adopted")["mismatches"].as_array();
    for one in mismatches.expect("a list") {
        let (reason, remedy) = (&one["accepted"], &one["remedy"]);
        if one["field"] == "partitions" {
            assert_eq!(reason, "found when the cluster was adopted");
            assert!(remedy.is_null(), "{one}");
        } else {
            assert!(reason.is_null() && remedy.is_string(), "{one}");
        }
    }
    assert!(
        report
            .diagnostics()
            .contains("does not have all of what is accepted")
    );

    // Past its day an acceptance no longer counts.
    somebody("retention.ms=86400000");
    let text = std::fs::read_to_string(&file).expect("the acceptances");
    let over = text.replace("  reason:", "  until: 2020-01-01\n  reason:");
    manifests.file("accepted.yaml", &over);
    let report = on(servers, "verify", &manifests).json().exits(1);
    assert_eq!(report.topic("adopted")["status"], "mismatched");
    assert!(
        report
            .diagnostics()
            .contains("was accepted until 2020-01-01")
    );

    // And every command of the script corrects one mismatch.
    let script = manifests.path().join("remedies.sh");
    on(servers, "verify", &manifests)
        .arg("--remedies")
        .arg(&script)
        .run()
        .exits(1);
    let script = std::fs::read_to_string(&script).expect("the script");
    let commands: Vec<_> = script
        .lines()
        .filter(|line| line.starts_with("kafka-"))
        .collect();
    assert_eq!(commands.len(), 2, "{script}");
    commands
        .iter()
        .for_each(|command| run_printed(&SHARED, command));
    manifests.file("accepted.yaml", "");
    until("the corrections are known", || {
        let ended = on(servers, "verify", &manifests).run();
        ended.status().success().then_some(())
    });
}
