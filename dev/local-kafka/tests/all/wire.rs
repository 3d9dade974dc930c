//! What a broker says to the client that knows nothing but the protocol.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result};
use local_kafka::{
    LocalKafka,
    wire_client::{NewTopic, WireClient},
};

#[test]
fn a_broker_tells_its_topics_who_serves_them_and_who_leads() -> Result<()> {
    let kafka = LocalKafka::options().start()?;
    let address = kafka.internal_servers()[&1];
    let mut client = WireClient::connect(address, Duration::from_secs(20))?;
    assert_eq!(client.quorum_leader()?, 1);

    let set = BTreeMap::from([("retention.ms".to_owned(), "60000".to_owned())]);
    let topic = |name: &str, replication_factor| NewTopic {
        name: name.to_owned(),
        partitions: 2,
        replication_factor,
        config: set.clone(),
    };
    client.create_topics(&[topic("orders", 1)])?;
    let error = client.create_topics(&[topic("more", 3)]).err();
    let error = error.context("three replicas on one broker")?.to_string();
    assert_eq!(error, "failed to create more: InvalidReplicationFactor");

    // A broker knows of a topic a moment after the controller does.
    let metadata = loop {
        let metadata = client.metadata()?;
        if metadata.topics.contains_key("orders") {
            break metadata;
        }
    };
    assert!(metadata.brokers.iter().eq(&[1]));
    let orders = &metadata.topics["orders"];
    assert_ne!(orders.id, 0);
    assert_eq!(orders.partitions.len(), 2);
    assert!(orders.partitions.values().all(|one| one.replicas == [1]));

    let served = loop {
        let answers = client.list_offsets([("orders", 0), ("orders", 1), ("orders", 2)])?;
        let error = |partition| {
            let answer = &answers[&("orders".to_owned(), partition)];
            answer.map(|error| error.to_string())
        };
        if error(0).is_none() && error(1).is_none() {
            break error(2);
        }
    };
    assert_eq!(served.as_deref(), Some("UnknownTopicOrPartition"));

    let configs = client.topic_configs(["orders", "unknown"])?;
    assert_eq!(configs, BTreeMap::from([("orders".to_owned(), set)]));
    let described = kafka.tool("kafka-topics", &["--describe", "--topic", "orders"])?;
    assert!(described.contains("retention.ms=60000"), "{described}");
    Ok(())
}
