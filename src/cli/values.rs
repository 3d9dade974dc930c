//! Values of flags, from their texts.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::topic::{Partitioner, Partitions};
use crate::units::{Measure, UnitError};

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match Measure::Duration.parse(text) {
        // Nothing waits for ever; a wait that ends is the point of saying how long.
        Ok(ms) => u64::try_from(ms)
            .map(Duration::from_millis)
            .map_err(|_| "write a duration such as 60s or 5m".to_owned()),
        Err(_) if text.trim() == "0" => Ok(Duration::ZERO),
        // Who waits thinks in seconds.
        Err(UnitError::Bare { number, .. }) if number > 0 => {
            Err(format!("write the unit, {number}s for seconds"))
        }
        Err(_) => Err("write a duration such as 60s or 5m".to_owned()),
    }
}

pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it must be longer than nothing".to_owned()),
        duration => Ok(duration),
    }
}

pub(crate) fn partitions(text: &str) -> Result<Partitions, String> {
    let count = text.trim().parse().ok().and_then(Partitions::new);
    count.ok_or_else(|| format!("write a whole number from 1 to {}", i32::MAX))
}

pub(crate) fn partitioner() -> impl TypedValueParser<Value = Partitioner> {
    let words = Partitioner::ALL.map(Partitioner::as_str);
    PossibleValuesParser::new(words).map(|word| {
        let named = |partitioner: &Partitioner| partitioner.as_str() == word;
        // The parser lets no other word through.
        Partitioner::ALL
            .into_iter()
            .find(named)
            .unwrap_or(Partitioner::Md5)
    })
}

pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
