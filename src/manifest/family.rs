//! Which topics the manifests name: every entry that holds under the profile, with its retry
//! ladder, dead letters and errors. Pure.
//!
//! Decides names, roles and tiers; values are [`super::resolve`]'s.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::interpolate::Context;
use super::pipeline::{self, Source, StepUse};
use super::project::ProfileTopic;
use super::raw::{self, Settings, Topic};
use super::resolve::{ProfileSettings, Resolver};
use super::tiers::BuiltIn;
use super::yaml::Text;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources, Span};
use crate::topic::{Delay, Role, TopicName, TopicNameError};
use crate::units;

const DEFAULT_TIER: &str = "standard";
const RETRY_NAME: &str = "${source}-retry-${delay}";
const DLQ_NAME: &str = "${source}-dlq";
const ERROR_NAME: &str = "${source}-error";

/// A topic that will be declared, before its values are known.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) name: TopicName,
    pub(super) role: Role,
    /// Its main topic's index.
    pub(super) source: Option<usize>,
    /// Topics of which the one with most partitions becomes the source, once that is known.
    pub(super) widest_of: Vec<TopicName>,
    /// Its entry or block; `None` for `dlq: true`.
    pub(super) raw: Option<&'a Topic>,
    pub(super) span: Span,
    pub(super) external: bool,
    /// With the place that chose it; `None` for an external topic.
    pub(super) tier: Option<(&'a str, Option<Span>)>,
    /// What stands in the place of the built-in tier.
    pub(super) defaults: Option<BuiltIn>,
    /// The owner of what it is a part of.
    pub(super) owner: Option<&'a Text>,
    pub(super) delay: Option<Delay>,
    pub(super) shared_dlq: Option<(TopicName, Span)>,
    /// Entries of others for the same topic, with `external: true`.
    pub(super) beside: Vec<&'a Topic>,
    pub(super) context: Context<'a>,
}

/// All of them; a main topic stands before what is derived from it.
#[derive(Debug, Default)]
pub(super) struct Candidates<'a> {
    pub(super) list: Vec<Candidate<'a>>,
    pub(super) by_name: HashMap<TopicName, usize>,
    profile_settings: ProfileSettings<'a>,
    profile_places: Vec<(&'a str, TopicName, Span)>,
    /// What the steps of pipelines use.
    pub(super) steps: Vec<StepUse>,
}

impl<'a> Candidates<'a> {
    /// Names every topic that holds under the profile.
    pub(super) fn gather(resolver: &Resolver<'a>, diagnostics: &mut Diagnostics) -> Self {
        let mut all = Self::default();
        let mut gatherer = Gatherer {
            resolver,
            diagnostics,
            all: &mut all,
        };
        for topic in &resolver.project.topics {
            gatherer.entry(topic);
        }
        let steps = pipeline::gather(&mut gatherer);
        pipeline::check_declared(&steps, &all, diagnostics);
        all.steps = steps;
        // Their sources must stand before them.
        all.move_late_ones_back();
        check_collisions(&all, resolver.sources, diagnostics);
        for index in 0..all.list.len() {
            let Some((name, span)) = all.list[index].shared_dlq.clone() else {
                continue;
            };
            let found = all.index(&name);
            if found == Some(index) {
                diagnostics.push(
                    Diagnostic::error(
                        Code::UnknownTopic,
                        format!("`{name}` cannot take its own dead letters"),
                    )
                    .at(span, "")
                    .help("for a dead letter topic of its own: dlq: true"),
                );
            } else if found.is_some_and(|found| all.list[found].role != Role::Main) {
                diagnostics.push(
                    Diagnostic::error(
                        Code::UnknownTopic,
                        format!("`{name}` belongs to a family and cannot be shared"),
                    )
                    .at(span, "")
                    .help("a shared dead letter topic is declared by an entry of its own"),
                );
            } else if found.is_none() {
                let problem = match name.as_str() {
                    word @ ("yes" | "on" | "y" | "Yes" | "YES" | "On" | "ON") => Diagnostic::error(
                        Code::UnknownTopic,
                        format!("`{word}` is taken for the name of a shared dead letter topic"),
                    )
                    .help("for a dead letter topic of its own: dlq: true"),
                    _ => all.unknown(&name, diagnostics),
                };
                diagnostics.push(problem.at(span, ""));
            }
        }
        for entry in &resolver.project.profile_topics {
            if resolver
                .profiles
                .iter()
                .any(|(chosen, _)| *chosen == entry.profile)
            {
                all.profile_topic(entry, resolver, diagnostics);
            }
        }
        all
    }

