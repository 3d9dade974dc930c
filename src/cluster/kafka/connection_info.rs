//! What messages may say of a connection. It holds no secret and decides nothing.

use std::time::Duration;

/// The mechanism of Amazon MSK with IAM, as Amazon's library calls it.
pub(super) const MSK_IAM: &str = "AWS_MSK_IAM";

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ConnectionInfo {
    /// `host:port`, by comma.
    pub(super) bootstrap_servers: String,
    pub(super) security: Security,
    /// The longest silence.
    pub(super) timeout: Duration,
    /// What an address of the bootstrap list suggests, where it does not fit.
    pub(super) address_hint: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Security {
    /// In upper case, as Kafka writes it.
    pub(super) protocol: String,
    /// `None` without SASL.
    pub(super) mechanism: Option<String>,
    /// `None` without SASL, and until there is a token.
    pub(super) user: Option<String>,
    /// Where the credentials are set: `KAFKA_USERNAME and KAFKA_PASSWORD`.
    pub(super) credentials_from: String,
    /// What the token says of itself, for those mechanisms that have one.
    pub(super) token: Option<String>,
    /// The CA's file, or the setting that holds it; `None` for the system's bundle.
    pub(super) ca: Option<String>,
    /// Where the client certificate is set; `None` without one.
    pub(super) client_certificate: Option<String>,
}

impl Security {
    /// Whether the broker is Amazon's, and knows us by Amazon's rights.
    pub(super) fn is_msk_iam(&self) -> bool {
        self.mechanism.as_deref() == Some(MSK_IAM)
    }
}

/// `30 s`, `0.5 s`.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
