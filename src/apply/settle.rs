//! Waiting until created topics can be used: every partition led, in sync, and served.
//!
//! Metadata alone is not enough: a leader that it shows answers NOT_LEADER_OR_FOLLOWER until its
//! log exists. So partitions that look ready are asked for their offsets as well.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::{Progress, Run};
use crate::backoff::Backoff;
use crate::cluster::{Absence, ClusterError, CreateTopics, Keys, Wanted};
use crate::leaders;
use crate::observed::{Observed, ObservedTopic};
use crate::outcome::Status;
use crate::topic::{DeclaredTopic, TopicName};

/// How long an unclear creation may take to become visible where nothing else limits it: the
/// controller may still have the request in its queue.
const UNCLEAR_GRACE: Duration = Duration::from_secs(10);

impl<C: CreateTopics> Run<'_, C> {
    /// Waits for the topics that may exist now. Returns those to read back: all but
    /// those that did not become usable, whose outcomes say so.
    pub(super) async fn settle(&mut self, sent: &BTreeSet<TopicName>) -> BTreeSet<TopicName> {
        let mut pending: BTreeMap<TopicName, String> = sent
            .iter()
            .map(|name| (name.clone(), "not visible yet".to_owned()))
            .collect();
        if self.options.settle.is_none() {
            // Only what this run does not know to be its own creation must be read all the same.
            pending.retain(|name, _| !matches!(self.status(name), Some(Status::Created)));
        }
        let topics = pending.len();
        let limit = self.options.settle.unwrap_or(UNCLEAR_GRACE);
        let started = Instant::now();
        let deadline = started + limit;
        let mut backoff = Backoff::default();
        let mut trouble: Option<ClusterError> = None;
        while !pending.is_empty() {
            (self.progress)(Progress::Settling {
                usable: topics - pending.len(),
                topics,
            });
            let look = tokio::time::timeout_at(deadline, self.look(&pending));
            let found = tokio::select! {
                found = look => found,
                () = self.interrupts.second_signal() => break,
            };
            match found {
                Ok(Ok(still_pending)) => {
                    trouble = None;
                    pending = still_pending;
                }
                // The cluster may come back before the deadline.
                Ok(Err(error)) => trouble = Some(error),
                Err(_) => break,
            }
            if pending.is_empty() || Instant::now() >= deadline {
                break;
            }
            tokio::select! {
                () = backoff.next_before(deadline) => {}
                () = self.interrupts.second_signal() => break,
            }
        }
        for (name, reason) in &pending {
            self.give_up(name, reason, trouble.as_ref(), started.elapsed());
        }
        sent.iter()
            .filter(|name| !pending.contains_key(*name))
            .cloned()
            .collect()
    }

    /// One look at everything that is pending; returns what still is, and why.
    async fn look(
        &self,
        pending: &BTreeMap<TopicName, String>,
    ) -> Result<BTreeMap<TopicName, String>, ClusterError> {
        let wanted: Vec<_> = pending
            .keys()
            .map(|name| Wanted {
                name: name.clone(),
                keys: Keys::NONE,
            })
            .collect();
        let observation = self.cluster.observe(&wanted, Absence::AsReported).await?;
        let mut still_pending = BTreeMap::new();
        let mut led = Vec::new();
        for name in pending.keys() {
            let Some(at) = self.index.get(name) else {
                continue;
            };
            let topic = &self.topics[*at].topic;
            let ours = !self.appeared.contains(name);
            let reason = match observation.topics.get(name) {
                Some(Observed::Present(observed)) => match not_ready(topic, ours, observed) {
                    Some(reason) => reason,
                    None => {
                        led.extend(leaders::question(name, observed));
                        continue;
                    }
                },
                Some(Observed::Unknown(unknown)) => unknown.reason.clone(),
                Some(Observed::Absent) | None => "not visible yet".to_owned(),
            };
            still_pending.insert(name.clone(), reason);
        }
        if !led.is_empty() {
            for unserved in self.cluster.unserved(&led).await? {
                let reason = format!(
                    "partition {} is not served: {}",
                    unserved.partition, unserved.reason
                );
                still_pending.entry(unserved.topic).or_insert(reason);
            }
        }
        Ok(still_pending)
    }

    fn give_up(
        &mut self,
        name: &TopicName,
        reason: &str,
        trouble: Option<&ClusterError>,
        waited: Duration,
    ) {
        let reason = match trouble {
            None => reason.to_owned(),
            Some(error) => error.to_string(),
        };
        let seconds = format!("{:.1}", waited.as_secs_f64());
        let status = match self.status(name) {
            Some(Status::Unclear(sent)) => Status::Unclear(format!(
                "the creation was sent and not answered ({sent}); {reason} after {seconds} s"
            )),
            Some(Status::Created) => Status::Failed(format!(
                "created, but not usable within {seconds} s: {reason}"
            )),
            _ => Status::Failed(format!(
                "it appeared since the plan, and was not usable within {seconds} s: {reason}"
            )),
        };
        self.set(name, status);
    }

    pub(super) fn status(&self, name: &TopicName) -> Option<&Status> {
        self.index.get(name).map(|at| &self.topics[*at].status)
    }
}

/// Why a topic cannot be used yet, by its metadata. The partition count counts for a topic of
/// `ours` only: one that somebody else made is compared later, not waited for.
fn not_ready(topic: &DeclaredTopic, ours: bool, observed: &ObservedTopic) -> Option<String> {
    let found = observed.partitions.len();
    if let Some(declared) = topic.partitions.as_ref().filter(|_| ours) {
        let wanted = usize::try_from(declared.value.get()).unwrap_or(usize::MAX);
        if found < wanted {
            return Some(format!("{found} of {wanted} partitions are visible"));
        }
    }
    if found == 0 {
        return Some("no partition is visible".to_owned());
    }
    let wanted_in_sync = topic
        .config_value("min.insync.replicas")
        .and_then(|value| value.parse::<usize>().ok())
        .unwrap_or(1);
    observed.partitions.iter().find_map(|partition| {
        let wanted = wanted_in_sync.min(partition.replicas.len());
        if partition.leader.is_none() {
            Some(format!("partition {} has no leader", partition.id))
        } else if partition.in_sync.len() < wanted {
            Some(format!(
                "partition {} has {} of {wanted} replicas in sync",
                partition.id,
                partition.in_sync.len()
            ))
        } else {
            None
        }
    })
}
