//! The loop that makes a plan true: preflight, create, settle, verify.
//!
//! Takes a [`Plan`] and a cluster, gives one [`TopicOutcome`] for each declared topic. It re-decides
//! nothing that the plan decided, creates nothing that the plan does not create, and reports no
//! outcome that it has not read. What went wrong is data, which [`crate::report`] words.

mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::accepted::Accepted;
use crate::backoff::Backoff;
use crate::cluster::{Absence, Answer, CreateTopics, NewTopic, Wanted, batch};
use crate::interrupt::Interrupts;
use crate::observed::{Observation, Unreadable};
use crate::outcome::{Status, Stop, TopicOutcome};
use crate::plan::{Plan, decide};
use crate::topic::{DeclaredTopic, TopicName};

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

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// One for each declared topic, in their order.
    pub topics: Vec<TopicOutcome>,
    /// Whether a creation was sent, so that something may have been written.
    pub wrote: bool,
    pub stop: Option<Stop>,
}

/// What a run is doing, for people who wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    WaitingForBrokers {
        registered: usize,
        /// Replicas that a new topic wants.
        needed: usize,
    },
    Validating {
        topics: usize,
    },
    Creating {
        done: usize,
        topics: usize,
    },
    Settling {
        usable: usize,
        topics: usize,
    },
}

/// Creates what the plan creates, and reads back what came of it.
pub async fn apply<C: CreateTopics>(
    cluster: &C,
    plan: Plan,
    options: Options,
    interrupts: &Interrupts,
    progress: &dyn Fn(Progress),
) -> Applied {
    let brokers = plan.cluster.broker_count();
    let names = plan.topics.iter().map(|one| one.topic.name.clone());
    let mut run = Run {
        cluster,
        options,
        interrupts,
        progress,
        index: names.zip(0..).collect(),
        topics: plan.topics,
        appeared: BTreeSet::new(),
        accepted: plan.accepted,
        wrote: false,
    };
    let stop = run.run(brokers).await.err();
    Applied {
        topics: run.topics,
        wrote: run.wrote,
        stop,
    }
}

struct Run<'a, C> {
    cluster: &'a C,
    options: Options,
    interrupts: &'a Interrupts,
    progress: &'a dyn Fn(Progress),
    topics: Vec<TopicOutcome>,
    index: BTreeMap<TopicName, usize>,
    /// Topics that somebody else created since the plan.
    appeared: BTreeSet<TopicName>,
    accepted: Vec<Accepted>,
    wrote: bool,
}

impl<C: CreateTopics> Run<'_, C> {
    async fn run(&mut self, brokers: usize) -> Result<(), Stop> {
        let unknown =
            |outcome: &TopicOutcome| matches!(&outcome.status, Status::Unknown(u) if !u.exists);
        if self.topics.iter().any(unknown) {
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
            .topics
            .iter()
            .filter(|one| one.status == Status::ToCreate)
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
        let mut backoff = Backoff::default();
        while registered < needed && Instant::now() < deadline {
            (self.progress)(Progress::WaitingForBrokers { registered, needed });
            let look = async {
                backoff.next_before(deadline).await;
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
                        let unknown = Unreadable {
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
            .map(|at| Wanted::declared(&self.topics[*at].topic))
            .collect();
        let observation = tokio::select! {
            observation = self.cluster.observe(&wanted, Absence::AsReported) => observation,
            () = self.interrupts.second_signal() => return,
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

    /// The outcome of a topic that exists now, for it was settled, by what was read of it.
    fn judge(&mut self, name: &TopicName, observation: &Observation) {
        let created = !self.appeared.contains(name);
        let waited = self.options.settle.is_some() || !created;
        let Some(at) = self.index.get(name).copied() else {
            return;
        };
        let topic = self.topics[at].topic.clone();
        let as_declared = if created {
            Status::Created
        } else {
            Status::Matching
        };
        let mut outcome = decide(
            topic,
            observation.topics.get(name),
            self.accepted_for(created),
        );
        outcome.status = match outcome.status {
            Status::Matching => as_declared,
            Status::Mismatched { .. } => Status::Mismatched { created },
            // Only its configuration is kept from us.
            Status::Unknown(unknown) if unknown.exists => {
                outcome.unverifiable = outcome.topic.config.keys().cloned().collect();
                as_declared
            }
            Status::Unknown(unknown) => {
                Status::Failed(format!("it cannot be read back: {}", unknown.reason))
            }
            // Nobody waited for it, so that a broker may not know it yet.
            Status::ToCreate | Status::Missing if !waited => {
                outcome.unverifiable = outcome.topic.config.keys().cloned().collect();
                as_declared
            }
            Status::ToCreate | Status::Missing => Status::Failed("it is gone again".to_owned()),
            other => other,
        };
        self.topics[at] = outcome;
    }

    /// An acceptance is for what was there before; what we create is to be as declared.
    fn accepted_for(&self, created: bool) -> &[Accepted] {
        match created {
            true => &[],
            false => &self.accepted,
        }
    }

    fn set(&mut self, name: &TopicName, status: Status) {
        if let Some(at) = self.index.get(name) {
            self.topics[*at].status = status;
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
