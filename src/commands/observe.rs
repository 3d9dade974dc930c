//! One look at a cluster, or at what was recorded of one: connects, makes sure that it is the cluster
//! that was meant, observes its topics, and asks the leaders where health makes the run fail.

use std::path::Path;
use std::time::Duration;

use globset::GlobSet;

use super::inputs::{InvalidInput, RunInputs};
use super::progress::Line;
use crate::cli::RunArgs;
use crate::cluster::kafka::Kafka;
use crate::cluster::kafka::settings::Settings;
use crate::cluster::snapshot::Snapshot;
use crate::cluster::{Absence, ClusterError, Keys};
use crate::cluster::{ObserveGroups, ObserveLeaders, ObserveTopics, Wanted};
use crate::context::{Purpose, RunContext};
use crate::diagnostic::{Code, Diagnostic};
use crate::finding::{FailOn, Finding};
use crate::groups;
use crate::interrupt::Interrupts;
use crate::leaders;
use crate::observed::{Observation, by_topic};
use crate::outcome::{Awaited, RunResult, Stop};
use crate::plan::{self, Plan};
use crate::readiness::{self, Awaiting};
use crate::report::Report;
use crate::report::problems::{from_cluster_error, interrupted};
use crate::topic::TopicName;

/// How closely to observe the cluster.
pub(super) struct ObserveOptions {
    /// How sure to be that a topic is missing.
    pub(super) absence: Absence,
    /// Whether to ask all leaders if they serve, and not only where health makes the run fail.
    pub(super) leaders: bool,
    /// How long to wait until all topics are there and served; their leaders are asked then.
    pub(super) wait_topics: Option<Duration>,
    /// Whether to read all of the configuration, for what is set and not declared.
    pub(super) strict: bool,
    /// Whether to look for topics that no manifest declares.
    pub(super) unmanaged: bool,
    /// But for these.
    pub(super) ignore: GlobSet,
    /// Whether the command line itself leaves some out, and not only a variable.
    pub(super) ignore_given: bool,
}

impl ObserveOptions {
    /// No closer than the findings that fail the run demand.
    pub(super) fn plain(absence: Absence) -> Self {
        Self {
            absence,
            leaders: false,
            wait_topics: None,
            strict: false,
            unmanaged: false,
            ignore: GlobSet::empty(),
            ignore_given: false,
        }
    }

    fn wants_unmanaged(&self, fail_on: &FailOn) -> bool {
        self.unmanaged || fail_on.contains(Finding::Unmanaged)
    }

    /// What the command line asks for in vain.
    fn contradiction(&self, fail_on: &FailOn) -> Option<Diagnostic> {
        (self.ignore_given && !self.wants_unmanaged(fail_on)).then(|| {
            let message = "--ignore leaves topics out of --unmanaged, which is not asked for";
            Diagnostic::error(Code::Usage, message)
                .help("add --unmanaged or --fail-on unmanaged; `--select` chooses declared topics")
        })
    }
}

/// A cluster that was observed.
pub(super) struct ObservedCluster<C> {
    pub(super) cluster: C,
    pub(super) interrupts: Interrupts,
    observation: Observation,
    /// What is known of the run beside its topics.
    pub(super) result: RunResult,
}

