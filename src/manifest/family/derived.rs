//! The blocks of a family: retry ladders, dead letters and errors, each with its name, its tier and
//! the main topic that it is derived from. Pure; gives no values.

use super::{Gatherer, internal};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::candidates::Candidate;
use crate::manifest::interpolate::Context;
use crate::manifest::names::{near_name, topic_name};
use crate::manifest::raw::{self, Retry, Topic};
use crate::manifest::tiers::BuiltIn;
use crate::manifest::values::{boolean, delay_ms, truth};
use crate::manifest::yaml::{Text, flow_scalar};
use crate::topic::{Delay, Role, TopicName};

const RETRY_NAME: &str = "${source}-retry-${delay}";
const DLQ_NAME: &str = "${source}-dlq";
const ERROR_NAME: &str = "${source}-error";

/// A derived topic's block, which may be no more than a word.
pub(in crate::manifest) struct Block<'a> {
    pub(in crate::manifest) role: Role,
    pub(in crate::manifest) raw: Option<&'a Topic>,
    /// Whether no other topic has it.
    pub(in crate::manifest) is_own: bool,
    pub(in crate::manifest) span: Span,
    /// The name of one that states none, where the naming rules do not say.
    pub(in crate::manifest) name: Option<String>,
    /// What stands in the place of the built-in tier.
    pub(in crate::manifest) defaults: Option<BuiltIn>,
    pub(in crate::manifest) owner: Option<&'a Text>,
}

impl<'a> Block<'a> {
    fn plain(role: Role, raw: Option<&'a Topic>, span: Span) -> Self {
        Self {
            role,
            raw,
            is_own: true,
            span,
            name: None,
            defaults: None,
            owner: None,
        }
    }
}

#[derive(Clone, Debug)]
pub(in crate::manifest) enum Source {
    Known(usize),
    /// Of these, the one with most partitions: known when all partitions are.
    Widest(Vec<TopicName>),
}

impl<'a> Gatherer<'_, 'a> {
    /// A topic for each step of `retry`.
    pub(super) fn retry(&mut self, retry: &'a Retry, main: usize, source: &TopicName) {
        for (index, step) in retry.delays.0.iter().enumerate() {
            let written = &step.delay;
            let context = Context::default().with("source", source.as_str().to_owned());
            let Some(delay) = self.evaluate(written, &context) else {
                continue;
            };
            let Some(ms) = delay_ms(&delay, written.span, self.diagnostics) else {
                continue;
            };
            let context = context
                .with("delay", delay.clone())
                .with("delay_ms", ms.to_string())
                .with("index", index.to_string())
                .with("attempt", (index + 1).to_string());
            let delay = Delay {
                index,
                written: delay,
                ms,
            };
            let raw = step.own.as_ref().unwrap_or(&retry.block);
            let block = Block {
                is_own: step.own.is_some(),
                ..Block::plain(Role::Retry, Some(raw), written.span)
            };
            self.block(block, Some(delay), Source::Known(main), context);
        }
    }

    /// `dlq` or `error`.
    pub(super) fn derived(
        &mut self,
        derived: Option<&'a raw::Derived>,
        role: Role,
        main: usize,
        source: &TopicName,
    ) {
        let Some(derived) = derived else { return };
        let context = Context::default().with("source", source.as_str().to_owned());
        let block = match derived {
            raw::Derived::Block(raw) => Block::plain(role, Some(raw), raw.span()),
            raw::Derived::Text(text) => {
                let Some(value) = self.evaluate(text, &context) else {
                    return;
                };
                match boolean(&value) {
                    Some(true) => Block::plain(role, None, text.span),
                    Some(false) => return,
                    // The name of a shared one, which an entry of its own declares.
                    None if role == Role::Dlq => return,
                    None => {
                        self.diagnostics.push(not_a_block(role, &value, text.span));
                        return;
                    }
                }
            }
        };
        self.block(block, None, Source::Known(main), context);
    }

    pub(in crate::manifest) fn block(
        &mut self,
        block: Block<'a>,
        delay: Option<Delay>,
        source: Source,
        context: Context<'a>,
    ) {
        if block
            .raw
            .is_some_and(|raw| !self.holds(raw.usage.profiles.as_deref()))
        {
            return;
        }
        let Some((name, span)) = self.derived_name(&block, &context) else {
            return;
        };
        let external_flag = block.raw.and_then(|raw| raw.usage.external.as_ref());
        let external = self.flag("external", external_flag, &context);
        let context = context.with("topic", name.as_str().to_owned());
        let tier = match block.raw.and_then(|raw| raw.basics.tier.as_ref()) {
            _ if external => None,
            Some(tier) => self.tier(tier, &context),
            None => Some((block.role.as_str(), None)),
        };
        if name.is_internal() {
            self.diagnostics
                .push(internal(&name, span).help("give the derived topic another `name`"));
        }
        let (source, widest_of) = match source {
            Source::Known(index) => (Some(index), Vec::new()),
            Source::Widest(names) => (None, names),
        };
        self.all.add(
            Candidate {
                name,
                role: block.role,
                source,
                widest_of,
                raw: block.raw,
                owns_block: block.is_own,
                span,
                external,
                tier,
                defaults: block.defaults,
                owner: block.owner,
                delay,
                shared_dlq: None,
                beside: Vec::new(),
                again: Vec::new(),
                context,
            },
            self.resolver.sources,
            self.diagnostics,
        );
    }

    /// The block's own name, else the project's naming, else the usual one. The place is the
    /// block's, for a naming rule has many topics.
    fn derived_name(
        &mut self,
        block: &Block<'a>,
        context: &Context<'_>,
    ) -> Option<(TopicName, Span)> {
        let naming = self.resolver.project.naming;
        let (rule, usual) = match block.role {
            Role::Retry => (naming.and_then(|naming| naming.retry.as_ref()), RETRY_NAME),
            Role::Dlq => (naming.and_then(|naming| naming.dlq.as_ref()), DLQ_NAME),
            Role::Error | Role::Main => {
                (naming.and_then(|naming| naming.error.as_ref()), ERROR_NAME)
            }
        };
        let own = block.raw.and_then(|raw| raw.name.as_ref());
        if let (Some(name), None) = (&block.name, own) {
            return Some((topic_name(name, block.span, self.diagnostics)?, block.span));
        }
        let usual = Text {
            text: usual.to_owned(),
            span: block.span,
        };
        let rule = own.or(rule).unwrap_or(&usual);
        let value = self.evaluate(rule, context)?;
        let span = if block.role == Role::Retry {
            block.span
        } else {
            own.map_or(block.span, |own| own.span)
        };
        Some((topic_name(&value, span, self.diagnostics)?, span))
    }
}

fn not_a_block(role: Role, value: &str, span: Span) -> Diagnostic {
    let message = format!("`{role}` is `{value}`, expected `true` or a block of fields");
    let help = match (truth(value), near_name(value)) {
        (Some(meant), _) => format!("write `{role}: {meant}`"),
        (None, Some(name)) => {
            let name = flow_scalar(&name);
            format!("for a name of its own write `{role}: {{ name: {name} }}`")
        }
        (None, None) => format!("write `{role}: true`"),
    };
    Diagnostic::error(Code::WrongType, message)
        .at(span, "")
        .help(help)
}
