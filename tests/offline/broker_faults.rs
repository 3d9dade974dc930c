//! Brokers that start, lack a request, or are none, from a scripted one: what no real broker does on
//! demand.

use local_kafka::scripted::kafka_protocol::messages::api_versions_response::ApiVersion;
use local_kafka::scripted::kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, CreateTopicsResponse, MetadataResponse,
};
use local_kafka::scripted::{Asked, Model, OnCreation, Record, ScriptedBroker, Topic};

use crate::support::binary::{Ended, Manifests, on};

const THROTTLING_QUOTA_EXCEEDED: i16 = 89;
const NOT_CONTROLLER: i16 = 41;

fn orders(partitions: i32) -> Model {
    let topic = Topic {
        partitions,
        replication_factor: 1,
        config: [("retention.ms".to_owned(), "86400000".to_owned())].into(),
        served: true,
    };
    Model {
        topics: [("orders".to_owned(), topic)].into(),
        ..Model::default()
    }
}

/// A broker that does not offer these requests.
fn without(model: Model, lacking: &'static [ApiKey]) -> ScriptedBroker {
    let broker = ScriptedBroker::start(model).expect("a broker");
    broker.mutate(move |_, answer: &mut ApiVersionsResponse| {
        let lacks = |api: &ApiVersion| lacking.iter().any(|key| *key as i16 == api.api_key);
        answer.api_keys.retain(|api| !lacks(api));
    });
    broker
}

fn run(broker: &ScriptedBroker, command: &str, words: &[&str]) -> Ended {
    let manifests = Manifests::of(
        "topics:
  - { name: orders, tier: plain, partitions: 2, replication_factor: 1, retention: 1d }",
    );
    let run = on(&broker.address(), command, &manifests);
    run.args(words).run()
}

fn creations(record: &Record) -> Vec<bool> {
    let asked = record.requests.iter();
    let validate_only = asked.filter_map(|(asked, _)| match asked {
        Asked::CreateTopics(request) => Some(request.validate_only),
        _ => None,
    });
    validate_only.collect()
}

#[test]
fn without_describe_configs_the_rest_is_compared_and_the_cause_is_named() {
    for (partitions, code, words) in [(2, 0, "1 declared: all match"), (3, 1, "3 found")] {
        let broker = without(orders(partitions), &[ApiKey::DescribeConfigs]);
        run(&broker, "verify", &[])
            .exits(code)
            .says(words)
            .says("warning[unverifiable]: this cluster offers no configurations (no DESCRIBE_CONFIGS)")
            .says("declare `tier: plain`");
        broker.end().expect("no other request");
    }
    // As advised.
    let broker = without(orders(2), &[ApiKey::DescribeConfigs]);
    let plain = Manifests::of("topics: [{ name: orders, tier: plain, partitions: 2 }]");
    let ended = on(&broker.address(), "verify", &plain).run().exits(0);
    assert_eq!(ended.stderr, "");
}

#[test]
fn without_create_topics_apply_says_so_and_verify_works() {
    let broker = without(Model::default(), &[ApiKey::CreateTopics]);
    run(&broker, "apply", &[])
        .exits(5)
        .says("offers no creation of topics (CREATE_TOPICS)")
        .says("create topics by the means of the service");
    run(&broker, "verify", &[]).exits(1).says("missing");
    let record = broker.end().expect("no other request");
    assert!(creations(&record).is_empty(), "{record:?}");
}

#[test]
fn a_controller_is_told_from_a_broker_without_waiting() {
    let broker = without(
        Model::default(),
        &[
            ApiKey::Metadata,
            ApiKey::CreateTopics,
            ApiKey::DescribeConfigs,
            ApiKey::ListOffsets,
        ],
    );
    let address = broker.address();
    // Neither of the two ends before this test is given up.
    run(&broker, "verify", &["--timeout", "1h", "--wait", "1h"])
        .exits(3)
        .says(&format!("{address} is no broker's listener"))
        .says("as a KRaft controller does, usually on port 9093");
}

