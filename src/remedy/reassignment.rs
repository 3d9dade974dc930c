//! The file for kafka-reassign-partitions, the command that carries it out, and what it says where
//! every partition is to have its number of replicas.
//!
//! Replicas stay where they can. A broker that is not there keeps none, since the tool refuses it.

use super::{Access, quoted};
use crate::topic::TopicName;

/// The replicas that one partition would have.
pub(super) fn entry(topic: &TopicName, partition: i32, replicas: &[i32]) -> String {
    let replicas: Vec<_> = replicas.iter().map(ToString::to_string).collect();
    format!(
        "{{\"topic\":\"{topic}\",\"partition\":{partition},\"replicas\":[{}]}}",
        replicas.join(",")
    )
}

fn text(entries: &[String]) -> String {
    format!("{{\"version\":1,\"partitions\":[{}]}}", entries.join(","))
}

/// Writes the file, and carries it out. Without --additional the tool refuses while any reassignment
/// of the cluster is under way, so that of two such commands the second would fail.
pub(super) fn command(entries: &[String], file: &str, access: &Access) -> String {
    let arguments = [
        "--execute",
        "--additional",
        "--reassignment-json-file",
        file,
    ];
    let command = access.command("kafka-reassign-partitions", &arguments);
    let text = text(entries);
    format!(
        "printf %s {} > {} && {command}",
        quoted(&text),
        quoted(file)
    )
}

/// The partitions that have another number of replicas than `wanted`, with those that they would
/// have. The first replicas stay: while a reassignment is under way, Kafka lists those first that
/// it leads to. New ones go round the other brokers. `None` where the cluster has too few.
pub(super) fn counted(
    topic: &TopicName,
    replicas: &[Vec<i32>],
    wanted: usize,
    brokers: &[i32],
) -> Option<Vec<String>> {
    if brokers.len() < wanted {
        return None;
    }
    let partitions = (0..)
        .zip(replicas)
        .filter(|(_, now)| now.len() != wanted)
        .map(|(partition, now)| {
            let from = usize::try_from(partition).unwrap_or(0) % brokers.len().max(1);
            let others = brokers[from..]
                .iter()
                .chain(&brokers[..from])
                .filter(|id| !now.contains(id));
            let then: Vec<_> = now
                .iter()
                .filter(|id| brokers.contains(id))
                .chain(others)
                .take(wanted)
                .copied()
                .collect();
            entry(topic, partition, &then)
        });
    Some(partitions.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas(now: &[&[i32]], wanted: usize, brokers: &[i32]) -> Option<Vec<(u64, Vec<i32>)>> {
        let topic = TopicName::parse("t").expect("legal");
        let now: Vec<_> = now.iter().map(|ids| ids.to_vec()).collect();
        let json = text(&counted(&topic, &now, wanted, brokers)?);
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["version"], 1);
        let partitions = json["partitions"].as_array().expect("a list");
        let partitions = partitions.iter().map(|one| {
            assert_eq!(one["topic"], "t");
            let replicas = serde_json::from_value(one["replicas"].clone()).expect("ids");
            (one["partition"].as_u64().expect("a number"), replicas)
        });
        Some(partitions.collect())
    }

    #[test]
    fn replicas_stay_and_new_ones_go_round_the_others() {
        assert_eq!(
            replicas(&[&[1], &[2], &[3, 1]], 2, &[1, 2, 3]),
            Some(vec![(0, vec![1, 2]), (1, vec![2, 3])])
        );
        assert_eq!(
            replicas(&[&[3, 1, 2], &[2, 3]], 2, &[1, 2, 3]),
            Some(vec![(0, vec![3, 1])])
        );
    }

    #[test]
    fn a_broker_that_is_not_there_keeps_no_replica() {
        assert_eq!(
            replicas(&[&[1, 2, 3]], 2, &[1, 3]),
            Some(vec![(0, vec![1, 3])])
        );
        assert_eq!(
            replicas(&[&[1, 2]], 3, &[1, 3, 4]),
            Some(vec![(0, vec![1, 3, 4])])
        );
    }

    #[test]
    fn too_few_brokers_have_no_room() {
        assert_eq!(replicas(&[&[1]], 4, &[1, 2, 3]), None);
    }
}
