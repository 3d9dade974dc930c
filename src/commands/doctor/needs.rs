//! What the manifests need of the cluster: the rights to their topics and consumer groups, asked for
//! as verify and apply ask for them.
//!
//! Nothing is created: whether a topic may be is the broker's answer to a check alone, and it is not
//! asked where a broker is known to carry that out. What is missing has the words of those commands.

use std::time::{Duration, Instant};

use crate::apply::{Options, apply};
use crate::cluster::kafka::Kafka;
use crate::cluster::{Absence, ClusterError, ObserveGroups, ObserveTopics, Wanted};
use crate::commands::inputs::RunInputs;
use crate::context::{Purpose, RunContext, Target};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::doctor::{Cause, Status, Step, StepName, Subject};
use crate::groups::{self, GroupLags, GroupStatus};
use crate::interrupt::Interrupts;
use crate::observed::Observation;
use crate::outcome::{Check, RunResult, Status as TopicStatus, Stop, TopicOutcome};
use crate::plan::plan;
use crate::report::problems;
use crate::topic::DeclaredTopic;

const NO_MANIFESTS: &str = "not asked for: no manifests are given";

/// As many names as a step tells.
const NAMES: usize = 8;

/// Whether groups count: who never asks for them needs no right to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Groups {
    AsWarnings,
    AsFailures,
}

pub(super) async fn steps(cluster: &Kafka, inputs: &RunInputs, groups: Groups) -> Vec<Step> {
    let needs = Needs { cluster, inputs };
    let declared = &inputs.manifests.topics;
    if declared.is_empty() {
        let names = [StepName::Rights, StepName::Groups];
        return names
            .map(|name| Step::not_tried(name, &Subject::Connection, NO_MANIFESTS))
            .into();
    }
    let started = Instant::now();
    let wanted: Vec<_> = declared.iter().map(Wanted::declared).collect();
    match cluster.observe(&wanted, Absence::AsReported).await {
        Err(error) => vec![
            needs
                .failed(StepName::Rights, &error)
                .took(started.elapsed()),
            Step::not_tried(
                StepName::Groups,
                &Subject::Connection,
                "topics could not be read",
            ),
        ],
        Ok(observation) => {
            let mut steps = needs.rights(&observation, started).await;
            steps.extend(needs.groups(&observation, groups).await);
            steps
        }
    }
}

struct Needs<'a> {
    cluster: &'a Kafka,
    inputs: &'a RunInputs,
}

impl Needs<'_> {
    /// The rights to topics.
    async fn rights(&self, observation: &Observation, started: Instant) -> Vec<Step> {
        let declared = self.inputs.manifests.topics.clone();
        let plan = plan(declared, observation, &self.inputs.manifests.accepted);
        let options = Options {
            dry_run: true,
            brokers: Duration::ZERO,
            wait_brokers: None,
            settle: None,
        };
        // A signal ends the whole walk.
        let interrupts = Interrupts::none();
        let applied = apply(self.cluster, plan, options, &interrupts, &|_| ()).await;
        let result = RunResult {
            identity: Some(observation.cluster.clone()),
            lacks_configs: observation.lacks_configs,
            topics: applied.topics,
            check: applied.check,
            stop: applied.stop,
            wrote: applied.wrote,
            ..RunResult::default()
        };
        let seen = may(&result);
        let mut steps = self.problems(StepName::Rights, &result);
        if !seen.is_empty() {
            steps.insert(0, Step::ok(StepName::Rights, &Subject::Connection, seen));
        }
        timed(steps, started)
    }

    /// The rights to consumer groups.
    async fn groups(&self, observation: &Observation, counted: Groups) -> Vec<Step> {
        let name = StepName::Groups;
        let started = Instant::now();
        let declared: Vec<&DeclaredTopic> = self.inputs.manifests.topics.iter().collect();
        let wanted = groups::wanted(&declared, &observation.topics);
        if wanted.groups.is_empty() {
            let why = "the manifests declare no consumer groups";
            return vec![Step::not_tried(name, &Subject::Connection, why)];
        }
        let read = match self.cluster.observe_groups(&wanted).await {
            Ok(read) => read,
            Err(error) => return vec![self.failed(name, &error).took(started.elapsed())],
        };
        let lags = groups::lags(&declared, &observation.topics, &read);
        let seen = described(&lags);
        let result = RunResult {
            identity: Some(observation.cluster.clone()),
            groups: Some(lags),
            ..RunResult::default()
        };
        let mut steps = self.problems(name, &result);
        if counted == Groups::AsWarnings {
            for step in &mut steps {
                step.status = Status::Warning;
            }
        }
        if !seen.is_empty() {
            steps.insert(0, Step::ok(name, &Subject::Connection, seen));
        }
        timed(steps, started)
    }

    /// What other commands would say of what is missing.
    fn problems(&self, name: StepName, result: &RunResult) -> Vec<Step> {
        let context = RunContext {
            purpose: Purpose::DryRun,
            ..RunContext::clone(&self.inputs.context)
        };
        let target = Target {
            user: self.cluster.user().map(str::to_owned),
            ..self.inputs.target.clone()
        };
        let found = problems::from_run(&context, &target, result);
        let is_of_rights = |one: &&Diagnostic| {
            matches!(
                one.code,
                Code::Authorization | Code::Refused | Code::Unreachable | Code::NotChecked
            )
        };
        let found = found.iter().filter(is_of_rights);
        let lacks_right = |one: &TopicOutcome| matches!(&one.status, TopicStatus::Refused(refusal) if refusal.unauthorized);
        let refused_for_rights = result.topics.iter().any(lacks_right);
        let steps = found.map(|problem| {
            let mut step = Step::problem(name, problem, &self.inputs.context.sources);
            if problem.severity != Severity::Error {
                step.status = Status::Warning;
            } else if problem.code == Code::Refused && refused_for_rights {
                step.status = Status::Failed(Cause::NotAuthorized);
            }
            step
        });
        steps.collect()
    }

    fn failed(&self, name: StepName, error: &ClusterError) -> Step {
        let sources = &self.inputs.context.sources;
        Step::problem(name, &problems::from_cluster_error(error), sources)
    }
}

