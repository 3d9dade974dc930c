//! Reports as runs make them, which together hold every state and every ending.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use topicctl::cluster::{ClusterError, ClusterErrorKind};
use topicctl::context::{Purpose, RunContext, Target};
use topicctl::diagnostic::{Code, Diagnostic, SourceId, Sources, Span};
use topicctl::finding::{FailOn, Finding};
use topicctl::groups::{
    self, Group, GroupLags, GroupStatus, OffsetRange, Partition, Protocol, Statistics, TopicLag,
};
use topicctl::interrupt::Signal;
use topicctl::observed::{ClusterIdentity, ObservedOrigin, Unreadable};
use topicctl::outcome::{AcceptedMismatch, Mismatch, RunResult, Status, Stop, TopicOutcome};
use topicctl::remedy::Access;
use topicctl::report::{ClusterReport, Report};
use topicctl::topic::{
    ConfigKey, ConfigValue, Declared, DeclaredTopic, Layer, Origin, Partitions, ReplicationFactor,
    Role, TopicName,
};

const MANIFEST: &str = "\
topics:
  - name: orders
    partitons: 6
    retention: 7d
    dlq: { retention: 1d }
";

/// Lines of the file, so that topics can be declared further down.
const LINES: usize = 40;

/// All samples, by name.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    let mixed = vec![
        named("prod-eu", matching()),
        named("prod-us", verify()),
        named("stage", unreachable()),
    ];
    let refused = || ClusterReport {
        elapsed: Duration::ZERO,
        ..run(
            Purpose::Verify,
            RunResult {
                stop: Some(Stop::Invalid),
                ..RunResult::default()
            },
        )
    };
    let invalids = vec![named("prod-eu", refused()), named("prod-us", refused())];
    let warned = vec![named("prod-eu", lenient()), named("prod-us", matching())];
    let all_match = vec![named("prod-eu", matching()), named("prod-us", matching())];
    let (unknown, short) = problems();
    vec![
        ("validate", single(vec![short.clone()], validate())),
        ("invalid", invalid()),
        ("denied", denied()),
        ("usage", usage()),
        ("unreachable", single(vec![], unreachable())),
        ("plan", single(vec![], plan())),
        ("dry-run", single(vec![], dry_run())),
        ("verify", single(vec![], verify())),
        ("verify-lenient", single(vec![], lenient())),
        ("verify-matching", single(vec![], matching())),
        ("verify-named", single(vec![], named("prod-eu", verify()))),
        ("verify-groups", single(vec![], with_groups())),
        ("verify-groups-unread", single(vec![], without_groups())),
        ("apply", single(vec![], apply())),
        ("apply-failed", single(vec![], failed())),
        ("several", several(vec![], mixed)),
        (
            "several-invalid",
            several(vec![unknown, short.clone()], invalids),
        ),
        ("several-warned", several(vec![short], warned)),
        ("several-matching", several(vec![], all_match)),
        (
            "several-of-one",
            several(vec![], vec![named("stage", unreachable())]),
        ),
    ]
}

/// A sample by its name.
pub(crate) fn sample(name: &str) -> Report {
    let mut all = all().into_iter();
    let (_, report) = all.find(|(known, _)| *known == name).expect("a sample");
    report
}

/// The report of one run.
pub(crate) fn single(diagnostics: Vec<Diagnostic>, mut run: ClusterReport) -> Report {
    let (elapsed, ended) = (run.elapsed, run.ended);
    run.diagnostics.extend(diagnostics);
    let mut report = Report::new(run);
    report.end(elapsed, ended);
    report
}

/// The report of runs against several clusters.
pub(crate) fn several(diagnostics: Vec<Diagnostic>, mut runs: Vec<ClusterReport>) -> Report {
    let context = Arc::new(context(Purpose::Verify));
    for run in &mut runs {
        run.diagnostics.extend(diagnostics.clone());
    }
    let mut report = Report::by_cluster(context, diagnostics, runs);
    report.end(Duration::from_millis(310), ended());
    report
}

/// The same run against a cluster that has a name.
pub(crate) fn named(cluster: &str, mut run: ClusterReport) -> ClusterReport {
    run.target.name = Some(cluster.to_owned());
    run
}

fn ended() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn name(text: &str) -> TopicName {
    TopicName::parse(text).expect("a legal name")
}

