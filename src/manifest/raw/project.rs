//! The sections that hold for the whole project but for its policy. In which file they may stand is
//! [`super::super::project`]'s to say.

use super::topics::Groups;
use super::{Described, Settings};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::decode::{Decoder, Fields, Object, object};
use crate::manifest::fields::{FieldSpec, Shape, TOPIC, count};
use crate::manifest::yaml::Text;

object! {
    Defaults("`defaults`", "defaults") {
        /// The tier of main topics that name none. Without it, `standard`.
        tier: Option<Text>,
    }
}

object! {
    Naming("`naming`", "naming") {
        /// Names of retry topics; `${source}` is the main topic, `${delay}` the delay as written,
        /// `${delay_ms}` in milliseconds, `${index}` counts steps from 0, `${attempt}` from 1. Without
        /// it, `${source}-retry-${delay}`.
        retry: Option<Text>,
        /// Names of dead letter topics. Without it, `${source}-dlq`.
        dlq: Option<Text>,
        /// Names of error topics. Without it, `${source}-error`.
        error: Option<Text>,
        /// What the standard names of pipelines begin with, its dot included: with `yappy.` they are
        /// `yappy.pipeline.[pipeline].step.[step].(input|output|error|dead-letter)`. Without it,
        /// nothing.
        pipeline_prefix: Option<Text>,
        /// Custom topics that the steps of every pipeline may read and write.
        allowed_topics: Vec<Text>,
    }
}

object! {
    Tier("a tier", "tier") {
        /// The tier whose values this one starts from. Without it, a tier with a built-in name starts
        /// from the built-in one, and any other from `plain`, the broker's defaults.
        extends: Option<Text>,
        .._described: Described,
        ..settings: Settings,
    }
}

object! {
    Profile("a profile", "profile") {
        ..only_topics: OnlyTopics,
        /// The profile that this one adds to; its own values win.
        extends: Option<Text>,
        .._described: Described,
        /// Variables by name; they stand before those of the files.
        vars: Vec<(Text, Text)>,
        /// Values that are laid over tiers, by the tier's name, built-in ones included.
        tiers: Vec<(Text, Patch)>,
        /// Values that are laid over every topic, whatever its tier and its entry say. External topics
        /// are left alone.
        all: Option<Patch>,
        /// Values that are laid over single topics, derived ones included. They win over everything.
        /// Any file may have them for the topics that it declares.
        topics: Vec<TopicPatch>,
    }
}

/// Whether a profile holds `topics` and nothing else, which any file may add to a profile.
#[derive(Debug)]
pub(in crate::manifest) struct OnlyTopics(pub(in crate::manifest) bool);

impl Fields for OnlyTopics {
    const FIELDS: &'static [FieldSpec] = &[];

    fn read(_: &mut Decoder<'_>, profile: &Object<'_>) -> Option<Self> {
        let one = profile.fields.len() == 1;
        Some(Self(one && profile.get("topics").is_some()))
    }
}

object! {
    Patch("a profile's patch", "profile_patch") {
        .._described: Described,
        ..settings: Settings,
    }
}

object! {
    TopicPatch("a profile's topic", "profile_topic") {
        /// The topic's name, as the manifests declare it.
        name: Text = TOPIC,
        .._described: Described,
        ..settings: Settings,
        /// Groups that read the topic under this profile. One of a name that the topic states takes
        /// its place as far as it goes, `members` for example; others are added.
        consumer_groups: Groups,
        /// Codes of relation and style checks that are silent for this topic under this profile.
        allow: Vec<Text> = Shape::List(&Shape::Check),
    }
}

object! {
    Cluster("a cluster", "cluster") checked by has_servers {
        .._described: Described,
        /// Brokers to connect to first, as `host:port`: a list, or a text with commas.
        /// `--bootstrap-servers` wins over it.
        bootstrap_servers: Option<Vec<Text>>,
        /// The Java client's properties file; a relative path begins at the manifest's directory.
        command_config: Option<Text>,
        /// The profile that the cluster is run with: `--cluster` chooses it too, and refuses another
        /// `--profile`. Without it, the one of `--profile`, if any.
        profile: Option<Text>,
        /// The id that the cluster must have, as `topicctl verify` shows it. A run stops before it
        /// reads anything further where another cluster answers; and where this one answers and the
        /// run has another profile, however it was reached.
        cluster_id: Option<Text>,
        /// How many brokers it has when all are up. Apply creates nothing before as many are there
        /// (`--wait` says for how long it waits), for replicas are placed on those that are.
        /// `--wait-brokers` wins over it.
        brokers: Option<Text> = count(i32::MAX as i64),
    }
}

fn has_servers(cluster: &Cluster, decoder: &mut Decoder<'_>, object: &Object<'_>) {
    let place = object.get("bootstrap_servers");
    if let (Some([]), Some((span, _))) = (cluster.bootstrap_servers.as_deref(), place) {
        decoder.diagnostics.push(
            Diagnostic::error(Code::MissingField, "`bootstrap_servers` is empty")
                .at(span, "")
                .help("write host:port, for example kafka:9092, or leave the field out"),
        );
    }
}

object! {
    Accepted("an accepted mismatch", "accepted") {
        /// The topic that differs.
        topic: Text = TOPIC,
        /// The partition count that is found and left alone.
        partitions: Option<Text> = count(i32::MAX as i64),
        /// The number of replicas that is found and left alone.
        replication_factor: Option<Text> = count(i16::MAX as i64),
        /// The configuration values that are found and left alone.
        config: Vec<(Text, Text)> = Shape::Config,
        /// Why, for those who read the report.
        reason: Text,
        /// The profiles under which it is accepted, and those that extend them. Without it, it is
        /// accepted under every profile and without one.
        profiles: Option<Vec<Text>>,
        /// The cluster that it is accepted of, as `--cluster` names it. Without it, it is accepted of
        /// every cluster.
        cluster: Option<Text>,
        /// The last day on which it counts, as YYYY-MM-DD in UTC. Later the mismatch is reported
        /// again, with a warning beside it.
        until: Option<Text> = Shape::Day,
    }
}
