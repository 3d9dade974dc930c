//! Pipelines, lowered: the topics of their steps become candidates like any other, and the names
//! that steps read and write are checked. Pure.
//!
//! A name that a step uses is judged in this order: its variables, the explicit list of allowed
//! topics, the pattern of standard names, and whether a standard name is this pipeline's own.

use std::collections::{BTreeMap, BTreeSet};

use super::family::{Block, Candidate, Candidates, Gatherer, Main, topic_name};
use super::interpolate::Context;
use super::raw::{self, Pipeline, Step, Topic};
use super::tiers::BuiltIn;
use super::yaml::Text;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::topic::{self, ConsumerGroup, DeclaredTopic, Role, TopicName};

/// The last words of a standard name.
const KINDS: [&str; 4] = ["input", "output", "error", "dead-letter"];

/// What a step reads and writes, for the checks that need every topic.
#[derive(Debug)]
pub(super) struct StepUse {
    pipeline: String,
    step: String,
    listeners: Option<(u32, Span)>,
    reads: Vec<Used>,
    writes: Vec<Used>,
    input: Option<TopicName>,
    output: Option<TopicName>,
}

/// A topic by the name that a step has for it.
#[derive(Debug)]
struct Used {
    name: TopicName,
    span: Span,
    standard: bool,
}

/// A pipeline whose names are known.
struct Named<'a> {
    raw: &'a Pipeline,
    name: String,
    context: Context<'a>,
    allowed: BTreeSet<String>,
    steps: Vec<(&'a Step, String)>,
}

/// The standard names of this project.
struct Standard {
    prefix: String,
    /// The steps of each pipeline.
    pipelines: BTreeMap<String, BTreeSet<String>>,
}

impl Standard {
    fn name(&self, pipeline: &str, step: &str, kind: &str) -> String {
        format!("{}pipeline.{pipeline}.step.{step}.{kind}", self.prefix)
    }

    /// Pipeline, step and kind of a name that follows the pattern.
    fn parse<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str, &'n str)> {
        let rest = name
            .strip_prefix(self.prefix.as_str())?
            .strip_prefix("pipeline.")?;
        match rest.split('.').collect::<Vec<_>>().as_slice() {
            [pipeline, "step", step, kind] if KINDS.contains(kind) => Some((pipeline, step, kind)),
            _ => None,
        }
    }

    /// Whether a name looks as if it were a standard one.
    fn claims(&self, name: &str) -> bool {
        name.starts_with("pipeline.")
            || name
                .strip_prefix(self.prefix.as_str())
                .is_some_and(|n| n.starts_with("pipeline."))
    }

    fn malformed(&self, name: &str, span: Span) -> Diagnostic {
        let pattern = self.name("PIPELINE", "STEP", "(input|output|error|dead-letter)");
        Diagnostic::error(
            Code::PipelineName,
            format!("`{name}` begins like a standard name and is none"),
        )
        .at(span, "")
        .help(format!(
            "standard names are {pattern}; a custom name must begin otherwise"
        ))
    }
}

/// Makes candidates of all steps' topics, and says what the steps use.
pub(super) fn gather<'a>(gatherer: &mut Gatherer<'_, 'a>) -> Vec<StepUse> {
    let project = gatherer.resolver.project;
    if project.pipelines.is_empty() {
        return Vec::new();
    }
    let prefix = project
        .naming
        .and_then(|naming| naming.pipeline_prefix.as_ref());
    let prefix = prefix
        .and_then(|prefix| gatherer.evaluate(prefix, &Context::default()))
        .unwrap_or_default();
    let mut standard = Standard {
        prefix,
        pipelines: BTreeMap::new(),
    };
    let mut everywhere = BTreeSet::new();
    for text in project
        .naming
        .iter()
        .flat_map(|naming| &naming.allowed_topics)
    {
        everywhere.extend(allowed(gatherer, text, &Context::default(), &standard));
    }
    let mut named: Vec<Named<'a>> = Vec::new();
    for raw in &project.pipelines {
        named.extend(name_pipeline(gatherer, raw, &mut standard, &everywhere));
    }
    let mut uses = Vec::new();
    for pipeline in &named {
        for (step, name) in &pipeline.steps {
            uses.push(step_topics(gatherer, pipeline, step, name, &standard));
        }
    }
    uses
}