/// Connects and observes. What ended the run before anything was known of the cluster is its result;
/// with it come problems of the input that only then were found.
async fn observe<C: ObserveTopics>(
    inputs: &mut RunInputs,
    connecting: impl Future<Output = Result<C, ClusterError>>,
    read: impl AsyncFn(&C, &[Wanted]) -> Result<Observation, ClusterError>,
    options: &ObserveOptions,
    line: &Line,
) -> Result<ObservedCluster<C>, RunResult> {
    let problem = options.contradiction(&inputs.context.fail_on);
    let interrupts = Interrupts::listen()
        .map_err(|error| Diagnostic::error(Code::Usage, format!("cannot start: {error}")));
    let interrupts = match (problem, interrupts) {
        (None, Ok(interrupts)) => interrupts,
        (Some(problem), _) | (None, Err(problem)) => return Err(inputs.end_invalid(problem)),
    };
    let looked = tokio::select! {
        looked = connect_and_read(connecting, read, inputs, options, line) => looked,
        signal = interrupts.first() => {
            let message = interrupted(signal, inputs.context.purpose, false).message;
            Err(Unobserved::Stopped(Stop::Interrupted(signal), message))
        }
    };
    line.clear();
    let Looked {
        cluster,
        observation,
        names,
        down,
    } = match looked {
        Ok(looked) => looked,
        Err(Unobserved::Invalid(problem)) => return Err(inputs.end_invalid(*problem)),
        Err(Unobserved::Stopped(stop, reason)) => {
            let topics = std::mem::take(&mut inputs.manifests.topics);
            return Err(RunResult::unobserved(topics, stop, &reason));
        }
    };
    let access = &mut inputs.target.access;
    access.brokers.clone_from(&observation.cluster.brokers);
    access.down = down;
    let declared = &inputs.manifests.declared;
    let unmanaged = options.wants_unmanaged(&inputs.context.fail_on);
    let is_unmanaged = |name: &&TopicName| {
        let is_ignored = name.is_internal() || options.ignore.is_match(name.as_str());
        unmanaged && !declared.contains(*name) && !is_ignored
    };
    Ok(ObservedCluster {
        cluster,
        interrupts,
        result: RunResult {
            identity: Some(observation.cluster.clone()),
            lacks_configs: observation.lacks_configs,
            unmanaged: names.iter().filter(is_unmanaged).cloned().collect(),
            collisions: plan::collisions(&observation, &names),
            ..RunResult::default()
        },
        observation,
    })
}

/// The same of a Kafka cluster, whose leaders can be asked.
pub(super) async fn observe_kafka(
    inputs: &mut RunInputs,
    settings: &Settings,
    options: &ObserveOptions,
    line: &Line,
) -> Result<ObservedCluster<Kafka>, RunResult> {
    let waiting = line.clone();
    let connecting = Kafka::connect(settings, move |trouble| waiting.trouble(trouble));
    let read = async |cluster: &Kafka, wanted: &[Wanted]| match options.wait_topics {
        Some(limit) => {
            let progress = |awaiting: &Awaiting<'_>| line.awaiting(awaiting);
            readiness::wait(cluster, wanted, limit, progress).await
        }
        None if options.leaders => cluster.observe_with_leaders(wanted).await,
        None => cluster.observe(wanted, options.absence).await,
    };
    let mut observed = observe(inputs, connecting, read, options, line).await?;
    // Whose a token is, only the token says.
    inputs.target.user = observed.cluster.user().map(str::to_owned);
    observed.result.awaited = options.wait_topics.map(|limit| {
        let names = inputs.manifests.topics.iter().map(|topic| &topic.name);
        let not_ready = names.filter(|name| !observed.observation.serves(name));
        Awaited {
            limit,
            not_ready: not_ready.cloned().collect(),
        }
    });
    let asked = options.leaders || options.wait_topics.is_some();
    if inputs.context.fail_on.contains(Finding::Health) && !asked {
        observed.ask_leaders(line).await;
    }
    Ok(observed)
}

/// Compares what was recorded of a cluster with the manifests.
pub(super) async fn compare_snapshot(
    args: &RunArgs,
    path: &Path,
    options: &ObserveOptions,
    context: RunContext,
) -> Result<Report, Box<InvalidInput>> {
    let (mut inputs, snapshot) = RunInputs::read_with_snapshot(args, path, context)?;
    let snapshot = std::future::ready(Ok(snapshot));
    let read = async |snapshot: &Snapshot, wanted: &[Wanted]| {
        snapshot.observe(wanted, options.absence).await
    };
    let result = match observe(&mut inputs, snapshot, read, options, &Line::new()).await {
        Ok(observed) => observed.compare(&mut inputs).result,
        Err(result) => result,
    };
    Ok(inputs.report(result))
}

impl<C> ObservedCluster<C> {
    /// The comparison with what is declared, as the result.
    pub(super) fn compare(mut self, inputs: &mut RunInputs) -> Self {
        self.result.topics = self.plan(inputs).topics;
        self
    }

    /// What is to be done about each topic.
    pub(super) fn plan(&self, inputs: &mut RunInputs) -> Plan {
        let topics = std::mem::take(&mut inputs.manifests.topics);
        plan::plan(topics, &self.observation, &inputs.manifests.accepted)
    }
}

