//! Mismatches that a team knows and leaves alone: which they are, and until when. Pure.
//!
//! A tool that never alters must let a team say "this one stays", without muting what drifts next:
//! an acceptance names the found value, and counts for exactly that one. The day is handed in.

use std::collections::BTreeMap;
use std::fmt;

use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{Mismatch, Plan, replica_range};
use crate::topic::{ConfigKey, ConfigValue, TopicName};

/// An entry of `accepted_mismatches`: values that may be found on a topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// The topic.
    pub topic: TopicName,
    /// The partition count that may be found.
    pub partitions: Option<usize>,
    /// The number of replicas that may be found.
    pub replication_factor: Option<usize>,
    /// The values that may be found, in the broker's form.
    pub config: BTreeMap<ConfigKey, ConfigValue>,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Option<Date>,
    /// Where it is declared.
    pub span: Span,
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`; `None` for what is no day.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let parts: Vec<&str> = text.split('-').filter(|_| fits).collect();
        let [year, month, day] = parts.as_slice() else {
            return None;
        };
        let date = Self {
            year: year.parse().ok()?,
            month: month.parse().ok()?,
            day: day.parse().ok()?,
        };
        (1..=date.days_of_month())
            .contains(&date.day)
            .then_some(date)
    }

    /// The day, in UTC, that is so many days after 1 January 1970.
    pub fn from_days_since_1970(mut days: u64) -> Self {
        let mut date = Self {
            year: 1970,
            month: 1,
            day: 1,
        };
        loop {
            let month = u64::from(date.days_of_month());
            if days < month {
                date.day = u8::try_from(days + 1).unwrap_or(1);
                return date;
            }
            days -= month;
            if date.month == 12 {
                date = Self {
                    year: date.year.saturating_add(1),
                    month: 1,
                    day: 1,
                };
            } else {
                date.month += 1;
            }
        }
    }

    /// 0 for what is no month.
    fn days_of_month(self) -> u8 {
        let every = |years: u16| self.year.is_multiple_of(years);
        let leap = every(4) && (!every(100) || every(400));
        match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Accepted {
    /// Whether it still counts.
    pub fn is_in_force(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    /// Whether a mismatch is the one that this entry names.
    pub fn covers(&self, mismatch: &Mismatch) -> bool {
        match mismatch {
            Mismatch::Partitions { found, .. } => self.partitions == Some(*found),
            Mismatch::ReplicationFactor { replicas, .. } => {
                let (fewest, most) = replica_range(replicas);
                fewest == most && self.replication_factor == Some(fewest)
            }
            Mismatch::Config { key, found, .. } => self
                .config
                .get(key)
                .is_some_and(|value| catalog::same(key.as_str(), value.as_str(), found)),
        }
    }

    fn names_anything(&self) -> usize {
        usize::from(self.partitions.is_some())
            + usize::from(self.replication_factor.is_some())
            + self.config.len()
    }
}

/// Entries whose day is over, as warnings.
pub fn expired(entries: &[Accepted], today: Date) -> Vec<Diagnostic> {
    let over = entries.iter().filter(|entry| !entry.is_in_force(today));
    over.filter_map(|entry| Some((entry, entry.until?)))
        .map(|(entry, until)| {
            Diagnostic::warning(
                Code::AcceptedExpired,
                format!(
                    "the mismatch of `{}` was accepted until {until}",
                    entry.topic
                ),
            )
            .at(entry.span, "it no longer counts")
            .help("mend the topic, or decide anew and move the date")
        })
        .collect()
}

/// Entries in force that accept something which was not found, as warnings: what they accept may
/// be over, or may have drifted on. Entries for topics that the plan does not have are left alone.
pub fn unused(entries: &[Accepted], plan: &Plan, today: Date) -> Vec<Diagnostic> {
    let mut unused = Vec::new();
    for entry in entries.iter().filter(|entry| entry.is_in_force(today)) {
        let Some(planned) = plan
            .entries
            .iter()
            .find(|planned| planned.topic.name == entry.topic)
        else {
            continue;
        };
        let accepted = &planned.seen.accepted;
        let used = accepted
            .iter()
            .filter(|one| entry.covers(&one.mismatch))
            .count();
        if used < entry.names_anything() {
            unused.push(
                Diagnostic::warning(
                    Code::AcceptedUnused,
                    format!(
                        "`{}` does not have all of what is accepted of it",
                        entry.topic
                    ),
                )
                .at(entry.span, "")
                .help("take out what is no longer found"),
            );
        }
    }
    unused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_that_exist() {
        for text in ["2026-01-31", "2028-02-29", "2000-02-29", "2026-12-31"] {
            assert_eq!(
                Date::parse(text).map(|date| date.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "soon",
            "",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        for (days, text) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (20_778, "2026-11-21"),
        ] {
            assert_eq!(Date::from_days_since_1970(days).to_string(), text);
        }
    }
}
