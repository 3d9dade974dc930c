//! The commands: each joins the stages of the library and hands what came of it to the edge.
//!
//! [`run`] is the edge itself: it takes the arguments, gives the exit code, and is where output
//! streams, the environment and signals are touched. A command's own file holds no more than its
//! order of stages.

mod apply;
mod look;
mod progress;
mod session;
mod validate;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::{Cli, Command, Format, OutputArgs};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::exit::ExitCode;
use crate::report::text::Layout;
use crate::report::{self, Report};

/// Runs topicctl with these arguments, the program's name first.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let started = Instant::now();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments),
    };
    start_log();
    let (output, mut report) = match &cli.command {
        Command::Validate(args) => (args.output, validate::run(args)),
        Command::Plan(args) => (args.output, in_runtime(look::plan(args))),
        Command::Verify(args) => (args.look.output, in_runtime(look::verify(args))),
        Command::Apply(args) => (args.look.output, in_runtime(apply::run(args))),
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
    let message = text
        .trim_start_matches("error: ")
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    let mut problems = Diagnostics::default();
    problems.push(Diagnostic::error(Code::Usage, message).help("topicctl --help tells the usage"));
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
            let problems = layout(colors(io::stderr().is_terminal()));
            // Where stderr is gone, the result may still be read.
            let _ = report::text::write_problems(report, problems, &mut io::stderr().lock());
            let color = colors(io::stdout().is_terminal());
            let mut out = io::BufWriter::new(io::stdout().lock());
            report::text::write_result(report, layout(color), &mut out).and_then(|()| out.flush())
        }
    };
    match result {
        Ok(()) => report.exit,
        // A reader such as `head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => report.exit,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot write the result\n  {error}");
            if report.exit == ExitCode::Matching {
                ExitCode::Invalid
            } else {
                report.exit
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
