//! 3: the cluster could not be reached, or did not answer in time.

use std::net::TcpListener;
use std::sync::Arc;

use local_kafka::LocalKafka;
use local_kafka::proxy::Fault;

use super::{ends, nowhere, plain};
use crate::kafka::{CREATE_TOPICS, LIST_OFFSETS, Proxied};
use crate::secured::SASL;
use crate::support::binary::{Manifests, on};

const COMMANDS: [&str; 3] = ["verify", "plan", "apply"];
const DESCRIBE_CONFIGS: i16 = 32;

#[test]
fn nothing_listens_there() {
    let manifests = plain(&["unreachable"]);
    for command in COMMANDS {
        ends(3, || on(&nowhere(), command, &manifests));
    }
    // Nor does anything after a while.
    let waits = || on(&nowhere(), "apply", &manifests).args(&["--wait", "1s"]);
    ends(3, waits);
}

/// Nobody says why, and a broker that breaks does the same.
#[test]
fn there_are_no_credentials_and_the_connection_is_closed() {
    let manifests = plain(&["enough.unreachable"]);
    ends(3, || on(&SASL.servers(), "verify", &manifests));
}

#[test]
fn the_name_does_not_resolve() {
    let manifests = plain(&["unreachable"]);
    ends(3, || on("nowhere.invalid:9092", "verify", &manifests));
}

#[test]
fn who_listens_there_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let manifests = plain(&["unreachable"]);
    let silent = || on(&address, "verify", &manifests).args(&["--timeout", "1s"]);
    ends(3, silent);
}

#[test]
fn a_look_gets_no_answer() {
    let proxied = Proxied::shared();
    let text = "topics: [{ name: unanswered, partitions: 1, replication_factor: 1 }]";
    let manifests = Manifests::of(text);
    on(&proxied.servers(), "apply", &manifests).json().exits(0);
    for command in COMMANDS {
        ends(3, || {
            proxied.proxy.on_request(DESCRIBE_CONFIGS, Fault::Swallow);
            on(&proxied.servers(), command, &manifests).args(&["--timeout", "1s"])
        });
    }
}

#[test]
fn the_check_of_new_topics_gets_no_answer() {
    let proxied = Proxied::shared();
    let manifests = plain(&["unchecked"]);
    for words in [&[][..], &["--dry-run"]] {
        ends(3, || {
            proxied.proxy.on_request(CREATE_TOPICS, Fault::Swallow);
            let run = on(&proxied.servers(), "apply", &manifests);
            run.args(&["--timeout", "1s"]).args(words)
        });
    }
}

/// What was read before that is reported: only the question that failed has no answer.
#[test]
fn the_leaders_are_lost_while_they_are_asked_whether_they_serve() {
    let proxied = Proxied::start(LocalKafka::options());
    for topic in ["asked-matches", "asked-differs"] {
        crate::kafka::create(&proxied.kafka, topic, 1, &[]);
    }
    let manifests = Manifests::of(
        "defaults: { tier: plain }
topics: [{ name: asked-matches, partitions: 1 }, { name: asked-differs, partitions: 2 }]",
    );
    let real = proxied.kafka.bootstrap_servers();
    let run = || {
        proxied.proxy.forward_to(real).expect("an address");
        let proxy = Arc::clone(&proxied.proxy);
        let lose = move || proxy.forward_to(nowhere()).expect("an address");
        let all = &proxied.proxy;
        all.on_request_call(LIST_OFFSETS, Box::new(lose));
        all.on_request(LIST_OFFSETS, Fault::CloseBeforeForwarding);
        let run = on(&proxied.servers(), "verify", &manifests);
        run.args(&["--fail-on", "mismatch,health"])
    };
    let report = run().json().exits(3);
    assert_eq!(report.topic("asked-matches")["status"], "matching");
    assert_eq!(report.topic("asked-differs")["status"], "mismatched");
    let reported = report.diagnostics();
    let words = "unreachable whether the leaders serve could not be found out";
    assert!(reported.contains(words), "{reported}");
    run()
        .run()
        .exits(3)
        .says("2 declared: 1 match, 1 mismatched; health not known.");
}
