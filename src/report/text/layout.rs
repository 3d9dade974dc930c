//! How text is laid out: its columns, its colors, and lines that end before the terminal does.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use textwrap::WordSplitter;

use crate::diagnostic::{WIDTH, printable};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// Whether the reader is a terminal that shows colors.
    pub color: bool,
    /// Whether topics that match are listed too.
    pub verbose: bool,
}

/// Where the names begin.
pub(in crate::report) const NAME_COLUMN: usize = 12;

pub(in crate::report) fn painted(word: &str, color: AnsiColor, layout: Layout) -> String {
    if !layout.color {
        return word.to_owned();
    }
    let style = Style::new().fg_color(Some(color.into())).bold();
    format!("{style}{word}{style:#}")
}

/// Phrases behind a lead, with commas between them; a line ends between two of them where that is
/// enough, and before the first one where the lead reaches beyond the `column` of other lines.
pub(in crate::report) fn write_phrases(
    lead: String,
    column: usize,
    phrases: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut may_break = lead.chars().count() > column;
    let mut line = lead;
    for (index, phrase) in phrases.iter().enumerate() {
        let comma = if index + 1 < phrases.len() { "," } else { "" };
        let gap = if index == 0 { "" } else { " " };
        let phrase = format!("{}{comma}", printable(phrase));
        if may_break && line.chars().count() + gap.len() + phrase.chars().count() > WIDTH {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(column);
        } else {
            line.push_str(gap);
        }
        line.push_str(&phrase);
        may_break = true;
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
