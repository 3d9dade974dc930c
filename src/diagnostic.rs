//! Problems in the input as data: a code, a severity, a message, labelled places and a way out.
//!
//! Every stage collects them in a [`Diagnostics`]; [`render`] turns one into text by
//! annotate-snippets, and is called at the edge only. This module reads no files: a [`Sources`]
//! is handed the texts.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Text is laid out for terminals of this many columns.
pub const WIDTH: usize = 80;

/// How much a problem weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The run stops before the cluster is touched.
    Error,
    /// Shown; the run goes on.
    Warning,
    /// Shown for information.
    Note,
}

impl Severity {
    /// The word in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// Names a kind of problem; the kebab-case text is stable.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable kebab-case text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    /// The command line is wrong.
    Usage = "usage",
    /// A path cannot be read.
    Unreadable = "unreadable",
    /// A file is not UTF-8.
    NotUtf8 = "not-utf-8",
    /// A file is larger, or nested deeper, than the limits allow.
    TooLarge = "too-large",
    /// The paths hold no topic at all.
    NoTopics = "no-topics",
    /// A selection that matches nothing.
    NothingSelected = "nothing-selected",
    /// Two project files in one run, or a project section outside of the project file.
    ProjectFile = "project-file",
    /// Not YAML.
    Syntax = "syntax",
    /// A key twice in one mapping.
    DuplicateKey = "duplicate-key",
    /// A key that no field has.
    UnknownField = "unknown-field",
    /// A field that a later version will have.
    UnsupportedField = "unsupported-field",
    /// A value of another type than the field's.
    WrongType = "wrong-type",
    /// A field that must be there.
    MissingField = "missing-field",
    /// A value outside of the field's range.
    OutOfRange = "out-of-range",
    /// `retention` beside `retention.ms`.
    BothRetentions = "both-retentions",
    /// A variable that nothing defines.
    UndefinedVariable = "undefined-variable",
    /// A variable that carries a credential.
    SecretVariable = "secret-variable",
    /// A variable's text that is not of the form `${NAME}`.
    VariableSyntax = "variable-syntax",
    /// A variable under a name that topicctl fills itself.
    ReservedVariable = "reserved-variable",
    /// Things that refer to each other in a circle.
    Cycle = "cycle",
    /// A tier that nothing declares.
    UnknownTier = "unknown-tier",
    /// A profile that nothing declares.
    UnknownProfile = "unknown-profile",
    /// A topic that nothing declares.
    UnknownTopic = "unknown-topic",
    /// A reference to a value that is not stated.
    UnstatedReference = "unstated-reference",
    /// A tier or profile declared twice.
    DuplicateDeclaration = "duplicate-declaration",
    /// A topic declared twice.
    DuplicateTopic = "duplicate-topic",
    /// A name that Kafka does not allow.
    IllegalName = "illegal-name",
    /// A name that Kafka keeps for itself.
    InternalName = "internal-name",
    /// Two names that differ in `.` and `_` only.
    NameCollision = "name-collision",
    /// A topic configuration that Kafka does not have.
    UnknownConfig = "unknown-config",
    /// A configuration value that the broker would refuse.
    InvalidConfig = "invalid-config",
    /// A configuration that Kafka 4 no longer has.
    RemovedConfig = "removed-config",
    /// A vendor's configuration, which is not checked here.
    VendorConfig = "vendor-config",
    /// min.insync.replicas above the replication factor.
    MinInsyncAboveReplication = "min-insync-above-replication",
    /// A retry or dead letter topic that compacts.
    CompactedFamily = "compacted-family",
    /// A retry topic that forgets messages before their delay is over.
    RetryRetentionBelowDelay = "retry-retention-below-delay",
    /// Dead letters that are kept for a shorter time than their source.
    DlqShorterThanSource = "dlq-shorter-than-source",
    /// A dead letter or retry topic that takes smaller messages than its source.
    SmallerMessages = "smaller-messages",
    /// min.insync.replicas equal to a replication factor above 1.
    MinInsyncEqualsReplication = "min-insync-equals-replication",
    /// segment.ms above retention.ms.
    SegmentAboveRetention = "segment-above-retention",
    /// More members of a group, or listeners of a step, than partitions.
    MoreMembersThanPartitions = "more-members-than-partitions",
    /// A name that looks like a pipeline's standard name and is none.
    PipelineName = "pipeline-name",
    /// A custom topic that a pipeline does not list.
    PipelineTopicNotAllowed = "pipeline-topic-not-allowed",
    /// Another pipeline's standard topic.
    PipelineForeignTopic = "pipeline-foreign-topic",
    /// A standard name with a step that the pipeline does not have.
    PipelineUnknownStep = "pipeline-unknown-step",
    /// An external entry that says something else than the entry that declares the topic.
    ExternalContradiction = "external-contradiction",
    /// A name that the policy does not allow.
    PolicyName = "policy-name",
    /// A partition count that the policy does not allow.
    PolicyPartitions = "policy-partitions",
    /// A replication factor that the policy does not allow.
    PolicyReplicationFactor = "policy-replication-factor",
    /// A retention that the policy does not allow.
    PolicyRetention = "policy-retention",
    /// A configuration that the policy requires or does not allow.
    PolicyConfig = "policy-config",
    /// A topic without the owner that the policy requires.
    PolicyOwner = "policy-owner",
    /// A run without the profile that the policy requires.
    PolicyProfile = "policy-profile",
    /// Retry delays that fall.
    DelaysFall = "delays-fall",
    /// The connection is described wrongly.
    Connection = "connection",
    /// No broker could be reached or answered.
    Unreachable = "unreachable",
    /// The cluster does not accept who we are.
    Authentication = "authentication",
    /// Rights are missing.
    Authorization = "authorization",
    /// The broker refused.
    Refused = "refused",
    /// A declared configuration that the broker does not tell.
    Unverifiable = "unverifiable",
    /// Partitions that are leaderless or not in sync.
    Unhealthy = "unhealthy",
    /// A configuration that is set on a topic and not declared.
    UndeclaredConfig = "undeclared-config",
    /// A topic of the cluster that no manifest declares.
    UnmanagedTopic = "unmanaged-topic",
    /// An accepted mismatch past its date.
    AcceptedExpired = "accepted-expired",
    /// An accepted mismatch that was not found.
    AcceptedUnused = "accepted-unused",
    /// Interrupted by a signal.
    Interrupted = "interrupted",
    /// Created topics were not waited for.
    NotSettled = "not-settled",
}

