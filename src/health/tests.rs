use super::*;
use crate::topic::TopicName;

fn partition(id: i32, leader: Option<i32>, in_sync: &[i32]) -> ObservedPartition {
    ObservedPartition {
        id,
        leader,
        replicas: vec![1, 2, 3],
        in_sync: in_sync.to_vec(),
    }
}

fn issues(partitions: Vec<ObservedPartition>, min_insync: Option<usize>) -> Vec<String> {
    let topic = ObservedTopic {
        partitions,
        ..ObservedTopic::default()
    };
    examine(&topic, min_insync)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_healthy_topic_has_no_issue() {
    assert!(issues(vec![partition(0, Some(1), &[1, 2, 3])], Some(2)).is_empty());
}

#[test]
fn the_worst_comes_first_and_equal_ones_together() {
    let partitions = vec![
        partition(0, Some(1), &[1, 2]),
        partition(1, Some(1), &[1]),
        partition(2, None, &[]),
        partition(3, Some(2), &[1, 2]),
    ];
    assert_eq!(
        issues(partitions, Some(2)),
        [
            "partition 2: replicas on brokers 1-3",
            "partition 1: 1 in sync, 2 needed; brokers 2, 3 are out of sync",
            "partitions 0, 3: broker 3 is out of sync",
        ]
    );
}

#[test]
fn the_order_of_replicas_makes_no_difference() {
    let mut other = partition(1, Some(1), &[1]);
    other.replicas = vec![3, 2, 1];
    assert_eq!(
        issues(vec![partition(0, Some(1), &[1]), other], Some(1)),
        ["partitions 0, 1: brokers 2, 3 are out of sync"]
    );
}

#[test]
fn a_partition_without_a_leader_has_none_that_does_not_serve() {
    let topic = ObservedTopic {
        partitions: vec![
            partition(0, Some(2), &[2]),
            partition(1, None, &[]),
            partition(2, Some(2), &[2]),
            partition(3, Some(1), &[1]),
        ],
        ..ObservedTopic::default()
    };
    let silent = "its leader gave no answer";
    let refusals = [(0, silent), (1, silent), (2, silent), (3, "NOT_LEADER")];
    let refusals = refusals.map(|(partition, reason)| Unserved {
        topic: TopicName::parse("orders").expect("a name"),
        partition,
        reason: reason.to_owned(),
    });
    let found = unserved(&topic, &refusals);
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "partition 3: led by broker 1 (NOT_LEADER)",
            "partitions 0, 2: led by broker 2 (its leader gave no answer)",
        ]
    );
}

#[test]
fn replicas_share_a_rack_only_where_there_are_more_and_all_is_known() {
    let cluster = |racks: &[(i32, &str)]| ClusterIdentity {
        id: None,
        brokers: vec![1, 2, 3, 4],
        racks: racks
            .iter()
            .map(|(id, rack)| (*id, (*rack).to_owned()))
            .collect(),
    };
    let on = |id, replicas: &[i32], in_sync: &[i32]| ObservedPartition {
        id,
        leader: Some(1),
        replicas: replicas.to_vec(),
        in_sync: in_sync.to_vec(),
    };
    let whole = |id, replicas: &[i32]| on(id, replicas, replicas);
    let shared = |partitions: Vec<ObservedPartition>, racks: &[(i32, &str)]| {
        let topic = ObservedTopic {
            partitions,
            ..ObservedTopic::default()
        };
        let issues = shared_racks(&topic, &cluster(racks));
        let issues = issues.iter().map(ToString::to_string);
        issues.collect::<Vec<_>>()
    };
    let two = [(1, "a"), (2, "a"), (3, "b"), (4, "b")];
    let three = [(1, "a"), (2, "a"), (3, "b"), (4, "c")];
    let in_one_rack = || {
        vec![
            whole(0, &[1, 2]),
            whole(1, &[1, 3]),
            whole(2, &[2, 1]),
            whole(3, &[3, 4]),
            whole(4, &[1]),
        ]
    };
    assert_eq!(
        shared(in_one_rack(), &two),
        [
            "partitions 0, 2: replicas in rack a, where 2 racks are possible",
            "partition 3: replicas in rack b, where 2 racks are possible",
        ]
    );
    let of_three = vec![whole(0, &[1, 2, 3]), whole(1, &[1, 3, 4])];
    assert_eq!(
        shared(of_three.clone(), &three),
        ["partition 0: replicas in racks a, b, where 3 racks are possible"]
    );
    // There are not as many racks as replicas.
    assert_eq!(shared(of_three, &two), [""; 0]);
    // Nothing is known, not of all, or of no other rack.
    assert_eq!(shared(in_one_rack(), &[]), [""; 0]);
    assert_eq!(shared(in_one_rack(), &two[..3]), [""; 0]);
    let one = [(1, "a"), (2, "a"), (3, "a"), (4, "a")];
    assert_eq!(shared(in_one_rack(), &one), [""; 0]);
    // A replica is on a broker that is down, or not there yet.
    let moving = vec![whole(0, &[1, 2, 9]), on(1, &[1, 2], &[1])];
    assert_eq!(shared(moving, &two), [""; 0]);
}

#[test]
fn numbers_that_are_neighbors_are_a_range() {
    for (ids, expected) in [
        (vec![4], "4"),
        (vec![0, 1], "0, 1"),
        (vec![7, 0, 1, 2, 3, 4, 5], "0-5, 7"),
        (vec![0, 2, 3, 4, 9, 11, 12], "0, 2-4, 9, 11, 12"),
        ((0..1000).collect(), "0-999"),
    ] {
        assert_eq!(numbers(&ids), expected);
    }
    let scattered: Vec<i32> = (0..40).map(|number| number * 3).collect();
    assert_eq!(
        numbers(&scattered),
        "0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, and 28 more"
    );
}
