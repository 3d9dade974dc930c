//! `topicctl export`: what exists, as a manifest or as a snapshot. Only reads.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::atomic_file::AtomicFile;
use super::inputs::{InvalidInput, request};
use super::progress::Line;
use super::{Answering, TextOutput, block_on, inputs, unread_variables};
use crate::cli::{ConnectionArgs, DeclaredArgs};
use crate::cluster::kafka::Kafka;
use crate::cluster::kafka::settings::Settings;
use crate::cluster::snapshot::{Reached, Recorded, Scope, Snapshot};
use crate::cluster::{ClusterError, ObserveTopics};
use crate::clusters::Clusters;
use crate::context::{Purpose, Rights, RunContext};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Sources};
use crate::exit::{self, ExitCode};
use crate::export::{self, Export};
use crate::interrupt::Interrupts;
use crate::layout::Layout;
use crate::manifest::{self, Manifests};
use crate::observed::Unreadable;
use crate::report::problems::{from_connection_error, unreadable_export};
use crate::topic::TopicName;
use crate::wording::plural;

/// `topicctl export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Only these topics: a name or GLOB; may be repeated
    #[arg(short, long, value_name = "GLOB", env = "TOPICCTL_EXPORT_SELECT")]
    pub select: Vec<String>,
    /// Not these; may be repeated
    #[arg(long, value_name = "GLOB", env = "TOPICCTL_IGNORE")]
    pub ignore: Vec<String>,
    /// Write a snapshot to this file in place of a manifest; `-` is standard output
    #[arg(long, value_name = "FILE", env = "TOPICCTL_SNAPSHOT")]
    pub snapshot: Option<PathBuf>,
    /// Where a cluster that is chosen by its name is declared.
    #[command(flatten)]
    pub declared: DeclaredArgs,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

type Failure = (ExitCode, Vec<Diagnostic>);

fn invalid(problem: Diagnostic) -> Failure {
    (exit::from_input(false), vec![problem])
}

impl Answering for ExportArgs {
    fn context(&self) -> RunContext {
        RunContext::new("export", Purpose::Read)
    }

    /// Asks the cluster, and writes what it is asked to write.
    fn answer(&self, _layout: Layout) -> Result<TextOutput, Box<InvalidInput>> {
        let mut sources = Sources::default();
        let exported =
            block_on(self.export(&mut sources)).unwrap_or_else(|problem| Err(invalid(*problem)));
        let (text, exit, problems) = match exported {
            Ok((text, exit, warnings)) => (Some(text), exit, warnings),
            Err((exit, problems)) => (None, exit, problems),
        };
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(problems);
        let context = RunContext {
            sources: Arc::new(sources),
            ..self.context()
        };
        Ok(TextOutput {
            exit,
            ..TextOutput::new(context, text, &diagnostics)
        })
    }
}

impl ExportArgs {
    async fn export(
        &self,
        sources: &mut Sources,
    ) -> Result<(String, ExitCode, Vec<Diagnostic>), Failure> {
        let given = |texts: &[String]| -> Vec<String> {
            let texts = texts.iter().filter(|text| !text.is_empty());
            texts.cloned().collect()
        };
        let scope = Scope::new(&given(&self.select), &given(&self.ignore)).map_err(|error| {
            let flag = match error.ignored {
                true => "--ignore",
                false => "--select",
            };
            let problem = Diagnostic::error(Code::Usage, format!("{flag} {error}")).about(flag);
            invalid(problem.help("write a topic's name, or a GLOB such as 'orders-*'"))
        })?;
        let manifests = self.manifests(sources)?;
        let settings = inputs::settings(&self.connection, &manifests.clusters, sources)
            .map_err(|problems| (exit::from_input(false), problems))?;
        let mut doubts = settings.warnings().to_vec();
        doubts.extend(unread_variables::warnings(&manifests));
        match self.write(&settings, &manifests.clusters, scope).await {
            Ok((text, exit, problems)) => Ok((text, exit, [problems, doubts].concat())),
            Err((exit, problems)) => Err((exit, [problems, doubts].concat())),
        }
    }

    /// What declares the cluster that is chosen by its name; its topics are not asked for.
    fn manifests(&self, sources: &mut Sources) -> Result<Manifests, Failure> {
        if self.declared.conditions.clusters().is_empty() {
            return Ok(Manifests::default());
        }
        let request = request(&self.declared.paths(), &self.declared.conditions);
        let mut manifests = manifest::read(&request);
        *sources = std::mem::take(&mut manifests.sources);
        let all = manifests.diagnostics.sorted(sources).into_iter();
        let is_error = |one: &Diagnostic| one.severity == Severity::Error;
        // Who exports may have no topic to declare yet.
        let errors = all.filter(|one| is_error(one) && one.code != Code::NoTopics);
        let errors: Vec<_> = errors.collect();
        match errors.is_empty() {
            true => Ok(manifests),
            false => Err((exit::from_input(false), errors)),
        }
    }

