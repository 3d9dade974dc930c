//! Sources of tokens, as people have them.

use secrecy::ExposeSecret;

use crate::cluster::kafka::settings::tests::{Given, expect, expect_problem, problems, value};
use crate::cluster::kafka::token::{Ca, ClientCredentials, TokenSource};

const JAVA: &str = "bootstrap.servers=kafka:9093\nsecurity.protocol=SASL_SSL\n\
                    sasl.mechanism=OAUTHBEARER\n";
const MODULE: &str = "sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.\
                      OAuthBearerLoginModule required";
const SERVERS: (&str, &str) = ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092");

fn source(given: &Given) -> TokenSource {
    let settings = expect(given, &[("sasl.mechanism", "OAUTHBEARER")]);
    // What is not librdkafka's to know is not handed to it.
    for name in ["sasl.oauthbearer.client.secret", "https.ca.location"] {
        assert_eq!(value(&settings, name), None, "{name}");
    }
    assert!(!format!("{settings:?}").contains("hush"));
    settings.token_source().expect("a source").clone()
}

#[track_caller]
fn credentials(given: &Given) -> ClientCredentials {
    match source(given) {
        TokenSource::ClientCredentials(credentials) => credentials,
        other => panic!("{other:?}"),
    }
}

#[test]
fn client_credentials_are_read_as_java_librdkafka_strimzi_and_the_environment_have_them() {
    let url = "https://idp.example.com/token";
    let java = format!(
        "{JAVA}sasl.oauthbearer.token.endpoint.url={url}\n\
         sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.secured.\
         OAuthBearerLoginCallbackHandler\n\
         {MODULE} clientId=\"abc\" clientSecret=\"hush\" scope=\"kafka\";\n"
    );
    let newer = format!(
        "{JAVA}sasl.oauthbearer.token.endpoint.url={url}\n\
         sasl.oauthbearer.jwt.retriever.class=org.apache.kafka.common.security.oauthbearer.\
         ClientCredentialsJwtRetriever\n\
         sasl.oauthbearer.client.credentials.client.id=abc\n\
         sasl.oauthbearer.client.credentials.client.secret=hush\nsasl.oauthbearer.scope=kafka\n"
    );
    let strimzi = format!(
        "{JAVA}sasl.login.callback.handler.class=io.strimzi.kafka.oauth.client.\
         JaasClientOauthLoginCallbackHandler\n\
         {MODULE} oauth.token.endpoint.uri=\"{url}\" oauth.client.id=\"abc\" \
         oauth.client.secret=\"hush\" oauth.scope=\"kafka\";\n"
    );
    let endpoint = format!("sasl.oauthbearer.token.endpoint.url={url}");
    let overrides = [
        "sasl.mechanisms=OAUTHBEARER",
        "sasl.oauthbearer.method=oidc",
        "sasl.oauthbearer.client.id=abc",
        "sasl.oauthbearer.client.secret=hush",
        "sasl.oauthbearer.scope=kafka",
        &endpoint,
    ];
    let environment = [
        SERVERS,
        ("KAFKA_OAUTH_TOKEN_ENDPOINT_URL", url),
        ("KAFKA_OAUTH_CLIENT_ID", "abc"),
        ("KAFKA_OAUTH_CLIENT_SECRET", "hush"),
        ("KAFKA_OAUTH_SCOPE", "kafka"),
    ];
    let file = |file| Given {
        file: Some(file),
        ..Given::default()
    };
    for given in [
        file(&java),
        file(&newer),
        file(&strimzi),
        Given {
            environment: &[SERVERS],
            overrides: &overrides,
            ..Given::default()
        },
        // Neither mechanism nor protocol are stated.
        Given {
            environment: &environment,
            ..Given::default()
        },
    ] {
        expect(&given, &[]);
        let found = credentials(&given);
        assert_eq!(found.endpoint, url);
        assert_eq!(found.client_id, "abc");
        assert_eq!(found.client_secret.expose_secret(), "hush");
        assert_eq!(found.scope.as_deref(), Some("kafka"));
    }
}

#[test]
fn a_token_alone_means_oauthbearer_over_tls() {
    let given = Given {
        environment: &[SERVERS, ("KAFKA_OAUTH_TOKEN_FILE", "/run/token")],
        ..Given::default()
    };
    let settings = expect(&given, &[("security.protocol", "sasl_ssl")]);
    assert_eq!(
        settings.info().security.credentials_from,
        "the token file /run/token"
    );
}

#[test]
fn java_s_address_of_a_file_and_strimzi_s_location_are_files() {
    let java = format!("{JAVA}sasl.oauthbearer.token.endpoint.url=file:///run/token\n");
    let strimzi = format!("{JAVA}{MODULE} oauth.access.token.location=/run/token;\n");
    for file in [&java, &strimzi] {
        let given = Given {
            file: Some(file),
            ..Given::default()
        };
        assert_eq!(source(&given).to_string(), "the token file /run/token");
    }
}

