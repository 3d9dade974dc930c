//! A handshake of TLS that is gone through with whatever is wrong, to see all that a broker shows.
//!
//! Credentials are never sent over such a connection: what is asked of it next needs none. Takes the
//! certificates and the key that the settings hold, as librdkafka gets them.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use librdkafka_admin::CertificateError;
use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    self, ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslStream, SslVerifyMode,
};
use openssl::x509::{X509, X509Ref};

use super::tap::Tap;
use crate::cluster::kafka::certificate::{
    RefusedCertificate, SECONDS_A_DAY, day, is_handshake_failure, names, refusal_of_ours,
    seconds_between, shown, wanted,
};
use crate::cluster::kafka::connection_info::Security;
use crate::cluster::kafka::foreign::who_begins;
use crate::cluster::kafka::settings::Settings;
use crate::doctor::Subject;
use crate::doctor::address::{Break, Handshake};
use crate::doctor::certificate::{Certificate, Objection};

/// What connections are made with.
pub(super) struct Tls {
    security: Security,
    /// Or why OpenSSL does not take the settings.
    context: Result<SslContext, String>,
}

/// A certificate that OpenSSL does not accept, and why.
type Refused = Arc<Mutex<Vec<CertificateError>>>;

impl Tls {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            security: settings.info().security.clone(),
            context: context(settings).map_err(|error| reason(&error)),
        }
    }

    pub(super) fn shake_hands(
        &self,
        tap: Tap,
        host: &str,
        subject: &Subject,
    ) -> Result<(Handshake, SslStream<Tap>), Break> {
        let address = subject.address().unwrap_or(host);
        let context = self.context.as_ref();
        let context = context.map_err(|reason| Break::Other(reason.clone()))?;
        let refused = Refused::default();
        let ssl = prepared(context, host, address, &refused);
        let ssl = ssl.map_err(|error| Break::Other(reason(&error)))?;
        let stream = SslStream::new(ssl, tap);
        let mut stream = stream.map_err(|error| Break::Other(reason(&error)))?;
        let shaken = stream.connect();
        shaken.map_err(|error| self.broken(&error, stream.get_ref(), address))?;
        let refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
        let objections = causes(&refused).into_iter().map(|one| {
            let advertised = subject.broker().is_some();
            let (words, help) = one.words(address, advertised, &self.security);
            Objection {
                words,
                help,
                is_of_name: one.is_of_name(),
            }
        });
        Ok((seen(&stream, objections.collect()), stream))
    }

    /// Why a conversation over TLS ended: a certificate of ours that is not taken is told with the
    /// first answer over TLS 1.3.
    pub(super) fn ended(&self, error: &io::Error, tap: &Tap, subject: &Subject) -> Break {
        let address = subject.address().unwrap_or_default();
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        match inner {
            Some(error) => self.broken(error, tap, address),
            None => super::broken(error, tap.limit()),
        }
    }

    /// Why TLS ended.
    fn broken(&self, error: &ssl::Error, tap: &Tap, address: &str) -> Break {
        if matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE) {
            return Break::Silent(tap.limit());
        }
        if let Some(error) = error.io_error() {
            return super::broken(error, tap.limit());
        }
        let Some(stack) = error.ssl_error() else {
            return Break::Closed;
        };
        // The number of an alert stands in these words only.
        let words = stack.to_string();
        let was_asked = || tap.sent_certificate() && is_handshake_failure(&words);
        if refusal_of_ours(&words).is_some() || was_asked() {
            let (words, help) = wanted(address, &words, &self.security);
            return Break::ClientCertificate { words, help };
        }
        let reason = reason(stack);
        match tap.first_read().first_chunk().copied().and_then(who_begins) {
            Some(who) => Break::Foreign(who),
            None if reason.contains("unexpected eof") => Break::Closed,
            None => Break::Other(reason),
        }
    }
}

