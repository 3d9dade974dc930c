//! `topicctl validate`: the checks that need no cluster.

use std::time::{Duration, SystemTime};

use super::offline;
use crate::apply::{Outcome, Status};
use crate::cli::ValidateArgs;
use crate::exit::ExitCode;
use crate::plan::Seen;
use crate::remedy::Access;
use crate::report::{Command, Findings, Report, Topic};

/// Reads and checks the manifests.
pub(super) fn run(args: &ValidateArgs) -> Report {
    let manifests = if args.all_profiles {
        offline::read_all_profiles(&args.manifests, Command::Validate)
    } else {
        offline::read(&args.manifests, Command::Validate)
    };
    let manifests = match manifests {
        Ok(manifests) => manifests,
        Err(report) => return *report,
    };
    // Declared is all that is known of a topic here.
    let topics = manifests
        .topics
        .into_iter()
        .map(|topic| Outcome {
            topic,
            status: Status::Matches,
            seen: Seen::default(),
        })
        .map(|outcome| Topic::of(&outcome, false, &manifests.sources, &Access::default()))
        .collect();
    Report {
        command: Some(Command::Validate),
        exit: ExitCode::Matching,
        findings: Findings::default(),
        profile: manifests.clusters.profile.clone(),
        cluster_name: manifests.clusters.chosen_name().map(str::to_owned),
        cluster: None,
        topics,
        diagnostics: manifests.diagnostics.sorted(&manifests.sources),
        sources: manifests.sources,
        groups: None,
        settled: true,
        usable: true,
        stopped: false,
        elapsed: Duration::ZERO,
        ended: SystemTime::UNIX_EPOCH,
    }
}
