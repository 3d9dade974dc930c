//! The settings of a connection, from the arguments, the chosen cluster and the environment.
//!
//! Reads properties files. Connects to nothing.

use crate::cli::{By, ConnectionArgs};
use crate::cluster::kafka::settings::{
    Argument, ChosenCluster, ConnectionOptions, Lookups, Settings, separate,
};
use crate::clusters::{Clusters, Reach};
use crate::commands::properties_file::{properties, whole};
use crate::diagnostic::{Diagnostic, Sources};

/// The settings of the connection, or everything that is wrong with them.
pub(in crate::commands) fn settings(
    args: &ConnectionArgs,
    clusters: &Clusters,
    sources: &mut Sources,
) -> Result<Settings, Vec<Diagnostic>> {
    let given = args.command_config.as_deref();
    let given = given.filter(|path| !path.as_os_str().is_empty());
    let flag = "--command-config names the Java client's properties file";
    let command_config = given
        .map(|path| {
            properties(path, sources)
                .map_err(|problem| vec![problem.help(flag).about("--command-config")])
        })
        .transpose()?;
    let chosen = clusters.chosen.as_ref();
    let cluster = chosen
        .map(|(name, reach)| chosen_cluster(name, reach, sources))
        .transpose()?;
    let names = clusters.named.iter().map(|one| one.name.clone());
    let options = ConnectionOptions {
        bootstrap_servers: bootstrap_servers(args),
        cluster,
        clusters: names.collect(),
        command_config,
        overrides: overrides(args),
        client_id: args.client_id.clone(),
        timeout: args.timeout,
        wait: args.wait,
    };
    let lookups = Lookups {
        variable: &|name| std::env::var(name).ok(),
        names: &|| {
            let all = std::env::vars_os();
            all.filter_map(|(name, _)| name.into_string().ok())
                .collect()
        },
        file: &whole,
    };
    Settings::resolve(&options, lookups, sources)
}

fn bootstrap_servers(args: &ConnectionArgs) -> Option<Argument> {
    let given = &args.bootstrap_servers;
    let name = given.name("-b", "TOPICCTL_BOOTSTRAP_SERVERS");
    let text = given.args.bootstrap_servers.as_ref()?;
    Some(Argument::new(name, text))
}

fn overrides(args: &ConnectionArgs) -> Vec<Argument> {
    let given = &args.overrides;
    let name = given.name("-X", "TOPICCTL_X");
    let texts = given.args.overrides.iter();
    let texts = texts.flat_map(|text| match given.by {
        Some(By::Variable) => separate(text),
        _ => vec![text.clone()],
    });
    texts.map(|text| Argument::new(name, text)).collect()
}

fn chosen_cluster(
    name: &str,
    reach: &Reach,
    sources: &mut Sources,
) -> Result<ChosenCluster, Vec<Diagnostic>> {
    let config = reach.command_config.as_ref();
    let command_config = config
        .map(|(path, place)| {
            let found = properties(path, sources);
            found.map_err(|problem| vec![problem.at(*place, "")])
        })
        .transpose()?;
    Ok(ChosenCluster {
        name: name.to_owned(),
        bootstrap_servers: reach.bootstrap_servers.clone(),
        command_config,
    })
}
