//! The layers of every topic, merged. Pure; decides which layers a topic has and in
//! which order, and [`crate::manifest::layers`] what one layer does to those below it.
//!
//! Later ones are stronger: the topic's built-in tier; for a derived topic what it takes over from
//! its source; the manifest tiers from the far end of `extends`, each patched by the profiles; the
//! topic's own fields; the profiles' `all`; the profiles' entries for the topic.

use super::partitions::Counts;
use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::candidates::{Candidate, Candidates};
use crate::manifest::interpolate::Context;
use crate::manifest::layers::MergedSettings;
use crate::manifest::profile_topics::ProfileTopics;
use crate::manifest::project::TierChain;
use crate::manifest::provenance::Provenance;
use crate::manifest::raw::Profile;
use crate::manifest::resolver::Resolver;
use crate::topic::Layer;

type Source<'s, 'a> = (&'s Candidate<'a>, &'s MergedSettings);

pub(super) struct Layers<'r, 'a> {
    pub(super) resolver: &'r Resolver<'a>,
    pub(super) profile_topics: ProfileTopics<'a>,
    /// The topic whose provenance is kept.
    pub(super) traced: Option<&'r str>,
}

impl<'a> Layers<'_, 'a> {
    /// The values of every topic. On the way, topics that follow the widest of several learn which
    /// one that is: they come last, so that the others are merged by then.
    pub(super) fn merge_all(
        &self,
        candidates: &mut Candidates<'a>,
        counts: &mut Counts,
        diagnostics: &mut Diagnostics,
    ) -> Vec<MergedSettings> {
        let mut merged = Vec::with_capacity(candidates.list.len());
        for index in 0..candidates.list.len() {
            if candidates.list[index].is_late() {
                let names = &candidates.list[index].widest_of;
                let source = counts.widest(names, candidates, &merged);
                candidates.list[index].source = source.filter(|source| *source < index);
            }
            let candidate = &candidates.list[index];
            // A main topic stands before what is derived from it.
            let source = candidate
                .source
                .map(|source| (&candidates.list[source], &merged[source]));
            let profiles = self.resolver.profiles.as_slice();
            let own = self.merge(candidate, source, profiles, diagnostics);
            if !candidate.beside.is_empty() {
                let unpatched = self.merge(candidate, source, &[], diagnostics);
                self.check_beside(candidate, &unpatched, diagnostics);
            }
            merged.push(own);
        }
        merged
    }

    fn merge(
        &self,
        candidate: &Candidate<'a>,
        source: Option<Source<'_, 'a>>,
        profiles: &[(&str, &Profile)],
        diagnostics: &mut Diagnostics,
    ) -> MergedSettings {
        let mut merged = MergedSettings::default();
        if self.traced == Some(candidate.name.as_str()) {
            merged.provenance = Some(Provenance::default());
        }
        self.merge_tier(&mut merged, candidate, source, profiles, diagnostics);
        let mut apply = |settings, layer| {
            let context = &candidate.context;
            merged.apply(self.resolver, settings, &layer, context, diagnostics);
        };
        if let Some(raw) = candidate.raw {
            apply(&raw.basics.settings, Layer::Topic);
        }
        for (name, profile) in profiles {
            if let Some(all) = profile.all.as_ref().filter(|_| !candidate.external) {
                apply(&all.settings, Layer::ProfileAll((*name).to_owned()));
            }
        }
        for (name, _) in profiles {
            if let Some(patch) = self.profile_topics.of(name, &candidate.name) {
                apply(&patch.settings, Layer::ProfileTopic((*name).to_owned()));
            }
        }
        merged.finish();
        merged
    }

    /// Everything that a topic has from its tier and its source.
    fn merge_tier(
        &self,
        merged: &mut MergedSettings,
        candidate: &Candidate<'a>,
        source: Option<Source<'_, 'a>>,
        profiles: &[(&str, &Profile)],
        diagnostics: &mut Diagnostics,
    ) {
        let Some((tier, span)) = &candidate.tier else {
            return;
        };
        let chain = self.resolver.project.tier_chain(tier, *span, diagnostics);
        if let Some(chain) = &chain {
            let built_in = &chain.built_in;
            let defaults = candidate.defaults.as_ref();
            let start = defaults.filter(|defaults| defaults.name == built_in.name);
            let values = source.map(|(_, values)| values);
            let delay = candidate.delay.as_ref();
            merged.start(start.unwrap_or(built_in), delay, values);
        }
        if let Some((main, values)) = source {
            merged.inherit(&main.name, main.external, values);
        }
        if let Some(chain) = &chain {
            let context = &candidate.context;
            merge_chain(merged, chain, self.resolver, profiles, context, diagnostics);
        }
    }

    /// What an external entry states beside the entry that declares the topic must be what that
    /// entry says, whatever the profile makes of it.
    fn check_beside(
        &self,
        candidate: &Candidate<'a>,
        declared: &MergedSettings,
        diagnostics: &mut Diagnostics,
    ) {
        for entry in &candidate.beside {
            let mut stated = MergedSettings::default();
            let (settings, context) = (&entry.basics.settings, &candidate.context);
            stated.apply(self.resolver, settings, &Layer::Topic, context, diagnostics);
            for found in stated.contradictions(declared) {
                let what = &found.what;
                let here = catalog::human(what, &found.here);
                let there = catalog::human(what, &found.there);
                let name = &candidate.name;
                diagnostics.push(
                    Diagnostic::error(
                        Code::ExternalContradiction,
                        format!("{what} of `{name}`: {here} here, declared as {there}"),
                    )
                    .at(found.span.unwrap_or(entry.span()), "")
                    .and(candidate.span, "declared here")
                    .help("an external entry beside the declaring one may only repeat its values"),
                );
            }
        }
    }
}

/// The manifest tiers, each patched by the profiles.
pub(super) fn merge_chain(
    merged: &mut MergedSettings,
    chain: &TierChain<'_>,
    resolver: &Resolver<'_>,
    profiles: &[(&str, &Profile)],
    context: &Context<'_>,
    diagnostics: &mut Diagnostics,
) {
    for (name, tier) in &chain.tiers {
        if let Some(tier) = tier {
            let layer = Layer::Tier((*name).to_owned());
            merged.apply(resolver, &tier.settings, &layer, context, diagnostics);
        }
        for (profile, patches) in profiles.iter().map(|(name, p)| (name, &p.tiers)) {
            for (_, patch) in patches.iter().filter(|(tier, _)| tier.text == *name) {
                let layer = Layer::ProfileTier {
                    profile: (*profile).to_owned(),
                    tier: (*name).to_owned(),
                };
                merged.apply(resolver, &patch.settings, &layer, context, diagnostics);
            }
        }
    }
}
