//! The reports of whole runs against a real broker, each in every format.

use std::fs;
use std::path::Path;

use crate::kafka::SHARED;
use crate::support::binary::topicctl_in;
use crate::support::report_grammar::{self as grammar, FORMATS};

/// Runs topicctl on a manifest, against these servers or those of the project, with a report in every format, all of which keep to their grammars
/// and are given back in the order of [`FORMATS`].
#[track_caller]
fn reports(
    directory: &Path,
    servers: &str,
    args: &[&str],
    manifest: &str,
    code: i32,
) -> Vec<String> {
    fs::write(directory.join("topics.yaml"), manifest).expect("a file");
    let mut run = topicctl_in(directory, args).arg("topics.yaml");
    if !servers.is_empty() {
        run = run.args(&["-b", servers]);
    }
    for (format, extension) in FORMATS {
        run = run.arg(format!("--report={format}=r.{extension}"));
    }
    run.run().exits(code);
    FORMATS
        .iter()
        .map(|(format, extension)| {
            let text = fs::read_to_string(directory.join(format!("r.{extension}")));
            let text = text.expect("a report");
            assert_eq!(grammar::check(format, &text), Ok(()), "{format}: {text}");
            text
        })
        .collect()
}

fn holds(reports: &[String], words: [&str; 6]) {
    for (report, word) in reports.iter().zip(words) {
        assert!(report.contains(word), "{word} is not in\n{report}");
    }
}

#[test]
fn every_ending_on_a_real_broker_is_reported_in_every_format() {
    let servers = SHARED.bootstrap_servers();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let run = |args: &[&str], manifest: &str, code| {
        reports(directory.path(), servers, args, manifest, code)
    };
    let wanted = "topics: [{ name: reported, replication_factor: 1, retention: 7d }]\n";
    let other =
        "topics: [{ name: reported, replication_factor: 1, retention: 1d, partitions: 6 }]\n";
    let refused = "topics: [{ name: reported, replication_factor: 3 }, { name: reported.new }]\n";

    let missing = [
        "missing",
        "\"missing\"",
        "type=\"missing\"",
        "| missing |",
        "title=reported%3A missing",
        "status=\"missing\"} 1",
    ];
    holds(&run(&["verify"], wanted, 1), missing);
    let create = [
        "create ",
        "\"missing\"",
        "create",
        "| create |",
        "1 to create",
        "status=\"missing\"} 1",
    ];
    holds(&run(&["plan"], wanted, 0), create);
    holds(&run(&["apply", "--dry-run"], wanted, 0), create);
    let created = [
        "created ",
        "\"created\"",
        "created",
        "| created |",
        "1 created",
        "status=\"created\"} 1",
    ];
    holds(&run(&["apply"], wanted, 0), created);
    let matching = [
        "all match",
        "\"matching\"",
        "name=\"reported\"",
        "1 topic as declared",
        "all match",
        "status=\"matching\"} 1",
    ];
    holds(&run(&["verify"], wanted, 0), matching);
    let grouped = "topics: [{ name: reported, replication_factor: 1, retention: 7d, \
                   consumer_groups: [billing] }]\n";
    let groups = [
        "billing   not there yet",
        "\"not-there-yet\"",
        "name=\"billing\" classname=\"groups\"",
        "| `billing` | not there yet |",
        "::notice title=consumer groups::1 consumer group: 1 not there yet",
        "topicctl_group_state{group=\"billing\",state=\"not-there-yet\"} 1",
    ];
    let seen = run(&["verify", "--groups"], grouped, 0);
    holds(&seen, groups);
    let messages = [
        "0 over 3 partitions",
        "\"earliest\": 0",
        "reported: 0 over 3 partitions",
        "| `reported` | 0 over 3 partitions |",
        "all match",
        "topicctl_topic_messages{topic=\"reported\"} 0",
    ];
    holds(&seen, messages);
    let differs = [
        "mismatch ",
        "\"mismatched\"",
        "type=\"mismatched\"",
        "kafka-configs",
        "::error file=topics.yaml,line=1",
        "status=\"mismatched\"} 1",
    ];
    holds(&run(&["verify"], other, 1), differs);
    let passes = [
        "mismatch ",
        "\"mismatched\"",
        "failures=\"0\"",
        "kafka-configs",
        "::warning file=topics.yaml,line=1",
        "topicctl_exit_code 0",
    ];
    holds(&run(&["verify", "--fail-on", "none"], other, 0), passes);
    let refuses = [
        "INVALID_REPLICATION_FACTOR",
        "\"failed\"",
        "type=\"failed\"",
        "refuses",
        "::error ",
        "topicctl_exit_code 5",
    ];
    holds(&run(&["apply"], refused, 5), refuses);
}

#[test]
fn a_cluster_that_answers_and_one_that_does_not_are_reported_in_every_format() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let project = format!(
        "clusters:\n  here: {{ bootstrap_servers: \"{}\" }}\n  \
         nowhere: {{ bootstrap_servers: \"127.0.0.1:1\" }}\n",
        SHARED.bootstrap_servers()
    );
    fs::write(directory.path().join("topicctl.yaml"), project).expect("a file");
    let wanted = "topics: [{ name: reported-everywhere, replication_factor: 1 }]\n";
    let run = |args: &[&str], code| reports(directory.path(), "", args, wanted, code);

    run(&["apply", "--cluster", "here"], 0);
    let found_text = run(&["verify", "--all-clusters", "--timeout", "2s"], 3);
    let whole = [
        "2 clusters: 1 matches, 1 not reached.",
        "\"topicctl.reports/1\"",
        "<testsuite name=\"here\" tests=\"2\" skipped=\"0\" errors=\"0\" failures=\"0\"",
        "2 clusters: 1 matches, 1 not reached.",
        "2 clusters: 1 matches, 1 not reached.",
        "topicctl_exit_code{cluster=\"here\"} 0",
    ];
    holds(&found_text, whole);
    let silent = [
        "nowhere\n\n  not reached: ",
        "\"cluster_name\": \"nowhere\"",
        "<testsuite name=\"nowhere\"",
        "### `nowhere`: not reached",
        "::error title=nowhere%3A topicctl verify%3A unreachable::",
        "topicctl_exit_code{cluster=\"nowhere\"} 3",
    ];
    holds(&found_text, silent);
}
