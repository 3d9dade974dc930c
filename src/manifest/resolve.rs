//! Raw manifests to declared topics, stage by stage: which entries hold and what their families are
//! called, which layer gives each value, and what the rules say of the result. Pure.
//!
//! The stages have files of their own: `unused` finds mistakes in what no topic uses, `merge` merges
//! the layers of each topic, `partitions` follows references between topics,
//! `declared` makes topics of it all, and `explanation` says how it came about. Here is only their
//! order.

mod declared;
mod explanation;
mod merge;
mod partitions;
mod unused;

use std::collections::BTreeSet;

use super::candidates::Candidates;
use super::family::Gatherer;
use super::load::Loaded;
use super::pipeline::{self, StepUse};
use super::profile_topics::ProfileTopics;
use super::project::Project;
use super::resolver::{Inputs, Resolver};
use super::{accepted, check, clusters, policy};
use crate::accepted::Accepted;
use crate::clusters::Clusters;
use crate::diagnostic::Diagnostics;
use crate::explain::{Explanation, Subject};
use crate::finding::Finding;
use crate::limits::Limits;
use crate::topic::{DeclaredTopic, TopicName};
use merge::Layers;
use partitions::Counts;

#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// In the order of their families.
    pub(super) topics: Vec<DeclaredTopic>,
    pub(super) fail_on: Option<Vec<Finding>>,
    pub(super) limits: Limits,
    pub(super) accepted: Vec<Accepted>,
    pub(super) clusters: Clusters,
    /// Of the subject, where it was found.
    pub(super) explanation: Explanation,
    pub(super) tiers: Vec<String>,
    /// The names of all profiles but the chosen one.
    pub(super) profiles: Vec<String>,
}

/// Resolves all topics that hold under the profile, and judges them.
pub(super) fn resolve(
    loaded: &Loaded,
    inputs: &Inputs<'_>,
    diagnostics: &mut Diagnostics,
) -> Resolved {
    let project = Project::assemble(loaded, diagnostics);
    let Some((resolver, clusters)) = resolver(&project, loaded, inputs, diagnostics) else {
        return Resolved::default();
    };
    let others = project.profiles.keys();
    let others = others.filter(|name| clusters.profile.as_deref() != Some(name));
    let profiles = others.map(|name| (*name).to_owned()).collect();
    unused::check(&resolver, diagnostics);
    let (mut candidates, steps) = gather(&resolver, diagnostics);
    let layers = Layers {
        resolver: &resolver,
        profile_topics: ProfileTopics::read(&resolver, &candidates, diagnostics),
        traced: match inputs.subject {
            Some(Subject::Topic(name)) => Some(name),
            _ => None,
        },
    };
    let mut counts = Counts::new(candidates.list.len());
    let mut merged = layers.merge_all(&mut candidates, &mut counts, diagnostics);
    let partitions = partitions::resolve(&candidates, &merged, counts, diagnostics);
    let traced = explanation::take_traced(&candidates, &mut merged);
    let mut topics = declared::topics(&layers, &candidates, merged, partitions, diagnostics);
    pipeline::finish(&steps, &mut topics, diagnostics);
    check::check(&topics, diagnostics);
    let mut fail_on = None;
    let mut limits = Limits::default();
    if let Some(policy) = project.policy {
        limits = policy::check(policy, &topics, &resolver, diagnostics);
        for (code, severity) in policy::severities(policy, &resolver, diagnostics) {
            diagnostics.regrade(code, severity);
        }
        fail_on = policy::fail_on(policy, &resolver, diagnostics);
    }
    let elsewhere = || names_elsewhere(&project, loaded, inputs);
    let accepted = accepted::read(&resolver, &topics, elsewhere, diagnostics);
    let explanation = explanation::explain(&resolver, inputs.subject, &topics, traced);
    Resolved {
        topics,
        fail_on,
        limits,
        accepted,
        clusters,
        explanation,
        tiers: explanation::tier_names(&project),
        profiles,
    }
}

/// The project as one run sees it, and its clusters; `None` where the run's profile or cluster is
/// not declared.
fn resolver<'a>(
    project: &'a Project<'a>,
    loaded: &'a Loaded,
    inputs: &Inputs<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<(Resolver<'a>, Clusters)> {
    let clusters = clusters::read(project, loaded, inputs, diagnostics)?;
    let profile = clusters.profile.as_deref();
    let profiles = match profile {
        None => Vec::new(),
        Some(name) if project.profiles.contains_key(name) => {
            project.profile_chain(name, diagnostics)
        }
        Some(name) => {
            diagnostics.push(project.unknown_choice(name, loaded));
            return None;
        }
    };
    let resolver = Resolver {
        project,
        sources: &loaded.sources,
        profiles,
        outside: inputs.outside,
        profile_vars: project.profile_vars(profile, diagnostics),
        cluster: inputs.cluster,
        vendors: policy::vendors(project.policy, diagnostics),
    };
    Some((resolver, clusters))
}

/// The names that topics have under any profile and for any cluster. What is wrong there is
/// reported when it is chosen.
fn names_elsewhere(
    project: &Project<'_>,
    loaded: &Loaded,
    inputs: &Inputs<'_>,
) -> BTreeSet<TopicName> {
    let profiles = project.profiles.keys().map(|name| (Some(*name), None));
    let clusters = project.clusters.keys().map(|name| (None, Some(*name)));
    let runs = std::iter::once((None, None))
        .chain(profiles)
        .chain(clusters);
    let mut names = BTreeSet::new();
    for (profile, cluster) in runs {
        let inputs = Inputs {
            profile,
            cluster,
            ..*inputs
        };
        let ignored = &mut Diagnostics::default();
        if let Some((resolver, _)) = resolver(project, loaded, &inputs, ignored) {
            let (candidates, _) = gather(&resolver, ignored);
            names.extend(candidates.list.into_iter().map(|candidate| candidate.name));
        }
    }
    names
}

/// Names every topic that holds under the profile, and says what the steps of pipelines use.
fn gather<'a>(
    resolver: &Resolver<'a>,
    diagnostics: &mut Diagnostics,
) -> (Candidates<'a>, Vec<StepUse>) {
    let mut all = Candidates::default();
    let mut gatherer = Gatherer {
        resolver,
        diagnostics,
        all: &mut all,
    };
    for topic in &resolver.project.topics {
        gatherer.entry(topic);
    }
    let steps = pipeline::gather(&mut gatherer);
    pipeline::check_declared(&steps, &all, diagnostics);
    all.move_late_ones_back();
    all.check_external_ones(resolver.sources, diagnostics);
    all.check_collisions(resolver.sources, diagnostics);
    all.check_shared_dlqs(diagnostics);
    (all, steps)
}

pub(super) fn profile_names(loaded: &Loaded) -> Vec<String> {
    // What is wrong with them is reported when they are resolved.
    let project = Project::assemble(loaded, &mut Diagnostics::default());
    let names = project.profiles.keys();
    names.map(|name| (*name).to_owned()).collect()
}

pub(super) fn cluster_names(loaded: &Loaded) -> Vec<String> {
    let project = Project::assemble(loaded, &mut Diagnostics::default());
    let names = project.clusters.keys();
    names.map(|name| (*name).to_owned()).collect()
}
