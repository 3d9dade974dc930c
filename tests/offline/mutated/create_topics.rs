//! CreateTopics: the check of new topics, and their creation.

use local_kafka::scripted::OnCreation;
use local_kafka::scripted::kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use local_kafka::scripted::kafka_protocol::messages::{ApiKey, CreateTopicsResponse};

use super::{
    Allowed, HOSTILE, NoLie, Row, Said, Table, Truth, When, empty, huge, situation, topic_name,
};

fn topics(answer: &mut CreateTopicsResponse, how: impl Fn(&mut CreatableTopicResult)) {
    answer.topics.iter_mut().for_each(how);
}

fn fail(answer: &mut CreateTopicsResponse, code: i16, message: Option<&str>) {
    topics(answer, |one| {
        one.error_code = code;
        one.error_message = message.map(|text| text.to_owned().into());
    });
}

/// What the broker says has been refused.
const REFUSED: Allowed = Said(&["failed"]);

/// The creation was carried out, whatever the answer says: where that does not prove a refusal, the
/// topics are read, and reported as they are.
const ROWS: &[Row<CreateTopicsResponse>] = &[
    ("topics", "empty", Truth, |answer| answer.topics.clear()),
    ("topics", "one is left out", Truth, |answer| {
        drop(answer.topics.pop())
    }),
    ("topics", "the first is left out", Truth, |answer| {
        drop(answer.topics.remove(0))
    }),
    ("topics", "duplicate", Truth, |answer| {
        answer.topics.extend_from_within(..)
    }),
    ("topics", "one more", Truth, |answer| {
        let more = CreatableTopicResult::default().with_name(topic_name("more"));
        answer.topics.push(more);
    }),
    ("name", "empty", Truth, |answer| {
        topics(answer, |one| one.name = topic_name(""))
    }),
    ("name", "wrong", Truth, |answer| {
        topics(answer, |one| one.name = topic_name("other"))
    }),
    ("name", "hostile", Truth, |answer| {
        topics(answer, |one| one.name = topic_name(HOSTILE))
    }),
    ("name", "huge", Truth, |answer| {
        topics(answer, |one| one.name = topic_name(&huge()))
    }),
    ("error_code", "unknown", Truth, |answer| {
        fail(answer, 999, None)
    }),
    ("error_code", "UNKNOWN_SERVER_ERROR", Truth, |answer| {
        fail(answer, -1, None)
    }),
    ("error_code", "negative", Truth, |answer| {
        fail(answer, -999, None)
    }),
    ("error_code", "LEADER_NOT_AVAILABLE", Truth, |answer| {
        fail(answer, 5, None)
    }),
    ("error_code", "NOT_LEADER_OR_FOLLOWER", Truth, |answer| {
        fail(answer, 6, None)
    }),
    ("error_code", "REQUEST_TIMED_OUT", Truth, |answer| {
        fail(answer, 7, None)
    }),
    ("error_code", "NETWORK_EXCEPTION", Truth, |answer| {
        fail(answer, 13, None)
    }),
    (
        "error_code",
        "COORDINATOR_LOAD_IN_PROGRESS",
        Truth,
        |answer| fail(answer, 14, None),
    ),
    ("error_code", "COORDINATOR_NOT_AVAILABLE", Truth, |answer| {
        fail(answer, 15, None)
    }),
    ("error_code", "NOT_COORDINATOR", Truth, |answer| {
        fail(answer, 16, None)
    }),
    ("error_code", "TOPIC_ALREADY_EXISTS", Truth, |answer| {
        fail(answer, 36, None)
    }),
    ("error_code", "NOT_CONTROLLER", Truth, |answer| {
        fail(answer, 41, None)
    }),
    ("error_code", "KAFKA_STORAGE_ERROR", Truth, |answer| {
        fail(answer, 56, None)
    }),
    ("error_code", "NOT_CONTROLLER for one", Truth, |answer| {
        answer.topics[0].error_code = 41
    }),
    ("error_code", "INVALID_PARTITIONS", REFUSED, |answer| {
        fail(answer, 37, None)
    }),
    ("error_code", "INVALID_CONFIG", REFUSED, |answer| {
        fail(answer, 40, None)
    }),
    ("error_code", "POLICY_VIOLATION", REFUSED, |answer| {
        fail(answer, 44, None)
    }),
    (
        "error_code",
        "TOPIC_AUTHORIZATION_FAILED",
        REFUSED,
        |answer| fail(answer, 29, None),
    ),
    ("error_message", "null", REFUSED, |answer| {
        fail(answer, 38, None)
    }),
    ("error_message", "empty", REFUSED, |answer| {
        fail(answer, 38, Some(""))
    }),
    ("error_message", "hostile", REFUSED, |answer| {
        fail(answer, 38, Some(HOSTILE))
    }),
    ("error_message", "huge", REFUSED, |answer| {
        fail(answer, 38, Some(&huge()))
    }),
    ("error_message", "without an error", Truth, |answer| {
        fail(answer, 0, Some(HOSTILE))
    }),
    ("throttle_time_ms", "negative", Truth, |answer| {
        answer.throttle_time_ms = -1
    }),
    ("throttle_time_ms", "a while", Truth, |answer| {
        answer.throttle_time_ms = 500
    }),
];

fn table(broken: Allowed) -> Table<CreateTopicsResponse> {
    Table {
        api: ApiKey::CreateTopics,
        fields: ROWS,
        nulls: &[],
        broken,
    }
}

#[test]
fn no_mutated_answer_to_a_creation_makes_an_outcome_untrue() {
    table(Truth).try_in(&[situation(
        "apply",
        empty(OnCreation::Create),
        When::Creating,
    )]);
}

#[test]
fn what_was_never_created_is_not_believed_to_be() {
    table(NoLie).try_in(&[situation(
        "apply",
        empty(OnCreation::Nothing),
        When::Creating,
    )]);
}

#[test]
fn no_mutated_answer_to_the_check_of_a_creation_makes_an_outcome_untrue() {
    table(NoLie).try_in(&[situation(
        "apply",
        empty(OnCreation::Create),
        When::Validating,
    )]);
}

#[test]
fn a_check_that_creates_makes_no_outcome_untrue() {
    let ignorant = empty(OnCreation::CreateAlsoWhenValidating);
    table(NoLie).try_in(&[situation("apply", ignorant, When::Validating)]);
}
