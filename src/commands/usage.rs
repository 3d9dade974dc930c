//! Command lines that were not understood, in the format that they ask for as far as that can be
//! read.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, ValueEnum};

use super::terminal::Streams;
use super::{Cli, for_log, print_report};
use crate::cli::{ColorChoice, OutputArgs};
use crate::context::{Purpose, RunContext};
use crate::diagnostic::{Code, Diagnostic, printable};
use crate::exit::{self, ExitCode};
use crate::layout::Layout;
use crate::report::{Format, Report};

/// A command line that was not understood, or a question about it.
pub(super) fn report(error: &clap::Error, arguments: &[OsString], streams: Streams) -> ExitCode {
    let is_question = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let output = wanted_format(arguments);
    let streams = streams.colored(wanted_color(arguments));
    if is_question {
        let text = match streams.out.color {
            true => error.render().ansi().to_string(),
            false => error.to_string(),
        };
        // Where it cannot be written there is nobody to tell.
        let _ = io::stdout().write_all(text.as_bytes());
        return exit::from_input(true);
    }
    if output == Format::Text {
        let plain = error.to_string();
        // Colors begin with what may not be seen in an argument.
        let is_safe = plain.lines().all(|line| printable(line) == line);
        let text = match streams.err.color && is_safe {
            true => error.render().ansi().to_string(),
            false => plain.lines().map(printable).collect::<Vec<_>>().join("\n") + "\n",
        };
        let lines = text
            .split('\n')
            .flat_map(|line| narrowed(line, streams.err));
        let lines: Vec<_> = lines.collect();
        let _ = io::stderr().write_all(&for_log(lines.join("\n").into_bytes()));
        return exit::from_input(false);
    }
    let rendered = error.to_string();
    let message = rendered.lines().next().unwrap_or_default();
    let message = message.trim_start_matches("error: ").to_owned();
    let problem = Diagnostic::error(Code::Usage, message).help(suggestion(error));
    let mut report = Report::invalid(wanted_context(arguments), vec![problem]);
    report.end(Duration::ZERO, SystemTime::now());
    print_report(&report, &OutputArgs::only(output), streams)
}

/// A line of clap's, which breaks only those of its help.
fn narrowed(line: &str, layout: Layout) -> Vec<String> {
    let indent = " ".repeat(line.len() - line.trim_start().len());
    layout.wrap(line, "", &indent)
}

/// What clap knows of what was meant.
fn suggestion(error: &clap::Error) -> String {
    let similar = |kind, what| {
        let words = match error.get(kind)? {
            ContextValue::String(word) => std::slice::from_ref(word),
            ContextValue::Strings(words) => words,
            _ => return None,
        };
        match words {
            [] => None,
            [word] => Some(format!("a similar {what} exists: '{word}'")),
            words => Some(format!(
                "some similar {what}s exist: '{}'",
                words.join("', '")
            )),
        }
    };
    let possible = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(words)) if !words.is_empty() => {
            Some(format!("possible values: {}", words.join(", ")))
        }
        _ => None,
    };
    let other = || match error.get(ContextKind::Suggested) {
        Some(ContextValue::StyledStrs(texts)) => texts.first().map(ToString::to_string),
        _ => None,
    };
    possible
        .or_else(|| similar(ContextKind::SuggestedValue, "value"))
        .or_else(|| similar(ContextKind::SuggestedArg, "argument"))
        .or_else(|| similar(ContextKind::SuggestedSubcommand, "subcommand"))
        .or_else(other)
        .unwrap_or_else(|| "topicctl --help shows the usage".to_owned())
}

/// What the arguments ask for, where they name a command that reports: nothing but the program's
/// name stands before it.
fn wanted_context(arguments: &[OsString]) -> RunContext {
    let cli = Cli::command();
    let named = arguments.get(1).and_then(|one| one.to_str());
    let command = named.and_then(|name| cli.find_subcommand(name));
    let reports = |command: &&clap::Command| {
        let mut arguments = command.get_arguments();
        arguments.any(|one| one.get_id() == "output") || command.get_name() == "export"
    };
    match command.filter(reports) {
        Some(command) => {
            let dry_run = arguments.iter().any(|argument| argument == "--dry-run");
            let purpose = match dry_run && command.get_name() == "apply" {
                true => Purpose::DryRun,
                false => Purpose::Offline,
            };
            RunContext::new(command.get_name(), purpose)
        }
        None => RunContext::default(),
    }
}

/// The colors that the arguments ask for, as far as they can be understood.
fn wanted_color(arguments: &[OsString]) -> ColorChoice {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let mut wanted = None;
    while let Some(word) = words.next() {
        wanted = match word.strip_prefix("--color") {
            Some("") => words.next().map(str::to_owned),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => wanted,
        };
    }
    wanted
        .or_else(|| std::env::var("TOPICCTL_COLOR").ok())
        .and_then(|choice| ColorChoice::from_str(&choice, false).ok())
        .unwrap_or_default()
}

/// The format that the arguments ask for, as far as they can be understood.
fn wanted_format(arguments: &[OsString]) -> Format {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let mut wanted = None;
    while let Some(word) = words.next() {
        wanted = match word.strip_prefix("--output").or(word.strip_prefix("-o")) {
            Some("") => words.next().map(str::to_owned),
            Some(rest) => Some(rest.trim_start_matches('=').to_owned()),
            None => wanted,
        };
    }
    wanted
        .or_else(|| std::env::var("TOPICCTL_OUTPUT").ok())
        .and_then(|format| Format::from_str(&format, false).ok())
        .unwrap_or(Format::Text)
}
