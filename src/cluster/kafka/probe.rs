//! Looks at addresses without librdkafka, which says of a connection only that it failed: what a name
//! resolves to, who takes a connection, which certificates a broker shows, which requests it takes and
//! how one authenticates.
//!
//! Takes the settings of a connection, and gives what was seen as [`crate::doctor::address`] judges
//! it. Sends no credentials. Each look has a time limit, and is made on a thread of its own: the
//! operating system's resolver cannot be told to stop, and a thread that nobody waits for any more
//! ends with the process.

mod tap;
mod tls;
mod wire;

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use openssl::ssl::SslStream;
use tokio::sync::oneshot;

use self::tap::Tap;
use self::tls::Tls;
use self::wire::Failure;
use super::foreign::{is_alert, who_begins};
use super::settings::Settings;
use crate::doctor::Subject;
use crate::doctor::address::{Attempt, Break, Looked, NoConnection, Speaks, Timed, host_and_port};

/// How addresses are looked at.
#[derive(Clone)]
pub struct Probe(Arc<Means>);

struct Means {
    /// Of each look.
    limit: Duration,
    speaks: Speaks,
    /// The version of IP that the settings ask for, if they do.
    family: Option<Family>,
    tls: Tls,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

impl Probe {
    pub fn new(settings: &Settings, limit: Duration) -> Self {
        let security = &settings.info().security;
        let says = |name: &str, word: &str| {
            let value = settings.text(name);
            value.is_some_and(|value| value.eq_ignore_ascii_case(word))
        };
        let family = "broker.address.family";
        Self(Arc::new(Means {
            limit: limit.min(settings.info().timeout),
            speaks: Speaks {
                protocol: security.protocol.clone(),
                mechanism: settings
                    .text("sasl.mechanism")
                    .filter(|_| security.mechanism.is_some())
                    .map(str::to_owned),
                verifies_trust: !says("enable.ssl.certificate.verification", "false"),
                verifies_name: !says("ssl.endpoint.identification.algorithm", "none"),
                has_certificate: security.client_certificate.is_some(),
            },
            family: match (says(family, "v4"), says(family, "v6")) {
                (true, _) => Some(Family::V4),
                (_, true) => Some(Family::V6),
                (false, false) => None,
            },
            tls: Tls::new(settings),
        }))
    }

    pub fn speaks(&self) -> &Speaks {
        &self.0.speaks
    }

    /// Looks at an address as far as one comes without credentials.
    pub async fn look(&self, subject: &Subject) -> Looked {
        let (means, subject) = (Arc::clone(&self.0), subject.clone());
        let (sender, looked) = oneshot::channel();
        let work = move || {
            // Whoever asked may be gone.
            let _ = sender.send(means.look(&subject));
        };
        let started = thread::Builder::new().spawn(work).map(|_| ());
        match looked.await {
            Ok(looked) => looked,
            Err(_) => unlooked(started.err()),
        }
    }
}

/// There is no thread to look with.
fn unlooked(error: Option<io::Error>) -> Looked {
    let reason = error.map_or("the look ended early".to_owned(), |error| error.to_string());
    Looked {
        resolve: Timed {
            seen: Err(reason),
            elapsed: Duration::ZERO,
        },
        tcp: None,
        tls: None,
        api_versions: None,
        sasl: None,
    }
}

fn timed<T>(look: impl FnOnce() -> T) -> Timed<T> {
    let started = Instant::now();
    let seen = look();
    Timed {
        seen,
        elapsed: started.elapsed(),
    }
}

impl Means {
    fn look(&self, subject: &Subject) -> Looked {
        let address = subject.address().unwrap_or_default();
        let (host, port) = host_and_port(address).unwrap_or((address, 0));
        let resolve = timed(|| self.resolve(host, port));
        let mut looked = Looked {
            resolve,
            tcp: None,
            tls: None,
            api_versions: None,
            sasl: None,
        };
        let addresses = looked.resolve.seen.as_deref().unwrap_or_default();
        if addresses.is_empty() {
            return looked;
        }
        let mut stream = None;
        looked.tcp = Some(timed(|| {
            let (attempts, connected) = self.connect(addresses, port);
            stream = connected;
            attempts
        }));
        let Some(stream) = stream else { return looked };
        let mut tap = Tap::new(stream, self.limit);
        if !self.speaks.tls() {
            let ended = |error: &io::Error, tap: &Tap| broken(error, tap.limit());
            self.converse(&mut tap, |tap| tap, ended, &mut looked);
            return looked;
        }
        let mut secured = None;
        looked.tls = Some(timed(|| {
            let (handshake, stream) = self.tls.shake_hands(tap, host, subject)?;
            secured = Some(stream);
            Ok(handshake)
        }));
        if let Some(mut stream) = secured {
            let ended = |error: &io::Error, tap: &Tap| self.tls.ended(error, tap, subject);
            self.converse(&mut stream, SslStream::get_mut, ended, &mut looked);
        }
        looked
    }

