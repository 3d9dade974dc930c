//! Trees to raw manifests: field by field along the tables of [`super::fields`].
//!
//! Everything wrong is reported and left out, and the reading goes on: one wrong topic never
//! hides the next one's problems. Texts with variables are taken as they are; what needs their
//! values is checked by [`super::resolve`].
//!
//! `shapes` reads what a field may take; each other file reads one family of objects, as
//! `fields` has them.

mod pipelines;
mod policy;
mod project;
mod settings;
mod shapes;
mod topics;

use std::collections::HashMap;
use std::rc::Rc;

use super::fields::{self, ObjectSpec};
use super::raw::Document;
use super::yaml::{Node, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Span};

/// Decodes one YAML document. `None` where it is empty or no mapping at all.
pub(super) fn document(
    node: &Node,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> Option<Document> {
    if node.is_null() {
        return None;
    }
    if let Value::Sequence(_) = node.value {
        diagnostics.push(
            Diagnostic::error(Code::WrongType, "a manifest is a mapping, not a list")
                .at(shapes::head(node), "expected `topics:` before the list")
                .help("put the list under `topics:`"),
        );
        return None;
    }
    let mut decoder = Decoder { diagnostics };
    let object = decoder.object(node, &fields::DOCUMENT)?;
    Some(Document {
        source,
        defaults: decoder.defaults(&object),
        naming: decoder.naming(&object),
        tiers: decoder.tiers(&object),
        profiles: decoder.profiles(&object),
        clusters: decoder.clusters(&object),
        policy: decoder.policy(&object),
        pipelines: decoder.pipelines(&object),
        accepted: decoder.accepted(&object),
        vars: decoder.free_texts(&object, "vars"),
        topics: decoder.topics(&object),
    })
}

/// Reads objects and fields, and reports what is wrong with them.
struct Decoder<'d> {
    diagnostics: &'d mut Diagnostics,
}

/// A mapping whose keys are all in its table.
struct Object<'n> {
    spec: &'static ObjectSpec,
    span: Span,
    fields: HashMap<&'static str, (Span, &'n Rc<Node>)>,
}

impl<'n> Object<'n> {
    /// The field's place and value, also where that is null.
    fn get(&self, name: &'static str) -> Option<(Span, &'n Rc<Node>)> {
        debug_assert!(
            self.spec.fields.iter().any(|field| field.name == name),
            "`{name}` is not in the table of {}",
            self.spec.name
        );
        #[cfg(test)]
        fields::note_read(self.spec, name);
        self.fields.get(name).copied()
    }

    /// The same for a field to which null is the same as no field at all.
    fn stated(&self, name: &'static str) -> Option<(Span, &'n Rc<Node>)> {
        self.get(name).filter(|(_, node)| !node.is_null())
    }
}
