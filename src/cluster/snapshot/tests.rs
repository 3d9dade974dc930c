use std::cell::Cell;

use super::*;
use crate::observed::ObservedOrigin;

fn name(text: &str) -> TopicName {
    TopicName::parse(text).expect("a name")
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn timestamp(text: &str) -> Timestamp {
    file::timestamp(text).expect("a timestamp")
}

fn forbidden(exists: bool) -> Unreadable {
    Unreadable {
        exists,
        unauthorized: true,
        reason: "TOPIC_AUTHORIZATION_FAILED: Authorization failed.".to_owned(),
    }
}

fn orders() -> ObservedTopic {
    let value = |value: Option<&str>, origin| ObservedConfig {
        value: value.map(str::to_owned),
        origin,
    };
    let config = [
        ("retention.ms", value(Some("1000"), ObservedOrigin::Topic)),
        ("secret", value(None, ObservedOrigin::Unknown)),
        ("segment.ms", value(Some("5"), ObservedOrigin::StaticBroker)),
    ];
    ObservedTopic {
        partitions: vec![ObservedPartition {
            id: 0,
            leader: None,
            replicas: vec![1, 2],
            in_sync: vec![],
        }],
        config: config
            .into_iter()
            .map(|(key, value)| (ConfigKey::new(key), value))
            .collect(),
    }
}

/// A cluster whose asker may see names that begin so, and all but the configuration of `half`.
struct Guarded(&'static str);

impl ObserveTopics for Guarded {
    async fn identity(&self) -> Result<ClusterIdentity, ClusterError> {
        Ok(ClusterIdentity::default())
    }

    async fn names(&self) -> Result<Vec<TopicName>, ClusterError> {
        let all = ["half", "orders", "other", "secret"].map(name);
        let seen = all
            .into_iter()
            .filter(|name| name.as_str().starts_with(self.0));
        Ok(seen.collect())
    }

    async fn observe(&self, wanted: &[Wanted], _: Absence) -> Result<Observation, ClusterError> {
        let there = self.names().await?;
        let look = |wanted: &Wanted| match wanted.name.as_str() {
            hidden if !hidden.starts_with(self.0) => Observed::Unknown(forbidden(false)),
            "half" if wanted.keys != Keys::NONE => Observed::Unknown(forbidden(true)),
            _ if there.contains(&wanted.name) => Observed::Present(orders()),
            _ => Observed::Absent,
        };
        let topics = wanted.iter().map(|one| (one.name.clone(), look(one)));
        Ok(Observation {
            cluster: ClusterIdentity {
                id: Some("id".to_owned()),
                brokers: vec![1, 2],
                racks: BTreeMap::from([(1, "a".to_owned())]),
            },
            topics: topics.collect(),
            unserved: BTreeMap::new(),
            lacks_configs: false,
        })
    }
}

fn take(cluster: &Guarded, select: &[&str], ignore: &[&str]) -> Snapshot {
    let scope = Scope::new(&texts(select), &texts(ignore)).expect("a scope");
    let reached = Reached {
        bootstrap_servers: "kafka:9092".to_owned(),
        command_config: Some("client.properties".into()),
        user: Some("ci".to_owned()),
    };
    let next = Cell::new(0);
    let random = || {
        next.set(next.get() + 7);
        Some(next.get())
    };
    let at = timestamp("2026-03-01T09:30:00Z");
    let taken = Snapshot::take(cluster, scope, reached, at, random);
    run(taken).expect("a snapshot")
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(work)
}

fn recall(snapshot: &Snapshot, topic: &str, keys: Keys) -> Observed {
    let wanted = Wanted {
        name: name(topic),
        keys,
    };
    let seen = run(snapshot.observe(std::slice::from_ref(&wanted), Absence::Confirmed));
    seen.expect("an answer")
        .topics
        .remove(&wanted.name)
        .expect("an entry")
}

fn is_unknown_for(observed: &Observed, reason: &str) -> bool {
    matches!(observed, Observed::Unknown(one) if one.reason.contains(reason) && !one.exists)
}

#[test]
fn it_reads_back_as_it_was_written() {
    let snapshot = take(&Guarded(""), &["ord*", "half", "nobody"], &["x*"]);
    let text = snapshot.to_json();
    let read = Snapshot::from_json(&text).expect("a snapshot");
    assert_eq!(read, snapshot);
    assert_eq!(read.to_json(), text);
}

#[test]
fn it_answers_for_the_keys_that_are_wanted_and_no_others() {
    let snapshot = take(&Guarded(""), &[], &[]);
    let all = recall(&snapshot, "orders", Keys::All);
    assert_eq!(all, Observed::Present(orders()));
    let keys = ["retention.ms", "not.there"].map(ConfigKey::new).to_vec();
    let Observed::Present(some) = recall(&snapshot, "orders", Keys::These(keys)) else {
        panic!("it is there")
    };
    let keys: Vec<_> = some.config.keys().map(ConfigKey::as_str).collect();
    assert_eq!(keys, ["retention.ms"]);
}

#[test]
fn a_hidden_configuration_hides_nothing_else() {
    let snapshot = take(&Guarded(""), &[], &[]);
    let hidden = recall(&snapshot, "half", Keys::All);
    assert_eq!(hidden, Observed::Unknown(forbidden(true)));
    let Observed::Present(seen) = recall(&snapshot, "half", Keys::NONE) else {
        panic!("its partitions may be seen")
    };
    assert_eq!(seen.partitions, orders().partitions);
}

#[test]
fn what_is_not_listed_is_absent_for_one_who_may_see_all() {
    let snapshot = take(&Guarded(""), &[], &[]);
    assert_eq!(recall(&snapshot, "new", Keys::All), Observed::Absent);
}

#[test]
fn what_is_not_listed_is_unknown_for_one_who_may_not_see_all() {
    let snapshot = take(&Guarded("o"), &[], &[]);
    let names: Vec<_> = snapshot.topics.keys().map(TopicName::as_str).collect();
    assert_eq!(names, ["orders", "other"]);
    for topic in ["secret", "new"] {
        let seen = recall(&snapshot, topic, Keys::All);
        assert!(
            is_unknown_for(&seen, "may not have had the right"),
            "{seen:?}"
        );
    }
}

#[test]
fn a_right_to_what_begins_so_is_enough_for_a_pattern_that_begins_so() {
    let snapshot = take(&Guarded("o"), &["or*"], &[]);
    assert_eq!(recall(&snapshot, "orange", Keys::All), Observed::Absent);
    let seen = recall(&snapshot, "other", Keys::All);
    assert!(is_unknown_for(&seen, "was not asked for it"), "{seen:?}");
}

#[test]
fn plain_names_are_asked_for_one_by_one() {
    let snapshot = take(&Guarded("o"), &["secret", "orders", "oranges"], &[]);
    let of = |topic| recall(&snapshot, topic, Keys::All);
    assert_eq!(of("secret"), Observed::Unknown(forbidden(false)));
    assert_eq!(of("oranges"), Observed::Absent);
    assert!(matches!(of("orders"), Observed::Present(_)));
}

#[test]
fn what_was_ignored_is_unknown() {
    let snapshot = take(&Guarded(""), &[], &["o*"]);
    let seen = recall(&snapshot, "orders", Keys::All);
    assert!(is_unknown_for(&seen, "was not asked for it"), "{seen:?}");
    let names = run(snapshot.names()).expect("names");
    assert_eq!(names, ["half", "secret"].map(name));
}

#[test]
fn names_are_those_that_exist() {
    let snapshot = take(&Guarded("o"), &["secret", "oranges", "orders"], &[]);
    assert_eq!(run(snapshot.names()).expect("names"), [name("orders")]);
}

#[test]
fn where_no_probe_can_be_made_nothing_is_taken_for_complete() {
    let scope = Scope::new(&[], &[]).expect("a scope");
    let at = timestamp("2026-03-01T09:30:00Z");
    let taken = Snapshot::take(&Guarded(""), scope, Reached::default(), at, || None);
    let snapshot = run(taken).expect("a snapshot");
    let seen = recall(&snapshot, "new", Keys::All);
    assert!(
        is_unknown_for(&seen, "may not have had the right"),
        "{seen:?}"
    );
}

#[test]
fn another_version_and_broken_files_are_refused_with_the_reason() {
    let text = take(&Guarded(""), &[], &[]).to_json();
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        let read = Snapshot::from_json(&text.replacen(from, to, 1));
        read.expect_err("refused").to_string()
    };
    assert_eq!(
        refused("snapshot/1", "snapshot/2"),
        "its schema is `topicctl.snapshot/2`, and this version reads `topicctl.snapshot/1`"
    );
    assert!(refused("\"topics\"", "\"tropics\"").contains("missing field `topics`"));
    assert!(refused("2026-03-01T", "2026-02-29T").starts_with("taken_at is wrong"));
    assert!(refused("\"*\"", "\"[\"").starts_with("scope is wrong"));
    assert!(refused("\"orders\"", "\"or ders\"").starts_with("topics is wrong: or ders"));
    assert!(refused("{", "").starts_with("it is not a snapshot"));
    let cut = Snapshot::from_json(&text[..text.len() / 2]);
    assert!(cut.expect_err("refused").to_string().contains("EOF"));
}

#[test]
fn timestamps_are_written_and_read_as_rfc_3339() {
    for text in [
        "1970-01-01T00:00:00Z",
        "2000-02-29T23:59:59Z",
        "2026-12-31T00:00:01Z",
        "2100-03-01T12:00:00Z",
    ] {
        assert_eq!(timestamp(text).to_string(), text);
    }
    let known = Timestamp::from_second(1_709_209_800).expect("in range");
    assert_eq!(known, timestamp("2024-02-29T12:30:00Z"));
    for text in [
        "",
        "2100-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+01",
        "2026-01-01T00:00:00.5Z",
        "2026-06-30T23:59:60Z",
        "1969-12-31T23:59:59Z",
    ] {
        assert_eq!(file::timestamp(text), None, "{text}");
    }
}

#[test]
fn ages_are_reported_in_words() {
    let snapshot = take(&Guarded(""), &[], &[]);
    for (now, age) in [
        ("2026-03-01T09:29:00Z", "just taken"),
        ("2026-03-01T09:30:59Z", "just taken"),
        ("2026-03-01T09:31:00Z", "1 minute old"),
        ("2026-03-01T12:30:00Z", "3 hours old"),
        ("2026-03-03T09:29:59Z", "47 hours old"),
        ("2026-03-04T10:00:00Z", "3 days old"),
    ] {
        assert_eq!(snapshot.age(timestamp(now)), age, "{now}");
    }
}
