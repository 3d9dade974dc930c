//! Configuration values in the form that kafka-configs reads.
//!
//! Its `--add-config` splits at commas and equals signs outside of square brackets, then takes all
//! square brackets away, trims, and decodes by the terminal's locale. A value that would not arrive
//! as it is goes through a properties file of ASCII characters.

use super::{Access, file_name, quoted};
use crate::outcome::Mismatch;
use crate::topic::{ConfigKey, TopicName};

/// Keys whose values the broker checks against each other: one at a time, in the wrong order, it
/// would refuse them.
const LAGS: [&str; 2] = ["max.compaction.lag.ms", "min.compaction.lag.ms"];
/// The same for tiered storage, as far as its keys do not show it by their beginning.
const TIERED: [&str; 3] = ["cleanup.policy", "retention.bytes", "retention.ms"];

/// The command that sets a key as declared, together with the mismatched keys that it depends on.
pub(super) fn command(
    topic: &TopicName,
    key: &ConfigKey,
    open: &[Mismatch],
    access: &Access,
) -> Option<String> {
    let mismatched: Vec<(&str, &str)> = open
        .iter()
        .filter_map(|one| match one {
            Mismatch::Config { key, declared, .. } => Some((key.as_str(), declared.value.as_str())),
            _ => None,
        })
        .collect();
    let settings: Vec<_> = mismatched
        .iter()
        .filter(|(other, _)| *other == key.as_str() || depend(key.as_str(), other, &mismatched))
        .copied()
        .collect();
    if settings.is_empty() || !settings.iter().all(|(key, _)| is_taken(key)) {
        return None;
    }
    let entity = alteration(topic);
    let words: Option<Vec<_>> = settings
        .iter()
        .map(|(key, value)| word(key, value))
        .collect();
    if let Some(words) = words {
        let settings = words.join(",");
        let arguments = [&entity[..], &["--add-config", &settings]].concat();
        return Some(access.command("kafka-configs", &arguments));
    }
    let file = file_name(topic, "config.properties");
    let lines: Vec<_> = settings
        .iter()
        .map(|(key, value)| quoted(&format!("{key}={}", escaped(value))))
        .collect();
    let arguments = [&entity[..], &["--add-config-file", &file]].concat();
    Some(format!(
        r"printf '%s\n' {} > {} && {}",
        lines.join(" "),
        quoted(&file),
        access.command("kafka-configs", &arguments)
    ))
}

/// The command that leaves a key to the broker; `None` where messages could be lost by that, or the
/// tool takes no such key.
pub(super) fn unset(topic: &TopicName, key: &ConfigKey, access: &Access) -> Option<String> {
    let key = key.as_str();
    let keeps_messages =
        key.contains("retention") || key == "cleanup.policy" || key.starts_with("remote.");
    let arguments = [&alteration(topic)[..], &["--delete-config", key]].concat();
    (!keeps_messages && is_taken(key)).then(|| access.command("kafka-configs", &arguments))
}

fn alteration(topic: &TopicName) -> [&str; 5] {
    [
        "--alter",
        "--entity-type",
        "topics",
        "--entity-name",
        topic.as_str(),
    ]
}