fn name_pipeline<'a>(
    gatherer: &mut Gatherer<'_, 'a>,
    raw: &'a Pipeline,
    standard: &mut Standard,
    everywhere: &BTreeSet<String>,
) -> Option<Named<'a>> {
    if !gatherer.holds(raw.profiles.as_deref()) {
        return None;
    }
    let name = gatherer.evaluate(&raw.name, &Context::default())?;
    if !is_word(&name) {
        gatherer
            .diagnostics
            .push(not_a_word("pipeline", &name, raw.name.span));
        return None;
    }
    if standard.pipelines.contains_key(&name) {
        gatherer.diagnostics.push(
            Diagnostic::error(
                Code::DuplicateDeclaration,
                format!("the pipeline `{name}` is declared twice"),
            )
            .at(raw.name.span, "declared again"),
        );
        return None;
    }
    let context = Context::default().with("pipelineName", name.clone());
    let mut list = everywhere.clone();
    for text in &raw.allowed_topics {
        list.extend(allowed(gatherer, text, &context, standard));
    }
    let mut names = BTreeSet::new();
    let mut steps = Vec::new();
    for step in &raw.steps {
        let Some(step_name) = gatherer.evaluate(&step.name, &context) else {
            continue;
        };
        if !is_word(&step_name) {
            gatherer
                .diagnostics
                .push(not_a_word("step", &step_name, step.name.span));
        } else if !names.insert(step_name.clone()) {
            gatherer.diagnostics.push(
                Diagnostic::error(
                    Code::DuplicateDeclaration,
                    format!("the step `{step_name}` stands twice in `{name}`"),
                )
                .at(step.name.span, "declared again"),
            );
        } else {
            steps.push((step, step_name));
        }
    }
    standard.pipelines.insert(name.clone(), names);
    Some(Named {
        raw,
        name,
        context,
        allowed: list,
        steps,
    })
}

/// An entry of a list of allowed topics.
fn allowed(
    gatherer: &mut Gatherer<'_, '_>,
    text: &Text,
    context: &Context<'_>,
    standard: &Standard,
) -> Option<String> {
    let name = gatherer.evaluate(text, context)?;
    topic_name(&name, text.span, gatherer.diagnostics)?;
    if standard.claims(&name) && standard.parse(&name).is_none() {
        gatherer
            .diagnostics
            .push(standard.malformed(&name, text.span));
        return None;
    }
    Some(name)
}

/// Names take part in standard names, whose parts are divided by dots.
fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn not_a_word(kind: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::IllegalName, format!("`{name}` cannot name a {kind}"))
        .at(span, "")
        .help("it becomes a part of topic names: use letters, digits, `-` and `_`")
}

fn step_topics<'a>(
    gatherer: &mut Gatherer<'_, 'a>,
    pipeline: &Named<'a>,
    step: &'a Step,
    name: &str,
    standard: &Standard,
) -> StepUse {
    let context = pipeline.context.clone().with("stepName", name.to_owned());
    let uses = |gatherer: &mut Gatherer<'_, 'a>, texts: &[Text]| -> Vec<Used> {
        let used = texts
            .iter()
            .map(|text| used(gatherer, text, pipeline, &context, standard));
        used.collect::<Vec<_>>().into_iter().flatten().collect()
    };
    let reads = uses(gatherer, &step.consumes);
    let writes = uses(gatherer, &step.produces);
    let main = |gatherer: &mut Gatherer<'_, 'a>, derived: Option<&'a raw::Derived>, kind| {
        let (raw, span) = stated(gatherer, derived?, kind, &context)?;
        let name = match raw.and_then(|raw| raw.name.as_ref()) {
            Some(own) => used(gatherer, own, pipeline, &context, standard)?.name,
            None => topic_name(
                &standard.name(&pipeline.name, name, kind),
                span,
                gatherer.diagnostics,
            )?,
        };
        let main = Main {
            raw,
            span,
            tier: pipeline.raw.tier.as_ref(),
            owner: pipeline.raw.owner.as_ref(),
        };
        gatherer.main(main, name, context.clone())
    };
    let input = main(gatherer, step.input.as_ref(), "input");
    let output = main(gatherer, step.output.as_ref(), "output");
    let source = match output.or(input) {
        Some(index) => Source::Known(index),
        None => Source::Widest(reads.iter().map(|used| used.name.clone()).collect()),
    };
    for (derived, kind, role, defaults) in [
        (
            step.error.as_ref(),
            "error",
            Role::Error,
            BuiltIn::STEP_ERROR,
        ),
        (
            step.dead_letter.as_ref(),
            "dead-letter",
            Role::Dlq,
            BuiltIn::STEP_DEAD_LETTER,
        ),
    ] {
        let Some((raw, span)) =
            derived.and_then(|derived| stated(gatherer, derived, kind, &context))
        else {
            continue;
        };
        if matches!(&source, Source::Widest(names) if names.is_empty()) {
            gatherer.diagnostics.push(
                Diagnostic::error(
                    Code::MissingField,
                    format!("the step `{name}` has no main topic for its {kind} topic to follow"),
                )
                .at(span, "")
                .help("give the step an `output`, an `input` or something it `consumes`"),
            );
            continue;
        }
        let block = Block {
            role,
            raw,
            span,
            name: Some(standard.name(&pipeline.name, name, kind)),
            defaults: Some(defaults),
            owner: pipeline.raw.owner.as_ref(),
        };
        gatherer.block(block, None, source.clone(), context.clone());
    }
    let listeners = step.listeners.as_ref().and_then(|text| {
        let members =
            gatherer
                .resolver
                .members("listeners", text, &context, gatherer.diagnostics)?;
        Some((members, text.span))
    });
    let named = |index: Option<usize>| index.map(|index| gatherer.all.list[index].name.clone());
    StepUse {
        pipeline: pipeline.name.clone(),
        step: name.to_owned(),
        listeners,
        reads,
        writes,
        input: named(input),
        output: named(output),
    }
}

