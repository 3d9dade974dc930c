//! Durations and sizes with their units, both ways: `7d` is 604800000 milliseconds, `1h30m` is
//! 5400000, `10MiB` is 10485760 bytes.
//!
//! Takes text or a number and gives the other. What a text cannot mean is refused with the text
//! to write in its place. This module does not know which configuration has which unit (the
//! [`crate::catalog`] does), and never rounds.

mod meant;
mod number;

use std::borrow::Cow;
use std::fmt;

pub use meant::{MINUTE_MS, meant};
pub use number::reading;

/// The word for "no limit", which Kafka writes as -1.
pub const UNLIMITED: &str = "unlimited";

/// Quoted texts are cut after this many characters, so that a message stays readable.
const QUOTED_LENGTH: usize = 60;

/// More digits behind the point are never exact in a unit that is left to suggest.
const FRACTION_DIGITS: usize = 18;

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Measure {
    /// Milliseconds, written in `ms s m h d w`.
    Duration,
    /// Bytes, written in `B KiB MiB GiB TiB`.
    Size,
}

#[derive(PartialEq, Debug)]
struct Unit {
    name: &'static str,
    factor: i64,
    /// In lower case; understood only to suggest the name.
    aliases: &'static [&'static str],
    printed: bool,
}

const fn unit(name: &'static str, factor: i64, aliases: &'static [&'static str]) -> Unit {
    Unit {
        name,
        factor,
        aliases,
        printed: true,
    }
}

/// From the smallest to the largest.
const DURATIONS: [Unit; 6] = [
    unit("ms", 1, &["msec", "millis", "millisecond", "milliseconds"]),
    unit("s", 1_000, &["sec", "secs", "second", "seconds"]),
    unit("m", 60_000, &["min", "mins", "minute", "minutes"]),
    unit("h", 3_600_000, &["hr", "hrs", "hour", "hours"]),
    unit("d", 86_400_000, &["day", "days"]),
    Unit {
        // Retentions are thought of in days: 30d has no weeks, and 7d is what people write.
        printed: false,
        ..unit("w", 604_800_000, &["week", "weeks"])
    },
];

/// From the smallest to the largest.
const SIZES: [Unit; 5] = [
    unit("B", 1, &["byte", "bytes"]),
    unit("KiB", 1 << 10, &["k", "kb", "ki"]),
    unit("MiB", 1 << 20, &["m", "mb", "mi"]),
    unit("GiB", 1 << 30, &["g", "gb", "gi"]),
    unit("TiB", 1 << 40, &["t", "tb", "ti"]),
];

/// A unit that a key has in its name, as `hours` in `log.retention.hours`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Amount {
    measure: Measure,
    unit: &'static Unit,
}

impl Amount {
    /// The unit of a whole word: `h` and `m` are too little to go by.
    pub fn named(word: &str) -> Option<Self> {
        [Measure::Duration, Measure::Size]
            .into_iter()
            .filter(|_| word.len() > 1)
            .find_map(|measure| {
                let mut units = measure.units().iter();
                let unit = units.find(|unit| unit.name == word || unit.aliases.contains(&word))?;
                Some(Self { measure, unit })
            })
    }

    pub fn measure(self) -> Measure {
        self.measure
    }

    /// So many of it, as a manifest takes them.
    pub fn written(self, number: &str) -> String {
        format!("{number}{}", self.unit.name)
    }

    /// The unit's usual word in the plural.
    pub fn word(self) -> &'static str {
        self.unit.aliases.last().copied().unwrap_or(self.unit.name)
    }
}

