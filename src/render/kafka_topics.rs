//! The same creations as a script of Kafka's own `kafka-topics`, for those who may not run
//! topicctl. What it leaves out is what only topicctl does: it compares nothing.

use super::shell;
use crate::diagnostic::{Code, Diagnostic};
use crate::topic::{ConfigKey, DeclaredTopic};

pub(super) fn render(topics: &[DeclaredTopic]) -> Result<String, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut script = shell::header(&[
        "Creates the declared topics that are missing. A topic that exists is left as it",
        "is, also where it differs. Written by `topicctl render -o kafka-topics`.",
    ]);
    let create = "--create --if-not-exists";
    script.push_str(&shell::function(
        "create",
        "KAFKA_TOPICS",
        "kafka-topics",
        create,
    ));
    for topic in topics {
        script.push('\n');
        if topic.external {
            script.push_str(&format!("# {} is somebody else's to create.\n", topic.name));
            continue;
        }
        script.push_str(&format!("create --topic {}", topic.name));
        if let Some(partitions) = &topic.partitions {
            script.push_str(&format!(" --partitions {}", partitions.value));
        }
        if let Some(factor) = &topic.replication_factor {
            script.push_str(&format!(" --replication-factor {}", factor.value));
        }
        for (key, value) in &topic.config {
            match setting(key, value.value.as_str()) {
                Some(setting) => script.push_str(&format!(" \\\n  --config {setting}")),
                None => problems.push(
                    Diagnostic::error(
                        Code::Usage,
                        format!(
                            "`{}`: kafka-topics cannot set `{key}` to this value",
                            topic.name
                        ),
                    )
                    .at(value.origin.span.unwrap_or(topic.span), "")
                    .help("it takes no empty value, no `=` within one, and no spaces around one"),
                ),
            }
        }
        script.push('\n');
    }
    if problems.is_empty() {
        Ok(script)
    } else {
        Err(problems)
    }
}

/// The tool splits at every `=` with the spaces around it, and wants two parts.
fn setting(key: &ConfigKey, value: &str) -> Option<String> {
    let takes = !value.is_empty() && !value.contains('=') && value.trim() == value;
    takes
        .then(|| shell::word(&format!("{key}={value}")))
        .flatten()
}
