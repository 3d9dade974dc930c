//! Trouble with the cluster ends well: the right exit code, a message with the way out, no panic,
//! and a report that is still a report.

use std::sync::{Arc, Mutex};

use local_kafka::{LocalKafka, free_port};

use crate::kafka::{Proxied, before_creation, names, three_nodes};
use crate::support::binary::{Manifests, flat, on};

#[test]
fn a_broker_that_is_down_is_named() {
    let manifests = Manifests::small(["nowhere"]);
    let servers = format!("127.0.0.1:{}", free_port().expect("a port"));
    for command in ["plan", "verify", "apply"] {
        on(&servers, command, &manifests)
            .run()
            .exits(3)
            .says(&format!("nothing listens at {servers}: connection refused"))
            .says("--wait 60s waits for it to start");
    }
    let report = on(&servers, "apply", &manifests).json().exits(3);
    assert_eq!(report.json["cluster"], serde_json::Value::Null);
    assert_eq!(report.json["diagnostics"][0]["code"], "unreachable");
    // With a wait, the same at its end.
    on(&servers, "verify", &manifests)
        .args(&["--wait", "2s"])
        .run()
        .exits(3)
        .says(&format!("waiting for {servers}: connection refused"))
        .says(&format!("nothing listens at {servers}"));
}

#[test]
fn the_log_in_a_pipe_has_no_colors() {
    let manifests = Manifests::small(["nowhere"]);
    let servers = format!("127.0.0.1:{}", free_port().expect("a port"));
    let run = on(&servers, "verify", &manifests).env("TOPICCTL_LOG", "debug");
    let ended = run.run().exits(3);
    assert!(ended.stderr.contains("DEBUG"), "{ended}");
    assert!(!ended.stderr.contains('\u{1b}'), "{ended}");
}

#[test]
fn a_port_that_uses_something_else_is_named() {
    let manifests = Manifests::small(["nowhere"]);
    for (answer, who) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "an HTTP server"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "an SSH server"),
        (b"-ERR unknown command\r\n", "Redis"),
    ] {
        let address = answers(answer);
        let ended = on(&address, "verify", &manifests).run().exits(3);
        let stderr = flat(&ended.stderr);
        assert!(stderr.contains(&format!("]: {who}")), "{ended}");
        assert!(
            stderr.contains(&format!(" answers at {address}")),
            "{ended}"
        );
        assert!(!stderr.contains("receive.message.max.bytes"), "{ended}");
    }
    // An alert of TLS: a handshake was expected.
    let address = answers(b"\x15\x03\x03\x00\x02\x02\x50");
    on(&address, "verify", &manifests)
        .run()
        .exits(3)
        .says(&format!("{address} closes a connection without TLS"));
}

/// The address of somebody who answers so, whatever is said.
fn answers(answer: &'static [u8]) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut client in listener.incoming().flatten() {
            let _ = client.read(&mut [0; 512]);
            let _ = client.write_all(answer);
        }
    });
    address
}

#[test]
fn a_silent_broker_is_given_up_in_time_and_named() {
    let mut kafka = LocalKafka::options().start().expect("a broker");
    kafka.pause_node(1).expect("a silent broker");
    let manifests = Manifests::small(["silence"]);
    let servers = kafka.bootstrap_servers().to_owned();
    for command in ["verify", "apply"] {
        on(&servers, command, &manifests)
            .args(&["--timeout", "2s"])
            .run()
            .exits(3)
            .says(&servers)
            .says("2 s");
    }
    kafka.resume_node(1).expect("a broker that answers again");
    // A short time limit leaves a broker that has created nothing yet its share of it.
    let run = on(&servers, "apply", &manifests).args(&["--timeout", "3s"]);
    run.json().exits(0).all_are("created");
}

#[test]
fn a_broker_that_is_killed_in_the_middle_of_apply_leaves_a_report() {
    let options = LocalKafka::options().property("broker.session.timeout.ms", "4000");
    let Proxied { kafka, proxy } = Proxied::start(options);
    let kafka = Arc::new(Mutex::new(kafka));
    let manifests = Manifests::small(["killed-a", "killed-b"]);
    let victim = Arc::clone(&kafka);
    let kill = move || {
        victim
            .lock()
            .expect("a broker")
            .kill_node(1)
            .expect("killed")
    };
    before_creation(&proxy, kill);
    let report = on(&proxy.address(), "apply", &manifests)
        .args(&["--timeout", "3s", "--settle-timeout", "2s"])
        .json()
        .exits(5)
        .all_are("unknown");
    for name in ["killed-a", "killed-b"] {
        let error = report.topic(name)["error"].as_str().expect("an error");
        assert!(
            error.contains("the creation was sent and not answered"),
            "{error}"
        );
    }
    assert_eq!(report.json["summary"]["unknown"], 2);
    // It comes back, and the next apply brings what is missing.
    let mut kafka = kafka.lock().expect("a broker");
    kafka.start_node(1).expect("the broker again");
    on(&proxy.address(), "apply", &manifests).json().exits(0);
    assert_eq!(
        names(&kafka),
        ["killed-a", "killed-b"].map(str::to_owned).into()
    );
}

/// Whichever it is: the one that all calls go to, the one that leads the controllers, or another.
#[test]
fn a_frozen_broker_of_three_holds_up_nothing() {
    let mut kafka = three_nodes();
    let servers = kafka.bootstrap_servers().to_owned();
    let manifests =
        Manifests::of("topics: [{ name: frozen, partitions: 6, replication_factor: 3 }]");
    on(&servers, "apply", &manifests).json().exits(0);
    // Long enough for the test to be given up before.
    let patient = ["--timeout", "1h", "--settle-timeout", "1h"];
    for node in 1..=3 {
        let name = format!("frozen-{node}");
        let new = format!("topics: [{{ name: {name}, partitions: 6, replication_factor: 3 }}]");
        let new = Manifests::of(&new);
        kafka.pause_node(node).expect("frozen");
        on(&servers, "verify", &manifests)
            .args(&patient[..2])
            .json()
            .exits(0);
        on(&servers, "apply", &new)
            .args(&patient)
            .json()
            .exits(0)
            .all_are("created");
        on(&servers, "apply", &manifests)
            .args(&patient)
            .json()
            .exits(0)
            .all_are("matching");
        kafka.resume_node(node).expect("thawed");
    }
}
