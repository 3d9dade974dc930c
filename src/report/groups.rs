//! What `--groups` saw, in reports: [`text`] and [`json`] lay it out, the other formats within the rest
//! of theirs; [`problems`] is the wording of what could not be read. Takes a [`Sight`] and computes nothing that it does not hold.

pub mod json;
pub(in crate::report) mod sentences;
pub mod text;

use std::collections::BTreeMap;

use super::problems::GRANT;
use crate::diagnostic::{Code, Diagnostic};
use crate::groups::{Sight, Standing};
use crate::remedy::Access;

/// Groups that could not be read, those of one reason together. They are warnings as long as
/// anything could be read of any group, for what is told of groups is information.
pub fn problems(sight: &Sight, user: Option<&str>, access: &Access) -> Vec<Diagnostic> {
    let mut by_reason: BTreeMap<(bool, &str), Vec<&str>> = BTreeMap::new();
    for group in &sight.groups {
        if let Standing::Unread(unread) = &group.standing {
            let key = (unread.unauthorized, unread.reason.as_str());
            by_reason.entry(key).or_default().push(&group.name);
        }
    }
    let grave = sight.nothing_read().is_some();
    by_reason
        .into_iter()
        .map(|((unauthorized, reason), mut names)| {
            names.sort_unstable();
            let groups = super::sentences::plural(names.len(), "consumer group");
            let who = user.map(|user| format!(" with the rights of User:{user}"));
            let who = who.filter(|_| unauthorized).unwrap_or_default();
            let message = format!("{groups} cannot be read{who}");
            let code = if unauthorized {
                Code::Authorization
            } else {
                Code::Unreachable
            };
            let diagnostic = if grave {
                Diagnostic::error(code, message)
            } else {
                Diagnostic::warning(code, message)
            };
            let diagnostic = diagnostic.detail(format!("{}\n{reason}", names.join(", ")));
            if unauthorized {
                diagnostic.help(GRANT).command(grant(&names, user, access))
            } else {
                diagnostic
            }
        })
        .collect()
}

/// The command that would give the right to see groups, for whoever may run it.
fn grant(names: &[&str], user: Option<&str>, access: &Access) -> String {
    let principal = format!("User:{}", user.unwrap_or("NAME"));
    let mut arguments = vec!["--add", "--allow-principal", &principal, "--operation"];
    arguments.push("Describe");
    for name in names {
        arguments.extend(["--group", name]);
    }
    access.command("kafka-acls", &arguments)
}
