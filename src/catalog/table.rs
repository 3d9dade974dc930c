//! The catalog itself, as data: every topic configuration of Kafka's `TopicConfig` and
//! `LogConfig`, 3.3 to 4.4, with those that 4.0 removed.

use super::{ConfigSpec, KafkaVersion, Kind, Range};
use crate::units::Measure;

const MAX: i64 = i64::MAX;
const MAX_TEXT: &str = "9223372036854775807";
const INT_MAX: i64 = i32::MAX as i64;

const fn spec(name: &'static str, kind: Kind, default: &'static str) -> ConfigSpec {
    ConfigSpec {
        name,
        kind,
        unit: None,
        unlimited: None,
        default,
        broker_keys: &[],
        since: None,
        removed_in: None,
        raised_min: None,
    }
}

impl ConfigSpec {
    const fn ms(mut self) -> Self {
        self.unit = Some(Measure::Duration);
        self
    }

    const fn bytes(mut self) -> Self {
        self.unit = Some(Measure::Size);
        self
    }

    const fn unlimited(mut self, number: i64) -> Self {
        self.unlimited = Some(number);
        self
    }

    const fn broker(mut self, keys: &'static [&'static str]) -> Self {
        self.broker_keys = keys;
        self
    }

    const fn since(mut self, major: u16, minor: u16) -> Self {
        self.since = Some(KafkaVersion { major, minor });
        self
    }

    const fn removed_in(mut self, major: u16, minor: u16) -> Self {
        self.removed_in = Some(KafkaVersion { major, minor });
        self
    }

    const fn raised_min(mut self, major: u16, minor: u16, min: i64) -> Self {
        self.raised_min = Some((KafkaVersion { major, minor }, min));
        self
    }
}

const fn int(min: i64, max: i64) -> Kind {
    Kind::Int(Range { min, max, or: None })
}

const fn long(min: i64) -> Kind {
    Kind::Long(Range {
        min,
        max: MAX,
        or: None,
    })
}

/// By name, so that a look-up can halve it.
///
/// `unlimited` stands only where the largest number, or -1, truly means that a limit is off.
/// Among those left out, `delete.retention.ms` is added to the clock by the cleaner and would
/// overflow, and the -1 of `remote.copy.lag.*` follows the local retention or is no check at all.
#[rustfmt::skip]
pub(super) static TABLE: [ConfigSpec; 39] = [
    spec("cleanup.policy", Kind::Set(&["compact", "delete"]), "delete").broker(&["log.cleanup.policy"]),
    // KIP-390
    spec("compression.gzip.level", Kind::Int(Range { min: 1, max: 9, or: Some(-1) }), "-1").broker(&["compression.gzip.level"]).since(3, 8),
    spec("compression.lz4.level", int(1, 17), "9").broker(&["compression.lz4.level"]).since(3, 8),
    spec("compression.type", Kind::Choice(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), "producer").broker(&["compression.type"]),
    spec("compression.zstd.level", int(-131_072, 22), "3").broker(&["compression.zstd.level"]).since(3, 8),
    spec("delete.retention.ms", long(0), "86400000").ms().broker(&["log.cleaner.delete.retention.ms"]),
    spec("errors.deadletterqueue.group.enable", Kind::Bool, "false").since(4, 4),
    spec("file.delete.delay.ms", long(0), "60000").ms().broker(&["log.segment.delete.delay.ms"]),
    spec("flush.messages", long(1), MAX_TEXT).unlimited(MAX).broker(&["log.flush.interval.messages"]),
    spec("flush.ms", long(0), MAX_TEXT).ms().unlimited(MAX).broker(&["log.flush.interval.ms", "log.flush.scheduler.interval.ms"]),
    spec("follower.replication.throttled.replicas", Kind::Replicas, ""),
    spec("index.interval.bytes", int(0, INT_MAX), "4096").bytes().broker(&["log.index.interval.bytes"]),
    spec("leader.replication.throttled.replicas", Kind::Replicas, ""),
    // KIP-405
    spec("local.retention.bytes", long(-2), "-2").bytes().unlimited(-1).broker(&["log.local.retention.bytes"]),
    spec("local.retention.ms", long(-2), "-2").ms().unlimited(-1).broker(&["log.local.retention.ms"]),
    // KIP-354
    spec("max.compaction.lag.ms", long(1), MAX_TEXT).ms().unlimited(MAX).broker(&["log.cleaner.max.compaction.lag.ms"]),
    spec("max.message.bytes", int(0, INT_MAX), "1048588").bytes().broker(&["message.max.bytes"]),
    spec("message.downconversion.enable", Kind::Bool, "true").broker(&["log.message.downconversion.enable"]).removed_in(4, 0),
    spec("message.format.version", Kind::Text, "3.0-IV1").broker(&["log.message.format.version"]).removed_in(4, 0),
    // KIP-937
    spec("message.timestamp.after.max.ms", long(0), "3600000").ms().unlimited(MAX).broker(&["log.message.timestamp.after.max.ms"]).since(3, 6),
    spec("message.timestamp.before.max.ms", long(0), MAX_TEXT).ms().unlimited(MAX).broker(&["log.message.timestamp.before.max.ms"]).since(3, 6),
    spec("message.timestamp.difference.max.ms", long(0), MAX_TEXT).ms().unlimited(MAX).broker(&["log.message.timestamp.difference.max.ms"]).removed_in(4, 0),
    spec("message.timestamp.type", Kind::Choice(&["CreateTime", "LogAppendTime"]), "CreateTime").broker(&["log.message.timestamp.type"]),
    spec("min.cleanable.dirty.ratio", Kind::Double { min: 0.0, max: 1.0 }, "0.5").broker(&["log.cleaner.min.cleanable.ratio"]),
    spec("min.compaction.lag.ms", long(0), "0").ms().broker(&["log.cleaner.min.compaction.lag.ms"]),
    spec("min.insync.replicas", int(1, INT_MAX), "1").broker(&["min.insync.replicas"]),
    spec("preallocate", Kind::Bool, "false").broker(&["log.preallocate"]),
    // KIP-1241
    spec("remote.copy.lag.bytes", long(-1), "-1").bytes().broker(&["log.remote.copy.lag.bytes"]).since(4, 4),
    spec("remote.copy.lag.ms", long(-1), "0").ms().broker(&["log.remote.copy.lag.ms"]).since(4, 4),
    // KIP-950
    spec("remote.log.copy.disable", Kind::Bool, "false").since(3, 9),
    spec("remote.log.delete.on.disable", Kind::Bool, "false").since(3, 9),
    spec("remote.storage.enable", Kind::Bool, "false"),
    spec("retention.bytes", long(i64::MIN), "-1").bytes().unlimited(-1).broker(&["log.retention.bytes"]),
    spec("retention.ms", long(-1), "604800000").ms().unlimited(-1).broker(&["log.retention.ms", "log.retention.minutes", "log.retention.hours"]),
    // KIP-1030 raised the minimum
    spec("segment.bytes", int(14, INT_MAX), "1073741824").bytes().broker(&["log.segment.bytes"]).raised_min(4, 1, 1_048_576),
    spec("segment.index.bytes", int(4, INT_MAX), "10485760").bytes().broker(&["log.index.size.max.bytes"]),
    spec("segment.jitter.ms", long(0), "0").ms().broker(&["log.roll.jitter.ms", "log.roll.jitter.hours"]),
    spec("segment.ms", long(1), "604800000").ms().unlimited(MAX).broker(&["log.roll.ms", "log.roll.hours"]),
    spec("unclean.leader.election.enable", Kind::Bool, "false").broker(&["unclean.leader.election.enable"]),
];
