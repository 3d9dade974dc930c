//! The one module with `unsafe`: a librdkafka handle that owns its memory, and the few admin calls
//! that topicctl makes with it.
//!
//! [`Client`] holds one handle, its main queue and one thread that reads it. Everything librdkafka
//! has to say comes through that queue: the results of admin calls, errors of connections, log
//! lines. Results find their caller by a number that goes along as the call's opaque value; it is
//! not an address, so a caller that no longer waits leaves nothing that could dangle. What a result
//! holds is copied on the reading thread, and librdkafka's memory never leaves this module.
//!
//! Inputs are settings as librdkafka has them and values of [`crate::topic`]. There is no policy
//! here: what an error means, whether to ask again, and how much to put in one call is for
//! [`super`]. No call in this module alters or deletes anything.
#![expect(
    unsafe_code,
    reason = "rdkafka's safe layer drops the broker's words and never reads the main queue"
)]

mod calls;
mod codes;
mod configuration;
mod groups;
mod results;

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::bindings as rd;
use tokio::sync::oneshot;

use codes::rd_kafka_event_error;
pub(super) use codes::{Code, Failure};
use configuration::Configuration;
pub(super) use configuration::StartError;
pub(super) use results::{Configured, Described, PartitionOffset};

/// Syslog's level of an error, which librdkafka uses.
const LOG_ERR: c_int = 3;

/// librdkafka's texts of a failed setting or start fit into this.
const TEXT: usize = 512;

/// How often the reading thread looks for the first metadata, which no event announces.
const FIRST_METADATA_POLL: Duration = Duration::from_millis(1);

/// And how often after [`PATIENT_AFTER`] without any.
const PATIENT_POLL: Duration = Duration::from_millis(20);

/// A broker that is up answers long before this.
const PATIENT_AFTER: Duration = Duration::from_millis(500);

/// What the reading thread tells besides results. Called on that thread: it must not block.
pub(super) trait Listener: Send + Sync + 'static {
    /// The first metadata has arrived, so at least one broker can be talked to.
    fn connected(&self);

    /// An error of a connection or of the client as a whole, and a closed connection, which
    /// librdkafka only logs. The same one may come many times.
    fn error(&self, failure: Failure);
}

/// Options of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallOptions {
    /// For the whole call, waiting for a connection included.
    pub(super) timeout: Duration,
    /// Asks this broker instead of the one that calls itself controller.
    pub(super) broker: Option<i32>,
}

/// The outcome of a call: what the result holds, or why there is none.
pub(super) type Outcome<T> = Result<T, Failure>;

type Receiver = Box<dyn FnOnce(&Event) + Send>;

struct Handle {
    client: NonNull<rd::rd_kafka_t>,
    queue: NonNull<rd::rd_kafka_queue_t>,
    waiting: Mutex<HashMap<usize, Receiver>>,
    next: AtomicUsize,
    closing: AtomicBool,
}

// SAFETY: librdkafka's handles and queues may be used from any thread at the same time (its
// INTRODUCTION.md, "Threads and callbacks"); everything else in here is Send and Sync by itself.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: both pointers are owned by this value, and the reading thread, the only other
        // user, held an `Arc` of it. The queue's reference must go before the handle.
        unsafe {
            rd::rd_kafka_queue_destroy(self.queue.as_ptr());
            rd::rd_kafka_destroy_flags(
                self.client.as_ptr(),
                rd::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE,
            );
        }
    }
}

