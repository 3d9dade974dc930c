//! Reports made by hand, which together hold every state and every ending.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use topicctl::diagnostic::{Code, Diagnostic, Diagnostics, Location, Sources, Span};
use topicctl::exit::ExitCode;
use topicctl::groups::{
    self, Bounds, Group, Partition, Protocol, Reading, Sight, Standing, Statistics, Unread,
};
use topicctl::observed::{ClusterIdentity, ObservedOrigin};
use topicctl::report::{Cluster, Command, Difference, Findings, Report, Several, State, Topic};
use topicctl::topic::{Role, TopicName};

const MANIFEST: &str = "\
topics:
  - name: orders
    partitons: 6
    retention: 7d
    dlq: { retention: 1d }
";

/// All samples, by name.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("validate", validate()),
        ("invalid", invalid()),
        ("denied", denied()),
        ("usage", usage()),
        ("unreachable", unreachable()),
        ("plan", plan()),
        ("dry-run", dry_run()),
        ("verify", verify()),
        ("verify-lenient", lenient()),
        ("verify-matching", matching()),
        ("verify-named", named("prod-eu", verify())),
        ("verify-groups", with_groups()),
        ("verify-groups-unread", without_groups()),
        ("apply", apply()),
        ("apply-failed", failed()),
    ]
}

/// Runs against several clusters, by name.
pub(crate) fn all_several() -> Vec<(&'static str, Several)> {
    let run = |exit, reports| Several {
        command: Command::Verify,
        exit,
        reports,
        elapsed: Duration::from_millis(310),
        ended: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
    };
    let mixed = || {
        vec![
            named("prod-eu", matching()),
            named("prod-us", verify()),
            named("stage", unreachable()),
        ]
    };
    let (sources, _, short) = problems();
    let warned = Report {
        diagnostics: vec![short],
        sources,
        ..lenient()
    };
    let (sources, _, short) = problems();
    let warned_too = Report {
        diagnostics: vec![short],
        sources,
        ..matching()
    };
    let invalids = vec![named("prod-eu", invalid()), named("prod-us", invalid())];
    let warned = vec![named("prod-eu", warned), named("prod-us", warned_too)];
    let all_match = vec![named("prod-eu", matching()), named("prod-us", matching())];
    vec![
        ("several", run(ExitCode::Unauthorized, mixed())),
        ("several-invalid", run(ExitCode::Invalid, invalids)),
        ("several-warned", run(ExitCode::Matching, warned)),
        ("several-matching", run(ExitCode::Matching, all_match)),
        (
            "several-of-one",
            run(ExitCode::Unreachable, vec![named("stage", unreachable())]),
        ),
    ]
}

fn named(cluster: &str, report: Report) -> Report {
    Report {
        cluster_name: Some(cluster.to_owned()),
        ..report
    }
}

fn name(text: &str) -> TopicName {
    TopicName::parse(text).expect("a legal name")
}

fn location(line: u32) -> Location {
    Location {
        file: "manifests/orders.yaml".into(),
        line,
        column: 5,
    }
}

/// A topic of a state; those that differ or fail make the run fail.
pub(crate) fn topic(text: &str, line: u32, state: State) -> Topic {
    Topic {
        name: name(text),
        tier: Some("standard".to_owned()),
        role: Role::Main,
        source: None,
        external: false,
        state,
        fails: matches!(
            state,
            State::Mismatched | State::Missing | State::Unknown | State::Failed
        ),
        location: location(line),
        partitions: Some(6),
        replication_factor: Some(3),
        config: BTreeMap::from([("retention.ms".to_owned(), "604800000".to_owned())]),
        mismatches: Vec::new(),
        error: None,
    }
}

fn of(source: &str, role: Role, mut topic: Topic) -> Topic {
    topic.role = role;
    topic.source = Some(name(source));
    topic
}

fn failing(error: &str, mut topic: Topic) -> Topic {
    topic.error = Some(error.to_owned());
    topic
}

