//! What was seen at one address, and what is to be said of each step there.
//!
//! Pure: takes what a probe saw, and what the settings speak; gives a [`Step`] for each, those that
//! could not be tried too, with the reason.

use std::net::IpAddr;
use std::time::Duration;

use super::certificate::{Certificate, Objection};
use super::{Cause, Status, Step, StepName, Subject};

/// What one look has seen, and how long it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timed<T> {
    pub seen: T,
    pub elapsed: Duration,
}

/// What is spoken with a broker, as the settings say it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Speaks {
    /// As Kafka writes it.
    pub protocol: String,
    pub mechanism: Option<String>,
    /// Whether a certificate that is not trusted, or is for another name, ends the connection.
    pub verifies_trust: bool,
    pub verifies_name: bool,
    /// Whether there is a certificate of our own.
    pub has_certificate: bool,
}

impl Speaks {
    pub fn tls(&self) -> bool {
        self.protocol.ends_with("SSL")
    }
}

/// What was seen at one address, as far as one came. What is `None` was not tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looked {
    pub resolve: Timed<Result<Vec<IpAddr>, String>>,
    /// Each address that was tried, until one took the connection.
    pub tcp: Option<Timed<Vec<Attempt>>>,
    pub tls: Option<Timed<Result<Handshake, Break>>>,
    pub api_versions: Option<Timed<Result<Apis, Break>>>,
    pub sasl: Option<Timed<Result<Sasl, Break>>>,
}

impl Looked {
    /// Whether anybody took a connection.
    pub fn is_connected(&self) -> bool {
        let attempts = self.tcp.iter().flat_map(|tcp| &tcp.seen);
        attempts.into_iter().any(|one| one.failed.is_none())
    }
}

/// A connection that was tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    pub address: IpAddr,
    /// `None` where it was made.
    pub failed: Option<NoConnection>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoConnection {
    Refused,
    /// No answer within this time.
    Silent(Duration),
    /// The operating system's words.
    Other(String),
}

/// What a handshake of TLS has shown. It was gone through with, whatever is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Handshake {
    pub version: String,
    pub cipher: String,
    /// As the broker sent it, its own certificate first.
    pub chain: Vec<Certificate>,
    /// What is wrong with it, what weighs most first.
    pub objections: Vec<Objection>,
    /// Whether the broker asked for a certificate of ours.
    pub asks_for_certificate: bool,
}

/// Which requests a broker takes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Apis {
    pub count: usize,
    /// Whether it takes those of clients at all: a controller does not.
    pub serves_clients: bool,
    /// Requests that topicctl sends and it does not take, and what follows of each.
    pub lacking: Vec<(&'static str, &'static str)>,
    /// The finalized features of the cluster, with their levels.
    pub features: Vec<(String, i16)>,
}

/// What a broker answers to somebody who wants to authenticate (SaslHandshake).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sasl {
    /// The mechanism may be used; these are all.
    Taken(Vec<String>),
    /// It is none of these.
    NotOffered(Vec<String>),
    /// The listener knows no SASL.
    None,
    /// Another of Kafka's error codes.
    Error(i16),
}

/// Why a conversation ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Break {
    /// No answer within this time.
    Silent(Duration),
    Closed,
    /// An alert of TLS answers to plain text.
    Tls,
    /// Somebody else answers, as the first bytes show: `an HTTP server`.
    Foreign(&'static str),
    /// The broker does not take who we are in TLS: what is wrong, and the way out.
    ClientCertificate {
        words: String,
        help: String,
    },
    Other(String),
}

/// `host` and `port` of `host:port`, or of `[host]:port`.
pub fn host_and_port(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    Some((inner.unwrap_or(host), port.parse().ok()?))
}

