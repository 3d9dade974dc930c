//! Settings as people give them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use secrecy::ExposeSecret;

use super::store::tests::CA;
use super::{
    Argument, ChosenCluster, ConnectionOptions, Lookups, Settings, environment, java, names,
};
use crate::diagnostic::{Code, Diagnostic, Sources, Span};

/// The page that says what can be set.
const PAGE: &str = include_str!("../../../../docs/connection-settings.md");

/// What stands between backticks, from one heading to the next.
fn named(heading: &str) -> BTreeSet<&'static str> {
    let (_, section) = PAGE.split_once(heading).expect("a heading");
    let section = section.split_once("\n## ").map_or(section, |(one, _)| one);
    section.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_page_of_settings_names_all_that_there_are_and_no_others() {
    let mut variables: BTreeSet<&str> = BTreeSet::new();
    let mut settings: BTreeSet<&str> = BTreeSet::new();
    for (name, names) in environment::VARIABLES {
        settings.insert(name);
        variables.extend(names);
    }
    variables.extend(environment::FILES.iter().map(|(_, of_file)| of_file));
    settings.extend(names::OF_TOKENS);
    let page = named("## What can be set");
    let missing = |all: &BTreeSet<&'static str>| all.difference(&page).copied().collect::<Vec<_>>();
    assert_eq!(missing(&variables), [""; 0]);
    assert_eq!(missing(&settings), [""; 0]);
    let invented = page.iter().filter(|name| name.starts_with("KAFKA_"));
    let invented: Vec<_> = invented.filter(|name| !variables.contains(*name)).collect();
    assert_eq!(invented, [&""; 0]);

    let ignored = java::IGNORED.iter().chain(&java::IGNORED_PREFIXES);
    let ignored: BTreeSet<&str> = ignored.copied().collect();
    assert_eq!(named("## Properties that do not matter"), ignored);
    let refused = named("## Settings that may not be set");
    let known: BTreeSet<&str> = names::REFUSED.iter().map(|(name, ..)| *name).collect();
    assert!(known.is_subset(&refused));
    let without = named("## Properties that have no counterpart");
    let known: BTreeSet<&str> = java::UNTRANSLATABLE.iter().map(|(name, _)| *name).collect();
    assert!(known.is_subset(&without));
}

/// What a case is given.
#[derive(Default)]
pub(super) struct Given<'a> {
    pub(super) environment: &'a [(&'a str, &'a str)],
    /// Paths and what is in the files.
    pub(super) files: &'a [(&'a str, &'a [u8])],
    pub(super) file: Option<&'a str>,
    /// The chosen cluster's `bootstrap_servers`, and its properties file.
    pub(super) cluster: Option<(Option<&'a str>, Option<&'a str>)>,
    pub(super) flag: Option<&'a str>,
    pub(super) overrides: &'a [&'a str],
    pub(super) client_id: Option<&'a str>,
}

pub(super) struct Outcome {
    pub(super) settings: Result<Settings, Vec<Diagnostic>>,
    sources: Sources,
}

pub(super) fn resolve(given: &Given) -> Outcome {
    let mut sources = Sources::default();
    let cluster = given.cluster.map(|(servers, file)| ChosenCluster {
        name: "prod".to_owned(),
        bootstrap_servers: servers.map(|servers| {
            let source = sources.add("topicctl.yaml", servers.to_owned());
            let end = u32::try_from(servers.len()).expect("a short text");
            let (start, servers) = (0, servers.to_owned());
            (servers, Span { source, start, end })
        }),
        command_config: file.map(|text| sources.add("prod.properties", text.to_owned())),
    });
    let options = ConnectionOptions {
        bootstrap_servers: given.flag.map(|text| Argument::new("-b", text)),
        cluster,
        command_config: given
            .file
            .map(|text| sources.add("client.properties", text.to_owned())),
        overrides: given
            .overrides
            .iter()
            .map(|text| Argument::new("-X", *text))
            .collect(),
        client_id: given.client_id.map(str::to_owned),
        ..ConnectionOptions::default()
    };
    let variables: BTreeMap<&str, &str> = given.environment.iter().copied().collect();
    let variable = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    let files: BTreeMap<&Path, &[u8]> = given
        .files
        .iter()
        .map(|(path, bytes)| (Path::new(path), *bytes))
        .collect();
    let file = |path: &Path| match files.get(path) {
        Some(bytes) => Ok(bytes.to_vec()),
        None => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let names = || variables.keys().map(|name| (*name).to_owned()).collect();
    let lookups = Lookups {
        variable: &variable,
        names: &names,
        file: &file,
    };
    Outcome {
        settings: Settings::resolve(&options, lookups, &sources),
        sources,
    }
}

/// The value that librdkafka is given last.
pub(super) fn value(settings: &Settings, name: &str) -> Option<String> {
    let entries = settings.entries("host", 0x00c0_ffee);
    let found = entries.iter().rev().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.expose_secret().to_owned())
}

