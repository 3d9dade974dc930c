use std::collections::BTreeMap;

use super::*;
use crate::groups::{OffsetRange, Owner, Protocol, TopicLag};
use crate::topic::TopicName;

fn unreadable(reason: &str) -> Unreadable {
    Unreadable {
        exists: false,
        unauthorized: false,
        reason: reason.to_owned(),
    }
}

fn partition(id: i32, committed: Option<i64>, start: i64, end: i64) -> Partition {
    Partition {
        id,
        committed: Ok(committed),
        offsets: OffsetRange {
            start: Ok(start),
            end: Ok(end),
        },
        owner: None,
    }
}

fn owned(partition: Partition, client_id: &str) -> Partition {
    let owner = Owner {
        member: "id".to_owned(),
        client_id: client_id.to_owned(),
        host: "/10.0.0.7".to_owned(),
    };
    Partition {
        owner: Some(owner),
        ..partition
    }
}

fn topic_lag(topic: &str, members: Option<usize>, partitions: Vec<Partition>) -> TopicLag {
    TopicLag {
        topic: TopicName::parse(topic).expect("a legal name"),
        declared_members: None,
        exists: Some(true),
        members,
        partitions,
    }
}

fn present(state: State, protocol: Protocol, members: usize) -> GroupStatus {
    GroupStatus::Present {
        state,
        protocol,
        assignor: Some("uniform".to_owned()),
        members,
        idle: state.is_settled().then_some(0),
    }
}

fn group(name: &str, status: GroupStatus, topics: Vec<TopicLag>) -> Group {
    Group {
        name: name.to_owned(),
        status,
        topics,
    }
}

fn everything() -> GroupLags {
    let missing = TopicLag {
        exists: Some(false),
        ..topic_lag("orders.gone", None, vec![])
    };
    let hidden = TopicLag {
        exists: None,
        ..topic_lag("orders.hidden", None, vec![])
    };
    let mut leaderless = partition(2, Some(5), 0, 0);
    leaderless.offsets.end = Err(unreadable("it has no leader"));
    let many = (0..12).map(|id| partition(id, (id == 4).then_some(7), 0, 1_000_007));
    let stable = present(State::Stable, Protocol::Classic, 2);
    let moving = present(State::Unnamed, Protocol::Consumer, 3);
    let orders = vec![
        owned(
            partition(0, Some(100), 900, 2000),
            "a-client-with-a-long-name-\u{1b}[31m",
        ),
        partition(1, Some(9), 0, 4),
        leaderless,
    ];
    let groups = vec![
        group(
            "denied\u{202e}",
            GroupStatus::Unreadable(unreadable("GROUP_AUTHORIZATION_FAILED: no")),
            vec![],
        ),
        group(
            "workers",
            stable,
            vec![topic_lag("orders", Some(1), orders), missing, hidden],
        ),
        group(
            &"long-".repeat(15),
            moving,
            vec![topic_lag("many", None, many.collect())],
        ),
        group(
            "streams",
            GroupStatus::Undescribed,
            vec![topic_lag("many", None, vec![partition(0, Some(1), 0, 1)])],
        ),
        group(
            "later",
            GroupStatus::NotThereYet,
            vec![topic_lag("many", None, vec![partition(0, None, 0, 1)])],
        ),
    ];
    let offsets = |start, end| OffsetRange { start, end };
    let compacted = BTreeMap::from([(0, offsets(Ok(5), Ok(1_234_005)))]);
    let partly = BTreeMap::from([
        (0, offsets(Ok(0), Ok(10))),
        (1, offsets(Ok(0), Err(unreadable("it has no leader")))),
    ]);
    let statistics = |topic: &str, compacted, partitions| Statistics {
        topic: TopicName::parse(topic).expect("a legal name"),
        compacted,
        partitions,
    };
    GroupLags {
        groups,
        topics: vec![
            statistics("customers", true, compacted),
            statistics("orders", false, partly),
        ],
    }
}

fn written(lags: &GroupLags, verbose: bool) -> String {
    let layout = Layout::default().verbose(verbose);
    let mut out = vec![];
    write(lags, layout, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn everything_there_is_to_say_is_said_in_80_columns() {
    let expected = "\
groups
  denied\u{fffd}                                    unknown
            GROUP_AUTHORIZATION_FAILED: no
  workers                                    stable, 2 members
            orders          lag 1 900 over 1 partition, 800 expired unread,
                            committed beyond the end on 1,
                            unknown on 2 (it has no leader),
                            nobody reads 1 and 2, 1 of 2 members read it
            orders.gone     the topic is missing
            orders.hidden   the topic cannot be seen
  long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-
            rebalancing, 3 members
            many   lag 1 000 000 over 1 partition,
                   no commit on 0, 1, 2, 3, 5, 6, 7, 8 and 3 more
  streams                                    not described
            it has commits, and is of a kind that is not described
            many   lag 0 over 1 partition
  later                                      not there yet

messages, at most (compaction and transactions leave gaps in offsets)
  customers   1 234 000 over 1 partition, compacted
  orders      unknown (it has no leader)

";
    let text = written(&everything(), false);
    assert_eq!(text, expected);
    assert!(
        text.lines()
            .all(|line| line.chars().count() <= Layout::WIDTH)
    );
}

#[test]
fn a_reader_that_does_not_fit_goes_below_its_partition() {
    let text = written(&everything(), true);
    let expected = "
              partition   committed     end     lag   read by
                      0         100   2 000   1 900
                a-client-with-a-long-name-\u{fffd}[31m at 10.0.0.7
                      1           9       4       -
                      2           5       ?       -
";
    assert!(text.contains(expected), "{text}");
    assert!(
        text.contains("stable, 2 members, classic protocol, uniform\n"),
        "{text}"
    );
    let messages = "
              partition   earliest      latest    messages
                      0          5   1 234 005   1 234 000
";
    assert!(text.contains(messages), "{text}");
}

#[test]
fn nothing_declared_is_said_too() {
    let text = written(&GroupLags::default(), false);
    assert_eq!(text, "groups\n  none are declared\n\n");
}

#[test]
fn numbers_are_grouped() {
    let texts = [0, 7, 999, 1000, 123_456, -1_234_567].map(number);
    assert_eq!(texts, ["0", "7", "999", "1 000", "123 456", "-1 234 567"]);
}