impl Code {
    /// The code of this text.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// Whether it is about manifests, and so shown for looking it up; the others are about this
    /// run, and say all there is to say.
    pub fn is_of_manifests(self) -> bool {
        !matches!(
            self,
            Self::Usage
                | Self::Connection
                | Self::Unreachable
                | Self::Authentication
                | Self::Authorization
                | Self::Refused
                | Self::Unverifiable
                | Self::Unhealthy
                | Self::UndeclaredConfig
                | Self::UnmanagedTopic
                | Self::AcceptedExpired
                | Self::AcceptedUnused
                | Self::Interrupted
                | Self::NotSettled
        )
    }
}

impl Code {
    /// Whether it is a relation or style check: a policy chooses its severity, and a topic may
    /// allow it.
    pub fn is_relation(self) -> bool {
        matches!(
            self,
            Self::RemovedConfig
                | Self::VendorConfig
                | Self::MinInsyncAboveReplication
                | Self::MinInsyncEqualsReplication
                | Self::CompactedFamily
                | Self::RetryRetentionBelowDelay
                | Self::DlqShorterThanSource
                | Self::SmallerMessages
                | Self::SegmentAboveRetention
                | Self::MoreMembersThanPartitions
                | Self::DelaysFall
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which of the [`Sources`] a span is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceId(u32);

/// A range of bytes in one source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place for people: file, line and column from 1, the column in characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Location {
    /// The path as it was given or found.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

#[derive(Clone, Debug)]
struct Source {
    path: Arc<str>,
    text: String,
    line_starts: Vec<u32>,
    /// Characters before each [`BLOCK`] of bytes, so that a column is known without counting a
    /// line that may be the whole file; empty where every character is one byte.
    characters: Vec<u32>,
}

const BLOCK: usize = 1024;

impl Source {
    fn new(path: &str, text: String) -> Self {
        let starts = text
            .bytes()
            .zip(1..)
            .filter(|(byte, _)| *byte == b'\n')
            .map(|(_, next)| next);
        let line_starts = std::iter::once(0).chain(starts).collect();
        let mut characters = Vec::new();
        if !text.is_ascii() {
            let mut before = 0;
            for block in text.as_bytes().chunks(BLOCK) {
                characters.push(before);
                before += u32::try_from(beginnings(block)).unwrap_or(0);
            }
        }
        Self {
            path: path.into(),
            text,
            line_starts,
            characters,
        }
    }

    /// The line of a byte, from 0.
    fn line(&self, byte: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= byte) - 1
    }

    /// The bytes of a line, its line break included.
    fn line_range(&self, line: usize) -> Range<usize> {
        let start = |line: usize| self.line_starts.get(line).map(|start| *start as usize);
        start(line).unwrap_or(self.text.len())..start(line + 1).unwrap_or(self.text.len())
    }

    fn characters_before(&self, byte: usize) -> usize {
        let Some(before) = self.characters.get(byte / BLOCK) else {
            return match self.characters.last() {
                None => byte,
                Some(_) => self.text.chars().count(),
            };
        };
        *before as usize + beginnings(&self.text.as_bytes()[byte / BLOCK * BLOCK..byte])
    }
}

/// How many characters begin in a piece of UTF-8.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// The texts that spans point into.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes a text; texts of 4 GiB and more must be refused before.
    pub fn add(&mut self, path: &str, text: String) -> SourceId {
        self.files.push(Source::new(path, text));
        SourceId(u32::try_from(self.files.len() - 1).expect("fewer than 4 billion files"))
    }

    /// The text of a source.
    pub fn text(&self, source: SourceId) -> &str {
        &self.files[source.0 as usize].text
    }

    /// The path of a source.
    pub fn path(&self, source: SourceId) -> &Arc<str> {
        &self.files[source.0 as usize].path
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Where a span begins.
    pub fn location(&self, span: Span) -> Location {
        let source = &self.files[span.source.0 as usize];
        let line = source.line(span.start);
        let line_start = source.line_range(line).start;
        let start = span.start as usize;
        let mark = source.text[line_start..start].starts_with('\u{feff}');
        let before = source.characters_before(start) - source.characters_before(line_start);
        Location {
            file: Arc::clone(&source.path),
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(before + 1 - usize::from(mark)).unwrap_or(u32::MAX),
        }
    }
}

/// A place with a few words.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// One problem.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Diagnostic {
    /// How much it weighs.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// Where it is; `None` for what has no place in a file.
    pub primary: Option<Label>,
    /// Other places that matter.
    pub secondary: Vec<Label>,
    /// The broker's or the operating system's own words.
    pub detail: Option<String>,
    /// The way out.
    pub help: Option<String>,
    /// A command to copy that goes with the help.
    pub command: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            severity,
            code,
            message,
            primary: None,
            secondary: Vec::new(),
            detail: None,
            help: None,
            command: None,
        }
    }

    /// Points at the place of the problem.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Points at another place that matters.
    #[must_use]
    pub fn and(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Quotes somebody else's words.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Gives a command to copy.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// Names the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// All problems of a run. The same problem found on two ways is kept once.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    seen: std::collections::HashSet<Diagnostic>,
    /// How many words were compared for suggestions.
    comparisons: std::cell::Cell<usize>,
}

