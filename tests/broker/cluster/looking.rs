//! Looking changes nothing, and what it says can be relied on.

use std::time::{Duration, Instant};

use local_kafka::proxy::{Request, api_name};
use local_kafka::{LocalKafka, Security};
use topicctl::cluster::{Absence, Answer, CreateTopics, ObserveLeaders, ObserveTopics};
use topicctl::observed::{Observed, ObservedOrigin, Unreadable};

use super::{SHARED, connect, connect_as, name, new, run, wanted};

#[test]
fn looking_at_a_missing_topic_does_not_create_it() {
    run(async {
        let kafka = connect(SHARED.bootstrap_servers(), &[])
            .await
            .expect("a connection");
        let missing = [
            wanted("looked-at", &["retention.ms"]),
            wanted("looked-at", &[]),
        ];
        for absence in [Absence::AsReported, Absence::Confirmed] {
            let seen = kafka
                .observe(&missing, absence)
                .await
                .expect("an observation");
            assert_eq!(seen.topics.len(), 1);
            assert_eq!(seen.topics[&name("looked-at")], Observed::Absent);
        }
        let none = kafka
            .unserved(&[(name("looked-at"), one())])
            .await
            .expect("an answer");
        assert_eq!(none.len(), 1);
    });
    let listed = SHARED.tool("kafka-topics", &["--list"]).expect("a list");
    assert!(!listed.lines().any(|line| line == "looked-at"), "{listed}");
}

fn one() -> topicctl::topic::Partitions {
    topicctl::topic::Partitions::new(1).expect("positive")
}

#[test]
fn a_topic_is_seen_as_it_is() {
    run(async {
        let kafka = connect(SHARED.bootstrap_servers(), &[])
            .await
            .expect("a connection");
        let topic = new("seen", 3, 1, &[("retention.ms", "86400000")]);
        let answers = kafka.create(&[topic]).await;
        assert_eq!(answers[&name("seen")], Answer::Accepted);

        let keys = ["retention.ms", "cleanup.policy", "no.such.key"];
        let both = [wanted("seen", &keys), wanted("also-missing", &keys)];
        let observe = async || {
            let seen = kafka.observe(&both, Absence::Confirmed).await;
            seen.expect("an observation")
        };
        // A broker knows of a topic a moment after the controller has created it.
        let mut seen = observe().await;
        let deadline = Instant::now() + Duration::from_secs(30);
        while seen.topics[&name("seen")] == Observed::Absent && Instant::now() < deadline {
            seen = observe().await;
        }
        assert_eq!(seen.cluster, kafka.identity().await.expect("an identity"));
        assert_eq!(seen.cluster.id.as_deref(), Some(SHARED.cluster_id()));
        assert_eq!(seen.cluster.broker_count(), 1);
        assert_eq!(seen.topics[&name("also-missing")], Observed::Absent);
        let Observed::Present(topic) = &seen.topics[&name("seen")] else {
            panic!("{seen:?}");
        };
        let ids: Vec<i32> = topic
            .partitions
            .iter()
            .map(|partition| partition.id)
            .collect();
        assert_eq!(ids, [0, 1, 2]);
        for partition in &topic.partitions {
            assert_eq!(
                (partition.replicas.as_slice(), partition.in_sync.as_slice()),
                (&[1][..], &[1][..])
            );
        }
        let found: Vec<_> = topic
            .config
            .iter()
            .map(|(key, found)| (key.as_str(), found.value.as_deref(), found.origin))
            .collect();
        let wanted = [
            ("cleanup.policy", Some("delete"), ObservedOrigin::Default),
            ("retention.ms", Some("86400000"), ObservedOrigin::Topic),
        ];
        assert_eq!(found, wanted);
    });
}

