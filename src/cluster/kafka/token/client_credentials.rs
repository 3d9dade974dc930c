//! A token that an identity provider's token endpoint gives to a client with its secret (RFC 6749,
//! section 4.4), as the clients of Java and librdkafka fetch it (KIP-768): one POST over HTTPS.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::x509::X509;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use ureq::http::StatusCode;
use ureq::http::header::AUTHORIZATION;
use ureq::tls::{Certificate, RootCerts};

use super::http::{self, LONGEST_ANSWER, Peer};
use super::{Token, TokenError};
use crate::cluster::ClusterErrorKind;

#[derive(Clone, Debug)]
pub(in super::super) struct ClientCredentials {
    pub(in super::super) endpoint: String,
    pub(in super::super) client_id: String,
    pub(in super::super) client_secret: SecretString,
    pub(in super::super) scope: Option<String>,
    /// Whether id and secret are encoded as in a form before they are put together, as the standard
    /// says and few clients do.
    pub(in super::super) urlencode: bool,
    /// Who signs the endpoint's certificate; `None` for the system's bundle.
    pub(in super::super) ca: Option<Ca>,
    pub(in super::super) principal_claim: String,
    pub(in super::super) timeout: Duration,
}

#[derive(Clone, Debug)]
pub(in super::super) enum Ca {
    File(PathBuf),
    Pem(String),
}

/// An answer of the endpoint: with a token, or with a refusal (RFC 6749, section 5).
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    /// Seconds; some providers write a text.
    expires_in: Option<serde_json::Value>,
    error: Option<String>,
    error_description: Option<String>,
}

impl ClientCredentials {
    pub(super) fn token(&self) -> Result<Token, TokenError> {
        let (status, body) = self.ask()?;
        let answer: Option<Answer> = serde_json::from_slice(&body).ok();
        if !status.is_success() {
            return Err(self.refusal(status, answer));
        }
        let Some(answer) = answer else {
            return Err(self.no_endpoint("answers with something else than JSON".to_owned()));
        };
        let Some(token) = answer.access_token else {
            return Err(self.no_endpoint("answers without an access_token".to_owned()));
        };
        let lifetime = answer.expires_in.as_ref().and_then(lifetime);
        Token::read(&token, lifetime, &self.principal_claim, self)
    }

