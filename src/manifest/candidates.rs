//! The topics that will be declared, before their values are known: one of each name, a main topic
//! before what is derived from it. Pure.
//!
//! Takes what [`super::family`] and [`super::pipeline`] name, and refuses names that cannot stand
//! beside each other. Knows no values, and reads no text.

use std::collections::{BTreeMap, HashMap};

use super::interpolate::Context;
use super::raw::Topic;
use super::tiers::BuiltIn;
use super::yaml::Text;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources, Span};
use crate::topic::{Delay, Role, TopicName};
use crate::wording::did_you_mean;

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
    /// Whether the entry or block is the topic's own, and not that of a whole ladder.
    pub(super) owns_block: bool,
    pub(super) span: Span,
    pub(super) external: bool,
    /// With the place that chose it; `None` for an external topic.
    pub(super) tier: Option<(&'a str, Option<Span>)>,
    /// What stands in the place of the built-in tier.
    pub(super) defaults: Option<BuiltIn>,
    pub(super) owner: Option<&'a Text>,
    pub(super) delay: Option<Delay>,
    pub(super) shared_dlq: Option<(TopicName, Span)>,
    /// Entries of others for the same topic, with `external: true`.
    pub(super) beside: Vec<&'a Topic>,
    /// The second and further ones, where none declares the topic yet.
    pub(super) again: Vec<Candidate<'a>>,
    pub(super) context: Context<'a>,
}

impl Candidate<'_> {
    /// Whether its main topic is not known yet.
    pub(super) fn is_late(&self) -> bool {
        !self.widest_of.is_empty()
    }
}

/// All of them; a main topic stands before what is derived from it.
#[derive(Debug, Default)]
pub(super) struct Candidates<'a> {
    pub(super) list: Vec<Candidate<'a>>,
    by_name: HashMap<TopicName, usize>,
}

impl<'a> Candidates<'a> {
    /// Takes a topic and gives its index. A second one of the same name is reported and dropped,
    /// but for an external entry beside the one that declares the topic.
    pub(super) fn add(
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
                    let mut external = std::mem::replace(first, candidate);
                    let again = std::mem::take(&mut external.again);
                    for entry in std::iter::once(external).chain(again) {
                        first.beside.extend(entry.raw);
                        first.shared_dlq = first.shared_dlq.take().or(entry.shared_dlq);
                    }
                    return Some(at);
                }
                (true, true) => {
                    first.again.push(candidate);
                    return Some(at);
                }
                (false, false) => {}
            }
        }
        diagnostics.push(declared_twice(first, &candidate, sources));
        None
    }

    /// Several external entries may stand beside one that declares the topic, and not alone.
    pub(super) fn check_external_ones(&self, sources: &Sources, diagnostics: &mut Diagnostics) {
        for first in &self.list {
            let again = first.again.iter();
            diagnostics.extend(again.map(|second| declared_twice(first, second, sources)));
        }
    }

    pub(super) fn index(&self, name: &TopicName) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A reference to a topic that is not there; the place is the caller's to add, and the other
    /// problems decide whether a suggestion is worth the search.
    pub(super) fn unknown(&self, name: &TopicName, others: &Diagnostics) -> Diagnostic {
        let diagnostic =
            Diagnostic::error(Code::UnknownTopic, format!("no topic `{name}` is declared"));
        match self.nearest(name, others) {
            Some(near) => diagnostic.help(did_you_mean(near)),
            None => diagnostic.help("declare it, with `external: true` if it is somebody else's"),
        }
    }

    /// The declared name that a mistyped one was meant to be.
    pub(super) fn nearest(&self, name: &TopicName, others: &Diagnostics) -> Option<&str> {
        others.nearest(name.as_str(), self.by_name.keys().map(TopicName::as_str))
    }

    /// What is derived from topics that are chosen later stands behind all that it may follow.
    pub(super) fn move_late_ones_back(&mut self) {
        if !self.list.iter().any(Candidate::is_late) {
            return;
        }
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by_key(|index| self.list[*index].is_late());
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

    /// The broker refuses `a.b` beside `a_b`, but not when both are new in one request.
    pub(super) fn check_collisions(&self, sources: &Sources, diagnostics: &mut Diagnostics) {
        let mut seen: BTreeMap<String, &Candidate<'_>> = BTreeMap::new();
        let mut ordered: Vec<_> = self.list.iter().collect();
        ordered.sort_by_cached_key(|candidate| sources.location(candidate.span));
        for candidate in ordered {
            let key = candidate.name.collision_key();
            let first = *seen.entry(key).or_insert(candidate);
            if first.name == candidate.name {
                continue;
            }
            diagnostics.push(
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
                    "Kafka's metrics cannot distinguish them, and it refuses one beside the other",
                ),
            );
        }
    }

    /// A shared dead letter topic is another main topic.
    pub(super) fn check_shared_dlqs(&self, diagnostics: &mut Diagnostics) {
        for (index, candidate) in self.list.iter().enumerate() {
            let Some((name, span)) = &candidate.shared_dlq else {
                continue;
            };
            let error = |message: String| Diagnostic::error(Code::UnknownTopic, message);
            let problem = match self.index(name) {
                Some(found) if found == index => {
                    error(format!("`{name}` cannot take its own dead letters"))
                        .help("for a dead letter topic of its own: dlq: true")
                }
                Some(found) if self.list[found].role != Role::Main => {
                    error(format!("`{name}` belongs to a family and cannot be shared"))
                        .help("a shared dead letter topic is declared by an entry of its own")
                }
                Some(_) => continue,
                None if is_yes(name.as_str()) => error(format!(
                    "`{name}` is taken for the name of a shared dead letter topic"
                ))
                .help("for a dead letter topic of its own: dlq: true"),
                None => self.unknown(name, diagnostics),
            };
            diagnostics.push(problem.at(*span, ""));
        }
    }
}

/// What YAML 1.1 took for `true`.
fn is_yes(word: &str) -> bool {
    matches!(word, "yes" | "on" | "y" | "Yes" | "YES" | "On" | "ON")
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