impl Diagnostics {
    /// Takes a problem, unless it is known already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.seen.insert(diagnostic.clone()) {
            self.list.push(diagnostic);
        }
    }

    /// [`nearest`], until [`MOST_COMPARISONS`] are made.
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

    /// Whether one of them stops the run.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|one| one.severity == Severity::Error)
    }

    /// Whether there are warnings.
    pub fn has_warnings(&self) -> bool {
        self.list
            .iter()
            .any(|one| one.severity == Severity::Warning)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
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

/// Longer texts, in bytes, are no misspellings, and comparing them would be slow.
const LONGEST_MISSPELLING: usize = 256;

/// The candidate that a mistyped word was meant to be, if one is near enough; of equals the first
/// by the alphabet, whatever the order of the candidates.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST_MISSPELLING {
        return None;
    }
    let word = word.to_lowercase();
    let characters = word.chars().count();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let most = candidate.len().max(3) / 3;
            // Each character more or less is a difference.
            let differ = candidate.chars().count().abs_diff(characters);
            if candidate.len() > LONGEST_MISSPELLING || differ > most {
                return None;
            }
            let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
            (distance <= most).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// A diagnostic as text: the header, the source lines with carets, the way out. Ends without a
/// line break.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(printable(&diagnostic.message));
    let title = match diagnostic.code {
        code if code.is_of_manifests() => title.id(code.as_str()),
        _ => title,
    };
    let mut groups = Vec::new();
    if let Some(primary) = &diagnostic.primary {
        // What is near stands in one piece of source.
        let (near, far): (Vec<_>, Vec<_>) = diagnostic.secondary.iter().partition(|label| {
            label.span.source == primary.span.source
                && label.span.start.abs_diff(primary.span.start) < NEAR
        });
        let near = near
            .into_iter()
            .map(|label| (AnnotationKind::Context, label));
        let labels = std::iter::once((AnnotationKind::Primary, primary)).chain(near);
        let mut group = show(
            Group::with_title(title),
            sources,
            &labels.collect::<Vec<_>>(),
        );
        for label in far {
            group = show(group, sources, &[(AnnotationKind::Context, label)]);
        }
        groups.push(group);
    } else {
        groups.push(Group::with_title(title));
    }
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&groups);
    for line in diagnostic.detail.iter().flat_map(|detail| detail.lines()) {
        let indent = line.len() - line.trim_start().len();
        push_wrapped(
            &mut text,
            line.trim_start(),
            &" ".repeat(2 + indent),
            2 + indent,
        );
    }
    if let Some(help) = &diagnostic.help {
        push_wrapped(&mut text, help, "help: ", 6);
    }
    if let Some(command) = &diagnostic.command {
        // To be copied: on a line of its own, however long.
        text.push_str("\n  ");
        text.push_str(&printable(command));
    }
    text
}

