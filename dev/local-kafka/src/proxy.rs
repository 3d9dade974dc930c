//! A TCP proxy that records the requests to one node, and breaks them on demand.
//!
//! It reads only the framing of Kafka's protocol: the length of a message, and of a request the api
//! key, version and correlation id. It does not understand TLS; SASL over plaintext is fine.
//!
//! To put one in front of a node: [`Proxy::listen`], give [`Proxy::address`] to
//! [`Options::advertise`](crate::Options::advertise) and to the client under test, start the node,
//! and [`Proxy::forward_to`] its real address.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    mem,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::framing::{framed, read_message, write_message};

mod api_names;

pub use api_names::api_name;

/// One request that arrived at the proxy, whatever became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which request it is, see [`api_name`].
    pub api_key: i16,
    /// The version of that request.
    pub api_version: i16,
    /// Its length in bytes, without the length field itself.
    pub size: usize,
    /// When it arrived.
    pub at: Instant,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed and the broker never sees the request.
    CloseBeforeForwarding,
    /// The broker acts on the request; when it answers, the connection is closed instead.
    CloseAfterForwarding,
    /// The broker never sees the request; the connection stays open, without an answer.
    Swallow,
    /// The broker acts on the request; its answer is dropped and the connection stays open.
    DropResponse,
    /// The broker gets the request later, and after it what the client sent behind it.
    DelayRequest(Duration),
    /// The client gets the answer later, and after it the answers behind it.
    DelayResponse(Duration),
    /// The connection stays open, and from this request on nothing passes in either direction.
    Stall,
    /// The client gets this many percent of the answer, as a message that ends there.
    TruncateResponse(u8),
    /// The client gets this many percent of the answer, and then the connection is closed.
    CutResponse(u8),
}

/// A fault that waits for its requests.
struct Rule {
    /// Which requests; `None` is all of them.
    api_key: Option<i16>,
    /// How many of them are left alone first.
    skip: usize,
    /// How many are broken then.
    times: usize,
    fault: Fault,
}

type Hook = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    target: Option<SocketAddr>,
    closed: bool,
    requests: Vec<Request>,
    rules: Vec<Rule>,
    hooks: Vec<(i16, Hook)>,
    /// One of each pair, by number, so that they can be closed from outside.
    connections: BTreeMap<u64, Pair>,
    next_connection: u64,
}

struct Pair {
    client: TcpStream,
    broker: TcpStream,
}

impl Pair {
    fn close(&self) {
        // One that is closed already is what is wanted.
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.broker.shutdown(Shutdown::Both);
    }

    fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            client: self.client.try_clone()?,
            broker: self.broker.try_clone()?,
        })
    }
}

/// A proxy in front of one node. Dropping it closes its port and its connections.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Listens on a free port of loopback. Connections are closed until [`Self::forward_to`].
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::Builder::new()
            .name("proxy".to_owned())
            .spawn(move || accept(&listener, &shared))?;
        Ok(Self { address, state })
    }

    /// Where it listens, as `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on, new connections go to this `host:port`.
    ///
    /// # Errors
    ///
    /// When that is no address.
    pub fn forward_to(&self, address: impl ToSocketAddrs) -> io::Result<()> {
        let target = address.to_socket_addrs()?.next();
        let target = target.ok_or(io::ErrorKind::AddrNotAvailable)?;
        lock(&self.state).target = Some(target);
        Ok(())
    }

    /// All requests so far, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state).requests.clone()
    }

    /// Forgets the requests so far. Faults and hooks stay.
    pub fn clear(&self) {
        lock(&self.state).requests.clear();
    }

    /// Breaks the next request with this api key.
    pub fn on_request(&self, api_key: i16, fault: Fault) {
        self.on_requests(api_key, fault, 1);
    }

    /// Breaks the next requests with this api key, `times` of them. Faults for the same api key are
    /// used up one after the other.
    pub fn on_requests(&self, api_key: i16, fault: Fault, times: usize) {
        self.on_requests_from(1, Some(api_key), fault, times);
    }

    /// Breaks requests from the `nth` on that arrives from now on, counted from 1, `times` of them:
    /// those with this api key, or of all.
    pub fn on_requests_from(&self, nth: usize, api_key: Option<i16>, fault: Fault, times: usize) {
        let rule = Rule {
            api_key,
            skip: nth.saturating_sub(1),
            times,
            fault,
        };
        lock(&self.state).rules.push(rule);
    }

    /// Forgets the faults and hooks that were not used up. Connections stay as they are.
    pub fn heal(&self) {
        let mut state = lock(&self.state);
        state.rules.clear();
        state.hooks.clear();
    }

    /// Calls `hook` when the next request with this api key arrived, before it is forwarded.
    pub fn on_request_call(&self, api_key: i16, hook: Box<dyn FnOnce() + Send>) {
        lock(&self.state).hooks.push((api_key, hook));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.closed = true;
        for pair in mem::take(&mut state.connections).values() {
            pair.close();
        }
        drop(state);
        // The accepting thread looks at `closed` when a connection arrives.
        let _ = TcpStream::connect(self.address);
    }
}

/// A panic in a hook must not hide behind a poisoned lock: the data is whole at any time.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for client in listener.incoming() {
        if lock(state).closed {
            return;
        }
        // A connection that fails is closed, which is all that its client can learn.
        let _ = client.and_then(|client| serve(client, state));
    }
}

