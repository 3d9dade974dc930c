//! All documents of a run as one project: which tiers, profiles and variables hold.
//!
//! Says where each section may stand, and that nothing is declared twice. Pure.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::interpolate::CONTEXT_NAMES;
use super::load::{Loaded, PROJECT_FILE};
use super::raw::{
    Accepted, Cluster, Naming, Pipeline, Policy, Profile, Settings, Tier, Topic, Vars,
};
use super::tiers::BuiltIn;
use super::yaml::Text;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Span};

/// The sections of all documents, by name.
#[derive(Debug, Default)]
pub(super) struct Project<'a> {
    pub(super) default_tier: Option<&'a Text>,
    pub(super) naming: Option<&'a Naming>,
    pub(super) tiers: BTreeMap<&'a str, (&'a Text, &'a Tier)>,
    pub(super) profiles: BTreeMap<&'a str, (&'a Text, &'a Profile)>,
    pub(super) clusters: BTreeMap<&'a str, (&'a Text, &'a Cluster)>,
    /// `profiles.P.topics` of all files.
    pub(super) profile_topics: Vec<ProfileTopic<'a>>,
    pub(super) vars: HashMap<SourceId, Vars<'a>>,
    pub(super) file: Option<SourceId>,
    pub(super) topics: Vec<&'a Topic>,
    pub(super) pipelines: Vec<&'a Pipeline>,
    pub(super) accepted: Vec<&'a Accepted>,
    pub(super) policy: Option<&'a Policy>,
}

/// An entry of `profiles.P.topics`.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProfileTopic<'a> {
    pub(super) profile: &'a str,
    pub(super) topic: &'a Text,
    pub(super) settings: &'a Settings,
    /// Stands beside the profile's declaration, and so may name any topic; else those of its file.
    pub(super) of_any_file: bool,
}

impl<'a> Project<'a> {
    /// Joins the documents.
    pub(super) fn assemble(loaded: &'a Loaded, diagnostics: &mut Diagnostics) -> Self {
        let mut project = Self {
            file: loaded.project,
            ..Self::default()
        };
        let mut sections = Sections {
            loaded,
            first: HashMap::new(),
        };
        for document in &loaded.documents {
            let source = document.source;
            if let Some(defaults) = &document.defaults
                && sections.stands_alone("defaults", source, defaults.span, diagnostics)
            {
                project.default_tier = defaults.tier.as_ref();
            }
            if let Some(naming) = &document.naming
                && sections.stands_alone("naming", source, naming.span, diagnostics)
            {
                project.naming = Some(naming);
            }
            if let Some(tiers) = &document.tiers {
                // In the wrong place they are declared all the same: that they are not known
                // would be a second error for one mistake.
                sections.may_stand("tiers", source, tiers.span, diagnostics);
                for (name, tier) in &tiers.list {
                    declare(&mut project.tiers, "tier", name, tier, diagnostics);
                }
            }
            if let Some(clusters) = &document.clusters {
                sections.may_stand("clusters", source, clusters.span, diagnostics);
                for (name, cluster) in &clusters.list {
                    declare(&mut project.clusters, "cluster", name, cluster, diagnostics);
                }
            }
            project.vars(source, &document.vars, diagnostics);
            if let Some(policy) = &document.policy
                && sections.may_stand("policy", source, policy.span, diagnostics)
            {
                project.policy = Some(policy);
            }
            project.topics.extend(&document.topics);
            project.pipelines.extend(&document.pipelines);
            project.accepted.extend(&document.accepted);
        }
        project.assemble_profiles(loaded, &mut sections, diagnostics);
        project
    }

    /// A profile that holds nothing but `topics` is an addition, allowed in any file; where there
    /// is no project file and nothing that it could add to, it is the declaration.
    fn assemble_profiles(
        &mut self,
        loaded: &'a Loaded,
        sections: &mut Sections<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let mut additions = Vec::new();
        for document in &loaded.documents {
            let Some(profiles) = &document.profiles else {
                continue;
            };
            for (name, profile) in &profiles.list {
                check_names(&profile.vars, diagnostics);
                if profile.only_topics && Some(document.source) != loaded.project {
                    additions.push((profiles.span, name, profile));
                    continue;
                }
                sections.may_stand("profiles", document.source, profiles.span, diagnostics);
                declare(&mut self.profiles, "profile", name, profile, diagnostics);
                self.add_topics(name, profile, true);
            }
        }
        for (section, name, profile) in additions {
            let declared = self.profiles.contains_key(name.text.as_str());
            let declares = !declared && loaded.project.is_none();
            if declares {
                sections.may_stand("profiles", name.span.source, section, diagnostics);
                declare(&mut self.profiles, "profile", name, profile, diagnostics);
            } else {
                self.profile(name, diagnostics);
            }
            self.add_topics(name, profile, declares);
        }
    }

