//! Which partition a key lands in, and how many keys spread over the partitions.
//!
//! Takes keys as bytes, a partitioner and a count. Pure but for the reader that [`Lines`] is
//! handed; knows neither manifests nor a cluster, and does not print: [`text`] and [`json`] write
//! to what they are given.

pub mod json;
mod placement;
pub mod text;

use std::io::{self, BufRead};

use crate::topic::Partitions;

pub use placement::Placement;

/// Most partitions that a [`Spread`] counts; it holds a number for each.
pub const MAX_SPREAD: i32 = 1_000_000;
/// Longest line of [`Lines`], in bytes; Kafka's default for a whole message is as much.
pub const MAX_LINE: usize = 1024 * 1024;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    pub key: Vec<u8>,
    /// `None`: any, for the partitioner takes the key for none.
    pub partition: Option<i32>,
    /// The same under the other count, if one is asked about.
    pub then: Option<Option<i32>>,
}

/// What is asked: a placement, and perhaps another count to compare it with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    pub topic: Option<String>,
    pub placement: Placement,
    pub to: Option<Partitions>,
}

impl Question {
    pub fn place(&self, key: Vec<u8>) -> Placed {
        let then = self.other().map(|other| other.partition(&key));
        Placed {
            partition: self.placement.partition(&key),
            then,
            key,
        }
    }

    fn other(&self) -> Option<Placement> {
        self.to.map(|partitions| Placement {
            partitions,
            ..self.placement
        })
    }
}

/// How many of the keys are elsewhere under the other count. Keys that are none are not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Moved {
    pub keys: u64,
    pub moved: u64,
}

impl Moved {
    pub fn among(placed: &[Placed]) -> Self {
        let mut moved = Self::default();
        for one in placed {
            if let (Some(now), Some(Some(then))) = (one.partition, one.then) {
                moved.count(now, then);
            }
        }
        moved
    }

    /// From 0 to 1.
    pub fn share(self) -> f64 {
        share(self.moved, self.keys)
    }

    fn count(&mut self, now: i32, then: i32) {
        self.keys += 1;
        self.moved += u64::from(now != then);
    }
}

/// How many keys each partition has. Its size depends on the partitions and not on the keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spread {
    pub counts: Vec<u64>,
    /// Keys that the partitioner takes for none.
    pub unkeyed: u64,
    pub moved: Moved,
}

impl Spread {
    /// Counts all lines of a reader.
    ///
    /// # Errors
    /// Where the lines cannot be read.
    pub fn count(question: &Question, input: impl BufRead) -> io::Result<Self> {
        let size = usize::try_from(question.placement.partitions.get()).unwrap_or(0);
        let mut spread = Self {
            counts: vec![0; size],
            unkeyed: 0,
            moved: Moved::default(),
        };
        let other = question.other();
        let mut lines = Lines::new(input);
        while let Some(key) = lines.next_line()? {
            let place = question.placement.partition(key);
            let Some((place, count)) = place.and_then(|place| {
                let index = usize::try_from(place).ok()?;
                Some((place, spread.counts.get_mut(index)?))
            }) else {
                spread.unkeyed += 1;
                continue;
            };
            *count += 1;
            if let Some(then) = other.and_then(|other| other.partition(key)) {
                spread.moved.count(place, then);
            }
        }
        Ok(spread)
    }

    /// The keys that have a place.
    pub fn keys(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The partition with most keys, the first of several, and its keys. `None` without keys.
    pub fn hottest(&self) -> Option<(usize, u64)> {
        let first = |best: Option<(usize, u64)>, (at, count): (usize, u64)| match best {
            Some(best) if best.1 >= count => Some(best),
            _ if count == 0 => best,
            _ => Some((at, count)),
        };
        self.counts.iter().copied().enumerate().fold(None, first)
    }

    /// The share of a number of keys, from 0 to 1.
    pub fn share(&self, count: u64) -> f64 {
        share(count, self.keys())
    }

    /// What each partition would have if all had the same, from 0 to 1.
    pub fn fair_share(&self) -> f64 {
        1.0 / self.counts.len().max(1) as f64
    }

    pub fn empty(&self) -> impl Iterator<Item = usize> {
        self.counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count == 0)
            .map(|(at, _)| at)
    }
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 {
        0.0
    } else {
        part as f64 / all as f64
    }
}