    /// Takes an entry of `profiles.P.topics`.
    fn profile_topic(
        &mut self,
        entry: &ProfileTopic<'a>,
        resolver: &Resolver<'a>,
        diagnostics: &mut Diagnostics,
    ) {
        let (profile, span) = (entry.profile, entry.topic.span);
        let value = resolver.evaluate(entry.topic, &Context::default(), diagnostics);
        let Some(name) = value.and_then(|value| topic_name(&value, span, diagnostics)) else {
            return;
        };
        let topic = self.index(&name).map(|index| &self.list[index]);
        if let Some(topic) = topic
            && !entry.of_any_file
            && topic.span.source != span.source
        {
            diagnostics.push(
                Diagnostic::error(
                    Code::ProjectFile,
                    format!("`{name}` is declared in another file than this entry"),
                )
                .at(span, format!("changed here for profile {profile}"))
                .and(topic.span, "declared here")
                .help("move the entry to the topic's file, or to where the profile is declared"),
            );
            return;
        }
        let mut known = self.profile_places.iter();
        if let Some((_, _, first)) = known.find(|(p, n, _)| *p == profile && *n == name) {
            diagnostics.push(
                Diagnostic::error(
                    Code::DuplicateDeclaration,
                    format!("profile `{profile}` has two entries for `{name}`"),
                )
                .at(span, "the second one")
                .and(*first, "the first one")
                .help("join them into one"),
            );
            return;
        }
        self.profile_settings
            .insert((profile, name.clone()), entry.settings);
        self.profile_places.push((profile, name, span));
    }

    pub(super) fn index(&self, name: &TopicName) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The entry of a profile for a topic.
    pub(super) fn profile_settings(
        &self,
        profile: &'a str,
        name: &TopicName,
    ) -> Option<&'a Settings> {
        self.profile_settings.get(&(profile, name.clone())).copied()
    }

    /// All entries of the chosen profiles for topics, with their places.
    pub(super) fn profile_topics(&self) -> impl Iterator<Item = (&'a str, &TopicName, Span)> {
        self.profile_places
            .iter()
            .map(|(profile, name, span)| (*profile, name, *span))
    }

    /// A reference to a topic that is not there; the place is the caller's to add, and the other
    /// problems decide whether a suggestion is worth the search.
    pub(super) fn unknown(&self, name: &TopicName, others: &Diagnostics) -> Diagnostic {
        let diagnostic =
            Diagnostic::error(Code::UnknownTopic, format!("no topic `{name}` is declared"));
        match others.nearest(name.as_str(), self.by_name.keys().map(TopicName::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("declare it, with `external: true` if it is somebody else's"),
        }
    }

    fn move_late_ones_back(&mut self) {
        if !self.list.iter().any(pipeline::is_late) {
            return;
        }
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by_key(|index| pipeline::is_late(&self.list[*index]));
        let mut new_index = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            new_index[*old] = new;
        }
        let mut old: Vec<_> = std::mem::take(&mut self.list)
            .into_iter()
            .map(Some)
            .collect();
        self.list = order
            .into_iter()
            .filter_map(|index| old[index].take())
            .collect();
        for candidate in &mut self.list {
            candidate.source = candidate.source.map(|source| new_index[source]);
        }
        self.by_name
            .values_mut()
            .for_each(|index| *index = new_index[*index]);
    }

    /// Takes a topic and gives its index. A second one of the same name is reported and dropped,
    /// but for an external entry beside the one that declares the topic.
    fn add(
        &mut self,
        candidate: Candidate<'a>,
        sources: &Sources,
        diagnostics: &mut Diagnostics,
    ) -> Option<usize> {
        let Some(at) = self.by_name.get(&candidate.name).copied() else {
            self.by_name.insert(candidate.name.clone(), self.list.len());
            self.list.push(candidate);
            return Some(self.list.len() - 1);
        };
        let first = &mut self.list[at];
        if first.role == Role::Main && candidate.role == Role::Main {
            match (first.external, candidate.external) {
                (false, true) => {
                    first.beside.extend(candidate.raw);
                    first.shared_dlq = first.shared_dlq.take().or(candidate.shared_dlq);
                    return Some(at);
                }
                (true, false) => {
                    let external = std::mem::replace(first, candidate);
                    first.beside.extend(external.raw);
                    first.shared_dlq = first.shared_dlq.take().or(external.shared_dlq);
                    return Some(at);
                }
                _ => {}
            }
        }
        diagnostics.push(declared_twice(first, &candidate, sources));
        None
    }
}

