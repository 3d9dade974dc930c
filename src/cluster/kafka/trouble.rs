//! What goes wrong with a connection, told for people.
//!
//! librdkafka reports an error of a connection as a code and a line of text. [`Trouble::read`]
//! makes a kind of it, and [`Trouble::into_error`] the words: what happened, and the way out. Pure:
//! it reads [`Facts`] of the settings and no secret. The texts that it recognises are those of
//! librdkafka 2.12 (rdkafka_broker.c, rdkafka_transport.c, rdkafka_ssl.c, rdkafka_sasl*.c).

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::admin::{Code, Failure};
use super::settings::Facts;
use crate::cluster::{ClusterError, ClusterErrorKind};

/// One thing that is wrong with a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    /// `host:port`; `None` where no single broker is meant.
    broker: Option<String>,
    /// Whether the cluster told this address (an advertised listener) and not the user.
    advertised: bool,
    /// librdkafka's words, without the broker's name.
    words: String,
}

/// Kinds of trouble, from what tells least to what tells most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    /// Every broker is down; why, other errors tell.
    AllDown,
    /// Connected, but no answer.
    Silent,
    /// Anything else of the transport.
    Transport,
    /// The peer closed the connection.
    Closed,
    /// Nothing listens at the address.
    Refused,
    /// The name has no address.
    Unresolved,
    /// The peer answers with something else than Kafka's protocol.
    NotKafka,
    /// We speak plain text, and the peer does not like it: TLS, most likely.
    PlaintextToTls,
    /// We speak TLS, and the peer does not.
    TlsToPlaintext,
    /// The broker closes connections that do not authenticate.
    NeedsSasl,
    /// TLS failed in another way.
    Tls,
    /// The broker wants a certificate of ours.
    ClientCertificate,
    /// The broker's certificate is not for the name that we connect to.
    WrongHost,
    /// The broker's certificate is signed by nobody we trust.
    Untrusted,
    /// The broker has no SASL at this listener.
    NoSasl,
    /// The broker does not offer the SASL mechanism.
    Mechanism,
    /// The broker does not accept the credentials.
    Credentials,
}

impl Trouble {
    /// Reads an error event.
    pub(super) fn read(failure: &Failure) -> Self {
        let (address, words) = split_address(&failure.message);
        let has = |text: &str| words.contains(text);
        let kind = match failure.code {
            Code::ALL_BROKERS_DOWN => Kind::AllDown,
            Code::RESOLVE => Kind::Unresolved,
            Code::AUTHENTICATION if has("not valid in current SASL state") => Kind::NoSasl,
            Code::AUTHENTICATION if has("mechanism handshake failed") => Kind::Mechanism,
            // The connection broke while the credentials were looked at.
            Code::AUTHENTICATION if has("Broker transport failure") => Kind::Closed,
            Code::AUTHENTICATION if has("Local: Timed out") => Kind::Silent,
            Code::AUTHENTICATION => Kind::Credentials,
            Code::SSL if has("wrong version number") => Kind::TlsToPlaintext,
            Code::SSL if has("hostname mismatch") || has("IP address mismatch") => Kind::WrongHost,
            Code::SSL if has("certificate verify failed") || has("could not be verified") => {
                Kind::Untrusted
            }
            Code::SSL
                if has("client SSL authentication")
                    || has("certificate required")
                    || has("bad certificate")
                    || has("unknown ca") =>
            {
                Kind::ClientCertificate
            }
            Code::SSL => Kind::Tls,
            _ if has("PLAINTEXT broker listener") => Kind::TlsToPlaintext,
            _ if has("connecting to a SSL listener") => Kind::PlaintextToTls,
            _ if has("might require SASL") => Kind::NeedsSasl,
            _ if has("refused") => Kind::Refused,
            _ if has("Invalid response size") => Kind::NotKafka,
            _ if has("timed out") || has("Timed out") => Kind::Silent,
            _ if has("Disconnected") || has("reset by peer") || has("Broken pipe") => closed(words),
            _ => Kind::Transport,
        };
        let broker = address.map(|address| address.name.to_owned());
        let advertised = address.is_some_and(|address| address.advertised);
        Self {
            kind,
            broker,
            advertised,
            words: words.to_owned(),
        }
    }

    /// The same trouble with a cluster that has answered already: it does not mean that the
    /// protocol is wrong.
    pub(super) fn after_an_answer(mut self) -> Self {
        if matches!(self.kind, Kind::PlaintextToTls | Kind::NeedsSasl) {
            self.kind = Kind::Closed;
        }
        self
    }

