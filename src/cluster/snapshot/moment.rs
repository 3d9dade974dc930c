//! A moment in UTC, to the second, as RFC 3339 writes it. Asks no clock.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Seconds since 1970-01-01T00:00:00Z, in the years 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment(i64);

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_secs()).unwrap_or(0))
    }
}

impl Moment {
    /// Reads `2026-03-01T09:30:00Z`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let shape = |(at, byte): (usize, u8)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            19 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        };
        if text.len() != 20 || !text.bytes().enumerate().all(shape) {
            return None;
        }
        let number = |from: usize, to: usize| text[from..to].parse::<i64>().ok();
        let day = days_before(number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let of_day = number(11, 13)? * HOUR + number(14, 16)? * MINUTE + number(17, 19)?;
        let moment = Self(day * DAY + of_day);
        // The 31st of a short month would be another day.
        (moment.0 >= 0 && moment.to_string() == text).then_some(moment)
    }

    /// How long ago it was, in words.
    pub fn age(self, now: Self) -> String {
        let seconds = now.0 - self.0;
        let (count, unit) = match seconds {
            ..MINUTE => return "just taken".to_owned(),
            MINUTE..HOUR => (seconds / MINUTE, "minute"),
            HOUR..172_800 => (seconds / HOUR, "hour"),
            _ => (seconds / DAY, "day"),
        };
        let s = if count == 1 { "" } else { "s" };
        format!("{count} {unit}{s} old")
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0.div_euclid(DAY));
        let of_day = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (of_day / HOUR, of_day % HOUR / MINUTE, of_day % MINUTE);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let years = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 });
    let months = (1..month).map(|month| days_of_month(year, month));
    years.sum::<i64>() + months.sum::<i64>() + day - 1
}

/// The date that is so many days after 1970-01-01.
fn date(mut days: i64) -> (i64, i64, i64) {
    let (mut year, mut month) = (1970, 1);
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    (year, month, days + 1)
}
