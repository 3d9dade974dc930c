//! Certificates and keys of the connection, from whatever file or text holds them.
//!
//! Takes the settings of all layers and the files that they name, and leaves settings that
//! librdkafka can use: stores become PEM, PEM keeps its place. What cannot be used is a problem in
//! words of its own, so that OpenSSL has nothing to say. A key or a password is in no problem.

mod given;
mod pem;
#[cfg(test)]
mod tests;

use std::io;

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use secrecy::{ExposeSecret, SecretString};

use self::given::{Given, IN_KEY_STORE, IN_TRUST_STORE};
use super::Lookups;
use super::layers::{Entry, Layers};
use super::store::{self, Format, Unreadable};
use crate::diagnostic::Diagnostic;

const TRUST_STORE: &str = "ssl.truststore.location";
const TRUST_STORE_PASSWORD: &str = "ssl.truststore.password";
const KEY_STORE: &str = "ssl.keystore.location";
const KEY_STORE_PASSWORD: &str = "ssl.keystore.password";
const KEY_PASSWORD: &str = "ssl.key.password";

/// Settings of PEM: in a file, and as the text itself.
const AUTHORITIES: [&str; 2] = ["ssl.ca.location", "ssl.ca.pem"];
const CERTIFICATE: [&str; 2] = ["ssl.certificate.location", "ssl.certificate.pem"];
const KEY: [&str; 2] = ["ssl.key.location", "ssl.key.pem"];

/// A problem that is found, or words for one and the way out.
type Found<T> = Result<T, Box<Diagnostic>>;

/// Makes the settings usable, and reports those that are not.
pub(super) fn settle(layers: &mut Layers, lookups: Lookups, problems: &mut Vec<Diagnostic>) {
    // What one lacks may be what an earlier problem is about.
    let all_are_there = problems.is_empty();
    let mut report = |found: Found<()>| problems.extend(found.err().map(|one| *one));
    report(trust_store(layers, lookups));
    report(key_store(layers, lookups));
    report(authorities(layers, lookups));
    let certificates = certificate(layers, lookups);
    let key = key(layers, lookups);
    let pair = match (certificates, key) {
        (Ok(certificate), Ok(key)) if all_are_there => belong_together(certificate, key),
        (certificate, key) => {
            report(certificate.map(|_| ()));
            key.map(|_| ())
        }
    };
    report(pair);
}

/// Leaves out what is no setting of librdkafka, or has become another one.
pub(super) fn leave_stores_out(layers: &mut Layers) {
    for name in [TRUST_STORE, TRUST_STORE_PASSWORD] {
        layers.take(name);
    }
}

fn trust_store(layers: &mut Layers, lookups: Lookups) -> Found<()> {
    let password = layers.get(TRUST_STORE_PASSWORD).cloned();
    let Some(entry) = layers.take(TRUST_STORE) else {
        return Ok(());
    };
    let given = Given::new(TRUST_STORE, &entry);
    let bytes = given.read(lookups)?;
    if is_pem(&bytes) {
        layers.set(AUTHORITIES[0], given.path, entry.from.clone());
        return Ok(());
    }
    let found = store::trusted(&bytes, password.as_ref().map(text));
    let password = password.map(|entry| entry.from);
    let found = found.map_err(|why| {
        let store = Format::of(&bytes);
        given.unreadable(why, store, password.as_ref(), IN_TRUST_STORE)
    })?;
    let pem = joined(&found).ok_or_else(|| given.damaged())?;
    layers.set(AUTHORITIES[1], &pem, entry.from.clone());
    Ok(())
}

