//! What a snapshot was asked for, and of which names its silence means something.
//!
//! A cluster leaves topics out of its list that the asker may not DESCRIBE, so a name that is not
//! listed may be absent or hidden. Asking by name distinguishes the two: who may see a name learns
//! that it does not exist, who may not is refused. Plain names of a selection are asked for like
//! that. For a pattern, probes are asked for, random names behind its fixed beginning:
//! when the cluster says of all of them that they do not exist, the asker has the right to see
//! whatever begins so, and a name that the pattern matches and the list lacks is absent. Where it
//! refuses one, such a name is unknown.
//!
//! What this cannot see is an ACL that *denies* single names below a right to all: a snapshot of
//! such an asker must be asked for them by their plain names.

use globset::{Glob, GlobMatcher};
use serde::{Deserialize, Serialize};

use crate::topic::TopicName;

/// Characters that make a pattern more than a name.
const MAGIC: [char; 5] = ['*', '?', '[', '{', '\\'];

/// The patterns and names that were asked for, without those to ignore.
#[derive(Clone, Debug)]
pub struct Scope {
    patterns: Vec<(Pattern, GlobMatcher)>,
    ignore: Vec<(String, GlobMatcher)>,
}

/// A pattern of names, also in the file of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pattern {
    /// As `--select` takes it; `*` for all topics.
    pub glob: String,
    /// Whether the asker may see every topic that matches.
    pub complete: bool,
}

impl Pattern {
    pub(super) fn name(&self) -> Option<TopicName> {
        TopicName::parse(&self.glob).ok()
    }

    /// What all names that match begin with.
    pub(super) fn beginning(&self) -> &str {
        let end = self.glob.find(MAGIC).unwrap_or(self.glob.len());
        &self.glob[..end]
    }
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{glob}: {reason}")]
pub struct ScopeError {
    pub glob: String,
    pub reason: String,
    pub ignored: bool,
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.patterns().eq(other.patterns()) && self.ignored().eq(other.ignored())
    }
}

impl Scope {
    /// A selection that nothing is known of yet; no pattern selects all topics.
    ///
    /// # Errors
    /// For what is no pattern.
    pub fn new(select: &[String], ignore: &[String]) -> Result<Self, ScopeError> {
        let all = ["*".to_owned()];
        let select = if select.is_empty() { &all } else { select };
        let patterns = select.iter().map(|glob| Pattern {
            glob: glob.clone(),
            complete: false,
        });
        Self::from_patterns(patterns, ignore)
    }

    /// A scope as it was recorded.
    ///
    /// # Errors
    /// For what is no pattern.
    pub(super) fn from_patterns(
        patterns: impl IntoIterator<Item = Pattern>,
        ignore: &[String],
    ) -> Result<Self, ScopeError> {
        let compiled = |glob: &str, ignored| {
            let read = Glob::new(glob).map(|glob| glob.compile_matcher());
            read.map_err(|error| ScopeError {
                glob: glob.to_owned(),
                reason: error.kind().to_string(),
                ignored,
            })
        };
        let patterns = patterns
            .into_iter()
            .map(|pattern| compiled(&pattern.glob, false).map(|matcher| (pattern, matcher)))
            .collect::<Result<_, _>>()?;
        let ignore = ignore
            .iter()
            .map(|glob| compiled(glob, true).map(|matcher| (glob.clone(), matcher)))
            .collect::<Result<_, _>>()?;
        Ok(Self { patterns, ignore })
    }

    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter().map(|(pattern, _)| pattern)
    }

    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        self.ignore.iter().map(|(glob, _)| glob.as_str())
    }

    pub fn asks_for(&self, name: &TopicName) -> bool {
        self.matches(name, |_| true)
    }

    /// Whether a topic of this name would have been shown, had there been one.
    pub fn would_show(&self, name: &TopicName) -> bool {
        self.matches(name, |pattern| pattern.complete)
    }

    /// Says of every pattern whether the asker may see all that matches.
    pub(super) fn complete(&mut self, is: impl Fn(&Pattern) -> bool) {
        for (pattern, _) in &mut self.patterns {
            pattern.complete = is(pattern);
        }
    }

    fn matches(&self, name: &TopicName, which: impl Fn(&Pattern) -> bool) -> bool {
        let is = |matcher: &GlobMatcher| matcher.is_match(name.as_str());
        let mut patterns = self.patterns.iter();
        patterns.any(|(pattern, matcher)| which(pattern) && is(matcher))
            && !self.ignore.iter().any(|(_, matcher)| is(matcher))
    }
}
