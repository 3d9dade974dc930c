//! Which topics the manifests name: every entry that holds under the profile, and in `derived` its
//! retry ladder, dead letters and errors. Pure.
//!
//! Decides names, roles and tiers, and hands each topic to [`super::candidates`]; values are
//! [`super::resolve`]'s.

mod derived;

use super::candidates::{Candidate, Candidates};
use super::interpolate::Context;
use super::names::topic_name;
use super::raw::{Derived, Entry, Topic};
use super::resolver::Resolver;
use super::tiers::BuiltIn;
use super::values::{boolean, truth};
use super::yaml::Text;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::topic::{Role, TopicName};

pub(super) use derived::{Block, Source};

const DEFAULT_TIER: &str = "standard";

pub(super) struct Gatherer<'g, 'a> {
    pub(super) resolver: &'g Resolver<'a>,
    pub(super) diagnostics: &'g mut Diagnostics,
    pub(super) all: &'g mut Candidates<'a>,
}

pub(super) struct Main<'a> {
    pub(super) raw: Option<&'a Topic>,
    pub(super) span: Span,
    pub(super) dlq: Option<&'a Derived>,
    /// The tier and the owner of what it is a part of.
    pub(super) tier: Option<&'a Text>,
    pub(super) owner: Option<&'a Text>,
}

impl<'a> Gatherer<'_, 'a> {
    pub(super) fn evaluate(&mut self, text: &Text, context: &Context<'_>) -> Option<String> {
        self.resolver.evaluate(text, context, self.diagnostics)
    }

    pub(super) fn entry(&mut self, entry: &'a Entry) {
        let Entry { topic, family } = entry;
        if !self.holds(topic.usage.profiles.as_deref()) {
            return self.check_tiers(entry);
        }
        let Some(name) = &topic.name else { return };
        let value = self.evaluate(name, &Context::default());
        let name = value.and_then(|value| topic_name(&value, name.span, self.diagnostics));
        let Some(name) = name else { return };
        let main = Main {
            raw: Some(topic),
            span: topic.span(),
            dlq: family.dlq.as_ref(),
            tier: None,
            owner: None,
        };
        // The families of a duplicate would only repeat its error.
        let Some(index) = self.main(main, name.clone(), Context::default()) else {
            return;
        };
        if let Some(retry) = &family.retry {
            self.retry(retry, index, &name);
        }
        self.derived(family.dlq.as_ref(), Role::Dlq, index, &name);
        self.derived(family.error.as_ref(), Role::Error, index, &name);
    }

    /// The tiers of an entry that is not declared under this profile. Those with variables are
    /// left alone, because their values may belong to another run.
    fn check_tiers(&mut self, entry: &'a Entry) {
        let Entry { topic, family } = entry;
        let derived = [&family.dlq, &family.error].into_iter().flatten();
        let blocks = derived.filter_map(|derived| match derived {
            Derived::Block(block) => Some(&**block),
            Derived::Text(_) => None,
        });
        let retry = family.retry.iter().flat_map(|retry| {
            let own = retry.delays.0.iter().filter_map(|step| step.own.as_ref());
            own.chain([&retry.block])
        });
        for tier in blocks
            .chain(retry)
            .chain([topic])
            .filter_map(|block| block.basics.tier.as_ref())
        {
            if !tier.text.contains('$') {
                self.tier(tier, &Context::default());
            }
        }
    }

    /// A main topic; gives its index.
    pub(super) fn main(
        &mut self,
        main: Main<'a>,
        name: TopicName,
        context: Context<'a>,
    ) -> Option<usize> {
        let external = self.flag(
            "external",
            main.raw.and_then(|raw| raw.usage.external.as_ref()),
            &context,
        );
        if name.is_internal() && !external {
            let help = "with `external: true` it can be verified";
            self.diagnostics.push(internal(&name, main.span).help(help));
        }
        let context = context.with("topic", name.as_str().to_owned());
        let tier = if external {
            None
        } else {
            self.main_tier(&main, &context)
        };
        let shared_dlq = main.dlq.and_then(|dlq| self.shared_dlq(dlq, &name));
        self.all.add(
            Candidate {
                name,
                role: Role::Main,
                source: None,
                widest_of: Vec::new(),
                raw: main.raw,
                owns_block: true,
                span: main.span,
                external,
                tier,
                defaults: None,
                owner: main.owner,
                delay: None,
                shared_dlq,
                beside: Vec::new(),
                again: Vec::new(),
                context,
            },
            self.resolver.sources,
            self.diagnostics,
        )
    }

    /// Whether something is declared under the chosen profile.
    pub(super) fn holds(&mut self, profiles: Option<&[Text]>) -> bool {
        let Some(profiles) = profiles else {
            return true;
        };
        let mut holds = false;
        for text in profiles {
            let Some(name) = self.evaluate(text, &Context::default()) else {
                continue;
            };
            holds |= self.resolver.is_chosen(&name);
            let named = Text {
                text: name,
                span: text.span,
            };
            self.resolver.project.profile(&named, self.diagnostics);
        }
        holds
    }

    fn main_tier(
        &mut self,
        main: &Main<'a>,
        context: &Context<'_>,
    ) -> Option<(&'a str, Option<Span>)> {
        let own = main
            .raw
            .and_then(|raw| raw.basics.tier.as_ref())
            .or(main.tier);
        match own.or(self.resolver.project.default_tier) {
            Some(tier) => self.tier(tier, context),
            None => Some((DEFAULT_TIER, None)),
        }
    }

    fn tier(&mut self, tier: &'a Text, context: &Context<'_>) -> Option<(&'a str, Option<Span>)> {
        let name = self.evaluate(tier, context)?;
        let project = self.resolver.project;
        // A tier chosen by a variable is known by the declaration's text, which lives long enough.
        let known = project
            .tiers
            .get_key_value(name.as_str())
            .map(|(key, _)| *key)
            .or_else(|| BuiltIn::by_name(&name).map(|built_in| built_in.name));
        if known.is_none() {
            let problem = project.unknown_tier(&name, Some(tier.span), self.diagnostics);
            self.diagnostics.push(problem);
        }
        known.map(|name| (name, Some(tier.span)))
    }

    fn shared_dlq(&mut self, dlq: &Derived, main: &TopicName) -> Option<(TopicName, Span)> {
        let Derived::Text(text) = dlq else {
            return None;
        };
        let context = Context::default().with("source", main.as_str());
        let value = self.evaluate(text, &context)?;
        if boolean(&value).is_some() {
            return None;
        }
        Some((topic_name(&value, text.span, self.diagnostics)?, text.span))
    }

    /// A field that is `true` or `false`; without it, it is false.
    pub(super) fn flag(&mut self, field: &str, text: Option<&Text>, context: &Context<'_>) -> bool {
        let Some(text) = text else { return false };
        let Some(value) = self.evaluate(text, context) else {
            return false;
        };
        let flag = boolean(&value);
        if flag.is_none() {
            let message = format!("`{field}` is `{value}`, expected `true` or `false`");
            let help = match truth(&value) {
                Some(meant) => format!("write `{field}: {meant}`"),
                None => format!("write `{field}: true`, or leave it out"),
            };
            let diagnostic = Diagnostic::error(Code::WrongType, message);
            self.diagnostics
                .push(diagnostic.at(text.span, "").help(help));
        }
        flag.unwrap_or_default()
    }
}

fn internal(name: &TopicName, span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::InternalName,
        format!("`{name}` is one of Kafka's own topics and is never created here"),
    )
    .at(span, "")
}
