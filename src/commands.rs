//! The commands: each joins the stages of the library and hands what came of it to the edge.
//!
//! [`run`] is the edge itself: it takes the arguments, gives the exit code, and is where output
//! streams, the environment and signals are touched. A command's own file holds no more than its
//! order of stages.

mod apply;
mod explain;
mod export;
mod init;
mod look;
mod partition;
mod progress;
mod render;
mod report_files;
mod schema;
mod session;
mod validate;
mod whole_file;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::time::{Instant, SystemTime};

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, ValueEnum};

use self::report_files::ReportFiles;
use crate::cli::{
    self, Cli, Command, ExplainFormat, Format, OutputArgs, PartitionFormat, RenderForm,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::exit::ExitCode;
use crate::report::text::Layout;
use crate::report::{self, Report};

/// What a command has to say that answers with a text of its own: the text, and the report of the
/// manifests; or the report alone of a run that came to no answer.
type Answer = Result<(String, Report), Box<Report>>;

/// Runs topicctl with these arguments, the program's name first.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let started = Instant::now();
    let cli = match parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments),
    };
    start_log();
    let (output, command, run): (_, _, Box<dyn FnOnce() -> Report>) = match &cli.command {
        Command::Validate(args) => {
            let run = || validate::run(args);
            (&args.output, report::Command::Validate, Box::new(run))
        }
        Command::Plan(args) => {
            let run = || in_runtime(look::plan(args));
            (&args.look.output, report::Command::Plan, Box::new(run))
        }
        Command::Verify(args) => {
            let run = || in_runtime(look::verify(args));
            (&args.look.output, report::Command::Verify, Box::new(run))
        }
        Command::Apply(args) => {
            let command = report::Command::Apply {
                dry_run: args.dry_run,
            };
            let run = || in_runtime(apply::run(args));
            (&args.look.output, command, Box::new(run))
        }
        Command::Export(args) => {
            let answer = try_in_runtime(export::run(args));
            return tell_text(answer.unwrap_or_else(Err), false);
        }
        Command::Explain(args) => {
            return tell_text(explain::run(args), args.output == ExplainFormat::Json);
        }
        Command::Render(args) => {
            return tell_text(render::run(args), args.output == RenderForm::Json);
        }
        Command::Partition(args) => {
            return tell_text(partition::run(args), args.output == PartitionFormat::Json);
        }
        Command::Schema => return print(&schema::text(), ExitCode::Matching),
        Command::Init(args) => {
            return match init::run(args) {
                Ok(text) => print(&text, ExitCode::Matching),
                Err(report) => tell(&report, &OutputArgs::only(Format::Text)),
            };
        }
    };
    // Opened first: a file that cannot be written is told before anything is done.
    let (files, problems) = ReportFiles::open(&output.report);
    let mut report = match problems.has_errors() {
        true => Report::invalid(Some(command), &problems, Sources::default()),
        false => run(),
    };
    report.elapsed = started.elapsed();
    report.ended = SystemTime::now();
    let written = files.write(|format, out| write(format, &report, output.verbose, out));
    let code = tell(&report, output);
    or_invalid(code, written)
}

/// Says that something could not be written; a run that went well else did not go well then.
fn or_invalid(code: ExitCode, written: io::Result<()>) -> ExitCode {
    match written {
        Ok(()) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot write the result\n  {error}");
            match code {
                ExitCode::Matching => ExitCode::Invalid,
                code => code,
            }
        }
    }
}

/// The log goes to stderr and is silent but for `TOPICCTL_LOG`, a filter such as `debug`.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TOPICCTL_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    // A second start in one process, as in tests, changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colors(io::stderr().is_terminal()))
        .try_init();
}

fn in_runtime(run: impl Future<Output = Report>) -> Report {
    try_in_runtime(run).unwrap_or_else(|report| *report)
}

fn try_in_runtime<T>(run: impl Future<Output = T>) -> Result<T, Box<Report>> {
    match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => Ok(runtime.block_on(run)),
        Err(error) => {
            let mut problems = Diagnostics::default();
            problems.push(Diagnostic::error(
                Code::Usage,
                format!("cannot start: {error}"),
            ));
            let report = Report::invalid(None, &problems, Sources::default());
            Err(Box::new(report))
        }
    }
}

/// Reads the command line. A variable that is set to nothing counts as not set: that is what
/// `NAME=` in a compose file or an unset variable of a pipeline becomes.
fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let read = |command: clap::Command| {
        let matches = command.try_get_matches_from(arguments)?;
        Cli::from_arg_matches(&matches)
    };
    let all_profiles = arguments
        .iter()
        .any(|argument| argument == "--all-profiles");
    let of_snapshot = arguments.iter().any(|argument| {
        let text = argument.to_string_lossy();
        text == "--cluster-snapshot" || text.starts_with("--cluster-snapshot=")
    });
    // On the command line the two contradict each other; a variable only gives a default.
    let ignored = |name: &OsStr| {
        let empty = std::env::var_os(name).is_some_and(|value| value.is_empty());
        empty
            || (all_profiles && name == "TOPICCTL_PROFILE")
            || (of_snapshot && cli::CONNECTION_VARIABLES.iter().any(|one| name == *one))
    };
    match read(without_variables(Cli::command(), &ignored)) {
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            read(with_variables_by_name(Cli::command()))
        }
        parsed => parsed,
    }
}

