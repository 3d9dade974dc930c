//! `topicctl schema`: the JSON Schema of manifests, for editors.

use clap::Args;

use super::inputs::InvalidInput;
use super::{Answering, TextOutput};
use crate::context::RunContext;
use crate::diagnostic::Diagnostics;
use crate::layout::Layout;
use crate::manifest;

/// `topicctl schema`.
#[derive(Args, Debug)]
pub struct SchemaArgs {}

/// The schema as a file holds it.
pub(super) fn text() -> String {
    format!("{:#}\n", manifest::schema())
}

impl Answering for SchemaArgs {
    /// Prints the schema.
    fn answer(&self, _layout: Layout) -> Result<TextOutput, Box<InvalidInput>> {
        Ok(TextOutput::new(
            RunContext::default(),
            Some(text()),
            &Diagnostics::default(),
        ))
    }
}
