//! An identity provider for SASL/OAUTHBEARER on loopback: a token endpoint for client credentials
//! (RFC 6749, section 4.4) and the keys by which brokers verify its tokens (JWKS, RFC 7517).
//!
//! It signs with RS256 and a key that is made when it starts, and can be told to answer badly. Over
//! HTTP it speaks just enough for one request a connection. It is for tests: nothing here is safe
//! where anybody else can reach it.

use std::{
    collections::BTreeMap,
    io::{self, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use openssl::{
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Rsa,
    sign::Signer,
    ssl::{SslAcceptor, SslMethod},
};
use serde_json::{Value, json};

use crate::certificates::{Certificate, Request as CertificateRequest};

/// The client that gets tokens.
pub const CLIENT_ID: &str = "topicctl-ci";
/// The secret of [`CLIENT_ID`].
pub const CLIENT_SECRET: &str = "s3cret+of/the=client";
/// Whom its tokens are for, as its brokers expect.
pub const AUDIENCE: &str = "kafka";

const KEY_ID: &str = "key-1";

/// What the token endpoint does.
#[derive(Clone, Debug)]
pub enum Behavior {
    /// Gives [`CLIENT_ID`] a token that lasts so many seconds, and refuses all others.
    Grant { lifetime: i64 },
    /// Takes the request and says nothing.
    Silent,
    /// Answers with this status and body.
    Answer(u16, String),
}

struct State {
    behavior: Behavior,
    /// The forms that were sent to the token endpoint.
    forms: Vec<BTreeMap<String, String>>,
}

struct Shared {
    state: Mutex<State>,
    asked: Condvar,
    key: PKey<Private>,
    issuer: String,
}

/// A running identity provider, as long as its process.
pub struct IdentityProvider {
    http: SocketAddr,
    https: SocketAddr,
    shared: Arc<Shared>,
    certificate: Certificate,
}

impl IdentityProvider {
    /// Starts one, over HTTP, and over HTTPS with a certificate of its own for 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no port can be bound or no key can be made.
    pub fn start() -> Result<Self> {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("failed to listen");
        let (http, https) = (listen()?, listen()?);
        let key = PKey::from_rsa(Rsa::generate(2048)?)?;
        let certificate = Certificate::self_signed(&CertificateRequest::loopback())?;
        let acceptor = acceptor(&certificate)?;
        let provider = Self {
            http: http.local_addr()?,
            https: https.local_addr()?,
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    behavior: Behavior::Grant { lifetime: 3600 },
                    forms: vec![],
                }),
                asked: Condvar::new(),
                key,
                issuer: format!("http://{}/realms/test", http.local_addr()?),
            }),
            certificate,
        };
        for (listener, acceptor) in [(http, None), (https, Some(acceptor))] {
            let shared = Arc::clone(&provider.shared);
            thread::Builder::new()
                .name("identity-provider".to_owned())
                .spawn(move || accept(&listener, acceptor.as_ref(), &shared))?;
        }
        Ok(provider)
    }

    /// Where tokens are to be had.
    #[must_use]
    pub fn token_endpoint(&self) -> String {
        format!("http://{}/token", self.http)
    }

    /// The same over HTTPS.
    #[must_use]
    pub fn tls_token_endpoint(&self) -> String {
        format!("https://{}/token", self.https)
    }

    /// Where its keys are read.
    #[must_use]
    pub fn jwks_endpoint(&self) -> String {
        format!("http://{}/jwks", self.http)
    }

    /// Who it says that it is.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// The certificate of its HTTPS as PEM.
    ///
    /// # Errors
    ///
    /// When OpenSSL cannot write it.
    pub fn certificate(&self) -> Result<Vec<u8>> {
        self.certificate.pem()
    }

    /// From now on its token endpoint behaves so.
    pub fn behave(&self, behavior: Behavior) {
        self.shared.lock().behavior = behavior;
    }

    /// The forms that were sent to the token endpoint so far.
    #[must_use]
    pub fn forms(&self) -> Vec<BTreeMap<String, String>> {
        self.shared.lock().forms.clone()
    }

    /// Waits until the token endpoint was asked this many times in all, or `patience` is over;
    /// returns how many times it was.
    #[must_use]
    pub fn wait_for_forms(&self, count: usize, patience: Duration) -> usize {
        let waited = self
            .shared
            .asked
            .wait_timeout_while(self.shared.lock(), patience, |state| {
                state.forms.len() < count
            });
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.forms.len()
    }

    /// A token without asking for it: whom it names, whom it is for, and how many seconds it lasts.
    ///
    /// # Errors
    ///
    /// When it cannot be signed.
    pub fn token(&self, subject: &str, audience: &str, lifetime: i64) -> Result<String> {
        self.shared.token(subject, audience, lifetime)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(&self, subject: &str, audience: &str, lifetime: i64) -> Result<String> {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID }));
        let claims = part(&json!({
            "iss": self.issuer, "sub": subject, "aud": audience, "scope": "kafka",
            "iat": now.min(now + lifetime) - 1, "exp": now + lifetime,
        }));
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
        signer.update(format!("{header}.{claims}").as_bytes())?;
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signer.sign_to_vec()?);
        Ok(format!("{header}.{claims}.{signature}"))
    }

    fn keys(&self) -> Result<Value> {
        let rsa = self.key.rsa()?;
        let number = |n: &openssl::bn::BigNumRef| BASE64_URL_SAFE_NO_PAD.encode(n.to_vec());
        Ok(json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID,
            "n": number(rsa.n()), "e": number(rsa.e()),
        }]}))
    }

    /// The status and the body for a request; `None` for silence.
    fn answer(&self, request: &Request) -> Result<Option<(u16, String)>> {
        if request.path == "/jwks" {
            return Ok(Some((200, self.keys()?.to_string())));
        }
        let mut state = self.lock();
        state.forms.push(form(&request.body));
        let behavior = state.behavior.clone();
        drop(state);
        self.asked.notify_all();
        let expected = BASE64_STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
        let is_known = request.authorization == format!("Basic {expected}");
        let lifetime = match behavior {
            Behavior::Silent => return Ok(None),
            Behavior::Answer(status, body) => return Ok(Some((status, body))),
            Behavior::Grant { .. } if !is_known => {
                let refusal = json!({
                    "error": "invalid_client",
                    "error_description": "Invalid client credentials",
                });
                return Ok(Some((401, refusal.to_string())));
            }
            Behavior::Grant { lifetime } => lifetime,
        };
        let answer = json!({
            "access_token": self.token(CLIENT_ID, AUDIENCE, lifetime)?,
            "token_type": "Bearer", "expires_in": lifetime,
        });
        Ok(Some((200, answer.to_string())))
    }
}