/// Which one is the second does not depend on the order of reading.
fn declared_twice(first: &Candidate<'_>, second: &Candidate<'_>, sources: &Sources) -> Diagnostic {
    let name = &first.name;
    let error = |message: String| Diagnostic::error(Code::DuplicateTopic, message);
    let twice = || error(format!("`{name}` is declared twice"));
    let diagnostic = match (first.role, second.role) {
        (Role::Retry, Role::Retry) if first.source == second.source => error(format!(
            "two steps of a retry ladder are both called `{name}`"
        ))
        .help(format!("let the step into the name: {name}-${{delay}}")),
        (Role::Main, Role::Main) => twice().help("keep one, or give each its own `profiles`"),
        (Role::Dlq, Role::Main) | (Role::Main, Role::Dlq) => twice().help(format!(
            "to share the topic of the entry, write `dlq: {name}`; else rename one"
        )),
        (Role::Main, _) | (_, Role::Main) => twice().help("rename one of them"),
        _ => error(format!("two derived topics are both called `{name}`"))
            .help("give one of them a `name`; a dead letter topic can be shared: `dlq: NAME`"),
    };
    let mut places = [first.span, second.span];
    places.sort_by_cached_key(|span| sources.location(*span));
    diagnostic
        .at(places[1], "declared again")
        .and(places[0], "first declared here")
}

/// Adds candidates.
pub(super) struct Gatherer<'g, 'a> {
    pub(super) resolver: &'g Resolver<'a>,
    pub(super) diagnostics: &'g mut Diagnostics,
    pub(super) all: &'g mut Candidates<'a>,
}

/// What is stated of a main topic.
pub(super) struct Main<'a> {
    pub(super) raw: Option<&'a Topic>,
    pub(super) span: Span,
    /// The tier and the owner of what it is a part of.
    pub(super) tier: Option<&'a Text>,
    pub(super) owner: Option<&'a Text>,
}

