//! JKS, the store of Java before version 9, as `sun.security.provider.JavaKeyStore` writes it.
//!
//! Certificates stand in clear, keys behind a cipher of Sun's own that is made of SHA-1, and a
//! SHA-1 digest over password and all ends the file. Nothing here is written, only read.

use openssl::pkey::PKey;
use openssl::sha::Sha1;
use openssl::x509::X509;
use secrecy::{ExposeSecret, SecretSlice};

use super::{Identity, Unreadable, chain};

const DIGEST: usize = 20;

/// What Java's authors put between the password and the store.
const WHITENER: &[u8] = b"Mighty Aphrodite";

/// 1.3.6.1.4.1.42.2.17.1.1, as an object identifier in DER: Sun's cipher.
const SUN_CIPHER: [u8; 12] = [
    0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x2a, 0x02, 0x11, 0x01, 0x01,
];

pub(super) struct Store<'a> {
    entries: Vec<Entry<'a>>,
}

enum Entry<'a> {
    Key {
        encrypted: &'a [u8],
        chain: Vec<&'a [u8]>,
    },
    Trusted(&'a [u8]),
}

/// Reads a store; with a password, only a whole one.
pub(super) fn read<'a>(bytes: &'a [u8], password: Option<&str>) -> Result<Store<'a>, Unreadable> {
    let body = bytes.len().checked_sub(DIGEST);
    let (body, digest) = bytes.split_at(body.ok_or(Unreadable::Damaged)?);
    let mut reader = Reader { rest: body };
    let entries = reader.entries();
    if let Some(password) = password
        && password_digest(password, &[WHITENER, body])[..] != *digest
    {
        // A store that was cut does not fit its password either.
        return Err(match entries {
            Some(_) => Unreadable::PasswordWrong,
            None => Unreadable::Damaged,
        });
    }
    match entries {
        Some(entries) if entries.is_empty() => Err(Unreadable::NoEntries),
        Some(entries) => Ok(Store { entries }),
        None => Err(Unreadable::Damaged),
    }
}

impl Store<'_> {
    /// The trusted certificates, and the own one of each key, which Java's client trusts too.
    pub(super) fn trusted(&self) -> Result<Vec<X509>, Unreadable> {
        let entries = self.entries.iter();
        let certificates = entries.filter_map(|entry| match entry {
            Entry::Trusted(certificate) => Some(*certificate),
            Entry::Key { chain, .. } => chain.first().copied(),
        });
        certificates.map(certificate).collect()
    }

    pub(super) fn identity(&self, password: &str) -> Result<Identity, Unreadable> {
        let mut keys = self.entries.iter().filter_map(|entry| match entry {
            Entry::Key { encrypted, chain } => Some((encrypted, chain)),
            Entry::Trusted(_) => None,
        });
        let (encrypted, certificates) = keys.next().ok_or(Unreadable::NoKey)?;
        let plain = decrypted(encrypted, password)?;
        let key = PKey::private_key_from_pkcs8(plain.expose_secret());
        let mut certificates = certificates.iter().map(|der| certificate(der));
        let first = certificates.next().ok_or(Unreadable::NoCertificates)??;
        Ok(Identity {
            key: key.map_err(|_| Unreadable::Damaged)?,
            chain: chain(first, certificates.collect::<Result<_, _>>()?),
            keys: Some(1 + keys.count()),
        })
    }
}

fn certificate(der: &[u8]) -> Result<X509, Unreadable> {
    X509::from_der(der).map_err(|_| Unreadable::Damaged)
}

/// The digest over a password, in UTF-16, and what follows it.
fn password_digest(password: &str, parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut digest = Sha1::new();
    for unit in password.encode_utf16() {
        digest.update(&unit.to_be_bytes());
    }
    for part in parts {
        digest.update(part);
    }
    digest.finish()
}

