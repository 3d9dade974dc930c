//! A client with the policy of its connection: how long to wait, when to give up, and the words.
//!
//! librdkafka never gives up: it reconnects for ever and lets a call run into its time limit,
//! whatever the cause. [`Connection`] listens to the errors meanwhile and ends the wait as soon as
//! one of them lasts. It knows nothing of topics.
//!
//! Two phases. Until the first answer, any error that lasts ends the wait (or is waited out,
//! with `--wait`). After it, a broker that goes away is the client library's to work around, and
//! only final errors and the loss of all brokers end a wait.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use librdkafka_admin::{AdminClient, AdminOptions, Entries, Error, ErrorCode, Listener, Pending};
use secrecy::ExposeSecret;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::connection_error::{ConnectionError, Kind};
use super::connection_info::ConnectionInfo;
use super::settings::Settings;
use crate::cluster::{ClusterError, ClusterErrorKind};

/// How long all known addresses may be unreachable before it counts: another bootstrap server may
/// answer, and librdkafka tries them one after the other.
const ALL_DOWN_LIMIT: Duration = Duration::from_secs(1);

/// How long a single address may fail where others may answer in its place.
const ONE_DOWN_LIMIT: Duration = Duration::from_secs(3);

/// How long to wait before progress is reported for the first time, and between two causes.
const PROGRESS_DELAY: Duration = Duration::from_secs(1);

/// How often the same progress is reported again.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// How long an answer may take before another broker is looked for: the one that all calls go to,
/// the controller as the metadata names it, may be gone without the cluster knowing yet.
const ANOTHER_BROKER: Duration = Duration::from_millis(500);

/// How long to rest between two tries of a request that broke, so that a broker that is gone is
/// not asked in a busy loop.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The broker, or all of the bootstrap servers.
    pub whom: String,
    /// What is wrong, in a few words: `connection refused`.
    pub what: &'static str,
    pub elapsed: Duration,
    pub limit: Duration,
}

type Progress = Box<dyn Fn(&Waiting) + Send + Sync>;

/// What is known of the connection, from the client's reading thread and from answers.
#[derive(Clone, Debug, Default)]
struct ConnectionState {
    connected: bool,
    answered: bool,
    /// The error that says most, and since when there has been any.
    error: Option<(ConnectionError, Instant)>,
    /// Since when all known brokers have been out of reach.
    all_down: Option<Instant>,
}

struct ErrorListener(watch::Sender<ConnectionState>);

impl Listener for ErrorListener {
    fn connected(&self) {
        self.0.send_modify(|state| {
            *state = ConnectionState {
                connected: true,
                ..ConnectionState::default()
            };
        });
    }

    fn error(&self, error: Error) {
        let error = ConnectionError::from_error(&error);
        let now = Instant::now();
        self.0.send_modify(|state| {
            let error = if state.connected {
                error.after_answer()
            } else {
                error
            };
            if error.kind == Kind::AllDown {
                state.all_down.get_or_insert(now);
            }
            match &mut state.error {
                // A kind that says less never hides one that says more.
                Some((known, _)) if known.kind > error.kind => {}
                Some((known, _)) => *known = error,
                none => *none = Some((error, now)),
            }
        });
    }
}

pub(super) struct Connection {
    client: AdminClient,
    listener: Arc<ErrorListener>,
    info: ConnectionInfo,
    started: Instant,
    wait: Duration,
    progress: Progress,
}

impl Connection {
    /// Starts a client and waits for the first metadata of any broker.
    pub(super) async fn open(
        settings: &Settings,
        progress: Progress,
    ) -> Result<Self, ClusterError> {
        let listener = Arc::new(ErrorListener(watch::Sender::default()));
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        // Without a source of randomness two runs have one client id, which harms nobody.
        let entries = settings.entries(&host, getrandom::u32().unwrap_or_default());
        let properties = entries
            .iter()
            .map(|(name, value)| (*name, value.expose_secret()));
        let client = AdminClient::start(properties, Arc::clone(&listener) as _)
            .map_err(|error| settings.start_error(error.property.as_deref(), &error.message))?;
        let connection = Self {
            client,
            listener,
            info: settings.info().clone(),
            started: Instant::now(),
            wait: settings.wait(),
            progress,
        };
        connection.first_metadata().await?;
        Ok(connection)
    }