impl<'a> Gatherer<'_, 'a> {
    pub(super) fn evaluate(&mut self, text: &Text, context: &Context<'_>) -> Option<String> {
        self.resolver.evaluate(text, context, self.diagnostics)
    }

    /// An entry of `topics`.
    fn entry(&mut self, topic: &'a Topic) {
        if !self.holds(topic.profiles.as_deref()) {
            return self.check_tiers(topic);
        }
        let Some(name) = &topic.name else { return };
        let Some(value) = self.evaluate(name, &Context::default()) else {
            return;
        };
        let Some(name) = topic_name(&value, name.span, self.diagnostics) else {
            return;
        };
        let main = Main {
            raw: Some(topic),
            span: topic.span,
            tier: None,
            owner: None,
        };
        // The families of a duplicate would only repeat its error.
        let Some(index) = self.main(main, name.clone(), Context::default()) else {
            return;
        };
        self.retry(topic, index, &name);
        self.derived(topic.dlq.as_ref(), Role::Dlq, index, &name);
        self.derived(topic.error.as_ref(), Role::Error, index, &name);
    }

    /// The tiers of an entry that is not declared under this profile. Those with variables are
    /// left alone, because their values may belong to another run.
    fn check_tiers(&mut self, topic: &'a Topic) {
        let derived = [&topic.dlq, &topic.error].into_iter().flatten();
        let blocks = derived.filter_map(|derived| match derived {
            raw::Derived::Block(block) => Some(&**block),
            raw::Derived::Text(_) => None,
        });
        let retry = topic.retry.iter().flat_map(|retry| {
            let own = retry.steps.iter().filter_map(|step| step.own.as_ref());
            own.chain([&retry.block])
        });
        for tier in blocks
            .chain(retry)
            .chain([topic])
            .filter_map(|block| block.tier.as_ref())
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
            main.raw.and_then(|raw| raw.external.as_ref()),
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
        let shared_dlq = main.raw.and_then(|raw| self.shared_dlq(raw, &name));
        self.all.add(
            Candidate {
                name,
                role: Role::Main,
                source: None,
                widest_of: Vec::new(),
                raw: main.raw,
                span: main.span,
                external,
                tier,
                defaults: None,
                owner: main.owner,
                delay: None,
                shared_dlq,
                beside: Vec::new(),
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
            let named = Text {
                text: name,
                span: text.span,
            };
            self.resolver.project.profile(&named, self.diagnostics);
            holds |= self
                .resolver
                .profiles
                .iter()
                .any(|(chosen, _)| *chosen == named.text);
        }
        holds
    }

    fn main_tier(
        &mut self,
        main: &Main<'a>,
        context: &Context<'_>,
    ) -> Option<(&'a str, Option<Span>)> {
        let own = main.raw.and_then(|raw| raw.tier.as_ref()).or(main.tier);
        match own.or(self.resolver.project.default_tier) {
            Some(tier) => self.tier(tier, context),
            None => Some((DEFAULT_TIER, None)),
        }
    }

    fn tier(&mut self, tier: &'a Text, context: &Context<'_>) -> Option<(&'a str, Option<Span>)> {
        let name = self.resolver.evaluate(tier, context, self.diagnostics)?;
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

    fn shared_dlq(&mut self, topic: &Topic, main: &TopicName) -> Option<(TopicName, Span)> {
        let Some(raw::Derived::Text(text)) = topic.dlq.as_ref() else {
            return None;
        };
        let context = Context::default().with("source", main.as_str());
        let value = self.resolver.evaluate(text, &context, self.diagnostics)?;
        if boolean(&value).is_some() {
            return None;
        }
        Some((topic_name(&value, text.span, self.diagnostics)?, text.span))
    }

    fn retry(&mut self, topic: &'a Topic, main: usize, source: &TopicName) {
        let Some(retry) = topic.retry.as_deref() else {
            return;
        };
        for (index, step) in retry.steps.iter().enumerate() {
            let written = &step.delay;
            let context = Context::default().with("source", source.as_str().to_owned());
            let Some(delay) = self.resolver.evaluate(written, &context, self.diagnostics) else {
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
            let block = Block::plain(Role::Retry, Some(raw), written.span);
            self.block(block, Some(delay), Source::Known(main), context);
        }
    }

    fn derived(
        &mut self,
        derived: Option<&'a raw::Derived>,
        role: Role,
        main: usize,
        source: &TopicName,
    ) {
        let context = Context::default().with("source", source.as_str().to_owned());
        match derived {
            None => {}
            Some(raw::Derived::Block(raw)) => {
                let block = Block::plain(role, Some(raw), raw.span);
                self.block(block, None, Source::Known(main), context);
            }
            Some(raw::Derived::Text(text)) => {
                let Some(value) = self.resolver.evaluate(text, &context, self.diagnostics) else {
                    return;
                };
                match boolean(&value) {
                    Some(true) => {
                        let block = Block::plain(role, None, text.span);
                        self.block(block, None, Source::Known(main), context);
                    }
                    Some(false) => {}
                    _ if role == Role::Dlq => {} // shared: declared by an entry of its own
                    _ => self.diagnostics.push(
                        Diagnostic::error(
                            Code::WrongType,
                            format!("`{role}` is `{value}`, expected `true` or a block of fields"),
                        )
                        .at(text.span, "")
                        .help(format!(
                            "for a name of its own: {role}: {{ name: {value} }}"
                        )),
                    ),
                }
            }
        }
    }

    /// A derived topic.
    pub(super) fn block(
        &mut self,
        block: Block<'a>,
        delay: Option<Delay>,
        source: Source,
        context: Context<'a>,
    ) {
        if block
            .raw
            .is_some_and(|raw| !self.holds(raw.profiles.as_deref()))
        {
            return;
        }
        let Some((name, span)) = self.derived_name(&block, &context) else {
            return;
        };
        let external_flag = block.raw.and_then(|raw| raw.external.as_ref());
        let external = self.flag("external", external_flag, &context);
        let context = context.with("topic", name.as_str().to_owned());
        let tier = match block.raw.and_then(|raw| raw.tier.as_ref()) {
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
                span,
                external,
                tier,
                defaults: block.defaults,
                owner: block.owner,
                delay,
                shared_dlq: None,
                beside: Vec::new(),
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
        let value = self.resolver.evaluate(rule, context, self.diagnostics)?;
        let span = if block.role == Role::Retry {
            block.span
        } else {
            own.map_or(block.span, |own| own.span)
        };
        Some((topic_name(&value, span, self.diagnostics)?, span))
    }

    pub(super) fn flag(&mut self, field: &str, text: Option<&Text>, context: &Context<'_>) -> bool {
        let Some(text) = text else { return false };
        let Some(value) = self.resolver.evaluate(text, context, self.diagnostics) else {
            return false;
        };
        match boolean(&value) {
            Some(value) => value,
            None => {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::WrongType,
                        format!("`{field}` is `{value}`, expected `true` or `false`"),
                    )
                    .at(text.span, ""),
                );
                false
            }
        }
    }
}

/// A derived topic's block, which may be no more than a word.
pub(super) struct Block<'a> {
    pub(super) role: Role,
    pub(super) raw: Option<&'a Topic>,
    pub(super) span: Span,
    /// The name of one that states none, where the naming rules do not say.
    pub(super) name: Option<String>,
    /// What stands in the place of the built-in tier.
    pub(super) defaults: Option<BuiltIn>,
    /// The owner of what it is a part of.
    pub(super) owner: Option<&'a Text>,
}

