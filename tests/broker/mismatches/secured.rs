//! On a secured cluster the remedies carry the client's properties, and work as they are printed.

use local_kafka::{LocalKafka, SUPER_PASSWORD, SUPER_USER, Security};

use super::{Place, by_name, create};

#[test]
fn remedies_for_a_secured_cluster_work_as_printed() {
    let kafka = LocalKafka::options().nodes(2).security(Security::Sasl);
    let kafka = kafka.start().expect("brokers");
    let manifest = |name: &str| {
        format!(
            "topics:
  - name: {name}
    tier: plain
    partitions: 2
    replication_factor: 2
    config: {{ cleanup.policy: 'compact,delete' }}
"
        )
    };
    let properties = format!(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\n\
         sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
         username=\"{SUPER_USER}\" password=\"{SUPER_PASSWORD}\";\n"
    );

    // A file was given: it is named as it was given.
    create(&kafka, "secured-file", 1, 1, &[]);
    let place = Place::new(&kafka, &manifest("secured-file"))
        .variable("TOPICCTL_COMMAND_CONFIG", "my admin.properties");
    place.file("my admin.properties", &properties);
    for remedy in place.remedy("secured-file") {
        assert!(
            remedy.contains(" --command-config 'my admin.properties' "),
            "{remedy}"
        );
        assert!(!remedy.contains(SUPER_PASSWORD), "{remedy}");
    }
    place.until_nothing_moves();
    place.is_clean();

    // Credentials came by another way: the usual name stands for what Kafka's tools need.
    create(&kafka, "secured-variables", 1, 1, &[]);
    let place = Place::new(&kafka, &manifest("secured-variables"))
        .variable("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
        .variable("KAFKA_SASL_MECHANISM", "PLAIN")
        .variable("KAFKA_USERNAME", SUPER_USER)
        .variable("KAFKA_PASSWORD", SUPER_PASSWORD);
    let mismatches = place.mismatches("secured-variables");
    let partitions = by_name(&mismatches, "partitions");
    let remedy = partitions["remedy"].as_str().expect("a remedy");
    assert!(
        remedy.contains(" --command-config client.properties "),
        "{remedy}"
    );
    place.shell(remedy).exits(1);
    place.file("client.properties", &properties);
    place.remedy("secured-variables");
    place.until_nothing_moves();
    place.is_clean();
}
