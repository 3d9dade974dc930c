//! Manifests that nobody should write: no panic, no hang, bounded memory, and limits that say so.

use std::fmt::Write as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use topicctl::diagnostic::{self, Code};
use topicctl::manifest::{self, Request};

/// What reading and reporting may take, unoptimized and beside other tests. What grows with the
/// square of these sizes takes minutes.
const PATIENCE: Duration = Duration::from_secs(600);

/// Reads a text and reports its problems, as `topicctl validate` does; gives their codes.
fn read(text: &[u8], profile: Option<&str>) -> Vec<Code> {
    let request = Request {
        profile: profile.map(str::to_owned),
        ..Request::default()
    };
    let manifests = manifest::read_texts(&[("topicctl.yaml", text)], &request);
    let problems = manifests.diagnostics.sorted(&manifests.sources);
    for problem in &problems {
        diagnostic::render(
            problem,
            &manifests.sources,
            topicctl::layout::Layout::default(),
        );
        let place = problem.primary.as_ref();
        place.map(|label| manifests.sources.location(label.span));
    }
    problems.into_iter().map(|one| one.code).collect()
}

/// The same in a thread of a small stack, within [`PATIENCE`].
fn codes(text: String) -> Vec<Code> {
    let (done, result) = mpsc::channel();
    let reader = thread::Builder::new().stack_size(1024 * 1024);
    let reading = reader.spawn(move || done.send(read(text.as_bytes(), None)));
    reading.expect("a thread");
    match result.recv_timeout(PATIENCE) {
        Ok(codes) => codes,
        Err(problem) => panic!("{problem}: a hang or a panic"),
    }
}

fn topics(count: usize, topic: impl Fn(usize) -> String) -> String {
    let mut text = String::from("topics:\n");
    for at in 0..count {
        writeln!(text, "- {{ {} }}", topic(at)).expect("a string takes all");
    }
    text
}

const MANY: usize = 6_000;

#[test]
fn many_topics_are_read() {
    assert_eq!(
        codes(topics(MANY, |at| format!("name: t-{at}, retention: 3d"))),
        []
    );
}

#[test]
fn many_mistakes_are_reported() {
    for (code, topic) in [
        (Code::UnknownField, "partition: 3"),
        (Code::UnknownConfig, "config: { retention.hours: 3 }"),
        (Code::InvalidConfig, "config: { max.message.bytes: 10MB }"),
        (Code::UnknownTopic, "dlq: other-topic"),
        (Code::UnknownTopic, "partitions: { same_as: other-topic }"),
        (Code::UnknownTier, "tier: standart"),
        (Code::UndefinedVariable, "owner: '${OWNER}'"),
    ] {
        let found = codes(topics(MANY, |at| format!("name: topic-{at}, {topic}")));
        assert_eq!(found, vec![code; MANY], "{topic}");
    }
}

#[test]
fn many_names_that_are_taken_are_reported() {
    let duplicates = codes(topics(MANY, |at| format!("name: t-{}", at % (MANY / 2))));
    assert_eq!(duplicates, vec![Code::DuplicateTopic; MANY / 2]);
    let collisions = codes(topics(MANY, |at| {
        format!("name: t{}{}", if at % 2 == 0 { '.' } else { '_' }, at / 2)
    }));
    assert_eq!(collisions, vec![Code::NameCollision; MANY / 2]);
}

