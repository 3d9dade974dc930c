//! That the decoder reads every field of every table.

mod ways_out;

use std::collections::BTreeSet;

use super::*;
use crate::diagnostic::Sources;
use crate::manifest::decode::READ;
use crate::manifest::fields::{ObjectSpec, reachable};
use crate::manifest::yaml;
use crate::topic::Partitioner;

/// Every object of the language, once at least.
const EVERY_OBJECT: &str = "
defaults: {}
naming: {}
tiers: { t: {} }
profiles: { p: { tiers: { t: {} }, all: {}, topics: [{ name: a }] } }
clusters: { c: {} }
policy: { names: {}, partitions: {}, replication_factor: {}, retention: {}, config: {} }
topics:
  - name: a
    partitions: { same_as: b }
    partition_key: {}
    consumer_groups: [{ name: g }]
    retry: { delays: [1m, { delay: 2m }] }
    dlq: {}
pipelines: [{ name: p, steps: [{ name: s }] }]
accepted_mismatches: [{ topic: t, reason: r }]
";

#[test]
fn the_decoder_reads_every_field_of_every_object() {
    let mut sources = Sources::default();
    let source = sources.add("every.yaml", EVERY_OBJECT.to_owned());
    let mut diagnostics = Diagnostics::default();
    for node in yaml::parse(&sources, source, &mut diagnostics) {
        document(&node, &mut diagnostics);
    }
    let problems = diagnostics.sorted(&sources);
    assert!(problems.is_empty(), "{problems:?}");
    let read = READ.take();
    let declared: BTreeSet<_> = reachable(Document::SPEC)
        .iter()
        .flat_map(|object| {
            let fields = object.fields.iter();
            fields.map(|field| (object.id, field.name))
        })
        .collect();
    let unread: Vec<_> = declared.difference(&read).collect();
    assert!(
        unread.is_empty(),
        "the decoder never reads these, or EVERY_OBJECT lacks their object: {unread:?}"
    );
    let unknown: Vec<_> = read.difference(&declared).collect();
    assert!(
        unknown.is_empty(),
        "the decoder reads these, which no table has: {unknown:?}"
    );
}

#[test]
fn every_field_is_documented() {
    for object in reachable(Document::SPEC) {
        for field in object.fields {
            let doc = field.doc;
            assert!(
                doc.ends_with('.') && !doc.contains('\n') && doc.len() > 10,
                "{} of {}: {doc:?}",
                field.name,
                object.name
            );
        }
    }
}

#[test]
fn partitioners_are_those_that_topicctl_knows() {
    let field = PartitionKey::SPEC
        .fields
        .iter()
        .find(|field| field.name == "partitioner");
    let Some(Shape::Word(words)) = field.map(|field| field.shape) else {
        panic!("a choice of words")
    };
    assert_eq!(words, Partitioner::ALL.map(Partitioner::as_str));
}

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/manifest.md");
const BEGIN: &str = "<!-- fields: ";
const END: &str = "<!-- end of fields -->";

/// The tables of docs/manifest.md are these. `SNAPSHOTS=overwrite cargo test --lib reference`
/// writes them.
#[test]
fn the_reference_has_every_field() {
    let text = std::fs::read_to_string(REFERENCE).expect("the reference");
    let mut made = String::new();
    let mut rest = text.as_str();
    let mut missing: BTreeSet<_> = reachable(Document::SPEC)
        .iter()
        .map(|object| object.id)
        .collect();
    while let Some(at) = rest.find(BEGIN) {
        let (before, mark) = rest.split_at(at);
        let (id, _) = mark[BEGIN.len()..].split_once(" -->").expect("a mark");
        let object = reachable(Document::SPEC)
            .into_iter()
            .find(|object| object.id == id);
        let object = object.unwrap_or_else(|| panic!("docs/manifest.md: no object `{id}`"));
        missing.remove(id);
        let (_, after) = mark.split_once(END).expect("the end of a table");
        made.push_str(&format!(
            "{before}{BEGIN}{id} -->\n\n{}\n{END}",
            table(object)
        ));
        rest = after;
    }
    made.push_str(rest);
    // Its one field is described where it is used.
    missing.remove("same_as");
    assert!(
        missing.is_empty(),
        "docs/manifest.md has no table of {missing:?}"
    );
    let reference = snapbox::Data::read_from(std::path::Path::new(REFERENCE), None);
    snapbox::Assert::new()
        .action_env("SNAPSHOTS")
        .eq(made, reference.raw());
}

fn table(object: &ObjectSpec) -> String {
    let mut table = String::from("| field | takes | |\n|-|-|-|\n");
    for field in object.fields {
        let required = if field.required { ", required" } else { "" };
        let takes = takes(field.shape);
        let doc = field.doc.replace('|', "\\|");
        table.push_str(&format!(
            "| `{}`{required} | {takes} | {doc} |\n",
            field.name
        ));
    }
    table
}

/// A shape in a few words.
fn takes(shape: Shape) -> String {
    let quoted = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        words.join(", ")
    };
    match shape {
        Shape::Text | Shape::Name(_) => "text".to_owned(),
        Shape::Day => "day".to_owned(),
        Shape::Flag => "`true`, `false`".to_owned(),
        Shape::Count { words: &[], .. } => "count".to_owned(),
        Shape::Count { words, .. } => format!("count, {}", quoted(words)),
        Shape::Delay => "duration".to_owned(),
        Shape::Duration => "duration, `unlimited`".to_owned(),
        Shape::Word(words) => quoted(words),
        Shape::Check => "code".to_owned(),
        Shape::List(inner) => format!("list: {}", takes(*inner)),
        Shape::Texts => "names with values".to_owned(),
        Shape::Config => "keys with values".to_owned(),
        Shape::Severities => "codes with severities".to_owned(),
        Shape::Object(_) => "mapping".to_owned(),
        Shape::Objects(_) => "list: mapping".to_owned(),
        Shape::Named(_) => "names with mappings".to_owned(),
        Shape::Either(shapes) => {
            let all: Vec<_> = shapes.iter().map(|one| takes(*one)).collect();
            all.join(", ")
        }
    }
}
