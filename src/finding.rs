//! The kinds of findings of a run, and which of them make it fail: `--fail-on` of the command line
//! and `fail_on` of a policy. Words and a set of them; how a finding is found is not known here.

/// What a run may find, by the words of `--fail-on`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// Declared topics that do not exist.
    Missing,
    /// Topics that exist and differ.
    Mismatch,
    /// Topics that apply would create: a difference, although apply brings it in line.
    Pending,
    /// Topics of the cluster that no manifest declares.
    Unmanaged,
    /// Configurations that are set on a topic and not declared.
    Undeclared,
    /// Partitions that are leaderless or not in sync.
    Health,
    /// None of them; stands alone.
    None,
}

impl Finding {
    const ALL: [Self; 7] = [
        Self::Missing,
        Self::Mismatch,
        Self::Pending,
        Self::Unmanaged,
        Self::Undeclared,
        Self::Health,
        Self::None,
    ];

    /// The words, in the order of the documentation.
    pub const WORDS: [&'static str; Self::ALL.len()] = {
        let mut words = [""; Self::ALL.len()];
        let mut at = 0;
        while at < words.len() {
            words[at] = Self::ALL[at].as_str();
            at += 1;
        }
        words
    };

    const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Mismatch => "mismatch",
            Self::Pending => "pending",
            Self::Unmanaged => "unmanaged",
            Self::Undeclared => "undeclared",
            Self::Health => "health",
            Self::None => "none",
        }
    }

    /// The finding of one of [`Self::WORDS`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// The findings that make a run fail; all others are reported as warnings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailOn(Vec<Finding>);

impl Default for FailOn {
    fn default() -> Self {
        Self(vec![Finding::Missing, Finding::Mismatch])
    }
}

impl FailOn {
    /// `None` where [`Finding::None`] stands beside another finding.
    pub fn new(findings: Vec<Finding>) -> Option<Self> {
        let contradicts = findings.contains(&Finding::None) && findings.len() > 1;
        (!contradicts).then_some(Self(findings))
    }

    /// Whether a finding makes the run fail.
    pub fn contains(&self, finding: Finding) -> bool {
        self.0.contains(&finding)
    }
}
