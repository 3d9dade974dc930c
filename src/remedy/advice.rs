//! What to know about a mismatch beside the command: what it does to messages, keys and brokers,
//! and where no command can correct it, what to declare instead.

use super::Access;
use super::declaration::{Declaring, FoundCount, declaration};
use crate::health;
use crate::outcome::{Mismatch, replica_range};
use crate::topic::{DeclaredTopic, Field, PartitionKey, Partitioner};
use crate::wording::plural;

/// What to know about a mismatch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    pub text: String,
    /// A line of YAML that the text is about.
    pub yaml: Option<String>,
}

impl From<String> for Advice {
    fn from(text: String) -> Self {
        Self { text, yaml: None }
    }
}

/// What to know about a mismatch.
pub fn advice(
    topic: &DeclaredTopic,
    mismatch: &Mismatch,
    declaring: Declaring<'_>,
    access: &Access,
) -> Option<Advice> {
    match mismatch {
        Mismatch::Partitions { declared, found } if declared.value.count() < *found => {
            let found = FoundCount {
                field: &Field::Partitions,
                count: *found,
                reason: "partitions cannot be taken away",
            };
            let why =
                "partitions cannot be taken away, only a topic of another name can have fewer:";
            Some(instead(topic, found, declaring, why))
        }
        Mismatch::Partitions { declared, found } => Some(Advice::from(format!(
            "adding partitions moves about {} % of {} to another partition",
            moved_share(*found, declared.value.count()),
            keys(topic.partition_key.as_ref())
        ))),
        Mismatch::ReplicationFactor {
            declared,
            replicas,
            behind,
        } => {
            let wanted = declared.value.count();
            Some(match wanted > access.brokers.len() {
                true => short_of_brokers(topic, wanted, replicas, declaring, access),
                false => replication(wanted, replicas, behind, &access.brokers).into(),
            })
        }
        Mismatch::Config {
            key,
            declared,
            found,
            ..
        } => {
            let danger = danger(key.as_str(), declared.value.as_str(), found);
            danger.map(|text| text.to_owned().into())
        }
    }
}

/// What was found, declared in the place of what is declared.
fn instead(
    topic: &DeclaredTopic,
    found: FoundCount<'_>,
    declaring: Declaring<'_>,
    why: &str,
) -> Advice {
    let declaration = declaration(topic, found, declaring);
    Advice {
        text: format!("{why} {}:", declaration.place),
        yaml: Some(declaration.yaml),
    }
}

/// More replicas are declared than there are brokers to hold them.
fn short_of_brokers(
    topic: &DeclaredTopic,
    wanted: usize,
    replicas: &[Vec<i32>],
    declaring: Declaring<'_>,
    access: &Access,
) -> Advice {
    let there = access.brokers.len();
    if wanted <= there + access.down.len() {
        let start = health::start(&access.down);
        return Advice::from(format!(
            "{wanted} replicas need as many brokers, and {start}, and verify again"
        ));
    }
    let are = match there {
        0 | 1 => "is",
        _ => "are",
    };
    let brokers = plural(there.max(1), "broker");
    let why = format!("{wanted} replicas need as many brokers, and there {are} {brokers}");
    match replica_range(replicas) {
        (fewest, most) if fewest == most => {
            let found = FoundCount {
                field: &Field::ReplicationFactor,
                count: fewest,
                reason: "there were no more brokers",
            };
            let why = format!("{why}. Add brokers, or else");
            instead(topic, found, declaring, &why)
        }
        _ => Advice::from(format!("{why}: add brokers")),
    }
}

fn keys(declared: Option<&PartitionKey>) -> String {
    let partitioner = declared
        .and_then(|key| key.partitioner)
        .map(Partitioner::as_str);
    let field = declared.and_then(|key| key.field.as_deref());
    match (partitioner, field) {
        (Some(partitioner), Some(field)) => format!("the keys ({partitioner} of {field})"),
        (Some(one), None) | (None, Some(one)) => format!("the keys ({one})"),
        (None, None) => "the keys".to_owned(),
    }
}

fn replication(wanted: usize, replicas: &[Vec<i32>], behind: &[i32], brokers: &[i32]) -> String {
    let (fewest, most) = replica_range(replicas);
    let here = |id: &i32| brokers.contains(id);
    let copying: Vec<_> = behind.iter().copied().filter(here).collect();
    if !copying.is_empty() {
        return format!(
            "a reassignment seems to be under way, since {} {} not in sync: wait for its end and \
             verify again; the command would take its place",
            health::brokers(&copying),
            is(&copying)
        );
    }
    let mut gone: Vec<_> = replicas
        .iter()
        .filter(|now| now.len() != wanted)
        .flatten()
        .copied()
        .filter(|id| !here(id))
        .collect();
    gone.sort_unstable();
    gone.dedup();
    let does = match (fewest < wanted, most > wanted) {
        (true, true) => {
            "its partitions differ in replicas, as after a part of a reassignment; the command \
             evens them out, and copies data between brokers"
        }
        (false, _) if fewest < most => {
            "its partitions differ in replicas, as after a part of a reassignment; the command \
             takes away those that are too many"
        }
        (_, false) if fewest < most => {
            "its partitions differ in replicas, as after a part of a reassignment; the command \
             adds those that lack, and copies data between brokers"
        }
        (false, _) => "the command takes replicas away: fewer brokers may then fail",
        (true, _) => "the command copies data between brokers; --throttle limits how fast",
    };
    if gone.is_empty() {
        return does.to_owned();
    }
    format!(
        "{does}. It gives up the replicas of {}, which {} not there now",
        health::brokers(&gone),
        is(&gone)
    )
}

