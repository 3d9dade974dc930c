//! A wait between two looks at something that changes by itself.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A wait that grows from a few milliseconds to half a second.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(Duration::from_millis(5))
    }
}

impl Backoff {
    const LONGEST: Duration = Duration::from_millis(500);

    /// Waits, but not beyond the deadline.
    pub(crate) async fn next_before(&mut self, deadline: Instant) {
        sleep_until(deadline.min(Instant::now() + self.0)).await;
        self.0 = (self.0 * 3 / 2).min(Self::LONGEST);
    }
}
