//! What stays the same from topic to topic: the project, the profile that is chosen, and the
//! variables. Pure; decides nothing, and knows no topic.

use super::interpolate::{self, Context, Outside, Scope};
use super::project::Project;
use super::raw::{Profile, Vars};
use super::yaml::Text;
use crate::diagnostic::{Diagnostics, Sources};

/// A project as one run sees it.
pub(super) struct Resolver<'a> {
    pub(super) project: &'a Project<'a>,
    pub(super) sources: &'a Sources,
    /// From the far end of `extends` to the chosen one.
    pub(super) profiles: Vec<(&'a str, &'a Profile)>,
    outside: &'a Outside,
    /// The `vars` of the profiles, joined.
    profile_vars: Vars<'a>,
}

impl<'a> Resolver<'a> {
    /// The project under these profiles.
    pub(super) fn new(
        project: &'a Project<'a>,
        sources: &'a Sources,
        profiles: Vec<(&'a str, &'a Profile)>,
        outside: &'a Outside,
    ) -> Self {
        let vars = profiles.iter().flat_map(|(_, profile)| &profile.vars);
        let profile_vars = vars
            .map(|(name, value)| (name.text.as_str(), value))
            .collect();
        Self {
            project,
            sources,
            profiles,
            outside,
            profile_vars,
        }
    }

    /// Whether the profile is the chosen one, or one that it extends.
    pub(super) fn is_chosen(&self, profile: &str) -> bool {
        self.profiles.iter().any(|(chosen, _)| *chosen == profile)
    }

    /// The text with its variables substituted.
    pub(super) fn evaluate(
        &self,
        text: &Text,
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let scope = Scope {
            outside: self.outside,
            profile: &self.profile_vars,
            files: &self.project.vars,
            project: self.project.file,
        };
        interpolate::evaluate(text, scope, context, self.sources, diagnostics)
    }
}
