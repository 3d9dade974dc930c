//! Resources in Kubernetes' form, `apiVersion` and `kind`: those that are topics, and all others.

use super::{Content, Foreign, Item, Layout, NO_TOPICS, at, items, place, text_at};
use crate::diagnostic::Span;
use crate::manifest::yaml::Node;

/// A kind of resource that is one topic.
struct Resource {
    /// Of its `apiVersion`, what stands before the `/`.
    group: &'static str,
    kind: &'static str,
    /// Whose it is.
    owner: &'static str,
    layout: Layout,
}

const STRIMZI: &str = "kafka.strimzi.io";
const JIKKOU: [&str; 2] = ["kafka.jikkou.io", "core.jikkou.io"];

/// Groups whose other kinds are called after their owner.
const OWNERS: [(&str, &str); 3] = [
    (STRIMZI, "Strimzi"),
    (JIKKOU[0], "Jikkou"),
    (JIKKOU[1], "Jikkou"),
];

const RESOURCES: [Resource; 9] = [
    Resource {
        group: STRIMZI,
        kind: "KafkaTopic",
        owner: "Strimzi",
        layout: Layout {
            names: &["spec topicName", "metadata name"],
            partitions: &["spec partitions"],
            replicas: &["spec replicas"],
            config: &["spec config"],
            single: &[],
            naming: "",
        },
    },
    Resource {
        group: JIKKOU[0],
        kind: "KafkaTopic",
        owner: "Jikkou",
        layout: Layout {
            names: &["metadata name"],
            partitions: &["spec partitions"],
            replicas: &["spec replicas"],
            config: &["spec configs"],
            single: &[],
            naming: "",
        },
    },
    Resource {
        group: "platform.confluent.io",
        kind: "KafkaTopic",
        owner: "Confluent for Kubernetes",
        layout: Layout {
            names: &["spec name", "metadata name"],
            partitions: &["spec partitionCount"],
            replicas: &["spec replicas"],
            config: &["spec configs"],
            single: &[],
            naming: "",
        },
    },
    Resource {
        group: "kafka.banzaicloud.io",
        kind: "KafkaTopic",
        owner: "Koperator",
        layout: Layout {
            names: &["spec name"],
            partitions: &["spec partitions"],
            replicas: &["spec replicationFactor"],
            config: &["spec config"],
            single: &[],
            naming: "",
        },
    },
    Resource {
        group: "kafka.nais.io",
        kind: "Topic",
        owner: "NAIS",
        layout: Layout {
            names: &[],
            partitions: &["spec config partitions"],
            replicas: &["spec config replication"],
            config: &[],
            single: &[
                ("spec config cleanupPolicy", "cleanup.policy", ""),
                (
                    "spec config minimumInSyncReplicas",
                    "min.insync.replicas",
                    "",
                ),
                ("spec config retentionHours", "retention.ms", "h"),
                ("spec config retentionBytes", "retention.bytes", ""),
                ("spec config localRetentionHours", "local.retention.ms", "h"),
                (
                    "spec config localRetentionBytes",
                    "local.retention.bytes",
                    "",
                ),
                ("spec config segmentHours", "segment.ms", "h"),
                ("spec config maxMessageBytes", "max.message.bytes", ""),
                (
                    "spec config minCompactionLagMs",
                    "min.compaction.lag.ms",
                    "",
                ),
                (
                    "spec config maxCompactionLagMs",
                    "max.compaction.lag.ms",
                    "",
                ),
                // A share is no percentage: it is for a person to write.
                (
                    "spec config minCleanableDirtyRatioPercent",
                    "min.cleanable.dirty.ratio",
                    "%",
                ),
            ],
            naming: "`metadata.namespace` and `metadata.name`, joined by a dot",
        },
    },
    Resource {
        group: "cluster.redpanda.com",
        kind: "Topic",
        owner: "Redpanda",
        layout: Layout {
            names: &["spec overwriteTopicName", "metadata name"],
            partitions: &["spec partitions"],
            replicas: &["spec replicationFactor"],
            config: &["spec additionalConfig"],
            single: &[],
            naming: "",
        },
    },
    Resource {
        group: "topic.kafka.crossplane.io",
        kind: "Topic",
        owner: "Crossplane",
        layout: Layout {
            names: &[
                "metadata annotations crossplane.io/external-name",
                "metadata name",
            ],
            partitions: &["spec forProvider partitions"],
            replicas: &["spec forProvider replicationFactor"],
            config: &["spec forProvider config"],
            single: &[],
            naming: "",
        },
    },
    Resource {
        group: "aiven.io",
        kind: "KafkaTopic",
        owner: "Aiven",
        layout: Layout {
            names: &["spec topicName", "metadata name"],
            partitions: &["spec partitions"],
            replicas: &["spec replication"],
            config: &["spec config"],
            single: &[],
            naming: "",
        },
    },
    // Whoever's.
    Resource {
        group: "",
        kind: "KafkaTopic",
        owner: "Kubernetes",
        layout: Layout {
            names: &["spec topicName", "spec name", "metadata name"],
            partitions: &["spec partitions"],
            replicas: &["spec replicas", "spec replicationFactor"],
            config: &["spec config", "spec configs"],
            single: &[],
            naming: "",
        },
    },
];

