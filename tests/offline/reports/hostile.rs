//! Whatever a broker or a manifest says, the formats keep their structure.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use topicctl::accepted::Accepted;
use topicctl::cluster::{ClusterError, ClusterErrorKind, Refusal};
use topicctl::context::{Purpose, Rights, RunContext, Target};
use topicctl::diagnostic::{Code, Diagnostic, SourceId, Sources, Span, printable};
use topicctl::finding::{FailOn, Finding};
use topicctl::groups::{
    self, Group, GroupLags, GroupStatus, OffsetRange, Owner, Protocol, Statistics,
};
use topicctl::health::{HealthIssue, HealthIssueKind};
use topicctl::interrupt::Signal;
use topicctl::limits::Limits;
use topicctl::observed::{ClusterIdentity, ObservedOrigin, Unreadable};
use topicctl::outcome::{
    AcceptedMismatch, Awaited, Check, Mismatch, RunResult, Status, Stop, TopicOutcome,
};
use topicctl::remedy::Access;
use topicctl::report::{ClusterReport, Report};
use topicctl::topic::{
    ConfigKey, ConfigValue, Declared, Layer, Origin, Partitions, ReplicationFactor, TopicName,
};

use super::formats::written;
use super::samples;
use crate::support::report_grammar::{self as grammar, FORMATS};

/// Texts that somebody could have chosen to break a format, a terminal or a reader.
pub(super) const TRAPS: [&str; 20] = [
    "::error file=a,line=1::owned",
    "a\n::add-mask::x",
    "a\r\n  ::stop-commands::x",
    "##[error]owned",
    "##vso[task.setvariable variable=x]y ##teamcity[x]",
    "a word, and another, and many more of them, so that a line ends here ::error::owned",
    "z\u{200b}e\u{200d}r\u{2060}o\u{feff}\u{e0041}",
    "%0A::error::owned",
    "]]></failure><failure>",
    "<!-- -->&amp;<b>",
    "`code` | <img src=x> | \\| ` ``` |",
    "```\n@everyone see https://example.com\n```",
    "[link](https://example.com) ![](x) @team #1 www.example.com a@example.com",
    "\"} 1\ntopicctl_exit_code 0",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{202e}desrever\u{2066}\u{200f}\u{61c}",
    "a\u{2028}b\u{2029}c\u{85}d",
    "\u{0}\u{fffe}\u{ffff}\u{feff}",
    "\\",
    " ",
];

fn untrusted() -> BoxedStrategy<String> {
    let letters =
        "[\\x00-\\x1f\\x7f-\\x9f|`<>&%:,;@#!$\\[\\]{}()=\\\\*_~\"'. \\n\\ra-c0-9é\u{202e}]{0,24}";
    let odd = || string_regex(letters).expect("a pattern");
    let trap = select(TRAPS.to_vec());
    prop_oneof![
        odd(),
        any::<String>(),
        trap.clone().prop_map(str::to_owned),
        (odd(), trap, odd()).prop_map(|(a, b, c)| format!("{a}{b}{c}")),
    ]
    .boxed()
}

fn some() -> impl Strategy<Value = Option<String>> {
    option::of(untrusted())
}

/// Sources are known by the order in which they were added; these are the first ones of all.
static SOURCES: LazyLock<Vec<SourceId>> = LazyLock::new(|| {
    let mut sources = Sources::default();
    (0..4).map(|_| sources.add("", String::new())).collect()
});

/// As many files as [`SOURCES`], with a character at least, whatever they are called.
fn sources() -> impl Strategy<Value = Sources> {
    let count = SOURCES.len();
    proptest::collection::vec((untrusted(), untrusted()), count).prop_map(|files| {
        let mut sources = Sources::default();
        for (path, text) in files {
            sources.add(&path, format!("a{text}"));
        }
        sources
    })
}

fn span() -> impl Strategy<Value = Span> {
    select(SOURCES.clone()).prop_map(|source| Span {
        source,
        start: 0,
        end: 1,
    })
}

