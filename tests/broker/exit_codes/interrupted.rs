//! 130 and 143: interrupted, whatever else there was to say.

use std::sync::mpsc;

use local_kafka::LocalKafka;
use local_kafka::proxy::Fault;
use rustix::process::Signal;

use super::{nowhere, plain};
use crate::kafka::{CREATE_TOPICS, LIST_OFFSETS, Proxied};
use crate::support::binary::{Manifests, on};

const SIGNALS: [(Signal, i32, &str); 2] =
    [(Signal::INT, 130, "SIGINT"), (Signal::TERM, 143, "SIGTERM")];

#[test]
fn every_command_that_waits_for_a_cluster() {
    let manifests = plain(&["interrupted"]);
    for (signal, code, name) in SIGNALS {
        for (command, nothing) in [
            ("verify", ""),
            ("plan", ""),
            ("apply", "; nothing was created"),
        ] {
            let run = on(&nowhere(), command, &manifests);
            let mut run = run.args(&["--wait", "10m", "-o", "json"]).start();
            run.until_it_says("waiting for");
            run.signal(signal);
            let report = run.end().report().exits(code);
            // Who never creates has no need to say that nothing was created.
            let reported = report.json["diagnostics"][0]["message"].as_str();
            let wanted = format!("interrupted by {name}{nothing}");
            assert_eq!(reported, Some(wanted.as_str()));
        }
    }
}

#[test]
fn apply_while_it_waits_for_brokers() {
    let proxied = Proxied::shared();
    let manifests = Manifests::of("topics: [{ name: interrupted-brokers, replication_factor: 3 }]");
    for (signal, code, _) in SIGNALS {
        let run = on(&proxied.servers(), "apply", &manifests);
        let mut run = run.args(&["--wait", "10m", "-o", "json"]).start();
        run.until_it_says("waiting for brokers: 1 of 3");
        run.signal(signal);
        run.end().report().exits(code).all_are("missing");
    }
}

/// Also where the broker is silent just then: a signal is not kept waiting for its answer.
#[test]
fn apply_while_a_broker_that_it_waits_for_is_silent() {
    const METADATA: i16 = 3;
    let proxied = Proxied::start(LocalKafka::options());
    let manifests = Manifests::of("topics: [{ name: interrupted-silent, replication_factor: 3 }]");
    let run = on(&proxied.servers(), "apply", &manifests);
    let mut run = run
        .args(&["--wait", "10m", "--timeout", "5m", "-o", "json"])
        .start();
    run.until_it_says("waiting for brokers: 1 of 3");
    let (sender, asked) = mpsc::channel();
    proxied.proxy.on_requests(METADATA, Fault::Swallow, 100);
    let again = move || sender.send(()).expect("a test");
    proxied.proxy.on_request_call(METADATA, Box::new(again));
    asked.recv().expect("a question");
    run.signal(Signal::INT);
    run.end().report().exits(130).all_are("missing");
}

#[test]
fn apply_before_its_creation_and_over_a_mismatch() {
    let proxied = Proxied::shared();
    crate::kafka::create(&proxied.kafka, "interrupted-drifted", 1, &[]);
    let manifests = Manifests::of(
        "topics:
  - { name: interrupted-drifted, tier: plain, partitions: 2 }
  - { name: interrupted-new, tier: plain, partitions: 1 }",
    );
    for (signal, code, _) in SIGNALS {
        let (sender, checked) = mpsc::channel();
        let notify = move || sender.send(()).expect("a test");
        proxied.proxy.on_request(CREATE_TOPICS, Fault::Swallow);
        proxied
            .proxy
            .on_request_call(CREATE_TOPICS, Box::new(notify));
        let run = on(&proxied.servers(), "apply", &manifests);
        let run = run.args(&["-o", "json"]).start();
        checked.recv().expect("a check");
        run.signal(signal);
        let report = run.end().report().exits(code);
        assert_eq!(report.topic("interrupted-drifted")["status"], "mismatched");
        assert_eq!(report.topic("interrupted-new")["status"], "missing");
    }
}

/// What was read until then is reported.
#[test]
fn verify_while_it_asks_the_leaders() {
    let proxied = Proxied::shared();
    crate::kafka::create(&proxied.kafka, "interrupted-led", 1, &[]);
    let manifests = plain(&["interrupted-led"]);
    for (signal, code, _) in SIGNALS {
        let (sender, asked) = mpsc::channel();
        let notify = move || sender.send(()).expect("a test");
        proxied.proxy.on_request(LIST_OFFSETS, Fault::Swallow);
        proxied
            .proxy
            .on_request_call(LIST_OFFSETS, Box::new(notify));
        let run = on(&proxied.servers(), "verify", &manifests);
        let run = run.args(&["--fail-on", "health", "-o", "json"]).start();
        asked.recv().expect("a question");
        run.signal(signal);
        run.end().report().exits(code).all_are("matching");
    }
}

#[test]
fn apply_after_its_creation() {
    let proxied = Proxied::shared();
    for (signal, code, name) in SIGNALS {
        let topic = format!("interrupted-after-{}", name.to_lowercase());
        let manifests = plain(&[&topic]);
        let (sender, created) = mpsc::channel();
        proxied.before_creation(move || sender.send(()).expect("a test"));
        proxied.break_creation(Fault::DropResponse);
        let run = on(&proxied.servers(), "apply", &manifests);
        let run = run.args(&["--timeout", "3s", "-o", "json"]).start();
        created.recv().expect("a creation");
        run.signal(signal);
        run.end().report().exits(code).all_are("created");
    }
}