#[track_caller]
pub(super) fn expect(given: &Given, wanted: &[(&str, &str)]) -> Settings {
    let settings = resolve(given).settings.expect("good settings");
    for (name, wanted) in wanted {
        assert_eq!(value(&settings, name).as_deref(), Some(*wanted), "{name}");
    }
    settings
}

/// Every problem as `file:line: message; help`.
#[track_caller]
pub(super) fn problems(given: &Given) -> Vec<String> {
    let outcome = resolve(given);
    let problems = outcome.settings.expect_err("bad settings");
    let text = |one: &Diagnostic| {
        assert_eq!(one.code, Code::Connection);
        let place = one
            .primary
            .as_ref()
            .map(|label| outcome.sources.location(label.span));
        let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
        let help = one
            .help
            .as_deref()
            .map(|help| format!("; {help}"))
            .unwrap_or_default();
        format!("{place}{}{help}", one.message)
    };
    problems.iter().map(text).collect()
}

#[track_caller]
pub(super) fn expect_problem(given: &Given, parts: &[&str]) {
    let found = problems(given);
    assert_eq!(found.len(), 1, "{found:#?}");
    for part in parts {
        assert!(found[0].contains(part), "{part} is not in {found:#?}");
    }
}

const SERVERS: &[(&str, &str)] = &[("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")];

#[test]
fn the_stronger_layer_wins() {
    let environment = &[
        ("KAFKA_BOOTSTRAP_SERVERS", "env:1"),
        ("SERVICE_NAME", "orders"),
        ("KAFKA_SECURITY_PROTOCOL", "SSL"),
    ];
    let file = Some("bootstrap.servers=file:2\nsecurity.protocol=PLAINTEXT\n");
    let mut given = Given {
        environment,
        ..Given::default()
    };
    expect(
        &given,
        &[("bootstrap.servers", "env:1"), ("security.protocol", "SSL")],
    );
    given.file = file;
    expect(
        &given,
        &[
            ("bootstrap.servers", "file:2"),
            ("security.protocol", "PLAINTEXT"),
        ],
    );
    given.flag = Some("flag:3");
    expect(&given, &[("bootstrap.servers", "flag:3")]);
    given.overrides = &["metadata.broker.list=override:4", "security.protocol=ssl"];
    let settings = expect(
        &given,
        &[
            ("bootstrap.servers", "override:4"),
            ("security.protocol", "ssl"),
        ],
    );
    assert_eq!(settings.bootstrap_servers(), "override:4");
    assert_eq!(settings.command_config(), Some("client.properties"));
}

#[test]
fn kafka_s_tools_need_a_properties_file_on_secured_clusters_only() {
    let server = ("KAFKA_BOOTSTRAP_SERVERS", "b:1");
    let plain = Given {
        environment: &[server],
        ..Given::default()
    };
    assert_eq!(expect(&plain, &[]).command_config(), None);
    let secured = Given {
        environment: &[server, ("KAFKA_SECURITY_PROTOCOL", "SSL")],
        ..Given::default()
    };
    let usual = Some("client.properties");
    assert_eq!(expect(&secured, &[]).command_config(), usual);
}

#[test]
fn a_chosen_cluster_stands_between_flags_and_the_given_properties_file() {
    let mut given = Given {
        environment: &[("KAFKA_BOOTSTRAP_SERVERS", "env:1")],
        file: Some("bootstrap.servers=file:2\nsecurity.protocol=SSL\nrequest.timeout.ms=7000"),
        cluster: Some((
            None,
            Some("bootstrap.servers=own:3\nrequest.timeout.ms=8000"),
        )),
        ..Given::default()
    };
    // What its own file leaves open, the given one still says.
    let own = [("bootstrap.servers", "own:3"), ("security.protocol", "SSL")];
    let settings = expect(&given, &own);
    assert_eq!(settings.command_config(), Some("prod.properties"));
    assert_eq!(settings.info().timeout.as_millis(), 8000);

    given.cluster = Some((Some("entry:4"), Some("bootstrap.servers=own:3")));
    expect(&given, &[("bootstrap.servers", "entry:4")]);
    given.flag = Some("flag:5");
    expect(&given, &[("bootstrap.servers", "flag:5")]);
    given.overrides = &["bootstrap.servers=override:6"];
    expect(&given, &[("bootstrap.servers", "override:6")]);
}

