//! One run against a cluster, or against what was recorded of one: connects, makes sure that it is
//! the cluster that was meant, observes, plans; and closes with the report of what came of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use globset::GlobSet;

use super::offline::{Early, Offline, Prepared, snapshot, today};
use super::progress::Line;
use crate::accepted::{self, Use};
use crate::apply::{Outcome, Stop};
use crate::cli::LookArgs;
use crate::cluster::kafka::Kafka;
use crate::cluster::snapshot::Snapshot;
use crate::cluster::{Absence, ClusterError, Keys};
use crate::cluster::{ObserveGroups, ObserveLeaders, ObserveTopics, Wanted};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::exit::{self, Ending, ExitCode, FailOn};
use crate::groups::{self, Sight};
use crate::interrupt::Interrupts;
use crate::leaders;
use crate::observed::{ClusterIdentity, Observation, Observed};
use crate::plan::{Plan, plan};
use crate::remedy::Access;
use crate::report::{self, Cluster, Command, Findings, Report, Topic, problems};
use crate::topic::TopicName;

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
    /// Whether the command line itself leaves some out, and not only a variable.
    pub(super) ignores: bool,
}

impl Look {
    /// No closer than the findings that fail the run want it.
    pub(super) fn plain(absence: Absence) -> Self {
        Self {
            absence,
            strict: false,
            unmanaged: false,
            ignore: GlobSet::empty(),
            ignores: false,
        }
    }

