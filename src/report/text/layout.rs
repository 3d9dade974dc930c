//! The parts of the text that several of its modules write: colors, and lines that end before the
//! terminal does.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::diagnostic::printable;
use crate::layout::Layout;

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
/// enough, and before the first one where the lead reaches beyond the `column` of other lines; else
/// between words.
pub(in crate::report) fn write_phrases(
    lead: String,
    column: usize,
    phrases: &[String],
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut may_break = lead.chars().count() > column;
    let mut line = lead;
    for (index, phrase) in phrases.iter().enumerate() {
        let comma = if index + 1 < phrases.len() { "," } else { "" };
        let gap = if index == 0 { "" } else { " " };
        let phrase = format!("{}{comma}", printable(phrase));
        if may_break && line.chars().count() + gap.len() + phrase.chars().count() > layout.width {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(column);
        } else {
            line.push_str(gap);
        }
        let indent = " ".repeat(column);
        let mut lines = layout.wrap(&phrase, &line, &indent);
        line = lines.pop().unwrap_or_default();
        for line in lines {
            writeln!(out, "{}", line.trim_end())?;
        }
        may_break = true;
    }
    writeln!(out, "{}", line.trim_end())
}

pub(in crate::report) fn write_wrapped(
    text: &str,
    first: usize,
    others: usize,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (first, others) = (" ".repeat(first), " ".repeat(others));
    for line in layout.wrap(&printable(text), &first, &others) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
