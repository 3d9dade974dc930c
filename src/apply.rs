//! The loop that makes a plan true: preflight, create, settle, and compare what came of it.
//!
//! Takes a [`Plan`] and a cluster, gives one [`TopicOutcome`] for each declared topic. It re-decides
//! nothing that the plan decided, creates nothing that the plan does not create, and reports no
//! outcome that it has not read. What went wrong is data, which [`crate::report`] words.

mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use self::settle::Awaited;
use crate::accepted::Accepted;
use crate::backoff::Backoff;
use crate::cluster::{
    Absence, Answer, ClusterError, ClusterErrorKind, CreateTopics, NewTopic, Wanted, batch,
};
use crate::interrupt::Interrupts;
use crate::observed::{Observed, Unreadable};
use crate::outcome::{Check, Status, Stop, TopicOutcome};
use crate::plan::Plan;
use crate::topic::{DeclaredTopic, TopicName};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Stop behind the preflight.
    pub dry_run: bool,
    /// How long to wait for as many brokers as the new topics have replicas, or as must be there.
    pub brokers: Duration,
    /// How many brokers must be there before anything is created: replicas are placed on those that
    /// are, and nobody here moves them later.
    pub wait_brokers: Option<usize>,
    /// How long topics may take to become usable, from the last creation; `None` does not wait at
    /// all.
    pub settle: Option<Duration>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// One for each declared topic, in their order.
    pub topics: Vec<TopicOutcome>,
    /// Whether something may have been written.
    pub wrote: bool,
    pub check: Check,
    pub stop: Option<Stop>,
}

/// What a run is doing, for people who wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    WaitingForBrokers {
        registered: usize,
        /// As many as replicas of a new topic, or as must be there.
        needed: usize,
        limit: Duration,
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
        check: Check::default(),
    };
    let stop = run.run(brokers).await.err();
    Applied {
        topics: run.topics,
        wrote: run.wrote,
        check: run.check,
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
    check: Check,
}

impl<C: CreateTopics> Run<'_, C> {
    async fn run(&mut self, brokers: usize) -> Result<(), Stop> {
        let families = self.families();
        let unknown: Vec<_> = self.topics.iter().filter_map(unknown_existence).collect();
        if !unknown.is_empty() {
            // Rights that are missing too are told together with these.
            let hidden = unknown.iter().all(|unknown| unknown.unauthorized);
            if hidden && !families.is_empty() {
                self.check(&families).await?;
            }
            return Err(Stop::UnknownExistence);
        }
        let mut sent = BTreeSet::new();
        if !families.is_empty() {
            self.wait_for_brokers(brokers, &families).await?;
            self.check(&families).await?;
            if !self.options.dry_run {
                sent = self.create(families).await;
            }
        }
        if self.options.dry_run {
            return Ok(());
        }
        let existing = self.options.settle.is_some();
        self.settle(Awaited { sent, existing }).await;
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
    /// every time. When the time is over the preflight has the word, for the broker says best what is
    /// missing; but for a number that was asked for, which it does not know.
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
        let wanted = self.options.wait_brokers;
        let needed = needed.max(wanted).unwrap_or(0);
        let limit = self.options.brokers;
        let deadline = Instant::now() + limit;
        let mut backoff = Backoff::default();
        while registered < needed && Instant::now() < deadline {
            (self.progress)(Progress::WaitingForBrokers {
                registered,
                needed,
                limit,
            });
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
        match wanted.filter(|wanted| registered < *wanted) {
            Some(wanted) => Err(Stop::TooFewBrokers { registered, wanted }),
            None => Ok(()),
        }
    }

    /// Has the broker check the new topics. Where nothing is created after it, that nothing was
    /// created by it is read, and not taken for granted.
    async fn check(&mut self, families: &[Vec<NewTopic>]) -> Result<(), Stop> {
        if !self.cluster.honors_validate_only() {
            self.check = Check::LeftOut;
            return Ok(());
        }
        let checked = self.preflight(families.to_vec()).await;
        let is_over = self.options.dry_run || checked.is_err();
        if is_over && !matches!(checked, Err(Stop::Interrupted(_))) {
            let made = match (self.made_by_check(families).await, checked.is_err()) {
                (Ok(made), _) => made,
                // The first trouble says more.
                (Err(Stop::Cluster(_)), true) => {
                    self.check = Check::Unread;
                    return checked;
                }
                (Err(stop), _) => return Err(stop),
            };
            if !made.is_empty() {
                self.check = Check::Created(made.len());
                self.wrote = true;
            }
            let sent = made.union(&self.appeared).cloned().collect();
            let read = self.settle(Awaited {
                sent,
                existing: false,
            });
            read.await;
        }
        match self.interrupts.received() {
            Some(signal) => Err(Stop::Interrupted(signal)),
            None => checked,
        }
    }

    /// Topics that exist although they were only to be checked. (KRaft brokers of Kafka 2.8 and 3.0
    /// pass validate_only over: `ReplicationControlManager.createTopics` did not know it.)
    async fn made_by_check(
        &mut self,
        families: &[Vec<NewTopic>],
    ) -> Result<BTreeSet<TopicName>, Stop> {
        let new = families.iter().flatten();
        let wanted: Vec<_> = new
            .filter(|topic| !self.appeared.contains(&topic.name))
            .map(|topic| Wanted::bare(&topic.name))
            .collect();
        if wanted.is_empty() {
            return Ok(BTreeSet::new());
        }
        let observation = tokio::select! {
            observation = self.cluster.observe(&wanted, Absence::Confirmed) => observation,
            signal = self.interrupts.first() => return Err(Stop::Interrupted(signal)),
        };
        let observation = observation.map_err(Stop::Cluster)?;
        if let Some(unknown) = observation.topics.values().find_map(not_known) {
            return Err(Stop::Cluster(ClusterError {
                kind: ClusterErrorKind::Unreachable,
                message: "whether the check created anything could not be read".to_owned(),
                detail: Some(unknown.reason.clone()),
                help: None,
            }));
        }
        let topics = observation.topics.into_iter();
        let made = topics.filter(|(_, seen)| matches!(seen, Observed::Present(_)));
        let made: BTreeSet<_> = made.map(|(name, _)| name).collect();
        for name in &made {
            self.set(name, Status::Created);
        }
        Ok(made)
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
            let mut answers = tokio::select! {
                biased;
                answers = self.cluster.create(&batch) => answers,
                () = self.interrupts.second_signal() => {
                    let unclear = || Answer::Unclear("interrupted meanwhile".to_owned());
                    batch.iter().map(|topic| (topic.name.clone(), unclear())).collect()
                }
            };
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

    fn status(&self, name: &TopicName) -> Option<&Status> {
        self.index.get(name).map(|at| &self.topics[*at].status)
    }

    fn set(&mut self, name: &TopicName, status: Status) {
        if let Some(at) = self.index.get(name) {
            self.topics[*at].status = status;
        }
    }
}

fn not_known(observed: &Observed) -> Option<&Unreadable> {
    match observed {
        Observed::Unknown(unknown) if !unknown.exists => Some(unknown),
        _ => None,
    }
}

/// Why it is not known whether a topic exists, if it is not.
fn unknown_existence(outcome: &TopicOutcome) -> Option<&Unreadable> {
    match &outcome.status {
        Status::Unknown(unknown) if !unknown.exists => Some(unknown),
        _ => None,
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
