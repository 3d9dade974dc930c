//! The handle, the thread that reads its queue, and the way of a call: its options and arguments
//! to librdkafka, its result back to the caller.
//!
//! The calls themselves are in the modules of what they are about.

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka_sys as rd;
use tokio::sync::oneshot;

use crate::api_versions::{ApiVersions, ApiVersionsLog};
use crate::certificate::{CertificateError, reason};
use crate::config::{Config, ConfigError};
use crate::error::{Error, ErrorCode, rd_kafka_event_error};
use crate::ffi::{ERROR_TEXT, buffer, milliseconds, text};

/// Syslog's level of an error, which librdkafka uses.
const LOG_ERR: c_int = 3;

/// How often the reading thread looks for the first metadata, which no event announces.
const FIRST_METADATA_POLL: Duration = Duration::from_millis(1);

const SLOW_POLL: Duration = Duration::from_millis(20);

/// A broker that is up answers long before this.
const SLOW_AFTER: Duration = Duration::from_millis(500);

/// What is reported besides results, by the reading thread where nothing else is said: it must not
/// block.
pub trait Listener: Send + Sync + 'static {
    /// The first metadata has arrived, so at least one broker can be talked to.
    fn connected(&self);

    /// An error of a connection or of the client as a whole, or a closed connection, which
    /// librdkafka only logs. The same one may come many times.
    fn error(&self, error: Error);

    /// A broker's own certificate is accepted, and the handshake goes on. The broker is `host:port`;
    /// called by the thread of that broker.
    fn certificate_accepted(&self, broker: &str) {
        let _ = broker;
    }

    /// A broker's certificate is not accepted; the error of the connection follows. Called by the
    /// thread of that broker.
    fn certificate_refused(&self, error: CertificateError) {
        let _ = error;
    }

    /// A broker says that it belongs to another cluster than the one before it, by their ids. The
    /// broker's name is librdkafka's, as in its errors.
    fn other_cluster(&self, broker: &str, id: &str, before: &str) {
        let _ = (broker, id, before);
    }

    /// Which requests a broker takes, after each connection to it. The name is librdkafka's, as in
    /// its errors: `kafka:9092/bootstrap`.
    fn api_versions(&self, broker: &str, versions: ApiVersions) {
        let _ = (broker, versions);
    }

    /// The client needs a bearer token, its first or the next one (SASL/OAUTHBEARER). It asks once,
    /// and again after an answer through [`TokenSlot`](crate::TokenSlot).
    fn token_wanted(&self) {}

    /// A broker reads no further request of this client for this long, since it has used up a
    /// quota; zero when that is over.
    fn throttled(&self, broker: i32, time: Duration) {
        let _ = (broker, time);
    }
}

/// What librdkafka hands back to its callbacks.
type Opaque = Arc<dyn Listener>;

/// librdkafka's `throttle_cb`, called by the reading thread while it polls.
unsafe extern "C" fn throttled(
    _client: *mut rd::rd_kafka_t,
    _name: *const c_char,
    broker: i32,
    milliseconds: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: the opaque value is the one of `AdminClient::start`, which lives as long as the
    // handle.
    if let Some(listener) = unsafe { opaque.cast::<Opaque>().as_ref() } {
        let milliseconds = u64::try_from(milliseconds).unwrap_or(0);
        listener.throttled(broker, Duration::from_millis(milliseconds));
    }
}

/// librdkafka's `ssl_cert_verify_cb`, called for each certificate of a chain by the thread of the
/// broker: 1 goes on, 0 ends the handshake. OpenSSL's verdict stands.
unsafe extern "C" fn certificate_verified(
    _client: *mut rd::rd_kafka_t,
    broker: *const c_char,
    broker_id: i32,
    code: *mut c_int,
    depth: c_int,
    der: *const c_char,
    size: usize,
    _words: *mut c_char,
    _words_size: usize,
    opaque: *mut c_void,
) -> c_int {
    // SAFETY: librdkafka hands over a valid number, a text that ends with NUL, `size` bytes, and
    // the opaque value of `AdminClient::start`, which lives as long as the handle.
    unsafe {
        let code = *code;
        let broker = text(broker).unwrap_or_default();
        let listener = opaque.cast::<Opaque>().as_ref();
        // X509_V_OK
        if code == 0 {
            if let (0, Some(listener)) = (depth, listener) {
                listener.certificate_accepted(&broker);
            }
            return 1;
        }
        if let Some(listener) = listener {
            listener.certificate_refused(CertificateError {
                broker,
                broker_id: (broker_id >= 0).then_some(broker_id),
                code,
                reason: reason(code),
                depth: u32::try_from(depth).unwrap_or_default(),
                der: std::slice::from_raw_parts(der.cast::<u8>(), size).to_vec(),
            });
        }
        0
    }
}

