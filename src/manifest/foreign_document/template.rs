//! Templates, Helm's most often, which are no YAML until they are rendered. Looks at the text of a
//! file.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Code, Diagnostic, SourceId, Span};
use crate::manifest::yaml::TEMPLATE_HELP;

/// An action where a line or a value begins: no YAML begins so. The first group is what stands
/// before it on its line, without quotes and comments; the second the action.
static ACTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^([ \t]*|[^\n"'#]*[:,\[-][ \t]+)(\{\{[^\n]*?(?:\}\}|$))"#).ok()
});

/// What no manifest of topicctl has at its left edge.
static OTHERS_KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^(apiVersion|kind|metadata|spec|services|asyncapi):").ok());

/// What to say of a file that is a template, once for all of it. `None` also where the parser says
/// it once: where it stops at the first action, or where there is no other.
pub(in crate::manifest) fn template(text: &str, source: SourceId) -> Option<Diagnostic> {
    if !text.contains("{{") {
        return None;
    }
    let first = ACTION.as_ref()?.captures(text)?;
    let (before, action) = (first.get(1)?.as_str(), first.get(2)?);
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let place = Span {
        source,
        start: offset(action.start()),
        end: offset(action.end()),
    };
    if OTHERS_KEY
        .as_ref()
        .is_some_and(|regex| regex.is_match(text))
    {
        let message = "this is a template, of Helm perhaps, not a topicctl manifest";
        let help = "render it first, with `helm template` for a chart; topicctl can say more of what \
                    comes out";
        let problem = Diagnostic::error(Code::ForeignDocument, message);
        return Some(problem.at(place, "").help(help));
    }
    if before.trim().is_empty() || text.matches("{{").nth(1).is_none() {
        return None;
    }
    let message = "`{{ … }}` templates were left in the manifest";
    let problem = Diagnostic::error(Code::Syntax, message);
    Some(problem.at(place, "the first one").help(TEMPLATE_HELP))
}
