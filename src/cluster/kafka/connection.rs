//! A client with the policy of its connection: how long to wait, when to give up, and the words.
//!
//! librdkafka never gives up: it reconnects for ever and lets a call run into its time limit,
//! whatever the cause. [`Connection`] listens to the errors meanwhile and ends the wait as soon as
//! it is hopeless. It knows nothing of topics.
//!
//! Two phases. Until the first answer, any trouble that lasts ends the wait (or is waited out,
//! with `--wait`). After it, a broker that goes away is the client library's to work around, and
//! only final troubles and the loss of all brokers end a wait.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::admin::{CallOptions, Client, Code, Failure, Listener, Outcome, Pending};
use super::settings::{Facts, Settings};
use super::trouble::{Kind, Trouble, silence};
use crate::cluster::{ClusterError, ClusterErrorKind};

/// How long all known addresses may be unreachable before it counts: another bootstrap server may
/// answer, and librdkafka tries them one after the other.
const GRACE: Duration = Duration::from_secs(1);

/// How long a single address may be in trouble where others may answer in its place.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often the same progress is told again; new words are told after [`GRACE`].
const PROGRESS: Duration = Duration::from_secs(5);

/// How long an answer may take before another broker is looked for: the one that all calls go to,
/// the controller as the metadata names it, may be gone without the cluster knowing yet.
const ANOTHER_BROKER: Duration = Duration::from_millis(500);

/// How long to rest between two tries of a request that broke, so that a broker that is gone is
/// not asked in a busy loop.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// What is being waited for, for a progress line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The broker, or all of the bootstrap servers.
    pub whom: String,
    /// What is wrong, in a few words: `connection refused`.
    pub what: &'static str,
    /// How long it has been waited.
    pub elapsed: Duration,
    /// When the wait will end.
    pub limit: Duration,
}

type Progress = Box<dyn Fn(&Waiting) + Send + Sync>;

/// What the reading thread has told.
#[derive(Clone, Debug, Default)]
struct Heard {
    connected: bool,
    /// The trouble that says most, and since when there has been any.
    trouble: Option<(Trouble, Instant)>,
    /// Since when all known brokers have been out of reach.
    all_down: Option<Instant>,
}

struct Ear(watch::Sender<Heard>);

impl Listener for Ear {
    fn connected(&self) {
        self.0.send_modify(|heard| {
            *heard = Heard {
                connected: true,
                ..Heard::default()
            };
        });
    }

    fn error(&self, failure: Failure) {
        let trouble = Trouble::read(&failure);
        let now = Instant::now();
        self.0.send_modify(|heard| {
            let trouble = if heard.connected {
                trouble.after_an_answer()
            } else {
                trouble
            };
            if trouble.kind == Kind::AllDown {
                heard.all_down.get_or_insert(now);
            }
            match &mut heard.trouble {
                // A kind that tells less never hides one that tells more.
                Some((known, _)) if known.kind > trouble.kind => {}
                Some((known, _)) => *known = trouble,
                none => *none = Some((trouble, now)),
            }
        });
    }
}

/// A client that connects, and is connected, to one cluster.
pub(super) struct Connection {
    client: Client,
    heard: watch::Receiver<Heard>,
    forget: Arc<Ear>,
    facts: Facts,
    started: Instant,
    wait: Duration,
    answered: AtomicBool,
    progress: Progress,
}

