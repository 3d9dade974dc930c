//! Trust and key stores as `keytool` and `openssl` make them, on a broker that wants a certificate of
//! each client.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use local_kafka::{LocalKafka, Security};
use tempfile::TempDir;

use crate::support::binary::{Ended, Manifests, flat, topicctl};

const PASSWORD: &str = "changeit";

/// A broker with mutual TLS, and a client's key in stores of all kinds.
struct Stores {
    directory: TempDir,
    kafka: LocalKafka,
}

static STORES: LazyLock<Stores> = LazyLock::new(Stores::make);

impl Stores {
    fn make() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let at = directory.path();
        let pair = "-genkeypair -alias client -keyalg RSA -dname CN=client -keystore";
        keytool(
            at,
            &format!("{pair} client.jks -storetype JKS -keypass {PASSWORD}"),
        );
        keytool(
            at,
            &format!("{pair} own.jks -storetype JKS -keypass of-the-key"),
        );
        keytool(
            at,
            "-exportcert -rfc -alias client -keystore client.jks -file client.pem",
        );
        keytool(
            at,
            "-importkeystore -srckeystore client.jks -srcstorepass changeit -keystore client.p12 \
             -deststoretype PKCS12",
        );
        keytool(
            at,
            "-exportcert -rfc -alias client -keystore own.jks -file own.pem",
        );
        let pem = |name: &str| fs::read_to_string(at.join(name)).expect("a certificate");
        let clients = pem("client.pem") + &pem("own.pem");
        fs::write(at.join("clients.pem"), clients).expect("a file");
        let path = |name: &str| at.join(name).display().to_string();
        let of_clients = "listener.name.client.ssl.truststore";
        let kafka = LocalKafka::options()
            .security(Security::Tls)
            .property("listener.name.client.ssl.client.auth", "required")
            .property(&format!("{of_clients}.type"), "PEM")
            .property(&format!("{of_clients}.location"), &path("clients.pem"))
            .start()
            .expect("a broker");
        let ca = kafka.ca_file().expect("a CA").display().to_string();
        for (name, kind) in [("trust.jks", "JKS"), ("trust.p12", "PKCS12")] {
            let import = format!("-importcert -noprompt -alias ca -file {ca} -storetype {kind}");
            keytool(at, &format!("{import} -keystore {name}"));
        }
        let pass = "-passin pass:changeit -passout pass:changeit";
        openssl(
            at,
            &format!("pkcs12 -in client.p12 -nodes -out both.pem {pass}"),
        );
        openssl(
            at,
            &format!("pkcs12 -export -legacy -in both.pem -out legacy.p12 {pass}"),
        );
        openssl(
            at,
            &format!("pkcs8 -topk8 -in both.pem -out encrypted.pem {pass}"),
        );
        Self { directory, kafka }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path(name)).expect("a file");
        text.replace('\r', "")
    }
}

fn keytool(directory: &Path, words: &str) {
    run(
        directory,
        "keytool",
        &format!("{words} -storepass {PASSWORD}"),
    );
}

fn openssl(directory: &Path, words: &str) {
    run(directory, "openssl", words);
}

fn run(directory: &Path, program: &str, words: &str) {
    let mut command = Command::new(program);
    command
        .args(words.split_whitespace())
        .current_dir(directory);
    let output = command.output().expect(program);
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {words}: {told} {failed}"
    );
}

/// A properties file's lines for a store, whose type is never the right one.
fn store(kind: &str, name: &str, password: &str) -> String {
    let path = STORES.path(name).display().to_string();
    format!(
        "ssl.{kind}store.type=BKS\nssl.{kind}store.location={path}\nssl.{kind}store.password={password}\n"
    )
}

/// A plan for one topic with these lines in the properties file.
fn plan(lines: &str) -> Ended {
    let manifests = Manifests::small(["stores"]);
    let servers = STORES.kafka.bootstrap_servers();
    let text = format!("bootstrap.servers={servers}\nsecurity.protocol=SSL\n{lines}");
    let file = manifests.file("client.properties", &text);
    topicctl(&["plan"])
        .arg(manifests.path())
        .arg("--command-config")
        .arg(file)
        .run()
}

#[test]
fn every_store_connects_whatever_its_type_is_said_to_be() {
    let own = format!(
        "{}ssl.key.password=of-the-key\n",
        store("key", "own.jks", PASSWORD)
    );
    let client = |name: &str| store("key", name, PASSWORD);
    let ca = STORES.kafka.ca_file().expect("a CA").display();
    let no_password = format!(
        "ssl.truststore.location={}\n",
        STORES.path("trust.jks").display()
    );
    for (trust, key) in [
        (store("trust", "trust.jks", PASSWORD), client("client.jks")),
        (store("trust", "trust.p12", PASSWORD), client("client.p12")),
        (no_password, client("legacy.p12")),
        (
            format!("ssl.truststore.location={ca}\n"),
            client("both.pem"),
        ),
    ] {
        plan(&format!("{trust}{key}")).exits(0);
    }
    plan(&format!("{}{own}", store("trust", "trust.jks", PASSWORD))).exits(0);
}

#[test]
fn pem_connects_in_one_line_and_in_many() {
    let trust = store("trust", "trust.jks", PASSWORD);
    let escaped = |name: &str| STORES.text(name).trim_end().replace('\n', "\\n\\\n");
    let one_line = |name: &str| STORES.text(name).replace('\n', "");
    let pem = |as_value: &dyn Fn(&str) -> String| {
        format!(
            "{trust}ssl.keystore.type=PEM\nssl.key.password={PASSWORD}\n\
             ssl.keystore.certificate.chain={}\nssl.keystore.key={}\n",
            as_value("client.pem"),
            as_value("encrypted.pem")
        )
    };
    plan(&pem(&escaped)).exits(0);
    plan(&pem(&one_line)).exits(0);
    // As it is, each value is one mistake, and nothing of the key is shown.
    let ended = plan(&pem(&|name| STORES.text(name))).exits(2);
    for property in ["ssl.keystore.certificate.chain", "ssl.keystore.key"] {
        let words = format!("the value of `{property}` has PEM text whose");
        assert!(flat(&ended.stderr).contains(&words), "{ended}");
    }
    let of_key = STORES.text("encrypted.pem");
    let of_key = of_key.lines().nth(1).expect("a line");
    assert!(
        !ended.stderr.contains(of_key) && ended.stderr.contains("2 errors"),
        "{ended}"
    );
}

#[test]
fn a_wrong_password_of_java_s_own_stores_is_told_before_connecting() {
    for name in ["client.jks", "client.p12", "legacy.p12"] {
        plan(&store("key", name, "hush-hush"))
            .exits(2)
            .says("ssl.keystore.password in")
            .says("is not the password of")
            .says(name);
    }
    plan(&store("key", "own.jks", PASSWORD))
        .exits(2)
        .says("the key in")
        .says("set ssl.key.password");
    plan(&store("key", "trust.p12", PASSWORD))
        .exits(2)
        .says("has no private key");
}
