//! The file for kafka-reassign-partitions that gives every partition its number of replicas.
//!
//! Replicas stay where they can. A broker that is not there keeps none, since the tool refuses it.

use crate::topic::TopicName;

/// The partitions that have another number of replicas than `wanted`, with those that they would
/// have. The first replicas stay: while a reassignment is under way, Kafka lists those first that
/// it leads to. New ones go round the other brokers. `None` where the cluster has too few.
pub(super) fn text(
    topic: &TopicName,
    replicas: &[Vec<i32>],
    wanted: usize,
    brokers: &[i32],
) -> Option<String> {
    if brokers.len() < wanted {
        return None;
    }
    let partitions = replicas
        .iter()
        .enumerate()
        .filter(|(_, now)| now.len() != wanted)
        .map(|(partition, now)| {
            let from = partition % brokers.len().max(1);
            let others = brokers[from..]
                .iter()
                .chain(&brokers[..from])
                .filter(|id| !now.contains(id));
            let then: Vec<_> = now
                .iter()
                .filter(|id| brokers.contains(id))
                .chain(others)
                .take(wanted)
                .map(ToString::to_string)
                .collect();
            format!(
                "{{\"topic\":\"{topic}\",\"partition\":{partition},\"replicas\":[{}]}}",
                then.join(",")
            )
        });
    let partitions = partitions.collect::<Vec<_>>().join(",");
    Some(format!("{{\"version\":1,\"partitions\":[{partitions}]}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas(now: &[&[i32]], wanted: usize, brokers: &[i32]) -> Option<Vec<(u64, Vec<i32>)>> {
        let topic = TopicName::parse("t").expect("legal");
        let now: Vec<_> = now.iter().map(|ids| ids.to_vec()).collect();
        let json = text(&topic, &now, wanted, brokers)?;
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
