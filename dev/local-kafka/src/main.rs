//! Command line of `local-kafka`: a Kafka cluster in the background, for the demo and for trying
//! things by hand. Parses, calls [`background`], and prints: results to stdout, the rest to stderr.

use std::{
    io::{self, Write as _},
    process::{ExitCode, Stdio},
};

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use local_kafka::{LocalKafka, Options, jars};

mod background;

use background::{Background, Running};

/// Real Apache Kafka on loopback, in the background.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a cluster, wait until it is ready, and print its bootstrap servers.
    Up(Up),
    /// Stop the cluster and remove its data.
    Down(Name),
    /// Print the bootstrap servers of the cluster, if it is up.
    Status(Name),
    /// Run one of Kafka's own tools against the cluster, e.g. `tool kafka-topics --list`.
    Tool(Tool),
    /// Fetch Kafka's jars into the cache, and print where they are.
    Fetch {
        /// The version of Apache Kafka.
        #[arg(long, default_value = jars::DEFAULT_VERSION)]
        version: String,
    },
    /// Own a cluster until this process is ended (what `up` starts).
    #[command(hide = true)]
    Own(Up),
}

#[derive(Args)]
struct Name {
    /// Which cluster, where there are several.
    #[arg(long, default_value = "default")]
    name: String,
}

#[derive(Args)]
struct Up {
    #[command(flatten)]
    name: Name,
    /// How many nodes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=9))]
    nodes: u32,
    /// The version of Apache Kafka.
    #[arg(long, default_value = jars::DEFAULT_VERSION)]
    version: String,
    /// The port on which node 1 listens for clients [default: a free one].
    #[arg(long)]
    port: Option<u16>,
    /// Stop the cluster when the process with this id ends.
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..))]
    owner: Option<i32>,
}

#[derive(Args)]
struct Tool {
    #[command(flatten)]
    name: Name,
    /// The tool, e.g. `kafka-topics`.
    tool: String,
    /// Its arguments; `--bootstrap-server` is filled in.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Up {
    fn options(&self) -> Options {
        let options = LocalKafka::options()
            .nodes(self.nodes)
            .version(&self.version);
        match self.port {
            Some(port) => options.client_port(port),
            None => options,
        }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            // With no stderr there is nobody to report to.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Up(up) => start(&up)?,
        Command::Own(up) => {
            Background::named(&up.name.name)?.own(up.options(), &up.version, up.owner)?
        }
        Command::Down(Name { name }) => match Background::named(&name)?.stop()? {
            Some(_) => note(&format!("stopped {}", titled(&name)))?,
            None => note(&format!("{} is not up", titled(&name)))?,
        },
        Command::Status(Name { name }) => match Background::named(&name)?.running()? {
            Some(running) => result(&running.bootstrap_servers)?,
            None => note(&format!("{} is not up", titled(&name)))?,
        },
        Command::Fetch { version } => {
            announce_fetch(&version)?;
            result(&jars::fetch(&version)?.display().to_string())?;
        }
        Command::Tool(Tool { name, tool, args }) => return run_tool(&name.name, &tool, &args),
    }
    Ok(ExitCode::SUCCESS)
}

fn start(up: &Up) -> Result<()> {
    let background = Background::named(&up.name.name)?;
    if let Some(Running {
        bootstrap_servers,
        version,
        nodes,
        ..
    }) = background.running()?
    {
        let what = format!("Apache Kafka {version}, {}", counted(nodes));
        note(&format!("{} is already up ({what})", titled(&up.name.name)))?;
        return result(&bootstrap_servers);
    }
    announce_fetch(&up.version)?;
    jars::fetch(&up.version)?;
    note(&format!(
        "starting Apache Kafka {}, {}",
        up.version,
        counted(up.nodes as usize)
    ))?;
    // The same arguments, for a process of its own.
    let mut arguments = vec![
        format!("--nodes={}", up.nodes),
        format!("--version={}", up.version),
        format!("--name={}", up.name.name),
    ];
    arguments.extend(up.port.map(|port| format!("--port={port}")));
    arguments.extend(up.owner.map(|pid| format!("--owner={pid}")));
    let running = background.start("own", &arguments)?;
    result(&running.bootstrap_servers)
}

fn run_tool(name: &str, tool: &str, args: &[String]) -> Result<ExitCode> {
    let running = Background::named(name)?.running()?;
    let running = running
        .with_context(|| format!("{} is not up; start it with `local-kafka up`", titled(name)))?;
    let status = running
        .tools
        .command(tool)?
        .args(args)
        .stdin(Stdio::inherit())
        .status()
        .with_context(|| format!("failed to run {tool}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn announce_fetch(version: &str) -> Result<()> {
    if jars::cached(version)?.is_none() {
        note(&format!("fetching Apache Kafka {version} with Maven, once"))?;
    }
    Ok(())
}

fn titled(name: &str) -> String {
    match name {
        "default" => "the cluster".to_owned(),
        name => format!("the cluster `{name}`"),
    }
}

fn counted(nodes: usize) -> String {
    let noun = if nodes == 1 { "node" } else { "nodes" };
    format!("{nodes} {noun}")
}

fn result(line: &str) -> Result<()> {
    writeln!(io::stdout(), "{line}").context("failed to write to standard output")
}

fn note(line: &str) -> Result<()> {
    writeln!(io::stderr(), "{line}").context("failed to write to standard error")
}
