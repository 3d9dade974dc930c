//! The documents of other tools by their shape. Each reader looks at the whole document, and the
//! first one that knows it is right.

use super::compose::compose;
use super::resources::resource;
use super::terraform::terraform;
use super::{
    Content, Foreign, Item, Layout, NO_TOPICS, at, entries, is_mapping, items, place, text_at,
};
use crate::manifest::yaml::Node;

type Reader = for<'n> fn(&'n Node) -> Option<Foreign<'n>>;

pub(super) const READERS: [Reader; 10] = [
    resource,
    chart,
    segmentio,
    julie,
    async_api,
    terraform,
    compose,
    kafka_gitops,
    kafka_specs,
    chart_values,
];

/// The `Chart.yaml` of a Helm chart.
fn chart(node: &Node) -> Option<Foreign<'_>> {
    let is_chart = ["apiVersion", "name", "version"]
        .iter()
        .all(|key| text_at(node, key).is_some());
    is_chart.then(|| {
        Foreign::without_topics(
            "the description of a Helm chart",
            (node, "apiVersion"),
            NO_TOPICS,
        )
    })
}

const SEGMENTIO: Layout = Layout {
    names: &["meta name"],
    partitions: &["spec partitions"],
    replicas: &["spec replicationFactor"],
    config: &["spec settings"],
    single: &[("spec retentionMinutes", "retention.ms", "m")],
    naming: "",
};

/// A topic or a cluster of segmentio's tool of this name.
fn segmentio(node: &Node) -> Option<Foreign<'_>> {
    let spec = at(node, "spec").filter(|spec| is_mapping(spec))?;
    at(node, "meta").filter(|meta| is_mapping(meta))?;
    if at(spec, "bootstrapAddrs").is_some() {
        let name = text_at(node, "meta name");
        let servers = items(at(spec, "bootstrapAddrs")).filter_map(Node::text);
        let servers: Vec<_> = servers.map(|one| one.text).collect();
        let is_plain = |text: &String| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
            !text.is_empty() && text.chars().all(plain)
        };
        let name = name.filter(|name| is_plain(name) && !servers.is_empty());
        let lines = name.filter(|_| servers.iter().all(is_plain)).map(|name| {
            let servers = servers.join("\", \"");
            format!("clusters:\n  \"{name}\":\n    bootstrap_servers: [\"{servers}\"]")
        });
        let end = if lines.is_some() { ":" } else { "" };
        return Some(Foreign {
            what: "a cluster of segmentio's tool of this name".to_owned(),
            place: place(node, "meta"),
            content: Content::Other {
                help: format!(
                    "in topicctl.yaml it is an entry of `clusters:`, with `bootstrap_servers` from \
                     `spec.bootstrapAddrs` and `cluster_id` from `spec.clusterID`{end}"
                ),
                lines,
            },
        });
    }
    let what = "a topic of segmentio's tool of this name";
    let is_topic = at(spec, "partitions").is_some() || at(spec, "replicationFactor").is_some();
    Some(match is_topic {
        true => Foreign::with_topics(what, (node, "meta"), &SEGMENTIO, vec![Item::new(node)]),
        false => {
            let what = "a document of segmentio's tool of this name";
            Foreign::without_topics(what, (node, "meta"), NO_TOPICS)
        }
    })
}

const JULIE: Layout = Layout {
    names: &["name"],
    partitions: &["config num.partitions"],
    replicas: &["config replication.factor"],
    config: &["config"],
    single: &[],
    naming: "`context`, the attributes below it, the project and `name`, joined by dots",
};

/// A descriptor of Julie, once Kafka Topology Builder. Names are joined as it does by default: all
/// attributes before the projects, in their order.
fn julie(node: &Node) -> Option<Foreign<'_>> {
    let projects = at(node, "projects")?;
    at(node, "context")?;
    let above = entries(node).take_while(|(key, _)| *key != "projects");
    let above: Vec<_> = above
        .filter_map(|(_, value)| Some(value.text()?.text))
        .collect();
    let mut topics = Vec::new();
    for project in items(Some(projects)) {
        let project_name = text_at(project, "name").unwrap_or_default();
        for topic in items(at(project, "topics")) {
            let own = ["name", "dataType"]
                .iter()
                .filter_map(|key| text_at(topic, key));
            let parts = above
                .iter()
                .cloned()
                .chain([project_name.clone()])
                .chain(own);
            topics.push(Item::named(parts.collect::<Vec<_>>().join("."), topic));
        }
    }
    topics.extend(items(at(node, "special_topics")).map(Item::new));
    let what = "a descriptor of Julie (Kafka Topology Builder)";
    Some(Foreign::with_topics(
        what,
        (node, "context"),
        &JULIE,
        topics,
    ))
}

