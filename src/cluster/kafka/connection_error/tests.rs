//! Texts as librdkafka 2.12.1 wrote them, and what they mean.

use std::time::Duration;

use super::*;
use crate::cluster::kafka::connection_info::Security;

fn info() -> ConnectionInfo {
    ConnectionInfo {
        bootstrap_servers: "kafka:9092".to_owned(),
        security: Security {
            protocol: "SASL_SSL".to_owned(),
            mechanism: Some("PLAIN".to_owned()),
            user: Some("ci".to_owned()),
            credentials_from: "KAFKA_USERNAME and KAFKA_PASSWORD".to_owned(),
            token: None,
            ca: None,
        },
        timeout: Duration::from_secs(30),
        address_hint: None,
    }
}

fn read(code: ErrorCode, message: &str) -> ConnectionError {
    ConnectionError::from_error(&Error {
        code,
        message: message.to_owned(),
    })
}

#[test]
fn errors_of_connections_are_distinguished() {
    for (code, words, kind) in [
        (
            ErrorCode::TRANSPORT,
            "Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
            Kind::Refused,
        ),
        (
            ErrorCode::TRANSPORT,
            "Disconnected: connection closed by peer: receive 0 after POLLIN \
             (after 0ms in state APIVERSION_QUERY, 1 identical error(s) suppressed)",
            Kind::PlaintextToTls,
        ),
        (
            ErrorCode::TRANSPORT,
            "Disconnected: connection closed by peer: receive 0 after POLLIN \
             (after 3ms in state UP)",
            Kind::NeedsSasl,
        ),
        (
            ErrorCode::TRANSPORT,
            "Disconnected: connection closed by peer: receive 0 after POLLIN \
             (after 60003ms in state UP)",
            Kind::Closed,
        ),
        (
            ErrorCode::RESOLVE,
            "Failed to resolve 'kafka:9092': Name or service not known",
            Kind::Unresolved,
        ),
        (
            ErrorCode::TRANSPORT,
            "Disconnected: connection reset by peer",
            Kind::Closed,
        ),
        (
            ErrorCode::TRANSPORT,
            "Disconnected: requesting ApiVersion: might be caused by incorrect \
             security.protocol configuration (connecting to a SSL listener?)",
            Kind::PlaintextToTls,
        ),
        (
            ErrorCode::TRANSPORT,
            "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?",
            Kind::TlsToPlaintext,
        ),
        (
            ErrorCode::TRANSPORT,
            "Disconnected: verify that security.protocol is correctly configured, broker \
             might require SASL authentication",
            Kind::NeedsSasl,
        ),
        (
            ErrorCode::TRANSPORT,
            "Receive failed: Invalid response size 1213486160 (0..100000000)",
            Kind::NotKafka,
        ),
        (
            ErrorCode::TRANSPORT,
            "Connection setup timed out in state CONNECT",
            Kind::Timeout,
        ),
        (
            ErrorCode::SSL,
            "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: \
             broker certificate could not be verified",
            Kind::Untrusted,
        ),
        (
            ErrorCode::AUTHENTICATION,
            "SASL authentication error: Authentication failed: Invalid username or password",
            Kind::Credentials,
        ),
        (
            ErrorCode::AUTHENTICATION,
            "SASL SCRAM-SHA-256 mechanism handshake failed: Broker: Unsupported SASL \
             mechanism: broker's supported mechanisms: PLAIN",
            Kind::Mechanism,
        ),
        (
            ErrorCode::AUTHENTICATION,
            "SASL PLAIN mechanism handshake failed: Broker: Request not valid in current SASL \
             state: broker's supported mechanisms: ",
            Kind::NoSasl,
        ),
    ] {
        let error = read(code, &format!("sasl_ssl://kafka:9092/bootstrap: {words}"));
        assert_eq!(error.kind, kind, "{words}");
        assert_eq!(error.address(&info()), "kafka:9092");
        let error = error.into_cluster_error(&info());
        assert!(error.message.contains("kafka:9092"), "{error}");
        assert!(error.help.is_some());
    }
    assert_eq!(
        read(ErrorCode::ALL_BROKERS_DOWN, "1/1 brokers are down").kind,
        Kind::AllDown
    );
}

#[test]
fn an_advertised_address_is_not_the_users_to_correct() {
    let message = "kafka:29092/1: Failed to resolve 'kafka:29092': Name or service not known";
    let error = read(ErrorCode::RESOLVE, message).into_cluster_error(&info());
    assert_eq!(
        error.message,
        "kafka:29092 does not resolve; the cluster advertises this address"
    );
    assert!(
        error
            .help
            .is_some_and(|help| help.contains("advertised.listeners"))
    );
}

#[test]
fn what_says_more_outranks_what_says_less() {
    assert!(Kind::AllDown < Kind::Closed && Kind::Closed < Kind::Refused);
    assert!(Kind::Refused < Kind::Credentials);
}
