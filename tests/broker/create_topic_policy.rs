//! A broker with a policy of its own: what it refuses is traced to the line that declares it, and what
//! it could not check is known to be missing.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use local_kafka::LocalKafka;
use tempfile::TempDir;

use crate::java_classes::compile;
use crate::kafka::{describe, names};
use crate::support::binary::{Manifests, on};

struct WithPolicy {
    kafka: LocalKafka,
    _classes: TempDir,
}

/// The one that tests share.
static POLICY: LazyLock<WithPolicy> = LazyLock::new(|| {
    let classes = compile("create_topic_policy/PolicyByName.java");
    let kafka = LocalKafka::options()
        .classpath(classes.path())
        .property("create.topic.policy.class.name", "PolicyByName")
        .start()
        .expect("a broker");
    WithPolicy {
        kafka,
        _classes: classes,
    }
});

/// Names of topics that begin so.
fn names_of(prefix: &str) -> BTreeSet<String> {
    let mut names = names(&POLICY.kafka);
    names.retain(|name| name.starts_with(prefix));
    names
}

#[test]
fn a_refused_value_is_traced_to_its_tier_and_the_printed_lines_leave_it_to_the_broker() {
    let servers = POLICY.kafka.bootstrap_servers();
    let refused = |declared: &str, origin: &str| {
        let manifests = Manifests::of(declared);
        let ended = on(servers, "apply", &manifests).run().exits(5);
        ended
            .says("the broker refuses 1 of 2 new topics; nothing was created")
            .says("POLICY_VIOLATION: Unsupported topic configuration: min.insync.replicas")
            .says(origin)
            .says("in the entries of these topics")
            .says("give them `tier: plain`, which leaves all of it to the broker")
            .says("config: { min.insync.replicas: ~ }");
        assert_eq!(names_of("refused."), BTreeSet::new());
    };
    let other = "  - { name: refused.other, tier: plain }";
    refused(
        &format!("topics:\n  - {{ name: refused.serverless, replication_factor: 1 }}\n{other}"),
        "min.insync.replicas 1, declared by built-in tier standard",
    );
    let tier = "tiers:
  strict:
    config: { min.insync.replicas: 1 }
topics:
  - { name: refused.serverless, tier: strict, replication_factor: 1 }";
    refused(
        &format!("{tier}\n{other}"),
        "min.insync.replicas 1, declared by tier strict,",
    );

    let of_profile = |topics: &str| {
        format!(
            "topics:
  - {{ name: profile.serverless, replication_factor: 1 }}
profiles:
  base: {{ all: {{ config: {{ min.insync.replicas: 1 }} }} }}
  prod: {{ extends: base{topics} }}
"
        )
    };
    let apply = |manifests: &Manifests| on(servers, "apply", manifests).args(&["-p", "prod"]);
    // The profile that is extended may be others' too.
    let manifests = Manifests::of(&of_profile(""));
    let ended = apply(&manifests).run().exits(5);
    let ended = ended
        .says("min.insync.replicas 1, declared by profile base, all topics")
        .says("in entries of `profiles.prod.topics` for these topics")
        .says("config: { min.insync.replicas: ~ }");
    assert!(!ended.stderr.contains("tier: plain"), "{ended}");
    let entry = "{ name: profile.serverless, config: { min.insync.replicas: ~ } }";
    let followed = Manifests::of(&of_profile(&format!(", topics: [{entry}]")));
    apply(&followed).json().exits(0).all_are("created");

    // What is printed is put where it says.
    let followed = Manifests::of(&format!(
        "topics:
  - name: refused.serverless
    replication_factor: 1
    config: {{ min.insync.replicas: ~ }}
{other}"
    ));
    let apply = on(servers, "apply", &followed);
    apply.json().exits(0).all_are("created");
    let config = &describe(&POLICY.kafka)["refused.serverless"].config;
    assert!(!config.contains_key("min.insync.replicas"), "{config:?}");
    assert_eq!(config["retention.ms"], "604800000");
}

#[test]
fn the_other_printed_way_out_leaves_all_of_a_tier_to_the_broker() {
    let servers = POLICY.kafka.bootstrap_servers();
    let manifests =
        Manifests::of("topics: [{ name: plain.serverless, tier: plain, replication_factor: 1 }]");
    let apply = on(servers, "apply", &manifests);
    apply.json().exits(0).all_are("created");
    let config = &describe(&POLICY.kafka)["plain.serverless"].config;
    assert!(config.is_empty(), "{config:?}");
}

#[test]
fn a_policy_that_fails_inside_leaves_its_topic_known_to_be_missing() {
    let servers = POLICY.kafka.bootstrap_servers();
    let manifests = Manifests::of(
        "topics:
  - { name: inside.failing, tier: plain }
  - { name: inside.fine, tier: plain }",
    );
    for words in [&[][..], &["--dry-run"]] {
        let run = || on(servers, "apply", &manifests).args(words);
        run()
            .run()
            .exits(5)
            .says("the broker refuses 1 of 2 new topics; nothing was created")
            .says("inside.failing")
            .says("UNKNOWN_SERVER_ERROR")
            .says("the broker failed while it checked: its log says why");
        let report = run().json().exits(5);
        assert_eq!(report.topic("inside.failing")["status"], "failed");
        assert_eq!(report.topic("inside.fine")["status"], "missing");
        assert_eq!(names_of("inside."), BTreeSet::new());
    }
}