fn mismatched(line: u32) -> Topic {
    let partitions = Difference {
        field: "partitions",
        key: None,
        declared: "6".to_owned(),
        found: "3".to_owned(),
        declared_human: "6".to_owned(),
        found_human: "3".to_owned(),
        declared_by: "the topic, manifests/orders.yaml:5".to_owned(),
        declared_elsewhere: false,
        origin: None,
        advice: Some(
            "adding partitions moves about 50 % of the keys to another partition".to_owned(),
        ),
        remedy: Some(
            "kafka-topics --bootstrap-server kafka:9092 --alter --topic orders --partitions 6"
                .to_owned(),
        ),
        accepted: None,
    };
    let retention = Difference {
        field: "config",
        key: Some("retention.ms".to_owned()),
        declared: "604800000".to_owned(),
        found: "86400000".to_owned(),
        declared_human: "7d".to_owned(),
        found_human: "1d".to_owned(),
        declared_by: "tier standard".to_owned(),
        declared_elsewhere: true,
        origin: Some(ObservedOrigin::Topic),
        advice: None,
        remedy: Some(
            "kafka-configs --bootstrap-server kafka:9092 --alter --entity-type topics \
             --entity-name orders --add-config 'retention.ms=604800000'"
                .to_owned(),
        ),
        accepted: None,
    };
    Topic {
        mismatches: vec![partitions, retention],
        ..topic("orders", line, State::Mismatched)
    }
}

fn report(command: Command, exit: ExitCode, topics: Vec<Topic>) -> Report {
    Report {
        command: Some(command),
        groups: None,
        exit,
        cluster_name: None,
        profile: None,
        findings: Findings::default(),
        cluster: Some(Cluster {
            label: "kafka:9092".to_owned(),
            identity: ClusterIdentity {
                id: Some("pZ5xZQ1rTk2Dk4n0bX7yHw".to_owned()),
                brokers: vec![1, 2, 3],
            },
        }),
        topics,
        diagnostics: Vec::new(),
        sources: Sources::default(),
        settled: true,
        usable: true,
        stopped: false,
        elapsed: Duration::from_millis(20),
        ended: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
    }
}

fn validate() -> Report {
    let topics = vec![
        topic("orders", 2, State::Matching),
        of("orders", Role::Dlq, topic("orders-dlq", 5, State::Matching)),
    ];
    let mut report = report(Command::Validate, ExitCode::Matching, topics);
    report.cluster = None;
    let (sources, _, short) = problems();
    report.diagnostics = vec![short];
    report.sources = sources;
    report
}

/// A manifest with an error and a warning.
fn problems() -> (Sources, Diagnostic, Diagnostic) {
    let mut sources = Sources::default();
    let source = sources.add("manifests/orders.yaml", MANIFEST.to_owned());
    let at = |text: &str| {
        let start = MANIFEST.find(text).expect("it is there") as u32;
        let end = start + text.len() as u32;
        Span { source, start, end }
    };
    let unknown = Diagnostic::error(Code::UnknownField, "`partitons` is not a field of a topic")
        .at(at("partitons"), "did you mean `partitions`?");
    let short = Diagnostic::warning(
        Code::DlqShorterThanSource,
        "`orders-dlq` keeps messages for 1d, its source for 7d",
    )
    .at(at("1d"), "dead letters are gone before anybody has looked")
    .and(at("retention: 7d"), "`orders` keeps them this long")
    .help("keep dead letters at least as long as their source, 30d is usual");
    (sources, unknown, short)
}

fn early(command: Option<Command>, problems: Vec<Diagnostic>, sources: Sources) -> Report {
    let mut all = Diagnostics::default();
    all.extend(problems);
    let mut early = Report::invalid(command, &all, sources);
    early.ended = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    early
}

fn invalid() -> Report {
    let (sources, unknown, short) = problems();
    early(Some(Command::Verify), vec![unknown, short], sources)
}

fn denied() -> Report {
    let (sources, _, short) = problems();
    early(
        Some(Command::Apply { dry_run: false }),
        vec![short],
        sources,
    )
}

fn usage() -> Report {
    let problem = Diagnostic::error(Code::Usage, "unexpected argument '--frofile' found")
        .help("a similar argument exists: '--profile'");
    early(None, vec![problem], Sources::default())
}

