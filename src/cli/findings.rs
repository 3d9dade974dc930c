//! What counts as a difference.

use clap::ValueEnum;

use super::LookArgs;
use crate::exit::FailOn;

/// What `--fail-on` names.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// Declared topics that do not exist
    Missing,
    /// Topics that exist and differ
    Mismatch,
    /// Topics of the cluster that no manifest declares
    Unmanaged,
    /// Configurations that are set on a topic and not declared
    Undeclared,
    /// Partitions that are leaderless or not in sync
    Health,
    /// Nothing
    None,
}

impl LookArgs {
    /// What counts as a difference: the flag's word, else the policy's.
    ///
    /// # Errors
    /// `none` beside something.
    pub fn fail_on(&self, policy: Option<&[String]>) -> Result<FailOn, String> {
        let of_policy = policy.unwrap_or_default().iter();
        let of_policy = of_policy
            .filter_map(|word| Finding::from_str(word, false).ok())
            .collect();
        let findings = match (self.fail_on.is_empty(), policy) {
            (false, _) => self.fail_on.clone(),
            (true, Some(_)) => of_policy,
            (true, None) => vec![Finding::Missing, Finding::Mismatch],
        };
        let has = |finding| findings.contains(&finding);
        if has(Finding::None) && findings.len() > 1 {
            return Err("`none` of --fail-on stands alone".to_owned());
        }
        Ok(FailOn {
            missing: has(Finding::Missing),
            mismatch: has(Finding::Mismatch),
            unmanaged: has(Finding::Unmanaged),
            undeclared: has(Finding::Undeclared),
            health: has(Finding::Health),
        })
    }
}
