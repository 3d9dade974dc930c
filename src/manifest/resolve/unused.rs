//! The mistakes in what no topic uses: tiers, profiles that are not chosen, references to what is
//! not there. Pure; gives no values.
//!
//! Texts with variables are left alone, because their values may belong to another run.

use crate::diagnostic::Diagnostics;
use crate::manifest::interpolate::Context;
use crate::manifest::layers::MergedSettings;
use crate::manifest::raw::{Profile, Settings};
use crate::manifest::resolver::Resolver;
use crate::manifest::tiers::BuiltIn;
use crate::topic::Layer;

/// Looks at every tier and every profile.
pub(super) fn check(resolver: &Resolver<'_>, diagnostics: &mut Diagnostics) {
    let project = resolver.project;
    if let Some(tier) = project.default_tier.filter(|tier| !tier.text.contains('$')) {
        project.tier_chain(&tier.text, Some(tier.span), diagnostics);
    }
    for (name, (place, tier)) in &project.tiers {
        project.tier_chain(name, Some(place.span), diagnostics);
        check_settings(resolver, &tier.settings, diagnostics);
    }
    for (name, (_, profile)) in &project.profiles {
        project.profile_chain(name, diagnostics);
        check_profile(resolver, profile, diagnostics);
    }
    for entry in &project.profile_topics {
        check_settings(resolver, &entry.patch.settings, diagnostics);
    }
}

fn check_profile(resolver: &Resolver<'_>, profile: &Profile, diagnostics: &mut Diagnostics) {
    let project = resolver.project;
    for (tier, patch) in &profile.tiers {
        let name = tier.text.as_str();
        if !project.tiers.contains_key(name) && BuiltIn::by_name(name).is_none() {
            diagnostics.push(project.unknown_tier(name, Some(tier.span), diagnostics));
        }
        check_settings(resolver, &patch.settings, diagnostics);
    }
    if let Some(all) = &profile.all {
        check_settings(resolver, &all.settings, diagnostics);
    }
}

fn check_settings(resolver: &Resolver<'_>, settings: &Settings, diagnostics: &mut Diagnostics) {
    let literal = settings.literal_only();
    let context = Context::default();
    MergedSettings::default().apply(resolver, &literal, &Layer::Topic, &context, diagnostics);
}
