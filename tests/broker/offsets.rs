//! Whether partitions are served, asked in the same moment by something that is neither topicctl nor
//! its client library. Kafka's own tool needs a second to start, in which a broker may have caught
//! up.

use std::time::Duration;

use local_kafka::wire_client::WireClient;

/// The partitions of these topics, with their counts, for which the broker does not answer with an
/// offset. One broker leads them all.
pub(crate) fn unserved(broker: &str, topics: &[(String, i32)]) -> Vec<(String, i32)> {
    let address = broker.parse().expect("an address");
    let mut broker = WireClient::connect(address, Duration::from_secs(60)).expect("a broker");
    let asked = topics
        .iter()
        .flat_map(|(name, count)| (0..*count).map(move |partition| (name.as_str(), partition)));
    let answers = broker.list_offsets(asked.clone()).expect("an answer");
    assert_eq!(answers.len(), asked.count());
    let refused = answers.into_iter().filter(|(_, error)| error.is_some());
    refused.map(|(partition, _)| partition).collect()
}
