//! Arguments together with who gave them: the command line itself, or a variable.
//!
//! Two need to know: a variable holds several settings where `-X` holds one, and a variable is for
//! every run where a flag is meant for this one. Comparing the values would be a guess.

use clap::error::Error;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches, Id};

/// Arguments, and who gave them.
#[derive(Clone, Debug)]
pub struct Sourced<A> {
    pub args: A,
    /// By whom; `None` where nobody gave anything.
    pub by: Option<By>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    Flag,
    /// The environment, to every run.
    Variable,
}

impl<A> Sourced<A> {
    /// What people know the arguments by: their flag, or the variable that gave them.
    pub fn name(&self, flag: &'static str, variable: &'static str) -> &'static str {
        match self.by {
            Some(By::Variable) => variable,
            Some(By::Flag) | None => flag,
        }
    }
}

impl<A: Args> FromArgMatches for Sourced<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let group = A::group_id();
        let source = group.and_then(|group| matches.value_source(group.as_str()));
        Ok(Self {
            args: A::from_arg_matches(matches)?,
            by: match source {
                Some(ValueSource::CommandLine) => Some(By::Flag),
                Some(ValueSource::EnvVariable) => Some(By::Variable),
                _ => None,
            },
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<A: Args> Args for Sourced<A> {
    fn augment_args(command: Command) -> Command {
        A::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        A::augment_args_for_update(command)
    }

    fn group_id() -> Option<Id> {
        A::group_id()
    }
}
