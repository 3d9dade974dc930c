//! One plaintext node, as most tests use it.

use anyhow::Result;
use local_kafka::LocalKafka;

#[test]
fn one_node_starts_answers_and_leaves_nothing_behind() -> Result<()> {
    let kafka = LocalKafka::options().start()?;
    kafka.tool(
        "kafka-topics",
        &["--create", "--topic", "orders", "--partitions", "3"],
    )?;
    assert_eq!(kafka.tool("kafka-topics", &["--list"])?, "orders\n");
    let error = kafka.tool("kafka-topics", &["--create", "--topic", "orders"]);
    assert!(error.is_err_and(|error| error.to_string().contains("already exists")));

    let directory = kafka.directory().to_owned();
    assert!(directory.is_dir());
    drop(kafka);
    assert!(!directory.exists());
    Ok(())
}
