//! Keeps a client in bearer tokens: the first before it connects, the next ones when it asks.
//!
//! A source may block, so that threads of their own ask it: neither the runtime nor the client's
//! reading thread waits. What a broker makes of a token is not known here.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use librdkafka_admin::{BearerToken, TokenSlot};
use secrecy::ExposeSecret;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep};

use super::state::ConnectionState;
use crate::cluster::kafka::token::{Token, TokenError, TokenSource};
use crate::cluster::{ClusterError, ClusterErrorKind};

/// Between two tries for the first token.
const NEXT_TRY: Duration = Duration::from_secs(1);

/// Fetches the first token. Where nobody answers it is tried again until `limit`, and `waiting` is
/// told each time how long that has been going on.
pub(super) async fn first(
    source: &TokenSource,
    limit: Instant,
    waiting: impl Fn(Duration),
) -> Result<Token, ClusterError> {
    let started = Instant::now();
    loop {
        match fetch(source.clone()).await {
            Err(error) if error.may_pass() && Instant::now() + NEXT_TRY < limit => {
                waiting(started.elapsed());
                sleep(NEXT_TRY).await;
            }
            result => return result,
        }
    }
}

async fn fetch(source: TokenSource) -> Result<Token, TokenError> {
    let whence = source.to_string();
    let (sender, receiver) = oneshot::channel();
    // Not one of the runtime's threads, for whose end it would wait.
    thread::spawn(move || sender.send(source.token()));
    receiver.await.unwrap_or_else(|_| Err(unusable(&whence)))
}

/// Answers a client that asks for tokens, as long as it lives.
pub(super) struct Supply {
    pub(super) source: TokenSource,
    pub(super) first: Token,
    pub(super) extensions: Vec<(String, String)>,
    /// One for each token that is wanted.
    pub(super) wanted: mpsc::Receiver<()>,
}

impl Supply {
    /// Begins to answer, and notes in the state why there is no newer token.
    pub(super) fn start(self, slot: TokenSlot, state: watch::Sender<ConnectionState>) {
        thread::spawn(move || {
            let mut first = Some(self.first);
            while self.wanted.recv().is_ok() {
                let token = first.take().map_or_else(|| self.source.token(), Ok);
                let given = token.and_then(|token| {
                    let token = BearerToken {
                        value: token.value.expose_secret(),
                        principal: &token.principal,
                        expires: token.expires,
                        extensions: &self.extensions,
                    };
                    // The client's own words may quote the token.
                    slot.set(&token)
                        .map_err(|_| unusable(&self.source.to_string()))
                });
                let error = given.err();
                if let Some(error) = &error {
                    tracing::warn!("no newer token: {error}");
                    slot.fail(&error.message);
                }
                state.send_modify(|state| state.token_error = error);
            }
        });
    }
}

fn unusable(whence: &str) -> ClusterError {
    ClusterError {
        kind: ClusterErrorKind::Configuration,
        message: format!("the token of {whence} is not usable"),
        detail: None,
        help: Some("see whether it has expired, and what it consists of".to_owned()),
    }
}
