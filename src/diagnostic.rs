//! Problems in the input as data: a code, a severity, a message, labeled places and a way out.
//!
//! Every stage collects them in a [`Diagnostics`]; [`render()`] turns one into text by
//! annotate-snippets, and is called at the edge only. This module reads no files: a [`Sources`]
//! is handed the texts.

mod characters;
mod code;
mod nearest;
mod render;
mod sources;

use std::cell::Cell;
use std::collections::HashSet;

pub use code::Code;
pub use nearest::nearest;
pub(crate) use render::is_unprintable;
pub use render::{printable, render};
pub use sources::{Location, SourceId, Sources, Span};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The run stops before the cluster is touched.
    Error,
    Warning,
    Note,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label {
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: Code,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// Where it is; `None` for what has no place in a file.
    pub primary: Option<Label>,
    pub secondary: Vec<Label>,
    /// The broker's or the operating system's own words.
    pub detail: Option<String>,
    pub help: Option<String>,
    /// A command to run, or lines to write.
    pub command: Option<String>,
    /// The argument that it is about, as `--select`.
    pub argument: Option<&'static str>,
}

impl Diagnostic {
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: readable(message.into()),
            primary: None,
            secondary: Vec::new(),
            detail: None,
            help: None,
            command: None,
            argument: None,
        }
    }

    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label {
            span,
            text: readable(text.into()),
        });
        self
    }

    #[must_use]
    pub fn and(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            text: readable(text.into()),
        });
        self
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// Says which argument it is about, by its flag.
    #[must_use]
    pub fn about(mut self, argument: &'static str) -> Self {
        self.argument = Some(argument);
        self
    }

    /// Names the variable that gave the argument which it is about.
    pub fn name_variable(&mut self, variable: &str) {
        let Some(flag) = self.argument else { return };
        let named = |text: &str| text.replace(flag, variable);
        match self.message.contains(flag) {
            true => self.message = named(&self.message),
            false => {
                let by = format!("given by {variable}");
                let detail = self.detail.take();
                self.detail =
                    Some(detail.map_or_else(|| by.clone(), |text| format!("{text}\n{by}")));
            }
        }
        self.help = self.help.as_deref().map(named);
    }

    /// Says under which name it holds, where no place says so.
    #[must_use]
    pub fn under(mut self, name: &str) -> Self {
        if self.primary.is_none() {
            self.message.push_str(&format!(" (under {name})"));
        }
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(readable(help.into()));
        self
    }
}

/// A sentence without the middle of what is too long in it to be read: a name or value of a hostile
/// file. Details and commands are lists, and stay whole.
fn readable(sentence: String) -> String {
    let length = sentence.chars().count();
    if length <= LONGEST_SENTENCE {
        return sentence;
    }
    let half = LONGEST_SENTENCE / 2;
    let (head, tail) = (
        sentence.chars().take(half),
        sentence.chars().skip(length - half),
    );
    head.chain(" … ".chars()).chain(tail).collect()
}

/// In characters; twenty-five lines of a terminal.
const LONGEST_SENTENCE: usize = 2_000;

/// All problems of a run. The same problem found on two ways is kept once.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    seen: HashSet<Diagnostic>,
    /// How many words were compared for suggestions.
    comparisons: Cell<usize>,
}

impl Diagnostics {
    /// Takes a problem, unless it is known already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.seen.insert(diagnostic.clone()) {
            self.list.push(diagnostic);
        }
    }

    /// [`nearest()`], until [`MOST_COMPARISONS`] are made.
    pub fn nearest<'a>(
        &self,
        word: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let made = &self.comparisons;
        if made.get() >= MOST_COMPARISONS {
            return None;
        }
        let counted = candidates.into_iter().inspect(|_| made.set(made.get() + 1));
        nearest(word, counted)
    }

    /// Names the characters that look like others, or like nothing, in what was not understood.
    pub fn name_characters(&mut self, sources: &Sources) {
        self.list
            .iter_mut()
            .for_each(|one| characters::name(one, sources));
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|one| one.severity == Severity::Error)
    }

    pub fn has_warnings(&self) -> bool {
        self.list
            .iter()
            .any(|one| one.severity == Severity::Warning)
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Gives all problems of a kind another severity; `None` takes them away.
    pub fn regrade(&mut self, code: Code, severity: Option<Severity>) {
        match severity {
            None => self.list.retain(|one| one.code != code),
            Some(severity) => self
                .list
                .iter_mut()
                .filter(|one| one.code == code)
                .for_each(|one| one.severity = severity),
        }
    }

    /// In the order of the report: those without a place first, then by file, line and column.
    pub fn sorted(&self, sources: &Sources) -> Vec<Diagnostic> {
        let mut list = self.list.clone();
        list.sort_by_cached_key(|one| {
            let place = one
                .primary
                .as_ref()
                .map(|label| sources.location(label.span));
            (place, one.severity, one.code, one.message.clone())
        });
        list
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, all: T) {
        all.into_iter().for_each(|one| self.push(one));
    }
}

/// Most words that are compared for the suggestions of a run. Tens of thousands of mistakes among
/// tens of thousands of names would take hours to look through, and nobody reads them all.
const MOST_COMPARISONS: usize = 500_000;