fn key_store(layers: &mut Layers, lookups: Lookups) -> Found<()> {
    let Some(entry) = layers.take(KEY_STORE) else {
        return Ok(());
    };
    let given = Given::new(KEY_STORE, &entry);
    let password = layers.take(KEY_STORE_PASSWORD);
    let bytes = given.read(lookups)?;
    if is_pem(&bytes) {
        // Java keeps key and certificates in one; librdkafka picks its part.
        layers.set(CERTIFICATE[0], given.path, entry.from.clone());
        layers.set(KEY[0], given.path, entry.from.clone());
        return Ok(());
    }
    let key_password = layers.get(KEY_PASSWORD).cloned();
    let found = store::identity(
        &bytes,
        password.as_ref().map(text),
        key_password.as_ref().map(text),
    );
    let opened = match found {
        Err(Unreadable::KeyPasswordWrong) => key_password.or(password),
        _ => password,
    };
    let opened = opened.map(|entry| entry.from);
    let found = found.map_err(|why| {
        let store = Format::of(&bytes);
        given.unreadable(why, store, opened.as_ref(), IN_KEY_STORE)
    })?;
    if found.keys.is_some_and(|keys| keys > 1) {
        tracing::info!(
            "{given}: {} has several keys, the first is used",
            given.path
        );
    }
    let key = found.key.private_key_to_pem_pkcs8().ok();
    let key = key.and_then(|pem| String::from_utf8(pem).ok());
    let key = SecretString::from(key.ok_or_else(|| given.damaged())?);
    let chain = joined(&found.chain).ok_or_else(|| given.damaged())?;
    // The key is in clear now.
    layers.take(KEY_PASSWORD);
    layers.set(CERTIFICATE[1], &chain, entry.from.clone());
    layers.set(KEY[1], key.expose_secret(), entry.from.clone());
    Ok(())
}

fn authorities(layers: &mut Layers, lookups: Lookups) -> Found<()> {
    let location = layers.text(AUTHORITIES[0]).unwrap_or_default().trim();
    // librdkafka's word for the system's bundle.
    if ["", "probe"].contains(&location) && !layers.has(AUTHORITIES[1]) {
        return Ok(());
    }
    let found = pem(layers, lookups, AUTHORITIES)?;
    found.map_or(Ok(()), |found| found.certificates().map(|_| ()))
}

fn certificate(layers: &mut Layers, lookups: Lookups) -> Found<Option<(Pem, X509)>> {
    let Some(found) = pem(layers, lookups, CERTIFICATE)? else {
        return Ok(None);
    };
    let first = found.certificates()?.into_iter().next();
    Ok(first.map(|first| (found, first)))
}

fn key(layers: &mut Layers, lookups: Lookups) -> Found<Option<(Pem, PKey<Private>)>> {
    let password = layers.get(KEY_PASSWORD).cloned();
    let Some(found) = pem(layers, lookups, KEY)? else {
        return Ok(None);
    };
    let key = found.key(password.as_ref())?;
    Ok(Some((found, key)))
}

fn belong_together(
    certificate: Option<(Pem, X509)>,
    key: Option<(Pem, PKey<Private>)>,
) -> Found<()> {
    let (at, words, help) = match (certificate, key) {
        (Some((_, certificate)), Some((at, key))) => {
            let public = certificate.public_key();
            if public.is_ok_and(|public| public.public_eq(&key)) {
                return Ok(());
            }
            (
                at,
                "the key does not belong to the certificate",
                "give the key that the certificate was made for, and its certificate first",
            )
        }
        (Some((at, _)), None) => (
            at,
            "a client certificate without its private key",
            "set ssl.key.location (-X), or ssl.keystore.key beside it in --command-config",
        ),
        (None, Some((at, _))) => (
            at,
            "a private key without its certificate",
            "set ssl.certificate.location (-X), or ssl.keystore.certificate.chain beside it in \
             --command-config",
        ),
        (None, None) => return Ok(()),
    };
    Err(at.given().problem(words, help))
}

/// PEM that a setting names or is.
struct Pem {
    name: &'static str,
    entry: Entry,
    text: SecretString,
}