/// The manifest that all samples are about, which is always the first source.
fn sources() -> (Sources, SourceId) {
    let mut sources = Sources::default();
    let more = "#\n".repeat(LINES - MANIFEST.lines().count());
    let source = sources.add("manifests/orders.yaml", format!("{MANIFEST}{more}"));
    (sources, source)
}

/// A line of the manifest.
fn line(number: usize) -> Span {
    let (sources, source) = sources();
    let lines = sources.text(source).split_inclusive('\n');
    let start: usize = lines.take(number - 1).map(str::len).sum();
    let start = u32::try_from(start).expect("a short text");
    Span {
        source,
        start,
        end: start + 1,
    }
}

fn by_the_topic<T>(value: T, number: usize) -> Declared<T> {
    let origin = Origin {
        layer: Layer::Topic,
        span: Some(line(number)),
    };
    Declared { value, origin }
}

fn by_its_tier<T>(value: T) -> Declared<T> {
    let origin = Origin {
        layer: Layer::BuiltInTier("standard".to_owned()),
        span: None,
    };
    Declared { value, origin }
}

/// A topic that is declared at a line, and what became of it.
pub(crate) fn topic(text: &str, at: usize, status: Status) -> TopicOutcome {
    let retention = by_its_tier(ConfigValue::new("604800000"));
    let declared = DeclaredTopic {
        name: name(text),
        role: Role::Main,
        source: None,
        delay: None,
        shared_dlq: None,
        tier: Some("standard".to_owned()),
        description: None,
        owner: None,
        external: false,
        partitions: Partitions::new(6).map(|count| by_the_topic(count, at + 1)),
        replication_factor: ReplicationFactor::new(3).map(by_its_tier),
        config: BTreeMap::from([(ConfigKey::new("retention.ms"), retention)]),
        env: None,
        allow: Vec::new(),
        consumer_groups: Vec::new(),
        steps: Vec::new(),
        partition_key: None,
        follows: Vec::new(),
        fields: None,
        profile_entry: None,
        span: line(at),
    };
    TopicOutcome::new(declared, status)
}

fn dlq_of(source: &str, mut outcome: TopicOutcome) -> TopicOutcome {
    outcome.topic.role = Role::Dlq;
    outcome.topic.source = Some(name(source));
    outcome
}

/// How a topic differs that has half of its partitions, and a retention of its own.
fn mismatches(topic: &DeclaredTopic) -> Vec<Mismatch> {
    let key = ConfigKey::new("retention.ms");
    vec![
        Mismatch::Partitions {
            declared: topic.partitions.clone().expect("it is declared"),
            found: 3,
        },
        Mismatch::Config {
            declared: topic.config[&key].clone(),
            key,
            found: "86400000".to_owned(),
            origin: ObservedOrigin::Topic,
        },
    ]
}

pub(crate) fn mismatched(text: &str, at: usize) -> TopicOutcome {
    let outcome = topic(text, at, Status::Mismatched { created: false });
    TopicOutcome {
        mismatches: mismatches(&outcome.topic),
        ..outcome
    }
}

fn context(purpose: Purpose) -> RunContext {
    let command = match purpose {
        Purpose::Offline | Purpose::Read => "validate",
        Purpose::Plan => "plan",
        Purpose::Verify => "verify",
        Purpose::DryRun | Purpose::Apply => "apply",
    };
    RunContext {
        sources: sources().0.into(),
        ..RunContext::new(command, purpose)
    }
}

/// A run against a cluster of three brokers.
fn run(purpose: Purpose, result: RunResult) -> ClusterReport {
    let target = Target {
        label: "kafka:9092".to_owned(),
        access: Access {
            bootstrap_servers: "kafka:9092".to_owned(),
            brokers: vec![1, 2, 3],
            ..Access::default()
        },
        ..Target::default()
    };
    ClusterReport {
        elapsed: Duration::from_millis(20),
        ended: ended(),
        ..ClusterReport::new(Arc::new(context(purpose)), target, result)
    }
}

fn answered(topics: Vec<TopicOutcome>) -> RunResult {
    RunResult {
        identity: Some(ClusterIdentity {
            id: Some("pZ5xZQ1rTk2Dk4n0bX7yHw".to_owned()),
            brokers: vec![1, 2, 3],
            ..ClusterIdentity::default()
        }),
        topics,
        ..RunResult::default()
    }
}

fn validate() -> ClusterReport {
    let topics = vec![
        topic("orders", 2, Status::Declared),
        dlq_of("orders", topic("orders-dlq", 5, Status::Declared)),
    ];
    let result = RunResult {
        topics,
        ..RunResult::default()
    };
    let run = run(Purpose::Offline, result);
    ClusterReport {
        target: Target::default(),
        ..run
    }
}

