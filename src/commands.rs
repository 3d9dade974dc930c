//! The commands: each joins the stages of the library and hands what came of it to the edge.
//!
//! [`run`] is the edge itself: it takes the arguments, gives the exit code, and is where output
//! streams, the environment and signals are touched. A command's own file holds no more than its
//! order of stages.

mod apply;
mod arguments;
mod explain;
mod export;
mod init;
mod look;
mod mending;
mod offline;
mod partition;
mod progress;
mod render;
mod report_files;
mod schema;
mod session;
mod validate;
mod whole_file;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant, SystemTime};

use clap::ValueEnum;
use clap::error::ErrorKind;

use self::mending::Mending;
use self::report_files::ReportFiles;
use crate::cli::{Command, ExplainFormat, Format, OutputArgs, PartitionFormat};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::exit::ExitCode;
use crate::render::Form;
use crate::report::text::Layout;
use crate::report::{self, Report, Several, State};

/// What a run has to say.
enum Told {
    One(Box<Report>),
    Several(Several),
}

/// What a command has to say that answers with a text of its own: the text, and the report of the
/// manifests; or the report alone of a run that came to no answer.
type Answer = Result<(String, Report), Box<Report>>;

/// Runs topicctl with these arguments, the program's name first.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let started = Instant::now();
    let cli = match arguments::parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments),
    };
    start_log();
    let (mending, mut problems) = match &cli.command {
        Command::Verify(args) => Mending::begin(args),
        _ => Default::default(),
    };
    let one = |report| Told::One(Box::new(report));
    let (output, command, run): (_, _, Box<dyn FnOnce() -> Told>) = match &cli.command {
        Command::Validate(args) => {
            let run = || one(validate::run(args));
            (&args.output, report::Command::Validate, Box::new(run))
        }
        Command::Plan(args) => {
            let run = || one(in_runtime(look::plan(args)));
            (&args.look.output, report::Command::Plan, Box::new(run))
        }
        Command::Verify(args) => {
            let run = || try_in_runtime(look::verify(args)).unwrap_or_else(Told::One);
            (&args.look.output, report::Command::Verify, Box::new(run))
        }
        Command::Apply(args) => {
            let command = report::Command::Apply {
                dry_run: args.dry_run,
            };
            let run = || one(in_runtime(apply::run(args)));
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
            return tell_text(render::run(args), args.output == Form::Json);
        }
        Command::Partition(args) => {
            return tell_text(partition::run(args), args.output == PartitionFormat::Json);
        }
        Command::Schema => return print(&schema::text(), ExitCode::Matching),
        Command::Init(args) => {
            return match init::run(args) {
                Ok(text) => print(&text, ExitCode::Matching),
                Err(report) => tell(&Told::One(report), &OutputArgs::only(Format::Text)),
            };
        }
    };
    // Opened first: a file that cannot be written is told before anything is done.
    let (files, more) = ReportFiles::open(&output.report, |path| mending.takes(path));
    problems.extend(more.sorted(&Sources::default()));
    let mut told = match problems.has_errors() {
        true => one(Report::invalid(
            Some(command),
            &problems,
            Sources::default(),
        )),
        false => run(),
    };
    told.end(started.elapsed(), SystemTime::now());
    let reports = files.write(|format, out| write(format, &told, output.verbose, out));
    let code = tell(&told, output);
    // Said last, below the result.
    let written = reports.and(mending.write(told.reports()));
    or_failed(code, written, told.created())
}

impl Told {
    fn exit(&self) -> ExitCode {
        match self {
            Self::One(report) => report.exit,
            Self::Several(several) => several.exit,
        }
    }

    /// Whether topics were created.
    fn created(&self) -> bool {
        let mut topics = self.reports().iter().flat_map(|report| &report.topics);
        topics.any(|topic| topic.state == State::Created)
    }

    fn reports(&self) -> &[Report] {
        match self {
            Self::One(report) => std::slice::from_ref(report),
            Self::Several(several) => &several.reports,
        }
    }

    fn end(&mut self, after: Duration, at: SystemTime) {
        let (elapsed, ended) = match self {
            Self::One(report) => (&mut report.elapsed, &mut report.ended),
            Self::Several(several) => (&mut several.elapsed, &mut several.ended),
        };
        (*elapsed, *ended) = (after, at);
    }

    fn write_problems(&self, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::One(report) => report::text::write_problems(report, layout, out),
            Self::Several(several) => report::text::write_several_problems(several, layout, out),
        }
    }

    fn write_result(&self, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::One(report) => report::text::write_result(report, layout, out),
            Self::Several(several) => report::text::write_several_result(several, layout, out),
        }
    }
}

