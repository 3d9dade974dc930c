use proptest::prelude::*;

use super::super::{all, names};
use super::*;

fn read(key: &str, text: &str) -> Result<String, String> {
    let spec = lookup(key).expect(key);
    match parse(spec, text) {
        Ok(value) => Ok(value.as_str().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn texts_become_the_broker_s_form() {
    for (key, text, value) in [
        ("retention.ms", "7d", "604800000"),
        ("retention.ms", "unlimited", "-1"),
        ("retention.ms", " 604800000\n", "604800000"),
        ("retention.ms", "007", "7"),
        ("retention.ms", "+7", "7"),
        ("retention.ms", "-1", "-1"),
        ("retention.bytes", "unlimited", "-1"),
        ("retention.bytes", "-5", "-5"),
        ("retention.bytes", "10MiB", "10485760"),
        ("local.retention.ms", "-2", "-2"),
        ("local.retention.bytes", "unlimited", "-1"),
        ("segment.bytes", "1GiB", "1073741824"),
        ("segment.ms", "unlimited", "9223372036854775807"),
        ("flush.ms", "unlimited", "9223372036854775807"),
        ("flush.messages", "unlimited", "9223372036854775807"),
        ("max.compaction.lag.ms", "unlimited", "9223372036854775807"),
        ("remote.copy.lag.ms", "-1", "-1"),
        ("compression.gzip.level", "-1", "-1"),
        ("compression.zstd.level", "-131072", "-131072"),
        ("preallocate", " True ", "true"),
        ("unclean.leader.election.enable", "FALSE", "false"),
        ("min.cleanable.dirty.ratio", "1e-4", "0.0001"),
        ("min.cleanable.dirty.ratio", ".5", "0.5"),
        ("min.cleanable.dirty.ratio", "1", "1.0"),
        ("min.cleanable.dirty.ratio", "-0.0", "0.0"),
        ("compression.type", "snappy", "snappy"),
        ("message.timestamp.type", "LogAppendTime", "LogAppendTime"),
        ("cleanup.policy", "delete , compact", "compact,delete"),
        ("cleanup.policy", "delete,delete", "delete"),
        ("cleanup.policy", "", ""),
        ("leader.replication.throttled.replicas", "*", "*"),
        ("leader.replication.throttled.replicas", "", ""),
        (
            "leader.replication.throttled.replicas",
            "10:1, 2:3,10:1",
            "2:3,10:1",
        ),
        ("message.format.version", "2.8-IV1", "2.8-IV1"),
    ] {
        assert_eq!(read(key, text), Ok(value.to_owned()), "{key}={text}");
    }
}

#[test]
fn refusals_say_what_the_key_takes() {
    for (key, text, message) in [
        (
            "retention.ms",
            "-2",
            "out of range for `retention.ms`: it takes -1 or more, in milli",
        ),
        ("retention.ms", "1.5h", "`1.5h` has a fraction: write `90m`"),
        ("retention.ms", "", "`` is not a duration"),
        ("retention.ms", "9223372036854775808", "is out of range"),
        ("segment.bytes", "10MB", "write `10MiB`"),
        (
            "segment.bytes",
            "2GiB",
            "it takes 14 to 2147483647, in bytes or with a unit",
        ),
        ("segment.bytes", "13", "is out of range"),
        ("segment.ms", "0", "it takes 1 or more"),
        ("delete.retention.ms", "unlimited", "it takes 0 or more"),
        ("max.message.bytes", "unlimited", "it takes 0 to 2147483647"),
        ("remote.copy.lag.ms", "unlimited", "it takes -1 or more"),
        (
            "retention.bytes",
            "9223372036854775808",
            "any whole number of 64 bits",
        ),
        ("min.insync.replicas", "0", "it takes 1 to 2147483647"),
        (
            "min.insync.replicas",
            "two",
            "`two` is not a value of `min.insync.replicas`: it takes 1",
        ),
        ("compression.gzip.level", "0", "it takes 1 to 9, or -1"),
        ("compression.lz4.level", "18", "it takes 1 to 17"),
        (
            "preallocate",
            "yes",
            "`yes` is not a value of `preallocate`: write `true`",
        ),
        ("preallocate", "off", "write `false`"),
        ("preallocate", "maybe", "write `true` or `false`"),
        (
            "min.cleanable.dirty.ratio",
            "NaN",
            "it takes a number from 0 to 1",
        ),
        (
            "min.cleanable.dirty.ratio",
            "1.1",
            "it takes a number from 0 to 1",
        ),
        (
            "min.cleanable.dirty.ratio",
            "half",
            "it takes a number from 0 to 1",
        ),
        (
            "compression.type",
            "Snappy",
            "did you mean `snappy`? it takes uncompressed, zstd, lz4,",
        ),
        ("compression.type", "snapy", "did you mean `snappy`?"),
        ("compression.type", "none", "did you mean `uncompressed`?"),
        (
            "compression.type",
            "brotli",
            "`brotli` is not a value of `compression.type`: it takes",
        ),
        (
            "message.timestamp.type",
            "log_append_time",
            "did you mean `LogAppendTime`?",
        ),
        (
            "cleanup.policy",
            "Delete",
            "did you mean `delete`? it takes compact, delete",
        ),
        (
            "cleanup.policy",
            "compact+delete",
            "did you mean `compact,delete`?",
        ),
        (
            "cleanup.policy",
            "delete,",
            "`` is not a value of `cleanup.policy`",
        ),
        (
            "leader.replication.throttled.replicas",
            "*,0:1",
            "partitions with their brokers",
        ),
        (
            "leader.replication.throttled.replicas",
            "0:+1",
            "partitions with their brokers",
        ),
        ("message.format.version", " ", "leave the key out"),
    ] {
        let error = read(key, text).expect_err(text);
        assert!(error.contains(message), "{key}={text}: {error}");
    }
}

#[test]
fn a_value_has_a_largest_length() {
    let spec = lookup("message.format.version").expect("known");
    assert!(parse(spec, &"x".repeat(MAX_VALUE_LENGTH)).is_ok());
    let error = parse(spec, &"x".repeat(MAX_VALUE_LENGTH + 1)).expect_err("too long");
    assert_eq!(
        error.to_string(),
        "the value of `message.format.version` has 32768 characters: a value has at most 32767"
    );
    assert!(parse_vendor("redpanda.x", &"x".repeat(MAX_VALUE_LENGTH + 1)).is_err());
}

#[test]
fn vendors_values_pass_with_their_units_read() {
    for (key, text, value) in [
        ("redpanda.remote.read", " True ", "True"),
        ("retention.local.target.ms", "1d", "86400000"),
        ("retention.local.target.ms", "007", "007"),
        ("retention.local.target.bytes", "-1", "-1"),
        ("confluent.something.bytes", "auto", "auto"),
        ("write.caching", "7d", "7d"),
    ] {
        let parsed = parse_vendor(key, text).expect(text);
        assert_eq!(parsed.as_str(), value, "{key}={text}");
    }
    for (key, text, message) in [
        ("retention.local.target.ms", "unlimited", "write the number"),
        ("flush.bytes", "10MB", "write `10MiB`"),
    ] {
        let error = parse_vendor(key, text).expect_err(text).to_string();
        assert!(error.contains(message), "{key}={text}: {error}");
    }
}

#[test]
fn values_are_compared_by_their_meaning() {
    for (key, declared, found) in [
        ("retention.ms", "604800000", " 604800000 "),
        ("retention.ms", "7", "007"),
        ("retention.ms", "-1", "9223372036854775807"),
        ("retention.ms", "-1", "9223372036854"),
        ("retention.bytes", "-5", "-1"),
        ("flush.ms", "9223372036854775807", "9223372036854"),
        ("segment.ms", "9223372036854775807", "-1"),
        ("min.cleanable.dirty.ratio", "0.0001", "1.0E-4"),
        ("min.cleanable.dirty.ratio", "1.0", "1"),
        ("preallocate", "true", "TRUE"),
        ("cleanup.policy", "compact,delete", "delete, compact"),
        ("cleanup.policy", "delete", "delete,delete"),
        ("compression.type", "uncompressed", "none"),
        (
            "leader.replication.throttled.replicas",
            "0:1,0:2",
            "0:2,0:1",
        ),
        ("redpanda.remote.read", "true", " true "),
        ("nobody.knows", "", " "),
    ] {
        assert!(same(key, declared, found), "{key}: {declared} {found}");
        assert!(same(key, found, declared), "{key}: {found} {declared}");
    }
    for (key, declared, found) in [
        ("retention.ms", "604800000", "86400000"),
        ("retention.ms", "0", "-1"),
        ("retention.bytes", "0", "-1"),
        ("retention.bytes", "9223372036854", "-1"),
        ("local.retention.ms", "-2", "-1"),
        (
            "delete.retention.ms",
            "9223372036854775807",
            "9223372036854",
        ),
        ("compression.type", "snappy", "Snappy"),
        ("compression.type", "producer", "uncompressed"),
        ("cleanup.policy", "compact,delete", "delete"),
        ("cleanup.policy", "delete", ""),
        ("min.cleanable.dirty.ratio", "0.5", "NaN"),
        ("preallocate", "true", "yes"),
        ("redpanda.remote.read", "true", "TRUE"),
        ("retention.ms", "7", "seven"),
    ] {
        assert!(!same(key, declared, found), "{key}: {declared} {found}");
        assert!(!same(key, found, declared), "{key}: {found} {declared}");
    }
}

#[test]
fn people_read_units() {
    for (key, value, shown) in [
        ("retention.ms", "604800000", "7d"),
        ("retention.ms", "-1", "unlimited"),
        ("retention.ms", "9223372036854775807", "unlimited"),
        ("retention.ms", "604800001", "604800001"),
        ("retention.ms", "0", "0"),
        ("segment.bytes", "1073741824", "1GiB"),
        ("max.message.bytes", "1048588", "1048588"),
        ("local.retention.ms", "-2", "-2"),
        ("flush.messages", "9223372036854775807", "unlimited"),
        ("delete.retention.ms", "86400000", "1d"),
        ("min.insync.replicas", "2", "2"),
        ("cleanup.policy", " delete ", "delete"),
        ("retention.local.target.ms", "86400000", "1d"),
        ("retention.local.target.ms", "-1", "-1"),
        ("nobody.knows.ms", "86400000", "86400000"),
    ] {
        assert_eq!(human(key, value), shown, "{key}={value}");
    }
}

#[test]
fn small_segments_are_for_older_brokers() {
    let spec = lookup("segment.bytes").expect("known");
    assert_eq!(
        caution(spec, "1048575").as_deref(),
        Some("Kafka 4.1 and later refuse `segment.bytes` below 1MiB")
    );
    assert_eq!(caution(spec, "1048576"), None);
    assert_eq!(caution(lookup("segment.ms").expect("known"), "1"), None);
}

fn specs() -> impl Strategy<Value = &'static ConfigSpec> {
    (0..all().len()).prop_map(|index| &all()[index])
}

fn keys() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(Vec::from_iter(names())).prop_map(str::to_owned);
    prop_oneof![8 => known, 1 => "(redpanda|confluent)\\.[a-z.]{0,9}(ms|bytes)?", 1 => any::<String>()]
}

/// Texts that are values of one key or another, and others.
fn texts() -> impl Strategy<Value = String> {
    let numbers = prop_oneof![
        any::<i64>(),
        -3..30_i64,
        Just(i64::MAX),
        Just(REDPANDA_MAX_MS),
        (1..5_000_i64).prop_map(|days| days * 86_400_000),
    ];
    prop_oneof![
        numbers.prop_map(|number| number.to_string()),
        "[ +0]{0,2}[0-9]{1,9}(ms|s|m|h|d|w|B|KiB|MiB|GiB|TiB)?",
        "-?0?\\.[0-9]{1,20}([eE]-?[0-9]{1,3})?",
        "(compact|delete| ?, ?){0,5}",
        "([0-9]{1,4}:[0-9]{1,4},?){0,4}",
        proptest::sample::select(vec![
            "unlimited",
            "True",
            "FALSE",
            "NaN",
            "inf",
            "none",
            "uncompressed",
            "gzip",
            "zstd",
            "CreateTime",
            "producer",
            "*",
            "",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn reading_a_read_value_changes_nothing(spec in specs(), text in texts()) {
        if let Ok(once) = parse(spec, &text) {
            prop_assert_eq!(parse(spec, once.as_str()), Ok(once));
        }
    }

    #[test]
    fn reading_a_vendor_s_read_value_changes_nothing(key in keys(), text in texts()) {
        if let Ok(once) = parse_vendor(&key, &text) {
            prop_assert_eq!(parse_vendor(&key, once.as_str()), Ok(once));
        }
    }

    #[test]
    fn every_value_is_the_same_as_itself(key in keys(), text in any::<String>(), other in texts()) {
        prop_assert!(same(&key, &text, &text));
        prop_assert!(same(&key, &other, &other));
    }

    #[test]
    fn sameness_has_no_direction(key in keys(), one in texts(), other in texts()) {
        prop_assert_eq!(same(&key, &one, &other), same(&key, &other, &one));
    }

    #[test]
    fn sameness_holds_across_a_third_value(
        key in keys(), one in texts(), other in texts(), third in texts(),
    ) {
        if same(&key, &one, &other) && same(&key, &other, &third) {
            prop_assert!(same(&key, &one, &third));
        }
    }

    #[test]
    fn what_people_read_means_the_same(spec in specs(), text in texts()) {
        if let Ok(value) = parse(spec, &text) {
            let shown = human(spec.name, value.as_str());
            let again = parse(spec, &shown);
            prop_assert!(
                again.as_ref().is_ok_and(|again| same(spec.name, again.as_str(), value.as_str())),
                "{}: {} shown as {}, read as {:?}", spec.name, value, shown, again
            );
        }
    }

    #[test]
    fn nothing_panics(key in keys(), spec in specs(), text in texts(), other in any::<String>()) {
        for text in [&text, &other] {
            if let Err(error) = parse(spec, text) {
                prop_assert!(!error.message.is_empty() && !error.help.is_empty());
            }
            let _ = (parse_vendor(&key, text), human(&key, text), caution(spec, text));
            let _ = (classify(text), super::super::violations(|_| Some(text)));
        }
    }
}
