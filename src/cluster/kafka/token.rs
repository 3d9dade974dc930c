//! Bearer tokens for SASL/OAUTHBEARER: what one is, and why there is none.
//!
//! A source gives a [`Token`] whenever it is asked, from the outside world only: a file, a command, a
//! token endpoint, a signature. It may block. It knows nothing of Kafka's protocol, and no message
//! of it holds a token or a secret.

use std::time::SystemTime;

use secrecy::SecretString;

/// What proves who we are, for a while.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) value: SecretString,
    /// Whom it names, as librdkafka wants to know; brokers read the token itself.
    pub(super) principal: String,
    pub(super) expires: SystemTime,
}

/// Why there is no token.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct TokenError {
    /// What went wrong, and where: the file, the command, the endpoint.
    pub(super) message: String,
    /// The words of whoever refused.
    pub(super) detail: Option<String>,
    pub(super) help: Option<String>,
    /// Whether asking again may help: nobody answered.
    pub(super) passes: bool,
}
