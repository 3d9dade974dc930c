//! Kafka's topic configurations: what each key takes, what it means, and when two values are the
//! same.
//!
//! Takes keys and texts, and gives values in the broker's form, answers and reasons. The facts
//! are those of Kafka's `TopicConfig` and `LogConfig` (3.7 to 4.4). This module knows neither
//! manifests nor a cluster: what depends on a broker's version or on its own configuration is
//! left to the broker's preflight.

mod descriptions;
mod renamed;
mod rules;
mod table;
mod unlikely;
mod value;

use std::fmt;

use crate::units::Measure;

pub use renamed::{Converted, Renamed};
pub use rules::{RuleViolation, violations};
pub use unlikely::unlikely;
pub use value::{MAX_VALUE_LENGTH, ValueError, caution, human, measure, parse, parse_vendor, same};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KafkaVersion {
    pub major: u16,
    pub minor: u16,
}

impl fmt::Display for KafkaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    Bool,
    Int(Range),
    Long(Range),
    /// A number with a fraction, both bounds included.
    Double {
        min: f64,
        max: f64,
    },
    /// One of these words, in exactly this spelling.
    Choice(&'static [&'static str]),
    /// Any of these words, each once at most, separated by commas; none is legal too.
    Set(&'static [&'static str]),
    /// `*`, or `partition:broker` pairs separated by commas.
    Replicas,
    /// Text that only the broker can judge.
    Text,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    pub min: i64,
    /// The largest; [`i64::MAX`] or [`i32::MAX`] where the type alone is the bound.
    pub max: i64,
    /// One more number, outside of the bounds.
    pub or: Option<i64>,
}

impl Range {
    fn contains(self, number: i64) -> bool {
        (self.min..=self.max).contains(&number) || self.or == Some(number)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (i64::MIN, i64::MAX) => f.write_str("any whole number of 64 bits")?,
            (min, i64::MAX) => write!(f, "{min} or more")?,
            (min, max) => write!(f, "{min} to {max}")?,
        }
        match self.or {
            Some(or) => write!(f, ", or {or}"),
            None => Ok(()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ConfigSpec {
    pub name: &'static str,
    pub kind: Kind,
    /// What the numbers count, where they may be written with a unit.
    pub unit: Option<Measure>,
    /// The number that means no limit; `None` where `unlimited` makes no sense.
    pub unlimited: Option<i64>,
    /// Kafka's own default, in the broker's form; the newest one where it changed.
    pub default: &'static str,
    /// The broker configurations that supply the value of a topic that sets none, strongest first.
    pub broker_keys: &'static [&'static str],
    /// The first version that has it; `None` for those older than 3.3.
    pub since: Option<KafkaVersion>,
    /// The first version that refuses it.
    pub removed_in: Option<KafkaVersion>,
    /// A later version's higher minimum.
    pub raised_min: Option<(KafkaVersion, i64)>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum KeyClass {
    /// Apache Kafka has it, or had it.
    Known(&'static ConfigSpec),
    /// A vendor's that is known by its prefix: passed on without a check of its value.
    Vendor(Vendor),
    /// Nobody's, with what was probably meant; `None` where nothing is close.
    Unknown(Option<Hint>),
}

/// What an unknown key was probably meant to be.
#[derive(Clone, PartialEq, Debug)]
pub enum Hint {
    Key(&'static str),
    Field(&'static str),
    Renamed(Renamed),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vendor {
    Aiven,
    AutoMq,
    Bufstream,
    Confluent,
    Redpanda,
    StreamNative,
    WarpStream,
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Aiven => "Aiven",
            Self::AutoMq => "AutoMQ",
            Self::Bufstream => "Bufstream",
            Self::Confluent => "Confluent",
            Self::Redpanda => "Redpanda",
            Self::StreamNative => "StreamNative",
            Self::WarpStream => "WarpStream",
        })
    }
}

/// What the vendors' topic configurations begin with, by their documentation.
pub(crate) const VENDOR_PREFIXES: [(&str, Vendor); 8] = [
    ("automq.", Vendor::AutoMq),
    ("bufstream.", Vendor::Bufstream),
    ("confluent.", Vendor::Confluent),
    ("diskless.", Vendor::Aiven),
    ("inkless.", Vendor::Aiven),
    ("redpanda.", Vendor::Redpanda),
    ("ursa.", Vendor::StreamNative),
    ("warpstream.", Vendor::WarpStream),
];

/// Redpanda's topic configurations that do not begin with `redpanda.` and that Kafka lacks.
pub(crate) const REDPANDA_EXTRAS: [&str; 7] = [
    "compaction.strategy",
    "flush.bytes",
    "initial.retention.local.target.bytes",
    "initial.retention.local.target.ms",
    "retention.local.target.bytes",
    "retention.local.target.ms",
    "write.caching",
];

/// Below this likeness (Jaro-Winkler, 0 to 1) a suggestion would mislead.
const ALIKE: f64 = 0.9;

/// Longer texts, in bytes, are no misspellings, and comparing them would be slow.
const LONGEST_MISSPELLING: usize = 128;

/// Every configuration that the catalog knows, by name.
pub fn all() -> &'static [ConfigSpec] {
    &table::TABLE
}

pub fn lookup(key: &str) -> Option<&'static ConfigSpec> {
    table::TABLE
        .binary_search_by(|spec| spec.name.cmp(key))
        .ok()
        .map(|found| &table::TABLE[found])
}

/// What a configuration does, in a sentence or two; empty for a name that is none.
pub fn description(key: &str) -> &'static str {
    let all = &descriptions::DESCRIPTIONS;
    all.binary_search_by(|(name, _)| (*name).cmp(key))
        .map_or("", |found| all[found].1)
}

/// Classifies a key; an unknown one with what was probably meant.
pub fn classify(key: &str) -> KeyClass {
    if let Some(spec) = lookup(key) {
        return KeyClass::Known(spec);
    }
    if REDPANDA_EXTRAS.contains(&key) {
        return KeyClass::Vendor(Vendor::Redpanda);
    }
    let mut vendors = VENDOR_PREFIXES.iter();
    match vendors.find(|(prefix, _)| is_beneath(key, prefix)) {
        Some((_, vendor)) => KeyClass::Vendor(*vendor),
        None => KeyClass::Unknown(hint(key)),
    }
}

fn is_beneath(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty())
}