#[derive(Clone, Copy, Debug)]
pub struct AdminOptions {
    /// For the whole call, waiting for a connection included; 1 ms to an hour.
    pub request_timeout: Duration,
    /// Asks this broker instead of the one that calls itself controller.
    pub broker: Option<i32>,
}

impl AdminOptions {
    pub fn new(request_timeout: Duration) -> Self {
        Self {
            request_timeout,
            broker: None,
        }
    }
}

type Receiver = Box<dyn FnOnce(&Event) + Send>;

pub(crate) struct Handle {
    client: NonNull<rd::rd_kafka_t>,
    queue: NonNull<rd::rd_kafka_queue_t>,
    waiting: Mutex<HashMap<usize, Receiver>>,
    next: AtomicUsize,
    closing: AtomicBool,
    /// At an address of its own, which librdkafka has.
    listener: Arc<Opaque>,
}

// SAFETY: librdkafka's handles and queues may be used from any thread at the same time (its
// INTRODUCTION.md, "Threads and callbacks"); everything else in here is Send and Sync by itself.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: both pointers are owned by this value, and the other users, the reading thread and
        // whoever sets a token, held an `Arc` of it. The queue's reference must go before the handle.
        unsafe {
            rd::rd_kafka_queue_destroy(self.queue.as_ptr());
            rd::rd_kafka_destroy_flags(self.as_ptr(), rd::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        }
    }
}

impl Handle {
    pub(crate) fn as_ptr(&self) -> *mut rd::rd_kafka_t {
        self.client.as_ptr()
    }

