//! One plaintext node, as most tests use it.

use std::{fs, net::TcpListener, thread, time::Duration};

use anyhow::Result;
use local_kafka::LocalKafka;

#[test]
fn one_node_starts_answers_returns_and_leaves_nothing_behind() -> Result<()> {
    let mut kafka = LocalKafka::options()
        .property("broker.session.timeout.ms", "3000")
        .start()?;
    kafka.tool(
        "kafka-topics",
        &["--create", "--topic", "orders", "--partitions", "3"],
    )?;
    assert_eq!(kafka.tool("kafka-topics", &["--list"])?, "orders\n");
    let error = kafka.tool("kafka-topics", &["--create", "--topic", "orders"]);
    assert!(error.is_err_and(|error| error.to_string().contains("already exists")));

    // Somebody else has its port, until it has failed once.
    kafka.kill_node(1)?;
    let directory = kafka.directory().to_owned();
    let taken = TcpListener::bind(kafka.bootstrap_servers())?;
    let log = directory.join("node-1/node.log");
    let thief = thread::spawn(move || {
        while !fs::read_to_string(&log).is_ok_and(|text| text.contains("already in use")) {
            thread::sleep(Duration::from_millis(20));
        }
        drop(taken);
    });
    kafka.start_node(1)?;
    assert!(thief.join().is_ok());
    assert_eq!(kafka.tool("kafka-topics", &["--list"])?, "orders\n");

    assert!(directory.is_dir());
    drop(kafka);
    assert!(!directory.exists());
    Ok(())
}
