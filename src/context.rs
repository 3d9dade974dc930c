//! What a run was asked for, and of which cluster. Made once at the edge and carried whole; data
//! only, which decides nothing.

use std::sync::Arc;

use crate::diagnostic::Sources;
use crate::finding::FailOn;
use crate::limits::Limits;
use crate::remedy::Access;

#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// The command's name; `None` where the command line names none that reports.
    pub command: Option<String>,
    pub purpose: Purpose,
    pub profile: Option<String>,
    /// The other profiles under which the new topics need no more brokers than there are; `None`
    /// where that was not asked, or there is no other to choose.
    pub fitting_profiles: Option<Vec<String>>,
    /// The counts that the policy allows.
    pub limits: Limits,
    pub fail_on: FailOn,
    /// Whether warnings of the manifests make the run fail.
    pub deny_warnings: bool,
    /// The texts that diagnostics and declared values point into.
    pub sources: Arc<Sources>,
}

impl RunContext {
    /// What a command is asked for by its name alone.
    pub fn new(command: &str, purpose: Purpose) -> Self {
        Self {
            command: Some(command.to_owned()),
            purpose,
            ..Self::default()
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Purpose {
    /// It asks no cluster.
    #[default]
    Offline,
    /// It reads a cluster, and compares nothing.
    Read,
    /// It says what apply would do.
    Plan,
    /// It stops apply behind the preflight.
    DryRun,
    /// It compares a cluster with the manifests.
    Verify,
    /// It creates what is missing.
    Apply,
}

impl Purpose {
    /// Whether the result is about what would be done.
    pub fn is_preview(self) -> bool {
        matches!(self, Self::Plan | Self::DryRun)
    }

    /// Whether the command is apply, dry or not.
    pub fn is_apply(self) -> bool {
        matches!(self, Self::DryRun | Self::Apply)
    }
}

/// The cluster that a run is about.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// What `clusters` calls it; `None` where it was not chosen by a name.
    pub name: Option<String>,
    /// What people read: its name, its bootstrap servers, or which snapshot it is.
    pub label: String,
    /// Who asks, with SASL.
    pub user: Option<String>,
    pub rights: Rights,
    /// How Kafka's own tools reach it.
    pub access: Access,
}

/// How a cluster is told what somebody may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rights {
    /// By Kafka's own lists (`kafka-acls`).
    #[default]
    Acls,
    /// By policies of AWS IAM, with actions of `kafka-cluster`.
    Iam,
}

impl Target {
    /// What distinguishes it from other clusters: its name, else how it was reached.
    pub fn display_name(&self) -> &str {
        match &self.name {
            Some(name) => name,
            None if self.label.is_empty() => "a cluster",
            None => &self.label,
        }
    }
}
