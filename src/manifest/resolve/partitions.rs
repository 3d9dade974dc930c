//! Partition counts by reference: `source` and `same_as` followed to a number. Pure; takes merged
//! values, and changes none of them.
//!
//! Each topic refers to one other at most, so the walk is a loop and not a recursion, however long
//! the chain.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::candidates::Candidates;
use crate::manifest::layers::MergedSettings;
use crate::manifest::project::circle;
use crate::manifest::values::PartitionSpec;
use crate::topic::{Declared, Partitions, TopicName};

/// The counts that are known so far, by candidate. Silent: what is wrong is reported by [`resolve`],
/// once all topics are merged.
#[derive(Debug)]
pub(super) struct Counts {
    states: Vec<State>,
    /// References that come back to where they began.
    circles: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Open,
    Walking,
    Known(Option<Partitions>),
}

enum Reference {
    Count(Option<Partitions>),
    Other(usize),
    Nowhere,
    /// The topic is not merged yet.
    Later,
}

impl Counts {
    pub(super) fn new(candidates: usize) -> Self {
        Self {
            states: vec![State::Open; candidates],
            circles: Vec::new(),
        }
    }

    /// The topic with most partitions, the first of several; where no count is known, the first
    /// that there is.
    pub(super) fn widest(
        &mut self,
        names: &[TopicName],
        candidates: &Candidates<'_>,
        merged: &[MergedSettings],
    ) -> Option<usize> {
        let mut widest: Option<(Partitions, usize)> = None;
        let declared = names.iter().filter_map(|name| candidates.index(name));
        for index in declared.clone() {
            if let Some(count) = self.count(index, candidates, merged)
                && widest.is_none_or(|(most, _)| count > most)
            {
                widest = Some((count, index));
            }
        }
        let first = || declared.clone().next();
        widest.map(|(_, index)| index).or_else(first)
    }

    fn count(
        &mut self,
        start: usize,
        candidates: &Candidates<'_>,
        merged: &[MergedSettings],
    ) -> Option<Partitions> {
        let mut path = Vec::new();
        let mut at = start;
        let state = loop {
            match self.states[at] {
                known @ State::Known(_) => break known,
                State::Walking => {
                    let round = path.iter().copied().skip_while(|index| *index != at);
                    self.circles.push(round.collect());
                    break State::Known(None);
                }
                State::Open => {}
            }
            self.states[at] = State::Walking;
            path.push(at);
            match reference(at, candidates, merged) {
                Reference::Count(count) => break State::Known(count),
                Reference::Other(other) => at = other,
                Reference::Nowhere => break State::Known(None),
                Reference::Later => break State::Open,
            }
        };
        for index in path {
            self.states[index] = state;
        }
        match state {
            State::Known(count) => count,
            State::Open | State::Walking => None,
        }
    }
}

fn reference(at: usize, candidates: &Candidates<'_>, merged: &[MergedSettings]) -> Reference {
    let Some(values) = merged.get(at) else {
        return Reference::Later;
    };
    let other = match &values.partitions {
        None => return Reference::Count(None),
        Some((PartitionSpec::Count(count), _)) => return Reference::Count(Some(*count)),
        Some((PartitionSpec::Source, _)) => candidates.list[at].source,
        Some((PartitionSpec::SameAs(name), _)) => candidates.index(name),
    };
    other.map_or(Reference::Nowhere, Reference::Other)
}

/// The partitions of every topic, and what is wrong with references. The origin stays the
/// reference's: it says why a topic has the other's count.
pub(super) fn resolve(
    candidates: &Candidates<'_>,
    merged: &[MergedSettings],
    mut counts: Counts,
    diagnostics: &mut Diagnostics,
) -> Vec<Option<Declared<Partitions>>> {
    let mut partitions = Vec::with_capacity(merged.len());
    for (index, values) in merged.iter().enumerate() {
        let problem = broken_reference(index, candidates, merged, diagnostics);
        diagnostics.extend(problem);
        let count = counts.count(index, candidates, merged);
        let origin = values.partitions.as_ref().map(|(_, origin)| origin.clone());
        let declared = count.zip(origin);
        partitions.push(declared.map(|(value, origin)| Declared { value, origin }));
    }
    for round in &counts.circles {
        diagnostics.push(circular(candidates, merged, round));
    }
    partitions
}

fn broken_reference(
    at: usize,
    candidates: &Candidates<'_>,
    merged: &[MergedSettings],
    others: &Diagnostics,
) -> Option<Diagnostic> {
    let (spec, origin) = merged[at].partitions.as_ref()?;
    let candidate = &candidates.list[at];
    let span = origin.span.unwrap_or(candidate.span);
    match (reference(at, candidates, merged), spec) {
        (Reference::Nowhere, PartitionSpec::SameAs(name)) => {
            Some(candidates.unknown(name, others).at(span, ""))
        }
        (Reference::Nowhere, _) => Some(
            Diagnostic::error(
                Code::UnstatedReference,
                format!("`{}` is a main topic and has no source", candidate.name),
            )
            .help("state a count; `source` and the tier `retry` are for derived topics")
            .at(span, ""),
        ),
        (Reference::Other(index), _) if merged[index].partitions.is_none() => {
            let other = &candidates.list[index];
            // A tier that is not declared has been reported, and gives no count either.
            let readable = other.tier.is_some() || other.external;
            readable.then(|| {
                Diagnostic::error(
                    Code::UnstatedReference,
                    format!(
                        "`{}` takes its partitions from `{}`, which states none",
                        candidate.name, other.name
                    ),
                )
                .at(span, "")
                .and(other.span, "state `partitions` here")
                .help("state a count in one of the two")
            })
        }
        _ => None,
    }
}

/// Reported from its first name on, wherever the walk came in.
fn circular(candidates: &Candidates<'_>, merged: &[MergedSettings], round: &[usize]) -> Diagnostic {
    let name = |index: usize| candidates.list[index].name.as_str();
    let names = circle(&round.iter().map(|index| name(*index)).collect::<Vec<_>>());
    let first = round.iter().copied().min_by_key(|index| name(*index));
    let first = first.unwrap_or_default();
    let stated = merged[first].partitions.as_ref();
    let span = stated.and_then(|(_, origin)| origin.span);
    Diagnostic::error(
        Code::Cycle,
        format!(
            "partition counts refer to each other: {}",
            names.join(" → ")
        ),
    )
    .at(span.unwrap_or(candidates.list[first].span), "")
    .help("state a count in one of them")
}
