//! The texts that diagnostics point into, and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Which of the [`Sources`] a span is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceId(u32);

/// A range of bytes in one source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    pub source: SourceId,
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place for people: file, line and column from 1, the column in characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Location {
    /// The path as it was given or found.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: Arc<str>,
    pub(super) text: String,
    /// Whether its lines may be printed.
    pub(super) is_shown: bool,
    line_starts: Vec<u32>,
    /// Characters before each [`BLOCK`] of bytes, so that a column is known without counting a
    /// line that may be the whole file; empty where every character is one byte.
    characters: Vec<u32>,
}

const BLOCK: usize = 1024;

impl Source {
    fn new(path: &str, text: String, is_shown: bool) -> Self {
        let starts = text
            .bytes()
            .zip(1..)
            .filter(|(byte, _)| *byte == b'\n')
            .map(|(_, next)| next);
        let line_starts = std::iter::once(0).chain(starts).collect();
        let mut characters = Vec::new();
        if !text.is_ascii() {
            let mut before = 0;
            for block in text.as_bytes().chunks(BLOCK) {
                characters.push(before);
                before += u32::try_from(beginnings(block)).unwrap_or(0);
            }
        }
        Self {
            path: path.into(),
            text,
            is_shown,
            line_starts,
            characters,
        }
    }

    /// The line of a byte, from 0.
    pub(super) fn line(&self, byte: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= byte) - 1
    }

    /// The bytes of a line, its line break included.
    pub(super) fn line_range(&self, line: usize) -> Range<usize> {
        let start = |line: usize| self.line_starts.get(line).map(|start| *start as usize);
        start(line).unwrap_or(self.text.len())..start(line + 1).unwrap_or(self.text.len())
    }

    /// The characters before a byte in its line.
    pub(super) fn column(&self, byte: u32) -> usize {
        let start = self.line_range(self.line(byte)).start;
        self.characters_before(byte as usize) - self.characters_before(start)
    }

    fn characters_before(&self, byte: usize) -> usize {
        let Some(before) = self.characters.get(byte / BLOCK) else {
            return match self.characters.last() {
                None => byte,
                Some(_) => self.text.chars().count(),
            };
        };
        *before as usize + beginnings(&self.text.as_bytes()[byte / BLOCK * BLOCK..byte])
    }
}

/// How many characters begin in a piece of UTF-8.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes a text; texts of 4 GiB and more must be refused before.
    pub fn add(&mut self, path: &str, text: String) -> SourceId {
        self.push(Source::new(path, text, true))
    }

    /// The same for a text that may hold credentials, or that nobody meant to show: problems name
    /// places in it, and print none of its lines.
    pub fn add_unshown(&mut self, path: &str, text: String) -> SourceId {
        self.push(Source::new(path, text, false))
    }

    fn push(&mut self, source: Source) -> SourceId {
        self.files.push(source);
        SourceId(u32::try_from(self.files.len() - 1).expect("fewer than 4 billion files"))
    }

    pub fn text(&self, source: SourceId) -> &str {
        &self.files[source.0 as usize].text
    }

    pub fn path(&self, source: SourceId) -> &Arc<str> {
        &self.files[source.0 as usize].path
    }

    pub(super) fn get(&self, source: SourceId) -> &Source {
        &self.files[source.0 as usize]
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub fn location(&self, span: Span) -> Location {
        let source = &self.files[span.source.0 as usize];
        let line = source.line(span.start);
        let line_start = source.line_range(line).start;
        let mark = source.text[line_start..span.start as usize].starts_with('\u{feff}');
        let before = source.column(span.start);
        Location {
            file: Arc::clone(&source.path),
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(before + 1 - usize::from(mark)).unwrap_or(u32::MAX),
        }
    }
}
