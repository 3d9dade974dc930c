//! Pipelines, lowered: the topics of their steps become candidates like any other. Pure.
//!
//! `names` judges the names that steps read and write; `uses` holds what they read and write against
//! the topics that there are. Values are [`super::resolve`]'s.

mod names;
mod uses;

use std::collections::BTreeSet;

use super::family::{Block, Gatherer, Main, Source};
use super::interpolate::Context;
use super::names::topic_name;
use super::raw::{self, Pipeline, Step, Topic};
use super::tiers::BuiltIn;
use super::values::positive;
use super::yaml::Text;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::topic::Role;
use names::{Standard, allowed, is_word, not_a_word, used};
use uses::Used;

pub(super) use uses::{StepUse, check_declared, finish};

/// A pipeline whose names are known.
struct Named<'a> {
    raw: &'a Pipeline,
    name: String,
    context: Context<'a>,
    allowed: BTreeSet<String>,
    steps: Vec<(&'a Step, String)>,
}

/// Makes candidates of all steps' topics, and says what the steps use.
pub(super) fn gather<'a>(gatherer: &mut Gatherer<'_, 'a>) -> Vec<StepUse> {
    let project = gatherer.resolver.project;
    if project.pipelines.is_empty() {
        return Vec::new();
    }
    let none = Context::default();
    let prefix = project
        .naming
        .and_then(|naming| naming.pipeline_prefix.as_ref());
    let prefix = prefix.and_then(|prefix| gatherer.evaluate(prefix, &none));
    let mut standard = Standard::new(prefix.unwrap_or_default());
    let mut everywhere = BTreeSet::new();
    for text in project
        .naming
        .iter()
        .flat_map(|naming| &naming.allowed_topics)
    {
        everywhere.extend(allowed(gatherer, text, &none, &standard));
    }
    let mut named: Vec<Named<'a>> = Vec::new();
    for raw in &project.pipelines {
        named.extend(name_pipeline(gatherer, raw, &mut standard, &everywhere));
    }
    let mut uses = Vec::new();
    for pipeline in &named {
        for (step, name) in &pipeline.steps {
            let lowering = Lowering {
                gatherer: &mut *gatherer,
                standard: &standard,
                pipeline,
                step,
                name,
                context: pipeline.context.clone().with("stepName", name.clone()),
            };
            uses.push(lowering.lower());
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
    if standard.has_pipeline(&name) {
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
    let mut custom = everywhere.clone();
    for text in raw.allowed_topics.iter().chain(&raw.allowed_kafka_topics) {
        custom.extend(allowed(gatherer, text, &context, standard));
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
    standard.add_pipeline(name.clone(), names);
    Some(Named {
        raw,
        name,
        context,
        allowed: custom,
        steps,
    })
}

/// A step while its topics are made.
struct Lowering<'l, 'g, 'a> {
    gatherer: &'l mut Gatherer<'g, 'a>,
    standard: &'l Standard,
    pipeline: &'l Named<'a>,
    step: &'a Step,
    name: &'l str,
    context: Context<'a>,
}

impl<'a> Lowering<'_, '_, 'a> {
    /// Makes the step's topics, and says what it uses.
    fn lower(mut self) -> StepUse {
        let step = self.step;
        let reads = self.uses(&step.consumes);
        let writes = self.uses(&step.produces);
        let input = self.main(step.input.as_ref(), "input");
        let output = self.main(step.output.as_ref(), "output");
        let source = match output.or(input) {
            Some(index) => Source::Known(index),
            None => Source::Widest(reads.iter().map(|used| used.name.clone()).collect()),
        };
        self.derived(step.error.as_ref(), Role::Error, &source);
        self.derived(step.dead_letter.as_ref(), Role::Dlq, &source);
        let listeners = self.listeners();
        let candidates = &self.gatherer.all.list;
        let named = |index: Option<usize>| index.map(|index| candidates[index].name.clone());
        StepUse {
            pipeline: self.pipeline.name.clone(),
            step: self.name.to_owned(),
            listeners,
            reads,
            writes,
            input: named(input),
            output: named(output),
        }
    }

    fn uses(&mut self, texts: &[Text]) -> Vec<Used> {
        texts.iter().filter_map(|text| self.used(text)).collect()
    }

    fn used(&mut self, text: &Text) -> Option<Used> {
        let (pipeline, context) = (self.pipeline, &self.context);
        used(self.gatherer, text, pipeline, context, self.standard)
    }

    fn standard_name(&self, kind: &str) -> String {
        self.standard.name(&self.pipeline.name, self.name, kind)
    }

    /// A topic that the step reads or writes by itself; gives its index.
    fn main(&mut self, derived: Option<&'a raw::Derived>, kind: &str) -> Option<usize> {
        let (raw, span) = self.stated(derived?, kind)?;
        let name = match raw.and_then(|raw| raw.name.as_ref()) {
            Some(own) => self.used(own)?.name,
            None => topic_name(&self.standard_name(kind), span, self.gatherer.diagnostics)?,
        };
        let main = Main {
            raw,
            span,
            dlq: None,
            tier: self.pipeline.raw.tier.as_ref(),
            owner: self.pipeline.raw.owner.as_ref(),
        };
        self.gatherer.main(main, name, self.context.clone())
    }

    /// A topic that follows the step's main topic.
    fn derived(&mut self, derived: Option<&'a raw::Derived>, role: Role, source: &Source) {
        let (kind, defaults) = match role {
            Role::Dlq => ("dead-letter", BuiltIn::STEP_DEAD_LETTER),
            _ => ("error", BuiltIn::STEP_ERROR),
        };
        let stated = derived.and_then(|derived| self.stated(derived, kind));
        let Some((raw, span)) = stated else { return };
        if matches!(source, Source::Widest(names) if names.is_empty()) {
            let name = self.name;
            self.gatherer.diagnostics.push(
                Diagnostic::error(
                    Code::MissingField,
                    format!("the step `{name}` has no main topic for its {kind} topic to follow"),
                )
                .at(span, "")
                .help("give the step an `output`, an `input` or something it `consumes`"),
            );
            return;
        }
        let block = Block {
            role,
            raw,
            is_own: true,
            span,
            name: Some(self.standard_name(kind)),
            defaults: Some(defaults),
            owner: self.pipeline.raw.owner.as_ref(),
        };
        let (source, context) = (source.clone(), self.context.clone());
        self.gatherer.block(block, None, source, context);
    }

    /// Whether the step has a topic, and its block.
    fn stated(
        &mut self,
        derived: &'a raw::Derived,
        kind: &str,
    ) -> Option<(Option<&'a Topic>, Span)> {
        match derived {
            raw::Derived::Block(raw) => Some((Some(raw), raw.span())),
            raw::Derived::Text(text) => self
                .gatherer
                .flag(&kind.replace('-', "_"), Some(text), &self.context)
                .then_some((None, text.span)),
        }
    }

    fn listeners(&mut self) -> Option<(u32, Span)> {
        let text = self.step.listeners.as_ref()?;
        let value = self.gatherer.evaluate(text, &self.context)?;
        let diagnostics = &mut *self.gatherer.diagnostics;
        let listeners = positive("listeners", &value, text.span, diagnostics)?;
        Some((listeners, text.span))
    }
}
