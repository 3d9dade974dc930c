//! `topicctl doctor`: the connection, step by step. Only reads.

mod needs;

use std::time::{Duration, Instant};

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use futures_util::future::join_all;

use self::needs::Groups;
use super::inputs::{InvalidInput, RunInputs, accept, request};
use super::progress::Line;
use super::{Answering, TextOutput, block_on};
use crate::cli::{ConditionArgs, ConnectionArgs, PathArgs};
use crate::cluster::ClusterError;
use crate::cluster::kafka::Kafka;
use crate::cluster::kafka::probe::Probe;
use crate::cluster::kafka::settings::Settings;
use crate::context::{Purpose, RunContext};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::doctor::address::{Looked, steps};
use crate::doctor::{Examination, Status, Step, StepName, Subject};
use crate::exit;
use crate::interrupt::{Interrupts, Signal};
use crate::layout::Layout;
use crate::manifest::{self, Manifests};
use crate::observed::Broker;
use crate::report::doctor::{write_json, write_text};
use crate::report::problems::{from_cluster_error, interrupted};

/// How long a look at an address may take. Somebody waits, and what answers at all answers sooner.
const LOOK_LIMIT: Duration = Duration::from_secs(5);

/// `topicctl doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Manifests whose topics are asked for; none are needed.
    #[command(flatten)]
    pub places: PathArgs,
    /// Under which conditions they hold.
    #[command(flatten)]
    pub conditions: ConditionArgs,
    /// Which cluster to ask.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Count it as a failure where no declared consumer group can be read, as verify --groups does
    #[arg(
        long, env = "TOPICCTL_GROUPS", value_parser = BoolishValueParser::new(),
        help_heading = "Findings"
    )]
    pub groups: bool,
    /// How to write the result
    #[arg(
        short, long, value_name = "FORMAT", value_enum, default_value_t = DoctorFormat::Text,
        env = "TOPICCTL_DOCTOR_OUTPUT", help_heading = "Output"
    )]
    pub output: DoctorFormat,
    /// Tell steps that are not well, and the result in a line
    #[arg(
        short, long, env = "TOPICCTL_QUIET", value_parser = BoolishValueParser::new(),
        help_heading = "Output"
    )]
    pub quiet: bool,
}

/// What `doctor` writes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum DoctorFormat {
    /// For people
    Text,
    /// One document, schema topicctl.doctor/1
    Json,
}

impl Answering for DoctorArgs {
    fn context(&self) -> RunContext {
        RunContext::new("doctor", Purpose::Read)
    }

    fn is_json(&self) -> bool {
        self.output == DoctorFormat::Json
    }

    /// Reads what is to be reached, and walks there.
    fn answer(&self, layout: Layout) -> Result<TextOutput, Box<InvalidInput>> {
        let started = Instant::now();
        let (context, manifests) = accept(self.manifests(), self.context())?;
        let (inputs, settings) = RunInputs::reach(context, manifests, &self.connection)?;
        let mut examination = Examination::default();
        let walk = Walk {
            inputs: &inputs,
            settings: &settings,
            probe: Probe::new(&settings, LOOK_LIMIT),
            line: Line::new(),
            groups: match self.groups {
                true => Groups::AsFailures,
                false => Groups::AsWarnings,
            },
            examination: &mut examination,
        };
        let stopped = block_on(until_a_signal(walk)).and_then(|ended| ended);
        examination.elapsed = started.elapsed();
        let mut diagnostics = Diagnostics::default();
        // What there is to say of the settings, their step says.
        let told = settings.warnings();
        let own = inputs.manifests.diagnostics.iter();
        diagnostics.extend(own.filter(|one| !told.contains(one)).cloned());
        let exit = match stopped {
            Ok(None) => exit::from_examination(&examination),
            Ok(Some(signal)) => {
                diagnostics.push(interrupted(signal, inputs.context.purpose, false));
                signal.into()
            }
            Err(problem) => {
                diagnostics.push(*problem);
                let context = RunContext::clone(&inputs.context);
                return Ok(TextOutput::new(context, None, &diagnostics));
            }
        };
        let mut text = Vec::new();
        let written = match self.output {
            DoctorFormat::Text => write_text(&examination, layout.quiet(self.quiet), &mut text),
            DoctorFormat::Json => write_json(&examination, exit, &mut text),
        };
        let text = written
            .ok()
            .map(|()| String::from_utf8_lossy(&text).into_owned());
        let context = RunContext::clone(&inputs.context);
        Ok(TextOutput {
            exit,
            ..TextOutput::new(context, text, &diagnostics)
        })
    }
}

impl DoctorArgs {
    /// Those that are named; a cluster that is chosen by its name needs the project that names it.
    fn manifests(&self) -> Manifests {
        let named = self.places.given();
        let chooses = !self.conditions.clusters().is_empty();
        let paths = match (named.is_empty(), chooses) {
            (true, false) => return Manifests::default(),
            (true, true) => self.places.given_or_default(),
            (false, _) => named,
        };
        manifest::read(&request(&paths, &self.conditions))
    }
}

/// Takes all steps, unless a signal comes.
async fn until_a_signal(walk: Walk<'_>) -> Result<Option<Signal>, Box<Diagnostic>> {
    let interrupts = Interrupts::listen()
        .map_err(|error| Diagnostic::error(Code::Usage, format!("cannot start: {error}")))
        .map_err(Box::new)?;
    let line = walk.line.clone();
    let signal = tokio::select! {
        () = walk.go() => None,
        signal = interrupts.first() => Some(signal),
    };
    line.clear();
    Ok(signal)
}

struct Walk<'a> {
    inputs: &'a RunInputs,
    settings: &'a Settings,
    probe: Probe,
    line: Line,
    groups: Groups,
    examination: &'a mut Examination,
}

