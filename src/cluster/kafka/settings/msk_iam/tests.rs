//! Amazon MSK with IAM, as people have it.

use secrecy::ExposeSecret;

use super::region_of;
use crate::cluster::kafka::settings::tests::{Given, expect, expect_problem, problems};
use crate::cluster::kafka::token::{MskIam, TokenSource};

const MSK: (&str, &str) = (
    "KAFKA_BOOTSTRAP_SERVERS",
    "b-1.demo.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9098",
);
const HANDLER: &str = "sasl.client.callback.handler.class=software.amazon.msk.auth.iam.\
                       IAMClientCallbackHandler\n";
const LOGIN: &str = "sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required";

#[track_caller]
fn source(given: &Given) -> MskIam {
    let settings = expect(given, &[("sasl.mechanism", "OAUTHBEARER")]);
    assert_eq!(settings.info().security.protocol, "SASL_SSL");
    assert_eq!(
        settings.info().security.mechanism.as_deref(),
        Some("AWS_MSK_IAM")
    );
    assert!(!format!("{settings:?}").contains("hush"));
    assert_eq!(settings.user(), None);
    match settings.token_source() {
        Some(TokenSource::MskIam(msk_iam)) => msk_iam.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_taken_as_java_librdkafka_and_the_environment_have_it() {
    let java =
        format!("security.protocol=SASL_SSL\nsasl.mechanism=AWS_MSK_IAM\n{LOGIN};\n{HANDLER}");
    let short = format!("{LOGIN};\n");
    let bearer = "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\n\
        sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule \
        required;\n\
        sasl.login.callback.handler.class=software.amazon.msk.auth.iam.\
        IAMOAuthBearerLoginCallbackHandler\n\
        sasl.client.callback.handler.class=software.amazon.msk.auth.iam.\
        IAMOAuthBearerLoginCallbackHandler\n";
    for file in [java.as_str(), &short, bearer] {
        let given = Given {
            environment: &[MSK],
            file: Some(file),
            ..Given::default()
        };
        let found = source(&given);
        assert_eq!(found.region, "eu-west-1", "{file}");
        assert!(found.profile.is_none() && found.role.is_none() && found.keys.is_none());
    }
    let environment = Given {
        environment: &[MSK, ("KAFKA_SASL_MECHANISM", "AWS_MSK_IAM")],
        ..Given::default()
    };
    source(&environment);
    let overrides = Given {
        environment: &[MSK],
        overrides: &["sasl.mechanism=aws_msk_iam"],
        ..Given::default()
    };
    source(&overrides);
}

#[test]
fn the_options_of_the_login_say_whose_credentials() {
    let file = format!(
        "{LOGIN} awsProfileName=ci awsRoleArn=\"arn:aws:iam::123456789012:role/topics\" \
         awsRoleSessionName=deploy awsRoleExternalId=x awsRoleAccessKeyId=AK \
         awsRoleSecretAccessKey=hush awsRoleSessionToken=hush2 awsStsRegion=us-east-1 \
         awsDebugCreds=true awsMaxRetries=3;\n"
    );
    let found = source(&Given {
        environment: &[MSK],
        file: Some(&file),
        ..Given::default()
    });
    assert_eq!(found.profile.as_deref(), Some("ci"));
    assert_eq!(found.sts_region.as_deref(), Some("us-east-1"));
    let role = found.role.expect("a role");
    assert_eq!(role.arn, "arn:aws:iam::123456789012:role/topics");
    assert_eq!(role.session_name.as_deref(), Some("deploy"));
    assert_eq!(role.external_id.as_deref(), Some("x"));
    let keys = found.keys.expect("keys");
    assert_eq!(
        (keys.id.as_str(), keys.secret.expose_secret()),
        ("AK", "hush")
    );
    assert!(!format!("{keys:?}").contains("hush"));
}

#[test]
fn an_option_that_is_none_is_one_problem() {
    for (options, words) in [
        ("awsProfilName=ci", "did you mean awsProfileName?"),
        ("username=ci", "username is no option of Amazon's login"),
        (
            "awsRoleArn=a awsRoleAccessKeyId=AK",
            "one of awsRoleAccessKeyId and",
        ),
        (
            "awsRoleAccessKeyId=AK awsRoleSecretAccessKey=hush",
            "and no awsRoleArn",
        ),
        ("awsShouldUseFips=true", "awsShouldUseFips is not supported"),
    ] {
        let file = format!("sasl.mechanism=AWS_MSK_IAM\n{LOGIN} {options};\n");
        let given = Given {
            environment: &[MSK],
            file: Some(&file),
            ..Given::default()
        };
        expect_problem(&given, &[words, "client.properties:2: "]);
        assert!(!problems(&given)[0].contains("hush"));
    }
}

#[test]
fn a_protocol_without_sasl_is_a_contradiction() {
    for protocol in ["SSL", "PLAINTEXT"] {
        let given = Given {
            environment: &[MSK, ("KAFKA_SECURITY_PROTOCOL", protocol)],
            overrides: &["sasl.mechanism=AWS_MSK_IAM"],
            ..Given::default()
        };
        let words = format!("security.protocol is {protocol}, and AWS_MSK_IAM needs SASL_SSL");
        expect_problem(&given, &[&words, "port 9098"]);
    }
}

#[test]
fn the_region_is_the_address_s_else_as_amazon_s_tools_find_one() {
    for (host, region) in [
        (
            "b-1.demo.a1.c2.kafka.eu-west-1.amazonaws.com",
            Some("eu-west-1"),
        ),
        (
            "b-2-public.my-app-1.a1.c2.kafka.us-gov-east-1.amazonaws.com.",
            Some("us-gov-east-1"),
        ),
        (
            "boot-a1.c1.kafka-serverless.ap-southeast-2.amazonaws.com",
            Some("ap-southeast-2"),
        ),
        (
            "b-1.demo.a1.c3.kafka.cn-north-1.amazonaws.com.cn",
            Some("cn-north-1"),
        ),
        (
            "vpce-0a1-b2.kafka.us-east-1.vpce.amazonaws.com",
            Some("us-east-1"),
        ),
        ("kafka.eu-west-1.example.com", None),
        ("127.0.0.1", None),
    ] {
        assert_eq!(region_of(host), region, "{host}");
    }
    let elsewhere = ("KAFKA_BOOTSTRAP_SERVERS", "kafka.example.com:9098");
    let mechanism = ("KAFKA_SASL_MECHANISM", "AWS_MSK_IAM");
    let config: &[u8] = b"[default]\nregion = eu-north-1\n[profile ci]\nregion = us-west-2\n";
    let files: &[(&str, &[u8])] = &[("/home/ci/.aws/config", config)];
    let home = ("HOME", "/home/ci");
    for (more, region) in [
        (
            &[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "x")][..],
            "eu-west-1",
        ),
        (&[("AWS_DEFAULT_REGION", "eu-west-3")], "eu-west-3"),
        (&[("AWS_PROFILE", "ci")], "us-west-2"),
        (&[("AWS_REGION", " ")], "eu-north-1"),
    ] {
        let environment = [&[elsewhere, mechanism, home], more].concat();
        let given = Given {
            environment: &environment,
            files,
            ..Given::default()
        };
        assert_eq!(source(&given).region, region, "{more:?}");
    }
    let nowhere = Given {
        environment: &[elsewhere, mechanism],
        ..Given::default()
    };
    expect_problem(
        &nowhere,
        &["no AWS region for AWS_MSK_IAM", "set AWS_REGION"],
    );
    let no_address = Given {
        environment: &[mechanism],
        ..Given::default()
    };
    expect_problem(&no_address, &["no bootstrap servers"]);
}
