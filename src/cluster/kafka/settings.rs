//! What the user gave, as librdkafka's settings.
//!
//! Pure: takes the options of the command line, look-ups of variables and files, and the text of the
//! properties files, and gives [`Settings`] or every problem at once. Five layers, strongest first:
//! `-X`, flags, `--cluster`, `--command-config`, environment. A setting that cannot be honored is an
//! error that names it; none is dropped, except what cannot matter to an admin client. Secrets live
//! in [`SecretString`] and are in no message, log line or `Debug` output.

mod bootstrap;
mod certificates;
mod doubts;
mod environment;
mod jaas;
mod java;
mod layers;
mod msk_iam;
mod names;
mod oauthbearer;
mod overrides;
mod properties;
mod security;
mod store;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use self::layers::{Layers, SetBy};
pub use self::overrides::separate;
use super::connection_info::{ConnectionInfo, MSK_IAM, seconds};
use super::token::TokenSource;
use crate::cluster::{ClusterError, ClusterErrorKind};
use crate::context::Rights;
use crate::diagnostic::{Code, Diagnostic, SourceId, Sources, Span};

/// The longest silence where nothing else is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The first part of the client id where nothing else is said.
const CLIENT_NAME: &str = "topicctl";

/// Where settings that name a variable or a file find it.
#[derive(Clone, Copy)]
pub struct Lookups<'a> {
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The names of all variables.
    pub names: &'a dyn Fn() -> Vec<String>,
    /// The whole of a file: a store, a secret.
    pub file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
}

impl Lookups<'static> {
    /// Without variables, and without files.
    pub const NONE: Self = Self {
        variable: &|_| None,
        names: &Vec::new,
        file: &|_| Err(io::Error::from(io::ErrorKind::NotFound)),
    };
}

impl Lookups<'_> {
    /// The text of a file.
    fn text(&self, path: &Path) -> io::Result<String> {
        let bytes = (self.file)(path)?;
        String::from_utf8(bytes).map_err(|_| io::Error::other("it is no text"))
    }
}

/// What an argument says, and how it was given: by its flag, or by the variable in its place.
#[derive(Clone, Debug)]
pub struct Argument {
    pub name: &'static str,
    pub text: String,
}

impl Argument {
    pub fn new(name: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { name, text }
    }
}

#[derive(Clone, Default)]
pub struct ConnectionOptions {
    /// `-b`: a list of `host:port`.
    pub bootstrap_servers: Option<Argument>,
    pub cluster: Option<ChosenCluster>,
    /// The names that could have been chosen.
    pub clusters: Vec<String>,
    /// `--command-config`: the Java client's properties file, read by the caller.
    pub command_config: Option<SourceId>,
    /// `-X`: `key=value` with librdkafka's names.
    pub overrides: Vec<Argument>,
    /// `--client-id`: the first part of the client id.
    pub client_id: Option<String>,
    /// `--timeout`: the longest silence; `None` for the properties file's `request.timeout.ms`,
    /// else [`DEFAULT_TIMEOUT`].
    pub timeout: Option<Duration>,
    /// `--wait`: how long to wait for a first answer.
    pub wait: Duration,
}

/// `--cluster`: how the manifests say that the cluster is reached.
#[derive(Clone, Debug)]
pub struct ChosenCluster {
    pub name: String,
    /// `host:port`, by comma, and the place that says so.
    pub bootstrap_servers: Option<(String, Span)>,
    /// The Java client's properties file, read by the caller.
    pub command_config: Option<SourceId>,
}

#[derive(Clone)]
pub struct Settings {
    layers: Layers,
    info: ConnectionInfo,
    warnings: Vec<Diagnostic>,
    token_source: Option<TokenSource>,
    sasl_extensions: Vec<(String, String)>,
    command_config: Option<String>,
    client_name: String,
    wait: Duration,
    own_address: bool,
}

