//! Configuration of every kind of value, and the form in which kafka-configs takes it.

use topicctl::observed::ObservedOrigin;
use topicctl::outcome::Mismatch;
use topicctl::remedy::{Access, remedy};
use topicctl::topic::{ConfigKey, ConfigValue, Declared, Layer, Origin, TopicName};

use super::{ONE, Place, by_name, create, values};

const MANIFEST: &str = "
topics:
  - name: kinds
    tier: plain
    retention: 36h
    config:
      cleanup.policy: compact,delete
      compression.type: snappy
      follower.replication.throttled.replicas: '*'
      leader.replication.throttled.replicas: 0:1,1:1
      message.timestamp.type: LogAppendTime
      min.cleanable.dirty.ratio: 0.10
      min.insync.replicas: 2
      retention.bytes: unlimited
      segment.bytes: 512MiB
      unclean.leader.election.enable: true
";

/// Key, what is set first, what JSON says, and the words.
const KINDS: [[&str; 5]; 11] = [
    [
        "retention.ms",
        "129600001",
        "129600000",
        "129600001",
        "36h (129600000) declared",
    ],
    [
        "retention.bytes",
        "1073741824",
        "-1",
        "1073741824",
        "unlimited (-1) declared, 1GiB (1073741824) found",
    ],
    [
        "segment.bytes",
        "1073741824",
        "536870912",
        "1073741824",
        "512MiB (536870912) declared, 1GiB (1073741824) found",
    ],
    [
        "cleanup.policy",
        "delete",
        "compact,delete",
        "delete",
        "compact,delete declared, delete found",
    ],
    [
        "leader.replication.throttled.replicas",
        "0:1",
        "0:1,1:1",
        "0:1",
        "0:1,1:1 declared, 0:1 found",
    ],
    [
        "follower.replication.throttled.replicas",
        "1:1",
        "*",
        "1:1",
        "* declared, 1:1 found",
    ],
    [
        "compression.type",
        "lz4",
        "snappy",
        "lz4",
        "snappy declared, lz4 found",
    ],
    [
        "message.timestamp.type",
        "CreateTime",
        "LogAppendTime",
        "CreateTime",
        "LogAppendTime declared, CreateTime found",
    ],
    [
        "unclean.leader.election.enable",
        "false",
        "true",
        "false",
        "true declared, false found",
    ],
    [
        "min.cleanable.dirty.ratio",
        "0.5",
        "0.1",
        "0.5",
        "0.1 declared, 0.5 found",
    ],
    ["min.insync.replicas", "1", "2", "1", "2 declared, 1 found"],
];

#[test]
fn every_kind_of_value_is_reported_in_both_forms_and_corrected() {
    let settings: Vec<_> = KINDS
        .iter()
        .map(|[key, now, ..]| format!("{key}={now}"))
        .collect();
    let settings: Vec<_> = settings.iter().flat_map(|one| ["--config", one]).collect();
    create(&ONE, "kinds", 2, 1, &settings);
    let place = Place::new(&ONE, MANIFEST);
    let mismatches = place.mismatches("kinds");
    assert_eq!(mismatches.len(), KINDS.len(), "{mismatches:#?}");
    let text = place.verify(&[]).exits(1);
    let text = KINDS.iter().fold(text, |text, [key, _, _, _, said]| {
        text.says(&format!("{key} {said}"))
    });
    for [key, _, declared, found, _] in KINDS {
        let one = by_name(&mismatches, key);
        assert_eq!(values(one), (declared, found), "{key}");
        assert_eq!(one["origin"], "topic", "{key}");
    }
    text.says("producers with acks=all are then refused while fewer replicas are in sync")
        .says("Kafka then removes all but the newest message of each key");
    place.remedy("kinds");
    place.is_clean();
}

#[test]
fn lags_that_the_broker_checks_together_are_corrected_in_any_order() {
    // One at a time, the new largest lag would be below the old smallest one.
    let create_with = [
        "--config",
        "max.compaction.lag.ms=604800000",
        "--config",
        "min.compaction.lag.ms=432000000",
    ];
    create(&ONE, "lags", 1, 1, &create_with);
    let place = Place::new(
        &ONE,
        "topics:
  - name: lags
    tier: plain
    config: { max.compaction.lag.ms: 2h, min.compaction.lag.ms: 1h }
",
    );
    place.remedy("lags");
    place.is_clean();
}

