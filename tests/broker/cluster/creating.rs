//! Creating, and what the broker says to it.

use std::time::Duration;

use local_kafka::LocalKafka;
use local_kafka::proxy::Fault;
use tokio::time::{Instant, sleep};
use topicctl::cluster::{
    Absence, Answer, ClusterErrorKind, CreateTopics, ObserveLeaders, ObserveTopics, Refusal,
};
use topicctl::observed::Observed;
use topicctl::topic::Partitions;

use super::{SHARED, connect, name, new, run, settings, wanted};

const CREATE_TOPICS: i16 = 19;

#[test]
fn a_refusal_carries_the_broker_s_words() {
    run(async {
        let kafka = connect(SHARED.bootstrap_servers(), &[])
            .await
            .expect("a connection");
        kafka.create(&[new("taken", 1, 1, &[])]).await;
        let topics = [
            new("too-replicated", 1, 3, &[]),
            new("misconfigured", 1, 1, &[("retention.ms", "7d")]),
            new("unknown-key", 1, 1, &[("retention", "7")]),
            new("tak_en.x", 1, 1, &[]),
            new("taken", 1, 1, &[]),
            new("fine", 1, 1, &[]),
        ];
        kafka.create(&[new("tak.en_x", 1, 1, &[])]).await;
        let answers = kafka.validate(&topics).await.expect("answers");
        assert_eq!(answers.len(), topics.len());
        for (topic, code, words) in [
            (
                "too-replicated",
                "INVALID_REPLICATION_FACTOR",
                "only 1 broker(s) are registered",
            ),
            (
                "misconfigured",
                "INVALID_CONFIG",
                "Invalid value 7d for configuration retention.ms",
            ),
            (
                "unknown-key",
                "INVALID_CONFIG",
                "Unknown topic config name: retention",
            ),
            (
                "tak_en.x",
                "INVALID_TOPIC_EXCEPTION",
                "collides with existing topic",
            ),
        ] {
            let Answer::Refused(Refusal {
                unauthorized,
                code: found,
                message,
            }) = &answers[&name(topic)]
            else {
                panic!("{topic}: {answers:?}");
            };
            assert_eq!((*unauthorized, found.as_str()), (false, code), "{message}");
            assert!(message.contains(words), "{message}");
        }
        assert_eq!(answers[&name("taken")], Answer::AlreadyExists);
        assert_eq!(answers[&name("fine")], Answer::Accepted);

        // Validation alone creates nothing.
        let seen = kafka
            .observe(&[wanted("fine", &[])], Absence::Confirmed)
            .await
            .expect("it");
        assert_eq!(seen.topics[&name("fine")], Observed::Absent);
    });
}

#[test]
fn a_request_above_the_broker_s_limit_refuses_each_of_its_topics() {
    run(async {
        let kafka = connect(SHARED.bootstrap_servers(), &[])
            .await
            .expect("a connection");
        let topics = [new("large-1", 6000, 1, &[]), new("large-2", 6000, 1, &[])];
        let answers = kafka.validate(&topics).await.expect("answers");
        for topic in ["large-1", "large-2"] {
            let Answer::Refused(refusal) = &answers[&name(topic)] else {
                panic!("{answers:?}");
            };
            assert_eq!(refusal.code, "POLICY_VIOLATION");
            assert!(refusal.message.contains("Excessively large"), "{refusal}");
        }
    });
}

#[test]
fn a_hundred_topics_are_unserved_until_they_are_served() {
    run(async {
        let kafka = connect(SHARED.bootstrap_servers(), &[])
            .await
            .expect("a connection");
        let names: Vec<String> = (0..100).map(|index| format!("served-{index}")).collect();
        let topics: Vec<_> = names.iter().map(|name| new(name, 3, 1, &[])).collect();
        let three = Partitions::new(3).expect("positive");
        let parts: Vec<_> = topics
            .iter()
            .map(|topic| (topic.name.clone(), three))
            .collect();
        let before = kafka.unserved(&parts).await.expect("an answer");
        assert_eq!(before.len(), 300, "none of them exists");
        assert!(
            before[0].reason.starts_with("LEADER_NOT_AVAILABLE"),
            "{:?}",
            before[0]
        );

        let answers = kafka.create(&topics).await;
        assert!(
            answers.values().all(|answer| *answer == Answer::Accepted),
            "{answers:?}"
        );
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let unserved = kafka.unserved(&parts).await.expect("an answer");
            if unserved.is_empty() {
                break;
            }
            assert!(Instant::now() < deadline, "{unserved:?}");
            sleep(Duration::from_millis(10)).await;
        }
        // What is served takes messages and reports its end at once.
        let args = ["--topic", "served-99", "--time", "latest"];
        let offsets = SHARED.tool("kafka-get-offsets", &args).expect("offsets");
        assert_eq!(offsets, "served-99:0:0\nserved-99:1:0\nserved-99:2:0\n");
    });
}

#[test]
fn a_creation_without_an_answer_is_unclear() {
    let (_kafka, proxy) = LocalKafka::options()
        .start_behind_proxy()
        .expect("a broker");
    run(async {
        let settings = settings(&proxy.address(), &[], 2.0, 0.0);
        let kafka = topicctl::cluster::kafka::Kafka::connect(&settings, |_| ())
            .await
            .expect("it");
        for (topic, fault, exists) in [
            ("closed-after", Fault::CloseAfterForwarding, true),
            ("closed-before", Fault::CloseBeforeForwarding, false),
            ("silent-after", Fault::DropResponse, true),
            ("silent-before", Fault::Swallow, false),
        ] {
            proxy.on_request(CREATE_TOPICS, fault);
            let answers = kafka.create(&[new(topic, 1, 1, &[])]).await;
            assert!(
                matches!(answers[&name(topic)], Answer::Unclear(_)),
                "{topic}: {answers:?}"
            );
            let seen = kafka
                .observe(&[wanted(topic, &[])], Absence::Confirmed)
                .await
                .expect(topic);
            let present = matches!(seen.topics[&name(topic)], Observed::Present(_));
            assert_eq!(present, exists, "{topic}: {seen:?}");
        }
        // A check can be repeated, or ends as an error of the cluster.
        proxy.on_request(CREATE_TOPICS, Fault::CloseBeforeForwarding);
        let answers = kafka
            .validate(&[new("checked", 1, 1, &[])])
            .await
            .expect("a second try");
        assert_eq!(answers[&name("checked")], Answer::Accepted);
        proxy.on_request(CREATE_TOPICS, Fault::Swallow);
        let error = kafka
            .validate(&[new("checked", 1, 1, &[])])
            .await
            .expect_err("no answer");
        assert_eq!(error.kind, ClusterErrorKind::Unreachable);
        assert!(
            error.message.ends_with("did not answer within 2 s"),
            "{error}"
        );
    });
}
