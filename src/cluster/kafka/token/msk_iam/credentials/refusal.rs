//! What it means where a service of Amazon's gives no credentials, in words for people.

use reqsign_aws_v4::Credential;
use reqsign_core::{Error, ErrorKind};

use super::super::super::{TokenError, http};
use super::super::outside::Asked;
use crate::cluster::ClusterErrorKind;

pub(super) const GET_CALLER_IDENTITY: &str =
    "`aws sts get-caller-identity` says what Amazon's own tools find";

/// What is set up wrongly on this machine.
pub(super) fn wrong(message: String, help: impl Into<String>) -> TokenError {
    TokenError {
        kind: ClusterErrorKind::Configuration,
        message,
        detail: None,
        help: Some(help.into()),
    }
}

/// AWS STS, which says why, does not give a role.
pub(super) fn of_sts(
    asked: &Asked,
    error: &Error,
    message: String,
    by: Option<&Credential>,
) -> TokenError {
    let met = asked.met();
    if let Some(failure) = met.failure {
        return failure;
    }
    let secrets = by.into_iter().flat_map(|by| {
        let token = by.session_token.as_deref();
        [Some(by.secret_access_key.as_str()), token]
    });
    let words = http::shown(&error.to_string(), secrets.flatten());
    if met.status.is_none() {
        // Nothing was sent: the role or the file of the token is no such thing.
        return TokenError {
            detail: Some(words),
            ..wrong(
                message,
                "check the role, and the file of the token where there is one",
            )
        };
    }
    let help = match error.kind() {
        _ if words.contains("xpired") => {
            "the session has expired: log in again (`aws sso login`), or renew the token; check \
             this machine's clock"
        }
        ErrorKind::PermissionDenied => {
            "the role's trust policy must name who asks, whose own policy must allow \
             sts:AssumeRole; `aws sts get-caller-identity` says who that is"
        }
        _ => "check the credentials and the role; `aws sts get-caller-identity` tries the first",
    };
    TokenError {
        kind: match error.is_retryable() {
            true => ClusterErrorKind::Unreachable,
            false => ClusterErrorKind::Authentication,
        },
        message,
        detail: Some(words),
        help: Some(help.to_owned()),
    }
}

/// A service of this machine's surroundings, of which only the status is told: its words may hold
/// anything.
pub(super) fn of_metadata(asked: &Asked, error: &Error, whom: &str, help: &str) -> TokenError {
    let met = asked.met();
    if let Some(failure) = met.failure {
        return failure;
    }
    let detail = met.status.filter(|status| !status.is_success());
    TokenError {
        kind: match (error.is_retryable(), met.status) {
            (true, _) => ClusterErrorKind::Unreachable,
            (false, None) => ClusterErrorKind::Configuration,
            (false, Some(_)) => ClusterErrorKind::Authentication,
        },
        message: format!("{whom} gives no credentials"),
        detail: Some(match detail {
            Some(status) => format!("it answers {status}"),
            None => http::shown(&error.to_string(), []),
        }),
        help: Some(help.to_owned()),
    }
}
