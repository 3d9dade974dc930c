//! TLS, SASL and ACLs, seen by real clients.

use std::{fs, path::PathBuf, process::Output};

use anyhow::{Context as _, Result};
use local_kafka::certificates::{Authority, Request};
use local_kafka::{LocalKafka, SUPER_PASSWORD, SUPER_USER, Security};
use tempfile::TempDir;

const GIVE_UP_EARLY: &str = "default.api.timeout.ms=6000\nrequest.timeout.ms=5000\n";

struct Client<'a> {
    kafka: &'a LocalKafka,
    files: TempDir,
}

impl<'a> Client<'a> {
    fn of(kafka: &'a LocalKafka) -> Result<Self> {
        Ok(Self {
            kafka,
            files: tempfile::tempdir()?,
        })
    }

    fn topics(&self, properties: &str, args: &[&str]) -> Result<Output> {
        let file: PathBuf = self.files.path().join("client.properties");
        fs::write(&file, format!("{GIVE_UP_EARLY}{properties}"))?;
        let mut command = self.kafka.client_tool_command("kafka-topics")?;
        command.arg("--command-config").arg(file).args(args);
        Ok(command.output()?)
    }

    fn trust(&self) -> Result<String> {
        let ca_file = self
            .kafka
            .ca_file()
            .context("there is no CA file")?
            .display();
        Ok(format!(
            "ssl.truststore.type=PEM\nssl.truststore.location={ca_file}\n"
        ))
    }
}

fn sasl(mechanism: &str, user: &str, password: &str) -> String {
    let module = match mechanism {
        "PLAIN" => "plain.PlainLoginModule",
        _ => "scram.ScramLoginModule",
    };
    format!(
        "security.protocol=SASL_SSL\nsasl.mechanism={mechanism}\n\
         sasl.jaas.config=org.apache.kafka.common.security.{module} required \
         username=\"{user}\" password=\"{password}\";\n"
    )
}

fn text(output: &Output) -> String {
    let bytes = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_wrong_password_is_refused_and_acls_hold_over_tls() -> Result<()> {
    // With characters that mean something to the parsers it goes through.
    let password = "b=o[b]'s; secret";
    let kafka = LocalKafka::options()
        .security(Security::SaslTls)
        .user("bob", password)
        .acl(&[
            "--allow-principal",
            "User:bob",
            "--operation",
            "Describe",
            "--topic",
            "seen",
        ])
        .acl(&[
            "--allow-principal",
            "User:bob",
            "--operation",
            "Create",
            "--topic",
            "made",
        ])
        .start()?;
    kafka.tool("kafka-topics", &["--create", "--topic", "seen"])?;
    kafka.tool("kafka-topics", &["--create", "--topic", "hidden"])?;
    let client = Client::of(&kafka)?;
    let trust = client.trust()?;

    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let properties = trust.clone() + &sasl(mechanism, "bob", password);
        let output = client.topics(&properties, &["--list"])?;
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "seen\n",
            "{}",
            text(&output)
        );
    }
    let bob = trust.clone() + &sasl("PLAIN", "bob", password);
    let output = client.topics(&bob, &["--create", "--topic", "other"])?;
    assert!(
        text(&output).contains("TopicAuthorizationException"),
        "{}",
        text(&output)
    );
    let output = client.topics(&bob, &["--create", "--topic", "made"])?;
    assert!(output.status.success(), "{}", text(&output));

    let admin = trust.clone() + &sasl("SCRAM-SHA-512", SUPER_USER, SUPER_PASSWORD);
    let output = client.topics(&admin, &["--list"])?;
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "hidden\nmade\nseen\n"
    );

    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let wrong = trust.clone() + &sasl(mechanism, "bob", "guessed");
        let output = client.topics(&wrong, &["--list"])?;
        assert!(
            text(&output).contains("SaslAuthenticationException"),
            "{}",
            text(&output)
        );
    }
    Ok(())
}

#[test]
fn tls_clients_need_the_exported_certificate() -> Result<()> {
    let kafka = LocalKafka::options().security(Security::Tls).start()?;
    kafka.tool("kafka-topics", &["--create", "--topic", "orders"])?;
    let client = Client::of(&kafka)?;

    let trusting = client.trust()? + "security.protocol=SSL\n";
    let output = client.topics(&trusting, &["--list"])?;
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "orders\n",
        "{}",
        text(&output)
    );

    let output = client.topics("security.protocol=SSL\n", &["--list"])?;
    assert!(
        text(&output).contains("SSL handshake failed"),
        "{}",
        text(&output)
    );
    Ok(())
}

#[test]
fn mutual_tls_lets_in_certificates_of_its_authority_only() -> Result<()> {
    let authority = Authority::new("clients")?;
    let kafka = LocalKafka::options()
        .security(Security::Tls)
        .client_authority(&authority)
        .start()?;
    kafka.tool("kafka-topics", &["--create", "--topic", "orders"])?;
    let client = Client::of(&kafka)?;
    let trusting = client.trust()? + "security.protocol=SSL\n";
    let with = |authority: &Authority| {
        let certificate = authority.issue(&Request::client("ci"))?;
        let store = client.files.path().join("client.pem");
        fs::write(
            &store,
            [certificate.key_pem()?, certificate.pem()?].concat(),
        )?;
        let store = format!(
            "ssl.keystore.type=PEM\nssl.keystore.location={}\n",
            store.display()
        );
        client.topics(&(trusting.clone() + &store), &["--list"])
    };
    let output = with(&authority)?;
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "orders\n",
        "{}",
        text(&output)
    );
    let others = with(&Authority::new("others")?)?;
    for output in [others, client.topics(&trusting, &["--list"])?] {
        assert!(
            !output.status.success() && !text(&output).contains("orders"),
            "{}",
            text(&output)
        );
    }
    Ok(())
}