fn without_variables(command: clap::Command, ignored: &dyn Fn(&OsStr) -> bool) -> clap::Command {
    command
        .mut_args(|argument| match argument.get_env() {
            Some(name) if ignored(name) => argument.env(Resettable::Reset),
            _ => argument,
        })
        .mut_subcommands(|command| without_variables(command, ignored))
}

/// The help names every variable and shows the value of none: it is the same everywhere.
fn with_variables_by_name(command: clap::Command) -> clap::Command {
    command
        .mut_args(|argument| argument.hide_env_values(true))
        .mut_subcommands(with_variables_by_name)
}

/// A command line that was not understood, or a question about it.
fn usage(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let output = wanted_format(arguments);
    if asked || output == Format::Text {
        // Where it cannot be written there is nobody to tell.
        let _ = error.print();
        return if asked {
            ExitCode::Matching
        } else {
            ExitCode::Invalid
        };
    }
    let text = error.to_string();
    let mut lines = text.trim_start_matches("error: ").lines().map(str::trim);
    let message = lines.next().unwrap_or_default().to_owned();
    // What clap suggests stands indented behind its message.
    let tip = lines.find_map(|line| line.strip_prefix("tip: ").or(line.strip_prefix('[')));
    let help = match tip {
        Some(tip) => tip.trim_end_matches(']'),
        None => "topicctl --help tells the usage",
    };
    let mut problems = Diagnostics::default();
    problems.push(Diagnostic::error(Code::Usage, message).help(help));
    let mut report = Report::invalid(None, &problems, Sources::default());
    report.ended = SystemTime::now();
    tell(&report, &OutputArgs::only(output))
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

/// Prints the report: the result to stdout, problems to stderr.
fn tell(report: &Report, output: &OutputArgs) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = match output.output {
        Format::Text => {
            let layout = |color| Layout {
                color,
                verbose: output.verbose,
            };
            tell_problems(report);
            let color = colors(io::stdout().is_terminal());
            let mut text = Vec::new();
            report::text::write_result(report, layout(color), &mut text)
                .and_then(|()| out.write_all(&for_log(text)))
        }
        format => write(format, report, output.verbose, &mut out),
    };
    ended(result.and_then(|()| out.flush()), report)
}

/// Prints what a command made.
fn print(text: &str, exit: ExitCode) -> ExitCode {
    written(io::stdout().lock().write_all(text.as_bytes()), exit)
}

/// Prints an answer, or why there is none.
fn tell_text(answer: Answer, json: bool) -> ExitCode {
    let (text, report) = match answer {
        Ok(answer) => answer,
        Err(report) => {
            let output = if json { Format::Json } else { Format::Text };
            return tell(&report, &OutputArgs::only(output));
        }
    };
    tell_problems(&report);
    let mut out = io::stdout().lock();
    ended(
        out.write_all(text.as_bytes()).and_then(|()| out.flush()),
        &report,
    )
}

/// Prints the problems to stderr.
fn tell_problems(report: &Report) {
    let layout = Layout {
        color: colors(io::stderr().is_terminal()),
        verbose: false,
    };
    let mut text = Vec::new();
    // Where stderr is gone, the result may still be read.
    let _ = report::text::write_problems(report, layout, &mut text)
        .and_then(|()| io::stderr().lock().write_all(&for_log(text)));
}

/// A text for people as it may stand in the log of a CI job, which takes some lines for commands.
fn for_log(text: Vec<u8>) -> Vec<u8> {
    if std::env::var_os("GITHUB_ACTIONS").is_none() {
        return text;
    }
    report::github::inert(&String::from_utf8_lossy(&text)).into_bytes()
}

/// The exit code, with what became of writing the result.
fn ended(result: io::Result<()>, report: &Report) -> ExitCode {
    written(result, report.exit)
}

/// The exit code of a run whose result was printed, or could not be.
fn written(result: io::Result<()>, exit: ExitCode) -> ExitCode {
    match result {
        // A reader such as `head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
        result => or_invalid(exit, result),
    }
}

/// Writes the report in a format; text is as in a log, problems first.
fn write(format: Format, report: &Report, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => {
            let color = false;
            let layout = Layout { color, verbose };
            report::text::write_problems(report, layout, out)?;
            report::text::write_result(report, layout, out)
        }
        Format::Json => report::json::write(report, out),
        Format::Junit => report::junit::write(report, out),
        Format::Markdown => report::markdown::write(report, out),
        Format::Github => report::github::write(report, out),
        Format::Prometheus => report::prometheus::write(report, out),
    }
}

/// Whether a stream shows colours: <https://no-color.org> and dumb terminals say no, and
/// <https://bixense.com/clicolors> says yes for a log that shows them.
fn colors(terminal: bool) -> bool {
    let forced =
        std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return false;
    }
    forced || terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
