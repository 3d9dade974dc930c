//! The declared topics in other forms: as a manifest, as data, as lines of environment variables,
//! as a drawing, and as scripts of Kafka's own tools.
//!
//! Takes resolved topics and gives text. Pure: knows no cluster, reads nothing and prints nothing.
//! A form that cannot say what is declared is an error, never a text that says less.

mod acls;
mod env;
mod json;
mod kafka_topics;
mod mermaid;
mod shell;
pub(crate) mod yaml;

use clap::ValueEnum;

use crate::diagnostic::{Diagnostic, Sources};
use crate::topic::DeclaredTopic;

/// What the topics are rendered to. The words of the forms are those of the command line's help.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A manifest with every value in place, which reads back to the same topics
    Yaml,
    /// One document, schema topicctl.topics/1
    Json,
    /// Lines of environment variables that hold the names, for services
    Env,
    /// A flowchart of families and groups, in Mermaid's language
    Mermaid,
    /// A shell script that creates the topics with Kafka's own kafka-topics
    KafkaTopics,
    /// A shell script that grants the rights these manifests need with kafka-acls
    Acls,
}

/// The topics in one form, which ends with a line break.
///
/// # Errors
/// What the form cannot say.
pub fn render(
    topics: &[DeclaredTopic],
    sources: &Sources,
    form: Form,
) -> Result<String, Vec<Diagnostic>> {
    match form {
        Form::Yaml => yaml::render(topics),
        Form::Json => json::render(topics, sources),
        Form::Env => env::render(topics),
        Form::Mermaid => Ok(mermaid::render(topics)),
        Form::KafkaTopics => kafka_topics::render(topics),
        Form::Acls => acls::render(topics),
    }
}
