//! YAML text as a tree in which every key and value knows its place.
//!
//! Built from the parser's events, so that a duplicate key or an odd key is one problem among
//! others and does not hide the rest of its document. Scalars keep their text as written; what it
//! means is the decoder's to say. Depth and size are bounded, aliases included. This module knows
//! nothing of topics.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Sources, Span};

/// Deepest nesting of one document.
pub(super) const MAX_DEPTH: usize = 64;
/// Most nodes of one file, each alias counted with all that it stands for.
pub(super) const MAX_NODES: usize = 4_000_000;

/// A node with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(Scalar),
    Sequence(Vec<Rc<Node>>),
    Mapping(Vec<(Text, Rc<Node>)>),
    /// Nothing that could be read; what is wrong has been reported.
    Broken,
}

/// A scalar that stands as a value.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// Neither quoted nor a block, so that `null` and `true` have their YAML meaning.
    pub(super) plain: bool,
}

/// A text with its place.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) span: Span,
}

impl Node {
    /// Whether this is YAML's null (also an empty value).
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(Scalar { text, plain: true })
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What this is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(_) if self.is_null() => "nothing",
            Value::Scalar(_) => "a single value",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Broken => "not readable",
        }
    }
}

/// Reads all documents of a source. A syntax error ends the reading; the documents before it are
/// returned.
pub(super) fn parse(
    sources: &Sources,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> Vec<Rc<Node>> {
    let text = sources.text(source);
    let mut builder = Builder {
        text,
        source,
        offsets: Offsets::new(text),
        diagnostics,
        stack: Vec::new(),
        anchors: HashMap::new(),
        documents: Vec::new(),
        nodes: 0,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let outcome = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => Err(builder.syntax(&error)),
        };
        if let Err(problem) = outcome {
            builder.diagnostics.push(*problem);
            break;
        }
    }
    builder.documents
}

/// The parser counts characters, everything else here bytes.
struct Offsets(Option<Vec<u32>>);

impl Offsets {
    fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self(None);
        }
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        Self(Some(
            starts
                .map(|at| u32::try_from(at).unwrap_or(u32::MAX))
                .collect(),
        ))
    }

    fn byte(&self, text: &str, character: usize) -> u32 {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        match &self.0 {
            None => u32::try_from(character).unwrap_or(u32::MAX).min(end),
            Some(starts) => starts.get(character).copied().unwrap_or(end),
        }
    }
}

/// A collection that is not closed yet.
struct Open {
    start: Marker,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    Sequence(Vec<Rc<Node>>),
    Mapping {
        entries: Entries,
        merges: Vec<Rc<Node>>,
        key: Key,
        broken: bool,
    },
}

/// The entries of a mapping in their order, and where each key stands.
#[derive(Default)]
struct Entries {
    list: Vec<(Text, Rc<Node>)>,
    places: HashMap<String, Span>,
}

impl Entries {
    fn push(&mut self, key: Text, value: Rc<Node>) {
        self.places.insert(key.text.clone(), key.span);
        self.list.push((key, value));
    }
}

/// Where a mapping stands between a key and its value.
enum Key {
    Awaited,
    Read(Text),
    /// The key stands twice; its value is dropped.
    Duplicate,
    /// The key is no scalar, and the mapping not to be understood.
    Unreadable,
    Merge,
}

struct Builder<'a, 'd> {
    text: &'a str,
    source: SourceId,
    offsets: Offsets,
    diagnostics: &'d mut Diagnostics,
    stack: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    documents: Vec<Rc<Node>>,
    nodes: usize,
}

type Step = Result<(), Box<Diagnostic>>;