impl Settings {
    /// Resolves what the user gave; `sources` holds the properties files.
    ///
    /// # Errors
    /// Every problem, each of [`Code::Connection`]; those of the properties file point into it.
    pub fn resolve(
        options: &ConnectionOptions,
        lookups: Lookups,
        sources: &Sources,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut layers = Layers::default();
        let mut problems = vec![];

        environment::apply(lookups, &mut layers, &mut problems);
        let mut asked_timeout = None;
        let cluster = options.cluster.as_ref();
        let cluster_config = cluster.and_then(|cluster| cluster.command_config);
        for source in [options.command_config, cluster_config]
            .into_iter()
            .flatten()
        {
            let path = sources.path(source);
            let found = properties::read(sources.text(source), source);
            let asked = java::apply(found, path, lookups, &mut layers, &mut problems);
            asked_timeout = asked.or(asked_timeout);
        }
        if let Some(cluster) = cluster
            && let Some((servers, span)) = &cluster.bootstrap_servers
        {
            let by = SetBy::Cluster {
                name: cluster.name.clone(),
                location: sources.location(*span),
                span: *span,
            };
            layers.set("bootstrap.servers", servers, by);
        }
        if let Some(given) = &options.bootstrap_servers
            && let Some(servers) = filled(Some(&given.text))
        {
            layers.set("bootstrap.servers", servers, SetBy::Flag(given.name));
        }
        for (index, given) in options.overrides.iter().enumerate() {
            overrides::apply(index + 1, given, &mut layers, &mut problems);
        }

        let timeout = options.timeout.or(asked_timeout).unwrap_or(DEFAULT_TIMEOUT);
        let client_name = match filled(options.client_id.as_deref()) {
            Some(name) => {
                layers.remove_weaker_than_flags("client.id");
                name.to_owned()
            }
            None => filled((lookups.variable)("SERVICE_NAME").as_deref())
                .unwrap_or(CLIENT_NAME)
                .to_owned(),
        };
        let own_address = match layers.from("bootstrap.servers") {
            Some(SetBy::Cluster { .. }) => true,
            Some(SetBy::File { span, .. }) => Some(span.source) == cluster_config,
            _ => false,
        };
        let bootstrap = bootstrap::check(&mut layers, &options.clusters, lookups, &mut problems);
        let mut security = security::settle(&mut layers, &mut problems);
        if security.protocol.ends_with("SSL") {
            certificates::settle(&mut layers, lookups, &mut problems);
        }
        if security.mechanism.as_deref() != Some("OAUTHBEARER") {
            problems.extend(layers.foreign_class.clone());
        }
        let token_source = match security.mechanism.as_deref() {
            Some("OAUTHBEARER") => oauthbearer::source(&layers, timeout, &mut problems),
            Some(MSK_IAM) => {
                let servers = bootstrap.as_ref().map(|one| one.servers.as_str());
                msk_iam::source(&layers, servers, lookups, timeout, &mut problems)
            }
            _ => None,
        };
        if let Some(source) = &token_source {
            security.credentials_from = source.to_string();
        }
        let sasl_extensions = oauthbearer::extensions(&layers, &mut problems);
        let warnings = doubts::find(&layers);
        certificates::leave_stores_out(&mut layers);
        layers.fill_defaults(timeout);
        match bootstrap {
            Some(bootstrap) if problems.is_empty() => Ok(Self {
                info: ConnectionInfo {
                    address_hint: bootstrap.hint(&security),
                    bootstrap_servers: bootstrap.servers,
                    security,
                    timeout,
                },
                warnings,
                layers,
                token_source,
                sasl_extensions,
                command_config: cluster_config
                    .or(options.command_config)
                    .map(|id| sources.path(id).to_string()),
                client_name,
                wait: options.wait,
                own_address,
            }),
            _ => Err(problems),
        }
    }

    /// What is usable and yet hardly meant, each of [`Code::Connection`].
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The bootstrap servers, `host:port` by comma, as commands take them.
    pub fn bootstrap_servers(&self) -> &str {
        &self.info.bootstrap_servers
    }

    /// The properties file that Kafka's own tools need for this connection: the one that was given,
    /// or on a secured cluster the name that is usual for one.
    pub fn command_config(&self) -> Option<&str> {
        let secured = self.info.security.protocol != "PLAINTEXT";
        let usual = secured.then_some("client.properties");
        self.command_config.as_deref().or(usual)
    }

