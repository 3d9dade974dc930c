//! What a number in another notation is: `6.048e+08`, `10_485_760`, `0x10`. Brokers refuse these, so
//! that they are never taken, and only offered in the usual notation. Pure.

/// More would not fit into 64 bits.
const MOST_DIGITS: usize = 19;

/// The whole number that a text has one reading as, in another notation than digits alone.
pub fn reading(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = of_base(digits)
        .or_else(|| decimal(&digits.replace('_', "")).filter(|_| joins_digits(digits, '_')))
        .or_else(|| grouped(digits))?;
    Some(if negative { -number } else { number })
}

/// `0x10`, `0o20`, `0b1_0000`.
fn of_base(digits: &str) -> Option<i64> {
    let lower = digits.to_ascii_lowercase().replace('_', "");
    let bases = [("0x", 16), ("0o", 8), ("0b", 2)];
    let read = |(prefix, base)| {
        let digits = lower.strip_prefix(prefix)?;
        let is_digits = digits.chars().all(|c| c.is_digit(base));
        is_digits.then(|| i64::from_str_radix(digits, base).ok())?
    };
    bases.into_iter().find_map(read)
}

/// Whether the joint stands between digits only.
fn joins_digits(text: &str, joint: char) -> bool {
    let pieces = || text.split(joint);
    pieces().count() == 1
        || pieces().all(|piece| {
            let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            ends(piece.chars().next()) && ends(piece.chars().last())
        })
}

/// `604800000`, `1073741824.0`, `3e+9`, `6.048E8`: exact, or none.
fn decimal(text: &str) -> Option<i64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // 1.000 is a thousand where people write so, and one to programs.
    let is_ambiguous = fraction == "000" && whole.len() <= 3 && exponent == 0;
    if !is_digits(whole)
        || !is_digits(fraction)
        || whole.len() + fraction.len() == 0
        || is_ambiguous
    {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let places = usize::try_from(i64::from(exponent) - i64::try_from(fraction.len()).ok()?).ok();
    match places {
        Some(zeros) if digits.len() + zeros <= MOST_DIGITS => {
            format!("{digits}{}", "0".repeat(zeros)).parse().ok()
        }
        Some(_) => None,
        // `1500e-2` is 15.
        None => {
            let cut =
                usize::try_from(i64::try_from(fraction.len()).ok()? - i64::from(exponent)).ok()?;
            let (kept, rest) = digits.split_at_checked(digits.len().checked_sub(cut)?)?;
            rest.bytes()
                .all(|byte| byte == b'0')
                .then(|| kept.parse().ok())?
        }
    }
}

/// `10,485,760`, `10'485'760`, `10 485 760`. With one point or comma alone it may be a fraction.
fn grouped(text: &str) -> Option<i64> {
    let is_joint = |c: &char| {
        matches!(
            c,
            ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'
        )
    };
    let joint = text.chars().find(is_joint)?;
    let groups: Vec<_> = text.split(joint).collect();
    let (first, rest) = groups.split_first()?;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let in_threes = (1..=3).contains(&first.len())
        && is_digits(first)
        && rest
            .iter()
            .all(|group| group.len() == 3 && is_digits(group));
    let is_ambiguous = rest.len() < 2 && matches!(joint, ',' | '.');
    (in_threes && !is_ambiguous).then(|| groups.concat().parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_one_reading_is_read() {
        for (text, expected) in [
            ("6.048e+08", Some(604_800_000)),
            ("3e+9", Some(3_000_000_000)),
            ("1e3", Some(1_000)),
            ("1E3", Some(1_000)),
            ("1500e-2", Some(15)),
            ("1e-3", None),
            ("1.5", None),
            ("1.5e0", None),
            ("6.0", Some(6)),
            ("6.", Some(6)),
            (".5", None),
            ("1073741824.0", Some(1_073_741_824)),
            ("10_485_760", Some(10_485_760)),
            ("1_0", Some(10)),
            ("_1", None),
            ("1_", None),
            ("1__0", None),
            ("0x10", Some(16)),
            ("0o17", Some(15)),
            ("0b101", Some(5)),
            ("0x", None),
            ("10,485,760", Some(10_485_760)),
            ("604.800.000", Some(604_800_000)),
            ("10 485 760", Some(10_485_760)),
            ("1 000", Some(1_000)),
            ("1,000", None),
            ("1.000", None),
            ("1,5", None),
            ("-1e0", Some(-1)),
            ("+1e3", Some(1_000)),
            ("1e99", None),
            ("1e99999", None),
            ("99999999999999999999.0", None),
            ("9223372036854775807.0", Some(i64::MAX)),
            ("e", None),
            ("", None),
            ("-", None),
            ("ten", None),
            ("1e", None),
        ] {
            assert_eq!(reading(text), expected, "{text}");
        }
    }
}
