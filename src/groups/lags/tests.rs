use super::*;
use crate::diagnostic::Sources;
use crate::groups::{Commits, Description, PartitionLeadership, wanted};
use crate::observed::{ObservedPartition, ObservedTopic, Unreadable};
use crate::topic::{ConfigKey, ConfigValue, ConsumerGroup, Declared, Layer, Origin, Role};

fn name(text: &str) -> TopicName {
    TopicName::parse(text).expect("a legal name")
}

fn topic(text: &str, groups: &[&str]) -> DeclaredTopic {
    let source = Sources::default().add("topics.yaml", String::new());
    let span = crate::diagnostic::Span {
        source,
        start: 0,
        end: 0,
    };
    DeclaredTopic {
        name: name(text),
        role: Role::Main,
        source: None,
        delay: None,
        shared_dlq: None,
        tier: None,
        description: None,
        owner: None,
        external: false,
        partitions: None,
        replication_factor: None,
        config: BTreeMap::new(),
        env: None,
        allow: vec![],
        steps: Vec::new(),
        consumer_groups: groups
            .iter()
            .map(|group| ConsumerGroup {
                name: (*group).to_owned(),
                members: Some(4),
                members_at: None,
                produces: vec![],
                pipeline: None,
            })
            .collect(),
        partition_key: None,
        follows: Vec::new(),
        fields: None,
        profile_entry: None,
        span,
    }
}

fn present(leaders: &[Option<i32>]) -> Observed {
    let partitions = (0..)
        .zip(leaders)
        .map(|(id, leader)| ObservedPartition {
            id,
            leader: *leader,
            replicas: vec![1],
            in_sync: vec![1],
        })
        .collect();
    Observed::Present(ObservedTopic {
        partitions,
        config: BTreeMap::new(),
    })
}

fn denied(what: &str) -> Unreadable {
    Unreadable {
        exists: false,
        unauthorized: true,
        reason: what.to_owned(),
    }
}

fn member(id: &str, assigned: &[(&str, i32)]) -> Member {
    Member {
        id: id.to_owned(),
        client_id: "client".to_owned(),
        host: "/127.0.0.1".to_owned(),
        assigned: assigned
            .iter()
            .map(|(topic, partition)| ((*topic).to_owned(), *partition))
            .collect(),
    }
}

fn described(state: State, members: Vec<Member>) -> Result<Description, Unreadable> {
    Ok(Description {
        state,
        protocol: Protocol::Classic,
        assignor: None,
        members,
    })
}

fn commits(topic: &str, offsets: &[Option<i64>]) -> Commits {
    let partitions = (0..).zip(offsets.iter().map(|offset| Ok(*offset)));
    BTreeMap::from([(name(topic), partitions.collect())])
}

fn offsets(all: &[(i64, i64)]) -> BTreeMap<i32, OffsetRange> {
    let offsets = all.iter().map(|(earliest, latest)| OffsetRange {
        start: Ok(*earliest),
        end: Ok(*latest),
    });
    (0..).zip(offsets).collect()
}

/// One topic `orders` with these offsets, read by one group `workers` that was seen so.
fn one(group: ObservedGroup, all: &[(i64, i64)]) -> GroupLags {
    let declared = topic("orders", &["workers"]);
    let leaders = vec![Some(1); all.len()];
    let observed = BTreeMap::from([(name("orders"), present(&leaders))]);
    let seen = ObservedGroups {
        groups: BTreeMap::from([("workers".to_owned(), group)]),
        offsets: BTreeMap::from([(name("orders"), offsets(all))]),
    };
    lags(&[&declared], &observed, &seen)
}

