//! Whether leaders serve what they lead, which only they know: metadata shows them before they
//! do, and brokers without a controller go on to show those that are lost.
//!
//! Takes what was observed and an [`ObserveLeaders`], and gives what was refused. It creates
//! nothing and words nothing. [`crate::apply`] waits for what it created; here everything that
//! exists is asked, for a verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::cluster::{ClusterError, ObserveLeaders};
use crate::observed::{Observed, Unserved};
use crate::topic::TopicName;

/// How long a partition is asked again: longer than a new leader usually takes to be known.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks the leaders of all topics that exist. A partition is unserved that was so twice, and to
/// the end.
///
/// # Errors
/// Where the cluster as a whole could not be asked.
pub(crate) async fn unserved(
    cluster: &impl ObserveLeaders,
    observed: &BTreeMap<TopicName, Observed>,
) -> Result<Vec<Unserved>, ClusterError> {
    let mut asked: Vec<_> = observed
        .iter()
        .filter_map(|(name, seen)| match seen {
            Observed::Present(topic) => Some((name.clone(), topic.led_partitions()?)),
            Observed::Absent | Observed::Unknown(_) => None,
        })
        .collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut unserved = cluster.unserved(&asked).await?;
    let deadline = Instant::now() + PATIENCE;
    let mut backoff = Backoff::default();
    while !unserved.is_empty() {
        backoff.next_before(deadline).await;
        let refused: BTreeSet<_> = unserved.iter().map(|one| &one.topic).collect();
        asked.retain(|(name, _)| refused.contains(name));
        unserved = cluster.unserved(&asked).await?;
        if Instant::now() >= deadline {
            break;
        }
    }
    Ok(unserved)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::cluster::{ClusterErrorKind, Wanted};
    use crate::observed::{Observation, ObservedPartition, ObservedTopic, Unreadable};
    use crate::topic::Partitions;

    type Answer = Result<Vec<Unserved>, ClusterError>;

    /// Answers in this order, and the last one for ever; remembers who was asked.
    struct Leaders {
        answers: RefCell<Vec<Answer>>,
        asked: RefCell<Vec<Vec<String>>>,
    }

    impl ObserveLeaders for Leaders {
        async fn unserved(&self, topics: &[(TopicName, Partitions)]) -> Answer {
            let names = topics.iter().map(|(name, _)| name.to_string());
            self.asked.borrow_mut().push(names.collect());
            let mut answers = self.answers.borrow_mut();
            match answers.len() {
                1 => answers[0].clone(),
                _ => answers.remove(0),
            }
        }

        async fn observe_with_leaders(&self, _: &[Wanted]) -> Result<Observation, ClusterError> {
            unreachable!("what exists was observed before")
        }
    }

    fn name(text: &str) -> TopicName {
        TopicName::parse(text).expect("a name")
    }

    fn refused(topic: &str) -> Unserved {
        Unserved {
            topic: name(topic),
            partition: 0,
            reason: "NOT_LEADER_OR_FOLLOWER".to_owned(),
        }
    }

    fn led_by(leaders: &[Option<i32>]) -> Observed {
        let partitions = (0..).zip(leaders).map(|(id, leader)| ObservedPartition {
            id,
            leader: *leader,
            replicas: vec![1],
            in_sync: vec![1],
        });
        Observed::Present(ObservedTopic {
            partitions: partitions.collect(),
            ..ObservedTopic::default()
        })
    }

    /// Asks about `a` and `b`, which are led, and others that cannot be asked about.
    async fn ask(answers: Vec<Answer>) -> (Answer, Vec<Vec<String>>) {
        let unknown = Unreadable {
            exists: true,
            unauthorized: true,
            reason: String::new(),
        };
        let observed = BTreeMap::from([
            (name("a"), led_by(&[Some(1)])),
            (name("absent"), Observed::Absent),
            (name("b"), led_by(&[Some(1), Some(1)])),
            (name("leaderless"), led_by(&[Some(1), None])),
            (name("unknown"), Observed::Unknown(unknown)),
        ]);
        let leaders = Leaders {
            answers: RefCell::new(answers),
            asked: RefCell::default(),
        };
        let answer = unserved(&leaders, &observed).await;
        (answer, leaders.asked.into_inner())
    }

    #[tokio::test]
    async fn leaders_that_serve_are_asked_once() {
        let (answer, asked) = ask(vec![Ok(vec![])]).await;
        assert_eq!(answer, Ok(vec![]));
        assert_eq!(asked, [["a", "b"]]);
    }

    #[tokio::test]
    async fn a_refusal_that_passes_is_not_believed_and_only_its_topic_is_asked_again() {
        let (answer, asked) = ask(vec![Ok(vec![refused("b")]), Ok(vec![])]).await;
        assert_eq!(answer, Ok(vec![]));
        assert_eq!(asked, [vec!["a", "b"], vec!["b"]]);
    }

    #[tokio::test]
    async fn a_refusal_that_lasts_is_believed_after_a_while() {
        let started = Instant::now();
        let (answer, asked) = ask(vec![Ok(vec![refused("a")])]).await;
        assert_eq!(answer, Ok(vec![refused("a")]));
        assert!(asked.len() > 1, "{asked:?}");
        assert!(started.elapsed() >= PATIENCE);
    }

    #[tokio::test]
    async fn a_question_without_an_answer_is_no_verdict() {
        let error = ClusterError {
            kind: ClusterErrorKind::Unreachable,
            message: "gone".to_owned(),
            detail: None,
            help: None,
        };
        let answers = vec![Ok(vec![refused("a")]), Err(error.clone())];
        assert_eq!(ask(answers).await.0, Err(error));
    }
}
