//! Three nodes, and what can happen to one of them.

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, Result};
use local_kafka::LocalKafka;

/// `ApiVersions` version 0 without a client id: the shortest request that gets an answer.
const ASK: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 255, 255];

fn answers(server: &str) -> Result<bool> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_millis(700)))?;
    stream.write_all(&ASK)?;
    match stream.read_exact(&mut [0; 8]) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(false)
        }
        result => Ok(result.map(|()| true)?),
    }
}

#[test]
fn three_nodes_form_a_cluster_and_each_can_fail_and_return() -> Result<()> {
    let mut kafka = LocalKafka::options()
        .nodes(3)
        .property("broker.session.timeout.ms", "4000")
        .start()?;
    let servers: Vec<String> = kafka
        .bootstrap_servers()
        .split(',')
        .map(str::to_owned)
        .collect();
    assert_eq!((kafka.node_count(), servers.len()), (3, 3));
    let create = ["--create", "--topic", "orders", "--replication-factor", "3"];
    kafka.tool("kafka-topics", &create)?;

    kafka.kill_node(2)?;
    assert_eq!(kafka.running_nodes()?, BTreeSet::from([1, 3]));
    assert!(
        TcpStream::connect(&servers[1]).is_err(),
        "node 2 still listens"
    );
    let error = kafka
        .kill_node(2)
        .err()
        .context("node 2 was killed twice")?;
    assert_eq!(error.to_string(), "node 2 is not running");
    kafka.start_node(2)?;
    assert_eq!(kafka.running_nodes()?, BTreeSet::from([1, 2, 3]));
    assert!(
        answers(&servers[1])?,
        "node 2 does not answer on its old port"
    );

    kafka.pause_node(3)?;
    assert!(!answers(&servers[2])?, "a paused node answers");
    kafka.resume_node(3)?;
    assert!(answers(&servers[2])?, "a resumed node does not answer");

    kafka.stop_node(1)?;
    assert!(
        TcpStream::connect(&servers[0]).is_err(),
        "node 1 still listens"
    );
    kafka.start_node(1)?;

    let described = kafka.tool("kafka-topics", &["--describe", "--topic", "orders"])?;
    assert!(described.contains("ReplicationFactor: 3"), "{described}");
    assert!(kafka.logs(1)?.contains("WARN"));
    assert!(
        kafka
            .start_node(4)
            .is_err_and(|e| e.to_string().contains("no node 4"))
    );
    Ok(())
}
