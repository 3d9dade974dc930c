//! `--cluster` and `clusters` on real brokers, promise by promise.

use std::collections::BTreeSet;

use crate::kafka::{OTHER, Proxied, SHARED, describe, names};
use crate::support::binary::{Manifests, Run, on, topicctl};
use local_kafka::LocalKafka;
use local_kafka::proxy::api_name;

/// The id that the cluster reports of itself.
fn id(kafka: &LocalKafka) -> String {
    let manifests = Manifests::small(["any"]);
    let report = on(kafka.bootstrap_servers(), "verify", &manifests).json();
    let id = report.json["cluster"]["id"].as_str();
    id.expect("a cluster id").to_owned()
}

/// A project with one broker per replica under `dev`, and clusters.
fn project(clusters: &str, topics: &str) -> Manifests {
    let manifests = Manifests::of(topics);
    let text = format!(
        "profiles:
  dev: {{ all: {{ replication_factor: 1 }} }}
  prod: {{}}
clusters:
{clusters}"
    );
    manifests.file("topicctl.yaml", &text);
    manifests
}

#[test]
fn a_cluster_is_chosen_by_its_name_with_address_profile_and_variable() {
    let (servers, id) = (SHARED.bootstrap_servers(), id(&SHARED));
    let manifests = project(
        &format!(
            "  here: {{ bootstrap_servers: \"{servers}\", profile: dev, cluster_id: {id} }}
  there: {{ bootstrap_servers: \"127.0.0.1:1\" }}"
        ),
        "topics: [{ name: \"chosen-${clusterName}\", partitions: 2 }]",
    );
    let run = |command: &str| {
        topicctl(&[command, "--cluster", "here"])
            .arg(manifests.path())
            // An address for everything else, which the entry is stronger than.
            .env("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
            .env("TOPICCTL_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    };
    run("apply")
        .run()
        .exits(0)
        .says(&format!("here ({id}), 1 broker"));
    let report = run("verify").json().exits(0);
    assert_eq!(report.json["cluster_name"], "here");
    assert_eq!(report.topic("chosen-here")["status"], "matching");
    let described = &describe(&SHARED)["chosen-here"];
    assert_eq!((described.partitions, described.replication_factor), (2, 1));
}

#[test]
fn a_properties_file_of_an_entry_is_found_beside_the_manifest() {
    let servers = SHARED.bootstrap_servers();
    let manifests = project(
        "  here: { command_config: here.properties, profile: dev }",
        "topics: [{ name: beside, partitions: 1 }]",
    );
    let text = format!("bootstrap.servers={servers}\nsecurity.protocol=PLAINTEXT\n");
    manifests.file("here.properties", &text);
    topicctl(&["plan", "--cluster", "here"])
        .arg(manifests.path())
        .run()
        .exits(0)
        .says("1 declared: 1 to create");
    manifests.file("here.properties", "bootstrap.servers=nothing\n");
    topicctl(&["plan", "--cluster", "here"])
        .arg(manifests.path())
        .run()
        .exits(2)
        .says("bootstrap server `nothing` has no port");
}

/// No request names a topic: one that did would be longer than the name.
#[track_caller]
fn only_the_id_was_read(proxied: &Proxied, longest: usize) {
    let requests = proxied.proxy.requests();
    let asked: BTreeSet<_> = requests.iter().map(|one| api_name(one.api_key)).collect();
    let allowed = BTreeSet::from(["ApiVersions", "Metadata", "DescribeCluster"]);
    assert!(asked.is_subset(&allowed) && !asked.is_empty(), "{asked:?}");
    assert!(
        requests.iter().all(|one| one.size < longest),
        "{requests:?}"
    );
}

#[test]
fn an_id_of_an_entry_with_another_profile_stops_the_run_before_a_topic_is_read() {
    let proxied = Proxied::shared();
    let (servers, id) = (proxied.servers(), id(&proxied.kafka));
    let long = "x".repeat(200);
    let topics = format!("topics: [{{ name: {long}, partitions: 1 }}]");
    let manifests = project(
        &format!("  main: {{ profile: prod, cluster_id: {id} }}"),
        &topics,
    );
    let before = names(&proxied.kafka);
    let run = |command: &str, more: &[&str]| {
        proxied.proxy.clear();
        topicctl(&[command, "-b", &servers])
            .arg(manifests.path())
            .args(more)
            .run()
    };
    for command in ["plan", "verify", "apply"] {
        for more in [&["--profile", "dev"][..], &[]] {
            run(command, more)
                .exits(2)
                .says("the cluster that answers is `main`, which is run with the profile `prod`");
            only_the_id_was_read(&proxied, long.len());
        }
    }
    run("plan", &["--profile", "prod"]).exits(0);
    let report = topicctl(&["apply", "-b", &servers, "--profile", "dev"])
        .arg(manifests.path())
        .json()
        .exits(2);
    assert!(
        report.diagnostics().starts_with("wrong-cluster "),
        "{}",
        report.diagnostics()
    );
    assert_eq!(names(&proxied.kafka), before);
}

#[test]
fn another_cluster_than_the_chosen_one_stops_the_run_before_a_topic_is_read() {
    let proxied = Proxied::shared();
    let (servers, id) = (proxied.servers(), id(&proxied.kafka));
    let long = "y".repeat(200);
    let manifests = project(
        &format!(
            "  prod: {{ bootstrap_servers: \"{servers}\", cluster_id: pZ5xZQ1rTk2Dk4n0bX7yHw }}
  staging: {{ cluster_id: {id} }}"
        ),
        &format!("topics: [{{ name: {long}, partitions: 1, replication_factor: 1 }}]"),
    );
    for command in ["plan", "verify", "apply"] {
        proxied.proxy.clear();
        topicctl(&[command, "--cluster", "prod"])
            .arg(manifests.path())
            .run()
            .exits(2)
            .says("the cluster that answers is not `prod`")
            .says("`staging` answers");
        only_the_id_was_read(&proxied, long.len());
    }
}

#[test]
fn a_snapshot_of_another_cluster_is_refused_too() {
    let manifests = project(
        "  prod: { cluster_id: pZ5xZQ1rTk2Dk4n0bX7yHw }",
        "topics: [{ name: recorded, partitions: 1, replication_factor: 1 }]",
    );
    let snapshot = manifests.path().join("snapshot.json");
    topicctl(&["export", "-b", SHARED.bootstrap_servers(), "--snapshot"])
        .arg(&snapshot)
        .run()
        .exits(0);
    let verify = |more: &[&str]| {
        topicctl(&["verify", "--cluster-snapshot"])
            .arg(&snapshot)
            .arg(manifests.path())
            .args(more)
            .run()
    };
    verify(&["--cluster", "prod"])
        .exits(2)
        .says("the cluster that answers is not `prod`");
    verify(&[]).exits(1).says("1 missing");
}

/// Three clusters of one project: one as declared, one that differs, and one that is not there.
struct Three {
    manifests: Manifests,
    differing: &'static LocalKafka,
}

impl Three {
    fn start(topic: &str, profile_of_differing: &str) -> Self {
        let differing: &LocalKafka = &OTHER;
        let clusters = format!(
            "  as-declared: {{ bootstrap_servers: \"{}\", profile: dev, cluster_id: {} }}
  differing: {{ bootstrap_servers: \"{}\", profile: {profile_of_differing}, cluster_id: {} }}
  gone: {{ bootstrap_servers: \"127.0.0.1:1\", profile: prod }}",
            SHARED.bootstrap_servers(),
            id(&SHARED),
            differing.bootstrap_servers(),
            id(differing),
        );
        let topics =
            format!("topics: [{{ name: {topic}, partitions: 2, consumer_groups: [readers] }}]");
        let manifests = project(&clusters, &topics);
        topicctl(&["apply", "--cluster", "as-declared"])
            .arg(manifests.path())
            .run()
            .exits(0);
        crate::kafka::create(differing, topic, 1, &[]);
        Self {
            manifests,
            differing,
        }
    }

    fn verify(&self, more: &[&str]) -> Run {
        topicctl(&["verify", "--all-clusters", "--timeout", "5s"])
            .arg(self.manifests.path())
            .args(more)
    }
}

#[test]
fn all_clusters_are_verified_side_by_side_and_each_is_reported() {
    let three = Three::start("everywhere", "dev");
    let ended = three.verify(&["-o", "json", "--groups"]).run().exits(3);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("a document");
    assert_eq!(json["schema"], "topicctl.reports/1");
    assert_eq!(json["exit_code"], 3);
    let reports = json["reports"].as_array().expect("reports");
    let reported: Vec<_> = reports
        .iter()
        .map(|report| {
            let name = report["cluster_name"].as_str().expect("a name");
            let status = report["topics"][0]["status"].as_str().expect("a status");
            (name, report["exit_code"].as_u64().expect("a code"), status)
        })
        .collect();
    assert_eq!(
        reported,
        [
            ("as-declared", 0, "matching"),
            ("differing", 1, "mismatched"),
            ("gone", 3, "unknown"),
        ]
    );
    let remedy = reports[1]["topics"][0]["mismatches"][0]["remedy"].as_str();
    let remedy = remedy.expect("a remedy");
    assert!(
        remedy.contains(three.differing.bootstrap_servers()),
        "{remedy}"
    );
    assert_eq!(reports[0]["groups"][0]["name"], "readers");

    three
        .verify(&[])
        .run()
        .exits(3)
        .says("3 clusters: 1 matches, 1 differs, 1 not reached.");
}

#[test]
fn remedies_of_all_clusters_are_one_script_under_their_names() {
    let three = Three::start("scripted", "dev");
    let script = three.manifests.path().join("remedies.sh");
    let path = script.to_str().expect("UTF-8");
    three.verify(&["--remedies", path]).run().exits(3);
    let text = std::fs::read_to_string(&script).expect("a script");
    let (before, of_differing) = text.split_once("# differing\n").expect("a heading");
    assert!(before.contains("# as-declared\n"), "{text}");
    let wanted = format!("--bootstrap-server {}", three.differing.bootstrap_servers());
    assert!(of_differing.contains(&wanted), "{text}");
    assert!(!before.contains("kafka-topics"), "{text}");
}

#[test]
fn one_cluster_that_is_another_one_fails_the_run_and_hides_no_other() {
    let three = Three::start("mixed-up", "dev");
    // Both names for one address: only one id can be right.
    let text = format!(
        "  first: {{ bootstrap_servers: \"{0}\", profile: dev, cluster_id: {1} }}
  second: {{ bootstrap_servers: \"{0}\", profile: dev, cluster_id: {2} }}",
        SHARED.bootstrap_servers(),
        id(&SHARED),
        id(three.differing),
    );
    let manifests = project(&text, "topics: [{ name: mixed-up, partitions: 2 }]");
    topicctl(&["verify", "--all-clusters"])
        .arg(manifests.path())
        .run()
        .exits(2)
        .says("the cluster that answers is not `second`")
        .says("`first` answers")
        .says("2 clusters: 1 matches, 1 not valid.");
}

#[test]
fn a_value_that_is_accepted_for_one_cluster_is_not_unused_for_the_others() {
    let three = Three::start("accepted", "dev");
    let topic = ["--alter", "--entity-type", "topics"];
    let other = ["--entity-name", "accepted", "--add-config"];
    let alter = [&topic[..], &other, &["retention.ms=86400000"]].concat();
    SHARED.tool("kafka-configs", &alter).expect("the change");
    three.manifests.file(
        "accepted.yaml",
        "accepted_mismatches:
  - topic: accepted
    partitions: 1
    config: { compression.type: producer, retention.ms: 1d }
    reason: older than the manifest, each half of it on another cluster
  - { topic: accepted, partitions: 7, reason: found nowhere }
  - { topic: accepted, partitions: 1, replication_factor: 9, reason: half of it is }",
    );
    let ended = three.verify(&["-o", "json"]).run().exits(3);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("a document");
    let status = |at: usize| &json["reports"][at]["topics"][0]["status"];
    assert_eq!(
        (status(0).as_str(), status(1).as_str()),
        (Some("accepted"), Some("accepted"))
    );
    for at in [0, 1] {
        let all = json["reports"][at]["diagnostics"]
            .as_array()
            .expect("diagnostics");
        let lines: Vec<_> = all
            .iter()
            .filter(|one| one["code"] == "accepted-unused")
            .map(|one| one["line"].as_u64().expect("a line"))
            .collect();
        assert_eq!(lines, [6, 7], "{json:#}");
    }
}

/// Two clusters of one project that can be asked, one that is not there, and one without its
/// properties file; `refused` names a topic that `differing` refuses to create.
fn two_and_two(topics: &str) -> Manifests {
    let clusters = format!(
        "  first: {{ bootstrap_servers: \"{}\", profile: dev }}
  gone: {{ bootstrap_servers: \"127.0.0.1:1\", profile: dev }}
  without: {{ command_config: none.properties, profile: dev }}
  second: {{ bootstrap_servers: \"{}\", profile: dev }}",
        SHARED.bootstrap_servers(),
        OTHER.bootstrap_servers(),
    );
    project(&clusters, topics)
}

#[test]
fn apply_creates_on_each_chosen_cluster_and_one_that_cannot_be_asked_holds_up_none() {
    let manifests = two_and_two("topics: [{ name: on-both, partitions: 2 }]");
    let run = |words: &[&str]| topicctl(words).arg(manifests.path());
    let all = ["plan", "--all-clusters", "--timeout", "5s"];
    run(&all)
        .run()
        .exits(2)
        .says("without not valid: cannot read ")
        .says("4 clusters: 2 would match, 1 not reached, 1 not valid.");
    for kafka in [&*SHARED, &*OTHER] {
        assert!(!names(kafka).contains("on-both"));
    }
    let both = ["apply", "--cluster", "second", "--cluster", "first"];
    run(&both).run().exits(0).says("2 clusters: all match.");
    for kafka in [&*SHARED, &*OTHER] {
        assert_eq!(describe(kafka)["on-both"].partitions, 2);
    }
    run(&["verify", "--all-clusters", "--timeout", "5s"])
        .run()
        .exits(2)
        .says("4 clusters: 2 match, 1 not reached, 1 not valid.");
    run(&["verify", "--cluster", "first", "--cluster", "secnod"])
        .run()
        .exits(2)
        .says("the cluster `secnod` is not declared");
    for words in [
        &["-b", "127.0.0.1:1"][..],
        &["--write-accepted", "accepted.yaml"],
        &["--cluster-snapshot", "snapshot.json"],
    ] {
        let both = ["verify", "--cluster", "first", "--cluster", "second"];
        run(&[&both[..], words].concat())
            .run()
            .exits(2)
            .says("is for one cluster, and several are chosen");
    }
}

#[test]
fn a_cluster_that_refuses_gets_nothing_and_the_others_get_all() {
    // One partition of two replicas is too much for one broker; the other entry takes its default.
    let topics = "topics:
  - { name: half-refused, partitions: 1, replication_factor: \"${REPLICAS}\" }
  - { name: half-taken, partitions: 1 }
";
    let text = format!(
        "profiles:
  small: {{ vars: {{ REPLICAS: \"1\" }}, tiers: {{ standard: {{ replication_factor: 1 }} }} }}
  large: {{ vars: {{ REPLICAS: \"2\" }}, tiers: {{ standard: {{ replication_factor: 1 }} }} }}
clusters:
  refusing: {{ bootstrap_servers: \"{}\", profile: large }}
  taking: {{ bootstrap_servers: \"{}\", profile: small }}",
        SHARED.bootstrap_servers(),
        OTHER.bootstrap_servers(),
    );
    let manifests = Manifests::of(topics);
    manifests.file("topicctl.yaml", &text);
    let ended = topicctl(&["apply", "--all-clusters", "-o", "json"])
        .arg(manifests.path())
        .run()
        .exits(5);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("a document");
    let code = |at: usize| json["reports"][at]["exit_code"].as_u64();
    assert_eq!((code(0), code(1)), (Some(5), Some(0)), "{json:#}");
    let created = |kafka| {
        let all = names(kafka);
        ["half-refused", "half-taken"].map(|name| all.contains(name))
    };
    assert_eq!(created(&SHARED), [false, false]);
    assert_eq!(created(&OTHER), [true, true]);
}

#[test]
fn export_reads_the_cluster_that_is_chosen_by_its_name_and_no_other() {
    crate::kafka::create(&OTHER, "exported-by-name", 3, &[]);
    let id = id(&OTHER);
    let directory = crate::support::binary::directory(&[(
        "topicctl.yaml",
        &format!(
            "clusters:
  there: {{ bootstrap_servers: \"{0}\", cluster_id: {id} }}
  mistaken: {{ bootstrap_servers: \"{1}\", cluster_id: {id} }}",
            OTHER.bootstrap_servers(),
            SHARED.bootstrap_servers(),
        ),
    )]);
    let export = |cluster: &str| {
        let words = [
            "export",
            "-s",
            "exported-by-name",
            "-f",
            ".",
            "--cluster",
            cluster,
        ];
        crate::support::binary::topicctl_in(directory.path(), &words).run()
    };
    export("there").exits(0).says("name: exported-by-name");
    export("mistaken")
        .exits(2)
        .says("the cluster that answers is not `mistaken`");
    export("ther").exits(2).says("did you mean `there`?");
}
