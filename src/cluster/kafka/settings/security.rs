//! How the connection is secured, decided from all layers together.
//!
//! The safe assumption where something is left open: credentials mean SASL over TLS, a CA or a
//! certificate means TLS. A password goes over an unencrypted connection only where
//! SASL_PLAINTEXT is stated.

use super::jaas::Module;
use super::layers::{Layers, SetBy};
use super::{filled, oauthbearer, problem, words};
use crate::cluster::kafka::connection_info::{MSK_IAM, Security};
use crate::diagnostic::Diagnostic;

const MECHANISMS: [&str; 5] = [
    "PLAIN",
    "SCRAM-SHA-256",
    "SCRAM-SHA-512",
    "OAUTHBEARER",
    MSK_IAM,
];

/// Settings that give a client certificate.
const CLIENT_CERTIFICATE: [&str; 3] = [
    "ssl.keystore.location",
    "ssl.certificate.location",
    "ssl.certificate.pem",
];

/// Settings that only a TLS connection has a use for.
const TLS: [&str; 9] = [
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.key.location",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.crl.location",
    "ssl.truststore.location",
];

/// Decides protocol and mechanism, sets them, and reports what is missing for them.
pub(super) fn settle(layers: &mut Layers, problems: &mut Vec<Diagnostic>) -> Security {
    let place = |name: &&'static str| Some(layers.from(name)?.naming(name));
    let ca = ["ssl.ca.location", "ssl.truststore.location"];
    let ca = ca.iter().find_map(|name| filled(layers.text(name)));
    // librdkafka's word for the system's bundle.
    let ca = ca.filter(|ca| *ca != "probe").map(str::to_owned);
    let ca = ca.or_else(|| place(&"ssl.ca.pem"));
    let client_certificate = CLIENT_CERTIFICATE.iter().find_map(place);
    let any = |names: &[&str]| names.iter().any(|name| layers.has(name));
    let credentials = any(&["sasl.username", "sasl.password"]) || any(&oauthbearer::SOURCES);
    let protocol = match layers.text("security.protocol") {
        Some(stated) => stated.to_ascii_uppercase(),
        None if credentials || wants_msk_iam(layers) => "SASL_SSL".to_owned(),
        None if any(&TLS) => "SSL".to_owned(),
        None => "PLAINTEXT".to_owned(),
    };
    if !layers.has("security.protocol") {
        layers.set(
            "security.protocol",
            &protocol.to_ascii_lowercase(),
            SetBy::Flag("topicctl itself"),
        );
    }
    if !protocol.starts_with("SASL_") {
        problems.extend(without_sasl(layers, &protocol));
        return Security {
            protocol,
            ca,
            client_certificate,
            ..Security::default()
        };
    }

    let mechanism = settle_mechanism(layers, problems);
    // Of one that is not known it cannot be said what it needs.
    let has_password = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"].contains(&mechanism.as_str());
    if has_password {
        check_credentials(layers, &protocol, problems);
    }
    let user = layers.text("sasl.username").filter(|_| has_password);
    Security {
        protocol,
        mechanism: Some(mechanism),
        user: user.map(str::to_owned),
        credentials_from: credentials_from(layers),
        token: None,
        ca,
        client_certificate,
    }
}

/// Decides the mechanism, as Java's client writes it, and sets librdkafka's name for it.
fn settle_mechanism(layers: &mut Layers, problems: &mut Vec<Diagnostic>) -> String {
    let Some(entry) = layers.get("sasl.mechanism") else {
        let mechanism = unstated_mechanism(layers, problems);
        layers.set(
            "sasl.mechanism",
            sent(mechanism),
            SetBy::Flag("topicctl itself"),
        );
        return mechanism.to_owned();
    };
    let from = entry.from.clone();
    let stated = layers.text("sasl.mechanism").unwrap_or_default();
    let mechanism = stated.trim().to_ascii_uppercase();
    if MECHANISMS.contains(&mechanism.as_str()) {
        layers.set("sasl.mechanism", sent(&mechanism), from);
    } else {
        let shown = words::shown(stated);
        let found = problem(format!("SASL mechanism {shown} is not supported"));
        let help = words::one_of(stated, &MECHANISMS);
        problems.push(from.locate(found).help(help));
    }
    match mechanism.as_str() {
        "OAUTHBEARER" if takes_tokens_of_amazon(layers) => MSK_IAM.to_owned(),
        _ => mechanism,
    }
}

