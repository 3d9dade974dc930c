//! A setting that names or is a certificate, a key or a store, and what is said of one that cannot be
//! used: which setting, where it is set, which file, why, and the way out. Secrets are in none of it.

use std::fmt;
use std::io;
use std::path::Path;

use super::{
    AUTHORITIES, CERTIFICATE, Found, KEY, KEY_STORE, KEY_STORE_PASSWORD, TRUST_STORE,
    TRUST_STORE_PASSWORD, text,
};
use crate::cluster::kafka::settings::layers::{Entry, SetBy};
use crate::cluster::kafka::settings::store::{Format, Unreadable};
use crate::cluster::kafka::settings::{Lookups, problem};
use crate::diagnostic::Diagnostic;

const BEGIN: &str = "-----BEGIN";

/// A setting with where it comes from.
pub(super) struct Given<'a> {
    pub(super) name: &'static str,
    /// Of a file; nothing where the value is the text itself or a password.
    pub(super) path: &'a str,
    from: &'a SetBy,
}

/// What belongs into a store.
pub(super) struct Belongs {
    kind: &'static str,
    password: &'static str,
    lack: &'static str,
    mend: &'static str,
    convert: fn(&str) -> String,
}

pub(super) const IN_TRUST_STORE: Belongs = Belongs {
    kind: "trust store",
    password: TRUST_STORE_PASSWORD,
    lack: "no trusted certificate",
    mend: "add the cluster's CA: keytool -importcert -alias ca -file ca.pem -keystore",
    convert: |path| {
        format!(
            "convert it: keytool -list -rfc -keystore {path} > ca.pem; then set \
             ssl.truststore.type=PEM and ssl.truststore.location=ca.pem"
        )
    },
};

pub(super) const IN_KEY_STORE: Belongs = Belongs {
    kind: "key store",
    password: KEY_STORE_PASSWORD,
    lack: "no private key with its certificate",
    mend: "a trust store belongs into ssl.truststore.location; see what this one has: keytool \
           -list -keystore",
    convert: |path| {
        format!(
            "convert it: keytool -importkeystore -srckeystore {path} -destkeystore client.p12 \
             -deststoretype PKCS12; then set ssl.keystore.location=client.p12"
        )
    },
};

impl<'a> Given<'a> {
    pub(super) fn new(name: &'static str, entry: &'a Entry) -> Self {
        let is_path = name.ends_with(".location");
        Self {
            name,
            path: if is_path { text(entry).trim() } else { "" },
            from: &entry.from,
        }
    }

    pub(super) fn is_text(&self) -> bool {
        self.path.is_empty()
    }

    /// The file, where there is one, behind what it holds.
    pub(super) fn of(&self) -> String {
        match self.is_text() {
            true => String::new(),
            false => format!(" in {}", self.path),
        }
    }

    pub(super) fn problem(
        &self,
        words: impl fmt::Display,
        help: impl Into<String>,
    ) -> Box<Diagnostic> {
        let found = problem(format!("{self}: {words}")).help(help);
        Box::new(self.from.locate(found))
    }

    pub(super) fn read(&self, lookups: Lookups) -> Found<Vec<u8>> {
        self.open(lookups).map_err(|error| self.unopened(&error))
    }

    pub(super) fn open(&self, lookups: Lookups) -> io::Result<Vec<u8>> {
        match self.path.contains(BEGIN) {
            // It is not shown as a path.
            true => Err(io::ErrorKind::InvalidFilename.into()),
            false => (lookups.file)(Path::new(self.path)),
        }
    }

