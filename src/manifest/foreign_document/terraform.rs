//! Topics in Terraform's JSON: in a configuration, a plan or a state, by any provider that has them.

use super::{Foreign, Item, Layout, at, entries, is_mapping, items, text_at};
use crate::manifest::yaml::Node;

const TERRAFORM: Layout = Layout {
    names: &["name", "topic_name"],
    partitions: &["partitions", "partitions_count", "partition_count"],
    replicas: &["replication_factor", "replication"],
    config: &["config", "configuration"],
    single: &[],
    naming: "",
};

const TERRAFORM_TYPES: [&str; 4] = [
    "kafka_topic",
    "confluent_kafka_topic",
    "aiven_kafka_topic",
    "redpanda_topic",
];

/// Terraform's JSON: a configuration, a plan, or a state.
pub(super) fn terraform(node: &Node) -> Option<Foreign<'_>> {
    let is_topic = |resource: &&Node| {
        let of_type = text_at(resource, "type");
        of_type.is_some_and(|of_type| TERRAFORM_TYPES.contains(&of_type.as_str()))
    };
    let (what, key, topics) = if at(node, "terraform_version").is_some()
        && (at(node, "planned_values").is_some() || at(node, "values").is_some())
    {
        let mut topics = Vec::new();
        let values = at(node, "planned_values").or_else(|| at(node, "values"));
        let mut modules: Vec<_> = values
            .and_then(|it| at(it, "root_module"))
            .into_iter()
            .collect();
        while let Some(module) = modules.pop() {
            let resources = items(at(module, "resources")).filter(is_topic);
            topics.extend(resources.filter_map(|one| at(one, "values")));
            modules.extend(items(at(module, "child_modules")));
        }
        ("a plan of Terraform", "terraform_version", topics)
    } else if at(node, "terraform_version").is_some() && at(node, "resources").is_some() {
        let resources = items(at(node, "resources")).filter(is_topic);
        let instances = resources.flat_map(|one| items(at(one, "instances")));
        let topics = instances.filter_map(|one| at(one, "attributes"));
        (
            "a state of Terraform",
            "terraform_version",
            topics.collect(),
        )
    } else {
        let resources = at(node, "resource").filter(|it| is_mapping(it))?;
        let of_topics = TERRAFORM_TYPES
            .iter()
            .filter_map(|name| at(resources, name));
        let blocks = of_topics.flat_map(entries).map(|(_, block)| block);
        // A block is written alone or in a list.
        let topics = blocks.flat_map(|block| match is_mapping(block) {
            true => vec![block],
            false => items(Some(block)).collect(),
        });
        ("a configuration of Terraform", "resource", topics.collect())
    };
    let topics = topics.into_iter().map(Item::new).collect();
    Some(Foreign::with_topics(what, (node, key), &TERRAFORM, topics))
}
