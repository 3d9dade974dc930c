//! Topics, what is derived from them, and what belongs to them.

use super::{FieldSpec, ObjectSpec, Shape, TEXTS, field, required};

/// The partition counts that Kafka's protocol can carry.
const MOST_PARTITIONS: i64 = i32::MAX as i64;
/// The replication factors that Kafka's protocol can carry.
const MOST_REPLICAS: i64 = i16::MAX as i64;
/// Consumers that can be counted.
pub(super) const MOST_MEMBERS: i64 = u32::MAX as i64;

pub(super) const DESCRIPTION: FieldSpec = field(
    "description",
    Shape::Text,
    "What it is for, in a sentence for people. Nothing is made of it on the cluster.",
);

pub(super) const PARTITIONS: FieldSpec = field(
    "partitions",
    Shape::Either(&[
        Shape::Count {
            most: MOST_PARTITIONS,
            words: &["default", "source"],
        },
        Shape::Object(&SAME_AS),
    ]),
    "How many partitions: a whole number from 1; `default` for the broker's default, which is then \
     not compared; `source` in a derived topic for as many as its main topic has; or \
     `{ same_as: NAME }` for as many as another topic has. References take the count that the \
     other topic ends up with, profile included. Choose deliberately: the count cannot be lowered, \
     and raising it moves keys to other partitions.",
);

pub(super) const REPLICATION_FACTOR: FieldSpec = field(
    "replication_factor",
    Shape::Count {
        most: MOST_REPLICAS,
        words: &["default"],
    },
    "How many brokers hold a copy of each partition: a whole number from 1, or `default` for the \
     broker's default, which is then not compared. 3 is usual in production, 1 on a single broker.",
);

pub(super) const RETENTION: FieldSpec = field(
    "retention",
    Shape::Duration,
    "How long messages are kept: a number and one of the units `ms s m h d w`, such as `7d`, or \
     `unlimited`. The same as `retention.ms` under `config`; both in one block are an error. A bare \
     number is refused, for it says no unit.",
);

pub(super) const CONFIG: FieldSpec = field(
    "config",
    Shape::Config,
    "Topic configurations by Kafka's names, merged key by key with those of the layers below. \
     Durations (`7d`) and sizes (`10MiB`) may have their unit, a bare number is the broker's own \
     form; a list is joined with commas; `unlimited` is understood where a key has no limit; null \
     takes a key away.",
);

const NAME: FieldSpec = required(
    "name",
    Shape::Text,
    "The topic's name: 1 to 249 letters, digits, `.`, `_` and `-`. It may hold variables.",
);

const DERIVED_NAME: FieldSpec = field(
    "name",
    Shape::Text,
    "The derived topic's name, in the place of the one that `naming` gives. It may hold \
     `${source}`, and in `retry` `${delay}`, `${delay_ms}`, `${index}` and `${attempt}`.",
);

const OWNER: FieldSpec = field(
    "owner",
    Shape::Text,
    "Who answers for the topic, a team for example. A policy can require it, `--select owner:NAME` \
     selects by it.",
);

const TIER: FieldSpec = field(
    "tier",
    Shape::Text,
    "The tier that its values start from: one of `tiers`, or a built-in one (`standard`, `error`, \
     `dlq`, `retry`, `plain`). Without one a topic takes `defaults.tier`, else `standard`; a derived \
     topic the built-in tier of its role.",
);

const CONSUMER_GROUPS: FieldSpec = field(
    "consumer_groups",
    Shape::List(&Shape::Either(&[Shape::Text, Shape::Object(&GROUP)])),
    "The groups that read the topic: names, or mappings with a name and more. Groups come into \
     being when their first consumer joins; topicctl creates none. `${topic}` is the topic's name.",
);

const PARTITION_KEY_FIELD: FieldSpec = field(
    "partition_key",
    Shape::Object(&PARTITION_KEY),
    "What decides the partition of a message.",
);

const PROFILES: FieldSpec = field(
    "profiles",
    TEXTS,
    "The profiles under which this is declared at all, and those that extend them. Without it, it \
     is declared under every profile and without one.",
);

const EXTERNAL: FieldSpec = field(
    "external",
    Shape::Flag,
    "`true` for a topic that somebody else owns: it is verified and never created, and only what \
     this entry itself states is compared. It may stand beside the entry that declares the topic, \
     and must then state the same values.",
);