/// The steps at an address, from what was seen there.
pub fn steps(subject: &Subject, looked: &Looked, speaks: &Speaks) -> Vec<Step> {
    let mut steps = vec![resolved(subject, &looked.resolve)];
    let tcp = looked.tcp.as_ref().map(|tcp| connected(subject, tcp));
    steps.push(tcp.unwrap_or_else(|| {
        Step::not_tried(StepName::Tcp, subject, "there is no address to connect to")
    }));
    if speaks.tls() {
        let tls = looked.tls.as_ref();
        let tls = tls.map(|tls| shaken(subject, tls, speaks));
        steps.push(
            tls.unwrap_or_else(|| {
                Step::not_tried(StepName::Tls, subject, "there is no connection")
            }),
        );
    }
    let apis = looked.api_versions.as_ref();
    let apis = apis.map(|apis| answered(subject, apis, looked, speaks));
    steps.push(apis.unwrap_or_else(|| {
        Step::not_tried(StepName::ApiVersions, subject, "there is no connection")
    }));
    steps.extend(authentication(subject, looked, speaks));
    if let Subject::Broker { id, .. } = subject {
        let unreached = Status::Failed(Cause::NotReached);
        for step in steps.iter_mut().filter(|step| step.status == unreached) {
            step.help = Some(format!(
                "the cluster advertises this address for broker {id}, and it cannot be reached from \
                 here: see that the broker runs, and that its advertised.listeners is right, or \
                 connect from inside of its network"
            ));
        }
    }
    steps
}

fn resolved(subject: &Subject, resolve: &Timed<Result<Vec<IpAddr>, String>>) -> Step {
    let name = StepName::Resolve;
    let step = match &resolve.seen {
        Ok(addresses) => {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            Step::ok(name, subject, vec![addresses.join(", ")])
        }
        Err(reason) => {
            let seen = vec!["the name does not resolve".to_owned(), reason.clone()];
            Step::failed(name, subject, Cause::NotReached, seen).help(
                "check its spelling, and that it is known here: names of containers exist only \
                 inside of their network",
            )
        }
    };
    step.took(resolve.elapsed)
}

fn connected(subject: &Subject, tcp: &Timed<Vec<Attempt>>) -> Step {
    let name = StepName::Tcp;
    let seen = tcp.seen.iter().map(|attempt| {
        let what = match &attempt.failed {
            None => "takes the connection".to_owned(),
            Some(NoConnection::Refused) => "refuses the connection".to_owned(),
            Some(NoConnection::Silent(limit)) => format!("no answer within {}", seconds(*limit)),
            Some(NoConnection::Other(reason)) => reason.clone(),
        };
        format!("{}: {what}", attempt.address)
    });
    let seen: Vec<_> = seen.collect();
    let failures = || {
        tcp.seen
            .iter()
            .filter_map(|attempt| attempt.failed.as_ref())
    };
    let step = if failures().count() < tcp.seen.len() {
        Step::ok(name, subject, seen)
    } else {
        let refused = failures().any(|failure| *failure == NoConnection::Refused);
        let help = match refused {
            true => "nothing listens there: check the address, and whether the broker runs",
            false => "check the address, and firewalls and routes on the way",
        };
        Step::failed(name, subject, Cause::NotReached, seen).help(help)
    };
    step.took(tcp.elapsed)
}

fn shaken(subject: &Subject, tls: &Timed<Result<Handshake, Break>>, speaks: &Speaks) -> Step {
    let step = match &tls.seen {
        Ok(handshake) => handshake.step(subject, speaks),
        Err(broken) => broken.in_tls(subject, speaks),
    };
    step.took(tls.elapsed)
}

impl Handshake {
    fn step(&self, subject: &Subject, speaks: &Speaks) -> Step {
        let objections = self.objections.iter();
        let mut seen: Vec<_> = objections.map(|one| one.words.clone()).collect();
        seen.push(format!("{}, {}", self.version, self.cipher));
        if let Some(own) = self.chain.first() {
            seen.extend(own.words());
        }
        seen.push(self.sent_along());
        seen.extend(self.client_certificate(speaks));
        let step = Step::ok(StepName::Tls, subject, seen);
        let is_soon_over = self.chain.iter().any(Certificate::expires_soon);
        let status = match self.objections.iter().any(|one| one.ends(speaks)) {
            true => Status::Failed(Cause::NotAuthorized),
            false if is_soon_over || !self.objections.is_empty() => Status::Warning,
            false => Status::Ok,
        };
        let mut helps: Vec<_> = self
            .objections
            .iter()
            .map(|one| one.help.as_str())
            .collect();
        if is_soon_over {
            helps.push("have the certificate renewed soon");
        }
        helps.dedup();
        Step {
            status,
            help: (!helps.is_empty()).then(|| helps.join("; ")),
            ..step
        }
    }

    /// The rest of the chain.
    fn sent_along(&self) -> String {
        let others: Vec<_> = self.chain.iter().skip(1).collect();
        match others.as_slice() {
            [] => "no other certificate is sent with it".to_owned(),
            others => {
                let subjects: Vec<_> = others.iter().map(|one| one.subject.as_str()).collect();
                format!("sent with it: {}", subjects.join(", "))
            }
        }
    }

