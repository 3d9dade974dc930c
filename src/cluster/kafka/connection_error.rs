//! What an error of a connection means, in words for people.
//!
//! librdkafka reports an error of a connection as a code and a line of text.
//! [`ConnectionError::from_error`] makes a kind of it, and [`ConnectionError::into_cluster_error`]
//! the words: what happened, and the way out. Pure: it reads [`ConnectionInfo`] and no secret. The
//! texts that it recognizes are those of librdkafka 2.12 (rdkafka_broker.c, rdkafka_transport.c,
//! rdkafka_ssl.c, rdkafka_sasl*.c).

#[cfg(test)]
mod tests;

use std::time::Duration;

use librdkafka_admin::{ApiVersions, Error, ErrorCode};

use super::apis;
use super::connection_info::{ConnectionInfo, seconds};
use crate::cluster::{ClusterError, ClusterErrorKind};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ConnectionError {
    pub(super) kind: Kind,
    /// `host:port`; `None` where no single broker is meant.
    broker: Option<String>,
    /// Whether the address came from the cluster (an advertised listener) and not from the user.
    advertised: bool,
    /// librdkafka's words, without the broker's name.
    message: String,
}

/// Kinds of errors, from what says least to what says most. From [`Kind::Tls`] on, no waiting and
/// no other broker will help: who we are, or whom we trust, is wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    /// Every broker is down; why, other errors say.
    AllDown,
    /// Connected, but no answer.
    Timeout,
    /// No answer, since a quota is used up.
    Throttled,
    /// It takes the connection, and lists no brokers.
    NoBrokers,
    /// Anything else of the transport.
    Transport,
    Closed,
    Refused,
    Unresolved,
    /// The peer answers with something else than Kafka's protocol.
    NotKafka,
    /// We send plain text, which the peer does not accept: it wants TLS, most likely.
    PlaintextToTls,
    /// We use TLS, and the peer does not.
    TlsToPlaintext,
    /// The broker closes the connection on the first request, as one does that wants credentials.
    NeedsSasl,
    /// It speaks Kafka's protocol, and takes no requests of clients: a controller.
    NotABroker,
    /// TLS failed in another way.
    Tls,
    ClientCertificate,
    /// The broker's certificate is not for the name that we connect to.
    WrongHost,
    Untrusted,
    NoSasl,
    Mechanism,
    Credentials,
}

impl ConnectionError {
    pub(super) fn from_error(error: &Error) -> Self {
        let (address, message) = split_address(&error.message);
        let has = |text: &str| message.contains(text);
        let kind = match error.code {
            ErrorCode::ALL_BROKERS_DOWN => Kind::AllDown,
            ErrorCode::RESOLVE => Kind::Unresolved,
            ErrorCode::AUTHENTICATION if has("not valid in current SASL state") => Kind::NoSasl,
            ErrorCode::AUTHENTICATION if has("mechanism handshake failed") => Kind::Mechanism,
            // The connection broke while the credentials were looked at.
            ErrorCode::AUTHENTICATION if has("Broker transport failure") => Kind::Closed,
            ErrorCode::AUTHENTICATION if has("Local: Timed out") => Kind::Timeout,
            ErrorCode::AUTHENTICATION => Kind::Credentials,
            ErrorCode::SSL if has("wrong version number") => Kind::TlsToPlaintext,
            ErrorCode::SSL if has("hostname mismatch") || has("IP address mismatch") => {
                Kind::WrongHost
            }
            ErrorCode::SSL if has("certificate verify failed") || has("could not be verified") => {
                Kind::Untrusted
            }
            ErrorCode::SSL
                if has("client SSL authentication")
                    || has("certificate required")
                    || has("bad certificate")
                    || has("unknown ca") =>
            {
                Kind::ClientCertificate
            }
            ErrorCode::SSL => Kind::Tls,
            _ if has("PLAINTEXT broker listener") => Kind::TlsToPlaintext,
            _ if has("connecting to a SSL listener") => Kind::PlaintextToTls,
            _ if has("might require SASL") => Kind::NeedsSasl,
            _ if has("refused") => Kind::Refused,
            _ if has("Invalid response size") => Kind::NotKafka,
            _ if has("timed out") || has("Timed out") => Kind::Timeout,
            _ if has("Disconnected") || has("reset by peer") || has("Broken pipe") => {
                closed(message)
            }
            _ => Kind::Transport,
        };
        Self {
            kind,
            broker: address.map(|(broker, _)| broker.to_owned()),
            advertised: address.is_some_and(|(_, id)| id != "bootstrap"),
            message: message.to_owned(),
        }
    }