#[test]
fn a_file_of_one_line_is_as_good_as_any() {
    for (value, wrong) in [("3", 0), ("0", MANY), ("\"é\"", MANY)] {
        let topic = |at| format!(r#"{{"name":"t-{at}","partitions":{value}}}"#);
        let topics: Vec<_> = (0..MANY).map(topic).collect();
        let found = codes(format!(r#"{{"topics":[{}]}}"#, topics.join(",")));
        assert_eq!(found.len(), wrong, "{value}");
    }
}

#[test]
fn long_chains_end_at_a_limit_or_are_followed() {
    let mut tiers = String::from("tiers:\n");
    for at in 0..MANY {
        writeln!(tiers, "  t{at}: {{ extends: t{} }}", at + 1).expect("a string takes all");
    }
    let text = format!(
        "{tiers}  t{MANY}:\n{}",
        topics(MANY, |at| format!("name: x{at}, tier: t0"))
    );
    assert!(codes(text).iter().all(|code| *code == Code::TooLarge));

    let profiles = tiers.replace("tiers:", "profiles:");
    let text = format!("{profiles}  t{MANY}:\ntopics: [{{ name: a }}]\n");
    assert!(codes(text).iter().all(|code| *code == Code::TooLarge));

    let last = MANY - 1;
    let same = topics(MANY, |at| match at {
        at if at == last => format!("name: t{at}, partitions: 7"),
        at => format!("name: t{at}, partitions: {{ same_as: t{} }}", at + 1),
    });
    assert_eq!(codes(same), []);
    let circle = topics(MANY, |at| {
        format!(
            "name: t{at}, partitions: {{ same_as: t{} }}",
            (at + 1) % MANY
        )
    });
    assert_eq!(codes(circle), [Code::Cycle]);

    let mut vars = String::from("vars:\n");
    for at in 0..MANY {
        writeln!(vars, "  v{at}: ${{v{}}}", at + 1).expect("a string takes all");
    }
    let text = format!("{vars}topics: [{{ name: '${{v0}}' }}]\n");
    assert_eq!(codes(text), [Code::TooLarge]);
}

#[test]
fn many_steps_of_a_pipeline_are_read() {
    let mut text = String::from("pipelines:\n- name: p\n  steps:\n  - { name: s, output: true }\n");
    for at in 0..MANY / 4 {
        writeln!(
            text,
            "  - {{ name: s{at}, consumes: s.output, error: true }}"
        )
        .expect("a string takes all");
    }
    assert_eq!(codes(text), []);
}

#[test]
fn a_count_may_follow_a_step_that_only_reads() {
    // The error topic's own count is known last.
    let text = "
topics: [{ name: a, partitions: { same_as: pipeline.p.step.t.error } }]
pipelines:
- name: p
  allowed_topics: a
  steps:
  - { name: s, output: { partitions: 5 } }
  - { name: t, consumes: s.output, error: true }
  - { name: u, consumes: [a, s.output], error: true }
";
    assert_eq!(codes(text.to_owned()), []);
}

#[test]
fn bombs_end_at_their_limit() {
    let nested = "[".repeat(100_000);
    assert_eq!(codes(nested).len(), 1);

    let mut aliases = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(aliases, "a{level}: &a{level} [{items}]").expect("a string takes all");
    }
    assert!(codes(aliases).contains(&Code::TooLarge));

    // Each topic would have a megabyte of its own.
    let text = "x".repeat(1_000_000);
    for topic in ["owner: *x", "*x : 1", "<<: { *x : 1 }"] {
        let topics = topics(MANY, |at| format!("name: t-{at}, {topic}"));
        let found = codes(format!("x: &x {text}\n{topics}"));
        assert!(found.contains(&Code::TooLarge), "{topic}");
    }

    let huge = "x".repeat(10_000_000);
    assert_eq!(
        codes(format!("topics: [{{ name: '{huge}' }}]")),
        [Code::IllegalName]
    );
    let defaults = format!("topics: [{{ name: '{}', }}]", "${A:-".repeat(100_000));
    assert_eq!(codes(defaults), [Code::VariableSyntax]);
}

#[test]
fn a_sentence_loses_the_middle_of_a_huge_name() {
    let huge = "é".repeat(1_000_000);
    let twice = format!("topics: [{{ name: a, {huge}: 1, {huge}: 2 }}]\n");
    let texts = [("topicctl.yaml", twice.as_bytes())];
    let manifests = manifest::read_texts(&texts, &Request::default());
    assert_eq!(manifests.diagnostics.iter().count(), 2);
    for problem in manifests.diagnostics.iter() {
        let text = diagnostic::render(
            problem,
            &manifests.sources,
            topicctl::layout::Layout::default(),
        );
        assert!(text.contains(" …"), "{} characters", text.len());
        assert!(text.chars().count() < 2_500, "{} characters", text.len());
    }
}

#[test]
fn what_is_said_beside_a_line_is_said_where_it_is_too_long_to_be_shown() {
    let many = ", { name: a }".repeat(1_000);
    let text = format!("topics: [{{ name: a, partition: 3 }}{many}]\n");
    let texts = [("topics.yaml", text.as_bytes())];
    let manifests = manifest::read_texts(&texts, &Request::default());
    let mut problems = manifests.diagnostics.iter();
    let unknown = problems.find(|one| one.code == Code::UnknownField);
    let text = diagnostic::render(
        unknown.expect("a problem"),
        &manifests.sources,
        topicctl::layout::Layout::default(),
    );
    assert!(
        text.ends_with("--> topics.yaml:1:21\n  did you mean `partitions`?"),
        "{text}"
    );
}

#[test]
fn the_reference_names_the_limits() {
    let reference = include_str!("../../docs/manifest.md");
    let tiers = |count: usize| {
        let mut text = String::from("tiers:\n");
        for at in 1..count {
            writeln!(text, "  t{at}: {{ extends: t{} }}", at + 1).expect("a string takes all");
        }
        format!("{text}  t{count}:\ntopics: [{{ name: a, tier: t1 }}]\n")
    };
    assert!(reference.contains("| tiers or profiles in a chain of `extends` | 64 |"));
    assert_eq!(codes(tiers(64)), []);
    assert!(codes(tiers(66)).contains(&Code::TooLarge));

    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        codes(format!("topics: [{{ name: a }}]\nx: {open}{close}"))
    };
    assert!(reference.contains("| nesting | 64 levels |"));
    assert_eq!(nested(63), [Code::UnknownField]);
    assert!(nested(64).contains(&Code::TooLarge));

    let defaults = |levels: usize| {
        let (open, close) = ("${A:-".repeat(levels), "}".repeat(levels));
        codes(format!("topics: [{{ name: '{open}x{close}' }}]"))
    };
    assert!(reference.contains("| 64 levels |"));
    assert_eq!(defaults(64), []);
    assert_eq!(defaults(65), [Code::TooLarge]);

    let several = |count: usize| {
        codes(format!(
            "topics: [{{ name: a, owner: '{}' }}]",
            "${A:-}".repeat(count)
        ))
    };
    assert!(reference.contains("| substitutions for one value | 1000 |"));
    assert_eq!(several(1000), []);
    assert_eq!(several(1001), [Code::TooLarge]);
}

#[test]
fn odd_bytes_are_reported_and_end_nothing() {
    let good: &[u8] = b"topics:\n- name: a\n";
    let with_mark = [b"\xef\xbb\xbf", good].concat();
    let windows = b"topics:\r\n- name: a\r\n  partitions: 3\r\n";
    for text in [good, &with_mark, windows] {
        assert_eq!(read(text, None), []);
    }
    for (text, code) in [
        (&b"topics:\n\t- name: a\n"[..], Code::Syntax),
        (b"topics: [{ name: a\xff }]", Code::NotUtf8),
        (b"\xff\xfet\0o\0", Code::NotUtf8),
        (b"topics: [{ name: \"a\\0b\" }]", Code::IllegalName),
        (b"topics: [{ name: a }]\n...\n}{", Code::Syntax),
    ] {
        assert!(
            read(text, None).contains(&code),
            "{code}: {:?}",
            read(text, None)
        );
    }
}

/// Words that mean something somewhere, so that nonsense goes deep.
const WORDS: &[&str] = &[
    "topics",
    "name",
    "partitions",
    "source",
    "default",
    "same_as",
    "retry",
    "delays",
    "dlq",
    "error",
    "true",
    "a",
    "a-dlq",
    "5m",
    "unlimited",
    "config",
    "retention",
    "retention.ms",
    "retention.bytes",
    "min.insync.replicas",
    "cleanup.policy",
    "compact",
    "tiers",
    "extends",
    "standard",
    "tier",
    "profiles",
    "dev",
    "all",
    "vars",
    "x",
    "${x}",
    "${x:-a}",
    "${",
    "$$",
    "${source}",
    "external",
    "pipelines",
    "steps",
    "consumes",
    "output",
    "s",
    "s.output",
    "policy",
    "names",
    "allow",
    "(",
    "checks",
    "delays-fall",
    "naming",
    "replication_factor",
    "3",
    "0",
    "-1",
    "9223372036854775808",
    "1e9",
    "é",
    "~",
    "<<",
    "*a",
    "&a",
    "''",
];

/// Nested flow collections of such words.
fn nonsense() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(WORDS).prop_map(str::to_owned);
    word.prop_recursive(6, 60, 6, |inner| {
        let key = proptest::sample::select(WORDS);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            proptest::collection::vec((key, inner), 0..6).prop_map(|entries| {
                let entries = entries.into_iter();
                let entries = entries.map(|(key, value)| format!("{key}: {value}"));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn nonsense_is_reported(text in nonsense()) {
        read(text.as_bytes(), None);
        read(text.as_bytes(), Some("dev"));
    }

    #[test]
    fn bytes_are_reported(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes, None);
    }
}
