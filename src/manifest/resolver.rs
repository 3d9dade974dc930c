//! What stays the same from topic to topic: the project, the profile that is chosen, and the
//! variables. Pure; decides nothing, and knows no topic.

use super::interpolate::{self, Context, Outside, Scope};
use super::project::Project;
use super::raw::{Profile, Vars};
use super::yaml::Text;
use crate::catalog::Vouched;
use crate::diagnostic::{Diagnostics, Sources};
use crate::explain::Subject;

/// What a run asks for, beside the documents.
#[derive(Debug)]
pub(super) struct Inputs<'a> {
    pub(super) outside: &'a Outside,
    pub(super) profile: Option<&'a str>,
    pub(super) cluster: Option<&'a str>,
    /// What is to be explained on the way.
    pub(super) subject: Option<&'a Subject>,
}

/// A project as one run sees it.
pub(super) struct Resolver<'a> {
    pub(super) project: &'a Project<'a>,
    pub(super) sources: &'a Sources,
    /// From the far end of `extends` to the chosen one.
    pub(super) profiles: Vec<(&'a str, &'a Profile)>,
    pub(super) outside: &'a Outside,
    pub(super) profile_vars: Vars<'a>,
    pub(super) cluster: Option<&'a str>,
    /// Keys that only the broker can judge.
    pub(super) vendors: Vouched,
}

impl<'a> Resolver<'a> {
    /// Whether the profile is the chosen one, or one that it extends.
    pub(super) fn is_chosen(&self, profile: &str) -> bool {
        self.profiles.iter().any(|(chosen, _)| *chosen == profile)
    }

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
            cluster: self.cluster,
        };
        interpolate::evaluate(text, scope, context, self.sources, diagnostics)
    }
}
