//! `topicctl doctor` where something else than a broker is at an address: each is told by what it
//! does.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::binary::topicctl;
use crate::support::report_schema;

/// Listens on loopback, and does something with everybody who comes.
fn listener(serve: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    // It ends with this process.
    let _: JoinHandle<()> = std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Takes everything and says nothing.
fn silent(mut stream: TcpStream) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

fn http(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1024]);
    let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
}

fn closing(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1024]);
}

/// The step, of all that `doctor` with these words tells in JSON.
fn step(words: &[&str], address: &str, name: &str) -> Value {
    let run = topicctl(&["doctor", "-b", address, "--timeout", "1s", "-o", "json"]);
    let ended = run.args(words).run().exits(3);
    report_schema::check(&ended.stdout).expect("an examination");
    let json = ended.json();
    assert_eq!(json["exit_code"], 3, "{ended}");
    let steps = json["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["step"] == name);
    step.unwrap_or_else(|| panic!("no step {name}: {ended}"))
        .clone()
}

#[track_caller]
fn fails(step: &Value, seen: &str, help: &str) {
    assert_eq!(step["status"], "failed", "{step:#}");
    let first = step["seen"][0].as_str().unwrap_or_default();
    assert!(first.contains(seen), "{step:#}");
    let found = step["help"].as_str().unwrap_or_default();
    assert!(found.contains(help), "{step:#}");
}

#[test]
fn one_that_never_answers_is_told_within_the_time_limit() {
    let address = listener(silent);
    let help = "check that it is a broker's port";
    fails(
        &step(&[], &address, "api-versions"),
        "no answer within 1 s",
        help,
    );
    let tls = ["-X", "security.protocol=ssl"];
    fails(
        &step(&tls, &address, "tls"),
        "no answer to TLS within 1 s",
        help,
    );
    assert_eq!(step(&tls, &address, "api-versions")["status"], "not-tried");
}

#[test]
fn an_http_server_is_told_as_one() {
    let address = listener(http);
    let help = "check the address and the port";
    let seen = "an HTTP server (a REST proxy, a schema registry, a console?) answers";
    fails(&step(&[], &address, "api-versions"), seen, help);
    let tls = ["-X", "security.protocol=ssl"];
    fails(&step(&tls, &address, "tls"), seen, help);
}

#[test]
fn one_that_closes_may_speak_another_protocol() {
    let address = listener(closing);
    fails(
        &step(&[], &address, "api-versions"),
        "the connection is closed on the first request",
        "SSL or SASL_SSL",
    );
    fails(
        &step(&["-X", "security.protocol=ssl"], &address, "tls"),
        "the connection is closed on the first message of TLS",
        "or PLAINTEXT if the connection is meant to be unencrypted",
    );
}

#[test]
fn an_address_that_fails_holds_up_no_other() {
    let address = listener(http);
    let both = format!("127.0.0.1:1,{address}");
    let run = topicctl(&["doctor", "-b", &both, "--timeout", "1s"]).run();
    run.exits(3)
        .says("127.0.0.1: refuses the connection")
        .says("an HTTP server");
}

#[test]
fn a_signal_ends_it_with_what_was_seen_until_then() {
    let (sender, came) = std::sync::mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        let mut taken = Vec::new();
        for stream in listener.incoming() {
            taken.push(stream);
            let _ = sender.send(());
        }
    });
    let run = topicctl(&["doctor", "-b", &address, "--timeout", "300s"]).start();
    came.recv().expect("a connection");
    run.signal(Signal::INT);
    let ended = run.end().exits(130);
    let ended = ended
        .says("error[interrupted]: interrupted by SIGINT")
        .says("set by -b");
    assert!(ended.stdout.contains("1 step: all ok"), "{ended}");
}

#[test]
fn no_secret_is_in_what_is_told() {
    let address = listener(http);
    let secret = "hunter2-4711";
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("client.properties");
    let text = format!(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=\
         org.apache.kafka.common.security.plain.PlainLoginModule required username=\"ci\" \
         password=\"{secret}\";\n"
    );
    std::fs::write(&file, text).expect("a file");
    let file: &Path = &file;
    for format in ["text", "json"] {
        let run = topicctl(&["doctor", "-b", &address, "--timeout", "1s", "-o", format]);
        let run = run.args(&["--command-config"]).arg(file);
        let ended = run.env("TOPICCTL_LOG", "trace").run().exits(3).says("ci");
        for trace in [secret, "aHVudGVyMi00NzEx", "AGNpAGh1bnRlcjItNDcxM"] {
            assert!(!ended.to_string().contains(trace), "{ended}");
        }
    }
}