/// A key out of its envelope: a salt, the key under a stream of digests that each begin with the
/// one before, and the digest of the key.
fn decrypted(envelope: &[u8], password: &str) -> Result<SecretSlice<u8>, Unreadable> {
    let content = envelope_content(envelope).ok_or(Unreadable::Cipher)?;
    let length = content.len().checked_sub(2 * DIGEST);
    let length = length.ok_or(Unreadable::Damaged)?;
    let (salt, rest) = content.split_at(DIGEST);
    let (encrypted, check) = rest.split_at(length);
    let mut stream = password_digest(password, &[salt]);
    let mut plain = Vec::with_capacity(length);
    for part in encrypted.chunks(DIGEST) {
        if !plain.is_empty() {
            stream = password_digest(password, &[&stream]);
        }
        plain.extend(part.iter().zip(stream).map(|(byte, with)| byte ^ with));
    }
    let plain = SecretSlice::from(plain);
    match password_digest(password, &[plain.expose_secret()])[..] == *check {
        true => Ok(plain),
        false => Err(Unreadable::KeyPasswordWrong),
    }
}

/// The content of an EncryptedPrivateKeyInfo that is under Sun's cipher.
fn envelope_content(der: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const OCTETS: u8 = 0x04;
    let mut outer = Reader { rest: der };
    let mut info = Reader {
        rest: outer.der(SEQUENCE)?,
    };
    let algorithm = info.der(SEQUENCE)?;
    let content = info.der(OCTETS)?;
    algorithm.starts_with(&SUN_CIPHER).then_some(content)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn entries(&mut self) -> Option<Vec<Entry<'a>>> {
        let _magic = self.take(4)?;
        let version = self.number(4)?;
        let count = self.number(4)?;
        let mut entries = vec![];
        for _ in 0..count {
            let tag = self.number(4)?;
            let _alias = self.block(2)?;
            let _date = self.take(8)?;
            entries.push(match tag {
                1 => {
                    let encrypted = self.block(4)?;
                    let count = self.number(4)?;
                    let chain = (0..count).map(|_| self.certificate(version));
                    Entry::Key {
                        encrypted,
                        chain: chain.collect::<Option<_>>()?,
                    }
                }
                2 => Entry::Trusted(self.certificate(version)?),
                _ => return None,
            });
        }
        self.rest.is_empty().then_some(entries)
    }

    fn certificate(&mut self, version: usize) -> Option<&'a [u8]> {
        if version == 2 {
            let _type = self.block(2)?;
        }
        self.block(4)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// A number of some bytes, the greatest first.
    fn number(&mut self, bytes: usize) -> Option<usize> {
        let bytes = self.take(bytes)?.iter();
        Some(bytes.fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// As many bytes as the number before them says.
    fn block(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let length = self.number(bytes)?;
        self.take(length)
    }

    /// The content of a value in DER.
    fn der(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.number(1)? != usize::from(tag) {
            return None;
        }
        let length = match self.number(1)? {
            short @ 0..=0x7f => short,
            long @ 0x81..=0x84 => self.number(long - 0x80)?,
            _ => return None,
        };
        self.take(length)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn digest(body: &[u8], password: &str) -> [u8; DIGEST] {
        password_digest(password, &[WHITENER, body])
    }

    /// A key in its envelope, with a salt that is always the same.
    pub(in super::super) fn encrypted(plain: &[u8], password: &str) -> Vec<u8> {
        let salt = [7; DIGEST];
        let mut content = salt.to_vec();
        let mut stream = salt;
        for part in plain.chunks(DIGEST) {
            stream = password_digest(password, &[&stream]);
            content.extend(part.iter().zip(stream).map(|(byte, with)| byte ^ with));
        }
        content.extend(password_digest(password, &[plain]));
        let value = |tag: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).expect("short").to_be_bytes();
            [&[tag, 0x82, length[0], length[1]], content].concat()
        };
        let algorithm = value(0x30, &[&SUN_CIPHER[..], &[5, 0]].concat());
        value(0x30, &[algorithm, value(4, &content)].concat())
    }
}
