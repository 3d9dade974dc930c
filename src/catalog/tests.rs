use super::*;
use crate::units::Amount;

#[test]
fn the_catalog_has_every_key() {
    let mut names: Vec<_> = "
        cleanup.policy compression.type compression.gzip.level compression.lz4.level
        compression.zstd.level delete.retention.ms errors.deadletterqueue.group.enable
        file.delete.delay.ms flush.messages flush.ms follower.replication.throttled.replicas
        leader.replication.throttled.replicas index.interval.bytes local.retention.bytes
        local.retention.ms max.compaction.lag.ms max.message.bytes
        message.timestamp.after.max.ms message.timestamp.before.max.ms message.timestamp.type
        min.cleanable.dirty.ratio min.compaction.lag.ms min.insync.replicas preallocate
        remote.storage.enable remote.log.copy.disable remote.log.delete.on.disable
        remote.copy.lag.ms remote.copy.lag.bytes retention.bytes retention.ms segment.bytes
        segment.index.bytes segment.jitter.ms segment.ms unclean.leader.election.enable
        message.format.version message.timestamp.difference.max.ms
        message.downconversion.enable
        "
    .split_whitespace()
    .collect();
    names.sort_unstable();
    // In this order too: a look-up relies on it.
    assert_eq!(Vec::from_iter(all().iter().map(|spec| spec.name)), names);
    for name in names {
        assert_eq!(lookup(name).expect(name).name, name);
    }
}

#[test]
fn every_key_is_described() {
    let described: Vec<_> = descriptions::DESCRIPTIONS.iter().map(|one| one.0).collect();
    // In this order too: a look-up relies on it.
    assert_eq!(
        described,
        Vec::from_iter(all().iter().map(|spec| spec.name))
    );
    for spec in all() {
        assert!(description(spec.name).ends_with('.'), "{}", spec.name);
    }
}

#[test]
fn defaults_and_unlimited_are_values_of_their_keys() {
    for spec in all() {
        let default = parse(spec, spec.default).expect(spec.name);
        assert!(
            same(spec.name, default.as_str(), spec.default),
            "{}",
            spec.name
        );
        if let Some(unlimited) = spec.unlimited {
            let value = parse(spec, "unlimited").expect(spec.name);
            assert_eq!(value.as_str(), unlimited.to_string(), "{}", spec.name);
            assert_eq!(
                human(spec.name, value.as_str()),
                "unlimited",
                "{}",
                spec.name
            );
        }
        let by_name = match spec.name {
            name if name.ends_with(".ms") => Some(Measure::Duration),
            "compression.gzip.level" => None,
            name if name.ends_with(".bytes") => Some(Measure::Size),
            _ => None,
        };
        assert_eq!(spec.unit, by_name, "{}", spec.name);
    }
}

#[test]
fn versions_are_ordered() {
    let version = |major, minor| KafkaVersion { major, minor };
    assert!(version(3, 9) < version(3, 10));
    assert!(version(3, 10) < version(4, 0));
    assert_eq!(version(4, 1).to_string(), "4.1");
    let removed = all().iter().filter(|spec| spec.removed_in.is_some());
    assert!(
        removed
            .clone()
            .all(|spec| spec.removed_in == Some(version(4, 0)))
    );
    assert_eq!(removed.count(), 3);
}

#[test]
fn a_key_is_known_a_vendor_s_or_nobody_s() {
    assert!(matches!(classify("retention.ms"), KeyClass::Known(_)));
    assert!(matches!(classify("flush.ms"), KeyClass::Known(_)));
    for key in [
        "redpanda.remote.read",
        "write.caching",
        "retention.local.target.ms",
        "initial.retention.local.target.bytes",
        "flush.bytes",
        "compaction.strategy",
    ] {
        assert_eq!(classify(key), KeyClass::Vendor(Vendor::Redpanda), "{key}");
    }
    let confluent = KeyClass::Vendor(Vendor::Confluent);
    assert_eq!(classify("confluent.value.schema.validation"), confluent);
    for (key, vendor) in [
        ("automq.table.topic.enable", Vendor::AutoMq),
        ("bufstream.archive.kind", Vendor::Bufstream),
        ("diskless.enable", Vendor::Aiven),
        ("inkless.enable", Vendor::Aiven),
        ("ursa.storage.enable", Vendor::StreamNative),
        ("warpstream.compression.type.fetch", Vendor::WarpStream),
    ] {
        assert_eq!(classify(key), KeyClass::Vendor(vendor), "{key}");
    }
    for key in ["redpanda.", "redpanda", "confluent.", "Confluent.x"] {
        assert!(matches!(classify(key), KeyClass::Unknown(_)), "{key}");
    }
}

