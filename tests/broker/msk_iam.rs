//! Amazon MSK with IAM: a broker that signs the token again, as Amazon's do, takes it from every
//! source of credentials that needs no cloud; what it refuses is told in Amazon's terms, and no
//! secret is shown.

use std::sync::LazyLock;

use local_kafka::{LocalKafka, Security};
use tempfile::TempDir;

use crate::java_classes::compile;
use crate::kafka::describe;
use crate::support::binary::{Ended, Manifests, Run, on};

const KEY_ID: &str = "AKIATOPICCTLTEST0001";
const SECRET: &str = "s3cret+of/the=key";
const SESSION: &str = "IQoJ+session/hush==";
const REGION: &str = "eu-west-1";
const PRINCIPAL: &str = "msk-ci";

/// A broker with the validator on its class path.
struct Msk {
    kafka: LocalKafka,
    _classes: TempDir,
}

impl Msk {
    fn start(session: &str) -> Self {
        let classes = compile("msk_iam/PresignedUrlValidator.java");
        let principal = format!("User:{PRINCIPAL}");
        let listener = "listener.name.client";
        let login = format!(
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required \
             accessKeyId=\"{KEY_ID}\" secretKey=\"{SECRET}\" sessionToken=\"{session}\" \
             region=\"{REGION}\" principal=\"{PRINCIPAL}\";"
        );
        let options = LocalKafka::options()
            .security(Security::Sasl)
            .classpath(classes.path())
            .property(
                &format!("{listener}.sasl.enabled.mechanisms"),
                "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            )
            .property(&format!("{listener}.oauthbearer.sasl.jaas.config"), &login)
            .property(
                &format!("{listener}.oauthbearer.sasl.server.callback.handler.class"),
                "PresignedUrlValidator",
            )
            .property(
                &format!("{listener}.oauthbearer.sasl.login.callback.handler.class"),
                "PresignedUrlValidator",
            )
            .acl(&[
                "--allow-principal",
                &principal,
                "--resource-pattern-type",
                "prefixed",
                "--topic",
                "msk.",
                "--operation",
                "Describe",
                "--operation",
                "DescribeConfigs",
                "--operation",
                "Create",
            ]);
        Self {
            kafka: options.start().expect("a broker"),
            _classes: classes,
        }
    }

    /// A run that is told the mechanism, and nothing of whose credentials.
    fn run(&self, command: &str, manifests: &Manifests) -> Run {
        on(self.kafka.bootstrap_servers(), command, manifests)
            .env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
            .env("KAFKA_SASL_MECHANISM", "AWS_MSK_IAM")
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }
}

/// The one that tests share.
static MSK: LazyLock<Msk> = LazyLock::new(|| Msk::start("none"));

fn with_keys(run: Run, secret: &str) -> Run {
    run.env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", secret)
}

#[track_caller]
fn shows_no_secret(ended: &Ended) {
    for secret in [SECRET, SESSION, "X-Amz-Signature", "aHR0cHM6Ly9rYWZrYS4"] {
        assert!(!ended.stdout.contains(secret), "{ended}");
        assert!(!ended.stderr.contains(secret), "{ended}");
    }
}

#[test]
fn every_way_to_say_it_connects_and_creates() {
    let msk = &*MSK;
    let environment = Manifests::small(["msk.environment"]);
    with_keys(msk.run("apply", &environment), SECRET)
        .json()
        .exits(0)
        .all_are("created");

    let walked = with_keys(msk.run("doctor", &environment), SECRET).run();
    shows_no_secret(&walked.exits(0).says("as User:AKIA…0001"));

    let profile = Manifests::small(["msk.profile"]);
    let keys = format!("[ci]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET}\n");
    let credentials = profile.file("credentials", &keys);
    let login = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=AWS_MSK_IAM\n\
        sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required \
        awsProfileName=\"ci\";\n\
        sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler\n";
    on(msk.kafka.bootstrap_servers(), "apply", &profile)
        .arg("--command-config")
        .arg(profile.file("client.properties", login))
        .env("AWS_SHARED_CREDENTIALS_FILE", credentials)
        .env("AWS_DEFAULT_REGION", REGION)
        .json()
        .exits(0)
        .all_are("created");

    let command = Manifests::small(["msk.command"]);
    let printed =
        format!(r#"{{"Version":1,"AccessKeyId":"{KEY_ID}","SecretAccessKey":"{SECRET}"}}"#);
    let printed = command.file("printed", &printed);
    let config = format!("[default]\ncredential_process=cat {}\n", printed.display());
    msk.run("apply", &command)
        .env("AWS_CONFIG_FILE", command.file("config", &config))
        .json()
        .exits(0)
        .all_are("created");

    let created = describe(&msk.kafka);
    for name in ["environment", "profile", "command"] {
        let name = format!("msk.{name}");
        assert!(created.contains_key(&name), "{created:?}");
    }
}

#[test]
fn a_session_is_presented_with_its_token() {
    // The URL has it encoded.
    let msk = Msk::start("IQoJ%2Bsession%2Fhush%3D%3D");
    let manifests = Manifests::small(["msk.session"]);
    let run = || with_keys(msk.run("apply", &manifests), SECRET);
    let refused = run().run().exits(4);
    shows_no_secret(&refused);
    let created = run().env("AWS_SESSION_TOKEN", SESSION).json();
    created.exits(0).all_are("created");
}

#[test]
fn a_refusal_speaks_of_amazon_s_policies_and_shows_no_secret() {
    let msk = &*MSK;
    let manifests = Manifests::small(["msk.never"]);
    let wrong = "guessed+secret/4711";
    let refused = with_keys(msk.run("apply", &manifests), wrong)
        .args(&["-X", "debug=all", "--wait", "10m"])
        .env("TOPICCTL_LOG", "trace")
        .run()
        .exits(4)
        .says("refused the AWS credentials `AKIA…0001` (AWS_MSK_IAM)")
        .says("AWS_ACCESS_KEY_ID, region eu-west-1")
        .says("kafka-cluster:Connect");
    assert!(!refused.stderr.contains(wrong), "{refused}");
    assert!(!refused.stderr.contains("KAFKA_PASSWORD"), "{refused}");
    shows_no_secret(&refused);
    let elsewhere = with_keys(msk.run("apply", &manifests), SECRET)
        .env("AWS_REGION", "us-east-1")
        .run()
        .exits(4)
        .says("region us-east-1");
    shows_no_secret(&elsewhere);
}

#[test]
fn missing_rights_are_actions_of_iam() {
    let manifests = Manifests::small(["elsewhere"]);
    with_keys(MSK.run("apply", &manifests), SECRET)
        .run()
        .exits(4)
        .says("with the rights of AKIA…0001")
        .says("kafka-cluster:DescribeTopic")
        .says("kafka-cluster:CreateTopic");
}