/// What kafka-configs hands to the broker for a value, as the remedy has it. A topic of Apache
/// Kafka takes no free text, which only vendors' keys hold; the tool reads all entities alike, and
/// `match` of client metrics does.
#[track_caller]
fn arrives(value: &str) {
    const TOPIC: &str = "odd";
    let open = [Mismatch::Config {
        key: ConfigKey::new("match"),
        declared: Declared {
            value: ConfigValue::new(value),
            origin: Origin {
                layer: Layer::Topic,
                span: None,
            },
        },
        found: String::new(),
        origin: ObservedOrigin::Default,
    }];
    let access = Access {
        bootstrap_servers: ONE.bootstrap_servers().to_owned(),
        ..Access::default()
    };
    let topic = TopicName::parse(TOPIC).expect("legal");
    let command = remedy(&topic, &open[0], &open, &access).expect("a remedy");
    let other = command.replace("--entity-type topics", "--entity-type client-metrics");
    assert_ne!(command, other);
    let place = Place::new(&ONE, "");
    place.shell(&other).exits(0);
    let describe = format!(
        "LC_ALL=C.UTF-8 kafka-configs --bootstrap-server {} --describe --entity-type \
         client-metrics --entity-name {TOPIC}",
        ONE.bootstrap_servers()
    );
    let described = place.shell(&describe).exits(0);
    let line = described
        .stdout
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("match="));
    let line = line.unwrap_or_else(|| panic!("{described}"));
    let found = line
        .split_once(" sensitive=")
        .map_or(line, |(value, _)| value);
    assert_eq!(found, value, "{command}");
}

#[test]
fn a_value_of_any_characters_arrives_as_it_is_declared() {
    for value in [
        "client_id=a,client_software_name=b",
        r"client_id=it's \d $HOME `x` !",
        r"client_id=[a-c]\d{1}",
        r#"client_id=[a-c]\d{1},client_software_name="[é😀]""#,
    ] {
        arrives(value);
    }
}

#[test]
fn what_is_set_and_not_declared_is_declared_or_taken_off_as_printed() {
    let place = Place::new(&ONE, "topics: [{ name: undeclared, tier: plain }]\n");
    create(
        &ONE,
        "undeclared",
        1,
        1,
        &["--config", "segment.ms=3600000"],
    );
    let strict = place.verify(&["--strict"]).exits(0);
    let strict = strict.says("segment.ms is set to 1h on the topic, and not declared");
    let printed = |start: &str| {
        let lines = strict.stderr.lines().map(str::trim);
        let mut found = lines.filter(|line| line.starts_with(start));
        found.next().expect(start).to_owned()
    };
    let (yaml, command) = (printed("config: "), printed("kafka-configs "));
    place.file(
        "topics.yaml",
        &format!("topics: [{{ name: undeclared, tier: plain, {yaml} }}]\n"),
    );
    let declared = place.verify(&["--strict"]).exits(0).says("all match.");
    assert_eq!(declared.stderr, "");

    place.file(
        "topics.yaml",
        "topics: [{ name: undeclared, tier: plain }]\n",
    );
    place.shell(&command).exits(0);
    let taken_off = place.verify(&["--strict"]).exits(0).says("all match.");
    assert_eq!(taken_off.stderr, "");
    // Where that could lose messages, only the declaration is offered.
    create(
        &ONE,
        "undeclared-kept",
        1,
        1,
        &["--config", "retention.ms=-1"],
    );
    place.file(
        "topics.yaml",
        "topics: [{ name: undeclared-kept, tier: plain }]\n",
    );
    let kept = place.verify(&["--strict"]).exits(0);
    let kept = kept.says("without it the topic may lose messages that it keeps now");
    assert!(!kept.stderr.contains("--delete-config"), "{kept}");
}
