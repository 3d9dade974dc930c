//! Apache Kafka's jars, fetched once per version with Maven and kept in a cache directory.
//!
//! The cache is `$TOPICCTL_KAFKA_CACHE`, else `topicctl` under `$XDG_CACHE_HOME` or `~/.cache`;
//! each version has a directory in it. Such a directory is complete or absent: fetching happens in
//! a directory beside it that is renamed at the end, one process at a time.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use rustix::fs::{FlockOperation, flock};

pub use crate::version::DEFAULT_VERSION;
use crate::{java, lifeline, version::Version};

/// Kafka logs through slf4j 1.7 and brings no backend for it.
const LOG4J_VERSION: &str = "2.25.3";
const COPY_GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// The directory with the jars of `version`, if they were fetched before.
///
/// # Errors
///
/// When `version` cannot be one, or there is no home directory to look in.
pub fn cached(version: &str) -> Result<Option<PathBuf>> {
    Version::parse(version)?;
    let jars = cache_directory()?.join(format!("kafka-{version}"));
    Ok(jars.is_dir().then_some(jars))
}

/// The directory with the jars of `version`, fetched now if they are not there yet.
///
/// # Errors
///
/// When they are not there and Maven is missing or cannot fetch them.
pub fn fetch(version: &str) -> Result<PathBuf> {
    if let Some(jars) = cached(version)? {
        return Ok(jars);
    }
    let lock = lock(version)?;
    // Another process may have fetched them while this one waited.
    if let Some(jars) = cached(version)? {
        return Ok(jars);
    }
    let cache = cache_directory()?;
    let jars = cache.join(format!("kafka-{version}"));
    let partial = cache.join(format!("kafka-{version}.partial"));
    if partial.exists() {
        fs::remove_dir_all(&partial)
            .with_context(|| format!("failed to remove {}", partial.display()))?;
    }
    fs::create_dir(&partial).with_context(|| format!("failed to make {}", partial.display()))?;
    run_maven(version, &partial)?;
    fs::rename(&partial, &jars)
        .with_context(|| format!("failed to rename {}", partial.display()))?;
    drop(lock);
    Ok(jars)
}

/// Waits for the right to change what the cache has of `version`. Other processes may have it; it
/// ends with the file that is returned.
pub(crate) fn lock(version: &str) -> Result<File> {
    let cache = cache_directory()?;
    fs::create_dir_all(&cache).with_context(|| format!("failed to make {}", cache.display()))?;
    let path = cache.join(format!("kafka-{version}.lock"));
    let file = File::create(&path).with_context(|| format!("failed to open {}", path.display()))?;
    flock(&file, FlockOperation::LockExclusive)
        .with_context(|| format!("failed to lock {}", path.display()))?;
    Ok(file)
}

fn run_maven(version: &str, into: &Path) -> Result<()> {
    let maven = java::maven()?;
    let project = tempfile::tempdir().context("failed to make a temporary directory")?;
    let pom = project.path().join("pom.xml");
    fs::write(&pom, pom_text(version)).context("failed to write pom.xml")?;
    let output = lifeline::short_lived(&maven)
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(&pom)
        .arg(COPY_GOAL)
        .arg("-DincludeScope=runtime")
        // Kafka 2 and 3 bring a backend for slf4j; with two of them it is chance which one logs.
        .arg("-DexcludeArtifactIds=slf4j-log4j12,slf4j-reload4j")
        .arg(format!("-DoutputDirectory={}", into.display()))
        .output()
        .with_context(|| format!("failed to run {}", maven.display()))?;
    let server = into.join(format!("kafka_2.13-{version}.jar"));
    if output.status.success() && server.is_file() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    bail!(
        "failed to fetch Apache Kafka {version} with Maven ({}):\n{}",
        output.status,
        String::from_utf8_lossy(&text).trim()
    );
}

fn pom_text(version: &str) -> String {
    let dependencies: String = [
        ("org.apache.kafka", "kafka_2.13", version),
        ("org.apache.kafka", "kafka-tools", version),
        ("org.apache.logging.log4j", "log4j-core", LOG4J_VERSION),
        (
            "org.apache.logging.log4j",
            "log4j-slf4j-impl",
            LOG4J_VERSION,
        ),
    ]
    .iter()
    .map(|(group, artifact, version)| {
        format!(
            "    <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
             <version>{version}</version></dependency>\n"
        )
    })
    .collect();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  \
         <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>local</groupId><artifactId>local-kafka-jars</artifactId><version>1</version>\n  \
         <packaging>pom</packaging>\n  \
         <dependencies>\n{dependencies}  </dependencies>\n\
         </project>\n"
    )
}

fn cache_directory() -> Result<PathBuf> {
    let directory = |name: &str| {
        env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    if let Some(cache) = directory("TOPICCTL_KAFKA_CACHE") {
        return std::path::absolute(cache).context("TOPICCTL_KAFKA_CACHE is not a path");
    }
    let base = directory("XDG_CACHE_HOME")
        .filter(|base| base.is_absolute())
        .or_else(|| directory("HOME").map(|home| home.join(".cache")))
        .context("neither TOPICCTL_KAFKA_CACHE, XDG_CACHE_HOME nor HOME is set: set one")?;
    Ok(base.join("topicctl"))
}
