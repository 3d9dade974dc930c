//! The Java client's trust and key stores.
//!
//! PEM in a file or in the property itself, and PKCS#12 for the key, are what librdkafka takes.
//! Other stores are an error with the command that converts them.

use crate::cluster::kafka::settings::layers::{Layers, SetBy};
use crate::cluster::kafka::settings::problem;
use crate::diagnostic::Diagnostic;

#[derive(Default)]
pub(super) struct Stores {
    truststore: Store,
    keystore: Store,
}

#[derive(Default)]
struct Store {
    kind: Option<String>,
    location: Option<(String, SetBy)>,
    /// `ssl.truststore.certificates`, `ssl.keystore.certificate.chain`.
    certificates: Option<(String, SetBy)>,
    key: Option<(String, SetBy)>,
    password: Option<(String, SetBy)>,
}

impl Stores {
    /// Keeps a store's property; `false` for any other.
    pub(super) fn take(&mut self, key: &str, value: &str, from: &SetBy) -> bool {
        let given =
            || Some((value.to_owned(), from.clone())).filter(|(value, _)| !value.is_empty());
        match key {
            "ssl.truststore.type" => self.truststore.kind = Some(value.trim().to_uppercase()),
            "ssl.truststore.location" => self.truststore.location = given(),
            "ssl.truststore.certificates" => self.truststore.certificates = given(),
            "ssl.truststore.password" => self.truststore.password = given(),
            "ssl.keystore.type" => self.keystore.kind = Some(value.trim().to_uppercase()),
            "ssl.keystore.location" => self.keystore.location = given(),
            "ssl.keystore.certificate.chain" => self.keystore.certificates = given(),
            "ssl.keystore.key" => self.keystore.key = given(),
            "ssl.keystore.password" => self.keystore.password = given(),
            _ => return false,
        }
        true
    }

    /// Makes settings of them. A password of a PEM trust store has no use and is left.
    pub(super) fn settle(self, layers: &mut Layers, problems: &mut Vec<Diagnostic>) {
        let Self {
            truststore,
            keystore,
        } = self;
        if let Some((text, from)) = truststore.certificates {
            set_pem("ssl.ca.pem", &text, from, layers, problems);
        } else if let Some((path, from)) = truststore.location {
            match kind(truststore.kind.as_deref(), &path) {
                "PEM" => layers.set("ssl.ca.location", path.trim(), from),
                other => problems.push(convert_truststore(other, &path, &from)),
            }
        }
        if let Some((text, from)) = keystore.certificates {
            set_pem("ssl.certificate.pem", &text, from, layers, problems);
        }
        if let Some((text, from)) = keystore.key {
            set_pem("ssl.key.pem", &text, from, layers, problems);
        } else if let Some((path, from)) = keystore.location {
            match kind(keystore.kind.as_deref(), &path) {
                "PEM" => {
                    // Java keeps key and certificates in one file; librdkafka picks its part.
                    layers.set("ssl.certificate.location", path.trim(), from.clone());
                    layers.set("ssl.key.location", path.trim(), from);
                }
                "PKCS12" => {
                    layers.set("ssl.keystore.location", path.trim(), from);
                    if let Some((password, from)) = keystore.password {
                        layers.set("ssl.keystore.password", &password, from);
                    }
                }
                other => problems.push(convert_keystore(other, &path, &from)),
            }
        }
    }
}

/// The kind as stated, else as the name says, else Java's own.
fn kind<'a>(stated: Option<&'a str>, path: &str) -> &'a str {
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.trim().ends_with(ending));
    match stated.filter(|kind| !kind.is_empty()) {
        Some(kind) => kind,
        None if ends(&[".pem", ".crt", ".cer"]) => "PEM",
        None if ends(&[".p12", ".pfx"]) => "PKCS12",
        None => "JKS",
    }
}

fn convert_truststore(kind: &str, path: &str, from: &SetBy) -> Diagnostic {
    let found = problem(format!(
        "a trust store of type {kind} cannot be read, only PEM can"
    ));
    from.locate(found).help(format!(
        "convert it: keytool -list -rfc -keystore {path} > ca.pem; then set \
         ssl.truststore.type=PEM and ssl.truststore.location=ca.pem"
    ))
}

fn convert_keystore(kind: &str, path: &str, from: &SetBy) -> Diagnostic {
    let found = problem(format!(
        "a key store of type {kind} cannot be read, only PEM and PKCS12 can"
    ));
    from.locate(found).help(format!(
        "convert it: keytool -importkeystore -srckeystore {path} -destkeystore client.p12 \
         -deststoretype PKCS12; then set ssl.keystore.type=PKCS12 and \
         ssl.keystore.location=client.p12"
    ))
}

fn set_pem(
    name: &str,
    text: &str,
    from: SetBy,
    layers: &mut Layers,
    problems: &mut Vec<Diagnostic>,
) {
    match rewrap(text) {
        Some(pem) => layers.set(name, &pem, from),
        None => {
            let found = problem("this is not PEM text: no -----BEGIN … and -----END … around it");
            problems.push(from.locate(found));
        }
    }
}

/// PEM with the line breaks that OpenSSL insists on and a continued property line loses.
fn rewrap(text: &str) -> Option<String> {
    const WIDTH: usize = 64;
    let mut pem = String::new();
    let mut rest = text;
    while let Some((_, block)) = rest.split_once("-----BEGIN ") {
        let (label, block) = block.split_once("-----")?;
        let end = format!("-----END {label}-----");
        let (body, after) = block.split_once(end.as_str())?;
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        if !body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
        {
            return None;
        }
        pem.push_str(&format!("-----BEGIN {label}-----\n"));
        for line in body.as_bytes().chunks(WIDTH) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str(&end);
        pem.push('\n');
        rest = after;
    }
    (!pem.is_empty()).then_some(pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_gets_its_line_breaks_back() {
        let body = "A".repeat(70);
        let one_line = format!("-----BEGIN CERTIFICATE-----{body}-----END CERTIFICATE-----");
        let wrapped = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n{}\n-----END CERTIFICATE-----\n",
            &body[..64],
            &body[64..]
        );
        assert_eq!(rewrap(&one_line).as_deref(), Some(wrapped.as_str()));
        assert_eq!(rewrap(&wrapped).as_deref(), Some(wrapped.as_str()));
        assert_eq!(
            rewrap(&format!("{wrapped} {one_line}")),
            Some(wrapped.repeat(2))
        );
        assert_eq!(rewrap("/etc/ssl/ca.pem"), None);
        assert_eq!(rewrap("-----BEGIN X-----abc"), None);
    }
}
