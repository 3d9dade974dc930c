//! The command line and the variables that stand in for it. Reads the environment, and no file.
//!
//! A variable only gives a default, and a flag is the stronger word: what is on the command line
//! puts aside the variables of all that it excludes. Variables that contradict each other are an
//! error, as flags are.

use std::ffi::OsString;

use clap::builder::{BoolishValueParser, Resettable, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches, Id};

use super::Cli;
use super::variables::Variables;
use crate::layout::Layout;

/// A flag, and an argument whose variable it puts aside without excluding the flag: `--cluster` says
/// where the brokers are, and `-b` may correct it.
const CORRECTED: (&str, &str) = ("cluster", "bootstrap_servers");

/// Reads the command line, and the variables of what it does not say; also where that fails, it is
/// known which variables were read. Help is laid out for its reader.
pub(super) fn parse(
    arguments: &[OsString],
    layout: Layout,
) -> (Result<Cli, clap::Error>, Variables) {
    let read = |command: Command| {
        let command = command.term_width(layout.width);
        let matches = command.try_get_matches_from(arguments)?;
        Cli::from_arg_matches(&matches)
    };
    let (aside, variables) = given(arguments).unwrap_or_default();
    let ignored = |argument: &Arg| aside.contains(argument.get_id()) || says_nothing(argument);
    let parsed = match read(without_variables(Cli::command(), &ignored)) {
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            read(with_variables_by_name(Cli::command()))
        }
        parsed => parsed,
    };
    let parsed = parsed.map_err(|error| variables.in_usage(error));
    (parsed, variables)
}

/// The arguments whose variables yield to the command line, and the variables of the rest.
fn given(arguments: &[OsString]) -> Option<(Vec<Id>, Variables)> {
    let mut cli = without_variables(Cli::command(), &|_| true).ignore_errors(true);
    // What is wrong with the command line is told where it is read for good.
    let matches = cli.try_get_matches_from_mut(arguments).ok()?;
    let (name, matches) = matches.subcommand()?;
    let command = cli.find_subcommand(name)?;
    let is_given = |argument: &&Arg| {
        matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    let given: Vec<_> = command.get_arguments().filter(is_given).collect();
    let yields = |other: &&Arg| {
        let mut given = given.iter();
        given.any(|flag| {
            excludes(command, flag, other)
                || excludes(command, other, flag)
                || (flag.get_id().as_str(), other.get_id().as_str()) == CORRECTED
        })
    };
    let aside: Vec<_> = command.get_arguments().filter(yields).collect();
    let mut with_variables = Cli::command();
    with_variables.build();
    let rest = with_variables.find_subcommand(name)?.get_arguments();
    let rest = rest.filter(|argument| {
        let has = |arguments: &[&Arg]| {
            arguments
                .iter()
                .any(|one| one.get_id() == argument.get_id())
        };
        !has(&aside) && !has(&given) && !says_nothing(argument)
    });
    let variables = Variables::of(rest);
    let aside = aside.iter().map(|argument| argument.get_id().clone());
    Some((aside.collect(), variables))
}

fn excludes(command: &Command, one: &Arg, other: &Arg) -> bool {
    let excluded = command.get_arg_conflicts_with(one);
    excluded.iter().any(|one| one.get_id() == other.get_id())
}

/// Whether an argument's variable is as good as none. One that is set to nothing is what `NAME=` in
/// a compose file or an unset variable of a pipeline becomes; a flag of which it says no is not
/// given, and contradicts nothing.
fn says_nothing(argument: &Arg) -> bool {
    let Some(value) = argument.get_env().and_then(std::env::var_os) else {
        return false;
    };
    let is_flag = matches!(argument.get_action(), ArgAction::SetTrue);
    let no = || {
        let said = BoolishValueParser::new().parse_ref(&Command::default(), None, &value);
        said.is_ok_and(|yes| !yes)
    };
    value.is_empty() || is_flag && no()
}

fn without_variables(command: Command, ignored: &dyn Fn(&Arg) -> bool) -> Command {
    command
        .mut_args(|argument| match ignored(&argument) {
            true => argument.env(Resettable::Reset),
            false => argument,
        })
        .mut_subcommands(|command| without_variables(command, ignored))
}

/// The help names every variable and shows the value of none: it is the same everywhere.
fn with_variables_by_name(command: Command) -> Command {
    command
        .mut_args(|argument| argument.hide_env_values(true))
        .mut_subcommands(with_variables_by_name)
}
