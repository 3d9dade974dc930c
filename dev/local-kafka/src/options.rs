//! What a cluster shall be like, before it is started.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::certificates::{Authority, Certificate};
use crate::identity_provider::IdentityProvider;
use crate::proxy::Proxy;
use crate::{LocalKafka, jars, version::Version};

/// The super user of clusters with an authorizer, with [`SUPER_PASSWORD`].
pub const SUPER_USER: &str = "admin";
/// The password of [`SUPER_USER`].
pub const SUPER_PASSWORD: &str = "admin-secret";

/// How clients reach the brokers, and whether there are ACLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// No encryption, no authentication, no authorizer.
    #[default]
    Plaintext,
    /// TLS with a server certificate of its own, see [`LocalKafka::ca_file`]; no authentication.
    Tls,
    /// SASL (PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512) without encryption; ACLs are enforced.
    Sasl,
    /// The same over TLS.
    SaslTls,
}

impl Security {
    pub(crate) fn has_tls(self) -> bool {
        matches!(self, Self::Tls | Self::SaslTls)
    }

    pub(crate) fn has_sasl(self) -> bool {
        matches!(self, Self::Sasl | Self::SaslTls)
    }
}

/// A cluster to be started; made by [`LocalKafka::options`].
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) nodes: u32,
    pub(crate) version: String,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) node_properties: Vec<(u32, String, String)>,
    pub(crate) security: Security,
    pub(crate) users: BTreeMap<String, String>,
    pub(crate) acls: Vec<Vec<String>>,
    pub(crate) advertised: BTreeMap<u32, String>,
    pub(crate) classpath: Vec<PathBuf>,
    pub(crate) client_port: Option<u16>,
    pub(crate) oauthbearer: Option<OAuthBearer>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) client_authority: Option<Authority>,
}

/// Whose tokens a cluster takes.
#[derive(Clone, Debug)]
pub(crate) struct OAuthBearer {
    pub(crate) jwks_endpoint: String,
    pub(crate) issuer: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: 1,
            version: jars::DEFAULT_VERSION.to_owned(),
            properties: Vec::new(),
            node_properties: Vec::new(),
            security: Security::default(),
            users: BTreeMap::new(),
            acls: Vec::new(),
            advertised: BTreeMap::new(),
            classpath: Vec::new(),
            client_port: None,
            oauthbearer: None,
            certificate: None,
            client_authority: None,
        }
    }
}

impl Options {
    /// How many nodes; each is broker and controller. Their ids are `1..=n`.
    #[must_use]
    pub fn nodes(mut self, n: u32) -> Self {
        self.nodes = n;
        self
    }

    /// A version of Apache Kafka other than [`jars::DEFAULT_VERSION`], 2.8.0 or newer. What it cannot
    /// do, such as SASL users before 3.5, is an error when it is to start.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// A line of `server.properties` for all nodes. It wins over what the harness writes itself.
    #[must_use]
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The same for one node. It wins over the line for all.
    #[must_use]
    pub fn node_property(mut self, node_id: u32, key: &str, value: &str) -> Self {
        self.node_properties
            .push((node_id, key.to_owned(), value.to_owned()));
        self
    }

    /// How clients reach the brokers.
    #[must_use]
    pub fn security(mut self, security: Security) -> Self {
        self.security = security;
        self
    }

