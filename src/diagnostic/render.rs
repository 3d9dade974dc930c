//! Diagnostics as text for people, laid out by annotate-snippets.
//!
//! Hands the renderer only the lines that matter, so that the time does not grow with the file.

use std::borrow::Cow;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Label, Severity, Sources};
use crate::layout::Layout;

/// A diagnostic as text: the header, the source lines with carets, the way out. Ends without a
/// line break.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, layout: Layout) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let word = diagnostic.severity.as_str();
    let id = diagnostic.code.as_str();
    let head = format!("{word}[{id}]: ").len();
    let message = title_lines(&diagnostic.message, head, layout);
    let lines = message.lines().count();
    let title = level.primary_title(message).id(id);
    let mut groups = Vec::new();
    // A label that has no room behind its carets goes below the source.
    let is_moved = |label: &&Label| overflows(label, &diagnostic.secondary, sources, layout);
    let moved = diagnostic.primary.as_ref().filter(is_moved);
    let bare = moved.map(|label| Label {
        text: String::new(),
        span: label.span,
    });
    if let Some(primary) = &diagnostic.primary {
        // What is near stands in one piece of source.
        let (near, far): (Vec<_>, Vec<_>) = diagnostic.secondary.iter().partition(|label| {
            label.span.source == primary.span.source
                && label.span.start.abs_diff(primary.span.start) < NEAR
        });
        let near = near
            .into_iter()
            .map(|label| (AnnotationKind::Context, label));
        let primary = bare.as_ref().unwrap_or(primary);
        let labels = std::iter::once((AnnotationKind::Primary, primary)).chain(near);
        let mut group = show(
            Group::with_title(title),
            sources,
            &labels.collect::<Vec<_>>(),
        );
        for label in far {
            group = show(group, sources, &[(AnnotationKind::Context, label)]);
        }
        groups.push(group);
    } else {
        groups.push(Group::with_title(title));
    }
    let renderer = if layout.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer
        .decor_style(DecorStyle::Ascii)
        .term_width(layout.width);
    let mut text = with_hanging_indent(&renderer.render(&groups), lines);
    if let Some(label) = moved {
        push_wrapped(&mut text, &label.text, "  ", 2, layout);
    }
    for line in diagnostic.detail.iter().flat_map(|detail| detail.lines()) {
        let indent = line.len() - line.trim_start().len();
        push_wrapped(
            &mut text,
            line.trim_start(),
            &" ".repeat(2 + indent),
            2 + indent,
            layout,
        );
    }
    if let Some(help) = &diagnostic.help {
        push_wrapped(&mut text, help, "help: ", 6, layout);
    }
    if let Some(command) = &diagnostic.command {
        // To be copied: on lines of its own, however long.
        for line in command.lines() {
            text.push_str("\n  ");
            text.push_str(&printable(line));
        }
    }
    text
}

/// Whether a label has no room beside its line: it ends beyond the last column, or the line is not
/// shown. The renderer scrolls long lines by itself, to where
/// all labels have room if they can; the others' places are `beside`.
fn overflows(label: &Label, beside: &[Label], sources: &Sources, layout: Layout) -> bool {
    let source = sources.get(label.span.source);
    let column = |offset: u32| source.column(offset);
    let number = source.line(label.span.end);
    let line = source.line_range(number);
    if !source.is_shown || line.len() > LONGEST_LINE {
        return !label.text.is_empty();
    }
    let line = source.text[line].trim_end();
    let room = layout.width - ((number + 1).to_string().len() + 3);
    let end = column(label.span.end) + 1 + label.text.chars().count();
    if label.text.is_empty() || line.chars().count() <= room {
        return !label.text.is_empty() && end > room;
    }
    let near = beside
        .iter()
        .filter(|one| one.span.source == label.span.source);
    let first = near.chain([label]).map(|one| column(one.span.start)).min();
    (end + ELLIPSIS).saturating_sub(first.unwrap_or(0).saturating_sub(ELLIPSIS)) > room
}

/// What the renderer keeps free on both sides of a line that it has cut.
const ELLIPSIS: usize = 6;

/// A message broken into lines, where so many columns of the first one are taken.
fn title_lines(message: &str, head: usize, layout: Layout) -> String {
    let head = " ".repeat(head);
    let message = printable(message);
    let wrapped = |less: usize| -> Vec<String> {
        let lines = layout.narrower(less, &message, &head, HANGING_INDENT);
        let lines = lines.iter().map(|line| line.trim_start().to_owned());
        lines.collect()
    };
    let lines = wrapped(0);
    // A value alone on the last line would be torn from its sentence.
    let is_torn = |lines: &[String]| match lines {
        [_, .., last] => last.chars().count() < SHORTEST_LAST_LINE,
        _ => false,
    };
    let narrower = (1..=SHORTEST_LAST_LINE).map(wrapped);
    let mut better = narrower.filter(|other| other.len() == lines.len() && !is_torn(other));
    match is_torn(&lines) {
        true => better.next().unwrap_or(lines).join("\n"),
        false => lines.join("\n"),
    }
}

