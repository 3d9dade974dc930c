//! Places of keys for people: one line a key, or the spread as a histogram.

use std::io::{self, Write};

use super::{Moved, Placed, Question, Spread};
use crate::diagnostic::printable;
use crate::layout::Layout;
use crate::wording::plural;

/// Writes one line for each key, and what another count would move.
///
/// # Errors
/// Where the writer fails.
pub fn write_keys(
    question: &Question,
    placed: &[Placed],
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let widest = |count: i32| (count - 1).to_string().len();
    let width = widest(question.placement.partitions.get());
    let place = |partition: Option<i32>, width: usize| match partition {
        Some(partition) => format!("{partition:>width$}"),
        None => format!("{:>width$}", "-"),
    };
    for one in placed {
        let key = String::from_utf8_lossy(&one.key);
        write!(out, "{}", place(one.partition, width))?;
        if let (Some(then), Some(to)) = (one.then, question.to) {
            write!(out, " → {}", place(then, widest(to.get())))?;
        }
        match one.partition {
            Some(_) => writeln!(out, "  {}", printable(&key))?,
            None => writeln!(out, "  (an empty key is none to librdkafka: any partition)")?,
        }
    }
    if question.to.is_some() {
        writeln!(out)?;
        write_wrapped(&moved(question, Moved::among(placed)), layout, out)?;
    }
    Ok(())
}

/// Writes the spread of many keys.
///
/// # Errors
/// Where the writer fails.
pub fn write_spread(
    question: &Question,
    spread: &Spread,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let keys = spread.keys();
    let partitions = spread.counts.len();
    let of = question
        .topic
        .as_ref()
        .map(|topic| format!(" of {topic}"))
        .unwrap_or_default();
    let hash = question.placement.partitioner.as_str();
    let title = format!(
        "{} over {}{of} by {hash}",
        plural(keys, "key"),
        plural(partitions, "partition")
    );
    write_wrapped(&title, layout, out)?;
    writeln!(out)?;
    let most = spread.hottest().map_or(0, |(_, most)| most);
    let number = (partitions - 1).to_string().len();
    let count = most.to_string().len();
    // Two of indent, the columns with two between them, `100.0 %` and the bar.
    let room = layout
        .width
        .saturating_sub(2 + number + 2 + count + 2 + 7 + 2)
        .max(10);
    for (partition, held) in spread.counts.iter().enumerate() {
        let bar = "#".repeat(length(*held, most, room));
        let share = percent(spread.share(*held));
        let line = format!("  {partition:>number$}  {held:>count$}  {share:>7}  {bar}");
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)?;
    if spread.unkeyed > 0 {
        let lines = plural(spread.unkeyed, "empty line");
        let text = format!("{lines} not counted: an empty key is none to librdkafka.");
        write_wrapped(&text, layout, out)?;
    }
    let empty: Vec<_> = spread.empty().collect();
    match empty.as_slice() {
        [] => {}
        [one] => writeln!(out, "Partition {one} has no key.")?,
        several => {
            const SHOWN: usize = 20;
            let listed: Vec<_> = several
                .iter()
                .take(SHOWN)
                .map(|partition| partition.to_string())
                .collect();
            let more = if several.len() > SHOWN { ", …" } else { "" };
            let count = several.len();
            let text = format!(
                "{count} partitions have no key: {}{more}.",
                listed.join(", ")
            );
            write_wrapped(&text, layout, out)?;
        }
    }
    if question.to.is_some() {
        write_wrapped(&moved(question, spread.moved), layout, out)?;
    }
    if let Some((partition, held)) = spread.hottest() {
        let share = spread.share(held);
        let text = format!(
            "The hottest partition is {partition} with {} of the keys, {:.2} times its fair \
             share of {}.",
            percent(share),
            share / spread.fair_share(),
            percent(spread.fair_share())
        );
        write_wrapped(&text, layout, out)?;
    }
    Ok(())
}

