//! The page of diagnostics says what the checks do: every code has its section, and every example
//! is what it claims to be.

use std::collections::BTreeMap;
use std::path::Path;

use topicctl::diagnostic::Code;
use topicctl::manifest::{self, Manifests, Outside, Request};

const PAGE: &str = include_str!("../../docs/diagnostics.md");

/// A fenced example: the words behind the fence's `yaml`, and the text.
struct Example {
    words: Vec<&'static str>,
    text: String,
}

/// The sections by their headings, in their order.
fn sections() -> Vec<(&'static str, Vec<Example>)> {
    let mut sections: Vec<(&str, Vec<Example>)> = Vec::new();
    let mut open: Option<Example> = None;
    for line in PAGE.lines() {
        if let Some(info) = line.strip_prefix("```") {
            match open.take() {
                Some(example) => sections.last_mut().expect("a section").1.push(example),
                None => {
                    open = Some(Example {
                        words: info.split_whitespace().collect(),
                        text: String::new(),
                    });
                }
            }
        } else if let Some(example) = &mut open {
            example.text.push_str(line);
            example.text.push('\n');
        } else if let Some(heading) = line.strip_prefix("## ") {
            sections.push((heading, Vec::new()));
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    sections
}

impl Example {
    fn is(&self, kind: &str) -> bool {
        assert_eq!(self.words.first(), Some(&"yaml"), "{:?}", self.words);
        self.words.get(1) == Some(&kind)
    }

    /// The values of `name=…` behind the fence.
    fn options(&self, name: &str) -> impl Iterator<Item = &'static str> {
        let prefix = format!("{name}=");
        let all = self.words.clone().into_iter();
        all.filter_map(move |word| word.strip_prefix(&prefix))
    }

    /// Writes the files; without a `# file:` line there is one.
    fn write(&self, directory: &Path) {
        let mut files: Vec<(&str, String)> = Vec::new();
        for line in self.text.lines() {
            match line.strip_prefix("# file: ") {
                Some(name) => files.push((name, String::new())),
                None => {
                    if files.is_empty() {
                        files.push(("orders.yaml", String::new()));
                    }
                    let file = files.last_mut().expect("pushed");
                    file.1.push_str(line);
                    file.1.push('\n');
                }
            }
        }
        let latin = self.options("encoding").any(|name| name == "latin-1");
        for (name, text) in files {
            let bytes = if latin {
                let byte = |c: char| u8::try_from(u32::from(c)).expect("a Latin-1 character");
                text.chars().map(byte).collect()
            } else {
                text.into_bytes()
            };
            std::fs::write(directory.join(name), bytes).expect("written");
        }
    }

    fn read(&self) -> Manifests {
        let directory = tempfile::tempdir().expect("a directory");
        self.write(directory.path());
        let path = self.options("path").next().unwrap_or("");
        let vars = self.options("var").filter_map(|var| var.split_once('='));
        manifest::read(&Request {
            paths: vec![directory.path().join(path)],
            profile: self.options("profile").next().map(str::to_owned),
            cluster: self.options("cluster").next().map(str::to_owned),
            outside: Outside {
                given: vars
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                environment: BTreeMap::new(),
            },
            select: self.options("select").map(str::to_owned).collect(),
        })
    }
}

/// The codes that were found, with their messages.
fn found(manifests: &Manifests) -> Vec<(Code, String)> {
    let sorted = manifests.diagnostics.sorted(&manifests.sources);
    sorted
        .into_iter()
        .map(|one| (one.code, one.message))
        .collect()
}

#[test]
fn every_code_has_its_section_in_order() {
    let headings: Vec<_> = sections().into_iter().map(|(heading, _)| heading).collect();
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(headings, codes);
}

#[test]
fn sections_about_manifests_show_a_wrong_and_a_right_example() {
    for (heading, examples) in sections() {
        let code = Code::by_name(heading).expect("a code");
        let kinds: Vec<_> = examples.iter().map(|one| one.words[1]).collect();
        let expected: &[&str] = if code.is_of_manifests() {
            &["wrong", "right"]
        } else {
            &[]
        };
        assert_eq!(kinds, expected, "{code}");
    }
}

#[test]
fn wrong_examples_are_wrong_in_this_way_only() {
    for (heading, examples) in sections() {
        for example in examples.iter().filter(|example| example.is("wrong")) {
            let found = found(&example.read());
            let right = !found.is_empty() && found.iter().all(|(code, _)| code.as_str() == heading);
            assert!(right, "{heading}: {found:#?}");
        }
    }
}

#[test]
fn right_examples_have_no_problem_at_all() {
    for (heading, examples) in sections() {
        for example in examples.iter().filter(|example| example.is("right")) {
            let manifests = example.read();
            assert_eq!(found(&manifests), [], "{heading}");
            assert!(!manifests.topics.is_empty(), "{heading}");
        }
    }
}

#[test]
fn sections_say_which_checks_can_be_graded() {
    for code in Code::ALL {
        let says = topicctl::explain::pages::section(*code)
            .replace('\n', " ")
            .to_lowercase()
            .contains("relation check");
        assert_eq!(says, code.is_relation(), "{code}");
    }
}