/// The main topic of a step.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A candidate.
    Known(usize),
    /// Of these, the one with most partitions: known when all partitions are.
    Widest(Vec<TopicName>),
}

/// Whether a step has a topic, and its block.
fn stated<'a>(
    gatherer: &mut Gatherer<'_, 'a>,
    derived: &'a raw::Derived,
    kind: &str,
    context: &Context<'_>,
) -> Option<(Option<&'a Topic>, Span)> {
    match derived {
        raw::Derived::Block(raw) => Some((Some(raw), raw.span)),
        raw::Derived::Text(text) => gatherer
            .flag(kind, Some(text), context)
            .then_some((None, text.span)),
    }
}

/// A name that a step uses, checked.
fn used(
    gatherer: &mut Gatherer<'_, '_>,
    text: &Text,
    pipeline: &Named<'_>,
    context: &Context<'_>,
    standard: &Standard,
) -> Option<Used> {
    let value = gatherer.evaluate(text, context)?;
    if pipeline.allowed.contains(&value) {
        let name = topic_name(&value, text.span, gatherer.diagnostics)?;
        return Some(Used {
            name,
            span: text.span,
            standard: false,
        });
    }
    let own = pipeline.name.as_str();
    // `STEP.output` is short for the standard name of this pipeline's step.
    let long = match value.split_once('.') {
        Some((step, kind)) if KINDS.contains(&kind) && standard.pipelines[own].contains(step) => {
            standard.name(own, step, kind)
        }
        _ => value.clone(),
    };
    let Some((named, step, _)) = standard.parse(&long) else {
        let problem = if standard.claims(&value) {
            standard.malformed(&value, text.span)
        } else {
            not_allowed(&value, text.span, pipeline, gatherer.diagnostics)
        };
        gatherer.diagnostics.push(problem);
        return None;
    };
    if named != own {
        let message = if standard.pipelines.contains_key(named) {
            format!("`{value}` belongs to the pipeline `{named}`, not to `{own}`")
        } else {
            format!("`{value}` names a pipeline `{named}`, and this one is `{own}`")
        };
        gatherer.diagnostics.push(
            Diagnostic::error(Code::PipelineForeignTopic, message)
                .at(text.span, "another pipeline's topic")
                .help("pipelines meet in custom topics that both list in `allowed_topics`"),
        );
        return None;
    }
    let steps = &standard.pipelines[own];
    if !steps.contains(step) {
        let problem = Diagnostic::error(
            Code::PipelineUnknownStep,
            format!("the pipeline `{own}` has no step `{step}`"),
        );
        let near = gatherer
            .diagnostics
            .nearest(step, steps.iter().map(String::as_str));
        gatherer.diagnostics.push(match near {
            Some(near) => problem.at(text.span, format!("did you mean `{near}`?")),
            None => problem.at(text.span, ""),
        });
        return None;
    }
    let name = topic_name(&long, text.span, gatherer.diagnostics)?;
    Some(Used {
        name,
        span: text.span,
        standard: true,
    })
}