/// The first step holds what all of them took.
fn timed(mut steps: Vec<Step>, started: Instant) -> Vec<Step> {
    if let Some(first) = steps.first_mut() {
        first.elapsed = Some(started.elapsed());
    }
    steps
}

/// What may be done with topics, as far as the cluster said so.
fn may(result: &RunResult) -> Vec<String> {
    let named = |is: fn(&TopicStatus) -> bool| -> Vec<&str> {
        let topics = result.topics.iter().filter(|one| is(&one.status));
        topics.map(|one| one.topic.name.as_str()).collect()
    };
    let seen = named(|status| !matches!(status, TopicStatus::Unknown(_)));
    let mut creatable = named(|status| *status == TopicStatus::ToCreate);
    if !were_checked(result) {
        creatable.clear();
    }
    let rights = match result.lacks_configs {
        true => "Describe",
        false => "Describe and DescribeConfigs",
    };
    let told = [(rights, seen), ("Create", creatable)].into_iter();
    told.filter(|(_, names)| !names.is_empty())
        .map(|(rights, names)| format!("{rights}: {}", listed(&names)))
        .collect()
}

/// Whether the broker was asked about each topic that is to be created, and answered.
fn were_checked(result: &RunResult) -> bool {
    let is_hidden = |status: &TopicStatus| match status {
        TopicStatus::Unknown(unknown) => unknown.unauthorized,
        _ => true,
    };
    let asked = match &result.stop {
        None | Some(Stop::Refused) => true,
        Some(Stop::UnknownExistence) => result.topics.iter().all(|one| is_hidden(&one.status)),
        Some(_) => false,
    };
    asked && result.check == Check::Harmless
}

/// The groups that could be described, and those that are not there to be.
fn described(lags: &GroupLags) -> Vec<String> {
    let named = |is: fn(&GroupStatus) -> bool| -> Vec<&str> {
        let groups = lags.groups.iter().filter(|one| is(&one.status));
        groups.map(|one| one.name.as_str()).collect()
    };
    let told = [
        (
            "Describe",
            named(|status| {
                matches!(
                    status,
                    GroupStatus::Present { .. } | GroupStatus::Undescribed
                )
            }),
        ),
        (
            "not there yet",
            named(|status| *status == GroupStatus::NotThereYet),
        ),
    ];
    let told = told.into_iter().filter(|(_, names)| !names.is_empty());
    told.map(|(what, names)| format!("{what}: {}", listed(&names)))
        .collect()
}

fn listed(names: &[&str]) -> String {
    let told = names
        .iter()
        .take(NAMES)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}
