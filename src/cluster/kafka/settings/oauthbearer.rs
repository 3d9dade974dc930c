//! Where bearer tokens come from, of all layers together: a file, a command, or a token endpoint
//! that a client's id and secret are for.
//!
//! The names are librdkafka's; those of the Java client and the environment have become these.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::layers::{Entry, Layers};
use super::words::shown;
use super::{filled, problem};
use crate::cluster::kafka::token::{
    Ca, ClientCredentials, PRINCIPAL_CLAIM, TokenCommand, TokenFile, TokenSource,
};
use crate::diagnostic::Diagnostic;

const FILE: &str = "sasl.oauthbearer.token.file";
const COMMAND: &str = "sasl.oauthbearer.token.command";
const ENDPOINT: &str = "sasl.oauthbearer.token.endpoint.url";
const CLIENT_ID: &str = "sasl.oauthbearer.client.id";
const CLIENT_SECRET: &str = "sasl.oauthbearer.client.secret";
const SCOPE: &str = "sasl.oauthbearer.scope";
const EXTENSIONS: &str = "sasl.oauthbearer.extensions";
const METHOD: &str = "sasl.oauthbearer.method";
const GRANT_TYPE: &str = "sasl.oauthbearer.grant.type";

/// Settings that say that there is a token.
pub(super) const SOURCES: [&str; 3] = [FILE, COMMAND, ENDPOINT];

/// Decides on the source. `timeout` is the longest silence.
pub(super) fn source(
    layers: &Layers,
    timeout: Duration,
    problems: &mut Vec<Diagnostic>,
) -> Option<TokenSource> {
    for (name, allowed) in [
        (METHOD, &["default", "oidc"][..]),
        (GRANT_TYPE, &["client_credentials"]),
    ] {
        let Some(entry) = layers.get(name) else {
            continue;
        };
        let value = layers.text(name).unwrap_or_default().trim();
        if !allowed.iter().any(|one| value.eq_ignore_ascii_case(one)) {
            let found = problem(format!("{name} {} is not supported", shown(value)));
            let help = "have a command print the token: KAFKA_OAUTH_TOKEN_COMMAND";
            problems.push(entry.from.locate(found).help(help));
        }
    }
    let given: Vec<&str> = SOURCES
        .into_iter()
        .filter(|name| layers.has(name))
        .collect();
    let principal_claim = filled(layers.text("sasl.oauthbearer.sub.claim.name"));
    let principal_claim = principal_claim.unwrap_or(PRINCIPAL_CLAIM).to_owned();
    match given[..] {
        // It would have said it.
        [] if layers.unusable_login => None,
        [] => {
            let unsaid = || {
                problem("SASL mechanism OAUTHBEARER, and nothing says where a token comes from")
                    .help(
                        "name a token endpoint with client id and secret \
                         (sasl.oauthbearer.token.endpoint.url and sasl.jaas.config in \
                         --command-config), KAFKA_OAUTH_TOKEN_FILE or KAFKA_OAUTH_TOKEN_COMMAND",
                    )
            };
            problems.push(layers.foreign_class.clone().unwrap_or_else(unsaid));
            None
        }
        [one, other, ..] => {
            problems.push(
                problem(format!("tokens come from two places: {one} and {other}"))
                    .help("leave one of them out"),
            );
            None
        }
        [FILE] => Some(TokenSource::File(TokenFile {
            path: PathBuf::from(layers.text(FILE)?.trim()),
            principal_claim,
        })),
        [COMMAND] => Some(TokenSource::Command(TokenCommand {
            command: layers.get(COMMAND)?.value.clone(),
            principal_claim,
            timeout,
        })),
        [_] => {
            let url = layers.text(ENDPOINT)?.trim();
            match url.strip_prefix("file://") {
                // Java's way to name a file (KIP-768).
                Some(path) => Some(TokenSource::File(TokenFile {
                    path: PathBuf::from(path),
                    principal_claim,
                })),
                None => client_credentials(layers, url, principal_claim, timeout, problems),
            }
        }
    }
}

fn client_credentials(
    layers: &Layers,
    url: &str,
    principal_claim: String,
    timeout: Duration,
    problems: &mut Vec<Diagnostic>,
) -> Option<TokenSource> {
    let from = layers.from(ENDPOINT)?;
    if !["https://", "http://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
        || url.contains('@')
    {
        // The rest may be a secret.
        let found = problem(format!(
            "{ENDPOINT} is not an address like https://host/path"
        ));
        problems.push(
            from.locate(found)
                .help("see the identity provider's documentation"),
        );
        return None;
    }
    for (name, what, way) in [
        (CLIENT_ID, "client id", "clientId"),
        (CLIENT_SECRET, "client secret", "clientSecret"),
    ] {
        if filled(layers.text(name)).is_none() && !layers.unusable_login {
            let found = problem(format!("a token endpoint, and no {what}"));
            let help = format!(
                "set {way} in sasl.jaas.config, {name}, or {}",
                variable(name)
            );
            problems.push(from.locate(found).help(help));
        }
    }
    let pem = layers
        .text("https.ca.pem")
        .map(|pem| Ca::Pem(pem.to_owned()));
    let file = || filled(layers.text("https.ca.location")).filter(|path| *path != "probe");
    Some(TokenSource::ClientCredentials(ClientCredentials {
        endpoint: url.to_owned(),
        client_id: layers.text(CLIENT_ID)?.to_owned(),
        client_secret: layers.get(CLIENT_SECRET)?.value.clone(),
        scope: filled(layers.text(SCOPE)).map(str::to_owned),
        urlencode: layers.text("sasl.oauthbearer.header.urlencode") == Some("true"),
        ca: pem.or_else(|| file().map(|path| Ca::File(path.into()))),
        principal_claim,
        timeout,
    }))
}

fn variable(name: &str) -> &'static str {
    match name {
        CLIENT_ID => "KAFKA_OAUTH_CLIENT_ID",
        _ => "KAFKA_OAUTH_CLIENT_SECRET",
    }
}

/// SASL extensions (RFC 7628), `name=value` by comma, as Confluent Cloud wants `logicalCluster`.
pub(super) fn extensions(layers: &Layers, problems: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    let Some(Entry { value, from }) = layers.get(EXTENSIONS) else {
        return vec![];
    };
    let mut extensions = vec![];
    for pair in value
        .expose_secret()
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        match pair.split_once('=').filter(fits) {
            Some((name, value)) => extensions.push((name.to_owned(), value.to_owned())),
            None => {
                let found = problem(format!("{EXTENSIONS} is not of the form name=value,…"));
                let found = found.help("names are letters; `auth` is not for extensions");
                problems.push(from.locate(found));
                break;
            }
        }
    }
    extensions
}

/// What RFC 7628, section 3.1, has for names and values.
fn fits((name, value): &(&str, &str)) -> bool {
    !name.is_empty()
        && *name != "auth"
        && name.bytes().all(|b| b.is_ascii_alphabetic())
        && value
            .bytes()
            .all(|b| b.is_ascii_graphic() || b" \t\r\n".contains(&b))
}
