//! Calls through a connection: asked of others where a broker is silent, asked again where one
//! breaks, and ended by an error that lasts.
//!
//! What is asked and what an answer means is for the caller.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use librdkafka_admin::{AdminClient, AdminOptions, Entries, Error, ErrorCode, Pending};
use tokio::time::{Instant, sleep};

use super::Connection;
use super::silence::Silence;
use crate::cluster::ClusterError;

/// How long a broker may lack a request that it may have after all.
const FALLBACK_LIMIT: Duration = Duration::from_secs(2);

/// How long to rest between two tries of a request that broke, so that a broker that is gone is
/// not asked in a busy loop.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

impl Connection {
    /// Makes a reading call until it is answered, or an error lasts. An answer that is an
    /// error for the whole call is an error.
    pub(in super::super) async fn ask<T>(
        &self,
        call: impl Fn(&AdminClient, AdminOptions) -> Pending<T>,
    ) -> Result<T, ClusterError> {
        let first = call(&self.client, self.options());
        self.ask_on(first, call).await
    }

    /// Makes one reading call for each batch, all under way together, and joins their entries.
    pub(in super::super) async fn ask_batches<I, T>(
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
        let mut meanwhile = pin!(self.meanwhile());
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
                never = &mut meanwhile => match never {},
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
                    // An answer of another cluster is none; other errors may come in just now.
                    let known = self.known_error().filter(|error| !error.may_pass());
                    if let Some(error) = known {
                        return Err(self.told(error));
                    }
                    return answer.map_err(|error| self.give_up(&error));
                }
            }
            calls.push(again(&self.client, self.options()).result());
        }
    }

    /// Makes a reading call once; an error of the whole call, its time limit included, is a result
    /// too.
    pub(in super::super) async fn ask_once<T>(
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
    pub(in super::super) async fn write<T>(
        &self,
        call: impl Fn(&AdminClient, AdminOptions) -> Pending<T>,
        is_good: impl Fn(&T) -> bool,
    ) -> Written<T> {
        let asked = Instant::now();
        let mut meanwhile = pin!(self.meanwhile());
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
                never = &mut meanwhile => match never {},
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
}

/// The result of a call that writes.
pub(in super::super) struct Written<T> {
    pub(in super::super) result: Result<T, Error>,
    /// Whether it was sent to more than one broker, so that one may see what the other one made.
    pub(in super::super) repeated: bool,
}

/// Whether a request got lost, or its answer, and not what it asks for.
fn is_broken(error: &Error) -> bool {
    matches!(
        error.code,
        ErrorCode::TRANSPORT
            | ErrorCode::BAD_MESSAGE
            | ErrorCode::UNDERFLOW
            // The broker is no longer in the metadata.
            | ErrorCode::DESTROY_BROKER
    )
}
