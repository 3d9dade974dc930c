//! What is read of a text, and where its problems are.

use super::*;

fn read(text: &str) -> (Vec<Rc<Node>>, Vec<String>) {
    let mut sources = Sources::default();
    let source = sources.add("test.yaml", text.to_owned());
    let mut diagnostics = Diagnostics::default();
    let documents = parse(&sources, source, &mut diagnostics);
    let problems = diagnostics
        .sorted(&sources)
        .iter()
        .map(|one| {
            let at = one
                .primary
                .as_ref()
                .map(|label| sources.location(label.span));
            let at = at.map_or(String::new(), |at| format!("{}:{}", at.line, at.column));
            format!("{} {at}", one.code)
        })
        .collect();
    (documents, problems)
}

#[test]
fn a_duplicate_key_does_not_hide_the_rest() {
    let (documents, problems) = read("a: 1\na: 2\nb: {x: 1, x: 2}\n");
    assert_eq!(documents.len(), 1);
    assert_eq!(problems, ["duplicate-key 2:1", "duplicate-key 3:11"]);
}

#[test]
fn spans_count_bytes_behind_wide_characters() {
    let (documents, _) = read("é: ü\nname: x\n");
    let Value::Mapping(entries) = &documents[0].value else {
        panic!("a mapping")
    };
    assert_eq!((entries[1].0.span.start, entries[1].0.span.end), (7, 11));
}

#[test]
fn merge_keys_yield_to_explicit_ones() {
    let (documents, problems) = read("base: &b {p: 1, q: 2}\ntop: {<<: *b, q: 3}\n");
    assert!(problems.is_empty(), "{problems:?}");
    let Value::Mapping(entries) = &documents[0].value else {
        panic!("a mapping")
    };
    let Value::Mapping(top) = &entries[1].1.value else {
        panic!("a mapping")
    };
    let keys: Vec<_> = top.iter().map(|(key, _)| key.text.as_str()).collect();
    assert_eq!(keys, ["q", "p"]);
}

#[test]
fn alias_bombs_end_at_the_limit() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = level - 1;
        let items = vec![format!("*a{below}"); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(read(&text).1.len(), 1);
    assert!(read(&text).1[0].starts_with("too-large"));
}

#[test]
fn deep_nesting_ends_at_the_limit() {
    let (_, problems) = read(&"[".repeat(100));
    assert_eq!(problems, ["too-large 1:65"]);
}

#[test]
fn unquoted_variables_and_templates_are_recognized() {
    assert_eq!(read("topics: [{ name: ${X} }]\n").1.len(), 1);
    assert_eq!(read("name: {{ topic }}\n").1, ["syntax 1:8"]);
}
