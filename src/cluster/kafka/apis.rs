//! What the requests that a broker takes say about it. Pure.

use librdkafka_admin::ApiVersions;

/// Api keys of Kafka's protocol.
pub(super) const FETCH: i16 = 1;
pub(super) const METADATA: i16 = 3;
pub(super) const LEADER_AND_ISR: i16 = 4;
pub(super) const CREATE_TOPICS: i16 = 19;
pub(super) const DESCRIBE_CONFIGS: i16 = 32;

/// The newest Fetch of Kafka 3.0; 3.1 has the next one (KIP-516).
const FETCH_OF_3_0: i16 = 12;

/// Whether this is a KRaft broker of Kafka 2.8 or 3.0, whose controller carries out a creation that
/// it is only to check. Unlike a broker with ZooKeeper it takes no LeaderAndIsr.
pub(super) fn creates_on_check(versions: &ApiVersions) -> bool {
    let fetch = versions.newest(FETCH);
    fetch.is_some_and(|newest| newest <= FETCH_OF_3_0) && !versions.has(LEADER_AND_ISR)
}
