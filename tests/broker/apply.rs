//! Apply creates what is missing, all or nothing, reports what it has read and not what it hopes,
//! and ends when the new topics can be used.

use std::collections::BTreeSet;

use local_kafka::LocalKafka;
use local_kafka::proxy::Fault;

use crate::kafka::{CREATE_TOPICS, Described, Proxied, SHARED, describe, names};
use crate::offsets;
use crate::support::binary::{Manifests, on, topicctl};

#[test]
fn apply_creates_what_is_missing_beside_what_exists() {
    let manifests = Manifests::of(
        "
topics:
  - name: apply-orders
    partitions: 2
    replication_factor: 1
    retention: 7d
    retry: { delays: [5m] }
    dlq: true
  - { name: apply-existing, tier: plain, partitions: 3, replication_factor: 1 }
",
    );
    let servers = SHARED.bootstrap_servers();
    SHARED
        .tool("kafka-topics", &["--create", "--topic", "apply-existing"])
        .expect("a topic");
    // One partition instead of three: reported, left alone, and no reason not to create the rest.
    on(servers, "apply", &manifests)
        .run()
        .exits(1)
        .says("mismatch  apply-existing")
        .says("created   apply-orders")
        .says("created   apply-orders-retry-5m")
        .says("created   apply-orders-dlq")
        .says("4 declared: 3 created and usable, 1 mismatched.");
    let described = describe(&SHARED);
    assert_eq!(described["apply-existing"], Described::new(1, 1, &[]));
    let created = [
        ("apply-orders", 2),
        ("apply-orders-retry-5m", 2),
        ("apply-orders-dlq", 1),
    ];
    for (name, partitions) in created {
        let found = &described[name];
        assert_eq!(
            (found.partitions, found.replication_factor),
            (partitions, 1),
            "{name}"
        );
        assert_eq!(found.config["compression.type"], "snappy", "{name}");
    }
    on(servers, "apply", &manifests)
        .run()
        .exits(1)
        .says("exists    apply-orders")
        .says("4 declared: 3 matched, 1 mismatched.");
}

#[test]
fn a_dry_run_has_the_broker_check_and_creates_nothing() {
    let proxied = Proxied::shared();
    let manifests = Manifests::small(["dry-run"]);
    on(&proxied.servers(), "apply", &manifests)
        .args(&["--dry-run"])
        .run()
        .exits(0)
        .says("create    dry-run")
        .says("The broker would accept what is new. Nothing was created.");
    assert_eq!(proxied.count(CREATE_TOPICS), 1);
    assert!(!names(&proxied.kafka).contains("dry-run"));
    // A plan does not even ask.
    proxied.proxy.clear();
    on(&proxied.servers(), "plan", &manifests)
        .run()
        .exits(0)
        .says("create    dry-run");
    assert_eq!(proxied.count(CREATE_TOPICS), 0);
}

#[test]
fn not_settling_is_reported_and_not_called_usable() {
    let manifests = Manifests::small(["apply-unsettled"]);
    let ended = on(SHARED.bootstrap_servers(), "apply", &manifests)
        .args(&["--no-settle"])
        .run()
        .exits(0)
        .says("created topics were not waited for (--no-settle)")
        .says("1 declared: 1 created, not waited for. ");
    assert!(!ended.stdout.contains("usable"), "{ended}");
    assert!(!ended.stdout.contains("ready"), "{ended}");
}

#[test]
fn a_second_apply_waits_until_what_the_first_one_made_is_served() {
    let names: Vec<String> = (0..300).map(|number| format!("second-{number}")).collect();
    let manifests = Manifests::small(names.iter().map(String::as_str));
    let servers = SHARED.bootstrap_servers();
    let topics: Vec<_> = names.into_iter().map(|name| (name, 1)).collect();
    let first = on(servers, "apply", &manifests).args(&["--no-settle"]);
    first.run().exits(0);
    // Else there is nothing to wait for.
    assert_ne!(offsets::unserved(servers, &topics), []);
    let second = on(servers, "apply", &manifests).run().exits(0);
    assert_eq!(offsets::unserved(servers, &topics), []);
    second.says("300 declared: 300 matched; 300 topics ready.");
}

