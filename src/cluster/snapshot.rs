//! A recorded observation: what a cluster looked like at one moment, for comparing with no cluster
//! at hand.
//!
//! [`Snapshot::take`] asks a cluster through [`ObserveTopics`], [`Snapshot::to_json`] and
//! [`Snapshot::from_json`] are the file's text, and a snapshot answers as [`ObserveTopics`] itself.
//! It writes to no cluster, opens no file and asks no clock. And it never says *absent* of a name
//! that it does not know to be absent: [`Scope`] says what that takes.

mod file;
mod scope;
mod take;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

pub use file::SnapshotError;
pub use scope::{Pattern, Scope, ScopeError};

use super::{Absence, ClusterError, Keys, ObserveTopics, Wanted};
use crate::observed::{
    ClusterIdentity, Observation, Observed, ObservedConfig, ObservedPartition, ObservedTopic,
    Unreadable,
};
use crate::topic::{ConfigKey, TopicName};
use crate::wording::plural;

#[derive(Clone, PartialEq, Debug)]
pub struct Snapshot {
    /// When it was asked, to the second.
    pub taken_at: Timestamp,
    pub cluster: ClusterIdentity,
    /// How it was reached, so that remedies name the cluster and not the file.
    pub reached: Reached,
    pub scope: Scope,
    pub topics: BTreeMap<TopicName, Recorded>,
}

/// How the cluster of a snapshot was reached. Holds no secret.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reached {
    /// `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// The path of the Java client's properties file, where one was given.
    pub command_config: Option<PathBuf>,
    /// Who asked, with SASL.
    pub user: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recorded {
    Present {
        /// Every partition, by ascending id.
        partitions: Vec<ObservedPartition>,
        /// All of the configuration, or why it could not be read.
        config: Result<BTreeMap<ConfigKey, ObservedConfig>, Unreadable>,
    },
    /// The cluster was asked for this name, and answered that there is no such topic.
    Absent,
    Unknown(Unreadable),
}

impl Snapshot {
    pub fn age(&self, now: Timestamp) -> String {
        const MINUTE: i64 = 60;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        let seconds = now.as_second() - self.taken_at.as_second();
        let (unit, word) = match seconds {
            ..MINUTE => return "just taken".to_owned(),
            MINUTE..HOUR => (MINUTE, "minute"),
            HOUR..172_800 => (HOUR, "hour"),
            _ => (DAY, "day"),
        };
        format!("{} old", plural(seconds / unit, word))
    }

    fn recall(&self, wanted: &Wanted) -> Observed {
        let unknown = |reason: &str| {
            Observed::Unknown(Unreadable {
                exists: false,
                unauthorized: false,
                reason: reason.to_owned(),
            })
        };
        match self.topics.get(&wanted.name) {
            Some(Recorded::Present { partitions, config }) => {
                let config = match (&wanted.keys, config) {
                    (Keys::These(keys), _) if keys.is_empty() => BTreeMap::new(),
                    (_, Err(unknown)) => return Observed::Unknown(unknown.clone()),
                    (Keys::All, Ok(config)) => config.clone(),
                    // A cluster is asked for these only, and says nothing of the others.
                    (Keys::These(keys), Ok(config)) => keys
                        .iter()
                        .filter_map(|key| Some((key.clone(), config.get(key)?.clone())))
                        .collect(),
                };
                let partitions = partitions.clone();
                Observed::Present(ObservedTopic { partitions, config })
            }
            Some(Recorded::Absent) => Observed::Absent,
            Some(Recorded::Unknown(unknown)) => Observed::Unknown(unknown.clone()),
            None if self.scope.would_show(&wanted.name) => Observed::Absent,
            None if self.scope.asks_for(&wanted.name) => unknown(
                "the snapshot does not hold it, and its taker may not have had the right to see it",
            ),
            None => unknown("the snapshot was not asked for it"),
        }
    }
}

impl ObserveTopics for Snapshot {
    async fn identity(&self) -> Result<ClusterIdentity, ClusterError> {
        Ok(self.cluster.clone())
    }

    async fn names(&self) -> Result<Vec<TopicName>, ClusterError> {
        let exists = |recorded: &Recorded| match recorded {
            Recorded::Present { .. } => true,
            Recorded::Unknown(unknown) => unknown.exists,
            Recorded::Absent => false,
        };
        let topics = self.topics.iter();
        let present = topics.filter(|(_, recorded)| exists(recorded));
        Ok(present.map(|(name, _)| name.clone()).collect())
    }

    async fn observe(&self, wanted: &[Wanted], _: Absence) -> Result<Observation, ClusterError> {
        let topics = wanted
            .iter()
            .map(|one| (one.name.clone(), self.recall(one)))
            .collect();
        let cluster = self.cluster.clone();
        Ok(Observation {
            cluster,
            topics,
            unserved: BTreeMap::new(),
            lacks_configs: false,
        })
    }
}

#[cfg(test)]
mod tests;
