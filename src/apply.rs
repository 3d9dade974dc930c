//! The loop that makes a plan true: preflight, create, settle, verify.
//!
//! Takes a [`Plan`] and a cluster, gives one [`Outcome`] for each declared topic. It re-decides
//! nothing that the plan decided, creates nothing that the plan does not create, and reports no
//! outcome that it has not read. What went wrong is data; how it is told is [`crate::report`]'s.

mod outcome;
mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::accepted::Accepted;
use crate::cluster::{Absence, Answer, CreateTopics, NewTopic, batch};
use crate::interrupt::Interrupts;
use crate::observed::{ClusterIdentity, Observation, Unknown};
use crate::pause::Pause;
use crate::plan::{Decision, Plan, Seen, decide};
use crate::topic::{DeclaredTopic, TopicName};

pub use outcome::{Outcome, Progress, Status, Stop};

/// How far a run goes and how long it waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Stop behind the preflight.
    pub dry_run: bool,
    /// How long to wait for as many brokers as the new topics have replicas.
    pub brokers: Duration,
    /// How long to wait until created topics are usable, from the last creation; `None` does not
    /// wait at all.
    pub settle: Option<Duration>,
}

/// What a run has come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The cluster.
    pub cluster: ClusterIdentity,
    /// One for each declared topic, in their order.
    pub outcomes: Vec<Outcome>,
    /// Whether a creation was sent, so that something may have been written.
    pub wrote: bool,
    /// Why the run ended early, if it did.
    pub stop: Option<Stop>,
}

/// Creates what the plan creates, and reads back what came of it.
pub async fn apply<C: CreateTopics>(
    cluster: &C,
    plan: Plan,
    options: Options,
    interrupts: &Interrupts,
    progress: &dyn Fn(Progress),
) -> Applied {
    let identity = plan.cluster.clone();
    let accepted = plan.accepted.clone();
    let outcomes = Outcome::of_plan(plan);
    let index = outcomes
        .iter()
        .enumerate()
        .map(|(at, o)| (o.topic.name.clone(), at))
        .collect();
    let mut run = Run {
        cluster,
        options,
        interrupts,
        progress,
        outcomes,
        index,
        appeared: BTreeSet::new(),
        accepted,
        wrote: false,
    };
    let stop = run.run(identity.broker_count()).await.err();
    Applied {
        cluster: identity,
        outcomes: run.outcomes,
        wrote: run.wrote,
        stop,
    }
}

struct Run<'a, C> {
    cluster: &'a C,
    options: Options,
    interrupts: &'a Interrupts,
    progress: &'a dyn Fn(Progress),
    outcomes: Vec<Outcome>,
    index: BTreeMap<TopicName, usize>,
    /// Topics that somebody else created since the plan.
    appeared: BTreeSet<TopicName>,
    /// Mismatches that are known and left alone.
    accepted: Vec<Accepted>,
    wrote: bool,
}

