//! How many partitions and replicas a policy lets topics have, for whoever advises another count. Data
//! only; that declared counts keep to it is judged in [`crate::manifest`].

use crate::topic::{DeclaredTopic, Field};

/// The smallest and the largest count, where there are such.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CountLimit {
    pub min: Option<i64>,
    pub max: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    pub partitions: CountLimit,
    pub replication_factor: CountLimit,
}

impl Limits {
    /// Whether the topic may declare this count; what belongs to somebody else is not limited.
    pub fn allow(&self, topic: &DeclaredTopic, field: &Field, count: usize) -> bool {
        let limit = match field {
            Field::Partitions => self.partitions,
            Field::ReplicationFactor => self.replication_factor,
            Field::Config(_) => return true,
        };
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let keeps =
            limit.min.is_none_or(|min| count >= min) && limit.max.is_none_or(|max| count <= max);
        topic.external || keeps
    }
}
