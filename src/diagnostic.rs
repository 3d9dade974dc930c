//! Problems in the input as data: a code, a severity, a message, labelled places and a way out.
//!
//! Every stage collects them in a [`Diagnostics`]; [`render`] turns one into text by
//! annotate-snippets, and is called at the edge only. This module reads no files: a [`Sources`]
//! is handed the texts.

mod render;
mod sources;

use std::fmt;

pub use render::{printable, render};
pub use sources::{Location, SourceId, Sources, Span};

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
    /// A cluster that nothing declares.
    UnknownCluster = "unknown-cluster",
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
    /// A cluster that is not the one the run is for.
    WrongCluster = "wrong-cluster",
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
    /// A snapshot that cannot be read.
    Snapshot = "snapshot",
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
                | Self::WrongCluster
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
                | Self::Snapshot
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
