use super::*;
use crate::cluster::snapshot::{Reached, Scope};
use crate::observed::ClusterIdentity;

fn partitions(replicas: &[usize]) -> Vec<ObservedPartition> {
    let partition = |(id, count): (usize, &usize)| ObservedPartition {
        id: i32::try_from(id).expect("few"),
        leader: Some(1),
        replicas: (1..).take(*count).collect(),
        in_sync: (1..).take(*count).collect(),
    };
    replicas.iter().enumerate().map(partition).collect()
}

fn set_on_topic(config: &[(&str, Option<&str>)]) -> BTreeMap<ConfigKey, ObservedConfig> {
    let found = |value: &Option<&str>| ObservedConfig {
        value: value.map(str::to_owned),
        origin: ObservedOrigin::Topic,
    };
    let config = config.iter();
    config
        .map(|(key, value)| (ConfigKey::new(*key), found(value)))
        .collect()
}

fn present(replicas: &[usize], config: &[(&str, Option<&str>)]) -> Recorded {
    Recorded::Present {
        partitions: partitions(replicas),
        config: Ok(set_on_topic(config)),
    }
}

fn snapshot(topics: Vec<(&str, Recorded)>) -> Snapshot {
    Snapshot {
        taken_at: "2026-03-01T09:30:00Z".parse().expect("a timestamp"),
        cluster: ClusterIdentity {
            id: Some("MkU3OEVBNTcwNTJENDM2Qg".to_owned()),
            brokers: vec![1],
            ..ClusterIdentity::default()
        },
        reached: Reached::default(),
        scope: Scope::new(&[], &[]).expect("a scope"),
        topics: topics
            .into_iter()
            .map(|(name, recorded)| (TopicName::parse(name).expect("a name"), recorded))
            .collect(),
    }
}

/// Without the comments at the beginning.
fn body(text: &str) -> &str {
    let start = text.find("tiers:").or(text.find("topics:"));
    &text[start.expect("a document")..]
}

#[test]
fn a_topic_states_what_is_set_on_it_in_units_where_that_is_exact() {
    let mut config = set_on_topic(&[
        ("retention.ms", Some("604800000")),
        ("segment.bytes", Some("1073741824")),
        ("segment.ms", Some("604800001")),
        ("cleanup.policy", Some("compact,delete")),
    ]);
    let of_broker = ObservedConfig {
        value: Some("snappy".to_owned()),
        origin: ObservedOrigin::StaticBroker,
    };
    config.insert(ConfigKey::new("compression.type"), of_broker);
    let orders = Recorded::Present {
        partitions: partitions(&[1, 1]),
        config: Ok(config),
    };
    let snapshot = snapshot(vec![("orders", orders)]);
    assert_eq!(
        body(&manifest(&snapshot).text),
        "topics:
- name: orders
  tier: plain
  partitions: 2
  replication_factor: 1
  retention: 7d
  config:
    cleanup.policy: compact,delete
    segment.bytes: 1GiB
    segment.ms: 604800001
"
    );
}

#[test]
fn three_topics_with_the_same_settings_share_a_tier_and_two_do_not() {
    let week = [("retention.ms", Some("604800000"))];
    let day = [("retention.ms", Some("86400000"))];
    let more = [
        ("retention.ms", Some("604800000")),
        ("cleanup.policy", Some("compact")),
    ];
    let snapshot = snapshot(vec![
        ("a", present(&[3], &week)),
        ("b", present(&[3, 3], &week)),
        ("c", present(&[3], &week)),
        ("d", present(&[3], &more)),
        ("e", present(&[1], &week)),
        ("f", present(&[3], &day)),
        ("g", present(&[3], &day)),
    ]);
    let export = manifest(&snapshot);
    assert!(export.text.contains("belongs in topicctl.yaml"));
    assert_eq!(
        body(&export.text),
        "tiers:
  exported:
    extends: plain
    replication_factor: 3
    retention: 7d
topics:
- name: a
  tier: exported
  partitions: 1
- name: b
  tier: exported
  partitions: 2
- name: c
  tier: exported
  partitions: 1
- name: d
  tier: exported
  partitions: 1
  config:
    cleanup.policy: compact
- name: e
  tier: plain
  partitions: 1
  replication_factor: 1
  retention: 7d
- name: f
  tier: plain
  partitions: 1
  replication_factor: 3
  retention: 1d
- name: g
  tier: plain
  partitions: 1
  replication_factor: 3
  retention: 1d
"
    );
}

#[test]
fn of_equally_common_settings_the_first_becomes_the_tier() {
    let one = [("retention.ms", Some("1000"))];
    let two = [("retention.ms", Some("2000"))];
    let names = ["a", "b", "c", "d", "e", "f"];
    let topic = |(at, name): (usize, &&'static str)| {
        (*name, present(&[1], if at < 3 { &two } else { &one }))
    };
    let snapshot = snapshot(names.iter().enumerate().map(topic).collect());
    assert!(body(&manifest(&snapshot).text).contains("    retention: 1s\ntopics:"));
}

#[test]
fn what_cannot_be_said_is_a_comment_and_nothing_that_the_cluster_lacks() {
    let config = [
        ("secret.thing", None),
        ("no.such.key", Some("a\n- name: injected")),
        ("min.insync.replicas", Some("2")),
    ];
    let snapshot = snapshot(vec![
        ("even", present(&[1], &config)),
        ("uneven", present(&[1, 2], &[])),
    ]);
    let text = manifest(&snapshot).text;
    assert_eq!(
        body(&text),
        "topics:
# even: no.such.key is set to a\u{fffd}- name: injected: this version does not know the key
# even: secret.thing is set, but the broker keeps its value to itself
# even: nobody can write to it with acks=all, min.insync.replicas is above its replicas
- name: even
  tier: plain
  partitions: 1
  replication_factor: 1
  config:
    min.insync.replicas: 2
  allow:
  - min-insync-above-replication
# uneven: its partitions have 1 to 2 replicas, so no replication factor is declared
- name: uneven
  tier: plain
  partitions: 2
"
    );
}

#[test]
fn internal_absent_and_unreadable_topics_are_left_out() {
    let unknown = |exists| Unreadable {
        exists,
        unauthorized: true,
        reason: "TOPIC_AUTHORIZATION_FAILED".to_owned(),
    };
    let hidden = Recorded::Present {
        partitions: partitions(&[1]),
        config: Err(unknown(true)),
    };
    let snapshot = snapshot(vec![
        ("__consumer_offsets", present(&[1], &[])),
        ("absent", Recorded::Absent),
        ("hidden", hidden),
        ("unseen", Recorded::Unknown(unknown(false))),
    ]);
    let export = manifest(&snapshot);
    assert_eq!(export.topics, 0);
    let left_out: Vec<_> = export
        .left_out
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(left_out, ["hidden", "unseen"]);
}
