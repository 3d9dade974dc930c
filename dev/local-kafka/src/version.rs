//! Which versions of Apache Kafka can be started, and what older ones cannot do.
//!
//! All that the harness knows of versions is here, but for the classes of Kafka's tools, which it
//! looks up in the jars. It starts nothing: what a version cannot do is an error beforehand.

use std::fmt;

use anyhow::{Context as _, Result, bail};

/// The version of Kafka that is started unless another one is asked for.
pub const DEFAULT_VERSION: &str = "4.3.1";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

/// Kafka without ZooKeeper, in early access.
const FIRST_KRAFT: Version = Version::new(2, 8, 0);
/// Storage is formatted with SCRAM users (KIP-900). KRaft has an authorizer since 3.2.
const FIRST_SECURED: Version = Version::new(3, 5, 0);
/// A check of sizes that came with 2.8.2 fails on the records that followers fetch.
const CANNOT_REPLICATE: Version = Version::new(2, 8, 2);

impl Version {
    const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads `4.3.1`, or `4.4.0-rc1`. The text becomes part of a path and of an XML document.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Self::read(text).with_context(|| {
            format!(
                "`{text}` is not a version of Apache Kafka, expected one like {DEFAULT_VERSION}"
            )
        })
    }

    fn read(text: &str) -> Option<Self> {
        let (numbers, suffix) = text.split_once('-').unwrap_or((text, ""));
        let mut numbers = numbers.split('.').map(|number| {
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse().ok().filter(|_| digits)
        });
        let mut next = || numbers.next()?;
        let version = Self::new(next()?, next()?, next()?);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        (numbers.next().is_none() && suffix.chars().all(plain)).then_some(version)
    }

    /// Whether it can run so many nodes, and have SASL users.
    pub(crate) fn check(self, nodes: u32, has_sasl: bool) -> Result<()> {
        if self < FIRST_KRAFT {
            bail!(
                "Apache Kafka {self} needs ZooKeeper; the oldest that is started is {FIRST_KRAFT}"
            );
        }
        if self < FIRST_SECURED && has_sasl {
            bail!(
                "Apache Kafka {self} cannot be formatted with SASL users; the oldest that can is \
                 {FIRST_SECURED}"
            );
        }
        if self == CANNOT_REPLICATE && nodes > 1 {
            bail!("nodes of Apache Kafka {self} cannot read each other's metadata; take 2.8.1");
        }
        Ok(())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            major,
            minor,
            patch,
        } = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LocalKafka, Security};

    #[test]
    fn versions_are_three_numbers_and_perhaps_a_suffix() {
        assert_eq!(Version::read("3.10.2"), Some(Version::new(3, 10, 2)));
        assert_eq!(Version::read("4.4.0-rc1"), Some(Version::new(4, 4, 0)));
        for text in [
            "",
            "4",
            "4.3",
            "4.3.1.0",
            "4.3.x",
            "+4.3.1",
            "4.3.1/..",
            "4.3.1-</version>",
        ] {
            assert_eq!(Version::read(text), None, "{text}");
        }
        assert!(Version::read("3.9.2") < Version::read("3.10.0"));
    }

    #[test]
    fn what_a_version_cannot_do_is_said_before_it_is_started() {
        let refused = |version, nodes, security| {
            let started = LocalKafka::options()
                .version(version)
                .nodes(nodes)
                .security(security)
                .start();
            started
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        assert_eq!(
            refused("2.7.2", 1, Security::Plaintext),
            "Apache Kafka 2.7.2 needs ZooKeeper; the oldest that is started is 2.8.0"
        );
        assert_eq!(
            refused("3.3.2", 1, Security::SaslTls),
            "Apache Kafka 3.3.2 cannot be formatted with SASL users; the oldest that can is 3.5.0"
        );
        assert_eq!(
            refused("2.8.2", 3, Security::Plaintext),
            "nodes of Apache Kafka 2.8.2 cannot read each other's metadata; take 2.8.1"
        );
        let fits = |text: &str, nodes, has_sasl| {
            Version::parse(text).and_then(|version| version.check(nodes, has_sasl))
        };
        assert!(fits("2.8.1", 3, false).is_ok());
        assert!(fits("2.8.2", 1, false).is_ok());
        assert!(fits("3.5.0", 3, true).is_ok());
    }
}
