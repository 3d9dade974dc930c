//! How many problems a report tells one by one: as many as somebody reads, and of the rest how many
//! of each kind there are.
//!
//! A file can hold hundreds of thousands of mistakes. Counts and exit codes are those of all.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use super::Report;
use super::wording::{and, plural};
use crate::diagnostic::{Code, Diagnostic};

/// For people, and for what shows results to them.
pub(super) const MOST_PROBLEMS: usize = 300;

/// Kinds that a sentence names.
const MOST_KINDS: usize = 4;

/// How many problems of each kind are not told.
pub(super) struct Rest(BTreeMap<Code, usize>);

impl Rest {
    pub(super) fn of<'a>(problems: impl Iterator<Item = &'a Diagnostic>) -> Self {
        let mut counts = BTreeMap::new();
        problems.for_each(|one| *counts.entry(one.code).or_default() += 1);
        Self(counts)
    }

    pub(super) fn counts(&self) -> impl Iterator<Item = (Code, usize)> {
        self.0.iter().map(|(code, count)| (*code, *count))
    }
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: Vec<_> = self.counts().collect();
        kinds.sort_by_key(|(_, count)| Reverse(*count));
        let all: usize = self.0.values().sum();
        let others = kinds.split_off(kinds.len().min(MOST_KINDS));
        let others: usize = others.iter().map(|(_, count)| count).sum();
        let kinds = kinds.iter().map(|(code, count)| format!("{count} {code}"));
        let others = (others > 0).then(|| format!("{others} of other kinds"));
        let parts: Vec<_> = kinds.chain(others).collect();
        let all = plural(all, "more problem");
        write!(f, "{all}, not shown: {}.", and(&parts))
    }
}

impl Report {
    /// So many of the problems in their order, and the rest. What fails the run is told before what
    /// does not: no number of warnings hides an error.
    pub(super) fn told<T>(
        &self,
        problems: Vec<T>,
        most: usize,
        diagnostic: impl Fn(&T) -> &Diagnostic,
    ) -> (Vec<T>, Vec<T>) {
        let fails = |one: &T| self.is_failure(diagnostic(one));
        let failing = problems.iter().filter(|one| fails(one)).count().min(most);
        let mut room = [most - failing, failing];
        problems.into_iter().partition(|one| {
            let left = &mut room[usize::from(fails(one))];
            let has_room = *left > 0;
            *left -= usize::from(has_room);
            has_room
        })
    }
}
