//! What certificates say of themselves, and why one ends a connection, in words: the broker's, which
//! is not accepted here, or ours, which the broker does not take.
//!
//! Takes a certificate, and OpenSSL's verdict of it or the alert of TLS. It judges nothing: OpenSSL
//! has. Reaches no clock, so that a day that is past is told as a day.

use std::net::IpAddr;

use jiff::Timestamp;
use librdkafka_admin::CertificateError;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::nid::Nid;
use openssl::x509::{GeneralNameRef, X509, X509NameRef, X509Ref};

use super::connection_info::Security;

pub(super) const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// As many names of a certificate as a sentence holds.
const NAMES: usize = 6;

/// The broker's certificate, or one that vouches for it, and what OpenSSL has against it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RefusedCertificate {
    fault: Fault,
    /// Whether it is the broker's own.
    is_brokers: bool,
    about: About,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    NotYetValid,
    Expired,
    /// It is for none of the names that the broker was called by.
    OtherName,
    SelfSigned,
    UnknownIssuer,
    Revoked,
    /// It may not stand for a server, or not for an authority.
    OtherPurpose,
    Other,
}

/// What a certificate says of itself; what cannot be read is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct About {
    subject: String,
    issuer: String,
    names: Vec<String>,
    not_before: String,
    not_after: String,
}

impl RefusedCertificate {
    pub(super) fn new(error: &CertificateError) -> Self {
        Self {
            fault: Fault::from_code(error.code),
            is_brokers: error.depth == 0,
            about: X509::from_der(&error.der).map_or_else(|_| About::default(), |one| about(&one)),
        }
    }

    /// Whether it is the name, which not every connection insists on.
    pub(super) fn is_of_name(&self) -> bool {
        self.fault == Fault::OtherName
    }

    /// Whether the chain leads to nobody who is trusted, of which OpenSSL may tell more than once.
    pub(super) fn is_of_chain(&self) -> bool {
        matches!(self.fault, Fault::SelfSigned | Fault::UnknownIssuer)
    }

    /// What is wrong, and the way out.
    pub(super) fn words(
        &self,
        address: &str,
        advertised: bool,
        security: &Security,
    ) -> (String, String) {
        let About {
            subject,
            issuer,
            names,
            not_before,
            not_after,
        } = &self.about;
        let whose = match self.is_brokers {
            true => format!("the certificate of {address}"),
            false => format!("the certificate of {subject}, which vouches for {address},"),
        };
        let ca = security.ca.as_deref().unwrap_or("the system's bundle");
        let trust = format!(
            "give it (PEM) as CA: SSL_CA_LOCATION, or ssl.ca.location with -X; now it is {ca}"
        );
        match self.fault {
            Fault::Expired if self.is_brokers => (
                format!("{whose} expired on {not_after}"),
                "renew it, and see that the broker has loaded the new one; if it has, this \
                 machine's clock may be wrong"
                    .to_owned(),
            ),
            Fault::Expired => (
                format!("{whose} expired on {not_after}"),
                format!(
                    "have the broker send its successor, or give that here where this machine has \
                     the old one (the CA is {ca}); a wrong clock of this machine looks the same"
                ),
            ),
            Fault::NotYetValid => (
                format!("{whose} is valid from {not_before} on"),
                "see whether this machine's clock is right; if it is, the broker needs a \
                 certificate that is valid today"
                    .to_owned(),
            ),
            Fault::OtherName if names.iter().any(|name| in_brackets(host(address)) == Some(name)) => (
                format!("{address} cannot be checked by its IPv6 address"),
                "connect by a host name that the certificate has: OpenSSL is asked for the address \
                 with its brackets (librdkafka, rd_kafka_transport_ssl_set_endpoint_id)"
                    .to_owned(),
            ),
            Fault::OtherName => (
                match names.is_empty() {
                    true => format!("{whose} has no name at all"),
                    false => format!(
                        "{whose} is not for {}: it has {}",
                        host(address),
                        listed(names)
                    ),
                },
                match advertised {
                    true => "correct advertised.listeners of the broker to a name that its \
                             certificate has, or give the broker a certificate for this one"
                        .to_owned(),
                    false => "connect by a name that it has, or give the broker a certificate for \
                              this one; as a last resort set \
                              ssl.endpoint.identification.algorithm to none: then any certificate \
                              of the same CA will do"
                        .to_owned(),
                },
            ),
            Fault::SelfSigned => (
                format!("the certificate of {address} is self-signed, and not trusted here"),
                format!("if it is the one that the broker should have, {trust}"),
            ),
            Fault::UnknownIssuer => (
                format!(
                    "the certificate of {address} is signed by {}, which is not trusted here",
                    match issuer.is_empty() {
                        true => "an authority",
                        false => issuer,
                    }
                ),
                format!(
                    "{trust}; where that is the right root already, the broker does not send the \
                     certificates between: have them added to its key store, or add them to the CA"
                ),
            ),
            Fault::Revoked => (
                format!("{whose} is revoked"),
                "the broker needs a new one; whoever revoked it knows why".to_owned(),
            ),
            Fault::OtherPurpose => (
                format!("{whose} is not meant for this use"),
                "a broker's needs `serverAuth` where it limits its use (extendedKeyUsage), and an \
                 authority's needs CA:TRUE (basicConstraints)"
                    .to_owned(),
            ),
            Fault::Other => (
                format!("{whose} is not accepted"),
                format!(
                    "openssl s_client -connect {address} -showcerts shows it; the CA here is {ca}"
                ),
            ),
        }
    }
}

