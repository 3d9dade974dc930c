//! Lines that end before the terminal does.

use std::io::{self, Write};

use textwrap::WordSplitter;

use crate::diagnostic::{WIDTH, printable};

/// Phrases behind a lead, with commas between them; a line ends between two of them where that is
/// enough.
pub(super) fn write_phrases(
    lead: String,
    column: usize,
    phrases: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = lead;
    let mut begun = false;
    for (index, phrase) in phrases.iter().enumerate() {
        let comma = if index + 1 < phrases.len() { "," } else { "" };
        let phrase = format!("{}{comma}", printable(phrase));
        let gap = usize::from(begun);
        if begun && line.chars().count() + gap + phrase.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            line = " ".repeat(column);
        } else if begun {
            line.push(' ');
        }
        line.push_str(&phrase);
        begun = true;
    }
    writeln!(out, "{}", line.trim_end())
}

pub(in crate::report) fn write_wrapped(
    text: &str,
    first: usize,
    others: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (first, others) = (" ".repeat(first), " ".repeat(others));
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(&first)
        .subsequent_indent(&others)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    for line in textwrap::wrap(&printable(text), options) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
