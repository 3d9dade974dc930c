//! A token that a command prints: `gcloud auth print-access-token`, `az account get-access-token`,
//! anything. A shell runs it.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use super::shell::ShellCommand;
use super::{Token, TokenError};

#[derive(Clone, Debug)]
pub(in super::super) struct TokenCommand {
    /// It may hold a secret.
    pub(in super::super) command: SecretString,
    pub(in super::super) principal_claim: String,
    pub(in super::super) timeout: Duration,
}

impl TokenCommand {
    pub(super) fn token(&self) -> Result<Token, TokenError> {
        let command = ShellCommand {
            command: &self.command,
            name: self,
            prints: "the token, and nothing else",
            timeout: self.timeout,
        };
        let output = command.output()?;
        let output = String::from_utf8_lossy(&output);
        Token::read(&output, None, &self.principal_claim, self)
    }
}

impl fmt::Display for TokenCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token command")
    }
}
