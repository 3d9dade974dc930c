//! SASL/OAUTHBEARER: every source of tokens connects, whatever goes wrong is told by its cause, and
//! no token or secret is shown.

use std::sync::LazyLock;
use std::time::Duration;

use local_kafka::identity_provider::{
    AUDIENCE, Behavior, CLIENT_ID, CLIENT_SECRET, IdentityProvider,
};
use local_kafka::{LocalKafka, Security, free_port};

use crate::kafka::describe;
use crate::support::binary::{Ended, Manifests, Run, on};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A broker and whose tokens it takes.
struct Realm {
    provider: IdentityProvider,
    kafka: LocalKafka,
}

impl Realm {
    fn start(security: Security) -> Self {
        let provider = IdentityProvider::start().expect("an identity provider");
        let principal = format!("User:{CLIENT_ID}");
        let options = LocalKafka::options()
            .security(security)
            .oauthbearer(&provider)
            .acl(&[
                "--allow-principal",
                &principal,
                "--resource-pattern-type",
                "prefixed",
                "--topic",
                "oauth.",
                "--operation",
                "Describe",
                "--operation",
                "Create",
                "--operation",
                "DescribeConfigs",
            ]);
        let kafka = options.start().expect("a broker");
        Self { provider, kafka }
    }

    /// A run without a word of where a token comes from.
    fn run(&self, command: &str, manifests: &Manifests) -> Run {
        on(self.kafka.bootstrap_servers(), command, manifests)
            .env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    }

    fn token(&self, audience: &str, lifetime: i64) -> String {
        let token = self.provider.token(CLIENT_ID, audience, lifetime);
        token.expect("a token")
    }
}

/// The one that tests share. Its identity provider behaves well.
static REALM: LazyLock<Realm> = LazyLock::new(|| Realm::start(Security::Sasl));

/// A run that asks this token endpoint.
fn by_credentials(run: Run, endpoint: &str) -> Run {
    run.env("KAFKA_OAUTH_TOKEN_ENDPOINT_URL", endpoint)
        .env("KAFKA_OAUTH_CLIENT_ID", CLIENT_ID)
        .env("KAFKA_OAUTH_CLIENT_SECRET", CLIENT_SECRET)
}

#[track_caller]
fn shows_no_secret(ended: &Ended, secrets: &[&str]) {
    for secret in secrets {
        assert!(!ended.stdout.contains(secret), "{ended}");
        assert!(!ended.stderr.contains(secret), "{ended}");
    }
}

#[track_caller]
fn begins(ended: Ended, message: &str) -> Ended {
    let text = crate::support::binary::flat(&ended.stderr);
    let told = text.strip_prefix("error[");
    let told = told.and_then(|text| Some(text.split_once("]: ")?.1));
    assert!(
        told.is_some_and(|text| text.starts_with(message)),
        "{ended}"
    );
    ended
}

