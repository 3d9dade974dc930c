//! The files that a TLS listener and its clients need: PEM, which brokers take since Kafka 2.7.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    Options,
    certificates::{Authority, Request},
};

/// Where the files are.
pub(crate) struct Files {
    /// The broker's key and certificate.
    pub(crate) keystore: PathBuf,
    /// Whom clients trust.
    pub(crate) ca_file: PathBuf,
    /// Whom the broker trusts, which then wants a certificate of each client.
    pub(crate) client_authority: Option<PathBuf>,
}

/// Writes them into a directory: what was asked for, else with an authority made for it.
pub(crate) fn write(options: &Options, directory: &Path) -> Result<Files> {
    let certificate = match &options.certificate {
        Some(certificate) => certificate.clone(),
        None => Authority::new("local-kafka")?.issue(&Request::loopback())?,
    };
    let file = |name: &str, text: &[u8]| {
        let path = directory.join(name);
        fs::write(&path, text).with_context(|| format!("failed to write {name}"))?;
        anyhow::Ok(path)
    };
    let authority = options.client_authority.as_ref();
    Ok(Files {
        keystore: file(
            "server.pem",
            &[certificate.key_pem()?, certificate.pem()?].concat(),
        )?,
        ca_file: file("ca.pem", &certificate.root_pem()?)?,
        client_authority: authority
            .map(|authority| file("clients.pem", &authority.pem()?))
            .transpose()?,
    })
}
