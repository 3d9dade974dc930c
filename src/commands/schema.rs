//! `topicctl schema`: the JSON Schema of manifests, for editors.

use clap::Args;

use super::inputs::InvalidInput;
use super::{Answering, TextOutput};
use crate::context::RunContext;
use crate::diagnostic::Diagnostics;
use crate::manifest;

/// `topicctl schema`.
#[derive(Args, Debug)]
pub struct SchemaArgs {}

impl Answering for SchemaArgs {
    /// The schema as a file holds it.
    fn answer(&self) -> Result<TextOutput, Box<InvalidInput>> {
        let text = format!("{:#}\n", manifest::schema());
        Ok(TextOutput::new(
            RunContext::default(),
            Some(text),
            &Diagnostics::default(),
        ))
    }
}
