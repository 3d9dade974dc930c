//! Arguments by the name that people know them by: a variable that stands in for a flag is named
//! where what it says cannot be used.
//!
//! Takes arguments that the command line does not give, and reads whether their variables are set.

use clap::Arg;
use clap::error::{ContextKind, ContextValue};

use crate::diagnostic::Diagnostic;

/// The arguments that a variable gave.
#[derive(Debug, Default)]
pub(super) struct Variables(Vec<Given>);

#[derive(Debug)]
struct Given {
    /// `--select`.
    flag: String,
    /// As clap shows it: `--select <SELECTION>`.
    shown: String,
    variable: String,
}

impl Variables {
    /// Of these arguments those whose variable is set.
    pub(super) fn of<'a>(arguments: impl Iterator<Item = &'a Arg>) -> Self {
        let given = arguments.filter_map(|argument| {
            let variable = argument.get_env()?;
            std::env::var_os(variable)?;
            Some(Given {
                flag: format!("--{}", argument.get_long()?),
                shown: argument.to_string(),
                variable: variable.to_string_lossy().into_owned(),
            })
        });
        Self(given.collect())
    }

    /// Names in a problem the variable that gave the argument which it is about.
    pub(super) fn name(&self, problem: &mut Diagnostic) {
        let about = problem.argument;
        if let Some(given) = self.0.iter().find(|one| about == Some(one.flag.as_str())) {
            problem.name_variable(&given.variable);
        }
    }

    /// Names the variables in clap's words about arguments.
    pub(super) fn in_usage(&self, mut error: clap::Error) -> clap::Error {
        let named = |text: &String| {
            let given = self.0.iter().find(|one| one.shown == *text);
            given.map_or_else(|| text.clone(), |given| given.variable.clone())
        };
        for kind in [ContextKind::InvalidArg, ContextKind::PriorArg] {
            let value = match error.get(kind) {
                Some(ContextValue::String(text)) => ContextValue::String(named(text)),
                Some(ContextValue::Strings(texts)) => {
                    ContextValue::Strings(texts.iter().map(named).collect())
                }
                _ => continue,
            };
            error.insert(kind, value);
        }
        error
    }
}