#[test]
fn a_mistake_in_a_chosen_cluster_is_shown_where_it_stands() {
    let given = Given {
        cluster: Some((Some("kafka"), None)),
        ..Given::default()
    };
    expect_problem(&given, &["topicctl.yaml:1", "`kafka` has no port"]);
}

#[test]
fn credentials_alone_mean_sasl_over_tls() {
    let environment = &[
        SERVERS[0],
        ("KAFKA_SASL_USERNAME", "ci"),
        ("KAFKA_PASSWORD", " hush "),
    ];
    let settings = expect(
        &Given {
            environment,
            ..Given::default()
        },
        &[
            ("security.protocol", "sasl_ssl"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.username", "ci"),
            ("sasl.password", " hush "),
            ("ssl.ca.location", "probe"),
        ],
    );
    assert_eq!(settings.user(), Some("ci"));
    assert_eq!(
        settings.info().security.credentials_from,
        "KAFKA_SASL_USERNAME and KAFKA_PASSWORD"
    );
}

#[test]
fn a_ca_alone_means_tls() {
    let environment = &[SERVERS[0], ("SSL_CA_LOCATION", "/etc/ca.pem")];
    let ca = CA.certificate_pem();
    let wanted = [("security.protocol", "ssl"), ("ssl.ca.pem", &*ca)];
    expect(
        &Given {
            environment,
            files: &[("/etc/ca.pem", ca.as_bytes())],
            ..Given::default()
        },
        &wanted,
    );
    expect(
        &Given {
            environment: SERVERS,
            ..Given::default()
        },
        &[("security.protocol", "plaintext")],
    );
}

#[test]
fn sasl_without_credentials_is_an_error() {
    for (extra, missing) in [
        (
            &[("KAFKA_SECURITY_PROTOCOL", "sasl_ssl")][..],
            "no credentials for SASL_SSL",
        ),
        (&[("KAFKA_USERNAME", "ci")], "no password for SASL_SSL"),
        (&[("KAFKA_PASSWORD", "hush")], "no user name for SASL_SSL"),
    ] {
        let environment = [SERVERS, extra].concat();
        let given = Given {
            environment: &environment,
            ..Given::default()
        };
        expect_problem(&given, &[missing, "KAFKA_USERNAME and KAFKA_PASSWORD"]);
    }
}

#[test]
fn overrides_that_would_break_a_promise_are_refused() {
    for (text, name) in [
        ("allow.auto.create.topics=true", "allow.auto.create.topics"),
        ("enable.metrics.push=true", "enable.metrics.push"),
        ("enable.idempotence=true", "enable.idempotence"),
        ("transactional.id=x", "transactional.id"),
        ("plugin.library.paths=/x.so", "plugin.library.paths"),
        ("sasl.passwrd=hush", "did you mean sasl.password?"),
        ("SASL.Password=hush", "did you mean sasl.password?"),
        ("hush ssl.ca.location", "-X key=value"),
        ("hush==", "-X number 1: librdkafka has no such setting"),
        (
            "client.id=ci sasl.password=hush",
            "client.id: another setting stands in its value",
        ),
        (
            "bootstrap.servers=kafka:9092 sasl.passwrd=hush",
            "bootstrap.servers: another setting stands in its value",
        ),
        ("reconnect.backoff.ms=soon", "reconnect.backoff.ms"),
    ] {
        let given = Given {
            environment: SERVERS,
            overrides: &[text],
            ..Given::default()
        };
        expect_problem(&given, &[name]);
        assert!(!problems(&given)[0].contains("hush"));
    }
    let password = "sasl.password=hun ter2 a.b=c";
    expect(
        &Given {
            environment: &[SERVERS[0], ("KAFKA_USERNAME", "ci")],
            overrides: &[password],
            ..Given::default()
        },
        &[("sasl.password", "hun ter2 a.b=c")],
    );
    let overrides = &["allow.auto.create.topics=false", "reconnect.backoff.ms=20"];
    let settings = expect(
        &Given {
            environment: SERVERS,
            overrides,
            ..Given::default()
        },
        &[("reconnect.backoff.ms", "20")],
    );
    let entries = settings.entries("host", 1);
    let last: Vec<_> = entries
        .iter()
        .rev()
        .take(2)
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(last, ["enable.metrics.push", "allow.auto.create.topics"]);
}

#[test]
fn client_ids_distinguish_runs() {
    let environment = &[SERVERS[0], ("SERVICE_NAME", "orders")];
    let file = Some("client.id=mine");
    for (given, wanted) in [
        (
            Given {
                environment: SERVERS,
                ..Given::default()
            },
            "topicctl-host-00c0ffee",
        ),
        (
            Given {
                environment,
                ..Given::default()
            },
            "orders-host-00c0ffee",
        ),
        (
            Given {
                environment,
                client_id: Some("ci"),
                file,
                ..Given::default()
            },
            "ci-host-00c0ffee",
        ),
        (
            Given {
                environment,
                file,
                ..Given::default()
            },
            "mine",
        ),
        (
            Given {
                environment,
                overrides: &["client.id=x"],
                client_id: Some("ci"),
                ..Given::default()
            },
            "x",
        ),
    ] {
        expect(&given, &[("client.id", wanted)]);
    }
}

#[test]
fn all_problems_come_at_once() {
    let file = "securty.protocol=SSL\nssl.truststore.location=/t.jks\nbootstrap.servers=kafka";
    let given = Given {
        file: Some(file),
        overrides: &["nonsense.key=1"],
        ..Given::default()
    };
    assert_eq!(problems(&given).len(), 4, "{:#?}", problems(&given));
}

#[test]
fn secrets_are_never_shown() {
    let file = "bootstrap.servers=kafka:9093\n\
                sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
                username=ci password=hush1;\nssl.key.password=hush2\n";
    let given = Given {
        file: Some(file),
        environment: &[("KAFKA_PASSWORD", "hush3")],
        overrides: &["ssl.keystore.password=hush4"],
        ..Given::default()
    };
    let settings = expect(
        &given,
        &[
            ("sasl.password", "hush1"),
            ("ssl.keystore.password", "hush4"),
        ],
    );
    let shown = format!("{settings:?} {:#?} {:?}", settings, settings.info());
    assert!(!shown.contains("hush"), "{shown}");
    assert!(shown.contains("kafka:9093"), "{shown}");
    for (setting, words) in [
        (Some("sasl.password"), "hush1 is bad"),
        (None, "bootstrap.servers and sasl.password: hush1 is bad"),
    ] {
        let error = settings.start_error(setting, words);
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

#[test]
fn a_setting_that_the_client_cannot_use_is_named_with_who_set_it() {
    let given = Given {
        environment: SERVERS,
        overrides: &["ssl.crl.location=/nowhere/crl.pem"],
        ..Given::default()
    };
    let settings = expect(&given, &[("ssl.crl.location", "/nowhere/crl.pem")]);
    let error = settings.start_error(None, "ssl.crl.location failed: system lib");
    assert!(
        error
            .message
            .ends_with("`ssl.crl.location` is not usable: /nowhere/crl.pem"),
        "{error}"
    );
    assert_eq!(error.help.as_deref(), Some("it is set by -X"));
}

#[test]
fn a_login_that_cannot_be_read_is_one_problem() {
    for (mechanism, login, words) in [
        ("PLAIN", "com.example.Login required;", "com.example.Login"),
        (
            "OAUTHBEARER",
            "com.example.Login required;",
            "com.example.Login",
        ),
        (
            "AWS_MSK_IAM",
            "software.amazon.msk.auth.iam.IAMLoginModule required",
            "write software.amazon.msk.auth.iam.IAMLoginModule required;",
        ),
    ] {
        let file = format!(
            "security.protocol=SASL_SSL\nsasl.mechanism={mechanism}\nsasl.jaas.config={login}\n"
        );
        let given = Given {
            environment: &[
                ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
                ("AWS_REGION", "eu-west-1"),
            ],
            file: Some(&file),
            ..Given::default()
        };
        expect_problem(&given, &[words]);
    }
}