#[test]
fn one_refused_topic_of_fifty_creates_none_and_every_refusal_is_shown() {
    // The broker's metrics cannot tell these from the new ones with dots, so it refuses those.
    for existing in ["fifty_07", "fifty_31"] {
        SHARED
            .tool("kafka-topics", &["--create", "--topic", existing])
            .expect("a topic");
    }
    let new: Vec<String> = (0..50).map(|number| format!("fifty.{number:02}")).collect();
    let manifests = Manifests::small(new.iter().map(String::as_str));
    on(SHARED.bootstrap_servers(), "apply", &manifests)
        .run()
        .exits(5)
        .says("the broker refuses 2 of 50 new topics; nothing was created")
        .says("INVALID_TOPIC_EXCEPTION: Topic 'fifty.07' collides with existing topic: fifty_07")
        .says("INVALID_TOPIC_EXCEPTION: Topic 'fifty.31' collides with existing topic: fifty_31");
    let report = on(SHARED.bootstrap_servers(), "apply", &manifests)
        .json()
        .exits(5);
    assert_eq!(report.statuses()["failed"], ["fifty.07", "fifty.31"]);
    assert_eq!(report.statuses()["missing"].len(), 48);
    assert_eq!(report.json["summary"]["created"], 0);
    let made: Vec<_> = names(&SHARED)
        .into_iter()
        .filter(|n| n.starts_with("fifty."))
        .collect();
    assert!(made.is_empty(), "{made:?}");
}

#[test]
fn more_replicas_than_brokers_are_refused_with_the_broker_s_words() {
    let manifests = Manifests::of("topics: [{ name: apply-rf, replication_factor: 3 }]");
    for command in [&["apply"][..], &["apply", "--dry-run"]] {
        topicctl(command)
            .arg(manifests.path())
            .args(&["-b", SHARED.bootstrap_servers()])
            .run()
            .exits(5)
            .says("INVALID_REPLICATION_FACTOR")
            .says("only 1 broker(s) are registered")
            .says("the cluster has 1 broker");
    }
    assert!(!names(&SHARED).contains("apply-rf"));
}

#[test]
fn two_applies_at_the_same_moment_both_succeed() {
    let new: Vec<String> = (0..40)
        .map(|number| format!("at-once-{number:02}"))
        .collect();
    let manifests = Manifests::small(new.iter().map(String::as_str));
    let runs: Vec<_> = (0..3)
        .map(|_| {
            let run = on(SHARED.bootstrap_servers(), "apply", &manifests);
            run.args(&["-o", "json"]).start()
        })
        .collect();
    let mut created = 0;
    for run in runs {
        let report = run.end().report().exits(0);
        let summary = &report.json["summary"];
        let count = |status: &str| summary[status].as_u64().expect("a count");
        assert_eq!(count("created") + count("matching"), 40, "{summary}");
        created += count("created");
    }
    // Each topic was created by exactly one of them.
    assert_eq!(created, 40);
    let found = names(&SHARED);
    let found: BTreeSet<_> = found
        .iter()
        .filter(|name| name.starts_with("at-once-"))
        .collect();
    assert_eq!(found, new.iter().collect());
}

/// The same race, decided: the other one's creation arrives first.
#[test]
fn a_topic_that_appears_before_its_creation_is_compared() {
    let proxied = Proxied::shared();
    let manifests = Manifests::of(
        "topics:
  - { name: appeared-same, tier: plain, partitions: 1, replication_factor: 1 }
  - { name: appeared-other, tier: plain, partitions: 2, replication_factor: 1 }
  - { name: appeared-not, tier: plain, partitions: 1, replication_factor: 1 }",
    );
    let tools = proxied.kafka.tools().clone();
    proxied.before_creation(move || {
        for name in ["appeared-same", "appeared-other"] {
            tools
                .run("kafka-topics", &["--create", "--topic", name])
                .expect("a topic");
        }
    });
    let report = on(&proxied.servers(), "apply", &manifests).json().exits(1);
    assert_eq!(report.topic("appeared-same")["status"], "matching");
    assert_eq!(report.topic("appeared-not")["status"], "created");
    let other = report.topic("appeared-other");
    assert_eq!(
        (&other["status"], &other["error"]),
        (&"mismatched".into(), &().into())
    );
    assert_eq!(other["mismatches"][0]["found"], "1");
    assert_eq!(describe(&proxied.kafka)["appeared-other"].partitions, 1);
}