impl Measure {
    fn units(self) -> &'static [Unit] {
        match self {
            Self::Duration => &DURATIONS,
            Self::Size => &SIZES,
        }
    }

    fn unit_names(self) -> String {
        let names: Vec<_> = self.units().iter().map(|unit| unit.name).collect();
        names.join(", ")
    }

    /// What numbers without a unit count.
    pub fn smallest(self) -> &'static str {
        match self {
            Self::Duration => "milliseconds",
            Self::Size => "bytes",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Duration => "7d",
            Self::Size => "10MiB",
        }
    }

    /// The unit of this name, or the one that another spelling of it most likely means. `M` is
    /// no duration's alias: it could be minutes or months.
    fn guess(self, name: &str) -> Option<&'static Unit> {
        let lower = name.to_ascii_lowercase();
        self.units().iter().find(|unit| {
            unit.name == name
                || unit.aliases.contains(&lower.as_str())
                || (unit.name.eq_ignore_ascii_case(name) && name != "M")
        })
    }

    /// Reads an amount with its unit; `unlimited` is -1.
    ///
    /// # Errors
    /// [`UnitError::Bare`] for a whole number alone, [`UnitError::Refused`] for anything that is
    /// not a whole non-negative number with its unit, or several with units that fall for a duration,
    /// or exceeds `i64`.
    pub fn parse(self, text: &str) -> Result<i64, UnitError> {
        let text = text.trim();
        if text == UNLIMITED {
            return Ok(-1);
        }
        if means_unlimited(text) {
            return Err(self.refuse(text, "is not understood", Some(UNLIMITED.to_owned())));
        }
        if is_whole_number(text) {
            return Err(match text.parse() {
                Ok(number) => UnitError::Bare {
                    number,
                    measure: self,
                },
                Err(_) => self.too_large(text),
            });
        }
        if text.starts_with('-') {
            return Err(self.refuse(text, "is negative", None));
        }
        let Some(parts) = parts(text) else {
            if let Some(number) = reading(text) {
                return Err(self.refuse_notation(text, number));
            }
            let suggestion = self.other_notation(text);
            return Err(self.refuse(text, &format!("is not a {self}"), suggestion));
        };
        if !text.contains(char::is_whitespace)
            && let Some(amounts) = self.amounts(&parts)
        {
            return amounts
                .into_iter()
                .try_fold(0_i64, |total, amount| total.checked_add(amount?))
                .ok_or_else(|| self.too_large(text));
        }
        Err(self.refuse_parts(text, &parts))
    }

    /// What each part amounts to, `None` for what exceeds `i64`; or `None` where the parts are not
    /// written as they should be: one, or for durations several with units that fall.
    fn amounts(self, parts: &[Part<'_>]) -> Option<Vec<Option<i64>>> {
        let units: Vec<_> = parts
            .iter()
            .map(|part| {
                let named = |unit: &&Unit| part.is_plain() && unit.name == part.unit;
                self.units().iter().find(named)
            })
            .collect::<Option<_>>()?;
        let falls = units.is_sorted_by(|one, next| one.factor > next.factor);
        if !(falls && (units.len() == 1 || self == Self::Duration)) {
            return None;
        }
        let amount = |(part, unit): (&Part<'_>, &Unit)| {
            part.whole.parse::<i64>().ok()?.checked_mul(unit.factor)
        };
        Some(parts.iter().zip(units).map(amount).collect())
    }

    /// Writes an amount in the largest unit in which it is a whole number, days at most, and a
    /// duration in two units where that is no longer: `90m`, but `1d5m` and not `1445m`. -1 is
    /// `unlimited`. What [`Self::parse`] makes of it is the same number again, but for numbers
    /// below -1, which have no unit and stay as they are.
    pub fn human(self, number: i64) -> String {
        match number {
            -1 => UNLIMITED.to_owned(),
            ..-1 => number.to_string(),
            0 => format!("0{}", self.units()[0].name),
            1.. => {
                let whole = self.in_one_unit(number);
                match self.in_two_units(number) {
                    Some(two) if two.len() <= whole.len() => two,
                    _ => whole,
                }
            }
        }
    }

    /// The units that numbers are printed in, from the largest to the smallest.
    fn printed(self) -> impl Iterator<Item = &'static Unit> {
        self.units().iter().rev().filter(|unit| unit.printed)
    }

    fn in_one_unit(self, number: i64) -> String {
        self.printed()
            .find(|unit| number % unit.factor == 0)
            .map(|unit| format!("{}{}", number / unit.factor, unit.name))
            .expect("every number is a multiple of the smallest unit")
    }

    fn in_two_units(self, number: i64) -> Option<String> {
        let large = self
            .printed()
            .filter(|_| self == Self::Duration)
            .find(|unit| number > unit.factor)?;
        let rest = number % large.factor;
        // What is exact in milliseconds only is no number that people chose.
        let small = self
            .printed()
            .find(|unit| rest > 0 && unit.factor > 1 && rest % unit.factor == 0)?;
        let (many, few) = (number / large.factor, rest / small.factor);
        Some(format!("{many}{}{few}{}", large.name, small.name))
    }

    /// A bare number that is written in another way.
    fn refuse_notation(self, text: &str, number: i64) -> UnitError {
        UnitError::Notation {
            written: quoted(text),
            number,
            measure: self,
        }
    }

    /// `1_000ms` and `6.048e+08 ms` in the usual notation.
    fn other_notation(self, text: &str) -> Option<String> {
        let unit_at = text.rfind(|c: char| !c.is_alphabetic())? + 1;
        let (number, unit) = text.split_at_checked(unit_at)?;
        let unit = self.guess(unit).filter(|_| !unit.is_empty())?;
        let number = reading(number).filter(|number| *number >= 0)?;
        Some(self.human(number.checked_mul(unit.factor)?))
    }

    fn refuse_parts(self, text: &str, parts: &[Part<'_>]) -> UnitError {
        if let Some(unknown) = parts.iter().find(|part| self.guess(part.unit).is_none()) {
            let problem = format!(
                "has the unit {}, which is not one of {}",
                quoted(unknown.unit),
                self.unit_names()
            );
            return self.refuse(text, &problem, self.other_notation(text));
        }
        let problem = if parts.len() > 1 {
            match self {
                Self::Duration => "joins amounts in another way than `1h30m`".to_owned(),
                Self::Size => "joins several amounts".to_owned(),
            }
        } else if parts[0].fraction.is_some() {
            "has a fraction".to_owned()
        } else if self.units().iter().any(|unit| unit.name == parts[0].unit) {
            "has a space in it".to_owned()
        } else {
            let names = self.unit_names();
            format!(
                "has the unit {}, which is not one of {names}",
                quoted(parts[0].unit)
            )
        };
        let total = parts.iter().try_fold(0_i64, |total, part| {
            total.checked_add(part.amount(self.guess(part.unit)?)?)
        });
        let suggestion = total.map(|total| match parts {
            // What was written, with the unit's right name, is closer than the reduced amount.
            [part] if part.fraction.is_none() => self
                .guess(part.unit)
                .map_or_else(String::new, |unit| format!("{}{}", part.whole, unit.name)),
            _ => self.human(total),
        });
        self.refuse(text, &problem, suggestion)
    }

    fn refuse(self, text: &str, problem: &str, suggestion: Option<String>) -> UnitError {
        let help = match suggestion {
            Some(suggestion) => format!("write `{suggestion}`"),
            None => format!(
                "write a whole number and one of the units {}, without a space, `{}` for example",
                self.unit_names(),
                self.example()
            ),
        };
        UnitError::Refused {
            problem: format!("{} {problem}", quoted(text)),
            help,
        }
    }

    fn too_large(self, text: &str) -> UnitError {
        let smallest = self.units()[0].name;
        UnitError::Refused {
            problem: format!("{} is too large", quoted(text)),
            help: format!("the largest {self} is {}{smallest}", i64::MAX),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Duration => "duration",
            Self::Size => "size",
        })
    }
}