    pub(super) fn unopened(&self, error: &io::Error) -> Box<Diagnostic> {
        if self.path.contains(BEGIN) {
            let inline = match self.name {
                TRUST_STORE => "ssl.truststore.certificates",
                KEY_STORE => "ssl.keystore.key and ssl.keystore.certificate.chain",
                name if name == KEY[0] => KEY[1],
                name if name == CERTIFICATE[0] => CERTIFICATE[1],
                _ => AUTHORITIES[1],
            };
            let help = format!("the text itself belongs into {inline}");
            return self.problem("this is PEM text, where a path belongs", help);
        }
        let path = self.path;
        let (words, help) = match error.kind() {
            io::ErrorKind::NotFound => (
                format!("there is no file {path}"),
                "write the path of a file that is there; in a container, as it is mounted",
            ),
            io::ErrorKind::PermissionDenied => (
                format!("{path} may not be read by the user that runs topicctl"),
                "give that user the right to read it",
            ),
            io::ErrorKind::IsADirectory => (
                format!("{path} is a directory"),
                "write the path of a file in it",
            ),
            _ => (
                format!("{path} cannot be read: {error}"),
                "write the path of a file",
            ),
        };
        self.problem(words, help)
    }

    pub(super) fn damaged(&self) -> Box<Diagnostic> {
        let what = match self.is_text() {
            true => "this text",
            false => self.path,
        };
        self.problem(
            format!("{what} is cut or damaged"),
            "take the file as it was made, or make it anew",
        )
    }

    pub(super) fn no_pem(&self, found: Format) -> Box<Diagnostic> {
        let path = self.path;
        let help = match found {
            Format::DerCertificate => {
                format!("convert it: openssl x509 -inform DER -in {path} -out certificate.pem")
            }
            Format::Pkcs12 | Format::Jks | Format::Jceks if self.name == AUTHORITIES[0] => {
                format!(
                    "convert it: keytool -list -rfc -keystore {path} > ca.pem; or set it as \
                         ssl.truststore.location in --command-config"
                )
            }
            Format::Pkcs12 | Format::Jks => {
                "a store with key and certificate belongs into ssl.keystore.location".to_owned()
            }
            _ => "give a file in PEM, which has a line with -----BEGIN in it".to_owned(),
        };
        self.problem(
            format!("{path} holds {}, and PEM is wanted", found.words()),
            help,
        )
    }

    pub(super) fn unreadable(
        &self,
        why: Unreadable,
        store: Format,
        password: Option<&SetBy>,
        belongs: Belongs,
    ) -> Box<Diagnostic> {
        let path = self.path;
        let what = store.words();
        let by = password.map(|from| from.naming(belongs.password));
        let by = by.unwrap_or_else(|| "no password".to_owned());
        let convert = || (belongs.convert)(path);
        match why {
            Unreadable::PasswordMissing => self.problem(
                format!("{path} is {what} with a password, and none is given"),
                format!("set {}", belongs.password),
            ),
            Unreadable::PasswordWrong => self.problem(
                format!("{by} is not the password of {path}, {what}"),
                format!("try it: keytool -list -keystore {path}"),
            ),
            Unreadable::KeyPasswordWrong => self.problem(
                format!("the key in {path}, {what}, has another password than {by}"),
                match store {
                    Format::Jks => "set ssl.key.password to the key's own password".to_owned(),
                    _ => convert(),
                },
            ),
            Unreadable::NoEntries | Unreadable::NoKey | Unreadable::NoCertificates => self.problem(
                format!("{path}, {what}, has {}", belongs.lack),
                format!("{} {path}", belongs.mend),
            ),
            Unreadable::Cipher => self.problem(
                format!("{path}, {what}, is encrypted in a way that OpenSSL does not offer here"),
                convert(),
            ),
            Unreadable::Damaged => self.damaged(),
            Unreadable::Foreign if store == Format::Empty => {
                self.problem(format!("{path} is empty"), "take the file as it was made")
            }
            Unreadable::Foreign => {
                let kind = belongs.kind;
                self.problem(
                    format!("{path} holds {what}, and a {kind} in PEM, PKCS12 or JKS is wanted"),
                    convert(),
                )
            }
        }
    }
}

impl fmt::Display for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.from.naming(self.name))
    }
}
