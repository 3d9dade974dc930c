//! `topicctl export` and what is made of it, on real brokers: a manifest that verifies clean, and
//! a snapshot that answers as the cluster did.

mod manifests;
mod rights;
mod snapshots;

use std::path::Path;
use std::sync::LazyLock;

use local_kafka::LocalKafka;

use crate::kafka::create;
use crate::support::binary::{Ended, topicctl_in};

/// A node with topics of many kinds, which no test changes.
static SHARED: LazyLock<LocalKafka> = LazyLock::new(|| {
    let kafka = LocalKafka::options().start().expect("a broker");
    create(&kafka, "plain", 3, &[]);
    create(&kafka, "week-a", 1, &["retention.ms=604800000"]);
    create(&kafka, "week-b", 2, &["retention.ms=604800000"]);
    create(&kafka, "week-c", 1, &["retention.ms=604800000"]);
    let odd = [
        "retention.ms=604800001",
        "retention.bytes=1073741824",
        "cleanup.policy=compact,delete",
        "min.cleanable.dirty.ratio=0.25",
        "segment.ms=3600000",
        "unclean.leader.election.enable=true",
    ];
    create(&kafka, "odd.one_007", 1, &odd);
    create(&kafka, "stuck", 1, &["min.insync.replicas=2"]);
    let throttled = [
        "retention.ms=-1",
        "leader.replication.throttled.replicas=0:1,1:1",
    ];
    create(&kafka, "throttled", 2, &throttled);
    kafka
});

/// Runs the program in a directory, with these variables and no others.
fn run(directory: &Path, variables: &[(&str, &str)], words: &[&str]) -> Ended {
    topicctl_in(directory, words)
        .envs(variables.iter().copied())
        .run()
}
