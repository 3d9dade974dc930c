//! Several clusters for people: each one's report below the line that names it, those that need
//! attention first, and the whole result in the last line.

use std::io::{self, Write};

use super::{Layout, write_result, write_wrapped};
use crate::diagnostic::{self, printable};
use crate::report::closing::counting_line;
use crate::report::sentences::cause;
use crate::report::{Several, Verdict};

/// Writes the problems: first those of the manifests under all clusters, then those of single
/// clusters below their names.
///
/// # Errors
/// Where the writer fails.
pub fn write_several_problems(
    several: &Several,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut told = None;
    for shared in several.problems() {
        let whose = shared.whose();
        if let Some(whose) = whose.as_ref().filter(|_| whose != told) {
            write_wrapped(&format!("{whose}:"), 0, 2, out)?;
            writeln!(out)?;
        }
        told = whose;
        let text = diagnostic::render(shared.one, &shared.report.sources, layout.color);
        writeln!(out, "{text}\n")?;
    }
    let reports = several.ranked();
    let lines: Vec<_> = reports.iter().map(|one| counting_line(one)).collect();
    // One line for all of them where it is the same.
    if let [Some(first), others @ ..] = lines.as_slice()
        && others.iter().all(|line| line.as_ref() == Some(first))
    {
        return writeln!(out, "{first}");
    }
    for (report, line) in reports.iter().zip(lines) {
        if let Some(line) = line {
            write_wrapped(&format!("{}: {line}", report.called()), 0, 2, out)?;
        }
    }
    Ok(())
}

/// Writes what became of the topics of each cluster, and the whole result.
///
/// # Errors
/// Where the writer fails.
pub fn write_several_result(
    several: &Several,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    for report in several.ranked() {
        if !report.lists_topics() || report.cluster.is_none() {
            writeln!(out, "{}\n", printable(report.called()))?;
        }
        if report.lists_topics() {
            write_result(report, layout, out)?;
        } else {
            let verdict = Verdict::on(report).word(1, several.command);
            let text = format!("{verdict}: {}", cause(report));
            write_wrapped(&text, 2, 4, out)?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", several.sentence())
}
