//! What stands below the line of a topic: how it differs, and what to do about it.

use std::io::{self, Write};

use super::layout::{NAME_COLUMN, write_phrases, write_wrapped};
use crate::diagnostic::printable;
use crate::layout::Layout;
use crate::outcome::{Status, TopicOutcome};
use crate::report::ClusterReport;
use crate::report::difference::Difference;
use crate::report::wording::{field, phrases, shortened};

pub(super) fn write_details(
    topic: &TopicOutcome,
    cluster: &ClusterReport,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    // What is accepted was decided once, and is no news.
    let shown = layout.verbose || topic.status != Status::Accepted;
    let differences = match shown {
        true => cluster.differences(topic),
        false => Vec::new(),
    };
    let longest = differences.iter().map(|one| field(one).len()).max();
    let detail = Detail {
        width: (longest.unwrap_or(0) + 2).max(16),
        // What a preview shows is what will be done; of these, nothing.
        brief: !layout.verbose && cluster.context.purpose.is_preview(),
        layout,
    };
    for difference in &differences {
        detail.write(difference, out)?;
    }
    // What could not be read is reported of all such topics together, as a problem.
    let is_reported = matches!(topic.status, Status::Unknown(_)) && !layout.verbose;
    if let Some(error) = topic.status.error().filter(|_| !is_reported) {
        write_wrapped(&error, NAME_COLUMN, NAME_COLUMN, layout, out)?;
    }
    Ok(())
}

/// How a difference is laid out.
#[derive(Clone, Copy)]
struct Detail {
    width: usize,
    brief: bool,
    layout: Layout,
}

impl Detail {
    fn write(self, difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
        let shown = |value: &str| match self.layout.verbose {
            true => value.to_owned(),
            false => shortened(value),
        };
        let mut phrases = phrases(difference, !self.brief, shown);
        let verbose = self.layout.verbose;
        if difference.accepted.is_some() && !verbose {
            phrases.push("accepted".to_owned());
        }
        let below = NAME_COLUMN + 2;
        let lead = " ".repeat(NAME_COLUMN);
        let field = printable(field(difference));
        let longest = phrases.iter().map(|one| one.chars().count() + 1).max();
        let column = NAME_COLUMN + self.width;
        if column + longest.unwrap_or(0) > self.layout.width {
            writeln!(out, "{lead}{field}")?;
            write_phrases(" ".repeat(below), below, &phrases, self.layout, out)?;
        } else {
            let lead = format!("{lead}{field:<width$}", width = self.width);
            write_phrases(lead, column, &phrases, self.layout, out)?;
        }
        // What no command fixes is explained with the line to change.
        let surprising = difference.declared_elsewhere && difference.remedy.is_some();
        if verbose || (surprising && !self.brief && difference.accepted.is_none()) {
            let by = format!("declared by {}", difference.declared_by);
            write_wrapped(&by, below, below + 2, self.layout, out)?;
        }
        if let Some(reason) = &difference.accepted {
            let accepted = format!("accepted: {reason}");
            return match verbose {
                true => write_wrapped(&accepted, below, below + 2, self.layout, out),
                false => Ok(()),
            };
        }
        if self.brief {
            return Ok(());
        }
        if let Some(advice) = &difference.advice {
            write_wrapped(&advice.text, below, below, self.layout, out)?;
            // To be copied, as a command is.
            if let Some(yaml) = &advice.yaml {
                writeln!(out, "{}{yaml}", " ".repeat(below))?;
            }
        }
        if let Some(remedy) = &difference.remedy {
            // To be copied: on a line of its own, however long.
            writeln!(out, "{}{remedy}", " ".repeat(below))?;
        }
        Ok(())
    }
}