    /// The broker that calls itself controller, once it is known; never waits.
    pub(crate) fn controller(&self) -> Option<i32> {
        // SAFETY: the client is alive; with a wait of 0 the call only looks.
        let id = unsafe { rd::rd_kafka_controllerid(self.as_ptr(), 0) };
        (id >= 0).then_some(id)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<usize, Receiver>> {
        // Nothing panics while the lock is held, and a map of closures cannot be half-changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One librdkafka handle with the thread that reads its events.
pub struct AdminClient {
    pub(crate) handle: Arc<Handle>,
    reader: Option<JoinHandle<()>>,
}

impl AdminClient {
    /// Starts a client with librdkafka's configuration properties, set in this order. It connects
    /// by itself, and goes on to do so until it is dropped, which takes a few milliseconds.
    ///
    /// # Errors
    /// librdkafka does not take a property, or cannot start with them (a CA file that is not
    /// there).
    pub fn start<'a>(
        properties: impl IntoIterator<Item = (&'a str, &'a str)>,
        listener: Arc<dyn Listener>,
    ) -> Result<Self, ConfigError> {
        let config = Config::new();
        // What brokers take is in the log of this context only.
        let mut debug = "feature".to_owned();
        for (name, value) in properties.into_iter().chain([("log.queue", "true")]) {
            config.set(name, value)?;
            if name == "debug" && !value.is_empty() {
                debug = format!("{value},feature");
            }
        }
        config.set("debug", &debug)?;
        let listener: Arc<Opaque> = Arc::new(listener);
        // SAFETY: the value is at its address until the handle, which holds it, destroys the client.
        unsafe {
            config.on_throttle(throttled, Arc::as_ptr(&listener).cast());
            // Where certificates are not verified, OpenSSL has its doubts all the same.
            if config.get("enable.ssl.certificate.verification").as_deref() == Some("true") {
                config.on_certificate(certificate_verified);
            }
        }
        let client = config.into_handle()?;
        // SAFETY: the client is alive; the returned queue is a reference that `Handle` gives back.
        let queue = unsafe { rd::rd_kafka_queue_get_main(client.as_ptr()) };
        let queue = NonNull::new(queue).expect("librdkafka aborts where memory is short");
        // SAFETY: both are alive. With a queue of its own the call cannot fail.
        unsafe { rd::rd_kafka_set_log_queue(client.as_ptr(), queue.as_ptr()) };
        let handle = Arc::new(Handle {
            client,
            queue,
            waiting: Mutex::default(),
            next: AtomicUsize::new(1),
            closing: AtomicBool::new(false),
            listener,
        });
        let reader = {
            let handle = Arc::clone(&handle);
            std::thread::Builder::new()
                .name("kafka-events".to_owned())
                .spawn(move || read_events(&handle))
                .map_err(|error| ConfigError::start(error.to_string()))?
        };
        Ok(Self {
            handle,
            reader: Some(reader),
        })
    }

    /// Makes one admin call: `send` hands it to librdkafka, `read` copies its result on the
    /// reading thread.
    pub(crate) fn call<T: Send + 'static>(
        &self,
        options: AdminOptions,
        send: impl FnOnce(&Request) -> Result<(), Error>,
        read: fn(&Event) -> T,
    ) -> Pending<T> {
        let (sender, receiver) = oneshot::channel();
        let number = self.handle.next.fetch_add(1, Ordering::Relaxed);
        self.handle.waiting().insert(
            number,
            Box::new(move |event| {
                let result = match event.error() {
                    Some(error) => Err(error),
                    None => Ok(read(event)),
                };
                // Nobody waits any more: the answer has no use.
                let _ = sender.send(result);
            }),
        );
        let sent = Request::new(&self.handle, options, number).and_then(|request| send(&request));
        if sent.is_err() {
            self.handle.waiting().remove(&number);
        }
        Pending { sent, receiver }
    }
}

impl Drop for AdminClient {
    fn drop(&mut self) {
        self.handle.closing.store(true, Ordering::Release);
        // SAFETY: the queue lives as long as `handle`. A yield before the thread polls is kept by
        // librdkafka, so it cannot be missed.
        unsafe { rd::rd_kafka_queue_yield(self.handle.queue.as_ptr()) };
        if let Some(reader) = self.reader.take() {
            // A panic there has been printed already; here is nothing left to save.
            let _ = reader.join();
        }
    }
}

/// A call that is under way. Letting go of it leaves the request to librdkafka, which forgets it
/// when it is answered.
#[must_use = "the outcome of a call is in its result"]
pub struct Pending<T> {
    pub(crate) sent: Result<(), Error>,
    pub(crate) receiver: oneshot::Receiver<Result<T, Error>>,
}

impl<T> Pending<T> {
    /// Waits for the result. It always comes: at the latest as TIMED_OUT, or as DESTROY where the
    /// client is dropped.
    ///
    /// # Errors
    /// What ended the call as a whole.
    pub async fn result(self) -> Result<T, Error> {
        self.sent?;
        self.receiver.await.unwrap_or_else(|_| {
            Err(Error {
                code: ErrorCode::DESTROY,
                message: "the client was closed".to_owned(),
            })
        })
    }
}

/// What goes along with the arguments of one call. All of it is alive while the call is made.
pub(crate) struct Request {
    pub(crate) client: *mut rd::rd_kafka_t,
    pub(crate) options: *mut rd::rd_kafka_AdminOptions_t,
    pub(crate) queue: *mut rd::rd_kafka_queue_t,
}

type SetNumber = unsafe extern "C" fn(
    *mut rd::rd_kafka_AdminOptions_t,
    c_int,
    *mut c_char,
    usize,
) -> rd::rd_kafka_resp_err_t;

impl Request {
    fn new(handle: &Handle, options: AdminOptions, number: usize) -> Result<Self, Error> {
        // SAFETY: the client is alive; the object is owned by this value. Options made for any
        // call take every setter that the call knows. The opaque value is only handed back.
        let request = unsafe {
            let kind = rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ANY;
            let new = rd::rd_kafka_AdminOptions_new(handle.as_ptr(), kind);
            rd::rd_kafka_AdminOptions_set_opaque(new, ptr::without_provenance_mut(number));
            Self {
                client: handle.as_ptr(),
                options: new,
                queue: handle.queue.as_ptr(),
            }
        };
        let timeout = milliseconds(options.request_timeout);
        request.set(rd::rd_kafka_AdminOptions_set_request_timeout, timeout)?;
        if let Some(broker) = options.broker {
            request.set(rd::rd_kafka_AdminOptions_set_broker, broker)?;
        }
        Ok(request)
    }

    pub(crate) fn set(&self, setter: SetNumber, value: c_int) -> Result<(), Error> {
        let mut text = [0; ERROR_TEXT];
        // SAFETY: the object is alive, `text` is as long as it says, and every setter of this
        // type copies its number. Setters return codes of their own library, so the enum holds.
        let code = unsafe { setter(self.options, value, text.as_mut_ptr(), text.len()) };
        match code as i32 {
            0 => Ok(()),
            code => Err(Error {
                code: ErrorCode(code),
                message: buffer(&text),
            }),
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: owned by this value; calls copy what they are given.
        unsafe { rd::rd_kafka_AdminOptions_destroy(self.options) }
    }
}

/// One event of the queue. It owns what its accessors return.
pub(crate) struct Event(NonNull<rd::rd_kafka_event_t>);

impl Event {
    fn as_ptr(&self) -> *mut rd::rd_kafka_event_t {
        self.0.as_ptr()
    }