    fn add_topics(&mut self, name: &'a Text, profile: &'a Profile, of_any_file: bool) {
        let entry = |(topic, settings)| ProfileTopic {
            profile: &name.text,
            topic,
            settings,
            of_any_file,
        };
        let topics = profile
            .topics
            .iter()
            .map(|(topic, settings)| (topic, settings));
        self.profile_topics.extend(topics.map(entry));
    }

    fn vars(&mut self, source: SourceId, list: &'a [(Text, Text)], diagnostics: &mut Diagnostics) {
        check_names(list, diagnostics);
        let vars = self.vars.entry(source).or_default();
        for (name, value) in list {
            if let Some(first) = vars.insert(&name.text, value) {
                diagnostics.push(
                    Diagnostic::error(
                        Code::DuplicateDeclaration,
                        format!("the variable `{}` is set twice in this file", name.text),
                    )
                    .at(name.span, "the second time")
                    .and(first.span, "its first value")
                    .help("keep one of them; the documents of a file share their variables"),
                );
            }
        }
    }

    /// A profile by its name, where a manifest mentions it.
    pub(super) fn profile(
        &self,
        name: &Text,
        diagnostics: &mut Diagnostics,
    ) -> Option<&'a Profile> {
        if let Some((_, profile)) = self.profiles.get(name.text.as_str()) {
            return Some(profile);
        }
        let diagnostic = Diagnostic::error(
            Code::UnknownProfile,
            format!("the profile `{}` is not declared", name.text),
        );
        let near = diagnostics.nearest(&name.text, self.profiles.keys().copied());
        diagnostics.push(match near {
            Some(near) => diagnostic.at(name.span, format!("did you mean `{near}`?")),
            None => diagnostic.at(name.span, "").help(format!(
                "profiles are declared under `profiles:` in {PROJECT_FILE}"
            )),
        });
        None
    }

    /// The profiles from the far end of `extends` to the named one, which wins.
    pub(super) fn profile_chain(
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
    pub(super) fn profile_vars(
        &self,
        name: Option<&str>,
        diagnostics: &mut Diagnostics,
    ) -> Vars<'a> {
        let chain = name.map(|name| self.profile_chain(name, diagnostics));
        let mut joined = Vars::new();
        for (_, profile) in chain.unwrap_or_default() {
            let vars = profile.vars.iter();
            joined.extend(vars.map(|(name, value)| (name.text.as_str(), value)));
        }
        joined
    }

    /// The tiers from the far end of `extends` to the named one, and the built-in tier that they
    /// start from. The built-in tier's own name is the first of them where no manifest tier has
    /// it: a profile's patch of it counts as a manifest tier of that name.
    pub(super) fn tier_chain(
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

    /// A reference to a tier that is not there; the other problems decide whether a suggestion is
    /// worth the search.
    pub(super) fn unknown_tier(
        &self,
        name: &str,
        span: Option<Span>,
        others: &Diagnostics,
    ) -> Diagnostic {
        let known = || self.tiers.keys().copied().chain(BuiltIn::NAMES);
        let mut diagnostic = Diagnostic::error(
            Code::UnknownTier,
            format!("the tier `{name}` is not declared"),
        );
        let near = others.nearest(name, known());
        if let Some(span) = span {
            let label = near
                .map(|near| format!("did you mean `{near}`?"))
                .unwrap_or_default();
            diagnostic = diagnostic.at(span, label);
        }
        if near.is_some() {
            return diagnostic;
        }
        let mut listed: Vec<_> = known().take(MOST_LISTED).collect();
        if known().nth(MOST_LISTED).is_some() {
            listed.push("…");
        }
        diagnostic.help(format!(
            "declare it under `tiers:` in {PROJECT_FILE}; known here: {}",
            listed.join(", ")
        ))
    }
}

