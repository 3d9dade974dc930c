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
            client_certificate: None,
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
            ErrorCode::TRANSPORT,
            "Receive failed: Invalid response size 352518912 (0..100000000): increase \
             receive.message.max.bytes",
            Kind::PlaintextToTls,
        ),
        (
            ErrorCode::SSL,
            "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: \
             broker certificate could not be verified",
            Kind::Tls,
        ),
        (
            ErrorCode::SSL,
            "SSL handshake failed: error:0A000410:SSL routines::ssl/tls alert handshake failure: \
             SSL alert number 40",
            Kind::Tls,
        ),
        (
            ErrorCode::SSL,
            "SSL handshake failed: error:0A000412:SSL routines::ssl/tls alert bad certificate: \
             SSL alert number 42",
            Kind::ClientCertificate,
        ),
        (
            ErrorCode::TRANSPORT,
            "Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL \
             alert number 116 (after 4ms in state APIVERSION_QUERY)",
            Kind::ClientCertificate,
        ),
        (
            ErrorCode::TRANSPORT,
            "Receive failed: error:0A000418:SSL routines::tlsv1 alert unknown ca: SSL alert \
             number 48",
            Kind::ClientCertificate,
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
        "the name of kafka:29092 does not resolve; the cluster advertises this address"
    );
    assert!(
        error
            .help
            .is_some_and(|help| help.contains("advertised.listeners"))
    );
}

#[test]
fn who_answers_is_known_by_the_first_bytes() {
    let says = |bytes: &[u8; 4]| {
        let size = i32::from_be_bytes(*bytes);
        let words = format!(
            "kafka:8081/bootstrap: Receive failed: Invalid response size {size} (0..100000000): \
             increase receive.message.max.bytes (after 3ms in state APIVERSION_QUERY)"
        );
        read(ErrorCode::BAD_MESSAGE, &words).into_cluster_error(&info())
    };
    for (bytes, who) in [
        (b"HTTP", "an HTTP server"),
        (b"SSH-", "an SSH server"),
        (b"AMQP", "an AMQP broker"),
        (b"-ERR", "Redis"),
        (b"E\0\0\0", "PostgreSQL"),
        (b"J\0\0\0", "MySQL"),
    ] {
        let error = says(bytes);
        assert!(error.message.starts_with(who), "{error}");
        assert!(error.message.contains(" answers at kafka:8081"), "{error}");
        // What librdkafka advises would lead astray, and so would TLS.
        assert_eq!(error.detail, None);
        assert!(error.help.is_some_and(|help| !help.contains("increase")));
    }
    let unknown = says(&[0xff, 0xfe, 0xfd, 0xfc]);
    assert!(
        unknown
            .message
            .contains("does not answer as a Kafka broker")
    );
}

#[test]
fn a_broker_may_want_a_client_certificate_or_another_one() {
    let alert = |number: u8| {
        let words =
            format!("kafka:9092/bootstrap: SSL handshake failed: SSL alert number {number}");
        read(ErrorCode::SSL, &words)
    };
    let mut info = info();
    let none = alert(116).into_cluster_error(&info);
    assert_eq!(none.kind, ClusterErrorKind::Authentication);
    assert!(none.message.ends_with("none is given"), "{none}");
    info.security.client_certificate = Some("ssl.keystore.location in ci.properties:3".to_owned());
    for (number, why) in [
        (42, "does not take the client certificate"),
        (43, "of a kind that"),
        (44, "it is revoked"),
        (45, "it has expired"),
        (46, "does not trust"),
        (48, "does not trust"),
    ] {
        let error = alert(number).into_cluster_error(&info);
        assert!(error.message.contains(why), "{error}");
        assert!(
            error
                .help
                .is_some_and(|help| help.contains("ci.properties:3"))
        );
    }
}

