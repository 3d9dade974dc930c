//! Where a found value comes from: each origin that a broker reports, in JSON and in words.

use local_kafka::LocalKafka;

use super::{Place, by_name, create, values};

const MANIFEST: &str = "
topics:
  - name: origins
    tier: plain
    retention: 7d
    config:
      compression.type: zstd
      delete.retention.ms: 2d
      max.message.bytes: 2MiB
      segment.bytes: 256MiB
";

/// Key, declared, found, origin in JSON, the values in words, the origin in words.
const TOLD: [[&str; 6]; 5] = [
    [
        "retention.ms",
        "604800000",
        "86400000",
        "topic",
        "7d (604800000) declared, 1d (86400000) found",
        "set on the topic",
    ],
    [
        "delete.retention.ms",
        "172800000",
        "3600000",
        "dynamic-broker",
        "2d (172800000) declared, 1h (3600000) found",
        "set at run time on a broker",
    ],
    [
        "max.message.bytes",
        "2097152",
        "524288",
        "dynamic-default-broker",
        "2MiB (2097152) declared, 512KiB (524288) found",
        "set at run time for all brokers",
    ],
    [
        "segment.bytes",
        "268435456",
        "134217728",
        "static-broker",
        "256MiB (268435456) declared, 128MiB (134217728) found",
        "from the broker's server.properties",
    ],
    [
        "compression.type",
        "zstd",
        "producer",
        "default",
        "zstd declared, producer found",
        "Kafka's default",
    ],
];

#[test]
fn every_origin_is_reported_and_its_remedy_sets_the_topic() {
    let kafka = LocalKafka::options().property("log.segment.bytes", "134217728");
    let kafka = kafka.start().expect("a broker");
    let set = |entity: &[&str], setting: &str| {
        let words = [
            &["--alter", "--add-config", setting, "--entity-type"],
            entity,
        ]
        .concat();
        kafka.tool("kafka-configs", &words).expect("the change");
    };
    create(&kafka, "origins", 1, 1, &[]);
    let topic = ["topics", "--entity-name", "origins"];
    set(&topic, "retention.ms=86400000");
    let broker = ["brokers", "--entity-name", "1"];
    set(&broker, "log.cleaner.delete.retention.ms=3600000");
    set(&["brokers", "--entity-default"], "message.max.bytes=524288");

    let place = Place::new(&kafka, MANIFEST);
    let mismatches = place.mismatches("origins");
    assert_eq!(mismatches.len(), TOLD.len(), "{mismatches:#?}");
    for [key, declared, found, origin, said, from] in TOLD {
        let one = by_name(&mismatches, key);
        assert_eq!(one["field"], "config", "{key}");
        assert_eq!(values(one), (declared, found), "{key}");
        assert_eq!(one["origin"], origin, "{key}");
        let words = format!("{key} {said}, {from}");
        place.verify(&[]).exits(1).says(&words);
    }
    let remedies = place.remedy("origins");
    place.is_clean();

    // What the brokers say to other topics is as it was: the remedies are for this one.
    for remedy in remedies {
        assert!(
            remedy.contains("--entity-type topics --entity-name origins"),
            "{remedy}"
        );
    }
    let other = MANIFEST.replace("origins", "origins-other");
    let other = Place::new(&kafka, &other);
    create(&kafka, "origins-other", 1, 1, &[]);
    let origins = other.mismatches("origins-other");
    for [key, _, found, origin, ..] in &TOLD[1..] {
        let one = by_name(&origins, key);
        assert_eq!(
            (&one["found"], &one["origin"]),
            (&(*found).into(), &(*origin).into())
        );
    }
}

#[test]
fn a_value_that_no_entry_states_names_who_does() {
    let kafka = &super::ONE;
    let place = Place::new(
        kafka,
        "topics:
  - { name: origins-declared, tier: week, partitions: 1, replication_factor: 1 }
  - { name: origins-own, tier: plain, retention: 7d }
",
    );
    place.file(
        "topicctl.yaml",
        "tiers:\n  week:\n    extends: standard\n    retention: 3d\n",
    );
    for name in ["origins-declared", "origins-own"] {
        create(kafka, name, 1, 1, &["--config", "retention.ms=1000"]);
    }
    let reported = place.verify(&[]).exits(1);
    let reported = reported
        .says("declared by tier week, topicctl.yaml:4")
        .says("declared by built-in tier standard");
    // The entry itself is named beside the topic.
    assert!(
        !reported.stdout.contains("declared by the topic"),
        "{reported}"
    );
    place
        .verify(&["-v"])
        .says("declared by the topic itself, topics.yaml:3");
    for name in ["origins-declared", "origins-own"] {
        place.remedy(name);
    }
    place.is_clean();
}