fn layer() -> impl Strategy<Value = Layer> {
    prop_oneof![
        Just(Layer::Topic),
        untrusted().prop_map(Layer::BuiltInTier),
        untrusted().prop_map(Layer::Tier),
        untrusted().prop_map(Layer::ProfileAll),
        untrusted().prop_map(Layer::ProfileTopic),
        (untrusted(), untrusted()).prop_map(|(profile, tier)| Layer::ProfileTier { profile, tier }),
    ]
}

fn origin() -> impl Strategy<Value = Origin> {
    (layer(), option::of(span())).prop_map(|(layer, span)| Origin { layer, span })
}

fn key() -> impl Strategy<Value = ConfigKey> {
    let known = ["retention.ms", "cleanup.policy", "min.insync.replicas"];
    prop_oneof![
        untrusted().prop_map(ConfigKey::new),
        select(known.to_vec()).prop_map(ConfigKey::new),
    ]
}

fn mismatch() -> BoxedStrategy<Mismatch> {
    let partitions = (1..9_i32, origin(), 0..9_usize).prop_map(|(count, origin, found)| {
        let value = Partitions::new(count).expect("at least 1");
        let declared = Declared { value, origin };
        Mismatch::Partitions { declared, found }
    });
    let replicas = (1..5_i16, origin()).prop_map(|(factor, origin)| {
        let value = ReplicationFactor::new(factor).expect("at least 1");
        Mismatch::ReplicationFactor {
            declared: Declared { value, origin },
            replicas: vec![vec![1, 2], vec![1, 4]],
            behind: vec![4],
        }
    });
    let config =
        (key(), untrusted(), origin(), untrusted()).prop_map(|(key, declared, origin, found)| {
            Mismatch::Config {
                key,
                declared: Declared {
                    value: ConfigValue::new(declared),
                    origin,
                },
                found,
                origin: ObservedOrigin::Topic,
            }
        });
    prop_oneof![1 => partitions, 1 => replicas, 3 => config].boxed()
}

fn unknown() -> impl Strategy<Value = Unreadable> {
    (any::<bool>(), any::<bool>(), untrusted()).prop_map(|(exists, unauthorized, reason)| {
        Unreadable {
            exists,
            unauthorized,
            reason,
        }
    })
}

fn status() -> BoxedStrategy<Status> {
    let refusal =
        (any::<bool>(), untrusted(), untrusted()).prop_map(|(unauthorized, code, message)| {
            Refusal {
                unauthorized,
                code,
                message,
            }
        });
    prop_oneof![
        untrusted().prop_map(Status::Failed),
        untrusted().prop_map(Status::Unclear),
        refusal.prop_map(Status::Refused),
        unknown().prop_map(Status::Unknown),
        any::<bool>().prop_map(|created| Status::Mismatched { created }),
        Just(Status::Missing),
        Just(Status::ToCreate),
        Just(Status::Created),
        Just(Status::Accepted),
        Just(Status::Matching),
        Just(Status::Declared),
    ]
    .boxed()
}

fn health() -> impl Strategy<Value = HealthIssue> {
    let kind = prop_oneof![
        Just(HealthIssueKind::UnderReplicated { out: vec![2] }),
        untrusted().prop_map(|reason| HealthIssueKind::Unserved { leader: 1, reason }),
        untrusted().prop_map(|rack| HealthIssueKind::SharedRack {
            racks: vec![rack],
            possible: 2,
            placed: BTreeMap::from([(0, vec![1, 2])]),
        }),
    ];
    kind.prop_map(|kind| HealthIssue {
        kind,
        partitions: vec![0],
    })
}

