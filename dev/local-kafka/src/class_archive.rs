//! An archive of Kafka's loaded classes beside its jars, which halves the time that a JVM needs to
//! start. One per version of Kafka and of Java; made once by a node that starts, stops and is gone.
//!
//! It only ever makes things faster: where it cannot be made, clusters start without it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{LocalKafka, Options, jars, java::Java};

/// The archive for a JVM, made now if it is not there yet.
pub(crate) fn ensure(java: &Java, version: &str, jars: &Path) -> Result<Option<PathBuf>> {
    let archive = jars.with_file_name(format!("kafka-{version}-java-{}.jsa", java.version));
    if !archive.exists() {
        // The jars may have come with a cache that cannot be written to.
        let Ok(lock) = jars::lock(version) else {
            return Ok(None);
        };
        if !archive.exists() {
            make(java, version, jars, &archive)?;
        }
        drop(lock);
    }
    let is_usable = archive.metadata().is_ok_and(|meta| meta.len() > 0);
    Ok(is_usable.then_some(archive))
}

fn make(java: &Java, version: &str, jars: &Path, archive: &Path) -> Result<()> {
    let partial = archive.with_extension("partial");
    let mut recorded = LocalKafka::start_to_record(
        &Options::default().version(version),
        java,
        jars,
        partial.clone(),
    )
    .context("failed to start a node that records its classes")?;
    // The JVM writes the archive when it ends in good order.
    recorded.stop_node(1)?;
    if !partial.exists() {
        // This JVM makes none. An empty file says not to try again.
        File::create(&partial).context("failed to mark a missing archive")?;
    }
    fs::rename(&partial, archive).context("failed to rename the archive of classes")
}
