//! Waiting until every topic can be used: each partition led, in sync, and served.
//!
//! Metadata alone is not enough: a leader that it shows answers NOT_LEADER_OR_FOLLOWER until its
//! log exists. So leaders are asked as well, those of topics that existed before too. What is
//! pending is looked at again and again, and once nothing is, everything is looked at together: a
//! topic that was well at its own look may have lost its leader since. Outcomes are made of this
//! last look only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Progress, Run};
use crate::backoff::Backoff;
use crate::cluster::{Absence, ClusterError, CreateTopics, Wanted};
use crate::health::HealthIssue;
use crate::observed::{Observation, Observed};
use crate::outcome::{Status, TopicOutcome};
use crate::plan::{decide, partition_health};
use crate::topic::TopicName;

/// How long a creation without a clear answer may take to become visible: the controller may still
/// have the request in its queue.
const UNCLEAR_GRACE: Duration = Duration::from_secs(10);

/// Why a topic cannot be used yet.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Obstacle {
    NotLookedAt,
    NotVisible,
    Unreadable(String),
    FewPartitions { found: usize, wanted: usize },
    Issues(Vec<HealthIssue>),
}

impl Obstacle {
    /// Whether the topic cannot be used at all. With too few replicas in sync it takes messages of
    /// producers that do not insist, and health has the rest to say.
    fn is_fatal(&self) -> bool {
        match self {
            Self::NotLookedAt
            | Self::NotVisible
            | Self::Unreadable(_)
            | Self::FewPartitions { .. } => true,
            Self::Issues(issues) => issues.iter().any(|issue| !issue.kind.is_served()),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLookedAt => f.write_str("not looked at yet"),
            Self::NotVisible => f.write_str("not visible yet"),
            Self::Unreadable(reason) => f.write_str(reason),
            Self::FewPartitions { found, wanted } => {
                write!(f, "{found} of {wanted} partitions are visible")
            }
            Self::Issues(issues) => {
                let issues: Vec<_> = issues.iter().map(HealthIssue::sentence).collect();
                f.write_str(&issues.join("; "))
            }
        }
    }
}

type Pending = BTreeMap<TopicName, Obstacle>;

/// What is waited for.
pub(super) struct Awaited {
    /// Topics that may exist since this run began.
    pub(super) sent: BTreeSet<TopicName>,
    /// Whether those that existed before are waited for too.
    pub(super) existing: bool,
}

/// Since when there is a topic.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    /// This run created it, or may have.
    Run,
    /// Somebody else created it after the plan was made.
    Plan,
    Before,
}

impl Awaited {
    fn contains(&self, outcome: &TopicOutcome) -> bool {
        self.sent.contains(&outcome.topic.name) || self.existing && existed(&outcome.status)
    }
}