#[test]
fn a_topic_that_appears_before_the_check_is_compared() {
    let proxied = Proxied::shared();
    let manifests = Manifests::small(["appeared-early", "appeared-early-not"]);
    let tools = proxied.kafka.tools().clone();
    let somebody = move || {
        let create = ["--create", "--topic", "appeared-early", "--partitions", "2"];
        tools.run("kafka-topics", &create).expect("a topic");
    };
    proxied
        .proxy
        .on_request_call(CREATE_TOPICS, Box::new(somebody));
    let report = on(&proxied.servers(), "apply", &manifests).json().exits(1);
    assert_eq!(report.topic("appeared-early")["status"], "mismatched");
    assert_eq!(report.topic("appeared-early-not")["status"], "created");
}

#[test]
fn a_lost_answer_is_read_again_and_reported_as_created() {
    let proxied = Proxied::shared();
    for (name, fault) in [
        ("lost-closed", Fault::CloseAfterForwarding),
        ("lost-dropped", Fault::DropResponse),
    ] {
        proxied.proxy.clear();
        proxied.break_creation(fault);
        let manifests = Manifests::small([name]);
        on(&proxied.servers(), "apply", &manifests)
            .args(&["--timeout", "3s"])
            .json()
            .exits(0)
            .all_are("created");
        // The check and the creation: asking again could only find the topic there.
        assert_eq!(proxied.count(CREATE_TOPICS), 2, "{name}");
        assert_eq!(describe(&proxied.kafka)[name].partitions, 1);
    }
}

#[test]
fn a_creation_that_never_arrived_is_not_guessed() {
    let proxied = Proxied::shared();
    for (name, fault) in [
        ("never-closed", Fault::CloseBeforeForwarding),
        ("never-swallowed", Fault::Swallow),
    ] {
        proxied.break_creation(fault);
        let manifests = Manifests::small([name]);
        let report = on(&proxied.servers(), "apply", &manifests)
            .args(&["--timeout", "2s", "--settle-timeout", "1s"])
            .json()
            .exits(5)
            .all_are("unknown");
        let error = report.topic(name)["error"]
            .as_str()
            .expect("an error")
            .to_owned();
        assert!(
            error.contains("the creation was sent and not answered"),
            "{error}"
        );
        assert!(!names(&proxied.kafka).contains(name));
        // And the way out is to run it again.
        on(&proxied.servers(), "apply", &manifests)
            .json()
            .exits(0)
            .all_are("created");
    }
}

#[test]
fn five_hundred_new_topics_are_served_when_apply_ends() {
    let kafka = LocalKafka::options().start().expect("a broker");
    let topics: String = (0..500)
        .map(|number| {
            format!("  - {{ name: size-{number:03}, partitions: 3, replication_factor: 1 }}\n")
        })
        .collect();
    let manifests = Manifests::of(&format!("topics:\n{topics}"));
    let all: Vec<(String, i32)> = (0..500)
        .map(|number| (format!("size-{number:03}"), 3))
        .collect();
    let ended = on(kafka.bootstrap_servers(), "apply", &manifests).run();
    // At once: a broker that is still making logs has them all a few seconds later.
    let unserved = offsets::unserved(kafka.bootstrap_servers(), &all);
    ended
        .exits(0)
        .says("500 declared: 500 created and usable; 500 topics ready.");
    assert!(
        unserved.is_empty(),
        "{} of 1500: {unserved:?}",
        unserved.len()
    );
    let reported = kafka
        .tool("kafka-get-offsets", &["--topic", "size-.*"])
        .expect("offsets");
    assert_eq!(
        reported.lines().filter(|line| line.ends_with(":0")).count(),
        1500,
        "{reported}"
    );
}
