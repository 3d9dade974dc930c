//! The whole output of every format for every sample, and the snapshot of each.
//!
//! Changed deliberately, snapshots are written anew with `SNAPSHOTS=overwrite`; read them like
//! prose.

use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};
use topicctl::report::Report;

use crate::grammar::{self, FORMATS};
use crate::samples;

/// The report in a format.
pub(crate) fn written(format: &str, report: &Report) -> String {
    use topicctl::report::{github, json, junit, markdown, prometheus, text};
    let layout = text::Layout::default();
    let mut out = Vec::new();
    match format {
        "text" => text::write_problems(report, layout, &mut out)
            .and_then(|()| text::write_result(report, layout, &mut out)),
        "json" => json::write(report, &mut out),
        "junit" => junit::write(report, &mut out),
        "markdown" => markdown::write(report, &mut out),
        "github" => github::write(report, &mut out),
        "prometheus" => prometheus::write(report, &mut out),
        _ => panic!("no format {format}"),
    }
    .expect("memory takes it");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn every_format_tells_every_ending_as_its_snapshot() {
    for (name, report) in samples::all() {
        for (format, extension) in FORMATS {
            let path = format!(
                "{}/tests/reports/snapshots/{name}.{extension}",
                env!("CARGO_MANIFEST_DIR")
            );
            let expected = Data::read_from(path.as_ref(), Some(DataFormat::Text)).raw();
            let actual = Data::text(written(format, &report)).raw();
            assert_data_eq!(actual, expected);
        }
    }
}

#[test]
fn every_format_keeps_to_its_grammar() {
    for (name, report) in samples::all() {
        for (format, _) in FORMATS {
            let text = written(format, &report);
            if let Err(error) = grammar::check(format, &text) {
                panic!("{name} as {format}: {error}\n{text}");
            }
        }
    }
}

/// What is red is what the exit code says, in every format that has a red.
#[test]
fn a_run_fails_in_a_format_where_its_exit_code_does() {
    for (name, report) in samples::all() {
        let fails = report.exit as u8 != 0;
        let junit = written("junit", &report);
        assert_eq!(junit.contains("<failure"), fails, "{name}: {junit}");
        let github = written("github", &report);
        assert_eq!(github.contains("::error"), fails, "{name}: {github}");
        let metrics = written("prometheus", &report);
        assert_eq!(
            !metrics.contains("topicctl_exit_code 0\n"),
            fails,
            "{name}: {metrics}"
        );
    }
}
