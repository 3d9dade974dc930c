//! Values: from a manifest's text to the broker's form, from there to a person's, and whether
//! two are the same.

use std::collections::BTreeSet;

use super::{ConfigSpec, KeyClass, Kind, Range, classify, closest, lookup, unlikely};
use crate::topic::ConfigValue;
use crate::units::{self, Measure, UNLIMITED, UnitError, is_whole_number, means_unlimited, quoted};

/// The longest value that a controller stores, in UTF-16 units as Java counts them.
pub const MAX_VALUE_LENGTH: usize = 32_767;

/// What Redpanda reports for a duration without limit: the most milliseconds that it can count in
/// nanoseconds.
const REDPANDA_MAX_MS: i64 = 9_223_372_036_854;

/// Why a text is not a value of its key. Displays as problem and way out in one fragment.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}: {help}")]
pub struct ValueError {
    /// What is wrong: a lower-case fragment without a full stop.
    pub message: String,
    /// What to write, or what the key takes.
    pub help: String,
    pub names_key: bool,
}

impl From<UnitError> for ValueError {
    fn from(error: UnitError) -> Self {
        Self {
            message: error.problem().into_owned(),
            help: error.help().into_owned(),
            names_key: false,
        }
    }
}

/// Reads the text of a manifest into the broker's form: whole numbers without a unit, booleans
/// in lower case, sets sorted and each word once. Numbers may have the key's unit (`7d`, `1GiB`)
/// or be `unlimited`. Reading a value that this function gave changes nothing.
///
/// # Errors
/// Where every broker that has the key would refuse the value, and for what brokers accept and
/// nobody means: `NaN`, which they then compare with; the digits of other scripts, and Java's own
/// spellings of fractions (`0.5f`, `0x1p-1`); throttled replicas whose numbers are no partition's
/// or broker's, which fail when they are used.
pub fn parse(spec: &ConfigSpec, text: &str) -> Result<ConfigValue, ValueError> {
    let text = checked_length(spec.name, text)?;
    let value = match spec.kind {
        Kind::Bool => boolean(spec, text)?.to_string(),
        Kind::Int(range) | Kind::Long(range) => whole_number(spec, range, text)?.to_string(),
        Kind::Double { min, max } => match text.parse::<f64>() {
            // Adding a zero turns -0.0, which is in the range, into the usual one.
            Ok(number) if (min..=max).contains(&number) => format!("{:?}", number + 0.0),
            _ => {
                let takes = format!("it takes a number from {min} to {max}");
                let read = fraction(text).filter(|number| (min..=max).contains(number));
                let help = read.map_or(takes, |number| format!("write `{number}`"));
                return Err(not_a_value(spec, text, &help));
            }
        },
        Kind::Choice(words) if words.contains(&text) => text.to_owned(),
        Kind::Choice(words) => return Err(not_a_word(spec, text, words)),
        Kind::Set(words) => set(spec, words, text)?,
        Kind::Replicas => replicas(text).ok_or_else(|| {
            not_a_value(
                spec,
                text,
                "it takes `*`, or partitions with their brokers as in `0:1,0:2,1:2`",
            )
        })?,
        Kind::Text if text.is_empty() => {
            return Err(not_a_value(
                spec,
                text,
                "write a value, or leave the key out",
            ));
        }
        Kind::Text => text.to_owned(),
    };
    Ok(ConfigValue::new(value))
}

/// Reads the text of a vendor's key. The value is passed on as it is, trimmed, but that units
/// are understood where the key ends in `.ms` or `.bytes`.
///
/// # Errors
/// For a value that is too long, and where such a key has an amount that is not understood.
pub fn parse_vendor(key: &str, text: &str) -> Result<ConfigValue, ValueError> {
    let text = checked_length(key, text)?;
    let Some(measure) = by_ending(key) else {
        return Ok(ConfigValue::new(text));
    };
    if text == UNLIMITED {
        return Err(ValueError {
            message: format!("`{UNLIMITED}` is not known for {}", quoted(key)),
            help: "write the number that the vendor's documentation gives for it".to_owned(),
            names_key: true,
        });
    }
    match measure.parse(text) {
        Ok(number) => Ok(ConfigValue::new(number.to_string())),
        Err(UnitError::Bare { .. }) => Ok(ConfigValue::new(text)),
        Err(error) if text.starts_with(|c: char| c.is_ascii_digit()) => Err(error.into()),
        // A word of the vendor's own, for all that is known here.
        Err(_) => Ok(ConfigValue::new(text)),
    }
}

/// What a key's numbers count; of a vendor's key, by the ending of its name.
pub fn measure(key: &str) -> Option<Measure> {
    match classify(key) {
        KeyClass::Known(spec) => spec.unit,
        KeyClass::Vendor(_) => by_ending(key),
        KeyClass::Unknown(_) => None,
    }
}

