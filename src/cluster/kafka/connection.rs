//! A client with the policy of its connection: how long to wait, when to give up, and the words.
//!
//! librdkafka never gives up: it reconnects for ever and lets a call run into its time limit,
//! whatever the cause. [`Connection`] listens to the errors meanwhile and ends the wait as soon as
//! one of them lasts. It knows nothing of topics.
//!
//! Two phases. Until the first answer, any error that lasts ends the wait (or is waited out,
//! with `--wait`). After it, a broker that goes away is the client library's to work around, and
//! only final errors and the loss of all brokers end a wait.

mod silence;
mod state;

use std::cell::Cell;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use librdkafka_admin::{
    AdminClient, AdminOptions, ApiVersions, Entries, Error, ErrorCode, Pending,
};
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use self::silence::Silence;
use self::state::{ConnectionState, StateListener};
use super::connection_error::{ConnectionError, Kind};
use super::connection_info::ConnectionInfo;
use super::settings::Settings;
use crate::cluster::{ClusterError, ClusterErrorKind};
use crate::observed::ClusterIdentity;

/// How long all known addresses may be unreachable before it counts: another bootstrap server may
/// answer, and librdkafka tries them one after the other.
const ALL_DOWN_LIMIT: Duration = Duration::from_secs(1);

/// How long a single address may fail where others may answer in its place.
const ONE_DOWN_LIMIT: Duration = Duration::from_secs(3);

/// How long several that the cluster advertises may fail: it has more, and names another one each
/// time that it is asked for its controller.
const SOME_DOWN_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait before progress is reported for the first time, and between two causes.
const PROGRESS_DELAY: Duration = Duration::from_secs(1);

/// How often the same progress is reported again.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// How long an answer may take before another controller is looked for: the broker that all calls
/// go to, the controller as the metadata names it, may be gone without the cluster knowing yet.
const LOOK_FOR_CONTROLLER: Duration = Duration::from_millis(250);

/// How long one look for a controller may take at first; twice as long after each that got no answer,
/// so that a slow cluster does not get one behind the other. One that finds no broker connected has
/// one connected for the next.
const LOOK_LIMIT: Duration = Duration::from_millis(250);

/// Between two looks for a controller.
const NEXT_LOOK: Duration = Duration::from_millis(250);

/// How long leaders may take to become known and to answer, at first.
const LEADER_LIMIT: Duration = Duration::from_secs(2);

/// How long a broker may lack a request that it may have after all.
const FALLBACK_LIMIT: Duration = Duration::from_secs(2);

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

pub(super) struct Connection {
    client: AdminClient,
    listener: Arc<StateListener>,
    info: ConnectionInfo,
    started: Instant,
    wait: Duration,
    progress: Progress,
    /// The brokers that the cluster last said it has.
    brokers: Mutex<Vec<i32>>,
    /// The cluster as it described itself first.
    pub(super) identity: OnceCell<ClusterIdentity>,
    /// How long leaders may take to answer, as far as is known of this cluster.
    pub(super) leader_limit: Cell<Duration>,
    /// Held by the one look for a controller that is under way.
    looking: tokio::sync::Mutex<()>,
}

impl Connection {
    /// Starts a client and waits for the first metadata of any broker.
    pub(super) async fn open(
        settings: &Settings,
        progress: Progress,
    ) -> Result<Self, ClusterError> {
        let listener = Arc::new(StateListener::default());
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
            brokers: Mutex::default(),
            identity: OnceCell::new(),
            leader_limit: Cell::new(LEADER_LIMIT),
            looking: tokio::sync::Mutex::default(),
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
        let mut state = self.listener.state.subscribe();
        let asked = Instant::now();
        let limit = self.wait_ends().max(asked + self.info.timeout);
        tokio::select! {
            biased;
            // The sender lives in `self`, so that waiting cannot fail.
            _ = state.wait_for(|state| state.connected) => Ok(()),
            error = self.lasting_error(asked) => Err(error),
            () = sleep_until(limit) => Err(self.no_answer()),
            // A broker that is just starting may answer that there is none yet.
            never = self.look_for_controller() => match never {},
        }
    }

