//! What the requests that a broker takes say about it. Pure.

use librdkafka_admin::ApiVersions;

/// Api keys of Kafka's protocol.
const FETCH: i16 = 1;
const LIST_OFFSETS: i16 = 2;
pub(super) const METADATA: i16 = 3;
const LEADER_AND_ISR: i16 = 4;
const OFFSET_FETCH: i16 = 9;
const FIND_COORDINATOR: i16 = 10;
const DESCRIBE_GROUPS: i16 = 15;
pub(super) const SASL_HANDSHAKE: i16 = 17;
pub(super) const API_VERSIONS: i16 = 18;
pub(super) const CREATE_TOPICS: i16 = 19;
const WRITE_TXN_MARKERS: i16 = 27;
pub(super) const DESCRIBE_CONFIGS: i16 = 32;
const DESCRIBE_CLUSTER: i16 = 60;

/// Requests that topicctl sends, and what cannot be done without each. A broker that takes no
/// METADATA is none.
pub(super) const NEEDED: [(i16, &str, &str); 6] = [
    (
        LIST_OFFSETS,
        "LIST_OFFSETS",
        "whether leaders serve cannot be asked",
    ),
    (
        OFFSET_FETCH,
        "OFFSET_FETCH",
        "consumer groups cannot be read",
    ),
    (
        FIND_COORDINATOR,
        "FIND_COORDINATOR",
        "consumer groups cannot be read",
    ),
    (
        DESCRIBE_GROUPS,
        "DESCRIBE_GROUPS",
        "consumer groups cannot be read",
    ),
    (CREATE_TOPICS, "CREATE_TOPICS", "topics cannot be created"),
    (
        DESCRIBE_CONFIGS,
        "DESCRIBE_CONFIGS",
        "configurations cannot be compared",
    ),
];

/// The newest Fetch of Kafka 3.0; 3.1 has the next one (KIP-516).
const FETCH_OF_3_0: i16 = 12;

/// Whether this is a KRaft broker of Kafka 2.8 or 3.0, whose controller carries out a creation that
/// it is only to check. It lists what only brokers of Kafka ask of each other, DescribeCluster, which
/// 2.8 brought, and unlike a broker with ZooKeeper no LeaderAndIsr.
pub(super) fn creates_on_check(versions: &ApiVersions) -> bool {
    let fetch = versions.newest(FETCH);
    fetch.is_some_and(|newest| newest <= FETCH_OF_3_0)
        && versions.has(WRITE_TXN_MARKERS)
        && versions.has(DESCRIBE_CLUSTER)
        && !versions.has(LEADER_AND_ISR)
}
