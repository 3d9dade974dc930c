//! Connections that fail say so soon, and say why.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use local_kafka::{LocalKafka, Security, free_port};
use topicctl::cluster::kafka::Kafka;
use topicctl::cluster::{
    Absence, Answer, ClusterError, ClusterErrorKind, CreateTopics, ObserveLeaders, ObserveTopics,
};
use topicctl::observed::Observed;

use super::{LONG, connect, name, new, run, settings, wanted};

/// What does not wait for its time limit ends long before it, on a machine however busy.
const SOON: Duration = Duration::from_secs(60);

async fn refusal(servers: &str, overrides: &[&str]) -> (ClusterError, Duration) {
    let started = Instant::now();
    let error = connect(servers, overrides)
        .await
        .err()
        .expect("no connection");
    (error, started.elapsed())
}

#[track_caller]
fn expect(error: &ClusterError, kind: ClusterErrorKind, message: &str, help: &str) {
    let shown = format!("{error:#?}");
    assert_eq!(error.kind, kind, "{shown}");
    assert!(error.message.contains(message), "{shown}");
    assert!(
        error
            .help
            .as_deref()
            .is_some_and(|found| found.contains(help)),
        "{shown}"
    );
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn wrong_credentials_fail_at_once_and_name_the_user() {
    let kafka = LocalKafka::options()
        .security(Security::Sasl)
        .start()
        .expect("a broker");
    let servers = kafka.bootstrap_servers();
    run(async {
        let wrong = ["sasl.username=admin", "sasl.password=hush"];
        for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let stated = format!("sasl.mechanism={mechanism}");
            let overrides = [&["security.protocol=sasl_plaintext", &stated], &wrong[..]].concat();
            let (error, took) = refusal(servers, &overrides).await;
            let message = format!("{servers} refused the credentials of `admin` ({mechanism})");
            let help = "check -X sasl.username and -X sasl.password";
            expect(&error, ClusterErrorKind::Authentication, &message, help);
            assert!(took < SOON, "{took:?}");
        }
        // Waiting does not help against a wrong password.
        let overrides = [&["security.protocol=sasl_plaintext"], &wrong[..]].concat();
        let patient = settings(servers, &overrides, LONG, LONG);
        let started = Instant::now();
        let error = Kafka::connect(&patient, |_| ())
            .await
            .err()
            .expect("no connection");
        assert_eq!(error.kind, ClusterErrorKind::Authentication);
        assert!(started.elapsed() < SOON);

        let (error, _) = refusal(servers, &[]).await;
        expect(
            &error,
            ClusterErrorKind::Unreachable,
            "closes the connection on the first request",
            "KAFKA_USERNAME",
        );
    });
}

#[test]
fn tls_mismatches_are_distinguished() {
    let tls = LocalKafka::options()
        .security(Security::Tls)
        .start()
        .expect("a broker");
    let plain = &super::SHARED;
    run(async {
        let servers = tls.bootstrap_servers();
        let (error, took) = refusal(servers, &["security.protocol=ssl"]).await;
        expect(
            &error,
            ClusterErrorKind::Authentication,
            "not trusted here",
            "SSL_CA_LOCATION",
        );
        assert!(took < SOON, "{took:?}");

        let ca = format!("ssl.ca.location={}", tls.ca_file().expect("a CA").display());
        connect(servers, &[&ca])
            .await
            .expect("a trusted connection");

        let (error, _) = refusal(servers, &[]).await;
        expect(
            &error,
            ClusterErrorKind::Unreachable,
            "without TLS",
            "SASL_SSL",
        );

        let servers = plain.bootstrap_servers();
        let (error, _) = refusal(servers, &["security.protocol=ssl"]).await;
        expect(
            &error,
            ClusterErrorKind::Unreachable,
            "does not speak TLS",
            "PLAINTEXT",
        );

        let sasl = [
            "security.protocol=sasl_plaintext",
            "sasl.username=a",
            "sasl.password=hush",
        ];
        let (error, took) = refusal(servers, &sasl).await;
        expect(
            &error,
            ClusterErrorKind::Authentication,
            "without SASL",
            "PLAINTEXT",
        );
        assert!(took < SOON, "{took:?}");
    });
}

