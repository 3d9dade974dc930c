//! What a run is given before a cluster is reached: the manifests and the connection of the
//! arguments, or the report that says what is wrong with them.
//!
//! Reads files, the environment and the clock. Connects to nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::accepted::{self, Accepted};
use crate::apply::{Outcome, Status};
use crate::cli::{By, ConditionArgs, ConnectionArgs, LookArgs, ManifestArgs};
use crate::cluster::kafka::settings::{ChosenCluster, ConnectionOptions, Settings, separate};
use crate::cluster::snapshot::Snapshot;
use crate::clusters::{Clusters, Reach};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Sources};
use crate::exit::{ExitCode, FailOn};
use crate::manifest::{self, ForClusters, Manifests, Outside, Request};
use crate::observed::Unknown;
use crate::plan::Seen;
use crate::remedy::Access;
use crate::report::{Command, Report, Topic};
use crate::topic::{DeclaredTopic, TopicName};

/// A report that ends a run early.
pub(super) type Early = Box<Report>;

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
        cluster: filled(&conditions.cluster),
        outside: Outside {
            given: conditions.vars.iter().cloned().collect(),
            environment,
        },
        select: Vec::new(),
    }
}

/// What the arguments ask to read.
fn selected(args: &ManifestArgs) -> Request {
    Request {
        // An empty one is an error, for it would select everything that `$UNSET` was to narrow.
        select: args.select.clone(),
        ..request(&args.paths, &args.conditions)
    }
}

/// Reads the manifests that the arguments name.
pub(super) fn read(args: &ManifestArgs, command: Command) -> Result<Manifests, Early> {
    let manifests = manifest::read(&selected(args));
    accept(manifests, args.deny_warnings, command)
}

/// Reads them under every declared profile.
pub(super) fn read_all_profiles(args: &ManifestArgs, command: Command) -> Result<Manifests, Early> {
    let manifests = manifest::read_all_profiles(&selected(args));
    accept(manifests, args.deny_warnings, command)
}

/// Manifests without errors, or the report of what is wrong with them.
pub(super) fn accept(
    mut manifests: Manifests,
    deny_warnings: bool,
    command: Command,
) -> Result<Manifests, Early> {
    let expired = accepted::expired(&manifests.accepted, today());
    manifests.diagnostics.extend(expired);
    if !is_valid(&manifests.diagnostics, deny_warnings) {
        let report = Report::invalid(Some(command), &manifests.diagnostics, manifests.sources);
        return Err(Box::new(report));
    }
    Ok(manifests)
}

fn is_valid(diagnostics: &Diagnostics, deny_warnings: bool) -> bool {
    let denied = deny_warnings && diagnostics.has_warnings();
    !diagnostics.has_errors() && !denied
}

/// The day in UTC, by this machine's clock.
pub(super) fn today() -> Date {
    Offset::UTC.to_datetime(Timestamp::now()).date()
}

/// A run before the cluster has answered.
pub(super) struct Offline {
    pub(super) command: Command,
    pub(super) sources: Sources,
    pub(super) diagnostics: Diagnostics,
    pub(super) topics: Vec<DeclaredTopic>,
    /// Those that are not selected included.
    pub(super) declared: BTreeSet<TopicName>,
    pub(super) access: Access,
    pub(super) fail_on: FailOn,
    pub(super) accepted: Vec<Accepted>,
    pub(super) clusters: Clusters,
    pub(super) profiles: Vec<String>,
}

impl Offline {
    /// Reads the manifests.
    pub(super) fn begin(args: &LookArgs, command: Command) -> Result<Self, Early> {
        let manifests = read(&args.manifests, command)?;
        match fail_on(args, &manifests) {
            Ok(fail_on) => Ok(Self::of(manifests, fail_on, command)),
            Err(problem) => Err(Self::of(manifests, FailOn::default(), command).refuse([*problem])),
        }
    }

    /// The run of valid manifests.
    fn of(manifests: Manifests, fail_on: FailOn, command: Command) -> Self {
        Self {
            command,
            sources: manifests.sources,
            diagnostics: manifests.diagnostics,
            topics: manifests.topics,
            declared: manifests.declared,
            access: Access::default(),
            fail_on,
            accepted: manifests.accepted,
            clusters: manifests.clusters,
            profiles: manifests.profiles,
        }
    }

    /// The report of a run whose input is wrong.
    pub(super) fn refuse(mut self, problems: impl IntoIterator<Item = Diagnostic>) -> Early {
        self.diagnostics.extend(problems);
        let cluster_name = self.clusters.chosen_name().map(str::to_owned);
        let report = Report::invalid(Some(self.command), &self.diagnostics, self.sources);
        Box::new(Report {
            cluster_name,
            ..report
        })
    }

    /// The report of a run that saw nothing of the cluster: every topic is unknown.
    pub(super) fn end(mut self, exit: ExitCode, problem: Diagnostic) -> Early {
        let reason = problem.message.clone();
        self.diagnostics.push(problem);
        let topics = self
            .topics
            .into_iter()
            .map(|topic| {
                let reason = reason.clone();
                let unknown = Unknown {
                    exists: false,
                    unauthorized: false,
                    reason,
                };
                let status = Status::Unknown(unknown);
                let outcome = Outcome {
                    topic,
                    status,
                    seen: Seen::default(),
                };
                Topic::of(&outcome, true, &self.sources, &self.access)
            })
            .collect();
        let cluster_name = self.clusters.chosen_name().map(str::to_owned);
        let report = Report::invalid(Some(self.command), &self.diagnostics, self.sources);
        Box::new(Report {
            cluster_name,
            exit,
            topics,
            ..report
        })
    }
}

