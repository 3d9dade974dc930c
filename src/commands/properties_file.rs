//! The file of a connection's properties, taken in as a text that may hold credentials.
//!
//! Its path may come from a manifest, and lead to a file that holds no properties at all. Nothing of
//! such a file may reach a report; what is meant by the properties is not decided here.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, SourceId, Sources};

/// Reads it, or says why it cannot be used.
pub(super) fn properties(path: &Path, sources: &mut Sources) -> Result<SourceId, Box<Diagnostic>> {
    let shown = path.display().to_string();
    let problem = |message: String| Diagnostic::error(Code::Connection, message);
    let text = read_properties(path).map_err(|error| {
        let message = format!("cannot read {shown}");
        Box::new(problem(message).detail(error.to_string()))
    })?;
    match no_property(&text) {
        None => Ok(sources.add_unshown(&shown, text)),
        Some(line) => {
            let message = format!("{shown} is no properties file: line {line} is no `name=value`");
            Err(Box::new(problem(message)))
        }
    }
}

fn read_properties(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = File::open(path)?.take(MOST_OF_PROPERTIES + 1);
    let length = io::BufReader::new(file).read_to_string(&mut text)? as u64;
    match length > MOST_OF_PROPERTIES {
        true => Err(io::Error::other("it is larger than 1 MiB")),
        false => Ok(text),
    }
}

/// In bytes.
const MOST_OF_PROPERTIES: u64 = 1024 * 1024;

/// The first line that begins with no name of a property, from 1.
fn no_property(text: &str) -> Option<usize> {
    let mut is_continued = false;
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let line = lines.position(|line| {
        let begins = !std::mem::replace(&mut is_continued, ends_with_escape(line));
        let line = line.trim_start();
        let is_empty = line.is_empty() || line.starts_with(['#', '!']);
        // A comment ends with its line.
        is_continued &= !begins || !is_empty;
        begins && !is_empty && !has_name(line)
    });
    line.map(|line| line + 1)
}

fn ends_with_escape(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}

/// Whether a line begins with what may be the name of a Kafka client's property, and not with a
/// part of a key or a token.
fn has_name(line: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let rest = line.trim_start_matches(is_of_name);
    line.starts_with(|c: char| c.is_ascii_lowercase())
        && rest.starts_with(|c: char| c == '=' || c == ':' || c.is_whitespace())
}