    /// Makes a reading call until it is answered, or an error lasts. An answer that is an
    /// error for the whole call is an error.
    pub(super) async fn ask<T>(
        &self,
        call: impl Fn(&AdminClient, AdminOptions) -> Pending<T>,
    ) -> Result<T, ClusterError> {
        let first = call(&self.client, self.options());
        self.ask_on(first, call).await
    }

    /// Makes one reading call for each batch, all under way together, and joins their entries.
    pub(super) async fn ask_batches<I, T>(
        &self,
        items: &[I],
        size: usize,
        call: impl Fn(&AdminClient, AdminOptions, &[I]) -> Pending<Entries<T>>,
    ) -> Result<Entries<T>, ClusterError> {
        let batches: Vec<_> = items
            .chunks(size)
            .map(|batch| (batch, call(&self.client, self.options(), batch)))
            .collect();
        let mut entries = Entries::new();
        for (batch, pending) in batches {
            let again = |client: &AdminClient, options| call(client, options, batch);
            entries.extend(self.ask_on(pending, again).await?);
        }
        Ok(entries)
    }

    /// [`Self::ask`] for a call that is under way already. A broker that stays silent does not hold
    /// it up alone: the same is asked of others meanwhile.
    async fn ask_on<T>(
        &self,
        first: Pending<T>,
        again: impl Fn(&AdminClient, AdminOptions) -> Pending<T>,
    ) -> Result<T, ClusterError> {
        let asked = Instant::now();
        let mut lasting_error = pin!(self.lasting_error(asked));
        let mut throttling = pin!(self.report_throttling());
        let mut look_for_controller = pin!(self.look_for_controller());
        let mut calls = FuturesUnordered::from_iter([first.result()]);
        let mut silence = Silence::new(self, asked);
        loop {
            let result = tokio::select! {
                biased;
                Some(result) = calls.next() => result,
                error = &mut lasting_error => return Err(error),
                broker = silence.another_broker() => {
                    calls.push(again(&self.client, self.options_for(broker, asked)).result());
                    continue;
                }
                never = &mut throttling => match never {},
                never = &mut look_for_controller => match never {},
            };
            match result {
                Err(error) if is_broken(&error) => {
                    // The connection broke under the request; another one may carry it.
                    if asked.elapsed() > self.info.timeout && Instant::now() > self.wait_ends() {
                        return Err(self.give_up(&error));
                    }
                    sleep(RETRY_PAUSE).await;
                }
                // librdkafka may know a broker by its fallback only, after an answer to ApiVersions
                // that was cut short.
                Err(error)
                    if error.code == ErrorCode::UNSUPPORTED_FEATURE
                        && asked.elapsed() < FALLBACK_LIMIT =>
                {
                    sleep(RETRY_PAUSE).await;
                }
                Err(error) if error.code == ErrorCode::TIMED_OUT => {
                    if !calls.is_empty() {
                        continue;
                    }
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
            if calls.is_empty() {
                calls.push(again(&self.client, self.options()).result());
            }
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

    /// Makes a call that writes, for which whatever ends it is its result: it is not repeated but
    /// where a broker stays silent, at another one. A result that is wholly good counts at once; else
    /// all calls are waited for, since what one of them made is in the answer of another.
    pub(super) async fn write<T>(
        &self,
        call: impl Fn(&AdminClient, AdminOptions) -> Pending<T>,
        is_good: impl Fn(&T) -> bool,
    ) -> Written<T> {
        let asked = Instant::now();
        let mut look_for_controller = pin!(self.look_for_controller());
        let mut throttling = pin!(self.report_throttling());
        let mut calls = FuturesUnordered::from_iter([call(&self.client, self.options()).result()]);
        let mut silence = Silence::new(self, asked);
        let mut best: Option<Result<T, Error>> = None;
        let mut repeated = false;
        loop {
            let result = tokio::select! {
                biased;
                Some(result) = calls.next() => result,
                broker = silence.another_broker() => {
                    repeated = true;
                    calls.push(call(&self.client, self.options_for(broker, asked)).result());
                    continue;
                }
                never = &mut throttling => match never {},
                never = &mut look_for_controller => match never {},
            };
            if result.is_ok() {
                self.note_answer();
            }
            if result.as_ref().is_ok_and(&is_good) {
                return Written { result, repeated };
            }
            // What a broker says outweighs that another one did not answer, and the first trouble a
            // later one.
            let result = match best.take() {
                Some(known) if known.is_ok() || result.is_err() => known,
                _ => result,
            };
            if calls.is_empty() {
                return Written { result, repeated };
            }
            best = Some(result);
        }
    }

    /// The error for a call that an error ended for good.
    pub(super) fn give_up(&self, error: &Error) -> ClusterError {
        match error.code {
            ErrorCode::TIMED_OUT | ErrorCode::REQUEST_TIMED_OUT => self.no_answer(),
            ErrorCode::TRANSPORT
            | ErrorCode::DESTROY
            | ErrorCode::BAD_MESSAGE
            | ErrorCode::UNDERFLOW => self
                .known_error()
                .unwrap_or_else(|| ConnectionError::from_error(error))
                .into_cluster_error(&self.info),
            ErrorCode::NOT_CONTROLLER => ClusterError {
                kind: ClusterErrorKind::Unreachable,
                message: format!(
                    "no broker of {} takes new topics: the cluster has no controller",
                    self.info.bootstrap_servers
                ),
                detail: Some(error.to_string()),
                help: None,
            },
            ErrorCode::UNSUPPORTED_FEATURE => ClusterError {
                detail: Some(error.message.clone()),
                ..self.not_offered("request that is needed")
            },
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

    /// The error for a service that lacks a request.
    pub(super) fn not_offered(&self, what: &str) -> ClusterError {
        ClusterError {
            kind: ClusterErrorKind::Broker,
            message: format!("{} offers no {what}", self.info.bootstrap_servers),
            detail: None,
            help: Some(
                "create topics by the means of the service (its console, its own commands), and \
                 verify them here"
                    .to_owned(),
            ),
        }
    }

    fn no_answer(&self) -> ClusterError {
        let error = self.known_error().unwrap_or_else(|| {
            let state = self.listener.state.borrow();
            match state.throttled() {
                Some(until) => ConnectionError::throttled(until - Instant::now()),
                None if !state.connected && self.any_broker(|_| true) => {
                    ConnectionError::no_brokers()
                }
                None => ConnectionError::timeout(),
            }
        });
        error.into_cluster_error(&self.info)
    }

    /// Whether no broker that was connected to takes a request, by its api key.
    pub(super) fn lacks(&self, api_key: i16) -> bool {
        self.listener.lacks(api_key)
    }

    /// Whether any broker that was connected to is of a kind, by what it takes.
    pub(super) fn any_broker(&self, is: impl Fn(&ApiVersions) -> bool) -> bool {
        self.listener.any_broker(is)
    }

    /// How long a broker reads no request of this client any more.
    pub(super) fn throttled(&self) -> Option<Duration> {
        let until = self.listener.state.borrow().throttled()?;
        until.checked_duration_since(Instant::now())
    }

    /// The brokers as the cluster lists them.
    pub(super) fn note_brokers(&self, brokers: &[i32]) {
        *self.brokers.lock().unwrap_or_else(PoisonError::into_inner) = brokers.to_vec();
    }

    /// The options of a call to one broker that began to be asked for a while ago.
    fn options_for(&self, broker: i32, asked: Instant) -> AdminOptions {
        AdminOptions {
            request_timeout: self.info.timeout.saturating_sub(asked.elapsed()),
            broker: Some(broker),
        }
    }

    fn known_error(&self) -> Option<ConnectionError> {
        let state = self.listener.state.borrow();
        state.error.as_ref().map(|(error, _)| error.clone())
    }

    fn is_answered(&self) -> bool {
        self.listener.state.borrow().answered
    }

    /// An answer: whatever was wrong before is over.
    fn note_answer(&self) {
        self.listener.state.send_modify(|state| {
            state.answered = true;
            state.forget_errors();
        });
    }

    /// Looks for a controller now and then, one look at a time, whoever asks. A request that was
    /// sent is not touched by it.
    async fn look_for_controller(&self) -> Infallible {
        let mut limit = LOOK_LIMIT;
        sleep(LOOK_FOR_CONTROLLER).await;
        loop {
            sleep(NEXT_LOOK).await;
            if self.refresh_controller(limit).await == Some(false) {
                limit = (limit * 2).min(self.info.timeout);
            }
        }
    }

    /// Looks for the controller, unless a look is under way; returns whether there was an answer.
    /// What is learned goes to the client itself, not to us.
    pub(super) async fn refresh_controller(&self, limit: Duration) -> Option<bool> {
        let _only = self.looking.try_lock().ok()?;
        let looked = self.client.refresh_controller(limit).result().await;
        Some(!looked.is_err_and(|error| error.code == ErrorCode::TIMED_OUT))
    }

    /// Reports that the cluster holds this client back, as long as it does.
    async fn report_throttling(&self) -> Infallible {
        let mut states = self.listener.state.subscribe();
        let mut reported = None;
        loop {
            let until = states.borrow_and_update().throttled();
            let news = until.filter(|until| reported != Some(*until));
            if let Some(until) = news {
                reported = Some(until);
                (self.progress)(&Waiting {
                    whom: self.info.bootstrap_servers.clone(),
                    what: "a quota of this client is used up",
                    elapsed: Duration::ZERO,
                    limit: until - Instant::now(),
                });
            }
            // The sender lives in `self`, so that waiting for a change cannot fail.
            let _ = states.changed().await;
        }
    }

    fn wait_ends(&self) -> Instant {
        self.started + self.wait
    }

    /// Waits for an error that lasts, which is the end of waiting for an answer; reports the
    /// progress until then.
    async fn lasting_error(&self, asked: Instant) -> ClusterError {
        let mut states = self.listener.state.subscribe();
        let mut reported: Option<(&'static str, Instant)> = None;
        loop {
            let now = Instant::now();
            let state = states.borrow_and_update().clone();
            let mut wake = None;
            if let Some((error, since)) = state.error.clone() {
                let deadline = self.deadline(&state, &error, since, asked);
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
        state: &ConnectionState,
        error: &ConnectionError,
        since: Instant,
        asked: Instant,
    ) -> Option<Instant> {
        let ends = match state.all_down {
            _ if error.kind == Kind::Timeout => return None,
            // No waiting makes a broker of it, and another address may be one.
            _ if error.kind == Kind::NotABroker && !state.answered => {
                let limit = match self.info.bootstrap_servers.contains(',') {
                    true => ONE_DOWN_LIMIT,
                    false => ALL_DOWN_LIMIT,
                };
                return Some(since.max(asked) + limit);
            }
            Some(down) => down.max(asked) + ALL_DOWN_LIMIT,
            None if state.answered => return None,
            None if state.advertised_down.len() > 1 => since.max(asked) + SOME_DOWN_LIMIT,
            None => since.max(asked) + ONE_DOWN_LIMIT,
        };
        Some(if state.answered {
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

/// The result of a call that writes.
pub(super) struct Written<T> {
    pub(super) result: Result<T, Error>,
    /// Whether it was sent to more than one broker, so that one may see what the other one made.
    pub(super) repeated: bool,
}

/// Whether a request got lost, or its answer, and not what it asks for.
fn is_broken(error: &Error) -> bool {
    matches!(
        error.code,
        ErrorCode::TRANSPORT | ErrorCode::BAD_MESSAGE | ErrorCode::UNDERFLOW
    )
}