/// Keys that are nobody's here and that somebody vouches for: prefixes that end in `.`, and whole
/// names. Only the broker can judge them.
#[derive(Clone, Debug, Default)]
pub struct Vouched(Vec<String>);

impl Vouched {
    pub fn add(&mut self, prefix_or_name: &str) -> Result<(), NotToVouchFor> {
        if prefix_or_name.contains('*') {
            return Err(NotToVouchFor::Glob);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if prefix_or_name.trim_matches('.').is_empty() || !prefix_or_name.chars().all(plain) {
            return Err(NotToVouchFor::NoKey);
        }
        if let Some(own) = kafka_s_own(prefix_or_name) {
            return Err(NotToVouchFor::KafkaHas(own));
        }
        self.0.push(prefix_or_name.to_owned());
        Ok(())
    }

    pub fn has(&self, key: &str) -> bool {
        let mut all = self.0.iter();
        all.any(|one| match one.ends_with('.') {
            true => is_beneath(key, one),
            false => key == one,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotToVouchFor {
    Glob,
    /// A text that no key is or begins with.
    NoKey,
    /// Kafka's own key is it or begins with it: misspellings of that one would pass.
    KafkaHas(&'static str),
}

/// What to vouch for so that a key passes: its first part, or the whole where Kafka has that part
/// too. `None` where the key is none.
pub fn to_vouch_for(key: &str) -> Option<&str> {
    let first = key
        .split_inclusive('.')
        .next()
        .filter(|_| key.contains('.'));
    let mut forms = first.into_iter().chain([key]);
    forms.find(|form| Vouched::default().add(form).is_ok())
}

/// Kafka's configuration of this name or beneath this prefix.
fn kafka_s_own(prefix_or_name: &str) -> Option<&'static str> {
    names().find(|name| match prefix_or_name.ends_with('.') {
        true => name.starts_with(prefix_or_name),
        false => *name == prefix_or_name,
    })
}

fn hint(key: &str) -> Option<Hint> {
    let plain = plain_form(key);
    match plain.as_str() {
        "partitions" | "num.partitions" => return Some(Hint::Field("partitions")),
        "replication.factor" | "default.replication.factor" => {
            return Some(Hint::Field("replication_factor"));
        }
        _ => {}
    }
    if let Some(spec) = lookup(&plain) {
        return Some(Hint::Key(spec.name));
    }
    let renamed = Renamed::of(&plain).map(Hint::Renamed);
    renamed.or_else(|| closest(&plain, names()).map(Hint::Key))
}

fn names() -> impl Iterator<Item = &'static str> {
    all().iter().map(|spec| spec.name).chain(REDPANDA_EXTRAS)
}

/// The word that is most like a text, if any is like it at all. Of equals the first.
fn closest(text: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    if text.len() > LONGEST_MISSPELLING {
        return None;
    }
    words
        .map(|word| (strsim::jaro_winkler(text, word), word))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .fold(None, |best: Option<(f64, _)>, one| match best {
            Some(best) if best.0 >= one.0 => Some(best),
            _ => Some(one),
        })
        .map(|(_, word)| word)
}

/// What containers put before the name of a broker's configuration.
const PREFIXES: [&str; 2] = ["kafka.cfg.", "kafka."];

/// `retentionMs`, `retention_ms` and `RETENTION.MS` as Kafka would spell them, and
/// `KAFKA_LOG_RETENTION_MS`.
fn plain_form(key: &str) -> String {
    let camel = key.chars().any(char::is_lowercase);
    let mut plain = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if camel && c.is_uppercase() && !plain.is_empty() && !plain.ends_with('.') {
            plain.push('.');
        }
        match c {
            '_' | '-' => plain.push('.'),
            _ => plain.extend(c.to_lowercase()),
        }
    }
    let mut prefixes = PREFIXES.iter();
    let bare = prefixes.find_map(|prefix| plain.strip_prefix(prefix));
    bare.map(str::to_owned).unwrap_or(plain)
}

#[cfg(test)]
mod tests;