#[test]
fn every_group_is_asked_for_once_and_only_with_topics_that_exist() {
    let topics = [
        topic("there", &["a", "b"]),
        topic("absent", &["a", "c"]),
        topic("hidden", &["b"]),
        topic("also-there", &["a"]),
    ];
    let hidden = Unreadable {
        exists: false,
        unauthorized: true,
        reason: String::new(),
    };
    let observed = BTreeMap::from([
        (name("there"), present(&[Some(1), None])),
        (name("absent"), Observed::Absent),
        (name("hidden"), Observed::Unknown(hidden)),
        (name("also-there"), present(&[Some(1)])),
    ]);
    let wanted = wanted(&topics.iter().collect::<Vec<_>>(), &observed);
    let groups: Vec<_> = wanted
        .groups
        .iter()
        .map(|(group, topics)| {
            let topics: Vec<_> = topics.iter().map(TopicName::as_str).collect();
            (group.as_str(), topics)
        })
        .collect();
    let expected = [
        ("a", vec!["also-there", "there"]),
        ("b", vec!["there"]),
        ("c", vec![]),
    ];
    assert_eq!(groups, expected);
    let places = [
        PartitionLeadership { id: 0, led: true },
        PartitionLeadership { id: 1, led: false },
    ];
    assert_eq!(wanted.partitions[&name("there")], places);
    assert_eq!(wanted.partitions.len(), 2);
}

#[test]
fn lag_is_end_minus_committed_and_no_commit_is_not_zero() {
    let group = ObservedGroup {
        description: described(State::Empty, vec![]),
        commits: Ok(commits("orders", &[Some(10), None, Some(7), Some(0)])),
    };
    let lags = one(group, &[(0, 15), (0, 100), (0, 7), (0, 905)]);
    let lag = &lags.groups[0].topics[0];
    let lags: Vec<_> = lag.partitions.iter().map(Partition::lag).collect();
    assert_eq!(lags, [Some(5), None, Some(0), Some(905)]);
    assert_eq!(lag.lag(), Some(910));
    assert_eq!(lag.worst().map(|(one, lag)| (one.id, lag)), Some((3, 905)));
    assert!(lag.partitions[1].has_no_commit());

    let group = ObservedGroup {
        description: described(State::Empty, vec![]),
        commits: Ok(commits("orders", &[None, None])),
    };
    let lags = one(group, &[(0, 15), (0, 100)]);
    assert_eq!(lags.groups[0].lag(), None);
    assert_eq!(lags.groups[0].topics[0].worst(), None);
}

#[test]
fn the_first_of_equally_lagging_partitions_is_the_worst() {
    let group = ObservedGroup {
        description: described(State::Empty, vec![]),
        commits: Ok(commits("orders", &[Some(1), Some(0), Some(0)])),
    };
    let lags = one(group, &[(0, 5), (0, 5), (0, 5)]);
    let worst = lags.groups[0].topics[0].worst();
    assert_eq!(worst.map(|(one, lag)| (one.id, lag)), Some((1, 5)));
}

#[test]
fn a_commit_outside_of_what_is_there_is_told() {
    let group = ObservedGroup {
        description: described(State::Empty, vec![]),
        commits: Ok(commits("orders", &[Some(10), Some(9)])),
    };
    let lags = one(group, &[(25, 30), (0, 4)]);
    let [expired, beyond] = lags.groups[0].topics[0].partitions.as_slice() else {
        panic!("{lags:?}");
    };
    assert_eq!((expired.lag(), expired.expired()), (Some(20), 15));
    assert!(!expired.is_beyond_end());
    assert_eq!((beyond.lag(), beyond.expired()), (None, 0));
    assert!(beyond.is_beyond_end());
}

#[test]
fn owners_and_idle_members_are_those_of_a_settled_group() {
    let members = vec![
        member("a", &[("orders", 0), ("orders", 2)]),
        member("b", &[("payments", 0)]),
        member("c", &[]),
    ];
    let group = |state| ObservedGroup {
        description: described(state, members.clone()),
        commits: Ok(Commits::new()),
    };
    let settled = one(group(State::Stable), &[(0, 1), (0, 1), (0, 1)]);
    let GroupStatus::Present { members, idle, .. } = settled.groups[0].status else {
        panic!("{settled:?}");
    };
    assert_eq!((members, idle), (3, Some(1)));
    let lag = &settled.groups[0].topics[0];
    assert_eq!(lag.members, Some(1));
    assert_eq!(lag.unowned(), Some(vec![1]));
    let owner = lag.partitions[2].owner.as_ref();
    assert_eq!(owner.map(|owner| owner.member.as_str()), Some("a"));
    assert_eq!(lag.declared_members, Some(4));

    for state in [
        State::PreparingRebalance,
        State::CompletingRebalance,
        State::Unnamed,
    ] {
        let moving = one(group(state), &[(0, 1), (0, 1), (0, 1)]);
        let GroupStatus::Present { members, idle, .. } = moving.groups[0].status else {
            panic!("{moving:?}");
        };
        assert_eq!((members, idle), (3, None));
        let lag = &moving.groups[0].topics[0];
        assert_eq!((lag.members, lag.unowned()), (None, None));
        assert!(lag.partitions.iter().all(|one| one.owner.is_none()));
    }
}

