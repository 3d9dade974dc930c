//! Variables of topicctl's own kind, `TOPICCTL_…`, that are set and that nothing reads: most likely
//! misspellings, which would otherwise be silent.
//!
//! Reads the names of the environment, and never a value but for whether it is empty. Which names
//! are read is taken from the arguments themselves.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use clap::CommandFactory;
use regex::Regex;

use super::Cli;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::manifest::Manifests;

const PREFIX: &str = "TOPICCTL_";

/// Those that stand in for no argument: the log, what the build writes into the program, and the
/// jars of the brokers that tests start.
const OTHERS: [&str; 3] = ["TOPICCTL_LOG", "TOPICCTL_COMMIT", "TOPICCTL_KAFKA_CACHE"];

/// What Kubernetes sets in every pod for a service whose name begins with `topicctl`.
static OF_A_SERVICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^TOPICCTL(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?",
        r"|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$",
    ))
    .ok()
});

/// Those that are set and that neither topicctl nor these manifests read. Where no manifest was read,
/// one may be for manifests, so only those that look like a name of topicctl's are told.
pub(super) fn warnings(manifests: &Manifests) -> Vec<Diagnostic> {
    if manifests.diagnostics.has_errors() {
        // What could not be read may mention them.
        return Vec::new();
    }
    let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    let set: BTreeSet<_> = set
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with(PREFIX) && !manifests.mentioned.contains(name))
        .collect();
    let mut found = Diagnostics::default();
    if !set.is_empty() {
        let read = read_names();
        let is_certain = !manifests.sources.is_empty();
        found.extend(
            set.iter()
                .filter_map(|name| unread(name, &read, is_certain)),
        );
    }
    found.iter().cloned().collect()
}

/// Every variable of this prefix that the program reads, whatever the command.
fn read_names() -> BTreeSet<String> {
    fn collect(command: &clap::Command, names: &mut BTreeSet<String>) {
        let variables = command.get_arguments().filter_map(clap::Arg::get_env);
        names.extend(variables.map(|name| name.to_string_lossy().into_owned()));
        for inner in command.get_subcommands() {
            collect(inner, names);
        }
    }
    let mut names: BTreeSet<_> = OTHERS.map(str::to_owned).into();
    collect(&Cli::command(), &mut names);
    names
}

fn unread(name: &str, read: &BTreeSet<String>, is_certain: bool) -> Option<Diagnostic> {
    let of_a_service = OF_A_SERVICE.as_ref();
    if read.contains(name) || of_a_service.is_some_and(|regex| regex.is_match(name)) {
        return None;
    }
    // The prefix is alike in all of them, and would make all of them alike.
    let rest = name.strip_prefix(PREFIX)?;
    let near = nearest(rest, read.iter().filter_map(|one| one.strip_prefix(PREFIX)));
    if near.is_none() && !is_certain {
        return None;
    }
    let help = match near {
        Some(near) => format!("did you mean `{PREFIX}{near}`?"),
        None => format!(
            "`topicctl --help` and `topicctl COMMAND --help` name those that it reads; \
             a manifest reads this one as ${{{name}}}"
        ),
    };
    let message = format!("the variable {name} is set, and nothing reads it");
    Some(Diagnostic::warning(Code::UnusedVariable, message).help(help))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use walkdir::WalkDir;

    use super::*;

    #[test]
    fn every_variable_that_the_sources_name_is_known() {
        let name = Regex::new("\"(TOPICCTL_[A-Z_]+)\"").expect("a pattern");
        let read = read_names();
        let mut seen = 0;
        for directory in ["src", "dev", "build.rs"] {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
            let files = WalkDir::new(root).into_iter().filter_map(Result::ok);
            let files = files.filter(|file| file.path().extension().is_some_and(|it| it == "rs"));
            for file in files.filter(|file| !file.path().ends_with("unread_variables.rs")) {
                let text = fs::read_to_string(file.path()).expect("a source");
                // Tests name what nothing reads.
                let product = text.split("#[cfg(test)]").next().unwrap_or_default();
                for found in name.captures_iter(product) {
                    assert!(
                        read.contains(&found[1]),
                        "{} in {:?}",
                        &found[1],
                        file.path()
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn what_kubernetes_sets_is_no_misspelling() {
        let read = read_names();
        for name in [
            "TOPICCTL_SERVICE_HOST",
            "TOPICCTL_SERVICE_PORT",
            "TOPICCTL_SERVICE_PORT_HTTP_METRICS",
            "TOPICCTL_PORT",
            "TOPICCTL_PORT_9092_TCP",
            "TOPICCTL_PORT_9092_TCP_PROTO",
            "TOPICCTL_PORT_9092_TCP_PORT",
            "TOPICCTL_PORT_9092_TCP_ADDR",
            "TOPICCTL_PORT_53_UDP_ADDR",
            "TOPICCTL_FOO_SERVICE_HOST",
            "TOPICCTL_FOO_BAR_PORT_80_TCP_ADDR",
        ] {
            assert_eq!(unread(name, &read, true), None, "{name}");
        }
    }

    #[test]
    fn a_misspelling_is_told_with_what_was_meant() {
        let read = read_names();
        for (name, meant) in [
            ("TOPICCTL_PROFIL", Some("TOPICCTL_PROFILE")),
            ("TOPICCTL_DENY_WARNING", Some("TOPICCTL_DENY_WARNINGS")),
            (
                "TOPICCTL_BOOTSTRAP_SERVER",
                Some("TOPICCTL_BOOTSTRAP_SERVERS"),
            ),
            ("TOPICCTL_VARS", Some("TOPICCTL_VAR")),
            ("TOPICCTL_UNLIKE_ALL_OF_THEM", None),
        ] {
            let told = unread(name, &read, true).expect(name);
            let help = told.help.expect("a way out");
            match meant {
                Some(meant) => assert_eq!(help, format!("did you mean `{meant}`?")),
                None => assert!(help.contains("${TOPICCTL_UNLIKE_ALL_OF_THEM}"), "{help}"),
            }
            assert_eq!(
                unread(name, &read, false).is_some(),
                meant.is_some(),
                "{name}"
            );
        }
    }
}
