//! The commands: each joins the stages of the library and hands what came of it to the edge.
//!
//! [`run`] is the edge itself: it takes the arguments, gives the exit code, and is where output
//! streams, the environment and signals are touched. A command's own file holds no more than its
//! order of stages.

mod apply;
mod explain;
mod init;
mod look;
mod partition;
mod progress;
mod render;
mod schema;
mod session;
mod validate;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use crate::cli::{Cli, Command, ExplainFormat, Format, OutputArgs, PartitionFormat, RenderForm};
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
    let (output, mut report) = match &cli.command {
        Command::Validate(args) => (args.output, validate::run(args)),
        Command::Plan(args) => (args.output, in_runtime(look::plan(args))),
        Command::Verify(args) => (args.look.output, in_runtime(look::verify(args))),
        Command::Apply(args) => (args.look.output, in_runtime(apply::run(args))),
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
        Command::Init(args) => match init::run(args) {
            Ok(text) => return print(&text, ExitCode::Matching),
            Err(report) => (OutputArgs::TEXT, *report),
        },
    };
    report.elapsed = started.elapsed();
    tell(&report, output)
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
    match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(run),
        Err(error) => {
            let mut problems = Diagnostics::default();
            problems.push(Diagnostic::error(
                Code::Usage,
                format!("cannot start: {error}"),
            ));
            Report::invalid(None, &problems, Sources::default())
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
    // On the command line the two contradict each other; a variable only gives a default.
    let ignored = |name: &OsStr| {
        let empty = std::env::var_os(name).is_some_and(|value| value.is_empty());
        empty || (all_profiles && name == "TOPICCTL_PROFILE")
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
    if asked || !wants_json(arguments) {
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
    let report = Report::invalid(None, &problems, Sources::default());
    tell(
        &report,
        OutputArgs {
            output: Format::Json,
            verbose: false,
        },
    )
}

/// Whether the arguments ask for JSON, as far as they can be understood.
fn wants_json(arguments: &[OsString]) -> bool {
    let words: Vec<_> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let pair = |pair: &[&str]| matches!(pair, ["-o" | "--output", "json"]);
    words.windows(2).any(pair)
        || words
            .iter()
            .any(|word| matches!(*word, "-ojson" | "-o=json" | "--output=json"))
        || (!words
            .iter()
            .any(|word| word.starts_with("-o") || word.starts_with("--output"))
            && std::env::var("TOPICCTL_OUTPUT").is_ok_and(|format| format == "json"))
}

/// Prints the report: the result to stdout, problems to stderr.
fn tell(report: &Report, output: OutputArgs) -> ExitCode {
    let result = match output.output {
        Format::Json => report::json::write(report, &mut io::stdout().lock()),
        Format::Text => {
            let layout = |color| Layout {
                color,
                verbose: output.verbose,
            };
            tell_problems(report);
            let color = colors(io::stdout().is_terminal());
            let mut out = io::BufWriter::new(io::stdout().lock());
            report::text::write_result(report, layout(color), &mut out).and_then(|()| out.flush())
        }
    };
    ended(result, report)
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
            return tell(
                &report,
                OutputArgs {
                    output,
                    verbose: false,
                },
            );
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
    // Where stderr is gone, the result may still be read.
    let _ = report::text::write_problems(report, layout, &mut io::stderr().lock());
}

/// The exit code, with what became of writing the result.
fn ended(result: io::Result<()>, report: &Report) -> ExitCode {
    written(result, report.exit)
}

/// The exit code of a run whose result was printed, or could not be.
fn written(result: io::Result<()>, exit: ExitCode) -> ExitCode {
    match result {
        Ok(()) => exit,
        // A reader such as `head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot write the result\n  {error}");
            if exit == ExitCode::Matching {
                ExitCode::Invalid
            } else {
                exit
            }
        }
    }
}

/// Whether a stream shows colours: <https://no-color.org> and dumb terminals say no.
fn colors(terminal: bool) -> bool {
    terminal
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
