//! Topic names as environment variables, one `NAME=value` a line.
//!
//! The variable is the entry's `env`, else `KAFKA_TOPIC_` and the name in upper case with `_` for
//! every other character. A topic name has no character that a shell or an env file would read as
//! anything else, so that no value needs quotes.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::topic::DeclaredTopic;

pub(super) fn render(topics: &[DeclaredTopic]) -> Result<String, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut first: HashMap<String, &DeclaredTopic> = HashMap::new();
    let mut lines = String::new();
    for topic in topics {
        let name = variable(topic);
        if !is_variable(&name) {
            let message = format!("`env` is `{name}`, which no shell takes for a variable's name");
            problems.push(
                Diagnostic::error(Code::WrongType, message)
                    .at(topic.span, "")
                    .help("a name is made of letters, digits and `_`, and begins with no digit"),
            );
            continue;
        }
        if let Some(first) = first.get(&name) {
            let message = format!(
                "`{}` and `{}` both have the variable {name}",
                first.name, topic.name
            );
            problems.push(
                Diagnostic::error(Code::DuplicateDeclaration, message)
                    .at(topic.span, "")
                    .and(first.span, "the other one")
                    .help("give one of them another variable: `env: NAME`"),
            );
            continue;
        }
        lines.push_str(&format!("{name}={}\n", topic.name));
        first.insert(name, topic);
    }
    if problems.is_empty() {
        Ok(lines)
    } else {
        Err(problems)
    }
}

fn variable(topic: &DeclaredTopic) -> String {
    topic
        .env
        .clone()
        .unwrap_or_else(|| format!("KAFKA_TOPIC_{}", upper(topic.name.as_str())))
}

/// In upper case, with `_` for all that is neither letter nor digit.
pub(super) fn upper(text: &str) -> String {
    let word = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    text.chars().map(word).collect()
}

fn is_variable(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}
