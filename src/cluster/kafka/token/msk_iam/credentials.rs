//! Amazon's credentials, from where its own tools have them, in the order of its SDK for Java:
//! variables, a web identity, a profile, the container, the instance.
//!
//! A library asks the services; which of them is asked, and what it means where one has nothing or
//! refuses, is decided here. No message holds a secret.

mod profile;
mod refusal;
mod services;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use reqsign_aws_v4::Credential;
use reqsign_core::time::Timestamp;
use secrecy::ExposeSecret;

use self::refusal::{GET_CALLER_IDENTITY, wrong};
use super::super::TokenError;
use super::outside::Outside;
use super::shared_config::{SharedConfig, usual_profile};
use super::{Keys, MskIam, Role};
use crate::cluster::ClusterErrorKind;

/// Credentials, and where they come from.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) credential: Credential,
    /// `the profile `ci``, `AWS_ACCESS_KEY_ID`.
    pub(super) source: String,
}

/// What a source that was not asked for by name has.
#[derive(Debug)]
enum Look {
    Found(Found),
    /// Nothing, and why.
    Nothing(String),
}

type Source<'a> = fn(&Search<'a>) -> Result<Look, TokenError>;

/// Where credentials are looked for.
struct Search<'a> {
    outside: &'a Outside,
    config: SharedConfig,
    /// The region whose STS is asked.
    region: &'a str,
    timeout: Duration,
}

/// Fetches the credentials that are meant; may block.
pub(super) fn find(wanted: &MskIam, outside: &Outside) -> Result<Found, TokenError> {
    let search = Search {
        outside,
        config: SharedConfig::read(&|name| outside.variable(name), &|path| std::fs::read(path)),
        region: wanted.sts_region.as_deref().unwrap_or(&wanted.region),
        timeout: wanted.timeout,
    };
    let found = match (&wanted.keys, &wanted.profile) {
        (Some(keys), _) => keys.found(),
        (None, Some(profile)) => search.profile(profile)?,
        (None, None) => search.chain()?,
    };
    let found = match &wanted.role {
        Some(role) => search.assume(role, &unexpired(found)?)?,
        None => found,
    };
    unexpired(found)
}

impl<'a> Search<'a> {
    /// The first source that has something. One that is set up and does not work ends the search:
    /// another identity than the one that is meant would be a surprise.
    fn chain(&self) -> Result<Found, TokenError> {
        let mut looked = vec![];
        let sources: [Source<'a>; 5] = [
            Self::variables,
            Self::web_identity,
            Self::usual_profile,
            Self::container,
            Self::instance,
        ];
        for source in sources {
            match source(self)? {
                Look::Found(found) => return Ok(found),
                Look::Nothing(why) => looked.push(why),
            }
        }
        Err(TokenError {
            kind: ClusterErrorKind::Configuration,
            message: "no AWS credentials for AWS_MSK_IAM".to_owned(),
            detail: Some(looked.join("\n")),
            help: Some(format!(
                "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the pod, \
                 task or instance a role; {GET_CALLER_IDENTITY}"
            )),
        })
    }

    fn variables(&self) -> Result<Look, TokenError> {
        const ID: &str = "AWS_ACCESS_KEY_ID";
        const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
        match (self.outside.variable(ID), self.outside.variable(SECRET)) {
            (None, None) => Ok(Look::Nothing(format!("{ID}: not set"))),
            (Some(id), Some(secret)) => Ok(Look::Found(Found {
                credential: Credential {
                    access_key_id: id.trim().to_owned(),
                    secret_access_key: secret.trim().to_owned(),
                    session_token: self.outside.variable("AWS_SESSION_TOKEN"),
                    expires_in: None,
                },
                source: ID.to_owned(),
            })),
            (Some(_), None) => Err(half(ID, SECRET)),
            (None, Some(_)) => Err(half(SECRET, ID)),
        }
    }

    fn web_identity(&self) -> Result<Look, TokenError> {
        const FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
        const ROLE: &str = "AWS_ROLE_ARN";
        let variable = |name| self.outside.variable(name);
        match (variable(FILE), variable(ROLE)) {
            (None, _) => Ok(Look::Nothing(format!("{FILE}: not set"))),
            (Some(_), None) => Err(half(FILE, ROLE)),
            (Some(file), Some(arn)) => {
                let role = Role {
                    arn,
                    session_name: variable("AWS_ROLE_SESSION_NAME"),
                    external_id: None,
                };
                self.assume_by_web_identity(&role, &file).map(Look::Found)
            }
        }
    }

    fn usual_profile(&self) -> Result<Look, TokenError> {
        let (name, by) = usual_profile(&|name| self.outside.variable(name));
        if by.is_some() {
            return self.profile(&name).map(Look::Found);
        }
        let files = || {
            let files = self.config.files.iter().map(ToString::to_string);
            files.collect::<Vec<_>>().join(", ")
        };
        match self.config.profile(&name) {
            None => Ok(Look::Nothing(format!(
                "profile `{name}`: not in {}",
                files()
            ))),
            Some(profile) if !profile::has_credentials(profile) => {
                let words = format!("profile `{name}`: no credentials in {}", files());
                Ok(Look::Nothing(words))
            }
            Some(_) => self.profile(&name).map(Look::Found),
        }
    }
}

impl Keys {
    fn found(&self) -> Found {
        let token = self.session_token.as_ref();
        Found {
            credential: Credential {
                access_key_id: self.id.clone(),
                secret_access_key: self.secret.expose_secret().to_owned(),
                session_token: token.map(|token| token.expose_secret().to_owned()),
                expires_in: None,
            },
            source: "awsRoleAccessKeyId in sasl.jaas.config".to_owned(),
        }
    }
}

impl Found {
    /// Who that is, as Amazon's tools show it: neither a secret nor enough to be taken for one.
    pub(super) fn identity(&self) -> String {
        let id: Vec<char> = self.credential.access_key_id.chars().collect();
        match id.as_slice() {
            [first @ .., a, b, c, d] if first.len() >= 8 => {
                let kind: String = first.iter().take(4).collect();
                format!("{kind}…{a}{b}{c}{d}")
            }
            _ => "an access key".to_owned(),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.identity(), self.source)
    }
}

fn half(set: &str, unset: &str) -> TokenError {
    wrong(
        format!("{set} is set, and {unset} is not"),
        "set both, or none of them for the next source of credentials",
    )
}

fn unexpired(found: Found) -> Result<Found, TokenError> {
    let Some(end) = found.credential.expires_in else {
        return Ok(found);
    };
    let over = Timestamp::now().as_second() - end.as_second();
    if over < 0 {
        return Ok(found);
    }
    Err(TokenError {
        kind: ClusterErrorKind::Authentication,
        message: format!("the AWS credentials {found} expired {over} s ago"),
        detail: None,
        help: Some("renew them, and check this machine's clock".to_owned()),
    })
}
