//! The command line and its commands: each joins the stages of the library and hands what came of
//! it to the edge.
//!
//! [`run`] is the edge itself: it takes the arguments, gives the exit code, and is where output
//! streams, the environment and signals are touched. A command's own file holds its arguments and
//! its order of stages, and no more.

mod apply;
mod arguments;
mod atomic_file;
mod doctor;
mod explain;
mod export;
mod fitting;
mod init;
mod inputs;
mod observe;
mod output_files;
mod partition;
mod plan;
mod progress;
mod properties_file;
mod render;
mod schema;
mod several;
mod terminal;
mod unread_variables;
mod usage;
mod validate;
mod variables;
mod verify;
mod version;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use self::inputs::InvalidInput;
use self::output_files::{Contents, OutputFiles};
use self::terminal::Streams;
use self::variables::Variables;
use crate::cli::{ColorChoice, OutputArgs};
use crate::context::RunContext;
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, Sources};
use crate::exit::{self, ExitCode};
use crate::layout::Layout;
use crate::report::{self, Format, Report, text};

/// Makes the Kafka topics that manifests declare exist, and never alters or deletes anything.
#[derive(Parser, Debug)]
#[command(
    name = "topicctl",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Whether to color text
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        env = "TOPICCTL_COLOR",
        global = true,
        help_heading = "Output"
    )]
    pub color: ColorChoice,
}

const EXIT_CODES: &str = "\
Exit codes:
  0              the cluster matches the manifests, or will after apply
  1              differences
  2              usage, or invalid manifests
  3              the cluster was not reached
  4              not authenticated or not authorized
  5              refused, or failed
  129, 130, 143  interrupted";

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Create the declared topics that are missing, and check the rest
    ///
    /// Checks the manifests, compares them with the cluster, has the broker check every new topic,
    /// and only then creates. Ends when every partition of what was created is led and served.
    /// Topics that exist are compared and left alone.
    #[command(mut_arg("cluster", several_clusters))]
    Apply(Box<apply::ApplyArgs>),
    /// Show what apply would do; only reads
    #[command(mut_arg("cluster", several_clusters))]
    Plan(Box<plan::PlanArgs>),
    /// Compare the cluster with the manifests; only reads
    #[command(mut_arg("cluster", several_clusters))]
    Verify(Box<verify::VerifyArgs>),
    /// Check the manifests without a cluster
    #[command(mut_arg("cluster", one_cluster))]
    Validate(validate::ValidateArgs),
    /// Tell what a diagnostic means, or where values come from
    ///
    /// For a code, prints what it means and how to fix it. For a topic or a tier, prints each
    /// value with all layers that set it, in their order, and the place of each.
    #[command(mut_arg("cluster", one_cluster))]
    Explain(explain::ExplainArgs),
    /// Write the declared topics in another form, without a cluster
    ///
    /// Every value is resolved: tiers, variables and the profile are gone.
    #[command(mut_arg("cluster", one_cluster))]
    Render(render::RenderArgs),
    /// Write a manifest or a snapshot of a cluster; only reads
    ///
    /// The manifest declares every topic with what is set on the topic itself, and verifies clean
    /// against the same cluster. A snapshot is for plan and verify --cluster-snapshot, where no
    /// cluster is at hand.
    #[command(mut_arg("cluster", one_cluster))]
    Export(Box<export::ExportArgs>),
    /// Walk the connection step by step, and tell what is seen; only reads
    ///
    /// For each address: its name, TCP, TLS with the certificate, the requests and the SASL
    /// mechanisms that the broker takes. Then the sign-in, the cluster, the addresses that it
    /// advertises, and the rights that the manifests need, if any are given. A step that fails holds
    /// up no step that can be taken without it. No secret is in the result.
    #[command(mut_arg("cluster", one_cluster), mut_arg("paths", examined))]
    Doctor(Box<doctor::DoctorArgs>),
    /// Tell which partition keys land in, without a cluster
    ///
    /// The partition count and the hash are those that a manifest declares for a topic, or are
    /// given. With --stdin, counts how keys spread over the partitions.
    #[command(mut_arg("cluster", one_cluster))]
    Partition(partition::PartitionArgs),
    /// Print the JSON Schema of manifests, for editors
    Schema(schema::SchemaArgs),
    /// Write a directory of manifests to start from; overwrites nothing
    Init(init::InitArgs),
}

/// Those that compare may ask several.
fn several_clusters(cluster: clap::Arg) -> clap::Arg {
    let help =
        "Take address and profile of this cluster, of those under `clusters`; may be repeated";
    cluster.help(help)
}

/// All others ask one.
fn one_cluster(cluster: clap::Arg) -> clap::Arg {
    cluster.action(clap::ArgAction::Set)
}

fn examined(paths: clap::Arg) -> clap::Arg {
    paths.help("Manifest files and directories, whose topics are asked for; none are needed")
}

/// A command whose result is a report.
trait Reporting {
    /// What is asked for, as far as the arguments alone say it.
    fn context(&self) -> RunContext;

    /// How the report is written.
    fn output(&self) -> &OutputArgs;

