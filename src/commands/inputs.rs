//! What a run is given before a cluster is reached: the manifests and the connection of the
//! arguments, or what is wrong with them.
//!
//! Reads files, the environment and the clock. Connects to nothing.

mod connection;
mod several;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::fitting::fitting_profiles;
use super::unread_variables;
use crate::accepted;
use crate::cli::{ConditionArgs, ConnectionArgs, ManifestArgs, RunArgs};
use crate::cluster::kafka::settings::Settings;
use crate::cluster::snapshot::Snapshot;
use crate::context::{Purpose, RunContext, Target};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::finding::FailOn;
use crate::manifest::{self, Manifests, Outside, Request};
use crate::outcome::RunResult;
use crate::report::{ClusterReport, Report};

pub(super) use self::connection::settings;
pub(super) use self::several::AllInputs;

/// Everything that a run against one cluster begins with.
pub(super) struct RunInputs {
    pub(super) context: Arc<RunContext>,
    pub(super) target: Target,
    /// Their texts have gone into the context, and the topics go into the plan.
    pub(super) manifests: Manifests,
    /// What was asked to be read; `None` where no cluster is asked.
    request: Option<Request>,
}

/// Input that is not valid: no cluster was asked.
pub(super) struct InvalidInput {
    pub(super) context: RunContext,
    /// What `clusters` calls the cluster that would have been asked.
    pub(super) cluster: Option<String>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl InvalidInput {
    /// A problem that is not one of the manifests.
    pub(super) fn new(context: RunContext, problem: Diagnostic) -> Box<Self> {
        Box::new(Self {
            context,
            cluster: None,
            diagnostics: vec![problem],
        })
    }

    fn from_manifests(
        mut context: RunContext,
        sources: Sources,
        diagnostics: &Diagnostics,
    ) -> Box<Self> {
        let diagnostics = diagnostics.sorted(&sources);
        context.sources = Arc::new(sources);
        Box::new(Self {
            context,
            cluster: None,
            diagnostics,
        })
    }
}

impl From<Box<InvalidInput>> for Report {
    fn from(invalid: Box<InvalidInput>) -> Self {
        let target = Target {
            name: invalid.cluster,
            ..Target::default()
        };
        Self::new(ClusterReport {
            diagnostics: invalid.diagnostics,
            ..ClusterReport::new(Arc::new(invalid.context), target, RunResult::invalid())
        })
    }
}

/// All of what the paths declare, under these conditions.
pub(super) fn request(paths: &[PathBuf], conditions: &ConditionArgs) -> Request {
    let environment = if conditions.no_env {
        BTreeMap::new()
    } else {
        // What is not UTF-8 cannot be named in a manifest.
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    };
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    Request {
        paths: paths.to_vec(),
        profile: filled(&conditions.profile),
        cluster: conditions.clusters().first().map(|one| (*one).to_owned()),
        outside: Outside {
            given: conditions.vars.iter().cloned().collect(),
            environment,
        },
        select: Vec::new(),
    }
}

/// What the arguments ask to read.
pub(super) fn selected(args: &ManifestArgs) -> Request {
    Request {
        // An empty one is an error, for it would select everything that `$UNSET` was to narrow.
        select: args.select.clone(),
        ..request(&args.places.given_or_default(), &args.conditions)
    }
}

/// Manifests without errors, whose texts go into the context.
pub(super) fn accept(
    mut manifests: Manifests,
    mut context: RunContext,
) -> Result<(RunContext, Manifests), Box<InvalidInput>> {
    let expired = expired(&manifests);
    // Which day it is makes no manifest invalid; where nothing else is asked, it is all there is.
    let (early, late) = match context.purpose {
        Purpose::Offline => (expired, Vec::new()),
        _ => (Vec::new(), expired),
    };
    manifests.diagnostics.extend(early);
    let unread = unread_variables::warnings(&manifests);
    manifests.diagnostics.extend(unread);
    let sources = std::mem::take(&mut manifests.sources);
    let is_valid = is_valid(&manifests.diagnostics, &context);
    manifests.diagnostics.extend(late);
    if !is_valid {
        let problems = &manifests.diagnostics;
        return Err(InvalidInput::from_manifests(context, sources, problems));
    }
    context.sources = Arc::new(sources);
    context.profile.clone_from(&manifests.clusters.profile);
    context.limits = manifests.limits;
    Ok((context, manifests))
}

fn is_valid(diagnostics: &Diagnostics, context: &RunContext) -> bool {
    let denied = context.deny_warnings && diagnostics.has_warnings();
    !diagnostics.has_errors() && !denied
}

/// The day in UTC, by this machine's clock.
fn today() -> Date {
    Offset::UTC.to_datetime(Timestamp::now()).date()
}

fn expired(manifests: &Manifests) -> Vec<Diagnostic> {
    accepted::expired(&manifests.accepted, today())
}

impl RunInputs {
    pub(super) fn read(
        args: &RunArgs,
        context: RunContext,
    ) -> Result<(Self, Settings), Box<InvalidInput>> {
        let (context, manifests) = Self::read_manifests(args, context)?;
        let (inputs, settings) = Self::reach(context, manifests, &args.connection)?;
        Ok((inputs.asked_for(selected(&args.manifests)), settings))
    }

    /// Adds how the cluster is reached.
    pub(super) fn reach(
        context: RunContext,
        manifests: Manifests,
        connection: &ConnectionArgs,
    ) -> Result<(Self, Settings), Box<InvalidInput>> {
        // The properties files of connections are texts that diagnostics point into, too.
        let mut sources = Arc::unwrap_or_clone(context.sources);
        let settings = settings(connection, &manifests.clusters, &mut sources);
        let context = RunContext {
            sources: Arc::new(sources),
            ..context
        };
        let inputs = Self::new(context, manifests);
        match settings {
            Ok(settings) => Ok((inputs.reached_by(&settings), settings)),
            Err(problems) => Err(inputs.into_invalid(problems)),
        }
    }

