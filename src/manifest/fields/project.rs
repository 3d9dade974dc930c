//! A manifest as a whole, and the sections that all of a project shares.

use super::topics::{CONFIG, DESCRIPTION, PARTITIONS, REPLICATION_FACTOR, RETENTION};
use super::{FINDINGS, ObjectSpec, PIPELINE, Shape, TEXTS, TOPIC, field, required};

pub(in crate::manifest) const DOCUMENT: ObjectSpec = ObjectSpec {
    name: "a manifest",
    id: "manifest",
    fields: &[
        field(
            "defaults",
            Shape::Object(&DEFAULTS),
            "What holds where a topic says nothing. Belongs in topicctl.yaml where there is one.",
        ),
        field(
            "tiers",
            Shape::Named(&TIER),
            "Named sets of values that topics start from. Belongs in topicctl.yaml where there is \
             one.",
        ),
        field(
            "naming",
            Shape::Object(&NAMING),
            "How derived topics and those of pipelines are called. Belongs in topicctl.yaml where \
             there is one.",
        ),
        field(
            "policy",
            Shape::Object(&POLICY),
            "The team's own rules for every topic. Belongs in topicctl.yaml where there is one.",
        ),
        field(
            "profiles",
            Shape::Named(&PROFILE),
            "What differs between environments: `--profile NAME` chooses one. Belongs in \
             topicctl.yaml where there is one, but for additions of `topics` to a profile.",
        ),
        field(
            "clusters",
            Shape::Named(&CLUSTER),
            "The clusters that the manifests are for: `--cluster NAME` chooses one, and `verify \
             --all-clusters` takes all. Belongs in topicctl.yaml where there is one.",
        ),
        field(
            "vars",
            Shape::Texts,
            "Variables by name, for this file; those of topicctl.yaml hold for all files. A value \
             may hold other variables and is only looked at where it is used.",
        ),
        field(
            "topics",
            Shape::Objects(&TOPIC),
            "The topics, in any order.",
        ),
        field(
            "pipelines",
            Shape::Objects(&PIPELINE),
            "Pipelines, whose steps declare topics of standard names.",
        ),
        field(
            "accepted_mismatches",
            Shape::Objects(&ACCEPTED),
            "Found values that are known and left alone: reported as accepted, while exactly this \
             value is found.",
        ),
    ],
};

pub(in crate::manifest) const DEFAULTS: ObjectSpec = ObjectSpec {
    name: "`defaults`",
    id: "defaults",
    fields: &[field(
        "tier",
        Shape::Text,
        "The tier of main topics that name none. Without it, `standard`.",
    )],
};

pub(in crate::manifest) const NAMING: ObjectSpec = ObjectSpec {
    name: "`naming`",
    id: "naming",
    fields: &[
        field(
            "retry",
            Shape::Text,
            "Names of retry topics; `${source}` is the main topic, `${delay}` the delay as written, \
             `${delay_ms}` in milliseconds, `${index}` counts steps from 0, `${attempt}` from 1. \
             Without it, `${source}-retry-${delay}`.",
        ),
        field(
            "dlq",
            Shape::Text,
            "Names of dead letter topics. Without it, `${source}-dlq`.",
        ),
        field(
            "error",
            Shape::Text,
            "Names of error topics. Without it, `${source}-error`.",
        ),
        field(
            "pipeline_prefix",
            Shape::Text,
            "What the standard names of pipelines begin with, its dot included: with `yappy.` they \
             are `yappy.pipeline.[pipeline].step.[step].(input|output|error|dead-letter)`. Without \
             it, nothing.",
        ),
        field(
            "allowed_topics",
            TEXTS,
            "Custom topics that the steps of every pipeline may read and write.",
        ),
    ],
};

pub(in crate::manifest) const TIER: ObjectSpec = ObjectSpec {
    name: "a tier",
    id: "tier",
    fields: &[
        field(
            "extends",
            Shape::Text,
            "The tier whose values this one starts from. Without it, a tier with a built-in name \
             starts from the built-in one, and any other from `plain`, the broker's defaults.",
        ),
        DESCRIPTION,
        PARTITIONS,
        REPLICATION_FACTOR,
        RETENTION,
        CONFIG,
    ],
};

pub(in crate::manifest) const PROFILE: ObjectSpec = ObjectSpec {
    name: "a profile",
    id: "profile",
    fields: &[
        field(
            "extends",
            Shape::Text,
            "The profile that this one adds to; its own values win.",
        ),
        DESCRIPTION,
        field(
            "vars",
            Shape::Texts,
            "Variables by name; they stand before those of the files.",
        ),
        field(
            "tiers",
            Shape::Named(&PROFILE_PATCH),
            "Values that are laid over tiers, by the tier's name, built-in ones included.",
        ),
        field(
            "all",
            Shape::Object(&PROFILE_PATCH),
            "Values that are laid over every topic, whatever its tier and its entry say. External \
             topics are left alone.",
        ),
        field(
            "topics",
            Shape::Objects(&PROFILE_TOPIC),
            "Values that are laid over single topics, derived ones included. They win over \
             everything. Any file may have them for the topics that it declares.",
        ),
    ],
};

pub(in crate::manifest) const PROFILE_PATCH: ObjectSpec = ObjectSpec {
    name: "a profile's patch",
    id: "profile_patch",
    fields: &[
        DESCRIPTION,
        PARTITIONS,
        REPLICATION_FACTOR,
        RETENTION,
        CONFIG,
    ],
};