    /// The error for a cluster that does not answer, where no other is known.
    pub(super) fn timeout() -> Self {
        Self {
            kind: Kind::Timeout,
            broker: None,
            advertised: false,
            message: String::new(),
        }
    }

    /// The error for a cluster that holds this client back for a while.
    pub(super) fn throttled(left: Duration) -> Self {
        Self {
            kind: Kind::Throttled,
            message: format!("for another {} s", left.as_secs() + 1),
            ..Self::timeout()
        }
    }

    /// The error for a cluster that answers without a broker in its metadata.
    pub(super) fn no_brokers() -> Self {
        Self {
            kind: Kind::NoBrokers,
            ..Self::timeout()
        }
    }

    /// The error that a broker is by what it takes, if it is one: `broker` is librdkafka's name.
    pub(super) fn from_api_versions(broker: &str, versions: &ApiVersions) -> Option<Self> {
        if versions.has(apis::METADATA) {
            return None;
        }
        let broker = broker
            .split_once("://")
            .map_or(broker, |(_, broker)| broker);
        let (address, id) = broker.rsplit_once('/')?;
        Some(Self {
            kind: Kind::NotABroker,
            broker: Some(address.to_owned()),
            advertised: id != "bootstrap",
            message: String::new(),
        })
    }

    /// The same error after a first answer, which proves that the protocol is right.
    pub(super) fn after_answer(mut self) -> Self {
        if matches!(self.kind, Kind::PlaintextToTls | Kind::NeedsSasl) {
            self.kind = Kind::Closed;
        }
        self
    }

    pub(super) fn is_final(&self) -> bool {
        self.kind >= Kind::Tls
    }

