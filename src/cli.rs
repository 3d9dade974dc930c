//! The command line: names, types and help. Knows neither YAML nor librdkafka, and decides
//! nothing; [`crate::commands`] does what it says.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit::FailOn;
use crate::units;

/// Makes the Kafka topics that manifests declare exist, and never alters or deletes anything.
#[derive(Parser, Debug)]
#[command(
    name = "topicctl",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = EXIT_CODES, max_term_width = 80)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0         the cluster matches the manifests, or will after apply
  1         differences
  2         usage, or invalid manifests
  3         the cluster was not reached
  4         not authenticated or not authorised
  5         refused, or failed
  130, 143  interrupted";

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Create the declared topics that are missing, and check the rest
    ///
    /// Checks the manifests, compares them with the cluster, has the broker check every new topic,
    /// and only then creates. Ends when every partition of what was created is led and served.
    /// Topics that exist are compared and left alone.
    Apply(Box<ApplyArgs>),
    /// Show what apply would do; only reads
    Plan(Box<LookArgs>),
    /// Compare the cluster with the manifests; only reads
    Verify(Box<VerifyArgs>),
    /// Check the manifests without a cluster
    Validate(ValidateArgs),
}

/// `topicctl apply`.
#[derive(Args, Debug)]
pub struct ApplyArgs {
    /// What apply shares with plan and verify.
    #[command(flatten)]
    pub look: LookArgs,
    /// Stop after the broker has checked the new topics; create nothing
    #[arg(long, env = "TOPICCTL_DRY_RUN", help_heading = "Applying")]
    pub dry_run: bool,
    /// How long created topics may take to become usable, from the last creation
    #[arg(
        long, value_name = "DURATION", default_value = "60s", value_parser = duration,
        env = "TOPICCTL_SETTLE_TIMEOUT", help_heading = "Applying"
    )]
    pub settle_timeout: Duration,
    /// Do not wait until created topics are usable
    #[arg(long, env = "TOPICCTL_NO_SETTLE", help_heading = "Applying")]
    pub no_settle: bool,
}

/// `topicctl verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// What verify shares with plan and apply.
    #[command(flatten)]
    pub look: LookArgs,
    /// Read the declared consumer groups too: state, members, lag, and the topics' offsets
    #[arg(long, env = "TOPICCTL_GROUPS", help_heading = "Findings")]
    pub groups: bool,
}

/// `topicctl plan`, and what the others share with it.
#[derive(Args, Debug)]
pub struct LookArgs {
    /// What to read.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to tell.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Findings that give exit code 1: missing, mismatch, or none [default: the policy's, else
    /// missing,mismatch]
    #[arg(
        long,
        value_name = "FINDINGS",
        value_delimiter = ',',
        env = "TOPICCTL_FAIL_ON",
        hide_possible_values = true,
        help_heading = "Findings"
    )]
    pub fail_on: Vec<Finding>,
}

