//! topicctl's own tiers.
//!
//! Pure data; how a tier's values meet those of the manifests is [`super::resolve`]'s business.

use crate::topic::{Layer, Origin};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BuiltIn {
    pub(super) name: &'static str,
    pub(super) partitions: BuiltInPartitions,
    /// `None`: the broker's default.
    pub(super) replication_factor: Option<i16>,
    pub(super) retention: Retention,
    pub(super) min_insync: MinInsync,
    /// Keys with one value for all topics of the tier.
    pub(super) config: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BuiltInPartitions {
    Count(i32),
    /// As many as the main topic.
    Source,
    Default,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Retention {
    Days(i64),
    /// As long as the main topic, but at most so many days.
    AtMostDays(i64),
    /// Outlives the delay of the retry step, with room for consumers that are down.
    ByDelay,
    Unset,
}

/// min.insync.replicas of a built-in tier; left out where the replication factor is the broker's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MinInsync {
    One,
    /// 2 with three replicas or more, else 1.
    ByReplication,
    Unset,
}

const HOUSE_CONFIG: &[(&str, &str)] =
    &[("cleanup.policy", "delete"), ("compression.type", "snappy")];

const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn {
        name: "standard",
        partitions: BuiltInPartitions::Count(3),
        replication_factor: Some(3),
        retention: Retention::Days(7),
        min_insync: MinInsync::ByReplication,
        config: HOUSE_CONFIG,
    },
    BuiltIn {
        name: "error",
        partitions: BuiltInPartitions::Count(1),
        replication_factor: Some(3),
        retention: Retention::Days(30),
        min_insync: MinInsync::One,
        config: HOUSE_CONFIG,
    },
    BuiltIn {
        name: "dlq",
        partitions: BuiltInPartitions::Count(1),
        replication_factor: Some(3),
        retention: Retention::Days(30),
        min_insync: MinInsync::One,
        config: HOUSE_CONFIG,
    },
    BuiltIn {
        name: "retry",
        partitions: BuiltInPartitions::Source,
        replication_factor: Some(3),
        retention: Retention::ByDelay,
        min_insync: MinInsync::One,
        config: HOUSE_CONFIG,
    },
    BuiltIn::PLAIN,
];

impl BuiltIn {
    /// In the order of the documentation.
    pub(super) const NAMES: [&str; 5] = ["standard", "error", "dlq", "retry", "plain"];

    /// The one that sets nothing; tiers of the manifests start from it.
    pub(super) const PLAIN: Self = Self {
        name: "plain",
        partitions: BuiltInPartitions::Default,
        replication_factor: None,
        retention: Retention::Unset,
        min_insync: MinInsync::Unset,
        config: &[],
    };

    /// What stands in the place of `error` for a pipeline's step.
    pub(super) const STEP_ERROR: Self = Self {
        name: "error",
        partitions: BuiltInPartitions::Source,
        replication_factor: Some(3),
        retention: Retention::AtMostDays(3),
        min_insync: MinInsync::One,
        config: HOUSE_CONFIG,
    };

    /// What stands in the place of `dlq` for a pipeline's step.
    pub(super) const STEP_DEAD_LETTER: Self = Self {
        name: "dlq",
        partitions: BuiltInPartitions::Source,
        replication_factor: Some(3),
        retention: Retention::Days(30),
        min_insync: MinInsync::One,
        config: HOUSE_CONFIG,
    };

    /// The origin of its values, which have no place.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            layer: Layer::BuiltInTier(self.name.to_owned()),
            span: None,
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        BUILT_IN.into_iter().find(|tier| tier.name == name)
    }
}
