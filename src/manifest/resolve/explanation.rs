//! Where a subject's values come from, for `topicctl explain`: the values that layers gave
//! a topic, and a tier by itself. Pure; decides no value.

use super::merge::merge_chain;
use crate::diagnostic::Diagnostics;
use crate::explain::{Explanation, Subject, TierExplanation, TierLink};
use crate::manifest::candidates::Candidates;
use crate::manifest::interpolate::Context;
use crate::manifest::layers::MergedSettings;
use crate::manifest::project::Project;
use crate::manifest::provenance::{Provenance, Traced};
use crate::manifest::resolver::Resolver;
use crate::manifest::tiers::BuiltIn;
use crate::manifest::values::PartitionSpec;
use crate::topic::{DeclaredTopic, Field};

/// The provenance of the one topic that has one.
pub(super) fn take_traced(
    candidates: &Candidates<'_>,
    merged: &mut [MergedSettings],
) -> Option<Traced> {
    let mut all = candidates.list.iter().zip(merged);
    all.find_map(|(candidate, merged)| {
        Some(Traced {
            provenance: merged.provenance.take()?,
            tier_chosen: candidate.tier.and_then(|(_, span)| span),
            also_at: candidate.beside.iter().map(|entry| entry.span()).collect(),
        })
    })
}

/// What is known of the subject, if it is there.
pub(super) fn explain(
    resolver: &Resolver<'_>,
    subject: Option<&Subject>,
    topics: &[DeclaredTopic],
    traced: Option<Traced>,
) -> Explanation {
    let mut explanation = Explanation::default();
    match subject {
        Some(Subject::Topic(name)) => {
            let topic = topics.iter().find(|topic| topic.name.as_str() == name);
            let both = topic.zip(traced);
            explanation.topic = both.map(|(topic, traced)| traced.explain(topic, topics));
        }
        Some(Subject::Tier(name)) => explanation.tier = explain_tier(resolver, name, topics),
        None => {}
    }
    explanation
}

/// The names of all tiers that a topic can have.
pub(super) fn tier_names(project: &Project<'_>) -> Vec<String> {
    let built_in = BuiltIn::NAMES
        .into_iter()
        .filter(|name| !project.tiers.contains_key(name));
    let names = project.tiers.keys().copied().chain(built_in);
    names.map(str::to_owned).collect()
}

/// A tier by itself, as the profile has it; `None` where there is none of the name. What is wrong
/// with tiers is reported where they are checked.
fn explain_tier(
    resolver: &Resolver<'_>,
    name: &str,
    topics: &[DeclaredTopic],
) -> Option<TierExplanation> {
    let project = resolver.project;
    let declared = project.tiers.get_key_value(name).map(|(name, _)| *name);
    let name = declared.or_else(|| BuiltIn::by_name(name).map(|tier| tier.name))?;
    let ignored = &mut Diagnostics::default();
    let chain = project.tier_chain(name, None, ignored)?;
    let mut merged = MergedSettings::default();
    merged.provenance = Some(Provenance::for_tier());
    merged.start(&chain.built_in, None, None);
    let context = Context::default();
    merge_chain(
        &mut merged,
        &chain,
        resolver,
        &resolver.profiles,
        &context,
        ignored,
    );
    merged.finish();
    let provenance = merged.provenance.take().unwrap_or_default();
    let partitions = merged.partitions.as_ref().and_then(|(spec, _)| match spec {
        PartitionSpec::Count(count) => Some(count.to_string()),
        PartitionSpec::Source | PartitionSpec::SameAs(_) => None,
    });
    let (factor, config) = merged.into_values();
    let settings = provenance.settings(|field| match field {
        Field::Partitions => partitions.clone(),
        Field::ReplicationFactor => factor.as_ref().map(|one| one.value.to_string()),
        Field::Config(key) => config.get(key).map(|one| one.value.to_string()),
    });
    let span_of = |name: &str| project.tiers.get(name).map(|(place, _)| place.span);
    let mut extends: Vec<_> = chain
        .tiers
        .iter()
        .rev()
        .skip(1)
        .map(|(name, tier)| TierLink {
            name: (*name).to_owned(),
            span: tier.and_then(|_| span_of(name)),
        })
        .collect();
    let last = chain.tiers.first();
    if last.is_some_and(|(_, tier)| tier.is_some()) {
        extends.push(TierLink {
            name: chain.built_in.name.to_owned(),
            span: None,
        });
    }
    let users = |tier: &str| {
        topics
            .iter()
            .filter(|topic| topic.tier.as_deref() == Some(tier))
            .map(|topic| topic.name.clone())
            .collect()
    };
    let extending = project.tiers.keys().filter(|other| {
        let chain = project.tier_chain(other, None, &mut Diagnostics::default());
        let mut names = chain.iter().flat_map(|chain| &chain.tiers);
        **other != name && names.any(|(link, _)| *link == name)
    });
    Some(TierExplanation {
        name: name.to_owned(),
        span: span_of(name),
        extends,
        settings,
        topics: users(name),
        extended_by: extending
            .map(|other| ((*other).to_owned(), users(other)))
            .collect(),
    })
}
