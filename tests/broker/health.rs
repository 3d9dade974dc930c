//! Three brokers, and fewer: what is wrong with partitions is reported with topics, partitions and
//! brokers, fails the run where it is asked to, and is gone when the brokers are back.

use crate::kafka::{three_nodes, until};
use crate::support::binary::{Ended, Manifests, Report, flat, on, topicctl};
use local_kafka::LocalKafka;

/// Topics that tolerate a lost broker in three ways. Kafka's own tool puts the partitions without a
/// second replica where they have to be.
fn topics(kafka: &LocalKafka, prefix: &str) -> Manifests {
    let manifests = Manifests::of(&format!(
        "topics:
  - {{ name: {prefix}.two, partitions: 6, replication_factor: 3 }}
  - name: {prefix}.three
    partitions: 3
    replication_factor: 3
    config: {{ min.insync.replicas: 3 }}
  - {{ name: {prefix}.one, tier: plain, partitions: 6, replication_factor: 1 }}
"
    ));
    let name = format!("{prefix}.one");
    let places = ["--replica-assignment", "1,3,3,3,2,3"];
    let create = [&["--create", "--topic", &name], &places[..]].concat();
    kafka.tool("kafka-topics", &create).expect("a topic");
    let servers = kafka.bootstrap_servers();
    on(servers, "apply", &manifests).json().exits(0);
    is_quiet(servers, &manifests);
    manifests
}

/// The messages of what is wrong with partitions, each with its severity.
fn unhealthy(report: &Report) -> Vec<(String, String)> {
    let diagnostics = report.json["diagnostics"].as_array();
    diagnostics
        .into_iter()
        .flatten()
        .filter(|one| one["code"] == "unhealthy")
        .map(|one| {
            let text = |key: &str| one[key].as_str().expect("a text").to_owned();
            (
                text("severity"),
                format!("{}\n{}", text("message"), text("help")),
            )
        })
        .collect()
}

/// Waits until no partition is unwell by any measure.
fn is_quiet(servers: &str, manifests: &Manifests) {
    until("all partitions are well", || {
        let run = on(servers, "verify", manifests).args(&["--fail-on", "health"]);
        let report = run.json();
        (report.json["exit_code"] == 0 && unhealthy(&report).is_empty()).then_some(())
    });
}

/// Waits until verify reports this, and gives the whole run.
fn until_reported(servers: &str, manifests: &Manifests, words: &str) -> Ended {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    until(words, || {
        let ended = on(servers, "verify", manifests).run();
        flat(&ended.stderr).contains(&flat(words)).then_some(ended)
    })
}

/// All of what one stopped broker of three does, in the words of the report.
const ONE_STOPPED: [&str; 3] = [
    "1 topic has partitions without a leader
lost.one   partitions 1-3, 5: replicas on broker 3
nobody can write to them or read them; broker 3 is not up: start it",
    "1 topic has fewer replicas in sync than min.insync.replicas
lost.three   partitions 0-2: 2 in sync, 3 needed; broker 3 is out of sync
producers with acks=all are refused; broker 3 is not up: start it",
    "1 topic has under-replicated partitions
lost.two   partitions 0-5: broker 3 is out of sync
what is written now is on fewer brokers than declared; broker 3 is not up: start it",
];

#[track_caller]
fn has_severity(report: &Report, severity: &str) {
    let wanted = ONE_STOPPED.map(|words| (severity.to_owned(), words.to_owned()));
    assert_eq!(unhealthy(report), wanted);
}

