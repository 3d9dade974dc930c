//! Runs a command of the user's in a shell, and waits for so long and no longer. What it prints is
//! shown nowhere; what it says of its errors is.

use std::fmt;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::{ExposeSecret, SecretString};

use super::TokenError;
use crate::cluster::ClusterErrorKind;
use crate::cluster::kafka::connection_info::seconds;

/// More than any token has.
const LONGEST_OUTPUT: u64 = 1 << 20;

/// More than anybody reads of an error.
const LONGEST_ERROR: u64 = 1000;

pub(super) struct ShellCommand<'a> {
    /// For `sh -c`. It may hold a secret.
    pub(super) command: &'a SecretString,
    /// What it is in a sentence: `the token command`.
    pub(super) name: &'a dyn fmt::Display,
    /// What it must print: `the token, and nothing else`.
    pub(super) prints: &'a str,
    pub(super) timeout: Duration,
}

struct Ended {
    status: ExitStatus,
    output: Vec<u8>,
    errors: Vec<u8>,
}

impl ShellCommand<'_> {
    /// What it prints.
    pub(super) fn output(&self) -> Result<Vec<u8>, TokenError> {
        // A group of its own, so that what the shell has started ends with it.
        let child = Command::new("sh")
            .arg("-c")
            .arg(self.command.expose_secret())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let child = child
            .map_err(|error| self.unusable("cannot be run".into(), Some(error.to_string())))?;
        let group = Pid::from_child(&child);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(wait(child)));
        let Ok(ended) = receiver.recv_timeout(self.timeout) else {
            // It may have ended just now.
            let _ = kill_process_group(group, Signal::KILL);
            let words = format!("did not end within {}", seconds(self.timeout));
            return Err(TokenError {
                kind: ClusterErrorKind::Unreachable,
                ..self.unusable(words, None)
            });
        };
        let ended =
            ended.map_err(|error| self.unusable("failed".into(), Some(error.to_string())))?;
        if !ended.status.success() {
            let errors = String::from_utf8_lossy(&ended.errors).trim().to_owned();
            let detail = Some(errors).filter(|errors| !errors.is_empty());
            return Err(self.unusable(format!("failed ({})", ended.status), detail));
        }
        Ok(ended.output)
    }

    pub(super) fn unusable(&self, words: String, detail: Option<String>) -> TokenError {
        TokenError {
            kind: ClusterErrorKind::Configuration,
            message: format!("{} {words}", self.name),
            detail,
            help: Some(format!("run it in a shell: it must print {}", self.prints)),
        }
    }
}

fn wait(mut child: Child) -> io::Result<Ended> {
    let errors = child.stderr.take().expect("it is piped");
    let errors = thread::spawn(move || read(errors, LONGEST_ERROR));
    let output = read(child.stdout.take().expect("it is piped"), LONGEST_OUTPUT)?;
    let errors = errors.join().expect("reading does not panic")?;
    let status = child.wait()?;
    Ok(Ended {
        status,
        output,
        errors,
    })
}

/// The beginning of what a pipe gives. The rest is let pass, for who cannot write to a pipe dies.
fn read(mut pipe: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut beginning = vec![];
    pipe.by_ref().take(most).read_to_end(&mut beginning)?;
    io::copy(&mut pipe, &mut io::sink())?;
    Ok(beginning)
}