fn by_ending(key: &str) -> Option<Measure> {
    match key.rsplit_once('.')?.1 {
        "ms" => Some(Measure::Duration),
        "bytes" => Some(Measure::Size),
        _ => None,
    }
}

/// What newer brokers refuse although [`parse`] accepts it, as a warning's text.
pub fn caution(spec: &ConfigSpec, value: &str) -> Option<String> {
    let (version, min) = spec.raised_min?;
    let number: i64 = value.trim().parse().ok()?;
    (number < min).then(|| {
        let shown = human(spec.name, &min.to_string());
        format!(
            "Kafka {version} and later refuse `{}` below {shown}",
            spec.name
        )
    })
}

/// Whether a found value means what the declared one means, whatever the spelling: numbers are
/// compared as numbers, sets as sets, booleans and the names of "no limit" by their meaning.
/// Values of unknown and vendors' keys are compared as trimmed text.
pub fn same(key: &str, declared: &str, found: &str) -> bool {
    let spec = lookup(key);
    Meaning::new(spec, declared) == Meaning::new(spec, found)
}

/// A value as people write it (`7d`, `1GiB`, `unlimited`), or the value itself where no unit
/// above the smallest makes it shorter. Reading it again gives a value that is [`same`].
pub fn human(key: &str, value: &str) -> String {
    let value = value.trim();
    let Ok(number) = value.parse::<i64>() else {
        return value.to_owned();
    };
    if lookup(key).is_some_and(|spec| is_unlimited(spec, number)) {
        return UNLIMITED.to_owned();
    }
    match measure(key) {
        Some(measure) if number > 0 => {
            let written = measure.human(number);
            // `604800001ms` says nothing that 604800001 does not.
            if written.starts_with(&number.to_string()) {
                value.to_owned()
            } else {
                written
            }
        }
        _ => value.to_owned(),
    }
}

/// What a value says, apart from how it is written.
#[derive(PartialEq)]
enum Meaning<'a> {
    Unlimited,
    Whole(i64),
    Fractional(f64),
    Bool(bool),
    Set(BTreeSet<&'a str>),
    Text(&'a str),
}

impl<'a> Meaning<'a> {
    fn new(spec: Option<&ConfigSpec>, value: &'a str) -> Self {
        let value = value.trim();
        let Some(spec) = spec else {
            return Self::Text(value);
        };
        let typed = match spec.kind {
            Kind::Bool => parse_bool(value).map(Self::Bool),
            Kind::Int(_) | Kind::Long(_) => value.parse().ok().map(|number| {
                if is_unlimited(spec, number) {
                    Self::Unlimited
                } else {
                    Self::Whole(number)
                }
            }),
            Kind::Double { .. } => value
                .parse()
                .ok()
                .filter(|number: &f64| !number.is_nan())
                .map(Self::Fractional),
            Kind::Set(_) | Kind::Replicas => Some(Self::Set(
                value
                    .split(',')
                    .map(str::trim)
                    .filter(|one| !one.is_empty())
                    .collect(),
            )),
            // As Redpanda reports it.
            Kind::Choice(_) if spec.name == "compression.type" && value == "none" => {
                Some(Self::Text("uncompressed"))
            }
            Kind::Choice(_) | Kind::Text => None,
        };
        typed.unwrap_or(Self::Text(value))
    }
}

/// Whether a number switches the key's limit off, on Kafka or on Redpanda.
///
/// Redpanda also stores a retention of 0 as -1. That is not taken for the same here: Kafka
/// deletes everything at 0 and nothing at -1, so the difference must show.
fn is_unlimited(spec: &ConfigSpec, number: i64) -> bool {
    let Some(unlimited) = spec.unlimited else {
        return false;
    };
    number == unlimited
        || number == i64::MAX
        || (number == REDPANDA_MAX_MS && spec.unit == Some(Measure::Duration))
        || match spec.name {
            "retention.ms" | "retention.bytes" => number < 0,
            "segment.ms" => number < 1,
            _ => false,
        }
}

fn checked_length<'a>(key: &str, text: &'a str) -> Result<&'a str, ValueError> {
    let text = text.trim();
    let length = text.encode_utf16().count();
    if length > MAX_VALUE_LENGTH {
        return Err(ValueError {
            message: format!("the value of {} has {length} characters", quoted(key)),
            help: format!("a value has at most {MAX_VALUE_LENGTH}"),
            names_key: true,
        });
    }
    Ok(text)
}