#[test]
fn a_stopped_broker_is_reported_with_topics_partitions_and_brokers_until_it_is_back() {
    let mut kafka = three_nodes();
    let servers = kafka.bootstrap_servers().to_owned();
    let manifests = topics(&kafka, "lost");
    kafka.stop_node(3).expect("stopped");
    let ended = until_reported(&servers, &manifests, "lost.two partitions 0-5: broker 3");
    let ended = ended
        .exits(0)
        .says("warning[unhealthy]: 1 topic has partitions without a leader")
        .says("lost.one   partitions 1-3, 5: replicas on broker 3")
        .says("lost.three   partitions 0-2: 2 in sync, 3 needed; broker 3 is out of sync")
        .says("3 declared: all match; 3 unhealthy topics.");
    let warnings = ended
        .stderr
        .lines()
        .skip_while(|l| !l.starts_with("warning"));
    assert!(warnings.map(str::len).max() <= Some(80), "{ended}");

    // Every command that looks reports it, and those that only look do not fail by it.
    for command in ["verify", "plan"] {
        let report = on(&servers, command, &manifests).json().exits(0);
        has_severity(&report.all_are("matching"), "warning");
    }
    // Apply promises that every topic can be used, whoever created it; a copy less is no matter.
    let apply = || on(&servers, "apply", &manifests).args(&["--settle-timeout", "1s"]);
    let report = apply().json().exits(5);
    assert_eq!(report.statuses()["failed"], ["lost.one"]);
    let error = report.topic("lost.one")["error"].as_str().expect("a text");
    assert!(
        error.starts_with("it exists, and was not usable within")
            && error.ends_with("partitions 1-3, 5 have no leader (replicas on broker 3)"),
        "{error}"
    );
    let ended = apply().run().exits(5).says("2 matched, 1 failed");
    assert!(!ended.stdout.contains("ready"), "{ended}");
    // Who does not want to wait is told nothing of it being ready.
    let ended = on(&servers, "apply", &manifests).args(&["--no-settle"]);
    let ended = ended.run().exits(0);
    assert!(!ended.stdout.contains("ready"), "{ended}");
    // Unless it is asked to.
    for fail_on in ["health", "missing,mismatch,health"] {
        for command in ["verify", "plan"] {
            let run = || on(&servers, command, &manifests).args(&["--fail-on", fail_on]);
            has_severity(&run().json().exits(1), "error");
            run()
                .run()
                .exits(1)
                .says("error[unhealthy]: 1 topic has partitions without a leader");
        }
    }

    // A snapshot reports it as it was recorded, and asks nobody.
    let snapshot = manifests.path().join("cluster.snapshot");
    let export = topicctl(&["export", "-b", &servers, "--snapshot"]);
    export.arg(&snapshot).run().exits(0);
    let replay = |words: &[&str]| {
        topicctl(&["verify"])
            .arg(manifests.path())
            .arg("--cluster-snapshot")
            .arg(&snapshot)
            .args(words)
            .json()
    };
    has_severity(&replay(&[]).exits(0), "warning");
    has_severity(&replay(&["--fail-on", "health"]).exits(1), "error");

    kafka.start_node(3).expect("started");
    is_quiet(&servers, &manifests);
    on(&servers, "apply", &manifests)
        .run()
        .exits(0)
        .says("3 declared: 3 matched; 3 topics ready.");
    has_severity(&replay(&["--fail-on", "health"]).exits(1), "error");
}

/// A broker that is down still exists: replicas can be declared, and starting it is the way out. Why
/// this is no failure: the controller takes such topics.
#[test]
fn a_stopped_broker_counts_as_one_that_the_cluster_has() {
    let mut kafka = three_nodes();
    let servers = kafka.bootstrap_servers().to_owned();
    let existing = Manifests::of("topics: [{ name: counted.old, replication_factor: 3 }]");
    on(&servers, "apply", &existing).json().exits(0);
    // Somebody took a replica away, so that one of three is missed by what is declared too.
    let fewer =
        r#"{"version":1,"partitions":[{"topic":"counted.old","partition":0,"replicas":[1,2]}]}"#;
    let file = existing.file("fewer.json", fewer);
    let file = file.to_str().expect("a path");
    let reassign = ["--execute", "--reassignment-json-file", file];
    kafka
        .tool("kafka-reassign-partitions", &reassign)
        .expect("reassigned");
    until("a replica less", || {
        let described = kafka
            .tool("kafka-topics", &["--describe", "--topic", "counted.old"])
            .expect("a topic");
        described.contains("Replicas: 1,2\t").then_some(())
    });
    let new = Manifests::of(
        "topics:
  - { name: counted.three, partitions: 3, replication_factor: 3 }
  - { name: counted.two, partitions: 3, replication_factor: 2, config: { min.insync.replicas: 1 } }",
    );

    kafka.stop_node(3).expect("stopped");
    let start_it = "broker 3 is not up: start it";
    let verified = until_reported(&servers, &existing, start_it).exits(1).says(
        "3 replicas need as many brokers, and broker 3 is not up: start it, and verify again",
    );
    let planned = on(&servers, "plan", &new).args(&["--deny-warnings"]).run();
    let planned = planned
        .exits(0)
        .says("1 new topic wants more replicas than brokers are up (2)")
        .says("counted.three   RF 3")
        .says("topics.yaml:2")
        .says(start_it);
    for ended in [&verified, &planned] {
        let all = flat(&format!("{}{}", ended.stdout, ended.stderr)).to_lowercase();
        for wrong in [
            "add brokers",
            "replicas than the cluster has",
            "declare as many",
            "counted.two rf",
        ] {
            assert!(!all.contains(wrong), "{wrong}: {ended}");
        }
    }
    // It is so: the controller takes them.
    let apply = on(&servers, "apply", &new);
    apply.args(&["--dry-run"]).run().exits(0);
    let apply = on(&servers, "apply", &new);
    apply.json().exits(0).all_are("created");
    // A copy less is no reason not to use them.
    on(&servers, "apply", &new)
        .run()
        .exits(0)
        .says("2 declared: 2 matched; 2 topics ready.");
    until_reported(&servers, &new, "counted.three partitions 0-2").exits(0);
    kafka.start_node(3).expect("started");
    is_quiet(&servers, &new);
}

