//! Every listener, every way to say how it is reached, and what people get wrong there: the exit
//! code, the first line, and the way out.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use local_kafka::certificates::{Authority, Request};
use local_kafka::identity_provider::{AUDIENCE, CLIENT_ID, IdentityProvider};
use local_kafka::{LocalKafka, SUPER_PASSWORD, SUPER_USER, Security};

use crate::kafka::SHARED;
use crate::secured::SASL;
use crate::support::binary::{Manifests, Run, flat, topicctl};

static TLS: LazyLock<LocalKafka> = LazyLock::new(|| start(Security::Tls));
static SASL_TLS: LazyLock<LocalKafka> = LazyLock::new(|| start(Security::SaslTls));

fn start(security: Security) -> LocalKafka {
    let options = LocalKafka::options().security(security);
    options.start().expect("a broker")
}

/// How the settings of a connection reach topicctl.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// `-X`, by librdkafka's names.
    Overrides,
    /// `TOPICCTL_X`, several in one.
    Variable,
    Environment,
    /// `--command-config`, by the Java client's names.
    CommandConfig,
    /// `--cluster`, an entry of the project file with a properties file of its own.
    Cluster,
}

const WAYS: [Way; 5] = [
    Way::Overrides,
    Way::Variable,
    Way::Environment,
    Way::CommandConfig,
    Way::Cluster,
];

/// What somebody says of a connection; what is `None` is not said.
#[derive(Clone, Default, Debug)]
struct Said {
    servers: String,
    protocol: Option<&'static str>,
    mechanism: Option<&'static str>,
    user: Option<&'static str>,
    password: Option<&'static str>,
    ca: Option<PathBuf>,
    /// A client certificate and its key, in one file.
    identity: Option<PathBuf>,
    /// A file with a token.
    token: Option<PathBuf>,
}

impl Said {
    fn run(&self, way: Way, command: &str, manifests: &Manifests) -> Run {
        let run = topicctl(&[command])
            .arg(manifests.path())
            .args(&["--timeout", "20s"]);
        match way {
            Way::Overrides => self.overrides().fold(run, |run, (name, value)| {
                run.args(&["-X", &format!("{name}={value}")])
            }),
            Way::Variable => {
                let settings = self
                    .overrides()
                    .map(|(name, value)| format!("{name}={value}"));
                run.env("TOPICCTL_X", settings.collect::<Vec<_>>().join(" "))
            }
            Way::Environment => run.envs(self.variables()),
            Way::CommandConfig => {
                let properties = manifests.file("client.properties", &self.properties());
                run.arg("--command-config").arg(properties)
            }
            Way::Cluster => {
                manifests.file("prod.properties", &self.properties());
                let entry = "clusters: { prod: { command_config: prod.properties } }";
                manifests.file("topicctl.yaml", entry);
                run.args(&["--cluster", "prod"])
            }
        }
    }

    fn ca(&self) -> Option<&str> {
        self.ca.as_deref().and_then(Path::to_str)
    }

    fn identity(&self) -> Option<&str> {
        self.identity.as_deref().and_then(Path::to_str)
    }

    fn token(&self) -> Option<&str> {
        self.token.as_deref().and_then(Path::to_str)
    }

    fn overrides(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("ssl.certificate.location", self.identity()),
            ("ssl.key.location", self.identity()),
            ("sasl.oauthbearer.token.file", self.token()),
            ("bootstrap.servers", Some(self.servers.as_str())),
            ("security.protocol", self.protocol),
            ("sasl.mechanism", self.mechanism),
            ("sasl.username", self.user),
            ("sasl.password", self.password),
            ("ssl.ca.location", self.ca()),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }

    fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.overrides().map(|(name, value)| {
            let variable = match name {
                "bootstrap.servers" => "KAFKA_BOOTSTRAP_SERVERS",
                "security.protocol" => "KAFKA_SECURITY_PROTOCOL",
                "sasl.mechanism" => "KAFKA_SASL_MECHANISM",
                "sasl.username" => "KAFKA_USERNAME",
                "sasl.password" => "KAFKA_PASSWORD",
                "ssl.ca.location" => "SSL_CA_LOCATION",
                "ssl.certificate.location" => "KAFKA_SSL_CERTIFICATE_LOCATION",
                "ssl.key.location" => "KAFKA_SSL_KEY_LOCATION",
                "sasl.oauthbearer.token.file" => "KAFKA_OAUTH_TOKEN_FILE",
                other => panic!("{other} has no variable"),
            };
            (variable, value)
        })
    }

    fn properties(&self) -> String {
        let mut lines = vec![format!("bootstrap.servers={}", self.servers)];
        let mut set = |name: &str, value: Option<&str>| {
            lines.extend(value.map(|value| format!("{name}={value}")));
        };
        set("security.protocol", self.protocol);
        set("sasl.mechanism", self.mechanism);
        if let (Some(user), Some(password)) = (self.user, self.password) {
            let module = match self.mechanism {
                Some("PLAIN") | None => "plain.PlainLoginModule",
                Some(_) => "scram.ScramLoginModule",
            };
            let jaas = format!(
                "org.apache.kafka.common.security.{module} required username=\"{user}\" \
                 password=\"{password}\";"
            );
            set("sasl.jaas.config", Some(&jaas));
        }
        set("ssl.truststore.type", self.ca().map(|_| "PEM"));
        set("ssl.truststore.location", self.ca());
        set("ssl.keystore.type", self.identity().map(|_| "PEM"));
        set("ssl.keystore.location", self.identity());
        if let Some(token) = self.token() {
            let module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";
            set("sasl.jaas.config", Some(&format!("{module} required;")));
            let endpoint = format!("file://{token}");
            set("sasl.oauthbearer.token.endpoint.url", Some(&endpoint));
        }
        lines.join("\n")
    }
}

/// How a run ends, and what it says: the beginning of its first line behind the address, and a part
/// of the way out.
struct End {
    code: i32,
    message: &'static str,
    help: &'static str,
}

const CONNECTED: End = End {
    code: 0,
    message: "",
    help: "",
};

fn end(code: i32, message: &'static str, help: &'static str) -> End {
    End {
        code,
        message,
        help,
    }
}

/// Says it in every way, and expects the same of each.
#[track_caller]
fn ends(said: &Said, expected: &End) {
    for way in WAYS {
        let manifests = Manifests::small(["connected"]);
        let ended = said.run(way, "plan", &manifests).run();
        let shown = format!("{way:?}, {said:?}: {ended}");
        assert_eq!(ended.code(), Some(expected.code), "{shown}");
        if expected.code == 0 {
            continue;
        }
        // Warnings of the way come before, and what ended the run is the last thing said.
        let (_, error) = ended.stderr.split_once("error[").expect(&shown);
        let error = flat(error);
        assert!(error.contains(expected.message), "{shown}");
        assert!(error.contains(expected.help), "{shown}");
        assert!(!error.contains("warning["), "{shown}");
        assert_eq!(ended.stderr.matches("error[").count(), 1, "{shown}");
        if let Some(secret) = said.password {
            assert!(!ended.stderr.contains(secret), "{shown}");
        }
    }
}

const WRONG: &str = "guessed-and-wrong";

fn admin(servers: &str, protocol: &'static str, mechanism: &'static str) -> Said {
    Said {
        servers: servers.to_owned(),
        protocol: Some(protocol),
        mechanism: Some(mechanism),
        user: Some(SUPER_USER),
        password: Some(SUPER_PASSWORD),
        ..Said::default()
    }
}

const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

#[test]
fn a_plain_listener_takes_clients_without_tls_and_credentials() {
    let servers = SHARED.bootstrap_servers();
    let said = Said {
        servers: servers.to_owned(),
        ..Said::default()
    };
    ends(&said, &CONNECTED);
    let stated = Said {
        protocol: Some("PLAINTEXT"),
        ..said.clone()
    };
    ends(&stated, &CONNECTED);
    let tls = Said {
        protocol: Some("SSL"),
        ..said
    };
    let without_tls = "does not speak TLS";
    ends(
        &tls,
        &end(3, without_tls, "or PLAINTEXT if the connection is meant"),
    );
    let tls = admin(servers, "SASL_SSL", "PLAIN");
    ends(
        &tls,
        &end(3, without_tls, "or SASL_PLAINTEXT if the connection is"),
    );
    for mechanism in MECHANISMS {
        let sasl = admin(servers, "SASL_PLAINTEXT", mechanism);
        let message = "takes no credentials: this listener is without SASL";
        ends(
            &sasl,
            &end(4, message, "or set security.protocol to PLAINTEXT"),
        );
    }
}

