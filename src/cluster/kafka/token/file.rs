//! A token in a file, as Kubernetes projects one for a service account, and as Java's client reads
//! it (KIP-768). Whoever writes the file renews it, so that it is read again each time.

use std::fmt;
use std::path::PathBuf;

use super::{Token, TokenError};
use crate::cluster::ClusterErrorKind;

#[derive(Clone, Debug)]
pub(in super::super) struct TokenFile {
    pub(in super::super) path: PathBuf,
    pub(in super::super) principal_claim: String,
}

impl TokenFile {
    pub(super) fn token(&self) -> Result<Token, TokenError> {
        let text = std::fs::read_to_string(&self.path).map_err(|error| TokenError {
            kind: ClusterErrorKind::Configuration,
            message: format!("{self} cannot be read"),
            detail: Some(error.to_string()),
            help: Some("check its path, and that it may be read".to_owned()),
        })?;
        Token::read(&text, None, &self.principal_claim, self)
    }
}

impl fmt::Display for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token file {}", self.path.display())
    }
}