impl Builder<'_, '_> {
    fn event(&mut self, event: Event<'_>, place: saphyr_parser::Span) -> Step {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tagged_string = tag
                    .as_ref()
                    .is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !tagged_string;
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain,
                };
                let span = self.trimmed(self.span(place.start, place.end));
                self.complete(
                    Node {
                        span,
                        value: Value::Scalar(scalar),
                    },
                    anchor,
                )
            }
            Event::SequenceStart(anchor, _) => {
                self.open(place, anchor, OpenKind::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, _) => {
                let kind = OpenKind::Mapping {
                    entries: Entries::default(),
                    merges: Vec::new(),
                    key: Key::Awaited,
                    broken: false,
                };
                self.open(place, anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place.end),
            Event::Alias(anchor) => {
                let span = self.span(place.start, place.end);
                match self.anchors.get(&anchor).cloned() {
                    Some(node) => {
                        self.count(size(&node), span)?;
                        self.attach(node)
                    }
                    None => Err(Box::new(
                        Diagnostic::error(
                            Code::Cycle,
                            "an alias cannot stand inside of its anchor",
                        )
                        .at(span, "refers to what it is a part of")
                        .help("put the anchor where only what is repeated stands"),
                    )),
                }
            }
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {
                Ok(())
            }
        }
    }

    fn open(&mut self, place: saphyr_parser::Span, anchor: usize, kind: OpenKind) -> Step {
        if self.stack.len() >= MAX_DEPTH {
            let span = self.span(place.start, place.end);
            return Err(Box::new(
                Diagnostic::error(
                    Code::TooLarge,
                    format!("nested deeper than {MAX_DEPTH} levels, the limit of a manifest"),
                )
                .at(span, "one level too many")
                .help("look for brackets that are not closed"),
            ));
        }
        self.stack.push(Open {
            start: place.start,
            anchor,
            kind,
        });
        Ok(())
    }

    fn close(&mut self, end: Marker) -> Step {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let span = self.trimmed(self.span(open.start, end));
        let value = match open.kind {
            OpenKind::Sequence(items) => Value::Sequence(items),
            OpenKind::Mapping { broken: true, .. } => Value::Broken,
            OpenKind::Mapping {
                mut entries,
                merges,
                ..
            } => {
                for merged in &merges {
                    self.merge(&mut entries, merged)?;
                }
                Value::Mapping(entries.list)
            }
        };
        self.complete(Node { span, value }, open.anchor)
    }

    /// Takes the entries of `<<`, where no explicit key of the same name stands.
    fn merge(&mut self, entries: &mut Entries, merged: &Rc<Node>) -> Step {
        match &merged.value {
            Value::Mapping(more) => {
                for (key, value) in more {
                    if !entries.places.contains_key(&key.text) {
                        self.count(size(value), key.span)?;
                        entries.push(key.clone(), Rc::clone(value));
                    }
                }
                Ok(())
            }
            Value::Sequence(all) => all.iter().try_for_each(|one| self.merge(entries, one)),
            Value::Broken => Ok(()),
            Value::Scalar(_) => {
                self.diagnostics.push(
                    Diagnostic::error(Code::WrongType, "`<<` merges mappings only")
                        .at(merged.span, "not a mapping"),
                );
                Ok(())
            }
        }
    }

    fn complete(&mut self, node: Node, anchor: usize) -> Step {
        self.count(1, node.span)?;
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.attach(node)
    }

    fn attach(&mut self, node: Rc<Node>) -> Step {
        let Some(open) = self.stack.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match &mut open.kind {
            OpenKind::Sequence(items) => items.push(node),
            OpenKind::Mapping {
                entries,
                merges,
                key,
                broken,
            } => match std::mem::replace(key, Key::Awaited) {
                Key::Awaited => *key = read_key(&node, entries, self.text, self.diagnostics),
                Key::Read(text) => entries.push(text, node),
                Key::Duplicate => {}
                Key::Unreadable => *broken = true,
                Key::Merge => merges.push(node),
            },
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, span: Span) -> Step {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(Box::new(
                Diagnostic::error(
                    Code::TooLarge,
                    format!("more than {MAX_NODES} values in one file, the limit of a manifest"),
                )
                .at(span, "the limit is passed here")
                .help("aliases count with all that they stand for; split the file"),
            ));
        }
        Ok(())
    }

    fn span(&self, start: Marker, end: Marker) -> Span {
        let start = self.offsets.byte(self.text, start.index());
        let end = self.offsets.byte(self.text, end.index()).max(start);
        Span {
            source: self.source,
            start,
            end,
        }
    }

    /// Without the white space that a block's end or a plain scalar's line break brings along.
    fn trimmed(&self, span: Span) -> Span {
        let text = &self.text[span.start as usize..span.end as usize];
        let kept = u32::try_from(text.trim_end().len()).unwrap_or(u32::MAX);
        Span {
            end: span.start.saturating_add(kept),
            ..span
        }
    }

    fn syntax(&self, error: &ScanError) -> Box<Diagnostic> {
        let span = self.span(*error.marker(), *error.marker());
        let line_start = self.text[..span.start as usize]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or("");
        if let Some(problem) = self.unquoted_variable(line_start, line, span, error) {
            return problem;
        }
        let info = error.info();
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
        let diagnostic = Diagnostic::error(Code::Syntax, format!("not YAML: {info}"));
        Box::new(diagnostic.at(span, "the parser stopped here").help(help))
    }

    /// `{ name: ${X} }`: to YAML the brace of the variable opens another mapping.
    fn unquoted_variable(
        &self,
        line_start: usize,
        line: &str,
        stopped: Span,
        error: &ScanError,
    ) -> Option<Box<Diagnostic>> {
        if !error.info().contains("flow") {
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
            source: self.source,
            start: offset(opened),
            end: offset(opened + length),
        };
        let variable = &line[opened..opened + length];
        Some(Box::new(
            Diagnostic::error(
                Code::Syntax,
                "between braces or brackets a variable is quoted",
            )
            .at(span, format!("write \"{variable}\"")),
        ))
    }
}