    /// Whether no waiting and no other broker will help: who we are, or whom we trust, is wrong.
    pub(super) fn is_final(&self) -> bool {
        matches!(
            self.kind,
            Kind::Tls
                | Kind::ClientCertificate
                | Kind::WrongHost
                | Kind::Untrusted
                | Kind::NoSasl
                | Kind::Mechanism
                | Kind::Credentials
        )
    }

    /// Whether it is only that nothing is heard: then the time limit of requests has the word.
    pub(super) fn is_silence(&self) -> bool {
        self.kind == Kind::Silent
    }

    /// A few words for a progress line: `connection refused`.
    pub(super) fn brief(&self) -> &'static str {
        match self.kind {
            Kind::AllDown | Kind::Transport => "no connection",
            Kind::Silent => "no answer",
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

    /// The broker that it is about, else all of the bootstrap servers.
    pub(super) fn whom<'a>(&'a self, facts: &'a Facts) -> &'a str {
        self.broker.as_deref().unwrap_or(&facts.bootstrap_servers)
    }

    /// The error for people.
    pub(super) fn into_error(self, facts: &Facts) -> ClusterError {
        let kind = match self.kind {
            _ if self.is_final() || self.kind == Kind::NeedsSasl => {
                ClusterErrorKind::Authentication
            }
            _ => ClusterErrorKind::Unreachable,
        };
        let (message, help) = self.words_for_people(facts);
        let help = match &facts.port_hint {
            Some(hint) => format!("{help}; {hint}"),
            None => help,
        };
        let detail = (self.kind != Kind::AllDown).then(|| tidy(&self.words));
        ClusterError {
            kind,
            message,
            detail,
            help: Some(help),
        }
    }

    fn words_for_people(&self, facts: &Facts) -> (String, String) {
        let whom = self.whom(facts);
        let protocol = &facts.protocol;
        let user = facts.user.as_deref().unwrap_or("nobody");
        let mechanism = facts.mechanism.as_deref().unwrap_or("no mechanism");
        match self.kind {
            Kind::AllDown | Kind::Transport => (
                format!("no connection to {whom} ({protocol})"),
                "check the address, and whether the broker runs".to_owned(),
            ),
            Kind::Closed => (
                format!("{whom} closes the connection ({protocol})"),
                "check the address, and whether the listener wants TLS or credentials: \
                 KAFKA_SECURITY_PROTOCOL or security.protocol says what is spoken here"
                    .to_owned(),
            ),
            Kind::Silent => silent(whom, facts.timeout),
            Kind::Refused if self.advertised => (
                format!("{whom} refuses the connection; the cluster advertises this address"),
                advertised(facts),
            ),
            Kind::Refused => (
                format!("nothing listens at {whom}: connection refused"),
                "check the address, and whether the broker runs; --wait 60s waits for it to start"
                    .to_owned(),
            ),
            Kind::Unresolved if self.advertised => (
                format!("{whom} does not resolve; the cluster advertises this address"),
                advertised(facts),
            ),
            Kind::Unresolved => (
                format!("the name of {whom} does not resolve"),
                "check its spelling, and that it is known here: names of containers exist only \
                 inside of their network"
                    .to_owned(),
            ),
            Kind::PlaintextToTls if protocol.ends_with("SSL") => (
                format!("{whom} closes the connection after the TLS handshake"),
                "check that it is a Kafka listener, and that it wants no client certificate"
                    .to_owned(),
            ),
            Kind::NeedsSasl if protocol.starts_with("SASL") => (
                format!("{whom} closes the connection after authentication"),
                "see the broker's log".to_owned(),
            ),
            Kind::PlaintextToTls => (
                format!("{whom} closes a connection without TLS"),
                "if the listener speaks TLS, set KAFKA_SECURITY_PROTOCOL or security.protocol to \
                 SSL or SASL_SSL; if it does not, use its plain-text port (Amazon MSK: 9092 plain, \
                 9094 TLS)"
                    .to_owned(),
            ),
            Kind::NotKafka => (
                format!("{whom} does not answer as a Kafka broker does over {protocol}"),
                "check the port; if the listener speaks TLS, set KAFKA_SECURITY_PROTOCOL or \
                 security.protocol to SSL or SASL_SSL"
                    .to_owned(),
            ),
            Kind::TlsToPlaintext => (
                format!("{whom} does not speak TLS"),
                format!(
                    "security.protocol is {protocol}: use the port of the TLS listener, or {} if \
                     the connection is meant to be unencrypted",
                    protocol
                        .replace("SASL_SSL", "SASL_PLAINTEXT")
                        .replace("SSL", "PLAINTEXT")
                ),
            ),
            Kind::NeedsSasl => (
                format!("{whom} closes connections that do not authenticate"),
                "set KAFKA_USERNAME and KAFKA_PASSWORD, or sasl.jaas.config in --command-config"
                    .to_owned(),
            ),
            Kind::Tls => (
                format!("TLS with {whom} failed"),
                "check the ssl.* settings and the broker's log".to_owned(),
            ),
            Kind::ClientCertificate => (
                format!("{whom} wants a client certificate that it trusts"),
                "set ssl.keystore.type=PEM and ssl.keystore.location in --command-config, or \
                 ssl.certificate.location and ssl.key.location with -X"
                    .to_owned(),
            ),
            Kind::WrongHost => (
                format!("the certificate of {whom} is for another name"),
                "connect by a name that the certificate has; as a last resort set \
                 ssl.endpoint.identification.algorithm to none"
                    .to_owned(),
            ),
            Kind::Untrusted => (
                format!("the certificate of {whom} is signed by nobody that is trusted here"),
                format!(
                    "give the cluster's CA certificate (PEM): SSL_CA_LOCATION, or ssl.ca.location \
                     with -X; now it is {}",
                    facts.ca.as_deref().unwrap_or("the system's bundle")
                ),
            ),
            Kind::NoSasl => (
                format!("{whom} takes no credentials: this listener is without SASL"),
                format!(
                    "use the port of a listener with SASL, or set security.protocol to {}",
                    protocol.replace("SASL_", "")
                ),
            ),
            Kind::Mechanism => (
                format!("{whom} does not offer the SASL mechanism {mechanism}"),
                match self.words.split_once("supported mechanisms: ") {
                    Some((_, offered)) if !before_extra(offered).is_empty() => format!(
                        "it offers {}: set KAFKA_SASL_MECHANISM or sasl.mechanism",
                        before_extra(offered).replace(',', ", ")
                    ),
                    _ => "set KAFKA_SASL_MECHANISM or sasl.mechanism to one that it offers".into(),
                },
            ),
            Kind::Credentials => (
                format!("{whom} refused the credentials of `{user}` ({mechanism})"),
                format!("check {}", facts.credentials_from),
            ),
        }
    }
}

/// What a peer means that closes the connection: nobody says it, but when it happens tells. A
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

/// The words for a broker that says nothing.
fn silent(whom: &str, timeout: Duration) -> (String, String) {
    (
        format!("{whom} did not answer within {}", seconds(timeout)),
        "check the address, and firewalls on the way; --timeout sets how long to wait for an \
         answer"
            .to_owned(),
    )
}

/// The error for a cluster that says nothing, without any trouble known.
pub(super) fn silence(facts: &Facts) -> ClusterError {
    let (message, help) = silent(&facts.bootstrap_servers, facts.timeout);
    let help = match &facts.port_hint {
        Some(hint) => format!("{help}; {hint}"),
        None => help,
    };
    ClusterError {
        kind: ClusterErrorKind::Unreachable,
        message,
        detail: None,
        help: Some(help),
    }
}

fn advertised(facts: &Facts) -> String {
    format!(
        "{} answers, and sends clients on to an address that cannot be reached from here: correct \
         advertised.listeners of the broker, or connect from inside of its network",
        facts.bootstrap_servers
    )
}

/// `30 s`, `0.5 s`.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[derive(Clone, Copy)]
struct Address<'a> {
    name: &'a str,
    advertised: bool,
}

/// Splits `sasl_ssl://kafka:9092/bootstrap: words`. After the slash is `bootstrap` or, for an
/// address that the cluster told, the broker's id.
fn split_address(message: &str) -> (Option<Address<'_>>, &str) {
    let Some((head, words)) = message.split_once(": ") else {
        return (None, message);
    };
    let address = head.split_once("://").map_or(head, |(_, address)| address);
    match address.rsplit_once('/') {
        Some((name, id)) => {
            let advertised = id != "bootstrap";
            (Some(Address { name, advertised }), words)
        }
        None => (None, message),
    }
}

/// librdkafka's text without the state of its connection, `(after 3ms in state CONNECT)`.
fn before_extra(words: &str) -> &str {
    words
        .split_once(" (after ")
        .map_or(words, |(words, _)| words)
        .trim()
}

/// The words to quote: the last part of OpenSSL's and librdkafka's chains says most.
fn tidy(words: &str) -> String {
    let words = before_extra(words);
    let words = words
        .strip_prefix("SASL authentication error: ")
        .unwrap_or(words);
    words.to_owned()
}