const ASYNC_API: Layout = Layout {
    names: &["bindings kafka topic", "address"],
    partitions: &["bindings kafka partitions"],
    replicas: &["bindings kafka replicas"],
    config: &["bindings kafka topicConfiguration"],
    single: &[],
    naming: "the channel's `bindings.kafka.topic`, `address` or key",
};

fn async_api(node: &Node) -> Option<Foreign<'_>> {
    at(node, "asyncapi")?;
    let channels = at(node, "channels").into_iter().flat_map(entries);
    let topics = channels.map(|(key, channel)| {
        match ASYNC_API
            .names
            .iter()
            .any(|path| at(channel, path).is_some())
        {
            true => Item::new(channel),
            false => Item::named(key, channel),
        }
    });
    let what = "an AsyncAPI document";
    Some(Foreign::with_topics(
        what,
        (node, "asyncapi"),
        &ASYNC_API,
        topics.collect(),
    ))
}

const KAFKA_GITOPS: Layout = Layout {
    names: &[],
    partitions: &["partitions"],
    replicas: &["replication"],
    config: &["configs"],
    single: &[],
    naming: "the topic's key",
};

/// The desired state of kafka-gitops. A mapping of topics alone may be a mistake in a manifest.
fn kafka_gitops(node: &Node) -> Option<Foreign<'_>> {
    let topics = at(node, "topics");
    if topics.is_some_and(|topics| !is_mapping(topics)) {
        return None;
    }
    let topics: Vec<_> = topics.into_iter().flat_map(entries).collect();
    let others = ["services", "users", "customServiceAcls", "customUserAcls"];
    let other = others
        .iter()
        .find(|key| at(node, key).is_some_and(is_mapping));
    let is_theirs = topics
        .iter()
        .any(|(_, topic)| at(topic, "replication").is_some() || at(topic, "configs").is_some());
    let has_settings = at(node, "settings").is_some() && !topics.is_empty();
    let is_known_by_service = at(node, "services").is_some_and(|services| {
        let mut types = entries(services).filter_map(|(_, one)| text_at(one, "type"));
        types.any(|it| ["application", "kafka-connect", "kafka-streams"].contains(&it.as_str()))
    });
    let beside = other.is_some() && !topics.is_empty();
    if !(is_theirs || has_settings || is_known_by_service || beside) {
        return None;
    }
    let replicas = text_at(node, "settings topics defaults replication");
    let key = if topics.is_empty() {
        "services"
    } else {
        "topics"
    };
    let items = topics.into_iter().map(|(name, topic)| Item {
        replicas: replicas.clone(),
        ..Item::named(name, topic)
    });
    let what = "a desired state of kafka-gitops";
    Some(Foreign::with_topics(
        what,
        (node, key),
        &KAFKA_GITOPS,
        items.collect(),
    ))
}

const KAFKA_SPECS: Layout = Layout {
    names: &["name"],
    partitions: &["partitions"],
    replicas: &["replication_factor", "replicas"],
    config: &["configs"],
    single: &[],
    naming: "",
};

/// The form that Jikkou had before it took Kubernetes' one.
fn kafka_specs(node: &Node) -> Option<Foreign<'_>> {
    let specs = ["specs", "spec"]
        .iter()
        .find_map(|key| Some((*key, at(node, key)?)));
    let (key, specs) = specs?;
    at(node, "version")?;
    let topics = items(at(specs, "topics")).map(Item::new);
    let what = "a specification of Jikkou";
    Some(Foreign::with_topics(
        what,
        (node, key),
        &KAFKA_SPECS,
        topics.collect(),
    ))
}

const CHART_VALUES: Layout = Layout {
    names: &["name"],
    partitions: &["partitions"],
    replicas: &["replicationFactor"],
    config: &["config"],
    single: &[],
    naming: "",
};

/// Values for a Helm chart that provisions topics, as Bitnami's for Kafka.
fn chart_values(node: &Node) -> Option<Foreign<'_>> {
    let topics = at(node, "provisioning topics")?;
    let topics = items(Some(topics)).map(Item::new);
    let what = "the values of a Helm chart";
    Some(Foreign::with_topics(
        what,
        (node, "provisioning"),
        &CHART_VALUES,
        topics.collect(),
    ))
}
