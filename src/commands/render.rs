//! `topicctl render`: the declared topics in another form.

use super::{Answer, offline};
use crate::cli::RenderArgs;
use crate::exit::ExitCode;
use crate::render::render;
use crate::report::{Command, Report};

/// Reads the manifests and renders what they declare.
pub(super) fn run(args: &RenderArgs) -> Answer {
    let mut manifests = offline::read(&args.manifests, Command::Render)?;
    let rendered = render(&manifests.topics, &manifests.sources, args.output);
    let exit = match &rendered {
        Ok(_) => ExitCode::Matching,
        Err(_) => ExitCode::Invalid,
    };
    let (text, problems) = match rendered {
        Ok(text) => (Some(text), Vec::new()),
        Err(problems) => (None, problems),
    };
    manifests.diagnostics.extend(problems);
    let report = Report {
        exit,
        ..Report::invalid(
            Some(Command::Render),
            &manifests.diagnostics,
            manifests.sources,
        )
    };
    match text {
        Some(text) => Ok((text, report)),
        None => Err(Box::new(report)),
    }
}
