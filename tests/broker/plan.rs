//! What a plan says before anything is created, and when it fails: its exit code is for those who
//! decide by it.

use crate::kafka::{SHARED, create, describe, names};
use crate::support::binary::{Manifests, on};

#[test]
fn denied_warnings_fail_a_plan_that_the_broker_would_refuse() {
    let servers = SHARED.bootstrap_servers();
    let manifests = Manifests::of("topics: [{ name: denied.orders, replication_factor: 3 }]");
    let plan = |words: &[&str]| on(servers, "plan", &manifests).args(words);
    let warned = "1 new topic wants more replicas than the cluster has brokers (1)";
    plan(&[]).run().exits(0).says("warning").says(warned);
    let ended = plan(&["--deny-warnings"]).run();
    ended.exits(1).says(warned);
    plan(&["--deny-warnings"]).json().exits(1);
    // It is so: the broker says the same when it is asked.
    let apply = on(servers, "apply", &manifests).args(&["--dry-run"]);
    apply.run().exits(5).says("INVALID_REPLICATION_FACTOR");
    assert!(!names(&SHARED).contains("denied.orders"));
    // Nothing is denied where nothing is warned of.
    let fits = Manifests::small(["denied.small"]);
    on(servers, "plan", &fits)
        .args(&["--deny-warnings"])
        .run()
        .exits(0);
}

#[test]
fn a_plan_fails_on_what_is_pending_until_it_is_applied() {
    let servers = SHARED.bootstrap_servers();
    let manifests = Manifests::small(["pending.orders"]);
    let plan = |words: &[&str]| on(servers, "plan", &manifests).args(words);
    let pending = &["--fail-on", "pending"];
    plan(&[]).run().exits(0).says("1 declared: 1 to create");
    plan(pending).run().exits(1).says("1 declared: 1 to create");
    assert!(!names(&SHARED).contains("pending.orders"));
    // Apply brings it in line, and fails on nothing then.
    let apply = on(servers, "apply", &manifests).args(pending);
    apply.json().exits(0).all_are("created");
    assert_eq!(describe(&SHARED)["pending.orders"].partitions, 1);
    plan(pending).json().exits(0).all_are("matching");
}

#[test]
fn a_profile_is_offered_only_where_the_topics_fit_and_is_taken_then() {
    let servers = SHARED.bootstrap_servers();
    let topics = "topics: [{ name: offered.orders, replication_factor: 3 }]";
    let profiles = |more: &str| {
        Manifests::of(&format!(
            "{topics}
profiles:
  prod: {{ all: {{ replication_factor: 3 }} }}
  staging: {{ all: {{ replication_factor: 2 }} }}
{more}"
        ))
    };
    let none = profiles("");
    let one = profiles("  dev: { all: { replication_factor: 1 } }");
    let refused = &["apply", "--dry-run"][..];
    for (command, exit) in [(&["plan"][..], 0), (refused, 5)] {
        let run = |manifests: &Manifests| {
            let run = on(servers, command[0], manifests);
            run.args(&command[1..]).run().exits(exit)
        };
        let ended = run(&one).says("choose the profile under which they fit (--profile dev)");
        for wrong in ["--profile prod", "--profile staging", "staging,"] {
            assert!(!ended.stderr.contains(wrong), "{ended}");
        }
        run(&none).says("they fit under no other profile");
    }
    let apply = on(servers, "apply", &one).args(&["--profile", "dev"]);
    apply.json().exits(0).all_are("created");
    assert_eq!(describe(&SHARED)["offered.orders"].replication_factor, 1);
}

#[test]
fn a_name_that_the_brokers_metrics_could_not_tell_apart_is_warned_of_and_refused() {
    let servers = SHARED.bootstrap_servers();
    create(&SHARED, "near_by", 1, &[]);
    let manifests = Manifests::small(["near.by", "near.other"]);
    let plan = |words: &[&str]| on(servers, "plan", &manifests).args(words);
    let ended = plan(&[]).run().exits(0);
    let ended = ended.says("warning").says("near.by   near_by exists");
    assert!(!ended.stderr.contains("near.other"), "{ended}");
    let report = plan(&["--deny-warnings"]).json().exits(1);
    let diagnostics = report.diagnostics();
    assert!(diagnostics.contains("existing-collision "), "{diagnostics}");
    let apply = on(servers, "apply", &manifests).args(&["--dry-run"]);
    apply.run().exits(5).says("INVALID_TOPIC_EXCEPTION");
    let names = names(&SHARED);
    assert!(
        !names.contains("near.by") && !names.contains("near.other"),
        "{names:?}"
    );
    // Where it stands by itself it collides with nothing.
    let existing = Manifests::of(
        "topics: [{ name: near_by, tier: plain, partitions: 1, replication_factor: 1 }]",
    );
    let plan = on(servers, "plan", &existing).args(&["--deny-warnings"]);
    plan.json().exits(0).all_are("matching");
}