fn not_a_value(spec: &ConfigSpec, text: &str, help: &str) -> ValueError {
    ValueError {
        message: format!("{} is not a value of `{}`", quoted(text), spec.name),
        help: help.to_owned(),
        names_key: true,
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    [true, false]
        .into_iter()
        .find(|value| text.eq_ignore_ascii_case(&value.to_string()))
}

fn boolean(spec: &ConfigSpec, text: &str) -> Result<bool, ValueError> {
    parse_bool(text).ok_or_else(|| {
        let help = match text.to_ascii_lowercase().as_str() {
            "yes" | "y" | "on" | "1" | "enabled" => "write `true`",
            "no" | "n" | "off" | "0" | "disabled" => "write `false`",
            _ => "write `true` or `false`",
        };
        not_a_value(spec, text, help)
    })
}

fn whole_number(spec: &ConfigSpec, range: Range, text: &str) -> Result<i64, ValueError> {
    let takes = match spec.unit {
        Some(Measure::Duration) => format!("it takes {range}, in milliseconds or with a unit"),
        Some(Measure::Size) => format!("it takes {range}, in bytes or with a unit"),
        None => format!("it takes {range}"),
    };
    if means_unlimited(text) && (spec.unlimited.is_none() || text == UNLIMITED) {
        return spec
            .unlimited
            .ok_or_else(|| not_a_value(spec, text, &takes));
    }
    let number = if is_whole_number(text) {
        text.parse().ok()
    } else if let Some(number) = units::reading(text).filter(|number| range.contains(*number)) {
        return Err(in_digits(spec, text, number));
    } else {
        match spec.unit {
            Some(measure) => Some(measure.parse(text)?),
            None => return Err(not_a_value(spec, text, &takes)),
        }
    };
    number
        .filter(|number| range.contains(*number))
        .ok_or_else(|| ValueError {
            message: format!("{} is out of range for `{}`", quoted(text), spec.name),
            help: takes,
            names_key: true,
        })
}

/// A number in another notation, in the one that brokers take.
fn in_digits(spec: &ConfigSpec, text: &str, number: i64) -> ValueError {
    let digits = number.to_string();
    let human = human(spec.name, &digits);
    let help = match unlikely(spec, &digits) {
        Some(readings) => format!("write it with its unit: `{}`", readings.join("` or `")),
        None if human == digits => format!("write `{digits}`"),
        None => format!("write `{digits}`, which is `{human}`"),
    };
    ValueError {
        message: format!("{} is not a number that Kafka reads", quoted(text)),
        help,
        names_key: false,
    }
}

fn set(
    spec: &ConfigSpec,
    words: &'static [&'static str],
    text: &str,
) -> Result<String, ValueError> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let mut members = BTreeSet::new();
    for word in text.split(',').map(str::trim) {
        if !words.contains(&word) {
            return Err(not_a_word(spec, word, words));
        }
        members.insert(word);
    }
    Ok(Vec::from_iter(members).join(","))
}

/// `50%` and `0,5` as a number.
fn fraction(text: &str) -> Option<f64> {
    let percent = text.strip_suffix('%').map(str::trim_end);
    let number: f64 = percent.unwrap_or(text).replace(',', ".").parse().ok()?;
    let read = percent.map_or(number, |_| number / 100.0);
    read.is_finite().then_some(read)
}

fn not_a_word(spec: &ConfigSpec, text: &str, words: &'static [&'static str]) -> ValueError {
    let lower = text.to_ascii_lowercase();
    let meant = match lower.as_str() {
        "none" if words.contains(&"uncompressed") => Some("uncompressed".to_owned()),
        _ => several(spec, &lower, words).or_else(|| {
            let found = words
                .iter()
                .copied()
                .find(|word| letters(word) == letters(text));
            found
                .or_else(|| closest(&lower, words.iter().copied()))
                .map(str::to_owned)
        }),
    };
    let takes = words.join(", ");
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`? it takes {takes}"),
        None => format!("it takes {takes}"),
    };
    not_a_value(spec, text, &help)
}

/// `compact+delete` and the like: words of a set, joined by anything but commas.
fn several(spec: &ConfigSpec, lower: &str, words: &[&str]) -> Option<String> {
    let pieces: Vec<_> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|piece| !piece.is_empty())
        .collect();
    let all_known = pieces.iter().all(|piece| words.contains(piece));
    (matches!(spec.kind, Kind::Set(_)) && pieces.len() > 1 && all_known).then(|| pieces.join(","))
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// The pairs in the order of their numbers; `None` where the text has another shape. Brokers leave
/// out what is empty between commas.
fn replicas(text: &str) -> Option<String> {
    let items = text.split(',').map(str::trim);
    let items: Vec<_> = items.filter(|item| !item.is_empty()).collect();
    if items == ["*"] {
        return Some("*".to_owned());
    }
    let pairs: Option<BTreeSet<(i32, i32)>> = items
        .into_iter()
        .map(|pair| {
            let (partition, broker) = pair.split_once(':')?;
            let number = |text: &str| {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| text.parse().ok()).flatten()
            };
            Some((number(partition)?, number(broker)?))
        })
        .collect();
    let pairs: Vec<_> = pairs?
        .into_iter()
        .map(|(partition, broker)| format!("{partition}:{broker}"))
        .collect();
    Some(pairs.join(","))
}

#[cfg(test)]
mod tests;
