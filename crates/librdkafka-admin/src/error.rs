//! Error codes, and librdkafka's functions that return them.

use std::ffi::{NulError, c_char, c_int};
use std::fmt;

use rdkafka_sys as rd;

use crate::ffi::text;

// A code that this librdkafka does not name is no variant of the bindings' Rust enums, so that
// taking one as such would be undefined behavior; a newer broker sends them. These declarations
// take codes as the integers that they are in C.
unsafe extern "C" {
    pub(crate) fn rd_kafka_err2name(code: c_int) -> *const c_char;
    pub(crate) fn rd_kafka_err2str(code: c_int) -> *const c_char;
    pub(crate) fn rd_kafka_event_error(event: *mut rd::rd_kafka_event_t) -> c_int;
    pub(crate) fn rd_kafka_error_code(error: *const rd::rd_kafka_error_t) -> c_int;
    pub(crate) fn rd_kafka_topic_result_error(result: *const rd::rd_kafka_topic_result_t) -> c_int;
    pub(crate) fn rd_kafka_ConfigResource_error(
        resource: *const rd::rd_kafka_ConfigResource_t,
    ) -> c_int;
    pub(crate) fn rd_kafka_ConfigEntry_source(entry: *const rd::rd_kafka_ConfigEntry_t) -> c_int;
}

/// An error code of Kafka's protocol (from 1), -1, or librdkafka's own (from -2 down).
///
/// It displays as Kafka's own upper-case name, `INVALID_REPLICATION_FACTOR` for example;
/// librdkafka's own codes begin with `_`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ErrorCode(pub i32);

macro_rules! known_codes {
    ($($name:ident = $variant:ident,)+) => {
        impl ErrorCode {
            $(pub const $name: Self = Self(rd::rd_kafka_resp_err_t::$variant as i32);)+
        }
    };
}

known_codes! {
    UNKNOWN_TOPIC_OR_PARTITION = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    LEADER_NOT_AVAILABLE = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
    REQUEST_TIMED_OUT = RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
    NETWORK_EXCEPTION = RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
    UNKNOWN_SERVER_ERROR = RD_KAFKA_RESP_ERR_UNKNOWN,
    TOPIC_AUTHORIZATION_FAILED = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    CLUSTER_AUTHORIZATION_FAILED = RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
    COORDINATOR_LOAD_IN_PROGRESS = RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
    COORDINATOR_NOT_AVAILABLE = RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
    NOT_COORDINATOR = RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
    GROUP_AUTHORIZATION_FAILED = RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
    GROUP_ID_NOT_FOUND = RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND,
    TOPIC_ALREADY_EXISTS = RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS,
    INVALID_REPLICATION_FACTOR = RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR,
    INVALID_TOPIC_EXCEPTION = RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
    UNSUPPORTED_VERSION = RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
    INVALID_PARTITIONS = RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
    INVALID_REPLICA_ASSIGNMENT = RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT,
    INVALID_CONFIG = RD_KAFKA_RESP_ERR_INVALID_CONFIG,
    NOT_CONTROLLER = RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
    INVALID_REQUEST = RD_KAFKA_RESP_ERR_INVALID_REQUEST,
    POLICY_VIOLATION = RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
    THROTTLING_QUOTA_EXCEEDED = RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
    BAD_MESSAGE = RD_KAFKA_RESP_ERR__BAD_MSG,
    UNDERFLOW = RD_KAFKA_RESP_ERR__UNDERFLOW,
    UNSUPPORTED_FEATURE = RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
    DESTROY = RD_KAFKA_RESP_ERR__DESTROY,
    DESTROY_BROKER = RD_KAFKA_RESP_ERR__DESTROY_BROKER,
    TRANSPORT = RD_KAFKA_RESP_ERR__TRANSPORT,
    RESOLVE = RD_KAFKA_RESP_ERR__RESOLVE,
    UNKNOWN_TOPIC = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
    UNKNOWN_PARTITION = RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
    ALL_BROKERS_DOWN = RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
    INVALID_ARG = RD_KAFKA_RESP_ERR__INVALID_ARG,
    TIMED_OUT = RD_KAFKA_RESP_ERR__TIMED_OUT,
    SSL = RD_KAFKA_RESP_ERR__SSL,
    AUTHENTICATION = RD_KAFKA_RESP_ERR__AUTHENTICATION,
    NO_ENTRY = RD_KAFKA_RESP_ERR__NOENT,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Where librdkafka's name is not the one of Kafka's `Errors` and documentation.
        let renamed = match self.0 {
            -1 => "UNKNOWN_SERVER_ERROR",
            2 => "CORRUPT_MESSAGE",
            3 => "UNKNOWN_TOPIC_OR_PARTITION",
            6 => "NOT_LEADER_OR_FOLLOWER",
            10 => "MESSAGE_TOO_LARGE",
            17 => "INVALID_TOPIC_EXCEPTION",
            18 => "RECORD_LIST_TOO_LARGE",
            // SAFETY: takes any integer and returns a static text, or one in thread-local memory
            // that is copied before the next call on this thread.
            code => match unsafe { text(rd_kafka_err2name(code)) } {
                Some(name) => return f.write_str(&name),
                None => return write!(f, "{code}"),
            },
        };
        f.write_str(renamed)
    }
}

/// A code with the words of the broker or of librdkafka.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    pub code: ErrorCode,
    /// As the broker or librdkafka says it; may be empty.
    pub message: String,
}

impl From<NulError> for Error {
    fn from(_: NulError) -> Self {
        Self {
            code: ErrorCode::INVALID_ARG,
            message: "it holds a NUL character".to_owned(),
        }
    }
}

/// The error of a part of a result, where there is one.
///
/// # Safety
/// `message` is null or a NUL-terminated text that is alive.
pub(crate) unsafe fn check(code: c_int, message: *const c_char) -> Result<(), Error> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: by this function's contract.
    let message = unsafe { text(message) }.unwrap_or_default();
    // librdkafka's standard texts name the sender, which the code does already.
    let message = message.strip_prefix("Broker: ").unwrap_or(&message);
    Err(Error {
        code: ErrorCode(code),
        message: message.to_owned(),
    })
}