#[test]
fn a_listener_with_tls_takes_clients_that_trust_it() {
    let servers = TLS.bootstrap_servers().to_owned();
    let ca = TLS.ca_file().map(Path::to_owned);
    let said = Said {
        servers: servers.clone(),
        protocol: Some("SSL"),
        ca: ca.clone(),
        ..Said::default()
    };
    ends(&said, &CONNECTED);
    // A CA alone means TLS.
    let unstated = Said {
        protocol: None,
        ..said.clone()
    };
    ends(&unstated, &CONNECTED);
    // And so does the address, where it says so.
    let prefixed = Said {
        servers: format!("SSL://{servers}"),
        ..unstated
    };
    ends(&prefixed, &CONNECTED);
    let contradicted = Said {
        protocol: Some("PLAINTEXT"),
        ca: None,
        ..prefixed
    };
    let help = "the address says SSL, and security.protocol, which decides, is PLAINTEXT";
    ends(
        &contradicted,
        &end(3, "closes a connection without TLS", help),
    );
    let nothing = Said {
        servers: servers.clone(),
        ..Said::default()
    };
    let help = "set KAFKA_SECURITY_PROTOCOL or security.protocol to SSL or SASL_SSL";
    ends(&nothing, &end(3, "closes a connection without TLS", help));
    let untrusting = Said { ca: None, ..said };
    ends(
        &untrusting,
        &end(4, "the certificate of", "SSL_CA_LOCATION"),
    );
    let sasl = Said {
        ca,
        ..admin(&servers, "SASL_SSL", "PLAIN")
    };
    let message = "takes no credentials: this listener is without SASL";
    ends(&sasl, &end(4, message, "or set security.protocol to SSL"));
}

#[test]
fn a_listener_with_sasl_takes_clients_with_credentials() {
    let servers = SASL.kafka.bootstrap_servers();
    for mechanism in MECHANISMS {
        let said = admin(servers, "SASL_PLAINTEXT", mechanism);
        ends(&said, &CONNECTED);
        let wrong = Said {
            password: Some(WRONG),
            ..said.clone()
        };
        ends(
            &wrong,
            &end(4, "refused the credentials of `admin`", "check "),
        );
        let unknown = Said {
            user: Some("nobody-knows"),
            ..said
        };
        ends(
            &unknown,
            &end(4, "refused the credentials of `nobody-knows`", "check "),
        );
    }
    let tls = admin(servers, "SASL_SSL", "PLAIN");
    ends(
        &tls,
        &end(
            3,
            "does not speak TLS",
            "or SASL_PLAINTEXT if the connection",
        ),
    );
    let nothing = Said {
        servers: servers.to_owned(),
        ..Said::default()
    };
    let message = "closes the connection on the first request (PLAINTEXT)";
    ends(
        &nothing,
        &end(3, message, "set KAFKA_USERNAME and KAFKA_PASSWORD"),
    );
    let half = Said {
        user: None,
        password: None,
        ..admin(servers, "SASL_PLAINTEXT", "PLAIN")
    };
    ends(
        &half,
        &end(2, "no credentials for SASL_PLAINTEXT", "set KAFKA_USERNAME"),
    );
}

#[test]
fn a_listener_with_both_takes_clients_with_both() {
    let servers = SASL_TLS.bootstrap_servers();
    let ca = SASL_TLS.ca_file().map(Path::to_owned);
    for mechanism in MECHANISMS {
        let said = Said {
            ca: ca.clone(),
            ..admin(servers, "SASL_SSL", mechanism)
        };
        ends(&said, &CONNECTED);
        // Credentials without a protocol mean TLS.
        let unstated = Said {
            protocol: None,
            ..said.clone()
        };
        ends(&unstated, &CONNECTED);
        let wrong = Said {
            password: Some(WRONG),
            ..said
        };
        ends(
            &wrong,
            &end(4, "refused the credentials of `admin`", "check "),
        );
    }
    let unencrypted = admin(servers, "SASL_PLAINTEXT", "PLAIN");
    ends(
        &unencrypted,
        &end(3, "closes a connection without TLS", "SASL_SSL"),
    );
    let untrusting = admin(servers, "SASL_SSL", "PLAIN");
    ends(
        &untrusting,
        &end(4, "the certificate of", "SSL_CA_LOCATION"),
    );
    let anonymous = Said {
        ca,
        protocol: Some("SSL"),
        servers: servers.to_owned(),
        ..Said::default()
    };
    let message = "closes the connection on the first request (SSL)";
    ends(&anonymous, &end(3, message, "KAFKA_USERNAME"));
}

