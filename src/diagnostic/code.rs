//! The codes of problems: each names a kind, has a section in docs/diagnostics.md, and keeps its text.
//! Data only.

use std::fmt;

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
    /// New topics that want more replicas than the cluster has brokers.
    TooFewBrokers = "too-few-brokers",
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
                | Self::TooFewBrokers
                | Self::UndeclaredConfig
                | Self::UnmanagedTopic
                | Self::AcceptedExpired
                | Self::AcceptedUnused
                | Self::Snapshot
                | Self::Interrupted
                | Self::NotSettled
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