fn topic() -> BoxedStrategy<TopicOutcome> {
    let declared = (
        (span(), origin()),
        some(),
        untrusted(),
        any::<bool>(),
        key(),
    );
    let mismatches = proptest::collection::vec(mismatch(), 0..3);
    let accepted = proptest::collection::vec((mismatch(), untrusted()), 0..2);
    let undeclared = option::of((key(), untrusted()));
    let seen = (mismatches, accepted, undeclared, option::of(key()));
    let unread = option::weighted(0.1, untrusted());
    (status(), declared, seen, option::of(health()), unread)
        .prop_map(
            |(status, ((span, origin), tier, value, external, key), seen, health, unread)| {
                let (mismatches, accepted, undeclared, unverifiable) = seen;
                let mut topic = samples::topic("orders.v1_x-y", 3, Status::Matching).topic;
                for declared in topic.config.values_mut() {
                    declared.value = ConfigValue::new(value.clone());
                    declared.origin = origin.clone();
                }
                if let Some(partitions) = &mut topic.partitions {
                    partitions.origin = origin.clone();
                }
                if let Some(factor) = &mut topic.replication_factor {
                    factor.origin = origin.clone();
                }
                let declared = topic.config.values().next().cloned();
                topic.config.extend(declared.map(|one| (key, one)));
                topic.span = span;
                topic.tier = tier;
                topic.external = external;
                TopicOutcome {
                    mismatches,
                    accepted: accepted
                        .into_iter()
                        .map(|(mismatch, reason)| AcceptedMismatch { mismatch, reason })
                        .collect(),
                    health: health.into_iter().collect(),
                    undeclared: undeclared.into_iter().collect(),
                    unverifiable: unverifiable.into_iter().collect(),
                    unread: unread.map(|reason| samples::unreadable(&reason)),
                    ..TopicOutcome::new(topic, status)
                }
            },
        )
        .boxed()
}

fn diagnostics() -> impl Strategy<Value = Vec<Diagnostic>> {
    (span(), untrusted(), untrusted(), some(), some(), some()).prop_map(
        |(span, message, label, detail, help, command)| {
            let found = Diagnostic {
                detail,
                help,
                // Commands are made of quoted words, on one line.
                command: command.map(|text| printable(&text).into_owned()),
                ..Diagnostic::error(Code::WrongType, message.clone()).at(span, label)
            };
            let other = Diagnostic::warning(Code::Refused, message);
            vec![found, other]
        },
    )
}

fn group_status() -> impl Strategy<Value = GroupStatus> {
    prop_oneof![
        Just(GroupStatus::NotThereYet),
        Just(GroupStatus::Undescribed),
        untrusted().prop_map(|reason| GroupStatus::Unreadable(samples::unreadable(&reason))),
        some().prop_map(|assignor| GroupStatus::Present {
            state: groups::State::Stable,
            protocol: Protocol::Classic,
            assignor,
            members: 2,
            idle: None,
        }),
    ]
}

fn lags() -> BoxedStrategy<GroupLags> {
    let texts = (untrusted(), untrusted(), untrusted(), untrusted());
    let group = (group_status(), texts).prop_map(|(status, (name, reason, client_id, host))| {
        let mut owned = samples::partition(0, Ok(Some(7)));
        owned.owner = Some(Owner {
            member: client_id.clone(),
            client_id,
            host,
        });
        let lost = samples::partition(1, Err(samples::unreadable(&reason)));
        Group {
            name,
            status,
            topics: vec![samples::topic_lag("orders", vec![owned, lost])],
        }
    });
    let groups = proptest::collection::vec(group, 0..4);
    (groups, untrusted())
        .prop_map(|(groups, reason)| {
            let end = Err(samples::unreadable(&reason));
            let start = Ok(0);
            let topics = vec![Statistics {
                topic: TopicName::parse("orders").expect("a legal name"),
                compacted: false,
                partitions: [(0, OffsetRange { start, end })].into(),
            }];
            GroupLags { groups, topics }
        })
        .boxed()
}

fn cluster_error() -> impl Strategy<Value = ClusterError> {
    let kinds = vec![
        ClusterErrorKind::Configuration,
        ClusterErrorKind::Unreachable,
        ClusterErrorKind::Authorization,
        ClusterErrorKind::Broker,
    ];
    (select(kinds), untrusted(), some(), some()).prop_map(|(kind, message, detail, help)| {
        ClusterError {
            kind,
            message,
            detail,
            help,
        }
    })
}

