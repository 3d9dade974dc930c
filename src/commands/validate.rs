//! `topicctl validate`: the checks that need no cluster.

use clap::Args;
use clap::builder::BoolishValueParser;

use super::Reporting;
use super::inputs::{InvalidInput, RunInputs, accept, selected};
use crate::cli::{ManifestArgs, OutputArgs};
use crate::context::{Purpose, RunContext};
use crate::manifest;
use crate::outcome::{RunResult, Status, TopicOutcome};
use crate::report::Report;

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

impl Reporting for ValidateArgs {
    fn context(&self) -> RunContext {
        RunContext {
            deny_warnings: self.manifests.deny_warnings,
            ..RunContext::new("validate", Purpose::Offline)
        }
    }

    fn output(&self) -> &OutputArgs {
        &self.output
    }

    async fn run(&self) -> Result<Report, Box<InvalidInput>> {
        let request = selected(&self.manifests);
        let manifests = match self.all_profiles {
            true => manifest::read_all_profiles(&request),
            false => manifest::read(&request),
        };
        let (context, mut manifests) = accept(manifests, self.context())?;
        let declared = std::mem::take(&mut manifests.topics).into_iter();
        let declared = declared.map(|topic| TopicOutcome::new(topic, Status::Declared));
        let result = RunResult::default().with_topics(declared.collect());
        // What is accepted is for the run that asks a cluster to judge.
        manifests.accepted.clear();
        Ok(RunInputs::new(context, manifests).report(result))
    }
}
