//! The syntax of Java's `.properties` files, as `java.util.Properties.load` reads them.
//!
//! Comments (`#`, `!`), `=`, `:` or white space between key and value, lines continued by a
//! backslash, escapes with `\uXXXX` included. Every property keeps its place, and a broken one hides
//! no other. (The crate `java-properties` has lines but no columns, and ends at the first mistake.)

use crate::diagnostic::{SourceId, Sources, Span};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Property {
    pub(super) key: String,
    pub(super) value: String,
    /// The key as it is written.
    pub(super) span: Span,
    /// From 1.
    pub(super) line: u32,
    /// What the value has that makes it unusable.
    pub(super) broken: Option<Broken>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Broken {
    pub(super) has: &'static str,
    pub(super) help: &'static str,
}

const LINES_OF_PEM: Broken = Broken {
    has: "PEM text whose lines are not joined",
    help: "end each of its lines but the last with `\\n\\`, or name the file: \
           ssl.keystore.location, ssl.truststore.location, with PEM as the type",
};

/// Reads all properties, in the file's order.
pub(super) fn read(text: &str, source: SourceId) -> Vec<Property> {
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        broken: None,
    };
    if text.starts_with('\u{feff}') {
        reader.bump();
    }
    let mut properties = vec![];
    while reader.skip_to_property() {
        let (start, line) = (reader.at, reader.line);
        reader.broken = None;
        let key = reader.part(|c| c == '=' || c == ':' || is_space(c));
        let end = reader.at;
        reader.separator();
        let value = reader.part(|_| false);
        reader.lines_of_pem(&value);
        properties.push(Property {
            key,
            value,
            span: Span {
                source,
                start: offset(start),
                end: offset(end),
            },
            line,
            broken: reader.broken,
        });
    }
    properties
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Names and values of a file whose places do not matter; a broken value is none.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let nowhere = Sources::default().add("", String::new());
    let found = read(text, nowhere).into_iter();
    let usable = found.filter(|one| one.broken.is_none());
    usable.map(|one| (one.key, one.value)).collect()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    broken: Option<Broken>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        // `\r\n` counts at its second half.
        if c == '\n' || (c == '\r' && self.peek() != Some('\n')) {
            self.line += 1;
        }
        Some(c)
    }

    /// Goes to the next line that is neither blank nor a comment.
    fn skip_to_property(&mut self) -> bool {
        while let Some(c) = self.peek() {
            match c {
                '#' | '!' => while self.bump().is_some_and(|c| !is_break(c)) {},
                c if is_space(c) || is_break(c) => {
                    self.bump();
                }
                _ => return true,
            }
        }
        false
    }

    /// Goes over the lines of a PEM text that begins in a value and does not end in it: each would be
    /// told as a property, and a key shown with it.
    fn lines_of_pem(&mut self, value: &str) {
        let blocks = |text: &str, edge: &str| text.matches(edge).count();
        let mut is_open = blocks(value, BEGIN) > blocks(value, END);
        if !is_open || !self.text[self.at..].contains(END) {
            return;
        }
        self.broken = Some(LINES_OF_PEM);
        loop {
            let rest = self.text[self.at..].trim_start_matches(is_break);
            let line = rest.lines().next().unwrap_or_default();
            if rest.is_empty() || !is_open && !line.trim_start().starts_with(BEGIN) {
                return;
            }
            is_open = !line.contains(END);
            let end = self.text.len() - rest.len() + line.len();
            while self.at < end {
                self.bump();
            }
        }
    }

    /// White space, and one `=` or `:` in it.
    fn separator(&mut self) {
        self.spaces();
        if matches!(self.peek(), Some('=' | ':')) {
            self.bump();
            self.spaces();
        }
    }

    /// White space within a logical line: a continuation is white space too.
    fn spaces(&mut self) {
        loop {
            match self.peek() {
                Some(c) if is_space(c) => {
                    self.bump();
                }
                Some('\\') if self.continues() => self.next_line(),
                _ => return,
            }
        }
    }

    /// Whether the backslash here ends its line.
    fn continues(&self) -> bool {
        self.text[self.at + 1..].starts_with(is_break)
    }

    /// Goes over a backslash, its line break, and the white space that the next line begins with.
    fn next_line(&mut self) {
        self.bump();
        if self.bump() == Some('\r') && self.peek() == Some('\n') {
            self.bump();
        }
        while self.peek().is_some_and(is_space) {
            self.bump();
        }
    }

    fn part(&mut self, ends: impl Fn(char) -> bool) -> String {
        let mut part = String::new();
        while let Some(c) = self.peek() {
            match c {
                c if is_break(c) || ends(c) => break,
                '\\' if self.continues() => self.next_line(),
                '\\' => {
                    self.bump();
                    self.escape(&mut part);
                }
                c => {
                    self.bump();
                    part.push(c);
                }
            }
        }
        part
    }

    fn escape(&mut self, part: &mut String) {
        match self.bump() {
            Some('t') => part.push('\t'),
            Some('n') => part.push('\n'),
            Some('r') => part.push('\r'),
            Some('f') => part.push('\u{c}'),
            Some('u') => self.unicode(part),
            Some(c) => part.push(c),
            None => {}
        }
    }

    /// UTF-16 units, of which two may make one character.
    fn unicode(&mut self, part: &mut String) {
        let Some(first) = self.unit() else { return };
        let units = match first {
            0xd800..0xdc00 if self.text[self.at..].starts_with("\\u") => {
                self.bump();
                self.bump();
                let Some(second) = self.unit() else { return };
                vec![first, second]
            }
            _ => vec![first],
        };
        match String::from_utf16(&units) {
            Ok(text) => part.push_str(&text),
            Err(_) => self.escaped_wrongly("half a character after `\\u`"),
        }
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4);
        let unit = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        match unit {
            Some(_) => self.at += 4,
            None => self.escaped_wrongly("`\\u` without four hexadecimal digits"),
        }
        unit
    }

    fn escaped_wrongly(&mut self, has: &'static str) {
        self.broken = Some(Broken {
            has,
            help: "write a backslash that is meant as one twice: `\\\\`",
        });
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(String, String, u32)> {
        let source = Sources::default().add("client.properties", String::new());
        read(text, source)
            .into_iter()
            .map(|p| (p.key, p.value, p.line))
            .collect()
    }

    #[test]
    fn reads_as_java_does() {
        for (text, key, value) in [
            ("a=b", "a", "b"),
            ("a:b", "a", "b"),
            ("a b", "a", "b"),
            ("  a \t=  b c ", "a", "b c "),
            ("a = = b", "a", "= b"),
            ("a", "a", ""),
            ("a\\=b=c", "a=b", "c"),
            ("a=b\\\n   c", "a", "bc"),
            ("a=b\\\r\n   c", "a", "bc"),
            ("a=b\\\\\n", "a", "b\\"),
            ("a\\\n =b", "a", "b"),
            ("a=\\u00e9\\t\\x", "a", "é\tx"),
            ("a=\\ud83d\\ude00", "a", "😀"),
            ("a=x#y", "a", "x#y"),
            ("\u{feff}a=b", "a", "b"),
        ] {
            let found = lines(text);
            assert_eq!(found, [(key.to_owned(), value.to_owned(), 1)], "{text:?}");
        }
    }

    #[test]
    fn comments_do_not_continue_and_lines_are_counted() {
        let found = lines("# note \\\na=1\n\n! other\r\n  b=2\\\n 3\nc=4");
        let lines: Vec<_> = found
            .iter()
            .map(|(key, value, line)| (&**key, &**value, *line))
            .collect();
        assert_eq!(lines, [("a", "1", 2), ("b", "23", 5), ("c", "4", 7)]);
    }

    #[test]
    fn broken_escapes_are_found() {
        let source = Sources::default().add("client.properties", String::new());
        for text in ["a=\\u00g0", "a=\\u12", "a=\\ud83d", "a=\\u00é0"] {
            assert!(read(text, source)[0].broken.is_some(), "{text}");
        }
    }

    #[test]
    fn lines_of_pem_are_one_mistake_of_their_property() {
        let pem = "-----BEGIN KEY-----\r\nAA==\r\n-----END KEY-----\r\n";
        let text = format!("a={pem}{pem}b=1\nc={pem}\n\nd=-----BEGIN KEY-----\n");
        let source = Sources::default().add("client.properties", String::new());
        let found = read(&text, source);
        let found: Vec<_> = found
            .iter()
            .map(|one| (&*one.key, one.line, one.broken == Some(LINES_OF_PEM)))
            .collect();
        let expected = [
            ("a", 1, true),
            ("b", 7, false),
            ("c", 8, true),
            ("d", 13, false),
        ];
        assert_eq!(found, expected);
    }
}