fn serve(client: TcpStream, state: &Arc<Mutex<State>>) -> io::Result<()> {
    let target = lock(state).target.ok_or(io::ErrorKind::NotConnected)?;
    let broker = TcpStream::connect(target)?;
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let pair = Pair { client, broker };
    let (for_requests, for_responses) = (pair.try_clone()?, pair.try_clone()?);
    let number = {
        let mut state = lock(state);
        if state.closed {
            return Ok(());
        }
        state.next_connection += 1;
        let number = state.next_connection;
        state.connections.insert(number, pair);
        number
    };
    let answers = Arc::new(Mutex::new(Answers::default()));
    let shared_state = Arc::clone(state);
    let shared_answers = Arc::clone(&answers);
    thread::spawn(move || {
        // An end of either direction, for whatever reason, ends the connection.
        let _ = pass_requests(&for_requests, &shared_state, &shared_answers);
        for_requests.close();
        lock(&shared_state).connections.remove(&number);
    });
    thread::spawn(move || {
        let _ = pass_responses(&for_responses, &answers);
        for_responses.close();
    });
    Ok(())
}

/// What shall become of the answers of one connection.
#[derive(Default)]
struct Answers {
    /// Of those to broken requests, by correlation id.
    faults: BTreeMap<i32, Fault>,
    /// Of all.
    stalled: bool,
}

fn pass_requests(pair: &Pair, state: &Mutex<State>, answers: &Mutex<Answers>) -> io::Result<()> {
    loop {
        let message = read_message(&pair.client)?;
        let (request, correlation) = header(&message).ok_or(io::ErrorKind::InvalidData)?;
        let (fault, hooks) = {
            let mut state = lock(state);
            state.requests.push(request);
            (
                take_fault(&mut state.rules, request.api_key),
                take_hooks(&mut state, request),
            )
        };
        // With nothing locked: a hook may use the proxy.
        for hook in hooks {
            hook();
        }
        match fault {
            None => {}
            Some(Fault::CloseBeforeForwarding) => return Ok(()),
            Some(Fault::Swallow) => continue,
            Some(Fault::DelayRequest(time)) => thread::sleep(time),
            Some(Fault::Stall) => {
                lock(answers).stalled = true;
                // Only to notice when the client gives up.
                return io::copy(&mut &pair.client, &mut io::sink()).map(drop);
            }
            Some(
                fault @ (Fault::CloseAfterForwarding
                | Fault::DropResponse
                | Fault::DelayResponse(_)
                | Fault::TruncateResponse(_)
                | Fault::CutResponse(_)),
            ) => {
                lock(answers).faults.insert(correlation, fault);
            }
        }
        write_message(&pair.broker, &message)?;
    }
}

fn pass_responses(pair: &Pair, answers: &Mutex<Answers>) -> io::Result<()> {
    loop {
        let message = read_message(&pair.broker)?;
        let correlation = message.first_chunk().copied().map(i32::from_be_bytes);
        let (fault, stalled) = {
            let mut answers = lock(answers);
            let fault = correlation.and_then(|correlation| answers.faults.remove(&correlation));
            (fault, answers.stalled)
        };
        if stalled {
            continue;
        }
        match fault {
            Some(Fault::CloseAfterForwarding) => return Ok(()),
            Some(Fault::DropResponse) => continue,
            Some(Fault::TruncateResponse(percent)) => {
                let rest = &message[..share(&message, percent)];
                write_message(&pair.client, rest)?;
                continue;
            }
            Some(Fault::CutResponse(percent)) => {
                let length = share(&message, percent);
                return (&pair.client).write_all(&framed(&message)?[..4 + length]);
            }
            Some(Fault::DelayResponse(time)) => thread::sleep(time),
            Some(
                Fault::CloseBeforeForwarding
                | Fault::Swallow
                | Fault::DelayRequest(_)
                | Fault::Stall,
            )
            | None => {}
        }
        write_message(&pair.client, &message)?;
    }
}

/// So many percent of a message, and always its correlation id: without it nobody knows what is
/// answered.
fn share(message: &[u8], percent: u8) -> usize {
    let length = message.len() * usize::from(percent.min(100)) / 100;
    length.max(size_of::<i32>()).min(message.len())
}

/// The first rule that waited long enough. Every rule for such requests before it counts this one.
fn take_fault(rules: &mut Vec<Rule>, api_key: i16) -> Option<Fault> {
    rules.retain(|rule| rule.times > 0);
    let concerned = |rule: &&mut Rule| rule.api_key.is_none_or(|key| key == api_key);
    for rule in rules.iter_mut().filter(concerned) {
        if rule.skip == 0 {
            rule.times -= 1;
            return Some(rule.fault);
        }
        rule.skip -= 1;
    }
    None
}

fn take_hooks(state: &mut State, request: Request) -> Vec<Hook> {
    let (now, later) = mem::take(&mut state.hooks)
        .into_iter()
        .partition(|(key, _)| *key == request.api_key);
    state.hooks = later;
    let now: Vec<(i16, Hook)> = now;
    now.into_iter().map(|(_, hook)| hook).collect()
}

fn header(message: &[u8]) -> Option<(Request, i32)> {
    let (api_key, rest) = message.split_first_chunk()?;
    let (api_version, rest) = rest.split_first_chunk()?;
    let request = Request {
        api_key: i16::from_be_bytes(*api_key),
        api_version: i16::from_be_bytes(*api_version),
        size: message.len(),
        at: Instant::now(),
    };
    Some((request, i32::from_be_bytes(*rest.first_chunk()?)))
}
