//! SIGINT, SIGTERM and SIGHUP as a value that the stages can look at.
//!
//! The first signal asks a run to end in good order: no new request, settle what was sent, report.
//! The second one ends it at once: what was sent is not waited for. Nothing here ends the process.

use std::io;

use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// SIGINT, from a terminal's Ctrl-C.
    Interrupt,
    /// SIGTERM, from a supervisor.
    Terminate,
    /// SIGHUP, from a terminal that went away.
    HangUp,
}

impl Signal {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        }
    }
}

#[derive(Clone, Copy, Default, Debug)]
struct Received {
    first: Option<Signal>,
    second: bool,
}

#[derive(Clone, Debug)]
pub struct Interrupts(watch::Receiver<Received>);

impl Interrupts {
    /// Listens from now on; needs a running tokio runtime.
    ///
    /// # Errors
    /// Where the handlers cannot be installed.
    pub fn listen() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        // Whoever starts it with nohup wants it to go on.
        let mut hang_up = match is_ignored(SignalKind::hangup()) {
            true => None,
            false => Some(signal(SignalKind::hangup())?),
        };
        let (sender, receiver) = watch::channel(Received::default());
        tokio::spawn(async move {
            loop {
                let received = tokio::select! {
                    _ = interrupt.recv() => Signal::Interrupt,
                    _ = terminate.recv() => Signal::Terminate,
                    _ = next(hang_up.as_mut()) => Signal::HangUp,
                };
                sender.send_modify(|known| match known.first {
                    None => known.first = Some(received),
                    Some(_) => known.second = true,
                });
            }
        });
        Ok(Self(receiver))
    }

    /// Receives nothing, ever.
    pub fn none() -> Self {
        Self(watch::channel(Received::default()).1)
    }

    pub fn received(&self) -> Option<Signal> {
        self.0.borrow().first
    }

    pub async fn first(&self) -> Signal {
        let mut receiver = self.0.clone();
        let received = receiver.wait_for(|known| known.first.is_some()).await;
        match received.map(|known| known.first) {
            Ok(Some(signal)) => signal,
            // Nobody listens any more, so nothing can come.
            _ => std::future::pending().await,
        }
    }

    pub async fn second_signal(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|known| known.second).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn next(signal: Option<&mut unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether this process was started with a signal ignored, as Linux reports it (proc(5), `SigIgn`:
/// a mask of bits, the first for signal 1).
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| (mask >> (kind.as_raw_value() - 1)) & 1 == 1)
}