    /// What the command line asks for in vain.
    fn contradiction(&self, fail_on: FailOn) -> Option<Diagnostic> {
        let in_vain = self.ignores && !self.unmanaged && !fail_on.unmanaged;
        in_vain.then(|| {
            let message = "--ignore leaves topics out of --unmanaged, which is not asked for";
            Diagnostic::error(Code::Usage, message)
                .help("add --unmanaged or --fail-on unmanaged; `--select` chooses declared topics")
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
    cluster_name: Option<String>,
    profile: Option<String>,
    label: String,
    pub(super) interrupts: Interrupts,
    identity: ClusterIdentity,
    access: Access,
    unmanaged: Vec<TopicName>,
    user: Option<String>,
    pub(super) wait: Duration,
    observed: BTreeMap<TopicName, Observed>,
    groups: Option<Sight>,
    /// Which values of acceptances were found.
    pub(super) uses: Vec<Use>,
    /// Why leaders could not be asked whether they serve.
    no_health: Option<ClusterError>,
    profiles: Vec<String>,
}

impl Session<Kafka> {
    /// Reads the manifests, connects, observes and plans.
    pub(super) async fn open(
        args: &LookArgs,
        command: Command,
        look: &Look,
    ) -> Result<(Self, Plan), Early> {
        Self::of(Prepared::one(args, command)?, look, &Line::new()).await
    }

    /// Connects, observes and plans.
    pub(super) async fn of(
        prepared: Prepared,
        look: &Look,
        line: &Line,
    ) -> Result<(Self, Plan), Early> {
        let Prepared {
            mut offline,
            settings,
        } = prepared;
        offline.access.bootstrap_servers = settings.bootstrap_servers().to_owned();
        offline.access.command_config = settings.command_config().map(Into::into);
        let name = offline.clusters.chosen_name().map(str::to_owned);
        let waiting = line.clone();
        let place = Place {
            label: name.unwrap_or_else(|| settings.bootstrap_servers().to_owned()),
            user: settings.user().map(str::to_owned),
            wait: settings.wait(),
            opening: Kafka::connect(&settings, move |trouble| waiting.trouble(trouble)),
        };
        let (mut session, mut plan) = Self::look(offline, place, look, line).await?;
        match session.ask_leaders(&mut plan, line).await {
            Ok(()) => Ok((session, plan)),
            Err(stop) => {
                let outcomes = Outcome::of_plan(plan);
                // Other clusters may have what this one lacks, and nobody is left to ask them.
                session.uses.clear();
                Err(Box::new(session.close(&outcomes, Some(&stop), false, None)))
            }
        }
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
        let age = snapshot.age(jiff::Timestamp::now());
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

impl<C: ObserveTopics + ObserveLeaders> Session<C> {
    /// Asks leaders whether they serve, where health fails the run, and adds to the plan what they
    /// do not. A question without an answer is a problem of its own: what was read stands.
    ///
    /// # Errors
    /// A signal.
    async fn ask_leaders(&mut self, plan: &mut Plan, line: &Line) -> Result<(), Stop> {
        if !self.fail_on.health {
            return Ok(());
        }
        line.doing("asking the leaders".to_owned());
        let asked = tokio::select! {
            asked = leaders::unserved(&self.cluster, &self.observed) => Ok(asked),
            signal = self.interrupts.first() => Err(Stop::Interrupted(signal)),
        };
        line.clear();
        match asked? {
            Ok(unserved) => leaders::note(&unserved, &self.observed, plan),
            Err(error) => self.no_health = Some(error),
        }
        Ok(())
    }
}

impl<C: ObserveTopics + ObserveGroups> Session<C> {
    /// Reads the consumer groups that the topics declare, and the topics' offsets.
    ///
    /// # Errors
    /// What ended it: then nothing is told of groups.
    pub(super) async fn see_groups(
        &mut self,
        outcomes: &[Outcome],
        line: &Line,
    ) -> Result<(), Stop> {
        let declared: Vec<_> = outcomes.iter().map(|outcome| &outcome.topic).collect();
        let wanted = groups::wanted(&declared, &self.observed);
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
        if let Some(problem) = look.contradiction(offline.fail_on) {
            return Err(offline.refuse([problem]));
        }
        let interrupts = match Interrupts::listen() {
            Ok(interrupts) => interrupts,
            Err(error) => {
                let problem = Diagnostic::error(Code::Usage, format!("cannot start: {error}"));
                return Err(offline.end(ExitCode::Invalid, problem));
            }
        };
        let looked = tokio::select! {
            looked = see(opening, &offline, look, line) => looked,
            signal = interrupts.first() => {
                line.clear();
                let problem = problems::interrupted(signal, offline.command, false);
                return Err(offline.end(signal.into(), problem));
            }
        };
        line.clear();
        let Looked {
            cluster,
            observation,
            names,
        } = match looked {
            Ok(looked) => looked,
            Err(Unseen::Cluster(error)) => {
                let problem = problems::of_cluster_error(&error);
                return Err(offline.end(error.kind.into(), problem));
            }
            Err(Unseen::Wrong(problem)) => return Err(offline.refuse([*problem])),
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
            clusters,
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
        let uses = accepted::uses(&plan);
        let session = Self {
            command,
            sources,
            diagnostics,
            fail_on,
            cluster,
            cluster_name: clusters.chosen_name().map(str::to_owned),
            profile: clusters.profile,
            label,
            interrupts,
            identity: observation.cluster,
            access,
            unmanaged,
            user,
            wait,
            observed: observation.topics,
            groups: None,
            uses,
            no_health: None,
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
            no_health: self.no_health.as_ref(),
        };
        let exit = exit::code(&ending);
        let mut diagnostics = self.diagnostics;
        diagnostics.extend(accepted::unused(&self.uses));
        let mut diagnostics = diagnostics.sorted(&self.sources);
        diagnostics.extend(problems::of_run(problems::Run {
            command: self.command,
            outcomes,
            stop,
            wrote,
            cluster: &cluster,
            user: self.user.as_deref(),
            access: &self.access,
            sources: &self.sources,
            unmanaged: &self.unmanaged,
            fail_on: self.fail_on,
            no_health: self.no_health.as_ref(),
            profiles: &self.profiles,
        }));
        if let Some(sight) = &self.groups {
            let user = self.user.as_deref();
            diagnostics.extend(report::groups::problems(sight, user, &self.access));
        }
        diagnostics.extend(more);
        let seen = outcomes.iter().map(|outcome| &outcome.seen);
        let findings = Findings {
            undeclared: seen.clone().map(|seen| seen.undeclared.len()).sum(),
            unmanaged: self.unmanaged.len(),
            unhealthy: seen.filter(|seen| !seen.ailments.is_empty()).count(),
            unjudged: self.no_health.is_some(),
        };
        Report {
            command: Some(self.command),
            exit,
            findings,
            cluster_name: self.cluster_name,
            profile: self.profile,
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
            usable: self.no_health.is_none()
                && outcomes
                    .iter()
                    .flat_map(|outcome| &outcome.seen.ailments)
                    .all(|ailment| ailment.kind.is_bearable()),
            // What ends verify here comes after its topics were decided: while groups were read.
            stopped: stop.is_some() && !wrote && self.command != Command::Verify,
            elapsed: Duration::ZERO,
            ended: SystemTime::UNIX_EPOCH,
        }
    }
}

/// What was seen of a cluster.
struct Looked<C> {
    cluster: C,
    observation: Observation,
    /// Of all its topics, where they were asked for.
    names: Vec<TopicName>,
}

/// Why nothing was seen.
enum Unseen {
    Cluster(ClusterError),
    /// It is not the cluster that was meant.
    Wrong(Box<Diagnostic>),
}

impl From<ClusterError> for Unseen {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

/// Connects, makes sure that it is the cluster that was meant, and only then reads topics.
async fn see<C: ObserveTopics>(
    opening: impl Future<Output = Result<C, ClusterError>>,
    offline: &Offline,
    look: &Look,
    line: &Line,
) -> Result<Looked<C>, Unseen> {
    let cluster = opening.await?;
    if offline.clusters.tell_ids() {
        let identity = cluster.identity().await?;
        let checked = offline.clusters.check(identity.id.as_deref());
        checked.map_err(Unseen::Wrong)?;
    }
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
    line.clear();
    line.doing(format!("reading {} topics", wanted.len()));
    let observation = cluster.observe(&wanted, look.absence).await?;
    let names = match look.unmanaged || offline.fail_on.unmanaged {
        true => cluster.names().await?,
        false => Vec::new(),
    };
    Ok(Looked {
        cluster,
        observation,
        names,
    })
}
