//! How the connection is secured, decided from all layers together.
//!
//! The safe assumption where something is left open: credentials mean SASL over TLS, a CA or a
//! certificate means TLS. A password goes over an unencrypted connection only where
//! SASL_PLAINTEXT is stated.

use super::layers::{Layers, SetBy};
use super::{filled, problem};
use crate::cluster::kafka::connection_info::Security;
use crate::diagnostic::Diagnostic;

/// Mechanisms of this build.
const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/// Settings that only a TLS connection has a use for.
const TLS: [&str; 8] = [
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.key.location",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.crl.location",
];

/// Decides protocol and mechanism, sets them, and reports what is missing for them.
pub(super) fn settle(layers: &mut Layers, problems: &mut Vec<Diagnostic>) -> Security {
    let ca = filled(layers.text("ssl.ca.location")).map(str::to_owned);
    let user = layers.text("sasl.username").map(str::to_owned);
    let credentials = layers.has("sasl.username") || layers.has("sasl.password");
    let protocol = match layers.text("security.protocol") {
        Some(stated) => stated.to_ascii_uppercase(),
        None if credentials => "SASL_SSL".to_owned(),
        None if TLS.iter().any(|name| layers.has(name)) => "SSL".to_owned(),
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
        return Security {
            protocol,
            ca,
            ..Security::default()
        };
    }

    let mechanism = settle_mechanism(layers, problems);
    check_credentials(layers, &protocol, problems);
    Security {
        protocol,
        mechanism: Some(mechanism),
        user,
        credentials_from: credentials_from(layers),
        ca,
    }
}

fn settle_mechanism(layers: &mut Layers, problems: &mut Vec<Diagnostic>) -> String {
    let Some(entry) = layers.get("sasl.mechanism") else {
        if let Some(from) = &layers.scram_module {
            let found = problem("a ScramLoginModule, and no sasl.mechanism").help(
                "set sasl.mechanism to SCRAM-SHA-256 or SCRAM-SHA-512, as the cluster has it",
            );
            problems.push(from.locate(found));
        }
        layers.set("sasl.mechanism", "PLAIN", SetBy::Flag("topicctl itself"));
        return "PLAIN".to_owned();
    };
    let from = entry.from.clone();
    let stated = layers.text("sasl.mechanism").unwrap_or_default();
    let mechanism = stated.trim().to_ascii_uppercase();
    if MECHANISMS.contains(&mechanism.as_str()) {
        layers.set("sasl.mechanism", &mechanism, from);
    } else {
        let found = problem(format!(
            "SASL mechanism {stated} is not in this build of topicctl"
        ));
        let help = match mechanism.as_str() {
            "AWS_MSK_IAM" | "OAUTHBEARER" => {
                "use SCRAM-SHA-512 (Amazon MSK: port 9096) or TLS with a client certificate \
                 (port 9094)"
                    .to_owned()
            }
            _ => format!("use one of {}", MECHANISMS.join(", ")),
        };
        problems.push(from.locate(found.help(help)));
    }
    mechanism
}

fn check_credentials(layers: &Layers, protocol: &str, problems: &mut Vec<Diagnostic>) {
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
        (Some(SetBy::Override), Some(SetBy::Override)) => {
            "-X sasl.username and -X sasl.password".to_owned()
        }
        (Some(user), Some(password)) if user == password => user.to_string(),
        (Some(user), Some(password)) => format!("{user} and {password}"),
        _ => "KAFKA_USERNAME and KAFKA_PASSWORD".to_owned(),
    }
}
