//! What the commands share: the manifests and the connection of the arguments, or the report that
//! says why there is none.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use globset::GlobSet;

use super::progress::Line;
use crate::apply::{Outcome, Status, Stop};
use crate::cli::{ConnectionArgs, LookArgs, ManifestArgs};
use crate::cluster::kafka::Kafka;
use crate::cluster::kafka::settings::{ConnectionOptions, Settings};
use crate::cluster::{Absence, ClusterError, Keys, ObserveTopics, Wanted};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Sources};
use crate::exit::{self, Ending, ExitCode, FailOn};
use crate::interrupt::{Interrupts, Signal};
use crate::manifest::{self, Manifests, Outside, Request};
use crate::observed::{ClusterIdentity, Unknown};
use crate::plan::{Plan, Seen, plan};
use crate::remedy::Access;
use crate::report::{Cluster, Command, Report, Topic, problems};
use crate::topic::{DeclaredTopic, TopicName};

/// How closely to look at the cluster.
pub(super) struct Look {
    /// How sure to be that a topic is missing.
    pub(super) absence: Absence,
    /// Whether to read all of the configuration, for what is set and not declared.
    pub(super) strict: bool,
    /// Look for topics that no manifest declares, but for these.
    pub(super) unmanaged: Option<GlobSet>,
}

/// A report that ends a run early.
type Early = Box<Report>;

/// What the arguments ask to read.
pub(super) fn request(args: &ManifestArgs) -> Request {
    let environment = if args.no_env {
        BTreeMap::new()
    } else {
        // What is not UTF-8 cannot be named in a manifest.
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    };
    Request {
        paths: args.paths.clone(),
        profile: args.profile.clone().filter(|profile| !profile.is_empty()),
        outside: Outside {
            given: args.vars.iter().cloned().collect(),
            environment,
        },
        select: args
            .select
            .iter()
            .filter(|selection| !selection.is_empty())
            .cloned()
            .collect(),
    }
}

/// Reads the manifests that the arguments name.
pub(super) fn read(args: &ManifestArgs, command: Command) -> Result<Manifests, Early> {
    accept(manifest::read(&request(args)), args, command)
}

/// Reads them under every declared profile.
pub(super) fn read_all_profiles(args: &ManifestArgs, command: Command) -> Result<Manifests, Early> {
    accept(manifest::read_all_profiles(&request(args)), args, command)
}

fn accept(manifests: Manifests, args: &ManifestArgs, command: Command) -> Result<Manifests, Early> {
    let refused = args.deny_warnings && manifests.diagnostics.has_warnings();
    if manifests.diagnostics.has_errors() || refused {
        let report = Report::invalid(Some(command), &manifests.diagnostics, manifests.sources);
        return Err(Box::new(report));
    }
    Ok(manifests)
}

/// A run before the cluster has answered.
struct Offline {
    command: Command,
    sources: Sources,
    diagnostics: Diagnostics,
    topics: Vec<DeclaredTopic>,
    access: Access,
}

impl Offline {
    /// The report of a run that saw nothing of the cluster: every topic is unknown.
    fn end(mut self, exit: ExitCode, problem: Diagnostic) -> Early {
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
                Topic::of(&outcome, &self.sources, &self.access)
            })
            .collect();
        let report = Report::invalid(Some(self.command), &self.diagnostics, self.sources);
        Box::new(Report {
            exit,
            topics,
            ..report
        })
    }
}

/// One run against a cluster.
pub(super) struct Session {
    command: Command,
    sources: Sources,
    diagnostics: Diagnostics,
    fail_on: FailOn,
    pub(super) cluster: Kafka,
    pub(super) interrupts: Interrupts,
    identity: ClusterIdentity,
    access: Access,
    unmanaged: Vec<TopicName>,
    user: Option<String>,
    pub(super) wait: Duration,
}

