//! The services that give credentials: AWS STS, AWS IAM Identity Center, the container's and the
//! instance's.

use std::time::Duration;

use reqsign_aws_v4::{
    AssumeRoleCredentialProvider, AssumeRoleWithWebIdentityCredentialProvider, Credential,
    ECSCredentialProvider, IMDSv2CredentialProvider, RequestSigner, SSOCredentialProvider,
    StaticCredentialProvider,
};
use reqsign_core::{ProvideCredential, Signer};

use super::super::outside::{Asked, Met};
use super::refusal::{of_metadata, of_sts, wrong};
use super::{Found, Look, Role, Search, TokenError};
use crate::cluster::ClusterErrorKind;

/// How a session is called in Amazon's logs where nothing else is said.
const SESSION_NAME: &str = "topicctl";

/// What is on this machine answers soon, or is not there.
const LONGEST_INSTANCE: Duration = Duration::from_secs(2);
const LONGEST_CONTAINER: Duration = Duration::from_secs(5);

/// What signs in to AWS IAM Identity Center.
pub(super) struct SingleSignOn<'a> {
    pub(super) profile: &'a str,
    /// By what the file of the login is named.
    pub(super) session: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) role: &'a str,
}

impl Search<'_> {
    fn sts(&self) -> Asked {
        let whom = format!("AWS STS in {}", self.region);
        self.outside.ask(whom, self.timeout)
    }

    /// A role, for somebody who has credentials.
    pub(super) fn assume(&self, role: &Role, by: &Found) -> Result<Found, TokenError> {
        let asked = self.sts();
        let Credential {
            access_key_id,
            secret_access_key,
            session_token,
            ..
        } = &by.credential;
        let keys = match session_token {
            Some(token) => StaticCredentialProvider::new(access_key_id, secret_access_key)
                .with_session_token(token),
            None => StaticCredentialProvider::new(access_key_id, secret_access_key),
        };
        let signer = RequestSigner::new("sts", self.region);
        let signer = Signer::new(asked.context(), keys, signer);
        let mut provider = AssumeRoleCredentialProvider::new(role.arn.clone(), signer)
            .with_region(self.region.to_owned())
            .with_regional_sts_endpoint()
            .with_role_session_name(role.session_name());
        if let Some(id) = &role.external_id {
            provider = provider.with_external_id(id.clone());
        }
        let refused = format!("AWS STS does not give the role {} to {by}", role.arn);
        role.given(&asked, &provider, refused, Some(&by.credential))
    }

    /// A role, for somebody who has a token of another identity provider: a Kubernetes service
    /// account (IRSA), a CI job.
    pub(super) fn assume_by_web_identity(
        &self,
        role: &Role,
        file: &str,
    ) -> Result<Found, TokenError> {
        let asked = self.sts();
        let arn = role.arn.clone();
        let provider = AssumeRoleWithWebIdentityCredentialProvider::with_config(arn, file.into())
            .with_region(self.region.to_owned())
            .with_regional_sts_endpoint()
            .with_role_session_name(role.session_name());
        let refused = format!(
            "AWS STS does not give the role {} for the token in {file}",
            role.arn
        );
        role.given(&asked, &provider, refused, None)
    }

    pub(super) fn single_sign_on(&self, sso: &SingleSignOn) -> Result<Found, TokenError> {
        let whom = format!("AWS IAM Identity Center in {}", sso.region);
        let asked = self.outside.ask(whom, self.timeout);
        // The library names the file by the address of the login only, and uses it for nothing else.
        let provider = SSOCredentialProvider::new()
            .with_account_id(sso.account)
            .with_region(sso.region)
            .with_role_name(sso.role)
            .with_start_url(sso.session);
        let source = format!("the profile `{}`", sso.profile);
        if let Ok(Some(credential)) = ask(&asked, &provider) {
            return Ok(Found { credential, source });
        }
        let Met { failure, status } = asked.met();
        Err(failure.unwrap_or_else(|| TokenError {
            kind: ClusterErrorKind::Authentication,
            message: format!("the login of {source} is not there, or has expired"),
            detail: status.map(|status| format!("AWS IAM Identity Center answers {status}")),
            help: Some(format!("log in: `aws sso login --profile {}`", sso.profile)),
        }))
    }

    /// What a container is given: Amazon ECS, and EKS Pod Identity.
    pub(super) fn container(&self) -> Result<Look, TokenError> {
        const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
        const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let mut provider = ECSCredentialProvider::new();
        let by = match (self.outside.variable(RELATIVE), self.outside.variable(FULL)) {
            (Some(path), _) => {
                provider = provider.with_relative_uri(path);
                RELATIVE
            }
            (None, Some(uri)) => {
                provider = provider.with_endpoint(uri);
                FULL
            }
            (None, None) => {
                let words = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI: not set";
                return Ok(Look::Nothing(words.to_owned()));
            }
        };
        // The path of the address is as good as a password.
        let whom = format!("the container's service for credentials ({by})");
        let asked = self.outside.ask(&whom, self.timeout.min(LONGEST_CONTAINER));
        match ask(&asked, &provider) {
            Ok(Some(credential)) => Ok(Look::Found(Found {
                credential,
                source: by.to_owned(),
            })),
            Ok(None) => Ok(Look::Nothing(format!("{by}: has none"))),
            Err(error) => Err(of_metadata(
                &asked,
                &error,
                &whom,
                "an ECS task needs a task role, a pod an association of EKS Pod Identity; see that \
                 AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE can be read",
            )),
        }
    }

    /// What an instance of Amazon EC2 is given.
    pub(super) fn instance(&self) -> Result<Look, TokenError> {
        let disabled = self.outside.variable("AWS_EC2_METADATA_DISABLED");
        if disabled.is_some_and(|text| text.trim().eq_ignore_ascii_case("true")) {
            let words = "instance metadata: AWS_EC2_METADATA_DISABLED is set";
            return Ok(Look::Nothing(words.to_owned()));
        }
        let whom = "the instance metadata service";
        let asked = self.outside.ask(whom, self.timeout.min(LONGEST_INSTANCE));
        let found = ask(&asked, &IMDSv2CredentialProvider::new());
        let met = asked.met();
        match found {
            Ok(Some(credential)) => Ok(Look::Found(Found {
                credential,
                source: "this instance's role".to_owned(),
            })),
            Ok(None) => Ok(Look::Nothing("instance metadata: no role".to_owned())),
            // Most machines are no instances.
            Err(_) if met.failure.is_some() => {
                let words = met.failure.map(|failure| failure.message);
                let words = words.unwrap_or_default();
                let words = words.strip_prefix(whom).unwrap_or_default();
                Ok(Look::Nothing(format!("instance metadata:{words}")))
            }
            Err(_) if met.status.is_some_and(|status| status == 404) => {
                let words = "instance metadata: this instance has no role";
                Ok(Look::Nothing(words.to_owned()))
            }
            Err(error) => Err(of_metadata(
                &asked,
                &error,
                whom,
                "see the instance's IAM role, and its metadata options: a container needs a hop \
                 limit of 2",
            )),
        }
    }
}

impl Role {
    fn session_name(&self) -> String {
        let name = self.session_name.as_deref();
        name.unwrap_or(SESSION_NAME).to_owned()
    }

    fn given(
        &self,
        asked: &Asked,
        provider: &impl ProvideCredential<Credential = Credential>,
        refused: String,
        by: Option<&Credential>,
    ) -> Result<Found, TokenError> {
        match ask(asked, provider) {
            Ok(Some(credential)) => Ok(Found {
                credential,
                source: format!("the role {}", self.arn),
            }),
            Ok(None) => Err(wrong(refused, "check the role")),
            Err(error) => Err(of_sts(asked, &error, refused, by)),
        }
    }
}

fn ask(
    asked: &Asked,
    provider: &impl ProvideCredential<Credential = Credential>,
) -> reqsign_core::Result<Option<Credential>> {
    let context = asked.context();
    asked.wait(provider.provide_credential(&context))
}