fn acceptor(certificate: &Certificate) -> Result<SslAcceptor> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
    builder.set_certificate(certificate.x509())?;
    builder.set_private_key(certificate.key())?;
    Ok(builder.build())
}

fn accept(listener: &TcpListener, acceptor: Option<&SslAcceptor>, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        let (acceptor, shared) = (acceptor.cloned(), Arc::clone(shared));
        thread::spawn(move || {
            // A client that goes away in the middle is none of its business.
            let _ = match acceptor {
                Some(acceptor) => acceptor
                    .accept(stream)
                    .map_err(anyhow::Error::from)
                    .and_then(|stream| serve(stream, &shared)),
                None => serve::<TcpStream>(stream, &shared),
            };
        });
    }
}

struct Request {
    path: String,
    authorization: String,
    body: String,
}

fn serve<S: Read + Write>(stream: S, shared: &Shared) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read_request(&mut stream)?;
    match shared.answer(&request)? {
        Some((status, body)) => {
            let head = format!(
                "HTTP/1.1 {status} status\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let stream = stream.get_mut();
            stream.write_all(head.as_bytes())?;
            stream.write_all(body.as_bytes())?;
            stream.flush()?;
        }
        // Until the other side gives up.
        None => drop(stream.read(&mut [0])),
    }
    Ok(())
}

fn read_request(stream: &mut impl io::BufRead) -> Result<Request> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let path = line.split(' ').nth(1).context("no request")?.to_owned();
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => value.clone_into(&mut authorization),
            "content-length" => length = value.parse()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Request {
        path,
        authorization,
        body: String::from_utf8(body)?,
    })
}

/// Names and values of a form, which are not decoded.
fn form(body: &str) -> BTreeMap<String, String> {
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
