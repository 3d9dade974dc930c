//! Certificates that end a connection, the broker's and ours: each is told by its cause, at once
//! whatever `--wait` says, with exit code 4.

use local_kafka::certificates::{Authority, Certificate, Request};
use local_kafka::{LocalKafka, Options, Security};

use crate::kafka::SHARED;
use crate::support::binary::{Ended, Manifests, flat, on};

/// A listener with TLS, and what somebody has who uses it.
struct Listener {
    kafka: LocalKafka,
    files: Manifests,
}

impl Listener {
    fn start(options: Options) -> Self {
        Self {
            kafka: options.start().expect("a broker"),
            files: Manifests::small(["certified"]),
        }
    }

    fn with(certificate: Certificate) -> Self {
        Self::start(tls().certificate(certificate))
    }

    /// Verifies, trusting this CA.
    fn verify(&self, ca: &[u8], settings: &[String]) -> Ended {
        let ca = format!("ssl.ca.location={}", self.file("ca.pem", ca));
        let run = on(self.kafka.bootstrap_servers(), "verify", &self.files);
        let run = run.args(&["--wait", "300s", "-X", &ca]);
        let settings = settings.iter();
        settings.fold(run, |run, one| run.args(&["-X", one])).run()
    }

    fn file(&self, name: &str, pem: &[u8]) -> String {
        let pem = std::str::from_utf8(pem).expect("PEM");
        self.files.file(name, pem).display().to_string()
    }

    /// Settings for a client certificate.
    fn identity(&self, certificate: &Certificate) -> Vec<String> {
        let pem = certificate.pem().expect("PEM");
        let key = certificate.key_pem().expect("PEM");
        vec![
            format!("ssl.certificate.location={}", self.file("ci.pem", &pem)),
            format!("ssl.key.location={}", self.file("ci.key", &key)),
        ]
    }

    /// It ends with one error, after the address, that is not waited out, and with this way out.
    #[track_caller]
    fn ends(&self, ended: Ended, error: &str, help: &str) {
        let ended = ended.exits(4);
        let stderr = flat(&ended.stderr);
        let error = error.replace("ADDRESS", self.kafka.bootstrap_servers());
        assert!(stderr.contains(&format!("]: {error}")), "{ended}");
        assert!(stderr.contains(help), "{ended}");
        assert_eq!(ended.stderr.matches("error[").count(), 1, "{ended}");
        assert!(!stderr.contains("waiting for"), "{ended}");
    }
}

fn tls() -> Options {
    LocalKafka::options().security(Security::Tls)
}

fn authority(name: &str) -> (Authority, Vec<u8>) {
    let authority = Authority::new(name).expect("an authority");
    let pem = authority.pem().expect("PEM");
    (authority, pem)
}

fn issued(authority: &Authority, request: &Request) -> Certificate {
    authority.issue(request).expect("a certificate")
}

#[test]
fn a_certificate_that_has_expired_is_told_with_its_day() {
    let (authority, ca) = authority("Example CA");
    let listener = Listener::with(issued(&authority, &Request::loopback().valid(-20..-10)));
    listener.ends(
        listener.verify(&ca, &[]),
        "the certificate of ADDRESS expired on 20",
        "renew it, and see that the broker has loaded the new one",
    );
}

#[test]
fn a_certificate_of_tomorrow_is_told_with_its_day() {
    let (authority, ca) = authority("Example CA");
    let listener = Listener::with(issued(&authority, &Request::loopback().valid(10..20)));
    listener.ends(
        listener.verify(&ca, &[]),
        "the certificate of ADDRESS is valid from 20",
        "see whether this machine's clock is right",
    );
}

#[test]
fn a_certificate_of_another_name_is_told_with_the_names_that_it_has() {
    let (authority, ca) = authority("Example CA");
    let listener = Listener::with(issued(&authority, &Request::host("kafka-1.example.com")));
    listener.ends(
        listener.verify(&ca, &[]),
        "the certificate of ADDRESS is not for 127.0.0.1: it has kafka-1.example.com",
        "connect by a name that it has",
    );
    let unchecked = "ssl.endpoint.identification.algorithm=none".to_owned();
    listener.verify(&ca, &[unchecked]).exits(1);
}

