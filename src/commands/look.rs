//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use super::session::Session;
use crate::apply::Outcome;
use crate::cli::LookArgs;
use crate::cluster::Absence;
use crate::report::{Command, Report};

/// Compares the cluster with the manifests.
pub(super) async fn run(args: &LookArgs, command: Command) -> Report {
    match Session::open(args, command, Absence::Confirmed).await {
        Ok((session, plan)) => session.close(&Outcome::of_plan(plan), None, false, None),
        Err(report) => *report,
    }
}
