//! A running cluster: made from [`Options`], changed by killing and starting its nodes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    Options, acls, class_archive, free_port, jars,
    java::{Archive, Java, Jvm, LOG_CONFIG, TEMPORARY},
    lifeline::Sweeper,
    node::{Node, NodeEnded, POLL},
    readiness,
    server_properties::Ports,
    storage,
    tools::Tools,
};

/// Generous, since the machine may be busy with something else; usually it takes a few seconds.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// How often nodes are started when a port is taken between choosing and using it.
const ATTEMPTS: usize = 4;

const LOG_CONFIG_TEXT: &str = "\
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = [%d] %p %c: %m%n%ex
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
";

/// A running Kafka cluster on loopback. Dropping it ends all of its processes and removes its data,
/// and so does the end of the process that owns it, however it ends.
pub struct LocalKafka {
    cluster_id: String,
    bootstrap_servers: String,
    ca_file: Option<PathBuf>,
    tools: Tools,
    nodes: Vec<Node>,
    /// Last: it waits for the nodes to be gone and removes the directory.
    sweeper: Sweeper,
}

impl LocalKafka {
    /// A cluster to be started: one node of [`jars::DEFAULT_VERSION`] unless changed.
    #[must_use]
    pub fn options() -> Options {
        Options::default()
    }