    /// A few words for a progress line: `connection refused`.
    pub(super) fn summary(&self) -> &'static str {
        match self.kind {
            Kind::AllDown | Kind::Transport => "no connection",
            Kind::Timeout => "no answer",
            Kind::Throttled => "a quota of this client is used up",
            Kind::NoBrokers => "no broker is listed yet",
            Kind::NotABroker => "a controller and no broker",
            Kind::Closed => "connection closed",
            Kind::Refused => "connection refused",
            Kind::Unresolved => "name does not resolve",
            Kind::PlaintextToTls => "connection closed, perhaps it speaks TLS",
            Kind::TlsToPlaintext => "no TLS there",
            Kind::NeedsSasl => "connection closed, perhaps it wants credentials",
            Kind::Tls => "TLS failed",
            Kind::ClientCertificate => "it wants a client certificate",
            Kind::WrongHost => "certificate of another host",
            Kind::Untrusted => "certificate not trusted",
            Kind::NotKafka => "something else than Kafka answers",
            Kind::NoSasl => "no SASL there",
            Kind::Mechanism => "SASL mechanism not offered",
            Kind::Credentials => "credentials refused",
        }
    }

    /// The address that it is about, where the cluster advertises it.
    pub(super) fn advertised_address(&self) -> Option<String> {
        self.broker.clone().filter(|_| self.advertised)
    }

    /// The broker that it is about, else all of the bootstrap servers.
    pub(super) fn address<'a>(&'a self, info: &'a ConnectionInfo) -> &'a str {
        self.broker.as_deref().unwrap_or(&info.bootstrap_servers)
    }

    pub(super) fn into_cluster_error(self, info: &ConnectionInfo) -> ClusterError {
        let (message, help) = self.message_and_help(info);
        let help = match &info.address_hint {
            Some(hint) => format!("{help}; {hint}"),
            None => help,
        };
        let quoted = self.kind != Kind::AllDown && !self.message.is_empty();
        ClusterError {
            kind: if self.is_final() {
                ClusterErrorKind::Authentication
            } else {
                ClusterErrorKind::Unreachable
            },
            message,
            detail: quoted.then(|| {
                let words = without_connection_state(&self.message);
                let prefix = "SASL authentication error: ";
                words.strip_prefix(prefix).unwrap_or(words).to_owned()
            }),
            help: Some(help),
        }
    }

    fn message_and_help(&self, info: &ConnectionInfo) -> (String, String) {
        let address = self.address(info);
        let security = &info.security;
        let protocol = &security.protocol;
        let user = security.user.as_deref().unwrap_or("nobody");
        let mechanism = security.mechanism.as_deref().unwrap_or("no mechanism");
        match self.kind {
            Kind::AllDown | Kind::Transport => (
                format!("no connection to {address} ({protocol})"),
                "check the address, and whether the broker runs".to_owned(),
            ),
            Kind::Closed => (
                format!("{address} closes the connection ({protocol})"),
                "check the address, and whether the listener wants TLS or credentials: \
                 KAFKA_SECURITY_PROTOCOL or security.protocol says what is spoken here"
                    .to_owned(),
            ),
            Kind::Timeout => (
                format!("{address} did not answer within {}", seconds(info.timeout)),
                "check the address, and firewalls on the way; --timeout sets how long to wait for \
                 an answer"
                    .to_owned(),
            ),
            Kind::Throttled => (
                format!(
                    "{address} reads no request of this client within {}: a quota is used up",
                    seconds(info.timeout)
                ),
                "wait, or give it the time with --timeout; quotas of users and clients are \
                 `controller_mutation_rate` for new topics, and `request_percentage` \
                 (kafka-configs)"
                    .to_owned(),
            ),
            Kind::NoBrokers => (
                format!(
                    "{address} takes the connection, listed no broker, and did not answer within {}",
                    seconds(info.timeout)
                ),
                "a cluster that is starting does so: --wait 60s waits for it; else see the broker's \
                 log; --timeout sets how long to wait for an answer"
                    .to_owned(),
            ),
            Kind::NotABroker => (
                match self.advertised {
                    true => format!(
                        "{address} is no broker's listener; the cluster advertises this address"
                    ),
                    false => format!("{address} is no broker's listener"),
                },
                "it takes no requests of clients (no METADATA), as a KRaft controller does, usually \
                 on port 9093: use the port of a broker, usually 9092"
                    .to_owned(),
            ),
            Kind::Refused if self.advertised => (
                format!("{address} refuses the connection; the cluster advertises this address"),
                advertised(info),
            ),
            Kind::Refused => (
                format!("nothing listens at {address}: connection refused"),
                "check the address, and whether the broker runs; --wait 60s waits for it to start"
                    .to_owned(),
            ),
            Kind::Unresolved if self.advertised => (
                format!("{address} does not resolve; the cluster advertises this address"),
                advertised(info),
            ),
            Kind::Unresolved => (
                format!("the name of {address} does not resolve"),
                "check its spelling, and that it is known here: names of containers exist only \
                 inside of their network"
                    .to_owned(),
            ),
            Kind::PlaintextToTls if protocol.ends_with("SSL") => (
                format!("{address} closes the connection after the TLS handshake"),
                "check that it is a Kafka listener, and that it wants no client certificate"
                    .to_owned(),
            ),
            Kind::NeedsSasl if protocol.starts_with("SASL") => (
                format!("{address} closes the connection after authentication"),
                "see the broker's log".to_owned(),
            ),
            Kind::PlaintextToTls => (
                format!("{address} closes a connection without TLS"),
                "if the listener speaks TLS, set KAFKA_SECURITY_PROTOCOL or security.protocol to \
                 SSL or SASL_SSL; if it does not, use its plain-text port (Amazon MSK: 9092 plain, \
                 9094 TLS)"
                    .to_owned(),
            ),
            Kind::NotKafka => (
                format!("{address} does not answer as a Kafka broker does over {protocol}"),
                "check the port; if the listener speaks TLS, set KAFKA_SECURITY_PROTOCOL or \
                 security.protocol to SSL or SASL_SSL"
                    .to_owned(),
            ),
            Kind::TlsToPlaintext => (
                format!("{address} does not speak TLS"),
                format!(
                    "security.protocol is {protocol}: use the port of the TLS listener, or {} if \
                     the connection is meant to be unencrypted",
                    protocol
                        .replace("SASL_SSL", "SASL_PLAINTEXT")
                        .replace("SSL", "PLAINTEXT")
                ),
            ),
            Kind::NeedsSasl => (
                format!("{address} closes the connection on the first request ({protocol})"),
                "a listener does so that wants credentials: then set KAFKA_USERNAME and \
                 KAFKA_PASSWORD, or sasl.jaas.config in --command-config; else see the broker's log"
                    .to_owned(),
            ),
            Kind::Tls => (
                format!("TLS with {address} failed"),
                "check the ssl.* settings and the broker's log".to_owned(),
            ),
            Kind::ClientCertificate => (
                format!("{address} wants a client certificate that it trusts"),
                "set ssl.keystore.type=PEM and ssl.keystore.location in --command-config, or \
                 ssl.certificate.location and ssl.key.location with -X"
                    .to_owned(),
            ),
            Kind::WrongHost => (
                format!("the certificate of {address} is for another name"),
                "connect by a name that the certificate has; as a last resort set \
                 ssl.endpoint.identification.algorithm to none"
                    .to_owned(),
            ),
            Kind::Untrusted => (
                format!("the certificate of {address} is signed by nobody that is trusted here"),
                format!(
                    "give the cluster's CA certificate (PEM): SSL_CA_LOCATION, or ssl.ca.location \
                     with -X; now it is {}",
                    security.ca.as_deref().unwrap_or("the system's bundle")
                ),
            ),
            Kind::NoSasl => (
                format!("{address} takes no credentials: this listener is without SASL"),
                format!(
                    "use the port of a listener with SASL, or set security.protocol to {}",
                    protocol.replace("SASL_", "")
                ),
            ),
            Kind::Mechanism => (
                format!("{address} does not offer the SASL mechanism {mechanism}"),
                match self.message.split_once("supported mechanisms: ") {
                    Some((_, offered)) if !without_connection_state(offered).is_empty() => format!(
                        "it offers {}: set KAFKA_SASL_MECHANISM or sasl.mechanism",
                        without_connection_state(offered).replace(',', ", ")
                    ),
                    _ => "set KAFKA_SASL_MECHANISM or sasl.mechanism to one that it offers".into(),
                },
            ),
            Kind::Credentials => match &security.token {
                Some(token) => (
                    format!("{address} refused the token of `{user}` ({mechanism})"),
                    format!(
                        "it is from {} ({token}): see what the broker expects \
                         (sasl.oauthbearer.expected.audience, .issuer), and its log",
                        security.credentials_from
                    ),
                ),
                None => (
                    format!("{address} refused the credentials of `{user}` ({mechanism})"),
                    format!("check {}", security.credentials_from),
                ),
            },
        }
    }
}

