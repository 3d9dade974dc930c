//! Which manifests, and under which conditions.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::sourced::{By, Sourced};
use super::values::assignment;

/// Where manifests are looked for that nobody names.
const DEFAULT_PATH: &str = "manifests/";

#[derive(Args, Debug)]
pub struct ManifestArgs {
    /// Where they are.
    #[command(flatten)]
    pub places: PathArgs,
    #[command(flatten)]
    pub conditions: ConditionArgs,
    /// Only these topics and their families: GLOB, tier:NAME, owner:NAME or file:GLOB; may be
    /// repeated
    #[arg(short, long, value_name = "SELECTION", env = "TOPICCTL_SELECT")]
    pub select: Vec<String>,
    /// Treat warnings as errors
    #[arg(long, env = "TOPICCTL_DENY_WARNINGS", value_parser = BoolishValueParser::new())]
    pub deny_warnings: bool,
}

/// Where manifests are read.
#[derive(Args, Debug)]
pub struct PathArgs {
    /// Manifest files and directories; `-` reads standard input [default: manifests/]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub named: Sourced<NamedPathArgs>,
}

impl PathArgs {
    /// All that are given; a variable is for runs that name none.
    pub fn given(&self) -> Vec<PathBuf> {
        let is_put_aside = self.named.by == Some(By::Variable) && !self.paths.is_empty();
        let named = match is_put_aside {
            true => &[][..],
            false => &self.named.args.manifests,
        };
        self.paths.iter().chain(named).cloned().collect()
    }

    pub fn given_or_default(&self) -> Vec<PathBuf> {
        or_default(self.given())
    }
}

/// `-f`, as every command that reads manifests takes it.
#[derive(Args, Debug)]
pub struct NamedPathArgs {
    /// A manifest file or directory; may be repeated [default: manifests/]
    #[arg(short = 'f', long, value_name = "PATH", env = "TOPICCTL_MANIFESTS")]
    pub manifests: Vec<PathBuf>,
}

/// Which manifests, and under which conditions, where the arguments are something else.
#[derive(Args, Debug)]
pub struct DeclaredArgs {
    #[command(flatten)]
    pub named: NamedPathArgs,
    #[command(flatten)]
    pub conditions: ConditionArgs,
}

impl DeclaredArgs {
    pub fn paths(&self) -> Vec<PathBuf> {
        or_default(self.named.manifests.clone())
    }
}

fn or_default(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    match paths.is_empty() {
        true => vec![DEFAULT_PATH.into()],
        false => paths,
    }
}

/// What the values of manifests depend on.
#[derive(Args, Debug, Clone)]
pub struct ConditionArgs {
    /// Use the values of this profile
    #[arg(short, long, value_name = "NAME", env = "TOPICCTL_PROFILE")]
    pub profile: Option<String>,
    /// Take address and profile of this cluster, of those under `clusters`
    #[arg(long, value_name = "NAME", env = "TOPICCTL_CLUSTER")]
    pub cluster: Vec<String>,
    /// Set a variable; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = assignment, env = "TOPICCTL_VAR")]
    pub vars: Vec<(String, String)>,
    /// Leave the environment out of the manifests' variables
    #[arg(long, env = "TOPICCTL_NO_ENV", value_parser = BoolishValueParser::new())]
    pub no_env: bool,
}

impl ConditionArgs {
    /// The chosen clusters; an empty name is none.
    pub fn clusters(&self) -> Vec<&str> {
        let names = self.cluster.iter().map(String::as_str);
        names.filter(|name| !name.is_empty()).collect()
    }
}
