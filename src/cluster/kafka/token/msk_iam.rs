//! A token for Amazon MSK with IAM: who we are by Amazon's credentials, signed for 15 minutes.
//!
//! Amazon's brokers take it in SASL/OAUTHBEARER, where clients in Java speak their own mechanism,
//! AWS_MSK_IAM. Credentials are read each time that a token is wanted, for they may change. Nothing
//! is asked of the cluster.

mod credentials;
mod outside;
mod presigned;
mod shared_config;

use std::fmt;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use self::outside::Outside;
pub(in super::super) use self::shared_config::{SharedConfig, usual_profile};
use super::{Token, TokenError};

/// Which credentials are used, and for which region.
#[derive(Clone, Debug)]
pub(in super::super) struct MskIam {
    pub(in super::super) region: String,
    /// The region of AWS STS, where it is another one.
    pub(in super::super) sts_region: Option<String>,
    /// The profile, where one is named; `None` for all sources in their order.
    pub(in super::super) profile: Option<String>,
    /// Who is meant by what is found: a role to be assumed by it.
    pub(in super::super) role: Option<Role>,
    /// Credentials that the settings hold.
    pub(in super::super) keys: Option<Keys>,
    pub(in super::super) timeout: Duration,
}

#[derive(Clone, Debug)]
pub(in super::super) struct Role {
    pub(in super::super) arn: String,
    pub(in super::super) session_name: Option<String>,
    pub(in super::super) external_id: Option<String>,
}

#[derive(Clone, Debug)]
pub(in super::super) struct Keys {
    pub(in super::super) id: String,
    pub(in super::super) secret: SecretString,
    pub(in super::super) session_token: Option<SecretString>,
}

impl MskIam {
    pub(super) fn token(&self) -> Result<Token, TokenError> {
        let found = credentials::find(self, &Outside::of_process())?;
        let now = SystemTime::now();
        let end = now + presigned::LIFETIME;
        let known = found.credential.expires_in;
        Ok(Token {
            value: presigned::token(&found.credential, &self.region, now).into(),
            principal: found.identity(),
            expires: known.map_or(end, |known| known.as_system_time().min(end)),
            says: Some(format!("{}, region {}", found.source, self.region)),
        })
    }
}

impl fmt::Display for MskIam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AWS credentials")
    }
}
