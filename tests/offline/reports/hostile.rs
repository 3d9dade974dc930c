//! Whatever a broker or a manifest says, the formats keep their structure.

use proptest::prelude::*;
use proptest::string::string_regex;
use topicctl::diagnostic::{Code, Diagnostic, Location, Sources, Span};
use topicctl::exit::ExitCode;
use topicctl::groups::{self, Bounds, Group, Owner, Protocol, Sight, Standing, Statistics};
use topicctl::observed::{ClusterIdentity, ObservedOrigin};
use topicctl::report::{Cluster, Command, Difference, Findings, Report, Several, State, Topic};
use topicctl::topic::TopicName;

use super::formats::{written, written_several};
use super::samples;
use crate::support::report_grammar::{self as grammar, FORMATS};

/// Texts that somebody could have chosen to break a format, a terminal or a reader.
const TRAPS: [&str; 17] = [
    "::error file=a,line=1::owned",
    "a\n::add-mask::x",
    "a\r\n  ::stop-commands::x",
    "##[error]owned",
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

fn foreign() -> impl Strategy<Value = String> {
    let letters =
        "[\\x00-\\x1f\\x7f-\\x9f|`<>&%:,;@#!$\\[\\]{}()=\\\\*_~\"'. \\n\\ra-c0-9é\u{202e}]{0,24}";
    let odd = || string_regex(letters).expect("a pattern");
    let trap = proptest::sample::select(TRAPS.to_vec());
    prop_oneof![
        odd(),
        any::<String>(),
        trap.clone().prop_map(str::to_owned),
        (odd(), trap, odd()).prop_map(|(a, b, c)| format!("{a}{b}{c}")),
    ]
}

fn some() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(foreign())
}

fn state() -> impl Strategy<Value = State> {
    proptest::sample::select(vec![
        State::Matching,
        State::ToCreate,
        State::Missing,
        State::Mismatched,
        State::Created,
        State::Unknown,
        State::Failed,
    ])
}

fn difference() -> impl Strategy<Value = Difference> {
    (
        foreign(),
        foreign(),
        foreign(),
        foreign(),
        foreign(),
        foreign(),
        some(),
        some(),
        some(),
    )
        .prop_map(
            |(
                key,
                declared,
                found,
                declared_human,
                found_human,
                declared_by,
                advice,
                remedy,
                accepted,
            )| {
                Difference {
                    field: "config",
                    key: Some(key),
                    declared,
                    found,
                    declared_human,
                    found_human,
                    declared_by,
                    declared_elsewhere: true,
                    origin: Some(ObservedOrigin::Topic),
                    advice,
                    // Commands are made of quoted words, on one line.
                    remedy: remedy.map(|text| topicctl::diagnostic::printable(&text).into_owned()),
                    accepted,
                }
            },
        )
}

fn topic() -> impl Strategy<Value = Topic> {
    let differences = proptest::collection::vec(difference(), 0..3);
    (
        state(),
        any::<bool>(),
        foreign(),
        foreign(),
        differences,
        some(),
    )
        .prop_map(|(state, fails, file, value, mismatches, error)| {
            let mut topic = samples::topic("orders.v1_x-y", 3, state);
            topic.fails = fails;
            topic.location.file = file.as_str().into();
            topic
                .config
                .insert("retention.ms".to_owned(), value.clone());
            topic.tier = Some(value);
            topic.mismatches = mismatches;
            topic.error = error;
            topic
        })
}

fn diagnostics() -> impl Strategy<Value = (Sources, Vec<Diagnostic>)> {
    (
        foreign(),
        foreign(),
        foreign(),
        foreign(),
        some(),
        some(),
        some(),
    )
        .prop_map(|(path, text, message, label, detail, help, command)| {
            let mut sources = Sources::default();
            let end = text.chars().next().map_or(0, char::len_utf8) as u32;
            let source = sources.add(&path, text);
            let span = Span {
                source,
                start: 0,
                end,
            };
            let found = Diagnostic {
                detail,
                help,
                command: command.map(|text| topicctl::diagnostic::printable(&text).into_owned()),
                ..Diagnostic::error(Code::WrongType, message.clone()).at(span, label)
            };
            let other = Diagnostic::warning(Code::Refused, message);
            (sources, vec![found, other])
        })
}

fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        Just(Standing::NotThereYet),
        Just(Standing::Undescribed),
        foreign().prop_map(|reason| Standing::Unread(samples::unread(&reason))),
        some().prop_map(|assignor| Standing::Present {
            state: groups::State::Stable,
            protocol: Protocol::Classic,
            assignor,
            members: 2,
            idle: None,
        }),
    ]
}