#[test]
fn a_certificate_of_another_ca_is_told_with_who_signed_it() {
    let (authority, ca) = authority("Example CA");
    let (_, others) = self::authority("Other CA");
    let listener = Listener::with(issued(&authority, &Request::loopback()).with_root());
    listener.ends(
        listener.verify(&others, &[]),
        "the certificate of ADDRESS is signed by CN=Example CA, which is not trusted here",
        "SSL_CA_LOCATION, or ssl.ca.location with -X; now it is",
    );
    listener.verify(&ca, &[]).exits(1);
    // Whom nobody verifies, nobody refuses.
    let unverified = "enable.ssl.certificate.verification=false".to_owned();
    listener.verify(&others, &[unverified]).exits(1);
}

#[test]
fn a_self_signed_certificate_is_told_from_one_of_another_ca() {
    let (_, others) = authority("Other CA");
    let certificate = Certificate::self_signed(&Request::loopback()).expect("a certificate");
    let itself = certificate.pem().expect("PEM");
    let listener = Listener::with(certificate);
    listener.ends(
        listener.verify(&others, &[]),
        "the certificate of ADDRESS is self-signed, and not trusted here",
        "if it is the one that the broker should have, give it (PEM) as CA",
    );
    listener.verify(&itself, &[]).exits(1);
}

#[test]
fn a_chain_with_a_certificate_missing_says_that_one_may_be_missing() {
    let (root, ca) = authority("Example Root");
    let between = root.authorize("Example Issuing CA").expect("an authority");
    let listener = Listener::with(issued(&between, &Request::loopback()).without_chain());
    listener.ends(
        listener.verify(&ca, &[]),
        "the certificate of ADDRESS is signed by CN=Example Issuing CA, which is not trusted here",
        "the broker does not send the certificates between",
    );
}

#[test]
fn a_certificate_that_is_not_for_servers_is_told() {
    let (authority, ca) = authority("Example CA");
    let listener = Listener::with(issued(&authority, &Request::client("localhost")));
    let unchecked = "ssl.endpoint.identification.algorithm=none".to_owned();
    listener.ends(
        listener.verify(&ca, &[unchecked]),
        "the certificate of ADDRESS is not meant for this use",
        "serverAuth",
    );
}

/// Over TLS 1.3 a broker says so after the handshake, over TLS 1.2 in it.
#[test]
fn a_wanted_client_certificate_is_told_over_each_version_of_tls() {
    for version in ["TLSv1.3", "TLSv1.2"] {
        let (clients, _) = authority("Clients CA");
        let listener = Listener::start(
            tls()
                .client_authority(&clients)
                .property("listener.name.client.ssl.enabled.protocols", version),
        );
        let ca = std::fs::read(listener.kafka.ca_file().expect("a CA")).expect("a file");
        let known = issued(&clients, &Request::client("ci"));
        listener.verify(&ca, &listener.identity(&known)).exits(1);

        listener.ends(
            listener.verify(&ca, &[]),
            "ADDRESS wants a client certificate, and none is given",
            "set ssl.keystore.location in --command-config",
        );
        let (others, _) = authority("Other CA");
        for unwanted in [
            issued(&others, &Request::client("ci")),
            issued(&clients, &Request::client("ci").valid(-20..-10)),
        ] {
            listener.ends(
                listener.verify(&ca, &listener.identity(&unwanted)),
                "ADDRESS does not take the client certificate",
                "now it is -X ssl.certificate.location",
            );
        }
    }
}

/// Nothing may be done on a cluster that an address leads to by mistake.
#[test]
fn an_advertised_address_of_another_cluster_is_told_and_nothing_is_created_there() {
    let elsewhere = SHARED.bootstrap_servers();
    let options = LocalKafka::options().advertise(1, elsewhere);
    let kafka = options.start().expect("a broker");
    let manifests = Manifests::small(["of-another-cluster"]);
    let ended = on(kafka.bootstrap_servers(), "apply", &manifests).run();
    let ended = ended.exits(3);
    let stderr = flat(&ended.stderr);
    let error = format!(
        "error[unreachable]: {elsewhere} belongs to another cluster; the cluster advertises this address"
    );
    assert!(stderr.contains(&error), "{ended}");
    assert!(stderr.contains("advertised.listeners"), "{ended}");
    let topics = SHARED.tool("kafka-topics", &["--list"]).expect("a list");
    assert!(!topics.contains("of-another-cluster"), "{topics}");
}
