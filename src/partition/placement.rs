//! The partition of one key, as each of the real clients computes it. Pure; takes bytes.

use md5::{Digest, Md5};

use crate::topic::{Partitioner, Partitions};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placement {
    pub partitioner: Partitioner,
    pub partitions: Partitions,
}

impl Placement {
    /// `None` for a key that this partitioner takes for none: any partition may be chosen.
    pub fn partition(self, key: &[u8]) -> Option<i32> {
        let count = self.partitions.get();
        match self.partitioner {
            Partitioner::Md5 => Some(remainder_of_digest(&Md5::digest(key), count)),
            Partitioner::Murmur2 => Some((murmur2(key) & i32::MAX) % count),
            // librdkafka takes an empty key for no key.
            Partitioner::Crc32 if key.is_empty() => None,
            Partitioner::Crc32 => {
                let place = i64::from(crc32fast::hash(key)) % i64::from(count);
                i32::try_from(place).ok()
            }
            Partitioner::Fnv1a => Some(absolute_remainder(fnv1a(key), count)),
        }
    }
}

/// The digest as a big-endian unsigned integer, modulo the count, byte by byte.
fn remainder_of_digest(digest: &[u8], count: i32) -> i32 {
    let count = i64::from(count);
    let rest = digest
        .iter()
        .fold(0, |rest, byte| (rest * 256 + i64::from(*byte)) % count);
    i32::try_from(rest).unwrap_or(0)
}

/// As Sarama has it: the remainder first, for the smallest number has no absolute value.
fn absolute_remainder(hash: i32, count: i32) -> i32 {
    (hash % count).abs()
}

/// The 32-bit MurmurHash 2 of `org.apache.kafka.common.utils.Utils`, whose seed is its own.
fn murmur2(key: &[u8]) -> i32 {
    const SEED: u32 = 0x9747_b28c;
    const FACTOR: u32 = 0x5bd1_e995;
    // Java's lengths are 32-bit.
    let mut hash = SEED ^ (key.len() as u32);
    let mut words = key.chunks_exact(4);
    for word in words.by_ref() {
        let word = word
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
        let word = word.wrapping_mul(FACTOR);
        let word = (word ^ word >> 24).wrapping_mul(FACTOR);
        hash = hash.wrapping_mul(FACTOR) ^ word;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        hash ^= rest
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
        hash = hash.wrapping_mul(FACTOR);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(FACTOR);
    (hash ^ hash >> 15) as i32
}

/// FNV-1a of 32 bits, as a signed number.
fn fnv1a(key: &[u8]) -> i32 {
    let hash = key.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    hash as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(partitioner: Partitioner, key: &str, count: i32) -> Option<i32> {
        let partitions = Partitions::new(count).expect("a count");
        Placement {
            partitioner,
            partitions,
        }
        .partition(key.as_bytes())
    }

    /// Computed with the real libraries, over 3, 12 and 50 partitions, in the order of
    /// [`Partitioner::ALL`].
    #[test]
    fn keys_land_where_real_clients_put_them() {
        let vectors = [
            ("a", [[1, 1, 47], [1, 4, 24], [0, 3, 7], [0, 0, 26]]),
            ("order-1", [[1, 4, 16], [1, 10, 26], [1, 7, 29], [1, 1, 49]]),
            ("user:42", [[0, 6, 46], [1, 1, 25], [1, 10, 8], [2, 2, 22]]),
            (
                "customer-1000",
                [[1, 4, 16], [2, 11, 21], [2, 11, 25], [0, 9, 49]],
            ),
            ("kafka", [[0, 0, 10], [1, 4, 30], [2, 11, 49], [2, 5, 45]]),
            (
                "héllo-ключ",
                [[2, 8, 12], [2, 2, 30], [2, 5, 3], [2, 11, 33]],
            ),
        ];
        for (key, expected) in vectors {
            for (partitioner, expected) in Partitioner::ALL.into_iter().zip(expected) {
                let places = [3, 12, 50].map(|count| place(partitioner, key, count));
                assert_eq!(
                    places,
                    expected.map(Some),
                    "{key} by {}",
                    partitioner.as_str()
                );
            }
        }
    }

    #[test]
    fn the_tenant_of_the_scenario_is_in_partition_3() {
        let tenant = "550e8400-e29b-41d4-a716-446655440000";
        assert_eq!(place(Partitioner::Md5, tenant, 6), Some(3));
    }

    #[test]
    fn every_partitioner_stays_in_range_for_every_count() {
        for count in [1, 2, 3, 1000, i32::MAX] {
            for partitioner in Partitioner::ALL {
                for key in 0..500 {
                    let at = place(partitioner, &format!("key-{key}"), count).expect("a key");
                    assert!((0..count).contains(&at), "{at} of {count}");
                }
            }
        }
    }

    #[test]
    fn an_empty_key_is_none_to_librdkafka_only() {
        assert_eq!(place(Partitioner::Crc32, "", 12), None);
        // Java hashes it: murmur2 of nothing is 275646681.
        assert_eq!(
            place(Partitioner::Murmur2, "", 1_000_000_000),
            Some(275_646_681)
        );
        for partitioner in [Partitioner::Md5, Partitioner::Fnv1a] {
            assert!(place(partitioner, "", 12).is_some());
        }
    }

    #[test]
    fn the_smallest_fnv_hash_has_a_place() {
        assert_eq!(absolute_remainder(i32::MIN, 7), 2);
    }
}
