//! How text for people is laid out: as wide as the terminal of its reader, in colors where that shows
//! them, and with as much as is asked for. Made once at the edge, for each stream, and carried.
//!
//! Asks no terminal, and makes no text safe for one.

use textwrap::{Options, WordSplitter};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// In columns. Commands to copy and single words may be longer.
    pub width: usize,
    /// Whether the reader is a terminal that shows colors.
    pub color: bool,
    /// Whether topics that match are listed too.
    pub verbose: bool,
    /// Whether only problems are told, and the result in a line.
    pub quiet: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self::of_columns(None)
    }
}

impl Layout {
    /// Where nobody says how wide the reader's window is: files, pipes, and the logs of CI jobs.
    pub const WIDTH: usize = 80;
    /// Narrower terminals wrap lines by themselves; tables have no sense in them.
    pub const NARROWEST: usize = 60;
    /// Longer lines are hard to read, however wide the window.
    pub const WIDEST: usize = 120;

    /// For a terminal of so many columns, or for what has none.
    pub fn of_columns(columns: Option<u16>) -> Self {
        let columns = columns.map_or(Self::WIDTH, usize::from);
        Self {
            width: columns.clamp(Self::NARROWEST, Self::WIDEST),
            color: false,
            verbose: false,
            quiet: false,
        }
    }

    #[must_use]
    pub fn verbose(self, verbose: bool) -> Self {
        Self { verbose, ..self }
    }

    #[must_use]
    pub fn quiet(self, quiet: bool) -> Self {
        Self { quiet, ..self }
    }

    /// The lines of a text, broken between words only, with what stands before the first and before
    /// each other line.
    pub fn wrap(self, text: &str, first: &str, others: &str) -> Vec<String> {
        self.narrower(0, text, first, others)
    }

    /// The same with so many columns less.
    pub fn narrower(self, by: usize, text: &str, first: &str, others: &str) -> Vec<String> {
        let options = Options::new(self.width.saturating_sub(by))
            .initial_indent(first)
            .subsequent_indent(others)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation);
        let lines = textwrap::wrap(text, options).into_iter();
        lines.map(|line| line.into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_wide_as_the_terminal_within_reason() {
        for (columns, width) in [
            (None, 80),
            (Some(1), 60),
            (Some(60), 60),
            (Some(80), 80),
            (Some(101), 101),
            (Some(120), 120),
            (Some(300), 120),
        ] {
            assert_eq!(Layout::of_columns(columns).width, width, "{columns:?}");
        }
    }

    #[test]
    fn no_word_is_broken() {
        let word = "kafka-topics".repeat(20);
        let text = format!("before {word} after");
        let lines = Layout::default().wrap(&text, "- ", "  ");
        assert_eq!(lines, ["- before", &format!("  {word}"), "  after"]);
    }
}
