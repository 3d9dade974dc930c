//! Amazon MSK with IAM, of all layers together: which region's, and by which of Amazon's
//! credentials.
//!
//! The options are those of Amazon's library for Java (aws-msk-iam-auth, MSKCredentialProvider); all
//! else is said as for Amazon's own tools, by `AWS_…` and `~/.aws`. Credentials are not read here.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::jaas::{Login, Module};
use super::layers::{Layers, SetBy};
use super::{Lookups, filled, problem};
use crate::cluster::kafka::connection_info::MSK_IAM;
use crate::cluster::kafka::token::{Keys, MskIam, Role, SharedConfig, TokenSource, usual_profile};
use crate::diagnostic::{Diagnostic, nearest};

const PROFILE: &str = "awsProfileName";
const ROLE: &str = "awsRoleArn";
const ROLE_SESSION: &str = "awsRoleSessionName";
const EXTERNAL_ID: &str = "awsRoleExternalId";
const KEY_ID: &str = "awsRoleAccessKeyId";
const SECRET_KEY: &str = "awsRoleSecretAccessKey";
const SESSION_TOKEN: &str = "awsRoleSessionToken";
const STS_REGION: &str = "awsStsRegion";
const FIPS: &str = "awsShouldUseFips";

const OPTIONS: [&str; 13] = [
    PROFILE,
    ROLE,
    ROLE_SESSION,
    EXTERNAL_ID,
    KEY_ID,
    SECRET_KEY,
    SESSION_TOKEN,
    STS_REGION,
    FIPS,
    // How often the library tries, what it writes to its log, and whether it goes on to other
    // credentials where those that are named fail.
    "awsAddDefaultProviders",
    "awsDebugCreds",
    "awsMaxBackOffTimeMs",
    "awsMaxRetries",
];

/// Decides on credentials and region. `servers` are the bootstrap servers where they are usable,
/// `timeout` is the longest silence.
pub(super) fn source(
    layers: &Layers,
    servers: Option<&str>,
    lookups: Lookups,
    timeout: Duration,
    problems: &mut Vec<Diagnostic>,
) -> Option<TokenSource> {
    let login = layers.login.as_ref();
    let login = login.filter(|(login, _)| is_of_amazon(login, layers));
    if let Some((login, from)) = login {
        problems.extend(unusable(login, from));
    }
    let option = |name| filled(login.and_then(|(login, _)| login.option(name)));
    let owned = |name| option(name).map(str::to_owned);
    let sts_region = owned(STS_REGION).filter(|region| region != "aws-global");
    let role = owned(ROLE).map(|arn| Role {
        arn,
        session_name: owned(ROLE_SESSION),
        external_id: owned(EXTERNAL_ID),
    });
    let keys = option(KEY_ID)
        .zip(option(SECRET_KEY))
        .map(|(id, secret)| Keys {
            id: id.to_owned(),
            secret: secret.into(),
            session_token: option(SESSION_TOKEN).map(Into::into),
        });
    let profile = owned(PROFILE);
    // Where no address is known, that is the problem.
    let servers = servers?;
    let Some(region) = region(servers, profile.as_deref(), lookups) else {
        let found = problem(format!(
            "no AWS region for {MSK_IAM}: {servers} does not say it, as addresses of Amazon MSK do"
        ));
        problems.push(found.help("set AWS_REGION to the region of the cluster"));
        return None;
    };
    Some(TokenSource::MskIam(MskIam {
        region,
        sts_region,
        profile,
        role,
        keys,
        timeout,
    }))
}

/// Whether a login is for this: by its module, or by the class that is named to fetch tokens.
fn is_of_amazon(login: &Login, layers: &Layers) -> bool {
    match login.module {
        Module::MskIam => true,
        Module::OAuthBearer => layers.tokens_of_amazon,
        Module::Plain | Module::Scram => false,
    }
}

fn unusable(login: &Login, from: &SetBy) -> Vec<Diagnostic> {
    let mut problems = vec![];
    let mut say = |words: String, help: String| {
        let found = problem(format!("`sasl.jaas.config` cannot be used: {words}"));
        problems.push(from.locate(found).help(help));
    };
    for (name, _) in login.options() {
        if !OPTIONS.contains(&name) {
            let help = match nearest(name, OPTIONS) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("use {PROFILE} or {ROLE}, or none of them"),
            };
            say(format!("{name} is no option of Amazon's login"), help);
        }
    }
    let has = |name| filled(login.option(name)).is_some();
    if has(KEY_ID) != has(SECRET_KEY) {
        let words = format!("it has one of {KEY_ID} and {SECRET_KEY} only");
        say(words, "write both, or none of them".to_owned());
    } else if has(KEY_ID) && !has(ROLE) {
        let words = format!("it has {KEY_ID}, which is for assuming a role, and no {ROLE}");
        say(words, "name the role, or set AWS_ACCESS_KEY_ID".to_owned());
    }
    if login.option(FIPS).is_some_and(|text| text == "true") {
        let words = format!("{FIPS} is not supported");
        say(
            words,
            "leave it out if AWS STS's usual endpoint will do".to_owned(),
        );
    }
    problems
}

/// The cluster's region: as its address says, else as Amazon's tools find one.
fn region(servers: &str, profile: Option<&str>, lookups: Lookups) -> Option<String> {
    let hosts = servers.split(',').filter_map(|one| one.rsplit_once(':'));
    if let Some(region) = hosts.filter_map(|(host, _)| region_of(host)).next() {
        return Some(region.to_owned());
    }
    let variable = |name: &str| (lookups.variable)(name);
    let stated = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
    let stated = stated
        .filter_map(variable)
        .find(|region| !region.trim().is_empty());
    stated.map(|region| region.trim().to_owned()).or_else(|| {
        let config = SharedConfig::read(&variable, lookups.file);
        let profile = profile.map_or_else(|| usual_profile(&variable).0, str::to_owned);
        config.profile(&profile)?.get("region").map(str::to_owned)
    })
}

/// The region in a name of Amazon's: `b-1.demo.a1b2c3.c2.kafka.eu-west-1.amazonaws.com`,
/// `boot-a1b2c3.c1.kafka-serverless.us-east-1.amazonaws.com`,
/// `vpce-0a1b.kafka.us-east-1.vpce.amazonaws.com`. The name of a cluster may look like one too, and
/// stands before it.
fn region_of(host: &str) -> Option<&str> {
    let host = host.trim_end_matches('.');
    let name = host
        .strip_suffix(".amazonaws.com")
        .or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    name.split('.').rfind(|label| is_region(label))
}

fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return false;
    };
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    (2..=4).contains(&first.len())
        && is_word(first)
        && !middle.is_empty()
        && middle.iter().all(is_word)
        && (1..=2).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_digit())
}