#[test]
fn a_stronger_source_replaces_a_weaker_one_and_two_of_one_layer_are_an_error() {
    let mut given = Given {
        environment: &[SERVERS, ("KAFKA_OAUTH_TOKEN_FILE", "/run/token")],
        overrides: &["sasl.oauthbearer.token.command=print hush"],
        ..Given::default()
    };
    assert_eq!(source(&given).to_string(), "the token command");
    given.environment = &[
        SERVERS,
        ("KAFKA_OAUTH_TOKEN_FILE", "/run/token"),
        ("KAFKA_OAUTH_TOKEN_COMMAND", "print hush"),
    ];
    given.overrides = &[];
    expect_problem(&given, &["tokens come from two places"]);
}

#[test]
fn a_properties_file_runs_no_command() {
    let file = format!("{JAVA}sasl.oauthbearer.token.command=print hush\n");
    let given = Given {
        file: Some(&file),
        ..Given::default()
    };
    let found = problems(&given);
    assert!(
        found[0].contains("only whoever starts topicctl"),
        "{found:?}"
    );
    assert!(!found.concat().contains("hush"), "{found:?}");
}

#[test]
fn extensions_and_the_ca_of_the_endpoint_are_taken() {
    let file = format!(
        "{JAVA}sasl.oauthbearer.token.endpoint.url=https://idp/token\n\
         {MODULE} clientId=abc clientSecret=hush extension_logicalCluster=lkc-1 \
         extension_identityPoolId=pool-1 ssl.truststore.type=PEM ssl.truststore.location=/ca.pem;\n"
    );
    let given = Given {
        file: Some(&file),
        ..Given::default()
    };
    let settings = expect(&given, &[]);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let wanted = [
        pair("identityPoolId", "pool-1"),
        pair("logicalCluster", "lkc-1"),
    ];
    assert_eq!(settings.sasl_extensions(), wanted);
    match credentials(&given).ca {
        Some(Ca::File(path)) => assert_eq!(path.to_str(), Some("/ca.pem")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_missing_or_not_supported_is_one_problem_that_says_so() {
    let endpoint = "sasl.oauthbearer.token.endpoint.url=https://idp/token\n";
    for (lines, parts) in [
        (
            "",
            &[
                "nothing says where a token comes from",
                "KAFKA_OAUTH_TOKEN_FILE",
            ][..],
        ),
        (
            "sasl.oauthbearer.token.endpoint.url=https://idp/token\n\
             sasl.oauthbearer.client.id=abc\n",
            &[
                "a token endpoint, and no client secret",
                "KAFKA_OAUTH_CLIENT_SECRET",
            ],
        ),
        (
            "sasl.oauthbearer.token.endpoint.url=hush\n",
            &["not an address like https://host/path"],
        ),
        (
            "sasl.oauthbearer.token.file=/t\nsasl.oauthbearer.extensions=auth=hush\n",
            &["sasl.oauthbearer.extensions is not of the form"],
        ),
        (
            "sasl.oauthbearer.token.file=/t\n\
             sasl.oauthbearer.grant.type=urn:ietf:params:oauth:grant-type:jwt-bearer\n",
            &[
                "sasl.oauthbearer.grant.type",
                "not supported",
                "KAFKA_OAUTH_TOKEN_COMMAND",
            ],
        ),
        (
            "sasl.oauthbearer.token.file=/t\nsasl.oauthbearer.assertion.private.key.file=/hush\n",
            &[
                "sasl.oauthbearer.assertion.private.key.file",
                "no counterpart",
            ],
        ),
        (
            "sasl.oauthbearer.token.file=/t\nsasl.oauthbearer.metadata.authentication.type=x\n",
            &["sasl.oauthbearer.metadata.authentication.type"],
        ),
        (
            "sasl.login.callback.handler.class=com.google.cloud.\
             hosted.kafka.auth.GcpLoginCallbackHandler\n",
            &["GcpLoginCallbackHandler", "KAFKA_OAUTH_TOKEN_COMMAND"],
        ),
    ] {
        let file = format!("{JAVA}{lines}");
        let given = Given {
            file: Some(&file),
            ..Given::default()
        };
        expect_problem(&given, parts);
        assert!(!problems(&given)[0].contains("hush;"));
    }
    let file =
        format!("{JAVA}{endpoint}{MODULE} clientId=abc clientSecret=hush oauth.audience=x;\n");
    let given = Given {
        file: Some(&file),
        ..Given::default()
    };
    expect_problem(&given, &["oauth.audience", "not supported"]);
}

#[test]
fn a_class_that_is_not_here_does_no_harm_where_a_command_takes_its_place() {
    let file = format!("{JAVA}sasl.login.callback.handler.class=com.example.Tokens\n{MODULE};\n");
    let mut given = Given {
        file: Some(&file),
        ..Given::default()
    };
    expect_problem(
        &given,
        &[
            "client.properties:4",
            "names Tokens",
            "KAFKA_OAUTH_TOKEN_COMMAND",
        ],
    );
    given.environment = &[("KAFKA_OAUTH_TOKEN_COMMAND", "print hush")];
    assert_eq!(source(&given).to_string(), "the token command");
}