    fn client_certificate(&self, speaks: &Speaks) -> Option<String> {
        let words = match (self.asks_for_certificate, speaks.has_certificate) {
            (true, true) => "it asks for a client certificate, and gets one",
            (true, false) => "it asks for a client certificate, and none is set",
            (false, true) => "it asks for no client certificate; the one that is set goes unused",
            (false, false) => return None,
        };
        Some(words.to_owned())
    }
}

impl Break {
    fn in_tls(&self, subject: &Subject, speaks: &Speaks) -> Step {
        let protocol = &speaks.protocol;
        let unencrypted = protocol
            .replace("SASL_SSL", "SASL_PLAINTEXT")
            .replace("SSL", "PLAINTEXT");
        let port = format!(
            "security.protocol is {protocol}: use the port of the TLS listener, or {unencrypted} \
             if the connection is meant to be unencrypted"
        );
        let (cause, words, help) = match self {
            Self::Closed => (
                Cause::NotReached,
                "the connection is closed on the first message of TLS: a listener without TLS does \
                 so"
                .to_owned(),
                port,
            ),
            Self::ClientCertificate { words, help } => {
                (Cause::NotAuthorized, words.clone(), help.clone())
            }
            Self::Silent(limit) => (
                Cause::NotReached,
                format!("no answer to TLS within {}", seconds(*limit)),
                "check that it is a broker's port, and what stands on the way".to_owned(),
            ),
            Self::Tls => (
                Cause::NotReached,
                "TLS failed".to_owned(),
                "check the ssl.* settings and the broker's log".to_owned(),
            ),
            Self::Foreign(who) => (
                Cause::NotReached,
                format!("{who} answers, without TLS"),
                "check the address and the port".to_owned(),
            ),
            Self::Other(reason) => (
                Cause::NotAuthorized,
                format!("TLS failed: {reason}"),
                "check the ssl.* settings and the broker's log".to_owned(),
            ),
        };
        Step::failed(StepName::Tls, subject, cause, vec![words]).help(help)
    }
}

/// ApiVersions, which every broker answers before anybody has authenticated.
fn answered(
    subject: &Subject,
    apis: &Timed<Result<Apis, Break>>,
    looked: &Looked,
    speaks: &Speaks,
) -> Step {
    let step = match &apis.seen {
        Ok(apis) => apis.step(subject),
        Err(broken) => {
            let tls = looked.tls.as_ref().and_then(|tls| tls.seen.as_ref().ok());
            broken.of_first_request(subject, tls, speaks)
        }
    };
    step.took(apis.elapsed)
}

impl Apis {
    fn step(&self, subject: &Subject) -> Step {
        let name = StepName::ApiVersions;
        let mut seen = vec![format!("it takes {} kinds of requests", self.count)];
        let features = self.features.iter();
        let features: Vec<_> = features
            .map(|(name, level)| format!("{name} {level}"))
            .collect();
        if !features.is_empty() {
            seen.push(format!("finalized features: {}", features.join(", ")));
        }
        if !self.serves_clients {
            seen.insert(0, "no METADATA: it takes no requests of clients".to_owned());
            return Step::failed(name, subject, Cause::NotReached, seen).help(
                "a KRaft controller does so, usually on port 9093: use the port of a broker, \
                 usually 9092",
            );
        }
        let lacking = self.lacking.iter();
        let lacking: Vec<_> = lacking.map(|(api, so)| format!("no {api}: {so}")).collect();
        if lacking.is_empty() {
            return Step::ok(name, subject, seen);
        }
        seen.splice(0..0, lacking);
        Step {
            status: Status::Warning,
            ..Step::ok(name, subject, seen)
        }
    }
}