    /// Files to write beside the report.
    fn scripts(&self) -> Vec<(Contents, PathBuf)> {
        Vec::new()
    }

    /// Reads, asks, and reports.
    async fn run(&self) -> Result<Report, Box<InvalidInput>>;
}

/// A command that answers with a text of its own.
trait Answering {
    /// What is asked for, as far as the arguments alone say it.
    fn context(&self) -> RunContext {
        RunContext::default()
    }

    /// Whether the answer, and the report of why there is none, is JSON.
    fn is_json(&self) -> bool {
        false
    }

    /// Reads, perhaps asks, and answers, laid out for its reader.
    fn answer(&self, layout: Layout) -> Result<TextOutput, Box<InvalidInput>>;
}

/// A text of a command's own, and what is wrong with its input.
struct TextOutput {
    /// `None` where there is no answer.
    text: Option<String>,
    exit: ExitCode,
    report: Report,
}

impl TextOutput {
    fn new(context: RunContext, text: Option<String>, diagnostics: &Diagnostics) -> Self {
        let diagnostics = diagnostics.sorted(&context.sources);
        let is_valid = text.is_some();
        Self {
            exit: exit::from_input(is_valid),
            report: Report::without_cluster(context, diagnostics, is_valid),
            text,
        }
    }
}

impl From<Box<InvalidInput>> for TextOutput {
    fn from(invalid: Box<InvalidInput>) -> Self {
        let report = Report::from(invalid);
        Self {
            text: None,
            exit: report.exit,
            report,
        }
    }
}

/// Runs topicctl with these arguments, the program's name first.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let started = Instant::now();
    let streams = Streams::look();
    let (parsed, variables) = arguments::parse(&arguments, streams.out);
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if version::is_asked_in_full(&error, &arguments) => {
            let mut out = io::stdout().lock();
            let result = out.write_all(version::in_full(streams.out).as_bytes());
            return written(
                result.and_then(|()| out.flush()),
                exit::from_input(true),
                false,
                streams.err,
            );
        }
        Err(error) => return usage::report(&error, &arguments, streams),
    };
    let streams = streams.colored(cli.color);
    start_log(streams.err);
    let run = Invocation {
        streams,
        variables,
        started,
    };
    match &cli.command {
        Command::Apply(args) => run.report(&**args),
        Command::Plan(args) => run.report(&**args),
        Command::Verify(args) => run.report(&**args),
        Command::Validate(args) => run.report(args),
        Command::Explain(args) => run.answer(args),
        Command::Render(args) => run.answer(args),
        Command::Export(args) => run.answer(&**args),
        Command::Doctor(args) => run.answer(&**args),
        Command::Partition(args) => run.answer(args),
        Command::Schema(args) => run.answer(args),
        Command::Init(args) => run.answer(args),
    }
}

/// One run of the program.
struct Invocation {
    streams: Streams,
    /// Those that gave arguments.
    variables: Variables,
    started: Instant,
}

impl Invocation {
    /// Runs a command and writes its report.
    fn report(&self, command: &impl Reporting) -> ExitCode {
        let output = command.output();
        // Begun first: a file that cannot be written is reported before anything is done.
        let scripts = command.scripts();
        let (files, problems) = OutputFiles::begin(output, &scripts);
        let mut report = match problems.is_empty() {
            false => {
                let context = command.context();
                let problems = problems.sorted(&context.sources);
                Report::invalid(context, problems)
            }
            true => block_on(command.run())
                .unwrap_or_else(|problem| Err(InvalidInput::new(command.context(), *problem)))
                .unwrap_or_else(Report::from),
        };
        report.for_each_problem(|problem| self.variables.name(problem));
        report.title.clone_from(&output.title);
        report.end(self.started.elapsed(), SystemTime::now());
        let (reports, scripts) = files.split();
        let in_file = output.in_layout(Layout::default());
        let render = |format: Format, out: &mut dyn Write| format.write(&report, in_file, out);
        let reports = reports.write(&report, render);
        let code = print_report(&report, output, self.streams);
        // Said last, below the result.
        let written = reports.and(scripts.write(&report, render));
        or_failed(code, written, report.created(), self.streams.err)
    }

    /// Runs a command and prints its answer, or why there is none.
    fn answer(&self, command: &impl Answering) -> ExitCode {
        let answer = command
            .answer(self.streams.out)
            .unwrap_or_else(TextOutput::from);
        let TextOutput {
            text,
            exit,
            mut report,
        } = answer;
        report.for_each_problem(|problem| self.variables.name(problem));
        let Some(text) = text else {
            let format = match command.is_json() {
                true => Format::Json,
                false => Format::Text,
            };
            print_report(&report, &OutputArgs::only(format), self.streams);
            return exit;
        };
        print_problems(&report, self.streams.err);
        let mut out = io::stdout().lock();
        let result = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        written(result, exit, false, self.streams.err)
    }
}

