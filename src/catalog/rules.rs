//! Rules that tie several keys of one topic together, as Kafka's `LogConfig` enforces them when
//! a topic is created.

use super::human;

const REMOTE: &str = "remote.storage.enable";
const COPY_DISABLED: &str = "remote.log.copy.disable";

/// In `local.retention.*`: the same as `retention.*`.
const AS_RETENTION: i64 = -2;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleViolation {
    /// The keys, the one to change first.
    pub keys: Vec<&'static str>,
    /// What is wrong: a lower-case fragment without a full stop.
    pub message: String,
    pub help: String,
}

/// Applies the broker's rules to the values of one topic, in the broker's form. A rule is judged
/// only where the values of all its keys are there: the broker's own configuration supplies the
/// others, and is not known here.
pub fn violations<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Vec<RuleViolation> {
    let value = |key| value(key).map(str::trim);
    let number = |key| value(key)?.parse::<i64>().ok();
    let is_true = |key| value(key).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let mut found = Vec::new();

    let (min_lag, max_lag) = ("min.compaction.lag.ms", "max.compaction.lag.ms");
    if let (Some(min), Some(max)) = (number(min_lag), number(max_lag))
        && min > max
    {
        found.push(RuleViolation {
            keys: vec![min_lag, max_lag],
            message: format!(
                "`{min_lag}` is {}, above `{max_lag}`, which is {}",
                shown(min_lag, min),
                shown(max_lag, max)
            ),
            help: "lower the first or raise the second".to_owned(),
        });
    }

    if !is_true(REMOTE) {
        return found;
    }
    let policy = "cleanup.policy";
    // An empty policy passes: it deletes nothing and compacts nothing.
    if let Some(text) = value(policy)
        && text
            .split(',')
            .any(|word| !matches!(word.trim(), "" | "delete"))
    {
        found.push(RuleViolation {
            keys: vec![policy, REMOTE],
            message: format!("`{policy}` is {text}, but remote storage cannot compact"),
            help: format!("set `{policy}` to delete, or `{REMOTE}` to false"),
        });
    }
    for (local, total) in [
        ("local.retention.ms", "retention.ms"),
        ("local.retention.bytes", "retention.bytes"),
    ] {
        let (Some(local_limit), Some(total_limit)) = (number(local), number(total)) else {
            continue;
        };
        if local_limit != AS_RETENTION {
            let disabled = is_true(COPY_DISABLED);
            found.extend(local_retention(
                local,
                local_limit,
                total,
                total_limit,
                disabled,
            ));
        }
    }
    found
}

fn local_retention(
    local: &'static str,
    local_limit: i64,
    total: &'static str,
    total_limit: i64,
    copy_disabled: bool,
) -> Option<RuleViolation> {
    let sides = format!(
        "`{local}` is {}, `{total}` is {}",
        shown(local, local_limit),
        shown(total, total_limit)
    );
    if total_limit >= 0 && (local_limit == -1 || local_limit > total_limit) {
        return Some(RuleViolation {
            keys: vec![local, total, REMOTE],
            message: format!("{sides}, so more would be kept locally than in all"),
            help: format!("lower `{local}`, or leave it out to follow `{total}`"),
        });
    }
    (copy_disabled && local_limit != total_limit).then(|| RuleViolation {
        keys: vec![local, total, COPY_DISABLED],
        message: format!("{sides}, but with `{COPY_DISABLED}` they must be the same"),
        help: format!("leave `{local}` out to follow `{total}`"),
    })
}

fn shown(key: &str, number: i64) -> String {
    human(key, &number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(config: &str) -> Vec<String> {
        let pairs: Vec<_> = config
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .collect();
        violations(|key| {
            let found = pairs.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| *value)
        })
        .into_iter()
        .map(|violation| violation.message)
        .collect()
    }

    #[test]
    fn what_the_broker_accepts_passes() {
        for config in [
            "",
            "min.compaction.lag.ms=1 max.compaction.lag.ms=1",
            "min.compaction.lag.ms=5",
            "max.compaction.lag.ms=5",
            "cleanup.policy=compact local.retention.ms=9 retention.ms=8",
            "remote.storage.enable=false cleanup.policy=compact",
            "remote.storage.enable=true cleanup.policy=delete",
            "remote.storage.enable=true cleanup.policy=",
            "remote.storage.enable=true local.retention.ms=9",
            "remote.storage.enable=true local.retention.ms=-2 retention.ms=8",
            "remote.storage.enable=true local.retention.ms=8 retention.ms=8",
            "remote.storage.enable=true local.retention.ms=8 retention.ms=-1",
            "remote.storage.enable=true local.retention.bytes=-1 retention.bytes=-1",
            "remote.storage.enable=true remote.log.copy.disable=true local.retention.ms=-2 retention.ms=8",
        ] {
            assert_eq!(messages(config), Vec::<String>::new(), "{config}");
        }
    }

    #[test]
    fn what_the_broker_refuses_is_found() {
        for (config, expected) in [
            (
                "min.compaction.lag.ms=172800000 max.compaction.lag.ms=86400000",
                "`min.compaction.lag.ms` is 2d, above `max.compaction.lag.ms`, which is 1d",
            ),
            (
                "remote.storage.enable=true cleanup.policy=compact,delete",
                "`cleanup.policy` is compact,delete, but remote storage cannot compact",
            ),
            (
                "remote.storage.enable=true local.retention.ms=172800000 retention.ms=86400000",
                "`local.retention.ms` is 2d, `retention.ms` is 1d, so more would be kept locally than in all",
            ),
            (
                "remote.storage.enable=true local.retention.bytes=-1 retention.bytes=1048576",
                "`local.retention.bytes` is unlimited, `retention.bytes` is 1MiB, so more would be kept locally than in all",
            ),
            (
                "remote.storage.enable=true remote.log.copy.disable=true local.retention.ms=86400000 retention.ms=172800000",
                "`local.retention.ms` is 1d, `retention.ms` is 2d, but with `remote.log.copy.disable` they must be the same",
            ),
        ] {
            assert_eq!(messages(config), [expected], "{config}");
        }
    }

    #[test]
    fn every_violation_is_reported() {
        let config = "remote.storage.enable=true cleanup.policy=compact \
            min.compaction.lag.ms=2 max.compaction.lag.ms=1 \
            local.retention.ms=2 retention.ms=1 local.retention.bytes=2 retention.bytes=1";
        assert_eq!(messages(config).len(), 4);
    }
}