#[test]
fn every_source_of_tokens_connects_and_creates() {
    let realm = &*REALM;
    let endpoint = realm.provider.token_endpoint();
    let java = |name: &str, lines: &str| {
        let manifests = Manifests::small([name]);
        let text = format!(
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\n{lines}\n\
             sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.\
             OAuthBearerLoginCallbackHandler\n"
        );
        let properties = manifests.file("client.properties", &text);
        on(realm.kafka.bootstrap_servers(), "apply", &manifests)
            .arg("--command-config")
            .arg(properties)
            .json()
            .exits(0)
            .all_are("created");
    };
    let module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required";
    java(
        "oauth.java",
        &format!(
            "sasl.oauthbearer.token.endpoint.url={endpoint}\nsasl.jaas.config={module} \
             clientId=\"{CLIENT_ID}\" clientSecret=\"{CLIENT_SECRET}\" scope=\"kafka\";"
        ),
    );
    let forms = realm.provider.forms();
    let with_scope = |form: &std::collections::BTreeMap<String, String>| {
        form.get("scope").is_some_and(|scope| scope == "kafka")
            && form
                .get("grant_type")
                .is_some_and(|grant| grant == "client_credentials")
    };
    assert!(forms.iter().any(with_scope), "{forms:?}");
    let files = Manifests::small([]);
    let token = files.file("token", &format!("{}\n", realm.token(AUDIENCE, 600)));
    let token = token.display();
    java(
        "oauth.java-file",
        &format!("sasl.oauthbearer.token.endpoint.url=file://{token}\nsasl.jaas.config={module};"),
    );

    let file = Manifests::small(["oauth.file"]);
    realm
        .run("apply", &file)
        .env("KAFKA_OAUTH_TOKEN_FILE", token.to_string())
        .json()
        .exits(0)
        .all_are("created");
    let command = Manifests::small(["oauth.command"]);
    realm
        .run("apply", &command)
        .env("KAFKA_OAUTH_TOKEN_COMMAND", format!("cat {token} | cat"))
        .json()
        .exits(0)
        .all_are("created");
    let manifests = Manifests::small(["oauth.environment"]);
    by_credentials(realm.run("apply", &manifests), &endpoint)
        .env(
            "KAFKA_OAUTH_EXTENSIONS",
            "logicalCluster=lkc-1,identityPoolId=pool-1",
        )
        .json()
        .exits(0)
        .all_are("created");
    let manifests = Manifests::small(["oauth.overrides"]);
    realm
        .run("apply", &manifests)
        .args(&["-X", "sasl.mechanisms=OAUTHBEARER"])
        .args(&["-X", "sasl.oauthbearer.method=oidc"])
        .args(&[
            "-X",
            &format!("sasl.oauthbearer.token.endpoint.url={endpoint}"),
        ])
        .args(&["-X", &format!("sasl.oauthbearer.client.id={CLIENT_ID}")])
        .args(&[
            "-X",
            &format!("sasl.oauthbearer.client.secret={CLIENT_SECRET}"),
        ])
        .json()
        .exits(0)
        .all_are("created");
    let created = describe(&realm.kafka);
    for name in [
        "java",
        "java-file",
        "file",
        "command",
        "environment",
        "overrides",
    ] {
        assert!(
            created.contains_key(&format!("oauth.{name}")),
            "{created:?}"
        );
    }
}

#[test]
fn a_token_endpoint_over_tls_needs_its_ca_and_says_so() {
    let realm = &*REALM;
    let endpoint = realm.provider.tls_token_endpoint();
    let manifests = Manifests::small(["oauth.tls"]);
    let ca = realm.provider.certificate().expect("a certificate");
    let ca = manifests.file("ca.pem", &String::from_utf8(ca).expect("PEM"));
    let run = || by_credentials(realm.run("apply", &manifests), &endpoint);
    let ended = run().run().exits(4).says("https.ca.location");
    let ended = begins(
        ended,
        &format!("TLS with the token endpoint {endpoint} failed"),
    );
    shows_no_secret(&ended, &[CLIENT_SECRET]);
    run()
        .env("KAFKA_OAUTH_CA_LOCATION", &ca)
        .json()
        .exits(0)
        .all_are("created");
    let nowhere = run().env("KAFKA_OAUTH_CA_LOCATION", "/nowhere/ca.pem");
    nowhere.run().exits(2).says("/nowhere/ca.pem");
}

#[test]
fn the_broker_and_the_token_endpoint_have_their_own_cas() {
    let realm = Realm::start(Security::SaslTls);
    let manifests = Manifests::small(["oauth.both-tls"]);
    let ca = realm.provider.certificate().expect("a certificate");
    let ca = manifests.file("idp.pem", &String::from_utf8(ca).expect("PEM"));
    let endpoint = realm.provider.tls_token_endpoint();
    // Neither protocol nor mechanism are stated.
    by_credentials(
        on(realm.kafka.bootstrap_servers(), "apply", &manifests),
        &endpoint,
    )
    .env("KAFKA_OAUTH_CA_LOCATION", ca)
    .env("SSL_CA_LOCATION", realm.kafka.ca_file().expect("a CA"))
    .json()
    .exits(0)
    .all_are("created");
}

