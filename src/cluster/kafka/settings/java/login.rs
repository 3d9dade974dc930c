//! What a login of the Java client means: the options of `sasl.jaas.config`, and the classes that
//! are named to fetch and present tokens.
//!
//! A class cannot be run here. Those that do what topicctl does by itself are accepted, and all
//! others are errors with a way out, unless a token comes from elsewhere.

use super::super::jaas::{self, Login, Module};
use super::super::layers::{Layers, SetBy};
use super::super::problem;
use crate::diagnostic::Diagnostic;

/// Classes of callbacks that do what is done here, of Kafka's client, Strimzi's and Amazon's
/// libraries, without their packages: Kafka has moved its own.
const HANDLERS: [&str; 4] = [
    "OAuthBearerLoginCallbackHandler",
    "JaasClientOauthLoginCallbackHandler",
    "IAMClientCallbackHandler",
    TOKENS_OF_AMAZON,
];

/// Amazon's class for clients with OAUTHBEARER.
const TOKENS_OF_AMAZON: &str = "IAMOAuthBearerLoginCallbackHandler";

/// Kafka's own ways to fetch a token (KIP-1139).
const RETRIEVERS: [&str; 3] = [
    "DefaultJwtRetriever",
    "ClientCredentialsJwtRetriever",
    "FileJwtRetriever",
];

/// Options of an OAuthBearerLoginModule, of Kafka's client and of Strimzi's, and what they set.
const OPTIONS: [(&str, &str); 11] = [
    ("clientId", "sasl.oauthbearer.client.id"),
    ("clientSecret", "sasl.oauthbearer.client.secret"),
    ("scope", "sasl.oauthbearer.scope"),
    ("oauth.client.id", "sasl.oauthbearer.client.id"),
    ("oauth.client.secret", "sasl.oauthbearer.client.secret"),
    ("oauth.scope", "sasl.oauthbearer.scope"),
    (
        "oauth.token.endpoint.uri",
        "sasl.oauthbearer.token.endpoint.url",
    ),
    ("oauth.access.token.location", "sasl.oauthbearer.token.file"),
    ("oauth.username.claim", "sasl.oauthbearer.sub.claim.name"),
    ("oauth.ssl.truststore.certificates", "https.ca.pem"),
    (
        "sasl.oauthbearer.token.endpoint.url",
        "sasl.oauthbearer.token.endpoint.url",
    ),
];

/// Trust stores of the token endpoint, and the options that say of what type they are.
const TRUST_STORES: [(&str, &str); 2] = [
    ("ssl.truststore.location", "ssl.truststore.type"),
    ("oauth.ssl.truststore.location", "oauth.ssl.truststore.type"),
];

/// Options that another kind of grant or token needs.
const UNSUPPORTED: [&str; 7] = [
    "oauth.access.token",
    "oauth.audience",
    "oauth.client.assertion",
    "oauth.client.assertion.location",
    "oauth.password.grant.username",
    "oauth.refresh.token",
    "unsecuredLoginStringClaim_sub",
];

/// Names of SASL extensions follow.
const EXTENSIONS: [&str; 2] = ["extension_", "oauth.sasl.extension."];

const PASSWORD_LOGIN: &str = "write org.apache.kafka.common.security.plain.PlainLoginModule \
                              required username=\"…\" password=\"…\"; (or \
                              scram.ScramLoginModule)";

const TOKEN_OF_A_COMMAND: &str = "have a command print the token: KAFKA_OAUTH_TOKEN_COMMAND; or a \
                                  file hold it: KAFKA_OAUTH_TOKEN_FILE";

/// Takes `sasl.jaas.config`.
pub(super) fn apply(value: &str, from: SetBy, layers: &mut Layers, problems: &mut Vec<Diagnostic>) {
    let login = match jaas::read(value) {
        Ok(login) => login,
        Err(words) => {
            let found = problem(format!("`sasl.jaas.config` cannot be used: {words}"));
            let help = match value.contains("IAMLoginModule") {
                true => "write software.amazon.msk.auth.iam.IAMLoginModule required;",
                false => PASSWORD_LOGIN,
            };
            problems.push(from.locate(found).help(help));
            layers.unusable_login = true;
            return;
        }
    };
    match login.module {
        Module::Plain | Module::Scram => credentials(&login, &from, layers, problems),
        Module::OAuthBearer => bearer(&login, &from, layers, problems),
        // Which credentials are Amazon's is decided with the region.
        Module::MskIam => {}
    }
    layers.login = Some((login, from));
}