const ENV: FieldSpec = field(
    "env",
    Shape::Text,
    "The environment variable that holds the topic's name in services. Without it, `KAFKA_TOPIC_` \
     and the name in upper case.",
);

const ALLOW: FieldSpec = field(
    "allow",
    Shape::List(&Shape::Check),
    "Codes of relation and style checks that are silent for this topic.",
);

pub(in crate::manifest) const TOPIC: ObjectSpec = ObjectSpec {
    name: "a topic",
    id: "topic",
    fields: &[
        NAME,
        DESCRIPTION,
        OWNER,
        TIER,
        PARTITIONS,
        REPLICATION_FACTOR,
        RETENTION,
        CONFIG,
        field(
            "retry",
            Shape::Object(&RETRY),
            "A ladder of retry topics, one for each delay.",
        ),
        field(
            "dlq",
            Shape::Either(&[Shape::Flag, Shape::Text, Shape::Object(&DERIVED)]),
            "The dead letter topic: `true` for one with the usual values, a mapping for one with \
             values of its own, or the NAME of a topic that is declared elsewhere and may be shared.",
        ),
        field(
            "error",
            Shape::Either(&[Shape::Flag, Shape::Object(&DERIVED)]),
            "The error topic: `true` for one with the usual values, a mapping for one with values \
             of its own.",
        ),
        CONSUMER_GROUPS,
        PARTITION_KEY_FIELD,
        PROFILES,
        EXTERNAL,
        ENV,
        ALLOW,
    ],
};

/// The fields that every derived topic has, behind its own.
macro_rules! derived_fields {
    ($($own:expr),* $(,)?) => {
        &[
            $($own,)*
            DERIVED_NAME,
            DESCRIPTION,
            OWNER,
            TIER,
            PARTITIONS,
            REPLICATION_FACTOR,
            RETENTION,
            CONFIG,
            CONSUMER_GROUPS,
            PARTITION_KEY_FIELD,
            PROFILES,
            EXTERNAL,
            ENV,
            ALLOW,
        ]
    };
}

pub(in crate::manifest) const DERIVED: ObjectSpec = ObjectSpec {
    name: "a derived topic",
    id: "derived",
    fields: derived_fields![],
};

pub(in crate::manifest) const RETRY: ObjectSpec = ObjectSpec {
    name: "`retry`",
    id: "retry",
    fields: derived_fields![required(
        "delays",
        Shape::List(&Shape::Either(&[Shape::Delay, Shape::Object(&RETRY_STEP)])),
        "How long a message waits on each step, such as `[5m, 30m, 2h]`: one topic each. Delays \
             should rise. A step with fields of its own is a mapping: `{ delay: 2h, retention: 3d }`.",
    )],
};

pub(in crate::manifest) const RETRY_STEP: ObjectSpec = ObjectSpec {
    name: "a retry step",
    id: "retry_step",
    fields: derived_fields![required(
        "delay",
        Shape::Delay,
        "How long a message waits on this step, such as `5m`.",
    )],
};

pub(in crate::manifest) const SAME_AS: ObjectSpec = ObjectSpec {
    name: "`partitions`",
    id: "same_as",
    fields: &[required(
        "same_as",
        Shape::Text,
        "The topic whose partition count this one takes, so that the two are co-partitioned.",
    )],
};

pub(in crate::manifest) const PARTITION_KEY: ObjectSpec = ObjectSpec {
    name: "`partition_key`",
    id: "partition_key",
    fields: &[
        field(
            "field",
            Shape::Text,
            "The field of the message that is its key, for people.",
        ),
        field(
            "partitioner",
            Shape::Word(&["md5", "murmur2", "crc32", "fnv1a"]),
            "How the producers hash the key: `murmur2` is the Java client's, `crc32` librdkafka's \
             default, `fnv1a` Sarama's, `md5` the digest as a big-endian number, modulo the \
             partitions.",
        ),
    ],
};

pub(in crate::manifest) const GROUP: ObjectSpec = ObjectSpec {
    name: "a consumer group",
    id: "group",
    fields: &[
        required(
            "name",
            Shape::Text,
            "The group's id. `${topic}` is the topic's name.",
        ),
        field(
            "members",
            Shape::Count {
                most: MOST_MEMBERS,
                words: &[],
            },
            "How many consumers it has. More than the topic has partitions is a warning: the rest \
             would be idle.",
        ),
        field(
            "produces",
            TEXTS,
            "Topics that the group writes to, for drawings.",
        ),
    ],
};
