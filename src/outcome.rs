//! What became of each declared topic, and of a run against one cluster. Data, restated nowhere:
//! which exit code follows is [`crate::exit`]'s to say, and the words are [`crate::report`]'s.

use std::time::Duration;

use crate::cluster::{ClusterError, Refusal};
use crate::groups::GroupLags;
use crate::health::HealthIssue;
use crate::interrupt::Signal;
use crate::observed::{ClusterIdentity, ObservedOrigin, Unreadable};
use crate::topic::{
    ConfigKey, ConfigValue, Declared, DeclaredTopic, Partitions, ReplicationFactor, TopicName,
};

/// What became of one declared topic, with everything that was seen of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicOutcome {
    pub topic: DeclaredTopic,
    pub status: Status,
    /// How it differs: replication factor, partitions, then keys by name. In this order their
    /// remedies make the topic as declared: new partitions take the number of replicas that the
    /// first one has.
    pub mismatches: Vec<Mismatch>,
    /// Mismatches that are known and left alone.
    pub accepted: Vec<AcceptedMismatch>,
    /// What is wrong with its partitions at this moment.
    pub health: Vec<HealthIssue>,
    /// Keys that are set on the topic and not declared, as far as they were read.
    pub undeclared: Vec<(ConfigKey, String)>,
    /// Declared keys that the broker did not return, or keeps to itself.
    pub unverifiable: Vec<ConfigKey>,
    /// Why its configuration could not be compared, where this run created it.
    pub unread: Option<Unreadable>,
}

impl TopicOutcome {
    /// A topic of which no more is known than its status.
    pub fn new(topic: DeclaredTopic, status: Status) -> Self {
        Self {
            topic,
            status,
            mismatches: Vec::new(),
            accepted: Vec::new(),
            health: Vec::new(),
            undeclared: Vec::new(),
            unverifiable: Vec::new(),
            unread: None,
        }
    }

    /// What went wrong, where that is more than a comparison tells.
    pub fn error(&self) -> Option<String> {
        let unread = self.unread.as_ref().map(|unread| unread.reason.clone());
        self.status.error().or(unread)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// It is not there, or not usable; holds what happened.
    Failed(String),
    /// Its creation was sent, and whether it exists could not be found out; holds what happened.
    Unclear(String),
    /// The broker refuses to create it.
    Refused(Refusal),
    Unknown(Unreadable),
    Mismatched {
        /// Whether this run created it: then the broker made something else of the request.
        created: bool,
    },
    /// It does not exist, and is somebody else's to create.
    Missing,
    /// It does not exist, and nothing was done about it (yet).
    ToCreate,
    /// It was created and is as declared.
    Created,
    /// It exists and differs in ways that are accepted.
    Accepted,
    Matching,
    /// It is declared, and no cluster was asked.
    Declared,
}

impl Status {
    /// The words of the JSON contract, in the order of its summary.
    pub const WORDS: [&'static str; 7] = [
        "matching",
        "missing",
        "mismatched",
        "accepted",
        "created",
        "unknown",
        "failed",
    ];

    /// The word of the JSON contract, one of [`Self::WORDS`].
    pub fn word(&self) -> &'static str {
        match self {
            Self::Failed(_) | Self::Refused(_) => "failed",
            Self::Unknown(_) | Self::Unclear(_) => "unknown",
            Self::Mismatched { .. } => "mismatched",
            Self::Missing | Self::ToCreate => "missing",
            Self::Created => "created",
            Self::Accepted => "accepted",
            Self::Matching | Self::Declared => "matching",
        }
    }

    /// The order of reports: what needs attention most is 0.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Unclear(_) | Self::Refused(_) => 0,
            Self::Unknown(_) => 1,
            Self::Mismatched { .. } => 2,
            Self::Missing => 3,
            Self::ToCreate => 4,
            Self::Created => 5,
            Self::Accepted => 6,
            Self::Matching | Self::Declared => 7,
        }
    }

    /// What went wrong, where that is more than a comparison tells.
    pub fn error(&self) -> Option<String> {
        match self {
            Self::Failed(reason) | Self::Unclear(reason) => Some(reason.clone()),
            Self::Refused(refusal) => Some(refusal.to_string()),
            Self::Unknown(unknown) => Some(unknown.reason.clone()),
            Self::Mismatched { created: true } => {
                Some("created, and the broker made something else of it".to_owned())
            }
            Self::Mismatched { created: false }
            | Self::Missing
            | Self::ToCreate
            | Self::Created
            | Self::Accepted
            | Self::Matching
            | Self::Declared => None,
        }
    }
}

/// A mismatch that the manifests accept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcceptedMismatch {
    pub mismatch: Mismatch,
    pub reason: String,
}

