//! `--remedies`: all commands as one script, which runs as it is written.

use local_kafka::free_port;

use super::{ONE, Place, create, replicas, three};

#[test]
fn the_whole_script_corrects_topics_of_odd_names_and_values() {
    let kafka = three();
    let long = "L".repeat(249);
    let manifest = format!(
        "topics:
  - {{ name: -dash, tier: plain, partitions: 2, replication_factor: 2 }}
  - name: Odd_name.with.dots-and-dashes
    tier: plain
    replication_factor: 1
    partitions: 3
    config:
      cleanup.policy: compact,delete
      follower.replication.throttled.replicas: '*'
      max.compaction.lag.ms: 2h
      min.compaction.lag.ms: 1h
  - {{ name: {long}, tier: plain, replication_factor: 3 }}
  - {{ name: script-shrunk, tier: plain, partitions: 1 }}
"
    );
    let place = Place::new(&kafka, &manifest);
    create(&kafka, "-dash", 1, 1, &[]);
    let lags = [
        "--config",
        "max.compaction.lag.ms=604800000",
        "--config",
        "min.compaction.lag.ms=432000000",
    ];
    create(&kafka, "Odd_name.with.dots-and-dashes", 1, 2, &lags);
    create(&kafka, "Odd_name-with-dots-and-dashes", 1, 1, &[]);
    create(&kafka, &long, 1, 1, &[]);
    create(&kafka, "script-shrunk", 2, 1, &[]);
    place.verify(&["--remedies", "mend.sh"]).exits(1);
    let script = place.read("mend.sh");
    for line in [
        "# Odd_name.with.dots-and-dashes: max.compaction.lag.ms 2h (7200000) declared, 7d \
         (604800000) found, set on the topic (topics.yaml:3)",
        "# declared by the topic itself, topics.yaml:9",
        "# The same command as above fixes it.",
        "# Odd_name.with.dots-and-dashes: follower.replication.throttled.replicas * declared, \
         nothing found, Kafka's default (topics.yaml:3)",
        "# script-shrunk: partitions 1 declared, 2 found (topics.yaml:13)",
        "# No command fixes it.",
    ] {
        assert!(script.lines().any(|one| one == line), "no {line}\n{script}");
    }
    place.shell("sh mend.sh").exits(0);
    place.until_nothing_moves();
    // All is corrected but for what no command corrects.
    let clean = place.verify(&["--select=-dash", "--select=Odd*", "--select=L*"]);
    clean.exits(0).says("3 declared: all match");
    assert_eq!(replicas(&kafka, "Odd_name-with-dots-and-dashes").len(), 1);
    assert_eq!(replicas(&kafka, "script-shrunk").len(), 2);
}

#[test]
fn a_script_without_mismatches_says_so_and_runs() {
    let place = Place::new(
        &ONE,
        "topics:
  - { name: script-clean, tier: plain, partitions: 1 }
  - { name: script-missing, tier: plain }
",
    );
    create(&ONE, "script-clean", 1, 1, &[]);
    place.verify(&["--remedies", "mend.sh"]).exits(1);
    let script = place.read("mend.sh");
    let end = "set -eu\n\n# There is no command to run.\n# 1 topic is missing; topicctl apply \
               creates topics.\n";
    assert!(script.ends_with(end), "{script}");
    assert_eq!(place.shell("sh mend.sh").exits(0).stdout, "");
}

#[test]
fn accepted_mismatches_are_left_alone() {
    let place = Place::new(
        &ONE,
        "topics:
  - { name: script-accepted, tier: plain, partitions: 3, retention: 7d }
accepted_mismatches:
  - { topic: script-accepted, partitions: 2, reason: a consumer counts on it }
",
    );
    create(
        &ONE,
        "script-accepted",
        2,
        1,
        &["--config", "retention.ms=1000"],
    );
    place.verify(&["--remedies", "mend.sh"]).exits(1);
    let script = place.read("mend.sh");
    assert!(!script.contains("kafka-topics"), "{script}");
    assert!(
        script.ends_with("\n# 1 accepted mismatch is left alone.\n"),
        "{script}"
    );
    // Nor does JSON offer a command.
    let report = place.mismatches("script-accepted");
    let partitions = super::by_name(&report, "partitions");
    assert!(partitions["remedy"].is_null(), "{partitions}");
    place.shell("sh mend.sh").exits(0);
    place.verify(&[]).exits(0).says("1 accepted");
    assert_eq!(replicas(&ONE, "script-accepted").len(), 2);
}

#[test]
fn a_file_that_is_there_is_left_alone_and_found_before_connecting() {
    let place = Place::new(&ONE, "topics: [{ name: script-there, tier: plain }]\n");
    place.file("mend.sh", "mine");
    let nobody = format!("127.0.0.1:{}", free_port().expect("a port"));
    for (path, flag) in [
        ("mend.sh", "--remedies"),
        ("nowhere/mend.sh", "--remedies"),
        ("mend.sh", "--write-accepted"),
    ] {
        place
            .verify(&[flag, path, "-b", &nobody])
            .exits(2)
            .says(&format!("cannot write {path}"))
            .says("name a file that does not exist yet");
    }
    assert_eq!(place.read("mend.sh"), "mine");
    // A run that saw nothing writes nothing.
    place
        .verify(&["--remedies", "new.sh", "-b", &nobody])
        .exits(3);
    let left = std::fs::read_dir(place.directory.path()).expect("a directory");
    let mut left: Vec<_> = left.map(|one| one.expect("an entry").file_name()).collect();
    left.sort();
    assert_eq!(left, ["bin", "mend.sh", "topics.yaml"]);
}
