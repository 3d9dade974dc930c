//! What an error of a connection means, in words for people.
//!
//! librdkafka reports an error of a connection as a code and a line of text.
//! [`ConnectionError::from_error`] makes a kind of it, and [`ConnectionError::into_cluster_error`]
//! the words: what happened, and the way out. A certificate that OpenSSL refuses has an error of its
//! own, [`ConnectionError::from_certificate`]. Pure: it reads [`ConnectionInfo`] and no secret. The
//! texts that it recognizes are those of librdkafka 2.12 (rdkafka_broker.c, rdkafka_transport.c,
//! rdkafka_ssl.c, rdkafka_sasl*.c).

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use librdkafka_admin::{ApiVersions, CertificateError, Error, ErrorCode};

use super::certificate::{self, RefusedCertificate};
use super::connection_info::{ConnectionInfo, seconds};
use super::{apis, foreign};
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
    /// With [`Kind::Certificate`].
    certificate: Option<Box<RefusedCertificate>>,
}

/// Kinds of errors, from what says least to what says most. From [`Kind::OtherCluster`] on,
/// no waiting and no other broker will help; from [`Kind::Tls`] on, who we are, or whom we trust, is
/// wrong.
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
    /// It belongs to another cluster than the broker that was asked before.
    OtherCluster,
    /// TLS failed in another way.
    Tls,
    /// The broker wants a client certificate, or another one.
    ClientCertificate,
    /// The broker's certificate is not accepted here.
    Certificate,
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
            // After a handshake over TLS 1.3 it is an error of the transport.
            _ if certificate::refusal_of_ours(message).is_some() => Kind::ClientCertificate,
            ErrorCode::SSL if has("client SSL authentication") => Kind::ClientCertificate,
            ErrorCode::SSL => Kind::Tls,
            _ if has("PLAINTEXT broker listener") => Kind::TlsToPlaintext,
            _ if has("connecting to a SSL listener") => Kind::PlaintextToTls,
            _ if has("might require SASL") => Kind::NeedsSasl,
            _ if has("refused") => Kind::Refused,
            _ if foreign::is_tls(message) => Kind::PlaintextToTls,
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
            certificate: None,
        }
    }

    /// The error of a broker whose certificate is not accepted here.
    pub(super) fn from_certificate(error: &CertificateError) -> Self {
        Self {
            kind: Kind::Certificate,
            broker: Some(error.broker.clone()),
            advertised: error.broker_id.is_some(),
            message: error.reason.clone(),
            certificate: Some(Box::new(RefusedCertificate::new(error))),
        }
    }

    /// The error for a cluster that does not answer, where no other is known.
    pub(super) fn timeout() -> Self {
        Self {
            kind: Kind::Timeout,
            broker: None,
            advertised: false,
            message: String::new(),
            certificate: None,
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
        Some(Self::of_broker(Kind::NotABroker, broker, String::new()))
    }

    /// The error of a broker that belongs to another cluster than one before it: `broker` is
    /// librdkafka's name.
    pub(super) fn other_cluster(broker: &str, id: &str, before: &str) -> Self {
        let message = format!("its cluster id is {id}, and that of the first one is {before}");
        Self::of_broker(Kind::OtherCluster, broker, message)
    }

    /// `broker` is librdkafka's name: `ssl://kafka:9093/1`, or `…/bootstrap` where the user named it.
    fn of_broker(kind: Kind, broker: &str, message: String) -> Self {
        let broker = without_protocol(broker);
        let (address, id) = broker.rsplit_once('/').unwrap_or((broker, "bootstrap"));
        Self {
            kind,
            broker: Some(address.to_owned()),
            advertised: id != "bootstrap",
            message,
            certificate: None,
        }
    }

    /// The same error after a first answer, which proves that the protocol is right.
    pub(super) fn after_answer(mut self) -> Self {
        if matches!(self.kind, Kind::PlaintextToTls | Kind::NeedsSasl) {
            self.kind = Kind::Closed;
        }
        self
    }

    /// The same error where these brokers, `host:port`, have shown a certificate that was accepted:
    /// version and cipher are agreed on then, so that a handshake which fails does so for ours. (Java
    /// since 17.0.16 sends handshake_failure over TLS 1.2 where there is none.)
    pub(super) fn after_accepted(mut self, brokers: &BTreeSet<String>) -> Self {
        let accepted = self
            .broker
            .as_ref()
            .is_some_and(|one| brokers.contains(one));
        if accepted && certificate::is_handshake_failure(&self.message) {
            self.kind = Kind::ClientCertificate;
        }
        self
    }

    pub(super) fn is_final(&self) -> bool {
        self.kind >= Kind::OtherCluster
    }

    /// Whether an answer shows that it is over.
    pub(super) fn may_pass(&self) -> bool {
        self.kind != Kind::OtherCluster
    }

    /// A few words for a progress line: `connection refused`.
    pub(super) fn summary(&self) -> &'static str {
        match self.kind {
            Kind::AllDown | Kind::Transport => "no connection",
            Kind::Timeout => "no answer",
            Kind::Throttled => "a quota of this client is used up",
            Kind::NoBrokers => "no broker is listed yet",
            Kind::NotABroker => "a controller and no broker",
            Kind::OtherCluster => "another cluster",
            Kind::Closed => "connection closed",
            Kind::Refused => "connection refused",
            Kind::Unresolved => "name does not resolve",
            Kind::PlaintextToTls => "connection closed, perhaps it speaks TLS",
            Kind::TlsToPlaintext => "no TLS there",
            Kind::NeedsSasl => "connection closed, perhaps it wants credentials",
            Kind::Tls => "TLS failed",
            Kind::ClientCertificate => "it wants a client certificate",
            Kind::Certificate => "certificate not accepted",
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
        let (mut message, mut help) = self.message_and_help(info);
        if self.advertised && !matches!(self.kind, Kind::Credentials | Kind::Mechanism) {
            message.push_str("; the cluster advertises this address");
            help = self.help_of_advertised(info).unwrap_or(help);
        }
        let help = match &info.address_hint {
            Some(hint) => format!("{help}; {hint}"),
            None => help,
        };
        // librdkafka's advice about an answer that is none of Kafka's is to take a larger one.
        let misleads = matches!(self.kind, Kind::AllDown | Kind::NotKafka);
        let quoted = !misleads && !self.message.is_empty();
        ClusterError {
            kind: if self.kind >= Kind::Tls {
                ClusterErrorKind::Authentication
            } else {
                ClusterErrorKind::Unreachable
            },
            message,
            detail: quoted.then(|| {
                let words = without_connection_state(&self.message);
                let words = words
                    .rsplit_once("SSL routines::")
                    .map_or(words, |(_, words)| words);
                let prefix = "SASL authentication error: ";
                words.strip_prefix(prefix).unwrap_or(words).to_owned()
            }),
            help: Some(help),
        }
    }

    /// The way out where the cluster, and not the user, says where its broker is.
    fn help_of_advertised(&self, info: &ConnectionInfo) -> Option<String> {
        let there = match self.kind {
            Kind::Refused | Kind::Unresolved | Kind::Timeout | Kind::Transport => {
                "it cannot be reached from here"
            }
            Kind::NotKafka
            | Kind::TlsToPlaintext
            | Kind::PlaintextToTls
            | Kind::NeedsSasl
            | Kind::OtherCluster => "something else is there, seen from here",
            _ => return None,
        };
        Some(format!(
            "{} answers and sends clients on to this address, and {there}: see that the broker \
             runs, and that its advertised.listeners is right, or connect from inside of its \
             network",
            info.bootstrap_servers
        ))
    }

    fn message_and_help(&self, info: &ConnectionInfo) -> (String, String) {
        let address = self.address(info);
        let security = &info.security;
        let protocol = &security.protocol;
        let user = security.user.as_deref().unwrap_or("nobody");
        let mechanism = security.mechanism.as_deref().unwrap_or("no mechanism");
        if let Some(refused) = &self.certificate {
            return refused.words(address, self.advertised, security);
        }
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
                format!("{address} is no broker's listener"),
                "it takes no requests of clients (no METADATA), as a KRaft controller does, usually \
                 on port 9093: use the port of a broker, usually 9092"
                    .to_owned(),
            ),
            Kind::Refused => (
                format!("nothing listens at {address}: connection refused"),
                "check the address, and whether the broker runs; --wait 60s waits for it to start"
                    .to_owned(),
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
            Kind::NotKafka => match foreign::who(&self.message) {
                Some(who) => (
                    format!("{who} answers at {address}, and no Kafka broker"),
                    "use the address of a broker's listener: its port is usually 9092, or 9093 or \
                     9094 with TLS"
                        .to_owned(),
                ),
                None => (
                    format!("{address} does not answer as a Kafka broker does over {protocol}"),
                    "check the port, and whether the listener speaks TLS: \
                     KAFKA_SECURITY_PROTOCOL or security.protocol says what is spoken here"
                        .to_owned(),
                ),
            },
            Kind::OtherCluster => (
                format!("{address} belongs to another cluster"),
                "name brokers of one cluster only".to_owned(),
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
            Kind::Tls | Kind::Certificate => (
                format!("TLS with {address} failed"),
                "check the ssl.* settings and the broker's log".to_owned(),
            ),
            Kind::ClientCertificate => certificate::wanted(address, &self.message, security),
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
            Kind::Credentials if security.is_msk_iam() => (
                format!("{address} refused the AWS credentials `{user}` ({mechanism})"),
                format!(
                    "they are of {}: an IAM policy must allow them kafka-cluster:Connect on this \
                     cluster; `aws sts get-caller-identity` says whose they are, and whether the \
                     session has expired",
                    security.token.as_deref().unwrap_or("this environment")
                ),
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

fn without_protocol(broker: &str) -> &str {
    broker
        .split_once("://")
        .map_or(broker, |(_, broker)| broker)
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