/// What a peer means that closes the connection: nobody says it, but it shows in when it happens. A
/// listener with TLS closes on the first request, and one with SASL on the first that is not for
/// authentication. (librdkafka's own hints of this kind are never added: it looks for the cause in
/// the format and not in the text, rdkafka_broker.c, `rd_kafka_broker_set_error`.)
fn closed(words: &str) -> Kind {
    let extra = words.rsplit_once(" (after ").map_or("", |(_, extra)| extra);
    let (age, state) = extra.split_once("ms in state ").unwrap_or(("", ""));
    let state = state
        .trim_end_matches(')')
        .split(',')
        .next()
        .unwrap_or_default();
    match (state, age.parse::<u32>()) {
        ("APIVERSION_QUERY", _) => Kind::PlaintextToTls,
        ("UP", Ok(0..2000)) => Kind::NeedsSasl,
        _ => Kind::Closed,
    }
}

fn advertised(info: &ConnectionInfo) -> String {
    format!(
        "{} answers, and sends clients on to an address that cannot be reached from here: correct \
         advertised.listeners of the broker, or connect from inside of its network",
        info.bootstrap_servers
    )
}

/// Splits `sasl_ssl://kafka:9092/bootstrap: words` into `kafka:9092`, what is after the slash, and
/// the words. After the slash is `bootstrap` or, for an address that came from the cluster, the
/// broker's id.
fn split_address(message: &str) -> (Option<(&str, &str)>, &str) {
    let Some((head, words)) = message.split_once(": ") else {
        return (None, message);
    };
    let address = head.split_once("://").map_or(head, |(_, address)| address);
    match address.rsplit_once('/') {
        Some(parts) => (Some(parts), words),
        None => (None, message),
    }
}

/// librdkafka's text without the state of its connection, `(after 3ms in state CONNECT)`.
fn without_connection_state(words: &str) -> &str {
    words
        .split_once(" (after ")
        .map_or(words, |(words, _)| words)
        .trim()
}
