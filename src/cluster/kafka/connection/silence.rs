//! The silence of a broker that was asked, and whom to ask besides.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Connection;

/// How long a broker may be silent before the same is asked of another one.
const SILENCE: Duration = Duration::from_secs(1);

/// How long after one another others are asked; twice as long from the third one on.
const NEXT_ONE: Duration = Duration::from_millis(500);
const QUICK_ONES: usize = 3;
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Between two looks whether there is another broker to ask.
const UNTIL_KNOWN: Duration = Duration::from_millis(250);

/// The silence of the broker that was asked: says now and then whom to ask besides.
pub(super) struct Silence<'a> {
    connection: &'a Connection,
    asked: Vec<i32>,
    next: Instant,
    pause: Duration,
}

impl<'a> Silence<'a> {
    pub(super) fn new(connection: &'a Connection, asked: Instant) -> Self {
        Self {
            connection,
            asked: connection.client.controller().into_iter().collect(),
            next: asked + SILENCE,
            pause: NEXT_ONE,
        }
    }

    /// Waits until the silence has lasted, and there is another broker to ask: one that was not
    /// asked yet, else the one whose turn is longest ago.
    pub(super) async fn another_broker(&mut self) -> i32 {
        loop {
            sleep_until(self.next).await;
            let identity = self.connection.identity.borrow().clone();
            // Those that were connected to first.
            let mut known = self.connection.listener.connected_brokers();
            known.extend(identity.unwrap_or_default().brokers);
            known.extend(self.connection.client.controller());
            let last = |id: &i32| self.asked.iter().rposition(|asked| asked == id);
            let next = known.into_iter().min_by_key(|id| last(id));
            match next.filter(|id| self.asked.last() != Some(id)) {
                Some(broker) => {
                    self.asked.push(broker);
                    if self.asked.len() > QUICK_ONES {
                        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                    }
                    self.next = Instant::now() + self.pause;
                    return broker;
                }
                // They may become known.
                None => self.next = Instant::now() + UNTIL_KNOWN,
            }
        }
    }
}
