//! docs/manifest.md: its examples are manifests without errors, but for those marked `wrong`.

use std::fs;
use std::path::Path;

use topicctl::diagnostic::{self, Severity};
use topicctl::manifest::{self, Manifests, Outside, Request};

/// A fenced block.
struct Example {
    line: usize,
    wrong: bool,
    text: String,
}

fn examples() -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manifest.md");
    let text = fs::read_to_string(path).expect("the reference");
    let mut examples = Vec::new();
    let mut open: Option<Example> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line) {
            (None, "```yaml" | "```yaml wrong") => {
                let wrong = line.ends_with("wrong");
                let text = String::new();
                open = Some(Example {
                    line: at + 1,
                    wrong,
                    text,
                });
            }
            (Some(_), "```") => examples.extend(open.take()),
            (Some(example), line) => {
                example.text.push_str(line);
                example.text.push('\n');
            }
            (None, _) => {}
        }
    }
    examples
}

/// Reads an example as a file of its own, as production and under every profile.
fn read(example: &Example) -> [Manifests; 2] {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("topicctl.yaml"), &example.text).expect("a file");
    let request = Request {
        paths: vec![directory.path().to_owned()],
        outside: Outside::default(),
        ..Request::default()
    };
    [
        manifest::read(&request),
        manifest::read_all_profiles(&request),
    ]
}

fn reported(manifests: &Manifests) -> String {
    let problems = manifests.diagnostics.sorted(&manifests.sources);
    let problems = problems.iter();
    let reported = problems.map(|one| {
        diagnostic::render(one, &manifests.sources, topicctl::layout::Layout::default())
    });
    reported.collect::<Vec<_>>().join("\n")
}

#[test]
fn examples_are_right_unless_they_say_otherwise() {
    let examples = examples();
    assert!(examples.len() > 15, "{} examples", examples.len());
    for example in &examples {
        let [production, profiles] = read(example);
        let line = example.line;
        if example.wrong {
            assert!(
                production.diagnostics.has_errors(),
                "docs/manifest.md:{line} is marked wrong, and nothing is"
            );
            continue;
        }
        for manifests in [production, profiles] {
            let problems = manifests.diagnostics.sorted(&manifests.sources);
            let bad = problems.iter().any(|one| one.severity != Severity::Note);
            assert!(!bad, "docs/manifest.md:{line}\n{}", reported(&manifests));
        }
    }
}

#[test]
fn the_first_example_says_what_its_text_says() {
    let examples = examples();
    let [manifests, _] = read(&examples[0]);
    let topics: Vec<_> = manifests
        .topics
        .iter()
        .map(|topic| {
            let partitions = topic.partitions.as_ref().map(|one| one.value.get());
            let replicas = topic.replication_factor.as_ref().map(|one| one.value.get());
            let config = ["retention.ms", "min.insync.replicas", "compression.type"];
            let config = config.map(|key| topic.config_value(key).unwrap_or("-"));
            (topic.name.as_str(), partitions, replicas, config)
        })
        .collect();
    assert_eq!(
        topics,
        [
            ("orders", Some(6), Some(3), ["1209600000", "2", "snappy"]),
            (
                "orders-dlq",
                Some(1),
                Some(3),
                ["2592000000", "1", "snappy"]
            ),
        ]
    );
}
