//! PKCS#12 by OpenSSL.
//!
//! Stores of before 2020 are encrypted with RC2, which OpenSSL 3 offers by its legacy provider only;
//! it is loaded while such a store is read, and for nothing else.

use openssl::error::ErrorStack;
use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::provider::Provider;
use openssl::x509::X509;

use super::{Identity, Unreadable, chain};

/// Whether these bytes begin as one: a sequence, and in it first the version 3.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let length = match bytes {
        [0x30, length @ 0x81..=0x84, ..] => usize::from(length - 0x80),
        [0x30, ..] => 0,
        _ => return false,
    };
    bytes.get(2 + length..5 + length) == Some(&[2, 1, 3])
}

/// All its certificates: unlike Java's, other tools do not mark those to be trusted.
pub(super) fn trusted(bytes: &[u8], password: Option<&str>) -> Result<Vec<X509>, Unreadable> {
    let found = read(bytes, password)?;
    let others = found.ca.into_iter().flatten();
    Ok(found.cert.into_iter().chain(others).collect())
}

/// OpenSSL gives the first key, and does not tell of others.
pub(super) fn identity(bytes: &[u8], password: Option<&str>) -> Result<Identity, Unreadable> {
    let found = read(bytes, password)?;
    let key = found.pkey.ok_or(Unreadable::NoKey)?;
    let certificate = found.cert.ok_or(Unreadable::NoCertificates)?;
    Ok(Identity {
        key,
        chain: chain(certificate, found.ca.into_iter().flatten().collect()),
        keys: None,
    })
}

fn read(bytes: &[u8], password: Option<&str>) -> Result<ParsedPkcs12_2, Unreadable> {
    let store = Pkcs12::from_der(bytes).map_err(|_| Unreadable::Damaged)?;
    let text = password.unwrap_or_default();
    // It ends C's strings, and is in no password that a store was made with.
    if text.contains('\0') {
        return Err(Unreadable::PasswordWrong);
    }
    let error = match store.parse2(text) {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    if is(&error, "unsupported") {
        let legacy = Provider::try_load(None, "legacy", true).map_err(|_| Unreadable::Cipher)?;
        let found = store.parse2(text).map_err(|error| why(&error, password));
        drop(legacy);
        return found;
    }
    // One without protection is not refused for a password that it does not need.
    match why(&error, password) {
        Unreadable::PasswordWrong => store.parse2("").map_err(|_| Unreadable::PasswordWrong),
        other => Err(other),
    }
}

fn why(error: &ErrorStack, password: Option<&str>) -> Unreadable {
    let is_protected = is(error, "mac verify failure");
    match password {
        None if is_protected => Unreadable::PasswordMissing,
        Some(_) if is_protected => Unreadable::PasswordWrong,
        _ if is(error, "unsupported") => Unreadable::Cipher,
        None => Unreadable::PasswordMissing,
        Some(_) => Unreadable::KeyPasswordWrong,
    }
}

fn is(error: &ErrorStack, reason: &str) -> bool {
    let mut reasons = error.errors().iter().filter_map(|error| error.reason());
    reasons.any(|found| found.contains(reason))
}
