//! The text of a node's `server.properties`. Pure: options and ports in, text out.
//!
//! Each node has three listeners. CLIENT is the one that tests talk to, secured as asked for.
//! INTERNAL is plaintext: brokers use it among themselves and the harness for readiness and for
//! Kafka's tools. Its principal is `User:ANONYMOUS`, a super user where there is an authorizer; that
//! weakens nothing, as there CLIENT only lets authenticated users in. CONTROLLER is for the quorum.

use std::{fmt::Write as _, path::Path};

use crate::{
    Security,
    identity_provider::AUDIENCE,
    options::{Options, SUPER_USER},
    tls,
};

/// The ports of one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) client: u16,
    pub(crate) internal: u16,
    pub(crate) controller: u16,
}

/// `ports` are those of all nodes, in the order of their ids.
pub(crate) fn server_properties(
    options: &Options,
    node_id: u32,
    ports: &[Ports],
    own: Ports,
    data: &Path,
    tls: Option<&tls::Files>,
) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut set = |key: &str, value: &str| lines.push((key.to_owned(), value.to_owned()));

    let address = format!("127.0.0.1:{}", own.client);
    let advertised = options.advertised.get(&node_id).unwrap_or(&address);
    let voters: Vec<String> = (1_u32..)
        .zip(ports)
        .map(|(id, p)| format!("{id}@127.0.0.1:{}", p.controller))
        .collect();
    set("process.roles", "broker,controller");
    set("node.id", &node_id.to_string());
    set("controller.quorum.voters", &voters.join(","));
    set(
        "listeners",
        &format!(
            "CLIENT://{address},INTERNAL://127.0.0.1:{},CONTROLLER://127.0.0.1:{}",
            own.internal, own.controller
        ),
    );
    set(
        "advertised.listeners",
        &format!(
            "CLIENT://{advertised},INTERNAL://127.0.0.1:{}",
            own.internal
        ),
    );
    let protocol = match options.security {
        Security::Plaintext => "PLAINTEXT",
        Security::Tls => "SSL",
        Security::Sasl => "SASL_PLAINTEXT",
        Security::SaslTls => "SASL_SSL",
    };
    set(
        "listener.security.protocol.map",
        &format!("CLIENT:{protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT"),
    );
    set("inter.broker.listener.name", "INTERNAL");
    set("controller.listener.names", "CONTROLLER");
    set("log.dirs", &data.display().to_string());

    // Kafka's own topics want three brokers and dozens of partitions; here that only costs time.
    let replicas = options.nodes.min(3).to_string();
    let in_sync = options.nodes.min(2).to_string();
    set("offsets.topic.replication.factor", &replicas);
    set("offsets.topic.num.partitions", "1");
    for prefix in ["transaction.state.log", "share.coordinator.state.topic"] {
        set(&format!("{prefix}.replication.factor"), &replicas);
        set(&format!("{prefix}.min.isr"), &in_sync);
        set(&format!("{prefix}.num.partitions"), "1");
    }
    set("group.initial.rebalance.delay.ms", "0");

    if let Some(files) = tls {
        let mut store = |kind: &str, path: &Path| {
            let prefix = format!("listener.name.client.ssl.{kind}store");
            set(&format!("{prefix}.type"), "PEM");
            set(&format!("{prefix}.location"), &path.display().to_string());
        };
        store("key", &files.keystore);
        if let Some(authority) = &files.client_authority {
            store("trust", authority);
            set("listener.name.client.ssl.client.auth", "required");
        }
    }
    if options.security.has_sasl() {
        let users: String = options
            .all_users()
            .iter()
            .fold(String::new(), |mut text, (n, p)| {
                // Writing to a string cannot fail.
                let _ = write!(text, " user_{n}=\"{p}\"");
                text
            });
        let mut mechanisms = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512".to_owned();
        if let Some(provider) = &options.oauthbearer {
            mechanisms.push_str(",OAUTHBEARER");
            let oauthbearer = "org.apache.kafka.common.security.oauthbearer";
            let prefix = "listener.name.client.oauthbearer.sasl";
            set(
                &format!("{prefix}.jaas.config"),
                &format!("{oauthbearer}.OAuthBearerLoginModule required;"),
            );
            set(
                &format!("{prefix}.server.callback.handler.class"),
                &format!("{oauthbearer}.OAuthBearerValidatorCallbackHandler"),
            );
            let prefix = "listener.name.client.sasl.oauthbearer";
            set(
                &format!("{prefix}.jwks.endpoint.url"),
                &provider.jwks_endpoint,
            );
            set(&format!("{prefix}.expected.audience"), AUDIENCE);
            set(&format!("{prefix}.expected.issuer"), &provider.issuer);
        }
        set("listener.name.client.sasl.enabled.mechanisms", &mechanisms);
        set(
            "listener.name.client.plain.sasl.jaas.config",
            &format!("org.apache.kafka.common.security.plain.PlainLoginModule required{users};"),
        );
        for mechanism in ["scram-sha-256", "scram-sha-512"] {
            set(
                &format!("listener.name.client.{mechanism}.sasl.jaas.config"),
                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            );
        }
        set(
            "authorizer.class.name",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        );
        set("super.users", &format!("User:{SUPER_USER};User:ANONYMOUS"));
        set("allow.everyone.if.no.acl.found", "false");
    }
    // Of two lines with the same key, the last one wins.
    lines.extend(options.properties.iter().cloned());
    let own = options.node_properties.iter();
    let own = own.filter(|(id, ..)| *id == node_id);
    lines.extend(own.map(|(_, key, value)| (key.clone(), value.clone())));
    lines
        .iter()
        .map(|(key, value)| format!("{key}={}\n", escaped(value)))
        .collect()
}

/// A backslash in a value starts an escape, and a value ends with its line.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_last_and_nodes_share_the_quorum() {
        let ports = [
            Ports {
                client: 1,
                internal: 2,
                controller: 3,
            },
            Ports {
                client: 4,
                internal: 5,
                controller: 6,
            },
        ];
        let options = Options::default()
            .nodes(2)
            .property("offsets.topic.num.partitions", "7")
            .node_property(1, "broker.rack", "a")
            .node_property(2, "broker.rack", "b")
            .advertise(2, "127.0.0.1:99");
        let text = server_properties(&options, 2, &ports, ports[1], Path::new("/data"), None);
        assert!(
            text.contains("controller.quorum.voters=1@127.0.0.1:3,2@127.0.0.1:6\n"),
            "{text}"
        );
        assert!(
            text.contains("advertised.listeners=CLIENT://127.0.0.1:99,INTERNAL://"),
            "{text}"
        );
        assert!(
            text.ends_with("offsets.topic.num.partitions=7\nbroker.rack=b\n"),
            "{text}"
        );
    }
}
