//! The list of bootstrap servers: `host:port`, separated by commas, spaces or line breaks.

use secrecy::ExposeSecret;

use super::layers::{Entry, Layers};
use super::problem;
use crate::diagnostic::Diagnostic;

/// Amazon MSK's listener for clients with IAM.
const MSK_IAM_PORTS: [&str; 2] = ["9098", "9198"];

/// Amazon MSK's listener for TLS without SASL.
const MSK_TLS_PORTS: [&str; 2] = ["9094", "9194"];

/// Checks and normalizes the list that won. `clusters` are the names of those that have one.
pub(super) fn check(
    layers: &mut Layers,
    clusters: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Option<String> {
    let entry = layers.get("bootstrap.servers").cloned();
    let text = entry.as_ref().map(|entry| entry.value.expose_secret());
    let servers: Vec<&str> = text
        .unwrap_or_default()
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|server| !server.is_empty())
        .collect();
    let Some(Entry { from, .. }) = entry.as_ref().filter(|_| !servers.is_empty()) else {
        let mut help = "name them with -b, KAFKA_BOOTSTRAP_SERVERS, or bootstrap.servers in \
                        --command-config"
            .to_owned();
        if !clusters.is_empty() {
            help.push_str(&format!("; or choose --cluster {}", clusters.join(" or ")));
        }
        problems.push(problem("no bootstrap servers").help(help));
        return None;
    };
    if text.is_some_and(|text| text.contains('@')) {
        // What stands before it is a secret, most likely: neither it nor its line is shown.
        problems.push(
            problem(format!(
                "the bootstrap servers, set by {from}, hold an `@`: a user and a password are no \
                 part of an address"
            ))
            .help("write host:port; set KAFKA_USERNAME and KAFKA_PASSWORD"),
        );
        return None;
    }
    let before = problems.len();
    for server in &servers {
        if let Err(reason) = check_server(server) {
            let found = problem(format!("bootstrap server `{server}` {reason}"))
                .help("write host:port, for example kafka:9092");
            problems.push(from.locate(found));
        }
    }
    let list = servers.join(",");
    layers.set("bootstrap.servers", &list, from.clone());
    (problems.len() == before).then_some(list)
}

fn check_server(server: &str) -> Result<(), &'static str> {
    let address = match server.split_once("://") {
        // The Java client's listener form; librdkafka takes it too.
        Some((scheme, address)) => {
            let known = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
            if !known.contains(&scheme.to_ascii_lowercase().as_str()) {
                return Err("is a URL of something else than Kafka");
            }
            address
        }
        None => server,
    };
    let (host, port) = address.rsplit_once(':').ok_or("has no port")?;
    // An IPv6 address without a port ends in a colon and digits too.
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err("has an IPv6 address without brackets");
    }
    if host.is_empty() {
        return Err("has no host");
    }
    match port.parse::<u16>() {
        Ok(0) | Err(_) => Err("has a port that is not a number from 1 to 65535"),
        Ok(_) => Ok(()),
    }
}

/// What the ports suggest where an Amazon MSK cluster's listeners are mixed up.
pub(super) fn port_hint(servers: &str, protocol: &str) -> Option<String> {
    let ports = || {
        servers
            .split(',')
            .filter_map(|one| one.rsplit_once(':'))
            .map(|(_, port)| port)
    };
    let iam = ports().any(|port| MSK_IAM_PORTS.contains(&port));
    let tls = ports().any(|port| MSK_TLS_PORTS.contains(&port));
    match (iam, tls) {
        (true, true) => {
            Some("the list mixes ports: on Amazon MSK 9094 is TLS and 9098 is IAM".to_owned())
        }
        (true, false) => Some(
            "9098 is Amazon MSK's port for IAM, which this build does not speak; 9094 is TLS, \
             9096 is SASL/SCRAM"
                .to_owned(),
        ),
        (false, true) if protocol != "SSL" => Some(format!(
            "9094 is Amazon MSK's port for TLS, where security.protocol is SSL, and it is {protocol} \
             here; 9092 is plain text, 9096 SASL/SCRAM, 9098 IAM"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_host_and_port() {
        for good in [
            "kafka:9092",
            "127.0.0.1:1",
            "[::1]:9092",
            "SSL://kafka:9093",
        ] {
            assert_eq!(check_server(good), Ok(()), "{good}");
        }
        for (bad, reason) in [
            ("kafka", "has no port"),
            (":9092", "has no host"),
            ("kafka:", "has a port that is not a number from 1 to 65535"),
            ("kafka:0", "has a port that is not a number from 1 to 65535"),
            (
                "kafka:70000",
                "has a port that is not a number from 1 to 65535",
            ),
            ("::1:9092", "has an IPv6 address without brackets"),
            ("http://kafka:8082", "is a URL of something else than Kafka"),
        ] {
            assert_eq!(check_server(bad), Err(reason), "{bad}");
        }
    }

    #[test]
    fn ports_of_msk_are_distinguished() {
        let hint = |servers, protocol| port_hint(servers, protocol).unwrap_or_default();
        assert!(hint("b-1:9098", "SSL").contains("IAM"));
        assert!(hint("b-1:9094,b-2:9098", "SSL").contains("mixes"));
        assert!(hint("b-1:9094", "PLAINTEXT").contains("security.protocol is SSL"));
        assert_eq!(hint("b-1:9094", "SSL"), "");
        assert_eq!(hint("kafka:9092", "PLAINTEXT"), "");
    }
}