fn stop() -> impl Strategy<Value = Stop> {
    prop_oneof![
        Just(Stop::Invalid),
        Just(Stop::UnknownExistence),
        Just(Stop::TooFewBrokers {
            registered: 1,
            wanted: 3
        }),
        Just(Stop::Refused),
        Just(Stop::Interrupted(Signal::Interrupt)),
        cluster_error().prop_map(Stop::Cluster),
        cluster_error().prop_map(Stop::Unchecked),
    ]
}

fn result() -> BoxedStrategy<RunResult> {
    let topics = proptest::collection::vec(topic(), 0..4).prop_map(|mut topics| {
        for (index, outcome) in topics.iter_mut().enumerate() {
            let name = format!("{}-{index}", outcome.topic.name);
            outcome.topic.name = TopicName::parse(&name).expect("a legal name");
        }
        topics
    });
    let identity = option::weighted(0.8, some());
    let leader_check = option::of(prop_oneof![
        Just(Ok(())),
        cluster_error().prop_map(Err::<(), _>)
    ]);
    let stop = option::weighted(0.3, stop());
    let awaits = any::<bool>();
    let check = select(vec![
        Check::Harmless,
        Check::LeftOut,
        Check::Created(2),
        Check::Unread,
    ]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), check);
    (
        topics,
        identity,
        option::of(lags()),
        leader_check,
        (stop, awaits),
        flags,
    )
        .prop_map(
            |(
                topics,
                identity,
                groups,
                leader_check,
                (stop, awaits),
                (wrote, unsettled, lacks_configs, check),
            )| RunResult {
                identity: identity.map(|id| ClusterIdentity {
                    id,
                    brokers: vec![1],
                    ..ClusterIdentity::default()
                }),
                awaited: awaits.then(|| Awaited {
                    limit: Duration::from_secs(120),
                    not_ready: topics.iter().map(|one| one.topic.name.clone()).collect(),
                }),
                topics,
                lacks_configs,
                unmanaged: vec![TopicName::parse("theirs").expect("a legal name")],
                collisions: Vec::new(),
                groups,
                leader_check,
                stop,
                wrote,
                check,
                unsettled,
            },
        )
        .boxed()
}

fn target(name: impl Strategy<Value = Option<String>>) -> impl Strategy<Value = Target> {
    let access = (untrusted(), some());
    (name, untrusted(), some(), access).prop_map(
        |(name, label, user, (bootstrap_servers, command_config))| Target {
            name,
            label,
            user,
            rights: Rights::Acls,
            access: Access {
                bootstrap_servers,
                command_config: command_config.map(Into::into),
                brokers: vec![1, 2],
                down: Vec::new(),
            },
        },
    )
}

fn context() -> BoxedStrategy<RunContext> {
    let commands = vec![
        (None, Purpose::Offline),
        (Some("validate"), Purpose::Offline),
        (Some("plan"), Purpose::Plan),
        (Some("verify"), Purpose::Verify),
        (Some("apply"), Purpose::DryRun),
        (Some("apply"), Purpose::Apply),
    ];
    let findings = select(vec![Finding::Missing, Finding::Health, Finding::None]);
    let profiles = option::of(proptest::collection::vec(untrusted(), 0..3));
    (
        select(commands),
        some(),
        profiles,
        findings,
        any::<bool>(),
        sources(),
    )
        .prop_map(
            |((command, purpose), profile, profiles, finding, deny_warnings, sources)| RunContext {
                command: command.map(str::to_owned),
                purpose,
                profile,
                fitting_profiles: profiles,
                limits: Limits::default(),
                fail_on: FailOn::new(vec![finding]).expect("one alone"),
                deny_warnings,
                sources: sources.into(),
            },
        )
        .boxed()
}

fn accepted() -> impl Strategy<Value = Accepted> {
    (key(), untrusted(), untrusted(), span()).prop_map(|(key, value, reason, span)| Accepted {
        topic: TopicName::parse("orders.v1_x-y-0").expect("a legal name"),
        partitions: Some(3),
        replication_factor: None,
        config: [(key, ConfigValue::new(value))].into(),
        reason,
        until: None,
        span,
    })
}

