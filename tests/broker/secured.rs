//! A broker that wants credentials, and users who may do some things and not others.

use std::sync::LazyLock;

use local_kafka::{LocalKafka, Options, Security};

use crate::kafka::Proxied;
use crate::support::binary::{Manifests, Run, on};

pub(crate) const PASSWORD: &str = "correct horse; battery=staple";

/// Who may do what with the topics that begin with the user's name.
const RIGHTS: [(&str, &[&str]); 4] = [
    ("enough", &["Describe", "DescribeConfigs", "Create"]),
    ("no-create", &["Describe", "DescribeConfigs"]),
    ("no-configs", &["Describe", "Create"]),
    ("no-describe", &["Create", "DescribeConfigs"]),
];

pub(crate) fn secured(security: Security) -> Options {
    let mut options = LocalKafka::options().security(security);
    for (user, rights) in RIGHTS {
        options = options.user(user, PASSWORD);
        // What each may do with topics of its name, `both` may with all of them.
        for principal in [user, "both"] {
            let principal = format!("User:{principal}");
            let prefix = format!("{user}.");
            let mut acl = vec!["--allow-principal", &principal];
            acl.extend(["--resource-pattern-type", "prefixed", "--topic", &prefix]);
            for right in rights {
                acl.extend(["--operation", right]);
            }
            options = options.acl(&acl);
        }
    }
    options.user("both", PASSWORD)
}

/// The one that tests share. Who breaks its requests starts another.
pub(crate) static SASL: LazyLock<Proxied> =
    LazyLock::new(|| Proxied::start(secured(Security::Sasl)));

/// A run with the environment that people have.
pub(crate) fn as_user(user: &str, command: &str, manifests: &Manifests) -> Run {
    as_user_of(&SASL, user, command, manifests)
}

/// The same with a broker of one's own.
pub(crate) fn as_user_of(
    proxied: &Proxied,
    user: &str,
    command: &str,
    manifests: &Manifests,
) -> Run {
    on(&proxied.servers(), command, manifests)
        .env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
        .env("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
        .env("KAFKA_USERNAME", user)
        .env("KAFKA_PASSWORD", PASSWORD)
}
