//! Which variables manifests mention at all, and which given ones they do not. Pure.
//!
//! Goes by the texts, and not by what is evaluated: a variable that another profile or another
//! cluster uses is no mistake.

use std::collections::BTreeSet;

use super::interpolate::{CLUSTER_NAME, CONTEXT_NAMES, Outside};
use super::yaml::{Node, Value};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::wording::did_you_mean;

/// Adds the names of all variables in the values of a tree.
pub(super) fn add(node: &Node, names: &mut BTreeSet<String>) {
    match &node.value {
        Value::Scalar(scalar) => {
            for after in scalar.text.split("${").skip(1) {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let name = &after[..end.unwrap_or(after.len())];
                if !name.is_empty() && !names.contains(name) {
                    names.insert(name.to_owned());
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| add(item, names)),
        Value::Mapping(entries) => entries.iter().for_each(|(_, value)| add(value, names)),
        Value::Broken => {}
    }
}

/// What `--var` gives and no manifest mentions, under whatever profile.
pub(super) fn unused(outside: &Outside, mentioned: &BTreeSet<String>) -> Vec<Diagnostic> {
    let given = outside.given.keys().filter(|name| {
        // The names that topicctl fills itself are refused.
        let is_filled = CONTEXT_NAMES.contains(&name.as_str()) || *name == CLUSTER_NAME;
        !mentioned.contains(*name) && !is_filled
    });
    let warning = |name: &String| {
        let message = format!("no manifest uses the variable `{name}` of --var");
        let near = nearest(name, mentioned.iter().map(String::as_str));
        Diagnostic::warning(Code::UnusedVariable, message)
            .help(match near {
                Some(near) => did_you_mean(near),
                None => format!("leave it out; a manifest would use it as ${{{name}}}"),
            })
            .about("--var")
    };
    given.map(warning).collect()
}
