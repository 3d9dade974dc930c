//! A wait between two looks at something that changes by itself.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A wait that grows from a few milliseconds, to half a second where nothing else is said.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::up_to(Duration::from_millis(500))
    }
}

impl Backoff {
    pub(crate) fn up_to(longest: Duration) -> Self {
        Self {
            next: Duration::from_millis(5),
            longest,
        }
    }

    /// Waits, but not beyond the deadline.
    pub(crate) async fn next_before(&mut self, deadline: Instant) {
        sleep_until(deadline.min(Instant::now() + self.next)).await;
        self.next = (self.next * 3 / 2).min(self.longest);
    }
}
