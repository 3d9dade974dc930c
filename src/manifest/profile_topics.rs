//! `profiles.P.topics`: what the chosen profiles have for single topics, by name. Pure.
//!
//! Takes the entries of all files and the topics that are declared under the profile. The values
//! are laid over the others by [`super::resolve`].

use std::collections::HashMap;

use super::candidates::Candidates;
use super::interpolate::Context;
use super::names::topic_name;
use super::project::ProfileTopic;
use super::raw::TopicPatch;
use super::resolver::Resolver;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::topic::TopicName;
use crate::wording::did_you_mean;

/// The entries of the chosen profiles, by profile and topic.
#[derive(Debug, Default)]
pub(super) struct ProfileTopics<'a>(HashMap<&'a str, HashMap<TopicName, &'a TopicPatch>>);

impl<'a> ProfileTopics<'a> {
    /// Reads the entries; what is wrong with one is reported.
    pub(super) fn read(
        resolver: &Resolver<'a>,
        declared: &Candidates<'a>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut all = Self::default();
        for entry in &resolver.project.profile_topics {
            if resolver.is_chosen(entry.profile) {
                all.take(entry, resolver, declared, diagnostics);
            }
        }
        all
    }

    fn take(
        &mut self,
        entry: &ProfileTopic<'a>,
        resolver: &Resolver<'a>,
        declared: &Candidates<'a>,
        diagnostics: &mut Diagnostics,
    ) {
        let (profile, span) = (entry.profile, entry.patch.name.span);
        let value = resolver.evaluate(&entry.patch.name, &Context::default(), diagnostics);
        let Some(name) = value.and_then(|value| topic_name(&value, span, diagnostics)) else {
            return;
        };
        let topic = declared.index(&name).map(|index| &declared.list[index]);
        if let Some(topic) = topic
            && !entry.any_file
            && topic.span.source != span.source
        {
            diagnostics.push(
                Diagnostic::error(
                    Code::ProjectFile,
                    format!("`{name}` is declared in another file than this entry"),
                )
                .at(span, format!("changed here for profile {profile}"))
                .and(topic.span, "declared here")
                .help("move the entry to the topic's file, or to where the profile is declared"),
            );
            return;
        }
        let entries = self.0.entry(profile).or_default();
        if let Some(first) = entries.get(&name) {
            diagnostics.push(
                Diagnostic::error(
                    Code::DuplicateDeclaration,
                    format!("profile `{profile}` has two entries for `{name}`"),
                )
                .at(span, "the second one")
                .and(first.name.span, "the first one")
                .help("join them into one"),
            );
            return;
        }
        if topic.is_none() {
            let diagnostic = Diagnostic::error(
                Code::UnknownTopic,
                format!("no topic `{name}` is declared under profile `{profile}`"),
            );
            diagnostics.push(match declared.nearest(&name, diagnostics) {
                Some(near) => diagnostic.at(span, did_you_mean(near)),
                None => diagnostic.at(span, "this entry would do nothing"),
            });
        }
        entries.insert(name, entry.patch);
    }

    pub(super) fn of(&self, profile: &str, name: &TopicName) -> Option<&'a TopicPatch> {
        self.0.get(profile)?.get(name).copied()
    }
}