#[test]
fn a_cluster_that_lists_no_broker_yet_is_asked_again() {
    let broker = ScriptedBroker::start(orders(2)).expect("a broker");
    let mut left = 3;
    broker.mutate(move |_, answer: &mut MetadataResponse| {
        if left > 0 {
            left -= 1;
            answer.brokers.clear();
            answer.topics.clear();
            answer.controller_id = (-1).into();
        }
    });
    // The wait that is advised where it never does.
    run(&broker, "verify", &["--timeout", "1s", "--wait", "1h"]).exits(0);
}

#[test]
fn a_cluster_that_never_lists_a_broker_is_said_to_be_starting() {
    let broker = ScriptedBroker::start(orders(2)).expect("a broker");
    broker.mutate(|_, answer: &mut MetadataResponse| {
        answer.brokers.clear();
        answer.controller_id = (-1).into();
    });
    run(&broker, "verify", &["--timeout", "2s"])
        .exits(3)
        .says("takes the connection, listed no broker, and did not answer within 2 s")
        .says("--wait 60s");
}

/// Answers the first checks of a creation with a code.
fn refusing(code: i16, times: usize) -> ScriptedBroker {
    let broker = ScriptedBroker::start(Model::default()).expect("a broker");
    let mut left = times;
    broker.mutate(move |exchange, answer: &mut CreateTopicsResponse| {
        let validates = matches!(exchange.asked, Asked::CreateTopics(one) if one.validate_only);
        if left > 0 && validates {
            left -= 1;
            answer
                .topics
                .iter_mut()
                .for_each(|topic| topic.error_code = code);
        }
    });
    broker
}

#[test]
fn a_quota_and_an_election_are_waited_for() {
    for code in [THROTTLING_QUOTA_EXCEEDED, NOT_CONTROLLER] {
        let broker = refusing(code, 2);
        run(&broker, "apply", &["--timeout", "10m"])
            .exits(0)
            .says("1 created and usable");
        let record = broker.end().expect("no other request");
        assert_eq!(creations(&record), [true, true, true, false]);
    }
}

#[test]
fn no_longer_than_the_time_limit() {
    let broker = refusing(THROTTLING_QUOTA_EXCEEDED, usize::MAX);
    run(&broker, "apply", &["--timeout", "1s"])
        .exits(5)
        .says("THROTTLING_QUOTA_EXCEEDED")
        .says("nothing was created");
    assert_eq!(
        broker.end().expect("no other request").model.topics.len(),
        0
    );
    let broker = refusing(NOT_CONTROLLER, usize::MAX);
    run(&broker, "apply", &["--timeout", "1s"])
        .exits(3)
        .says("nothing was created")
        .says("new topics need the controller");
}

/// Kafka 2.8 and 3.0 with KRaft: the newest Fetch is 12, and there is no LeaderAndIsr. Others that
/// stand between these versions list no WriteTxnMarkers.
#[test]
fn a_broker_that_is_known_to_create_on_a_check_is_not_asked_to_check() {
    let broker = ScriptedBroker::start(Model {
        on_creation: OnCreation::CreateAlsoWhenValidating,
        ..Model::default()
    });
    let broker = broker.expect("a broker");
    broker.mutate(|_, answer: &mut ApiVersionsResponse| {
        for (key, newest) in [
            (ApiKey::Fetch, 12),
            (ApiKey::WriteTxnMarkers, 1),
            (ApiKey::DescribeCluster, 0),
        ] {
            let api = ApiVersion::default().with_api_key(key as i16);
            answer.api_keys.push(api.with_max_version(newest));
        }
    });
    run(&broker, "apply", &["--dry-run"])
        .exits(0)
        .says("create    orders")
        .says("The broker was not asked about what is new.")
        .says("this broker would create them on a check");
    run(&broker, "apply", &[])
        .exits(0)
        .says("1 created and usable")
        .says("this broker would create them on a check");
    let record = broker.end().expect("no other request");
    assert_eq!(creations(&record), [false]);
}
