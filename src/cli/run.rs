//! What plan, verify and apply share.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{BoolishValueParser, PossibleValuesParser, TypedValueParser};

use super::connection::ConnectionArgs;
use super::manifests::ManifestArgs;
use super::output::OutputArgs;
use crate::finding::{FailOn, Finding};

#[derive(Args, Debug)]
pub struct RunArgs {
    /// What to read.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Ask every cluster under `clusters`, each with its own profile
    #[arg(
        long, env = "TOPICCTL_ALL_CLUSTERS", value_parser = BoolishValueParser::new(),
        conflicts_with_all = ["cluster", "profile", "bootstrap_servers"],
        help_heading = "Connection"
    )]
    pub all_clusters: bool,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Findings that give exit code 1: missing, mismatch, pending (something would be created),
    /// unmanaged, undeclared, health, or none
    /// [default: the policy's, else missing,mismatch]
    #[arg(
        long,
        value_name = "FINDINGS",
        value_delimiter = ',',
        value_parser = findings(),
        env = "TOPICCTL_FAIL_ON",
        hide_possible_values = true,
        help_heading = "Findings"
    )]
    pub fail_on: Vec<Finding>,
}

/// Comparing with a snapshot.
#[derive(Args, Debug)]
pub struct SnapshotArgs {
    /// Compare with a snapshot that `export --snapshot` took, and with no cluster
    #[arg(
        long,
        value_name = "FILE",
        env = "TOPICCTL_CLUSTER_SNAPSHOT",
        conflicts_with_all = ["ConnectionArgs", "all_clusters"],
        help_heading = "Connection"
    )]
    pub cluster_snapshot: Option<PathBuf>,
}

fn findings() -> impl TypedValueParser<Value = Finding> {
    // The parser lets no other word through.
    PossibleValuesParser::new(Finding::WORDS)
        .map(|word| Finding::from_word(&word).unwrap_or(Finding::None))
}

/// The clusters of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Clusters {
    /// One, however it is reached.
    One,
    /// Several of those that the project names.
    Named(Vec<String>),
    All,
}

impl RunArgs {
    /// Which clusters are asked.
    pub fn clusters(&self) -> Clusters {
        match self.manifests.conditions.clusters().as_slice() {
            _ if self.all_clusters => Clusters::All,
            [] | [_] => Clusters::One,
            names => Clusters::Named(names.iter().map(|name| (*name).to_owned()).collect()),
        }
    }

    /// Which findings make the run fail: by the flag, else by the policy.
    ///
    /// # Errors
    /// `none` beside another finding.
    pub fn fail_on(&self, policy: Option<&[Finding]>) -> Result<FailOn, String> {
        let findings = match (self.fail_on.as_slice(), policy) {
            ([], None) => return Ok(FailOn::default()),
            ([], Some(policy)) => policy,
            (flag, _) => flag,
        };
        FailOn::new(findings.to_vec()).ok_or_else(|| "`none` of --fail-on stands alone".to_owned())
    }
}
