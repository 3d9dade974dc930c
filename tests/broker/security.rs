//! Rights and credentials: apply needs no more than DESCRIBE, DESCRIBE_CONFIGS and CREATE, says
//! which right is missing where one is, and shows no secret.

use local_kafka::Security;

use crate::kafka::{CREATE_TOPICS, Proxied, describe, names};
use crate::secured::{PASSWORD, SASL, as_user, secured};
use crate::support::binary::{Manifests, on, topicctl};
use crate::wire::only_looks_and_creations;

#[test]
fn describe_describe_configs_and_create_are_enough() {
    let family = "topics:
  - { name: enough.orders, partitions: 2, replication_factor: 1, dlq: true }";
    let manifests = Manifests::of(family);
    as_user("enough", "plan", &manifests)
        .json()
        .exits(0)
        .all_are("missing");
    as_user("enough", "apply", &manifests)
        .json()
        .exits(0)
        .all_are("created");
    as_user("enough", "verify", &manifests)
        .json()
        .exits(0)
        .all_are("matching");
    as_user("enough", "apply", &manifests)
        .json()
        .exits(0)
        .all_are("matching");
    let described = describe(&SASL.kafka);
    assert_eq!(described["enough.orders"].partitions, 2);
    assert_eq!(described["enough.orders-dlq"].partitions, 1);
    only_looks_and_creations(&SASL);
}

#[test]
fn a_java_client_s_properties_do_as_well() {
    let manifests = Manifests::small(["enough.by-properties"]);
    let properties = manifests.file(
        "client.properties",
        &format!(
            "# as kafka-topics --command-config takes it
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-256
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
    username=\"enough\" password=\"{PASSWORD}\";
"
        ),
    );
    on(&SASL.servers(), "apply", &manifests)
        .args(&["--command-config"])
        .arg(properties)
        .json()
        .exits(0)
        .all_are("created");
}

#[test]
fn without_describe_nothing_is_created_and_the_way_out_is_printed() {
    let manifests = Manifests::small(["no-describe.a", "no-describe.b"]);
    let run = as_user("no-describe", "apply", &manifests).run();
    run.exits(4)
        .says("2 topics cannot be seen with the rights of User:no-describe, so nothing was created")
        .says("no-describe.a, no-describe.b")
        .says("--add --allow-principal User:no-describe --operation Describe");
    // One that cannot be seen holds up the others: nobody knows whether it is one of them.
    let manifests = Manifests::small(["enough.beside-hidden", "hidden"]);
    let report = as_user("enough", "apply", &manifests).json().exits(4);
    assert_eq!(report.topic("hidden")["status"], "unknown");
    assert_eq!(report.topic("enough.beside-hidden")["status"], "missing");
    let reported = report.diagnostics();
    let granted = |create: &str| {
        format!(
            "kafka-acls --bootstrap-server {} --command-config admin.properties --add \
             --allow-principal User:enough --operation Describe --operation DescribeConfigs \
             {create}--topic hidden",
            SASL.servers()
        )
    };
    let command = granted("--operation Create ");
    assert!(reported.lines().any(|line| line == command), "{reported}");
    // Who only reads needs no right to create.
    for reads in ["plan", "verify"] {
        let report = as_user("enough", reads, &manifests).json().exits(4);
        let reported = report.diagnostics();
        assert!(reported.contains("1 topic cannot be seen"), "{reported}");
        assert!(
            reported.lines().any(|line| line == granted("")),
            "{reported}"
        );
    }
    let found = names(&SASL.kafka);
    assert!(
        !found.contains("enough.beside-hidden") && !found.contains("hidden"),
        "{found:?}"
    );
}