    /// Asks what a broker takes, and then, on the same connection, how one authenticates. `ended` says
    /// why a connection did.
    fn converse<S: Read + Write>(
        &self,
        stream: &mut S,
        tap: impl Fn(&mut S) -> &mut Tap,
        ended: impl Fn(&io::Error, &Tap) -> Break,
        looked: &mut Looked,
    ) {
        let why = |failure: Failure, tap: &Tap| match failure {
            Failure::Io(error) => ended(&error, tap),
            Failure::Foreign(first) if is_alert(first) => Break::Tls,
            Failure::Foreign(first) => match who_begins(first) {
                Some(who) => Break::Foreign(who),
                None => Break::Other("what answers speaks something else".to_owned()),
            },
        };
        tap(stream).wait_anew();
        let apis = timed(|| {
            let apis = wire::api_versions(stream);
            apis.map_err(|failure| why(failure, tap(stream)))
        });
        let is_answered = apis.seen.is_ok();
        looked.api_versions = Some(apis);
        if is_answered {
            // A listener without SASL says so, whatever is asked for.
            let mechanism = self.speaks.mechanism.as_deref().unwrap_or("PLAIN");
            tap(stream).wait_anew();
            looked.sasl = Some(timed(|| {
                let answer = wire::sasl_handshake(stream, mechanism);
                answer.map_err(|failure| why(failure, tap(stream)))
            }));
        }
    }

    fn resolve(&self, host: &str, port: u16) -> Result<Vec<IpAddr>, String> {
        let (sender, resolved) = mpsc::channel();
        let name = host.to_owned();
        let work = move || {
            let _ = sender.send((name.as_str(), port).to_socket_addrs().map(Vec::from_iter));
        };
        let started = thread::Builder::new().spawn(work);
        started.map_err(|error| error.to_string())?;
        let resolved = resolved.recv_timeout(self.limit);
        let limit = self.limit.as_secs_f64();
        let resolved = resolved.map_err(|_| format!("no answer within {limit} s"))?;
        let found = resolved.map_err(|error| resolver_words(&error))?;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for found in found.iter().map(SocketAddr::ip) {
            if self.takes(found) && !addresses.contains(&found) {
                addresses.push(found);
            }
        }
        match addresses.is_empty() {
            true => Err("it has no address of the IP version in broker.address.family".to_owned()),
            false => Ok(addresses),
        }
    }

    fn takes(&self, address: IpAddr) -> bool {
        match self.family {
            None => true,
            Some(Family::V4) => address.is_ipv4(),
            Some(Family::V6) => address.is_ipv6(),
        }
    }

    /// Tries one address after the other, until one takes the connection.
    fn connect(&self, addresses: &[IpAddr], port: u16) -> (Vec<Attempt>, Option<TcpStream>) {
        let mut attempts = Vec::new();
        for address in addresses.iter().copied() {
            let connected = TcpStream::connect_timeout(&(address, port).into(), self.limit);
            let failed = connected.as_ref().err().map(|error| match error.kind() {
                io::ErrorKind::ConnectionRefused => NoConnection::Refused,
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    NoConnection::Silent(self.limit)
                }
                _ => NoConnection::Other(system_words(error)),
            });
            attempts.push(Attempt { address, failed });
            if let Ok(stream) = connected {
                return (attempts, Some(stream));
            }
        }
        (attempts, None)
    }
}

/// Why a conversation ended in which somebody was waited for.
fn broken(error: &io::Error, limit: Duration) -> Break {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof, WouldBlock,
    };
    match error.kind() {
        TimedOut | WouldBlock => Break::Silent(limit),
        ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => Break::Closed,
        _ => Break::Other(system_words(error)),
    }
}

/// The resolver's own words: the standard library puts some before them.
fn resolver_words(error: &io::Error) -> String {
    let words = error.to_string();
    let own = words.strip_prefix("failed to lookup address information: ");
    own.map_or_else(|| system_words(error), str::to_owned)
}

/// The operating system's words, without its number.
fn system_words(error: &io::Error) -> String {
    let words = error.to_string();
    match words.split_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => words,
    }
}