impl<C: CreateTopics> Run<'_, C> {
    /// Waits until what is awaited can be used, and makes its outcomes of what was read last.
    pub(super) async fn settle(&mut self, awaited: Awaited) {
        let sent = &awaited.sent;
        let mut everything = self.to_read_back(&awaited);
        let mut pending = self.not_usable(&awaited);
        let at_first: BTreeSet<TopicName> = sent.iter().chain(pending.keys()).cloned().collect();
        if at_first.is_empty() {
            return;
        }
        let started = Instant::now();
        let deadline = started + self.options.settle.unwrap_or(UNCLEAR_GRACE);
        let mut backoff = Backoff::default();
        let mut last;
        loop {
            if self.interrupts.received().is_some() {
                // What was not sent is not waited for any more.
                everything.retain(|one| sent.contains(&one.name));
                pending.retain(|name, _| sent.contains(name));
            }
            (self.progress)(Progress::Settling {
                usable: everything.len() - pending.len(),
                topics: everything.len(),
            });
            let narrow: Vec<_> = pending.keys().map(Wanted::bare).collect();
            let is_all = narrow.is_empty();
            // What was read before is no longer the last word.
            last = Err(None);
            let asked = if is_all { &everything } else { &narrow };
            let found = tokio::select! {
                biased;
                () = self.gives_up(sent) => break,
                found = timeout_at(deadline, self.look(asked)) => found,
            };
            match found {
                Ok(Ok(observation)) => {
                    pending = self.obstacles(asked, sent, &observation);
                    match is_all {
                        true => last = Ok(observation),
                        false if pending.is_empty() => continue,
                        false => {}
                    }
                }
                // The cluster may come back before the deadline.
                Ok(Err(error)) => last = Err(Some(error)),
                Err(_) => break,
            }
            let is_over = Instant::now() >= deadline || self.are_lost(&pending, started.elapsed());
            if is_over || pending.is_empty() && last.is_ok() {
                break;
            }
            tokio::select! {
                biased;
                () = self.gives_up(sent) => break,
                () = backoff.next_before(deadline) => {}
            }
        }
        let waited = started.elapsed();
        if let Err(None) = last {
            last = tokio::select! {
                biased;
                () = self.gives_up(sent) => Err(None),
                found = self.look(&everything) => found.map_err(Some),
            };
        }
        match last {
            Ok(observation) => {
                let obstacles = self.obstacles(&everything, sent, &observation);
                for one in &everything {
                    let obstacle = obstacles.get(&one.name);
                    self.judge(&one.name, sent, &observation, obstacle, waited);
                }
            }
            Err(trouble) => {
                let obstacle = |name: &TopicName| match &trouble {
                    Some(error) => Some(Obstacle::Unreadable(error.to_string())),
                    None => pending.get(name).cloned(),
                };
                for name in at_first.iter().chain(pending.keys()) {
                    if let Some(obstacle) = obstacle(name) {
                        self.leave(name, sent, &obstacle, waited);
                    }
                }
            }
        }
    }

    /// What the last look is for: what may exist now, and where leaders are asked what existed
    /// before too.
    fn to_read_back(&self, awaited: &Awaited) -> Vec<Wanted> {
        let outcomes = self.topics.iter();
        outcomes
            .filter(|one| awaited.contains(one))
            .map(|one| Wanted::declared(&one.topic))
            .collect()
    }

    /// What cannot be used, as far as is known before the first look.
    fn not_usable(&self, awaited: &Awaited) -> Pending {
        let waits = self.options.settle.is_some();
        let new = awaited.sent.iter().filter(|name| {
            // Without waiting, only what this run does not know to be its own must be read.
            waits || !matches!(self.status(name), Some(Status::Created))
        });
        let new = new.map(|name| (name.clone(), Obstacle::NotLookedAt));
        let outcomes = self.topics.iter();
        let old = outcomes.filter(|one| awaited.contains(one) && existed(&one.status));
        let old = old.filter_map(|one| {
            let obstacle = Obstacle::Issues(one.health.clone());
            obstacle
                .is_fatal()
                .then(|| (one.topic.name.clone(), obstacle))
        });
        old.chain(new).collect()
    }

    /// The signal that ends the wait: the second one where something was sent, else the first.
    async fn gives_up(&self, sent: &BTreeSet<TopicName>) {
        match sent.is_empty() {
            true => {
                self.interrupts.first().await;
            }
            false => self.interrupts.second_signal().await,
        }
    }

    async fn look(&self, wanted: &[Wanted]) -> Result<Observation, ClusterError> {
        match self.options.settle {
            Some(_) => self.cluster.observe_with_leaders(wanted).await,
            None => self.cluster.observe(wanted, Absence::AsReported).await,
        }
    }

    /// Why topics cannot be used, of those that were looked at. What this run made is waited for
    /// until it is whole; of what somebody else made, all that counts is that it is served.
    fn obstacles(
        &self,
        asked: &[Wanted],
        sent: &BTreeSet<TopicName>,
        observation: &Observation,
    ) -> Pending {
        let obstacle = |name: &TopicName| {
            let ours = self.since(name, sent) == Since::Run;
            let waits = self.options.settle.is_some();
            if !waits && matches!(self.status(name), Some(Status::Created)) {
                return None;
            }
            let topic = &self.topics[*self.index.get(name)?].topic;
            let observed = match observation.topics.get(name) {
                Some(Observed::Present(observed)) => observed,
                Some(Observed::Unknown(unknown)) if unknown.exists => return None,
                Some(Observed::Unknown(unknown)) => {
                    return Some(Obstacle::Unreadable(unknown.reason.clone()));
                }
                Some(Observed::Absent) | None => return Some(Obstacle::NotVisible),
            };
            let found = observed.partitions.len();
            let declared = topic.partitions.as_ref().filter(|_| ours);
            let wanted = declared.map_or(1, |declared| declared.value.count());
            if found < wanted {
                return Some(Obstacle::FewPartitions { found, wanted });
            }
            if !waits {
                return None;
            }
            let mut issues = partition_health(topic, observed, observation);
            issues.retain(|issue| !issue.kind.is_served() || ours && !issue.kind.is_available());
            (!issues.is_empty()).then_some(Obstacle::Issues(issues))
        };
        asked
            .iter()
            .filter_map(|one| Some((one.name.clone(), obstacle(&one.name)?)))
            .collect()
    }

    /// Whether all that is left are creations without a clear answer that did not become visible.
    fn are_lost(&self, pending: &Pending, waited: Duration) -> bool {
        let is_lost = |(name, obstacle): (&TopicName, &Obstacle)| {
            let unclear = matches!(self.status(name), Some(Status::Unclear(_)));
            unclear && *obstacle == Obstacle::NotVisible
        };
        waited >= UNCLEAR_GRACE && !pending.is_empty() && pending.iter().all(is_lost)
    }

    /// The outcome of a topic by the last look at it.
    fn judge(
        &mut self,
        name: &TopicName,
        sent: &BTreeSet<TopicName>,
        observation: &Observation,
        obstacle: Option<&Obstacle>,
        waited: Duration,
    ) {
        let Some(at) = self.index.get(name).copied() else {
            return;
        };
        let since = self.since(name, sent);
        let created = since == Since::Run;
        // An acceptance is for what was there before; what we create is to be as declared.
        let accepted = if created { &[] } else { &*self.accepted };
        let before = &self.topics[at];
        let mut outcome = decide(before.topic.clone(), observation, accepted);
        outcome.status = match (outcome.status, obstacle) {
            (_, Some(obstacle)) if obstacle.is_fatal() => {
                not_usable_in_time(&before.status, since, obstacle, waited)
            }
            (Status::Matching, _) if created => Status::Created,
            (Status::Mismatched { .. }, _) => Status::Mismatched { created },
            // Only its configuration is kept from us.
            (Status::Unknown(unknown), _) if created && unknown.exists => {
                outcome.unread = Some(unknown);
                Status::Created
            }
            (Status::Unknown(unknown), _) if !unknown.exists => {
                Status::Failed(format!("it cannot be read back: {}", unknown.reason))
            }
            // Nobody waited for it, so that a broker may not know it yet.
            (Status::ToCreate | Status::Missing, _) => {
                outcome.unverifiable = outcome.topic.config.keys().cloned().collect();
                Status::Created
            }
            (other, _) => other,
        };
        if since == Since::Before {
            // They may have been looked for before, and are not now.
            outcome.undeclared.clone_from(&before.undeclared);
        }
        self.topics[at] = outcome;
    }

    /// The outcome of a topic where the last look failed, or was not waited for.
    fn leave(
        &mut self,
        name: &TopicName,
        sent: &BTreeSet<TopicName>,
        obstacle: &Obstacle,
        waited: Duration,
    ) {
        let since = self.since(name, sent);
        if let Some(before) = self.status(name) {
            let status = not_usable_in_time(before, since, obstacle, waited);
            self.set(name, status);
        }
    }

    fn since(&self, name: &TopicName, sent: &BTreeSet<TopicName>) -> Since {
        match (self.appeared.contains(name), sent.contains(name)) {
            (true, _) => Since::Plan,
            (false, true) => Since::Run,
            (false, false) => Since::Before,
        }
    }
}

/// Whether a topic was there when the plan was made.
fn existed(status: &Status) -> bool {
    match status {
        Status::Matching | Status::Accepted | Status::Mismatched { created: false } => true,
        Status::Unknown(unknown) => unknown.exists,
        _ => false,
    }
}

fn not_usable_in_time(
    before: &Status,
    since: Since,
    obstacle: &Obstacle,
    waited: Duration,
) -> Status {
    let seconds = format!("{:.1}", waited.as_secs_f64());
    let existence = match (before, since) {
        (Status::Unclear(sent), _) => {
            return Status::Unclear(format!(
                "the creation was sent and not answered ({sent}); {obstacle} after {seconds} s"
            ));
        }
        (_, Since::Before) if *obstacle == Obstacle::NotVisible => {
            return Status::Failed("it existed, and is gone".to_owned());
        }
        (_, Since::Run) => "created, but",
        (_, Since::Plan) => "it appeared since the plan, and was",
        (_, Since::Before) => "it exists, and was",
    };
    Status::Failed(format!(
        "{existence} not usable within {seconds} s: {obstacle}"
    ))
}
