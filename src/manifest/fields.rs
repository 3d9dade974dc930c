//! The fields of every object of the manifest language: one table each.
//!
//! The decoder refuses what is not in its object's table and reads by these names only, so that
//! the tables, and what is made from them, cannot drift from what is accepted.

/// An object of the language.
#[derive(Debug)]
pub(super) struct ObjectSpec {
    /// With its article: "`x` is not a field of …".
    pub(super) name: &'static str,
    /// In the order of the documentation.
    pub(super) fields: &'static [FieldSpec],
}

/// A field of an object.
#[derive(Debug)]
pub(super) struct FieldSpec {
    pub(super) name: &'static str,
    pub(super) status: Status,
}

/// Whether this version reads a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Status {
    /// It does.
    Read,
    /// The language has it, this version refuses it by name.
    NotYet,
}

const fn field(name: &'static str) -> FieldSpec {
    FieldSpec {
        name,
        status: Status::Read,
    }
}

const fn later(name: &'static str) -> FieldSpec {
    FieldSpec {
        name,
        status: Status::NotYet,
    }
}

pub(super) const DOCUMENT: ObjectSpec = ObjectSpec {
    name: "a manifest",
    fields: &[
        field("defaults"),
        field("tiers"),
        field("naming"),
        field("policy"),
        field("profiles"),
        later("clusters"),
        field("vars"),
        field("topics"),
        field("pipelines"),
        later("accepted_mismatches"),
    ],
};

pub(super) const DEFAULTS: ObjectSpec = ObjectSpec {
    name: "`defaults`",
    fields: &[field("tier")],
};

pub(super) const NAMING: ObjectSpec = ObjectSpec {
    name: "`naming`",
    fields: &[
        field("retry"),
        field("dlq"),
        field("error"),
        field("pipeline_prefix"),
        field("allowed_topics"),
    ],
};

pub(super) const TIER: ObjectSpec = ObjectSpec {
    name: "a tier",
    fields: &[
        field("extends"),
        field("description"),
        field("partitions"),
        field("replication_factor"),
        field("retention"),
        field("config"),
    ],
};

pub(super) const PROFILE: ObjectSpec = ObjectSpec {
    name: "a profile",
    fields: &[
        field("extends"),
        field("description"),
        field("vars"),
        field("tiers"),
        field("all"),
        field("topics"),
    ],
};

pub(super) const PROFILE_PATCH: ObjectSpec = ObjectSpec {
    name: "a profile's patch",
    fields: &[
        field("description"),
        field("partitions"),
        field("replication_factor"),
        field("retention"),
        field("config"),
    ],
};

pub(super) const PROFILE_TOPIC: ObjectSpec = ObjectSpec {
    name: "a profile's topic",
    fields: &[
        field("name"),
        field("description"),
        field("partitions"),
        field("replication_factor"),
        field("retention"),
        field("config"),
    ],
};

pub(super) const TOPIC: ObjectSpec = ObjectSpec {
    name: "a topic",
    fields: &[
        field("name"),
        field("description"),
        field("owner"),
        field("tier"),
        field("partitions"),
        field("replication_factor"),
        field("retention"),
        field("config"),
        field("retry"),
        field("dlq"),
        field("error"),
        field("consumer_groups"),
        field("partition_key"),
        field("profiles"),
        field("external"),
        field("env"),
        field("allow"),
    ],
};

pub(super) const DERIVED: ObjectSpec = ObjectSpec {
    name: "a derived topic",
    fields: &[
        field("name"),
        field("description"),
        field("owner"),
        field("tier"),
        field("partitions"),
        field("replication_factor"),
        field("retention"),
        field("config"),
        field("consumer_groups"),
        field("partition_key"),
        field("profiles"),
        field("external"),
        field("env"),
        field("allow"),
    ],
};

pub(super) const RETRY: ObjectSpec = ObjectSpec {
    name: "`retry`",
    fields: &[
        field("delays"),
        field("name"),
        field("description"),
        field("owner"),
        field("tier"),
        field("partitions"),
        field("replication_factor"),
        field("retention"),
        field("config"),
        field("consumer_groups"),
        field("partition_key"),
        field("profiles"),
        field("external"),
        field("env"),
        field("allow"),
    ],
};

pub(super) const RETRY_STEP: ObjectSpec = ObjectSpec {
    name: "a retry step",
    fields: &[
        field("delay"),
        field("name"),
        field("description"),
        field("owner"),
        field("tier"),
        field("partitions"),
        field("replication_factor"),
        field("retention"),
        field("config"),
        field("consumer_groups"),
        field("partition_key"),
        field("profiles"),
        field("external"),
        field("env"),
        field("allow"),
    ],
};

pub(super) const SAME_AS: ObjectSpec = ObjectSpec {
    name: "`partitions`",
    fields: &[field("same_as")],
};

pub(super) const PARTITION_KEY: ObjectSpec = ObjectSpec {
    name: "`partition_key`",
    fields: &[field("field"), field("partitioner")],
};

pub(super) const GROUP: ObjectSpec = ObjectSpec {
    name: "a consumer group",
    fields: &[field("name"), field("members"), field("produces")],
};

pub(super) const PIPELINE: ObjectSpec = ObjectSpec {
    name: "a pipeline",
    fields: &[
        field("name"),
        field("description"),
        field("owner"),
        field("tier"),
        field("profiles"),
        field("allowed_topics"),
        field("allowedKafkaTopics"),
        field("steps"),
    ],
};

pub(super) const STEP: ObjectSpec = ObjectSpec {
    name: "a step",
    fields: &[
        field("name"),
        field("description"),
        field("input"),
        field("output"),
        field("error"),
        field("dead_letter"),
        field("consumes"),
        field("produces"),
        field("listeners"),
    ],
};

pub(super) const POLICY: ObjectSpec = ObjectSpec {
    name: "`policy`",
    fields: &[
        field("names"),
        field("partitions"),
        field("replication_factor"),
        field("retention"),
        field("config"),
        field("owner"),
        field("profile"),
        field("fail_on"),
        field("checks"),
    ],
};

pub(super) const POLICY_NAMES: ObjectSpec = ObjectSpec {
    name: "`names` of a policy",
    fields: &[field("allow"), field("deny"), field("except")],
};

pub(super) const POLICY_RANGE: ObjectSpec = ObjectSpec {
    name: "a range of a policy",
    fields: &[field("min"), field("max")],
};

pub(super) const POLICY_CONFIG: ObjectSpec = ObjectSpec {
    name: "`config` of a policy",
    fields: &[field("require"), field("allow"), field("deny")],
};
