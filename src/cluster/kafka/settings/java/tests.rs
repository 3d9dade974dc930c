//! Properties files of the Java client.

use std::time::Duration;

use crate::cluster::kafka::settings::store::tests::CA;
use crate::cluster::kafka::settings::tests::{Given, expect, expect_problem, problems, value};

#[test]
fn java_properties_are_translated() {
    let file = r#"
bootstrap.servers = kafka:9093
security.protocol = SASL_SSL
sasl.mechanism = SCRAM-SHA-512
sasl.jaas.config = org.apache.kafka.common.security.scram.ScramLoginModule required \
    username="ci" \
    password="a\\"b";
ssl.truststore.type = PEM
ssl.truststore.location = /etc/ca.pem
ssl.endpoint.identification.algorithm =
client.id = mine
request.timeout.ms = 5000
default.api.timeout.ms = 60000
retries = 3
enable.idempotence = true
key.serializer = org.apache.kafka.common.serialization.StringSerializer
socket.keepalive.enable = true
"#;
    let ca = CA.certificate_pem();
    let settings = expect(
        &Given {
            file: Some(file),
            files: &[("/etc/ca.pem", ca.as_bytes())],
            ..Given::default()
        },
        &[
            ("bootstrap.servers", "kafka:9093"),
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", "ci"),
            ("sasl.password", "a\"b"),
            ("ssl.ca.pem", &ca),
            ("ssl.endpoint.identification.algorithm", "none"),
            ("client.id", "mine"),
            ("socket.keepalive.enable", "true"),
        ],
    );
    assert_eq!(settings.info().timeout, Duration::from_secs(5));
    assert_eq!(
        settings.info().security.credentials_from,
        "sasl.jaas.config in client.properties:5"
    );
    for name in [
        "retries",
        "enable.idempotence",
        "request.timeout.ms",
        "sasl.jaas.config",
    ] {
        assert_eq!(value(&settings, name), None, "{name}");
    }
}

#[test]
fn what_cannot_be_translated_is_named_with_the_way_out() {
    for (line, parts) in [
        ("ssl.truststore.certificates=/etc/ca.pem", &["not PEM"][..]),
        (
            "config.providers=vault\nconfig.providers.vault.class=x.VaultConfigProvider",
            &[
                "`config.providers.vault.class` names x.VaultConfigProvider",
                "KAFKA_PASSWORD",
            ],
        ),
        (
            "config.providers=file",
            &["`config.providers.file.class` is not set"],
        ),
        (
            "sasl.client.callback.handler.class=x.Y",
            &["names Y", "no counterpart", "KAFKA_OAUTH_TOKEN_COMMAND"],
        ),
        (
            "securty.protocol=SSL",
            &["not a property", "did you mean security.protocol?"],
        ),
        ("plugin.library.paths=/x.so", &["not a property"]),
        ("security.protocol=TLS", &["security.protocol", "TLS"]),
        (
            "sasl.mechanism=GSSAPI\nsecurity.protocol=SASL_SSL",
            &["`GSSAPI` is not supported", "OAUTHBEARER"],
        ),
        (
            "sasl.jaas.config=x.OtherLoginModule required;",
            &["x.OtherLoginModule", "PlainLoginModule"],
        ),
        ("request.timeout.ms=soon", &["number of milliseconds"]),
        ("client.id=\\u00g0", &["`client.id`", "hexadecimal"]),
    ] {
        let text = format!("bootstrap.servers=kafka:9093\n{line}\n");
        let found = problems(&Given {
            file: Some(&text),
            ..Given::default()
        });
        let vault = usize::from(line.contains("vault"));
        let place = format!("client.properties:{}: ", 2 + vault);
        assert!(found[0].starts_with(&place), "{line}: {found:#?}");
        for part in parts {
            assert!(found[0].contains(part), "{part} is not in {found:#?}");
        }
    }
}

#[test]
fn a_scram_module_needs_its_mechanism() {
    let file = "bootstrap.servers=kafka:9093\nsasl.jaas.config=org.apache.kafka.common.security.\
                scram.ScramLoginModule required username=ci password=hush;";
    let given = Given {
        file: Some(file),
        ..Given::default()
    };
    expect_problem(
        &given,
        &["client.properties:2", "ScramLoginModule", "SCRAM-SHA-256"],
    );
}

const PROVIDERS: &str = "\
    bootstrap.servers=kafka:9093\n\
    config.providers=file, env,directory\n\
    config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider\n\
    config.providers.file.param.allowed.paths=/run/secrets,/etc/kafka\n\
    config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n\
    config.providers.env.param.allowlist.pattern=APP_.*\n\
    config.providers.directory.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider\n";

#[test]
fn values_of_config_providers_are_put_in_place() {
    let file = format!(
        "{PROVIDERS}sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
         required username=\"${{env:APP_USER}}\" password=\"${{file:/run/secrets/k.properties:pass}}\";\n\
         client.id=${{directory:/mnt:id}}-${{vault:a:b}}\n"
    );
    let given = Given {
        file: Some(&file),
        environment: &[("APP_USER", "$ConnectionString")],
        files: &[
            ("/run/secrets/k.properties", b"pass=old\npass=hush\\u0021\n"),
            ("/mnt/id", b"mine\n"),
        ],
        ..Given::default()
    };
    let wanted = [
        ("sasl.username", "$ConnectionString"),
        ("sasl.password", "hush!"),
        ("client.id", "mine-${vault:a:b}"),
    ];
    let settings = expect(&given, &wanted);
    assert!(!format!("{settings:?}").contains("hush"));
    let undeclared = Given {
        file: Some("bootstrap.servers=kafka:9093\nclient.id=${env:APP_USER}"),
        ..given
    };
    expect(&undeclared, &[("client.id", "${env:APP_USER}")]);
}

#[test]
fn a_value_that_no_provider_has_is_named_at_its_property() {
    for (value, parts) in [
        (
            "${file:/run/secrets/gone:pass}",
            &["/run/secrets/gone cannot be read"][..],
        ),
        (
            "${file:/run/secrets/k:gone}",
            &["/run/secrets/k has no `gone`"],
        ),
        (
            "${file:/run/secrets/../k:pass}",
            &["may not be read", "allowed.paths"],
        ),
        ("${file:pass}", &["without a path", "${NAME:PATH:KEY}"]),
        (
            "${env:HOME}",
            &["the variable HOME may not be read", "allowlist.pattern"],
        ),
        ("${env:APP_GONE}", &["there is no variable APP_GONE"]),
        ("${directory:/mnt:gone}", &["/mnt/gone cannot be read"]),
    ] {
        let file = format!("{PROVIDERS}client.id={value}\n");
        let given = Given {
            file: Some(&file),
            environment: &[("HOME", "/root")],
            files: &[("/run/secrets/k", b"pass=hush")],
            ..Given::default()
        };
        expect_problem(&given, &["client.properties:8: the value of `client.id`: "]);
        expect_problem(&given, parts);
    }
}