    /// A SASL user, who can use every mechanism. [`SUPER_USER`] always exists.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.insert(name.to_owned(), password.to_owned());
        self
    }

    /// Takes the tokens of an identity provider beside passwords (SASL/OAUTHBEARER), on Kafka 4.0 and
    /// newer. A user is whom a token names.
    #[must_use]
    pub fn oauthbearer(mut self, provider: &IdentityProvider) -> Self {
        self.oauthbearer = Some(OAuthBearer {
            jwks_endpoint: provider.jwks_endpoint(),
            issuer: provider.issuer().to_owned(),
        });
        self
    }

    /// The certificate of the brokers, with TLS, instead of a good one that is made for them.
    #[must_use]
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Lets in only clients with a certificate of this authority (mutual TLS).
    #[must_use]
    pub fn client_authority(mut self, authority: &Authority) -> Self {
        self.client_authority = Some(authority.clone());
        self
    }

    /// The arguments of one `kafka-acls --add`, which is run once the cluster is up.
    #[must_use]
    pub fn acl(mut self, args: &[&str]) -> Self {
        self.acls
            .push(args.iter().map(|&arg| arg.to_owned()).collect());
        self
    }

    /// The address (`host:port`) that a node advertises to clients, for a proxy in front of it.
    /// [`LocalKafka::bootstrap_servers`] has the node's real port all the same.
    #[must_use]
    pub fn advertise(mut self, node_id: u32, address: &str) -> Self {
        self.advertised.insert(node_id, address.to_owned());
        self
    }

    /// A jar or directory that is added to the class path of nodes and tools.
    #[must_use]
    pub fn classpath(mut self, path: impl AsRef<Path>) -> Self {
        self.classpath.push(path.as_ref().to_owned());
        self
    }

    /// The port on which node 1 listens for clients, instead of a free one.
    #[must_use]
    pub fn client_port(mut self, port: u16) -> Self {
        self.client_port = Some(port);
        self
    }

    /// Starts the cluster and waits until every node answers and knows all others.
    ///
    /// # Errors
    ///
    /// When `java` or the jars are missing, or a node ends or does not become ready in time: then
    /// with the end of its log.
    pub fn start(self) -> Result<LocalKafka> {
        self.check()?;
        LocalKafka::start(self)
    }

    /// Starts a single node that is reached through a proxy: brokers send clients to the address
    /// that they advertise, so that it must be known before.
    ///
    /// # Errors
    ///
    /// As [`Self::start`], and when the proxy finds no port.
    pub fn start_behind_proxy(self) -> Result<(LocalKafka, Proxy)> {
        let proxy = Proxy::listen()?;
        let kafka = self.advertise(1, &proxy.address()).start()?;
        proxy.forward_to(kafka.bootstrap_servers())?;
        Ok((kafka, proxy))
    }

    fn check(&self) -> Result<()> {
        if self.nodes == 0 {
            bail!("a cluster has at least one node");
        }
        Version::parse(&self.version)?.check(self.nodes, self.security.has_sasl())?;
        if let Some(id) = self
            .advertised
            .keys()
            .find(|id| !(1..=self.nodes).contains(id))
        {
            bail!(
                "there is no node {id} to advertise, the nodes are 1 to {}",
                self.nodes
            );
        }
        let certifies = self.certificate.is_some() || self.client_authority.is_some();
        if certifies && !self.security.has_tls() {
            bail!("certificates need Security::Tls or Security::SaslTls");
        }
        let authorizes = !self.users.is_empty() || !self.acls.is_empty();
        if (authorizes || self.oauthbearer.is_some()) && !self.security.has_sasl() {
            bail!("users, tokens and ACLs need Security::Sasl or Security::SaslTls");
        }
        // Both go into a JAAS line and into the argument of `--add-scram`.
        for (name, password) in &self.users {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                bail!(
                    "user name {name:?} has other characters than letters, digits, `-`, `_`, `.`"
                );
            }
            let quotable = |c: char| (' '..='~').contains(&c) && !"\"\\,".contains(c);
            if password.is_empty() || !password.chars().all(quotable) {
                bail!(
                    "the password of {name} is empty or has a quote, comma, backslash or non-ASCII"
                );
            }
        }
        Ok(())
    }

    /// All SASL users, with the super user.
    pub(crate) fn all_users(&self) -> BTreeMap<&str, &str> {
        let mut users = BTreeMap::from([(SUPER_USER, SUPER_PASSWORD)]);
        users.extend(
            self.users
                .iter()
                .map(|(name, password)| (name.as_str(), password.as_str())),
        );
        users
    }
}