#[test]
fn what_the_token_endpoint_does_wrong_is_told_by_its_cause() {
    let realm = &*REALM;
    let provider = IdentityProvider::start().expect("an identity provider");
    let endpoint = provider.token_endpoint();
    let manifests = Manifests::small(["oauth.never"]);
    let run = |endpoint: &str| {
        by_credentials(realm.run("apply", &manifests), endpoint).args(&["--timeout", "2s"])
    };

    let wrong = "guessed-4711";
    let refused = run(&endpoint)
        .env("KAFKA_OAUTH_CLIENT_SECRET", wrong)
        .args(&["--wait", "10m", "-X", "debug=all"])
        .env("TOPICCTL_LOG", "trace")
        .run()
        .exits(4)
        .says(&format!(
            "the token endpoint {endpoint} refuses the client `{CLIENT_ID}` (401"
        ))
        .says("invalid_client: Invalid client credentials")
        .says("check client id, secret and scope");
    shows_no_secret(&refused, &[wrong, "Z3Vlc3NlZC00NzEx"]);

    let echo =
        format!("{{\"error\":\"invalid_scope\",\"error_description\":\"{CLIENT_SECRET}!\"}}");
    for (behavior, code, words) in [
        (Behavior::Answer(400, echo), 4, "refuses the client"),
        (
            Behavior::Answer(200, "<html>".into()),
            3,
            "answers with something else than JSON",
        ),
        (
            Behavior::Answer(200, "{}".into()),
            3,
            "answers without an access_token",
        ),
        (Behavior::Answer(404, "no".into()), 3, "answers 404"),
        (Behavior::Answer(503, String::new()), 3, "answers 503"),
        (Behavior::Answer(302, String::new()), 3, "answers 302"),
        (
            Behavior::Answer(200, r#"{"access_token":"two words"}"#.into()),
            2,
            "gives is not a token",
        ),
        (Behavior::Silent, 3, "did not answer within 2 s"),
    ] {
        provider.behave(behavior);
        let ended = run(&endpoint).run().exits(code).says(words);
        assert!(ended.stderr.starts_with("error["), "{ended}");
        shows_no_secret(&ended, &[CLIENT_SECRET, "two words"]);
    }

    let closed = format!("http://127.0.0.1:{}/token", free_port().expect("a port"));
    let ended = run(&closed).run().exits(3);
    begins(
        ended,
        &format!("the token endpoint {closed} refuses the connection"),
    );
    let unknown = "http://idp.invalid/token";
    let ended = run(unknown).run().exits(3);
    begins(
        ended,
        &format!("the token endpoint {unknown} is at a name that does not resolve"),
    );
}

#[test]
fn a_token_that_the_broker_does_not_take_is_told_with_what_it_says() {
    let realm = &*REALM;
    let issuer = realm.provider.issuer();
    let manifests = Manifests::small(["oauth.never"]);
    let other = realm.token("other", 600);
    let ended = realm
        .run("apply", &manifests)
        .env("KAFKA_OAUTH_TOKEN_COMMAND", format!("echo {other}"))
        .run()
        .exits(4)
        .says("invalid_token")
        .says(&format!(
            "it is from the token command (issuer {issuer}, audience other)"
        ));
    let servers = realm.kafka.bootstrap_servers();
    let first_line = format!("{servers} refused the token of `{CLIENT_ID}` (OAUTHBEARER)");
    let ended = begins(ended, &first_line);
    shows_no_secret(&ended, &[&other]);

    // One of which the issuer says that it is still good.
    let provider = IdentityProvider::start().expect("an identity provider");
    let expired = realm.token(AUDIENCE, -60);
    let answer = format!("{{\"access_token\":\"{expired}\",\"expires_in\":600}}");
    provider.behave(Behavior::Answer(200, answer));
    let ended = by_credentials(realm.run("apply", &manifests), &provider.token_endpoint()).run();
    let ended = begins(ended.exits(4).says("invalid_token"), &first_line);
    shows_no_secret(&ended, &[&expired]);
}

#[test]
fn a_file_or_a_command_without_a_token_is_told_before_anything_is_sent() {
    let realm = &*REALM;
    let manifests = Manifests::small(["oauth.never"]);
    let expired = manifests.file("expired", &realm.token(AUDIENCE, -60));
    let empty = manifests.file("empty", " \n");
    let run = || {
        let nobody = format!("127.0.0.1:{}", free_port().expect("a port"));
        let run = on(&nobody, "apply", &manifests).env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT");
        run.args(&["--timeout", "2s"])
    };
    let file = |path: &str| run().env("KAFKA_OAUTH_TOKEN_FILE", path).run();
    let ended = file(expired.to_str().expect("a path")).exits(4);
    begins(
        ended,
        &format!("the token of the token file {} expired", expired.display()),
    );
    let ended = file(empty.to_str().expect("a path")).exits(2);
    begins(ended.says("it is empty"), "what the token file");
    begins(
        file("/nowhere/token").exits(2),
        "the token file /nowhere/token cannot be read",
    );

    let command = |text: &str| run().env("KAFKA_OAUTH_TOKEN_COMMAND", text).run();
    let ended = command("echo hush-out; echo no login >&2; exit 3").exits(2);
    let ended = begins(ended, "the token command failed (exit status: 3) no login");
    shows_no_secret(&ended, &["hush-out"]);
    let ended = command("echo '{\"accessToken\": \"hush-out\"}'")
        .exits(2)
        .says("it is JSON");
    shows_no_secret(&ended, &["hush-out"]);
    let ended = command("exec sleep 600").exits(3);
    begins(ended, "the token command did not end within 2 s");
}

#[test]
fn tokens_are_renewed_while_the_cluster_is_waited_for() {
    let mut realm = Realm::start(Security::Sasl);
    realm.provider.behave(Behavior::Grant { lifetime: 2 });
    realm.kafka.pause_node(1).expect("a node");
    let manifests = Manifests::small(["oauth.patient"]);
    let endpoint = realm.provider.token_endpoint();
    let run = by_credentials(realm.run("apply", &manifests), &endpoint).args(&["--wait", "5m"]);
    let running = run.args(&["-o", "json"]).start();
    // The first token and the second are no good any more when the third is fetched.
    assert!(realm.provider.wait_for_forms(4, PATIENCE) >= 4);
    realm.kafka.resume_node(1).expect("a node");
    running.end().report().exits(0).all_are("created");
}

#[test]
fn a_token_that_cannot_be_renewed_is_told_by_that_cause() {
    let mut realm = Realm::start(Security::Sasl);
    realm.provider.behave(Behavior::Grant { lifetime: 2 });
    realm.kafka.pause_node(1).expect("a node");
    let manifests = Manifests::small(["oauth.never"]);
    let endpoint = realm.provider.token_endpoint();
    let run = by_credentials(realm.run("apply", &manifests), &endpoint).args(&["--wait", "5m"]);
    let running = run.start();
    assert!(realm.provider.wait_for_forms(1, PATIENCE) >= 1);
    let refusal = r#"{"error":"invalid_client","error_description":"it was disabled"}"#;
    realm
        .provider
        .behave(Behavior::Answer(401, refusal.to_owned()));
    assert!(realm.provider.wait_for_forms(3, PATIENCE) >= 3);
    realm.kafka.resume_node(1).expect("a node");
    running
        .end()
        .exits(4)
        .says(&format!(
            "the token endpoint {endpoint} refuses the client `{CLIENT_ID}`"
        ))
        .says("invalid_client: it was disabled");
}

#[test]
fn the_token_endpoint_is_waited_for_as_brokers_are() {
    let realm = &*REALM;
    let provider = IdentityProvider::start().expect("an identity provider");
    provider.behave(Behavior::Answer(503, String::new()));
    let manifests = Manifests::small(["oauth.waited-for"]);
    let run = by_credentials(realm.run("apply", &manifests), &provider.token_endpoint());
    let mut running = run.args(&["--wait", "5m"]).start();
    running.until_it_says("no token");
    let good = realm.token(AUDIENCE, 600);
    provider.behave(Behavior::Answer(
        200,
        format!("{{\"access_token\":\"{good}\"}}"),
    ));
    running.end().exits(0).says("1 created");
}

#[test]
fn missing_rights_are_those_of_whom_the_token_is_about() {
    let manifests = Manifests::small(["elsewhere"]);
    let endpoint = REALM.provider.token_endpoint();
    for command in ["verify", "doctor"] {
        let ended = by_credentials(REALM.run(command, &manifests), &endpoint).run();
        let ended = ended.exits(4);
        let said = crate::support::binary::flat(&format!("{}{}", ended.stdout, ended.stderr));
        let rights = format!("cannot be seen with the rights of User:{CLIENT_ID}");
        assert!(said.contains(&rights), "{ended}");
        let principal = format!("--allow-principal User:{CLIENT_ID} ");
        assert!(said.contains(&principal), "{ended}");
    }
}

#[test]
fn an_examination_tells_whose_token_it_is_and_shows_none() {
    let manifests = Manifests::small(["oauth.examined"]);
    let endpoint = REALM.provider.token_endpoint();
    let ended = by_credentials(REALM.run("doctor", &manifests), &endpoint).run();
    let ended = ended
        .exits(0)
        .says("OAUTHBEARER is offered")
        .says(&format!("as User:{CLIENT_ID}"))
        .says("Create: oauth.examined");
    shows_no_secret(&ended, &[CLIENT_SECRET, "eyJ"]);
}
