//! What nodes start from: their configuration, certificates, and formatted storage.
//!
//! Writes into the cluster's directory only, and starts no node.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    path::PathBuf,
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    Options,
    java::Jvm,
    lifeline,
    node::Node,
    server_properties::{Ports, server_properties},
    tls,
};

/// Writes all that `nodes` need, and returns the certificate that clients need, if there is one.
pub(crate) fn prepare(
    options: &Options,
    jvm: &Jvm,
    cluster_id: &str,
    nodes: &[Node],
) -> Result<Option<PathBuf>> {
    let has_tls = options.security.has_tls();
    let files = has_tls.then(|| tls::write(options, &jvm.directory));
    let files = files.transpose()?;
    let ports: Vec<Ports> = nodes.iter().map(|node| node.ports).collect();
    for node in nodes {
        let text = server_properties(
            options,
            node.id,
            &ports,
            node.ports,
            &node.data(),
            files.as_ref(),
        );
        let file = node.properties();
        if let Some(directory) = file.parent() {
            fs::create_dir(directory).context("failed to make a node's directory")?;
        }
        fs::write(file, text).context("failed to write server.properties")?;
    }
    format_all(options, jvm, cluster_id, nodes)?;
    Ok(files.map(|files| files.ca_file))
}

/// Formats the first node's directory with Kafka's tool and derives the others from it: a copy
/// takes no time, and the SCRAM credentials must be the same on all nodes anyway.
fn format_all(options: &Options, jvm: &Jvm, cluster_id: &str, nodes: &[Node]) -> Result<()> {
    let [first, others @ ..] = nodes else {
        return Ok(());
    };
    let mut command = lifeline::short_lived(&jvm.java);
    command.args(jvm.args("kafka.tools.StorageTool"));
    command.args(["format", "--cluster-id", cluster_id, "--config"]);
    command.arg(first.properties());
    if options.security.has_sasl() {
        for (name, password) in options.all_users() {
            for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
                command.arg("--add-scram");
                command.arg(format!(
                    "{mechanism}=[name=\"{name}\",password=\"{password}\"]"
                ));
            }
        }
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("failed to run Kafka's storage tool")?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        bail!(
            "failed to format the storage:\n{}",
            String::from_utf8_lossy(&text).trim()
        );
    }
    for node in others {
        copy_format(first, node)
            .with_context(|| format!("failed to format the storage of node {}", node.id))?;
    }
    Ok(())
}

/// Makes a node's formatted directory from another one's: only ids differ.
fn copy_format(from: &Node, to: &Node) -> Result<()> {
    fs::create_dir(to.data())?;
    for entry in fs::read_dir(from.data())? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            bail!(
                "unexpected directory {} after formatting",
                entry.path().display()
            );
        }
        fs::copy(entry.path(), to.data().join(entry.file_name()))?;
    }
    let meta = to.data().join("meta.properties");
    let lines: Vec<String> = fs::read_to_string(&meta)?
        .lines()
        .map(|line| match line.split_once('=') {
            Some(("node.id", _)) => format!("node.id={}", to.id),
            Some(("directory.id", _)) => format!("directory.id={}", random_id()),
            _ => line.to_owned(),
        })
        .collect();
    fs::write(meta, lines.join("\n") + "\n")?;
    Ok(())
}

/// 128 random bits in Kafka's notation: base64 without padding. `-` and `_` are left out, because an
/// id that starts with a dash would be taken for an option.
pub(crate) fn random_id() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    /// The last character only carries two bits.
    const LAST: &[u8] = b"AQgw";
    let pick = |letters: &[u8], position: usize| {
        let random = RandomState::new().hash_one(position) % letters.len() as u64;
        char::from(letters[random as usize])
    };
    let mut id: String = (0..21).map(|position| pick(LETTERS, position)).collect();
    id.push(pick(LAST, 21));
    id
}
