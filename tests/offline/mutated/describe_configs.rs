//! DescribeConfigs: the configuration of topics.

use local_kafka::scripted::OnCreation;
use local_kafka::scripted::kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use local_kafka::scripted::kafka_protocol::messages::{ApiKey, DescribeConfigsResponse};

use super::{
    Allowed, HOSTILE, NoLie, Row, Said, Table, Truth, When, declared, different, empty, huge,
    situation, with,
};

fn results(answer: &mut DescribeConfigsResponse, how: impl Fn(&mut DescribeConfigsResult)) {
    answer.results.iter_mut().for_each(how);
}

fn configs(answer: &mut DescribeConfigsResponse, how: impl Fn(&mut DescribeConfigsResourceResult)) {
    results(answer, |result| result.configs.iter_mut().for_each(&how));
}

/// What cannot be verified is a warning, and does not count against the topic.
const UNVERIFIABLE: Allowed = Said(&["matching"]);

fn refuse(result: &mut DescribeConfigsResult, message: Option<&str>) {
    result.error_code = 29;
    result.error_message = message.map(|text| text.to_owned().into());
}

const ROWS: &[Row<DescribeConfigsResponse>] = &[
    ("results", "empty", NoLie, |answer| answer.results.clear()),
    ("results", "one is left out", NoLie, |answer| {
        drop(answer.results.pop())
    }),
    ("results", "duplicate", NoLie, |answer| {
        answer.results.extend_from_within(..)
    }),
    (
        "error_code",
        "UNKNOWN_TOPIC_OR_PARTITION",
        NoLie,
        |answer| results(answer, |one| one.error_code = 3),
    ),
    ("error_code", "unknown", NoLie, |answer| {
        results(answer, |one| one.error_code = 999)
    }),
    ("error_code", "negative", NoLie, |answer| {
        results(answer, |one| one.error_code = -1)
    }),
    ("error_message", "null", NoLie, |answer| {
        results(answer, |one| refuse(one, None))
    }),
    ("error_message", "empty", NoLie, |answer| {
        results(answer, |one| refuse(one, Some("")))
    }),
    ("error_message", "hostile", NoLie, |answer| {
        results(answer, |one| refuse(one, Some(HOSTILE)))
    }),
    ("error_message", "huge", NoLie, |answer| {
        results(answer, |one| refuse(one, Some(&huge())))
    }),
    ("error_message", "without an error", Truth, |answer| {
        results(answer, |one| one.error_message = Some(HOSTILE.into()))
    }),
    ("resource_type", "zero", NoLie, |answer| {
        results(answer, |one| one.resource_type = 0)
    }),
    ("resource_type", "a broker", NoLie, |answer| {
        results(answer, |one| one.resource_type = 4)
    }),
    ("resource_type", "unknown", NoLie, |answer| {
        results(answer, |one| one.resource_type = 99)
    }),
    ("resource_name", "empty", NoLie, |answer| {
        results(answer, |one| one.resource_name = "".into())
    }),
    ("resource_name", "wrong", NoLie, |answer| {
        results(answer, |one| one.resource_name = "other".into())
    }),
    ("resource_name", "hostile", NoLie, |answer| {
        results(answer, |one| one.resource_name = HOSTILE.into())
    }),
    ("configs", "empty", UNVERIFIABLE, |answer| {
        results(answer, |one| one.configs.clear())
    }),
    ("configs", "duplicate", Truth, |answer| {
        results(answer, |one| one.configs.extend_from_within(..))
    }),
    ("configs", "huge", NoLie, |answer| {
        results(answer, |one| {
            let more = (0..20_000).map(|at| {
                DescribeConfigsResourceResult::default().with_name(format!("k{at}").into())
            });
            one.configs.extend(more);
        })
    }),
    ("name", "empty", UNVERIFIABLE, |answer| {
        configs(answer, |one| one.name = "".into())
    }),
    ("name", "wrong", UNVERIFIABLE, |answer| {
        configs(answer, |one| one.name = "retention.bytes".into())
    }),
    ("name", "hostile", UNVERIFIABLE, |answer| {
        configs(answer, |one| one.name = HOSTILE.into())
    }),
    ("name", "huge", UNVERIFIABLE, |answer| {
        configs(answer, |one| one.name = huge().into())
    }),
    ("value", "null", UNVERIFIABLE, |answer| {
        configs(answer, |one| one.value = None)
    }),
    ("value", "empty", Said(&["mismatched"]), |answer| {
        configs(answer, |one| one.value = Some("".into()))
    }),
    ("value", "hostile", Said(&["mismatched"]), |answer| {
        configs(answer, |one| one.value = Some(HOSTILE.into()))
    }),
    ("value", "huge", Said(&["mismatched"]), |answer| {
        configs(answer, |one| one.value = Some(huge().into()))
    }),
    ("config_source", "zero", Truth, |answer| {
        configs(answer, |one| one.config_source = 0)
    }),
    ("config_source", "unknown", Truth, |answer| {
        configs(answer, |one| one.config_source = 99)
    }),
    ("config_source", "negative", Truth, |answer| {
        configs(answer, |one| one.config_source = -1)
    }),
    ("is_sensitive", "true", UNVERIFIABLE, |answer| {
        configs(answer, |one| one.is_sensitive = true)
    }),
    ("synonyms", "huge", NoLie, |answer| {
        configs(answer, |one| {
            one.synonyms = vec![DescribeConfigsSynonym::default(); 5_000]
        })
    }),
    ("throttle_time_ms", "huge", NoLie, |answer| {
        answer.throttle_time_ms = i32::MAX
    }),
];

#[test]
fn no_mutated_configuration_makes_an_outcome_untrue() {
    let table = Table {
        api: ApiKey::DescribeConfigs,
        fields: ROWS,
        nulls: &[],
        broken: NoLie,
    };
    table.try_in(&[
        situation("verify", with(declared()), When::Always),
        situation("verify", different(), When::Always),
        situation("apply", empty(OnCreation::Create), When::Always),
    ]);
}
