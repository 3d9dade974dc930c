//! Waiting until topics that somebody else creates are there and served.
//!
//! Takes the topics that are wanted and a cluster that can be asked, and gives one [`Observation`] of
//! them all: the last look, whether they are ready in it or the time was over. What is not ready yet is
//! looked at again and again, by name. It creates nothing, compares nothing and words nothing;
//! [`crate::apply`] waits for what it creates itself.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::backoff::Backoff;
use crate::cluster::{Absence, ClusterError, ObserveLeaders, ObserveTopics, Wanted};
use crate::leaders;
use crate::observed::{Observation, by_topic};
use crate::topic::TopicName;

/// Many services may wait for the same cluster, for minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What is still waited for.
pub(crate) struct Awaiting<'a> {
    pub(crate) not_ready: Vec<&'a TopicName>,
    /// How many topics are waited for together.
    pub(crate) topics: usize,
    pub(crate) elapsed: Duration,
    pub(crate) limit: Duration,
}

/// Looks at the topics until all of them are served, or the time is over. A cluster that is lost
/// meanwhile may come back before that.
///
/// # Errors
/// Where the cluster as a whole could not be asked in the end, or never will be.
pub(crate) async fn wait<C: ObserveTopics + ObserveLeaders>(
    cluster: &C,
    wanted: &[Wanted],
    limit: Duration,
    progress: impl Fn(&Awaiting<'_>),
) -> Result<Observation, ClusterError> {
    let started = Instant::now();
    let deadline = started + limit;
    let mut backoff = Backoff::up_to(LONGEST_PAUSE);
    let mut pending: Vec<Wanted> = wanted.iter().map(|one| Wanted::bare(&one.name)).collect();
    loop {
        let look = cluster.observe_with_leaders(&pending);
        let seen = match timeout_at(deadline, look).await {
            Ok(Ok(observation)) => Some(observation),
            Ok(Err(error)) if !error.may_pass() => return Err(error),
            Ok(Err(_)) | Err(_) => None,
        };
        if let Some(observation) = seen {
            pending.retain(|one| !observation.serves(&one.name));
        }
        let is_over = Instant::now() >= deadline;
        if pending.is_empty() || is_over {
            match look_at_all(cluster, wanted, pending.is_empty()).await {
                Ok(observation) => {
                    let open = not_ready(&observation, wanted);
                    pending = open.into_iter().map(Wanted::bare).collect();
                    if pending.is_empty() || is_over {
                        return Ok(observation);
                    }
                }
                Err(error) if is_over || !error.may_pass() => return Err(error),
                Err(_) => {}
            }
        }
        progress(&Awaiting {
            not_ready: pending.iter().map(|one| &one.name).collect(),
            topics: wanted.len(),
            elapsed: started.elapsed(),
            limit,
        });
        backoff.next_before(deadline).await;
    }
}

/// The look that counts: a topic that was ready at its own look may have lost its leader since, and a
/// leader that does not serve at this moment may do so in the next.
async fn look_at_all<C: ObserveTopics + ObserveLeaders>(
    cluster: &C,
    wanted: &[Wanted],
    are_ready: bool,
) -> Result<Observation, ClusterError> {
    if are_ready {
        // Brokers may have come since the first look; where topics are missing, perhaps none is there
        // that could tell.
        cluster.identity().await?;
    }
    let mut observation = cluster.observe(wanted, Absence::Confirmed).await?;
    let unserved = leaders::unserved(cluster, &observation.topics).await?;
    observation.unserved = by_topic(unserved);
    Ok(observation)
}

/// The topics that nobody can use yet, as far as the leaders were asked.
fn not_ready<'a>(observation: &Observation, wanted: &'a [Wanted]) -> Vec<&'a TopicName> {
    let names = wanted.iter().map(|one| &one.name);
    names.filter(|name| !observation.serves(name)).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;
    use crate::cluster::ClusterErrorKind;
    use crate::observed::{
        ClusterIdentity, Observed, ObservedPartition, ObservedTopic, Unreadable, Unserved,
    };
    use crate::topic::Partitions;

    /// What there is at a look.
    #[derive(Clone, Default)]
    struct Moment {
        /// Topics, and whether their leaders serve.
        topics: Vec<(&'static str, bool)>,
        error: Option<ClusterErrorKind>,
    }

    /// Shows these moments one after the other, and the last one for ever; remembers what was asked.
    struct Moments {
        moments: RefCell<Vec<Moment>>,
        asked: RefCell<Vec<Vec<String>>>,
    }

    impl Moments {
        fn of(moments: Vec<Moment>) -> Self {
            Self {
                moments: RefCell::new(moments),
                asked: RefCell::default(),
            }
        }

        fn now(&self) -> Moment {
            self.moments.borrow()[0].clone()
        }

        fn look(&self, wanted: &[Wanted]) -> Result<Observation, ClusterError> {
            let names = wanted.iter().map(|one| one.name.to_string());
            self.asked.borrow_mut().push(names.collect());
            let Moment { topics, error } = self.now();
            if self.moments.borrow().len() > 1 {
                self.moments.borrow_mut().remove(0);
            }
            if let Some(kind) = error {
                return Err(ClusterError {
                    kind,
                    message: "gone".to_owned(),
                    detail: None,
                    help: None,
                });
            }
            let mut observation = Observation::default();
            for one in wanted {
                let found = topics.iter().find(|(name, _)| *name == one.name.as_str());
                let seen = match found {
                    Some(_) => present(),
                    None => Observed::Absent,
                };
                observation.topics.insert(one.name.clone(), seen);
                if let Some((_, false)) = found {
                    let unserved = vec![refused(&one.name)];
                    observation.unserved.insert(one.name.clone(), unserved);
                }
            }
            Ok(observation)
        }
    }

    impl ObserveTopics for Moments {
        async fn identity(&self) -> Result<ClusterIdentity, ClusterError> {
            Ok(ClusterIdentity::default())
        }

        async fn names(&self) -> Result<Vec<TopicName>, ClusterError> {
            unreachable!("topics are asked for by name")
        }

        async fn observe(
            &self,
            wanted: &[Wanted],
            _: Absence,
        ) -> Result<Observation, ClusterError> {
            let observation = self.look(wanted)?;
            Ok(Observation {
                unserved: BTreeMap::new(),
                ..observation
            })
        }
    }

    impl ObserveLeaders for Moments {
        async fn unserved(
            &self,
            topics: &[(TopicName, Partitions)],
        ) -> Result<Vec<Unserved>, ClusterError> {
            let now = self.now().topics;
            let serves = |name: &TopicName| now.contains(&(name.as_str(), true));
            let topics = topics.iter().filter(|(name, _)| !serves(name));
            Ok(topics.map(|(name, _)| refused(name)).collect())
        }

        async fn observe_with_leaders(
            &self,
            wanted: &[Wanted],
        ) -> Result<Observation, ClusterError> {
            self.look(wanted)
        }
    }

    fn present() -> Observed {
        Observed::Present(ObservedTopic {
            partitions: vec![ObservedPartition {
                id: 0,
                leader: Some(1),
                replicas: vec![1],
                in_sync: vec![1],
            }],
            ..ObservedTopic::default()
        })
    }

    fn refused(topic: &TopicName) -> Unserved {
        Unserved {
            topic: topic.clone(),
            partition: 0,
            reason: "NOT_LEADER_OR_FOLLOWER".to_owned(),
        }
    }

    fn with(topics: &[(&'static str, bool)]) -> Moment {
        Moment {
            topics: topics.to_vec(),
            error: None,
        }
    }

    fn without(kind: ClusterErrorKind) -> Moment {
        Moment {
            error: Some(kind),
            ..Moment::default()
        }
    }

    /// Waits for `a` and `b`: what is not ready in the end, what was asked, and what was said.
    async fn wait_for_a_and_b(
        moments: Vec<Moment>,
        limit: Duration,
    ) -> (
        Result<Vec<String>, ClusterErrorKind>,
        Vec<Vec<String>>,
        Vec<Vec<String>>,
    ) {
        let wanted = ["a", "b"].map(|name| Wanted::bare(&TopicName::parse(name).expect("legal")));
        let cluster = Moments::of(moments);
        let said = RefCell::new(Vec::new());
        let progress = |awaiting: &Awaiting<'_>| {
            assert_eq!((awaiting.topics, awaiting.limit), (2, limit));
            let names = awaiting.not_ready.iter().map(ToString::to_string);
            said.borrow_mut().push(names.collect());
        };
        let last = wait(&cluster, &wanted, limit, progress).await;
        let last = last.map(|observation| {
            let open = not_ready(&observation, &wanted);
            open.iter().map(ToString::to_string).collect()
        });
        let asked = cluster.asked.into_inner();
        (last.map_err(|error| error.kind), asked, said.into_inner())
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_is_ready_is_looked_at_once_more_together_and_nothing_is_said() {
        let (last, asked, said) =
            wait_for_a_and_b(vec![with(&[("a", true), ("b", true)])], LONG).await;
        assert_eq!(last, Ok(vec![]));
        assert_eq!(asked, [["a", "b"], ["a", "b"]]);
        assert!(said.is_empty(), "{said:?}");
    }

    #[tokio::test]
    async fn only_what_is_not_there_or_not_served_is_looked_at_again() {
        let moments = vec![
            with(&[("a", true)]),
            with(&[("a", true), ("b", false)]),
            with(&[("a", true), ("b", true)]),
        ];
        let (last, asked, said) = wait_for_a_and_b(moments, LONG).await;
        assert_eq!(last, Ok(vec![]));
        assert_eq!(
            asked,
            [vec!["a", "b"], vec!["b"], vec!["b"], vec!["a", "b"]]
        );
        assert_eq!(said, [["b"], ["b"]]);
    }

    #[tokio::test]
    async fn a_topic_that_is_lost_again_is_waited_for_again() {
        let moments = vec![
            with(&[("a", true), ("b", true)]),
            with(&[("b", true)]),
            with(&[("a", true), ("b", true)]),
        ];
        let (last, asked, said) = wait_for_a_and_b(moments, LONG).await;
        assert_eq!(last, Ok(vec![]));
        let both = || vec!["a", "b"];
        assert_eq!(asked, [both(), both(), vec!["a"], both()]);
        assert_eq!(said, [["a"]]);
    }

    #[tokio::test]
    async fn when_the_time_is_over_the_last_look_says_what_is_not_ready() {
        for limit in [Duration::ZERO, Duration::from_millis(30)] {
            let (last, asked, _) = wait_for_a_and_b(vec![with(&[("b", false)])], limit).await;
            assert_eq!(last, Ok(vec!["a".to_owned(), "b".to_owned()]));
            assert_eq!(asked.last(), Some(&vec!["a".to_owned(), "b".to_owned()]));
        }
    }

    #[tokio::test]
    async fn a_cluster_may_be_lost_and_come_back_but_a_refusal_ends_the_wait() {
        let back = vec![
            without(ClusterErrorKind::Unreachable),
            with(&[("a", true), ("b", true)]),
        ];
        assert_eq!(wait_for_a_and_b(back, LONG).await.0, Ok(vec![]));
        let lost = vec![without(ClusterErrorKind::Unreachable)];
        let (last, ..) = wait_for_a_and_b(lost, Duration::from_millis(20)).await;
        assert_eq!(last, Err(ClusterErrorKind::Unreachable));
        let refused = vec![without(ClusterErrorKind::Authentication)];
        let (last, asked, _) = wait_for_a_and_b(refused, LONG).await;
        assert_eq!(last, Err(ClusterErrorKind::Authentication));
        assert_eq!(asked.len(), 1);
    }

    #[test]
    fn a_topic_whose_configuration_is_kept_secret_is_served_and_one_that_is_hidden_is_not() {
        let name = |text| TopicName::parse(text).expect("legal");
        let unknown = |exists| {
            Observed::Unknown(Unreadable {
                exists,
                unauthorized: true,
                reason: String::new(),
            })
        };
        let mut leaderless = ObservedTopic::default();
        if let Observed::Present(topic) = present() {
            leaderless = topic;
        }
        leaderless.partitions[0].leader = None;
        let observation = Observation {
            topics: BTreeMap::from([
                (name("secret"), unknown(true)),
                (name("hidden"), unknown(false)),
                (name("leaderless"), Observed::Present(leaderless)),
                (name("well"), present()),
            ]),
            ..Observation::default()
        };
        let serves = |text| observation.serves(&name(text));
        assert_eq!(
            ["secret", "hidden", "leaderless", "well", "not-asked-for"].map(serves),
            [true, false, false, true, false]
        );
    }
}
