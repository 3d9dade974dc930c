//! The command line: names, types and help. Knows neither YAML nor librdkafka, and decides
//! nothing; [`crate::commands`] does what it says.

mod connection;
mod findings;
mod manifests;
mod output;
mod sourced;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::connection::ConnectionArgs;
pub use self::findings::Finding;
pub use self::manifests::{ConditionArgs, DeclaredArgs, ManifestArgs};
pub use self::output::{Format, OutputArgs, ReportFile, ReportFiles};
pub use self::sourced::{By, Sourced};
use self::values::{duration, partitioner, partitions};
use crate::render::Form;
use crate::topic::{Partitioner, Partitions};

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
    Plan(Box<PlanArgs>),
    /// Compare the cluster with the manifests; only reads
    Verify(Box<VerifyArgs>),
    /// Check the manifests without a cluster
    Validate(ValidateArgs),
    /// Tell what a diagnostic means, or where values come from
    ///
    /// For a code, prints what it means and how to mend it. For a topic or a tier, prints each
    /// value with all layers that set it, in their order, and the place of each.
    Explain(ExplainArgs),
    /// Write the declared topics in another form, without a cluster
    ///
    /// Every value is resolved: tiers, variables and the profile are gone.
    Render(RenderArgs),
    /// Write a manifest or a snapshot of a cluster; only reads
    ///
    /// The manifest declares every topic with what is set on the topic itself, and verifies clean
    /// against the same cluster. A snapshot is for plan and verify --cluster-snapshot, where no
    /// cluster is at hand.
    Export(Box<ExportArgs>),
    /// Tell which partition keys land in, without a cluster
    ///
    /// The partition count and the hash are those that a manifest declares for a topic, or are
    /// given. With --stdin, tells how many keys spread over the partitions.
    Partition(PartitionArgs),
    /// Print the JSON Schema of manifests, for editors
    Schema,
    /// Write a directory of manifests to start from; overwrites nothing
    Init(InitArgs),
}

/// `topicctl apply`.
#[derive(Args, Debug)]
pub struct ApplyArgs {
    /// What apply shares with plan and verify.
    #[command(flatten)]
    pub look: LookArgs,
    /// Stop after the broker has checked the new topics; create nothing
    #[arg(
        long, env = "TOPICCTL_DRY_RUN", value_parser = BoolishValueParser::new(),
        help_heading = "Applying"
    )]
    pub dry_run: bool,
    /// How long created topics may take to become usable, from the last creation
    #[arg(
        long, value_name = "DURATION", default_value = "60s", value_parser = duration,
        env = "TOPICCTL_SETTLE_TIMEOUT", help_heading = "Applying"
    )]
    pub settle_timeout: Duration,
    /// Do not wait until created topics are usable
    #[arg(
        long, env = "TOPICCTL_NO_SETTLE", value_parser = BoolishValueParser::new(),
        help_heading = "Applying"
    )]
    pub no_settle: bool,
}

/// `topicctl plan`.
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// What plan shares with verify and apply.
    #[command(flatten)]
    pub look: LookArgs,
    /// What plan shares with verify.
    #[command(flatten)]
    pub snapshot: SnapshotArgs,
}

/// Comparing with a snapshot.
#[derive(Args, Debug)]
pub struct SnapshotArgs {
    /// Compare with a snapshot that `export --snapshot` took, and with no cluster
    #[arg(
        long,
        value_name = "FILE",
        env = "TOPICCTL_CLUSTER_SNAPSHOT",
        conflicts_with = "ConnectionArgs",
        help_heading = "Connection"
    )]
    pub cluster_snapshot: Option<PathBuf>,
}