/// One difference between a declared topic and the one that exists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mismatch {
    Partitions {
        declared: Declared<Partitions>,
        found: usize,
    },
    ReplicationFactor {
        declared: Declared<ReplicationFactor>,
        /// The brokers that hold each partition, by ascending partition. Their number differs while
        /// a reassignment is under way, or after one for some of the partitions.
        replicas: Vec<Vec<i32>>,
        /// Brokers that are not in sync where there are more replicas than declared, ascending. A
        /// reassignment keeps the old replicas until the new ones are.
        behind: Vec<i32>,
    },
    Config {
        key: ConfigKey,
        /// As declared, in the broker's form.
        declared: Declared<ConfigValue>,
        /// In the broker's form.
        found: String,
        /// Where the broker has it from.
        origin: ObservedOrigin,
    },
}

/// The fewest and the most replicas that a partition has.
pub fn replica_range(replicas: &[Vec<i32>]) -> (usize, usize) {
    let counts = || replicas.iter().map(Vec::len);
    (counts().min().unwrap_or(0), counts().max().unwrap_or(0))
}

/// What a run against one cluster has come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunResult {
    /// The cluster that answered; `None` where none did, or none was asked.
    pub identity: Option<ClusterIdentity>,
    /// One for each declared topic, in their order.
    pub topics: Vec<TopicOutcome>,
    /// Whether the cluster offers no configurations, so that none could be compared.
    pub lacks_configs: bool,
    /// Topics of the cluster that no manifest declares, as far as they were looked for.
    pub unmanaged: Vec<TopicName>,
    /// New topics that the broker's metrics could not tell from existing ones, each with one of
    /// these, as far as they were looked for.
    pub collisions: Vec<(TopicName, TopicName)>,
    /// What was read of consumer groups; `None` where they were not asked for.
    pub groups: Option<GroupLags>,
    /// Whether leaders could be asked if they serve; `None` where they were not asked.
    pub leader_check: Option<Result<(), ClusterError>>,
    /// What was waited for before the comparison; `None` where nothing was.
    pub awaited: Option<Awaited>,
    /// Why the run ended early, if it did.
    pub stop: Option<Stop>,
    /// Whether something may have been written.
    pub wrote: bool,
    /// What became of the check of new topics.
    pub check: Check,
    /// Whether nobody waited for topics to be usable, nor asked (`--no-settle`).
    pub unsettled: bool,
}

impl RunResult {
    /// A run whose input was refused.
    pub fn invalid() -> Self {
        Self {
            stop: Some(Stop::Invalid),
            ..Self::default()
        }
    }

    /// A run that saw nothing of the cluster: every topic is unknown.
    pub fn unobserved(topics: Vec<DeclaredTopic>, stop: Stop, reason: &str) -> Self {
        let unknown = Unreadable {
            exists: false,
            unauthorized: false,
            reason: reason.to_owned(),
        };
        let unknown = |topic| TopicOutcome::new(topic, Status::Unknown(unknown.clone()));
        Self {
            topics: topics.into_iter().map(unknown).collect(),
            stop: Some(stop),
            ..Self::default()
        }
    }

    /// The same with what became of the topics.
    #[must_use]
    pub fn with_topics(self, topics: Vec<TopicOutcome>) -> Self {
        Self { topics, ..self }
    }

    /// How many topics have a status.
    pub fn count(&self, has: impl Fn(&Status) -> bool) -> usize {
        self.topics.iter().filter(|one| has(&one.status)).count()
    }

    /// How many topics have each of [`Status::WORDS`].
    pub fn summary(&self) -> [(&'static str, usize); Status::WORDS.len()] {
        Status::WORDS.map(|word| (word, self.count(|status| status.word() == word)))
    }

    pub fn created(&self) -> bool {
        self.count(|status| *status == Status::Created) > 0
    }

    /// Whether the input was refused before a topic was read.
    pub fn is_invalid(&self) -> bool {
        self.stop == Some(Stop::Invalid)
    }
}

/// A wait until all topics are there and served (`--wait-topics`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Awaited {
    pub limit: Duration,
    /// The topics that were not when it was over, in the order of their declaration.
    pub not_ready: Vec<TopicName>,
}

/// What became of the check of new topics, beside its answers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Check {
    #[default]
    Harmless,
    /// It was left out: this broker is known to create what it is to check.
    LeftOut,
    /// So many topics exist since then that were only to be checked.
    Created(usize),
    /// Whether they do could not be read.
    Unread,
}

/// Why a run ended early.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The command line, the manifests or the connection's settings are not valid, or the cluster
    /// is not the one that was meant: nothing was read of its topics. Diagnostics say what is wrong.
    Invalid,
    /// The cluster could not be asked.
    Cluster(ClusterError),
    /// Whether some topics exist is not known: nothing was created.
    UnknownExistence,
    /// Fewer brokers are there than must be: nothing was created.
    TooFewBrokers {
        registered: usize,
        wanted: usize,
    },
    /// The preflight was refused: nothing was created.
    Refused,
    /// The cluster was read, and the preflight got no answer: nothing was created.
    Unchecked(ClusterError),
    Interrupted(Signal),
}