/// One that cannot be seen does not hide that another one may not be created.
#[test]
fn all_missing_rights_are_told_at_once_and_the_printed_commands_give_them() {
    let retention = ["retention.ms=86400000"];
    crate::kafka::create(&SASL.kafka, "no-configs.granted", 1, &retention);
    let names = [
        "no-configs.granted",
        "no-create.granted",
        "no-describe.granted",
        "granted",
    ];
    let topics = names
        .map(|name| format!("{{ name: {name}, retention: 1d }}"))
        .join(", ");
    let manifests = Manifests::of(&format!("defaults: {{ tier: plain }}\ntopics: [{topics}]"));
    let report = as_user("both", "apply", &manifests).json().exits(4);
    let reported = report.diagnostics();
    for name in names {
        assert!(reported.contains(name), "{reported}");
    }
    assert!(
        reported.contains("(admin.properties is their own)"),
        "{reported}"
    );
    let found = crate::kafka::names(&SASL.kafka);
    assert!(!found.contains("granted"), "{found:?}");
    let commands = reported
        .lines()
        .filter(|line| line.starts_with("kafka-acls "));
    for command in commands {
        let words = shlex::split(command).expect("a command for a shell");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let [
            tool,
            _,
            _,
            "--command-config",
            "admin.properties",
            rest @ ..,
        ] = words.as_slice()
        else {
            panic!("{command}")
        };
        SASL.kafka.tool(tool, rest).expect("the rights");
    }
    as_user("both", "apply", &manifests).json().exits(0);
    as_user("both", "verify", &manifests)
        .json()
        .exits(0)
        .all_are("matching");
}

#[test]
fn without_create_the_check_refuses_and_nothing_is_created() {
    let manifests = Manifests::small(["no-create.a", "no-create.b"]);
    as_user("no-create", "plan", &manifests)
        .json()
        .exits(0)
        .all_are("missing");
    as_user("no-create", "apply", &manifests)
        .run()
        .exits(4)
        .says("the broker refuses 2 of 2 new topics; nothing was created")
        .says("TOPIC_AUTHORIZATION_FAILED")
        .says("--operation Create --topic no-create.a --topic no-create.b");
    let found = names(&SASL.kafka);
    let created = ["no-create.a", "no-create.b"].map(|name| found.contains(name));
    assert_eq!(created, [false, false], "{found:?}");
}

#[test]
fn an_unreadable_configuration_is_unknown_and_holds_up_nothing() {
    crate::kafka::create(&SASL.kafka, "no-configs.existing", 1, &[]);
    let manifests = Manifests::small(["no-configs.existing", "no-configs.new"]);
    let report = as_user("no-configs", "apply", &manifests).json().exits(4);
    assert_eq!(report.topic("no-configs.existing")["status"], "unknown");
    assert_eq!(report.topic("no-configs.new")["status"], "created");
    assert!(names(&SASL.kafka).contains("no-configs.new"));
    let report = as_user("no-configs", "verify", &manifests)
        .json()
        .exits(4)
        .all_are("unknown");
    assert!(
        report
            .diagnostics()
            .contains("the configuration of 2 topics cannot be read")
    );
}

#[test]
fn what_is_accepted_of_a_hidden_topic_is_not_called_unused() {
    let manifests = Manifests::small(["hidden.accepted"]);
    manifests.file(
        "accepted.yaml",
        "accepted_mismatches: [{ topic: hidden.accepted, partitions: 7, reason: old }]",
    );
    let report = as_user("enough", "verify", &manifests).json().exits(4);
    assert_eq!(report.topic("hidden.accepted")["status"], "unknown");
    let reported = report.diagnostics();
    assert!(!reported.contains("accepted-unused"), "{reported}");
}

