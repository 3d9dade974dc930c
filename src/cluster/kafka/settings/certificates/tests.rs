//! Certificates, keys and stores as settings name them.

use crate::cluster::kafka::settings::store::tests::{CA, CLIENT, Pair, jks};
use crate::cluster::kafka::settings::tests::{Given, expect, expect_problem, value};

const ADDRESS: &str = "bootstrap.servers=kafka:9093\nsecurity.protocol=SSL\n";

/// A properties file with these lines behind two others.
fn properties(lines: &str) -> String {
    format!("{ADDRESS}{lines}")
}

#[test]
fn stores_become_pem_whatever_their_name_and_type_say() {
    let (ca, client) = (CA.certificate_pem(), CLIENT.certificate_pem());
    let trust = jks(&[], &[&CA.certificate], "changeit");
    let both = format!("{}{client}", CLIENT.key_pem());
    for (name, key_store) in [
        ("/k.p12", jks(&[(&CLIENT, "hush")], &[], "hush")),
        ("/k.jks", CLIENT.pkcs12("hush")),
    ] {
        let file = properties(&format!(
            "ssl.truststore.type=PKCS12\nssl.truststore.location=/t.p12\n\
             ssl.keystore.type=BCFKS\nssl.keystore.location={name}\n\
             ssl.keystore.password=hush\nssl.key.password=hush\n"
        ));
        let files: &[(&str, &[u8])] = &[("/t.p12", &trust), (name, &key_store)];
        let given = Given {
            file: Some(&file),
            files,
            ..Given::default()
        };
        let chain = format!("{client}{ca}");
        let wanted = [("ssl.ca.pem", &*ca), ("ssl.certificate.pem", &*chain)];
        let settings = expect(&given, &wanted);
        let key = value(&settings, "ssl.key.pem").expect("a key");
        assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"));
        for name in [
            "ssl.ca.location",
            "ssl.truststore.location",
            "ssl.truststore.password",
            "ssl.keystore.location",
            "ssl.keystore.password",
            "ssl.key.password",
        ] {
            assert_eq!(value(&settings, name), None, "{name}");
        }
        assert!(!format!("{settings:?}").contains("PRIVATE"));
        assert_eq!(settings.info().security.ca.as_deref(), Some("/t.p12"));
    }
    let given = Given {
        environment: &[("KAFKA_BOOTSTRAP_SERVERS", "kafka:9093")],
        overrides: &["security.protocol=ssl", "ssl.keystore.location=/both.p12"],
        files: &[("/both.p12", both.as_bytes())],
        ..Given::default()
    };
    let wanted = [("ssl.key.pem", &*both), ("ssl.certificate.pem", &*both)];
    let settings = expect(&given, &wanted);
    assert_eq!(value(&settings, "ssl.key.location"), None);
}

#[test]
fn text_of_pem_gets_its_line_breaks_back_and_a_weaker_file_is_not_looked_at() {
    let (ca, client) = (CA.certificate_pem(), CLIENT.certificate_pem());
    let key = CLIENT.encrypted_key_pem("hush");
    let one_line = |pem: &str| pem.replace('\n', "");
    let written_out = |pem: &str| pem.replace('\n', "\\\\n");
    let continued = |pem: &str| pem.trim_end().replace('\n', "\\n\\\n");
    let file = properties(&format!(
        "ssl.truststore.type=PEM\nssl.truststore.certificates={}\nssl.keystore.type=PEM\n\
         ssl.keystore.certificate.chain={}\nssl.keystore.key={}\nssl.key.password=hush\n",
        one_line(&ca),
        written_out(&client),
        continued(&key),
    ));
    let given = Given {
        file: Some(&file),
        environment: &[("SSL_CA_LOCATION", "/nowhere")],
        ..Given::default()
    };
    let wanted = [
        ("ssl.ca.pem", &*ca),
        ("ssl.certificate.pem", &*client),
        ("ssl.key.pem", &*key),
        ("ssl.key.password", "hush"),
    ];
    let settings = expect(&given, &wanted);
    assert_eq!(value(&settings, "ssl.ca.location"), None);
}