/// Says that something could not be written.
fn or_failed(code: ExitCode, written: io::Result<()>, created: bool, layout: Layout) -> ExitCode {
    if let Err(error) = &written {
        let help = match created {
            true => "topics were created; `topicctl verify` shows how they are",
            false => "write it somewhere else",
        };
        let problem = Diagnostic::error(Code::Usage, "cannot write the result")
            .detail(error.to_string())
            .help(help);
        warn(&problem, layout);
    }
    exit::from_writing(code, &written, created)
}

/// The log goes to stderr and is silent but for `TOPICCTL_LOG`, a filter such as `debug`.
fn start_log(layout: Layout) {
    let wanted = std::env::var("TOPICCTL_LOG").unwrap_or_default();
    let wanted = match wanted.trim() {
        "" => "off",
        wanted => wanted,
    };
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|error| {
        let message = format!("TOPICCTL_LOG is no filter, and nothing is logged: {error}");
        let problem = Diagnostic::warning(Code::Usage, message)
            .help("write a level such as debug, or topicctl=debug,librdkafka=info");
        warn(&problem, layout);
        // What comes is no part of it.
        let _ = writeln!(io::stderr());
        EnvFilter::new("off")
    });
    // A second start in one process, as in tests, changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(layout.color)
        .try_init();
}

/// Runs to the end on the one thread that topicctl has.
fn block_on<T>(run: impl Future<Output = T>) -> Result<T, Box<Diagnostic>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => Ok(runtime.block_on(run)),
        Err(error) => {
            let message = format!("cannot start: {error}");
            Err(Box::new(Diagnostic::error(Code::Usage, message)))
        }
    }
}

/// Prints the report: the result to stdout, problems to stderr.
fn print_report(report: &Report, output: &OutputArgs, streams: Streams) -> ExitCode {
    let streams = streams.telling(output);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = match output.output {
        Format::Text => {
            print_problems(report, streams.err);
            let mut result = Vec::new();
            text::write_result(report, streams.out, &mut result)
                .and_then(|()| out.write_all(&for_log(result)))
        }
        format => format.write(report, streams.out, &mut out),
    };
    let result = result.and_then(|()| out.flush());
    written(result, report.exit, report.created(), streams.err)
}

/// Prints the problems to stderr.
fn print_problems(report: &Report, layout: Layout) {
    let mut problems = Vec::new();
    // Where stderr is gone, the result may still be read.
    let _ = text::write_problems(report, layout, &mut problems)
        .and_then(|()| io::stderr().lock().write_all(&for_log(problems)));
}

/// Says on stderr what is no part of a report.
fn warn(problem: &Diagnostic, layout: Layout) {
    let text = diagnostic::render(problem, &Sources::default(), layout);
    // Where stderr is gone, nobody is left to be told.
    let _ = io::stderr().write_all(&for_log(format!("{text}\n").into_bytes()));
}

/// A text for people as it may stand in the log of a CI job, which takes some lines for commands.
/// Whether it will is not known here: a container in a job has none of the job's environment.
fn for_log(text: Vec<u8>) -> Vec<u8> {
    report::inert::plain(&String::from_utf8_lossy(&text)).into_bytes()
}

/// The exit code of a run whose result was printed, or could not be.
fn written(result: io::Result<()>, exit: ExitCode, created: bool, layout: Layout) -> ExitCode {
    match result {
        // A reader such as `head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
        result => or_failed(exit, result, created, layout),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, Args, CommandFactory};

    use super::*;
    use crate::cli::ConnectionArgs;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_snapshot_excludes_every_way_to_reach_a_cluster() {
        let mut cli = Cli::command();
        cli.build();
        let plan = cli.find_subcommand("plan").expect("a command");
        let mut arguments = plan.get_arguments();
        let snapshot = arguments.find(|one| one.get_id() == "cluster_snapshot");
        let excluded = plan.get_arg_conflicts_with(snapshot.expect("a flag"));
        let excluded: Vec<_> = excluded.iter().map(|one| one.get_id()).collect();
        let ways = ConnectionArgs::augment_args(clap::Command::new("topicctl"));
        for way in ways.get_arguments() {
            assert!(excluded.contains(&way.get_id()), "{}", way.get_id());
        }
    }

    #[test]
    fn variables_of_flags_take_every_word_for_yes_and_no() {
        let mut cli = Cli::command();
        cli.build();
        let mut tried = 0;
        let commands = cli.get_subcommands();
        let arguments = commands.flat_map(clap::Command::get_arguments);
        let flags = arguments.filter(|one| matches!(one.get_action(), ArgAction::SetTrue));
        for flag in flags.filter(|flag| flag.get_env().is_some()) {
            let parser = flag.get_value_parser().clone();
            let taken = Arg::new("flag").long("flag").value_parser(parser);
            let command = clap::Command::new("topicctl").arg(taken);
            for (word, says) in [("1", true), ("yes", true), ("0", false), ("off", false)] {
                let given = ["topicctl", "--flag", word];
                let matches = command.clone().try_get_matches_from(given);
                let said = matches.map(|matches| matches.get_one("flag").copied());
                assert_eq!(said.ok(), Some(Some(says)), "{} is {word}", flag.get_id());
                tried += 1;
            }
        }
        assert!(tried > 0);
    }
}
