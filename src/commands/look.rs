//! `topicctl plan` and `topicctl verify`: compare, and tell. Both only read.

use super::session::Session;
use crate::apply::Outcome;
use crate::cli::{LookArgs, VerifyArgs};
use crate::cluster::Absence;
use crate::report::{Command, Report};

/// Tells what apply would do.
pub(super) async fn plan(args: &LookArgs) -> Report {
    match Session::open(args, Command::Plan, Absence::Confirmed).await {
        Ok((session, plan)) => session.close(&Outcome::of_plan(plan), None, false, None),
        Err(report) => *report,
    }
}

/// Compares the cluster with the manifests.
pub(super) async fn verify(args: &VerifyArgs) -> Report {
    match Session::open(&args.look, Command::Verify, Absence::Confirmed).await {
        Ok((mut session, plan)) => {
            let outcomes = Outcome::of_plan(plan);
            let stop = if args.groups {
                session.see_groups(&outcomes).await.err()
            } else {
                None
            };
            session.close(&outcomes, stop.as_ref(), false, None)
        }
        Err(report) => *report,
    }
}
