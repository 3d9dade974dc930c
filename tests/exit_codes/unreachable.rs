//! 3: the cluster could not be reached, or did not answer in time.

use std::net::TcpListener;

use local_kafka::proxy::Fault;

use crate::harness::{CREATE_TOPICS, Proxied, on};
use crate::{ends, nowhere, plain};

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
    let manifests = crate::Manifests::of(text);
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