    /// Reads the manifests, and what was recorded of a cluster.
    pub(super) fn read_with_snapshot(
        args: &RunArgs,
        path: &Path,
        context: RunContext,
    ) -> Result<(Self, Snapshot), Box<InvalidInput>> {
        let (context, manifests) = Self::read_manifests(args, context)?;
        let mut inputs = Self::new(context, manifests).asked_for(selected(&args.manifests));
        let snapshot = match snapshot(path) {
            Ok(snapshot) => snapshot,
            Err(problem) => return Err(inputs.into_invalid([*problem])),
        };
        let age = snapshot.age(Timestamp::now());
        let reached = &snapshot.reached;
        let target = &mut inputs.target;
        target.label = format!("snapshot of {}, {age}", reached.bootstrap_servers);
        target.user.clone_from(&reached.user);
        target
            .access
            .bootstrap_servers
            .clone_from(&reached.bootstrap_servers);
        target
            .access
            .command_config
            .clone_from(&reached.command_config);
        Ok((inputs, snapshot))
    }

    fn read_manifests(
        args: &RunArgs,
        context: RunContext,
    ) -> Result<(RunContext, Manifests), Box<InvalidInput>> {
        let manifests = manifest::read(&selected(&args.manifests));
        let (mut context, manifests) = accept(manifests, context)?;
        match fail_on(args, &manifests) {
            Ok(fail_on) => {
                context.fail_on = fail_on;
                Ok((context, manifests))
            }
            Err(problem) => Err(Self::new(context, manifests).into_invalid([*problem])),
        }
    }

    /// A run that asks no cluster (yet).
    pub(super) fn new(context: RunContext, mut manifests: Manifests) -> Self {
        let today = today();
        manifests.accepted.retain(|entry| entry.is_in_force(today));
        Self {
            target: Target {
                name: manifests.clusters.chosen_name().map(str::to_owned),
                ..Target::default()
            },
            context: Arc::new(context),
            manifests,
            request: None,
        }
    }

    fn asked_for(self, request: Request) -> Self {
        Self {
            request: Some(request),
            ..self
        }
    }

    fn reached_by(mut self, settings: &Settings) -> Self {
        let servers = settings.bootstrap_servers();
        let target = &mut self.target;
        target.label = target.name.clone().unwrap_or_else(|| servers.to_owned());
        target.user = settings.user().map(str::to_owned);
        target.rights = settings.rights();
        target.access.bootstrap_servers = servers.to_owned();
        target.access.command_config = settings.command_config().map(Into::into);
        let warnings = settings.warnings().iter().cloned();
        self.manifests.diagnostics.extend(warnings);
        self
    }

    /// The problems of the input, beside those of the manifests.
    fn into_invalid(mut self, problems: impl IntoIterator<Item = Diagnostic>) -> Box<InvalidInput> {
        self.manifests.diagnostics.extend(problems);
        Box::new(InvalidInput {
            diagnostics: self.diagnostics(),
            cluster: self.target.name,
            context: Arc::unwrap_or_clone(self.context),
        })
    }

    /// The result of a run whose input turns out to be wrong when the cluster was asked already.
    pub(super) fn end_invalid(&mut self, problem: Diagnostic) -> RunResult {
        self.manifests.diagnostics.push(problem);
        RunResult::invalid()
    }

    /// The report of a run against this cluster alone.
    pub(super) fn report(self, result: RunResult) -> Report {
        Report::new(self.finish(result))
    }

    /// The problems of the manifests, in the order of the report.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.manifests.diagnostics.sorted(&self.context.sources)
    }

    /// The report of the cluster, whose run is over.
    pub(super) fn finish(self, result: RunResult) -> ClusterReport {
        let request = self.request.as_ref();
        let fitting = request.and_then(|one| fitting_profiles(one, &self.manifests, &result));
        let diagnostics = self.diagnostics();
        let context = match fitting {
            None => self.context,
            Some(_) => Arc::new(RunContext {
                fitting_profiles: fitting,
                ..Arc::unwrap_or_clone(self.context)
            }),
        };
        ClusterReport {
            diagnostics,
            accepted: self.manifests.accepted,
            ..ClusterReport::new(context, self.target, result)
        }
    }
}

/// What counts as a difference, by the arguments or the policy.
fn fail_on(args: &RunArgs, manifests: &Manifests) -> Result<FailOn, Box<Diagnostic>> {
    let policy = manifests.fail_on.as_deref();
    args.fail_on(policy).map_err(|message| {
        let help = "give `none`, or the findings that fail the run";
        Box::new(
            Diagnostic::error(Code::Usage, message)
                .help(help)
                .about("--fail-on"),
        )
    })
}

/// What a file recorded of a cluster.
pub(super) fn snapshot(path: &Path) -> Result<Snapshot, Box<Diagnostic>> {
    let problem = |message: String, detail: String| {
        Box::new(
            Diagnostic::error(Code::Snapshot, message)
                .detail(detail)
                .help("`topicctl export --snapshot FILE` takes one")
                .about("--cluster-snapshot"),
        )
    };
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| problem(format!("cannot read {shown}"), error.to_string()))?;
    Snapshot::from_json(&text).map_err(|error| {
        let message = format!("{shown} is no snapshot that this version reads");
        problem(message, error.to_string())
    })
}