#[test]
fn a_listener_with_mutual_tls_takes_clients_with_a_certificate() {
    let clients = Authority::new("Clients CA").expect("an authority");
    let kafka = LocalKafka::options()
        .security(Security::Tls)
        .client_authority(&clients)
        .start()
        .expect("a broker");
    let files = tempfile::tempdir().expect("a directory");
    let identity = |authority: &Authority, name: &str| {
        let certificate = authority.issue(&Request::client("ci"));
        let certificate = certificate.expect("a certificate");
        let key = certificate.key_pem().expect("a key");
        let path = files.path().join(name);
        let both = [key, certificate.pem().expect("PEM")].concat();
        std::fs::write(&path, both).expect("a file");
        path
    };
    let said = Said {
        servers: kafka.bootstrap_servers().to_owned(),
        protocol: Some("SSL"),
        ca: kafka.ca_file().map(Path::to_owned),
        identity: Some(identity(&clients, "ci.pem")),
        ..Said::default()
    };
    ends(&said, &CONNECTED);
    // Certificates alone mean TLS.
    let unstated = Said {
        protocol: None,
        ..said.clone()
    };
    ends(&unstated, &CONNECTED);
    let nobody = Said {
        identity: None,
        ..said.clone()
    };
    let message = "wants a client certificate, and none is given";
    ends(&nobody, &end(4, message, "set ssl.keystore.location"));
    let others = Authority::new("Other CA").expect("an authority");
    let stranger = Said {
        identity: Some(identity(&others, "stranger.pem")),
        ..said
    };
    let message = "does not take the client certificate";
    ends(
        &stranger,
        &end(4, message, "signed by a CA of the broker's"),
    );
}

#[test]
fn a_listener_with_oauthbearer_takes_clients_with_a_token() {
    let provider = IdentityProvider::start().expect("an identity provider");
    let principal = format!("User:{CLIENT_ID}");
    let rights = ["--operation", "Describe", "--operation", "DescribeConfigs"];
    let rights = [
        &["--allow-principal", &principal, "--topic", "connected"],
        &rights[..],
    ]
    .concat();
    let kafka = LocalKafka::options()
        .security(Security::Sasl)
        .oauthbearer(&provider)
        .acl(&rights)
        .start()
        .expect("a broker");
    let files = tempfile::tempdir().expect("a directory");
    let token = |audience: &str, name: &str| {
        let token = provider.token(CLIENT_ID, audience, 600);
        let path = files.path().join(name);
        std::fs::write(&path, token.expect("a token")).expect("a file");
        path
    };
    let said = Said {
        servers: kafka.bootstrap_servers().to_owned(),
        protocol: Some("SASL_PLAINTEXT"),
        mechanism: Some("OAUTHBEARER"),
        token: Some(token(AUDIENCE, "token")),
        ..Said::default()
    };
    ends(&said, &CONNECTED);
    let others = Said {
        token: Some(token("another-audience", "others")),
        ..said.clone()
    };
    let help = "see what the broker expects (sasl.oauthbearer.expected.audience";
    ends(&others, &end(4, "refused the token of", help));
    let nowhere = Said {
        token: Some(files.path().join("none")),
        ..said
    };
    ends(&nowhere, &end(2, "cannot be read", ""));
}

/// Each is translated, known not to matter, or named as one that has no counterpart.
#[test]
fn every_property_of_kafka_s_own_clients_is_known() {
    let names = SHARED.tools().client_properties().expect("their reference");
    assert!(names.contains("sasl.jaas.config") && names.contains("acks"));
    let manifests = Manifests::small(["properties"]);
    let lines: Vec<_> = names.iter().map(|name| format!("{name}=1")).collect();
    let properties = manifests.file("client.properties", &lines.join("\n"));
    let run = topicctl(&["plan"]).arg(manifests.path());
    let ended = run.arg("--command-config").arg(properties).run().exits(2);
    let unknown = ended.stderr.lines();
    let unknown: Vec<_> = unknown
        .filter(|line| line.contains("is not a property of a Kafka client"))
        .collect();
    assert_eq!(unknown, [""; 0]);
    // One that is none is told, or this test could not fail.
    let properties = manifests.file("client.properties", "no.such.property=1");
    let run = topicctl(&["plan"]).arg(manifests.path());
    run.arg("--command-config")
        .arg(properties)
        .run()
        .exits(2)
        .says("`no.such.property` is not a property of a Kafka client");
}
