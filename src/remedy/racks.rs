//! The command that spreads the replicas of partitions over the racks of a cluster.
//!
//! Pure text, as all remedies. The first replica of a partition stays, for it is to lead, and so do
//! others whose rack no replica before them is in; those that share a rack go to the broker of another
//! rack that gets fewest.

use std::collections::{BTreeMap, BTreeSet};

use super::{Access, reassignment};
use crate::topic::TopicName;

/// What a shell takes as one word; Linux allows twice as much.
const LONGEST: usize = 64_000;
const FILE: &str = "racks-reassignment.json";

/// A partition whose replicas share racks, and where they are.
pub(crate) struct Placed<'a> {
    pub(crate) topic: &'a TopicName,
    pub(crate) partition: i32,
    pub(crate) replicas: &'a [i32],
}

/// The command, and how many of the partitions it moves: a command has an end.
pub(crate) fn spread(
    placed: &[Placed<'_>],
    racks: &BTreeMap<i32, String>,
    access: &Access,
) -> (String, usize) {
    let mut load: BTreeMap<i32, usize> = racks.keys().map(|id| (*id, 0)).collect();
    let mut entries = Vec::new();
    let mut length = 0;
    for one in placed {
        let then = over_racks(one.replicas, racks, &mut load);
        let entry = reassignment::entry(one.topic, one.partition, &then);
        length += entry.len() + 1;
        if length > LONGEST {
            break;
        }
        entries.push(entry);
    }
    (reassignment::command(&entries, FILE, access), entries.len())
}

/// As many racks as can be with as many replicas. `load` counts what each broker gets.
fn over_racks(
    replicas: &[i32],
    racks: &BTreeMap<i32, String>,
    load: &mut BTreeMap<i32, usize>,
) -> Vec<i32> {
    let mut used = BTreeSet::new();
    let (mut then, doubles): (Vec<i32>, Vec<i32>) =
        replicas.iter().partition(|id| used.insert(racks.get(id)));
    while then.len() < replicas.len() {
        let others = load.iter().filter(|(id, _)| !used.contains(&racks.get(id)));
        let Some(id) = others.min_by_key(|(_, count)| **count).map(|(id, _)| *id) else {
            break;
        };
        used.insert(racks.get(&id));
        *load.entry(id).or_default() += 1;
        then.push(id);
    }
    let lacking = replicas.len() - then.len();
    then.extend(doubles.into_iter().take(lacking));
    then
}

#[cfg(test)]
mod tests {
    use super::*;

    fn six_in_three() -> BTreeMap<i32, String> {
        let rack = |id: i32| ["a", "b", "c"][usize::try_from(id - 1).unwrap_or(0) % 3].to_owned();
        (1..=6).map(|id| (id, rack(id))).collect()
    }

    #[test]
    fn the_first_of_each_rack_stays_and_the_others_go_round() {
        // Racks: a has 1 and 4, b has 2 and 5, c has 3 and 6.
        let racks = six_in_three();
        let mut load = racks.keys().map(|id| (*id, 0)).collect();
        let mut moved = |replicas: &[i32]| over_racks(replicas, &racks, &mut load);
        assert_eq!(moved(&[4, 1]), [4, 2]);
        assert_eq!(moved(&[4, 1]), [4, 3]);
        assert_eq!(moved(&[1, 4]), [1, 5]);
        assert_eq!(moved(&[1, 4, 2]), [1, 2, 6]);
        assert_eq!(moved(&[1, 2]), [1, 2]);
        // More replicas than racks: one in each, and the rest where it was.
        assert_eq!(moved(&[1, 4, 2, 5]), [1, 2, 3, 4]);
    }

    #[test]
    fn the_command_is_one_line_and_has_an_end() {
        let topic = TopicName::parse("orders").expect("legal");
        let racks = six_in_three();
        let placed = |count| {
            let partitions = 0..count;
            let placed = partitions.map(|partition| Placed {
                topic: &topic,
                partition,
                replicas: &[1, 4],
            });
            placed.collect::<Vec<_>>()
        };
        let access = Access {
            bootstrap_servers: "kafka:9092".to_owned(),
            ..Access::default()
        };
        let (command, moved) = spread(&placed(1), &racks, &access);
        assert_eq!(moved, 1);
        assert_eq!(
            command,
            "printf %s '{\"version\":1,\"partitions\":[{\"topic\":\"orders\",\"partition\":0,\
             \"replicas\":[1,2]}]}' > racks-reassignment.json && kafka-reassign-partitions \
             --bootstrap-server kafka:9092 --execute --additional --reassignment-json-file \
             racks-reassignment.json"
        );
        let (command, moved) = spread(&placed(10_000), &racks, &access);
        assert!((500..10_000).contains(&moved), "{moved}");
        assert!(command.len() < LONGEST + 1000);
    }
}