impl Connection {
    /// Starts a client and waits for the first metadata of any broker.
    pub(super) async fn open(
        settings: &Settings,
        progress: Progress,
    ) -> Result<Self, ClusterError> {
        let (sender, heard) = watch::channel(Heard::default());
        let forget = Arc::new(Ear(sender));
        let listener: Arc<dyn Listener> = Arc::clone(&forget) as _;
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        // Without a source of randomness two runs have one client id, which harms nobody.
        let entries = settings.entries(&host, getrandom::u32().unwrap_or_default());
        let entries = entries
            .iter()
            .map(|(name, value)| (*name, value.expose_secret()));
        let client = Client::start(entries, listener)
            .map_err(|error| settings.start_error(error.setting.as_deref(), &error.message))?;
        let connection = Self {
            client,
            heard,
            forget,
            facts: settings.facts().clone(),
            started: Instant::now(),
            wait: settings.wait(),
            answered: AtomicBool::new(false),
            progress,
        };
        connection.first_metadata().await?;
        Ok(connection)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The options of a call that may take as long as an answer may.
    pub(super) fn options(&self) -> CallOptions {
        CallOptions {
            timeout: self.facts.timeout,
            broker: None,
        }
    }

    async fn first_metadata(&self) -> Result<(), ClusterError> {
        let mut heard = self.heard.clone();
        let asked = Instant::now();
        let limit = self.patience_ends().max(asked + self.facts.timeout);
        tokio::select! {
            biased;
            // The sender lives in `self`, so that waiting cannot fail.
            _ = heard.wait_for(|heard| heard.connected) => Ok(()),
            error = self.hopeless(asked) => Err(error),
            () = sleep_until(limit) => Err(self.no_answer()),
        }
    }

    /// Makes a reading call until it is answered, or it is hopeless to go on. An answer may be a
    /// failure for the whole call.
    pub(super) async fn ask<T>(
        &self,
        call: impl Fn(&Client) -> Pending<T>,
    ) -> Result<Outcome<T>, ClusterError> {
        let first = call(&self.client);
        self.ask_on(first, call).await
    }

    /// [`Self::ask`] for a call that is under way already, so that several can be.
    pub(super) async fn ask_on<T>(
        &self,
        first: Pending<T>,
        again: impl Fn(&Client) -> Pending<T>,
    ) -> Result<Outcome<T>, ClusterError> {
        let asked = Instant::now();
        let mut call = first;
        loop {
            let outcome = tokio::select! {
                biased;
                outcome = call.outcome() => outcome,
                error = self.hopeless(asked) => return Err(error),
                never = self.look_for_brokers() => match never {},
            };
            match outcome {
                Err(failure) if failure.code == Code::TRANSPORT => {
                    // The connection broke under the request; another one may carry it.
                    if asked.elapsed() > self.facts.timeout && Instant::now() > self.patience_ends()
                    {
                        return Err(self.give_up(&failure));
                    }
                    sleep(RETRY_PAUSE).await;
                }
                Err(failure) if failure.code == Code::TIMED_OUT => {
                    if self.is_answered() || Instant::now() > self.patience_ends() {
                        return Err(self.no_answer());
                    }
                }
                Err(failure) if failure.code == Code::DESTROY => {
                    return Err(self.give_up(&failure));
                }
                answer => {
                    self.note_answer();
                    return Ok(answer);
                }
            }
            call = again(&self.client);
        }
    }

    /// Makes a reading call once; a failure, its time limit included, is an outcome too.
    pub(super) async fn ask_briefly<T>(
        &self,
        call: Pending<T>,
    ) -> Result<Outcome<T>, ClusterError> {
        tokio::select! {
            biased;
            outcome = call.outcome() => {
                if outcome.is_ok() {
                    self.note_answer();
                }
                Ok(outcome)
            }
            error = self.hopeless(Instant::now()) => Err(error),
        }
    }

    /// Makes a call that must not be repeated blindly; whatever ends it is its outcome.
    pub(super) async fn write<T>(&self, call: Pending<T>) -> Outcome<T> {
        let outcome = tokio::select! {
            biased;
            outcome = call.outcome() => outcome,
            never = self.look_for_brokers() => match never {},
        };
        if outcome.is_ok() {
            self.note_answer();
        }
        outcome
    }

    /// The error for a call that a failure ended for good.
    pub(super) fn give_up(&self, failure: &Failure) -> ClusterError {
        match failure.code {
            Code::TIMED_OUT | Code::REQUEST_TIMED_OUT => self.no_answer(),
            Code::TRANSPORT | Code::DESTROY => self
                .known_trouble()
                .unwrap_or_else(|| Trouble::read(failure))
                .into_error(&self.facts),
            code => ClusterError {
                kind: match code {
                    Code::CLUSTER_AUTHORIZATION_FAILED => ClusterErrorKind::Authorization,
                    _ => ClusterErrorKind::Broker,
                },
                message: format!("{} answered {}", self.facts.bootstrap_servers, code.name()),
                detail: Some(failure.message.clone()),
                help: None,
            },
        }
    }

    fn no_answer(&self) -> ClusterError {
        match self.known_trouble() {
            Some(trouble) => trouble.into_error(&self.facts),
            None => silence(&self.facts),
        }
    }

    fn known_trouble(&self) -> Option<Trouble> {
        let heard = self.heard.borrow();
        heard.trouble.as_ref().map(|(trouble, _)| trouble.clone())
    }

    fn is_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// An answer: whatever was wrong before is over.
    fn note_answer(&self) {
        self.answered.store(true, Ordering::Relaxed);
        self.forget.0.send_modify(|heard| {
            heard.trouble = None;
            heard.all_down = None;
        });
    }

    /// Looks for a controller now and then. A request that was sent is not touched by it.
    async fn look_for_brokers(&self) -> Infallible {
        loop {
            sleep(ANOTHER_BROKER).await;
            // What is learned goes to the client itself, not to us.
            drop(self.client.refresh_controller(ANOTHER_BROKER));
        }
    }

    /// When `--wait` is over.
    fn patience_ends(&self) -> Instant {
        self.started + self.wait
    }

    /// Ends when there is no hope for an answer any more, with the reason; tells the progress
    /// until then.
    async fn hopeless(&self, asked: Instant) -> ClusterError {
        let mut heard = self.heard.clone();
        let mut told: Option<(&'static str, Instant)> = None;
        loop {
            let now = Instant::now();
            let state = heard.borrow_and_update().clone();
            let Some((trouble, since)) = state.trouble else {
                changed(&mut heard).await;
                continue;
            };
            if trouble.is_final() {
                return trouble.into_error(&self.facts);
            }
            let ends = self.hope_ends(&trouble, since, state.all_down, asked);
            if ends.is_some_and(|ends| now >= ends) {
                return trouble.into_error(&self.facts);
            }
            let next_word = self.tell(&trouble, &mut told, now);
            tokio::select! {
                () = changed(&mut heard) => {}
                () = until(ends) => {}
                () = until(next_word) => {}
            }
        }
    }

    /// When a trouble that lasts is to be believed; `None` leaves it to the call's time limit.
    fn hope_ends(
        &self,
        trouble: &Trouble,
        since: Instant,
        all_down: Option<Instant>,
        asked: Instant,
    ) -> Option<Instant> {
        let ends = match all_down {
            _ if trouble.is_silence() => return None,
            Some(down) => down.max(asked) + GRACE,
            None if self.is_answered() => return None,
            None => since.max(asked) + PATIENCE,
        };
        Some(if self.is_answered() {
            ends
        } else {
            ends.max(self.patience_ends())
        })
    }

    /// Tells the progress where there is something to wait for, and returns when to do it again.
    fn tell(
        &self,
        trouble: &Trouble,
        told: &mut Option<(&'static str, Instant)>,
        now: Instant,
    ) -> Option<Instant> {
        if now >= self.patience_ends() || self.is_answered() {
            return None;
        }
        let what = trouble.brief();
        let again = match told {
            Some((known, when)) if *known == what => *when + PROGRESS,
            Some((_, when)) => *when + GRACE,
            None => self.started + GRACE,
        };
        if now < again {
            return Some(again);
        }
        *told = Some((what, now));
        (self.progress)(&Waiting {
            whom: trouble.whom(&self.facts).to_owned(),
            what,
            elapsed: now - self.started,
            limit: self.wait,
        });
        Some(now + PROGRESS)
    }
}

async fn changed(heard: &mut watch::Receiver<Heard>) {
    if heard.changed().await.is_err() {
        pending::<()>().await;
    }
}

async fn until(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => pending().await,
    }
}