/// Appends a paragraph, broken for a terminal of [`WIDTH`] columns.
fn push_wrapped(text: &mut String, paragraph: &str, lead: &str, indent: usize) {
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(lead)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    for line in textwrap::wrap(&printable(paragraph), options) {
        text.push('\n');
        text.push_str(&line);
    }
}

/// A foreign text made safe for a terminal: control characters, and those that turn the direction
/// of writing, are replaced.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(acts) {
        text.replace(acts, "\u{fffd}").into()
    } else {
        text.into()
    }
}

/// Whether a character does something to a terminal or a reader instead of being seen.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        )
        || matches!(c, '\u{2066}'..='\u{2069}')
}

/// A source made safe for a terminal with every byte in its place, so that spans stay right. The
/// renderer shows ASCII's control characters by itself.
fn printable_source(text: &str) -> Cow<'_, str> {
    let acts = |c: char| !c.is_ascii() && acts(c);
    if !text.contains(acts) {
        return text.into();
    }
    let seen = |c: char| match c.len_utf8() {
        _ if !acts(c) => c,
        2 => '\u{bf}',
        _ => '\u{fffd}',
    };
    text.chars().map(seen).collect::<String>().into()
}

/// Places that are further apart, in bytes, are shown one by one.
const NEAR: u32 = 64 * 1024;

/// Longer lines, in bytes, are named and not shown.
const LONGEST_LINE: usize = 4 * 1024;

/// Adds the lines of labels, all of one source, to a group. Of the source only the part around
/// them is handed on, for the renderer reads all that it gets.
fn show<'a>(
    group: Group<'a>,
    sources: &'a Sources,
    labels: &[(AnnotationKind, &'a Label)],
) -> Group<'a> {
    let Some((_, primary)) = labels.first() else {
        return group;
    };
    let source = &sources.files[primary.span.source.0 as usize];
    let path: &str = &source.path;
    let lines = || labels.iter().map(|(_, label)| label.span);
    let first = lines().map(|span| source.line(span.start)).min();
    let last = lines().map(|span| source.line(span.end)).max();
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
    let longest = (first..=last)
        .map(|line| source.line_range(line).len())
        .max();
    if longest.is_some_and(|longest| longest > LONGEST_LINE) {
        let place = sources.location(primary.span);
        let origin = Origin::path(printable(path)).line(place.line as usize);
        return group.element(origin.char_column(place.column as usize));
    }
    // A line more on both sides, which the renderer uses where a span ends with its line.
    let first = first.saturating_sub(1);
    let from = source.line_range(first).start;
    let to = source.line_range(last + 1).end;
    let annotations = labels.iter().map(|(kind, label)| {
        let range = label.span.range();
        let annotation = kind.span(range.start - from..range.end - from);
        if label.text.is_empty() {
            annotation
        } else {
            annotation.label(printable(&label.text))
        }
    });
    group.element(
        Snippet::source(printable_source(&source.text[from..to]))
            .line_start(first + 1)
            .path(printable(path))
            .annotations(annotations),
    )
}
