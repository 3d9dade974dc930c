//! 0: the cluster matches the manifests, or will after apply.

use super::{SHARED, ends, exists, no_cluster, plain, shared};
use crate::kafka::names;

#[test]
fn apply_that_created_what_was_missing() {
    let manifests = plain(&["success-created"]);
    shared("apply", &manifests)
        .json()
        .exits(0)
        .all_are("created");
    assert!(names(&SHARED).contains("success-created"));
}

#[test]
fn apply_that_had_nothing_to_do() {
    exists("success-there");
    let manifests = plain(&["success-there"]);
    ends(0, || shared("apply", &manifests));
}

#[test]
fn plan_that_apply_would_bring_about() {
    let manifests = plain(&["success-planned"]);
    ends(0, || shared("plan", &manifests));
}

#[test]
fn dry_run_that_the_broker_would_take() {
    let manifests = plain(&["success-dry"]);
    ends(0, || shared("apply", &manifests).args(&["--dry-run"]));
    assert!(!names(&SHARED).contains("success-dry"));
}

#[test]
fn verify_that_found_everything_as_declared() {
    exists("success-verified");
    let manifests = plain(&["success-verified"]);
    ends(0, || shared("verify", &manifests));
}

#[test]
fn validate_that_found_nothing_wrong() {
    let manifests = plain(&["success-valid"]);
    ends(0, || no_cluster("validate", &manifests));
}
