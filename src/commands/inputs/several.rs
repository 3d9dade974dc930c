//! The inputs of a run against several clusters: the manifests as each of them has them, and how each is
//! reached.
//!
//! Reads what one run reads, once. Connects to nothing.

use std::collections::HashSet;
use std::sync::Arc;

use super::{InvalidInput, RunInputs, expired, fail_on, is_valid, selected, settings};
use crate::cli::{By, Clusters, RunArgs};
use crate::cluster::kafka::settings::Settings;
use crate::clusters;
use crate::commands::unread_variables;
use crate::context::RunContext;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{self, ForClusters, Request};
use crate::outcome::RunResult;
use crate::report::ClusterReport;

/// The inputs of a run against several clusters.
pub(in crate::commands) struct AllInputs {
    pub(in crate::commands) context: Arc<RunContext>,
    /// Problems of the manifests that hold for all clusters.
    pub(in crate::commands) shared: Vec<Diagnostic>,
    /// In the order of the report; those whose connection is described wrongly are not asked.
    pub(in crate::commands) clusters: Vec<Result<(RunInputs, Settings), Box<ClusterReport>>>,
}

impl RunInputs {
    /// Reads the manifests for each of several clusters, and how each is reached. With one mistake in
    /// what is declared for any of them, nothing is asked of the others either; what is wrong with a
    /// connection is its cluster's own. The problems are those that are no cluster's own. `for_one` is
    /// a flag that is for one cluster only.
    pub(in crate::commands) fn read_several(
        args: &RunArgs,
        for_one: Option<&'static str>,
        context: RunContext,
    ) -> Result<AllInputs, Box<InvalidInput>> {
        let chosen = args.clusters();
        if let Some(problem) = contradiction(args, &chosen, for_one) {
            return Err(InvalidInput::new(context, problem));
        }
        let request = selected(&args.manifests);
        let ForClusters {
            mut sources,
            manifests,
            mut diagnostics,
        } = match &chosen {
            Clusters::Named(names) => manifest::read_for_clusters(&request, names),
            Clusters::One | Clusters::All => manifest::read_for_clusters(&request, &[]),
        };
        let mut ready = Vec::new();
        for mut manifests in manifests {
            let unread = unread_variables::warnings(&manifests);
            diagnostics.extend(unread.clone());
            manifests.diagnostics.extend(unread);
            if manifests.clusters.chosen_name().is_none() {
                // There is an error already.
                continue;
            }
            let settings = settings(&args.connection, &manifests.clusters, &mut sources)
                .and_then(|settings| own_address(settings, &manifests.clusters));
            match fail_on(args, &manifests) {
                Ok(fail_on) => ready.push((manifests, fail_on, settings)),
                Err(problem) => diagnostics.push(*problem),
            }
        }
        if !is_valid(&diagnostics, &context) {
            // What is wrong with connections is as well to be mended.
            for (manifests, _, settings) in ready {
                let name = manifests.clusters.chosen_name().unwrap_or_default();
                let problems = settings.err().into_iter().flatten();
                diagnostics.extend(problems.map(|one| one.under(name)));
            }
            return Err(InvalidInput::from_manifests(context, sources, &diagnostics));
        }
        for (manifests, ..) in &mut ready {
            let expired = expired(manifests);
            manifests.diagnostics.extend(expired);
        }
        let context = RunContext {
            sources: Arc::new(sources),
            ..context
        };
        let all = ready.iter().map(|(manifests, ..)| &manifests.diagnostics);
        let all: Vec<HashSet<_>> = all.map(|one| one.iter().collect()).collect();
        let is_shared = |one: &Diagnostic| {
            one.code.is_of_manifests() && all.iter().all(|own| own.contains(one))
        };
        let first = ready.first().map(|(manifests, ..)| &manifests.diagnostics);
        let first = first.map(|one| one.sorted(&context.sources));
        let shared: Vec<_> = first.into_iter().flatten().filter(is_shared).collect();
        let clusters = ready.into_iter().map(|(manifests, fail_on, settings)| {
            let context = RunContext {
                profile: manifests.clusters.profile.clone(),
                limits: manifests.limits,
                fail_on,
                ..context.clone()
            };
            let request = Request {
                cluster: manifests.clusters.chosen_name().map(str::to_owned),
                ..request.clone()
            };
            let inputs = Self::new(context, manifests).asked_for(request);
            match settings {
                Ok(settings) => Ok((inputs.reached_by(&settings), settings)),
                Err(problems) => Err(Box::new(inputs.refused(problems))),
            }
        });
        Ok(AllInputs {
            clusters: clusters.collect(),
            context: Arc::new(context.clone()),
            shared,
        })
    }

    /// The report of a cluster that is not asked, for its connection is described wrongly.
    fn refused(mut self, problems: Vec<Diagnostic>) -> ClusterReport {
        self.manifests.diagnostics.extend(problems);
        self.finish(RunResult::invalid())
    }
}

/// What is asked for in vain of several clusters.
fn contradiction(
    args: &RunArgs,
    chosen: &Clusters,
    for_one: Option<&'static str>,
) -> Option<Diagnostic> {
    let address = &args.connection.bootstrap_servers;
    let address = (address.by == Some(By::Flag)).then_some("--bootstrap-servers");
    let flag = for_one.or(address.filter(|_| *chosen != Clusters::All))?;
    let message = format!("{flag} is for one cluster, and several are chosen");
    Some(
        Diagnostic::error(Code::Usage, message)
            .help("choose one with --cluster, or leave the flag out")
            .about(flag),
    )
}

/// Among several clusters, one that says nothing of its address would be whatever the environment
/// or a flag names, and so perhaps another one of them.
fn own_address(
    settings: Settings,
    clusters: &clusters::Clusters,
) -> Result<Settings, Vec<Diagnostic>> {
    match clusters.chosen() {
        Some(chosen) if !settings.has_own_address() => {
            let message = format!("the cluster `{}` has no address of its own", chosen.name);
            let problem = Diagnostic::error(Code::Connection, message);
            let help = "give it `bootstrap_servers`, or a `command_config` that has them";
            Err(vec![problem.at(chosen.span, "").help(help)])
        }
        _ => Ok(settings),
    }
}
