//! Lists of addresses as people give them.

use super::super::tests::{Given, expect, expect_problem, problems, resolve};
use super::*;

fn reason(server: &str) -> Option<(String, String)> {
    let fault = Address::read(server).err()?;
    Some((fault.reason, fault.help))
}

#[test]
fn servers_are_host_and_port() {
    for (good, protocol, server) in [
        ("kafka:9092", None, "kafka:9092"),
        (
            "kafka_1.example.com.:9092",
            None,
            "kafka_1.example.com.:9092",
        ),
        ("[::1]:9092", None, "[::1]:9092"),
        ("[fe80::1%eth0]:9092", None, "[fe80::1%eth0]:9092"),
        ("SSL://kafka:9093", Some("SSL"), "kafka:9093"),
        ("sasl_ssl://kafka:9093", Some("SASL_SSL"), "kafka:9093"),
        ("PLAINTEXT_HOST://kafka:9093", None, "kafka:9093"),
    ] {
        let found = Address::read(good).ok().expect(good);
        assert_eq!(found.protocol.as_deref(), protocol, "{good}");
        assert_eq!(found.server, server);
    }
    for (bad, words) in [
        ("kafka", "has no port"),
        (":9092", "has no host"),
        ("kafka:", "has a port that is not a number from 1 to 65535"),
        ("kafka:0", "has a port that is not a number from 1 to 65535"),
        (
            "kafka:70000",
            "has a port that is not a number from 1 to 65535",
        ),
        ("::1:9092", "has an IPv6 address without brackets"),
        ("kafka:3:9092", "has more than one colon"),
        ("kafka/topic:9092", "has `/` in its host"),
        ("kafkа:9092", "has the character U+0430 in its host"),
        ("http://kafka:8082", "is a URL of something else than Kafka"),
        (
            "http://kafka:8082/topics",
            "is a URL of something else than Kafka",
        ),
        ("kafka+ssl://kafka:9096", "is a URL"),
    ] {
        assert_eq!(reason(bad).expect(bad).0, words, "{bad}");
    }
    assert!(reason("kafka").expect("a fault").1.ends_with("kafka:9092"));
    assert_eq!(
        reason("fe80::1:9092").expect("a fault").1,
        "write [fe80::1]:9092"
    );
    let (_, help) = reason("kafka://kafka-7:9096/0").expect("a fault");
    assert!(help.starts_with("write kafka-7:9096;"), "{help}");
}

#[test]
fn what_is_no_address_is_not_quoted() {
    let secret = "c2VjcmV0".repeat(10);
    for text in [
        &*secret,
        "hush/hush:9092",
        "https://ci:9092/?password=hush",
        "hush=hush",
    ] {
        let fault = Address::read(text).err().expect(text);
        let found = fault.problem(1, text, &SetBy::Environment("KAFKA_BOOTSTRAP_SERVERS"));
        let words = format!("{}{:?}", found.message, found.help);
        assert!(
            !words.contains("hush") && !words.contains(&secret),
            "{words}"
        );
        assert!(
            words.contains("number 2, set by KAFKA_BOOTSTRAP_SERVERS"),
            "{words}"
        );
    }
}

#[test]
fn ports_of_other_listeners_are_distinguished() {
    let hint = |servers, protocol| port_hint(servers, protocol, false).unwrap_or_default();
    assert!(hint("b-1:9098", "SSL").contains("sasl.mechanism to AWS_MSK_IAM"));
    assert_eq!(port_hint("b-1:9098", "SASL_SSL", true), None);
    assert!(hint("b-1:9094,b-2:9098", "SSL").contains("mixes"));
    assert!(hint("b-1:9094", "PLAINTEXT").contains("security.protocol is SSL"));
    assert!(hint("b-1:2181", "PLAINTEXT").contains("ZooKeeper"));
    assert_eq!(hint("b-1:9094", "SSL"), "");
    assert_eq!(hint("kafka:9092", "PLAINTEXT"), "");
}

#[test]
fn a_password_in_an_address_is_not_shown_nor_is_its_line() {
    let address = "SASL_PLAINTEXT://ci:hush,hush@kafka:9092,kafka-2:9092";
    let property = format!("bootstrap.servers={address}\n");
    for given in [
        Given {
            flag: Some(address),
            ..Given::default()
        },
        Given {
            file: Some(&property),
            ..Given::default()
        },
        Given {
            cluster: Some((Some(address), None)),
            ..Given::default()
        },
    ] {
        expect_problem(&given, &["a user and a password are no part of an address"]);
        let found = problems(&given).concat();
        assert!(!found.contains("hush"), "{found}");
        let outcome = resolve(&given);
        let found = outcome.settings.expect_err("bad settings");
        assert!(found.iter().all(|one| one.primary.is_none()), "{found:?}");
    }
}

