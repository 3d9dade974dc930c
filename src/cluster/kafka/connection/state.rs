//! What is known of a connection, from the client's reading thread and from answers.
//!
//! Keeps the error that says most, and what brokers take. It waits for nothing and decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use librdkafka_admin::{ApiVersions, CertificateError, Error, Listener};
use tokio::sync::watch;
use tokio::time::Instant;

use super::super::connection_error::{ConnectionError, Kind};
use crate::cluster::ClusterError;

/// How long an error tells what is wrong without coming again: connections are tried anew at least
/// twice a second.
const CURRENT: Duration = Duration::from_secs(3);

/// What is known of the connection, from the client's reading thread and from answers.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionState {
    pub(super) connected: bool,
    pub(super) answered: bool,
    /// The error that says most, and since when there has been any.
    pub(super) error: Option<(ConnectionError, Instant)>,
    /// When that error was seen last.
    seen: Option<Instant>,
    /// Since when all known brokers have been out of reach.
    pub(super) all_down: Option<Instant>,
    /// The addresses that the cluster advertises and that failed.
    pub(super) advertised_down: BTreeSet<String>,
    /// Why there is no newer token, since the last one was asked for.
    pub(super) token_error: Option<ClusterError>,
    /// Until when brokers read no request of this client, by their ids (KIP-124, KIP-599).
    throttled: BTreeMap<i32, Instant>,
}

/// Keeps what the reading thread reports.
#[derive(Default)]
pub(super) struct StateListener {
    pub(super) state: watch::Sender<ConnectionState>,
    /// Which requests each broker takes that was connected to, by its name.
    api_versions: Mutex<BTreeMap<String, ApiVersions>>,
    /// Brokers, `host:port`, whose certificate was accepted.
    accepted: Mutex<BTreeSet<String>>,
    /// Whom to tell that a token is wanted.
    tokens: Option<mpsc::Sender<()>>,
}

impl Listener for StateListener {
    fn connected(&self) {
        self.state.send_modify(|state| {
            state.connected = true;
            state.forget_errors();
        });
    }

    fn error(&self, error: Error) {
        // Our own words. The token that it has may still do, and what became of it is known.
        if error
            .message
            .starts_with("Failed to acquire SASL OAUTHBEARER token")
        {
            return;
        }
        let error = ConnectionError::from_error(&error).after_accepted(&self.accepted());
        let now = Instant::now();
        self.state.send_modify(|state| {
            let error = if state.connected {
                error.after_answer()
            } else {
                error
            };
            state.note(error, now);
        });
    }

    fn certificate_accepted(&self, broker: &str) {
        self.accepted().insert(broker.to_owned());
    }

    fn certificate_refused(&self, error: CertificateError) {
        let error = ConnectionError::from_certificate(&error);
        let now = Instant::now();
        self.state.send_modify(|state| state.note(error, now));
    }

    fn other_cluster(&self, broker: &str, id: &str, before: &str) {
        let error = ConnectionError::other_cluster(broker, id, before);
        let now = Instant::now();
        self.state.send_modify(|state| state.note(error, now));
    }

    fn api_versions(&self, broker: &str, versions: ApiVersions) {
        if let Some(error) = ConnectionError::from_api_versions(broker, &versions) {
            let now = Instant::now();
            self.state.send_modify(|state| state.note(error, now));
        }
        self.known().insert(broker.to_owned(), versions);
    }

    fn token_wanted(&self) {
        if let Some(tokens) = &self.tokens {
            // Nobody listens any more where the connection is about to be closed.
            let _ = tokens.send(());
        }
    }

    fn throttled(&self, broker: i32, time: Duration) {
        let until = Instant::now() + time;
        self.state.send_modify(|state| {
            state.throttled.insert(broker, until);
        });
    }
}

impl StateListener {
    pub(super) fn new(tokens: Option<mpsc::Sender<()>>) -> Self {
        Self {
            tokens,
            ..Self::default()
        }
    }

    /// Whether no broker that was connected to takes a request, by its api key.
    pub(super) fn lacks(&self, api_key: i16) -> bool {
        let known = self.known();
        !known.is_empty() && known.values().all(|versions| !versions.has(api_key))
    }

    /// Whether any broker that was connected to is of a kind, by what it takes.
    pub(super) fn any_broker(&self, is: impl Fn(&ApiVersions) -> bool) -> bool {
        self.known().values().any(is)
    }

    /// The ids of the brokers that were connected to, but for bootstrap servers, which have none.
    pub(super) fn connected_brokers(&self) -> Vec<i32> {
        let known = self.known();
        let ids = known.keys().filter_map(|name| name.rsplit_once('/'));
        ids.filter_map(|(_, id)| id.parse().ok()).collect()
    }

    fn accepted(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // Nothing panics while the lock is held.
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, ApiVersions>> {
        // Nothing panics while the lock is held.
        self.api_versions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionState {
    fn note(&mut self, error: ConnectionError, now: Instant) {
        if error.kind == Kind::AllDown {
            self.all_down.get_or_insert(now);
        }
        self.advertised_down.extend(error.advertised_address());
        let is_current = self.seen.is_some_and(|seen| now < seen + CURRENT);
        let lasts = |known: &ConnectionError| is_current || !known.may_pass();
        match &mut self.error {
            // A kind that says less does not hide one that says more, as long as that comes again.
            Some((known, _)) if known.kind > error.kind && lasts(known) => return,
            Some(_) if error.kind == Kind::AllDown => return,
            Some((known, _)) => *known = error,
            none => *none = Some((error, now)),
        }
        self.seen = Some(now);
    }

    /// Until when a broker reads no request of this client.
    pub(super) fn throttled(&self) -> Option<Instant> {
        let until = self.throttled.values().max().copied();
        until.filter(|until| *until > Instant::now())
    }

    /// Forgets what an answer shows to be over.
    pub(super) fn forget_errors(&mut self) {
        if self
            .error
            .as_ref()
            .is_some_and(|(error, _)| error.may_pass())
        {
            self.error = None;
            self.seen = None;
        }
        self.all_down = None;
        self.advertised_down.clear();
    }
}