    /// The result of a call, which lives as long as the event.
    ///
    /// # Panics
    /// Where the event is of another kind of call: then librdkafka returns null.
    pub(crate) fn result<R>(
        &self,
        accessor: unsafe extern "C" fn(*mut rd::rd_kafka_event_t) -> *const R,
    ) -> *const R {
        // SAFETY: the event is alive.
        let result = unsafe { accessor(self.as_ptr()) };
        assert!(!result.is_null(), "a result of another call");
        result
    }

    fn error(&self) -> Option<Error> {
        // SAFETY: the event is alive, and so is its text.
        unsafe {
            let code = rd_kafka_event_error(self.as_ptr());
            let message = || text(rd::rd_kafka_event_error_string(self.as_ptr()));
            (code != 0).then(|| Error {
                code: ErrorCode(code),
                message: message().unwrap_or_default(),
            })
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: owned by this value.
        unsafe { rd::rd_kafka_event_destroy(self.as_ptr()) }
    }
}

/// The reading thread: hands results to their callers and everything else to the listener.
fn read_events(handle: &Handle) {
    let listener: &dyn Listener = &**handle.listener;
    let mut versions = ApiVersionsLog::default();
    let started = Instant::now();
    let mut connected = false;
    while !handle.closing.load(Ordering::Acquire) {
        let wait = match (connected, started.elapsed() < SLOW_AFTER) {
            (true, _) => -1,
            (false, true) => milliseconds(FIRST_METADATA_POLL),
            (false, false) => milliseconds(SLOW_POLL),
        };
        // SAFETY: the queue lives as long as `handle`; the event is owned by the value it gets.
        let event = unsafe { rd::rd_kafka_queue_poll(handle.queue.as_ptr(), wait) };
        if let Some(event) = NonNull::new(event) {
            dispatch(handle, listener, &mut versions, &Event(event));
        }
        // Every metadata answer names a controller, so knowing one means having had an answer.
        if !connected && handle.controller().is_some() {
            connected = true;
            listener.connected();
        }
    }
    // Calls that are still open end with "the client was closed".
    handle.waiting().clear();
}

fn dispatch(
    handle: &Handle,
    listener: &dyn Listener,
    versions: &mut ApiVersionsLog,
    event: &Event,
) {
    // SAFETY: the event is alive; texts of a log event live as long as it.
    unsafe {
        match rd::rd_kafka_event_type(event.as_ptr()) {
            rd::RD_KAFKA_EVENT_ERROR => {
                if let Some(error) = event.error() {
                    tracing::debug!(target: "librdkafka", "{error}");
                    listener.error(error);
                }
            }
            rd::RD_KAFKA_EVENT_LOG => {
                let (mut facility, mut line, mut level) = (ptr::null(), ptr::null(), 0);
                rd::rd_kafka_event_log(event.as_ptr(), &mut facility, &mut line, &mut level);
                let facility = text(facility).unwrap_or_default();
                let line = text(line).unwrap_or_default();
                if ["APIVERSION", "FEATURE"].contains(&facility.as_str()) {
                    tracing::trace!(target: "librdkafka", level, facility, "{line}");
                    if let Some((broker, versions)) = versions.take(after_thread(&line)) {
                        listener.api_versions(&broker, versions);
                    }
                    return;
                }
                tracing::debug!(target: "librdkafka", level, facility, "{line}");
                if facility == "CLUSTERID"
                    && let Some((broker, id, before)) = two_clusters(after_thread(&line))
                {
                    listener.other_cluster(broker, id, before);
                }
                // More severe ones come as errors too.
                if facility == "FAIL" && level > LOG_ERR {
                    listener.error(Error {
                        code: ErrorCode::TRANSPORT,
                        message: after_thread(&line).to_owned(),
                    });
                }
            }
            rd::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH => listener.token_wanted(),
            _ => {
                let number = rd::rd_kafka_event_opaque(event.as_ptr()).addr();
                let receiver = handle.waiting().remove(&number);
                if let Some(receiver) = receiver {
                    receiver(event);
                }
            }
        }
    }
}

/// The broker and the two ids of librdkafka's warning of a cluster that has become another one
/// (rdkafka_metadata.c, `rd_kafka_parse_Metadata0`).
fn two_clusters(line: &str) -> Option<(&str, &str, &str)> {
    let (broker, ids) = line
        .strip_prefix("Broker ")?
        .split_once(" reports different ClusterId \"")?;
    let (id, before) = ids.split_once("\" than previously known \"")?;
    Some((broker, id, before.split_once('"')?.0))
}

/// A log line without the name of librdkafka's thread, `[thrd:app]: `, that it begins with.
fn after_thread(line: &str) -> &str {
    line.strip_prefix("[thrd:")
        .and_then(|line| line.split_once("]: "))
        .map_or(line, |(_, line)| line)
}