/// Why a text is not an amount with its unit. Displays as the problem and the way out in one
/// fragment; [`Self::problem`] and [`Self::help`] are the halves.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {}", self.problem(), self.help())]
pub enum UnitError {
    /// A whole number alone, which some callers take for the broker's own form.
    Bare {
        /// The number, which may be negative.
        number: i64,
        measure: Measure,
    },
    /// A whole number alone, in another notation than digits.
    Notation {
        /// As it was written, in backticks.
        written: String,
        number: i64,
        measure: Measure,
    },
    Refused {
        problem: String,
        help: String,
    },
}

impl UnitError {
    /// What is wrong: a lower-case fragment without a full stop.
    pub fn problem(&self) -> Cow<'_, str> {
        match self {
            Self::Bare { number, .. } => Cow::Owned(format!("`{number}` has no unit")),
            Self::Notation { written, .. } => {
                Cow::Owned(format!("{written} is not written in digits alone"))
            }
            Self::Refused { problem, .. } => Cow::Borrowed(problem),
        }
    }

    /// What to write in its place.
    pub fn help(&self) -> Cow<'_, str> {
        match self {
            Self::Bare { number: -1, .. } => Cow::Owned(format!("write `{UNLIMITED}`")),
            Self::Bare { number, measure } if *number > 0 => {
                let names = measure.unit_names();
                let meant = meant(*number, MINUTE_MS).filter(|_| *measure == Measure::Duration);
                Cow::Owned(match meant {
                    // So short a time is not what it was meant to be.
                    Some(meant) => format!(
                        "write the unit, one of {names}: perhaps `{}`",
                        meant.join("` or `")
                    ),
                    None => format!(
                        "write the unit, one of {names}; in {} it would be `{}`",
                        measure.units()[0].name,
                        measure.human(*number)
                    ),
                })
            }
            Self::Bare { measure, .. } => Cow::Owned(format!(
                "write the unit, one of {}, `{}` for example",
                measure.unit_names(),
                measure.example()
            )),
            Self::Notation {
                number, measure, ..
            } => {
                let bare = Self::Bare {
                    number: *number,
                    measure: *measure,
                };
                Cow::Owned(bare.help().into_owned())
            }
            Self::Refused { help, .. } => Cow::Borrowed(help),
        }
    }
}