fn moved(question: &Question, moved: Moved) -> String {
    let to = question.to.map_or(0, crate::topic::Partitions::get);
    format!(
        "{} of {} would move with {} instead of {}: {}.",
        moved.moved,
        plural(moved.keys, "key"),
        plural(to, "partition"),
        question.placement.partitions,
        percent(moved.share())
    )
}

/// A bar is never longer than the share it shows, but something is never shown as nothing.
fn length(held: u64, most: u64, room: usize) -> usize {
    if held == 0 || most == 0 {
        return 0;
    }
    ((held as f64 / most as f64 * room as f64) as usize).clamp(1, room)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn write_wrapped(text: &str, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    for line in layout.wrap(&printable(text), "", "") {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Placement;
    use crate::topic::{Partitioner, Partitions};

    fn question(partitioner: Partitioner, count: i32, to: Option<i32>) -> Question {
        let partitions = Partitions::new(count).expect("a count");
        Question {
            topic: Some("orders".to_owned()),
            placement: Placement {
                partitioner,
                partitions,
            },
            to: to.and_then(Partitions::new),
        }
    }

    fn keys(question: &Question, keys: &[&[u8]]) -> String {
        let placed: Vec<_> = keys
            .iter()
            .map(|key| question.place(key.to_vec()))
            .collect();
        let mut out = Vec::new();
        write_keys(question, &placed, Layout::default(), &mut out).expect("a vector takes all");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_key_is_a_line() {
        let question = question(Partitioner::Md5, 12, None);
        let text = keys(&question, &[b"user:42", b"customer-1000", b"caf\xe9\x1b"]);
        let (known, untrusted) = text.split_at(" 6  user:42\n 4  customer-1000\n".len());
        assert_eq!(known, " 6  user:42\n 4  customer-1000\n");
        // What a terminal must not see is replaced.
        assert!(
            untrusted.ends_with("  caf\u{fffd}\u{fffd}\n"),
            "{untrusted}"
        );
    }

    #[test]
    fn another_count_shows_where_keys_go() {
        let question = question(Partitioner::Crc32, 12, Some(3));
        assert_eq!(
            keys(&question, &[b"a", b"kafka", b""]),
            " 3 → 0  a\n11 → 2  kafka\n - → -  (an empty key is none to librdkafka: any \
             partition)\n\n2 of 2 keys would move with 3 partitions instead of 12: 100.0 %.\n"
        );
    }

    #[test]
    fn a_spread_is_a_histogram_of_80_columns() {
        let question = question(Partitioner::Crc32, 3, Some(4));
        let input = "a\nkafka\nuser:42\n\ncustomer-1000\n";
        let spread = Spread::count(&question, input.as_bytes()).expect("bytes");
        let mut out = Vec::new();
        write_spread(&question, &spread, Layout::default(), &mut out).expect("a vector takes all");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(
            text,
            format!(
                "4 keys over 3 partitions of orders by crc32\n\n  \
                 0  1   25.0 %  {half}\n  1  1   25.0 %  {half}\n  2  2   50.0 %  {full}\n\n\
                 1 empty line not counted: an empty key is none to librdkafka.\n\
                 4 of 4 keys would move with 4 partitions instead of 3: 100.0 %.\n\
                 The hottest partition is 2 with 50.0 % of the keys, 1.50 times its fair share \
                 of\n33.3 %.\n",
                half = "#".repeat(31),
                full = "#".repeat(63)
            )
        );
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= Layout::WIDTH)
        );
    }

    #[test]
    fn partitions_without_a_key_are_named() {
        let question = question(Partitioner::Crc32, 1000, None);
        let spread = Spread::count(&question, &b"a\n"[..]).expect("bytes");
        let mut out = Vec::new();
        write_spread(&question, &spread, Layout::default(), &mut out).expect("a vector takes all");
        let text = String::from_utf8(out).expect("text");
        assert!(
            text.contains("\n999 partitions have no key: 0, 1, 2"),
            "{text}"
        );
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= Layout::WIDTH)
        );
    }
}