pub(super) const TEMPLATE_HELP: &str =
    "this looks like a template that was not rendered; for values from outside use ${NAME}";

fn read_key(
    node: &Rc<Node>,
    entries: &Entries,
    source: &str,
    diagnostics: &mut Diagnostics,
) -> Key {
    let Value::Scalar(scalar) = &node.value else {
        let written = &source[node.span.start as usize..];
        let before = &source[..node.span.start as usize];
        let diagnostic = if written.starts_with("{{") || before.ends_with('{') {
            Diagnostic::error(
                Code::Syntax,
                "a `{{ … }}` template was left in the manifest",
            )
            .help(TEMPLATE_HELP)
        } else {
            Diagnostic::error(Code::WrongType, format!("a key cannot be {}", node.kind()))
        };
        diagnostics.push(diagnostic.at(node.span, "expected a name here"));
        return Key::Unreadable;
    };
    if scalar.plain && scalar.text == "<<" {
        return Key::Merge;
    }
    if let Some(first) = entries.places.get(&scalar.text) {
        diagnostics.push(
            Diagnostic::error(
                Code::DuplicateKey,
                format!("`{}` stands twice", scalar.text),
            )
            .at(node.span, "the second one")
            .and(*first, "the first one")
            .help("keep one of them"),
        );
        return Key::Duplicate;
    }
    Key::Read(Text {
        text: scalar.text.clone(),
        span: node.span,
    })
}

/// Nodes in a tree, itself included.
fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Scalar(_) | Value::Broken => 0,
        Value::Sequence(items) => items.iter().map(|item| size(item)).sum::<usize>(),
        Value::Mapping(entries) => entries.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}

#[cfg(test)]
mod tests {
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
    fn unquoted_variables_and_templates_are_recognised() {
        assert_eq!(read("topics: [{ name: ${X} }]\n").1.len(), 1);
        assert_eq!(read("name: {{ topic }}\n").1, ["syntax 1:8"]);
    }
}