#[test]
fn a_stopped_broker_is_refused_soon_and_waited_for_if_asked_to() {
    let mut kafka = LocalKafka::options().start().expect("a broker");
    let servers = kafka.bootstrap_servers().to_owned();
    run(async {
        let open = connect(&servers, &[]).await.expect("a connection");
        kafka.kill_node(1).expect("a running node");
        let started = Instant::now();
        let gone = open
            .observe(&[wanted("orders", &[])], Absence::AsReported)
            .await;
        let error = gone.expect_err("no broker");
        assert_eq!(error.kind, ClusterErrorKind::Unreachable, "{error:#?}");
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());

        let (error, took) = refusal(&servers, &[]).await;
        expect(
            &error,
            ClusterErrorKind::Unreachable,
            "connection refused",
            "--wait",
        );
        assert!(took < SOON, "{took:?}");
    });

    let reports = Arc::new(Mutex::new(vec![]));
    let sink = Arc::clone(&reports);
    let patient = settings(&servers, &[], LONG, LONG);
    let waiting = std::thread::spawn(move || {
        run(async {
            let note = move |waiting: &_| sink.lock().expect("a list").push(format!("{waiting:?}"));
            Kafka::connect(&patient, note).await.map(drop)
        })
    });
    while reports.lock().expect("a list").is_empty() {
        assert!(!waiting.is_finished(), "{:?}", waiting.join());
        std::thread::yield_now();
    }
    kafka.start_node(1).expect("the node again");
    let started = Instant::now();
    waiting.join().expect("no panic").expect("a connection");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    let reports = reports.lock().expect("a list");
    assert!(
        reports[0].contains("connection refused") && reports[0].contains(&servers),
        "{reports:?}"
    );
}

#[test]
fn a_silent_broker_is_given_up_after_the_timeout() {
    let mut kafka = LocalKafka::options().start().expect("a broker");
    let servers = kafka.bootstrap_servers().to_owned();
    run(async {
        // Long enough for the client library to give up on its own a few times before.
        let impatient = settings(&servers, &[], 4.0, 0.0);
        let open = Kafka::connect(&impatient, |_| ())
            .await
            .expect("a connection");
        open.identity().await.expect("an identity");
        kafka.pause_node(1).expect("a running node");

        let started = Instant::now();
        let error = Kafka::connect(&impatient, |_| ())
            .await
            .err()
            .expect("no connection");
        let took = started.elapsed();
        expect(
            &error,
            ClusterErrorKind::Unreachable,
            "did not answer within 4 s",
            "--timeout",
        );
        assert!(error.message.contains(&servers), "{error}");
        assert!((Duration::from_secs(4)..SOON).contains(&took), "{took:?}");

        // The same for a request on a connection that was good.
        let error = open.identity().await.expect_err("no answer");
        expect(
            &error,
            ClusterErrorKind::Unreachable,
            "did not answer within 4 s",
            "--timeout",
        );
        let started = Instant::now();
        drop(open);
        assert!(started.elapsed() < SOON, "closing waits for nobody");
    });
    kafka.resume_node(1).expect("a paused node");
}

#[test]
fn an_advertised_address_that_cannot_be_reached_is_named() {
    let nowhere = format!("127.0.0.1:{}", free_port().expect("a port"));
    let kafka = LocalKafka::options()
        .advertise(1, &nowhere)
        .start()
        .expect("a broker");
    run(async {
        let open = connect(kafka.bootstrap_servers(), &[])
            .await
            .expect("bootstrap works");
        let started = Instant::now();
        let error = open.identity().await.expect_err("nothing behind it");
        let message =
            format!("nothing listens at {nowhere}: connection refused; the cluster advertises");
        expect(
            &error,
            ClusterErrorKind::Unreachable,
            &message,
            "advertised.listeners",
        );
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    });
}

#[test]
fn one_bootstrap_server_that_answers_is_enough() {
    let nowhere = format!("127.0.0.1:{}", free_port().expect("a port"));
    let kafka = &super::SHARED;
    run(async {
        let servers = format!("{nowhere},kafka.invalid:9092,{}", kafka.bootstrap_servers());
        let open = connect(&servers, &[]).await.expect("a connection");
        assert_eq!(
            open.identity().await.expect("an identity").broker_count(),
            1
        );
    });
}

#[test]
fn a_node_that_goes_away_is_worked_around() {
    // The others go on to believe in a killed node for longer than the test takes.
    let mut kafka = LocalKafka::options()
        .nodes(3)
        .property("broker.session.timeout.ms", "60000")
        .start()
        .expect("three brokers");
    run(async {
        let open = connect(kafka.bootstrap_servers(), &[])
            .await
            .expect("a connection");
        assert_eq!(
            open.identity().await.expect("an identity").broker_count(),
            3
        );
        let topics = [new("led", 6, 3, &[])];
        assert_eq!(open.create(&topics).await[&name("led")], Answer::Accepted);
        let parts = [(name("led"), topics[0].partitions.expect("six"))];
        let deadline = Instant::now() + Duration::from_secs(30);
        while !open.unserved(&parts).await.expect("an answer").is_empty() {
            assert!(Instant::now() < deadline);
        }

        let all = [wanted("led", &["retention.ms"]), wanted("not-there", &[])];
        kafka.kill_node(1).expect("a running node");
        for _ in 0..2 {
            let started = Instant::now();
            let seen = open
                .observe(&all, Absence::Confirmed)
                .await
                .expect("an observation");
            assert!(
                matches!(seen.topics[&name("led")], Observed::Present(_)),
                "{seen:?}"
            );
            assert_eq!(seen.topics[&name("not-there")], Observed::Absent);
            assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        }
        // A leader that is gone serves nobody, though nothing calls it an error.
        let unserved = open.unserved(&parts).await.expect("an answer");
        assert_eq!(unserved.len(), 2, "{unserved:?}");
    });
}
