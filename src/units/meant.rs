//! What a number was probably meant to count where milliseconds are counted. Pure.

use super::Measure;

const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The units, and the longest time that anybody means by a number of them.
const UNITS: [(&str, i64, i64); 4] = [
    ("s", SECOND_MS, 366 * DAY_MS),
    ("m", MINUTE_MS, 366 * DAY_MS),
    ("h", HOUR_MS, 366 * DAY_MS),
    ("d", DAY_MS, 5 * 366 * DAY_MS),
];

/// Days, counted in seconds and in minutes.
const DAYS: [i64; 2] = [86_400, 1_440];

/// What a number of milliseconds was probably meant to be, with its unit, where it is below a time that
/// anybody means, or counts whole days in another unit: 604800 is no time at all in milliseconds, and
/// a week in seconds.
pub fn meant(number: i64, shortest: i64) -> Option<Vec<String>> {
    let counts_days = number % SECOND_MS != 0 && DAYS.iter().any(|day| number % day == 0);
    if number <= 0 || number >= shortest && !(counts_days && number < HOUR_MS) {
        return None;
    }
    let readings = UNITS.into_iter().filter_map(|(unit, factor, longest)| {
        let ms = number.checked_mul(factor)?;
        let is_hours = unit == "h" && number < 24;
        let is_likely = ms <= longest && (is_hours || ms % DAY_MS == 0);
        is_likely.then(|| format!("{number}{unit}"))
    });
    let readings: Vec<_> = readings.collect();
    Some(match readings.is_empty() {
        // 30000 is half a minute: longer is what was meant, and nothing says how long.
        true => vec![Measure::Duration.example().to_owned()],
        false => readings,
    })
}
