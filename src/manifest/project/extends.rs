//! `extends`: the tiers or profiles that a name stands for, from the far end to the named one. Pure;
//! takes no values from them.

use super::Project;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::manifest::raw::{Profile, Tier, Vars};
use crate::manifest::tiers::BuiltIn;
use crate::manifest::yaml::Text;

/// Most tiers or profiles that extend each other in a row: every topic goes through all of them.
const MAX_EXTENDS: usize = 64;

pub(in crate::manifest) struct TierChain<'a> {
    /// Where it starts.
    pub(in crate::manifest) built_in: BuiltIn,
    /// From the far end; without a declaration for the built-in tier's own name.
    pub(in crate::manifest) tiers: Vec<(&'a str, Option<&'a Tier>)>,
}

impl<'a> Project<'a> {
    /// The profiles from the far end of `extends` to the named one, which wins.
    pub(in crate::manifest) fn profile_chain(
        &self,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Vec<(&'a str, &'a Profile)> {
        let mut chain: Vec<(&str, &Profile)> = Vec::new();
        let mut next = self.profiles.get_key_value(name);
        while let Some((name, (_, profile))) = next {
            chain.push((name, profile));
            let Some(extends) = &profile.extends else {
                break;
            };
            if chain.iter().any(|(known, _)| *known == extends.text) {
                let names: Vec<_> = chain.iter().map(|(name, _)| *name).collect();
                let place = |name: &str| self.profiles.get(name)?.1.extends.as_ref();
                diagnostics.extend(cycle("profile", &names, &extends.text, place));
                break;
            }
            if chain.len() == MAX_EXTENDS {
                diagnostics.push(too_long("profile", extends));
                break;
            }
            if self.profile(extends, diagnostics).is_none() {
                break;
            }
            next = self.profiles.get_key_value(extends.text.as_str());
        }
        chain.reverse();
        chain
    }

    /// The `vars` of a profile and those that it extends, joined; none without a profile.
    pub(in crate::manifest) fn profile_vars(
        &self,
        name: Option<&str>,
        diagnostics: &mut Diagnostics,
    ) -> Vars<'a> {
        let chain = name.map(|name| self.profile_chain(name, diagnostics));
        let chain = chain.unwrap_or_default();
        let vars = chain.iter().flat_map(|(_, profile)| &profile.vars);
        vars.map(|(name, value)| (name.text.as_str(), value))
            .collect()
    }

    /// The tiers from the far end of `extends` to the named one, and the built-in tier that they
    /// start from. The built-in tier's own name is the first of them where no manifest tier has
    /// it: a profile's patch of it counts as a manifest tier of that name.
    pub(in crate::manifest) fn tier_chain(
        &self,
        name: &'a str,
        span: Option<Span>,
        diagnostics: &mut Diagnostics,
    ) -> Option<TierChain<'a>> {
        let mut chain: Vec<(&str, Option<&Tier>)> = Vec::new();
        let mut wanted = (name, span);
        let built_in = loop {
            let (name, span) = wanted;
            let Some((key, (_, tier))) = self.tiers.get_key_value(name) else {
                let Some(built_in) = BuiltIn::by_name(name) else {
                    diagnostics.push(self.unknown_tier(name, span, diagnostics));
                    return None;
                };
                chain.push((built_in.name, None));
                break built_in;
            };
            chain.push((key, Some(tier)));
            let Some(extends) = &tier.extends else {
                break BuiltIn::by_name(name).unwrap_or(BuiltIn::PLAIN);
            };
            if chain.iter().any(|(known, _)| *known == extends.text) {
                let names: Vec<_> = chain.iter().map(|(name, _)| *name).collect();
                let place = |name: &str| self.tiers.get(name)?.1.extends.as_ref();
                diagnostics.extend(cycle("tier", &names, &extends.text, place));
                return None;
            }
            if chain.len() == MAX_EXTENDS {
                diagnostics.push(too_long("tier", extends));
                return None;
            }
            wanted = (extends.text.as_str(), Some(extends.span));
        };
        chain.reverse();
        Some(TierChain {
            built_in,
            tiers: chain,
        })
    }
}

fn too_long(kind: &str, extends: &Text) -> Diagnostic {
    Diagnostic::error(
        Code::TooLarge,
        format!("more than {MAX_EXTENDS} of `extends` from {kind} to {kind}"),
    )
    .at(extends.span, "one too many")
}

/// One circle is one problem, from wherever it was entered: reported from its first name on.
fn cycle<'a>(
    kind: &str,
    chain: &[&'a str],
    again: &str,
    extends: impl Fn(&str) -> Option<&'a Text>,
) -> Option<Diagnostic> {
    let entered = chain.iter().position(|name| *name == again)?;
    let names = circle(&chain[entered..]);
    let first = names.first()?;
    let message = format!("the {kind} `{first}` extends itself: {}", names.join(" → "));
    let diagnostic = Diagnostic::error(Code::Cycle, message).help(format!(
        "take one `extends` out of the circle, or let it name another {kind}"
    ));
    Some(diagnostic.at(extends(first)?.span, ""))
}

/// The names of a circle from the first in the alphabet round to itself.
pub(in crate::manifest) fn circle<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let first = (0..names.len()).min_by_key(|at| names[*at]).unwrap_or(0);
    let (before, behind) = names.split_at(first);
    behind
        .iter()
        .chain(before)
        .chain(behind.first())
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_the_same_from_wherever_it_is_entered() {
        for names in [["b", "c", "a"], ["a", "b", "c"], ["c", "a", "b"]] {
            assert_eq!(circle(&names), ["a", "b", "c", "a"]);
        }
        assert_eq!(circle(&["a"]), ["a", "a"]);
        assert_eq!(circle(&[]), Vec::<&str>::new());
    }
}
