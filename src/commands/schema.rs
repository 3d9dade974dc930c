//! `topicctl schema`: the JSON Schema of manifests, for editors.

use crate::manifest;

/// The schema as a file holds it.
pub(super) fn text() -> String {
    format!("{:#}\n", manifest::schema())
}