/// The PEM of the first of two settings that is set: the text itself, which gets its line breaks
/// back, or a file. It is librdkafka's as a text, since not every file can be read twice.
fn pem(
    layers: &mut Layers,
    lookups: Lookups,
    [location, inline]: [&'static str; 2],
) -> Found<Option<Pem>> {
    let (name, entry, text) = if let Some(entry) = layers.get(inline).cloned() {
        let Some(rewrapped) = pem::rewrap(text(&entry)) else {
            let words = "this is not PEM text: no -----BEGIN … and -----END … around it";
            let help = format!(
                "a file belongs into {location}, or ssl.keystore.location and \
                 ssl.truststore.location of Java"
            );
            return Err(Given::new(inline, &entry).problem(words, help));
        };
        (inline, entry, rewrapped)
    } else if let Some(entry) = layers.get(location).cloned() {
        let given = Given::new(location, &entry);
        let bytes = match given.open(lookups) {
            // librdkafka takes the certificates of authorities as files of a directory too.
            Err(error) if is_directory(&error) && location == AUTHORITIES[0] => return Ok(None),
            found => found.map_err(|error| given.unopened(&error))?,
        };
        if !is_pem(&bytes) {
            return Err(given.no_pem(Format::of(&bytes)));
        }
        layers.take(location);
        (location, entry, lossy(&bytes))
    } else {
        return Ok(None);
    };
    layers.set(inline, &text, entry.from.clone());
    Ok(Some(Pem {
        name,
        entry,
        text: text.into(),
    }))
}

impl Pem {
    fn given(&self) -> Given<'_> {
        Given::new(self.name, &self.entry)
    }

    fn certificates(&self) -> Found<Vec<X509>> {
        let text = self.text.expose_secret();
        if !pem::labels(text).any(pem::is_of_certificate) {
            return Err(self.lacks("a certificate"));
        }
        match X509::stack_from_pem(text.as_bytes()) {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => Err(self.given().damaged()),
        }
    }

    fn key(&self, password: Option<&Entry>) -> Found<PKey<Private>> {
        let found = self.text.expose_secret();
        if !pem::labels(found).any(pem::is_of_key) {
            return Err(self.lacks("a private key"));
        }
        let is_encrypted = found.contains("ENCRYPTED");
        // Without a password OpenSSL would ask the terminal for one.
        let with = password.map(text).unwrap_or_default().as_bytes();
        let key = PKey::private_key_from_pem_passphrase(found.as_bytes(), with);
        key.map_err(|_| match password {
            None if is_encrypted => self.given().problem(
                format!(
                    "the private key{} is encrypted, and no password is given",
                    self.given().of()
                ),
                "set ssl.key.password",
            ),
            Some(password) if is_encrypted => Given::new(KEY_PASSWORD, password).problem(
                format!("this does not open the private key{}", self.given().of()),
                "if it is the right one, the key may be encrypted in a way that is no longer \
                 offered: openssl pkcs8 -topk8 -v2 aes256 -in OLD -out NEW makes a new file of it",
            ),
            _ => self.given().damaged(),
        })
    }

    fn lacks(&self, wanted: &str) -> Box<Diagnostic> {
        let holds = match pem::holds(self.text.expose_secret()) {
            "neither" => "something else".to_owned(),
            what => what.to_owned(),
        };
        let given = self.given();
        let place = match given.is_text() {
            true => "this",
            false => given.path,
        };
        let help = format!(
            "give {wanted}, which begins with -----BEGIN {}",
            match wanted {
                "a certificate" => "CERTIFICATE-----",
                _ => "PRIVATE KEY----- (or RSA, EC or ENCRYPTED before these words)",
            }
        );
        self.given().problem(
            format!("{place} holds {holds}, and {wanted} is wanted"),
            help,
        )
    }
}

fn text(entry: &Entry) -> &str {
    entry.value.expose_secret()
}

/// Comments around certificates may be in any encoding.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn is_directory(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::IsADirectory
}

fn is_pem(bytes: &[u8]) -> bool {
    Format::of(bytes) == Format::Pem
}

/// Certificates as one text in PEM.
fn joined(certificates: &[X509]) -> Option<String> {
    let all = certificates.iter().map(|one| one.to_pem().ok());
    let all: Vec<u8> = all.collect::<Option<Vec<_>>>()?.concat();
    String::from_utf8(all).ok()
}
