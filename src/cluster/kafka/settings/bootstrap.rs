//! The list of bootstrap servers: `host:port`, separated by commas, semicolons or white space.
//!
//! A protocol in front of an address (`SASL_SSL://kafka:9092`, as services print it) is taken where
//! nothing else states one, and dropped where something does, as the Java client does
//! (`org.apache.kafka.common.utils.Utils.getHost`). What is no address may be anything, a secret
//! too: it is quoted only where it is made of what addresses are made of.

#[cfg(test)]
mod tests;

use secrecy::ExposeSecret;

use super::layers::{Entry, Layers, SetBy};
use super::words::PROTOCOLS;
use super::{Lookups, environment, problem};
use crate::cluster::kafka::connection_info::{MSK_IAM, Security};
use crate::diagnostic::Diagnostic;
use crate::wording::and;

/// Amazon MSK's listener for clients with IAM.
const MSK_IAM_PORTS: [&str; 2] = ["9098", "9198"];

/// Amazon MSK's listener for TLS without SASL.
const MSK_TLS_PORTS: [&str; 2] = ["9094", "9194"];

const ZOOKEEPER_PORT: &str = "2181";

/// The longest name that DNS has, and the longest part of one (RFC 1035).
const LONGEST_HOST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// What the list says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BootstrapServers {
    /// `host:port`, by comma.
    pub(super) servers: String,
    /// The protocols in front of addresses, in upper case.
    protocols: Vec<String>,
}

/// Checks and normalizes the list that won. `clusters` are the names of those that have one.
pub(super) fn check(
    layers: &mut Layers,
    clusters: &[String],
    lookups: Lookups,
    problems: &mut Vec<Diagnostic>,
) -> Option<BootstrapServers> {
    let entry = layers.get("bootstrap.servers").cloned();
    let entry = entry.filter(|entry| addresses(entry.value.expose_secret()).next().is_some());
    let Some(Entry { value, from }) = entry else {
        let mut help = "name them with -b, KAFKA_BOOTSTRAP_SERVERS, or bootstrap.servers in \
                        --command-config"
            .to_owned();
        if !clusters.is_empty() {
            help.push_str(&format!("; or choose --cluster {}", clusters.join(" or ")));
        }
        let near = environment::near_servers(lookups);
        if !near.is_empty() {
            let are = if near.len() == 1 { "is" } else { "are" };
            let near = and(&near);
            help = format!("{near} {are} set; topicctl reads KAFKA_BOOTSTRAP_SERVERS; or {help}");
        }
        problems.push(problem("no bootstrap servers").help(help));
        return None;
    };
    let text = value.expose_secret();
    if let Some((words, help)) = no_list(text) {
        let message = format!("the bootstrap servers, set by {from}, {words}");
        problems.push(problem(message).help(help));
        return None;
    }
    let before = problems.len();
    let (mut servers, mut protocols) = (Vec::new(), Vec::new());
    for (index, address) in addresses(text).enumerate() {
        match Address::read(address) {
            Ok(Address { protocol, server }) => {
                servers.push(server);
                protocols.extend(protocol.filter(|one| !protocols.contains(one)));
            }
            Err(fault) => problems.push(fault.problem(index, address, &from)),
        }
    }
    if problems.len() > before {
        return None;
    }
    let servers = servers.join(",");
    layers.set("bootstrap.servers", &servers, from.clone());
    if !layers.has("security.protocol") {
        match protocols.as_slice() {
            [] => {}
            [protocol] => layers.set("security.protocol", &protocol.to_lowercase(), from),
            several => {
                let message = format!("the bootstrap servers say {}", several.join(" and "));
                let help = "a client speaks one protocol: write the addresses without it, and set \
                            KAFKA_SECURITY_PROTOCOL or security.protocol";
                problems.push(from.locate(problem(message)).help(help));
                return None;
            }
        }
    }
    Some(BootstrapServers { servers, protocols })
}

fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c == ';' || c.is_whitespace())
        .filter(|address| !address.is_empty())
}

/// Why a text as a whole is no list of addresses, and the way out. It is not quoted.
fn no_list(text: &str) -> Option<(&'static str, &'static str)> {
    let text = text.trim();
    let is_quoted = |quote| text.starts_with(quote) || text.ends_with(quote);
    if text.contains('@') {
        // What stands before it is a secret, most likely.
        Some((
            "hold an `@`: a user and a password are no part of an address",
            "write host:port; set KAFKA_USERNAME and KAFKA_PASSWORD",
        ))
    } else if is_quoted('"') || is_quoted('\'') {
        Some((
            "begin or end with a quote",
            "leave the quotes out: files of variables (docker --env-file) and of properties keep them",
        ))
    } else if text.starts_with('[') && text.contains(['"', '\'']) {
        Some((
            "are written as a list",
            "write them with commas only: kafka-1:9092,kafka-2:9092",
        ))
    } else if text.contains('#') {
        Some((
            "hold a `#`",
            "a comment stands on a line of its own, and begins the line",
        ))
    } else if ["${", "{{", "$("].iter().any(|open| text.contains(open))
        || text.contains(['<', '>'])
        || text.starts_with('$')
    {
        Some((
            "hold a placeholder that nothing has replaced",
            "see what was to fill it in: a shell, docker compose, Helm",
        ))
    } else {
        None
    }
}

struct Address {
    /// What stands before `://`, where it is one of [`PROTOCOLS`].
    protocol: Option<String>,
    /// `host:port`.
    server: String,
}