fn unreachable() -> Report {
    let problem = Diagnostic::error(Code::Unreachable, "cannot reach kafka:9092")
        .detail("connection refused")
        .help("check --bootstrap-servers");
    let reason = problem.message.clone();
    let topics = vec![
        failing(&reason, topic("orders", 2, State::Unknown)),
        failing(&reason, topic("payments", 9, State::Unknown)),
    ];
    let mut report = report(Command::Verify, ExitCode::Unreachable, topics);
    report.cluster = None;
    report.stopped = true;
    report.diagnostics = vec![problem];
    report
}

fn plan() -> Report {
    let mut topics = vec![
        topic("payments", 9, State::Matching),
        topic("ingestion-events", 12, State::ToCreate),
        of(
            "ingestion-events",
            Role::Dlq,
            topic("ingestion-events-dlq", 15, State::ToCreate),
        ),
        mismatched(2),
    ];
    topics[1].partitions = None;
    report(Command::Plan, ExitCode::Differences, topics)
}

fn dry_run() -> Report {
    let topics = vec![topic("orders", 2, State::ToCreate)];
    report(Command::Apply { dry_run: true }, ExitCode::Matching, topics)
}

fn verify() -> Report {
    let mut missing = of(
        "payments",
        Role::Dlq,
        topic("payments-dlq", 9, State::ToCreate),
    );
    missing.fails = true;
    let mut external = topic("partner.feed", 20, State::Missing);
    external.external = true;
    let secret = "TOPIC_AUTHORIZATION_FAILED: Not authorized to access topics";
    let topics = vec![
        topic("payments", 7, State::Matching),
        missing,
        mismatched(2),
        external,
        failing(secret, topic("secret", 30, State::Unknown)),
    ];
    let mut report = report(Command::Verify, ExitCode::Unauthorized, topics);
    let unseen = Diagnostic::error(
        Code::Authorization,
        "1 topic cannot be seen with the rights of User:ci",
    )
    .detail(format!("secret\n{secret}"))
    .help("someone who may can grant the rights:")
    .command("kafka-acls --bootstrap-server kafka:9092 --add --topic secret");
    let untold = Diagnostic::warning(
        Code::Unverifiable,
        "payments: the broker does not tell local.retention.ms, so it cannot be verified",
    )
    .help("the broker may be too old for it, keep it secret, or need DESCRIBE_CONFIGS");
    report.diagnostics = vec![unseen, untold];
    report
}

/// The findings that `--fail-on none` lets pass.
fn lenient() -> Report {
    let mut topics = vec![
        mismatched(2),
        topic("payments", 9, State::ToCreate),
        topic("refunds", 14, State::Matching),
    ];
    for topic in &mut topics {
        topic.fails = false;
    }
    report(Command::Verify, ExitCode::Matching, topics)
}

fn matching() -> Report {
    let mut accepted = mismatched(20);
    accepted.name = name("legacy");
    accepted.state = State::Accepted;
    accepted.fails = false;
    for difference in &mut accepted.mismatches {
        difference.accepted = Some("keys would move, see the team's page".to_owned());
        difference.advice = None;
        difference.remedy = None;
    }
    let topics = vec![
        accepted,
        topic("orders", 2, State::Matching),
        topic("payments", 9, State::Matching),
    ];
    report(Command::Verify, ExitCode::Matching, topics)
}

/// A partition of a hundred messages, and what a group has committed there.
pub(crate) fn partition(id: i32, committed: Result<Option<i64>, Unread>) -> Partition {
    Partition {
        id,
        committed,
        bounds: bounds(Ok(1100)),
        owner: None,
    }
}

fn bounds(latest: Result<i64, Unread>) -> Bounds {
    let earliest = Ok(1000);
    Bounds { earliest, latest }
}

pub(crate) fn unread(reason: &str) -> Unread {
    Unread {
        unauthorized: reason.contains("AUTHORIZATION"),
        reason: reason.to_owned(),
    }
}

pub(crate) fn reading(topic: &str, partitions: Vec<Partition>) -> Reading {
    Reading {
        topic: name(topic),
        declared_members: Some(6),
        exists: Some(true),
        members: Some(2),
        partitions,
    }
}

const DENIED: &str = "GROUP_AUTHORIZATION_FAILED: Group authorization failed";

