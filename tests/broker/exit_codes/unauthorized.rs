//! 4: not authenticated, or not authorized.

use super::{ends, plain};
use crate::secured::{SASL, as_user};
use crate::support::binary::Manifests;

const COMMANDS: [&str; 3] = ["verify", "plan", "apply"];

#[test]
fn the_password_is_wrong() {
    let manifests = plain(&["enough.unauthorized"]);
    for command in COMMANDS {
        ends(4, || {
            as_user("enough", command, &manifests).env("KAFKA_PASSWORD", "guessed")
        });
    }
}

#[test]
fn the_right_to_see_a_topic_is_missing() {
    let manifests = plain(&["no-describe.unauthorized"]);
    for command in COMMANDS {
        ends(4, || as_user("no-describe", command, &manifests));
    }
}

#[test]
fn the_right_to_read_a_configuration_is_missing() {
    crate::kafka::create(&SASL.kafka, "no-configs.unauthorized", 1, &[]);
    let manifests = Manifests::of(
        "topics: [{ name: no-configs.unauthorized, partitions: 1, replication_factor: 1 }]",
    );
    for command in COMMANDS {
        ends(4, || as_user("no-configs", command, &manifests));
    }
}

#[test]
fn the_right_to_create_is_missing() {
    let manifests = plain(&["no-create.unauthorized"]);
    for words in [&[][..], &["--dry-run"]] {
        ends(4, || as_user("no-create", "apply", &manifests).args(words));
    }
    // Who does not create does not need it.
    ends(0, || as_user("no-create", "plan", &manifests));
}