#[test]
fn an_unknown_key_has_a_way_out() {
    for (key, expected) in [
        ("retention.sm", Some(Hint::Key("retention.ms"))),
        ("retention_ms", Some(Hint::Key("retention.ms"))),
        ("retentionMs", Some(Hint::Key("retention.ms"))),
        ("RETENTION.MS", Some(Hint::Key("retention.ms"))),
        ("cleanup-policy", Some(Hint::Key("cleanup.policy"))),
        ("compresion.type", Some(Hint::Key("compression.type"))),
        (
            "min.in.sync.replicas",
            Some(Hint::Key("min.insync.replicas")),
        ),
        ("write.cacheing", Some(Hint::Key("write.caching"))),
        ("num.partitions", Some(Hint::Field("partitions"))),
        ("replicationFactor", Some(Hint::Field("replication_factor"))),
        ("color", None),
        ("", None),
    ] {
        assert_eq!(classify(key), KeyClass::Unknown(expected), "{key}");
    }
    assert_eq!(
        classify(&"retention.ms".repeat(10_000)),
        KeyClass::Unknown(None)
    );
}

#[test]
fn what_is_vouched_for_passes_and_nothing_of_kafka_s_does() {
    let mut vouched = Vouched::default();
    for one in ["acme.", "plain-name", "retention.of.acme"] {
        assert_eq!(vouched.add(one), Ok(()), "{one}");
    }
    for key in ["acme.x", "acme.x.y", "plain-name", "retention.of.acme"] {
        assert!(vouched.has(key), "{key}");
    }
    for key in ["acme.", "acme", "acmex.y", "plain-name.x", "retention.mss"] {
        assert!(!vouched.has(key), "{key}");
    }
    for (one, reason) in [
        ("acme.*", NotToVouchFor::Glob),
        ("", NotToVouchFor::NoKey),
        (".", NotToVouchFor::NoKey),
        ("acme. x", NotToVouchFor::NoKey),
        ("${KEYS}", NotToVouchFor::NoKey),
        ("retention.", NotToVouchFor::KafkaHas("retention.bytes")),
        ("segment.ms", NotToVouchFor::KafkaHas("segment.ms")),
    ] {
        assert_eq!(vouched.add(one), Err(reason), "{one}");
    }
}

#[test]
fn what_a_help_says_to_vouch_for_lets_the_key_pass() {
    for (key, expected) in [
        ("acme.tier.enable", Some("acme.")),
        ("retention.of.acme", Some("retention.of.acme")),
        ("color", Some("color")),
        ("a key", None),
        ("*", None),
        ("", None),
    ] {
        assert_eq!(to_vouch_for(key), expected, "{key}");
        if let Some(form) = expected {
            let mut vouched = Vouched::default();
            assert_eq!(vouched.add(form), Ok(()));
            assert!(vouched.has(key), "{key}");
        }
    }
}

