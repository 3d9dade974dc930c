//! `topicctl explain`, on the command line: a name that is a code, a topic or a tier, and the
//! layers of every value.

use std::path::Path;

use crate::support::binary::{Ended, topicctl_in};
use snapbox::{assert_data_eq, str};

const PROJECT: &str = "\
tiers:
  ingestion:
    extends: standard
    retention: 14d
    config: { retention.bytes: 10GiB }
profiles:
  base:
    vars: { ORDERS: 12 }
  dev:
    extends: base
    all: { replication_factor: 1 }
    tiers:
      ingestion: { partitions: 2 }
      dlq: { retention: 20d }
    topics:
      - name: orders-dlq
        retention: 60d
";

const ORDERS: &str = "\
topics:
  - name: orders
    tier: ingestion
    owner: payments
    partitions: ${ORDERS:-6}
    consumer_groups: [{ name: billing, members: 2, produces: [invoices] }, audit]
    config: { max.message.bytes: 2MiB, retention.bytes: null }
    retry: { delays: [5m, 1h] }
    dlq:
      partitions: 3
  - name: invoices
    partitions: { same_as: orders }
    replication_factor: default
  - name: unknown-tier
    tier: ingestion
  - name: partner.feed
    external: true
    partitions: 12
";

fn manifests() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let manifests = directory.path().join("manifests");
    std::fs::create_dir(&manifests).expect("made");
    std::fs::write(manifests.join("topicctl.yaml"), PROJECT).expect("written");
    std::fs::write(manifests.join("orders.yaml"), ORDERS).expect("written");
    directory
}

fn explain(directory: &Path, arguments: &[&str]) -> Ended {
    topicctl_in(directory, &["explain"]).args(arguments).run()
}

/// The standard output of a run that ends well and says nothing else.
fn reported(directory: &Path, arguments: &[&str]) -> String {
    let ended = explain(directory, arguments).exits(0);
    assert_eq!(ended.stderr, "");
    ended.stdout
}

/// The standard error of a run that ends as wrong usage and has no result.
fn refused(directory: &Path, arguments: &[&str]) -> String {
    let ended = explain(directory, arguments).exits(2);
    assert_eq!(ended.stdout, "");
    ended.stderr
}

