//! Metadata: brokers, the controller, the cluster's id, topics and their partitions.

use local_kafka::scripted::kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use local_kafka::scripted::kafka_protocol::messages::{ApiKey, BrokerId, MetadataResponse};
use local_kafka::scripted::{CLUSTER_ID, OnCreation};

use super::{
    Crash, HOSTILE, NoLie, Null, Row, Said, Table, Truth, When, declared, different, empty, huge,
    situation, topic_name, with,
};

fn brokers(answer: &mut MetadataResponse, how: impl Fn(&mut MetadataResponseBroker)) {
    answer.brokers.iter_mut().for_each(how);
}

fn topics(answer: &mut MetadataResponse, how: impl Fn(&mut MetadataResponseTopic)) {
    answer.topics.iter_mut().for_each(how);
}

fn partitions(answer: &mut MetadataResponse, how: impl Fn(&mut MetadataResponsePartition)) {
    topics(answer, |topic| topic.partitions.iter_mut().for_each(&how));
}

fn name(topic: &mut MetadataResponseTopic, name: &str) {
    topic.name = Some(topic_name(name));
}

const BROKERS: &[Row<MetadataResponse>] = &[
    ("error_code", "unknown", Crash, |answer| {
        answer.error_code = 999
    }),
    ("throttle_time_ms", "huge", NoLie, |answer| {
        answer.throttle_time_ms = i32::MAX
    }),
    ("brokers", "empty", NoLie, |answer| answer.brokers.clear()),
    ("brokers", "duplicate", NoLie, |answer| {
        answer.brokers.extend_from_within(..)
    }),
    ("brokers", "huge", NoLie, |answer| {
        let one = answer.brokers[0].clone();
        answer.brokers.resize(5_000, one);
    }),
    ("brokers", "beyond the limit", NoLie, |answer| {
        let one = answer.brokers[0].clone();
        answer.brokers.resize(20_000, one);
    }),
    ("node_id", "negative", NoLie, |answer| {
        brokers(answer, |one| one.node_id = BrokerId(-1))
    }),
    ("node_id", "wrong", NoLie, |answer| {
        brokers(answer, |one| one.node_id = BrokerId(7))
    }),
    ("node_id", "huge", NoLie, |answer| {
        brokers(answer, |one| one.node_id = BrokerId(i32::MAX))
    }),
    ("host", "empty", NoLie, |answer| {
        brokers(answer, |one| one.host = "".into())
    }),
    ("host", "hostile", NoLie, |answer| {
        brokers(answer, |one| one.host = HOSTILE.into())
    }),
    ("host", "huge", NoLie, |answer| {
        brokers(answer, |one| one.host = huge().into())
    }),
    ("port", "zero", NoLie, |answer| {
        brokers(answer, |one| one.port = 0)
    }),
    ("port", "wrong", NoLie, |answer| {
        brokers(answer, |one| one.port = 1)
    }),
    ("port", "negative", NoLie, |answer| {
        brokers(answer, |one| one.port = -1)
    }),
    ("port", "huge", NoLie, |answer| {
        brokers(answer, |one| one.port = i32::MAX)
    }),
    ("rack", "hostile", NoLie, |answer| {
        brokers(answer, |one| one.rack = Some(HOSTILE.into()))
    }),
    ("cluster_id", "null", NoLie, |answer| {
        answer.cluster_id = None
    }),
    ("cluster_id", "empty", NoLie, |answer| {
        answer.cluster_id = Some("".into())
    }),
    ("cluster_id", "hostile", NoLie, |answer| {
        answer.cluster_id = Some(HOSTILE.into())
    }),
    ("cluster_id", "huge", NoLie, |answer| {
        answer.cluster_id = Some(huge().into())
    }),
    ("controller_id", "none", NoLie, |answer| {
        answer.controller_id = BrokerId(-1)
    }),
    ("controller_id", "unknown", NoLie, |answer| {
        answer.controller_id = BrokerId(999)
    }),
];