impl Handle {
    fn waiting(&self) -> MutexGuard<'_, HashMap<usize, Receiver>> {
        // Nothing panics while the lock is held, and a map of closures cannot be half-changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One librdkafka handle with the thread that reads its events.
pub(super) struct Client {
    handle: Arc<Handle>,
    reader: Option<JoinHandle<()>>,
}

impl Client {
    /// Starts a client with these settings, in this order. It connects by itself.
    ///
    /// # Errors
    /// librdkafka's words on a setting that it does not take, with the setting's name, or on what
    /// it could not start with (a CA file that is not there).
    pub(super) fn start<'a>(
        settings: impl Iterator<Item = (&'a str, &'a str)>,
        listener: Arc<dyn Listener>,
    ) -> Result<Self, StartError> {
        let conf = Configuration::new();
        for (name, value) in settings.chain([("log.queue", "true")]) {
            conf.set(name, value)?;
        }
        let client = conf.into_client()?;
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
        });
        let reader = {
            let handle = Arc::clone(&handle);
            std::thread::Builder::new()
                .name("kafka-events".to_owned())
                .spawn(move || read_events(&handle, &*listener))
                .map_err(|error| StartError {
                    setting: None,
                    message: error.to_string(),
                })?
        };
        Ok(Self {
            handle,
            reader: Some(reader),
        })
    }

    /// The cluster's id, once a broker told it; never waits.
    pub(super) fn cluster_id(&self) -> Option<String> {
        // SAFETY: the client is alive; the text is owned by us and freed once it is copied.
        unsafe {
            let client = self.handle.client.as_ptr();
            let id = rd::rd_kafka_clusterid(client, 0);
            let copy = text(id);
            if !id.is_null() {
                rd::rd_kafka_mem_free(client, id.cast());
            }
            copy
        }
    }

    /// The broker that calls without a broker of their own go to, once it is known; never waits.
    pub(super) fn controller(&self) -> Option<i32> {
        // SAFETY: the client is alive; with a wait of 0 the call only looks.
        let id = unsafe { rd::rd_kafka_controllerid(self.handle.client.as_ptr(), 0) };
        (id >= 0).then_some(id)
    }

    /// Makes one admin call: `send` hands it to librdkafka, `read` copies its result on the
    /// reading thread.
    fn call<T: Send + 'static>(
        &self,
        options: CallOptions,
        send: impl FnOnce(&Handle, &Options) -> Result<(), Failure>,
        read: unsafe fn(&Event) -> T,
    ) -> Pending<T> {
        let (sender, receiver) = oneshot::channel();
        let number = self.handle.next.fetch_add(1, Ordering::Relaxed);
        self.handle.waiting().insert(
            number,
            Box::new(move |event| {
                let outcome = match event.failure() {
                    Some(failure) => Err(failure),
                    // SAFETY: the event carries this call's number, so it is this call's result,
                    // and `read` is the reader of that kind.
                    None => Ok(unsafe { read(event) }),
                };
                // Nobody waits any more: the answer has no use.
                let _ = sender.send(outcome);
            }),
        );
        let sent = Options::new(&self.handle, options, number)
            .and_then(|options| send(&self.handle, &options));
        if sent.is_err() {
            self.handle.waiting().remove(&number);
        }
        Pending { sent, receiver }
    }
}

/// A call that is under way. Letting go of it leaves the request to librdkafka, which forgets it
/// when it is answered.
#[must_use = "the outcome of a call is in its result"]
pub(super) struct Pending<T> {
    sent: Result<(), Failure>,
    receiver: oneshot::Receiver<Outcome<T>>,
}

impl<T> Pending<T> {
    /// Waits for the result. It always comes: at the latest as TIMED_OUT.
    pub(super) async fn outcome(self) -> Outcome<T> {
        self.sent?;
        self.receiver.await.unwrap_or_else(|_| {
            Err(Failure {
                code: Code::DESTROY,
                message: "the client was closed".to_owned(),
            })
        })
    }
}

impl Drop for Client {
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

/// The options of one call, in librdkafka's memory.
struct Options(NonNull<rd::rd_kafka_AdminOptions_t>);

type SetNumber = unsafe extern "C" fn(
    *mut rd::rd_kafka_AdminOptions_t,
    c_int,
    *mut c_char,
    usize,
) -> rd::rd_kafka_resp_err_t;

impl Options {
    fn new(handle: &Handle, call: CallOptions, number: usize) -> Result<Self, Failure> {
        // SAFETY: the client is alive; the object is owned by this value. Options made for any
        // call take every setter that the call knows. The opaque value is only handed back.
        let options = unsafe {
            let kind = rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ANY;
            let options = rd::rd_kafka_AdminOptions_new(handle.client.as_ptr(), kind);
            rd::rd_kafka_AdminOptions_set_opaque(options, ptr::without_provenance_mut(number));
            Self(NonNull::new(options).expect("librdkafka aborts where memory is short"))
        };
        let timeout = milliseconds(call.timeout);
        options.set(rd::rd_kafka_AdminOptions_set_request_timeout, timeout)?;
        if let Some(broker) = call.broker {
            options.set(rd::rd_kafka_AdminOptions_set_broker, broker)?;
        }
        Ok(options)
    }

    fn set(&self, setter: SetNumber, value: c_int) -> Result<(), Failure> {
        let mut words = [0; TEXT];
        // SAFETY: the object is alive, `words` is as long as it says, and every setter of this
        // type copies its number. Setters return codes of their own library, so the enum holds.
        let code = unsafe { setter(self.0.as_ptr(), value, words.as_mut_ptr(), words.len()) };
        match Code(code as i32) {
            Code(0) => Ok(()),
            code => Err(Failure {
                code,
                message: buffer(&words),
            }),
        }
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: owned by this value; calls copy what they are given.
        unsafe { rd::rd_kafka_AdminOptions_destroy(self.0.as_ptr()) }
    }
}

/// One event of the queue. It owns what its accessors return.
struct Event(NonNull<rd::rd_kafka_event_t>);

impl Event {
    fn as_ptr(&self) -> *mut rd::rd_kafka_event_t {
        self.0.as_ptr()
    }

