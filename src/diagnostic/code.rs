//! The codes of problems: each names a kind, has a section in docs/diagnostics.md, and keeps its text.
//! Data only.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $text:literal,)+) => {
        /// Names a kind of problem; the kebab-case text is stable.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $($(#[doc = $doc])* $variant,)+ }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    Usage = "usage",
    Unreadable = "unreadable",
    NotUtf8 = "not-utf-8",
    /// A file is larger, or nested deeper, than the limits allow.
    TooLarge = "too-large",
    NoTopics = "no-topics",
    NothingSelected = "nothing-selected",
    /// Two project files in one run, or a project section outside of the project file.
    ProjectFile = "project-file",
    Syntax = "syntax",
    DuplicateKey = "duplicate-key",
    /// A document of another tool.
    ForeignDocument = "foreign-document",
    UnknownField = "unknown-field",
    WrongType = "wrong-type",
    MissingField = "missing-field",
    /// A value outside of the field's range.
    OutOfRange = "out-of-range",
    /// `retention` beside `retention.ms`.
    BothRetentions = "both-retentions",
    UndefinedVariable = "undefined-variable",
    /// A variable that is given, and that nothing uses.
    UnusedVariable = "unused-variable",
    /// A variable that carries a credential.
    SecretVariable = "secret-variable",
    /// A variable's text that is not of the form `${NAME}`.
    VariableSyntax = "variable-syntax",
    /// A variable under a name that topicctl fills itself.
    ReservedVariable = "reserved-variable",
    /// Things that refer to each other in a circle.
    Cycle = "cycle",
    UnknownTier = "unknown-tier",
    UnknownProfile = "unknown-profile",
    UnknownCluster = "unknown-cluster",
    UnknownTopic = "unknown-topic",
    UnstatedReference = "unstated-reference",
    DuplicateDeclaration = "duplicate-declaration",
    DuplicateTopic = "duplicate-topic",
    IllegalName = "illegal-name",
    InternalName = "internal-name",
    /// Two names that differ in `.` and `_` only.
    NameCollision = "name-collision",
    UnknownConfig = "unknown-config",
    InvalidConfig = "invalid-config",
    /// A configuration that Kafka 4 no longer has.
    RemovedConfig = "removed-config",
    VendorConfig = "vendor-config",
    MinInsyncAboveReplication = "min-insync-above-replication",
    CompactedFamily = "compacted-family",
    /// A retry topic that forgets messages before their delay is over.
    RetryRetentionBelowDelay = "retry-retention-below-delay",
    DlqShorterThanSource = "dlq-shorter-than-source",
    /// A dead letter or retry topic that takes smaller messages than its source.
    SmallerMessages = "smaller-messages",
    MinInsyncEqualsReplication = "min-insync-equals-replication",
    SegmentAboveRetention = "segment-above-retention",
    /// A number that counts hours or days where milliseconds are counted.
    UnlikelyDuration = "unlikely-duration",
    MoreMembersThanPartitions = "more-members-than-partitions",
    /// A name that looks like a pipeline's standard name and is none.
    PipelineName = "pipeline-name",
    /// A custom topic that a pipeline does not list.
    PipelineTopicNotAllowed = "pipeline-topic-not-allowed",
    /// Another pipeline's standard topic.
    PipelineForeignTopic = "pipeline-foreign-topic",
    PipelineUnknownStep = "pipeline-unknown-step",
    /// An external entry that says something else than the entry that declares the topic.
    ExternalContradiction = "external-contradiction",
    PolicyName = "policy-name",
    PolicyPartitions = "policy-partitions",
    PolicyReplicationFactor = "policy-replication-factor",
    PolicyRetention = "policy-retention",
    /// A configuration that the policy requires or does not allow.
    PolicyConfig = "policy-config",
    PolicyOwner = "policy-owner",
    /// A run without the profile that the policy requires.
    PolicyProfile = "policy-profile",
    DelaysFall = "delays-fall",
    /// A cluster that is not the one the run is for.
    WrongCluster = "wrong-cluster",
    /// The connection is described wrongly.
    Connection = "connection",
    Unreachable = "unreachable",
    /// The cluster does not accept who we are.
    Authentication = "authentication",
    Authorization = "authorization",
    Refused = "refused",
    /// A declared configuration that the broker does not report.
    Unverifiable = "unverifiable",
    Unhealthy = "unhealthy",
    /// Topics that were waited for in vain.
    TopicsNotReady = "topics-not-ready",
    /// New topics that want more replicas than the cluster has brokers.
    TooFewBrokers = "too-few-brokers",
    /// New topics whose names differ from those of existing ones in `.` and `_` only.
    ExistingCollision = "existing-collision",
    /// A configuration that is set on a topic and not declared.
    UndeclaredConfig = "undeclared-config",
    /// A topic of the cluster that no manifest declares.
    UnmanagedTopic = "unmanaged-topic",
    AcceptedExpired = "accepted-expired",
    AcceptedUnused = "accepted-unused",
    Snapshot = "snapshot",
    Interrupted = "interrupted",
    /// Created topics were not waited for.
    NotSettled = "not-settled",
    /// The check of new topics was left out, or created them.
    NotChecked = "not-checked",
}

impl Code {
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// Whether it is about manifests; the others are about this run.
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
                | Self::TopicsNotReady
                | Self::TooFewBrokers
                | Self::ExistingCollision
                | Self::UndeclaredConfig
                | Self::UnmanagedTopic
                | Self::AcceptedExpired
                | Self::AcceptedUnused
                | Self::Snapshot
                | Self::Interrupted
                | Self::NotSettled
                | Self::NotChecked
        )
    }

    /// Whether a warning of it is one of the run that `--deny-warnings` makes a difference; other
    /// warnings of a run are findings, which `--fail-on` is for, or say what could not be done.
    pub fn is_deniable_in_run(self) -> bool {
        matches!(
            self,
            Self::TooFewBrokers
                | Self::ExistingCollision
                | Self::AcceptedExpired
                | Self::AcceptedUnused
        )
    }

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
                | Self::UnlikelyDuration
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