#[test]
fn an_unknown_group_is_not_there_yet_unless_it_has_commits() {
    let dead = |commits| ObservedGroup {
        description: described(State::Dead, vec![]),
        commits: Ok(commits),
    };
    let never = one(dead(Commits::new()), &[(0, 1)]);
    assert_eq!(never.groups[0].status, GroupStatus::NotThereYet);
    let none = one(dead(commits("orders", &[None])), &[(0, 1)]);
    assert_eq!(none.groups[0].status, GroupStatus::NotThereYet);
    let other_kind = one(dead(commits("orders", &[Some(0)])), &[(0, 1)]);
    assert_eq!(other_kind.groups[0].status, GroupStatus::Undescribed);
    assert_eq!(other_kind.groups[0].lag(), Some(1));
}

#[test]
fn groups_are_ordered_by_what_needs_attention() {
    let names = ["fine", "lags", "hidden", "later", "uncommitted"];
    let declared = topic("orders", &names);
    let observed = BTreeMap::from([(name("orders"), present(&[Some(1)]))]);
    let seen_as = |state, committed| ObservedGroup {
        description: described(state, vec![]),
        commits: Ok(commits("orders", &[committed])),
    };
    let hidden = ObservedGroup {
        description: Err(denied("GROUP_AUTHORIZATION_FAILED")),
        commits: Err(denied("GROUP_AUTHORIZATION_FAILED")),
    };
    let groups = [
        ("fine", seen_as(State::Empty, Some(9))),
        ("lags", seen_as(State::Empty, Some(1))),
        ("hidden", hidden),
        ("later", seen_as(State::Dead, None)),
        ("uncommitted", seen_as(State::Empty, None)),
    ];
    let seen = ObservedGroups {
        groups: groups
            .into_iter()
            .map(|(name, group)| (name.to_owned(), group))
            .collect(),
        offsets: BTreeMap::from([(name("orders"), offsets(&[(0, 10)]))]),
    };
    let lags = lags(&[&declared], &observed, &seen);
    let order: Vec<_> = lags
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(order, ["hidden", "lags", "fine", "uncommitted", "later"]);
    assert_eq!(lags.nothing_read(), None);
}

#[test]
fn nothing_was_read_where_no_group_could_be() {
    let group = ObservedGroup {
        description: Err(denied("no")),
        commits: Err(denied("no")),
    };
    assert_eq!(one(group, &[(0, 1)]).nothing_read(), Some(&denied("no")));
    // Without declared groups nothing is missing.
    assert_eq!(GroupLags::default().nothing_read(), None);
    let declared = topic("orders", &["never-asked"]);
    let seen = lags(&[&declared], &BTreeMap::new(), &ObservedGroups::default());
    let cause = seen.nothing_read().expect("a cause");
    assert!(!cause.unauthorized);
}

#[test]
fn messages_are_counted_from_earliest_to_latest() {
    let mut declared = topic("orders", &[]);
    let origin = Origin {
        layer: Layer::Topic,
        span: None,
    };
    let compact = Declared {
        value: ConfigValue::new("delete,compact"),
        origin,
    };
    declared
        .config
        .insert(ConfigKey::new("cleanup.policy"), compact);
    let mut offsets = offsets(&[(5, 15), (7, 7)]);
    let count = |offsets: &BTreeMap<i32, OffsetRange>| {
        let seen = ObservedGroups {
            groups: BTreeMap::new(),
            offsets: BTreeMap::from([(name("orders"), offsets.clone())]),
        };
        let lags = lags(&[&declared], &BTreeMap::new(), &seen);
        assert!(lags.topics[0].compacted);
        lags.topics[0].messages_at_most()
    };
    assert_eq!(count(&offsets), Some(10));
    offsets.insert(
        2,
        OffsetRange {
            start: Ok(0),
            end: Err(denied("no leader")),
        },
    );
    assert_eq!(count(&offsets), None);
}