    fn ask(&self) -> Result<(StatusCode, Vec<u8>), TokenError> {
        let roots = match &self.ca {
            Some(ca) => RootCerts::new_with_certs(&self.certificates(ca)?),
            None => RootCerts::PlatformVerifier,
        };
        let agent = http::config(self.timeout, roots).build().new_agent();
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        let asked = agent
            .post(&self.endpoint)
            .header(AUTHORIZATION, self.authorization())
            .header("accept", "application/json")
            .send_form(form);
        let mut response = asked.map_err(|error| self.no_answer(&error))?;
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER);
        let body = body.read_to_vec().map_err(|error| self.no_answer(&error))?;
        Ok((response.status(), body))
    }

    fn authorization(&self) -> String {
        let secret = self.client_secret.expose_secret();
        let both = match self.urlencode {
            true => format!("{}:{}", urlencoded(&self.client_id), urlencoded(secret)),
            false => format!("{}:{secret}", self.client_id),
        };
        format!("Basic {}", BASE64_STANDARD.encode(both))
    }

    fn certificates(&self, ca: &Ca) -> Result<Vec<Certificate<'static>>, TokenError> {
        let unusable = |words: String, detail: String| TokenError {
            kind: ClusterErrorKind::Configuration,
            message: format!("the CA certificates for {self} {words}"),
            detail: Some(detail),
            help: Some("https.ca.location names a file of PEM certificates".to_owned()),
        };
        let pem = match ca {
            Ca::Pem(pem) => pem.clone().into_bytes(),
            Ca::File(path) => std::fs::read(path).map_err(|error| {
                unusable(
                    format!("cannot be read: {}", path.display()),
                    error.to_string(),
                )
            })?,
        };
        let not_pem = |error: String| unusable("are not PEM".to_owned(), error);
        let certificates =
            X509::stack_from_pem(&pem).map_err(|error| not_pem(error.to_string()))?;
        if certificates.is_empty() {
            return Err(not_pem("no certificate is in there".to_owned()));
        }
        let der = |one: &X509| {
            one.to_der()
                .map(|der| Certificate::from_der(&der).to_owned())
        };
        let all: Result<_, _> = certificates.iter().map(der).collect();
        all.map_err(|error| not_pem(error.to_string()))
    }

    fn refusal(&self, status: StatusCode, answer: Option<Answer>) -> TokenError {
        let words = answer.and_then(|answer| {
            let words = [answer.error, answer.error_description];
            let words: Vec<String> = words.into_iter().flatten().collect();
            (!words.is_empty()).then(|| words.join(": "))
        });
        let detail = words.map(|words| self.shown(&words));
        match status {
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                TokenError {
                    kind: ClusterErrorKind::Authentication,
                    message: format!("{self} refuses the client `{}` ({status})", self.client_id),
                    detail,
                    help: Some(
                        "check client id, secret and scope, as the identity provider has them"
                            .to_owned(),
                    ),
                }
            }
            _ => TokenError {
                detail,
                ..self.no_endpoint(format!("answers {status}"))
            },
        }
    }

    fn no_endpoint(&self, words: String) -> TokenError {
        TokenError {
            kind: ClusterErrorKind::Unreachable,
            message: format!("{self} {words}"),
            detail: None,
            help: Some(
                "check the address of the token endpoint; an identity provider tells it in \
                 .well-known/openid-configuration"
                    .to_owned(),
            ),
        }
    }

    fn no_answer(&self, error: &ureq::Error) -> TokenError {
        let peer = Peer {
            name: self,
            timeout: self.timeout,
            trust: "https.ca.location names the CA that signs its certificate (PEM)",
        };
        let error = peer.no_answer(error);
        TokenError {
            detail: error.detail.map(|words| self.shown(&words)),
            ..error
        }
    }

    /// Words from outside, which may repeat what was sent.
    fn shown(&self, words: &str) -> String {
        http::shown(words, [self.client_secret.expose_secret()])
    }
}

impl fmt::Display for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token endpoint {}", self.endpoint)
    }
}

fn lifetime(seconds: &serde_json::Value) -> Option<Duration> {
    let seconds = match seconds {
        serde_json::Value::String(text) => text.parse().ok()?,
        number => number.as_f64()?,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// As in a form (`application/x-www-form-urlencoded`).
fn urlencoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_sent_as_they_are_unless_they_shall_be_encoded() {
        let mut credentials = ClientCredentials {
            endpoint: "https://idp/token".to_owned(),
            client_id: "a b".to_owned(),
            client_secret: "c:d/é".into(),
            scope: None,
            urlencode: false,
            ca: None,
            principal_claim: "sub".to_owned(),
            timeout: Duration::from_secs(1),
        };
        let sent = |credentials: &ClientCredentials| {
            let header = credentials.authorization();
            let encoded = header.strip_prefix("Basic ").expect("Basic").to_owned();
            String::from_utf8(BASE64_STANDARD.decode(encoded).expect("base64")).expect("a text")
        };
        assert_eq!(sent(&credentials), "a b:c:d/é");
        credentials.urlencode = true;
        assert_eq!(sent(&credentials), "a+b:c%3Ad%2F%C3%A9");
    }

    #[test]
    fn a_lifetime_is_a_number_or_a_text_of_seconds() {
        for (value, seconds) in [
            (serde_json::json!(3600), Some(3600)),
            (serde_json::json!("60"), Some(60)),
            (serde_json::json!(-1), None),
            (serde_json::json!("soon"), None),
            (serde_json::json!(null), None),
        ] {
            assert_eq!(
                lifetime(&value),
                seconds.map(Duration::from_secs),
                "{value}"
            );
        }
    }
}
