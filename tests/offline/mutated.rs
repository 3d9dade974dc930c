//! No mutated answer of a broker makes an outcome untrue.
//!
//! A scripted broker holds the truth, in a model. One field of its answers is null, empty, huge, cut
//! or of an unknown code, and topicctl may fail, but not lie: [`truth::judge`] compares all that it
//! says with the model. Each table is of one answer, field by field.

mod api_versions;
mod create_topics;
mod describe_configs;
mod list_offsets;
mod metadata;
mod truth;

use std::collections::BTreeMap;
use std::sync::Mutex;

use local_kafka::scripted::kafka_protocol::messages::{ApiKey, TopicName};
use local_kafka::scripted::{Asked, Exchange, Frame, Model, OnCreation, ScriptedBroker, Topic};

use crate::support::binary::{Ended, Manifests, on};

/// Runs under way at the same time: they wait more than they compute.
const AT_ONCE: usize = 24;

/// Texts that would do harm if they were shown as they are.
const HOSTILE: &str = "\u{1b}[2J\r\n::error::\u{7}\u{202e}\u{0}";

fn huge() -> String {
    "x".repeat(30_000)
}

const MANIFEST: &str = "\
topics:
  - { name: orders, tier: plain, partitions: 2, replication_factor: 1, retention: 1d }
  - { name: payments, tier: plain, partitions: 1, replication_factor: 1, retention: 2d }
";

/// The topics of [`MANIFEST`].
fn declared() -> BTreeMap<String, Topic> {
    let topic = |name: &str, partitions, retention: &str| {
        let topic = Topic {
            partitions,
            replication_factor: 1,
            config: BTreeMap::from([("retention.ms".to_owned(), retention.to_owned())]),
            served: true,
        };
        (name.to_owned(), topic)
    };
    BTreeMap::from([
        topic("orders", 2, "86400000"),
        topic("payments", 1, "172800000"),
    ])
}

fn topic_name(name: &str) -> TopicName {
    TopicName(name.to_owned().into())
}

fn with(topics: BTreeMap<String, Topic>) -> Model {
    Model {
        topics,
        ..Model::default()
    }
}

fn empty(on_creation: OnCreation) -> Model {
    Model {
        on_creation,
        ..Model::default()
    }
}

/// Both topics are there, and neither is as declared.
fn different() -> Model {
    let mut topics = declared();
    topics.get_mut("orders").expect("a topic").partitions = 1;
    let payments = topics.get_mut("payments").expect("a topic");
    payments
        .config
        .insert("retention.ms".to_owned(), "1".to_owned());
    with(topics)
}

/// Which answers are mutated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum When {
    Always,
    /// Those of the time when there are topics.
    Created,
    /// Those to a creation that is only checked.
    Validating,
    /// Those to a creation.
    Creating,
}

impl When {
    fn holds(self, exchange: &Exchange<'_>) -> bool {
        let validates = match exchange.asked {
            Asked::CreateTopics(request) => Some(request.validate_only),
            _ => None,
        };
        match self {
            Self::Always => true,
            Self::Created => !exchange.model.topics.is_empty(),
            Self::Validating => validates == Some(true),
            Self::Creating => validates == Some(false),
        }
    }
}

/// A command against a cluster as it is then.
struct Situation {
    command: &'static str,
    model: Model,
    when: When,
}

fn situation(command: &'static str, model: Model, when: When) -> Situation {
    Situation {
        command,
        model,
        when,
    }
}

/// What may be said of a mutated answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Allowed {
    /// That all is well where it is: topicctl has other ways to know, or needs not.
    Truth,
    /// Anything that is true.
    NoLie,
    /// These statuses too, although they are not true: the broker itself says so.
    Said(&'static [&'static str]),
    /// A known limit: librdkafka 2.12.1 ends the process by a signal, in one situation at least.
    /// One that does no more is to be taken off.
    Crash,
}

use Allowed::{Crash, NoLie, Said, Truth};

/// A field, what becomes of it, what may be said then, and how it is done.
type Row<A> = (&'static str, &'static str, Allowed, fn(&mut A));

/// What can become of any answer: of which part of it, what, and how it is done.
type Break = (&'static str, &'static str, fn(&mut Frame));

const FRAMES: [Break; 6] = [
    ("message", "cut", |frame| {
        frame.message.truncate(frame.message.len() / 2)
    }),
    ("message", "a byte less", |frame| {
        frame.message.truncate(frame.message.len() - 1)
    }),
    ("message", "a header only", |frame| {
        frame.message.truncate(5)
    }),
    ("message", "empty", |frame| frame.message.clear()),
    ("length", "huge", |frame| frame.announced = Some(i32::MAX)),
    ("length", "negative", |frame| frame.announced = Some(-1)),
];

/// An array that becomes null: which, what may be said then, where its length is, of one byte, and
/// how it is emptied. The place is behind a text, or from the beginning.
type Null<A> = (&'static str, Allowed, (&'static str, usize), fn(&mut A));