    pub(crate) fn start(options: Options) -> Result<Self> {
        let java = Java::find()?;
        let jars = jars::fetch(&options.version)?;
        for path in &options.classpath {
            if !path.exists() {
                bail!("there is no {} to put on the class path", path.display());
            }
        }
        if let Some(port) = options.client_port {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port))
                .with_context(|| format!("failed to listen on port {port}"))?;
        }
        let archive = match class_archive::ensure(&java, &options.version, &jars)? {
            Some(archive) => Archive::Use(archive),
            None => Archive::None,
        };
        let cluster = Self::start_retrying(&options, &java, &jars, &archive)?;
        cluster.add_acls(&options.acls)?;
        Ok(cluster)
    }

    /// A cluster whose nodes write an archive of their classes when they end.
    pub(crate) fn start_to_record(
        options: &Options,
        java: &Java,
        jars: &Path,
        archive: PathBuf,
    ) -> Result<Self> {
        Self::start_retrying(options, java, jars, &Archive::Record(archive))
    }

    fn start_retrying(
        options: &Options,
        java: &Java,
        jars: &Path,
        archive: &Archive,
    ) -> Result<Self> {
        let mut attempt = 1;
        loop {
            match Self::start_once(options, java, jars, archive) {
                Err(error) if attempt < ATTEMPTS && port_taken(&error) => attempt += 1,
                result => return result,
            }
        }
    }

    fn start_once(options: &Options, java: &Java, jars: &Path, archive: &Archive) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("local-kafka-")
            .tempdir()
            .context("failed to make a temporary directory")?;
        let sweeper = Sweeper::of(directory.path())?;
        let directory = directory.keep();

        fs::create_dir(directory.join(TEMPORARY)).context("failed to make a directory")?;
        fs::write(directory.join(LOG_CONFIG), LOG_CONFIG_TEXT)
            .context("failed to write the log configuration")?;
        let ports: Vec<Ports> = (1..=options.nodes)
            .map(|id| choose_ports(options.client_port.filter(|_| id == 1)))
            .collect::<io::Result<_>>()
            .context("failed to find free ports")?;
        let servers = |port: fn(&Ports) -> u16| -> String {
            let servers: Vec<String> = ports
                .iter()
                .map(|p| format!("127.0.0.1:{}", port(p)))
                .collect();
            servers.join(",")
        };
        let jvm = Jvm {
            java: java.program.clone(),
            jars: jars.to_owned(),
            classpath: options
                .classpath
                .iter()
                .map(std::path::absolute)
                .collect::<io::Result<_>>()
                .context("failed to resolve the class path")?,
            directory: directory.clone(),
            archive: archive.clone(),
            jwks_endpoint: options
                .oauthbearer
                .as_ref()
                .map(|oauthbearer| oauthbearer.jwks_endpoint.clone()),
        };
        let mut cluster = Self {
            cluster_id: storage::random_id(),
            bootstrap_servers: servers(|p| p.client),
            ca_file: None,
            tools: Tools {
                jvm,
                bootstrap_servers: servers(|p| p.internal),
            },
            nodes: (1..)
                .zip(&ports)
                .map(|(id, &own)| Node::new(id, own, directory.join(format!("node-{id}"))))
                .collect(),
            sweeper,
        };
        cluster.ca_file = storage::prepare(
            options,
            &cluster.tools.jvm,
            &cluster.cluster_id,
            &cluster.nodes,
        )?;
        for node in &mut cluster.nodes {
            node.spawn(&cluster.tools.jvm, &cluster.sweeper)?;
        }
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn add_acls(&self, calls: &[Vec<String>]) -> Result<()> {
        let calls = acls::merged(calls);
        thread::scope(|scope| {
            let runs: Vec<_> = calls
                .iter()
                .map(|call| {
                    scope.spawn(|| {
                        let args = ["--add", "--force"].into_iter();
                        let args: Vec<&str> = args.chain(call.iter().map(String::as_str)).collect();
                        self.tools.run("kafka-acls", &args)
                    })
                })
                .collect();
            for run in runs {
                match run.join() {
                    Ok(result) => result?,
                    Err(_) => bail!("a thread that added ACLs panicked"),
                };
            }
            Ok(())
        })
    }

    /// Waits until every node that runs answers, and sees all others that run as alive.
    fn wait_until_ready(&mut self) -> Result<()> {
        let expected: BTreeSet<u32> = self
            .nodes
            .iter()
            .filter(|node| node.is_responsive())
            .map(|node| node.id)
            .collect();
        let deadline = Instant::now() + START_PATIENCE;
        for index in 0..self.nodes.len() {
            while expected.contains(&self.nodes[index].id)
                && !is_ready(self.nodes[index].ports, self.ca_file.is_some(), &expected)
            {
                for node in &mut self.nodes {
                    node.check_alive()?;
                }
                if Instant::now() > deadline {
                    bail!(
                        "node {} is not ready after {} s; the end of its log:\n{}",
                        self.nodes[index].id,
                        START_PATIENCE.as_secs(),
                        self.nodes[index].end_of_log()
                    );
                }
                thread::sleep(POLL);
            }
        }
        Ok(())
    }

    fn node(&mut self, node_id: u32) -> Result<&mut Node> {
        let count = self.nodes.len();
        self.nodes
            .iter_mut()
            .find(|node| node.id == node_id)
            .with_context(|| format!("there is no node {node_id}, the nodes are 1 to {count}"))
    }

    /// The client-facing listeners of all nodes, separated by commas.
    #[must_use]
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// The listeners without security that brokers use among themselves, as addresses by node. No
    /// proxy is before them.
    #[must_use]
    pub fn internal_servers(&self) -> BTreeMap<u32, SocketAddr> {
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let nodes = self.nodes.iter();
        nodes
            .map(|node| (node.id, address(node.ports.internal)))
            .collect()
    }

    /// The id that the cluster was formatted with.
    #[must_use]
    pub fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    /// How many nodes the cluster has, running or not.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The certificate that clients have to trust, as PEM; with TLS only.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The directory with everything that belongs to the cluster. It is gone after the cluster.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.tools.jvm.directory
    }

    /// Ends a node with SIGKILL and waits until it is gone.
    ///
    /// # Errors
    ///
    /// When there is no such node or it is not running.
    pub fn kill_node(&mut self, node_id: u32) -> Result<()> {
        self.node(node_id)?.kill()
    }

    /// Ends a node with a controlled shutdown and waits until it is gone.
    ///
    /// # Errors
    ///
    /// When there is no such node, it is not running, or it does not end.
    pub fn stop_node(&mut self, node_id: u32) -> Result<()> {
        self.node(node_id)?.stop()
    }

    /// Starts a killed or stopped node with the same ports and data, and waits until it is ready.
    ///
    /// In a cluster of several, the others only let a killed node return once its session timed out:
    /// 9 seconds after its end, or what `broker.session.timeout.ms` says.
    ///
    /// # Errors
    ///
    /// When there is no such node, it is running, or it does not become ready.
    pub fn start_node(&mut self, node_id: u32) -> Result<()> {
        let mut attempt = 1;
        loop {
            let index = self.nodes.iter().position(|node| node.id == node_id);
            let Some(index) = index else {
                return self.node(node_id).map(drop);
            };
            self.nodes[index].spawn(&self.tools.jvm, &self.sweeper)?;
            match self.wait_until_ready() {
                Err(error) if attempt < ATTEMPTS && port_taken(&error) => attempt += 1,
                result => return result,
            }
        }
    }

    /// Stops a node from running without ending it (SIGSTOP): its connections stay open, silent.
    ///
    /// # Errors
    ///
    /// When there is no such node or it is not running.
    pub fn pause_node(&mut self, node_id: u32) -> Result<()> {
        self.node(node_id)?.pause()
    }

    /// Lets a paused node run again (SIGCONT).
    ///
    /// # Errors
    ///
    /// When there is no such node or it is not running.
    pub fn resume_node(&mut self, node_id: u32) -> Result<()> {
        self.node(node_id)?.resume()
    }

    /// The nodes that were started and have not ended, by whatever cause.
    ///
    /// # Errors
    ///
    /// When a process cannot be looked at.
    pub fn running_nodes(&mut self) -> Result<BTreeSet<u32>> {
        let mut running = BTreeSet::new();
        for node in &mut self.nodes {
            match node.check_alive() {
                Err(error) if !error.is::<NodeEnded>() => return Err(error),
                _ => {}
            }
            if !node.is_stopped() {
                running.insert(node.id);
            }
        }
        Ok(running)
    }

    /// What a node logged so far: warnings and errors.
    ///
    /// # Errors
    ///
    /// When there is no such node or its log cannot be read.
    pub fn logs(&self, node_id: u32) -> Result<String> {
        let node = self.nodes.iter().find(|node| node.id == node_id);
        node.with_context(|| format!("there is no node {node_id}"))?
            .log_text()
    }

    /// Kafka's own tools, as something that can be kept apart from the cluster.
    #[must_use]
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Runs one of Kafka's own tools (`kafka-topics`, `kafka-configs`, …) as a super user and
    /// returns its standard output.
    ///
    /// # Errors
    ///
    /// When it fails; with all that it printed.
    pub fn tool(&self, name: &str, args: &[&str]) -> Result<String> {
        self.tools.run(name, args)
    }

    /// The same as a command, for more arguments and for input.
    ///
    /// # Errors
    ///
    /// When there is no tool of that name.
    pub fn tool_command(&self, name: &str) -> Result<Command> {
        self.tools.command(name)
    }

    /// A tool as an ordinary client has it: through the client-facing listener, with no rights but
    /// those of the user in the properties that are added (`--command-config` and the like).
    ///
    /// # Errors
    ///
    /// When there is no tool of that name.
    pub fn client_tool_command(&self, name: &str) -> Result<Command> {
        Tools {
            bootstrap_servers: self.bootstrap_servers.clone(),
            ..self.tools.clone()
        }
        .command(name)
    }
}

impl Drop for LocalKafka {
    fn drop(&mut self) {
        // All at once, and only then wait for each.
        for node in &self.nodes {
            node.send_kill();
        }
        for node in self.nodes.iter_mut().filter(|node| !node.is_stopped()) {
            // If this fails, the node's shell kills it when its pipe is closed.
            let _ = node.kill();
        }
    }
}

fn is_ready(ports: Ports, has_tls: bool, expected: &BTreeSet<u32>) -> bool {
    let client_port_is_open = if has_tls {
        readiness::listens
    } else {
        readiness::is_kafka
    };
    readiness::live_brokers(ports.internal).is_ok_and(|live| live.is_superset(expected))
        && client_port_is_open(ports.client)
}

fn port_taken(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<NodeEnded>()
        .is_some_and(|ended| ended.port_taken)
}

fn choose_ports(client: Option<u16>) -> io::Result<Ports> {
    Ok(Ports {
        client: client.map_or_else(free_port, Ok)?,
        internal: free_port()?,
        controller: free_port()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_can_be_shared_by_the_threads_of_a_test() {
        fn shareable<T: Send + Sync>() {}
        shareable::<LocalKafka>();
        shareable::<crate::proxy::Proxy>();
    }
}
