//! What a syntax error means, and the way out. Takes the parser's word and the text that it
//! stopped in; pure, and knows nothing of the tree.

use crate::diagnostic::{Code, Diagnostic, Span};

pub(in crate::manifest) const TEMPLATE_HELP: &str =
    "this looks like a template that was not rendered; for values from outside use ${NAME}";

/// A syntax error of the parser, which stopped at this place of the text.
pub(super) fn problem(text: &str, stopped: Span, info: &str) -> Diagnostic {
    let line_start = text[..stopped.start as usize]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    if let Some(problem) = unquoted_variable(line_start, line, stopped, info) {
        return problem;
    }
    let help = if line.contains("{{") {
        TEMPLATE_HELP
    } else if line.trim_start_matches(' ').starts_with('\t') {
        "YAML is indented with spaces; this line has a tab"
    } else if info.contains("mapping values are not allowed") {
        "quote a text that has a colon in it, as in key: \"one: two\"; else look at the \
         indentation"
    } else if info.contains("quoted scalar") || info.contains("end of stream") {
        "look for a quote that is not closed"
    } else if info.contains("anchor") || info.contains("alias") {
        "a text that begins with `*` or `&` is quoted; an alias needs its anchor before it"
    } else {
        "look at the indentation, the brackets and the quotes up to this place"
    };
    Diagnostic::error(Code::Syntax, format!("not YAML: {info}"))
        .at(stopped, "the parser stopped here")
        .help(help)
}

/// `{ name: ${X} }`: to YAML the brace of the variable opens another mapping.
fn unquoted_variable(
    line_start: usize,
    line: &str,
    stopped: Span,
    info: &str,
) -> Option<Diagnostic> {
    if !info.contains("flow") {
        return None;
    }
    let reached = (stopped.start as usize).saturating_sub(line_start) + 2;
    let opened = line
        .match_indices("${")
        .map(|(at, _)| at)
        .take_while(|at| *at < reached)
        .last()?;
    let length = line[opened..].find('}')? + 1;
    let offset = |bytes: usize| u32::try_from(line_start + bytes).unwrap_or(u32::MAX);
    let span = Span {
        source: stopped.source,
        start: offset(opened),
        end: offset(opened + length),
    };
    let variable = &line[opened..opened + length];
    let message = "between braces or brackets a variable is quoted";
    Some(Diagnostic::error(Code::Syntax, message).at(span, format!("write \"{variable}\"")))
}
