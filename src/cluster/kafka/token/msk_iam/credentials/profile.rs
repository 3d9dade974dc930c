//! What a profile means: keys, a role to be assumed by another profile or by a token, a login of
//! AWS IAM Identity Center, or a command.

use serde::Deserialize;

use reqsign_aws_v4::Credential;

use super::super::super::shell::ShellCommand;
use super::super::shared_config::Profile;
use super::refusal::wrong;
use super::services::SingleSignOn;
use super::{Found, Look, Role, Search, TokenError};
use crate::diagnostic::nearest;

/// What one of which a profile with credentials has.
const CREDENTIALS: [&str; 5] = [
    "aws_access_key_id",
    "role_arn",
    "sso_account_id",
    "credential_process",
    "web_identity_token_file",
];

/// What a command prints (Amazon's `credential_process`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

pub(super) fn has_credentials(profile: &Profile) -> bool {
    CREDENTIALS.iter().any(|name| profile.get(name).is_some())
}

impl Search<'_> {
    /// The credentials of a profile that is named.
    pub(super) fn profile(&self, name: &str) -> Result<Found, TokenError> {
        self.profile_behind(name, &mut vec![])
    }

    /// `before` are the profiles that led to this one.
    fn profile_behind<'a>(
        &'a self,
        name: &'a str,
        before: &mut Vec<&'a str>,
    ) -> Result<Found, TokenError> {
        let Some(profile) = self.config.profile(name) else {
            return Err(self.no_profile(name));
        };
        let source = format!("the profile `{name}`");
        let is_source_of_itself = before.last() == Some(&name);
        if before.contains(&name) && !is_source_of_itself {
            let way = before.join("`, `");
            return Err(wrong(
                format!("the AWS profiles `{way}` lead in a circle"),
                "correct source_profile of one of them",
            ));
        }
        before.push(name);
        let get = |key| profile.get(key);
        if let Some(arn) = get("role_arn").filter(|_| !is_source_of_itself) {
            return self.role_of(profile, arn, name, before);
        }
        match (get("aws_access_key_id"), get("aws_secret_access_key")) {
            (Some(id), Some(secret)) => {
                return Ok(Found {
                    credential: Credential {
                        access_key_id: id.to_owned(),
                        secret_access_key: secret.to_owned(),
                        session_token: get("aws_session_token").map(str::to_owned),
                        expires_in: None,
                    },
                    source,
                });
            }
            (None, None) => {}
            _ => {
                return Err(wrong(
                    format!("{source} has one of aws_access_key_id and aws_secret_access_key only"),
                    "write both",
                ));
            }
        }
        if let Some(sso) = self.sso_of(profile, name)? {
            return self.single_sign_on(&sso);
        }
        if let Some(command) = get("credential_process") {
            return self.run(command, &source);
        }
        Err(wrong(
            format!("the AWS profile `{name}` has no credentials"),
            "it needs aws_access_key_id and aws_secret_access_key, role_arn and source_profile, \
             sso_session, or credential_process",
        ))
    }

    fn role_of<'a>(
        &'a self,
        profile: &'a Profile,
        arn: &str,
        name: &str,
        before: &mut Vec<&'a str>,
    ) -> Result<Found, TokenError> {
        let owned = |key| profile.get(key).map(str::to_owned);
        let role = Role {
            arn: arn.to_owned(),
            session_name: owned("role_session_name"),
            external_id: owned("external_id"),
        };
        if let Some(file) = profile.get("web_identity_token_file") {
            return self.assume_by_web_identity(&role, file);
        }
        if profile.get("mfa_serial").is_some() {
            return Err(wrong(
                format!("the AWS profile `{name}` needs a code of a device (mfa_serial)"),
                format!(
                    "have the AWS CLI ask for it: eval \"$(aws configure export-credentials \
                     --profile {name} --format env)\""
                ),
            ));
        }
        let found = match (
            profile.get("source_profile"),
            profile.get("credential_source"),
        ) {
            (Some(other), _) => self.profile_behind(other, before)?,
            (None, Some(source)) => self.named_source(source, name)?,
            (None, None) => {
                return Err(wrong(
                    format!("the AWS profile `{name}` has a role_arn, and says not who assumes it"),
                    "write source_profile or credential_source",
                ));
            }
        };
        self.assume(&role, &found)
    }

    /// `credential_source`.
    fn named_source(&self, source: &str, profile: &str) -> Result<Found, TokenError> {
        let look = match source {
            "Environment" => self.variables(),
            "EcsContainer" => self.container(),
            "Ec2InstanceMetadata" => self.instance(),
            _ => {
                return Err(wrong(
                    format!("the AWS profile `{profile}` has an unknown credential_source"),
                    "it is one of Environment, EcsContainer, Ec2InstanceMetadata",
                ));
            }
        };
        match look? {
            Look::Found(found) => Ok(found),
            Look::Nothing(why) => Err(TokenError {
                detail: Some(why),
                ..wrong(
                    format!(
                        "the AWS profile `{profile}` takes credentials of {source}, which has none"
                    ),
                    "correct credential_source of the profile",
                )
            }),
        }
    }

    fn sso_of<'a>(
        &'a self,
        profile: &'a Profile,
        name: &'a str,
    ) -> Result<Option<SingleSignOn<'a>>, TokenError> {
        let Some(account) = profile.get("sso_account_id") else {
            return Ok(None);
        };
        let named = profile.get("sso_session");
        let session = named.and_then(|named| self.config.sso_session(named));
        let region = session
            .and_then(|session| session.get("sso_region"))
            .or_else(|| profile.get("sso_region"));
        let key = named.or_else(|| profile.get("sso_start_url"));
        match (key, region, profile.get("sso_role_name")) {
            (Some(session), Some(region), Some(role)) => Ok(Some(SingleSignOn {
                profile: name,
                session,
                region,
                account,
                role,
            })),
            _ => Err(wrong(
                format!(
                    "the AWS profile `{name}` has an sso_account_id, and not all that a login needs"
                ),
                "write sso_role_name, and sso_session with sso_region there (`aws configure sso`)",
            )),
        }
    }

    fn run(&self, command: &str, source: &str) -> Result<Found, TokenError> {
        let name = format!("credential_process of {source}");
        let shell = ShellCommand {
            command: &command.into(),
            name: &name,
            prints: "JSON with AccessKeyId and SecretAccessKey",
            timeout: self.timeout,
        };
        let output = shell.output()?;
        let printed: Option<Printed> = serde_json::from_slice(&output).ok();
        let Some(printed) = printed.filter(|printed| printed.version == 1) else {
            let words = "prints no credentials of version 1".to_owned();
            return Err(shell.unusable(words, None));
        };
        let end = printed.expiration.map(|end| end.parse()).transpose();
        let Ok(expires_in) = end else {
            let words = "prints an Expiration that is no time".to_owned();
            return Err(shell.unusable(words, None));
        };
        Ok(Found {
            credential: Credential {
                access_key_id: printed.access_key_id,
                secret_access_key: printed.secret_access_key,
                session_token: printed.session_token,
                expires_in,
            },
            source: source.to_owned(),
        })
    }

    fn no_profile(&self, name: &str) -> TokenError {
        let [config, credentials] = &self.config.files;
        let known: Vec<&str> = self.config.names().collect();
        let help = match nearest(name, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => "there are no profiles in them".to_owned(),
            None => format!("there are {}", known.join(", ")),
        };
        TokenError {
            detail: Some(format!("looked in {config} and {credentials}")),
            ..wrong(format!("there is no AWS profile `{name}`"), help)
        }
    }
}
