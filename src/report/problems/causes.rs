//! Why a run ended: cluster errors and signals.

use crate::cluster::{ClusterError, ClusterErrorKind};
use crate::context::Purpose;
use crate::diagnostic::{Code, Diagnostic};
use crate::interrupt::Signal;
use crate::outcome::Check;
use crate::remedy::Access;

/// The problem that a cluster error is.
pub fn from_cluster_error(error: &ClusterError) -> Diagnostic {
    let code = match error.kind {
        ClusterErrorKind::Configuration => Code::Connection,
        ClusterErrorKind::Unreachable => Code::Unreachable,
        ClusterErrorKind::Authentication => Code::Authentication,
        ClusterErrorKind::Authorization => Code::Authorization,
        ClusterErrorKind::Broker => Code::Refused,
    };
    Diagnostic {
        detail: error.detail.clone(),
        help: error.help.clone(),
        ..Diagnostic::error(code, error.message.clone())
    }
}

/// The same of a connection that failed, for a command that does not look into it.
pub fn from_connection_error(error: &ClusterError) -> Diagnostic {
    let problem = from_cluster_error(error);
    let help = match (error.kind, &error.help) {
        (ClusterErrorKind::Unreachable | ClusterErrorKind::Authentication, Some(help)) => {
            format!("{help}; `topicctl doctor` walks the connection step by step")
        }
        _ => return problem,
    };
    problem.help(help)
}

/// A signal ended the run. What was not created is said by the command that creates.
pub fn interrupted(signal: Signal, purpose: Purpose, wrote: bool) -> Diagnostic {
    let consequence = match (purpose.is_apply(), wrote) {
        (true, true) => "; what was sent is reported",
        (true, false) => "; nothing was created",
        (false, _) => "",
    };
    let message = format!("interrupted by {}{consequence}", signal.as_str());
    Diagnostic::error(Code::Interrupted, message)
}

/// Fewer brokers than must be there.
pub(super) fn missing_brokers(registered: usize, wanted: usize) -> Diagnostic {
    let are = match registered {
        1 => "is",
        _ => "are",
    };
    let message = format!("{registered} of {wanted} brokers {are} there; nothing was created");
    Diagnostic::error(Code::TooFewBrokers, message).help(
        "start the others, and give --wait the time that they take; replicas are placed on the \
         brokers that are there, and topicctl never moves them",
    )
}

/// What a check that went wrong has created, as far as is known.
pub(super) fn consequence(check: Check) -> &'static str {
    match check {
        Check::Created(_) => "",
        Check::Unread => "; no creation was sent",
        Check::Harmless | Check::LeftOut => "; nothing was created",
    }
}

/// The cluster could be read, and the check of what is new could not be made.
pub(super) fn unchecked(error: &ClusterError, access: &Access, check: Check) -> Diagnostic {
    let consequence = consequence(check);
    if error.kind != ClusterErrorKind::Unreachable {
        let problem = from_cluster_error(error);
        let message = format!("{}{consequence}", problem.message);
        return Diagnostic { message, ..problem };
    }
    let message = format!("the brokers answer, but not the check of new topics{consequence}");
    Diagnostic::error(Code::Unreachable, message)
        .detail(error.message.clone())
        .help("new topics need the controller; see whether one leads:")
        .command(access.command("kafka-metadata-quorum", &["describe", "--status"]))
}