impl Walk<'_> {
    async fn go(mut self) {
        self.add(settled(self.settings));
        let is_reached = self.look_at_addresses().await;
        if !is_reached && self.settings.wait().is_zero() {
            self.leave_out("no address takes a connection");
            return;
        }
        let Some(cluster) = self.sign_in().await else {
            return;
        };
        self.examination.excuse_addresses();
        let is_meant = self.ask_cluster(&cluster).await;
        if is_meant {
            self.line.doing("asking for rights".to_owned());
            let steps = needs::steps(&cluster, self.inputs, self.groups).await;
            self.examination.steps.extend(steps);
        }
    }

    fn add(&mut self, step: Step) {
        self.examination.steps.push(step);
    }

    /// The steps that need a client, and there is none.
    fn leave_out(&mut self, why: &str) {
        for name in StepName::WITH_CLIENT {
            self.add(Step::not_tried(name, &Subject::Connection, why));
        }
    }

    /// Looks at the addresses that were given; returns whether any takes a connection.
    async fn look_at_addresses(&mut self) -> bool {
        let servers: Vec<_> = self.settings.bootstrap_servers().split(',').collect();
        self.line
            .doing(format!("looking at {}", servers.join(", ")));
        let subjects = servers
            .iter()
            .map(|one| Subject::Bootstrap((*one).to_owned()));
        self.look(&subjects.collect::<Vec<_>>()).await
    }

    /// Looks at addresses side by side; returns whether any takes a connection.
    async fn look(&mut self, subjects: &[Subject]) -> bool {
        let looked = join_all(subjects.iter().map(|subject| self.probe.look(subject))).await;
        for (subject, looked) in subjects.iter().zip(&looked) {
            let steps = steps(subject, looked, self.probe.speaks());
            self.examination.steps.extend(steps);
        }
        looked.iter().any(Looked::is_connected)
    }

    /// Connects as every command does.
    async fn sign_in(&mut self) -> Option<Kafka> {
        let started = Instant::now();
        let waiting = self.line.clone();
        self.line.doing("signing in".to_owned());
        let connected =
            Kafka::connect(self.settings, move |trouble| waiting.trouble(trouble)).await;
        let name = StepName::SignIn;
        let (step, cluster) = match connected {
            Ok(cluster) => {
                let whom = match cluster.user() {
                    Some(user) => format!("as User:{user}"),
                    None if self.probe.speaks().has_certificate => {
                        "with the client certificate".to_owned()
                    }
                    None => "without credentials".to_owned(),
                };
                let seen = vec![whom];
                (Step::ok(name, &Subject::Connection, seen), Some(cluster))
            }
            Err(error) => (self.failed(name, &error), None),
        };
        self.add(step.took(started.elapsed()));
        if cluster.is_none() {
            self.leave_out_behind(name, "nobody is signed in");
        }
        cluster
    }

    /// The steps that need one which failed.
    fn leave_out_behind(&mut self, failed: StepName, why: &str) {
        let names = StepName::WITH_CLIENT.into_iter();
        for name in names.filter(|name| *name > failed) {
            self.add(Step::not_tried(name, &Subject::Connection, why));
        }
    }

    /// Asks which cluster it is, and looks at its brokers; returns whether it is the one that was
    /// meant. Nothing else is read of another one.
    async fn ask_cluster(&mut self, cluster: &Kafka) -> bool {
        let started = Instant::now();
        self.line.doing("asking for the cluster".to_owned());
        let (step, brokers) = match cluster.described().await {
            Err(error) => (self.failed(StepName::Cluster, &error), Vec::new()),
            Ok((identity, brokers)) => {
                let found = Step::cluster(&identity, &brokers);
                let clusters = &self.inputs.manifests.clusters;
                let step = match clusters.check(identity.id.as_deref()) {
                    Ok(()) => found,
                    Err(problem) => {
                        let sources = &self.inputs.context.sources;
                        let mut step = Step::problem(StepName::Cluster, &problem, sources);
                        step.seen.extend(found.seen);
                        step
                    }
                };
                (step, brokers)
            }
        };
        let is_meant = step.status == Status::Ok;
        self.add(step.took(started.elapsed()));
        self.look_at_brokers(brokers).await;
        if !is_meant {
            self.leave_out_behind(
                StepName::Cluster,
                "it is not known to be the cluster that is meant",
            );
        }
        is_meant
    }

    /// Looks at the addresses to which the cluster sends its clients.
    async fn look_at_brokers(&mut self, brokers: Vec<Broker>) {
        let subjects = brokers.into_iter().map(|broker| Subject::Broker {
            id: broker.id,
            address: broker.address,
        });
        self.line.doing("looking at the brokers".to_owned());
        self.look(&subjects.collect::<Vec<_>>()).await;
    }

    fn failed(&self, name: StepName, error: &ClusterError) -> Step {
        Step::problem(
            name,
            &from_cluster_error(error),
            &self.inputs.context.sources,
        )
    }
}

/// What is to be connected to, and how; before it, what is doubtful in it.
fn settled(settings: &Settings) -> Step {
    let warnings = settings.warnings();
    let doubts = warnings.iter().map(|warning| warning.message.clone());
    let seen = doubts.chain(settings.described()).collect();
    let helps: Vec<_> = warnings
        .iter()
        .filter_map(|one| one.help.as_deref())
        .collect();
    let step = Step::ok(StepName::Settings, &Subject::Connection, seen);
    match warnings.is_empty() {
        true => step,
        false => Step {
            status: Status::Warning,
            help: (!helps.is_empty()).then(|| helps.join("; ")),
            ..step
        },
    }
}
