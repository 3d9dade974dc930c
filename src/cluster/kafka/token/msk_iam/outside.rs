//! What the library that fetches Amazon's credentials needs of the world: variables, files, HTTP.
//!
//! The library keeps few words of what went wrong on the way, so that [`Asked`] remembers them.
//! Nothing that is sent or received is shown.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use reqsign_core::{Context, Error, FileRead, HttpSend, Result, StaticEnv};
use ureq::http::{Request, Response, StatusCode, Uri};
use ureq::tls::RootCerts;

use super::super::TokenError;
use super::super::http::{self, LONGEST_ANSWER, Peer};

/// Another address of AWS STS, as Amazon's own tools read it.
const STS_ENDPOINT: [&str; 2] = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"];

/// The variables that credentials are read with, at one moment.
#[derive(Clone, Default)]
pub(super) struct Outside {
    variables: HashMap<String, String>,
}

impl Outside {
    /// Of this process. What is not Unicode is no variable of Amazon's.
    pub(super) fn of_process() -> Self {
        let all = std::env::vars_os();
        let text = all.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self {
            variables: text.collect(),
        }
    }

    #[cfg(test)]
    pub(super) fn of(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter();
        let owned = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            variables: owned.collect(),
        }
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let value = self.variables.get(name);
        value.filter(|value| !value.trim().is_empty()).cloned()
    }

    /// Prepares to ask `whom`.
    pub(super) fn ask(&self, whom: impl Into<String>, timeout: Duration) -> Asked {
        let mut sts = STS_ENDPOINT.iter();
        Asked(Arc::new(Inner {
            whom: whom.into(),
            timeout,
            sts: sts.find_map(|name| self.variable(name)),
            met: Mutex::default(),
            env: StaticEnv {
                home_dir: self.variable("HOME").map(PathBuf::from),
                envs: self.variables.clone(),
            },
        }))
    }
}

/// One that is asked for credentials, and what was met.
#[derive(Clone)]
pub(super) struct Asked(Arc<Inner>);

struct Inner {
    whom: String,
    timeout: Duration,
    sts: Option<String>,
    met: Mutex<Met>,
    env: StaticEnv,
}

#[derive(Clone, Default)]
pub(super) struct Met {
    /// Why there was no answer.
    pub(super) failure: Option<TokenError>,
    /// The status of the last answer.
    pub(super) status: Option<StatusCode>,
}

impl Asked {
    pub(super) fn context(&self) -> Context {
        Context::new()
            .with_env(self.0.env.clone())
            .with_file_read(Files)
            .with_http_send(self.clone())
    }

    /// What the library makes of it. All that it waits for blocks.
    pub(super) fn wait<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let unready = || Err(Error::unexpected("the library waits for something else"));
        future.now_or_never().unwrap_or_else(unready)
    }

    pub(super) fn met(&self) -> Met {
        let met = self.0.met.lock();
        met.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn meet(&self, met: Met) {
        *self.0.met.lock().unwrap_or_else(PoisonError::into_inner) = met;
    }

    fn send(&self, request: Request<Bytes>) -> std::result::Result<Response<Bytes>, ureq::Error> {
        let (mut parts, body) = request.into_parts();
        parts.uri = self.address(parts.uri);
        let mut config = http::config(self.0.timeout, RootCerts::PlatformVerifier);
        if parts.uri.scheme_str() == Some("http") {
            // Metadata of this machine, which no proxy knows.
            config = config.proxy(None);
        }
        let agent = config.build().new_agent();
        let mut response = match body.is_empty() {
            true => agent.run(Request::from_parts(parts, ()))?,
            false => agent.run(Request::from_parts(parts, body.to_vec()))?,
        };
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER);
        let body = Bytes::from(body.read_to_vec()?);
        Ok(response.map(|_| body))
    }

    /// The name that is signed stays in the header `host`.
    fn address(&self, uri: Uri) -> Uri {
        let is_sts = uri.host().is_some_and(|host| host.starts_with("sts."));
        let Some(endpoint) = self.0.sts.as_ref().filter(|_| is_sts) else {
            return uri;
        };
        let query = uri.path_and_query().map_or("/", |query| query.as_str());
        let address = format!("{}{query}", endpoint.trim_end_matches('/'));
        address.parse().unwrap_or(uri)
    }
}

impl HttpSend for Asked {
    async fn http_send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        match self.send(request) {
            Ok(response) => {
                self.meet(Met {
                    failure: None,
                    status: Some(response.status()),
                });
                Ok(response)
            }
            Err(error) => {
                let peer = Peer {
                    name: &self.0.whom,
                    timeout: self.0.timeout,
                    trust: "have the system's bundle of certificates hold the CA that signs its \
                            certificate",
                };
                let failure = peer.no_answer(&error);
                // All other words may be of what was sent.
                let harmless = matches!(error, ureq::Error::Io(_) | ureq::Error::NativeTls(_));
                self.meet(Met {
                    failure: Some(TokenError {
                        detail: failure.detail.filter(|_| harmless),
                        ..failure
                    }),
                    status: None,
                });
                Err(Error::unexpected("no answer"))
            }
        }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Asked").field(&self.0.whom).finish()
    }
}

#[derive(Debug)]
struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        Ok(std::fs::read(Path::new(path))?)
    }
}