fn nullify(frame: &mut Frame, (behind, offset): (&str, usize)) {
    let message = &mut frame.message;
    let mut texts = message.windows(behind.len().max(1));
    let found = match behind {
        "" => Some(0),
        _ => texts.position(|bytes| bytes == behind.as_bytes()),
    };
    if let Some(found) = found {
        message[found + behind.len() + offset] = 0;
    }
}

/// The mutations of one answer.
struct Table<A: 'static> {
    api: ApiKey,
    fields: &'static [Row<A>],
    nulls: &'static [Null<A>],
    /// What may be said where the answer as a whole is broken.
    broken: Allowed,
}

/// One run with one mutation.
struct Case<'a> {
    row: String,
    situation: &'a Situation,
    broker: ScriptedBroker,
    allowed: Allowed,
}

impl<A: 'static> Table<A> {
    /// Tries every row in every situation.
    fn try_in(&self, situations: &[Situation]) {
        let mut cases = Vec::new();
        for situation in situations {
            let when = situation.when;
            let mut add = |field: &str, mutation: &str, allowed, set: &dyn Fn(&ScriptedBroker)| {
                let broker = ScriptedBroker::start(situation.model.clone()).expect("a port");
                set(&broker);
                let row = format!("{:?}, {field}: {mutation}", self.api);
                cases.push(Case {
                    row,
                    situation,
                    broker,
                    allowed,
                });
            };
            for (field, mutation, allowed, how) in self.fields.iter().copied() {
                add(field, mutation, allowed, &|broker| {
                    broker.mutate(move |exchange, answer: &mut A| {
                        if when.holds(exchange) {
                            how(answer);
                        }
                    });
                });
            }
            for (field, allowed, place, empty) in self.nulls.iter().copied() {
                add(field, "null", allowed, &|broker| {
                    broker.mutate(move |exchange, answer: &mut A| {
                        if when.holds(exchange) {
                            empty(answer);
                        }
                    });
                    broker.mutate_frame(self.api, move |exchange, frame| {
                        if when.holds(exchange) {
                            nullify(frame, place);
                        }
                    });
                });
            }
            for (field, mutation, how) in FRAMES {
                add(field, mutation, self.broken, &|broker| {
                    broker.mutate_frame(self.api, move |exchange, frame| {
                        if when.holds(exchange) {
                            how(frame);
                        }
                    });
                });
            }
        }
        try_all(cases);
    }
}

/// What was seen of a row in all situations.
#[derive(Default)]
struct Seen {
    mutated: bool,
    crashed: bool,
    limit: bool,
    lies: Vec<String>,
}

fn try_all(cases: Vec<Case<'_>>) {
    let manifests = Manifests::of(MANIFEST);
    let (open, rows) = (
        Mutex::new(cases),
        Mutex::new(BTreeMap::<String, Seen>::new()),
    );
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(case) = open.lock().expect("no panic").pop() else {
                        return;
                    };
                    let (row, limit) = (case.row.clone(), case.allowed == Crash);
                    let (mutated, result) = run(case, &manifests);
                    let mut rows = rows.lock().expect("no panic");
                    let seen = rows.entry(row).or_default();
                    seen.limit = limit;
                    seen.mutated |= mutated;
                    match result {
                        Ok(crashed) => seen.crashed |= crashed,
                        Err(lie) => seen.lies.push(lie),
                    }
                }
            });
        }
    });
    let mut lies = Vec::new();
    for (row, seen) in rows.into_inner().expect("no panic") {
        lies.extend(seen.lies.iter().map(|lie| format!("--- {row}: {lie}")));
        if !seen.mutated {
            lies.push(format!("--- {row}: no answer was mutated"));
        }
        if seen.limit && !seen.crashed {
            lies.push(format!("--- {row}: it is a known limit no more"));
        }
    }
    assert!(lies.is_empty(), "{}", lies.join("\n\n"));
}

/// Whether an answer was mutated, and whether the run ended by a signal as it may.
fn run(case: Case<'_>, manifests: &Manifests) -> (bool, Result<bool, String>) {
    let Situation {
        command,
        model,
        when,
    } = case.situation;
    let reports = tempfile::tempdir().expect("a directory");
    let path = reports.path().join("report.json");
    let mut run = on(&case.broker.address(), command, manifests)
        .args(&["--timeout", "2s", "--report"])
        .arg(format!("json={}", path.display()));
    if *command == "apply" {
        run = run.args(&["--settle-timeout", "1s"]);
    }
    let ended = run.run();
    let report = std::fs::read_to_string(path).unwrap_or_default();
    let record = case.broker.end().expect("a table that can be answered");
    let mutated = record.mutated > 0;
    if case.allowed == Crash && ended.code().is_none() {
        return (mutated, Ok(true));
    }
    let judged = truth::judge(model, &record, &ended, &report, case.allowed);
    let count = model.topics.len();
    let result = judged
        .map(|()| false)
        .map_err(|lie| format!("{command}, {count} topics, {when:?}: {lie}\n{ended}\n{report}"));
    (mutated, result)
}