#[test]
fn bootstrap_lists_may_have_spaces_and_line_breaks() {
    let list = " b-1:9094, b-2:9094\n b-3:9094,\r\n";
    let given = Given {
        environment: &[("KAFKA_BOOTSTRAP_SERVERS", list)],
        ..Given::default()
    };
    expect(
        &given,
        &[("bootstrap.servers", "b-1:9094,b-2:9094,b-3:9094")],
    );
}

#[test]
fn bootstrap_lists_may_have_semicolons() {
    let given = Given {
        flag: Some("b-1:9092;b-2:9092; b-3:9092"),
        ..Given::default()
    };
    let list = [("bootstrap.servers", "b-1:9092,b-2:9092,b-3:9092")];
    expect(&given, &list);
}

#[test]
fn a_protocol_in_front_of_an_address_states_it_where_nothing_else_does() {
    let list = Some("SSL://b-1:9093,SSL://b-2:9093");
    let given = Given {
        flag: list,
        ..Given::default()
    };
    let settings = expect(
        &given,
        &[
            ("bootstrap.servers", "b-1:9093,b-2:9093"),
            ("security.protocol", "ssl"),
        ],
    );
    assert_eq!(settings.info().address_hint, None);
    // As in the Java client, and where that fails it is told.
    let given = Given {
        overrides: &["security.protocol=plaintext"],
        ..given
    };
    let settings = expect(&given, &[("security.protocol", "plaintext")]);
    let hint = settings.info().address_hint.clone().unwrap_or_default();
    assert!(hint.contains("the address says SSL"), "{hint}");

    let given = Given {
        flag: Some("SASL_SSL://b:9093"),
        ..Given::default()
    };
    expect_problem(&given, &["no credentials for SASL_SSL"]);
    let given = Given {
        flag: Some("SSL://b-1:9093,PLAINTEXT://b-2:9092"),
        ..Given::default()
    };
    expect_problem(&given, &["the bootstrap servers say SSL and PLAINTEXT"]);
}

#[test]
fn a_text_that_is_no_list_of_addresses_is_told_as_what_it_is() {
    for (text, words) in [
        ("\"b-1:9092,b-2:9092\"", "begin or end with a quote"),
        ("'b-1:9092'", "begin or end with a quote"),
        ("[\"b-1:9092\", \"b-2:9092\"]", "are written as a list"),
        ("b-1:9092 # production", "hold a `#`"),
        (
            "${KAFKA_HOST}:9092",
            "hold a placeholder that nothing has replaced",
        ),
        (
            "{{ .Values.kafka }}",
            "hold a placeholder that nothing has replaced",
        ),
        (
            "<host>:9092",
            "hold a placeholder that nothing has replaced",
        ),
    ] {
        let given = Given {
            environment: &[("KAFKA_BOOTSTRAP_SERVERS", text)],
            ..Given::default()
        };
        let set = "the bootstrap servers, set by KAFKA_BOOTSTRAP_SERVERS, ";
        expect_problem(&given, &[set, words]);
    }
}

#[test]
fn no_bootstrap_servers_is_an_error_that_says_so() {
    let missing = "no bootstrap servers; name them with -b, KAFKA_BOOTSTRAP_SERVERS, or \
                   bootstrap.servers in --command-config";
    for environment in [
        &[][..],
        &[("KAFKA_BOOTSTRAP_SERVERS", " \n")],
        &[("TOPICCTL_BOOTSTRAP_SERVERS", "")],
    ] {
        assert_eq!(
            problems(&Given {
                environment,
                ..Given::default()
            }),
            [missing]
        );
    }
    let given = Given {
        file: Some("bootstrap.servers=\n"),
        flag: Some(" "),
        ..Given::default()
    };
    assert_eq!(problems(&given), [missing]);
    let given = Given {
        overrides: &["bootstrap.servers= , "],
        ..Given::default()
    };
    assert_eq!(problems(&given), [missing]);
}

#[test]
fn a_server_without_a_port_is_an_error_with_an_example() {
    let given = Given {
        file: Some("# here\nbootstrap.servers=kafka\n"),
        ..Given::default()
    };
    expect_problem(
        &given,
        &["client.properties:2: ", "`kafka` has no port", "kafka:9092"],
    );
}