    pub(super) fn client(&self) -> &AdminClient {
        &self.client
    }

    /// The options of a call that may take as long as an answer may.
    pub(super) fn options(&self) -> AdminOptions {
        AdminOptions::new(self.info.timeout)
    }

    async fn first_metadata(&self) -> Result<(), ClusterError> {
        let mut state = self.listener.0.subscribe();
        let asked = Instant::now();
        let limit = self.wait_ends().max(asked + self.info.timeout);
        tokio::select! {
            biased;
            // The sender lives in `self`, so that waiting cannot fail.
            _ = state.wait_for(|state| state.connected) => Ok(()),
            error = self.lasting_error(asked) => Err(error),
            () = sleep_until(limit) => Err(self.no_answer()),
        }
    }

    /// Makes a reading call until it is answered, or an error lasts. An answer that is an
    /// error for the whole call is an error.
    pub(super) async fn ask<T>(
        &self,
        call: impl Fn(&AdminClient) -> Pending<T>,
    ) -> Result<T, ClusterError> {
        let first = call(&self.client);
        self.ask_on(first, call).await
    }

    /// Makes one reading call for each batch, all under way together, and joins their entries.
    pub(super) async fn ask_batches<I, T>(
        &self,
        items: &[I],
        size: usize,
        call: impl Fn(&AdminClient, &[I]) -> Pending<Entries<T>>,
    ) -> Result<Entries<T>, ClusterError> {
        let batches: Vec<_> = items
            .chunks(size)
            .map(|batch| (batch, call(&self.client, batch)))
            .collect();
        let mut entries = Entries::new();
        for (batch, pending) in batches {
            entries.extend(self.ask_on(pending, |client| call(client, batch)).await?);
        }
        Ok(entries)
    }

    /// [`Self::ask`] for a call that is under way already.
    async fn ask_on<T>(
        &self,
        mut call: Pending<T>,
        again: impl Fn(&AdminClient) -> Pending<T>,
    ) -> Result<T, ClusterError> {
        let asked = Instant::now();
        loop {
            let result = tokio::select! {
                biased;
                result = call.result() => result,
                error = self.lasting_error(asked) => return Err(error),
                never = self.look_for_brokers() => match never {},
            };
            match result {
                Err(error) if error.code == ErrorCode::TRANSPORT => {
                    // The connection broke under the request; another one may carry it.
                    if asked.elapsed() > self.info.timeout && Instant::now() > self.wait_ends() {
                        return Err(self.give_up(&error));
                    }
                    sleep(RETRY_PAUSE).await;
                }
                Err(error) if error.code == ErrorCode::TIMED_OUT => {
                    if self.is_answered() || Instant::now() > self.wait_ends() {
                        return Err(self.no_answer());
                    }
                }
                Err(error) if error.code == ErrorCode::DESTROY => {
                    return Err(self.give_up(&error));
                }
                answer => {
                    self.note_answer();
                    return answer.map_err(|error| self.give_up(&error));
                }
            }
            call = again(&self.client);
        }
    }

    /// Makes a reading call once; an error of the whole call, its time limit included, is a result
    /// too.
    pub(super) async fn ask_once<T>(
        &self,
        call: Pending<T>,
    ) -> Result<Result<T, Error>, ClusterError> {
        tokio::select! {
            biased;
            result = call.result() => {
                if result.is_ok() {
                    self.note_answer();
                }
                Ok(result)
            }
            error = self.lasting_error(Instant::now()) => Err(error),
        }
    }

    /// Makes a call that must not be repeated blindly; whatever ends it is its result.
    pub(super) async fn write<T>(&self, call: Pending<T>) -> Result<T, Error> {
        let result = tokio::select! {
            biased;
            result = call.result() => result,
            never = self.look_for_brokers() => match never {},
        };
        if result.is_ok() {
            self.note_answer();
        }
        result
    }