/// `topicctl export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Only these topics: a name or GLOB; may be repeated
    #[arg(short, long, value_name = "GLOB", env = "TOPICCTL_EXPORT_SELECT")]
    pub select: Vec<String>,
    /// Not these; may be repeated
    #[arg(long, value_name = "GLOB", env = "TOPICCTL_IGNORE")]
    pub ignore: Vec<String>,
    /// Write a snapshot to this file in place of a manifest; `-` is standard output
    #[arg(long, value_name = "FILE", env = "TOPICCTL_SNAPSHOT")]
    pub snapshot: Option<PathBuf>,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// `topicctl verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// What verify shares with plan and apply.
    #[command(flatten)]
    pub look: LookArgs,
    /// What verify shares with plan.
    #[command(flatten)]
    pub snapshot: SnapshotArgs,
    /// Report configurations that are set on a topic and not declared
    #[arg(
        long, env = "TOPICCTL_STRICT", value_parser = BoolishValueParser::new(),
        help_heading = "Findings"
    )]
    pub strict: bool,
    /// Report topics of the cluster that no manifest declares
    #[arg(
        long, env = "TOPICCTL_UNMANAGED", value_parser = BoolishValueParser::new(),
        help_heading = "Findings"
    )]
    pub unmanaged: bool,
    /// Write the mismatches found as accepted_mismatches into a new file; accepted from the next run
    /// on that reads it among the manifests
    #[arg(
        long,
        value_name = "FILE",
        env = "TOPICCTL_WRITE_ACCEPTED",
        help_heading = "Findings"
    )]
    pub write_accepted: Option<PathBuf>,
    /// Write the commands that would mend the mismatches into a new file, a commented script
    #[arg(
        long,
        value_name = "FILE",
        env = "TOPICCTL_REMEDIES",
        help_heading = "Findings"
    )]
    pub remedies: Option<PathBuf>,
    /// Verify every cluster under `clusters`, side by side, each with its own profile
    #[arg(
        long, env = "TOPICCTL_ALL_CLUSTERS", value_parser = BoolishValueParser::new(),
        conflicts_with_all = [
            "cluster", "profile", "bootstrap_servers", "cluster_snapshot", "write_accepted",
        ],
        help_heading = "Connection"
    )]
    pub all_clusters: bool,
    /// What `--unmanaged` leaves out.
    #[command(flatten)]
    pub ignore: Sourced<IgnoreArgs>,
    /// Read the declared consumer groups too: state, members, lag, and the topics' offsets
    #[arg(
        long, env = "TOPICCTL_GROUPS", value_parser = BoolishValueParser::new(),
        conflicts_with = "cluster_snapshot",
        help_heading = "Findings"
    )]
    pub groups: bool,
}

/// Topics that nobody misses in the manifests.
#[derive(Args, Debug)]
pub struct IgnoreArgs {
    /// Not these, for --unmanaged; may be repeated
    #[arg(
        long,
        value_name = "GLOB",
        env = "TOPICCTL_IGNORE",
        help_heading = "Findings"
    )]
    pub ignore: Vec<String>,
}

/// What plan, verify and apply share.
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
    /// Findings that give exit code 1: missing, mismatch, unmanaged, undeclared, health, or none
    /// [default: the policy's, else missing,mismatch]
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
    #[arg(
        long, conflicts_with_all = ["profile", "cluster"], env = "TOPICCTL_ALL_PROFILES",
        value_parser = BoolishValueParser::new()
    )]
    pub all_profiles: bool,
    /// What to read.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// How to tell.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `topicctl explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The code of a diagnostic, or a declared topic
    #[arg(value_name = "CODE|TOPIC", required_unless_present_any = ["code", "topic", "tier"])]
    pub name: Option<String>,
    /// Explain this code
    #[arg(long, value_name = "CODE", conflicts_with_all = ["name", "topic", "tier"])]
    pub code: Option<String>,
    /// Explain this topic
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "tier"])]
    pub topic: Option<String>,
    /// Explain this tier
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    pub tier: Option<String>,
    /// Where to look for the topic or tier.
    #[command(flatten)]
    pub declared: DeclaredArgs,
    /// How to write the explanation
    #[arg(
        short, long, value_name = "FORMAT", value_enum, default_value_t = ExplainFormat::Text,
        env = "TOPICCTL_EXPLAIN_OUTPUT", help_heading = "Output"
    )]
    pub output: ExplainFormat,
    /// Show all names of long lists
    #[arg(
        short, long, env = "TOPICCTL_VERBOSE", help_heading = "Output",
        value_parser = BoolishValueParser::new()
    )]
    pub verbose: bool,
}

/// What `explain` writes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExplainFormat {
    /// For people
    Text,
    /// One document, schema topicctl.explain/1
    Json,
}

