//! Texts to checked values; what is wrong with a text is reported, and it gives none. Pure; which
//! layer or field of a topic a text stands in is not its business.

use std::fmt;

use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};
use crate::topic::{ConfigValue, Partitions, ReplicationFactor, TopicName};
use crate::units::{self, Measure};
use crate::wording::did_you_mean;

pub(super) const PARTITIONS_HELP: &str =
    "write a positive integer, `source`, `default` or `{ same_as: NAME }`";
pub(super) const FACTOR_EXPECTED: &str = "a positive integer or `default`";

/// What `partitions` asks for; nothing at all is the broker's default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum PartitionSpec {
    Count(Partitions),
    Source,
    SameAs(TopicName),
}

impl fmt::Display for PartitionSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Source => f.write_str("source"),
            Self::SameAs(name) => write!(f, "the same as {name}"),
        }
    }
}

/// What `partitions` asks for; `Some(None)` is the broker's default.
pub(super) fn partitions(
    value: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Option<PartitionSpec>> {
    match value.trim() {
        "source" => return Some(Some(PartitionSpec::Source)),
        "default" => return Some(None),
        _ => {}
    }
    let expected = "a count";
    let most = i64::from(i32::MAX);
    let count = integer("partitions", value, most, expected, span, diagnostics)?;
    let count = i32::try_from(count).ok().and_then(Partitions::new)?;
    Some(Some(PartitionSpec::Count(count)))
}

/// Whether a text is a value of `partitions` or `replication_factor`.
pub(super) fn is_count(field: &str, value: &str) -> bool {
    let most = match field {
        "partitions" => i64::from(i32::MAX),
        _ => i64::from(i16::MAX),
    };
    let number = value.trim().parse::<i64>();
    number.is_ok_and(|number| (1..=most).contains(&number))
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
    let expected = FACTOR_EXPECTED;
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
    if !units::is_whole_number(trimmed) {
        let value = units::quoted(value);
        let message = format!("`{field}` is {value}, expected {expected}");
        let read = units::reading(trimmed).filter(|number| (1..=most).contains(number));
        let help = match (read, field) {
            (Some(number), _) => format!("write `{field}: {number}`"),
            (None, "partitions") => PARTITIONS_HELP.to_owned(),
            (None, _) => {
                "write a positive integer or `default`; 3 is usual in production".to_owned()
            }
        };
        diagnostics.push(
            Diagnostic::error(Code::WrongType, message)
                .at(span, "")
                .help(help),
        );
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
    match Measure::Duration.parse(value) {
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
            let message = if error.names_key {
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

/// What YAML 1.2 reads as a boolean.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// What other versions of YAML, and people, call true and false.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" | "1" | "enabled" => Some(true),
        "false" | "no" | "n" | "off" | "0" | "disabled" => Some(false),
        _ => None,
    }
}

/// The delay of a retry step, in milliseconds.
pub(super) fn delay_ms(delay: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<i64> {
    match Measure::Duration.parse(delay) {
        Ok(ms) if ms >= 1 => Some(ms),
        Ok(_) => no_delay(delay, span, diagnostics),
        Err(_) if units::means_unlimited(delay) => no_delay(delay, span, diagnostics),
        Err(error) => {
            diagnostics.push(
                Diagnostic::error(Code::WrongType, format!("`delays`: {}", error.problem()))
                    .at(span, "")
                    .help(error.help()),
            );
            None
        }
    }
}

fn no_delay(delay: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<i64> {
    let message = format!("a delay of `{delay}` is no delay");
    diagnostics.push(
        Diagnostic::error(Code::OutOfRange, message)
            .at(span, "")
            .help("write a duration such as 5m"),
    );
    None
}

/// How many members a group has, or replicas a partition: at least one.
pub(super) fn positive(
    field: &str,
    value: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<u32> {
    let number = value.trim().parse().ok().filter(|number| *number > 0);
    if number.is_none() {
        let read = units::reading(value).filter(|number| (1..=u32::MAX.into()).contains(number));
        let help = match read {
            Some(number) => format!("write `{field}: {number}`"),
            None => format!("write a positive integer, `{field}: 3` for example"),
        };
        let message = format!("`{field}` is `{value}`, expected a positive integer");
        let diagnostic = Diagnostic::error(Code::WrongType, message).at(span, "");
        diagnostics.push(diagnostic.help(help));
    }
    number
}

/// The relation or style check of a code: these are all that a manifest may choose among. For the
/// code of another check `otherwise` has the message, and the way out.
pub(super) fn relation(
    value: &str,
    span: Span,
    otherwise: impl FnOnce() -> (String, String),
    diagnostics: &mut Diagnostics,
) -> Option<Code> {
    let code = Code::by_name(value);
    if let Some(relation) = code.filter(|code| code.is_relation()) {
        return Some(relation);
    }
    let (message, help) = otherwise();
    let error = |message| Diagnostic::error(Code::OutOfRange, message);
    if code.is_some() {
        diagnostics.push(error(message).at(span, "").help(help));
        return None;
    }
    let unknown = error(format!("`{value}` is not the code of a check"));
    diagnostics.push(match nearest(value, relations().map(Code::as_str)) {
        Some(near) => unknown.at(span, did_you_mean(near)),
        None => unknown.at(span, "").help(help),
    });
    None
}

pub(super) fn relations() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| code.is_relation())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;

    #[test]
    fn every_wrong_code_of_a_check_has_a_way_out() {
        let mut sources = Sources::default();
        let source = sources.add("t.yaml", String::new());
        let span = Span {
            source,
            start: 0,
            end: 0,
        };
        let reported = |code: &str| {
            let mut diagnostics = Diagnostics::default();
            let otherwise = || ("not yours".to_owned(), "look there".to_owned());
            let known = relation(code, span, otherwise, &mut diagnostics);
            assert_eq!(known, None, "{code}");
            let one = diagnostics.sorted(&sources).remove(0);
            (one.message, one.primary.map(|label| label.text), one.help)
        };
        let unknown = |code: &str| format!("`{code}` is not the code of a check");
        let (near, far) = ("delays-fal", "nothing-like-it");
        let meant = Some("did you mean `delays-fall`?".to_owned());
        let (nowhere, help) = (Some(String::new()), Some("look there".to_owned()));
        assert_eq!(reported(near), (unknown(near), meant, None));
        assert_eq!(reported(far), (unknown(far), nowhere.clone(), help.clone()));
        assert_eq!(reported("syntax"), ("not yours".to_owned(), nowhere, help));
        for code in relations() {
            let otherwise = || unreachable!("{code} is one");
            let known = relation(code.as_str(), span, otherwise, &mut Diagnostics::default());
            assert_eq!(known, Some(code));
        }
    }
}
