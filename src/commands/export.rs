//! `topicctl export`: what exists, as a manifest or as a snapshot. Only reads.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::progress::Line;
use super::whole_file::WholeFile;
use super::{Answer, offline};
use crate::cli::ExportArgs;
use crate::cluster::ClusterError;
use crate::cluster::kafka::Kafka;
use crate::cluster::kafka::settings::Settings;
use crate::cluster::snapshot::{Reached, Recorded, Scope, Snapshot};
use crate::clusters::Clusters;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::exit::ExitCode;
use crate::export::{Export, manifest};
use crate::interrupt::Interrupts;
use crate::observed::Unknown;
use crate::report::{Command, Report, problems};
use crate::topic::TopicName;

/// Why there is no answer.
type Failure = (ExitCode, Vec<Diagnostic>);

/// Asks the cluster, and writes what it is asked to write.
pub(super) async fn run(args: &ExportArgs) -> Answer {
    let mut sources = Sources::default();
    let result = export(args, &mut sources).await;
    let (text, exit, all) = match result {
        Ok((text, exit, warnings)) => (Some(text), exit, warnings),
        Err((exit, problems)) => (None, exit, problems),
    };
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(all);
    let report = Report {
        exit,
        ..Report::invalid(Some(Command::Export), &diagnostics, sources)
    };
    match text {
        Some(text) => Ok((text, report)),
        None => Err(Box::new(report)),
    }
}

async fn export(
    args: &ExportArgs,
    sources: &mut Sources,
) -> Result<(String, ExitCode, Vec<Diagnostic>), Failure> {
    let given = |texts: &[String]| -> Vec<String> {
        let texts = texts.iter().filter(|text| !text.is_empty());
        texts.cloned().collect()
    };
    let scope = Scope::new(&given(&args.select), &given(&args.ignore)).map_err(|error| {
        let flag = if error.ignored { "ignore" } else { "select" };
        let problem = Diagnostic::error(Code::Usage, format!("--{flag} {error}"))
            .help("write a topic's name, or a GLOB such as 'orders-*'");
        (ExitCode::Invalid, vec![problem])
    })?;
    let settings = offline::settings(&args.connection, &Clusters::default(), sources)
        .map_err(|problems| (ExitCode::Invalid, problems))?;
    let is_file = |path: &&Path| path.as_os_str() != "-";
    let file = args.snapshot.as_deref().filter(is_file);
    let file = file
        .map(|path| {
            let begun = WholeFile::replacing(path).map_err(|error| unwritable(path, &error))?;
            Ok((path, begun))
        })
        .transpose()?;
    let snapshot = take(&settings, scope).await?;

    let unreadable: Vec<(&TopicName, &Unknown)> = snapshot
        .topics
        .iter()
        .filter_map(|(name, recorded)| match recorded {
            Recorded::Unknown(unknown) => Some((name, unknown)),
            Recorded::Present { config, .. } => Some((name, config.as_ref().err()?)),
            Recorded::Absent => None,
        })
        .collect();
    if args.snapshot.is_none() {
        let Export {
            text,
            topics,
            left_out,
        } = manifest(&snapshot);
        let mut problems = warnings(&left_out, "left out");
        let exit = exit(&left_out);
        if topics > 0 {
            return Ok((text, exit, problems));
        }
        problems.push(nothing(&snapshot));
        let exit = match exit {
            ExitCode::Matching => ExitCode::Invalid,
            exit => exit,
        };
        return Err((exit, problems));
    }
    let mut problems = warnings(&unreadable, "recorded as unknown");
    problems.extend(incomplete(&snapshot));
    let exit = exit(&unreadable);
    let text = match file {
        None => snapshot.to_json(),
        Some((path, file)) => {
            file.end(snapshot.to_json().as_bytes())
                .map_err(|error| unwritable(path, &error))?;
            let count = snapshot.topics.len();
            let s = if count == 1 { "" } else { "s" };
            format!("{}: {count} topic{s} recorded.\n", path.display())
        }
    };
    Ok((text, exit, problems))
}