#[test]
fn another_name_of_a_key_comes_with_its_value() {
    let value = |written: &str, broker: &str| {
        let (written, broker) = (written.to_owned(), broker.to_owned());
        Some(Converted::Value { written, broker })
    };
    let unlikely = |all: &[&str]| {
        let all = all.iter().map(|one| (*one).to_owned());
        Some(Converted::Unlikely(all.collect()))
    };
    for (key, text, expected) in [
        (
            "log.retention.hours",
            "168",
            ("retention.ms", value("168h", "604800000")),
        ),
        (
            "log.retention.hours",
            "-1",
            ("retention.ms", value("unlimited", "-1")),
        ),
        ("log.retention.hours", "0", ("retention.ms", None)),
        ("log.retention.hours", "a week", ("retention.ms", None)),
        (
            "log.retention.hours",
            "7d",
            ("retention.ms", value("7d", "604800000")),
        ),
        (
            "log.retention.minutes",
            "10080",
            ("retention.ms", value("10080m", "604800000")),
        ),
        (
            "log.retention.ms",
            "604800000",
            ("retention.ms", value("604800000", "604800000")),
        ),
        (
            "log.retention.ms",
            "168",
            ("retention.ms", unlikely(&["168h", "168d"])),
        ),
        (
            "log.retention.hours",
            "1.68e2",
            ("retention.ms", value("168h", "604800000")),
        ),
        (
            "KAFKA_LOG_RETENTION_HOURS",
            "24",
            ("retention.ms", value("24h", "86400000")),
        ),
        (
            "KAFKA_CFG_LOG_ROLL_HOURS",
            "24",
            ("segment.ms", value("24h", "86400000")),
        ),
        (
            "retention_days",
            "7",
            ("retention.ms", value("7d", "604800000")),
        ),
        (
            "retentionHours",
            "168",
            ("retention.ms", value("168h", "604800000")),
        ),
        (
            "retention.gb",
            "10",
            ("retention.bytes", value("10GiB", "10737418240")),
        ),
        (
            "log.roll.hours",
            "24",
            ("segment.ms", value("24h", "86400000")),
        ),
        (
            "log.roll.jitter.hours",
            "1",
            ("segment.jitter.ms", value("1h", "3600000")),
        ),
        (
            "message.max.bytes",
            "1048588",
            ("max.message.bytes", value("1048588", "1048588")),
        ),
        (
            "log.cleanup.policy",
            "compact",
            ("cleanup.policy", value("compact", "compact")),
        ),
        (
            "log.flush.scheduler.interval.ms",
            "1000",
            ("flush.ms", value("1000", "1000")),
        ),
    ] {
        let KeyClass::Unknown(Some(Hint::Renamed(renamed))) = classify(key) else {
            panic!("{key}: {:?}", classify(key));
        };
        assert_eq!(
            (renamed.spec.name, renamed.convert(text)),
            expected,
            "{key}: {text}"
        );
    }
}

#[test]
fn every_broker_key_is_another_name_of_its_topic_s() {
    for spec in all() {
        for key in spec.broker_keys.iter().filter(|key| lookup(key).is_none()) {
            let KeyClass::Unknown(Some(Hint::Renamed(renamed))) = classify(key) else {
                panic!("{key}: {:?}", classify(key));
            };
            assert_eq!(renamed.spec.name, spec.name, "{key}");
            let counts = renamed.counts.map(Amount::word);
            let by_name = ["hours", "minutes"]
                .into_iter()
                .find(|word| key.ends_with(word));
            assert_eq!(counts, by_name, "{key}");
        }
    }
}

#[test]
fn a_number_of_another_unit_is_asked_about() {
    for (key, value, expected) in [
        ("retention.ms", "168", Some(vec!["168h", "168d"])),
        ("retention.ms", "7", Some(vec!["7h", "7d"])),
        ("retention.ms", "10080", Some(vec!["10080m"])),
        ("retention.ms", "604800", Some(vec!["604800s"])),
        ("retention.ms", "86400", Some(vec!["86400s", "86400m"])),
        ("retention.ms", "30000", Some(vec!["7d"])),
        ("retention.ms", "60000", None),
        ("retention.ms", "604800000", None),
        ("retention.ms", "86400000", None),
        ("retention.ms", "0", None),
        ("retention.ms", "-1", None),
        ("local.retention.ms", "24", Some(vec!["24h", "24d"])),
        ("segment.ms", "24", Some(vec!["24h", "24d"])),
        ("segment.ms", "1000", None),
        ("flush.ms", "24", None),
    ] {
        let spec = lookup(key).expect(key);
        let expected: Option<Vec<_>> =
            expected.map(|all| all.into_iter().map(str::to_owned).collect());
        assert_eq!(unlikely(spec, value), expected, "{key}: {value}");
    }
}