/// The certificate is right, and librdkafka has it checked for `[::1]`.
#[test]
fn an_ipv6_address_is_not_told_as_a_wrong_certificate() {
    let certificate = local_kafka::certificates::Certificate::self_signed(
        &local_kafka::certificates::Request::loopback(),
    );
    let pem = certificate.and_then(|one| one.pem()).expect("PEM");
    let certificate = openssl::x509::X509::from_pem(&pem).expect("a certificate");
    let error = |broker: &str| {
        let error = ConnectionError::from_certificate(&CertificateError {
            broker: broker.to_owned(),
            broker_id: None,
            code: 62,
            reason: "hostname mismatch".to_owned(),
            depth: 0,
            der: certificate.to_der().expect("DER"),
        });
        error.into_cluster_error(&info())
    };
    let found = error("[::1]:9093");
    assert!(
        found.message.contains("cannot be checked by its IPv6"),
        "{found}"
    );
    let found = error("[::2]:9093");
    assert!(
        found.message.contains("it has localhost, 127.0.0.1, ::1"),
        "{found}"
    );
}

#[test]
fn a_handshake_that_fails_behind_a_good_certificate_fails_for_ours() {
    let words = "ssl://kafka:9093/bootstrap: SSL handshake failed: error:0A000410:SSL \
                 routines::sslv3 alert handshake failure: SSL alert number 40 (after 9ms in state \
                 SSL_HANDSHAKE)";
    let accepted = |brokers: &[&str]| {
        let brokers = brokers.iter().map(|one| (*one).to_owned()).collect();
        read(ErrorCode::SSL, words).after_accepted(&brokers).kind
    };
    assert_eq!(accepted(&["kafka:9093"]), Kind::ClientCertificate);
    assert_eq!(accepted(&["other:9093"]), Kind::Tls);
}

#[test]
fn a_certificate_that_cannot_be_read_is_refused_by_the_code_all_the_same() {
    for (code, words) in [
        (9, "is valid from"),
        (10, "expired on"),
        (18, "is self-signed"),
        (20, "which is not trusted here"),
        (23, "is revoked"),
        (26, "is not meant for this use"),
        (62, "has no name"),
        (66, "is not accepted"),
    ] {
        let error = ConnectionError::from_certificate(&CertificateError {
            broker: "kafka:9092".to_owned(),
            broker_id: None,
            code,
            reason: "OpenSSL's words".to_owned(),
            depth: 0,
            der: Vec::new(),
        });
        assert!(error.is_final());
        let error = error.into_cluster_error(&info());
        assert!(error.message.contains(words), "{code}: {error}");
        assert_eq!(error.detail.as_deref(), Some("OpenSSL's words"));
    }
}

#[test]
fn what_says_more_outranks_what_says_less() {
    assert!(Kind::AllDown < Kind::Closed && Kind::Closed < Kind::Refused);
    assert!(Kind::Refused < Kind::Credentials);
}

#[test]
fn a_refusal_of_amazon_s_speaks_of_its_policies_and_not_of_passwords() {
    let mut info = info();
    info.security.mechanism = Some("AWS_MSK_IAM".to_owned());
    info.security.user = Some("ASIA…MPLE".to_owned());
    info.security.token = Some("the profile `ci`, region eu-west-1".to_owned());
    let words = "SASL authentication error: [0b8e6c4d]: Access denied (after 301ms in state \
                 AUTH_REQ)";
    let error = read(ErrorCode::AUTHENTICATION, words).into_cluster_error(&info);
    assert_eq!(error.kind, ClusterErrorKind::Authentication);
    assert_eq!(
        error.message,
        "kafka:9092 refused the AWS credentials `ASIA…MPLE` (AWS_MSK_IAM)"
    );
    assert_eq!(error.detail.as_deref(), Some("[0b8e6c4d]: Access denied"));
    let help = error.help.expect("a way out");
    for part in [
        "the profile `ci`, region eu-west-1",
        "kafka-cluster:Connect",
    ] {
        assert!(help.contains(part), "{part} in {help}");
    }
    assert!(!help.contains("KAFKA_PASSWORD"), "{help}");
}
