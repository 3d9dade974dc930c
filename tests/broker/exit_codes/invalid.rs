//! 2: usage, or the manifests are invalid. It is found before anybody is connected to, where
//! nothing listens and the code would be 3.

use std::fs;

use super::{SHARED, ends, no_cluster, offline, plain};
use crate::kafka::{Proxied, names};
use crate::support::binary::{Manifests, on, topicctl};

const COMMANDS: [&str; 3] = ["verify", "plan", "apply"];

/// Every command that looks at a cluster refuses these words.
#[track_caller]
fn refused(words: &[&str], manifests: &Manifests) {
    for command in COMMANDS {
        ends(2, || offline(&[&[command], words].concat(), manifests));
    }
}

#[test]
fn a_flag_that_nobody_knows() {
    let manifests = plain(&["invalid"]);
    refused(&["--bogus"], &manifests);
    // The report is one of the command that was meant.
    for command in ["validate", "verify", "plan", "apply", "export", "render"] {
        let report = topicctl(&[command, "--bogus"]).json().exits(2);
        assert_eq!(report.json["command"], command);
    }
}

#[test]
fn a_command_that_nobody_knows() {
    let report = topicctl(&["destroy"]).json().exits(2);
    assert_eq!(report.json["command"], serde_json::Value::Null);
    topicctl(&["destroy"]).run().exits(2);
    topicctl(&[]).run().exits(2);
}

#[test]
fn a_value_that_a_flag_does_not_take() {
    let manifests = plain(&["invalid"]);
    refused(&["--fail-on", "everything"], &manifests);
    refused(&["--fail-on", "none,missing"], &manifests);
    refused(&["--timeout", "0s"], &manifests);
    ends(2, || {
        offline(&["apply", "--settle-timeout", "soon"], &manifests)
    });
}

#[test]
fn words_that_contradict_each_other() {
    let manifests = plain(&["invalid"]);
    ends(2, || {
        offline(&["verify", "--cluster-snapshot", "x"], &manifests)
    });
}

#[test]
fn an_ignore_that_has_nothing_to_leave_out() {
    let manifests = plain(&["invalid"]);
    let verify =
        |words: &[&str]| offline(&[&["verify", "--ignore", "x*"], words].concat(), &manifests);
    ends(2, || verify(&[]));
    verify(&[]).run().says("add --unmanaged");
    // With something to leave out of, the cluster is asked.
    ends(3, || verify(&["--unmanaged"]));
    ends(3, || verify(&["--fail-on", "unmanaged"]));
    let policy = "policy: { fail_on: [unmanaged] }\ntopics: [{ name: invalid, tier: plain }]";
    let policy = Manifests::of(policy);
    ends(3, || offline(&["verify", "--ignore", "x*"], &policy));
    // A variable is for every run, also for those that have no use for it.
    ends(3, || {
        offline(&["verify"], &manifests).env("TOPICCTL_IGNORE", "x*")
    });
}

#[test]
fn manifests_with_a_mistake() {
    let mistake = "topics: [{ name: invalid, partitons: 1 }]";
    refused(&[], &Manifests::of(mistake));
    ends(2, || no_cluster("validate", &Manifests::of(mistake)));
}

#[test]
fn manifests_that_declare_nothing_or_are_not_there() {
    refused(&[], &Manifests::of("topics: []"));
    for command in COMMANDS {
        ends(2, || {
            topicctl(&[command, "no-such-directory", "-b", "127.0.0.1:1"])
        });
    }
}

#[test]
fn a_selection_or_profile_that_nothing_has() {
    let manifests = plain(&["invalid"]);
    refused(&["--select", "other"], &manifests);
    refused(&["--profile", "other"], &manifests);
}

#[test]
fn a_warning_that_is_denied() {
    let shorter = "topics: [{ name: invalid, retention: 7d, dlq: { retention: 1d } }]";
    let manifests = Manifests::of(shorter);
    refused(&["--deny-warnings"], &manifests);
    // Without the flag the cluster is asked.
    ends(3, || offline(&["verify"], &manifests));
}

#[test]
fn a_connection_that_is_described_wrongly() {
    let manifests = plain(&["invalid"]);
    refused(&["-X", "no.such.property=1"], &manifests);
    refused(&["-X", "security.protocol=carrier-pigeon"], &manifests);
    refused(&["--command-config", "no-such.properties"], &manifests);
    for command in COMMANDS {
        ends(2, || no_cluster(command, &manifests));
    }
}

#[test]
fn a_snapshot_that_is_none() {
    let manifests = plain(&["invalid"]);
    let file = manifests.file("cluster.snapshot", "{}");
    for command in ["verify", "plan"] {
        ends(2, || {
            let run = no_cluster(command, &manifests);
            run.arg("--cluster-snapshot").arg(&file)
        });
    }
}

/// Before a single request: apply would have created the topic.
#[test]
fn a_report_file_that_cannot_be_opened_is_found_before_connecting() {
    let proxied = Proxied::shared();
    let manifests = plain(&["invalid-report"]);
    for command in COMMANDS {
        let run = on(&proxied.servers(), command, &manifests);
        run.args(&["--report", "json=/no/such/directory/report.json"])
            .run()
            .exits(2);
    }
    assert_eq!(proxied.proxy.requests(), []);
    assert!(!names(&proxied.kafka).contains("invalid-report"));
}

#[test]
fn a_file_of_findings_that_is_there_already() {
    let manifests = plain(&["invalid-accepted"]);
    let file = manifests.file("accepted.txt", "somebody's");
    let run = on(SHARED.bootstrap_servers(), "verify", &manifests);
    run.arg("--write-accepted").arg(&file).run().exits(2);
    assert_eq!(fs::read_to_string(file).expect("a file"), "somebody's");
}

#[test]
fn validate_that_found_a_mistake() {
    let manifests = Manifests::of("topics: [{ name: a.b }, { name: a_b }]");
    ends(2, || no_cluster("validate", &manifests));
}