impl Fault {
    /// By `X509_V_ERR_…` of OpenSSL's x509_vfy.h.
    fn from_code(code: i32) -> Self {
        match code {
            9 => Self::NotYetValid,
            10 => Self::Expired,
            18 => Self::SelfSigned,
            2 | 19..=21 | 27 => Self::UnknownIssuer,
            23 => Self::Revoked,
            24 | 26 | 79 => Self::OtherPurpose,
            62..=64 => Self::OtherName,
            _ => Self::Other,
        }
    }
}

/// What a broker says by an alert that it does not take a client's certificate (RFC 8446, 6.2; RFC
/// 5246, 7.2.2). Over TLS 1.3 it comes after the handshake.
pub(super) fn refusal_of_ours(words: &str) -> Option<&'static str> {
    Some(match alert(words)? {
        // What Java says where there is none, and for whatever else is wrong.
        42 | 116 => "",
        43 => "it is of a kind that the broker does not take",
        44 => "it is revoked",
        45 => "it has expired",
        46 | 48 => "the broker does not trust who signed it",
        _ => return None,
    })
}

/// The alert that says least: no version or cipher in common, or no certificate of ours.
pub(super) fn is_handshake_failure(words: &str) -> bool {
    alert(words) == Some(40)
}

/// The number of an alert in OpenSSL's words.
fn alert(words: &str) -> Option<u8> {
    let (_, number) = words.split_once("SSL alert number ")?;
    let number: String = number.chars().take_while(char::is_ascii_digit).collect();
    number.parse().ok()
}

/// That the broker wants a client certificate, and none, or another one, is given.
pub(super) fn wanted(address: &str, message: &str, security: &Security) -> (String, String) {
    match &security.client_certificate {
        None => (
            format!("{address} wants a client certificate, and none is given"),
            "set ssl.keystore.location in --command-config (PEM, PKCS12 or JKS), or \
             ssl.certificate.location and ssl.key.location with -X"
                .to_owned(),
        ),
        Some(given) => {
            let why = match refusal_of_ours(message) {
                None | Some("") => String::new(),
                Some(why) => format!(": {why}"),
            };
            (
                format!("{address} does not take the client certificate{why}"),
                format!(
                    "give one that is signed by a CA of the broker's trust store \
                     (ssl.truststore.location), valid today, and meant for clients; now it is \
                     {given}"
                ),
            )
        }
    }
}

fn about(certificate: &X509Ref) -> About {
    About {
        subject: shown(certificate.subject_name()),
        issuer: shown(certificate.issuer_name()),
        names: names(certificate),
        not_before: day(certificate.not_before()),
        not_after: day(certificate.not_after()),
    }
}

/// `CN=kafka, O=Example`.
pub(super) fn shown(name: &X509NameRef) -> String {
    let parts = name.entries().filter_map(|entry| {
        let value = entry.data().to_string().ok()?;
        Some(format!(
            "{}={value}",
            entry.object().nid().short_name().ok()?
        ))
    });
    // The name itself stands last.
    let mut parts: Vec<_> = parts.collect();
    parts.reverse();
    parts.join(", ")
}

/// What it may be called by: alternative names, and where there are none its common name.
pub(super) fn names(certificate: &X509Ref) -> Vec<String> {
    let alternative = certificate.subject_alt_names();
    let of = |name: &GeneralNameRef| {
        let address = |bytes: &[u8]| {
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
            Some(address.ok()?.to_string())
        };
        let dns = name.dnsname().map(str::to_owned);
        dns.or_else(|| name.ipaddress().and_then(address))
    };
    let found: Vec<_> = alternative.iter().flatten().filter_map(of).collect();
    if !found.is_empty() {
        return found;
    }
    let common = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    common
        .filter_map(|entry| entry.data().to_string().ok())
        .collect()
}

/// In UTC.
pub(super) fn day(time: &Asn1TimeRef) -> String {
    let since = Asn1Time::from_unix(0).ok();
    let since = since.and_then(|begin| seconds_between(&begin, time));
    let moment = since.and_then(|since| Timestamp::from_second(since).ok());
    moment.map_or_else(
        || time.to_string(),
        |moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

pub(super) fn seconds_between(from: &Asn1TimeRef, to: &Asn1TimeRef) -> Option<i64> {
    let difference = from.diff(to).ok()?;
    Some(i64::from(difference.days) * SECONDS_A_DAY + i64::from(difference.secs))
}

fn in_brackets(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

/// An address without its port.
fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

fn listed(names: &[String]) -> String {
    let mut listed = names
        .iter()
        .take(NAMES)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if let Some(more @ 1..) = names.len().checked_sub(NAMES) {
        listed.push_str(&format!(" and {more} more"));
    }
    listed
}