/// A run of a context that is to be filled in.
fn run(name: impl Strategy<Value = Option<String>>) -> impl Strategy<Value = ClusterReport> {
    (
        target(name),
        result(),
        option::of(accepted()),
        diagnostics(),
    )
        .prop_map(|(target, result, accepted, diagnostics)| ClusterReport {
            accepted: accepted.into_iter().collect(),
            diagnostics,
            ..ClusterReport::new(Arc::default(), target, result)
        })
}

fn report() -> impl Strategy<Value = Report> {
    (context(), diagnostics(), run(some())).prop_map(|(context, diagnostics, run)| {
        let context = Arc::new(context);
        Report::new(ClusterReport {
            context,
            diagnostics,
            ..run
        })
    })
}

fn several() -> impl Strategy<Value = Report> {
    let context = context().prop_map(|context| RunContext {
        command: Some("verify".to_owned()),
        purpose: Purpose::Verify,
        ..context
    });
    let runs = proptest::collection::vec(run(untrusted().prop_map(Some)), 1..4);
    (context, diagnostics(), runs).prop_map(|(context, diagnostics, runs)| {
        let context = Arc::new(context);
        let runs = runs.into_iter().map(|run| ClusterReport {
            context: Arc::clone(&context),
            ..run
        });
        let runs = runs.collect();
        Report::by_cluster(Arc::clone(&context), diagnostics, runs)
    })
}

/// A run of one topic, declared in this file.
fn of_one_topic(path: &str, status: Status) -> Report {
    let run = samples::matching();
    let mut sources = Sources::default();
    let text = run.context.sources.text(SOURCES[0]).to_owned();
    sources.add(path, text);
    let context = RunContext {
        sources: sources.into(),
        ..RunContext::clone(&run.context)
    };
    let result = run
        .result
        .with_topics(vec![samples::topic("orders", 3, status)]);
    let context = Arc::new(context);
    samples::single(
        vec![],
        ClusterReport {
            context,
            result,
            ..run
        },
    )
}

fn keeps_to_its_grammar(report: &Report) -> Result<(), TestCaseError> {
    for (format, _) in FORMATS {
        let text = written(format, report);
        if format != "github" {
            let commands = grammar::github(&text).map(|commands| commands.len());
            prop_assert_eq!(commands, Ok(0), "{}:\n{}", format, text);
        }
        if let Err(error) = grammar::check(format, &text) {
            panic!("{format}: {error}\n{text}\n{text:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 250,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_value_breaks_a_format(report in report()) {
        keeps_to_its_grammar(&report)?;
    }

    #[test]
    fn no_value_breaks_a_format_of_several(several in several()) {
        keeps_to_its_grammar(&several)?;
    }

    #[test]
    fn annotations_say_what_was_said(file in untrusted(), error in untrusted()) {
        let report = of_one_topic(&file, Status::Failed(error.clone()));
        let text = written("github", &report);
        let commands = grammar::github(&text).expect("commands");
        prop_assert_eq!(commands.len(), 1);
        prop_assert_eq!(&commands[0].name, "error");
        prop_assert_eq!(&commands[0].properties["title"], "orders: failed");
        let plain = |c: char| c.is_ascii_graphic() || c == ' ';
        // What others than GitHub obey is taken apart.
        prop_assume!(!file.contains("##") && !error.contains("##"));
        if file.chars().all(plain) && !file.starts_with(['<', '.']) {
            prop_assert_eq!(&commands[0].properties["file"], &file);
        }
        if !error.is_empty() && error.chars().all(plain) {
            prop_assert_eq!(&commands[0].message, &error);
        }
    }

    #[test]
    fn cells_show_what_was_found(value in "[!-~]{1,24}") {
        let report = of_one_topic("manifests/orders.yaml", Status::Failed(value.clone()));
        let text = written("markdown", &report);
        let shown = grammar::markdown(&text).expect("a table");
        prop_assert!(shown.contains(&value), "{shown:?} in {text}");
    }
}
