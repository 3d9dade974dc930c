//! Settings in librdkafka's memory, up to the client that takes them over.

use std::ptr::NonNull;

use rdkafka::bindings as rd;

use super::{TEXT, buffer, c_text};

/// Why a client could not be started.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct StartError {
    /// The setting that librdkafka refuses; `None` where it cannot start with all of them.
    pub(in super::super) setting: Option<String>,
    /// librdkafka's words, which may quote the value.
    pub(in super::super) message: String,
}

pub(super) struct Configuration(NonNull<rd::rd_kafka_conf_t>);

impl Configuration {
    pub(super) fn new() -> Self {
        // SAFETY: returns a fresh object that this value owns.
        let conf = unsafe { rd::rd_kafka_conf_new() };
        Self(NonNull::new(conf).expect("librdkafka aborts where memory is short"))
    }

    pub(super) fn set(&self, name: &str, value: &str) -> Result<(), StartError> {
        let failed = |message: String| StartError {
            setting: Some(name.to_owned()),
            message,
        };
        let name = c_text(name).map_err(|failure| failed(failure.message))?;
        let value = c_text(value).map_err(|failure| failed(failure.message))?;
        let mut words = [0; TEXT];
        // SAFETY: the object is alive, the texts end with NUL and are copied by the call, and
        // `words` is as long as it says.
        let result = unsafe {
            rd::rd_kafka_conf_set(
                self.0.as_ptr(),
                name.as_ptr(),
                value.as_ptr(),
                words.as_mut_ptr(),
                words.len(),
            )
        };
        match result {
            rd::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
            _ => Err(failed(buffer(&words))),
        }
    }

    pub(super) fn into_client(self) -> Result<NonNull<rd::rd_kafka_t>, StartError> {
        let mut words = [0; TEXT];
        // SAFETY: the object is alive. A client that starts takes it over, so it is forgotten
        // then; where it does not start it stays ours and is dropped.
        let client = unsafe {
            rd::rd_kafka_conf_set_events(
                self.0.as_ptr(),
                rd::RD_KAFKA_EVENT_ERROR | rd::RD_KAFKA_EVENT_LOG,
            );
            rd::rd_kafka_new(
                rd::rd_kafka_type_t::RD_KAFKA_PRODUCER,
                self.0.as_ptr(),
                words.as_mut_ptr(),
                words.len(),
            )
        };
        let client = NonNull::new(client).ok_or_else(|| StartError {
            setting: None,
            message: buffer(&words),
        })?;
        std::mem::forget(self);
        Ok(client)
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        // SAFETY: owned by this value; `into_client` forgets it where librdkafka took it.
        unsafe { rd::rd_kafka_conf_destroy(self.0.as_ptr()) }
    }
}
