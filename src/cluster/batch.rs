//! Splits topics into CreateTopics requests, as few as the controller's limit allows.
//!
//! A controller turns a request into metadata records, one for each topic, configuration and
//! partition and one more for min.insync.replicas, and refuses a request of more than 10 000 as a
//! whole ("Unable to perform excessively large batch operation"). It is best to come close to that:
//! a broker makes the logs of one request on the thread that publishes the next one's topics. This
//! module only counts; it sends nothing and knows no client.

use super::NewTopic;

/// The most records that a request is given. The 500 below the controller's limit are for those
/// that a newer controller may add of its own.
pub const RECORDS_LIMIT: u64 = 9_500;

/// What a topic with the broker's default count is taken to have. The default is 1 in Kafka and
/// seldom above 12; too high a guess costs a request more, too low a one the whole request.
pub const DEFAULT_PARTITIONS_GUESS: u64 = 64;

pub fn records(topic: &NewTopic) -> u64 {
    let partitions = topic
        .partitions
        .and_then(|partitions| u64::try_from(partitions.get()).ok());
    // Measured on Kafka 4.3: a topic that sets min.insync.replicas takes a record more.
    let in_sync = topic
        .config
        .keys()
        .any(|key| key.as_str() == "min.insync.replicas");
    1 + topic.config.len() as u64
        + u64::from(in_sync)
        + partitions.unwrap_or(DEFAULT_PARTITIONS_GUESS)
}

/// Splits families into requests, in their order, each family in one request unless it is too
/// large for any. A topic that is too large by itself stands alone, for the broker to judge.
/// No request is empty, and no order-keeping split has fewer.
pub fn split(families: Vec<Vec<NewTopic>>) -> Vec<Vec<NewTopic>> {
    split_at(RECORDS_LIMIT, families)
}

fn split_at(limit: u64, families: Vec<Vec<NewTopic>>) -> Vec<Vec<NewTopic>> {
    let mut batches: Vec<Vec<NewTopic>> = Vec::new();
    let mut filled = 0;
    for unit in families
        .into_iter()
        .flat_map(|family| inseparable(limit, family))
    {
        let size = unit.iter().map(records).sum::<u64>();
        match batches.last_mut() {
            Some(batch) if filled + size <= limit => {
                batch.extend(unit);
                filled += size;
            }
            _ => {
                batches.push(unit);
                filled = size;
            }
        }
    }
    batches
}

