//! `clusters`: which one a run is for, with which profile, and what all of them are. Pure; whether
//! anything answers there is not its business.
//!
//! The profile and the id of every entry are evaluated in every run, because the id shows whose
//! cluster answers; how a cluster is reached only of the chosen one. An entry's values see the
//! `vars` of its own profile and its own name as `clusterName`, so that they are the same whichever
//! cluster is chosen; `profile` itself sees no profile's.

use std::path::{Path, PathBuf};

use super::interpolate::{self, CLUSTER_NAME, CONTEXT_NAMES, Context, Outside, Scope};
use super::load::{Loaded, PROJECT_FILE};
use super::project::Project;
use super::raw::{Cluster, Vars};
use super::resolver::Inputs;
use super::values;
use super::yaml::Text;
use crate::clusters::{Clusters, NamedCluster, Reach};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::wording::did_you_mean;

/// The clusters, and the profile of the run: that of the chosen cluster, else the one that was
/// asked for. `None` where the chosen cluster is not declared or is run with another profile.
pub(super) fn read(
    project: &Project<'_>,
    loaded: &Loaded,
    inputs: &Inputs<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Clusters> {
    let reader = Reader {
        project,
        loaded,
        outside: inputs.outside,
    };
    check_given(inputs, diagnostics);
    let mut clusters = Clusters {
        profile: inputs.profile.map(str::to_owned),
        ..Clusters::default()
    };
    let mut fits = true;
    for (name, (place, cluster)) in &project.clusters {
        let profile = reader.profile(name, cluster, diagnostics);
        let vars = project.profile_vars(profile.as_deref(), diagnostics);
        let chosen = inputs.cluster == Some(*name);
        if chosen {
            fits = reader.fits(name, cluster, profile.as_deref(), inputs, diagnostics);
            clusters.profile = profile.clone().or(clusters.profile);
            let reach = reader.reach(name, cluster, &vars, diagnostics);
            clusters.chosen = Some(((*name).to_owned(), reach));
        }
        let id = cluster.cluster_id.as_ref();
        let id = id.and_then(|text| {
            let id = reader.evaluate(text, name, &vars, diagnostics)?;
            Some((id, text.span))
        });
        clusters.named.push(NamedCluster {
            name: (*name).to_owned(),
            span: place.span,
            profile,
            id,
        });
    }
    if let (Some(wanted), None) = (inputs.cluster, &clusters.chosen) {
        diagnostics.push(reader.unknown(wanted));
        fits = false;
    }
    fits.then_some(clusters)
}

/// What topicctl fills itself is not for `--var` to set.
fn check_given(inputs: &Inputs<'_>, diagnostics: &mut Diagnostics) {
    let filled = |name: &str| {
        CONTEXT_NAMES.contains(&name) || (name == CLUSTER_NAME && inputs.cluster.is_some())
    };
    for name in inputs.outside.given.keys().filter(|name| filled(name)) {
        let message = format!("`{name}` is filled by topicctl and cannot be set");
        diagnostics.push(
            Diagnostic::error(Code::ReservedVariable, message)
                .help(format!("leave out --var {name}=…, or choose another name")),
        );
    }
}

/// There is none to take all of.
pub(super) fn no_clusters(loaded: &Loaded) -> Diagnostic {
    Diagnostic::error(Code::UnknownCluster, "no cluster is declared").help(declare_them(loaded))
}

fn declare_them(loaded: &Loaded) -> String {
    match loaded.project {
        Some(project) => format!(
            "clusters are declared under `clusters:` in {}",
            loaded.sources.path(project)
        ),
        None => format!("clusters are declared under `clusters:` in {PROJECT_FILE}"),
    }
}

struct Reader<'a> {
    project: &'a Project<'a>,
    loaded: &'a Loaded,
    outside: &'a Outside,
}

impl Reader<'_> {
    /// A value of an entry. What is stated may not be empty: an id that a variable makes empty would
    /// silently guard nothing.
    fn evaluate(
        &self,
        text: &Text,
        cluster: &str,
        vars: &Vars<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let scope = Scope {
            outside: self.outside,
            profile: vars,
            files: &self.project.vars,
            project: self.project.file,
            cluster: Some(cluster),
        };
        let context = Context::default();
        let value =
            interpolate::evaluate(text, scope, &context, &self.loaded.sources, diagnostics)?;
        let value = value.trim();
        if value.is_empty() {
            let message = format!("a value of the cluster `{cluster}` is empty");
            diagnostics.push(
                Diagnostic::error(Code::MissingField, message)
                    .at(text.span, "")
                    .help("state it, or leave the field out"),
            );
            return None;
        }
        Some(value.to_owned())
    }

    /// The declared profile that the entry names.
    fn profile(
        &self,
        name: &str,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let text = cluster.profile.as_ref()?;
        let value = self.evaluate(text, name, &Vars::new(), diagnostics)?;
        let named = Text {
            text: value,
            span: text.span,
        };
        self.project.profile(&named, diagnostics)?;
        Some(named.text)
    }

    /// Whether the chosen cluster's profile is not another one than `--profile` says.
    fn fits(
        &self,
        name: &str,
        cluster: &Cluster,
        profile: Option<&str>,
        inputs: &Inputs<'_>,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let (Some(theirs), Some(asked), Some(text)) = (profile, inputs.profile, &cluster.profile)
        else {
            return true;
        };
        if theirs == asked {
            return true;
        }
        let message =
            format!("`{name}` is run with the profile `{theirs}`, and `{asked}` is asked for");
        diagnostics.push(
            Diagnostic::error(Code::WrongCluster, message)
                .at(text.span, "")
                .help("leave out --profile (or TOPICCTL_PROFILE): --cluster chooses it too"),
        );
        false
    }

    fn reach(
        &self,
        name: &str,
        cluster: &Cluster,
        vars: &Vars<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Reach {
        let stated = cluster.bootstrap_servers.as_deref().unwrap_or_default();
        let servers: Vec<_> = stated
            .iter()
            .filter_map(|text| self.evaluate(text, name, vars, diagnostics))
            .collect();
        let place = stated
            .first()
            .filter(|_| !servers.is_empty())
            .map(|text| text.span);
        let command_config = cluster.command_config.as_ref().and_then(|text| {
            let path = self.evaluate(text, name, vars, diagnostics)?;
            Some((self.beside(text, &path), text.span))
        });
        let brokers = cluster.brokers.as_ref().and_then(|text| {
            let value = self.evaluate(text, name, vars, diagnostics)?;
            let count = values::positive("brokers", &value, text.span, diagnostics)?;
            usize::try_from(count).ok()
        });
        Reach {
            bootstrap_servers: place.map(|span| (servers.join(","), span)),
            command_config,
            brokers,
        }
    }

    /// A path as it is meant in the file that it stands in.
    fn beside(&self, text: &Text, path: &str) -> PathBuf {
        let file = self.loaded.sources.path(text.span.source);
        match Path::new(&**file).parent() {
            Some(directory) => directory.join(path),
            None => path.into(),
        }
    }

    fn unknown(&self, wanted: &str) -> Diagnostic {
        let message = format!("the cluster `{wanted}` is not declared");
        let diagnostic = Diagnostic::error(Code::UnknownCluster, message).about("--cluster");
        let names = || self.project.clusters.keys().copied();
        if let Some(near) = nearest(wanted, names()) {
            return diagnostic.help(did_you_mean(near));
        }
        let listed: Vec<_> = names().collect();
        diagnostic.help(match listed.as_slice() {
            [] => declare_them(self.loaded),
            listed => format!("declared are {}", listed.join(", ")),
        })
    }
}