/// Most tiers or profiles that extend each other in a row: every topic goes through all of them.
pub(super) const MAX_EXTENDS: usize = 64;

/// Most names that a message lists.
const MOST_LISTED: usize = 20;

fn too_long(kind: &str, extends: &Text) -> Diagnostic {
    Diagnostic::error(
        Code::TooLarge,
        format!("more than {MAX_EXTENDS} of `extends` from {kind} to {kind}"),
    )
    .at(extends.span, "one too many")
}

/// What a tier is made of.
pub(super) struct TierChain<'a> {
    /// Where it starts.
    pub(super) built_in: BuiltIn,
    /// From the far end; without a declaration for the built-in tier's own name.
    pub(super) tiers: Vec<(&'a str, Option<&'a Tier>)>,
}

fn check_names(vars: &[(Text, Text)], diagnostics: &mut Diagnostics) {
    for (name, _) in vars {
        if CONTEXT_NAMES.contains(&name.text.as_str()) {
            diagnostics.push(
                Diagnostic::error(
                    Code::ReservedVariable,
                    format!("`{}` is filled by topicctl and cannot be set", name.text),
                )
                .at(name.span, "choose another name"),
            );
        }
    }
}

fn declare<'a, T>(
    all: &mut BTreeMap<&'a str, (&'a Text, &'a T)>,
    kind: &str,
    name: &'a Text,
    value: &'a T,
    diagnostics: &mut Diagnostics,
) {
    match all.get(name.text.as_str()) {
        None => {
            all.insert(&name.text, (name, value));
        }
        Some((first, _)) => diagnostics.push(
            Diagnostic::error(
                Code::DuplicateDeclaration,
                format!("the {kind} `{}` is declared twice", name.text),
            )
            .at(name.span, "the second declaration")
            .and(first.span, "the first one")
            .help("keep one of them"),
        ),
    }
}

/// One circle is one problem, from wherever it was entered: told from its first name on.
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
pub(super) fn circle<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let first = (0..names.len()).min_by_key(|at| names[*at]).unwrap_or(0);
    let (before, behind) = names.split_at(first);
    behind
        .iter()
        .chain(before)
        .chain(behind.first())
        .copied()
        .collect()
}

/// Says where a section of the project may stand: in the project file where there is one, else in
/// one file.
struct Sections<'a> {
    loaded: &'a Loaded,
    first: HashMap<&'static str, (SourceId, Span)>,
}

impl Sections<'_> {
    /// Like [`Self::may_stand`] for a section whose values cannot be joined.
    fn stands_alone(
        &mut self,
        section: &'static str,
        source: SourceId,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        if !self.may_stand(section, source, span, diagnostics) {
            return false;
        }
        let first = self.first.get(section).filter(|(file, _)| *file == source);
        let first = first.map_or(span, |(_, first)| *first);
        if first == span {
            return true;
        }
        diagnostics.push(
            Diagnostic::error(
                Code::DuplicateDeclaration,
                format!("`{section}` stands in two documents of this file"),
            )
            .at(span, "the second one")
            .and(first, "the first one")
            .help("join them into one"),
        );
        false
    }

    fn may_stand(
        &mut self,
        section: &'static str,
        source: SourceId,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        if let Some(project) = self.loaded.project
            && project != source
        {
            let path = |source| self.loaded.sources.path(source);
            // That there are two project files was told of the run.
            if Path::new(path(source).as_ref()).file_name() == Some(PROJECT_FILE.as_ref()) {
                return true;
            }
            let path = path(project);
            diagnostics.push(
                Diagnostic::error(
                    Code::ProjectFile,
                    format!("`{section}` belongs in the project file"),
                )
                .at(span, format!("move it to {path}")),
            );
            return false;
        }
        let (first, first_span) = *self.first.entry(section).or_insert((source, span));
        if first == source {
            return true;
        }
        diagnostics.push(
            Diagnostic::error(
                Code::ProjectFile,
                format!("`{section}` stands in two files"),
            )
            .at(span, "the second one")
            .and(first_span, "the first one")
            .help(format!(
                "put what holds for all files into a {PROJECT_FILE} beside them"
            )),
        );
        false
    }
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
