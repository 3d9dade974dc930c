//! Finds the programs that the harness runs but does not bring along: `java`, `mvn`.
//!
//! Reads `JAVA_HOME` and `PATH`. A missing program is an error that says what to install, never a
//! reason to skip a test.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

/// Brokers of Kafka 4 need this.
const OLDEST_JAVA: u32 = 17;
const INSTALL: &str =
    "install it with `apt-get install openjdk-17-jre-headless maven`, or run dev/setup";

/// A Java runtime that is new enough for a broker.
#[derive(Clone, Debug)]
pub(crate) struct Java {
    pub(crate) program: PathBuf,
    /// In full, like `17.0.15`.
    pub(crate) version: String,
}

impl Java {
    pub(crate) fn find() -> Result<Self> {
        let home = env::var_os("JAVA_HOME")
            .filter(|home| !home.is_empty())
            .map(PathBuf::from);
        let program = match home {
            Some(home) => {
                let program = home.join("bin/java");
                if !program.is_file() {
                    bail!(
                        "JAVA_HOME is {}, but there is no bin/java in it; correct or unset it",
                        home.display()
                    );
                }
                program
            }
            None => on_path("java").with_context(|| {
                format!("`java` ({OLDEST_JAVA} or newer) is not on PATH; {INSTALL}")
            })?,
        };
        // Nodes run in a directory of their own.
        let program = std::path::absolute(program).context("failed to resolve `java`")?;
        let output = Command::new(&program)
            .args(["-XX:-UsePerfData", "-version"])
            .output()
            .with_context(|| format!("failed to run {}", program.display()))?;
        let text = String::from_utf8_lossy(&output.stderr);
        let Some((version, major)) = version_in(&text) else {
            bail!(
                "failed to read a version from `{} -version`:\n{}",
                program.display(),
                text.trim()
            );
        };
        if major < OLDEST_JAVA {
            bail!(
                "{} is Java {major}, but Kafka needs {OLDEST_JAVA} or newer; {INSTALL}",
                program.display()
            );
        }
        Ok(Self {
            version: version.to_owned(),
            program,
        })
    }
}

/// How Kafka's classes are run: the runtime, the class path and where loose files may go.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Jvm {
    pub(crate) java: PathBuf,
    pub(crate) jars: PathBuf,
    pub(crate) classpath: Vec<PathBuf>,
    /// The cluster's directory; has [`LOG_CONFIG`] and [`TEMPORARY`] in it.
    pub(crate) directory: PathBuf,
    pub(crate) archive: Archive,
    /// The address that a node may read keys of tokens from: Kafka asks for it as a property of the
    /// whole process.
    pub(crate) jwks_endpoint: Option<String>,
}

/// What a JVM does with an archive of loaded classes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Archive {
    None,
    Use(PathBuf),
    /// Nodes only: write one when they end.
    Record(PathBuf),
}

/// The class of a node.
pub(crate) const SERVER: &str = "kafka.Kafka";
/// The configuration of log4j, in the cluster's directory.
pub(crate) const LOG_CONFIG: &str = "log4j2.properties";
/// Where JVMs unpack native libraries, in the cluster's directory: they do not tidy up themselves.
pub(crate) const TEMPORARY: &str = "tmp";

impl Jvm {
    /// Arguments that run a class of Kafka's: tuned for starting fast, not for throughput.
    pub(crate) fn args(&self, main_class: &str) -> Vec<OsString> {
        let mut args: Vec<OsString> = [
            "-Xmx512m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            // Otherwise a killed JVM leaves a file in the system's temporary directory.
            "-XX:-UsePerfData",
            // An archive that does not fit is no reason to write to a tool's standard output.
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
        ]
        .map(OsString::from)
        .into();
        if let Some(url) = self.jwks_endpoint.as_ref().filter(|_| main_class == SERVER) {
            let property = format!("-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={url}");
            args.push(property.into());
        }
        let mut push = |option: &str, path: PathBuf| {
            let mut arg = OsString::from(option);
            arg.push(path);
            args.push(arg);
        };
        match &self.archive {
            Archive::Use(archive) => push("-XX:SharedArchiveFile=", archive.clone()),
            Archive::Record(archive) if main_class == SERVER => {
                push("-XX:ArchiveClassesAtExit=", archive.clone());
            }
            Archive::Record(_) | Archive::None => {}
        }
        push("-XX:ErrorFile=", self.directory.join("jvm-error-%p.log"));
        push("-Djava.io.tmpdir=", self.directory.join(TEMPORARY));
        push(
            "-Dlog4j2.configurationFile=",
            self.directory.join(LOG_CONFIG),
        );
        let mut classpath = self.jars.join("*").into_os_string();
        for path in &self.classpath {
            classpath.push(":");
            classpath.push(path);
        }
        args.extend(["-cp".into(), classpath, main_class.into()]);
        args
    }
}

/// Maven, which is needed once per version of Kafka.
pub(crate) fn maven() -> Result<PathBuf> {
    on_path("mvn").with_context(|| {
        format!("`mvn` is not on PATH and Kafka's jars are not cached yet; {INSTALL}")
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// `17.0.15` and 17 from `openjdk version "17.0.15" 2025-04-15`; the versions before 9 were called
/// `1.8.0_412`.
fn version_in(text: &str) -> Option<(&str, u32)> {
    let (_, rest) = text.split_once("version \"")?;
    let (version, _) = rest.split_once('"')?;
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    let major = match numbers.next()?.parse().ok()? {
        1 => numbers.next()?.parse().ok()?,
        major => major,
    };
    Some((version, major))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_old_and_new_runtimes() {
        let openjdk = "openjdk version \"17.0.15\" 2025-04-15\n";
        assert_eq!(version_in(openjdk), Some(("17.0.15", 17)));
        assert_eq!(
            version_in("java version \"1.8.0_412\"\n"),
            Some(("1.8.0_412", 8))
        );
        assert_eq!(
            version_in("openjdk version \"25-ea\" 2025-09-16\n"),
            Some(("25-ea", 25))
        );
        assert_eq!(version_in("command not found"), None);
    }
}
