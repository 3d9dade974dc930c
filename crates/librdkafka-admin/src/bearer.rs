//! Bearer tokens of SASL/OAUTHBEARER, which the caller fetches: the client asks for one by
//! [`Listener::token_wanted`](crate::Listener::token_wanted), and connects to nobody before it has
//! its first.

use std::ffi::{CString, NulError, c_char};
use std::ptr;
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use rdkafka_sys as rd;

use crate::client::{AdminClient, Handle};
use crate::error::{Error, ErrorCode};
use crate::ffi::{ERROR_TEXT, buffer, c_texts};

/// A token, and what goes along with it to the broker.
#[derive(Clone, Copy)]
pub struct BearerToken<'a> {
    pub value: &'a str,
    pub principal: &'a str,
    /// When 80 % of the time until then is over, the next one is asked for.
    pub expires: SystemTime,
    /// SASL extensions (RFC 7628), names and values.
    pub extensions: &'a [(String, String)],
}

/// Where a client takes its tokens from. It keeps no client alive.
#[derive(Clone)]
pub struct TokenSlot(Weak<Handle>);

impl AdminClient {
    pub fn token_slot(&self) -> TokenSlot {
        TokenSlot(Arc::downgrade(&self.handle))
    }
}

impl TokenSlot {
    /// Hands over a token, which every connection from now on is authenticated with. Nothing happens
    /// where the client is gone.
    ///
    /// # Errors
    /// The token has expired or is malformed, or the client's mechanism is not OAUTHBEARER. The
    /// message may quote the token.
    pub fn set(&self, token: &BearerToken) -> Result<(), Error> {
        let Some(handle) = self.0.upgrade() else {
            return Ok(());
        };
        let nul = |_: NulError| Error {
            code: ErrorCode::INVALID_ARG,
            message: "it holds a NUL character".to_owned(),
        };
        let value = CString::new(token.value).map_err(nul)?;
        let principal = CString::new(token.principal).map_err(nul)?;
        let pairs = token.extensions.iter();
        let extensions = c_texts(pairs.flat_map(|(name, value)| [name.as_str(), value]));
        let extensions = extensions.map_err(nul)?;
        let mut pointers: Vec<*const c_char> =
            extensions.iter().map(|text| text.as_ptr()).collect();
        let expires = token.expires.duration_since(UNIX_EPOCH).unwrap_or_default();
        let expires = i64::try_from(expires.as_millis()).unwrap_or(i64::MAX / 1000);
        let mut text: [c_char; ERROR_TEXT] = [0; ERROR_TEXT];
        // SAFETY: the client is alive, all texts end with NUL and are copied by the call, the array
        // has as many as it says, and `text` is as long as it says.
        let code = unsafe {
            rd::rd_kafka_oauthbearer_set_token(
                handle.as_ptr(),
                value.as_ptr(),
                expires.min(i64::MAX / 1000),
                principal.as_ptr(),
                match pointers.is_empty() {
                    true => ptr::null_mut(),
                    false => pointers.as_mut_ptr(),
                },
                pointers.len(),
                text.as_mut_ptr(),
                text.len(),
            )
        };
        match code as i32 {
            0 => Ok(()),
            code => Err(Error {
                code: ErrorCode(code),
                message: buffer(&text),
            }),
        }
    }

    /// Says that there is no token now, and why: the client keeps the one it has, asks again in ten
    /// seconds, and reports the words as an error of its own.
    pub fn fail(&self, words: &str) {
        let Some(handle) = self.0.upgrade() else {
            return;
        };
        let words = CString::new(words.replace('\0', " ")).expect("there is no NUL in it");
        // SAFETY: the client is alive, and the text ends with NUL and is copied by the call. It fails
        // where the mechanism is another one, which then asks for no token either.
        unsafe { rd::rd_kafka_oauthbearer_set_token_failure(handle.as_ptr(), words.as_ptr()) };
    }
}