/// `topicctl render`.
#[derive(Args, Debug)]
pub struct RenderArgs {
    /// What to read.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// What to write
    #[arg(
        short, long, value_name = "FORM", value_enum, default_value_t = Form::Yaml,
        env = "TOPICCTL_RENDER_OUTPUT", help_heading = "Output"
    )]
    pub output: Form,
}

/// `topicctl partition`.
#[derive(Args, Debug)]
pub struct PartitionArgs {
    /// Keys; write -- before one that begins with a dash
    #[arg(
        value_name = "KEY",
        required_unless_present = "stdin",
        conflicts_with = "stdin"
    )]
    pub keys: Vec<OsString>,
    /// Read keys from standard input, one a line, and tell how they spread
    #[arg(long, env = "TOPICCTL_STDIN", value_parser = BoolishValueParser::new())]
    pub stdin: bool,
    /// Take count and hash of this declared topic: its name, or a GLOB that matches no other
    #[arg(long, value_name = "TOPIC", env = "TOPICCTL_TOPIC")]
    pub topic: Option<String>,
    /// How many partitions there are
    #[arg(
        long, value_name = "N", required_unless_present = "topic", value_parser = partitions,
        env = "TOPICCTL_PARTITIONS"
    )]
    pub partitions: Option<Partitions>,
    /// How a key becomes a number: murmur2 as the Java client, crc32 as librdkafka, fnv1a as
    /// Sarama, md5 as a big-endian number
    #[arg(
        long, value_name = "HASH", required_unless_present = "topic", value_parser = partitioner(),
        env = "TOPICCTL_PARTITIONER"
    )]
    pub partitioner: Option<Partitioner>,
    /// Tell what share of the keys would move with this many partitions
    #[arg(long, value_name = "N", value_parser = partitions, env = "TOPICCTL_TO")]
    pub to: Option<Partitions>,
    /// Where to look for `--topic`.
    #[command(flatten)]
    pub declared: DeclaredArgs,
    /// How to write the result
    #[arg(
        short, long, value_name = "FORMAT", value_enum, default_value_t = PartitionFormat::Text,
        env = "TOPICCTL_PARTITION_OUTPUT", help_heading = "Output"
    )]
    pub output: PartitionFormat,
}

/// What `partition` writes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartitionFormat {
    /// For people
    Text,
    /// One document, schema topicctl.partition/1
    Json,
}

/// `topicctl init`.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// The directory; made where there is none
    #[arg(value_name = "DIR", default_value = "manifests/")]
    pub directory: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, CommandFactory};

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_snapshot_excludes_every_way_to_reach_a_cluster() {
        let mut cli = Cli::command();
        cli.build();
        let plan = cli.find_subcommand("plan").expect("a command");
        let mut arguments = plan.get_arguments();
        let snapshot = arguments.find(|one| one.get_id() == "cluster_snapshot");
        let excluded = plan.get_arg_conflicts_with(snapshot.expect("a flag"));
        let excluded: Vec<_> = excluded.iter().map(|one| one.get_id()).collect();
        let ways = ConnectionArgs::augment_args(clap::Command::new("topicctl"));
        for way in ways.get_arguments() {
            assert!(excluded.contains(&way.get_id()), "{}", way.get_id());
        }
    }

    #[test]
    fn variables_of_flags_take_every_word_for_yes_and_no() {
        let mut cli = Cli::command();
        cli.build();
        let mut tried = 0;
        let commands = cli.get_subcommands();
        let arguments = commands.flat_map(clap::Command::get_arguments);
        let flags = arguments.filter(|one| matches!(one.get_action(), ArgAction::SetTrue));
        for flag in flags.filter(|flag| flag.get_env().is_some()) {
            let parser = flag.get_value_parser().clone();
            let taken = Arg::new("flag").long("flag").value_parser(parser);
            let command = clap::Command::new("topicctl").arg(taken);
            for (word, says) in [("1", true), ("yes", true), ("0", false), ("off", false)] {
                let given = ["topicctl", "--flag", word];
                let matches = command.clone().try_get_matches_from(given);
                let said = matches.map(|matches| matches.get_one("flag").copied());
                assert_eq!(said.ok(), Some(Some(says)), "{} is {word}", flag.get_id());
                tried += 1;
            }
        }
        assert!(tried > 0);
    }
}