/// What is wrong with one address, and the way out.
struct Fault {
    reason: String,
    help: String,
}

impl Address {
    fn read(text: &str) -> Result<Self, Fault> {
        let (prefix, server) = match text.split_once("://") {
            Some((prefix, server)) => (Some(prefix), server),
            None => (None, text),
        };
        let protocol = prefix.map(|prefix| protocol(prefix, server)).transpose()?;
        check_server(server)?;
        Ok(Self {
            protocol: protocol.flatten(),
            server: server.to_owned(),
        })
    }
}

/// The protocol that stands before an address; `None` where it is a listener's name, which says
/// nothing to a client.
fn protocol(prefix: &str, server: &str) -> Result<Option<String>, Fault> {
    let upper = prefix.to_ascii_uppercase();
    if PROTOCOLS.contains(&upper.as_str()) {
        return Ok(Some(upper));
    }
    let is_listener = prefix.chars().any(|c| c.is_ascii_uppercase())
        && prefix
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "_-.".contains(c));
    if is_listener {
        return Ok(None);
    }
    let of_kafka = ["kafka", "kafka+ssl", "tcp", "tls"].contains(&prefix);
    let server = server.split('/').next().unwrap_or_default();
    Err(match of_kafka && check_server(server).is_ok() {
        true => Fault {
            reason: "is a URL".to_owned(),
            help: format!(
                "write {server}; what is spoken there, KAFKA_SECURITY_PROTOCOL or \
                 security.protocol says"
            ),
        },
        false => Fault::new("is a URL of something else than Kafka"),
    })
}

fn check_server(server: &str) -> Result<(), Fault> {
    let Some((host, port)) = server.rsplit_once(':') else {
        let fault = Fault::new("has no port");
        return Err(match is_host(server) {
            true => Fault {
                help: format!("write host:port, for example {server}:9092"),
                ..fault
            },
            false => fault,
        });
    };
    // An IPv6 address without a port ends in a colon and digits too.
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        let is_v6 = |text: &str| text.parse::<std::net::Ipv6Addr>().is_ok();
        let brackets = |help| Fault {
            reason: "has an IPv6 address without brackets".to_owned(),
            help,
        };
        return Err(match (is_v6(host), is_v6(server)) {
            (true, _) => brackets(format!("write [{host}]:{port}")),
            (false, true) => brackets(format!("write [{server}]:9092, with the port")),
            (false, false) => Fault::new("has more than one colon"),
        });
    }
    if host.is_empty() {
        return Err(Fault::new("has no host"));
    }
    if let Some(c) = host.chars().find(|c| !is_of_hosts(*c)) {
        return Err(Fault::new(&format!("has {} in its host", named(c))));
    }
    match port.parse::<u16>() {
        Ok(0) | Err(_) => Err(Fault::new(
            "has a port that is not a number from 1 to 65535",
        )),
        Ok(_) => Ok(()),
    }
}

/// Names of containers have underscores, zones of IPv6 a percent sign.
fn is_of_hosts(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:[]%".contains(c)
}

fn is_host(text: &str) -> bool {
    (1..=LONGEST_HOST).contains(&text.len())
        && text.chars().all(is_of_hosts)
        && text
            .split(['.', ':'])
            .all(|label| label.len() <= LONGEST_LABEL)
}

/// A character that may look like another one, or like nothing.
fn named(c: char) -> String {
    match c.is_ascii_graphic() {
        true => format!("`{c}`"),
        false => format!("the character U+{:04X}", u32::from(c)),
    }
}

impl Fault {
    fn new(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            help: "write host:port, for example kafka:9092".to_owned(),
        }
    }

    fn problem(self, index: usize, address: &str, from: &SetBy) -> Diagnostic {
        let Self { reason, help } = self;
        let is_shown = address.split("://").all(is_host);
        match is_shown {
            true => {
                let message = format!("bootstrap server `{address}` {reason}");
                from.locate(problem(message)).help(help)
            }
            // Its line would show it.
            false => {
                let number = index + 1;
                let message = format!("bootstrap server number {number}, set by {from}, {reason}");
                problem(message).help(help)
            }
        }
    }
}

impl BootstrapServers {
    /// What addresses and ports suggest where the connection fails with this protocol.
    pub(super) fn hint(&self, security: &Security) -> Option<String> {
        let protocol = &security.protocol;
        let contradicts = self.protocols.iter().find(|one| *one != protocol);
        let contradiction = contradicts.map(|one| {
            format!("the address says {one}, and security.protocol, which decides, is {protocol}")
        });
        let by_iam = security.is_msk_iam();
        contradiction.or_else(|| port_hint(&self.servers, protocol, by_iam))
    }
}

/// What the ports suggest where they do not fit.
fn port_hint(servers: &str, protocol: &str, by_iam: bool) -> Option<String> {
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
        (true, false) if !by_iam => Some(format!(
            "9098 is Amazon MSK's port for IAM: set security.protocol to SASL_SSL and \
             sasl.mechanism to {MSK_IAM}; 9094 is TLS, 9096 is SASL/SCRAM"
        )),
        (false, true) if protocol != "SSL" => Some(format!(
            "9094 is Amazon MSK's port for TLS, where security.protocol is SSL, and it is {protocol} \
             here; 9092 is plain text, 9096 SASL/SCRAM, 9098 IAM"
        )),
        _ if ports().any(|port| port == ZOOKEEPER_PORT) => Some(format!(
            "{ZOOKEEPER_PORT} is ZooKeeper's port; a broker's is usually 9092"
        )),
        _ => None,
    }
}
