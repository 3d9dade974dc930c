//! Trust and key stores of the Java world, opened.
//!
//! Takes a file's bytes and passwords, and gives certificates and a key as OpenSSL has them, or why
//! it cannot. A store is known by its first bytes, as in Java, whatever its name or stated type.
//! What the settings are called that name it, and what to do about it, is not decided here.

mod jks;
mod pkcs12;
#[cfg(test)]
pub(super) mod tests;

use openssl::pkey::{PKey, Private};
use openssl::x509::{X509, X509VerifyResult};

/// What a file holds, as its first bytes say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Pem,
    Pkcs12,
    Jks,
    Jceks,
    /// A certificate without the text around it.
    DerCertificate,
    Empty,
    Other,
}

/// What a client shows of itself.
pub(super) struct Identity {
    pub(super) key: PKey<Private>,
    /// The key's certificate, and then each one's issuer.
    pub(super) chain: Vec<X509>,
    /// How many keys the store has, of which this is the first; `None` where it is not told.
    pub(super) keys: Option<usize>,
}

/// Why a store gives nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unreadable {
    PasswordMissing,
    PasswordWrong,
    /// The store opens, and its key does not.
    KeyPasswordWrong,
    NoEntries,
    NoKey,
    NoCertificates,
    /// Encrypted in a way that the OpenSSL of this machine does not offer.
    Cipher,
    Damaged,
    /// It is no store that can be read here.
    Foreign,
}

impl Format {
    pub(super) fn of(bytes: &[u8]) -> Self {
        const BEGIN: &[u8] = b"-----BEGIN ";
        match bytes {
            [] => Self::Empty,
            [0xfe, 0xed, 0xfe, 0xed, ..] => Self::Jks,
            [0xce, 0xce, 0xce, 0xce, ..] => Self::Jceks,
            _ if pkcs12::is_one(bytes) => Self::Pkcs12,
            _ if bytes.windows(BEGIN.len()).any(|part| part == BEGIN) => Self::Pem,
            _ if X509::from_der(bytes).is_ok() => Self::DerCertificate,
            _ if bytes.trim_ascii().is_empty() => Self::Empty,
            _ => Self::Other,
        }
    }

    /// With its article.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Pem => "PEM text",
            Self::Pkcs12 => "a PKCS12 store",
            Self::Jks => "a JKS store",
            Self::Jceks => "a JCEKS store",
            Self::DerCertificate => "a certificate in DER",
            Self::Empty => "nothing",
            Self::Other => "something else",
        }
    }
}

/// The certificates of a trust store. Without a password its integrity is not checked, as in Java.
pub(super) fn trusted(bytes: &[u8], password: Option<&str>) -> Result<Vec<X509>, Unreadable> {
    let certificates = match Format::of(bytes) {
        Format::Jks => jks::read(bytes, password)?.trusted()?,
        Format::Pkcs12 => pkcs12::trusted(bytes, password)?,
        _ => return Err(Unreadable::Foreign),
    };
    match certificates.is_empty() {
        true => Err(Unreadable::NoCertificates),
        false => Ok(certificates),
    }
}

/// The first key of a key store, with its certificates.
pub(super) fn identity(
    bytes: &[u8],
    password: Option<&str>,
    key_password: Option<&str>,
) -> Result<Identity, Unreadable> {
    match Format::of(bytes) {
        Format::Jks => {
            let store = jks::read(bytes, password)?;
            let password = key_password.or(password);
            store.identity(password.ok_or(Unreadable::PasswordMissing)?)
        }
        Format::Pkcs12 => pkcs12::identity(bytes, password),
        _ => Err(Unreadable::Foreign),
    }
}

/// A certificate and its issuers in their order, which the store need not keep.
fn chain(first: X509, mut others: Vec<X509>) -> Vec<X509> {
    let mut chain = vec![first];
    while let Some(last) = chain.last()
        && let Some(next) = others
            .iter()
            .position(|other| other.issued(last) == X509VerifyResult::OK)
    {
        chain.push(others.remove(next));
    }
    chain
}