impl Break {
    /// `tls` is the handshake before it.
    fn of_first_request(
        &self,
        subject: &Subject,
        tls: Option<&Handshake>,
        speaks: &Speaks,
    ) -> Step {
        let wants_tls = "if the listener speaks TLS, set KAFKA_SECURITY_PROTOCOL or \
                         security.protocol to SSL or SASL_SSL; else use its plain-text port";
        let asked_in_vain = tls.is_some_and(|tls| tls.asks_for_certificate);
        let (cause, words, help) = match self {
            Self::ClientCertificate { words, help } => {
                (Cause::NotAuthorized, words.clone(), help.clone())
            }
            Self::Closed if asked_in_vain && !speaks.has_certificate => (
                Cause::NotAuthorized,
                "the connection is closed after TLS, in which a client certificate was asked for"
                    .to_owned(),
                "set ssl.keystore.location in --command-config (PEM, PKCS12 or JKS), or \
                 ssl.certificate.location and ssl.key.location with -X"
                    .to_owned(),
            ),
            Self::Closed if tls.is_some() => (
                Cause::NotReached,
                "the connection is closed after TLS".to_owned(),
                "check that it is a Kafka listener, and see the broker's log".to_owned(),
            ),
            Self::Closed => (
                Cause::NotReached,
                "the connection is closed on the first request: a listener with TLS does so"
                    .to_owned(),
                wants_tls.to_owned(),
            ),
            Self::Tls => (
                Cause::NotReached,
                "it answers in TLS".to_owned(),
                wants_tls.to_owned(),
            ),
            Self::Foreign(who) => (
                Cause::NotReached,
                format!("{who} answers, and no Kafka broker"),
                "check the address and the port".to_owned(),
            ),
            Self::Silent(limit) => (
                Cause::NotReached,
                format!("no answer within {}", seconds(*limit)),
                "check that it is a broker's port, and whether the broker is well: somebody took \
                 the connection"
                    .to_owned(),
            ),
            Self::Other(reason) => (
                Cause::NotReached,
                format!("no answer of Kafka's: {reason}"),
                "check that it is a broker's port".to_owned(),
            ),
        };
        Step::failed(StepName::ApiVersions, subject, cause, vec![words]).help(help)
    }
}

/// What is offered to who wants to authenticate. A listener without SASL is worth no step to somebody
/// who does not want it.
fn authentication(subject: &Subject, looked: &Looked, speaks: &Speaks) -> Option<Step> {
    let name = StepName::Sasl;
    let Some(sasl) = &looked.sasl else {
        let wanted = speaks.mechanism.is_some();
        return wanted.then(|| Step::not_tried(name, subject, "nobody answers"));
    };
    let step = match (&sasl.seen, &speaks.mechanism) {
        (Ok(Sasl::Taken(offered) | Sasl::NotOffered(offered)), None) => {
            let seen = vec![
                "it wants credentials, and none are given".to_owned(),
                format!("it offers {}", offered.join(", ")),
            ];
            Step::failed(name, subject, Cause::NotAuthorized, seen).help(
                "set KAFKA_USERNAME and KAFKA_PASSWORD, or sasl.jaas.config in --command-config",
            )
        }
        (_, None) => return None,
        (Ok(Sasl::Taken(offered)), Some(mechanism)) => {
            let others = offered.iter().filter(|one| *one != mechanism);
            let others: Vec<_> = others.map(String::as_str).collect();
            let mut seen = vec![format!("{mechanism} is offered")];
            if !others.is_empty() {
                seen.push(format!("others are {}", others.join(", ")));
            }
            Step::ok(name, subject, seen)
        }
        (Ok(Sasl::NotOffered(offered)), Some(mechanism)) => {
            let seen = vec![
                format!("{mechanism} is not offered"),
                format!("it offers {}", offered.join(", ")),
            ];
            Step::failed(name, subject, Cause::NotAuthorized, seen).help(
                "set KAFKA_SASL_MECHANISM or sasl.mechanism to one that it offers, with \
                 credentials for it",
            )
        }
        (Ok(Sasl::None), Some(_)) => {
            let seen = vec!["this listener is without SASL, and takes no credentials".to_owned()];
            let without = speaks.protocol.replace("SASL_", "");
            Step::failed(name, subject, Cause::NotAuthorized, seen).help(format!(
                "use the port of a listener with SASL, or set security.protocol to {without}"
            ))
        }
        (Ok(Sasl::Error(code)), Some(_)) => {
            let seen = vec![format!("error {code} of Kafka's protocol")];
            Step::failed(name, subject, Cause::Refused, seen).help("see the broker's log")
        }
        (Err(broken), Some(_)) => {
            let step = broken.of_first_request(subject, None, speaks);
            Step { name, ..step }
        }
    };
    Some(step.took(sasl.elapsed))
}

impl Objection {
    /// Whether a connection with these settings ends by it.
    fn ends(&self, speaks: &Speaks) -> bool {
        speaks.verifies_trust && (speaks.verifies_name || !self.is_of_name)
    }
}

/// `5 s`, `0.5 s`.
fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

#[cfg(test)]
mod tests;
