//! All documents of a run as one project: which tiers, profiles and variables hold.
//!
//! Says that nothing is declared twice; `sections` says where each section may stand, and `extends`
//! follows tiers and profiles to those that they extend. Pure.

mod extends;
mod sections;

use std::collections::{BTreeMap, HashMap};

use super::interpolate::CONTEXT_NAMES;
use super::load::{Loaded, PROJECT_FILE};
use super::raw::{
    Accepted, Cluster, Entry, Naming, Pipeline, Policy, Profile, Tier, TopicPatch, Vars,
};
use super::tiers::BuiltIn;
use super::yaml::Text;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Span, nearest};
use crate::wording::did_you_mean;

pub(super) use extends::{TierChain, circle};
use sections::Sections;

/// Most names that a message lists.
const MOST_LISTED: usize = 20;

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
    pub(super) topics: Vec<&'a Entry>,
    pub(super) pipelines: Vec<&'a Pipeline>,
    pub(super) accepted: Vec<&'a Accepted>,
    pub(super) policy: Option<&'a Policy>,
}

/// An entry of `profiles.P.topics`.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProfileTopic<'a> {
    pub(super) profile: &'a str,
    pub(super) patch: &'a TopicPatch,
    /// Stands beside the profile's declaration, and so may name any topic; else those of its file.
    pub(super) any_file: bool,
}

impl<'a> Project<'a> {
    pub(super) fn assemble(loaded: &'a Loaded, diagnostics: &mut Diagnostics) -> Self {
        let mut project = Self {
            file: loaded.project,
            ..Self::default()
        };
        let mut sections = Sections::new(loaded);
        for document in &loaded.documents {
            let source = document.source;
            if let Some((span, defaults)) = &document.defaults
                && sections.stands_alone("defaults", source, *span, diagnostics)
            {
                project.default_tier = defaults.tier.as_ref();
            }
            if let Some((span, naming)) = &document.naming
                && sections.stands_alone("naming", source, *span, diagnostics)
            {
                project.naming = Some(naming);
            }
            if let Some((span, tiers)) = &document.tiers {
                // In the wrong place they are declared all the same: that they are not known
                // would be a second error for one mistake.
                sections.may_stand("tiers", source, *span, diagnostics);
                for (name, tier) in tiers {
                    declare(&mut project.tiers, "tier", name, tier, diagnostics);
                }
            }
            if let Some((span, clusters)) = &document.clusters {
                sections.may_stand("clusters", source, *span, diagnostics);
                for (name, cluster) in clusters {
                    declare(&mut project.clusters, "cluster", name, cluster, diagnostics);
                }
            }
            project.vars(source, &document.vars, diagnostics);
            if let Some((span, policy)) = &document.policy
                && sections.may_stand("policy", source, *span, diagnostics)
            {
                project.policy = Some(policy);
            }
            project.topics.extend(&document.topics);
            project.pipelines.extend(&document.pipelines);
            project.accepted.extend(&document.accepted_mismatches);
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
            let Some((span, profiles)) = &document.profiles else {
                continue;
            };
            for (name, profile) in profiles {
                check_names(&profile.vars, diagnostics);
                if profile.only_topics.0 && Some(document.source) != loaded.project {
                    additions.push((*span, name, profile));
                    continue;
                }
                sections.may_stand("profiles", document.source, *span, diagnostics);
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

    fn add_topics(&mut self, name: &'a Text, profile: &'a Profile, any_file: bool) {
        let topics = profile.topics.iter().map(|patch| ProfileTopic {
            profile: &name.text,
            patch,
            any_file,
        });
        self.profile_topics.extend(topics);
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
        let diagnostic = undeclared_profile(&name.text);
        let near = diagnostics.nearest(&name.text, self.profiles.keys().copied());
        diagnostics.push(match near {
            Some(near) => diagnostic.at(name.span, did_you_mean(near)),
            None => diagnostic.at(name.span, "").help(format!(
                "profiles are declared under `profiles:` in {PROJECT_FILE}"
            )),
        });
        None
    }

    /// The chosen profile, which is not there.
    pub(super) fn unknown_choice(&self, name: &str, loaded: &Loaded) -> Diagnostic {
        let diagnostic = undeclared_profile(name).about("--profile");
        if let Some(near) = nearest(name, self.profiles.keys().copied()) {
            return diagnostic.help(did_you_mean(near));
        }
        let declared: Vec<_> = self
            .profiles
            .iter()
            .map(|(name, (place, _))| format!("`{name}` ({})", loaded.sources.location(place.span)))
            .collect();
        if !declared.is_empty() {
            return diagnostic.help(format!("declared are {}", declared.join(", ")));
        }
        if let Some(project) = loaded.project {
            let path = loaded.sources.path(project);
            return diagnostic.help(format!("profiles are declared under `profiles:` in {path}"));
        }
        let searched = loaded.searched.iter().map(|path| match path.as_os_str() {
            here if here.is_empty() => ".".to_owned(),
            _ => path.display().to_string(),
        });
        let searched: Vec<_> = searched.collect();
        diagnostic.help(format!(
            "profiles are declared under `profiles:` in {PROJECT_FILE}, and there is none in {} \
             or above; keep the manifests beside it, or name it as a path too",
            searched.join(", ")
        ))
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
            let label = near.map(did_you_mean).unwrap_or_default();
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

fn undeclared_profile(name: &str) -> Diagnostic {
    let message = format!("the profile `{name}` is not declared");
    Diagnostic::error(Code::UnknownProfile, message)
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