impl Resource {
    fn find(group: &str, kind: &str) -> Option<&'static Self> {
        const { &RESOURCES }
            .iter()
            .find(|one| one.kind == kind && [group, ""].contains(&one.group))
    }

    fn item<'n>(&self, node: &'n Node) -> Item<'n> {
        let joined = || {
            let namespace = text_at(node, "metadata namespace")?;
            Some(format!("{namespace}.{}", text_at(node, "metadata name")?))
        };
        Item {
            name: joined().filter(|_| self.layout.names.is_empty()),
            ..Item::new(node)
        }
    }
}

fn with_article(owner: &str, kind: &str) -> String {
    let article = if owner.starts_with('A') { "an" } else { "a" };
    format!("{article} {owner} {kind}")
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// A resource, or a list of some.
pub(super) fn resource(node: &Node) -> Option<Foreign<'_>> {
    let api_version = text_at(node, "apiVersion")?;
    let kind = text_at(node, "kind")?;
    let group = group_of(&api_version);
    let place = place(node, "apiVersion");
    let listed = kind
        .strip_suffix("List")
        .filter(|_| at(node, "items").is_some());
    if let Some(listed) = listed {
        return Some(list(node, (group, listed), place));
    }
    if let Some(found) = Resource::find(group, &kind) {
        return Some(Foreign {
            what: with_article(found.owner, &kind),
            place,
            content: Content::Topics {
                layout: &found.layout,
                items: vec![found.item(node)],
            },
        });
    }
    let owner = OWNERS.iter().find(|(known, _)| *known == group);
    let owner = owner.map_or("Kubernetes", |(_, owner)| owner);
    let help = match (group, kind.as_str()) {
        ("", "ConfigMap") => {
            "a manifest inside `data` is read from a file of its own, as Kubernetes mounts it; \
             leave this one out of the paths that topicctl reads"
        }
        (group, "ConfigMap") if JIKKOU.contains(&group) => {
            "its `data` is the `config` of a tier, under `tiers:` in topicctl.yaml; topics name it by \
             `tier`"
        }
        _ => NO_TOPICS,
    };
    Some(Foreign {
        what: with_article(owner, &kind),
        place,
        content: Content::Other {
            help: help.to_owned(),
            lines: None,
        },
    })
}

/// Of a list the topics of the first kind that has some.
fn list<'n>(node: &'n Node, (group, kind): (&str, &str), place: Span) -> Foreign<'n> {
    let of = |item: &Node| {
        let api_version = text_at(item, "apiVersion");
        let group = api_version.as_deref().map_or(group, group_of).to_owned();
        let kind = text_at(item, "kind").unwrap_or_else(|| kind.to_owned());
        Resource::find(&group, &kind)
    };
    let all = || items(at(node, "items"));
    let Some(first) = all().find_map(of) else {
        return Foreign {
            what: "a Kubernetes list".to_owned(),
            place,
            content: Content::Other {
                help: NO_TOPICS.to_owned(),
                lines: None,
            },
        };
    };
    let alike = |item: &&Node| of(item).is_some_and(|one| std::ptr::eq(one, first));
    Foreign {
        what: format!("a list of {} {}s", first.owner, first.kind),
        place,
        content: Content::Topics {
            layout: &first.layout,
            items: all().filter(alike).map(|item| first.item(item)).collect(),
        },
    }
}