/// Connects and asks.
async fn take(settings: &Settings, scope: Scope) -> Result<Snapshot, Failure> {
    let reached = Reached {
        bootstrap_servers: settings.bootstrap_servers().to_owned(),
        command_config: settings.command_config().map(Into::into),
        user: settings.user().map(str::to_owned),
    };
    let interrupts = Interrupts::listen().map_err(|error| {
        let problem = Diagnostic::error(Code::Usage, format!("cannot start: {error}"));
        (ExitCode::Invalid, vec![problem])
    })?;
    let line = Line::new();
    let taking = async {
        let waiting = line.clone();
        let cluster = Kafka::connect(settings, move |trouble| waiting.trouble(trouble)).await?;
        line.clear();
        line.doing("reading topics".to_owned());
        // The clock is asked before the cluster is: the snapshot is no younger than it says.
        let now = jiff::Timestamp::now();
        let random = || getrandom::u64().ok();
        Snapshot::take(&cluster, scope, reached, now, random).await
    };
    let taken = tokio::select! {
        taken = taking => taken,
        signal = interrupts.first() => {
            line.clear();
            let message = format!("interrupted by {}; nothing was written", signal.as_str());
            let problem = Diagnostic::error(Code::Interrupted, message);
            return Err((signal.into(), vec![problem]));
        }
    };
    line.clear();
    taken.map_err(|error: ClusterError| {
        let problem = problems::of_cluster_error(&error);
        (error.kind.into(), vec![problem])
    })
}

/// What could not be read, those of one reason together.
fn warnings(unreadable: &[(&TopicName, &Unknown)], so: &str) -> Vec<Diagnostic> {
    let mut by_reason: BTreeMap<(bool, &str), Vec<&str>> = BTreeMap::new();
    for (name, unknown) in unreadable {
        let key = (unknown.unauthorized, unknown.reason.as_str());
        by_reason.entry(key).or_default().push(name.as_str());
    }
    let warning = |((unauthorized, reason), names): ((bool, &str), Vec<&str>)| {
        let topics = match names.len() {
            1 => "1 topic".to_owned(),
            many => format!("{many} topics"),
        };
        let message = format!("{topics} cannot be read, and {so}");
        let code = match unauthorized {
            true => Code::Authorization,
            false => Code::Unreachable,
        };
        let detail = format!("{}\n{reason}", names.join(", "));
        let warning = Diagnostic::warning(code, message).detail(detail);
        match unauthorized {
            true => warning.help("reading needs the rights Describe and DescribeConfigs"),
            false => warning,
        }
    };
    by_reason.into_iter().map(warning).collect()
}

/// What a right's absence means for who reads the snapshot.
fn incomplete(snapshot: &Snapshot) -> Option<Diagnostic> {
    let patterns = snapshot.scope.patterns();
    let open: Vec<_> = patterns
        .filter(|pattern| !pattern.complete && TopicName::parse(&pattern.glob).is_err())
        .map(|pattern| pattern.glob.as_str())
        .collect();
    let message = "topics may be hidden: a name that the snapshot does not hold will be unknown";
    (!open.is_empty()).then(|| {
        Diagnostic::note(Code::Authorization, message)
            .detail(format!("no right to see all of {}", open.join(", ")))
            .help("ask for names that matter with --select NAME, or for the right Describe on all")
    })
}

fn nothing(snapshot: &Snapshot) -> Diagnostic {
    let globs: Vec<_> = snapshot
        .scope
        .patterns()
        .map(|pattern| pattern.glob.as_str())
        .collect();
    let what = match globs.as_slice() {
        ["*"] => "the cluster shows no topic".to_owned(),
        globs => format!("the cluster shows no topic for {}", globs.join(", ")),
    };
    Diagnostic::error(
        Code::NothingSelected,
        format!("{what} that can be exported"),
    )
    .help("Kafka's own topics, and those without the right Describe, are left out")
}

/// As for the other commands: a missing right weighs more than an answer that did not come.
fn exit(unreadable: &[(&TopicName, &Unknown)]) -> ExitCode {
    if unreadable.iter().any(|(_, unknown)| unknown.unauthorized) {
        ExitCode::Unauthorized
    } else if unreadable.is_empty() {
        ExitCode::Matching
    } else {
        ExitCode::Unreachable
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let problem = Diagnostic::error(Code::Usage, format!("cannot write {}", path.display()))
        .detail(error.to_string())
        .help("--snapshot names a file in a directory that exists");
    (ExitCode::Invalid, vec![problem])
}
