//! Names in pipelines: the standard names of steps' topics, and whether a step may use a name. Pure;
//! makes no topics.
//!
//! A name that a step uses is judged in this order: its variables, the explicit list of allowed
//! topics, the pattern of standard names, and whether a standard name is this pipeline's own.

use std::collections::{BTreeMap, BTreeSet};

use super::Named;
use super::uses::Used;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::manifest::family::Gatherer;
use crate::manifest::interpolate::Context;
use crate::manifest::names::topic_name;
use crate::manifest::yaml::Text;
use crate::wording::did_you_mean;

/// The last words of a standard name.
const KINDS: [&str; 4] = ["input", "output", "error", "dead-letter"];

pub(super) struct Standard {
    prefix: String,
    pipelines: BTreeMap<String, BTreeSet<String>>,
}

impl Standard {
    pub(super) fn new(prefix: String) -> Self {
        Self {
            prefix,
            pipelines: BTreeMap::new(),
        }
    }

    pub(super) fn has_pipeline(&self, name: &str) -> bool {
        self.pipelines.contains_key(name)
    }

    pub(super) fn add_pipeline(&mut self, name: String, steps: BTreeSet<String>) {
        self.pipelines.insert(name, steps);
    }

    pub(super) fn name(&self, pipeline: &str, step: &str, kind: &str) -> String {
        format!("{}pipeline.{pipeline}.step.{step}.{kind}", self.prefix)
    }

    /// Pipeline and step of a name that follows the pattern.
    fn parse<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str)> {
        let rest = name
            .strip_prefix(self.prefix.as_str())?
            .strip_prefix("pipeline.")?;
        match rest.split('.').collect::<Vec<_>>().as_slice() {
            [pipeline, "step", step, kind] if KINDS.contains(kind) => Some((pipeline, step)),
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

pub(super) fn allowed(
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
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

pub(super) fn not_a_word(kind: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::IllegalName, format!("`{name}` cannot name a {kind}"))
        .at(span, "")
        .help("it becomes a part of topic names: use letters, digits, `-` and `_`")
}

/// A name that a step uses, checked.
pub(super) fn used(
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
    if let Some((step, kind)) = value.split_once('.')
        && KINDS.contains(&kind)
        && standard.pipelines[own].contains(step)
    {
        let long = standard.name(own, step, kind);
        let name = topic_name(&long, text.span, gatherer.diagnostics)?;
        return Some(Used::standard(name, text.span));
    }
    let Some((named, step)) = standard.parse(&value) else {
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
            Some(near) => problem.at(text.span, did_you_mean(near)),
            None => problem.at(text.span, ""),
        });
        return None;
    }
    let name = topic_name(&value, text.span, gatherer.diagnostics)?;
    Some(Used::standard(name, text.span))
}

fn not_allowed(name: &str, span: Span, pipeline: &Named<'_>, others: &Diagnostics) -> Diagnostic {
    let own = &pipeline.name;
    let problem = Diagnostic::error(
        Code::PipelineTopicNotAllowed,
        format!("the pipeline `{own}` does not list the custom topic `{name}`"),
    );
    // A misspelled short name of a step is more likely than a topic that nobody listed.
    let short = pipeline
        .steps
        .iter()
        .flat_map(|(_, step)| KINDS.iter().map(move |kind| format!("{step}.{kind}")));
    let known: Vec<_> = pipeline.allowed.iter().cloned().chain(short).collect();
    match others.nearest(name, known.iter().map(String::as_str)) {
        Some(near) => problem.at(span, did_you_mean(near)),
        None => problem.at(span, "").help(format!(
            "list it: allowed_topics: [{name}], in every pipeline that uses it"
        )),
    }
}