    /// The error for a call that an error ended for good.
    pub(super) fn give_up(&self, error: &Error) -> ClusterError {
        match error.code {
            ErrorCode::TIMED_OUT | ErrorCode::REQUEST_TIMED_OUT => self.no_answer(),
            ErrorCode::TRANSPORT | ErrorCode::DESTROY => self
                .known_error()
                .unwrap_or_else(|| ConnectionError::from_error(error))
                .into_cluster_error(&self.info),
            code => ClusterError {
                kind: match code {
                    ErrorCode::CLUSTER_AUTHORIZATION_FAILED => ClusterErrorKind::Authorization,
                    _ => ClusterErrorKind::Broker,
                },
                message: format!("{} answered {code}", self.info.bootstrap_servers),
                detail: Some(error.message.clone()),
                help: None,
            },
        }
    }

    fn no_answer(&self) -> ClusterError {
        self.known_error()
            .unwrap_or_else(ConnectionError::timeout)
            .into_cluster_error(&self.info)
    }

    fn known_error(&self) -> Option<ConnectionError> {
        let state = self.listener.0.borrow();
        state.error.as_ref().map(|(error, _)| error.clone())
    }

    fn is_answered(&self) -> bool {
        self.listener.0.borrow().answered
    }

    /// An answer: whatever was wrong before is over.
    fn note_answer(&self) {
        self.listener.0.send_modify(|state| {
            state.answered = true;
            state.error = None;
            state.all_down = None;
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

    fn wait_ends(&self) -> Instant {
        self.started + self.wait
    }

    /// Waits for an error that lasts, which is the end of waiting for an answer; reports the
    /// progress until then.
    async fn lasting_error(&self, asked: Instant) -> ClusterError {
        let mut states = self.listener.0.subscribe();
        let mut reported: Option<(&'static str, Instant)> = None;
        loop {
            let now = Instant::now();
            let state = states.borrow_and_update().clone();
            let mut wake = None;
            if let Some((error, since)) = state.error {
                let deadline = self.deadline(&error, since, state.all_down, asked);
                if error.is_final() || deadline.is_some_and(|deadline| now >= deadline) {
                    return error.into_cluster_error(&self.info);
                }
                let next_report = self.report(&error, &mut reported, now);
                wake = [deadline, next_report].into_iter().flatten().min();
            }
            // The sender lives in `self`, so that waiting for a change cannot fail.
            let _ = match wake {
                Some(wake) => timeout_at(wake, states.changed()).await.unwrap_or(Ok(())),
                None => states.changed().await,
            };
        }
    }

    /// When an error that lasts counts; `None` leaves it to the call's time limit.
    fn deadline(
        &self,
        error: &ConnectionError,
        since: Instant,
        all_down: Option<Instant>,
        asked: Instant,
    ) -> Option<Instant> {
        let ends = match all_down {
            _ if error.kind == Kind::Timeout => return None,
            Some(down) => down.max(asked) + ALL_DOWN_LIMIT,
            None if self.is_answered() => return None,
            None => since.max(asked) + ONE_DOWN_LIMIT,
        };
        Some(if self.is_answered() {
            ends
        } else {
            ends.max(self.wait_ends())
        })
    }

    /// Reports the progress where there is something to wait for, and returns when to do it again.
    fn report(
        &self,
        error: &ConnectionError,
        reported: &mut Option<(&'static str, Instant)>,
        now: Instant,
    ) -> Option<Instant> {
        if now >= self.wait_ends() || self.is_answered() {
            return None;
        }
        let what = error.summary();
        let again = match reported {
            Some((known, when)) if *known == what => *when + PROGRESS_INTERVAL,
            Some((_, when)) => *when + PROGRESS_DELAY,
            None => self.started + PROGRESS_DELAY,
        };
        if now < again {
            return Some(again);
        }
        *reported = Some((what, now));
        (self.progress)(&Waiting {
            whom: error.address(&self.info).to_owned(),
            what,
            elapsed: now - self.started,
            limit: self.wait,
        });
        Some(now + PROGRESS_INTERVAL)
    }
}