    /// Whether the address comes from the chosen cluster's entry or its properties file.
    pub fn has_own_address(&self) -> bool {
        self.own_address
    }

    pub fn user(&self) -> Option<&str> {
        self.info.security.user.as_deref()
    }

    /// How the cluster is told what somebody may do.
    pub fn rights(&self) -> Rights {
        match self.info.security.is_msk_iam() {
            true => Rights::Iam,
            false => Rights::Acls,
        }
    }

    /// One of librdkafka's settings; it may be a secret.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.layers.text(name)
    }

    /// The connection in phrases for people, without a secret.
    pub fn described(&self) -> Vec<String> {
        let security = &self.info.security;
        let from = self.layers.from("bootstrap.servers");
        let from = from.map_or(String::new(), |from| format!(", set by {from}"));
        let mut described = vec![
            format!("{}{from}", self.info.bootstrap_servers.replace(',', ", ")),
            security.protocol.clone(),
        ];
        if let Some(mechanism) = &security.mechanism {
            let user = security.user.as_ref();
            let user = user.map_or(String::new(), |user| format!(" as `{user}`"));
            described.push(format!("{mechanism}{user}"));
            described.push(format!("credentials from {}", security.credentials_from));
        }
        if security.protocol.ends_with("SSL") {
            let ca = security.ca.as_deref().unwrap_or("the system's bundle");
            described.push(format!("the CA is {ca}"));
            described.push(match &security.client_certificate {
                Some(given) => format!("the client certificate is {given}"),
                None => "no client certificate is set".to_owned(),
            });
        }
        described
    }

    pub fn wait(&self) -> Duration {
        self.wait
    }

    /// Where tokens come from, for the mechanisms that need them.
    pub(super) fn token_source(&self) -> Option<&TokenSource> {
        self.token_source.as_ref()
    }

    /// What goes along with a token.
    pub(super) fn sasl_extensions(&self) -> &[(String, String)] {
        &self.sasl_extensions
    }

    pub(super) fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// librdkafka's settings, in the order to set them. `host` and `suffix` distinguish the client
    /// ids of runs.
    pub(super) fn entries(&self, host: &str, suffix: u32) -> Vec<(&str, SecretString)> {
        let mut entries: Vec<(&str, SecretString)> = self.layers.entries().collect();
        if !self.layers.has("client.id") {
            let id = format!("{}-{host}-{suffix:08x}", self.client_name);
            entries.push(("client.id", id.into()));
        }
        entries.extend(layers::FIXED.map(|(name, value)| (name, value.into())));
        entries
    }

    /// The error for a client that did not start with these settings; `message` may quote a value.
    pub(super) fn start_error(&self, setting: Option<&str>, message: &str) -> ClusterError {
        // librdkafka names a file that it cannot use in its words only, and not its path.
        let mentioned = || {
            let names = self.layers.entries().map(|(name, _)| name);
            names.filter(|name| message.contains(name))
        };
        let setting = setting.or_else(|| mentioned().next());
        let secret = mentioned().chain(setting).any(names::is_secret);
        let from = setting.and_then(|name| self.layers.from(name));
        let value = setting.filter(|_| !secret);
        let value = value.and_then(|name| self.layers.text(name));
        ClusterError {
            kind: ClusterErrorKind::Configuration,
            message: match (setting, value) {
                (Some(name), Some(value)) => {
                    format!("the connection's `{name}` is not usable: {value}")
                }
                (Some(name), None) => format!("the connection's `{name}` is not usable"),
                (None, _) => "a client cannot be started with these connection settings".to_owned(),
            },
            detail: (!secret).then(|| message.to_owned()),
            help: from.map(|from| format!("it is set by {from}")),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.layers.entries() {
            match names::is_secret(name) {
                true => map.entry(&name, &"[secret]"),
                false => map.entry(&name, &value.expose_secret()),
            };
        }
        map.entry(&"--timeout", &seconds(self.info.timeout))
            .finish()
    }
}

fn problem(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Connection, message)
}

/// What is empty or blank counts as not given.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
