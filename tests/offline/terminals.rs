//! Runs on a terminal: text is as wide as its window, and as in a log where there is none.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::binary::{command, directory, topicctl_in};

const MANIFEST: &str = "\
topics:
  - name: warehouse.stock-levels.recalculated
    dlq: { name: warehouse.stock-levels.recalculated.dead-letters, retention: 1d }
";

/// What a run shows in a window of so many columns, both streams together.
fn on_terminal(directory: &Path, words: &[&str], columns: u16) -> String {
    let window = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&window).expect("a terminal of one's own");
    unlockpt(&window).expect("a terminal that opens");
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&window, size).expect("a size");
    let path = ptsname(&window, Vec::new()).expect("a name");
    let path = path.into_string().expect("a path");
    let inner = File::options().read(true).write(true).open(path);
    let inner = inner.expect("the terminal's side of the program");
    let mut run = command(directory, words);
    run.env("NO_COLOR", "1")
        .stdout(inner.try_clone().expect("a stream"))
        .stderr(inner);
    let mut run_with_it = run.spawn().expect("topicctl runs");
    // Its own copies of the streams would keep the terminal open.
    drop(run);
    let mut shown = Vec::new();
    // A terminal that nobody writes to any more ends with an error.
    let _ = File::from(window).read_to_end(&mut shown);
    run_with_it.wait().expect("it ends");
    String::from_utf8(shown)
        .expect("text")
        .replace("\r\n", "\n")
}

#[test]
fn text_is_as_wide_as_the_window() {
    let directory = directory(&[("m.yaml", MANIFEST)]);
    let place = directory.path();
    for words in [
        &["validate", "m.yaml", "-v"][..],
        &[
            "explain",
            "warehouse.stock-levels.recalculated",
            "-f",
            "m.yaml",
        ],
        &["explain", "dlq-shorter-than-source"],
        &["apply", "--help"],
        &[
            "partition",
            "a",
            "--partitions",
            "3",
            "--partitioner",
            "md5",
            "--topics",
        ],
    ] {
        let [narrow, wide] = [60, 120].map(|columns| on_terminal(place, words, columns));
        let words_of = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let longest = |text: &str| text.lines().map(|line| line.chars().count()).max();
        assert!(
            longest(&wide) > longest(&narrow),
            "{words:?}\n{narrow}\n{wide}"
        );
        assert!(longest(&wide) <= Some(120), "{words:?}\n{wide}");
        let lines = |text: &str| text.lines().count();
        assert!(lines(&narrow) > lines(&wide), "{words:?}\n{narrow}\n{wide}");
        // The same is said, but for the lines of sources and of usage.
        assert!(
            words_of(&narrow).len().abs_diff(words_of(&wide).len()) < 12,
            "{words:?}\n{narrow}\n{wide}"
        );
        let log = topicctl_in(place, words).run();
        let log = format!("{}{}", log.stderr, log.stdout);
        assert_eq!(log, on_terminal(place, words, 80), "{words:?}");
    }
    let row =
        "  declared  warehouse.stock-levels.recalculated                3 partitions, RF 3, 7d\n";
    let wide = on_terminal(place, &["validate", "m.yaml", "-v"], 120);
    assert!(wide.contains(row), "{wide}");
}

#[test]
fn a_file_is_a_log_whatever_the_window() {
    let directory = directory(&[("m.yaml", MANIFEST)]);
    let [narrow, wide] = [60, 120].map(|columns| {
        on_terminal(
            directory.path(),
            &["validate", "m.yaml", "--report", "text=r.txt"],
            columns,
        );
        std::fs::read_to_string(directory.path().join("r.txt")).expect("a report")
    });
    assert_eq!(narrow, wide);
    assert!(wide.lines().any(|line| line.chars().count() > 70), "{wide}");
}