impl Session {
    /// Reads the manifests, connects, observes and plans.
    pub(super) async fn open(
        args: &LookArgs,
        command: Command,
        look: &Look,
    ) -> Result<(Self, Plan), Early> {
        let manifests = read(&args.manifests, command)?;
        let Manifests {
            mut sources,
            topics,
            declared,
            mut diagnostics,
            fail_on,
        } = manifests;
        let fail_on = match args.fail_on(fail_on.as_deref()) {
            Ok(fail_on) => fail_on,
            Err(message) => {
                let help = "give `none`, or the findings that fail the run";
                diagnostics.push(Diagnostic::error(Code::Usage, message).help(help));
                return Err(Box::new(Report::invalid(
                    Some(command),
                    &diagnostics,
                    sources,
                )));
            }
        };
        let settings = match settings(&args.connection, &mut sources) {
            Ok(settings) => settings,
            Err(problems) => {
                diagnostics.extend(problems);
                return Err(Box::new(Report::invalid(
                    Some(command),
                    &diagnostics,
                    sources,
                )));
            }
        };
        let access = Access {
            bootstrap_servers: settings.bootstrap_servers().to_owned(),
            command_config: settings.command_config().map(Into::into),
            brokers: Vec::new(),
        };
        let offline = Offline {
            command,
            sources,
            diagnostics,
            topics,
            access,
        };
        let interrupts = match Interrupts::listen() {
            Ok(interrupts) => interrupts,
            Err(error) => {
                let problem = Diagnostic::error(Code::Usage, format!("cannot start: {error}"));
                return Err(offline.end(ExitCode::Invalid, problem));
            }
        };
        let wanted: Vec<_> = offline
            .topics
            .iter()
            .map(|topic| match look.strict {
                true => Wanted {
                    name: topic.name.clone(),
                    keys: Keys::All,
                },
                false => Outcome::wanted(topic),
            })
            .collect();
        let line = Line::new();
        let looking = async {
            let waiting = line.clone();
            let cluster =
                Kafka::connect(&settings, move |trouble| waiting.trouble(trouble)).await?;
            line.clear();
            line.doing(format!("reading {} topics", wanted.len()));
            let observation = cluster.observe(&wanted, look.absence).await?;
            let names = match &look.unmanaged {
                Some(_) => cluster.names().await?,
                None => Vec::new(),
            };
            Ok::<_, ClusterError>((cluster, observation, names))
        };
        let looked = tokio::select! {
            looked = looking => looked,
            signal = interrupts.first() => {
                line.clear();
                return Err(offline.end(signal.into(), interrupted(signal)));
            }
        };
        line.clear();
        let (cluster, observation, names) = match looked {
            Ok(looked) => looked,
            Err(error) => {
                let problem = problems::of_cluster_error(&error);
                return Err(offline.end(error.kind.into(), problem));
            }
        };
        let Offline {
            sources,
            diagnostics,
            topics,
            mut access,
            ..
        } = offline;
        access.brokers.clone_from(&observation.cluster.brokers);
        let ignored = |name: &TopicName| {
            look.unmanaged
                .as_ref()
                .is_some_and(|ignore| ignore.is_match(name.as_str()))
        };
        let unmanaged = names
            .into_iter()
            .filter(|name| !declared.contains(name) && !name.is_internal() && !ignored(name))
            .collect();
        let plan = plan(topics, &observation);
        let session = Self {
            command,
            sources,
            diagnostics,
            fail_on,
            cluster,
            interrupts,
            identity: observation.cluster,
            access,
            unmanaged,
            user: settings.user().map(str::to_owned),
            wait: settings.wait(),
        };
        Ok((session, plan))
    }

    /// The report of what came of the topics.
    pub(super) fn close(
        self,
        outcomes: &[Outcome],
        stop: Option<&Stop>,
        wrote: bool,
        more: impl IntoIterator<Item = Diagnostic>,
    ) -> Report {
        let cluster = Cluster {
            label: self.access.bootstrap_servers.clone(),
            identity: self.identity,
        };
        let exit = exit::code(&Ending {
            outcomes,
            stop,
            wrote,
            creates: self.command != Command::Verify,
            unmanaged: &self.unmanaged,
            fail_on: self.fail_on,
        });
        let mut diagnostics = self.diagnostics.sorted(&self.sources);
        diagnostics.extend(problems::of_run(problems::Run {
            outcomes,
            stop,
            wrote,
            cluster: &cluster,
            user: self.user.as_deref(),
            access: &self.access,
            sources: &self.sources,
            unmanaged: &self.unmanaged,
            fail_on: self.fail_on,
        }));
        diagnostics.extend(more);
        Report {
            command: Some(self.command),
            exit,
            cluster: Some(cluster),
            topics: outcomes
                .iter()
                .map(|outcome| Topic::of(outcome, &self.sources, &self.access))
                .collect(),
            diagnostics,
            sources: self.sources,
            stopped: stop.is_some() && !wrote,
            elapsed: Duration::ZERO,
        }
    }
}

fn interrupted(signal: Signal) -> Diagnostic {
    Diagnostic::error(
        Code::Interrupted,
        format!("interrupted by {}; nothing was created", signal.as_str()),
    )
}

/// The settings of the connection, or everything that is wrong with them.
fn settings(args: &ConnectionArgs, sources: &mut Sources) -> Result<Settings, Vec<Diagnostic>> {
    let path = args
        .command_config
        .as_deref()
        .filter(|path| !path.as_os_str().is_empty());
    let command_config = path.map(|path| properties(path, sources)).transpose()?;
    let options = ConnectionOptions {
        bootstrap_servers: args.bootstrap_servers.clone(),
        command_config,
        overrides: args
            .overrides
            .iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect(),
        client_id: args.client_id.clone(),
        timeout: args.timeout,
        wait: args.wait,
    };
    Settings::resolve(&options, &|name| std::env::var(name).ok(), sources)
}

fn properties(path: &Path, sources: &mut Sources) -> Result<SourceId, Vec<Diagnostic>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(sources.add(&path.display().to_string(), text)),
        Err(error) => Err(vec![
            Diagnostic::error(Code::Connection, format!("cannot read {}", path.display()))
                .detail(error.to_string())
                .help("--command-config names the Java client's properties file"),
        ]),
    }
}