/// What counts as a difference, by the arguments or the policy.
fn fail_on(args: &LookArgs, manifests: &Manifests) -> Result<FailOn, Box<Diagnostic>> {
    let policy = manifests.fail_on.as_deref();
    args.fail_on(policy).map_err(|message| {
        let help = "give `none`, or the findings that fail the run";
        Box::new(Diagnostic::error(Code::Usage, message).help(help))
    })
}

/// A run that is ready to connect.
pub(super) struct Prepared {
    pub(super) offline: Offline,
    pub(super) settings: Settings,
}

impl Prepared {
    /// Reads the manifests, and settles how the cluster is reached.
    pub(super) fn one(args: &LookArgs, command: Command) -> Result<Self, Early> {
        let mut offline = Offline::begin(args, command)?;
        let clusters = &offline.clusters;
        match settings(&args.connection, clusters, &mut offline.sources) {
            Ok(settings) => Ok(Self { offline, settings }),
            Err(problems) => Err(offline.refuse(problems)),
        }
    }

    /// The same for every cluster that the project names. With one mistake for any of them,
    /// nothing is asked of the others either.
    pub(super) fn for_clusters(args: &LookArgs, command: Command) -> Result<Vec<Self>, Early> {
        let ForClusters {
            mut sources,
            manifests,
            mut diagnostics,
        } = manifest::read_for_clusters(&selected(&args.manifests));
        let mut ready = Vec::new();
        for mut manifests in manifests {
            let expired = accepted::expired(&manifests.accepted, today());
            diagnostics.extend(expired.clone());
            manifests.diagnostics.extend(expired);
            let Some(name) = manifests.clusters.chosen_name() else {
                // There is an error already.
                continue;
            };
            let name = name.to_owned();
            let settled = settings(&args.connection, &manifests.clusters, &mut sources)
                .and_then(|settings| own_address(settings, &manifests.clusters));
            match (settled, fail_on(args, &manifests)) {
                (Ok(settings), Ok(fail_on)) => {
                    let offline = Offline::of(manifests, fail_on, command);
                    ready.push(Self { offline, settings });
                }
                (settled, fail_on) => {
                    let problems = settled.err().into_iter().flatten();
                    diagnostics.extend(problems.map(|one| one.under(&name)));
                    diagnostics.extend(fail_on.err().map(|problem| *problem));
                }
            }
        }
        if !is_valid(&diagnostics, args.manifests.deny_warnings) {
            let report = Report::invalid(Some(command), &diagnostics, sources);
            return Err(Box::new(report));
        }
        for one in &mut ready {
            one.offline.sources = sources.clone();
        }
        Ok(ready)
    }
}

/// Among several clusters, one that says nothing of its address would be whatever the environment
/// or a flag names, and so perhaps another one of them.
fn own_address(settings: Settings, clusters: &Clusters) -> Result<Settings, Vec<Diagnostic>> {
    match clusters.chosen() {
        Some(chosen) if !settings.has_own_address() => {
            let message = format!("the cluster `{}` has no address of its own", chosen.name);
            let problem = Diagnostic::error(Code::Connection, message);
            let help = "give it `bootstrap_servers`, or a `command_config` that has them";
            Err(vec![problem.at(chosen.span, "").help(help)])
        }
        _ => Ok(settings),
    }
}

/// What a file recorded of a cluster.
pub(super) fn snapshot(path: &Path) -> Result<Snapshot, Box<Diagnostic>> {
    let problem = |message: String, detail: String| {
        Box::new(
            Diagnostic::error(Code::Snapshot, message)
                .detail(detail)
                .help("`topicctl export --snapshot FILE` takes one"),
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

/// The settings of the connection, or everything that is wrong with them.
pub(super) fn settings(
    args: &ConnectionArgs,
    clusters: &Clusters,
    sources: &mut Sources,
) -> Result<Settings, Vec<Diagnostic>> {
    let given = args.command_config.as_deref();
    let given = given.filter(|path| !path.as_os_str().is_empty());
    let flag = "--command-config names the Java client's properties file";
    let command_config = given
        .map(|path| properties(path, sources).map_err(|problem| vec![problem.help(flag)]))
        .transpose()?;
    let chosen = clusters.chosen.as_ref();
    let cluster = chosen
        .map(|(name, reach)| chosen_cluster(name, reach, sources))
        .transpose()?;
    let names = clusters.named.iter().map(|one| one.name.clone());
    let overrides = &args.overrides.args.overrides;
    let options = ConnectionOptions {
        bootstrap_servers: args.bootstrap_servers.clone(),
        cluster,
        clusters: names.collect(),
        command_config,
        overrides: match args.overrides.by {
            Some(By::Variable) => overrides.iter().flat_map(|text| separate(text)).collect(),
            _ => overrides.clone(),
        },
        client_id: args.client_id.clone(),
        timeout: args.timeout,
        wait: args.wait,
    };
    Settings::resolve(&options, &|name| std::env::var(name).ok(), sources)
}

fn chosen_cluster(
    name: &str,
    reach: &Reach,
    sources: &mut Sources,
) -> Result<ChosenCluster, Vec<Diagnostic>> {
    let config = reach.command_config.as_ref();
    let command_config = config
        .map(|(path, place)| {
            let found = properties(path, sources);
            found.map_err(|problem| vec![problem.at(*place, "")])
        })
        .transpose()?;
    Ok(ChosenCluster {
        name: name.to_owned(),
        bootstrap_servers: reach.bootstrap_servers.clone(),
        command_config,
    })
}

fn properties(path: &Path, sources: &mut Sources) -> Result<SourceId, Box<Diagnostic>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(sources.add(&path.display().to_string(), text)),
        Err(error) => {
            let message = format!("cannot read {}", path.display());
            let problem = Diagnostic::error(Code::Connection, message);
            Err(Box::new(problem.detail(error.to_string())))
        }
    }
}