const TOPICS: &[Row<MetadataResponse>] = &[
    ("topics", "empty", NoLie, |answer| answer.topics.clear()),
    ("topics", "one is left out", NoLie, |answer| {
        drop(answer.topics.pop())
    }),
    ("topics", "duplicate", Crash, |answer| {
        answer.topics.extend_from_within(..)
    }),
    ("topics", "one more", Crash, |answer| {
        let mut more = answer.topics.first().cloned().unwrap_or_default();
        name(&mut more, "more");
        answer.topics.push(more);
    }),
    (
        "error_code",
        "UNKNOWN_TOPIC_OR_PARTITION",
        Said(&["missing", "failed"]),
        |answer| topics(answer, |one| one.error_code = 3),
    ),
    ("error_code", "LEADER_NOT_AVAILABLE", NoLie, |answer| {
        topics(answer, |one| one.error_code = 5)
    }),
    ("error_code", "INVALID_TOPIC_EXCEPTION", NoLie, |answer| {
        topics(answer, |one| one.error_code = 17)
    }),
    (
        "error_code",
        "TOPIC_AUTHORIZATION_FAILED",
        NoLie,
        |answer| topics(answer, |one| one.error_code = 29),
    ),
    ("error_code", "unknown", NoLie, |answer| {
        topics(answer, |one| one.error_code = 999)
    }),
    ("error_code", "negative", NoLie, |answer| {
        topics(answer, |one| one.error_code = -1)
    }),
    ("name", "empty", Crash, |answer| {
        topics(answer, |one| name(one, ""))
    }),
    ("name", "wrong", Crash, |answer| {
        topics(answer, |one| name(one, "other"))
    }),
    ("name", "hostile", Crash, |answer| {
        topics(answer, |one| name(one, HOSTILE))
    }),
    ("name", "huge", Crash, |answer| {
        topics(answer, |one| name(one, &huge()))
    }),
    ("name", "null", Crash, |answer| {
        topics(answer, |one| one.name = None)
    }),
    ("is_internal", "true", Truth, |answer| {
        topics(answer, |one| one.is_internal = true)
    }),
    ("partitions", "empty", Said(&["mismatched"]), |answer| {
        topics(answer, |one| one.partitions.clear())
    }),
    ("partitions", "duplicate", Said(&["mismatched"]), |answer| {
        topics(answer, |one| one.partitions.extend_from_within(..))
    }),
    ("error_code", "LEADER_NOT_AVAILABLE", NoLie, |answer| {
        partitions(answer, |one| one.error_code = 5)
    }),
    ("error_code", "unknown", NoLie, |answer| {
        partitions(answer, |one| one.error_code = 999)
    }),
    (
        "partition_index",
        "negative",
        Said(&["mismatched"]),
        |answer| partitions(answer, |one| one.partition_index = -1),
    ),
    ("partition_index", "wrong", NoLie, |answer| {
        partitions(answer, |one| one.partition_index += 7)
    }),
    (
        "partition_index",
        "duplicate",
        Said(&["mismatched"]),
        |answer| partitions(answer, |one| one.partition_index = 0),
    ),
    ("partition_index", "huge", Said(&["mismatched"]), |answer| {
        partitions(answer, |one| one.partition_index = i32::MAX)
    }),
    ("leader_id", "none", NoLie, |answer| {
        partitions(answer, |one| one.leader_id = BrokerId(-1))
    }),
    ("leader_id", "unknown", NoLie, |answer| {
        partitions(answer, |one| one.leader_id = BrokerId(999))
    }),
    ("replica_nodes", "empty", Said(&["mismatched"]), |answer| {
        partitions(answer, |one| one.replica_nodes.clear())
    }),
    (
        "replica_nodes",
        "duplicate",
        Said(&["mismatched"]),
        |answer| partitions(answer, |one| one.replica_nodes.extend_from_within(..)),
    ),
    ("replica_nodes", "negative", NoLie, |answer| {
        partitions(answer, |one| one.replica_nodes = vec![BrokerId(-1)])
    }),
    ("replica_nodes", "huge", Said(&["mismatched"]), |answer| {
        partitions(answer, |one| one.replica_nodes = vec![BrokerId(1); 5_000])
    }),
    ("isr_nodes", "empty", NoLie, |answer| {
        partitions(answer, |one| one.isr_nodes.clear())
    }),
    ("isr_nodes", "unknown", NoLie, |answer| {
        partitions(answer, |one| one.isr_nodes = vec![BrokerId(-7); 3])
    }),
];

const BROKER_NULLS: &[Null<MetadataResponse>] =
    &[("brokers", Crash, ("", 9), |answer| answer.brokers.clear())];

const TOPIC_NULLS: &[Null<MetadataResponse>] = &[
    ("topics", NoLie, (CLUSTER_ID, 4), |answer| {
        answer.topics.clear()
    }),
    ("partitions", Crash, ("orders", 17), |answer| {
        topics(answer, |one| one.partitions.clear())
    }),
    ("replica_nodes", Crash, ("orders", 32), |answer| {
        partitions(answer, |one| one.replica_nodes.clear())
    }),
    ("isr_nodes", Crash, ("orders", 37), |answer| {
        partitions(answer, |one| one.isr_nodes.clear())
    }),
    ("offline_replicas", NoLie, ("orders", 42), |answer| {
        partitions(answer, |one| one.offline_replicas.clear())
    }),
];

#[test]
fn no_mutated_brokers_make_an_outcome_untrue() {
    let table = Table {
        api: ApiKey::Metadata,
        fields: BROKERS,
        nulls: BROKER_NULLS,
        broken: NoLie,
    };
    table.try_in(&[
        situation("verify", with(declared()), When::Always),
        situation("verify", different(), When::Always),
        situation("apply", empty(OnCreation::Create), When::Always),
        situation("apply", empty(OnCreation::Create), When::Created),
    ]);
}

#[test]
fn no_mutated_topics_make_an_outcome_untrue() {
    let table = Table {
        api: ApiKey::Metadata,
        fields: TOPICS,
        nulls: TOPIC_NULLS,
        broken: NoLie,
    };
    table.try_in(&[
        situation("verify", with(declared()), When::Always),
        situation("verify", different(), When::Always),
        situation("apply", empty(OnCreation::Create), When::Always),
        situation("apply", empty(OnCreation::Create), When::Created),
    ]);
}
