//! HTTP for sources of tokens: an agent that waits for so long and no longer, and why one gives no
//! answer, in words for people.
//!
//! It knows nothing of what is asked. No message quotes what was sent.

use std::fmt;
use std::io;
use std::time::Duration;

use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::typestate::AgentScope;

use super::TokenError;
use crate::cluster::ClusterErrorKind;
use crate::cluster::kafka::connection_info::seconds;

/// More than any answer with a token or with credentials has.
pub(super) const LONGEST_ANSWER: u64 = 1 << 20;

/// More than anybody reads of a refusal.
pub(super) const LONGEST_WORDS: usize = 300;

/// Whom is asked.
pub(super) struct Peer<'a> {
    /// Who that is in a sentence: `the token endpoint https://…`.
    pub(super) name: &'a dyn fmt::Display,
    pub(super) timeout: Duration,
    /// What to do where its certificate is not trusted.
    pub(super) trust: &'a str,
}

/// What an agent is made of. Every status is an answer, and a redirection is not followed: it would
/// carry a secret to a place that nobody has named.
pub(super) fn config(timeout: Duration, roots: RootCerts) -> ConfigBuilder<AgentScope> {
    let tls = TlsConfig::builder().provider(TlsProvider::NativeTls);
    Agent::config_builder()
        .tls_config(tls.root_certs(roots).build())
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
}

impl Peer<'_> {
    /// Why it gives no answer. The detail is in words from outside, which may repeat what was sent.
    pub(super) fn no_answer(&self, error: &ureq::Error) -> TokenError {
        let check = "check its address, and firewalls and proxies on the way";
        let unresolved = || self.unreachable("is at a name that does not resolve", check);
        match error {
            ureq::Error::Timeout(_) => self.unreachable(
                &format!("did not answer within {}", seconds(self.timeout)),
                "check its address, and firewalls on the way; --timeout sets how long to wait for \
                 an answer",
            ),
            ureq::Error::HostNotFound => unresolved(),
            // As the standard library words it, for which it has no kind.
            ureq::Error::Io(error) if error.to_string().contains("lookup address") => unresolved(),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.unreachable("refuses the connection", check)
            }
            ureq::Error::NativeTls(error) => TokenError {
                kind: ClusterErrorKind::Authentication,
                message: format!("TLS with {} failed", self.name),
                detail: Some(error.to_string()),
                help: Some(self.trust.to_owned()),
            },
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => TokenError {
                kind: ClusterErrorKind::Configuration,
                message: format!("{} is not at a usable address", self.name),
                detail: None,
                help: Some("write https://host/path".to_owned()),
            },
            other => TokenError {
                detail: Some(other.to_string()),
                ..self.unreachable("gives no answer", check)
            },
        }
    }

    fn unreachable(&self, words: &str, help: &str) -> TokenError {
        TokenError {
            kind: ClusterErrorKind::Unreachable,
            message: format!("{} {words}", self.name),
            detail: None,
            help: Some(help.to_owned()),
        }
    }
}

/// Words from outside as they may be shown: without the secrets that they may repeat, and not too
/// many.
pub(super) fn shown<'a>(words: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let secrets = secrets.into_iter().filter(|secret| !secret.is_empty());
    let words = secrets.fold(words.to_owned(), |words, secret| {
        words.replace(secret, "[secret]")
    });
    words.chars().take(LONGEST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_of_words_and_long_words_end() {
        assert_eq!(
            shown("a hush b hush", ["hush", ""]),
            "a [secret] b [secret]"
        );
        assert_eq!(shown(&"é".repeat(400), []).chars().count(), LONGEST_WORDS);
    }
}
