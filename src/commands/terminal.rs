//! The streams that people read: how wide each is, and whether it shows colors. The only place that
//! asks a terminal.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use crate::cli::{ColorChoice, OutputArgs};
use crate::layout::Layout;

/// How text is laid out on each stream; one may be a terminal where the other one is a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams {
    pub(super) out: Layout,
    pub(super) err: Layout,
}

impl Streams {
    pub(super) fn look() -> Self {
        Self {
            out: layout(&io::stdout()),
            err: layout(&io::stderr()),
        }
    }

    /// With colors as they were asked for, which is more than what an environment says.
    pub(super) fn colored(self, choice: ColorChoice) -> Self {
        let colored = |layout: Layout| Layout {
            color: match choice {
                ColorChoice::Auto => layout.color,
                ColorChoice::Always => true,
                ColorChoice::Never => false,
            },
            ..layout
        };
        Self {
            out: colored(self.out),
            err: colored(self.err),
        }
    }

    /// With as much as is asked for.
    pub(super) fn telling(self, output: &OutputArgs) -> Self {
        Self {
            out: output.in_layout(self.out),
            err: output.in_layout(self.err),
        }
    }
}

fn layout(stream: &(impl AsFd + IsTerminal)) -> Layout {
    let size = terminal_size::terminal_size_of(stream);
    Layout {
        color: colors(stream.is_terminal()),
        ..Layout::of_columns(size.map(|(columns, _)| columns.0))
    }
}

/// Whether a stream shows colors: <https://no-color.org> and dumb terminals say no, and
/// <https://bixense.com/clicolors> says yes for a log that shows them.
fn colors(is_terminal: bool) -> bool {
    // 0 forces nothing, which anstyle-query does not know.
    let is_zero = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value == "0");
    let forced = anstyle_query::clicolor_force() && !is_zero;
    let shown = is_terminal && anstyle_query::term_supports_color();
    !anstyle_query::no_color() && (forced || shown)
}
