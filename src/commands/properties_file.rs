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
    let bytes = whole(path)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other(NO_TEXT))
}

/// All of a file that settings name: a store, a secret. One that does not end is none of them.
pub(super) fn whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)? as u64;
    match length > MOST {
        true => Err(io::Error::other("it is larger than 1 MiB")),
        false => Ok(bytes),
    }
}

/// In bytes.
const MOST: u64 = 1024 * 1024;

/// What the standard library says of it.
const NO_TEXT: &str = "stream did not contain valid UTF-8";

/// The first line that begins with no name of a property, from 1.
fn no_property(text: &str) -> Option<usize> {
    let (mut is_continued, mut pem) = (false, LinesOfPem::default());
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let line = lines.position(|line| {
        let begins = !std::mem::replace(&mut is_continued, ends_with_escape(line));
        let line = line.trim_start();
        let is_empty = line.is_empty() || line.starts_with(['#', '!']);
        // A comment ends with its line.
        is_continued &= !begins || !is_empty;
        !pem.takes(line) && begins && !is_empty && !has_name(line)
    });
    line.map(|line| line + 1)
}

/// Lines of a PEM text that somebody pasted behind the name of a property. They are no properties,
/// and what they lack is told with the property.
#[derive(Default)]
struct LinesOfPem {
    is_open: bool,
    is_behind_one: bool,
}

impl LinesOfPem {
    /// Whether a line is one of them, other than the first.
    fn takes(&mut self, line: &str) -> bool {
        let takes = self.is_open || self.is_behind_one && line.starts_with("-----BEGIN ");
        self.is_open = match takes {
            true => !line.contains("-----END "),
            false => line.contains("-----BEGIN ") && !line.contains("-----END ") && has_name(line),
        };
        self.is_behind_one = takes && !self.is_open;
        takes
    }
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
