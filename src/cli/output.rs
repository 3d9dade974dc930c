//! How the result is told, and where it goes.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use crate::layout::Layout;
use crate::report::Format;

/// How to tell the result.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// How to write the result
    #[arg(
        short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text,
        env = "TOPICCTL_OUTPUT"
    )]
    pub output: Format,
    /// Write the result to a file too; may be repeated
    #[arg(
        long, value_name = "FORMAT=FILE", value_parser = report_files, env = "TOPICCTL_REPORT"
    )]
    pub report: Vec<ReportFiles>,
    /// What to call the report in its heading, where reports of several runs stand side by side
    /// [default: the cluster's name]
    #[arg(long, value_name = "TEXT", env = "TOPICCTL_TITLE")]
    pub title: Option<String>,
    /// List topics that match too, and where values are declared
    #[arg(short, long, env = "TOPICCTL_VERBOSE", value_parser = BoolishValueParser::new())]
    pub verbose: bool,
    /// Tell problems, and the result in a line
    #[arg(
        short, long, env = "TOPICCTL_QUIET", conflicts_with = "verbose",
        value_parser = BoolishValueParser::new()
    )]
    pub quiet: bool,
}

/// Whether text is colored.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ColorChoice {
    /// On a terminal; NO_COLOR and CLICOLOR_FORCE=1 are heeded
    #[default]
    Auto,
    /// In files and logs too
    Always,
    /// Nowhere
    Never,
}

impl OutputArgs {
    /// The layout with as much as is asked for.
    pub fn in_layout(&self, layout: Layout) -> Layout {
        layout.verbose(self.verbose).quiet(self.quiet)
    }

    pub fn only(output: Format) -> Self {
        Self {
            output,
            report: Vec::new(),
            title: None,
            verbose: false,
            quiet: false,
        }
    }
}

/// A file that gets a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportFile {
    pub format: Format,
    pub path: PathBuf,
}

/// The files of one `--report`: one, or in its variable several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportFiles(pub Vec<ReportFile>);

/// `json=a.json`, and for the variable `json=a.json,markdown=b.md`: a comma separates only where a
/// format follows, so that a path may have commas too.
fn report_files(text: &str) -> Result<ReportFiles, String> {
    let mut pieces: Vec<(Format, String)> = Vec::new();
    for piece in text.split(',') {
        let assigned = piece.split_once('=').and_then(|(format, path)| {
            let format = Format::from_str(format.trim(), false).ok()?;
            Some((format, path.to_owned()))
        });
        match (assigned, pieces.last_mut()) {
            (Some(assigned), _) => pieces.push(assigned),
            (None, Some((_, path))) => {
                path.push(',');
                path.push_str(piece);
            }
            (None, None) => {
                let formats = Format::value_variants().iter();
                let names: Vec<_> = formats
                    .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
                    .collect();
                return Err(format!(
                    "write FORMAT=FILE, with a format of {}",
                    names.join(", ")
                ));
            }
        }
    }
    let mut files = Vec::new();
    for (format, path) in pieces {
        match path.as_str() {
            "" => return Err("the name of the file is missing".to_owned()),
            "-" => return Err("standard output is for -o; a report goes to a file".to_owned()),
            _ => files.push(ReportFile {
                format,
                path: path.into(),
            }),
        }
    }
    Ok(ReportFiles(files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_files_are_separated_where_a_format_follows() {
        let file = |format, path: &str| ReportFile {
            format,
            path: path.into(),
        };
        assert_eq!(
            report_files("json=a,b=c.json,markdown=d.md"),
            Ok(ReportFiles(vec![
                file(Format::Json, "a,b=c.json"),
                file(Format::Markdown, "d.md"),
            ]))
        );
        for wrong in ["", "json", "json=", "json=-", "xml=a.xml", "a,json=b"] {
            assert!(report_files(wrong).is_err(), "{wrong}");
        }
    }
}
