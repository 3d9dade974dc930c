//! `topicctl doctor` against real brokers: a session for each step at which a connection can stop,
//! and nothing secret in any of them.

use std::path::PathBuf;

use local_kafka::certificates::{Authority, Certificate, Request};
use local_kafka::{LocalKafka, Options, SUPER_PASSWORD, SUPER_USER, Security};
use serde_json::Value;
use tempfile::TempDir;

use crate::kafka::{Proxied, SHARED, names};
use crate::secured::{PASSWORD, SASL, as_user, as_user_of, secured};
use crate::support::binary::{Ended, Manifests, Run, directory, on, topicctl};
use crate::support::report_schema;
use crate::wire::only_looks_and_creations;

/// An examination that was made.
struct Session {
    ended: Ended,
    json: Value,
}

/// `topicctl doctor -b SERVERS -o json` with these settings.
fn examine(servers: &str, settings: &[String]) -> Session {
    let run = topicctl(&["doctor", "-b", servers, "-o", "json"]);
    let settings = settings.iter();
    ended(settings.fold(run, |run, one| run.args(&["-X", one])))
}

fn ended(run: Run) -> Session {
    let ended = run.run();
    report_schema::check(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended}"));
    for secret in [PASSWORD, SUPER_PASSWORD, "PRIVATE KEY"] {
        assert!(!ended.to_string().contains(secret), "{ended}");
    }
    let json = ended.json();
    Session { ended, json }
}

impl Session {
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.json["exit_code"], code, "{}", self.ended);
        let ended = self.ended.exits(code);
        Self { ended, ..self }
    }

    fn steps(&self) -> impl Iterator<Item = &Value> {
        self.json["steps"].as_array().into_iter().flatten()
    }

    /// The first step of this name.
    #[track_caller]
    fn step(&self, name: &str) -> &Value {
        let step = self.steps().find(|step| step["step"] == name);
        step.unwrap_or_else(|| panic!("no step {name}: {}", self.ended))
    }

    /// All steps are well.
    #[track_caller]
    fn all_well(self) -> Self {
        let well = self.steps().all(|step| step["status"] == "ok");
        assert!(well, "{}", self.ended);
        self
    }

    /// A step is of this status, and something of this kind was seen in it.
    #[track_caller]
    fn has(self, name: &str, status: &str, words: &str) -> Self {
        let step = self.step(name);
        assert_eq!(step["status"], status, "{name}: {}", self.ended);
        let mut seen = step["seen"].as_array().into_iter().flatten();
        let has = seen.any(|one| one.as_str().unwrap_or_default().contains(words));
        assert!(has, "{name} does not say {words:?}: {}", self.ended);
        self
    }

    #[track_caller]
    fn helps(self, name: &str, words: &str) -> Self {
        let help = self.step(name)["help"].as_str().unwrap_or_default();
        assert!(help.contains(words), "{}", self.ended);
        self
    }
}

fn settings(all: &[&str]) -> Vec<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

/// Files that settings name.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(directory(&[]))
    }

    fn add(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    fn trusting(&self, authority: &Authority) -> String {
        let path = self.add("ca.pem", &authority.pem().expect("PEM"));
        format!("ssl.ca.location={}", path.display())
    }
}

fn authority() -> Authority {
    Authority::new("Example CA").expect("an authority")
}

fn issued(authority: &Authority, request: &Request) -> Certificate {
    authority.issue(request).expect("a certificate")
}

fn tls() -> Options {
    LocalKafka::options().security(Security::Tls)
}

fn with_certificate(certificate: Certificate) -> LocalKafka {
    tls().certificate(certificate).start().expect("a broker")
}

#[test]
fn a_broker_that_is_well_is_walked_to_the_end() {
    examine(SHARED.bootstrap_servers(), &[])
        .exits(0)
        .has("tcp", "ok", "takes the connection")
        .has("api-versions", "ok", "finalized features: ")
        .has("sign-in", "ok", "without credentials")
        .has("cluster", "ok", SHARED.cluster_id())
        .has("rights", "not-tried", "no manifests are given")
        .has("groups", "not-tried", "no manifests are given");
    crate::kafka::create(&SHARED, "doctor.there", 1, &[]);
    let manifests = Manifests::of(
        "topics:
  - { name: doctor.there, partitions: 1, replication_factor: 1, consumer_groups: [doctor.readers] }
  - { name: doctor.new, partitions: 1, replication_factor: 1 }",
    );
    let run = || on(SHARED.bootstrap_servers(), "doctor", &manifests);
    run().run().exits(0).says("11 steps: all ok.");
    ended(run().args(&["-o", "json"]))
        .exits(0)
        .all_well()
        .has(
            "rights",
            "ok",
            "Describe and DescribeConfigs: doctor.new, doctor.there",
        )
        .has("rights", "ok", "Create: doctor.new")
        .has("groups", "ok", "doctor.readers");
    assert!(!names(&SHARED).contains("doctor.new"));
}