fn sight() -> impl Strategy<Value = Sight> {
    let group = (foreign(), standing(), foreign(), foreign(), foreign()).prop_map(
        |(name, standing, reason, client_id, host)| {
            let mut owned = samples::partition(0, Ok(Some(7)));
            owned.owner = Some(Owner {
                member: client_id.clone(),
                client_id,
                host,
            });
            let lost = samples::partition(1, Err(samples::unread(&reason)));
            Group {
                name,
                standing,
                topics: vec![samples::reading("orders", vec![owned, lost])],
            }
        },
    );
    let groups = proptest::collection::vec(group, 0..4);
    (groups, foreign()).prop_map(|(groups, reason)| {
        let latest = Err(samples::unread(&reason));
        let earliest = Ok(0);
        let topics = vec![Statistics {
            topic: TopicName::parse("orders").expect("a legal name"),
            compacted: false,
            partitions: [(0, Bounds { earliest, latest })].into(),
        }];
        Sight { groups, topics }
    })
}

fn report() -> impl Strategy<Value = Report> {
    let commands = vec![
        None,
        Some(Command::Validate),
        Some(Command::Plan),
        Some(Command::Verify),
        Some(Command::Apply { dry_run: false }),
    ];
    let command = proptest::sample::select(commands);
    let cluster = (foreign(), some());
    let topics = proptest::collection::vec(topic(), 0..4).prop_map(|mut topics| {
        for (index, topic) in topics.iter_mut().enumerate() {
            let name = format!("{}-{index}", topic.name);
            topic.name = TopicName::parse(&name).expect("a legal name");
        }
        topics
    });
    (
        command,
        some(),
        proptest::option::of(sight()),
        proptest::option::of(cluster),
        topics,
        diagnostics(),
    )
        .prop_map(
            |(command, cluster_name, groups, cluster, topics, (sources, diagnostics))| Report {
                command,
                groups,
                cluster_name,
                profile: None,
                findings: Findings::default(),
                exit: ExitCode::Differences,
                cluster: cluster.map(|(label, id)| Cluster {
                    label,
                    identity: ClusterIdentity {
                        id,
                        brokers: vec![1],
                    },
                }),
                topics,
                diagnostics,
                sources,
                settled: true,
                usable: true,
                stopped: false,
                elapsed: std::time::Duration::ZERO,
                ended: std::time::SystemTime::UNIX_EPOCH,
            },
        )
}

fn several() -> impl Strategy<Value = Several> {
    let report = (foreign(), any::<bool>(), report()).prop_map(|(name, stopped, report)| Report {
        cluster_name: Some(name),
        stopped,
        ..report
    });
    proptest::collection::vec(report, 1..4).prop_map(|reports| Several {
        command: Command::Verify,
        exit: ExitCode::Differences,
        reports,
        elapsed: std::time::Duration::ZERO,
        ended: std::time::SystemTime::UNIX_EPOCH,
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 250,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_value_breaks_a_format(report in report()) {
        let inert = topicctl::report::github::inert(&written("text", &report));
        let commands = grammar::github(&inert).map(|commands| commands.len());
        prop_assert_eq!(commands, Ok(0));
        for (format, _) in FORMATS {
            let text = written(format, &report);
            if let Err(error) = grammar::check(format, &text) {
                panic!("{format}: {error}\n{text}\n{text:?}");
            }
        }
    }

    #[test]
    fn no_value_breaks_a_format_of_several(several in several()) {
        let inert = topicctl::report::github::inert(&written_several("text", &several));
        let commands = grammar::github(&inert).map(|commands| commands.len());
        prop_assert_eq!(commands, Ok(0));
        for (format, _) in FORMATS {
            let text = written_several(format, &several);
            if let Err(error) = grammar::check(format, &text) {
                panic!("{format}: {error}\n{text}\n{text:?}");
            }
        }
    }

    #[test]
    fn annotations_say_what_was_said(file in foreign(), error in foreign()) {
        let mut topic = samples::topic("orders", 3, State::Failed);
        topic.location = Location { file: file.as_str().into(), line: 7, column: 1 };
        topic.error = Some(error.clone());
        let (_, mut report) = samples::all().remove(9);
        report.topics = vec![topic];
        let text = written("github", &report);
        let commands = grammar::github(&text).expect("commands");
        prop_assert_eq!(commands.len(), 1);
        prop_assert_eq!(&commands[0].name, "error");
        prop_assert_eq!(&commands[0].properties["title"], "orders: failed");
        let plain = |c: char| c.is_ascii_graphic() || c == ' ';
        if file.chars().all(plain) && !file.starts_with(['<', '.']) {
            prop_assert_eq!(&commands[0].properties["file"], &file);
        }
        if !error.is_empty() && error.chars().all(plain) {
            prop_assert_eq!(&commands[0].message, &error);
        }
    }

    #[test]
    fn cells_show_what_was_found(value in "[!-~]{1,24}") {
        let mut topic = samples::topic("orders", 3, State::Failed);
        topic.error = Some(value.clone());
        let (_, mut report) = samples::all().remove(9);
        report.topics = vec![topic];
        let text = written("markdown", &report);
        let shown = grammar::markdown(&text).expect("a table");
        prop_assert!(shown.contains(&value), "{shown:?} in {text}");
    }
}