/// The tool refuses other keys, and a broker that had one would not be Kafka.
fn is_taken(key: &str) -> bool {
    key.chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn depend(one: &str, other: &str, mismatched: &[(&str, &str)]) -> bool {
    let beginning = |key: &str| key.starts_with("remote.") || key.starts_with("local.");
    let tiered = |key: &str| TIERED.contains(&key) || beginning(key);
    let both = |is: &dyn Fn(&str) -> bool| is(one) && is(other);
    both(&|key| LAGS.contains(&key))
        || (both(&tiered) && mismatched.iter().any(|(key, _)| beginning(key)))
}

/// For `--add-config`; `None` where the tool would make another value of it.
fn word(key: &str, value: &str) -> Option<String> {
    let as_it_is = |c: char| (c == ' ' || c.is_ascii_graphic()) && c != '[' && c != ']';
    if !value.chars().all(as_it_is) || value.trim() != value {
        return None;
    }
    Some(if value.contains([',', '=']) {
        format!("{key}=[{value}]")
    } else {
        format!("{key}={value}")
    })
}

/// The value of a line of Java's properties.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for unit in value.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some('\\') => text.push_str(r"\\"),
            // At the beginning it would be skipped.
            Some(' ') if text.is_empty() => text.push_str(r"\ "),
            Some(c) if c == ' ' || c.is_ascii_graphic() => text.push(c),
            _ => text.push_str(&format!("\\u{unit:04x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::ObservedOrigin;
    use crate::topic::{ConfigValue, Declared, Layer, Origin};

    fn mismatch(key: &str, value: &str) -> Mismatch {
        Mismatch::Config {
            key: ConfigKey::new(key),
            declared: Declared {
                value: ConfigValue::new(value),
                origin: Origin {
                    layer: Layer::Topic,
                    span: None,
                },
            },
            found: String::new(),
            origin: ObservedOrigin::Default,
        }
    }

    fn arguments(key: &str, open: &[(&str, &str)]) -> Option<String> {
        let open: Vec<_> = open
            .iter()
            .map(|(key, value)| mismatch(key, value))
            .collect();
        let topic = TopicName::parse("t").expect("legal");
        let access = Access {
            bootstrap_servers: "k:1".to_owned(),
            ..Access::default()
        };
        let command = command(&topic, &ConfigKey::new(key), &open, &access)?;
        let tool = "kafka-configs --bootstrap-server k:1 --alter --entity-type topics \
                    --entity-name t ";
        Some(command.replace(tool, ""))
    }

    #[track_caller]
    fn set(value: &str, expected: &str) {
        assert_eq!(arguments("k", &[("k", value)]).as_deref(), Some(expected));
    }

    #[test]
    fn a_value_is_written_so_that_the_tool_reads_it_as_it_is() {
        set("604800000", "--add-config k=604800000");
        set("", "--add-config k=");
        set("*", "--add-config 'k=*'");
        set("compact,delete", "--add-config 'k=[compact,delete]'");
        set("a=b", "--add-config 'k=[a=b]'");
        set(r"a\b", r"--add-config 'k=a\b'");
    }

    #[test]
    fn what_the_tool_would_change_goes_through_a_file() {
        let file = "> t-config.properties && --add-config-file t-config.properties";
        set("a[0]", &format!(r"printf '%s\n' 'k=a[0]' {file}"));
        set(r"[\d]", &format!(r"printf '%s\n' 'k=[\\d]' {file}"));
        set(" a", &format!(r"printf '%s\n' 'k=\ a' {file}"));
        set(
            "é\n😀",
            &format!(r"printf '%s\n' 'k=\u00e9\u000a\ud83d\ude00' {file}"),
        );
    }

    #[test]
    fn keys_that_the_broker_checks_together_are_set_together() {
        let lags = [
            ("max.compaction.lag.ms", "2"),
            ("min.compaction.lag.ms", "1"),
            ("retention.ms", "3"),
        ];
        let both = "--add-config max.compaction.lag.ms=2,min.compaction.lag.ms=1";
        for key in LAGS {
            assert_eq!(arguments(key, &lags).as_deref(), Some(both));
        }
        let alone = "--add-config retention.ms=3";
        assert_eq!(arguments("retention.ms", &lags).as_deref(), Some(alone));
        let tiered = [
            ("cleanup.policy", "delete"),
            ("remote.storage.enable", "true"),
        ];
        assert_eq!(
            arguments("cleanup.policy", &tiered).as_deref(),
            Some("--add-config cleanup.policy=delete,remote.storage.enable=true")
        );
    }

    #[test]
    fn a_key_is_left_to_the_broker_where_no_message_is_lost_by_it() {
        let topic = TopicName::parse("t").expect("legal");
        let unset = |key: &str| unset(&topic, &ConfigKey::new(key), &Access::default());
        let command = unset("segment.ms").expect("a command");
        assert!(command.ends_with("--entity-name t --delete-config segment.ms"));
        for key in [
            "retention.ms",
            "retention.bytes",
            "delete.retention.ms",
            "local.retention.ms",
            "cleanup.policy",
            "remote.storage.enable",
            "confluent.a=b",
        ] {
            assert_eq!(unset(key), None, "{key}");
        }
    }

    #[test]
    fn a_key_that_the_tool_refuses_has_no_command() {
        assert_eq!(arguments("confluent.a=b", &[("confluent.a=b", "1")]), None);
    }
}