fn is(brokers: &[i32]) -> &'static str {
    if brokers.len() == 1 { "is" } else { "are" }
}

/// What a changed configuration does to messages or producers, where that is more than it says.
fn danger(key: &str, declared: &str, found: &str) -> Option<&'static str> {
    // No limit is more than every limit.
    let limit = |text: &str| match text.trim().parse::<i64>() {
        Ok(number) if number < 0 => i64::MAX,
        Ok(number) => number,
        Err(_) => 0,
    };
    let compacts = |text: &str| text.split(',').any(|word| word.trim() == "compact");
    let deletes = |text: &str| text.split(',').any(|word| word.trim() == "delete");
    match key {
        "retention.ms" | "retention.bytes" if limit(declared) < limit(found) => {
            Some("Kafka then deletes the messages that are beyond it")
        }
        "cleanup.policy" if compacts(declared) && !compacts(found) => {
            Some("Kafka then removes all but the newest message of each key")
        }
        "cleanup.policy" if deletes(declared) && !deletes(found) => {
            Some("Kafka then deletes messages beyond the retention")
        }
        "min.insync.replicas" if limit(declared) > limit(found) => {
            Some("producers with acks=all are then refused while fewer replicas are in sync")
        }
        _ => None,
    }
}

/// In percent: with `hash % n`, a key stays where the remainders by both counts agree.
fn moved_share(from: usize, to: usize) -> usize {
    let (mut a, mut b) = (from, to);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    // Over lcm(from, to) hashes exactly min(from, to) stay.
    let lcm = (from / a.max(1)).saturating_mul(to).max(1);
    let stay = from.min(to);
    let moved = (lcm - stay) as f64 / lcm as f64;
    (moved * 100.0).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Placement;
    use crate::topic::Partitions;

    #[test]
    fn the_share_of_moved_keys_is_the_measured_one() {
        // Measured with 100 000 MD5 keys.
        for (from, to, percent) in [(12, 24, 50), (12, 13, 92), (3, 4, 75), (3, 6, 50)] {
            assert_eq!(moved_share(from, to), percent, "{from} to {to}");
        }
    }

    #[test]
    fn every_partitioner_moves_that_share() {
        const KEYS: u32 = 20_000;
        let count = |count| Partitions::new(count).expect("at least 1");
        for partitioner in Partitioner::ALL {
            for (from, to) in [(3, 6), (3, 4), (12, 18)] {
                let place = |partitions, key: &str| {
                    let placement = Placement {
                        partitioner,
                        partitions: count(partitions),
                    };
                    placement.partition(key.as_bytes())
                };
                let moves = |key: &String| place(from, key) != place(to, key);
                let moved = (0..KEYS)
                    .map(|n| format!("tenant-{n}"))
                    .filter(moves)
                    .count();
                let measured = moved as f64 * 100.0 / f64::from(KEYS);
                let computed = moved_share(count(from).count(), count(to).count()) as f64;
                let close = (measured - computed).abs() < 2.0;
                assert!(
                    close,
                    "{partitioner:?} {from} to {to}: {measured}, computed {computed}"
                );
            }
        }
    }

    #[test]
    fn keys_are_named_as_far_as_they_are_declared() {
        let key = |field: Option<&str>, partitioner| PartitionKey {
            field: field.map(str::to_owned),
            partitioner,
        };
        let md5 = Some(Partitioner::Md5);
        for (declared, expected) in [
            (None, "the keys"),
            (Some(key(None, None)), "the keys"),
            (Some(key(None, md5)), "the keys (md5)"),
            (Some(key(Some("tenant_id"), None)), "the keys (tenant_id)"),
            (
                Some(key(Some("tenant_id"), md5)),
                "the keys (md5 of tenant_id)",
            ),
        ] {
            assert_eq!(keys(declared.as_ref()), expected);
        }
    }

    #[test]
    fn a_number_of_replicas_is_explained_by_what_was_seen() {
        let advised = |replicas: &[&[i32]], behind: &[i32], wanted| {
            let replicas: Vec<_> = replicas.iter().map(|ids| ids.to_vec()).collect();
            replication(wanted, &replicas, behind, &[1, 2, 3])
        };
        for (text, begins) in [
            (advised(&[&[1]], &[], 2), "the command copies data"),
            (
                advised(&[&[1, 2]], &[], 1),
                "the command takes replicas away",
            ),
            (
                advised(&[&[1], &[1, 2]], &[], 2),
                "its partitions differ in replicas, as after a part of \
              a reassignment; the command adds",
            ),
            (
                advised(&[&[1], &[1, 2]], &[], 1),
                "its partitions differ in replicas, as after a part of \
              a reassignment; the command takes away",
            ),
            (
                advised(&[&[1], &[1, 2, 3]], &[], 2),
                "its partitions differ in replicas, as after a part \
              of a reassignment; the command evens",
            ),
            (
                advised(&[&[2, 3, 1]], &[3], 2),
                "a reassignment seems to be under way, since broker 3 is \
              not in sync",
            ),
            // A broker that is gone does not catch up.
            (
                advised(&[&[2, 4, 1]], &[4], 2),
                "the command takes replicas away: fewer brokers may then \
              fail. It gives up the replicas of broker 4, which is not there now",
            ),
        ] {
            assert!(text.starts_with(begins), "{text}\n{begins}");
        }
    }
}