/// What is wrong with the manifest: an error and a warning.
fn problems() -> (Diagnostic, Diagnostic) {
    let (_, source) = sources();
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
    (unknown, short)
}

fn early(context: RunContext, problems: Vec<Diagnostic>) -> Report {
    let mut report = Report::invalid(context, problems);
    report.end(Duration::ZERO, ended());
    report
}

fn invalid() -> Report {
    let (unknown, short) = problems();
    early(context(Purpose::Verify), vec![unknown, short])
}

fn denied() -> Report {
    let (_, short) = problems();
    let context = RunContext {
        deny_warnings: true,
        ..context(Purpose::Apply)
    };
    early(context, vec![short])
}

fn usage() -> Report {
    let problem = Diagnostic::error(Code::Usage, "unexpected argument '--frofile' found")
        .help("a similar argument exists: '--profile'");
    early(RunContext::default(), vec![problem])
}

fn unreachable() -> ClusterReport {
    let error = ClusterError {
        kind: ClusterErrorKind::Unreachable,
        message: "cannot reach kafka:9092".to_owned(),
        detail: Some("connection refused".to_owned()),
        help: Some("check --bootstrap-servers".to_owned()),
    };
    let reason = error.message.clone();
    let topics = [("orders", 2), ("payments", 9)];
    let topics = topics.map(|(name, at)| topic(name, at, Status::Declared).topic);
    let stop = Stop::Cluster(error);
    run(
        Purpose::Verify,
        RunResult::unobserved(topics.into(), stop, &reason),
    )
}

fn plan() -> ClusterReport {
    let mut topics = vec![
        topic("payments", 9, Status::Matching),
        topic("ingestion-events", 12, Status::ToCreate),
        dlq_of(
            "ingestion-events",
            topic("ingestion-events-dlq", 15, Status::ToCreate),
        ),
        mismatched("orders", 2),
    ];
    topics[1].topic.partitions = None;
    run(Purpose::Plan, answered(topics))
}

fn dry_run() -> ClusterReport {
    let topics = vec![topic("orders", 2, Status::ToCreate)];
    run(Purpose::DryRun, answered(topics))
}

/// Topics of every finding, of which one may not be seen.
pub(crate) fn verify() -> ClusterReport {
    let key = ConfigKey::new("local.retention.ms");
    let mut payments = topic("payments", 7, Status::Matching);
    let tiered = by_the_topic(ConfigValue::new("3600000"), 8);
    payments.topic.config.insert(key.clone(), tiered);
    payments.unverifiable = vec![key];
    let mut external = topic("partner.feed", 20, Status::Missing);
    external.topic.external = true;
    let hidden = Unreadable {
        exists: false,
        unauthorized: true,
        reason: "TOPIC_AUTHORIZATION_FAILED: Not authorized to access topics".to_owned(),
    };
    let topics = vec![
        payments,
        dlq_of("payments", topic("payments-dlq", 9, Status::ToCreate)),
        mismatched("orders", 2),
        external,
        topic("secret", 30, Status::Unknown(hidden)),
    ];
    let mut run = run(Purpose::Verify, answered(topics));
    run.target.user = Some("ci".to_owned());
    run
}

/// The findings that `--fail-on none` lets pass.
fn lenient() -> ClusterReport {
    let topics = vec![
        mismatched("orders", 2),
        topic("payments", 9, Status::ToCreate),
        topic("refunds", 14, Status::Matching),
    ];
    let context = RunContext {
        fail_on: FailOn::new(vec![Finding::None]).expect("it stands alone"),
        ..context(Purpose::Verify)
    };
    ClusterReport {
        context: context.into(),
        ..run(Purpose::Verify, answered(topics))
    }
}

pub(crate) fn matching() -> ClusterReport {
    let mut legacy = topic("legacy", 20, Status::Accepted);
    let accepted = mismatches(&legacy.topic)
        .into_iter()
        .map(|mismatch| AcceptedMismatch {
            mismatch,
            reason: "keys would move, see the team's page".to_owned(),
        });
    legacy.accepted = accepted.collect();
    let topics = vec![
        legacy,
        topic("orders", 2, Status::Matching),
        topic("payments", 9, Status::Matching),
    ];
    run(Purpose::Verify, answered(topics))
}

