//! Values that every broker takes and nobody means: a number that counts hours or days where
//! milliseconds are counted. Pure.

use super::ConfigSpec;
use crate::units::{self, MINUTE_MS};

/// The keys, and the time below which their value is surely a mistake. Brokers look for what is to be
/// deleted every five minutes.
const SHORTEST: [(&str, i64); 3] = [
    ("local.retention.ms", MINUTE_MS),
    ("retention.ms", MINUTE_MS),
    ("segment.ms", 1_000),
];

/// What a value was probably meant to be, with its unit, where it is surely a mistake.
pub fn unlikely(spec: &ConfigSpec, value: &str) -> Option<Vec<String>> {
    let (_, shortest) = SHORTEST.iter().find(|(name, _)| *name == spec.name)?;
    units::meant(value.trim().parse().ok()?, *shortest)
}
