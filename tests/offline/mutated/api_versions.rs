//! ApiVersions: what the broker has.

use local_kafka::scripted::OnCreation;
use local_kafka::scripted::kafka_protocol::messages::{ApiKey, ApiVersionsResponse};

use super::{Crash, NoLie, Null, Row, Table, Truth, When, declared, empty, situation, with};

fn without(answer: &mut ApiVersionsResponse, api: ApiKey) {
    answer.api_keys.retain(|one| one.api_key != api as i16);
}

const ROWS: &[Row<ApiVersionsResponse>] = &[
    ("error_code", "UNSUPPORTED_VERSION", NoLie, |answer| {
        answer.error_code = 35
    }),
    ("error_code", "unknown", NoLie, |answer| {
        answer.error_code = 999
    }),
    ("error_code", "negative", NoLie, |answer| {
        answer.error_code = -1
    }),
    ("api_keys", "empty", NoLie, |answer| answer.api_keys.clear()),
    ("api_keys", "without Metadata", NoLie, |answer| {
        without(answer, ApiKey::Metadata)
    }),
    ("api_keys", "without DescribeConfigs", NoLie, |answer| {
        without(answer, ApiKey::DescribeConfigs)
    }),
    ("api_keys", "without CreateTopics", NoLie, |answer| {
        without(answer, ApiKey::CreateTopics)
    }),
    ("api_keys", "without ListOffsets", NoLie, |answer| {
        without(answer, ApiKey::ListOffsets)
    }),
    ("api_keys", "duplicate", Truth, |answer| {
        answer.api_keys.extend_from_within(..)
    }),
    ("api_keys", "huge", NoLie, |answer| {
        let one = answer.api_keys[0].clone();
        answer.api_keys.resize(2_000, one);
    }),
    ("api_key", "unknown", NoLie, |answer| {
        answer.api_keys.iter_mut().for_each(|one| one.api_key = 999)
    }),
    ("api_key", "negative", NoLie, |answer| {
        answer.api_keys.iter_mut().for_each(|one| one.api_key = -1)
    }),
    ("min_version", "huge", NoLie, |answer| {
        answer
            .api_keys
            .iter_mut()
            .for_each(|one| one.min_version = i16::MAX);
    }),
    ("max_version", "negative", NoLie, |answer| {
        answer
            .api_keys
            .iter_mut()
            .for_each(|one| one.max_version = -1);
    }),
    ("max_version", "huge", Truth, |answer| {
        answer
            .api_keys
            .iter_mut()
            .for_each(|one| one.max_version = i16::MAX);
    }),
    ("throttle_time_ms", "huge", NoLie, |answer| {
        answer.throttle_time_ms = i32::MAX
    }),
    ("throttle_time_ms", "negative", NoLie, |answer| {
        answer.throttle_time_ms = -1
    }),
];

const NULLS: &[Null<ApiVersionsResponse>] =
    &[("api_keys", Crash, ("", 6), |answer| answer.api_keys.clear())];

#[test]
fn no_mutated_list_of_apis_makes_an_outcome_untrue() {
    let table = Table {
        api: ApiKey::ApiVersions,
        fields: ROWS,
        nulls: NULLS,
        broken: NoLie,
    };
    table.try_in(&[
        situation("verify", with(declared()), When::Always),
        situation("apply", empty(OnCreation::Create), When::Always),
    ]);
}
