//! A client with the policy of its connection: how long to wait, when to give up, and the words.
//!
//! librdkafka never gives up: it reconnects for ever and lets a call run into its time limit,
//! whatever the cause. [`Connection`] listens to the errors meanwhile and ends the wait as soon as
//! one of them lasts. It knows nothing of topics.
//!
//! Two phases. Until the first answer, any error that lasts ends the wait (or is waited out,
//! with `--wait`). After it, a broker that goes away is the client library's to work around, and
//! only final errors and the loss of all brokers end a wait.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use librdkafka_admin::{
    AdminClient, AdminOptions, ApiVersions, Entries, Error, ErrorCode, Listener, Pending,
};
use secrecy::ExposeSecret;
use tokio::sync::{OnceCell, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::connection_error::{ConnectionError, Kind};
use super::connection_info::ConnectionInfo;
use super::settings::Settings;
use crate::cluster::{ClusterError, ClusterErrorKind};
use crate::observed::ClusterIdentity;

/// How long an error tells what is wrong without coming again: connections are tried anew at least
/// twice a second.
const CURRENT: Duration = Duration::from_secs(3);

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

/// How long a broker may be silent before the same is asked of another one.
const SILENCE: Duration = Duration::from_secs(1);

/// How long after one another others are asked; twice as long from the third one on.
const NEXT_ONE: Duration = Duration::from_millis(500);
const QUICK_ONES: usize = 3;

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

/// What is known of the connection, from the client's reading thread and from answers.
#[derive(Clone, Debug, Default)]
struct ConnectionState {
    connected: bool,
    answered: bool,
    /// The error that says most, and since when there has been any.
    error: Option<(ConnectionError, Instant)>,
    /// When that error was seen last.
    seen: Option<Instant>,
    /// Since when all known brokers have been out of reach.
    all_down: Option<Instant>,
    /// The addresses that the cluster advertises and that failed.
    advertised_down: BTreeSet<String>,
    /// Which requests each broker takes that was connected to, by its name.
    api_versions: BTreeMap<String, ApiVersions>,
    /// Until when a broker reads no request of this client (KIP-124, KIP-599).
    throttled: Option<Instant>,
}

struct ErrorListener(watch::Sender<ConnectionState>);

impl Listener for ErrorListener {
    fn connected(&self) {
        self.0.send_modify(|state| {
            state.connected = true;
            state.forget_errors();
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
            state.note(error, now);
        });
    }

    fn api_versions(&self, broker: &str, versions: ApiVersions) {
        self.0.send_modify(|state| {
            if let Some(error) = ConnectionError::from_api_versions(broker, &versions) {
                state.note(error, Instant::now());
            }
            state.api_versions.insert(broker.to_owned(), versions);
        });
    }

    fn throttled(&self, _: i32, time: Duration) {
        self.0.send_modify(|state| {
            state.throttled = (!time.is_zero()).then(|| Instant::now() + time);
        });
    }
}

impl ConnectionState {
    fn note(&mut self, error: ConnectionError, now: Instant) {
        if error.kind == Kind::AllDown {
            self.all_down.get_or_insert(now);
        }
        self.advertised_down.extend(error.advertised_address());
        let is_current = self.seen.is_some_and(|seen| now < seen + CURRENT);
        match &mut self.error {
            // A kind that says less does not hide one that says more, as long as that comes again.
            Some((known, _)) if known.kind > error.kind && is_current => return,
            Some(_) if error.kind == Kind::AllDown => return,
            Some((known, _)) => *known = error,
            none => *none = Some((error, now)),
        }
        self.seen = Some(now);
    }

    fn forget_errors(&mut self) {
        self.error = None;
        self.seen = None;
        self.all_down = None;
        self.advertised_down.clear();
    }
}

pub(super) struct Connection {
    client: AdminClient,
    listener: Arc<ErrorListener>,
    info: ConnectionInfo,
    started: Instant,
    wait: Duration,
    progress: Progress,
    /// The brokers that the cluster last said it has.
    brokers: Mutex<Vec<i32>>,
    /// The cluster as it described itself first.
    pub(super) identity: OnceCell<ClusterIdentity>,
    /// Held by the one look for a controller that is under way.
    looking: tokio::sync::Mutex<()>,
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
            brokers: Mutex::default(),
            identity: OnceCell::new(),
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
        let mut state = self.listener.0.subscribe();
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
    /// where a broker stays silent, at another one. The result of that one counts where it
    /// `is_clear`; else the first call is waited for, which may be what made it unclear.
    pub(super) async fn write<T>(
        &self,
        call: impl Fn(&AdminClient, AdminOptions) -> Pending<T>,
        is_clear: impl Fn(&T) -> bool,
    ) -> Written<T> {
        let asked = Instant::now();
        let mut look_for_controller = pin!(self.look_for_controller());
        let mut throttling = pin!(self.report_throttling());
        let mut calls = FuturesUnordered::from_iter([call(&self.client, self.options()).result()]);
        let mut silence = Silence::new(self, asked);
        let mut unclear: Option<Result<T, Error>> = None;
        let mut sent = 1;
        loop {
            let result = tokio::select! {
                biased;
                result = calls.next() => result,
                broker = silence.another_broker() => {
                    sent += 1;
                    calls.push(call(&self.client, self.options_for(broker, asked)).result());
                    continue;
                }
                never = &mut throttling => match never {},
                never = &mut look_for_controller => match never {},
            };
            if matches!(result, Some(Ok(_))) {
                self.note_answer();
            }
            let repeated = sent > 1;
            match (result, unclear) {
                (Some(Ok(result)), _) if !repeated || is_clear(&result) => {
                    return Written {
                        result: Ok(result),
                        repeated,
                    };
                }
                (Some(Err(result)), None) if !repeated => {
                    return Written {
                        result: Err(result),
                        repeated,
                    };
                }
                // What a broker says outweighs that another one did not answer.
                (Some(Err(_)), Some(known @ Ok(_))) => unclear = Some(known),
                (Some(result), _) => unclear = Some(result),
                (None, Some(result)) => return Written { result, repeated },
                (None, None) => unreachable!("each call that is under way ends"),
            }
        }
    }

    /// The error for a call that an error ended for good.
    pub(super) fn give_up(&self, error: &Error) -> ClusterError {
        match error.code {
            ErrorCode::TIMED_OUT | ErrorCode::REQUEST_TIMED_OUT => self.no_answer(),
            ErrorCode::TRANSPORT | ErrorCode::DESTROY => self
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
            let state = self.listener.0.borrow();
            match state.throttled.filter(|until| *until > Instant::now()) {
                Some(until) => ConnectionError::throttled(until - Instant::now()),
                None if !state.connected && !state.api_versions.is_empty() => {
                    ConnectionError::no_brokers()
                }
                None => ConnectionError::timeout(),
            }
        });
        error.into_cluster_error(&self.info)
    }

    /// Whether no broker that was connected to takes a request, by its api key.
    pub(super) fn lacks(&self, api_key: i16) -> bool {
        let state = self.listener.0.borrow();
        let mut known = state.api_versions.values();
        !state.api_versions.is_empty() && known.all(|versions| !versions.has(api_key))
    }

    /// Whether any broker that was connected to is known to be one of these, by what it takes.
    pub(super) fn any_broker(&self, is: impl Fn(&ApiVersions) -> bool) -> bool {
        let state = self.listener.0.borrow();
        state.api_versions.values().any(is)
    }

    /// How long a broker reads no request of this client any more.
    pub(super) fn throttled(&self) -> Option<Duration> {
        let until = self.listener.0.borrow().throttled?;
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
            let Ok(_only) = self.looking.try_lock() else {
                continue;
            };
            // What is learned goes to the client itself, not to us.
            let looked = self.client.refresh_controller(limit).result().await;
            if looked.is_err_and(|error| error.code == ErrorCode::TIMED_OUT) {
                limit = (limit * 2).min(self.info.timeout);
            }
        }
    }

    /// Reports that the cluster holds this client back, as long as it does.
    async fn report_throttling(&self) -> Infallible {
        let mut states = self.listener.0.subscribe();
        let mut reported = None;
        loop {
            let until = states.borrow_and_update().throttled;
            let news = until.filter(|until| *until > Instant::now() && reported != Some(*until));
            if let Some(until) = news {
                reported = Some(until);
                (self.progress)(&Waiting {
                    whom: self.info.bootstrap_servers.clone(),
                    what: "its quota for changes is used up",
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
        let mut states = self.listener.0.subscribe();
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
            // No waiting makes a broker of it.
            _ if error.kind == Kind::NotABroker => return Some(since.max(asked) + ALL_DOWN_LIMIT),
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

/// The silence of the broker that was asked: says now and then whom to ask besides.
struct Silence<'a> {
    connection: &'a Connection,
    asked: Vec<i32>,
    next: Instant,
    pause: Duration,
}

impl<'a> Silence<'a> {
    fn new(connection: &'a Connection, asked: Instant) -> Self {
        Self {
            connection,
            asked: connection.client.controller().into_iter().collect(),
            next: asked + SILENCE,
            pause: NEXT_ONE,
        }
    }

    /// Waits until the silence has lasted, and there is another broker to ask: one that was not
    /// asked yet, else the one whose turn is longest ago.
    async fn another_broker(&mut self) -> i32 {
        loop {
            sleep_until(self.next).await;
            let brokers = self.connection.brokers.lock();
            let mut known = brokers.unwrap_or_else(PoisonError::into_inner).clone();
            known.extend(self.connection.client.controller());
            let last = |id: &i32| self.asked.iter().rposition(|asked| asked == id);
            let next = known.into_iter().min_by_key(|id| last(id));
            match next.filter(|id| self.asked.last() != Some(id)) {
                Some(broker) => {
                    self.asked.push(broker);
                    if self.asked.len() > QUICK_ONES {
                        self.pause *= 2;
                    }
                    self.next = Instant::now() + self.pause;
                    return broker;
                }
                // They may become known.
                None => self.next = Instant::now() + LOOK_FOR_CONTROLLER,
            }
        }
    }
}
