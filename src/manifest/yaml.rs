//! YAML text as a tree in which every key and value has its place.
//!
//! Built from the parser's events, so that a duplicate key or an odd key is one problem among
//! others and does not hide the rest of its document. Scalars keep their text as written; what it
//! means is the decoder's to say. Depth and size are bounded, aliases included. This module knows
//! nothing of topics.

mod flow;
mod syntax;

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Sources, Span};

pub(super) use flow::{flow, flow_scalar};
pub(super) use syntax::TEMPLATE_HELP;

/// Deepest nesting of one document.
pub(super) const MAX_DEPTH: usize = 64;
/// Most nodes of one file, each alias counted with all that it stands for.
pub(super) const MAX_NODES: usize = 4_000_000;
/// So many bytes of a text count as a node, for what is read of an alias holds its text once more.
const BYTES_OF_NODE: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

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

    /// A single value; null is none.
    pub(super) fn text(&self) -> Option<Text> {
        match &self.value {
            Value::Scalar(scalar) if !self.is_null() => Some(Text {
                text: scalar.text.clone(),
                span: self.span,
            }),
            _ => None,
        }
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
            Err(error) => {
                let stopped = builder.span(*error.marker(), *error.marker());
                let problem = syntax::problem(text, stopped, error.info());
                Err(Box::new(problem))
            }
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
                        self.count(size_of_entry(key, value), key.span)?;
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
                        .at(merged.span, "not a mapping")
                        .help("give the mapping an anchor, `x-defaults: &defaults`, and merge it: `<<: *defaults`"),
                );
                Ok(())
            }
        }
    }

    fn complete(&mut self, node: Node, anchor: usize) -> Step {
        // What a collection holds has been counted.
        let size = match &node.value {
            Value::Scalar(scalar) => size_of_text(&scalar.text),
            _ => 1,
        };
        self.count(size, node.span)?;
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
        let text = text.trim_end_matches([' ', '\t', '\n', '\r']);
        let kept = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Span {
            end: span.start.saturating_add(kept),
            ..span
        }
    }
}

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
                .help("write a name before the colon, and quote a text that begins with `[` or `{`")
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

/// Nodes in a tree, itself and its keys included, and long texts as several.
fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(scalar) => size_of_text(&scalar.text),
        Value::Broken => 1,
        Value::Sequence(items) => 1 + items.iter().map(|item| size(item)).sum::<usize>(),
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| size_of_entry(key, value));
            1 + entries.sum::<usize>()
        }
    }
}

fn size_of_entry(key: &Text, value: &Node) -> usize {
    size_of_text(&key.text) + size(value)
}

fn size_of_text(text: &str) -> usize {
    1 + text.len() / BYTES_OF_NODE
}

#[cfg(test)]
mod tests;
