//! What the commands share: the manifests and the connection of the arguments, or the report that
//! says why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use globset::GlobSet;

use super::progress::Line;
use crate::accepted::{self, Accepted, Date};
use crate::apply::{Outcome, Status, Stop};
use crate::cli::{ConditionArgs, ConnectionArgs, LookArgs, ManifestArgs};
use crate::cluster::kafka::Kafka;
use crate::cluster::kafka::settings::{ConnectionOptions, Settings};
use crate::cluster::snapshot::Snapshot;
use crate::cluster::{Absence, ClusterError, Keys, ObserveGroups, ObserveTopics, Wanted};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Sources};
use crate::exit::{self, Ending, ExitCode, FailOn};
use crate::groups::{self, Sight};
use crate::interrupt::{Interrupts, Signal};
use crate::manifest::{self, Manifests, Outside, Request};
use crate::observed::{ClusterIdentity, Observed, Unknown};
use crate::plan::{Plan, Seen, plan};
use crate::remedy::Access;
use crate::report::{self, Cluster, Command, Report, Topic, problems};
use crate::topic::{DeclaredTopic, TopicName};

/// How closely to look at the cluster.
pub(super) struct Look {
    /// How sure to be that a topic is missing.
    pub(super) absence: Absence,
    /// Whether to read all of the configuration, for what is set and not declared.
    pub(super) strict: bool,
    /// Whether to look for topics that no manifest declares.
    pub(super) unmanaged: bool,
    /// But for these.
    pub(super) ignore: GlobSet,
}

impl Look {
    /// No closer than the findings that fail the run want it.
    pub(super) fn plain(absence: Absence) -> Self {
        Self {
            absence,
            strict: false,
            unmanaged: false,
            ignore: GlobSet::empty(),
        }
    }
}

/// A report that ends a run early.
type Early = Box<Report>;

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
    Request {
        paths: paths.to_vec(),
        profile: filled(conditions.profile.as_ref()),
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
        select: args
            .select
            .iter()
            .filter(|selection| !selection.is_empty())
            .cloned()
            .collect(),
        ..request(&args.paths, &args.conditions)
    }
}

