//! What is written about each code: the sections of `docs/diagnostics.md`, which is a part of the
//! program.

use crate::diagnostic::Code;
use crate::layout::Layout;

const DOCUMENT: &str = include_str!("../../docs/diagnostics.md");

/// Examples are moved in by this much where they have no fences.
const INDENT: &str = "    ";

/// Begins an item of a list.
const ITEM: &str = "- ";

/// The section of a code as Markdown, from its heading on. Every code has one, which a test holds
/// to; the empty text stands for none.
pub fn section(code: Code) -> &'static str {
    let heading = |line: &str| line.strip_prefix("## ").map(str::trim) == Some(code.as_str());
    let mut begin = None;
    let mut at = 0;
    for line in DOCUMENT.split_inclusive('\n') {
        match begin {
            None if heading(line) => begin = Some(at),
            Some(begin) if line.starts_with("## ") || line.starts_with("# ") => {
                return DOCUMENT[begin..at].trim_end();
            }
            _ => {}
        }
        at += line.len();
    }
    begin.map_or("", |begin| DOCUMENT[begin..].trim_end())
}

/// The section for a terminal: without the marks that only a Markdown reader needs, and its paragraphs
/// as wide as there is room. Examples stand as they are written.
pub fn plain(code: Code, layout: Layout) -> String {
    let mut lines = Vec::new();
    let mut paragraph = Vec::new();
    let mut inside = false;
    let end = |paragraph: &mut Vec<&str>, lines: &mut Vec<String>| {
        let text = paragraph.join(" ");
        let indent = if text.starts_with(ITEM) { "  " } else { "" };
        if !paragraph.is_empty() {
            lines.extend(layout.wrap(&text, "", indent));
        }
        paragraph.clear();
    };
    for line in section(code).lines() {
        let is_fence = line.starts_with("```");
        let is_apart = is_fence || inside || line.is_empty() || line.starts_with(ITEM);
        if is_apart {
            end(&mut paragraph, &mut lines);
        }
        match line {
            _ if is_fence => inside = !inside,
            "" => lines.push(String::new()),
            line if inside => lines.push(format!("{INDENT}{line}")),
            line => paragraph.push(line.strip_prefix("## ").unwrap_or(line).trim()),
        }
    }
    end(&mut paragraph, &mut lines);
    if code.is_relation() {
        lines.push(String::new());
        lines.extend(layout.wrap(ALLOWING, "", ""));
        lines.push(String::new());
        let manifest = allowance(code);
        lines.extend(manifest.lines().map(|line| format!("{INDENT}{line}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

const ALLOWING: &str = "Where it is meant, the topic says so; under one profile, its entry there; for \
                        all topics, the policy:";

/// A manifest that lets a relation check pass in each of these ways.
fn allowance(code: Code) -> String {
    format!(
        "topics:\n  - name: orders\n    allow: [{code}]\nprofiles:\n  dev:\n    topics: [{{ name: orders, \
         allow: [{code}] }}]\npolicy:\n  checks: {{ {code}: allow }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Request, read_texts};

    #[test]
    fn every_code_has_a_section_that_fits_a_terminal() {
        for code in Code::ALL {
            let text = plain(*code, Layout::default());
            assert!(text.starts_with(code.as_str()), "{code} has no section");
            assert!(text.lines().count() > 2, "{code} says nothing");
            for line in text.lines() {
                assert!(line.chars().count() <= Layout::WIDTH, "{code}: {line}");
            }
        }
    }

    #[test]
    fn how_to_let_a_check_pass_is_a_manifest_that_does() {
        for code in Code::ALL.iter().filter(|code| code.is_relation()) {
            let manifest = allowance(*code);
            assert!(
                plain(*code, Layout::default()).contains("    policy:"),
                "{code}"
            );
            let files = [("topicctl.yaml", manifest.as_bytes())];
            let request = Request {
                profile: Some("dev".to_owned()),
                ..Request::default()
            };
            let manifests = read_texts(&files, &request);
            assert!(manifests.diagnostics.is_empty(), "{manifest}");
            assert_eq!(manifests.topics[0].allow, [*code, *code]);
        }
    }

    #[test]
    fn a_section_ends_before_the_next_one() {
        for code in Code::ALL {
            assert_eq!(section(*code).matches("\n## ").count(), 0, "{code}");
        }
    }
}
