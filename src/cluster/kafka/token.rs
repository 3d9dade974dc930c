//! Bearer tokens for SASL/OAUTHBEARER: what one is, and where it comes from.
//!
//! A [`TokenSource`] gives a [`Token`] whenever it is asked, from the outside world only: a file, a
//! command, a token endpoint, Amazon's credentials. It may block, for as long as its own time limit
//! says. It knows nothing of Kafka's protocol, and no message of it holds a token or a secret.

mod client_credentials;
mod command;
mod file;
mod http;
mod jwt;
mod msk_iam;
mod shell;

use std::fmt;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

pub(super) use self::client_credentials::{Ca, ClientCredentials};
pub(super) use self::command::TokenCommand;
pub(super) use self::file::TokenFile;
use self::jwt::Claims;
pub(super) use self::msk_iam::{Keys, MskIam, Role, SharedConfig, usual_profile};
use crate::cluster::{ClusterError, ClusterErrorKind};

/// The claim that names the principal where nothing else is said, as for Kafka's brokers.
pub(super) const PRINCIPAL_CLAIM: &str = "sub";

/// How long a token is used whose end nobody has told.
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(300);

/// What proves who we are, for a while.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) value: SecretString,
    /// Whom it names, as librdkafka wants to know; brokers read the token itself.
    pub(super) principal: String,
    pub(super) expires: SystemTime,
    /// What it says of itself that a broker looks at, for people: `issuer …, audience …`.
    pub(super) says: Option<String>,
}

impl Token {
    /// A token as it was read from `whence`. It lives as long as the issuer has said, else as it
    /// says itself where it can be read.
    fn read(
        text: &str,
        lifetime: Option<Duration>,
        principal_claim: &str,
        whence: &dyn fmt::Display,
    ) -> Result<Self, ClusterError> {
        let value = text.trim();
        if let Some(words) = why_no_token(value) {
            return Err(TokenError {
                kind: ClusterErrorKind::Configuration,
                message: format!("what {whence} gives is not a token: {words}"),
                detail: None,
                help: Some("it must be the token alone, as the broker takes it".to_owned()),
            });
        }
        let now = SystemTime::now();
        let claims = Claims::read(value);
        let stated = claims.as_ref().and_then(Claims::expires);
        let expires = match (lifetime, stated) {
            (Some(lifetime), _) => now + lifetime,
            (None, Some(expires)) => expires,
            (None, None) => now + UNKNOWN_LIFETIME,
        };
        if let Ok(since) = now.duration_since(expires) {
            return Err(TokenError {
                kind: ClusterErrorKind::Authentication,
                message: format!("the token of {whence} expired {} s ago", since.as_secs()),
                detail: None,
                help: Some("have a new one made, and check this machine's clock".to_owned()),
            });
        }
        let principal = claims
            .as_ref()
            .and_then(|claims| claims.text(principal_claim));
        Ok(Self {
            value: value.into(),
            principal: principal.unwrap_or_else(|| "topicctl".to_owned()),
            expires,
            says: claims.map(|claims| claims.summary()),
        })
    }
}

/// Why a text cannot be a token (RFC 6750, section 2.1), if it cannot.
fn why_no_token(text: &str) -> Option<&'static str> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    match text {
        "" => Some("it is empty"),
        text if text.starts_with('{') => Some("it is JSON"),
        text if text.starts_with("Bearer ") => Some("it begins with the word Bearer"),
        text if text.contains(char::is_whitespace) => Some("it has several words or lines"),
        text if !text.bytes().all(fits) => Some("it has characters that no token has"),
        _ => None,
    }
}

/// Why there is no token: [`ClusterErrorKind::Configuration`] where the source cannot be used,
/// `Unreachable` where nobody answered and asking again may help, and `Authentication` where the
/// issuer refused.
pub(super) type TokenError = ClusterError;

/// Where tokens come from.
#[derive(Clone, Debug)]
pub(super) enum TokenSource {
    File(TokenFile),
    Command(TokenCommand),
    ClientCredentials(ClientCredentials),
    MskIam(MskIam),
}

impl TokenSource {
    /// Fetches a token; may block.
    ///
    /// # Errors
    /// There is none, and why.
    pub(super) fn token(&self) -> Result<Token, TokenError> {
        match self {
            Self::File(file) => file.token(),
            Self::Command(command) => command.token(),
            Self::ClientCredentials(credentials) => credentials.token(),
            Self::MskIam(msk_iam) => msk_iam.token(),
        }
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.fmt(f),
            Self::Command(command) => command.fmt(f),
            Self::ClientCredentials(credentials) => credentials.fmt(f),
            Self::MskIam(msk_iam) => msk_iam.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use secrecy::ExposeSecret;

    use super::*;

    fn read(text: &str, lifetime: Option<u64>, claim: &str) -> Result<Token, ClusterError> {
        let lifetime = lifetime.map(Duration::from_secs);
        Token::read(text, lifetime, claim, &"here")
    }

    fn jwt(claims: &str) -> String {
        format!("e30.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_issuer_s_lifetime_goes_before_the_token_s_and_both_before_a_guess() {
        let stated = SystemTime::UNIX_EPOCH + Duration::from_secs(9_000_000_000);
        let jwt = jwt(r#"{"exp":9000000000}"#);
        let token = read(&format!("{jwt}\n"), None, "sub").expect("a token");
        assert_eq!(token.value.expose_secret(), jwt);
        assert_eq!(token.expires, stated);
        let token = read(&jwt, Some(60), "sub").expect("a token");
        assert!(token.expires < stated);
        let before = SystemTime::now();
        let token = read("opaque", None, "sub").expect("a token");
        assert!(token.expires >= before + UNKNOWN_LIFETIME);
        assert_eq!(token.says, None);
    }

    #[test]
    fn the_principal_is_what_the_claim_says_or_harmless() {
        let jwt = jwt(r#"{"sub":"ci","azp":"client","iss":"idp","aud":"kafka"}"#);
        for (text, claim, principal) in [
            (jwt.as_str(), "sub", "ci"),
            (&jwt, "azp", "client"),
            (&jwt, "email", "topicctl"),
            ("opaque", "sub", "topicctl"),
        ] {
            assert_eq!(
                read(text, None, claim).expect("a token").principal,
                principal
            );
        }
        let token = read(&jwt, None, "sub").expect("a token");
        assert_eq!(token.says.as_deref(), Some("issuer idp, audience kafka"));
        assert!(!format!("{token:?}").contains(&jwt));
    }

    #[test]
    fn what_is_not_a_token_is_said_without_quoting_it() {
        for (text, words) in [
            (" \n", "it is empty"),
            ("{\"accessToken\":\"hush\"}", "it is JSON"),
            ("Bearer hush", "begins with the word Bearer"),
            ("hush\nhush", "several words or lines"),
            ("hush\u{1}", "characters that no token has"),
        ] {
            let error = read(text, None, "sub").expect_err(text);
            assert_eq!(error.kind, ClusterErrorKind::Configuration);
            assert!(error.message.contains(words), "{error:?}");
            assert!(!format!("{error:?}").contains("hush"), "{error:?}");
        }
        let error = read(&jwt(r#"{"exp":1}"#), None, "sub").expect_err("an old token");
        assert_eq!(error.kind, ClusterErrorKind::Authentication);
        assert!(
            error.message.contains("the token of here expired"),
            "{error:?}"
        );
    }
}
