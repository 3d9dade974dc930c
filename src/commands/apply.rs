//! `topicctl apply`: create what is missing, and tell what became of every topic.

use super::progress::Line;
use super::session::{Look, Session};
use crate::apply::{Applied, Options, Status, apply};
use crate::cli::ApplyArgs;
use crate::cluster::Absence;
use crate::diagnostic::{Code, Diagnostic};
use crate::report::{Command, Report};

/// Plans and applies.
pub(super) async fn run(args: &ApplyArgs) -> Report {
    let command = Command::Apply {
        dry_run: args.dry_run,
    };
    // The controller has the last word on what is missing, in the preflight.
    let look = Look::plain(Absence::AsReported);
    let (session, plan) = match Session::open(&args.look, command, &look).await {
        Ok(opened) => opened,
        Err(report) => return *report,
    };
    let options = Options {
        dry_run: args.dry_run,
        brokers: session.wait,
        settle: (!args.no_settle).then_some(args.settle_timeout),
    };
    let line = Line::new();
    let progress = |step| line.step(step);
    let applied = apply(
        &session.cluster,
        plan,
        options,
        &session.interrupts,
        &progress,
    )
    .await;
    line.clear();
    let more = not_settled(&applied, args.no_settle);
    let Applied {
        outcomes,
        wrote,
        stop,
        ..
    } = applied;
    let settled = more.is_none();
    Report {
        settled,
        ..session.close(&outcomes, stop.as_ref(), wrote, more)
    }
}

fn not_settled(applied: &Applied, no_settle: bool) -> Option<Diagnostic> {
    let created = applied
        .outcomes
        .iter()
        .any(|outcome| outcome.status == Status::Created);
    (no_settle && created).then(|| {
        Diagnostic::note(
            Code::NotSettled,
            "created topics were not waited for (--no-settle)",
        )
        .help("a producer that starts now may see NOT_LEADER_OR_FOLLOWER for a while")
    })
}
