//! Where a section of the project may stand: in the project file where there is one, else in one
//! file. Pure; what a section says is not its business.

use std::collections::HashMap;
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Span};
use crate::manifest::load::{Loaded, PROJECT_FILE};

pub(super) struct Sections<'a> {
    loaded: &'a Loaded,
    first: HashMap<&'static str, (SourceId, Span)>,
}

impl<'a> Sections<'a> {
    pub(super) fn new(loaded: &'a Loaded) -> Self {
        Self {
            loaded,
            first: HashMap::new(),
        }
    }

    /// Like [`Self::may_stand`] for a section whose values cannot be joined.
    pub(super) fn stands_alone(
        &mut self,
        section: &'static str,
        source: SourceId,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        if !self.may_stand(section, source, span, diagnostics) {
            return false;
        }
        let first = self.first.get(section).filter(|(file, _)| *file == source);
        let first = first.map_or(span, |(_, first)| *first);
        if first == span {
            return true;
        }
        diagnostics.push(
            Diagnostic::error(
                Code::DuplicateDeclaration,
                format!("`{section}` stands in two documents of this file"),
            )
            .at(span, "the second one")
            .and(first, "the first one")
            .help("join them into one"),
        );
        false
    }

    /// Whether a section may stand here; where not, that is reported.
    pub(super) fn may_stand(
        &mut self,
        section: &'static str,
        source: SourceId,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        if let Some(project) = self.loaded.project
            && project != source
        {
            let path = |source| self.loaded.sources.path(source);
            // That there are two project files was reported of the run.
            if Path::new(path(source).as_ref()).file_name() == Some(PROJECT_FILE.as_ref()) {
                return true;
            }
            let path = path(project);
            diagnostics.push(
                Diagnostic::error(
                    Code::ProjectFile,
                    format!("`{section}` belongs in the project file"),
                )
                .at(span, format!("move it to {path}")),
            );
            return false;
        }
        let (first, first_span) = *self.first.entry(section).or_insert((source, span));
        if first == source {
            return true;
        }
        diagnostics.push(
            Diagnostic::error(
                Code::ProjectFile,
                format!("`{section}` stands in two files"),
            )
            .at(span, "the second one")
            .and(first_span, "the first one")
            .help(format!(
                "put what holds for all files into a {PROJECT_FILE} beside them"
            )),
        );
        false
    }
}
