//! What is written about each code: the sections of `docs/diagnostics.md`, which is a part of the
//! program.

use crate::diagnostic::Code;

const DOCUMENT: &str = include_str!("../../docs/diagnostics.md");

/// Examples are moved in by this much where they have no fences.
const INDENT: &str = "    ";

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

/// The section for a terminal: without the marks that only a Markdown reader needs.
pub fn plain(code: Code) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in section(code).lines() {
        if line.starts_with("```") {
            inside = !inside;
            continue;
        }
        if inside && !line.is_empty() {
            text.push_str(INDENT);
        }
        text.push_str(line.strip_prefix("## ").unwrap_or(line));
        text.push('\n');
    }
    if code.is_relation() {
        text.push_str(&allowance(code));
    }
    text
}

/// How a manifest lets a relation check pass.
fn allowance(code: Code) -> String {
    format!(
        "\nWhere it is meant, the topic says so; under one profile, its entry there; for\n\
         all topics, the policy:\n\n\
         {INDENT}topics:\n\
         {INDENT}  - name: orders\n\
         {INDENT}    allow: [{code}]\n\
         {INDENT}profiles:\n\
         {INDENT}  dev:\n\
         {INDENT}    topics: [{{ name: orders, allow: [{code}] }}]\n\
         {INDENT}policy:\n\
         {INDENT}  checks: {{ {code}: allow }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::WIDTH;
    use crate::manifest::{Request, read_texts};

    #[test]
    fn every_code_has_a_section_that_fits_a_terminal() {
        for code in Code::ALL {
            let text = plain(*code);
            assert!(text.starts_with(code.as_str()), "{code} has no section");
            assert!(text.lines().count() > 2, "{code} says nothing");
            for line in text.lines() {
                assert!(line.chars().count() <= WIDTH, "{code}: {line}");
            }
        }
    }

    #[test]
    fn how_to_let_a_check_pass_is_a_manifest_that_does() {
        for code in Code::ALL.iter().filter(|code| code.is_relation()) {
            let text = plain(*code);
            let (_, manifest) = text.rsplit_once(":\n\n").expect("an example");
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
