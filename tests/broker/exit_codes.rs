//! The exit codes, a contract with scripts and pipelines: one test a row, each the whole binary
//! against a real broker, or against what stands in a broker's place.
//!
//! | code | when | tests |
//! |-|-|-|
//! | 0 | what was declared is there, or will be | `success` |
//! | 1 | differences of the kinds in `--fail-on` | `differences` |
//! | 2 | usage, or invalid manifests; nothing was written | `invalid` |
//! | 3 | the cluster was not reached, or did not answer | `unreachable` |
//! | 4 | not authenticated, or not authorized | `unauthorized` |
//! | 5 | refused, failed, unclear, or not usable in time | `failed` |
//! | 129, 130, 143 | interrupted | `interrupted` |
//! | | which of several: 2; before a write 4, 5, 3, 1; after it 5, 4, 3, 1 | `precedence` |
//!
//! The code of the process and `exit_code` of the JSON report are one. What a run says about its
//! ending is proven beside these, in the other modules of `tests/broker`; what no broker does on
//! demand, in `tests/offline/apply_loop.rs`.

mod differences;
mod failed;
mod interrupted;
mod invalid;
mod precedence;
mod success;
mod unauthorized;
mod unreachable;

use crate::kafka::{self, SHARED};
use crate::support::binary::{Manifests, Run, on, topicctl};

/// A run against the shared broker.
fn shared(command: &str, manifests: &Manifests) -> Run {
    on(SHARED.bootstrap_servers(), command, manifests)
}

/// Topics of one partition and one replica, and of the broker's configurations.
fn plain(names: &[&str]) -> Manifests {
    let topics: String = names
        .iter()
        .map(|name| format!("  - {{ name: {name}, partitions: 1, replication_factor: 1 }}\n"))
        .collect();
    Manifests::of(&format!("defaults: {{ tier: plain }}\ntopics:\n{topics}"))
}

/// Makes a topic of one partition on the shared broker.
fn exists(name: &str) {
    kafka::create(&SHARED, name, 1, &[]);
}

/// A place where nothing listens.
fn nowhere() -> String {
    format!("127.0.0.1:{}", local_kafka::free_port().expect("a port"))
}

/// Both ways to ask end alike: the text for people, and the report.
#[track_caller]
fn ends(code: i32, run: impl Fn() -> Run) {
    run().run().exits(code);
    run().json().exits(code);
}

/// A run that has to end before it connects: nothing listens there, and that would be 3.
fn offline(words: &[&str], manifests: &Manifests) -> Run {
    let (command, rest) = words.split_first().expect("a command");
    let run = topicctl(&[command]).arg(manifests.path());
    run.args(&["-b", &nowhere()]).args(rest)
}

/// A run that is given no cluster.
fn no_cluster(command: &str, manifests: &Manifests) -> Run {
    topicctl(&[command]).arg(manifests.path())
}
