//! Keys under another name than the topic's: a broker's configuration (`log.retention.hours`), or one
//! that has another unit in its name (`retention_days`). Pure.
//!
//! Who only changes the name of such a key may shorten what is kept a million times, so that a value
//! goes with it, converted; and where it cannot be converted, the unit is what is talked about.

use super::{ConfigSpec, all, parse, unlikely};
use crate::units::{self, Amount, Measure, UNLIMITED, is_whole_number};

/// Another name of a topic's configuration.
#[derive(Clone, PartialEq, Debug)]
pub struct Renamed {
    pub spec: &'static ConfigSpec,
    /// What the numbers under the other name count, where a topic's count something else.
    pub counts: Option<Amount>,
    pub is_broker_s: bool,
}

/// What a value under another name is under the topic's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Converted {
    /// As people write it, and as the broker has it.
    Value { written: String, broker: String },
    /// It is surely not what was meant; these may be.
    Unlikely(Vec<String>),
}

impl Renamed {
    /// What a key in Kafka's spelling is another name of.
    pub(super) fn of(key: &str) -> Option<Self> {
        let is_broker_s = |spec: &ConfigSpec, key: &str| spec.broker_keys.contains(&key);
        let same_unit = |spec: &&ConfigSpec, key: &str| is_broker_s(spec, key) || spec.name == key;
        let (stem, counts) = match key.rsplit_once('.') {
            Some((stem, word)) => (stem, Amount::named(word)),
            None => (key, None),
        };
        let Some(counts) = counts else {
            let spec = all().iter().find(|spec| is_broker_s(spec, key))?;
            let (counts, is_broker_s) = (None, true);
            return Some(Self {
                spec,
                counts,
                is_broker_s,
            });
        };
        let ending = match counts.measure() {
            Measure::Duration => "ms",
            Measure::Size => "bytes",
        };
        let usual = format!("{stem}.{ending}");
        let mut all = all().iter();
        let spec = all.find(|spec| same_unit(spec, key) || same_unit(spec, &usual))?;
        Some(Self {
            spec,
            counts: (!key.ends_with(ending)).then_some(counts),
            is_broker_s: is_broker_s(spec, key),
        })
    }

    /// `None` for what is no value.
    pub fn convert(&self, text: &str) -> Option<Converted> {
        let text = text.trim();
        // What a variable counts is not known here.
        if text.contains("${") {
            return None;
        }
        let read = units::reading(text).filter(|_| self.spec.unit.is_some());
        let digits = read.map(|number| number.to_string());
        let text = digits.as_deref().unwrap_or(text);
        let written = match self.counts {
            Some(_) if is_whole_number(text) && text.starts_with('-') => {
                self.spec.unlimited.map(|_| UNLIMITED.to_owned())?
            }
            Some(counts) if is_whole_number(text) => counts.written(text.trim_start_matches('+')),
            _ => text.to_owned(),
        };
        let broker = parse(self.spec, &written).ok()?.as_str().to_owned();
        // Brokers refuse it, and a topic would delete everything.
        if self.spec.name.ends_with("retention.ms") && broker == "0" {
            return None;
        }
        Some(match unlikely(self.spec, &broker) {
            Some(readings) => Converted::Unlikely(readings),
            None => Converted::Value { written, broker },
        })
    }
}