/// A partition of a hundred messages, and what a group has committed there.
pub(crate) fn partition(id: i32, committed: Result<Option<i64>, Unreadable>) -> Partition {
    Partition {
        id,
        committed,
        offsets: offsets(Ok(1100)),
        owner: None,
    }
}

fn offsets(end: Result<i64, Unreadable>) -> OffsetRange {
    let start = Ok(1000);
    OffsetRange { start, end }
}

pub(crate) fn unreadable(reason: &str) -> Unreadable {
    Unreadable {
        exists: false,
        unauthorized: reason.contains("AUTHORIZATION"),
        reason: reason.to_owned(),
    }
}

pub(crate) fn topic_lag(topic: &str, partitions: Vec<Partition>) -> TopicLag {
    TopicLag {
        topic: name(topic),
        declared_members: Some(6),
        exists: Some(true),
        members: Some(2),
        partitions,
    }
}

const DENIED: &str = "GROUP_AUTHORIZATION_FAILED: Group authorization failed";

/// Groups of every status. What could not be read of one of them fails nothing.
pub(crate) fn with_groups() -> ClusterReport {
    let stable = GroupStatus::Present {
        state: groups::State::Stable,
        protocol: Protocol::Classic,
        assignor: Some("range".to_owned()),
        members: 3,
        idle: Some(1),
    };
    let empty = GroupStatus::Present {
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
    let timeout = || unreadable("REQUEST_TIMED_OUT: Timed out");
    let payments = vec![partition(0, Ok(Some(1090))), partition(1, Err(timeout()))];
    let group = |name: &str, status, topics| Group {
        name: name.to_owned(),
        status,
        topics,
    };
    let groups = vec![
        group("audit", GroupStatus::Unreadable(unreadable(DENIED)), vec![]),
        group(
            "billing",
            stable,
            vec![topic_lag("orders", orders), topic_lag("payments", payments)],
        ),
        group(
            "archive",
            empty,
            vec![
                topic_lag("payments", vec![partition(0, Ok(Some(1000)))]),
                topic_lag("refunds", vec![partition(0, Ok(Some(9000)))]),
            ],
        ),
        group(
            "streams",
            GroupStatus::Undescribed,
            vec![topic_lag("orders", vec![partition(0, Ok(Some(1100)))])],
        ),
        group("new", GroupStatus::NotThereYet, vec![]),
    ];
    let statistics = |topic: &str, partitions| Statistics {
        topic: name(topic),
        compacted: topic == "payments",
        partitions,
    };
    let topics = vec![
        statistics(
            "orders",
            BTreeMap::from([(0, offsets(Ok(1100))), (1, offsets(Ok(2_001_100)))]),
        ),
        statistics("payments", BTreeMap::from([(0, offsets(Ok(1000)))])),
        statistics("refunds", BTreeMap::from([(0, offsets(Err(timeout())))])),
    ];
    let found = ["orders", "payments", "refunds"].map(|one| topic(one, 2, Status::Matching));
    let result = RunResult {
        groups: Some(GroupLags { groups, topics }),
        ..answered(found.to_vec())
    };
    run(Purpose::Verify, result)
}

/// Nothing could be read of any group: the question that was asked has no answer.
fn without_groups() -> ClusterReport {
    let groups = ["audit", "billing"].map(|name| Group {
        name: name.to_owned(),
        status: GroupStatus::Unreadable(unreadable(DENIED)),
        topics: Vec::new(),
    });
    let lags = GroupLags {
        groups: groups.to_vec(),
        topics: Vec::new(),
    };
    let result = RunResult {
        groups: Some(lags),
        ..answered(vec![topic("orders", 2, Status::Matching)])
    };
    run(Purpose::Verify, result)
}

fn apply() -> ClusterReport {
    let topics = vec![
        topic("orders", 2, Status::Created),
        topic("payments", 9, Status::Matching),
    ];
    let result = RunResult {
        wrote: true,
        unsettled: true,
        ..answered(topics)
    };
    run(Purpose::Apply, result)
}

fn failed() -> ClusterReport {
    let lost = "created, but partition 2 had no leader after 60 s".to_owned();
    let topics = vec![
        topic("orders", 2, Status::Created),
        topic("payments", 9, Status::Failed(lost)),
        topic("refunds", 14, Status::ToCreate),
    ];
    let result = RunResult {
        wrote: true,
        stop: Some(Stop::Interrupted(Signal::Terminate)),
        ..answered(topics)
    };
    run(Purpose::Apply, result)
}