    fn failure(&self) -> Option<Failure> {
        // SAFETY: the event is alive, and so is its text.
        unsafe {
            let code = Code(rd_kafka_event_error(self.as_ptr()));
            let message = || text(rd::rd_kafka_event_error_string(self.as_ptr()));
            (code != Code(0)).then(|| Failure {
                code,
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
fn read_events(handle: &Handle, listener: &dyn Listener) {
    let started = Instant::now();
    let mut connected = false;
    while !handle.closing.load(Ordering::Acquire) {
        let wait = match (connected, started.elapsed() < PATIENT_AFTER) {
            (true, _) => -1,
            (false, true) => milliseconds(FIRST_METADATA_POLL),
            (false, false) => milliseconds(PATIENT_POLL),
        };
        // SAFETY: the queue lives as long as `handle`; the event is owned by the value it gets.
        let event = unsafe { rd::rd_kafka_queue_poll(handle.queue.as_ptr(), wait) };
        if let Some(event) = NonNull::new(event) {
            dispatch(handle, listener, &Event(event));
        }
        // Every metadata answer names a controller, so knowing one means having had an answer.
        // SAFETY: the client is alive; with a wait of 0 the call only looks.
        if !connected && unsafe { rd::rd_kafka_controllerid(handle.client.as_ptr(), 0) } >= 0 {
            connected = true;
            listener.connected();
        }
    }
    // Calls that are still open end with "the client was closed".
    handle.waiting().clear();
}

fn dispatch(handle: &Handle, listener: &dyn Listener, event: &Event) {
    // SAFETY: the event is alive; texts of a log event live as long as it.
    unsafe {
        match rd::rd_kafka_event_type(event.as_ptr()) {
            rd::RD_KAFKA_EVENT_ERROR => {
                if let Some(failure) = event.failure() {
                    tracing::debug!(target: "librdkafka", "{failure}");
                    listener.error(failure);
                }
            }
            rd::RD_KAFKA_EVENT_LOG => {
                let (mut facility, mut line, mut level) = (ptr::null(), ptr::null(), 0);
                rd::rd_kafka_event_log(event.as_ptr(), &mut facility, &mut line, &mut level);
                let facility = text(facility).unwrap_or_default();
                let line = text(line).unwrap_or_default();
                tracing::debug!(target: "librdkafka", level, facility, "{line}");
                // More severe ones come as errors too.
                if facility == "FAIL" && level > LOG_ERR {
                    let message = after_thread(&line).to_owned();
                    listener.error(Failure {
                        code: Code::TRANSPORT,
                        message,
                    });
                }
            }
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

/// A log line without the name of librdkafka's thread, `[thrd:app]: `, that it begins with.
fn after_thread(line: &str) -> &str {
    line.strip_prefix("[thrd:")
        .and_then(|line| line.split_once("]: "))
        .map_or(line, |(_, line)| line)
}

/// A text of librdkafka as a copy.
///
/// # Safety
/// `text` is null or points at a NUL-terminated text that is alive.
unsafe fn text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: by this function's contract.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned())
}

fn c_text(text: &str) -> Result<CString, Failure> {
    CString::new(text).map_err(|_| Failure {
        code: Code::INVALID_ARG,
        message: "it holds a NUL character".to_owned(),
    })
}

/// The words that librdkafka wrote into a buffer of ours.
fn buffer(words: &[c_char]) -> String {
    let bytes: Vec<u8> = words
        .iter()
        .take_while(|c| **c != 0)
        .map(|c| c.cast_unsigned())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As librdkafka takes durations: at least 1, at most an hour.
fn milliseconds(duration: Duration) -> c_int {
    let most = Duration::from_secs(3600);
    c_int::try_from(duration.min(most).as_millis())
        .unwrap_or(c_int::MAX)
        .max(1)
}

/// An array as librdkafka returns it: the first element's address and the count.
///
/// # Safety
/// `first` points at `count` elements that outlive `'a`, or `count` is 0.
unsafe fn array<'a, T>(first: *mut *const T, count: usize) -> &'a [*const T] {
    if first.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: by this function's contract.
    unsafe { std::slice::from_raw_parts(first, count) }
}
