//! SIGINT and SIGTERM as a value that the stages can look at.
//!
//! The first signal asks a run to end in good order: no new request, settle what was sent, report.
//! The second one ends it at once: what was sent is not waited for. Nothing here ends the process.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// SIGINT, from a terminal's Ctrl-C.
    Interrupt,
    /// SIGTERM, from a supervisor.
    Terminate,
}

impl Signal {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
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
        let (sender, receiver) = watch::channel(Received::default());
        tokio::spawn(async move {
            loop {
                let received = tokio::select! {
                    _ = interrupt.recv() => Signal::Interrupt,
                    _ = terminate.recv() => Signal::Terminate,
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
