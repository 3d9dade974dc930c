//! Error codes, and librdkafka's functions that return them.

use std::ffi::{c_char, c_int};
use std::fmt;

use rdkafka::bindings as rd;

use super::text;

// A code that this librdkafka does not name is no variant of the bindings' Rust enums, so that
// taking one as such would be undefined behaviour; a newer broker sends them. These declarations
// take codes as the integers that they are in C.
unsafe extern "C" {
    pub(super) fn rd_kafka_err2name(code: c_int) -> *const c_char;
    pub(super) fn rd_kafka_err2str(code: c_int) -> *const c_char;
    pub(super) fn rd_kafka_event_error(event: *mut rd::rd_kafka_event_t) -> c_int;
    pub(super) fn rd_kafka_error_code(error: *const rd::rd_kafka_error_t) -> c_int;
    pub(super) fn rd_kafka_topic_result_error(result: *const rd::rd_kafka_topic_result_t) -> c_int;
    pub(super) fn rd_kafka_ConfigResource_error(
        resource: *const rd::rd_kafka_ConfigResource_t,
    ) -> c_int;
    pub(super) fn rd_kafka_ConfigEntry_source(entry: *const rd::rd_kafka_ConfigEntry_t) -> c_int;
}

/// An error code of Kafka's protocol (from 1), or librdkafka's own (negative).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in super::super) struct Code(pub(super) i32);

macro_rules! known_codes {
    ($($name:ident = $variant:ident,)+) => {
        impl Code {
            $(pub(in super::super) const $name: Self = Self(rd::rd_kafka_resp_err_t::$variant as i32);)+
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
    NOT_CONTROLLER = RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
    DESTROY = RD_KAFKA_RESP_ERR__DESTROY,
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

/// Where librdkafka's name is not the one of Kafka's `Errors` and documentation.
const RENAMED: [(i32, &str); 7] = [
    (-1, "UNKNOWN_SERVER_ERROR"),
    (2, "CORRUPT_MESSAGE"),
    (3, "UNKNOWN_TOPIC_OR_PARTITION"),
    (6, "NOT_LEADER_OR_FOLLOWER"),
    (10, "MESSAGE_TOO_LARGE"),
    (17, "INVALID_TOPIC_EXCEPTION"),
    (18, "RECORD_LIST_TOO_LARGE"),
];

impl Code {
    /// Kafka's own upper-case name, `INVALID_REPLICATION_FACTOR` for example; librdkafka's own
    /// codes begin with `_`.
    pub(in super::super) fn name(self) -> String {
        if let Some((_, name)) = RENAMED.iter().find(|(code, _)| *code == self.0) {
            return (*name).to_owned();
        }
        // SAFETY: takes any integer and returns a static text, or one in thread-local memory that
        // is copied before the next call on this thread.
        let name = unsafe { text(rd_kafka_err2name(self.0)) };
        name.unwrap_or_else(|| self.0.to_string())
    }
}

/// A code with the words of the broker or of librdkafka.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Failure {
    pub(in super::super) code: Code,
    pub(in super::super) message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)
    }
}
