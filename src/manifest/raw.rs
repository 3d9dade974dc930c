//! The objects of the manifest language: what each may hold, and what was written. Decoded, but with
//! variables in place and nothing resolved.
//!
//! A field stands in one place: its name, its type, what it takes and its documentation, of which the
//! decoder, the JSON Schema and the tables of docs/manifest.md are made. These types never leave
//! [`crate::manifest`]. Every text keeps its place, for diagnostics and for the origin of the value
//! that it becomes. What texts mean is for others to say.

mod pipelines;
mod policy;
mod project;
mod settings;
mod topics;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::decode::{Decoder, Fields, Object, Spec, head, object, way_out};
use super::fields::{FieldSpec, Shape};
use super::yaml::{Node, Text, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Span};

pub(super) use pipelines::{Pipeline, Step};
pub(super) use policy::Policy;
pub(super) use project::{Accepted, Cluster, Defaults, Naming, Profile, Tier, TopicPatch};
pub(super) use settings::{Partitions, Settings};
pub(super) use topics::{Derived, Entry, Group, PartitionKey, Retry, Topic};

/// A mapping of free names, with its place.
pub(super) type Section<T> = Option<(Span, Vec<(Text, T)>)>;

/// The `vars` of one scope, by name.
pub(super) type Vars<'a> = BTreeMap<&'a str, &'a Text>;

object! {
    /// The sections of one YAML document.
    Document("a manifest", "manifest") {
        ..source: SourceId,
        /// What holds where a topic says nothing. Belongs in topicctl.yaml where there is one.
        defaults: Option<(Span, Defaults)>,
        /// Named sets of values that topics start from. Belongs in topicctl.yaml where there is one.
        tiers: Section<Tier>,
        /// How derived topics and those of pipelines are called. Belongs in topicctl.yaml where there
        /// is one.
        naming: Option<(Span, Naming)>,
        /// The team's own rules for every topic. Belongs in topicctl.yaml where there is one.
        policy: Option<(Span, Policy)>,
        /// What differs between environments: `--profile NAME` chooses one. Belongs in topicctl.yaml
        /// where there is one, but for additions of `topics` to a profile.
        profiles: Section<Profile>,
        /// The clusters that the manifests are for: `--cluster NAME` chooses one, and
        /// `--all-clusters` takes all. Belongs in topicctl.yaml where there is one.
        clusters: Section<Cluster>,
        /// Variables by name, for this file; those of topicctl.yaml hold for all files. A value may
        /// hold other variables and is only looked at where it is used.
        vars: Vec<(Text, Text)>,
        /// The topics, in any order.
        topics: Vec<Entry>,
        /// Pipelines, whose steps declare topics of standard names.
        pipelines: Vec<Pipeline>,
        /// Found values that are known and left alone: reported as accepted, while exactly this value
        /// is found.
        accepted_mismatches: Vec<Accepted>,
    }
}

object! {
    /// What people call an object, which nothing is made of.
    Described {
        /// What it is for, in a sentence for people. Nothing is made of it on the cluster.
        description: Option<Text>,
    }
}

/// The file of an object.
impl Fields for SourceId {
    const FIELDS: &'static [FieldSpec] = &[];

    fn read(_: &mut Decoder<'_>, object: &Object<'_>) -> Option<Self> {
        Some(object.span.source)
    }
}

/// The place of an object.
impl Fields for Span {
    const FIELDS: &'static [FieldSpec] = &[];

    fn read(_: &mut Decoder<'_>, object: &Object<'_>) -> Option<Self> {
        Some(object.span)
    }
}

/// Decodes one YAML document. `None` where it is empty or no mapping at all.
pub(super) fn document(node: &Node, diagnostics: &mut Diagnostics) -> Option<Document> {
    if node.is_null() {
        return None;
    }
    if let Value::Sequence(items) = &node.value {
        // A file that a link leads to may be a list of what nobody is to see.
        let are_topics = items
            .iter()
            .all(|item| matches!(item.value, Value::Mapping(_)));
        let help = match are_topics {
            true => way_out(Some("topics"), Shape::Objects(Entry::SPEC), node),
            false => "write each as `topics: [{ name: orders }]` has it".to_owned(),
        };
        diagnostics.push(
            Diagnostic::error(Code::WrongType, "a manifest is a mapping, not a list")
                .at(head(node), "expected `topics:` before the list")
                .help(format!("put the list under `topics`: {help}")),
        );
        return None;
    }
    Document::from_node(&mut Decoder { diagnostics }, None, node)
}

const MEMBERS: Shape = super::fields::count(u32::MAX as i64);
