//! `--version`, and all that the program is made of.

use crate::support::binary::topicctl_in;

#[test]
fn the_version_in_full_tells_commit_library_and_features() {
    let directory = tempfile::tempdir().expect("a directory");
    let plain = topicctl_in(directory.path(), &["--version"]).run();
    assert_eq!(plain.stdout.lines().count(), 1, "{plain:?}");
    for arguments in [
        &["-V", "-v"][..],
        &["-v", "-V"],
        &["-Vv"],
        &["--version", "--verbose"],
        &["--verbose", "--version"],
        &["plan", "-V", "-v"],
    ] {
        let full = topicctl_in(directory.path(), arguments).run();
        assert_eq!(full.code(), Some(0), "{full:?}");
        assert_eq!(full.stderr, "");
        assert!(full.stdout.starts_with(&plain.stdout), "{full:?}");
        for line in ["\ncommit      ", "\nlibrdkafka  2.", "\nbuilt by    rustc "] {
            assert!(full.stdout.contains(line), "{full:?}");
        }
        for feature in ["ssl", "sasl_scram", "sasl_oauthbearer"] {
            assert!(full.stdout.contains(feature), "{full:?}");
        }
    }
}

#[test]
fn other_words_are_no_question_for_the_version() {
    let directory = tempfile::tempdir().expect("a directory");
    for arguments in [&["-v"][..], &["-V", "--color"], &["-v", "plann", "-V"]] {
        let ended = topicctl_in(directory.path(), arguments).run();
        assert!(!ended.stdout.contains("librdkafka"), "{ended:?}");
    }
}
