//! Texts to checked values, by the catalogue; what is wrong with a text is reported, and it gives
//! none. Pure; which layer a text stands in is not its business.

use super::decode;
use super::layers::Wish;
use super::yaml::Text;
use crate::catalog::{self, KeyClass};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::topic::{ConfigValue, Partitions, ReplicationFactor};
use crate::units;

/// What `partitions` asks for; `Some(None)` is the broker's default.
pub(super) fn partitions(
    value: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Option<Wish>> {
    match value.trim() {
        "source" => return Some(Some(Wish::Source)),
        "default" => return Some(None),
        _ => {}
    }
    let expected = "a count";
    let most = i64::from(i32::MAX);
    let count = integer("partitions", value, most, expected, span, diagnostics)?;
    let count = i32::try_from(count).ok().and_then(Partitions::new)?;
    Some(Some(Wish::Count(count)))
}

/// A replication factor; `Some(None)` is the broker's default.
pub(super) fn replication_factor(
    value: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Option<ReplicationFactor>> {
    if value.trim() == "default" {
        return Some(None);
    }
    let expected = decode::FACTOR_EXPECTED;
    let most = i64::from(i16::MAX);
    let factor = integer(
        "replication_factor",
        value,
        most,
        expected,
        span,
        diagnostics,
    )?;
    Some(Some(
        i16::try_from(factor)
            .ok()
            .and_then(ReplicationFactor::new)?,
    ))
}

fn integer(
    field: &str,
    value: &str,
    most: i64,
    expected: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<i64> {
    let trimmed = value.trim();
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let value = units::quoted(value);
        let message = format!("`{field}` is {value}, expected {expected}");
        let diagnostic = Diagnostic::error(Code::WrongType, message).at(span, "");
        diagnostics.push(if field == "partitions" {
            diagnostic.help(decode::PARTITIONS_HELP)
        } else {
            diagnostic
        });
        return None;
    }
    match trimmed.parse::<i64>() {
        Ok(number) if (1..=most).contains(&number) => Some(number),
        Ok(number) if number < 1 => {
            let diagnostic = Diagnostic::error(
                Code::OutOfRange,
                format!("`{field}` is {number}, expected at least 1"),
            )
            .at(span, "");
            diagnostics.push(if field == "partitions" {
                diagnostic.help("choose it deliberately: it cannot be lowered later")
            } else {
                diagnostic.help("3 is usual in production, 1 on a single broker")
            });
            None
        }
        _ => {
            diagnostics.push(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!("`{field}` is {trimmed}, expected at most {most}"),
                )
                .at(span, "")
                .help(match field {
                    "replication_factor" => "each replica takes a broker of its own, 3 is usual",
                    _ => "Kafka counts no further",
                }),
            );
            None
        }
    }
}

/// The short form of `retention.ms`, which needs its unit.
pub(super) fn retention(
    value: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<ConfigValue> {
    match units::parse_duration_ms(value) {
        Ok(ms) => Some(ConfigValue::new(ms.to_string())),
        Err(error) => {
            diagnostics.push(
                Diagnostic::error(
                    Code::InvalidConfig,
                    format!("`retention`: {}", error.problem()),
                )
                .at(span, "")
                .help(error.help()),
            );
            None
        }
    }
}

/// Whether the key is one that may be sent; what is odd about it is reported.
pub(super) fn check_key(key: &Text, diagnostics: &mut Diagnostics) -> bool {
    match catalog::classify(&key.text) {
        KeyClass::Known(_) | KeyClass::Vendor(_) => true,
        KeyClass::Unknown { help } => {
            let diagnostic = Diagnostic::error(
                Code::UnknownConfig,
                format!("Kafka has no topic configuration `{}`", key.text),
            );
            diagnostics.push(match help {
                Some(help) if help.starts_with("did you mean") => diagnostic.at(key.span, help),
                Some(help) => diagnostic.at(key.span, "").help(help),
                None => diagnostic.at(key.span, "").help(
                    "Kafka's are listed at https://kafka.apache.org/documentation/#topicconfigs",
                ),
            });
            false
        }
    }
}

/// A configuration value in the broker's form.
pub(super) fn config_value(
    key: &str,
    value: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<ConfigValue> {
    let parsed = match catalog::lookup(key) {
        Some(spec) => catalog::parse(spec, value),
        None => catalog::parse_vendor(key, value),
    };
    match parsed {
        Ok(value) => Some(value),
        Err(error) => {
            // Some of the messages name the key themselves.
            let message = if error.message.contains(key) {
                error.message
            } else {
                format!("`{key}`: {}", error.message)
            };
            diagnostics.push(
                Diagnostic::error(Code::InvalidConfig, message)
                    .at(span, "")
                    .help(error.help),
            );
            None
        }
    }
}
