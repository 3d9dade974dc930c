//! How the cluster is reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::sourced::Sourced;
use super::values::{duration, positive_duration};

/// How to reach the cluster. All are of one group, which a snapshot excludes; clap makes none where
/// a part is flattened.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    #[command(flatten)]
    pub bootstrap_servers: Sourced<BootstrapArgs>,
    /// The Java client's properties file
    #[arg(
        long,
        value_name = "FILE",
        env = "TOPICCTL_COMMAND_CONFIG",
        group = "ConnectionArgs"
    )]
    pub command_config: Option<PathBuf>,
    #[command(flatten)]
    pub overrides: Sourced<OverrideArgs>,
    /// The first part of the client id [default: SERVICE_NAME or topicctl]
    #[arg(
        long,
        value_name = "NAME",
        env = "TOPICCTL_CLIENT_ID",
        group = "ConnectionArgs"
    )]
    pub client_id: Option<String>,
    /// The longest silence of the cluster, connecting or answering [default: 30s]
    #[arg(
        long, value_name = "DURATION", value_parser = positive_duration,
        env = "TOPICCTL_TIMEOUT", group = "ConnectionArgs"
    )]
    pub timeout: Option<Duration>,
    /// How long to wait for a cluster that is starting
    #[arg(
        long, value_name = "DURATION", default_value = "0s", value_parser = duration,
        env = "TOPICCTL_WAIT", group = "ConnectionArgs"
    )]
    pub wait: Duration,
}

/// `-b`.
#[derive(Args, Debug)]
pub struct BootstrapArgs {
    /// Brokers to connect to first, by comma [env: KAFKA_BOOTSTRAP_SERVERS]
    #[arg(
        short,
        long,
        value_name = "HOST:PORT,…",
        env = "TOPICCTL_BOOTSTRAP_SERVERS",
        hide_env = true,
        group = "ConnectionArgs"
    )]
    pub bootstrap_servers: Option<String>,
}

/// `-X`, one setting each; the variable holds several.
#[derive(Args, Debug)]
pub struct OverrideArgs {
    /// Set a property of librdkafka; may be repeated
    #[arg(
        short = 'X',
        value_name = "KEY=VALUE",
        env = "TOPICCTL_X",
        hide_env_values = true,
        group = "ConnectionArgs"
    )]
    pub overrides: Vec<String>,
}