fn filled(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

/// Reads the manifests that the arguments name.
pub(super) fn read(args: &ManifestArgs, command: Command) -> Result<Manifests, Early> {
    accept(manifest::read(&selected(args)), args.deny_warnings, command)
}

/// Reads them under every declared profile.
pub(super) fn read_all_profiles(args: &ManifestArgs, command: Command) -> Result<Manifests, Early> {
    let manifests = manifest::read_all_profiles(&selected(args));
    accept(manifests, args.deny_warnings, command)
}

/// Manifests without errors, or the report of what is wrong with them.
pub(super) fn accept(
    manifests: Manifests,
    deny_warnings: bool,
    command: Command,
) -> Result<Manifests, Early> {
    let mut manifests = manifests;
    manifests
        .diagnostics
        .extend(accepted::expired(&manifests.accepted, today()));
    let refused = deny_warnings && manifests.diagnostics.has_warnings();
    if manifests.diagnostics.has_errors() || refused {
        let report = Report::invalid(Some(command), &manifests.diagnostics, manifests.sources);
        return Err(Box::new(report));
    }
    Ok(manifests)
}

/// The day in UTC, by this machine's clock.
fn today() -> Date {
    const DAY: u64 = 24 * 60 * 60;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Date::from_days_since_1970(now.as_secs() / DAY)
}

/// A run before the cluster has answered.
struct Offline {
    command: Command,
    sources: Sources,
    diagnostics: Diagnostics,
    topics: Vec<DeclaredTopic>,
    declared: BTreeSet<TopicName>,
    access: Access,
    fail_on: FailOn,
    accepted: Vec<Accepted>,
    profiles: Vec<String>,
}

impl Offline {
    /// Reads the manifests.
    fn begin(args: &LookArgs, command: Command) -> Result<Self, Early> {
        let Manifests {
            sources,
            topics,
            declared,
            diagnostics,
            fail_on,
            accepted,
            profiles,
        } = read(&args.manifests, command)?;
        let mut offline = Self {
            command,
            sources,
            diagnostics,
            topics,
            declared,
            access: Access::default(),
            fail_on: FailOn::default(),
            accepted,
            profiles,
        };
        match args.fail_on(fail_on.as_deref()) {
            Ok(fail_on) => offline.fail_on = fail_on,
            Err(message) => {
                let help = "give `none`, or the findings that fail the run";
                let problem = Diagnostic::error(Code::Usage, message).help(help);
                return Err(offline.refuse([problem]));
            }
        }
        Ok(offline)
    }

    /// The report of a run whose input is wrong.
    fn refuse(mut self, problems: impl IntoIterator<Item = Diagnostic>) -> Early {
        self.diagnostics.extend(problems);
        let report = Report::invalid(Some(self.command), &self.diagnostics, self.sources);
        Box::new(report)
    }

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
                Topic::of(&outcome, true, &self.sources, &self.access)
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

/// Where a run looks.
struct Place<C> {
    /// What the report calls it.
    label: String,
    /// Who asks, with SASL.
    user: Option<String>,
    /// How long to wait for brokers that are starting.
    wait: Duration,
    /// Becomes what is looked at.
    opening: C,
}

/// One run against a cluster, or what was recorded of one.
pub(super) struct Session<C> {
    command: Command,
    sources: Sources,
    diagnostics: Diagnostics,
    fail_on: FailOn,
    pub(super) cluster: C,
    label: String,
    pub(super) interrupts: Interrupts,
    identity: ClusterIdentity,
    access: Access,
    unmanaged: Vec<TopicName>,
    user: Option<String>,
    pub(super) wait: Duration,
    observed: BTreeMap<TopicName, Observed>,
    groups: Option<Sight>,
    profiles: Vec<String>,
}

impl Session<Kafka> {
    /// Reads the manifests, connects, observes and plans.
    pub(super) async fn open(
        args: &LookArgs,
        command: Command,
        look: &Look,
    ) -> Result<(Self, Plan), Early> {
        let mut offline = Offline::begin(args, command)?;
        let settings = match settings(&args.connection, &mut offline.sources) {
            Ok(settings) => settings,
            Err(problems) => return Err(offline.refuse(problems)),
        };
        offline.access.bootstrap_servers = settings.bootstrap_servers().to_owned();
        offline.access.command_config = settings.command_config().map(Into::into);
        let line = Line::new();
        let waiting = line.clone();
        let place = Place {
            label: settings.bootstrap_servers().to_owned(),
            user: settings.user().map(str::to_owned),
            wait: settings.wait(),
            opening: Kafka::connect(&settings, move |trouble| waiting.trouble(trouble)),
        };
        Self::look(offline, place, look, &line).await
    }
}

impl Session<Snapshot> {
    /// Reads the manifests and what was recorded of a cluster, and plans.
    pub(super) async fn replay(
        args: &LookArgs,
        path: &Path,
        command: Command,
        look: &Look,
    ) -> Result<(Self, Plan), Early> {
        let mut offline = Offline::begin(args, command)?;
        let snapshot = match snapshot(path) {
            Ok(snapshot) => snapshot,
            Err(problem) => return Err(offline.refuse([*problem])),
        };
        let age = snapshot.taken_at.age(SystemTime::now().into());
        let reached = &snapshot.reached;
        offline
            .access
            .bootstrap_servers
            .clone_from(&reached.bootstrap_servers);
        offline
            .access
            .command_config
            .clone_from(&reached.command_config);
        let place = Place {
            label: format!("snapshot of {}, {age}", reached.bootstrap_servers),
            user: reached.user.clone(),
            wait: Duration::ZERO,
            opening: std::future::ready(Ok(snapshot)),
        };
        Self::look(offline, place, look, &Line::new()).await
    }
}

impl<C: ObserveTopics + ObserveGroups> Session<C> {
    /// Reads the consumer groups that the topics declare, and the topics' offsets.
    ///
    /// # Errors
    /// What ended it: then nothing is told of groups.
    pub(super) async fn see_groups(&mut self, outcomes: &[Outcome]) -> Result<(), Stop> {
        let declared: Vec<_> = outcomes.iter().map(|outcome| &outcome.topic).collect();
        let wanted = groups::wanted(&declared, &self.observed);
        let line = Line::new();
        line.doing(format!("reading {} consumer groups", wanted.groups.len()));
        let seen = tokio::select! {
            seen = self.cluster.observe_groups(&wanted) => seen.map_err(Stop::Cluster),
            signal = self.interrupts.first() => Err(Stop::Interrupted(signal)),
        };
        line.clear();
        self.groups = Some(groups::sight(&declared, &self.observed, &seen?));
        Ok(())
    }
}

impl<C: ObserveTopics> Session<C> {
    async fn look(
        offline: Offline,
        place: Place<impl Future<Output = Result<C, ClusterError>>>,
        look: &Look,
        line: &Line,
    ) -> Result<(Self, Plan), Early> {
        let Place {
            label,
            user,
            wait,
            opening,
        } = place;
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
            .map(|topic| match look.strict || offline.fail_on.undeclared {
                true => Wanted {
                    name: topic.name.clone(),
                    keys: Keys::All,
                },
                false => Outcome::wanted(topic),
            })
            .collect();
        let looking = async {
            let cluster = opening.await?;
            line.clear();
            line.doing(format!("reading {} topics", wanted.len()));
            let observation = cluster.observe(&wanted, look.absence).await?;
            let names = match look.unmanaged || offline.fail_on.unmanaged {
                true => cluster.names().await?,
                false => Vec::new(),
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
            command,
            sources,
            diagnostics,
            topics,
            declared,
            mut access,
            fail_on,
            accepted,
            profiles,
        } = offline;
        access.brokers.clone_from(&observation.cluster.brokers);
        let ignored = |name: &TopicName| look.ignore.is_match(name.as_str());
        let unmanaged = names
            .into_iter()
            .filter(|name| !declared.contains(name) && !name.is_internal() && !ignored(name))
            .collect();
        let today = today();
        let in_force: Vec<_> = accepted
            .iter()
            .filter(|entry| entry.is_in_force(today))
            .cloned()
            .collect();
        let plan = plan(topics, &observation, &in_force);
        let mut diagnostics = diagnostics;
        diagnostics.extend(accepted::unused(&accepted, &plan, today));
        let session = Self {
            command,
            sources,
            diagnostics,
            fail_on,
            cluster,
            label,
            interrupts,
            identity: observation.cluster,
            access,
            unmanaged,
            user,
            wait,
            observed: observation.topics,
            groups: None,
            profiles,
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
            label: self.label,
            identity: self.identity,
        };
        let ending = Ending {
            outcomes,
            stop,
            wrote,
            creates: self.command != Command::Verify,
            unmanaged: &self.unmanaged,
            fail_on: self.fail_on,
            no_groups: self.groups.as_ref().and_then(Sight::nothing_read),
        };
        let exit = exit::code(&ending);
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
            profiles: &self.profiles,
        }));
        if let Some(sight) = &self.groups {
            let user = self.user.as_deref();
            diagnostics.extend(report::groups::problems(sight, user, &self.access));
        }
        diagnostics.extend(more);
        Report {
            command: Some(self.command),
            exit,
            cluster: Some(cluster),
            topics: outcomes
                .iter()
                .map(|outcome| {
                    let fails = exit::fails(outcome, &ending);
                    Topic::of(outcome, fails, &self.sources, &self.access)
                })
                .collect(),
            diagnostics,
            sources: self.sources,
            groups: self.groups,
            settled: true,
            // What ends verify here comes after its topics were decided: while groups were read.
            stopped: stop.is_some() && !wrote && self.command != Command::Verify,
            elapsed: Duration::ZERO,
            ended: SystemTime::UNIX_EPOCH,
        }
    }
}

fn interrupted(signal: Signal) -> Diagnostic {
    Diagnostic::error(
        Code::Interrupted,
        format!("interrupted by {}; nothing was created", signal.as_str()),
    )
}

/// What a file recorded of a cluster.
fn snapshot(path: &Path) -> Result<Snapshot, Box<Diagnostic>> {
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
    sources: &mut Sources,
) -> Result<Settings, Vec<Diagnostic>> {
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
