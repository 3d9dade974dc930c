//! What a run is doing, on stderr: a line that changes on a terminal, a line now and then in a
//! log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::apply::Progress;
use crate::cluster::kafka::Waiting;
use crate::diagnostic::printable;
use crate::readiness::Awaiting;
use crate::wording::plural;

/// A log is told of waiting at most this often.
const LOG_EVERY: Duration = Duration::from_secs(5);
/// What is over sooner was not worth a line.
const SHOW_AFTER: Duration = Duration::from_millis(300);

/// Lines one below the other, for runs side by side.
pub(super) struct Lines(MultiProgress);

impl Lines {
    pub(super) fn new() -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(10);
        Self(MultiProgress::with_draw_target(target))
    }

    pub(super) fn add(&self) -> Line {
        let line = Line::new();
        Line {
            bar: self.0.add(line.bar),
            ..line
        }
    }
}

/// The line; clones are the same one.
#[derive(Clone)]
pub(super) struct Line {
    bar: ProgressBar,
    logged: Arc<Mutex<Option<Instant>>>,
    started: Instant,
}

impl Line {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            logged: Arc::default(),
            started: Instant::now(),
        }
    }

    /// The cluster does not answer yet.
    pub(super) fn trouble(&self, waiting: &Waiting) {
        let text = format!(
            "waiting for {}: {}, {} of {} s",
            printable(&waiting.whom),
            waiting.what,
            waiting.elapsed.as_secs(),
            waiting.limit.as_secs()
        );
        self.wait(text);
    }

    /// Topics are not there yet, or not served.
    pub(super) fn awaiting(&self, awaiting: &Awaiting<'_>) {
        let names = match awaiting.not_ready.as_slice() {
            [] => return,
            [one] => one.to_string(),
            [one, other] => format!("{one} and {other}"),
            [one, other, rest @ ..] => format!("{one}, {other} and {} more", rest.len()),
        };
        self.wait(format!(
            "waiting for {} of {}: {names}, {} of {} s",
            awaiting.not_ready.len(),
            plural(awaiting.topics, "topic"),
            awaiting.elapsed.as_secs(),
            awaiting.limit.as_secs()
        ));
    }

    /// A step of apply.
    pub(super) fn step(&self, step: Progress) {
        match step {
            Progress::WaitingForBrokers {
                registered,
                needed,
                limit,
            } => {
                let seconds = self.started.elapsed().as_secs();
                let limit = limit.as_secs();
                self.wait(format!(
                    "waiting for brokers: {registered} of {needed} registered, {seconds} of {limit} s"
                ));
            }
            Progress::Validating { topics } => {
                self.doing(format!("the broker checks {topics} new topics"));
            }
            Progress::Creating { done, topics } => {
                self.doing(format!("creating topics: {done} of {topics}"));
            }
            Progress::Settling { usable, topics } => {
                self.doing(format!(
                    "waiting until topics are usable: {usable} of {topics}"
                ));
            }
        }
    }

    /// Work that goes on; told on a terminal only.
    pub(super) fn doing(&self, text: String) {
        if self.started.elapsed() >= SHOW_AFTER {
            self.show(text);
        }
    }

    /// Something that is waited for; told in a log too.
    fn wait(&self, text: String) {
        if !self.bar.is_hidden() {
            self.show(text);
            return;
        }
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
            *logged = Some(Instant::now());
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    fn show(&self, text: String) {
        // A bar that was taken away draws nothing any more.
        if self.bar.is_finished() {
            self.bar.reset();
        }
        self.bar.set_message(text);
        self.bar.tick();
    }

    /// Takes the line away before other output.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
