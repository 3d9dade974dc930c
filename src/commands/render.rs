//! `topicctl render`: the declared topics in another form.

use clap::Args;

use super::inputs::{InvalidInput, accept, selected};
use super::{Answering, TextOutput};
use crate::cli::ManifestArgs;
use crate::context::{Purpose, RunContext};
use crate::layout::Layout;
use crate::manifest;
use crate::render::{Form, render};

/// `topicctl render`.
#[derive(Args, Debug)]
pub struct RenderArgs {
    /// What to read.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// What to write
    #[arg(
        short, long, value_name = "FORM", value_enum, default_value_t = Form::Yaml,
        env = "TOPICCTL_RENDER_OUTPUT", help_heading = "Output"
    )]
    pub output: Form,
}

impl Answering for RenderArgs {
    fn context(&self) -> RunContext {
        RunContext {
            deny_warnings: self.manifests.deny_warnings,
            ..RunContext::new("render", Purpose::Offline)
        }
    }

    fn is_json(&self) -> bool {
        self.output == Form::Json
    }

    /// Reads the manifests and renders what they declare.
    fn answer(&self, _layout: Layout) -> Result<TextOutput, Box<InvalidInput>> {
        let manifests = manifest::read(&selected(&self.manifests));
        let (context, mut manifests) = accept(manifests, self.context())?;
        let rendered = render(&manifests.topics, &context.sources, self.output);
        let text = rendered
            .map_err(|problems| manifests.diagnostics.extend(problems))
            .ok();
        Ok(TextOutput::new(context, text, &manifests.diagnostics))
    }
}
