//! The whole output of every format for every sample, and the snapshot of each.
//!
//! Changed deliberately, snapshots are written anew with `SNAPSHOTS=overwrite`; read them like
//! prose.

use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};
use topicctl::report::{Report, Several, State};

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

/// The reports of several clusters in a format.
pub(crate) fn written_several(format: &str, several: &Several) -> String {
    use topicctl::report::{github, json, junit, markdown, prometheus, text};
    let layout = text::Layout::default();
    let mut out = Vec::new();
    match format {
        "text" => text::write_several_problems(several, layout, &mut out)
            .and_then(|()| text::write_several_result(several, layout, &mut out)),
        "json" => json::write_several(several, &mut out),
        "junit" => junit::write_several(several, &mut out),
        "markdown" => markdown::write_several(several, &mut out),
        "github" => github::write_several(several, &mut out),
        "prometheus" => prometheus::write_several(several, &mut out),
        _ => panic!("no format {format}"),
    }
    .expect("memory takes it");
    String::from_utf8(out).expect("UTF-8")
}

/// Every sample in every format: its name, the format, the end of its file's name, the text.
fn all_written() -> Vec<(&'static str, &'static str, &'static str, String)> {
    let mut all = Vec::new();
    for (format, extension) in FORMATS {
        let single = samples::all().into_iter();
        all.extend(single.map(|(name, one)| (name, format, extension, written(format, &one))));
        let several = samples::all_several().into_iter();
        all.extend(several.map(|(name, one)| {
            let text = written_several(format, &one);
            (name, format, extension, text)
        }));
    }
    all
}

#[test]
fn every_format_tells_every_ending_as_its_snapshot() {
    for (name, _, extension, text) in all_written() {
        let path = format!(
            "{}/tests/reports/snapshots/{name}.{extension}",
            env!("CARGO_MANIFEST_DIR")
        );
        let expected = Data::read_from(path.as_ref(), Some(DataFormat::Text)).raw();
        assert_data_eq!(Data::text(text).raw(), expected);
    }
}

#[test]
fn every_format_keeps_to_its_grammar() {
    for (name, format, _, text) in all_written() {
        if let Err(error) = grammar::check(format, &text) {
            panic!("{name} as {format}: {error}\n{text}");
        }
    }
}

/// A row of text is red where its topic makes the run fail, and nowhere else.
#[test]
fn a_row_is_red_where_its_topic_fails() {
    use topicctl::report::text;
    let layout = text::Layout {
        color: true,
        verbose: true,
    };
    let mut seen = [0, 0];
    for (name, report) in samples::all() {
        let mut out = Vec::new();
        text::write_result(&report, layout, &mut out).expect("memory takes it");
        let text = String::from_utf8(out).expect("UTF-8");
        for topic in &report.topics {
            let of_topic =
                |line: &&str| line.split_whitespace().nth(1) == Some(topic.name.as_str());
            let Some(row) = text.lines().find(of_topic) else {
                continue;
            };
            let is_red = row.contains("\u{1b}[31m");
            assert_eq!(is_red, topic.fails, "{name}: {row:?}");
            seen[usize::from(is_red)] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 2), "{seen:?}");
}

/// What is red is what the exit code says, in every format that has a red.
#[test]
fn a_run_fails_in_a_format_where_its_exit_code_does() {
    let single = samples::all().into_iter().map(|(name, one)| {
        let texts = ["junit", "github", "prometheus"].map(|format| written(format, &one));
        (name, one.exit, texts)
    });
    let several = samples::all_several().into_iter().map(|(name, one)| {
        let texts = ["junit", "github", "prometheus"].map(|format| written_several(format, &one));
        (name, one.exit, texts)
    });
    for (name, exit, [junit, github, metrics]) in single.chain(several) {
        let fails = exit as u8 != 0;
        assert_eq!(junit.contains("<failure"), fails, "{name}: {junit}");
        assert_eq!(github.contains("::error"), fails, "{name}: {github}");
        let codes = metrics.lines();
        let mut codes = codes.filter(|line| line.starts_with("topicctl_exit_code"));
        assert_eq!(
            codes.any(|line| !line.ends_with(" 0")),
            fails,
            "{name}: {metrics}"
        );
    }
}

/// Each report of several tells which cluster it is about, whether that answered or not.
#[test]
fn every_format_names_every_cluster() {
    for (name, several) in samples::all_several() {
        for (format, _) in FORMATS {
            let text = written_several(format, &several);
            for report in &several.reports {
                let cluster = report.cluster_name.as_deref().expect("a name");
                assert!(
                    text.contains(cluster),
                    "{name}: {cluster} is not in\n{text}"
                );
            }
        }
    }
}

#[test]
fn what_became_of_several_keeps_to_80_columns() {
    use topicctl::report::text;
    for (name, several) in samples::all_several() {
        let mut out = Vec::new();
        text::write_several_result(&several, text::Layout::default(), &mut out).expect("memory");
        for line in String::from_utf8(out).expect("UTF-8").lines() {
            // Commands are to be copied.
            let long = line.chars().count() > 80 && !line.trim_start().starts_with("kafka-");
            assert!(!long, "{name}: {line}");
        }
    }
}

/// What is wrong with the manifests under every cluster is no cluster's own.
#[test]
fn a_problem_of_all_clusters_is_told_once() {
    let (_, several) = samples::all_several().remove(2);
    for (format, times) in [("text", 1), ("github", 1), ("markdown", 1)] {
        let text = written_several(format, &several);
        let told = text.matches("keeps messages for 1d").count();
        assert_eq!(told, times, "{format}: {text}");
    }
}

/// A comment holds 65 536 characters, however many clusters there are.
#[test]
fn several_clusters_share_the_room_of_one_comment() {
    let (_, mut several) = samples::all_several().remove(0);
    let (_, other) = samples::all_several().remove(0);
    several.reports.extend(other.reports);
    for report in &mut several.reports {
        report.topics = (0..1000)
            .map(|index| samples::topic(&format!("orders-{index}"), 3, State::Mismatched))
            .collect();
    }
    let text = written_several("markdown", &several);
    assert_eq!(grammar::check("markdown", &text).err(), None);
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains("more topics are in the JSON report"));
}

#[test]
fn the_last_sentence_counts_clusters() {
    let sentences = samples::all_several().into_iter();
    let sentences: Vec<_> = sentences.map(|(_, several)| several.sentence()).collect();
    assert_eq!(
        sentences,
        [
            "3 clusters: 1 matches, 1 not reached, 1 not authorised. 0.31 s",
            "2 clusters: none valid. 0.31 s",
            "2 clusters: 1 matches, 1 differs. 0.31 s",
            "2 clusters: all match. 0.31 s",
            "1 cluster: not reached. 0.31 s",
        ]
    );
}