/// Whether Amazon's class is named to fetch tokens, and nothing else is.
fn takes_tokens_of_amazon(layers: &Layers) -> bool {
    layers.tokens_of_amazon && !oauthbearer::SOURCES.iter().any(|name| layers.has(name))
}

/// Whether the mechanism is stated, or follows from the login.
fn wants_msk_iam(layers: &Layers) -> bool {
    match layers.text("sasl.mechanism") {
        Some(stated) => stated.trim().eq_ignore_ascii_case(MSK_IAM),
        None => matches!(&layers.login, Some((login, _)) if login.module == Module::MskIam),
    }
}

/// Amazon's identity is for SASL only, so that a protocol without it is a contradiction.
fn without_sasl(layers: &Layers, protocol: &str) -> Option<Diagnostic> {
    let from = layers.from("security.protocol")?;
    let found = wants_msk_iam(layers).then(|| {
        problem(format!(
            "security.protocol is {protocol}, and {MSK_IAM} needs SASL_SSL"
        ))
    });
    let help = "set security.protocol to SASL_SSL (Amazon MSK: port 9098), or leave out \
                sasl.mechanism and sasl.jaas.config";
    Some(from.locate(found?).help(help))
}

fn unstated_mechanism(layers: &Layers, problems: &mut Vec<Diagnostic>) -> &'static str {
    match &layers.login {
        Some((login, from)) if login.module == Module::Scram => {
            let found = problem("a ScramLoginModule, and no sasl.mechanism").help(
                "set sasl.mechanism to SCRAM-SHA-256 or SCRAM-SHA-512, as the cluster has it",
            );
            problems.push(from.locate(found));
            "PLAIN"
        }
        Some((login, _)) if login.module == Module::OAuthBearer => {
            match takes_tokens_of_amazon(layers) {
                true => MSK_IAM,
                false => "OAUTHBEARER",
            }
        }
        Some((login, _)) if login.module == Module::MskIam => MSK_IAM,
        _ if !layers.has("sasl.username")
            && oauthbearer::SOURCES.iter().any(|name| layers.has(name)) =>
        {
            "OAUTHBEARER"
        }
        _ => "PLAIN",
    }
}

/// What librdkafka calls it: the mechanism of Amazon's library for Java is of that library's own
/// making, and its brokers take the same proof of identity as a bearer token.
fn sent(mechanism: &str) -> &str {
    match mechanism {
        MSK_IAM => "OAUTHBEARER",
        other => other,
    }
}

fn check_credentials(layers: &Layers, protocol: &str, problems: &mut Vec<Diagnostic>) {
    if layers.unusable_login {
        // It would have set them.
        return;
    }
    let missing = match (layers.has("sasl.username"), layers.has("sasl.password")) {
        (true, true) => return,
        (false, true) => "no user name",
        (true, false) => "no password",
        (false, false) => "no credentials",
    };
    problems
        .push(problem(format!("{missing} for {protocol}")).help(
            "set KAFKA_USERNAME and KAFKA_PASSWORD, or sasl.jaas.config in --command-config",
        ));
}

fn credentials_from(layers: &Layers) -> String {
    match (layers.from("sasl.username"), layers.from("sasl.password")) {
        (Some(user), Some(password)) => {
            let user = user.naming("sasl.username");
            match password.naming("sasl.password") {
                password if password == user => user,
                password => format!("{user} and {password}"),
            }
        }
        _ => "KAFKA_USERNAME and KAFKA_PASSWORD".to_owned(),
    }
}