/// Groups of every standing. What could not be read of one of them fails nothing.
fn with_groups() -> Report {
    let stable = Standing::Present {
        state: groups::State::Stable,
        protocol: Protocol::Classic,
        assignor: Some("range".to_owned()),
        members: 3,
        idle: Some(1),
    };
    let empty = Standing::Present {
        state: groups::State::Empty,
        protocol: Protocol::Consumer,
        assignor: None,
        members: 0,
        idle: Some(0),
    };
    let orders = vec![
        partition(0, Ok(Some(1100))),
        partition(1, Ok(Some(40))),
        partition(2, Ok(None)),
    ];
    let timeout = || unread("REQUEST_TIMED_OUT: Timed out");
    let payments = vec![partition(0, Ok(Some(1090))), partition(1, Err(timeout()))];
    let group = |name: &str, standing, topics| Group {
        name: name.to_owned(),
        standing,
        topics,
    };
    let groups = vec![
        group("audit", Standing::Unread(unread(DENIED)), vec![]),
        group(
            "billing",
            stable,
            vec![reading("orders", orders), reading("payments", payments)],
        ),
        group(
            "archive",
            empty,
            vec![
                reading("payments", vec![partition(0, Ok(Some(1000)))]),
                reading("refunds", vec![partition(0, Ok(Some(9000)))]),
            ],
        ),
        group(
            "streams",
            Standing::Undescribed,
            vec![reading("orders", vec![partition(0, Ok(Some(1100)))])],
        ),
        group("new", Standing::NotThereYet, vec![]),
    ];
    let statistics = |topic: &str, partitions| Statistics {
        topic: name(topic),
        compacted: topic == "payments",
        partitions,
    };
    let topics = vec![
        statistics(
            "orders",
            BTreeMap::from([(0, bounds(Ok(1100))), (1, bounds(Ok(2_001_100)))]),
        ),
        statistics("payments", BTreeMap::from([(0, bounds(Ok(1000)))])),
        statistics("refunds", BTreeMap::from([(0, bounds(Err(timeout())))])),
    ];
    let warning = Diagnostic::warning(Code::Authorization, "1 consumer group cannot be read")
        .detail(format!("audit\n{DENIED}"));
    let found = ["orders", "payments", "refunds"].map(|one| topic(one, 2, State::Matching));
    Report {
        groups: Some(Sight { groups, topics }),
        diagnostics: vec![warning],
        ..report(Command::Verify, ExitCode::Matching, found.to_vec())
    }
}

/// Nothing could be read of any group: the question that was asked has no answer.
fn without_groups() -> Report {
    let groups = ["audit", "billing"].map(|name| Group {
        name: name.to_owned(),
        standing: Standing::Unread(unread(DENIED)),
        topics: Vec::new(),
    });
    let error = Diagnostic::error(Code::Authorization, "2 consumer groups cannot be read")
        .detail(format!("audit, billing\n{DENIED}"));
    Report {
        groups: Some(Sight {
            groups: groups.to_vec(),
            topics: Vec::new(),
        }),
        diagnostics: vec![error],
        ..report(
            Command::Verify,
            ExitCode::Unauthorized,
            vec![topic("orders", 2, State::Matching)],
        )
    }
}

fn apply() -> Report {
    let topics = vec![
        topic("orders", 2, State::Created),
        topic("payments", 9, State::Matching),
    ];
    let mut report = report(
        Command::Apply { dry_run: false },
        ExitCode::Matching,
        topics,
    );
    report.diagnostics = vec![Diagnostic::note(
        Code::NotSettled,
        "created topics were not waited for (--no-settle)",
    )];
    report.settled = false;
    report
}

fn failed() -> Report {
    let lost = "created, but partition 2 had no leader after 60 s";
    let topics = vec![
        topic("orders", 2, State::Created),
        failing(lost, topic("payments", 9, State::Failed)),
        Topic {
            fails: true,
            ..topic("refunds", 14, State::ToCreate)
        },
    ];
    let mut report = report(
        Command::Apply { dry_run: false },
        ExitCode::Terminated,
        topics,
    );
    report.diagnostics = vec![Diagnostic::error(
        Code::Interrupted,
        "interrupted by SIGTERM; what was sent is reported",
    )];
    report
}