fn not_allowed(name: &str, span: Span, pipeline: &Named<'_>, others: &Diagnostics) -> Diagnostic {
    let own = &pipeline.name;
    let problem = Diagnostic::error(
        Code::PipelineTopicNotAllowed,
        format!("the pipeline `{own}` does not list the custom topic `{name}`"),
    );
    // A step's short name with a slip of the pen is more likely than a topic that nobody listed.
    let short = pipeline
        .steps
        .iter()
        .flat_map(|(_, step)| KINDS.iter().map(move |kind| format!("{step}.{kind}")));
    let known: Vec<_> = pipeline.allowed.iter().cloned().chain(short).collect();
    match others.nearest(name, known.iter().map(String::as_str)) {
        Some(near) => problem.at(span, format!("did you mean `{near}`?")),
        None => problem.at(span, "").help(format!(
            "list it: allowed_topics: [{name}], in every pipeline that uses it"
        )),
    }
}

/// Every topic that a step uses must be declared.
pub(super) fn check_declared(
    uses: &[StepUse],
    all: &Candidates<'_>,
    diagnostics: &mut Diagnostics,
) {
    for used in uses
        .iter()
        .flat_map(|step| step.reads.iter().chain(&step.writes))
    {
        if all.index(&used.name).is_none() {
            diagnostics.push(all.unknown(&used.name, diagnostics).at(used.span, ""));
        }
    }
}

/// Chooses the main topic of steps that only consume: the topic with most partitions, the first
/// of several.
pub(super) fn widest(
    names: &[TopicName],
    all: &Candidates<'_>,
    mut partitions: impl FnMut(usize) -> Option<i32>,
) -> Option<usize> {
    let known = names.iter().filter_map(|name| all.index(name));
    let counted = known.filter_map(|index| Some((partitions(index)?, index)));
    counted
        .fold(None, |best: Option<(i32, usize)>, one| match best {
            Some(best) if best.0 >= one.0 => Some(best),
            _ => Some(one),
        })
        .map(|(_, index)| index)
        .or_else(|| names.iter().find_map(|name| all.index(name)))
}

/// Adds the pipelines' consumer group to the standard topics that they read, and compares
/// listeners with partitions.
pub(super) fn finish(
    uses: &[StepUse],
    topics: &mut [DeclaredTopic],
    diagnostics: &mut Diagnostics,
) {
    let index: BTreeMap<TopicName, usize> = topics
        .iter()
        .enumerate()
        .map(|(at, topic)| (topic.name.clone(), at))
        .collect();
    for step in uses {
        let group = format!("{}-consumer-group", step.pipeline);
        let produces: Vec<String> = step
            .output
            .iter()
            .chain(step.writes.iter().map(|used| &used.name))
            .map(ToString::to_string)
            .collect();
        for used in step.reads.iter().filter(|used| used.standard) {
            let Some(at) = index.get(&used.name) else {
                continue;
            };
            let groups = &mut topics[*at].consumer_groups;
            match groups.iter_mut().find(|known| known.name == group) {
                Some(known) => {
                    let new = produces
                        .iter()
                        .filter(|name| !known.produces.contains(name));
                    let new: Vec<_> = new.cloned().collect();
                    known.produces.extend(new);
                }
                None => groups.push(ConsumerGroup {
                    name: group.clone(),
                    members: None,
                    members_at: None,
                    produces: produces.clone(),
                }),
            }
        }
        let read = step.reads.iter().map(|used| &used.name).chain(&step.input);
        let written = step
            .writes
            .iter()
            .map(|used| &used.name)
            .chain(&step.output);
        for (name, writes) in read
            .map(|name| (name, false))
            .chain(written.map(|name| (name, true)))
        {
            let Some(at) = index.get(name) else { continue };
            topics[*at].steps.push(topic::StepUse {
                pipeline: step.pipeline.clone(),
                step: step.step.clone(),
                writes,
            });
        }
        diagnostics.extend(idle_listeners(step, |name| {
            Some(&topics[*index.get(name)?])
        }));
    }
}

fn idle_listeners<'t>(
    step: &StepUse,
    topic: impl Fn(&TopicName) -> Option<&'t DeclaredTopic>,
) -> Option<Diagnostic> {
    let (listeners, span) = step.listeners?;
    let counts = step.reads.iter().map(|used| {
        topic(&used.name)?
            .partitions
            .as_ref()
            .map(|declared| i64::from(declared.value.get()))
    });
    let partitions: i64 = counts.sum::<Option<i64>>().filter(|sum| *sum > 0)?;
    let idle = i64::from(listeners) - partitions;
    (idle > 0).then(|| {
        Diagnostic::warning(
            Code::MoreMembersThanPartitions,
            format!("{listeners} listeners read {partitions} partitions"),
        )
        .at(span, format!("{idle} would be idle"))
        .help("a partition is read by one member of a group at a time")
    })
}

/// A candidate whose main topic is not known yet.
pub(super) fn is_late(candidate: &Candidate<'_>) -> bool {
    !candidate.widest_of.is_empty()
}
