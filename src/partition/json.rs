//! Places of keys for programs, `topicctl.partition/1`: its keys are a contract.

use std::io::{self, Write};

use serde::Serialize;

use super::{Moved, Placed, Question, Spread};

const SCHEMA: &str = "topicctl.partition/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    topic: Option<&'a str>,
    partitioner: &'static str,
    partitions: i32,
    to: Option<i32>,
    keys: Option<Vec<Key<'a>>>,
    spread: Option<SpreadEntry>,
    moved: Option<MovedEntry>,
}

#[derive(Serialize)]
struct Key<'a> {
    /// Null where the key is not UTF-8.
    key: Option<&'a str>,
    /// Null where the key is UTF-8.
    hex: Option<String>,
    partition: Option<i32>,
    /// Null without another count.
    then: Option<i32>,
}

#[derive(Serialize)]
struct SpreadEntry {
    keys: u64,
    unkeyed: u64,
    fair_share: f64,
    hottest: Option<Held>,
    empty: Vec<usize>,
    partitions: Vec<Held>,
}

#[derive(Serialize)]
struct Held {
    partition: usize,
    keys: u64,
    share: f64,
}

#[derive(Serialize)]
struct MovedEntry {
    keys: u64,
    moved: u64,
    share: f64,
}

impl From<Moved> for MovedEntry {
    fn from(moved: Moved) -> Self {
        Self {
            keys: moved.keys,
            moved: moved.moved,
            share: moved.share(),
        }
    }
}

/// Writes the places of keys as one indented document with a line break behind it.
///
/// # Errors
/// Where the writer fails.
pub fn write_keys(question: &Question, placed: &[Placed], out: &mut dyn Write) -> io::Result<()> {
    let keys = placed.iter().map(key).collect();
    let moved = question.to.map(|_| Moved::among(placed).into());
    write(
        Document {
            keys: Some(keys),
            moved,
            ..document(question)
        },
        out,
    )
}

/// Writes the spread of many keys likewise.
///
/// # Errors
/// Where the writer fails.
pub fn write_spread(question: &Question, spread: &Spread, out: &mut dyn Write) -> io::Result<()> {
    let held = |(partition, keys)| Held {
        partition,
        keys,
        share: spread.share(keys),
    };
    let entry = SpreadEntry {
        keys: spread.keys(),
        unkeyed: spread.unkeyed,
        fair_share: spread.fair_share(),
        hottest: spread.hottest().map(held),
        empty: spread.empty().collect(),
        partitions: spread
            .counts
            .iter()
            .copied()
            .enumerate()
            .map(held)
            .collect(),
    };
    let moved = question.to.map(|_| spread.moved.into());
    write(
        Document {
            spread: Some(entry),
            moved,
            ..document(question)
        },
        out,
    )
}

fn document(question: &Question) -> Document<'_> {
    Document {
        schema: SCHEMA,
        topic: question.topic.as_deref(),
        partitioner: question.placement.partitioner.as_str(),
        partitions: question.placement.partitions.get(),
        to: question.to.map(crate::topic::Partitions::get),
        keys: None,
        spread: None,
        moved: None,
    }
}

fn key(placed: &Placed) -> Key<'_> {
    let key = std::str::from_utf8(&placed.key).ok();
    let hex = || {
        placed
            .key
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    Key {
        key,
        hex: key.is_none().then(hex),
        partition: placed.partition,
        then: placed.then.flatten(),
    }
}

fn write(document: Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::partition::Placement;
    use crate::topic::{Partitioner, Partitions};

    fn question(to: Option<i32>) -> Question {
        let partitions = Partitions::new(3).expect("a count");
        Question {
            topic: None,
            placement: Placement {
                partitioner: Partitioner::Crc32,
                partitions,
            },
            to: to.and_then(Partitions::new),
        }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Value {
        let mut out = Vec::new();
        write(&mut out).expect("a vector takes all");
        serde_json::from_slice(&out).expect("JSON")
    }

    #[test]
    fn keys_are_listed_in_their_order() {
        let question = question(Some(12));
        let placed: Vec<_> = [&b"kafka"[..], b"", b"\xff"]
            .map(|key| question.place(key.to_vec()))
            .into();
        let document = written(|out| write_keys(&question, &placed, out));
        let last = placed[2].partition;
        assert_eq!(
            document,
            json!({
                "schema": "topicctl.partition/1", "topic": null, "partitioner": "crc32",
                "partitions": 3, "to": 12,
                "keys": [
                    { "key": "kafka", "hex": null, "partition": 2, "then": 11 },
                    { "key": "", "hex": null, "partition": null, "then": null },
                    { "key": null, "hex": "ff", "partition": last, "then": placed[2].then },
                ],
                "spread": null,
                "moved": document["moved"],
            })
        );
        assert_eq!(document["moved"]["keys"], 2);
    }

    #[test]
    fn a_spread_names_hot_and_empty_partitions() {
        let question = question(None);
        let spread = Spread::count(&question, &b"kafka\nuser:42\ncustomer-1000\n\n"[..]);
        let spread = spread.expect("bytes");
        let document = written(|out| write_spread(&question, &spread, out));
        let third = 1.0 / 3.0;
        let two_thirds = 2.0 / 3.0;
        assert_eq!(
            document["spread"],
            json!({
                "keys": 3, "unkeyed": 1, "fair_share": third,
                "hottest": { "partition": 2, "keys": 2, "share": two_thirds },
                "empty": [0],
                "partitions": [
                    { "partition": 0, "keys": 0, "share": 0.0 },
                    { "partition": 1, "keys": 1, "share": third },
                    { "partition": 2, "keys": 2, "share": two_thirds },
                ],
            })
        );
        assert_eq!(document["keys"], Value::Null);
        assert_eq!(document["moved"], Value::Null);
    }
}