/// The lines of a reader, as bytes: ended by LF or CRLF, the last one perhaps by neither. Holds one
/// line at a time.
struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            number: 0,
        }
    }

    fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        self.number += 1;
        // Room for the longest line and its end.
        let limit = MAX_LINE as u64 + 2;
        let read = io::Read::take(&mut self.input, limit).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        let line = match self.line.as_slice() {
            [line @ .., b'\r', b'\n'] | [line @ .., b'\n'] => line,
            line => line,
        };
        if line.len() > MAX_LINE {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("line {} is longer than 1 MiB, which no key is", self.number),
            ));
        }
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::Partitioner;

    fn question(partitioner: Partitioner, count: i32, to: Option<i32>) -> Question {
        let partitions = Partitions::new(count).expect("a count");
        Question {
            topic: None,
            placement: Placement {
                partitioner,
                partitions,
            },
            to: to.and_then(Partitions::new),
        }
    }

    #[test]
    fn lines_end_in_lf_or_crlf_or_not_at_all() {
        let mut lines = Lines::new(&b"a\nb\r\n\nc\rd\n\xff\xfe\nlast"[..]);
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().expect("bytes") {
            seen.push(line.to_vec());
        }
        let expected: [&[u8]; 6] = [b"a", b"b", b"", b"c\rd", b"\xff\xfe", b"last"];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_line_without_end_is_refused_and_not_swallowed() {
        let endless = io::BufReader::new(io::Read::take(io::repeat(b'x'), 1 << 40));
        let error = Spread::count(&question(Partitioner::Md5, 3, None), endless);
        assert!(
            error
                .expect_err("too long")
                .to_string()
                .starts_with("line 1 is longer")
        );
        let longest = "x".repeat(MAX_LINE) + "\r\n";
        let spread = Spread::count(&question(Partitioner::Md5, 3, None), longest.as_bytes());
        assert_eq!(spread.expect("just short enough").keys(), 1);
    }

    #[test]
    fn a_spread_counts_every_key_once() {
        let keys: String = (0..1000).map(|key| format!("tenant-{key}\n")).collect();
        let spread = Spread::count(&question(Partitioner::Md5, 6, Some(12)), keys.as_bytes())
            .expect("bytes");
        assert_eq!(spread.keys(), 1000);
        assert_eq!(spread.counts.len(), 6);
        assert_eq!(spread.empty().count(), 0);
        let (hottest, most) = spread.hottest().expect("keys");
        assert_eq!(spread.counts[hottest], most);
        assert!(spread.counts.iter().all(|count| *count <= most));
        // Half of the keys move when the partitions double.
        assert_eq!(spread.moved.keys, 1000);
        assert!(
            (450..550).contains(&spread.moved.moved),
            "{:?}",
            spread.moved
        );
    }

    #[test]
    fn unkeyed_lines_are_counted_apart() {
        let spread = Spread::count(&question(Partitioner::Crc32, 3, Some(4)), &b"\na\n\n"[..]);
        let spread = spread.expect("bytes");
        assert_eq!(
            (spread.keys(), spread.unkeyed, spread.moved.keys),
            (1, 2, 1)
        );
    }

    #[test]
    fn a_spread_without_keys_has_no_hottest_partition() {
        let spread = Spread::count(&question(Partitioner::Md5, 3, None), &b""[..]).expect("bytes");
        assert_eq!((spread.hottest(), spread.empty().count()), (None, 3));
    }

    #[test]
    fn moved_keys_are_those_whose_place_changes() {
        let question = question(Partitioner::Md5, 3, Some(6));
        let placed: Vec<_> = (0..100)
            .map(|key| question.place(format!("k{key}").into_bytes()))
            .collect();
        let moved = Moved::among(&placed);
        let expected = placed
            .iter()
            .filter(|one| one.then != Some(one.partition))
            .count();
        assert_eq!((moved.keys, moved.moved), (100, expected as u64));
        assert!((0.3..0.7).contains(&moved.share()));
    }
}