/// The last line of a title of several lines holds more than a word.
const SHORTEST_LAST_LINE: usize = 16;

/// The renderer puts the further lines of a title below its message; a long code would leave them
/// little room there.
fn with_hanging_indent(rendered: &str, title: usize) -> String {
    let lines = rendered.split('\n').enumerate().map(|(at, line)| {
        if (1..title).contains(&at) {
            format!("{HANGING_INDENT}{}", line.trim_start())
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

const HANGING_INDENT: &str = "    ";

/// Appends a paragraph, broken into lines.
fn push_wrapped(text: &mut String, paragraph: &str, lead: &str, indent: usize, layout: Layout) {
    let paragraph = with_whole_code(&printable(paragraph));
    for line in layout.wrap(&paragraph, lead, &" ".repeat(indent)) {
        text.push('\n');
        text.push_str(&line.replace(JOINT, " "));
    }
}

/// Stands for a space at which no line is broken: as wide as one, and of no script.
const JOINT: char = '\u{e000}';

/// Longer code is broken like any text.
const LONGEST_CODE: usize = 50;

/// What is to be copied stays on one line where it fits.
fn with_whole_code(paragraph: &str) -> String {
    let pieces = paragraph.split('`').enumerate();
    let pieces = pieces.map(
        |(at, piece)| match at % 2 == 1 && piece.len() <= LONGEST_CODE {
            true => piece.replace(' ', &JOINT.to_string()),
            false => piece.to_owned(),
        },
    );
    pieces.collect::<Vec<_>>().join("`")
}

/// An untrusted text made safe for a terminal: control characters, those that turn the direction of
/// writing and those that nobody sees are replaced.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(is_unprintable) {
        text.replace(is_unprintable, "\u{fffd}").into()
    } else {
        text.into()
    }
}

/// Whether a character does something to a terminal or a reader instead of being seen.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// A source made safe for a terminal with every byte in its place, so that spans stay right. The
/// renderer shows ASCII's control characters by itself.
fn printable_source(text: &str) -> Cow<'_, str> {
    let is_unprintable = |c: char| !c.is_ascii() && is_unprintable(c);
    if !text.contains(is_unprintable) {
        return text.into();
    }
    let seen = |c: char| match c.len_utf8() {
        _ if !is_unprintable(c) => c,
        2 => '\u{bf}',
        4 => '\u{1f6c7}',
        _ => '\u{fffd}',
    };
    text.chars().map(seen).collect::<String>().into()
}

/// Places that are further apart, in bytes, are shown one by one.
const NEAR: u32 = 64 * 1024;

/// Longer lines, in bytes, are named and not shown.
const LONGEST_LINE: usize = 4 * 1024;

/// Adds the lines of labels, all of one source, to a group. Of the source only the part around
/// them is handed on, for the renderer reads all that it gets.
fn show<'a>(
    group: Group<'a>,
    sources: &'a Sources,
    labels: &[(AnnotationKind, &'a Label)],
) -> Group<'a> {
    let Some((_, primary)) = labels.first() else {
        return group;
    };
    let source = sources.get(primary.span.source);
    let path: &str = &source.path;
    let lines = || labels.iter().map(|(_, label)| label.span);
    let first = lines().map(|span| source.line(span.start)).min();
    let last = lines().map(|span| source.line(span.end)).max();
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
    let mut lengths = (first..=last).map(|line| source.line_range(line).len());
    if !source.is_shown || lengths.any(|length| length > LONGEST_LINE) {
        let place = sources.location(primary.span);
        let origin = Origin::path(printable(path)).line(place.line as usize);
        return group.element(origin.char_column(place.column as usize));
    }
    // A line more on both sides, which the renderer uses where a span ends with its line.
    let first = first.saturating_sub(1);
    let from = source.line_range(first).start;
    let to = source.line_range(last + 1).end;
    let annotations = labels.iter().map(|(kind, label)| {
        let range = label.span.range();
        let annotation = kind.span(range.start - from..range.end - from);
        if label.text.is_empty() {
            annotation
        } else {
            annotation.label(printable(&label.text))
        }
    });
    group.element(
        Snippet::source(printable_source(&source.text[from..to]))
            .line_start(first + 1)
            .path(printable(path))
            .annotations(annotations),
    )
}
