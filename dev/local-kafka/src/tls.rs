//! A server certificate for 127.0.0.1 and localhost, made with the JDK's `keytool`.
//!
//! It is self-signed, so it is the CA certificate that clients trust at the same time.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::java::Java;

/// Protects nothing: the keystore is in a directory that goes away with the cluster.
pub(crate) const STORE_PASSWORD: &str = "local-kafka";

/// The files that a TLS listener and its clients need.
pub(crate) struct Certificate {
    pub(crate) keystore: PathBuf,
    pub(crate) ca_file: PathBuf,
}

impl Certificate {
    /// Where the files in a directory are. They are not made yet.
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self {
            keystore: directory.join("server.p12"),
            ca_file: directory.join("ca.pem"),
        }
    }

    pub(crate) fn make(&self, java: &Java) -> Result<()> {
        let Self { keystore, ca_file } = self;
        let keytool = java.keytool()?;
        let store = |verb: &str| {
            let mut command = Command::new(&keytool);
            command.args(["-J-XX:-UsePerfData", "-J-XX:TieredStopAtLevel=1", verb]);
            command.args(["-alias", "server", "-storetype", "PKCS12"]);
            command
                .args(["-storepass", STORE_PASSWORD, "-keystore"])
                .arg(keystore);
            command
        };
        let mut generate = store("-genkeypair");
        generate.args([
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-validity",
            "3650",
        ]);
        generate.args([
            "-dname",
            "CN=localhost",
            "-ext",
            "san=dns:localhost,ip:127.0.0.1",
        ]);
        generate.args(["-ext", "bc:c=ca:true"]);
        run(generate)?;
        let mut export = store("-exportcert");
        export.args(["-rfc", "-file"]).arg(ca_file);
        run(export)
    }
}

fn run(mut command: Command) -> Result<()> {
    let output = command.output().context("failed to run keytool")?;
    if !output.status.success() {
        // keytool reports errors on standard output.
        bail!(
            "keytool failed:\n{}",
            String::from_utf8_lossy(&output.stdout).trim()
        );
    }
    Ok(())
}