#[test]
fn two_stopped_brokers_of_three_leave_too_few_in_sync() {
    let mut kafka = three_nodes();
    let servers = kafka.bootstrap_servers().to_owned();
    let manifests = topics(&kafka, "last");
    kafka.stop_node(3).expect("stopped");
    until_reported(&servers, &manifests, "last.two partitions 0-5: broker 3");
    kafka.stop_node(2).expect("stopped");
    let reported = "last.two     partitions 0-5: 1 in sync, 2 needed; brokers 2, 3 are out of sync";
    until_reported(&servers, &manifests, reported)
        .exits(0)
        .says("2 topics have fewer replicas in sync than min.insync.replicas")
        .says("last.three   partitions 0-2: 1 in sync, 3 needed; brokers 2, 3 are out of sync")
        .says("brokers 2, 3 are not up: start them");
    let run = on(&servers, "verify", &manifests).args(&["--fail-on", "health"]);
    run.json().exits(1).all_are("matching");
    for node in [2, 3] {
        kafka.start_node(node).expect("started");
    }
    is_quiet(&servers, &manifests);
}

/// Without a majority of its controllers a cluster does not notice that brokers are lost: who is
/// alive goes on to report the leaders that there were.
#[test]
fn a_cluster_without_a_controller_is_not_called_healthy_and_creates_nothing() {
    let mut kafka = three_nodes();
    let servers = kafka.bootstrap_servers().to_owned();
    let manifests = topics(&kafka, "headless");
    for node in [2, 3] {
        kafka.kill_node(node).expect("killed");
    }
    // By its metadata nothing has changed.
    let report = on(&servers, "verify", &manifests).json().exits(0);
    assert_eq!(unhealthy(&report.all_are("matching")), []);
    let run = || on(&servers, "verify", &manifests).args(&["--fail-on", "health"]);
    let report = run().json().exits(1);
    let reported = unhealthy(&report);
    let [(severity, words)] = reported.as_slice() else {
        panic!("{reported:#?}")
    };
    assert_eq!(severity, "error");
    for line in [
        "3 topics have partitions that their leader does not serve",
        "headless.one     partitions 1-3, 5: led by broker 3 (",
        "headless.one     partition 4: led by broker 2 (",
        "kafka-metadata-quorum --bootstrap-server",
    ] {
        assert!(words.contains(line), "{words}");
    }
    assert!(!words.contains("led by broker 1"), "{words}");

    let new = Manifests::small(["headless.new"]);
    let timeout = ["--timeout", "3s"];
    for words in [&[][..], &["--dry-run"]] {
        let run = on(&servers, "apply", &new).args(&timeout).args(words);
        run.run()
            .exits(3)
            .says("the brokers answer, but not the check of new topics; no")
            .says("new topics need the controller");
    }
    for node in [2, 3] {
        kafka.start_node(node).expect("started");
    }
    is_quiet(&servers, &manifests);
    on(&servers, "apply", &new).json().exits(0);
}
