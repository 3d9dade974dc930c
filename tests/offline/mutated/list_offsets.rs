//! ListOffsets: whether leaders serve.

use local_kafka::scripted::OnCreation;
use local_kafka::scripted::kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use local_kafka::scripted::kafka_protocol::messages::{ApiKey, ListOffsetsResponse};

use super::{
    Crash, HOSTILE, NoLie, Null, Row, Table, Truth, When, declared, empty, huge, situation,
    topic_name, with,
};

fn topics(answer: &mut ListOffsetsResponse, how: impl Fn(&mut ListOffsetsTopicResponse)) {
    answer.topics.iter_mut().for_each(how);
}

fn partitions(answer: &mut ListOffsetsResponse, how: impl Fn(&mut ListOffsetsPartitionResponse)) {
    topics(answer, |topic| topic.partitions.iter_mut().for_each(&how));
}

const ROWS: &[Row<ListOffsetsResponse>] = &[
    ("topics", "empty", NoLie, |answer| answer.topics.clear()),
    ("topics", "one is left out", Crash, |answer| {
        drop(answer.topics.pop())
    }),
    ("topics", "duplicate", NoLie, |answer| {
        answer.topics.extend_from_within(..)
    }),
    ("name", "empty", NoLie, |answer| {
        topics(answer, |one| one.name = topic_name(""))
    }),
    ("name", "wrong", NoLie, |answer| {
        topics(answer, |one| one.name = topic_name("other"))
    }),
    ("name", "hostile", NoLie, |answer| {
        topics(answer, |one| one.name = topic_name(HOSTILE))
    }),
    ("name", "huge", NoLie, |answer| {
        topics(answer, |one| one.name = topic_name(&huge()))
    }),
    ("partitions", "empty", NoLie, |answer| {
        topics(answer, |one| one.partitions.clear())
    }),
    ("partitions", "one is left out", Crash, |answer| {
        topics(answer, |one| drop(one.partitions.pop()))
    }),
    ("partition_index", "negative", NoLie, |answer| {
        partitions(answer, |one| one.partition_index = -1)
    }),
    ("partition_index", "wrong", NoLie, |answer| {
        partitions(answer, |one| one.partition_index += 7)
    }),
    ("partition_index", "duplicate", NoLie, |answer| {
        partitions(answer, |one| one.partition_index = 0)
    }),
    ("partition_index", "huge", NoLie, |answer| {
        partitions(answer, |one| one.partition_index = i32::MAX)
    }),
    ("error_code", "NOT_LEADER_OR_FOLLOWER", NoLie, |answer| {
        partitions(answer, |one| one.error_code = 6)
    }),
    (
        "error_code",
        "TOPIC_AUTHORIZATION_FAILED",
        NoLie,
        |answer| partitions(answer, |one| one.error_code = 29),
    ),
    ("error_code", "unknown", NoLie, |answer| {
        partitions(answer, |one| one.error_code = 999)
    }),
    ("error_code", "negative", NoLie, |answer| {
        partitions(answer, |one| one.error_code = -1)
    }),
    ("offset", "none", NoLie, |answer| {
        partitions(answer, |one| one.offset = -1)
    }),
    ("offset", "negative", NoLie, |answer| {
        partitions(answer, |one| one.offset = i64::MIN)
    }),
    ("offset", "huge", Truth, |answer| {
        partitions(answer, |one| one.offset = i64::MAX)
    }),
    ("timestamp", "negative", Truth, |answer| {
        partitions(answer, |one| one.timestamp = i64::MIN)
    }),
    ("leader_epoch", "negative", Truth, |answer| {
        partitions(answer, |one| one.leader_epoch = i32::MIN)
    }),
    ("leader_epoch", "huge", Truth, |answer| {
        partitions(answer, |one| one.leader_epoch = i32::MAX)
    }),
    ("throttle_time_ms", "huge", NoLie, |answer| {
        answer.throttle_time_ms = i32::MAX
    }),
];

const NULLS: &[Null<ListOffsetsResponse>] = &[
    ("topics", NoLie, ("", 9), |answer| answer.topics.clear()),
    ("partitions", Crash, ("orders", 0), |answer| {
        answer.topics[0].partitions.clear();
    }),
];

fn table() -> Table<ListOffsetsResponse> {
    Table {
        api: ApiKey::ListOffsets,
        fields: ROWS,
        nulls: NULLS,
        broken: NoLie,
    }
}

#[test]
fn no_mutated_offsets_of_what_is_new_make_an_outcome_untrue() {
    table().try_in(&[
        situation("apply", empty(OnCreation::Create), When::Always),
        situation("apply", empty(OnCreation::CreateUnserved), When::Always),
    ]);
}

#[test]
fn no_mutated_offsets_of_what_exists_make_an_outcome_untrue() {
    let mut unserved = declared();
    unserved.values_mut().for_each(|topic| topic.served = false);
    table().try_in(&[
        situation("apply", with(declared()), When::Always),
        situation("apply", with(unserved), When::Always),
    ]);
}
