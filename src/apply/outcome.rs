//! What becomes of a declared topic, and how a run ends: the words of [`super::apply`] for it.
//!
//! Data only; how it is told is [`crate::report`]'s.

use crate::cluster::{ClusterError, Keys, Refusal, Wanted};
use crate::interrupt::Signal;
use crate::observed::Unknown;
use crate::plan::{Decision, Mismatch, Plan, Seen};
use crate::topic::DeclaredTopic;

/// What became of one declared topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// As declared.
    pub topic: DeclaredTopic,
    /// What became of it.
    pub status: Status,
    /// What else was seen of it.
    pub seen: Seen,
}

/// What became of a topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// It does not exist, and nothing was done about it (yet).
    ToCreate,
    /// It was created and is as declared.
    Created,
    /// It exists as declared.
    Matches,
    /// It exists and differs.
    Mismatched {
        /// How.
        mismatches: Vec<Mismatch>,
        /// Whether this run created it: then the broker made something else of the request.
        created: bool,
    },
    /// It exists and differs in ways that are accepted.
    Accepted,
    /// It does not exist, and is somebody else's to create.
    Missing,
    /// It could not be read.
    Unknown(Unknown),
    /// The broker refuses to create it.
    Refused(Refusal),
    /// It was to be created, and is not there or not usable; holds what happened.
    Failed(String),
    /// Its creation was sent, and whether it exists could not be found out; holds what happened.
    Unclear(String),
}

impl Outcome {
    /// The outcomes of a run that only looked.
    pub fn of_plan(plan: Plan) -> Vec<Self> {
        plan.entries
            .into_iter()
            .map(|entry| Self {
                topic: entry.topic,
                status: match entry.decision {
                    Decision::Create => Status::ToCreate,
                    Decision::Missing => Status::Missing,
                    Decision::Matches => Status::Matches,
                    Decision::Accepted => Status::Accepted,
                    Decision::Mismatched(mismatches) => Status::Mismatched {
                        mismatches,
                        created: false,
                    },
                    Decision::Unknown(unknown) => Status::Unknown(unknown),
                },
                seen: entry.seen,
            })
            .collect()
    }

    /// What to look at to compare the topic.
    pub fn wanted(topic: &DeclaredTopic) -> Wanted {
        Wanted {
            name: topic.name.clone(),
            keys: Keys::These(topic.config.keys().cloned().collect()),
        }
    }
}

/// Why a run ended early.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Whether some topics exist is not known: nothing was created.
    UnknownExistence,
    /// The preflight was refused: nothing was created.
    Refused,
    /// The cluster could not be asked.
    Cluster(ClusterError),
    /// The cluster was read, and the preflight got no answer: nothing was created.
    Unchecked(ClusterError),
    /// A signal came.
    Interrupted(Signal),
}

/// What a run is doing, for people who wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Brokers are missing.
    WaitingForBrokers {
        /// Alive now.
        registered: usize,
        /// Replicas that a new topic wants.
        needed: usize,
    },
    /// The broker checks new topics.
    Validating {
        /// How many.
        topics: usize,
    },
    /// Topics are being created.
    Creating {
        /// Sent so far.
        done: usize,
        /// In all.
        topics: usize,
    },
    /// Created topics become usable.
    Settling {
        /// Usable so far.
        usable: usize,
        /// In all.
        topics: usize,
    },
}
