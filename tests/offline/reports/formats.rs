//! The whole output of every format for every sample, and the snapshot of each.
//!
//! Changed deliberately, snapshots are written anew with `SNAPSHOTS=overwrite`; read them like
//! prose.

use clap::ValueEnum as _;
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};
use topicctl::diagnostic::{Code, Diagnostic};
use topicctl::exit;
use topicctl::outcome::Status;
use topicctl::report::{Format, Report};

use super::samples::{self, sample};
use crate::support::report_grammar::{self as grammar, FORMATS};

/// The report in a format.
pub(crate) fn written(format: &str, report: &Report) -> String {
    let format = Format::from_str(format, false).expect("a format");
    let mut out = Vec::new();
    format
        .write(report, topicctl::layout::Layout::default(), &mut out)
        .expect("memory takes it");
    String::from_utf8(out).expect("UTF-8")
}

/// Every sample in every format: its name, the format, the end of its file's name, the text.
fn all_written() -> Vec<(&'static str, &'static str, &'static str, String)> {
    let mut all = Vec::new();
    for (format, extension) in FORMATS {
        let samples = samples::all().into_iter();
        all.extend(samples.map(|(name, one)| (name, format, extension, written(format, &one))));
    }
    all
}

#[test]
fn every_format_reports_every_ending_as_its_snapshot() {
    for (name, _, extension, text) in all_written() {
        let path = format!(
            "{}/tests/offline/reports/snapshots/{name}.{extension}",
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
    use topicctl::layout::Layout;
    use topicctl::report::text;
    let layout = Layout {
        color: true,
        verbose: true,
        ..Layout::default()
    };
    let mut seen = [0, 0];
    for (name, report) in samples::all() {
        if report.by_cluster {
            continue;
        }
        let cluster = &report.clusters[0];
        let mut out = Vec::new();
        text::write_result(&report, layout, &mut out).expect("memory takes it");
        let text = String::from_utf8(out).expect("UTF-8");
        for topic in &cluster.result.topics {
            let of_topic =
                |line: &&str| line.split_whitespace().nth(1) == Some(topic.topic.name.as_str());
            let Some(row) = text.lines().find(of_topic) else {
                continue;
            };
            let is_red = row.contains("\u{1b}[31m");
            let fails = exit::fails(&cluster.context, &cluster.result, topic);
            assert_eq!(is_red, fails, "{name}: {row:?}");
            seen[usize::from(is_red)] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 2), "{seen:?}");
}

/// What is red is what the exit code says, in every format that has a red.
#[test]
fn a_run_fails_in_a_format_where_its_exit_code_does() {
    for (name, report) in samples::all() {
        let [junit, github, metrics] =
            ["junit", "github", "prometheus"].map(|format| written(format, &report));
        let fails = report.exit as u8 != 0;
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

/// Lag is information: what CI servers and alerts take for a failure is what the exit code says.
#[test]
fn groups_are_reported_in_every_format_and_fail_nothing() {
    let report = sample("verify-groups");
    for (format, words) in [
        ("text", "lag 1 060 over 2 partitions"),
        ("json", "\"lag\": 1060"),
        ("junit", "orders: lag 1 060 over 2 partitions"),
        ("markdown", "| `orders` | lag 1 060 over 2 partitions"),
        ("github", "%0A  orders: lag 1 060 over 2 partitions"),
        (
            "prometheus",
            "topicctl_group_lag{group=\"billing\",topic=\"orders\"} 1060\n",
        ),
    ] {
        let text = written(format, &report);
        assert!(text.contains(words), "{words} is not in\n{text}");
        for group in ["audit", "billing", "archive", "streams", "new"] {
            assert!(text.contains(group), "{group} is not in\n{text}");
        }
    }
}

/// A sum over the partitions that could be read would be a false calm.
#[test]
fn a_lag_that_is_not_known_in_full_is_no_metric() {
    let metrics = written("prometheus", &sample("verify-groups"));
    for topic in [
        "group=\"billing\",topic=\"payments\"",
        "group=\"archive\",topic=\"refunds\"",
    ] {
        assert!(!metrics.contains(topic), "{topic} is in\n{metrics}");
    }
}

/// A series that stands twice makes the exporter refuse the whole file.
#[test]
fn names_that_cannot_be_told_apart_are_one_series() {
    let mut report = sample("verify-groups-unread");
    let lags = report.clusters[0].result.groups.as_mut().expect("groups");
    lags.groups[0].name = "a\u{1}".to_owned();
    lags.groups[1].name = "a\u{2}".to_owned();
    let metrics = written("prometheus", &report);
    assert_eq!(grammar::check("prometheus", &metrics), Ok(()), "{metrics}");
    assert_eq!(metrics.matches("topicctl_group_state{").count(), 1);
}

/// The samples of several clusters.
fn all_by_cluster() -> impl Iterator<Item = (&'static str, Report)> {
    samples::all()
        .into_iter()
        .filter(|(_, report)| report.by_cluster)
}

/// Each report of several says which cluster it is about, whether that answered or not.
#[test]
fn every_format_names_every_cluster() {
    for (name, several) in all_by_cluster() {
        for (format, _) in FORMATS {
            let text = written(format, &several);
            for cluster in &several.clusters {
                let cluster = cluster.target.display_name();
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
    use topicctl::layout::Layout;
    use topicctl::report::text;
    for (name, several) in all_by_cluster() {
        let mut out = Vec::new();
        text::write_result(&several, Layout::default(), &mut out).expect("memory");
        for line in String::from_utf8(out).expect("UTF-8").lines() {
            // Commands are to be copied.
            let long = line.chars().count() > 80 && !line.trim_start().starts_with("kafka-");
            assert!(!long, "{name}: {line}");
        }
    }
}

/// What is wrong with the manifests under every cluster is no cluster's own.
#[test]
fn a_problem_of_all_clusters_is_reported_once() {
    let several = sample("several-warned");
    for (format, times) in [("text", 1), ("github", 1), ("markdown", 1)] {
        let text = written(format, &several);
        let reported = text.matches("keeps messages for 1d").count();
        assert_eq!(reported, times, "{format}: {text}");
    }
}

/// A comment holds 65 536 characters, however much there is to say and of however many clusters.
#[test]
fn markdown_has_room_in_one_comment() {
    let full = |cluster: &str| {
        let mut run = samples::named(cluster, samples::verify());
        let topics = (0..1000).map(|index| {
            let name = format!("orders-{index}");
            match index % 2 {
                0 => samples::topic(&name, 3, Status::Matching),
                _ => samples::mismatched(&name, 3),
            }
        });
        run.result.topics = topics.collect();
        let problems = (0..200).map(|index| {
            let message = format!("1 topic cannot be seen of {cluster}, {index}");
            Diagnostic::error(Code::Authorization, message).detail("x".repeat(100))
        });
        run.diagnostics = problems.collect();
        let mut lags = samples::with_groups().result.groups.expect("groups");
        lags.groups = lags.groups.iter().cycle().take(300).cloned().collect();
        lags.topics = lags.topics.iter().cycle().take(300).cloned().collect();
        run.result.groups = Some(lags);
        run
    };
    let fits = |text: &str| {
        assert_eq!(grammar::check("markdown", text), Ok(()));
        let count = text.chars().count();
        assert!((30_000..65_536).contains(&count), "{count}");
        let rest = [
            " more problems, not shown: ",
            " more topics are in the JSON report.",
            " more rows are in the JSON report.",
        ];
        for rest in rest {
            assert!(text.contains(rest), "{rest} is not in\n{text}");
        }
    };
    fits(&written("markdown", &samples::single(vec![], full("prod"))));
    for clusters in [1, 3, 10, 40] {
        let runs = (0..clusters).map(|index| full(&format!("cluster-{index}")));
        let several = samples::several(vec![], runs.collect());
        fits(&written("markdown", &several));
    }
}

#[test]
fn the_last_sentence_counts_clusters() {
    let texts = all_by_cluster().map(|(_, several)| written("text", &several));
    let sentences: Vec<_> = texts
        .map(|text| text.lines().last().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        sentences,
        [
            "3 clusters: 1 matches, 1 not reached, 1 not authorized. 0.31 s",
            "2 clusters: none valid. 0.31 s",
            "2 clusters: 1 matches, 1 differs. 0.31 s",
            "2 clusters: all match. 0.31 s",
            "1 cluster: not reached. 0.31 s",
        ]
    );
}