pub(in crate::manifest) const PROFILE_TOPIC: ObjectSpec = ObjectSpec {
    name: "a profile's topic",
    id: "profile_topic",
    fields: &[
        required(
            "name",
            Shape::Text,
            "The topic's name, as the manifests declare it.",
        ),
        DESCRIPTION,
        PARTITIONS,
        REPLICATION_FACTOR,
        RETENTION,
        CONFIG,
    ],
};

pub(in crate::manifest) const CLUSTER: ObjectSpec = ObjectSpec {
    name: "a cluster",
    id: "cluster",
    fields: &[
        DESCRIPTION,
        field(
            "bootstrap_servers",
            TEXTS,
            "Brokers to connect to first, as `host:port`: a list, or a text with commas. \
             `--bootstrap-servers` wins over it.",
        ),
        field(
            "command_config",
            Shape::Text,
            "The Java client's properties file; a relative path begins at the manifest's directory.",
        ),
        field(
            "profile",
            Shape::Text,
            "The profile that the cluster is run with: `--cluster` chooses it too, and refuses \
             another `--profile`. Without it, the one of `--profile`, if any.",
        ),
        field(
            "cluster_id",
            Shape::Text,
            "The id that the cluster must have, as `topicctl verify` shows it. A run stops before \
             it reads anything further where another cluster answers; and where this one answers \
             and the run has another profile, however it was reached.",
        ),
    ],
};

pub(in crate::manifest) const POLICY: ObjectSpec = ObjectSpec {
    name: "`policy`",
    id: "policy",
    fields: &[
        field(
            "names",
            Shape::Object(&POLICY_NAMES),
            "What main topics may be called.",
        ),
        field(
            "partitions",
            Shape::Object(&POLICY_COUNTS),
            "The partition counts that topics may have.",
        ),
        field(
            "replication_factor",
            Shape::Object(&POLICY_COUNTS),
            "The replication factors that topics may have.",
        ),
        field(
            "retention",
            Shape::Object(&POLICY_DURATIONS),
            "The retentions that topics may have.",
        ),
        field(
            "config",
            Shape::Object(&POLICY_CONFIG),
            "The configurations that topics must have, may have or may not have.",
        ),
        field(
            "owner",
            Shape::Word(&["required", "optional"]),
            "`required`: every main topic states its `owner`.",
        ),
        field(
            "profile",
            Shape::Word(&["required", "optional"]),
            "`required`: nothing runs without `--profile`.",
        ),
        field(
            "fail_on",
            Shape::List(&Shape::Word(FINDINGS)),
            "Which findings give exit code 1, unless `--fail-on` says. Without it, `missing` and \
             `mismatch`.",
        ),
        field(
            "checks",
            Shape::Severities,
            "The severity of relation and style checks, by their codes: `allow` silences one, \
             `warn` makes it a warning, `error` an error.",
        ),
    ],
};

pub(in crate::manifest) const POLICY_NAMES: ObjectSpec = ObjectSpec {
    name: "`names` of a policy",
    id: "policy_names",
    fields: &[
        field(
            "allow",
            TEXTS,
            "Regular expressions; a name must match one of them.",
        ),
        field(
            "deny",
            TEXTS,
            "Regular expressions; a name may match none of them.",
        ),
        field(
            "except",
            TEXTS,
            "Regular expressions of names that `allow` and `deny` do not judge.",
        ),
    ],
};

pub(in crate::manifest) const POLICY_COUNTS: ObjectSpec = ObjectSpec {
    name: "a range of a policy",
    id: "policy_counts",
    fields: &[
        field("min", COUNT, "The smallest that is allowed."),
        field("max", COUNT, "The largest that is allowed."),
    ],
};

const COUNT: Shape = Shape::Count {
    most: i64::MAX,
    words: &[],
};

pub(in crate::manifest) const POLICY_DURATIONS: ObjectSpec = ObjectSpec {
    name: "a range of a policy",
    id: "policy_durations",
    fields: &[
        field(
            "min",
            Shape::Duration,
            "The shortest that is allowed, with its unit.",
        ),
        field(
            "max",
            Shape::Duration,
            "The longest that is allowed, with its unit.",
        ),
    ],
};

pub(in crate::manifest) const POLICY_CONFIG: ObjectSpec = ObjectSpec {
    name: "`config` of a policy",
    id: "policy_config",
    fields: &[
        field(
            "require",
            Shape::Either(&[TEXTS, Shape::Texts]),
            "Keys that every topic must set: a list, or a mapping to the values that they must \
             have.",
        ),
        field(
            "allow",
            TEXTS,
            "Keys that manifests may set; globs such as `retention.*`.",
        ),
        field(
            "deny",
            TEXTS,
            "Keys that manifests may not set; globs such as `remote.*`.",
        ),
    ],
};

pub(in crate::manifest) const ACCEPTED: ObjectSpec = ObjectSpec {
    name: "an accepted mismatch",
    id: "accepted",
    fields: &[
        required("topic", Shape::Text, "The topic that differs."),
        field(
            "partitions",
            Shape::Count {
                most: i32::MAX as i64,
                words: &[],
            },
            "The partition count that is found and left alone.",
        ),
        field(
            "replication_factor",
            Shape::Count {
                most: i16::MAX as i64,
                words: &[],
            },
            "The number of replicas that is found and left alone.",
        ),
        field(
            "config",
            Shape::Config,
            "The configuration values that are found and left alone.",
        ),
        required("reason", Shape::Text, "Why, for those who read the report."),
        field(
            "until",
            Shape::Text,
            "The last day on which it counts, as YYYY-MM-DD in UTC. Later the mismatch is reported \
             again, with a warning beside it.",
        ),
    ],
};