/// `topicctl validate`.
#[derive(Args, Debug)]
pub struct ValidateArgs {
    /// Check under every declared profile, one after the other
    #[arg(long, conflicts_with = "profile", env = "TOPICCTL_ALL_PROFILES")]
    pub all_profiles: bool,
    /// What to read.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// How to tell.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Which manifests, and under which conditions.
#[derive(Args, Debug)]
pub struct ManifestArgs {
    /// Manifest files and directories; `-` reads standard input
    #[arg(value_name = "PATH", default_value = "manifests/")]
    pub paths: Vec<PathBuf>,
    /// Use the values of this profile
    #[arg(short, long, value_name = "NAME", env = "TOPICCTL_PROFILE")]
    pub profile: Option<String>,
    /// Set a variable; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = assignment, env = "TOPICCTL_VAR")]
    pub vars: Vec<(String, String)>,
    /// Only these topics and their families: GLOB, tier:NAME, owner:NAME or file:GLOB; may be
    /// repeated
    #[arg(short, long, value_name = "SELECTION", env = "TOPICCTL_SELECT")]
    pub select: Vec<String>,
    /// Leave the environment out of the manifests' variables
    #[arg(long, env = "TOPICCTL_NO_ENV")]
    pub no_env: bool,
    /// Treat warnings as errors
    #[arg(long, env = "TOPICCTL_DENY_WARNINGS")]
    pub deny_warnings: bool,
}

/// How to reach the cluster.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Brokers to connect to first, by comma [env: KAFKA_BOOTSTRAP_SERVERS]
    #[arg(
        short,
        long,
        value_name = "HOST:PORT,…",
        env = "TOPICCTL_BOOTSTRAP_SERVERS",
        hide_env = true
    )]
    pub bootstrap_servers: Option<String>,
    /// The Java client's properties file
    #[arg(long, value_name = "FILE", env = "TOPICCTL_COMMAND_CONFIG")]
    pub command_config: Option<PathBuf>,
    /// Set a property of librdkafka; may be repeated
    #[arg(
        short = 'X',
        value_name = "KEY=VALUE",
        env = "TOPICCTL_X",
        hide_env_values = true,
        value_delimiter = ' '
    )]
    pub overrides: Vec<String>,
    /// The first part of the client id [default: SERVICE_NAME or topicctl]
    #[arg(long, value_name = "NAME", env = "TOPICCTL_CLIENT_ID")]
    pub client_id: Option<String>,
    /// The longest silence of the cluster, connecting or answering [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = positive_duration, env = "TOPICCTL_TIMEOUT")]
    pub timeout: Option<Duration>,
    /// How long to wait for a cluster that is starting
    #[arg(
        long, value_name = "DURATION", default_value = "0s", value_parser = duration,
        env = "TOPICCTL_WAIT"
    )]
    pub wait: Duration,
}

/// How to tell the result.
#[derive(Args, Debug, Clone, Copy)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// How to write the result
    #[arg(
        short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text,
        env = "TOPICCTL_OUTPUT"
    )]
    pub output: Format,
    /// List topics that match too, and where values are declared
    #[arg(short, long, env = "TOPICCTL_VERBOSE")]
    pub verbose: bool,
}

/// Output formats.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people
    Text,
    /// One document, schema topicctl.report/1
    Json,
}

/// What `--fail-on` names.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// Declared topics that do not exist
    Missing,
    /// Topics that exist and differ
    Mismatch,
    /// Nothing
    None,
}

impl LookArgs {
    /// What counts as a difference: the flag's word, else the policy's.
    ///
    /// # Errors
    /// `none` beside something.
    pub fn fail_on(&self, policy: Option<&[String]>) -> Result<FailOn, String> {
        let of_policy = policy.unwrap_or_default().iter();
        let of_policy = of_policy
            .filter_map(|word| Finding::from_str(word, false).ok())
            .collect();
        let findings = match (self.fail_on.is_empty(), policy) {
            (false, _) => self.fail_on.clone(),
            (true, Some(_)) => of_policy,
            (true, None) => vec![Finding::Missing, Finding::Mismatch],
        };
        let has = |finding| findings.contains(&finding);
        if has(Finding::None) && findings.len() > 1 {
            return Err("`none` of --fail-on stands alone".to_owned());
        }
        Ok(FailOn {
            missing: has(Finding::Missing),
            mismatch: has(Finding::Mismatch),
        })
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    match units::parse_duration_ms(text) {
        // Nothing waits for ever; a wait that ends is the point of saying how long.
        Ok(ms) => u64::try_from(ms)
            .map(Duration::from_millis)
            .map_err(|_| "write a duration such as 60s or 5m".to_owned()),
        Err(_) if text.trim() == "0" => Ok(Duration::ZERO),
        Err(error) => Err(error.to_string()),
    }
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it must be longer than nothing".to_owned()),
        duration => Ok(duration),
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
