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

/// The cluster could be read, and did not answer the check of what is new.
pub(super) fn unchecked(error: &ClusterError, access: &Access, check: Check) -> Diagnostic {
    if error.kind != ClusterErrorKind::Unreachable {
        return from_cluster_error(error);
    }
    let consequence = match check {
        Check::Created => "",
        Check::Unread => "; no creation was sent",
        Check::Harmless | Check::LeftOut => "; nothing was created",
    };
    let message = format!("the brokers answer, but not the check of new topics{consequence}");
    Diagnostic::error(Code::Unreachable, message)
        .detail(error.message.clone())
        .help("new topics need the controller; see whether one leads:")
        .command(access.command("kafka-metadata-quorum", &["describe", "--status"]))
}