impl<'a> Block<'a> {
    /// A block of an ordinary topic.
    fn plain(role: Role, raw: Option<&'a Topic>, span: Span) -> Self {
        Self {
            role,
            raw,
            span,
            name: None,
            defaults: None,
            owner: None,
        }
    }
}

fn internal(name: &TopicName, span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::InternalName,
        format!("`{name}` is one of Kafka's own topics and is never created here"),
    )
    .at(span, "")
}

/// What YAML 1.2 reads as a boolean.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Checks a name; what is wrong with it is reported.
pub(super) fn topic_name(
    value: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<TopicName> {
    match TopicName::parse(value) {
        Ok(name) => Some(name),
        Err(error) => {
            let shown: Cow<'_, str> = match value.char_indices().nth(60) {
                Some((cut, _)) => format!("{}…", &value[..cut]).into(),
                None => value.into(),
            };
            let help = match &error {
                _ if value.contains("{{") => super::yaml::TEMPLATE_HELP.to_owned(),
                TopicNameError::Character(_) => match legal_name(&shown) {
                    Some(near) => format!("{error}; `{near}` would be one"),
                    None => error.to_string(),
                },
                _ => error.to_string(),
            };
            let message = format!("`{shown}` is no topic name");
            diagnostics.push(
                Diagnostic::error(Code::IllegalName, message)
                    .at(span, "")
                    .help(help),
            );
            None
        }
    }
}

/// A text with `-` for what a name cannot hold, where that is little of it.
fn legal_name(text: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let pieces: Vec<_> = text
        .split(|c| !legal(c))
        .filter(|piece| !piece.is_empty())
        .collect();
    let kept: usize = pieces.iter().map(|piece| piece.len()).sum();
    let illegal = text.chars().filter(|c| !legal(*c)).count();
    (kept > 3 * illegal || text.contains(' ') && kept > illegal).then(|| pieces.join("-"))
}

fn delay_ms(delay: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<i64> {
    match units::parse_duration_ms(delay) {
        Ok(ms) if ms >= 1 => Some(ms),
        Ok(_) => {
            diagnostics.push(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!("a delay of `{delay}` is no delay"),
                )
                .at(span, "")
                .help("write a duration such as 5m"),
            );
            None
        }
        Err(error) => {
            diagnostics.push(
                Diagnostic::error(Code::WrongType, format!("`delays`: {}", error.problem()))
                    .at(span, "")
                    .help(error.help()),
            );
            None
        }
    }
}

/// The broker refuses `a.b` beside `a_b`, but not when both are new in one request.
fn check_collisions(all: &Candidates<'_>, sources: &Sources, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<String, &Candidate<'_>> = BTreeMap::new();
    let mut ordered: Vec<_> = all.list.iter().collect();
    ordered.sort_by_cached_key(|candidate| sources.location(candidate.span));
    for candidate in ordered {
        match seen.get(&candidate.name.collision_key()) {
            None => {
                seen.insert(candidate.name.collision_key(), candidate);
            }
            Some(first) => diagnostics.push(
                Diagnostic::error(
                    Code::NameCollision,
                    format!(
                        "`{}` and `{}` differ in `.` and `_` only",
                        first.name, candidate.name
                    ),
                )
                .at(candidate.span, "")
                .and(first.span, "collides with this one")
                .help(
                    "Kafka's metrics cannot tell them apart, and it refuses one beside the other",
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legal_name_is_offered_where_little_is_lost() {
        for (text, offered) in [
            ("my topic", Some("my-topic")),
            (" orders ", Some("orders")),
            ("orders/eu/created", Some("orders-eu-created")),
            ("a/b", None),
            ("über", None),
            ("\u{1b}[31mred", None),
        ] {
            assert_eq!(legal_name(text).as_deref(), offered, "{text:?}");
        }
    }
}