/// The family as it is, or topic by topic where no request could hold it.
fn inseparable(limit: u64, family: Vec<NewTopic>) -> Vec<Vec<NewTopic>> {
    if family.is_empty() {
        vec![]
    } else if family.iter().map(records).sum::<u64>() <= limit {
        vec![family]
    } else {
        family.into_iter().map(|topic| vec![topic]).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::topic::{ConfigKey, ConfigValue, Partitions, TopicName};

    fn topic(name: &str, partitions: Option<i32>, configs: usize) -> NewTopic {
        NewTopic {
            name: TopicName::parse(name).expect("legal"),
            partitions: partitions.map(|count| Partitions::new(count).expect("positive")),
            replication_factor: None,
            config: (0..configs)
                .map(|key| (ConfigKey::new(format!("k{key}")), ConfigValue::new("v")))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    fn names(batches: &[Vec<NewTopic>]) -> Vec<Vec<&str>> {
        batches
            .iter()
            .map(|batch| batch.iter().map(|one| one.name.as_str()).collect())
            .collect()
    }

    #[test]
    fn records_are_topics_configurations_and_partitions() {
        assert_eq!(records(&topic("a", Some(6), 4)), 11);
        assert_eq!(records(&topic("a", Some(i32::MAX), 0)), 2_147_483_648);
        assert_eq!(records(&topic("a", None, 0)), 1 + DEFAULT_PARTITIONS_GUESS);
    }

    #[test]
    fn min_insync_replicas_takes_a_record_more() {
        let mut one = topic("a", Some(3), 0);
        let key = ConfigKey::new("min.insync.replicas");
        one.config.insert(key, ConfigValue::new("2"));
        assert_eq!(records(&one), 6);
    }

    #[test]
    fn what_fits_is_one_request() {
        let family = |name: usize| vec![topic(&format!("t{name}"), Some(3), 5)];
        // 9 records each.
        assert_eq!(split((0..1_055).map(family).collect()).len(), 1);
        assert_eq!(split((0..1_056).map(family).collect()).len(), 2);
        assert_eq!(split(vec![]), Vec::<Vec<NewTopic>>::new());
        assert_eq!(split(vec![vec![], vec![]]), Vec::<Vec<NewTopic>>::new());
    }

    #[test]
    fn a_family_goes_to_the_next_request_together() {
        let batches = split_at(
            10,
            vec![
                vec![topic("a", Some(5), 0)],
                vec![topic("b", Some(1), 0), topic("b-dlq", Some(1), 1)],
                vec![topic("c", Some(4), 0)],
            ],
        );
        assert_eq!(names(&batches), [vec!["a"], vec!["b", "b-dlq", "c"]]);
    }

    #[test]
    fn a_family_beyond_the_limit_is_split_and_a_topic_beyond_it_stands_alone() {
        let batches = split_at(
            10,
            vec![
                vec![topic("a", Some(3), 0)],
                vec![
                    topic("b", Some(5), 0),
                    topic("b-retry", Some(5), 0),
                    topic("b-dlq", Some(1), 0),
                ],
                vec![topic("huge", Some(10), 0)],
                vec![topic("c", Some(1), 0)],
            ],
        );
        let expected = [
            vec!["a", "b"],
            vec!["b-retry", "b-dlq"],
            vec!["huge"],
            vec!["c"],
        ];
        assert_eq!(names(&batches), expected);
    }

    fn families() -> impl Strategy<Value = Vec<Vec<NewTopic>>> {
        let shape = (proptest::option::of(1..40_i32), 0..6_usize);
        let families = prop::collection::vec(prop::collection::vec(shape, 0..6), 0..30);
        families.prop_map(|families| {
            let mut place = 0;
            let mut next = |(partitions, configs)| {
                place += 1;
                topic(&format!("t{place}"), partitions, configs)
            };
            families
                .into_iter()
                .map(|family| family.into_iter().map(&mut next).collect())
                .collect()
        })
    }

    fn size(topics: &[NewTopic]) -> u64 {
        topics.iter().map(records).sum()
    }

    proptest! {
        #[test]
        fn every_topic_is_in_one_request_in_its_order(families in families(), limit in 1..400_u64) {
            let given: Vec<_> = families.iter().flatten().cloned().collect();
            let batches = split_at(limit, families);
            prop_assert!(batches.iter().all(|batch| !batch.is_empty()));
            prop_assert_eq!(batches.concat(), given);
        }

        #[test]
        fn a_request_is_within_the_limit_or_a_single_topic(
            families in families(), limit in 1..400_u64,
        ) {
            for batch in split_at(limit, families) {
                prop_assert!(size(&batch) <= limit || batch.len() == 1);
            }
        }

        #[test]
        fn a_family_that_fits_is_not_split(families in families(), limit in 1..400_u64) {
            let batches = split_at(limit, families.clone());
            for family in families.iter().filter(|family| size(family) <= limit) {
                let holds_one = |batch: &&Vec<NewTopic>| family.iter().any(|one| batch.contains(one));
                prop_assert!(batches.iter().filter(holds_one).count() <= 1);
            }
        }

        #[test]
        fn requests_are_few(families in families(), limit in 1..400_u64) {
            let total: u64 = families.iter().map(|family| size(family)).sum();
            let batches = split_at(limit, families);
            // Two neighbors always exceed the limit together, or they would be one.
            for pair in batches.windows(2) {
                prop_assert!(size(&pair[0]) + size(&pair[1]) > limit);
            }
            prop_assert!(batches.len() as u64 <= 2 * total / limit + 1);
        }
    }
}