impl<C: ObserveLeaders> ObservedCluster<C> {
    /// Asks leaders whether they serve. A question without an answer is a problem of its own: what
    /// was read stands.
    async fn ask_leaders(&mut self, line: &Line) {
        line.doing("asking the leaders".to_owned());
        tokio::select! {
            asked = leaders::unserved(&self.cluster, &self.observation.topics) => {
                self.result.leader_check = Some(asked.map(|unserved| {
                    self.observation.unserved = by_topic(unserved);
                }));
            }
            signal = self.interrupts.first() => {
                self.result.stop = Some(Stop::Interrupted(signal));
            }
        };
        line.clear();
    }
}

impl<C: ObserveGroups> ObservedCluster<C> {
    /// Reads the consumer groups that the topics declare, and the topics' offsets.
    pub(super) async fn read_groups(&mut self, line: &Line) {
        let declared = self.result.topics.iter().map(|outcome| &outcome.topic);
        let declared: Vec<_> = declared.collect();
        let observed = &self.observation.topics;
        let wanted = groups::wanted(&declared, observed);
        line.doing(format!("reading {} consumer groups", wanted.groups.len()));
        let read = tokio::select! {
            read = self.cluster.observe_groups(&wanted) => read.map_err(Stop::Cluster),
            signal = self.interrupts.first() => Err(Stop::Interrupted(signal)),
        };
        line.clear();
        match read {
            Ok(read) => self.result.groups = Some(groups::lags(&declared, observed, &read)),
            Err(stop) => self.result.stop = Some(stop),
        }
    }
}

/// Why nothing was observed.
enum Unobserved {
    /// For this reason, in the words of a topic's report.
    Stopped(Stop, String),
    /// It is not the cluster that was meant.
    Invalid(Box<Diagnostic>),
}

impl From<ClusterError> for Unobserved {
    fn from(error: ClusterError) -> Self {
        let reason = from_cluster_error(&error).message;
        Self::Stopped(Stop::Cluster(error), reason)
    }
}

/// What was seen of a cluster.
struct Looked<C> {
    cluster: C,
    observation: Observation,
    /// Of all topics, where something depends on them.
    names: Vec<TopicName>,
    /// Brokers that hold replicas and are not there.
    down: Vec<i32>,
}

/// So many topics tell which brokers there are; those of the consumers' offsets are on many.
const MOST_ASKED_FOR_BROKERS: usize = 200;

/// Connects, makes sure that it is the cluster that was meant, and only then reads topics, and the
/// names of all that there are where they matter.
async fn connect_and_read<C: ObserveTopics>(
    connecting: impl Future<Output = Result<C, ClusterError>>,
    read: impl AsyncFn(&C, &[Wanted]) -> Result<Observation, ClusterError>,
    inputs: &RunInputs,
    options: &ObserveOptions,
    line: &Line,
) -> Result<Looked<C>, Unobserved> {
    let cluster = connecting.await?;
    let clusters = &inputs.manifests.clusters;
    if clusters.tell_ids() {
        let identity = cluster.identity().await?;
        let checked = clusters.check(identity.id.as_deref());
        checked.map_err(Unobserved::Invalid)?;
    }
    let fail_on = &inputs.context.fail_on;
    let strict = options.strict || fail_on.contains(Finding::Undeclared);
    let topics = || inputs.manifests.topics.iter();
    let wanted: Vec<_> = topics()
        .map(|topic| match strict {
            true => Wanted {
                name: topic.name.clone(),
                keys: Keys::All,
            },
            false => Wanted::declared(topic),
        })
        .collect();
    line.clear();
    line.doing(format!("reading {} topics", wanted.len()));
    let observation = read(&cluster, &wanted).await?;
    let mut down = observation.down();
    let plans = inputs.context.purpose == Purpose::Plan;
    let short = plans && plan::wants_more_brokers(topics(), &observation, down.len());
    let collides = plans && plan::may_collide(&observation);
    let names = match options.wants_unmanaged(fail_on) || short || collides {
        true => cluster.names().await?,
        false => Vec::new(),
    };
    if short {
        // A broker that is down is known by its replicas alone.
        let mut others: Vec<_> = names.iter().collect();
        others.sort_by_key(|name| !name.is_internal());
        others.truncate(MOST_ASKED_FOR_BROKERS);
        let others: Vec<_> = others.into_iter().map(Wanted::bare).collect();
        down.extend(cluster.observe(&others, Absence::AsReported).await?.down());
        down.sort_unstable();
        down.dedup();
    }
    Ok(Looked {
        cluster,
        observation,
        names,
        down,
    })
}
