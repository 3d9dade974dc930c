//! The clusters that scenes are played on. A scene names one by what is special about it; those
//! with names of topics of their own share one.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use libtest_mimic::Failed;
use local_kafka::{LocalKafka, Security};

/// Behind a lock, for a scene may stop a node.
pub(crate) type Shared = Arc<Mutex<LocalKafka>>;

const PASSWORD: &str = "correct horse";

/// The cluster of this name.
pub(crate) fn named(name: &str) -> Result<Shared, Failed> {
    static SHARED: LazyLock<Mutex<Option<Shared>>> = LazyLock::new(Mutex::default);
    let start = |options: local_kafka::Options| {
        let kafka = options.start().map_err(|error| format!("{error:#}"))?;
        let kafka = Arc::new(Mutex::new(kafka));
        lock(&ALL).push(Arc::clone(&kafka));
        Ok::<_, Failed>(kafka)
    };
    match name {
        "shared" => {
            let mut shared = lock(&SHARED);
            if let Some(kafka) = &*shared {
                return Ok(Arc::clone(kafka));
            }
            let kafka = start(LocalKafka::options())?;
            *shared = Some(Arc::clone(&kafka));
            Ok(kafka)
        }
        "own" => start(LocalKafka::options()),
        "three" => start(LocalKafka::options().nodes(3)),
        // ci may look and create; guest may see what begins with its name, and look at nothing.
        "secured" => start(
            LocalKafka::options()
                .security(Security::Sasl)
                .user("ci", PASSWORD)
                .user("guest", PASSWORD)
                .acl(&rights(
                    "ci",
                    "",
                    &["Describe", "DescribeConfigs", "Create"],
                ))
                .acl(&rights("guest", "guest.", &["Describe", "DescribeConfigs"]))
                .acl(&rights("guest", "half.", &["Describe"])),
        ),
        _ => Err(format!("there is no cluster called {name}").into()),
    }
}

fn rights<'a>(user: &'a str, prefix: &'a str, operations: &[&'a str]) -> Vec<&'a str> {
    let principal: &'static str = match user {
        "ci" => "User:ci",
        _ => "User:guest",
    };
    let mut words = vec!["--allow-principal", principal];
    match prefix {
        "" => words.extend(["--topic", "*"]),
        prefix => words.extend(["--resource-pattern-type", "prefixed", "--topic", prefix]),
    }
    for operation in operations {
        words.extend(["--operation", operation]);
    }
    words
}

static ALL: LazyLock<Mutex<Vec<Shared>>> = LazyLock::new(Mutex::default);

/// Ends all of them; nothing drops a static.
pub(crate) fn stop() {
    lock(&ALL).clear();
}

/// A scene that panicked has broken no other one's cluster.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