/// Says that something could not be written; a run that went well else did not go well then. One
/// that `created` topics is no usage error any more.
fn or_failed(code: ExitCode, written: io::Result<()>, created: bool) -> ExitCode {
    let Err(error) = written else {
        return code;
    };
    let help = match created {
        true => "topics were created; `topicctl verify` tells how they stand",
        false => "write it somewhere else",
    };
    let _ = writeln!(
        io::stderr(),
        "error: cannot write the result\n  {error}\nhelp: {help}"
    );
    match code {
        ExitCode::Matching if created => ExitCode::Failed,
        ExitCode::Matching => ExitCode::Invalid,
        code => code,
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
    let command = wanted_command(arguments);
    let mut report = Report::invalid(command, &problems, Sources::default());
    report.ended = SystemTime::now();
    tell(&Told::One(Box::new(report)), &OutputArgs::only(output))
}

/// The command that the arguments name: nothing but the program's name stands before it.
fn wanted_command(arguments: &[OsString]) -> Option<report::Command> {
    let dry_run = arguments.iter().any(|argument| argument == "--dry-run");
    let commands = [
        report::Command::Validate,
        report::Command::Explain,
        report::Command::Render,
        report::Command::Partition,
        report::Command::Export,
        report::Command::Plan,
        report::Command::Verify,
        report::Command::Apply { dry_run },
    ];
    let named = arguments.get(1)?;
    commands
        .into_iter()
        .find(|command| named == command.as_str())
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
fn tell(told: &Told, output: &OutputArgs) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = match output.output {
        Format::Text => {
            let layout = |terminal| Layout {
                color: colors(terminal),
                verbose: output.verbose,
            };
            tell_problems(told, layout(io::stderr().is_terminal()));
            let mut text = Vec::new();
            let layout = layout(io::stdout().is_terminal());
            told.write_result(layout, &mut text)
                .and_then(|()| out.write_all(&for_log(text)))
        }
        format => write(format, told, output.verbose, &mut out),
    };
    let result = result.and_then(|()| out.flush());
    written(result, told.exit(), told.created())
}

/// Prints what a command made.
fn print(text: &str, exit: ExitCode) -> ExitCode {
    let result = io::stdout().lock().write_all(text.as_bytes());
    written(result, exit, false)
}

/// Prints an answer, or why there is none.
fn tell_text(answer: Answer, json: bool) -> ExitCode {
    let (text, report) = match answer {
        Ok(answer) => answer,
        Err(report) => {
            let output = if json { Format::Json } else { Format::Text };
            return tell(&Told::One(report), &OutputArgs::only(output));
        }
    };
    let told = Told::One(Box::new(report));
    let color = colors(io::stderr().is_terminal());
    let verbose = false;
    tell_problems(&told, Layout { color, verbose });
    let mut out = io::stdout().lock();
    let result = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written(result, told.exit(), told.created())
}

/// Prints the problems to stderr.
fn tell_problems(told: &Told, layout: Layout) {
    let mut text = Vec::new();
    // Where stderr is gone, the result may still be read.
    let _ = told
        .write_problems(layout, &mut text)
        .and_then(|()| io::stderr().lock().write_all(&for_log(text)));
}

/// A text for people as it may stand in the log of a CI job, which takes some lines for commands.
fn for_log(text: Vec<u8>) -> Vec<u8> {
    if std::env::var_os("GITHUB_ACTIONS").is_none() {
        return text;
    }
    report::github::inert(&String::from_utf8_lossy(&text)).into_bytes()
}

/// The exit code of a run whose result was printed, or could not be.
fn written(result: io::Result<()>, exit: ExitCode, created: bool) -> ExitCode {
    match result {
        // A reader such as `head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
        result => or_failed(exit, result, created),
    }
}

/// Writes what is told in a format; text is as in a log, problems first.
fn write(format: Format, told: &Told, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    use report::{github, json, junit, markdown, prometheus};
    match (format, told) {
        (Format::Text, told) => {
            let color = false;
            let layout = Layout { color, verbose };
            told.write_problems(layout, out)?;
            told.write_result(layout, out)
        }
        (Format::Json, Told::One(report)) => json::write(report, out),
        (Format::Json, Told::Several(several)) => json::write_several(several, out),
        (Format::Junit, Told::One(report)) => junit::write(report, out),
        (Format::Junit, Told::Several(several)) => junit::write_several(several, out),
        (Format::Markdown, Told::One(report)) => markdown::write(report, out),
        (Format::Markdown, Told::Several(several)) => markdown::write_several(several, out),
        (Format::Github, Told::One(report)) => github::write(report, out),
        (Format::Github, Told::Several(several)) => github::write_several(several, out),
        (Format::Prometheus, Told::One(report)) => prometheus::write(report, out),
        (Format::Prometheus, Told::Several(several)) => prometheus::write_several(several, out),
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