impl<C: CreateTopics> Run<'_, C> {
    async fn run(&mut self, brokers: usize) -> Result<(), Stop> {
        let unknown =
            |outcome: &Outcome| matches!(&outcome.status, Status::Unknown(u) if !u.exists);
        if self.outcomes.iter().any(unknown) {
            return Err(Stop::UnknownExistence);
        }
        let families = self.families();
        if families.is_empty() {
            return Ok(());
        }
        self.wait_for_brokers(brokers, &families).await?;
        let checked = self.preflight(families.clone()).await;
        if self.options.dry_run || checked == Err(Stop::Refused) {
            self.read_appeared().await?;
        }
        checked?;
        if self.options.dry_run {
            return Ok(());
        }
        let sent = self.create(families).await;
        let settled = self.settle(&sent).await;
        self.compare(&settled).await;
        match self.interrupts.received() {
            Some(signal) => Err(Stop::Interrupted(signal)),
            None => Ok(()),
        }
    }

    /// The topics to create, those of a family together.
    fn families(&self) -> Vec<Vec<NewTopic>> {
        let mut families: Vec<(&TopicName, Vec<NewTopic>)> = Vec::new();
        for outcome in self
            .outcomes
            .iter()
            .filter(|o| o.status == Status::ToCreate)
        {
            let topic = &outcome.topic;
            let new = new_topic(topic);
            match families.last_mut() {
                Some((family, topics)) if *family == topic.family() => topics.push(new),
                _ => families.push((topic.family(), vec![new])),
            }
        }
        families.into_iter().map(|(_, topics)| topics).collect()
    }

    /// A cluster that is just starting has fewer brokers than it will have, and may not answer
    /// every time. When the time is over the preflight has the word: the broker says best what is
    /// missing.
    async fn wait_for_brokers(
        &self,
        mut registered: usize,
        families: &[Vec<NewTopic>],
    ) -> Result<(), Stop> {
        let replicas = families
            .iter()
            .flatten()
            .filter_map(|topic| topic.replication_factor);
        let needed = replicas
            .map(|factor| usize::try_from(factor.get()).unwrap_or(0))
            .max();
        let needed = needed.unwrap_or(0);
        let deadline = Instant::now() + self.options.brokers;
        let mut pause = Pause::default();
        while registered < needed && Instant::now() < deadline {
            (self.progress)(Progress::WaitingForBrokers { registered, needed });
            let look = async {
                pause.next_before(deadline).await;
                tokio::time::timeout_at(deadline, self.cluster.identity()).await
            };
            let identity = tokio::select! {
                identity = look => identity,
                signal = self.interrupts.first() => return Err(Stop::Interrupted(signal)),
            };
            match identity {
                Ok(Ok(identity)) => registered = identity.broker_count(),
                Ok(Err(error)) if error.may_pass() => {}
                Ok(Err(error)) => return Err(Stop::Cluster(error)),
                // It is silent until the deadline.
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Asks the broker about every topic before the first one is created.
    async fn preflight(&mut self, families: Vec<Vec<NewTopic>>) -> Result<(), Stop> {
        let topics = families.iter().map(Vec::len).sum();
        (self.progress)(Progress::Validating { topics });
        let mut refused = false;
        for batch in batch::split(families) {
            let answers = tokio::select! {
                answers = self.cluster.validate(&batch) => answers.map_err(Stop::Unchecked)?,
                signal = self.interrupts.first() => return Err(Stop::Interrupted(signal)),
            };
            for (name, answer) in answers {
                match answer {
                    Answer::Accepted => {}
                    Answer::AlreadyExists => {
                        self.appeared.insert(name);
                    }
                    Answer::Refused(refusal) => {
                        refused = true;
                        self.set(&name, Status::Refused(refusal));
                    }
                    Answer::Unclear(reason) => {
                        refused = true;
                        let unknown = Unknown {
                            exists: false,
                            unauthorized: false,
                            reason,
                        };
                        self.set(&name, Status::Unknown(unknown));
                    }
                }
            }
        }
        if refused { Err(Stop::Refused) } else { Ok(()) }
    }

    /// Reads the topics that appeared, where nothing will be created.
    async fn read_appeared(&mut self) -> Result<(), Stop> {
        let appeared = self.appeared.clone();
        let interrupts = self.interrupts;
        let read = async {
            let settled = self.settle(&appeared).await;
            self.compare(&settled).await;
        };
        tokio::select! {
            () = read => Ok(()),
            signal = interrupts.first() => Err(Stop::Interrupted(signal)),
        }
    }

    /// Sends the creations. Returns the topics that may exist now.
    async fn create(&mut self, mut families: Vec<Vec<NewTopic>>) -> BTreeSet<TopicName> {
        for family in &mut families {
            family.retain(|topic| !self.appeared.contains(&topic.name));
        }
        families.retain(|family| !family.is_empty());
        let topics = families.iter().map(Vec::len).sum();
        let mut done = 0;
        let mut sent = self.appeared.clone();
        for batch in batch::split(families) {
            if self.interrupts.received().is_some() {
                break;
            }
            (self.progress)(Progress::Creating { done, topics });
            self.wrote = true;
            let mut answers = self.cluster.create(&batch).await;
            for topic in &batch {
                let silent = || Answer::Unclear("the broker did not answer for it".to_owned());
                match answers.remove(&topic.name).unwrap_or_else(silent) {
                    Answer::Accepted => self.set(&topic.name, Status::Created),
                    Answer::AlreadyExists => {
                        self.appeared.insert(topic.name.clone());
                    }
                    Answer::Refused(refusal) => {
                        self.set(&topic.name, Status::Failed(refusal.to_string()));
                        continue;
                    }
                    Answer::Unclear(reason) => self.set(&topic.name, Status::Unclear(reason)),
                }
                sent.insert(topic.name.clone());
            }
            done += batch.len();
        }
        sent
    }

    /// Compares what was created, or appeared, with what is declared: some brokers drop
    /// configurations silently.
    async fn compare(&mut self, settled: &BTreeSet<TopicName>) {
        if settled.is_empty() {
            return;
        }
        let wanted: Vec<_> = settled
            .iter()
            .filter_map(|name| self.index.get(name))
            .map(|at| Outcome::wanted(&self.outcomes[*at].topic))
            .collect();
        let observation = tokio::select! {
            observation = self.cluster.observe(&wanted, Absence::AsReported) => observation,
            () = self.interrupts.insisted() => return,
        };
        match observation {
            Ok(observation) => settled
                .iter()
                .for_each(|name| self.judge(name, &observation)),
            Err(error) => {
                for name in settled {
                    let created = matches!(self.status(name), Some(Status::Created));
                    let what = if created { "created, but it" } else { "it" };
                    let reason = format!("{what} could not be read back: {error}");
                    self.set(name, Status::Failed(reason));
                }
            }
        }
    }

    fn judge(&mut self, name: &TopicName, observation: &Observation) {
        let created = !self.appeared.contains(name);
        let waited = self.options.settle.is_some() || !created;
        let Some(at) = self.index.get(name).copied() else {
            return;
        };
        let outcome = &mut self.outcomes[at];
        let observed = observation.topics.get(name);
        let (decision, seen) = decide(&outcome.topic, observed, &self.accepted);
        let unread = || outcome.topic.config.keys().cloned().collect();
        let well = if created {
            Status::Created
        } else {
            Status::Matches
        };
        (outcome.status, outcome.seen) = match decision {
            Decision::Matches => (well, seen),
            // An acceptance is for what was there before; what we create is to be as declared.
            Decision::Accepted if created => {
                let mismatches = seen
                    .accepted
                    .iter()
                    .map(|one| one.mismatch.clone())
                    .collect();
                (
                    Status::Mismatched {
                        mismatches,
                        created,
                    },
                    Seen {
                        accepted: Vec::new(),
                        ..seen
                    },
                )
            }
            Decision::Accepted => (Status::Accepted, seen),
            Decision::Mismatched(mismatches) => (
                Status::Mismatched {
                    mismatches,
                    created,
                },
                seen,
            ),
            // It exists, for it was settled; only its configuration is kept from us.
            Decision::Unknown(unknown) if unknown.exists => (
                well,
                Seen {
                    unverifiable: unread(),
                    ..seen
                },
            ),
            Decision::Unknown(unknown) => {
                let reason = format!("it cannot be read back: {}", unknown.reason);
                (Status::Failed(reason), seen)
            }
            // Nobody waited for it, so that a broker may not know it yet.
            Decision::Create | Decision::Missing if !waited => (
                well,
                Seen {
                    unverifiable: unread(),
                    ..seen
                },
            ),
            Decision::Create | Decision::Missing => {
                (Status::Failed("it is gone again".to_owned()), seen)
            }
        };
    }

    fn set(&mut self, name: &TopicName, status: Status) {
        if let Some(at) = self.index.get(name) {
            self.outcomes[*at].status = status;
        }
    }
}

fn new_topic(topic: &DeclaredTopic) -> NewTopic {
    NewTopic {
        name: topic.name.clone(),
        partitions: topic.partitions.as_ref().map(|declared| declared.value),
        replication_factor: topic
            .replication_factor
            .as_ref()
            .map(|declared| declared.value),
        config: topic
            .config
            .iter()
            .map(|(key, declared)| (key.clone(), declared.value.clone()))
            .collect(),
    }
}
