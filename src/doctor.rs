//! The examination of a connection: steps in their order, each with what was seen, how long it took,
//! and the way out where it failed.
//!
//! Pure data. [`crate::commands`] asks step by step and adds what came of it; [`address`] judges what
//! was seen at one address. Must not reach a client, a socket or a clock, and holds no secret: an
//! examination is made to be pasted where others read it.

pub mod address;
pub mod certificate;

use std::time::Duration;

use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::observed::{Broker, ClusterIdentity};

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Examination {
    /// In the order in which they were taken.
    pub steps: Vec<Step>,
    /// Of all of it.
    pub elapsed: Duration,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    pub name: StepName,
    pub subject: Subject,
    pub status: Status,
    /// What was seen, or why it was not tried: phrases, what matters most first.
    pub seen: Vec<String>,
    /// `None` where it was not tried, or asks nobody.
    pub elapsed: Option<Duration>,
    pub help: Option<String>,
    /// What a person could run.
    pub command: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StepName {
    Settings,
    Resolve,
    Tcp,
    Tls,
    ApiVersions,
    Sasl,
    SignIn,
    Cluster,
    Rights,
    Groups,
}

impl StepName {
    /// Those that need a client of the cluster, in their order.
    pub const WITH_CLIENT: [Self; 4] = [Self::SignIn, Self::Cluster, Self::Rights, Self::Groups];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::ApiVersions => "api-versions",
            Self::Sasl => "sasl",
            Self::SignIn => "sign-in",
            Self::Cluster => "cluster",
            Self::Rights => "rights",
            Self::Groups => "groups",
        }
    }
}

/// What a step is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Subject {
    /// The connection as a whole.
    Connection,
    /// An address that was given, `host:port`.
    Bootstrap(String),
    /// An address that the cluster tells clients to use for a broker.
    Broker { id: i32, address: String },
}

impl Subject {
    /// The word of the JSON contract.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Bootstrap(_) => "bootstrap",
            Self::Broker { .. } => "broker",
        }
    }

    /// The broker whose address the cluster told.
    pub fn broker(&self) -> Option<i32> {
        match self {
            Self::Connection | Self::Bootstrap(_) => None,
            Self::Broker { id, .. } => Some(*id),
        }
    }

    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Connection => None,
            Self::Bootstrap(address) | Self::Broker { address, .. } => Some(address),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Ok,
    Warning,
    Failed(Cause),
    NotTried,
}

/// What a failed step means for whoever starts topicctl.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    NotReached,
    /// The broker answers, and does not do what is asked.
    Refused,
    /// TLS trusts not, or who we are is not accepted, or a right is missing.
    NotAuthorized,
    /// It is not the cluster that was meant.
    Invalid,
}

impl Status {
    /// The words of the JSON contract, in the order of its summary.
    pub const WORDS: [&'static str; 4] = ["ok", "warning", "failed", "not-tried"];

    /// The word of the JSON contract, one of [`Self::WORDS`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed(_) => "failed",
            Self::NotTried => "not-tried",
        }
    }
}

impl Examination {
    /// The steps of each subject together, as far as they stand together.
    pub fn by_subject(&self) -> impl Iterator<Item = &[Step]> {
        self.steps.chunk_by(|one, next| one.subject == next.subject)
    }

    /// How many steps have each status, by its word.
    pub fn counts(&self) -> [(&'static str, usize); 4] {
        Status::WORDS.map(|word| {
            let steps = self.steps.iter();
            (
                word,
                steps.filter(|step| step.status.as_str() == word).count(),
            )
        })
    }

    pub fn causes(&self) -> impl Iterator<Item = Cause> {
        self.steps.iter().filter_map(|step| match step.status {
            Status::Failed(cause) => Some(cause),
            Status::Ok | Status::Warning | Status::NotTried => None,
        })
    }

    /// An address that was given and does not serve is a warning where another one did in its place.
    pub fn excuse_addresses(&mut self) {
        for step in &mut self.steps {
            let is_given = matches!(step.subject, Subject::Bootstrap(_));
            if is_given && matches!(step.status, Status::Failed(_)) {
                step.status = Status::Warning;
            }
        }
    }
}

impl Step {
    pub fn ok(name: StepName, subject: &Subject, seen: Vec<String>) -> Self {
        Self {
            name,
            subject: subject.clone(),
            status: Status::Ok,
            seen,
            elapsed: None,
            help: None,
            command: None,
        }
    }

    pub fn not_tried(name: StepName, subject: &Subject, why: &str) -> Self {
        Self {
            status: Status::NotTried,
            ..Self::ok(name, subject, vec![why.to_owned()])
        }
    }

    pub fn failed(name: StepName, subject: &Subject, cause: Cause, seen: Vec<String>) -> Self {
        Self {
            status: Status::Failed(cause),
            ..Self::ok(name, subject, seen)
        }
    }

    /// The cluster that answers.
    pub fn cluster(identity: &ClusterIdentity, brokers: &[Broker]) -> Self {
        let id = match &identity.id {
            Some(id) => format!("cluster id {id}"),
            None => "the cluster tells no id".to_owned(),
        };
        let brokers = brokers.iter().map(|broker| {
            let rack = broker.rack.as_ref();
            let rack = rack.map_or(String::new(), |rack| format!(", rack {rack}"));
            format!("broker {} at {}{rack}", broker.id, broker.address)
        });
        let seen = std::iter::once(id).chain(brokers).collect();
        Self::ok(StepName::Cluster, &Subject::Connection, seen)
    }

    /// A step that failed in the words of a problem, whose place is one in `sources`.
    pub fn problem(name: StepName, problem: &Diagnostic, sources: &Sources) -> Self {
        let cause = match problem.code {
            Code::Authentication | Code::Authorization => Cause::NotAuthorized,
            Code::Unreachable => Cause::NotReached,
            Code::Connection | Code::WrongCluster => Cause::Invalid,
            _ => Cause::Refused,
        };
        let mut seen = vec![problem.message.clone()];
        if let Some(label) = &problem.primary {
            let place = sources.location(label.span);
            seen.push(match label.text.as_str() {
                "" => place.to_string(),
                text => format!("{place}: {text}"),
            });
        }
        let detail = problem.detail.iter().flat_map(|detail| detail.lines());
        seen.extend(detail.map(|line| line.trim().to_owned()));
        Self {
            help: problem.help.clone(),
            command: problem.command.clone(),
            ..Self::failed(name, &Subject::Connection, cause, seen)
        }
    }

    #[must_use]
    pub fn took(mut self, elapsed: Duration) -> Self {
        self.elapsed = Some(elapsed);
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_fails_is_excused_and_all_else_is_not() {
        let at = Subject::Bootstrap("kafka:9092".to_owned());
        let failed =
            |subject: &Subject| Step::failed(StepName::Tcp, subject, Cause::NotReached, Vec::new());
        let mut examination = Examination {
            steps: vec![failed(&at), failed(&Subject::Connection)],
            ..Examination::default()
        };
        assert_eq!(examination.causes().count(), 2);
        examination.excuse_addresses();
        assert_eq!(examination.steps[0].status, Status::Warning);
        assert_eq!(
            examination.steps[1].status,
            Status::Failed(Cause::NotReached)
        );
    }
}
