//! Configuration properties in librdkafka's memory, up to the handle that takes them over.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;

use rdkafka_sys as rd;

use crate::ffi::{ERROR_TEXT, buffer};

/// Why librdkafka does not take a property, or does not start.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// `None` where librdkafka cannot start with all of them (a CA file that is not there).
    pub property: Option<String>,
    pub unknown: bool,
    /// librdkafka's words, which may quote the value.
    pub message: String,
}

impl ConfigError {
    pub(crate) fn start(message: String) -> Self {
        Self {
            property: None,
            unknown: false,
            message,
        }
    }
}

/// The version of librdkafka that is linked in.
pub fn version() -> String {
    // SAFETY: returns a static text that ends with NUL.
    let text = unsafe { CStr::from_ptr(rd::rd_kafka_version_str()) };
    text.to_string_lossy().into_owned()
}

/// What librdkafka is built with: `ssl`, `sasl_scram` and so on.
pub fn features() -> Vec<String> {
    let all = Config::new().get("builtin.features").unwrap_or_default();
    let all = all.split(',').map(str::trim);
    all.filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether librdkafka takes this property with this value.
///
/// # Errors
/// The property is unknown, or the value is not one of its values.
pub fn check_property(name: &str, value: &str) -> Result<(), ConfigError> {
    Config::new().set(name, value)
}

pub(crate) type ThrottleCallback =
    unsafe extern "C" fn(*mut rd::rd_kafka_t, *const c_char, i32, c_int, *mut c_void);

pub(crate) type CertificateCallback = unsafe extern "C" fn(
    *mut rd::rd_kafka_t,
    *const c_char,
    i32,
    *mut c_int,
    c_int,
    *const c_char,
    usize,
    *mut c_char,
    usize,
    *mut c_void,
) -> c_int;

pub(crate) struct Config(NonNull<rd::rd_kafka_conf_t>);

impl Config {
    pub(crate) fn new() -> Self {
        // SAFETY: returns a fresh object that this value owns.
        let conf = unsafe { rd::rd_kafka_conf_new() };
        Self(NonNull::new(conf).expect("librdkafka aborts where memory is short"))
    }

    pub(crate) fn set(&self, name: &str, value: &str) -> Result<(), ConfigError> {
        let failed = |unknown, message| ConfigError {
            property: Some(name.to_owned()),
            unknown,
            message,
        };
        let nul = |_| failed(false, "it holds a NUL character".to_owned());
        let (c_name, value) = (
            CString::new(name).map_err(nul)?,
            CString::new(value).map_err(nul)?,
        );
        let mut text = [0; ERROR_TEXT];
        // SAFETY: the object is alive, the texts end with NUL and are copied by the call, and
        // `text` is as long as it says.
        let result = unsafe {
            rd::rd_kafka_conf_set(
                self.0.as_ptr(),
                c_name.as_ptr(),
                value.as_ptr(),
                text.as_mut_ptr(),
                text.len(),
            )
        };
        match result {
            rd::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
            rd::rd_kafka_conf_res_t::RD_KAFKA_CONF_UNKNOWN => Err(failed(true, buffer(&text))),
            rd::rd_kafka_conf_res_t::RD_KAFKA_CONF_INVALID => Err(failed(false, buffer(&text))),
        }
    }

    /// A property that is a word or a number, as librdkafka has it; `None` for what is no property.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let name = CString::new(name).ok()?;
        let mut text = [0; ERROR_TEXT];
        let mut size = text.len();
        // SAFETY: the object is alive, the name ends with NUL, and `text` is as long as `size` says.
        let result = unsafe {
            rd::rd_kafka_conf_get(
                self.0.as_ptr(),
                name.as_ptr(),
                text.as_mut_ptr(),
                &raw mut size,
            )
        };
        (result == rd::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK).then(|| buffer(&text))
    }

    /// Has librdkafka hand each certificate to `callback`, with the opaque value of
    /// [`Self::on_throttle`].
    ///
    /// # Safety
    /// As there.
    pub(crate) unsafe fn on_certificate(&self, callback: CertificateCallback) {
        // SAFETY: the object is alive. Without TLS in librdkafka there are no certificates either.
        unsafe { rd::rd_kafka_conf_set_ssl_cert_verify_cb(self.0.as_ptr(), Some(callback)) };
    }

    /// Has librdkafka report quotas that are used up to `callback`, with `opaque`.
    ///
    /// # Safety
    /// What `callback` does with `opaque` is sound for as long as the handle lives.
    pub(crate) unsafe fn on_throttle(&self, callback: ThrottleCallback, opaque: *const c_void) {
        // SAFETY: the object is alive; for the opaque value the caller answers.
        unsafe {
            rd::rd_kafka_conf_set_opaque(self.0.as_ptr(), opaque.cast_mut());
            rd::rd_kafka_conf_set_throttle_cb(self.0.as_ptr(), Some(callback));
        }
    }

    pub(crate) fn into_handle(self) -> Result<NonNull<rd::rd_kafka_t>, ConfigError> {
        let mut text = [0; ERROR_TEXT];
        // SAFETY: the object is alive. A handle that starts takes it over, so it is forgotten
        // then; where it does not start it stays ours and is dropped.
        let handle = unsafe {
            rd::rd_kafka_conf_set_events(
                self.0.as_ptr(),
                rd::RD_KAFKA_EVENT_ERROR
                    | rd::RD_KAFKA_EVENT_LOG
                    | rd::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH,
            );
            rd::rd_kafka_new(
                rd::rd_kafka_type_t::RD_KAFKA_PRODUCER,
                self.0.as_ptr(),
                text.as_mut_ptr(),
                text.len(),
            )
        };
        let handle = NonNull::new(handle).ok_or_else(|| ConfigError::start(buffer(&text)))?;
        std::mem::forget(self);
        Ok(handle)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: owned by this value; `into_handle` forgets it where librdkafka took it.
        unsafe { rd::rd_kafka_conf_destroy(self.0.as_ptr()) }
    }
}