#[test]
fn a_wrong_password_is_refused_and_never_shown() {
    let manifests = Manifests::small(["enough.wrong"]);
    let wrong = "guessed-4711";
    for command in ["verify", "apply"] {
        // Also where a broker that is starting would be waited for.
        for words in [&[][..], &["--wait", "10m"]] {
            let run = as_user("enough", command, &manifests)
                .args(words)
                .args(&["-X", "debug=all"])
                .env("KAFKA_PASSWORD", wrong)
                .env("TOPICCTL_LOG", "trace");
            let ended = run
                .run()
                .exits(4)
                .says("refused the credentials of `enough`")
                .says("SCRAM-SHA-512");
            assert!(ended.stderr.contains("DEBUG"), "there is no log: {ended}");
            for secret in [wrong, "Z3Vlc3NlZC00NzEx"] {
                assert!(!ended.stdout.contains(secret), "{ended}");
                assert!(!ended.stderr.contains(secret), "{ended}");
            }
        }
    }
    // Nor the right one, when all is well.
    let ended = as_user("enough", "plan", &manifests)
        .env("TOPICCTL_LOG", "trace")
        .run()
        .exits(0);
    assert!(
        !ended.stderr.contains(PASSWORD) && !ended.stdout.contains(PASSWORD),
        "{ended}"
    );
    let report = as_user("enough", "apply", &manifests)
        .env("KAFKA_PASSWORD", wrong)
        .json();
    assert_eq!(
        report.exits(4).json["diagnostics"][0]["code"],
        "authentication"
    );
}

#[test]
fn a_connection_without_credentials_is_closed_and_credentials_are_one_possibility() {
    let manifests = Manifests::small(["enough.nobody"]);
    on(&SASL.servers(), "verify", &manifests)
        .run()
        .exits(3)
        .says("closes the connection on the first request (PLAINTEXT)")
        .says("wants credentials: then set KAFKA_USERNAME and KAFKA_PASSWORD");
}

#[test]
fn tls_needs_the_ca_and_says_so() {
    let kafka = secured(Security::SaslTls).start().expect("a broker");
    let manifests = Manifests::small(["enough.tls"]);
    let run = || {
        on(kafka.bootstrap_servers(), "apply", &manifests)
            .env("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
            .env("KAFKA_SASL_MECHANISM", "SCRAM-SHA-256")
            .env("KAFKA_USERNAME", "enough")
            .env("KAFKA_PASSWORD", PASSWORD)
    };
    run()
        .run()
        .exits(4)
        .says("which is not trusted here")
        .says("SSL_CA_LOCATION");
    let ca = kafka.ca_file().expect("a certificate");
    run()
        .env("SSL_CA_LOCATION", ca)
        .json()
        .exits(0)
        .all_are("created");
    // Plain text to a TLS port.
    topicctl(&["verify"])
        .arg(manifests.path())
        .args(&["-b", kafka.bootstrap_servers()])
        .run()
        .exits(3)
        .says("TLS");
    assert_eq!(describe(&kafka)["enough.tls"].partitions, 1);
}

#[test]
fn a_check_without_the_right_is_the_only_request_to_create() {
    let proxied = Proxied::start(secured(Security::Sasl));
    let manifests = Manifests::small(["no-create.c"]);
    on(&proxied.servers(), "apply", &manifests)
        .env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
        .env("KAFKA_SASL_MECHANISM", "PLAIN")
        .env("KAFKA_USERNAME", "no-create")
        .env("KAFKA_PASSWORD", PASSWORD)
        .run()
        .exits(4);
    assert_eq!(proxied.count(CREATE_TOPICS), 1);
    only_looks_and_creations(&proxied);
}

#[test]
fn a_password_that_ends_in_a_line_break_is_refused_with_a_hint() {
    let manifests = Manifests::small(["enough.line-break"]);
    as_user("enough", "plan", &manifests)
        .env("KAFKA_PASSWORD", format!("{PASSWORD}\n"))
        .run()
        .exits(4)
        .says("KAFKA_PASSWORD: the password ends in a line break");
    topicctl(&["export", "-b", &SASL.servers()])
        .env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
        .env("KAFKA_USERNAME", "enough")
        .env("KAFKA_PASSWORD", format!("{PASSWORD}\n"))
        .run()
        .exits(4)
        .says("KAFKA_PASSWORD: the password ends in a line break");
}
