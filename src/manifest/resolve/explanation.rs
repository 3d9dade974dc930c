//! Where a subject's values come from, for `topicctl explain`: what the layers said of a topic, and a
//! tier by itself. Pure; decides no value.

use super::fold::lay_chain;
use crate::diagnostic::Diagnostics;
use crate::explain::{Explanation, Subject, TierExplanation, TierLink};
use crate::manifest::candidates::Candidates;
use crate::manifest::interpolate::Context;
use crate::manifest::layers::Folded;
use crate::manifest::project::Project;
use crate::manifest::resolver::Resolver;
use crate::manifest::tiers::BuiltIn;
use crate::manifest::trail::{Traced, Trail};
use crate::manifest::values::Wish;
use crate::topic::{DeclaredTopic, Field};

/// The trail of the one topic that has one.
pub(super) fn take_traced(candidates: &Candidates<'_>, folded: &mut [Folded]) -> Option<Traced> {
    let mut all = candidates.list.iter().zip(folded);
    all.find_map(|(candidate, folded)| {
        Some(Traced {
            trail: folded.trail.take()?,
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
    let unheard = &mut Diagnostics::default();
    let chain = project.tier_chain(name, None, unheard)?;
    let mut folded = Folded::default();
    folded.trail = Some(Trail::of_tier());
    folded.start(&chain.built_in, None, None);
    let context = Context::default();
    lay_chain(
        &mut folded,
        &chain,
        resolver,
        &resolver.profiles,
        &context,
        unheard,
    );
    folded.finish();
    let trail = folded.trail.take().unwrap_or_default();
    let partitions = folded.partitions.as_ref().and_then(|(wish, _)| match wish {
        Wish::Count(count) => Some(count.to_string()),
        Wish::Source | Wish::SameAs(_) => None,
    });
    let (factor, config) = folded.into_values();
    let settings = trail.settings(|field| match field {
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
