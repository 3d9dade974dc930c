use proptest::prelude::*;

use super::*;

#[test]
fn amounts_with_a_unit_are_read() {
    for (text, ms) in [
        ("7d", 604_800_000),
        ("1w", 604_800_000),
        ("90m", 5_400_000),
        ("1h30m", 5_400_000),
        ("1d90m", 91_800_000),
        ("1w2d3h4m5s6ms", 788_645_006),
        ("1h", 3_600_000),
        ("5s", 5_000),
        ("250ms", 250),
        ("0d", 0),
        (" 7d\n", 604_800_000),
        ("007d", 604_800_000),
        ("unlimited", -1),
        ("9223372036854775807ms", i64::MAX),
    ] {
        assert_eq!(Measure::Duration.parse(text), Ok(ms), "{text}");
    }
    for (text, bytes) in [
        ("10MiB", 10_485_760),
        ("1GiB", 1_073_741_824),
        ("2TiB", 2_199_023_255_552),
        ("512KiB", 524_288),
        ("5B", 5),
        ("unlimited", -1),
    ] {
        assert_eq!(Measure::Size.parse(text), Ok(bytes), "{text}");
    }
}

#[test]
fn amounts_are_written_in_the_largest_exact_unit() {
    for (ms, text) in [
        (604_800_000, "7d"),
        (2_592_000_000, "30d"),
        (86_400_000, "1d"),
        (129_600_000, "36h"),
        (5_400_000, "90m"),
        (90_000, "90s"),
        (1_500, "1500ms"),
        (86_700_000, "1d5m"),
        (90_000_000, "25h"),
        (867_000_000, "10d50m"),
        (86_400_001, "86400001ms"),
        (90_061_001, "90061001ms"),
        (0, "0ms"),
        (-1, "unlimited"),
        (-2, "-2"),
        (i64::MIN, "-9223372036854775808"),
    ] {
        assert_eq!(Measure::Duration.human(ms), text);
    }
    for (bytes, text) in [
        (1_073_741_824, "1GiB"),
        (1_610_612_736, "1536MiB"),
        (1_048_588, "1048588B"),
        (-1, "unlimited"),
    ] {
        assert_eq!(Measure::Size.human(bytes), text);
    }
}

#[test]
fn what_is_refused_names_the_way_out() {
    let durations = [
        ("1.5h", "`1.5h` has a fraction: write `90m`"),
        ("1.0h", "`1.0h` has a fraction: write `1h`"),
        (
            "30m1h",
            "`30m1h` joins amounts in another way than `1h30m`: write `90m`",
        ),
        (
            "1h1h",
            "`1h1h` joins amounts in another way than `1h30m`: write `2h`",
        ),
        ("1d 12h", "than `1h30m`: write `36h`"),
        ("1d 5m", "than `1h30m`: write `1d5m`"),
        ("1h30min", "than `1h30m`: write `90m`"),
        ("7 d", "`7 d` has a space in it: write `7d`"),
        ("-7d", "`-7d` is negative: write a whole number"),
        (
            "Unlimited",
            "`Unlimited` is not understood: write `unlimited`",
        ),
        ("forever", "`forever` is not understood: write `unlimited`"),
        ("7D", "which is not one of ms, s, m, h, d, w: write `7d`"),
        ("7days", "write `7d`"),
        ("7 days", "write `7d`"),
        ("30min", "write `30m`"),
        ("3M", "has the unit `M`"),
        ("1y", "has the unit `y`"),
        (
            "",
            "`` is not a duration: write a whole number and one of the units ms",
        ),
        ("P7D", "`P7D` is not a duration"),
        (
            "0.3ms",
            "`0.3ms` has a fraction: write a whole number and one",
        ),
        ("1_000ms", "`1_000ms` is not a duration"),
        (
            "9223372036854775807w",
            "is too large: the largest duration is",
        ),
        ("9223372036854775808", "is too large"),
        ("99999999999999999999999d", "is too large"),
        ("106751991167d1000d", "than `1h30m`"),
        ("106751991167d99h", "is too large"),
    ];
    let sizes = [
        (
            "10MB",
            "which is not one of B, KiB, MiB, GiB, TiB: write `10MiB`",
        ),
        ("10M", "write `10MiB`"),
        ("10mib", "write `10MiB`"),
        ("64k", "write `64KiB`"),
        ("1.5GiB", "write `1536MiB`"),
        ("1.5GB", "write `1536MiB`"),
        ("10 MiB", "write `10MiB`"),
        ("1GiB512MiB", "joins several amounts: write `1536MiB`"),
        ("9PB", "has the unit `PB`"),
        ("7d", "has the unit `d`"),
    ];
    let all = durations
        .map(|(text, message)| (Measure::Duration.parse(text), text, message))
        .into_iter()
        .chain(sizes.map(|(text, message)| (Measure::Size.parse(text), text, message)));
    for (parsed, text, message) in all {
        let error = parsed.expect_err(text);
        assert!(matches!(error, UnitError::Refused { .. }), "{text}");
        assert!(error.to_string().contains(message), "{text}: {error}");
    }
}

#[test]
fn a_bare_number_is_left_to_the_caller() {
    for (text, number) in [
        ("604800000", 604_800_000),
        ("-1", -1),
        ("+7", 7),
        ("007", 7),
    ] {
        let measure = Measure::Duration;
        let bare = UnitError::Bare { number, measure };
        assert_eq!(Measure::Duration.parse(text), Err(bare), "{text}");
    }
    let message = |text| Measure::Duration.parse(text).expect_err(text).to_string();
    assert_eq!(
        message("604800000"),
        "`604800000` has no unit: write the unit, one of ms, s, m, h, d, w; \
         in ms it would be `7d`"
    );
    assert_eq!(message("-1"), "`-1` has no unit: write `unlimited`");
    assert!(message("0").ends_with("`7d` for example"));
}

#[test]
fn quoted_texts_are_short_and_harmless() {
    assert_eq!(quoted("a\u{1b}[31mb"), "`a\\u{1b}[31mb`");
    assert_eq!(quoted("héllo"), "`héllo`");
    assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
}

fn measures() -> impl Strategy<Value = Measure> {
    prop_oneof![Just(Measure::Duration), Just(Measure::Size)]
}

/// Whole numbers of every order of magnitude, and multiples of units.
fn amounts() -> impl Strategy<Value = i64> {
    let round = (1..10_000_i64, 0..6_usize).prop_map(|(n, unit)| n * DURATIONS[unit].factor);
    prop_oneof![-1..=i64::MAX, -1..100_000_i64, round]
}

proptest! {
    #[test]
    fn what_is_written_reads_back(measure in measures(), number in amounts()) {
        prop_assert_eq!(measure.parse(&measure.human(number)), Ok(number));
    }

    #[test]
    fn no_text_panics(measure in measures(), text in any::<String>()) {
        if let Err(error) = measure.parse(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn no_number_panics(measure in measures(), number in any::<i64>()) {
        prop_assert!(!measure.human(number).is_empty());
    }

    #[test]
    fn what_is_suggested_is_accepted(
        measure in measures(),
        text in r"-?[0-9]{0,20}(\.[0-9]{0,20})? ?([A-Za-z]{0,3}|ms|[mMgG]i?[bB]|days?)( ?[0-9]{1,3}[smhdBk])?",
    ) {
        if let Err(UnitError::Refused { help, .. }) = measure.parse(&text)
            && let Some(suggestion) = help.strip_prefix("write `")
        {
            let suggestion = suggestion.trim_end_matches('`');
            prop_assert!(measure.parse(suggestion).is_ok(), "{} -> {}", text, help);
        }
    }
}