#[test]
fn a_topic_shows_every_layer_of_every_value() {
    let directory = manifests();
    assert_data_eq!(
        reported(directory.path(), &["orders"]),
        str![[r#"
orders                                           manifests/orders.yaml:2

  role                        main
  tier                        ingestion          manifests/orders.yaml:3
  family                      orders, orders-retry-5m, orders-retry-1h,
                              orders-dlq
  owner                       payments
  consumer groups             billing, 2 members, writes to invoices
                              audit

  partitions                  6
      3                       built-in tier standard
    > 6                       the topic itself   manifests/orders.yaml:5
                              from ${ORDERS:-6}
  replication_factor          3
    > 3                       built-in tier standard
  cleanup.policy              delete
    > delete                  built-in tier standard
  compression.type            snappy
    > snappy                  built-in tier standard
  max.message.bytes           2MiB (2097152)
    > 2MiB                    the topic itself   manifests/orders.yaml:7
  min.insync.replicas         2
    > 2 from RF 3 on, else 1  built-in tier standard
  retention.bytes             the broker's default
      10GiB                   tier ingestion     manifests/topicctl.yaml:5
    > null                    the topic itself   manifests/orders.yaml:7
  retention.ms                14d (1209600000)
      7d                      built-in tier standard
    > 14d                     tier ingestion     manifests/topicctl.yaml:4

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
}

#[test]
fn a_derived_topic_under_a_profile_shows_what_it_takes_over() {
    let directory = manifests();
    let arguments = ["orders-dlq", "--profile", "dev"];
    assert_data_eq!(
        reported(directory.path(), &arguments),
        str![[r#"
orders-dlq                                       manifests/orders.yaml:10

  role                 dlq of orders
  tier                 dlq, by its role
  family               orders, orders-retry-5m, orders-retry-1h, orders-dlq

  partitions           3
      1                built-in tier dlq
    > 3                the topic itself          manifests/orders.yaml:10
  replication_factor   1
      3                built-in tier dlq
      1                the source orders         manifests/topicctl.yaml:11
    > 1                profile dev, all topics   manifests/topicctl.yaml:11
  cleanup.policy       delete
    > delete           built-in tier dlq
  compression.type     snappy
    > snappy           built-in tier dlq
  max.message.bytes    2MiB (2097152)
    > 2MiB             the source orders         manifests/orders.yaml:7
  min.insync.replicas  1
    > 1                built-in tier dlq
  retention.ms         60d (5184000000)
      30d              built-in tier dlq
      20d              tier dlq in profile dev   manifests/topicctl.yaml:14
    > 60d              profile dev, this topic   manifests/topicctl.yaml:17

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
}

#[test]
fn rules_are_shown_as_rules() {
    let directory = manifests();
    assert_data_eq!(
        reported(directory.path(), &["orders-retry-1h"]),
        str![[r#"
orders-retry-1h                            manifests/orders.yaml:8

  role                 retry of orders, step 2 after 1h
  tier                 retry, by its role
  family               orders, orders-retry-5m, orders-retry-1h, orders-dlq

  partitions           6
    > source           built-in tier retry
  replication_factor   3
      3                built-in tier retry
    > 3                the source orders
  cleanup.policy       delete
    > delete           built-in tier retry
  compression.type     snappy
    > snappy           built-in tier retry
  max.message.bytes    2MiB (2097152)
    > 2MiB             the source orders   manifests/orders.yaml:7
  min.insync.replicas  1
    > 1                built-in tier retry
  retention.ms         25h (90000000)
    > 25h              built-in tier retry
                       from 10 times the delay, at least the delay + 1d

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
    assert_data_eq!(
        reported(directory.path(), &["invoices"]),
        str![[r#"
invoices                                     manifests/orders.yaml:11

  role                    main
  tier                    standard, where none is named

  partitions              6
      3                   built-in tier standard
    > the same as orders  the topic itself   manifests/orders.yaml:12
  replication_factor      the broker's default
      3                   built-in tier standard
    > default             the topic itself   manifests/orders.yaml:13
  cleanup.policy          delete
    > delete              built-in tier standard
  compression.type        snappy
    > snappy              built-in tier standard
  retention.ms            7d (604800000)
    > 7d                  built-in tier standard

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
}

#[test]
fn an_external_topic_has_what_it_states() {
    let directory = manifests();
    assert_data_eq!(
        reported(directory.path(), &["partner.feed"]),
        str![[r#"
partner.feed                             manifests/orders.yaml:16

  role                main
  tier                none: an external topic is only what its entry states
  external            owned by somebody else, never created here

  partitions          12
    > 12              the topic itself   manifests/orders.yaml:18
  replication_factor  not stated, so not compared

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
}

#[test]
fn variables_and_paths_come_from_flags() {
    let directory = manifests();
    let arguments = [
        "orders",
        "-f",
        "manifests/orders.yaml",
        "--var",
        "ORDERS=24",
    ];
    let reported = reported(directory.path(), &arguments);
    assert!(reported.contains("    > 24 "), "{reported}");
}

#[test]
fn a_tier_shows_its_values_and_who_uses_it() {
    let directory = manifests();
    let arguments = ["--tier", "ingestion", "-p", "dev"];
    assert_data_eq!(
        reported(directory.path(), &arguments),
        str![[r#"
tier ingestion                                        manifests/topicctl.yaml:2

  extends                     built-in tier standard
  used by                     2 topics: orders, unknown-tier

  partitions                  2
      3                       built-in tier standard
    > 2                       tier ingestion in profile dev
                                                      manifests/topicctl.yaml:13
  replication_factor          3
    > 3                       built-in tier standard
  cleanup.policy              delete
    > delete                  built-in tier standard
  compression.type            snappy
    > snappy                  built-in tier standard
  min.insync.replicas         2
    > 2 from RF 3 on, else 1  built-in tier standard
  retention.bytes             10GiB (10737418240)
    > 10GiB                   tier ingestion          manifests/topicctl.yaml:5
  retention.ms                14d (1209600000)
      7d                      built-in tier standard
    > 14d                     tier ingestion          manifests/topicctl.yaml:4

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
}

#[test]
fn a_built_in_tier_shows_who_extends_it() {
    let directory = manifests();
    assert_data_eq!(
        reported(directory.path(), &["--tier", "standard"]),
        str![[r#"
built-in tier standard

  used by                     1 topic: invoices
  extended by                 ingestion, used by 2 topics: orders, unknown-tier

  partitions                  3
    > 3                       built-in tier standard
  replication_factor          3
    > 3                       built-in tier standard
  cleanup.policy              delete
    > delete                  built-in tier standard
  compression.type            snappy
    > snappy                  built-in tier standard
  min.insync.replicas         2
    > 2 from RF 3 on, else 1  built-in tier standard
  retention.ms                7d (604800000)
    > 7d                      built-in tier standard

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
    assert_data_eq!(
        reported(directory.path(), &["--tier", "retry"]),
        str![[r#"
built-in tier retry

  used by              2 topics: orders-retry-5m, orders-retry-1h

  partitions           each topic has its own
    > source           built-in tier retry
  replication_factor   3
    > 3                built-in tier retry
  cleanup.policy       delete
    > delete           built-in tier retry
  compression.type     snappy
    > snappy           built-in tier retry
  min.insync.replicas  1
    > 1                built-in tier retry
  retention.ms         each topic has its own
    > 10 times the delay, at least the delay + 1d
                       built-in tier retry

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
}

#[test]
fn long_lists_of_names_are_folded() {
    let directory = manifests();
    let mut many = "topics:\n".to_owned();
    for number in 0..9 {
        many.push_str(&format!("  - name: t{number}\n    tier: plain\n"));
    }
    std::fs::write(directory.path().join("manifests/many.yaml"), many).expect("written");
    let folded = reported(directory.path(), &["--tier", "plain"]);
    assert!(
        folded.contains("9 topics: t0, t1, t2, t3, t4, and 4 more"),
        "{folded}"
    );
    assert!(!folded.contains("t8"), "{folded}");
    assert!(reported(directory.path(), &["--tier", "plain", "-v"]).contains("t8"));
}

#[test]
fn a_code_needs_no_manifests() {
    let directory = tempfile::tempdir().expect("a directory");
    assert_data_eq!(
        reported(directory.path(), &["both-retentions"]),
        str![[r#"
both-retentions

`retention` and `config: {retention.ms: …}` stand in one block.

They are two spellings of one configuration, and nothing tells which one was
meant to win. Across layers both may be used: the later layer wins.

Wrong:

    topics:
      - name: orders
        retention: 7d
        config: { retention.ms: 86400000 }

Right:

    topics:
      - name: orders
        retention: 7d

"#]]
    );
}

#[test]
fn a_code_is_reported_beside_broken_manifests() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(directory.path().join("manifests")).expect("made");
    std::fs::write(directory.path().join("manifests/a.yaml"), "topics: {").expect("written");
    assert!(reported(directory.path(), &["syntax"]).starts_with("syntax\n"));
}

#[test]
fn a_name_that_is_both_is_reported_as_both() {
    let directory = manifests();
    let both = reported(directory.path(), &["unknown-tier"]);
    let topic = reported(directory.path(), &["--topic", "unknown-tier"]);
    let code = reported(directory.path(), &["--code", "unknown-tier"]);
    assert!(topic.contains("tier ingestion") && !topic.contains("Wrong:"));
    assert!(code.contains("Wrong:") && !code.contains("tier ingestion"));
    let last = "`unknown-tier` is a topic and a code: --topic and --code ask for one of them.";
    assert_eq!(both, format!("{topic}\n{code}\n{last}\n"));
}

#[test]
fn what_is_not_known_is_guessed_at() {
    let directory = manifests();
    let directory = directory.path();
    assert_data_eq!(
        refused(directory, &["order"]),
        str![[r#"
error[usage]: no code and no declared topic is called `order`
help: did you mean `orders`?


"#]]
    );
    assert_data_eq!(
        refused(directory, &["unkown-field"]),
        str![[r#"
error[usage]: no code and no declared topic is called `unkown-field`
help: did you mean `unknown-field`?


"#]]
    );
    assert_data_eq!(
        refused(directory, &["--topic", "unknown-field"]),
        str![[r#"
error[usage]: no declared topic is called `unknown-field`
help: did you mean `unknown-tier`?


"#]]
    );
    assert_data_eq!(
        refused(directory, &["--code", "orders"]),
        str![[r#"
error[usage]: no code is called `orders`
help: a code stands in brackets: error[unknown-field]


"#]]
    );
    assert_data_eq!(
        refused(directory, &["--tier", "ingest"]),
        str![[r#"
error[usage]: no tier is called `ingest`
help: did you mean `ingestion`?


"#]]
    );
    assert_data_eq!(
        refused(directory, &["--tier", "gold"]),
        str![[r#"
error[usage]: no tier is called `gold`
help: there are ingestion, standard, error, dlq, retry, plain


"#]]
    );
    assert_data_eq!(
        refused(directory, &["orders", "-p", "prod"]),
        str![[r#"
error[unknown-profile]: the profile `prod` is not declared
help: declared are `base` (manifests/topicctl.yaml:7), `dev`
      (manifests/topicctl.yaml:9)

1 error.
`topicctl explain unknown-profile` says more.

"#]]
    );
}

#[test]
fn a_mistyped_code_says_nothing_of_absent_manifests() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    assert_data_eq!(
        refused(directory, &["unkown-field"]),
        str![[r#"
error[usage]: no code and no declared topic is called `unkown-field`
help: did you mean `unknown-field`?


"#]]
    );
    assert_data_eq!(
        refused(directory, &["orders"]),
        str![[r#"
error[usage]: no code and no declared topic is called `orders`
help: `topicctl validate -v` lists what is declared; -f names the manifests,
      --profile the profile

error[unreadable]: cannot read manifests/
  No such file or directory (os error 2)
help: name the file or directory of your manifests; without a name it is
      manifests/

1 error.
`topicctl explain unreadable` says more.

"#]]
    );
}

#[test]
fn a_topic_is_explained_beside_errors_but_not_with_success() {
    let directory = manifests();
    let broken = "topics: [{ name: late, tier: ingestion, retention: soon }]\n";
    std::fs::write(directory.path().join("manifests/late.yaml"), broken).expect("written");
    let output = explain(directory.path(), &["late"]).exits(2);
    assert_data_eq!(
        output.stderr,
        str![[r#"
error[invalid-config]: `retention`: `soon` is not a duration
 --> manifests/late.yaml:1:52
  |
1 | topics: [{ name: late, tier: ingestion, retention: soon }]
  |                                                    ^^^^
help: write a whole number and one of the units ms, s, m, h, d, w, without a
      space, `7d` for example

1 error in 1 of 3 files.
`topicctl explain invalid-config` says more.

"#]]
    );
    assert_data_eq!(
        output.stdout,
        str![[r#"
late                                             manifests/late.yaml:1

  role                        main
  tier                        ingestion          manifests/late.yaml:1

  partitions                  3
    > 3                       built-in tier standard
  replication_factor          3
    > 3                       built-in tier standard
  cleanup.policy              delete
    > delete                  built-in tier standard
  compression.type            snappy
    > snappy                  built-in tier standard
  min.insync.replicas         2
    > 2 from RF 3 on, else 1  built-in tier standard
  retention.bytes             10GiB (10737418240)
    > 10GiB                   tier ingestion     manifests/topicctl.yaml:5
  retention.ms                14d (1209600000)
      7d                      built-in tier standard
    > 14d                     tier ingestion     manifests/topicctl.yaml:4
      soon                    the topic itself   manifests/late.yaml:1
                              no value; it changed nothing

Lowest layer first; `>` marks the one whose value holds.

"#]]
    );
}

#[test]
fn json_has_the_same_layers() {
    let directory = manifests();
    let arguments = ["orders", "-o", "json", "-p", "dev"];
    let document: serde_json::Value =
        serde_json::from_str(&reported(directory.path(), &arguments)).expect("JSON");
    assert_eq!(document["schema"], "topicctl.explain/1");
    assert_eq!(document["code"], serde_json::Value::Null);
    let topic = &document["topic"];
    assert_eq!(topic["tier_chosen"]["line"], 3);
    assert_eq!(topic["consumer_groups"][0]["members"], 2);
    let partitions = serde_json::to_string_pretty(&topic["values"][0]).expect("text");
    assert_data_eq!(
        partitions,
        str![[r#"
{
  "field": "partitions",
  "key": null,
  "steps": [
    {
      "holds": false,
      "kind": "value",
      "layer": "built-in-tier",
      "place": null,
      "profile": null,
      "source": null,
      "tier": "standard",
      "value": "3",
      "written": null
    },
    {
      "holds": false,
      "kind": "value",
      "layer": "profile-tier",
      "place": {
        "file": "manifests/topicctl.yaml",
        "line": 13
      },
      "profile": "dev",
      "source": null,
      "tier": "ingestion",
      "value": "2",
      "written": null
    },
    {
      "holds": true,
      "kind": "value",
      "layer": "topic",
      "place": {
        "file": "manifests/orders.yaml",
        "line": 5
      },
      "profile": null,
      "source": null,
      "tier": null,
      "value": "12",
      "written": "${ORDERS:-6}"
    }
  ],
  "value": "12"
}
"#]]
    );
}

#[test]
fn json_reports_codes_and_tiers() {
    let directory = manifests();
    let read = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&reported(directory.path(), arguments)).expect("JSON")
    };
    let code = read(&["syntax", "-o", "json"]);
    let markdown = code["code"]["markdown"].as_str().expect("a text");
    assert!(markdown.starts_with("## syntax\n") && markdown.contains("```yaml wrong\n"));
    let tier = read(&["--tier", "ingestion", "-ojson"]);
    assert_eq!(tier["tier"]["extends"][0]["name"], "standard");
    assert_eq!(tier["tier"]["topics"][0], "orders");
    assert_eq!(
        tier["tier"]["values"][0]["steps"][0]["layer"],
        "built-in-tier"
    );
}

#[test]
fn something_must_be_asked_for() {
    let directory = tempfile::tempdir().expect("a directory");
    assert!(refused(directory.path(), &[]).contains("CODE|TOPIC"));
}

#[test]
fn places_stand_behind_the_name_or_behind_f() {
    let directory = manifests();
    let elsewhere = directory.path().join("elsewhere");
    std::fs::rename(directory.path().join("manifests"), &elsewhere).expect("moved");
    let expected = explain(directory.path(), &["orders", "elsewhere"]).exits(0);
    for words in [
        &["orders", "-f", "elsewhere"][..],
        &["-f", "elsewhere/orders.yaml", "orders"],
        &["--topic", "orders", "elsewhere"],
        &["orders", "elsewhere/topicctl.yaml", "elsewhere/orders.yaml"],
    ] {
        let ended = explain(directory.path(), words).exits(0);
        assert_eq!(ended.stdout, expected.stdout, "{words:?}");
    }
    explain(directory.path(), &["--tier", "ingestion", "elsewhere"])
        .exits(0)
        .says("tier ingestion");
    explain(directory.path(), &["orders"])
        .exits(2)
        .says("manifests");
}

#[test]
fn every_command_that_reads_manifests_takes_f() {
    let directory = manifests();
    let elsewhere = directory.path().join("elsewhere");
    std::fs::rename(directory.path().join("manifests"), &elsewhere).expect("moved");
    for words in [
        "validate",
        "render",
        "plan -b x:1",
        "verify -b x:1",
        "apply -b x:1",
    ] {
        let words: Vec<_> = words
            .split(' ')
            .chain(["-f", "elsewhere", "-p", "none"])
            .collect();
        topicctl_in(directory.path(), &words)
            .run()
            .exits(2)
            .says("the profile `none` is not declared");
    }
    // Arguments are meant for this run, the variable for every one.
    topicctl_in(directory.path(), &["validate", "elsewhere"])
        .env("TOPICCTL_MANIFESTS", "nowhere")
        .run()
        .exits(0);
    topicctl_in(directory.path(), &["validate"])
        .env("TOPICCTL_MANIFESTS", "elsewhere")
        .run()
        .exits(0);
}