    async fn write(
        &self,
        settings: &Settings,
        clusters: &Clusters,
        scope: Scope,
    ) -> Result<(String, ExitCode, Vec<Diagnostic>), Failure> {
        let is_file = |path: &&Path| path.as_os_str() != "-";
        let file = self.snapshot.as_deref().filter(is_file);
        let file = file
            .map(|path| {
                let begun = AtomicFile::replacing(path);
                let begun = begun.map_err(|error| unwritable(path, &error))?;
                Ok((path, begun))
            })
            .transpose()?;
        let snapshot = take(settings, clusters, scope).await?;
        match (&self.snapshot, file) {
            (None, _) => as_manifest(&snapshot, settings.rights()),
            (Some(_), file) => as_snapshot(&snapshot, file, settings.rights()),
        }
    }
}

fn as_manifest(
    snapshot: &Snapshot,
    rights: Rights,
) -> Result<(String, ExitCode, Vec<Diagnostic>), Failure> {
    let Export {
        text,
        topics,
        left_out,
    } = export::manifest(snapshot);
    let mut problems = unreadable_export(&left_out, "left out", rights);
    let exit = exit::from_reading(left_out.iter().map(|(_, unknown)| *unknown));
    if topics > 0 {
        return Ok((text, exit, problems));
    }
    problems.push(nothing(snapshot));
    match left_out.is_empty() {
        true => Err((exit::from_input(false), problems)),
        false => Err((exit, problems)),
    }
}

fn as_snapshot(
    snapshot: &Snapshot,
    file: Option<(&Path, AtomicFile)>,
    rights: Rights,
) -> Result<(String, ExitCode, Vec<Diagnostic>), Failure> {
    let unreadable: Vec<(&TopicName, &Unreadable)> = snapshot
        .topics
        .iter()
        .filter_map(|(name, recorded)| match recorded {
            Recorded::Unknown(unknown) => Some((name, unknown)),
            Recorded::Present { config, .. } => Some((name, config.as_ref().err()?)),
            Recorded::Absent => None,
        })
        .collect();
    let mut problems = unreadable_export(&unreadable, "recorded as unknown", rights);
    problems.extend(incomplete(snapshot));
    let exit = exit::from_reading(unreadable.iter().map(|(_, unknown)| *unknown));
    let text = match file {
        None => snapshot.to_json(),
        Some((path, file)) => {
            file.end(snapshot.to_json().as_bytes())
                .map_err(|error| unwritable(path, &error))?;
            let topics = plural(snapshot.topics.len(), "topic");
            format!("{}: {topics} recorded.\n", path.display())
        }
    };
    Ok((text, exit, problems))
}

async fn take(settings: &Settings, clusters: &Clusters, scope: Scope) -> Result<Snapshot, Failure> {
    let reached = Reached {
        bootstrap_servers: settings.bootstrap_servers().to_owned(),
        command_config: settings.command_config().map(Into::into),
        user: settings.user().map(str::to_owned),
    };
    let interrupts = Interrupts::listen().map_err(|error| {
        invalid(Diagnostic::error(
            Code::Usage,
            format!("cannot start: {error}"),
        ))
    })?;
    let line = Line::new();
    let taking = async {
        let waiting = line.clone();
        let cluster = Kafka::connect(settings, move |trouble| waiting.trouble(trouble)).await?;
        line.clear();
        if clusters.tell_ids() {
            let identity = cluster.identity().await?;
            let checked = clusters.check(identity.id.as_deref());
            checked.map_err(NotTaken::AnotherCluster)?;
        }
        line.doing("reading topics".to_owned());
        // The clock is asked before the cluster is: the snapshot is no younger than it says.
        let now = jiff::Timestamp::now();
        let random = || getrandom::u64().ok();
        let taken = Snapshot::take(&cluster, scope, reached, now, random).await;
        taken.map_err(NotTaken::from)
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
    taken.map_err(|why| match why {
        NotTaken::AnotherCluster(problem) => invalid(*problem),
        NotTaken::Unread(error) => (
            exit::from_error(&error, false),
            vec![from_connection_error(&error)],
        ),
    })
}

/// Why nothing was read.
enum NotTaken {
    /// It is not the cluster that was chosen.
    AnotherCluster(Box<Diagnostic>),
    Unread(ClusterError),
}

impl From<ClusterError> for NotTaken {
    fn from(error: ClusterError) -> Self {
        Self::Unread(error)
    }
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

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let problem = Diagnostic::error(Code::Usage, format!("cannot write {}", path.display()))
        .detail(error.to_string())
        .help("--snapshot names a file in a directory that exists")
        .about("--snapshot");
    invalid(problem)
}
