//! A client with the policy of its connection: how long to wait, when to give up, and the words.
//!
//! librdkafka never gives up: it reconnects for ever and lets a call run into its time limit,
//! whatever the cause. [`Connection`] listens to the errors meanwhile and ends the wait as soon as
//! one of them lasts. It knows nothing of topics.
//!
//! Two phases. Until the first answer, any error that lasts ends the wait (or is waited out,
//! with `--wait`). After it, a broker that goes away is the client library's to work around, and
//! only final errors and the loss of all brokers end a wait.

mod asking;
mod silence;
mod state;
mod tokens;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use librdkafka_admin::{AdminClient, AdminOptions, ApiVersions, Error, ErrorCode};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

pub(super) use self::asking::Written;
use self::state::{ConnectionState, StateListener};
use self::tokens::Supply;
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

/// How long to wait before progress is reported for the first time, and from then on: a person sees
/// the seconds pass.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// How long an answer may take before another controller is looked for: the broker that all calls
/// go to, the controller as the metadata names it, may be gone without the cluster knowing yet.
const FIRST_LOOK: Duration = Duration::from_millis(500);

/// How long one look for a controller may take at first; twice as long after each that got no answer,
/// so that a slow cluster does not get one behind the other. One that finds no broker connected has
/// one connected for the next.
const LOOK_LIMIT: Duration = Duration::from_millis(250);

/// Between two looks for a controller.
const NEXT_LOOK: Duration = Duration::from_millis(250);

/// How long leaders may take to become known and to answer, at first.
const LEADER_LIMIT: Duration = Duration::from_secs(2);

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
    /// The cluster as it described itself last.
    pub(super) identity: RefCell<Option<ClusterIdentity>>,
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
        let started = Instant::now();
        let mut info = settings.info().clone();
        let (supply, wanted) = match settings.token_source() {
            Some(source) => {
                let wait = settings.wait();
                let first = tokens::first(source, started + wait, |elapsed| {
                    progress(&Waiting {
                        whom: source.to_string(),
                        what: "no token",
                        elapsed,
                        limit: wait,
                    });
                });
                let first = first.await?;
                info.security.user = Some(first.principal.clone());
                let says = first.says.as_deref().unwrap_or("opaque");
                info.security.token = Some(says.to_owned());
                let (sender, wanted) = mpsc::channel();
                let supply = Supply {
                    source: source.clone(),
                    first,
                    extensions: settings.sasl_extensions().to_vec(),
                    wanted,
                };
                (Some(supply), Some(sender))
            }
            None => (None, None),
        };
        let listener = Arc::new(StateListener::new(wanted));
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        // Without a source of randomness two runs have one client id, which harms nobody.
        let entries = settings.entries(&host, getrandom::u32().unwrap_or_default());
        let properties = entries
            .iter()
            .map(|(name, value)| (*name, value.expose_secret()));
        let client = AdminClient::start(properties, Arc::clone(&listener) as _)
            .map_err(|error| settings.start_error(error.property.as_deref(), &error.message))?;
        if let Some(supply) = supply {
            supply.start(client.token_slot(), listener.state.clone());
        }
        let connection = Self {
            client,
            listener,
            info,
            started,
            wait: settings.wait(),
            progress,
            identity: RefCell::default(),
            leader_limit: Cell::new(LEADER_LIMIT),
            looking: tokio::sync::Mutex::default(),
        };
        connection.first_metadata().await?;
        Ok(connection)
    }

    pub(super) fn user(&self) -> Option<&str> {
        self.info.security.user.as_deref()
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

    /// The error for a call that an error ended for good.
    pub(super) fn give_up(&self, error: &Error) -> ClusterError {
        match error.code {
            ErrorCode::TIMED_OUT | ErrorCode::REQUEST_TIMED_OUT => self.no_answer(),
            ErrorCode::TRANSPORT
            | ErrorCode::DESTROY
            | ErrorCode::BAD_MESSAGE
            | ErrorCode::UNDERFLOW
            | ErrorCode::DESTROY_BROKER => self.told(
                self.known_error()
                    .unwrap_or_else(|| ConnectionError::from_error(error)),
            ),
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
                kind: ClusterErrorKind::Broker,
                message: format!(
                    "{} does not offer a request that is needed",
                    self.info.bootstrap_servers
                ),
                detail: Some(error.message.clone()),
                help: None,
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

    /// The error for a service on which topics are not created by Kafka's means.
    pub(super) fn no_creations(&self) -> ClusterError {
        ClusterError {
            kind: ClusterErrorKind::Broker,
            message: format!(
                "{} offers no creation of topics (CREATE_TOPICS)",
                self.info.bootstrap_servers
            ),
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
        self.told(error)
    }

    /// An error in words. Where a newer token was wanted and there was none, an old one is refused
    /// for that reason.
    fn told(&self, error: ConnectionError) -> ClusterError {
        let token_error = self.listener.state.borrow().token_error.clone();
        match token_error.filter(|_| error.kind == Kind::Credentials) {
            Some(no_token) => no_token,
            None => error.into_cluster_error(&self.info),
        }
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
        sleep(FIRST_LOOK).await;
        loop {
            if self.refresh_controller(limit).await == Some(false) {
                limit = (limit * 2).min(self.info.timeout);
            }
            sleep(NEXT_LOOK).await;
        }
    }

    /// What is done while an answer is waited for.
    async fn meanwhile(&self) -> Infallible {
        tokio::join!(self.report_throttling(), self.look_for_controller()).0
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
        let mut next_report = self.started + PROGRESS_INTERVAL;
        loop {
            let now = Instant::now();
            let state = states.borrow_and_update().clone();
            let mut deadline = None;
            if let Some((error, since)) = state.error.clone() {
                deadline = self.deadline(&state, &error, since, asked);
                if error.is_final() || deadline.is_some_and(|deadline| now >= deadline) {
                    return self.told(error);
                }
            }
            let is_waited_for = now < self.wait_ends() && !self.is_answered();
            if is_waited_for && now >= next_report {
                self.report(state.error.as_ref().map(|(error, _)| error), now);
                next_report = now + PROGRESS_INTERVAL;
            }
            let next_report = is_waited_for.then_some(next_report);
            let wake = [deadline, next_report].into_iter().flatten().min();
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

    /// Reports what is waited for, and since when.
    fn report(&self, error: Option<&ConnectionError>, now: Instant) {
        let servers = &self.info.bootstrap_servers;
        (self.progress)(&Waiting {
            whom: error
                .map_or(servers.as_str(), |error| error.address(&self.info))
                .to_owned(),
            what: error.map_or("no answer yet", ConnectionError::summary),
            elapsed: now - self.started,
            limit: self.wait,
        });
    }
}
