//! Which manifests, and under which conditions.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::values::assignment;

#[derive(Args, Debug)]
pub struct ManifestArgs {
    /// Manifest files and directories; `-` reads standard input
    #[arg(value_name = "PATH", default_value = "manifests/")]
    pub paths: Vec<PathBuf>,
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

/// Which manifests, and under which conditions, where the arguments are something else.
#[derive(Args, Debug)]
pub struct DeclaredArgs {
    /// Where topics are declared: files and directories, `-` for standard input; may be repeated
    #[arg(
        short = 'f',
        long,
        value_name = "PATH",
        default_value = "manifests/",
        env = "TOPICCTL_MANIFESTS"
    )]
    pub manifests: Vec<PathBuf>,
    #[command(flatten)]
    pub conditions: ConditionArgs,
}

/// What the values of manifests depend on.
#[derive(Args, Debug, Clone)]
pub struct ConditionArgs {
    /// Use the values of this profile
    #[arg(short, long, value_name = "NAME", env = "TOPICCTL_PROFILE")]
    pub profile: Option<String>,
    /// Take address and profile of this cluster, of those under `clusters`
    #[arg(long, value_name = "NAME", env = "TOPICCTL_CLUSTER")]
    pub cluster: Option<String>,
    /// Set a variable; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = assignment, env = "TOPICCTL_VAR")]
    pub vars: Vec<(String, String)>,
    /// Leave the environment out of the manifests' variables
    #[arg(long, env = "TOPICCTL_NO_ENV", value_parser = BoolishValueParser::new())]
    pub no_env: bool,
}