/// Whether a text is a word for no limit, in whatever spelling.
pub(crate) fn means_unlimited(text: &str) -> bool {
    let mut words = [UNLIMITED, "infinite", "infinity", "forever"].into_iter();
    words.any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// A text in backticks, safe for a terminal and cut to a length that a message can hold.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(QUOTED_LENGTH)
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let plain = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect();
    if text.chars().nth(QUOTED_LENGTH).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// An optional sign and digits, as Java's `Long.parseLong` takes them.
pub(crate) fn is_whole_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number and the letters that follow it.
struct Part<'a> {
    whole: &'a str,
    fraction: Option<&'a str>,
    spaced: bool,
    unit: &'a str,
}

impl Part<'_> {
    fn is_plain(&self) -> bool {
        self.fraction.is_none() && !self.spaced
    }

    /// In the smallest unit; `None` where it is not a whole number of it or exceeds `i64`.
    fn amount(&self, unit: &Unit) -> Option<i64> {
        let fraction = self.fraction.unwrap_or("").trim_end_matches('0');
        if fraction.len() > FRACTION_DIGITS {
            return None;
        }
        let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
        let whole = u128::from(self.whole.parse::<u64>().ok()?);
        let behind: u128 = if fraction.is_empty() {
            0
        } else {
            fraction.parse().ok()?
        };
        let scaled = whole
            .checked_mul(scale)?
            .checked_add(behind)?
            .checked_mul(u128::try_from(unit.factor).ok()?)?;
        (scaled % scale == 0)
            .then(|| i64::try_from(scaled / scale).ok())
            .flatten()
    }
}

/// Splits `1h 30.5min` into its numbers and units; `None` where the text has another shape.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (whole, after) = split_while(rest, |c| c.is_ascii_digit());
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => {
                let (digits, after) = split_while(after, |c| c.is_ascii_digit());
                (Some(digits), after)
            }
            None => (None, after),
        };
        let unit = after.trim_start();
        let spaced = unit.len() < after.len();
        let (unit, after) = split_while(unit, char::is_alphabetic);
        if whole.is_empty() || fraction == Some("") || unit.is_empty() {
            return None;
        }
        parts.push(Part {
            whole,
            fraction,
            spaced,
            unit,
        });
        rest = after.trim_start();
    }
    (!parts.is_empty()).then_some(parts)
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests;