#[test]
fn tls_and_credentials_are_steps_of_their_own() {
    let kafka = LocalKafka::options().security(Security::SaslTls);
    let kafka = kafka.start().expect("a broker");
    let run = topicctl(&["doctor", "-b", kafka.bootstrap_servers(), "-o", "json"])
        .env("SSL_CA_LOCATION", kafka.ca_file().expect("a CA"))
        .env("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
        .env("KAFKA_USERNAME", SUPER_USER)
        .env("KAFKA_PASSWORD", SUPER_PASSWORD);
    ended(run)
        .exits(0)
        .has(
            "settings",
            "ok",
            "credentials from KAFKA_USERNAME and KAFKA_PASSWORD",
        )
        .has("tls", "ok", "TLSv1.3")
        .has("tls", "ok", "for localhost, 127.0.0.1, ::1")
        .has("sasl", "ok", "SCRAM-SHA-512 is offered")
        .has("sign-in", "ok", "as User:admin");
}

#[test]
fn a_certificate_that_is_not_accepted_is_told_and_the_walk_goes_on() {
    let authority = authority();
    let other = Authority::new("Other CA").expect("an authority");
    let own = Certificate::self_signed(&Request::loopback()).expect("a certificate");
    for (certificate, trusted, words, help) in [
        (
            issued(&authority, &Request::loopback().valid(-20..-10)),
            &authority,
            "expired on 20",
            "renew it",
        ),
        (
            issued(&authority, &Request::host("kafka-1.example.com")),
            &authority,
            "is not for 127.0.0.1: it has kafka-1.example.com",
            "connect by a name that it has",
        ),
        (
            issued(&authority, &Request::loopback()),
            &other,
            "is signed by CN=Example CA, which is not trusted here",
            "give it (PEM) as CA",
        ),
        (
            own,
            &authority,
            "is self-signed, and not trusted here",
            "CA",
        ),
    ] {
        let kafka = with_certificate(certificate);
        let files = Files::new();
        let settings = [files.trusting(trusted), "security.protocol=ssl".to_owned()];
        examine(kafka.bootstrap_servers(), &settings)
            .exits(4)
            .has("tls", "failed", words)
            .helps("tls", help)
            .has("api-versions", "ok", "it takes")
            .has("sign-in", "failed", words)
            .has("cluster", "not-tried", "nobody is signed in");
    }
}

#[test]
fn a_name_that_is_not_checked_is_a_warning() {
    let authority = authority();
    let kafka = with_certificate(issued(&authority, &Request::host("kafka-1.example.com")));
    let files = Files::new();
    let unchecked = "ssl.endpoint.identification.algorithm=none".to_owned();
    examine(
        kafka.bootstrap_servers(),
        &[files.trusting(&authority), unchecked],
    )
    .exits(0)
    .has("tls", "warning", "is not for 127.0.0.1")
    .has("cluster", "ok", kafka.cluster_id());
}

#[test]
fn a_client_certificate_that_is_asked_for_is_told_over_either_version_of_tls() {
    let authority = authority();
    for (protocols, failing) in [("TLSv1.3", "api-versions"), ("TLSv1.2", "tls")] {
        let kafka = tls()
            .certificate(issued(&authority, &Request::loopback()))
            .client_authority(&authority)
            .property("ssl.enabled.protocols", protocols)
            .start()
            .expect("a broker");
        let files = Files::new();
        let trusting = files.trusting(&authority);
        let servers = kafka.bootstrap_servers();
        let session = examine(servers, std::slice::from_ref(&trusting))
            .exits(4)
            .has(
                failing,
                "failed",
                "wants a client certificate, and none is given",
            )
            .helps(failing, "ssl.keystore.location");
        if failing == "api-versions" {
            session.has(
                "tls",
                "ok",
                "it asks for a client certificate, and none is set",
            );
        }
        let client = issued(&authority, &Request::client("ci"));
        let certificate = files.add("ci.pem", &client.pem().expect("PEM"));
        let key = files.add("ci.key", &client.key_pem().expect("PEM"));
        let identity = [
            trusting,
            format!("ssl.certificate.location={}", certificate.display()),
            format!("ssl.key.location={}", key.display()),
        ];
        examine(servers, &identity)
            .exits(0)
            .has("tls", "ok", protocols)
            .has(
                "tls",
                "ok",
                "it asks for a client certificate, and gets one",
            )
            .has("sign-in", "ok", "with the client certificate");
    }
}

#[test]
fn a_listener_that_speaks_another_protocol_is_told() {
    let kafka = tls().start().expect("a broker");
    examine(kafka.bootstrap_servers(), &[])
        .exits(3)
        .helps("api-versions", "SSL or SASL_SSL");
    examine(
        SHARED.bootstrap_servers(),
        &settings(&["security.protocol=ssl"]),
    )
    .exits(3)
    .has("tls", "failed", "closed on the first message of TLS")
    .helps("tls", "or PLAINTEXT");
}

#[test]
fn credentials_that_are_wanted_or_not_are_told_before_anybody_signs_in() {
    examine(&SASL.servers(), &[])
        .has("sasl", "failed", "it wants credentials, and none are given")
        .has(
            "sasl",
            "failed",
            "it offers PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
        )
        .helps("sasl", "KAFKA_USERNAME");
    let run = topicctl(&["doctor", "-b", SHARED.bootstrap_servers(), "-o", "json"])
        .env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
        .env("KAFKA_USERNAME", "enough")
        .env("KAFKA_PASSWORD", PASSWORD);
    ended(run)
        .exits(4)
        .has("sasl", "failed", "this listener is without SASL")
        .helps("sasl", "set security.protocol to PLAINTEXT");
}

#[test]
fn a_mechanism_that_is_not_offered_is_told_with_those_that_are() {
    let kafka = LocalKafka::options()
        .security(Security::Sasl)
        .property(
            "listener.name.client.sasl.enabled.mechanisms",
            "SCRAM-SHA-512",
        )
        .start()
        .expect("a broker");
    let run = topicctl(&["doctor", "-b", kafka.bootstrap_servers(), "-o", "json"])
        .env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
        .env("KAFKA_SASL_MECHANISM", "PLAIN")
        .env("KAFKA_USERNAME", SUPER_USER)
        .env("KAFKA_PASSWORD", SUPER_PASSWORD);
    ended(run)
        .exits(4)
        .has("sasl", "failed", "PLAIN is not offered")
        .has("sasl", "failed", "it offers SCRAM-SHA-512")
        .has(
            "sign-in",
            "failed",
            "does not offer the SASL mechanism PLAIN",
        );
}

#[test]
fn a_wrong_password_fails_the_sign_in_alone() {
    let wrong = "guessed-4711";
    for format in ["json", "text"] {
        let run = topicctl(&["doctor", "-b", &SASL.servers(), "-o", format])
            .env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
            .env("KAFKA_SASL_MECHANISM", "SCRAM-SHA-256")
            .env("KAFKA_USERNAME", "enough")
            .env("KAFKA_PASSWORD", wrong);
        let ended = run
            .run()
            .exits(4)
            .says("refused the credentials of `enough`");
        for secret in [wrong, "Z3Vlc3NlZC00NzEx"] {
            assert!(!ended.to_string().contains(secret), "{ended}");
        }
        if format == "json" {
            let json = ended.json();
            Session { ended, json }
                .has("sasl", "ok", "SCRAM-SHA-256 is offered")
                .has("sign-in", "failed", "refused the credentials")
                .has("cluster", "not-tried", "nobody is signed in");
        }
    }
}

#[test]
fn an_address_that_fails_is_a_warning_where_another_one_serves() {
    let servers = format!("127.0.0.1:1,{}", SHARED.bootstrap_servers());
    examine(&servers, &[])
        .exits(0)
        .has("tcp", "warning", "127.0.0.1: refuses the connection")
        .has("cluster", "ok", SHARED.cluster_id());
}

#[test]
fn another_cluster_than_the_one_that_was_meant_is_told_with_its_place() {
    let project = "clusters: { prod: { cluster_id: MkU3OEVBNTcwNTJENDM2Qg } }\n";
    let files = directory(&[
        ("topicctl.yaml", project),
        ("topics.yaml", "topics: [{ name: orders }]\n"),
    ]);
    let run = topicctl(&["doctor", "-o", "json", "--cluster", "prod"])
        .arg(files.path())
        .args(&["-b", SHARED.bootstrap_servers()]);
    ended(run)
        .exits(2)
        .has("sign-in", "ok", "without credentials")
        .has(
            "cluster",
            "failed",
            "the cluster that answers is not `prod`",
        )
        .has("cluster", "failed", "topicctl.yaml:1")
        .has("cluster", "failed", SHARED.cluster_id());
}

#[test]
fn an_address_that_the_cluster_advertises_in_vain_is_told_with_its_broker() {
    let kafka = LocalKafka::options()
        .nodes(2)
        .advertise(2, "127.0.0.1:1")
        .start()
        .expect("brokers");
    let first = kafka
        .bootstrap_servers()
        .split(',')
        .next()
        .expect("a server");
    let session = examine(first, &[])
        .exits(3)
        .has("cluster", "ok", "broker 2 at 127.0.0.1:1");
    let broker = |id: i32, name: &str| {
        let is_meant = |step: &&Value| step["broker"] == id && step["step"] == name;
        session.steps().find(is_meant).expect("a step").clone()
    };
    assert_eq!(broker(1, "api-versions")["status"], "ok");
    let failed = broker(2, "tcp");
    assert_eq!(failed["status"], "failed");
    let help = failed["help"].as_str().unwrap_or_default();
    assert!(
        help.contains("the cluster advertises this address for broker 2"),
        "{failed:#}"
    );
    assert_eq!(broker(2, "api-versions")["status"], "not-tried");
}

#[test]
fn a_cluster_whose_only_broker_advertises_in_vain_is_told_by_it() {
    let kafka = LocalKafka::options()
        .advertise(1, "no-such-host.invalid:9092")
        .start()
        .expect("a broker");
    examine(kafka.bootstrap_servers(), &[])
        .exits(3)
        .has("api-versions", "ok", "it takes")
        .has("cluster", "failed", "the cluster advertises this address")
        .helps("cluster", "advertised.listeners");
}

#[test]
fn rights_that_are_missing_are_told_at_once_and_nothing_is_created() {
    let manifests = Manifests::small(["enough.doctor", "no-create.doctor", "no-describe.doctor"]);
    let session = ended(as_user("both", "doctor", &manifests).args(&["-o", "json"]))
        .exits(4)
        .has(
            "rights",
            "ok",
            "Describe and DescribeConfigs: enough.doctor, no-create.doctor",
        )
        .has("rights", "ok", "Create: enough.doctor");
    let failed = |words: &str| {
        let mut steps = session.steps().filter(|one| one["step"] == "rights");
        let step = steps.find(|one| one["seen"][0].as_str().unwrap_or_default().contains(words));
        let step = step.unwrap_or_else(|| panic!("no {words}: {}", session.ended));
        assert_eq!(step["status"], "failed", "{}", session.ended);
        step["command"].as_str().unwrap_or_default().to_owned()
    };
    let hidden = failed("1 topic cannot be seen with the rights of User:both");
    assert!(hidden.contains("--operation Describe"), "{hidden}");
    assert!(hidden.ends_with("--topic no-describe.doctor"), "{hidden}");
    let refused = failed("the broker refuses 1 of");
    assert!(refused.contains("--operation Create"), "{refused}");
    assert!(refused.ends_with("--topic no-create.doctor"), "{refused}");
    let found = names(&SASL.kafka);
    assert!(
        !found.iter().any(|name| name.ends_with(".doctor")),
        "{found:?}"
    );
    only_looks_and_creations(&SASL);
    let alone = Manifests::small(["no-create.doctor"]);
    ended(as_user("no-create", "doctor", &alone).args(&["-o", "json"])).exits(4);
}

#[test]
fn groups_that_cannot_be_read_count_for_who_asks_for_them() {
    let manifests = Manifests::of(
        "topics:
  - { name: enough.grouped, partitions: 1, replication_factor: 1, consumer_groups: [others] }",
    );
    // A coordinator is asked for, which nobody does who shares the other one.
    let proxied = Proxied::start(secured(Security::Sasl));
    let run = || as_user_of(&proxied, "enough", "doctor", &manifests).args(&["-o", "json"]);
    let words = "1 consumer group cannot be read with the rights of User:enough";
    ended(run()).exits(0).has("groups", "warning", words);
    ended(run().args(&["--groups"]))
        .exits(4)
        .has("groups", "failed", words);
}

#[test]
fn what_a_broker_refuses_for_another_reason_is_no_missing_right() {
    let manifests = Manifests::of(
        "topics: [{ name: doctor.replicated, partitions: 1, replication_factor: 3 }]",
    );
    let run = on(SHARED.bootstrap_servers(), "doctor", &manifests);
    ended(run.args(&["-o", "json"])).exits(5).has(
        "rights",
        "ok",
        "Describe and DescribeConfigs: doctor.replicated",
    );
}