#[test]
fn missing_rights_are_unknown_and_not_absent() {
    let kafka = LocalKafka::options()
        .security(Security::Sasl)
        .user("bob", "bob-secret")
        .user("eve", "eve-secret")
        .acl(&[
            "--allow-principal",
            "User:bob",
            "--operation",
            "Describe",
            "--topic",
            "visible",
        ])
        .acl(&[
            "--allow-principal",
            "User:bob",
            "--operation",
            "Describe",
            "--topic",
            "gone",
        ])
        .start()
        .expect("a broker");
    run(async {
        let admin = connect_as(&kafka, "admin").await;
        admin
            .create(&[new("visible", 1, 1, &[]), new("hidden", 1, 1, &[])])
            .await;
        let bob = connect_as(&kafka, "bob").await;
        let all =
            ["visible", "hidden", "nowhere", "gone"].map(|name| wanted(name, &["retention.ms"]));
        let seen = bob
            .observe(&all, Absence::Confirmed)
            .await
            .expect("an observation");
        for (topic, exists) in [("visible", true), ("hidden", false), ("nowhere", false)] {
            let Observed::Unknown(Unreadable {
                exists: found,
                unauthorized,
                reason,
            }) = &seen.topics[&name(topic)]
            else {
                panic!("{topic}: {seen:?}");
            };
            assert_eq!((*found, *unauthorized), (exists, true), "{topic}: {reason}");
            assert!(
                reason.starts_with("TOPIC_AUTHORIZATION_FAILED: "),
                "{reason}"
            );
        }
        assert_eq!(seen.topics[&name("gone")], Observed::Absent);
        // Without the configuration the right to describe is enough.
        let seen = bob
            .observe(&[wanted("visible", &[])], Absence::AsReported)
            .await
            .expect("it");
        assert!(
            matches!(seen.topics[&name("visible")], Observed::Present(_)),
            "{seen:?}"
        );

        // Neither looking nor creating works without rights, and both say so.
        let eve = connect_as(&kafka, "eve").await;
        let topic = [new("wished", 1, 1, &[])];
        let answers = eve.validate(&topic).await.expect("an answer");
        for answers in [answers, eve.create(&topic).await] {
            let Answer::Refused(refusal) = &answers[&name("wished")] else {
                panic!("{answers:?}");
            };
            assert!(refusal.unauthorized);
            assert_eq!(refusal.code, "TOPIC_AUTHORIZATION_FAILED");
        }
        assert_eq!(eve.identity().await.expect("an identity").broker_count(), 1);
    });
}

/// Everything that topicctl does may only use these requests.
const ALLOWED: [&str; 7] = [
    "ApiVersions",
    "Metadata",
    "DescribeCluster",
    "DescribeTopicPartitions",
    "DescribeConfigs",
    "CreateTopics",
    "ListOffsets",
];

#[test]
fn requests_do_not_grow_with_topics() {
    let (_kafka, proxy) = LocalKafka::options()
        .start_behind_proxy()
        .expect("a broker");
    let names: Vec<String> = (0..100).map(|index| format!("counted-{index}")).collect();
    let topics: Vec<_> = names.iter().map(|name| new(name, 1, 1, &[])).collect();
    let all: Vec<_> = names
        .iter()
        .map(|name| wanted(name, &["retention.ms"]))
        .collect();
    let mut creating = Vec::new();
    run(async {
        let kafka = connect(&proxy.address(), &[]).await.expect("a connection");
        kafka
            .observe(&all, Absence::Confirmed)
            .await
            .expect("an observation");
        kafka.validate(&topics).await.expect("answers");
        let answers = kafka.create(&topics).await;
        assert!(
            answers.values().all(|answer| *answer == Answer::Accepted),
            "{answers:?}"
        );
        // A broker may lag behind the controller that answered.
        loop {
            let seen = kafka
                .observe(&all, Absence::AsReported)
                .await
                .expect("an observation");
            if seen
                .topics
                .values()
                .all(|topic| matches!(topic, Observed::Present(_)))
            {
                break;
            }
        }
        creating = proxy.requests();
        proxy.clear();
        kafka
            .observe(&all, Absence::AsReported)
            .await
            .expect("an observation");
        let parts: Vec<_> = topics
            .iter()
            .map(|topic| (topic.name.clone(), one()))
            .collect();
        kafka.unserved(&parts).await.expect("an answer");
    });
    let looking = proxy.requests();
    for request in creating.iter().chain(&looking) {
        let name = api_name(request.api_key);
        assert!(ALLOWED.contains(&name), "{name} went over the wire");
    }
    let count = |requests: &[Request], wanted: &str| {
        requests
            .iter()
            .filter(|request| api_name(request.api_key) == wanted)
            .count()
    };
    assert_eq!(count(&creating, "CreateTopics"), 2);
    assert_eq!(count(&looking, "CreateTopics"), 0);
    assert_eq!(count(&looking, "DescribeConfigs"), 1);
    assert_eq!(count(&looking, "ListOffsets"), 1);
    // Topics and cluster for the look; leaders, and a controller for an answer that takes long.
    let metadata = count(&looking, "Metadata");
    assert!(metadata <= 6, "{metadata}");
}