fn context(settings: &Settings) -> Result<SslContext, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    trust(&mut builder, settings)?;
    let certificate = settings.text("ssl.certificate.pem");
    if let (Some(certificate), Some(key)) = (certificate, settings.text("ssl.key.pem")) {
        let mut chain = X509::stack_from_pem(certificate.as_bytes())?.into_iter();
        if let Some(own) = chain.next() {
            builder.set_certificate(&own)?;
        }
        for other in chain {
            builder.add_extra_chain_cert(other)?;
        }
        let password = settings.text("ssl.key.password").unwrap_or_default();
        let key = PKey::private_key_from_pem_passphrase(key.as_bytes(), password.as_bytes())?;
        builder.set_private_key(&key)?;
    }
    Ok(builder.build())
}

fn trust(builder: &mut SslContextBuilder, settings: &Settings) -> Result<(), ErrorStack> {
    if let Some(pem) = settings.text("ssl.ca.pem") {
        for authority in X509::stack_from_pem(pem.as_bytes())? {
            builder.cert_store_mut().add_cert(authority)?;
        }
        return Ok(());
    }
    match settings.text("ssl.ca.location").unwrap_or_default().trim() {
        "" | "probe" => {
            let found = openssl_probe::probe();
            let (file, directories) = (found.cert_file, found.cert_dir);
            let directory = directories.first();
            match (&file, directory) {
                (None, None) => builder.set_default_verify_paths(),
                _ => builder.load_verify_locations(file.as_deref(), directory.map(|one| &**one)),
            }
        }
        // All but a directory has become text.
        directory => builder.load_verify_locations(None, Some(Path::new(directory))),
    }
}

/// Made ready to go on whatever is wrong with a certificate, which is noted.
fn prepared(
    context: &SslContext,
    host: &str,
    address: &str,
    refused: &Refused,
) -> Result<Ssl, ErrorStack> {
    let mut ssl = Ssl::new(context)?;
    match host.parse::<IpAddr>() {
        Ok(address) => ssl.param_mut().set_ip(address)?,
        Err(_) => {
            ssl.param_mut().set_host(host)?;
            ssl.set_hostname(host)?;
        }
    }
    let (broker, refused) = (address.to_owned(), Arc::clone(refused));
    ssl.set_verify_callback(SslVerifyMode::PEER, move |is_good, store| {
        if !is_good {
            let certificate = store.current_cert().and_then(|one| one.to_der().ok());
            let mut refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.push(CertificateError {
                broker: broker.clone(),
                broker_id: None,
                code: store.error().as_raw(),
                reason: store.error().error_string().to_owned(),
                depth: store.error_depth(),
                der: certificate.unwrap_or_default(),
            });
        }
        true
    });
    Ok(ssl)
}

fn seen(stream: &SslStream<Tap>, objections: Vec<Objection>) -> Handshake {
    let ssl = stream.ssl();
    let chain = ssl.peer_cert_chain();
    let chain = chain.map(|chain| chain.iter().map(certificate).collect());
    let cipher = ssl.current_cipher();
    Handshake {
        version: ssl.version_str().to_owned(),
        cipher: cipher.map_or(String::new(), |cipher| cipher.name().to_owned()),
        chain: chain.unwrap_or_default(),
        objections,
        asks_for_certificate: stream.get_ref().sent_certificate(),
    }
}

/// Each once, and none that only follows from another one: a chain that leads to nobody who is
/// trusted is told of more than once.
fn causes(refused: &[CertificateError]) -> Vec<RefusedCertificate> {
    let mut causes: Vec<RefusedCertificate> = Vec::new();
    for one in refused.iter().map(RefusedCertificate::new) {
        let follows = one.is_of_chain() && causes.iter().any(RefusedCertificate::is_of_chain);
        if !follows && !causes.contains(&one) {
            causes.push(one);
        }
    }
    causes
}

fn certificate(found: &X509Ref) -> Certificate {
    let days_left = Asn1Time::days_from_now(0).ok();
    let days_left = days_left.and_then(|now| seconds_between(&now, found.not_after()));
    Certificate {
        subject: shown(found.subject_name()),
        issuer: shown(found.issuer_name()),
        names: names(found),
        valid_from: day(found.not_before()),
        valid_to: day(found.not_after()),
        days_left: days_left.unwrap_or_default().div_euclid(SECONDS_A_DAY),
    }
}

fn reason(error: &ErrorStack) -> String {
    let reason = error.errors().first().and_then(|error| error.reason());
    reason.map_or_else(|| error.to_string(), str::to_owned)
}
