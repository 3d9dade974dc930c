//! Trees and texts as YAML of one line, to be shown and copied. What is written here reads back to the
//! same tree, whichever style it is put into. Pure.

use super::{Node, Value};

/// A tree in flow style; what could not be read has no text.
pub(in crate::manifest) fn flow(node: &Node) -> String {
    match &node.value {
        Value::Scalar(_) if node.is_null() => "null".to_owned(),
        Value::Scalar(scalar) => flow_scalar(&scalar.text),
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(|item| flow(item)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Mapping(entries) => {
            let entries = entries.iter();
            let entries: Vec<_> = entries
                .map(|(key, value)| format!("{}: {}", flow_scalar(&key.text), flow(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Broken => String::new(),
    }
}

/// A text, quoted where it would mean something else.
pub(in crate::manifest) fn flow_scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn is_plain(text: &str) -> bool {
    let is_null = matches!(text, "~" | "null" | "Null" | "NULL" | "<<");
    let starts = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '/'));
    let is_signed = text
        .strip_prefix(['-', '+'])
        .is_some_and(|rest| !rest.is_empty() && rest.starts_with(|c: char| c.is_ascii_digit()));
    let inner =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | '/' | '+' | ':' | '*');
    !is_null
        && (starts || is_signed)
        && text.chars().all(inner)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.starts_with("...")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Scalar, parse};
    use super::*;
    use crate::diagnostic::{Diagnostics, Sources};

    #[test]
    fn words_need_no_quotes() {
        for text in [
            "orders",
            "7d",
            "-1",
            "orders:3:1",
            "kafka:9092",
            "a b",
            "retention.ms",
        ] {
            assert_eq!(flow_scalar(text), text);
        }
        for text in [
            "", "null", "a: b", "a, b", "${X}", "- a", "#", "a #b", "[x", "'", "*", "...",
        ] {
            assert!(flow_scalar(text).starts_with('"'), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_reads_back(text in any::<String>()) {
            for written in [
                flow_scalar(&text),
                format!("[{}]", flow_scalar(&text)),
                format!("{{ {}: x }}", flow_scalar(&text)),
            ] {
                let mut sources = Sources::default();
                let source = sources.add("t.yaml", written.clone());
                let mut diagnostics = Diagnostics::default();
                let documents = parse(&sources, source, &mut diagnostics);
                prop_assert!(diagnostics.is_empty(), "{written}");
                let read = match &documents[0].value {
                    Value::Scalar(Scalar { text, .. }) => text.clone(),
                    Value::Sequence(items) => items[0].text().expect("a text").text,
                    Value::Mapping(entries) => entries[0].0.text.clone(),
                    Value::Broken => String::new(),
                };
                prop_assert_eq!(&read, &text, "{}", written);
            }
        }
    }
}