fn credentials(login: &Login, from: &SetBy, layers: &mut Layers, problems: &mut Vec<Diagnostic>) {
    if login.option("tokenauth").is_some() {
        problems.push(unusable("delegation tokens are not supported", from));
        return;
    }
    match (login.option("username"), login.option("password")) {
        (Some(username), Some(password)) => {
            layers.set("sasl.username", username, from.clone());
            layers.set("sasl.password", password, from.clone());
        }
        (None, _) => problems.push(unusable("it has no username", from)),
        (_, None) => problems.push(unusable("it has no password", from)),
    }
}

fn bearer(login: &Login, from: &SetBy, layers: &mut Layers, problems: &mut Vec<Diagnostic>) {
    for (option, name) in OPTIONS {
        if let Some(value) = login.option(option) {
            layers.set(name, value, from.clone());
        }
    }
    for (option, type_option) in TRUST_STORES {
        let Some(path) = login.option(option) else {
            continue;
        };
        let pem = login.option(type_option);
        if pem.is_some_and(|kind| kind.eq_ignore_ascii_case("PEM")) {
            layers.set("https.ca.location", path, from.clone());
        } else {
            let found = problem(format!("`{option}` of the token endpoint is not PEM"));
            let help = format!(
                "convert it: keytool -list -rfc -keystore {path} > ca.pem, and set {option} to \
                 ca.pem and {type_option} to PEM"
            );
            problems.push(from.locate(found).help(help));
        }
    }
    let named = |name: &str| {
        let mut names = EXTENSIONS.iter();
        names.find_map(|prefix| name.strip_prefix(prefix).map(str::to_owned))
    };
    let extensions: Vec<String> = login
        .options()
        .filter_map(|(name, value)| Some(format!("{}={value}", named(name)?)))
        .collect();
    if !extensions.is_empty() {
        let value = extensions.join(",");
        layers.set("sasl.oauthbearer.extensions", &value, from.clone());
    }
    for option in UNSUPPORTED {
        if login.option(option).is_some() {
            let found = problem(format!("`{option}` in sasl.jaas.config is not supported"));
            problems.push(from.locate(found).help(TOKEN_OF_A_COMMAND));
        }
    }
}

fn unusable(words: &str, from: &SetBy) -> Diagnostic {
    let found = problem(format!("`sasl.jaas.config` cannot be used: {words}"));
    from.locate(found).help(PASSWORD_LOGIN)
}

/// Takes a property that names a class of callbacks, or one that fetches tokens; returns whether
/// this is one.
pub(super) fn class(key: &str, value: &str, from: &SetBy, layers: &mut Layers) -> bool {
    let known: &[&str] = match key {
        "sasl.login.callback.handler.class" | "sasl.client.callback.handler.class" => &HANDLERS,
        "sasl.oauthbearer.jwt.retriever.class" => &RETRIEVERS,
        _ => return false,
    };
    let class = value.rsplit('.').next().unwrap_or_default();
    layers.tokens_of_amazon |= class == TOKENS_OF_AMAZON;
    if !known.contains(&class) {
        let help = match class {
            "GcpLoginCallbackHandler" => {
                "have a command print the token: KAFKA_OAUTH_TOKEN_COMMAND; \
                 docs/connecting.md has one for Google"
            }
            "OAuthBearerUnsecuredLoginCallbackHandler" => {
                "it makes tokens that nobody has signed; have a file hold one: \
                 KAFKA_OAUTH_TOKEN_FILE"
            }
            _ => TOKEN_OF_A_COMMAND,
        };
        let found = problem(format!(
            "`{key}` names {class}, which has no counterpart here"
        ));
        layers.foreign_class = Some(from.locate(found).help(help));
    }
    true
}