#[test]
fn what_a_store_lacks_is_said_with_its_property_place_and_path() {
    let key_store = jks(&[(&CLIENT, "own")], &[], "hush");
    let pkcs12 = CLIENT.pkcs12("hush");
    let trust = jks(&[], &[&CA.certificate], "hush");
    let nothing = jks(&[], &[], "hush");
    let der = CLIENT.certificate.to_der().expect("DER");
    let files: &[(&str, &[u8])] = &[
        ("/k.jks", &key_store),
        ("/k.p12", &pkcs12),
        ("/t.jks", &trust),
        ("/none.jks", &nothing),
        ("/jceks", &[0xce, 0xce, 0xce, 0xce, 0, 0, 0, 2]),
        ("/bcfks", &[0x30, 0x82, 0, 0, 0x30]),
        ("/empty", b""),
        ("/der", &der),
    ];
    for (lines, parts) in [
        (
            "ssl.keystore.location=/gone",
            &["there is no file /gone", "mounted"][..],
        ),
        (
            "ssl.keystore.location=/k.p12\nssl.keystore.password=loud",
            &[
                "ssl.keystore.password in client.properties:4 is not the password of /k.p12, a PKCS12",
            ],
        ),
        (
            "ssl.keystore.location=/k.p12",
            &[
                "with a password, and none is given",
                "set ssl.keystore.password",
            ],
        ),
        (
            "ssl.keystore.location=/k.jks\nssl.keystore.password=hush",
            &[
                "the key in /k.jks",
                "another password",
                "set ssl.key.password",
            ],
        ),
        (
            "ssl.keystore.location=/k.jks\nssl.keystore.password=hush\nssl.key.password=loud",
            &[
                "the key in /k.jks",
                "than ssl.key.password in client.properties:5",
            ],
        ),
        (
            "ssl.keystore.location=/t.jks\nssl.keystore.password=hush",
            &[
                "/t.jks, a JKS store, has no private key",
                "ssl.truststore.location",
            ],
        ),
        (
            "ssl.truststore.location=/none.jks\nssl.truststore.password=hush",
            &[
                "/none.jks, a JKS store, has no trusted certificate",
                "keytool -importcert",
            ],
        ),
        (
            "ssl.truststore.location=/t.jks\nssl.truststore.password=loud",
            &["ssl.truststore.password in client.properties:4 is not the password of /t.jks"],
        ),
        (
            "ssl.keystore.location=/jceks",
            &[
                "holds a JCEKS store",
                "keytool -importkeystore -srckeystore /jceks",
            ],
        ),
        (
            "ssl.truststore.location=/bcfks",
            &[
                "holds something else",
                "keytool -list -rfc -keystore /bcfks",
            ],
        ),
        ("ssl.truststore.location=/empty", &["/empty is empty"]),
        (
            "ssl.truststore.location=/der",
            &["a certificate in DER", "convert it"],
        ),
    ] {
        let file = properties(lines);
        let given = Given {
            file: Some(&file),
            files,
            ..Given::default()
        };
        let property = lines.split('=').next().unwrap_or_default();
        expect_problem(&given, parts);
        if !lines.contains("password=loud") {
            let place = format!("client.properties:3: {property} in client.properties:3: ");
            expect_problem(&given, &[&place]);
        }
    }
}

#[test]
fn files_of_librdkafka_s_settings_are_looked_into() {
    let (client, key) = (CLIENT.certificate_pem(), CLIENT.key_pem());
    let other = Pair::new("other", None).key_pem();
    let encrypted = CLIENT.encrypted_key_pem("hush");
    let store = jks(&[], &[&CA.certificate], "hush");
    let der = CLIENT.certificate.to_der().expect("DER");
    let cut = format!("{}-----END CERTIFICATE-----\n", &client[..200]);
    let files: &[(&str, &[u8])] = &[
        ("/c", client.as_bytes()),
        ("/k", key.as_bytes()),
        ("/o", other.as_bytes()),
        ("/e", encrypted.as_bytes()),
        ("/j", &store),
        ("/der", &der),
        ("/cut", cut.as_bytes()),
    ];
    let text = format!("ssl.key.location={key}");
    for (overrides, parts) in [
        (
            &["ssl.ca.location=/gone"][..],
            &["-X ssl.ca.location: there is no file /gone"][..],
        ),
        (
            &["ssl.ca.location=/j"],
            &["/j holds a JKS store, and PEM is wanted", "keytool"],
        ),
        (
            &["ssl.ca.location=/k"],
            &["/k holds a private key, and a certificate is wanted"],
        ),
        (
            &["ssl.ca.location=/der"],
            &["a certificate in DER", "openssl x509 -inform DER"],
        ),
        (&["ssl.ca.location=/cut"], &["/cut is cut or damaged"]),
        (
            &["ssl.ca.pem=hello"],
            &["-X ssl.ca.pem: this is not PEM text"],
        ),
        (
            &["ssl.certificate.location=/c", "ssl.key.location=/c"],
            &["-X ssl.key.location: /c holds a certificate, and a private key is wanted"],
        ),
        (
            &["ssl.certificate.location=/k", "ssl.key.location=/k"],
            &["-X ssl.certificate.location: /k holds a private key, and a certificate is wanted"],
        ),
        (
            &["ssl.certificate.location=/c", "ssl.key.location=/o"],
            &["-X ssl.key.location: the key does not belong to the certificate"],
        ),
        (
            &["ssl.certificate.location=/c"],
            &["without its private key", "ssl.key.location"],
        ),
        (
            &["ssl.key.location=/k"],
            &["a private key without its certificate"],
        ),
        (
            &["ssl.certificate.location=/c", "ssl.key.location=/e"],
            &["the private key in /e is encrypted", "set ssl.key.password"],
        ),
        (
            &[
                "ssl.certificate.location=/c",
                "ssl.key.location=/e",
                "ssl.key.password=loud",
            ],
            &["-X ssl.key.password: this does not open the private key"],
        ),
        (
            &["ssl.certificate.location=/c", &text],
            &[
                "-X ssl.key.location: this is PEM text, where a path belongs",
                "ssl.key.pem",
            ],
        ),
        (
            &["ssl.keystore.location=/j", "ssl.keystore.password=hush"],
            &["-X ssl.keystore.location: /j, a JKS store, has no private key"],
        ),
    ] {
        let mut all = vec!["security.protocol=ssl"];
        all.extend(overrides);
        let given = Given {
            environment: &[("KAFKA_BOOTSTRAP_SERVERS", "kafka:9093")],
            overrides: &all,
            files,
            ..Given::default()
        };
        expect_problem(&given, parts);
    }
    let given = Given {
        environment: &[
            ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9093"),
            ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
            ("SSL_CA_LOCATION", "/gone"),
        ],
        ..Given::default()
    };
    // Without TLS nobody looks at it.
    expect(&given, &[]);
}
