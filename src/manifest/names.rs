//! Texts to names of topics; what is wrong with a name is reported, with a legal one that is near.
//! Pure; which topics there are is not its business.

use std::borrow::Cow;

use super::yaml::TEMPLATE_HELP;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::topic::{TopicName, TopicNameError};

/// Checks a name; what is wrong with it is reported.
pub(super) fn topic_name(
    value: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<TopicName> {
    match TopicName::parse(value) {
        Ok(name) => Some(name),
        Err(error) => {
            let shown: Cow<'_, str> = match value.char_indices().nth(60) {
                Some((cut, _)) => format!("{}…", &value[..cut]).into(),
                None => value.into(),
            };
            let help = match (&error, of_containers(value)) {
                _ if value.contains("{{") => TEMPLATE_HELP.to_owned(),
                (_, Some(help)) => help,
                (TopicNameError::Character(_), None) => match legal_name(&shown) {
                    Some(near) => format!("{error}; `{near}` would be one"),
                    None => error.to_string(),
                },
                (_, None) => error.to_string(),
            };
            let message = match shown.is_empty() {
                true => "an empty text is no topic name".to_owned(),
                false => format!("`{shown}` is no topic name"),
            };
            diagnostics.push(
                Diagnostic::error(Code::IllegalName, message)
                    .at(span, "")
                    .help(help),
            );
            None
        }
    }
}

/// `orders:3:1`, as KAFKA_CREATE_TOPICS of containers has it.
fn of_containers(value: &str) -> Option<String> {
    let mut parts = value.split(':');
    let name = TopicName::parse(parts.next()?).ok()?;
    let count = |part: Option<&str>| part?.parse().ok().filter(|count: &u16| *count > 0);
    let (partitions, factor) = (count(parts.next())?, count(parts.next())?);
    let rest = parts.next().map_or(
        "",
        |_| ", and the policy as `cleanup.policy` below `config`",
    );
    Some(format!(
        "write `name: {name}`, `partitions: {partitions}` and `replication_factor: {factor}`{rest}"
    ))
}

/// A legal name that a text is, or is near to.
pub(super) fn near_name(text: &str) -> Option<String> {
    let text = text.trim();
    let is_legal = text.contains("${") || TopicName::parse(text).is_ok();
    let legal = is_legal.then(|| text.to_owned());
    legal.or_else(|| legal_name(text).filter(|near| TopicName::parse(near).is_ok()))
}

/// A text with `-` for what a name cannot hold, where that is little of it.
fn legal_name(text: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let pieces: Vec<_> = text
        .split(|c| !legal(c))
        .filter(|piece| !piece.is_empty())
        .collect();
    let kept: usize = pieces.iter().map(|piece| piece.len()).sum();
    let illegal = text.chars().filter(|c| !legal(*c)).count();
    (kept > 3 * illegal || text.contains(' ') && kept > illegal).then(|| pieces.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legal_name_is_offered_where_little_is_lost() {
        for (text, offered) in [
            ("my topic", Some("my-topic")),
            (" orders ", Some("orders")),
            ("orders/eu/created", Some("orders-eu-created")),
            ("a/b", None),
            ("über", None),
            ("\u{1b}[31mred", None),
        ] {
            assert_eq!(legal_name(text).as_deref(), offered, "{text:?}");
        }
    }
}
