//! The loop of apply against a cluster in memory, for what a real broker does not do on demand:
//! several requests, answers that say nothing, signals between two requests.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use proptest::prelude::*;
use rustix::process::{Signal, getpid, kill_process};
use topicctl::apply::{Applied, Options, apply};
use topicctl::cluster::batch::{RECORDS_LIMIT, records};
use topicctl::cluster::{
    Absence, Answer, ClusterError, ClusterErrorKind, CreateTopics, NewTopic, ObserveLeaders,
    ObserveTopics, Refusal, Wanted,
};
use topicctl::context::{Purpose, RunContext};
use topicctl::exit::{self, ExitCode};
use topicctl::interrupt::{self, Interrupts};
use topicctl::manifest::{self, Request};
use topicctl::observed::{
    ClusterIdentity, Observation, Observed, ObservedConfig, ObservedOrigin, ObservedPartition,
    ObservedTopic, Unreadable, Unserved, by_topic,
};
use topicctl::outcome::{Check, RunResult, Status, Stop};
use topicctl::plan::plan;
use topicctl::topic::{DeclaredTopic, Partitions, ReplicationFactor, TopicName};

/// Signals are for the whole process, so those who send them take turns.
static SIGNALS: Mutex<()> = Mutex::new(());

/// What the cluster does with the creation of a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Habit {
    /// Refuses the check.
    Refuses,
    /// Accepts the check and refuses the creation.
    ChangesItsMind,
    /// Makes it, and its answer is lost.
    LosesTheAnswer,
    /// Neither makes it nor answers.
    LosesTheRequest,
    /// Gives no answer to the check.
    IsSilent,
    /// Somebody else makes it before the check.
    AppearsBeforeTheCheck,
    /// The same, with other values.
    AppearsOtherwiseBeforeTheCheck,
    /// Somebody else makes it before the creation.
    AppearsBeforeTheCreation,
    /// Drops its configuration.
    DropsConfig,
}

/// A cluster in memory that records what it is asked.
#[derive(Default)]
struct Fake {
    habits: BTreeMap<&'static str, Habit>,
    topics: RefCell<BTreeMap<TopicName, ObservedTopic>>,
    checked: RefCell<Vec<Vec<NewTopic>>>,
    created: RefCell<Vec<Vec<NewTopic>>>,
    looks: Cell<usize>,
    /// How many brokers there are when it is asked the first time; each time, one more.
    brokers: Cell<usize>,
    /// How often it fails to report its brokers, and how.
    troubled: Cell<usize>,
    trouble: Option<ClusterErrorKind>,
    /// How often leaders do not serve yet.
    not_served: Cell<usize>,
    /// How often leaders were asked, and at which of these times they do not serve.
    asked: Cell<usize>,
    lost: Range<usize>,
    /// Sends itself a signal with each creation, and waits until it has arrived.
    interrupts: Option<Interrupts>,
}

impl Fake {
    fn with(habits: &[(&'static str, Habit)]) -> Self {
        Self {
            habits: habits.iter().copied().collect(),
            ..Self::default()
        }
    }

    fn habit(&self, topic: &NewTopic) -> Option<Habit> {
        self.habits.get(topic.name.as_str()).copied()
    }

    fn make(&self, topic: &NewTopic) {
        let factor = topic.replication_factor.map_or(1, ReplicationFactor::get);
        let replicas: Vec<i32> = (1..=i32::from(factor)).collect();
        let partition = |id| ObservedPartition {
            id,
            leader: Some(1),
            replicas: replicas.clone(),
            in_sync: replicas.clone(),
        };
        let config = topic.config.iter().map(|(key, value)| {
            let otherwise = [Habit::DropsConfig, Habit::AppearsOtherwiseBeforeTheCheck];
            let dropped = self
                .habit(topic)
                .is_some_and(|habit| otherwise.contains(&habit));
            let value = if dropped { "4711" } else { value.as_str() };
            let origin = ObservedOrigin::Topic;
            (
                key.clone(),
                ObservedConfig {
                    value: Some(value.to_owned()),
                    origin,
                },
            )
        });
        let made = ObservedTopic {
            partitions: (0..topic.partitions.map_or(1, Partitions::get))
                .map(partition)
                .collect(),
            config: config.collect(),
        };
        self.topics.borrow_mut().insert(topic.name.clone(), made);
    }

    fn created_names(&self) -> Vec<String> {
        self.created
            .borrow()
            .iter()
            .flatten()
            .map(|topic| topic.name.to_string())
            .collect()
    }
}

fn counts_down(counter: &Cell<usize>) -> bool {
    let left = counter.get();
    counter.set(left.saturating_sub(1));
    left > 0
}

fn refusal() -> Answer {
    Answer::Refused(Refusal {
        unauthorized: false,
        code: "POLICY_VIOLATION".to_owned(),
        message: "no".to_owned(),
    })
}

impl ObserveTopics for Fake {
    async fn identity(&self) -> Result<ClusterIdentity, ClusterError> {
        if counts_down(&self.troubled) {
            let Some(kind) = self.trouble else {
                return std::future::pending().await;
            };
            return Err(ClusterError {
                kind,
                message: "trouble".to_owned(),
                detail: None,
                help: None,
            });
        }
        let brokers = self.brokers.get();
        self.brokers.set(brokers + 1);
        let brokers = (1..=i32::try_from(brokers).expect("few")).collect();
        Ok(ClusterIdentity {
            brokers,
            ..ClusterIdentity::default()
        })
    }

    async fn names(&self) -> Result<Vec<TopicName>, ClusterError> {
        Ok(self.topics.borrow().keys().cloned().collect())
    }

    async fn observe(&self, wanted: &[Wanted], _: Absence) -> Result<Observation, ClusterError> {
        self.looks.set(self.looks.get() + 1);
        let topics = self.topics.borrow();
        let look = |one: &Wanted| {
            let seen = topics.get(&one.name).cloned();
            (
                one.name.clone(),
                seen.map_or(Observed::Absent, Observed::Present),
            )
        };
        Ok(Observation {
            cluster: ClusterIdentity {
                brokers: vec![1, 2, 3],
                ..ClusterIdentity::default()
            },
            topics: wanted.iter().map(look).collect(),
            unserved: BTreeMap::new(),
            lacks_configs: false,
        })
    }
}

impl ObserveLeaders for Fake {
    async fn unserved(
        &self,
        topics: &[(TopicName, Partitions)],
    ) -> Result<Vec<Unserved>, ClusterError> {
        let unserved = |(topic, _): &(TopicName, Partitions)| Unserved {
            topic: topic.clone(),
            partition: 0,
            reason: "NOT_LEADER_OR_FOLLOWER: not yet".to_owned(),
        };
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let asked = self.asked.replace(self.asked.get() + 1);
        let not_yet = counts_down(&self.not_served) || self.lost.contains(&asked);
        Ok(topics.iter().filter(|_| not_yet).map(unserved).collect())
    }

    async fn observe_with_leaders(&self, wanted: &[Wanted]) -> Result<Observation, ClusterError> {
        let observation = self.observe(wanted, Absence::AsReported).await?;
        let led: Vec<_> = observation
            .topics
            .iter()
            .filter_map(|(name, seen)| match seen {
                Observed::Present(topic) => Some((name.clone(), topic.led_partitions()?)),
                _ => None,
            })
            .collect();
        Ok(Observation {
            unserved: by_topic(self.unserved(&led).await?),
            ..observation
        })
    }
}

impl CreateTopics for Fake {
    fn honors_validate_only(&self) -> bool {
        true
    }

    async fn validate(
        &self,
        topics: &[NewTopic],
    ) -> Result<BTreeMap<TopicName, Answer>, ClusterError> {
        self.checked.borrow_mut().push(topics.to_vec());
        let check = |topic: &NewTopic| match self.habit(topic) {
            Some(Habit::Refuses) => refusal(),
            Some(Habit::IsSilent) => Answer::Unclear("REQUEST_TIMED_OUT".to_owned()),
            Some(Habit::AppearsBeforeTheCheck | Habit::AppearsOtherwiseBeforeTheCheck) => {
                self.make(topic);
                Answer::AlreadyExists
            }
            _ => Answer::Accepted,
        };
        Ok(topics
            .iter()
            .map(|topic| (topic.name.clone(), check(topic)))
            .collect())
    }

    async fn create(&self, topics: &[NewTopic]) -> BTreeMap<TopicName, Answer> {
        self.created.borrow_mut().push(topics.to_vec());
        if let Some(interrupts) = &self.interrupts {
            kill_process(getpid(), Signal::INT).expect("a signal to this process");
            interrupts.first().await;
        }
        let create = |topic: &NewTopic| match self.habit(topic) {
            Some(Habit::ChangesItsMind) => refusal(),
            Some(Habit::LosesTheRequest) => Answer::Unclear("_TRANSPORT".to_owned()),
            Some(Habit::LosesTheAnswer) => {
                self.make(topic);
                Answer::Unclear("_TRANSPORT".to_owned())
            }
            Some(Habit::AppearsBeforeTheCreation) => {
                self.make(topic);
                Answer::AlreadyExists
            }
            _ => {
                self.make(topic);
                Answer::Accepted
            }
        };
        topics
            .iter()
            .map(|topic| (topic.name.clone(), create(topic)))
            .collect()
    }
}

fn declared(text: &str) -> Vec<DeclaredTopic> {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(
        directory.path().join("topics.yaml"),
        format!("topics:\n{text}"),
    )
    .expect("a file");
    let request = Request {
        paths: vec![directory.path().to_owned()],
        ..Request::default()
    };
    let manifests = manifest::read(&request);
    assert!(
        !manifests.diagnostics.has_errors(),
        "{:?}",
        manifests.diagnostics
    );
    manifests.topics
}

fn topics(names: &[&str]) -> Vec<DeclaredTopic> {
    let entry = |name: &&str| format!("  - {{ name: {name}, replication_factor: 1 }}\n");
    declared(&names.iter().map(entry).collect::<String>())
}

/// So many topics with a DLQ that they need several requests.
fn several_requests() -> Vec<DeclaredTopic> {
    let entry = |number| {
        format!("  - {{ name: t{number}, partitions: 2000, replication_factor: 1, dlq: true }}\n")
    };
    declared(&(0..12).map(entry).collect::<String>())
}

const OPTIONS: Options = Options {
    dry_run: false,
    brokers: Duration::ZERO,
    wait_brokers: None,
    settle: Some(Duration::from_millis(200)),
};

fn run_with(
    fake: &Fake,
    topics: Vec<DeclaredTopic>,
    options: Options,
    interrupts: impl FnOnce() -> Interrupts,
) -> Applied {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let wanted: Vec<_> = topics.iter().map(Wanted::declared).collect();
        let observation = fake.observe_with_leaders(&wanted).await.expect("a look");
        let interrupts = interrupts();
        apply(
            fake,
            plan(topics, &observation, &[]),
            options,
            &interrupts,
            &|_| (),
        )
        .await
    })
}

/// The same over a plan that saw two brokers.
fn run_two_of_three(
    fake: &Fake,
    topics: Vec<DeclaredTopic>,
    options: Options,
    interrupts: impl FnOnce() -> Interrupts,
) -> Applied {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let absent = topics
            .iter()
            .map(|one| (one.name.clone(), Observed::Absent));
        let observation = Observation {
            cluster: ClusterIdentity {
                brokers: vec![1, 2],
                ..ClusterIdentity::default()
            },
            topics: absent.collect(),
            unserved: BTreeMap::new(),
            lacks_configs: false,
        };
        let plan = plan(topics, &observation, &[]);
        apply(fake, plan, options, &interrupts(), &|_| ()).await
    })
}

fn run(fake: &Fake, topics: Vec<DeclaredTopic>) -> Applied {
    run_with(fake, topics, OPTIONS, Interrupts::none)
}

fn status<'a>(applied: &'a Applied, name: &str) -> &'a Status {
    let mut all = applied.topics.iter();
    &all.find(|outcome| outcome.topic.name.as_str() == name)
        .expect("an outcome")
        .status
}

fn code(applied: &Applied) -> ExitCode {
    let result = RunResult {
        identity: Some(ClusterIdentity::default()),
        topics: applied.topics.clone(),
        wrote: applied.wrote,
        stop: applied.stop.clone(),
        ..RunResult::default()
    };
    exit::from_run(&RunContext::new("apply", Purpose::Apply), &result)
}

#[test]
fn requests_are_within_the_limit_and_families_together() {
    let fake = Fake::default();
    let applied = run(&fake, several_requests());
    assert_eq!(code(&applied), ExitCode::Matching);
    assert!(
        applied
            .topics
            .iter()
            .all(|outcome| outcome.status == Status::Created)
    );
    let created = fake.created.borrow();
    assert_eq!(*created, *fake.checked.borrow());
    assert_eq!(created.len(), 3);
    for batch in &*created {
        assert!(batch.iter().map(records).sum::<u64>() <= RECORDS_LIMIT);
        let names: BTreeSet<&str> = batch.iter().map(|topic| topic.name.as_str()).collect();
        let main = names.iter().filter(|name| !name.ends_with("-dlq"));
        assert!(
            main.clone()
                .all(|name| names.contains(format!("{name}-dlq").as_str()))
        );
        assert_eq!(main.count() * 2, names.len());
    }
}

#[test]
fn a_refusal_in_any_request_creates_nothing() {
    for refused in ["t0", "t5-dlq", "t11-dlq"] {
        for habit in [Habit::Refuses, Habit::IsSilent] {
            let fake = Fake::with(&[(refused, habit)]);
            let applied = run(&fake, several_requests());
            assert_eq!(applied.stop, Some(Stop::Refused), "{refused}");
            assert!(
                !applied.wrote && fake.created_names().is_empty(),
                "{refused}"
            );
            // All requests were checked, so that all refusals are known.
            assert_eq!(fake.checked.borrow().len(), 3, "{refused}");
            let others = |status: &&Status| **status == Status::ToCreate;
            let statuses: Vec<_> = applied
                .topics
                .iter()
                .map(|outcome| &outcome.status)
                .collect();
            assert_eq!(statuses.into_iter().filter(others).count(), 23, "{refused}");
            let expected = if habit == Habit::Refuses {
                ExitCode::Failed
            } else {
                ExitCode::Unreachable
            };
            assert_eq!(code(&applied), expected, "{refused}");
        }
    }
}

#[test]
fn an_unclear_answer_is_read_again() {
    let fake = Fake::with(&[
        ("made", Habit::LosesTheAnswer),
        ("lost", Habit::LosesTheRequest),
    ]);
    let applied = run(&fake, topics(&["made", "lost", "plain"]));
    assert_eq!(*status(&applied, "made"), Status::Created);
    assert_eq!(*status(&applied, "plain"), Status::Created);
    let Status::Unclear(reason) = status(&applied, "lost") else {
        panic!("{applied:?}")
    };
    assert!(
        reason.contains("_TRANSPORT") && reason.contains("not visible yet"),
        "{reason}"
    );
    assert_eq!(code(&applied), ExitCode::Failed);
    // Asked once, whatever came of it.
    assert_eq!(fake.created.borrow().len(), 1);
}

/// They are well when they are asked first, and not when everything is looked at together.
#[test]
fn leaders_that_are_lost_before_the_last_look_are_waited_for() {
    let fake = Fake {
        lost: 1..3,
        ..Fake::default()
    };
    let applied = run(&fake, topics(&["a", "b"]));
    assert_eq!(code(&applied), ExitCode::Matching);
    assert!(fake.asked.get() > 3, "{:?}", fake.asked);

    let fake = Fake {
        lost: 1..usize::MAX,
        ..Fake::default()
    };
    let applied = run(&fake, topics(&["a", "b"]));
    for name in ["a", "b"] {
        let Status::Failed(reason) = status(&applied, name) else {
            panic!("{applied:?}")
        };
        assert!(reason.starts_with("created, but not usable"), "{reason}");
        assert!(
            reason.contains("partition 0 is not served by the leader, broker 1"),
            "{reason}"
        );
    }
    assert_eq!(code(&applied), ExitCode::Failed);
}

#[test]
fn what_exists_is_waited_for_until_it_is_served_whoever_made_it() {
    for (lost, expected) in [
        (0..3, ExitCode::Matching),
        (0..usize::MAX, ExitCode::Failed),
    ] {
        let fake = Fake {
            lost,
            ..Fake::default()
        };
        let declared = topics(&["theirs"]);
        fake.make(&NewTopic {
            name: declared[0].name.clone(),
            partitions: Partitions::new(3),
            replication_factor: ReplicationFactor::new(1),
            config: declared[0]
                .config
                .iter()
                .map(|(key, one)| (key.clone(), one.value.clone()))
                .collect(),
        });
        let applied = run(&fake, declared.clone());
        assert_eq!(code(&applied), expected, "{applied:?}");
        assert!(fake.created.borrow().is_empty() && fake.checked.borrow().is_empty());
        // Who does not want to wait is not made to.
        let options = Options {
            settle: None,
            ..OPTIONS
        };
        let applied = run_with(&fake, declared, options, Interrupts::none);
        assert_eq!(*status(&applied, "theirs"), Status::Matching);
    }
}

#[test]
fn a_refusal_after_the_check_fails_that_topic_only() {
    let fake = Fake::with(&[("fickle", Habit::ChangesItsMind)]);
    let applied = run(&fake, topics(&["fickle", "plain"]));
    assert_eq!(
        *status(&applied, "fickle"),
        Status::Failed("POLICY_VIOLATION: no".to_owned())
    );
    assert_eq!(*status(&applied, "plain"), Status::Created);
    assert_eq!(
        (applied.stop.clone(), code(&applied)),
        (None, ExitCode::Failed)
    );
}

#[test]
fn what_appeared_is_compared_and_not_created() {
    let fake = Fake::with(&[
        ("early", Habit::AppearsBeforeTheCheck),
        ("late", Habit::AppearsBeforeTheCreation),
    ]);
    let applied = run(&fake, topics(&["early", "late"]));
    assert_eq!(*status(&applied, "early"), Status::Matching);
    assert_eq!(*status(&applied, "late"), Status::Matching);
    assert_eq!(fake.created_names(), ["late"]);
    assert_eq!(code(&applied), ExitCode::Matching);
}

#[test]
fn what_the_broker_made_otherwise_is_a_mismatch() {
    let fake = Fake::with(&[("odd", Habit::DropsConfig)]);
    let applied = run(&fake, topics(&["odd", "plain"]));
    assert_eq!(
        *status(&applied, "odd"),
        Status::Mismatched { created: true }
    );
    assert!(!applied.topics[0].mismatches.is_empty());
    assert_eq!(code(&applied), ExitCode::Differences);
}

#[test]
fn brokers_are_waited_for_as_many_as_a_topic_has_replicas() {
    let wanted = || declared("  - { name: replicated, replication_factor: 6 }\n");
    let fake = Fake::default();
    let patient = Options {
        brokers: Duration::from_secs(600),
        ..OPTIONS
    };
    fake.brokers.set(4);
    let applied = run_with(&fake, wanted(), patient, Interrupts::none);
    assert_eq!(*status(&applied, "replicated"), Status::Created);
    // It learned of 4, of 5 and of 6.
    assert_eq!(fake.brokers.get(), 7);
    // Without patience the check has the word.
    let fake = Fake::default();
    run(&fake, wanted());
    assert_eq!((fake.brokers.get(), fake.checked.borrow().len()), (0, 1));
    // Nothing to create, nothing to wait for.
    let fake = Fake::default();
    let external = declared("  - { name: theirs, external: true, replication_factor: 6 }\n");
    let applied = run_with(&fake, external, patient, Interrupts::none);
    assert_eq!(*status(&applied, "theirs"), Status::Missing);
    assert_eq!(fake.brokers.get(), 0);
}

#[test]
fn a_wait_for_brokers_tolerates_what_may_pass() {
    let wanted = || declared("  - { name: replicated, replication_factor: 3 }\n");
    let fake = |trouble, troubled| Fake {
        trouble,
        troubled: Cell::new(troubled),
        brokers: Cell::new(2),
        ..Fake::default()
    };
    let patient = |seconds| Options {
        brokers: Duration::from_secs(seconds),
        ..OPTIONS
    };
    // Three times no answer, and then two brokers, and three.
    for kind in [ClusterErrorKind::Unreachable, ClusterErrorKind::Broker] {
        let fake = fake(Some(kind), 3);
        let applied = run_two_of_three(&fake, wanted(), patient(600), Interrupts::none);
        assert_eq!(*status(&applied, "replicated"), Status::Created);
        assert_eq!((fake.troubled.get(), fake.brokers.get()), (0, 4));
    }
    // What no wait would put right ends it.
    let fake_without_rights = fake(Some(ClusterErrorKind::Authentication), 1);
    let applied = run_two_of_three(
        &fake_without_rights,
        wanted(),
        patient(600),
        Interrupts::none,
    );
    assert_eq!(code(&applied), ExitCode::Unauthorized);
    assert!(fake_without_rights.checked.borrow().is_empty());
    // Without any answer the check has the word when the time is over.
    let silent = fake(None, 1);
    let applied = run_two_of_three(&silent, wanted(), patient(1), Interrupts::none);
    assert_eq!(*status(&applied, "replicated"), Status::Created);
    assert_eq!(silent.brokers.get(), 2);
}

#[test]
fn a_signal_ends_the_wait_for_a_silent_broker() {
    let _turn = SIGNALS.lock().unwrap_or_else(PoisonError::into_inner);
    let interrupts = || {
        let interrupts = Interrupts::listen().expect("signals");
        kill_process(getpid(), Signal::INT).expect("a signal to this process");
        interrupts
    };
    let silent = Fake {
        troubled: Cell::new(1),
        ..Fake::default()
    };
    let patient = Options {
        brokers: Duration::from_secs(600),
        ..OPTIONS
    };
    let wanted = declared("  - { name: replicated, replication_factor: 3 }\n");
    let applied = run_two_of_three(&silent, wanted, patient, interrupts);
    assert_eq!(code(&applied), ExitCode::Interrupted);
    assert!(silent.checked.borrow().is_empty());
}

/// Where nothing will be created, what appeared since the plan is read all the same.
#[test]
fn what_appeared_is_compared_by_a_dry_run_and_beside_a_refusal() {
    let dry = Options {
        dry_run: true,
        ..OPTIONS
    };
    let early = ("early", Habit::AppearsBeforeTheCheck);
    let odd = ("odd", Habit::AppearsOtherwiseBeforeTheCheck);
    let fake = Fake::with(&[early, odd]);
    let applied = run_with(
        &fake,
        topics(&["early", "odd", "new"]),
        dry,
        Interrupts::none,
    );
    assert_eq!(*status(&applied, "early"), Status::Matching);
    assert!(matches!(
        status(&applied, "odd"),
        Status::Mismatched { created: false }
    ));
    assert_eq!(*status(&applied, "new"), Status::ToCreate);
    assert_eq!(code(&applied), ExitCode::Differences);
    let fake = Fake::with(&[early, ("refused", Habit::Refuses)]);
    let applied = run(&fake, topics(&["early", "refused", "new"]));
    assert_eq!(*status(&applied, "early"), Status::Matching);
    assert_eq!(*status(&applied, "new"), Status::ToCreate);
    assert_eq!(applied.stop, Some(Stop::Refused));
    assert!(fake.created_names().is_empty());
}

#[test]
fn settling_asks_until_topics_are_visible_and_served() {
    let fake = Fake::default();
    fake.not_served.set(3);
    let declared = topics(&["slow"]);
    let applied = run(&fake, declared);
    assert_eq!(*status(&applied, "slow"), Status::Created);
    assert_eq!(fake.not_served.get(), 0);
    // The plan's look, four while settling, one to compare.
    assert_eq!(fake.looks.get(), 6);
}

#[test]
fn what_is_not_usable_in_time_has_failed() {
    let fake = Fake::default();
    fake.not_served.set(usize::MAX);
    let applied = run(&fake, topics(&["never"]));
    let Status::Failed(reason) = status(&applied, "never") else {
        panic!("{applied:?}")
    };
    assert!(
        reason.contains("created, but not usable within"),
        "{reason}"
    );
    assert!(reason.contains("NOT_LEADER_OR_FOLLOWER"), "{reason}");
    assert_eq!(code(&applied), ExitCode::Failed);
    // Unless nobody wants to wait.
    let fake = Fake::default();
    fake.not_served.set(usize::MAX);
    let options = Options {
        settle: None,
        ..OPTIONS
    };
    let applied = run_with(&fake, topics(&["never"]), options, Interrupts::none);
    assert_eq!(*status(&applied, "never"), Status::Created);
}

/// A missing right does not hide others: those are in the answer to the check.
#[test]
fn an_unknown_existence_stops_before_anything_is_created() {
    for (unauthorized, checked) in [(true, &["plain"][..]), (false, &[])] {
        let fake = Fake::default();
        let applied = with_unknown(&fake, unauthorized);
        assert_eq!(applied.stop, Some(Stop::UnknownExistence));
        let asked = fake.checked.borrow().concat();
        let asked: Vec<_> = asked.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(asked, checked);
        assert!(fake.created.borrow().is_empty());
        let expected = match unauthorized {
            true => ExitCode::Unauthorized,
            false => ExitCode::Unreachable,
        };
        assert_eq!(code(&applied), expected);
    }
}

fn with_unknown(fake: &Fake, unauthorized: bool) -> Applied {
    let topics = topics(&["hidden", "plain"]);
    let mut observation = Observation::default();
    for topic in &topics {
        let unknown = Unreadable {
            exists: false,
            unauthorized,
            reason: "no answer".to_owned(),
        };
        let seen = match topic.name.as_str() {
            "hidden" => Observed::Unknown(unknown),
            _ => Observed::Absent,
        };
        observation.topics.insert(topic.name.clone(), seen);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let plan = plan(topics, &observation, &[]);
    let none = Interrupts::none();
    runtime
        .expect("a runtime")
        .block_on(apply(fake, plan, OPTIONS, &none, &|_| ()))
}

#[test]
fn a_signal_sends_no_new_request_and_settles_what_was_sent() {
    let _turn = SIGNALS.lock().unwrap_or_else(PoisonError::into_inner);
    // Listening takes a runtime, and the cluster listens on its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let applied = runtime.expect("a runtime").block_on(async {
        let interrupts = Interrupts::listen().expect("signals");
        let fake = Fake {
            interrupts: Some(interrupts.clone()),
            ..Fake::default()
        };
        let topics = several_requests();
        let observation = Observation {
            topics: topics
                .iter()
                .map(|one| (one.name.clone(), Observed::Absent))
                .collect(),
            ..Observation::default()
        };
        let applied = apply(
            &fake,
            plan(topics, &observation, &[]),
            OPTIONS,
            &interrupts,
            &|_| (),
        )
        .await;
        let sent: BTreeSet<String> = fake.created_names().into_iter().collect();
        assert_eq!(fake.created.borrow().len(), 1);
        for outcome in &applied.topics {
            let expected = match sent.contains(outcome.topic.name.as_str()) {
                true => Status::Created,
                false => Status::ToCreate,
            };
            assert_eq!(outcome.status, expected, "{}", outcome.topic.name);
        }
        applied
    });
    assert_eq!(
        applied.stop,
        Some(Stop::Interrupted(interrupt::Signal::Interrupt))
    );
    assert_eq!(code(&applied), ExitCode::Interrupted);
}

/// The exit codes of a run that stopped, by kind and by whether something was written.
#[test]
fn an_error_of_the_cluster_has_its_exit_code() {
    for (kind, expected) in [
        (ClusterErrorKind::Configuration, ExitCode::Invalid),
        (ClusterErrorKind::Unreachable, ExitCode::Unreachable),
        (ClusterErrorKind::Authentication, ExitCode::Unauthorized),
        (ClusterErrorKind::Authorization, ExitCode::Unauthorized),
        (ClusterErrorKind::Broker, ExitCode::Failed),
    ] {
        let error = ClusterError {
            kind,
            message: String::new(),
            detail: None,
            help: None,
        };
        let applied = Applied {
            topics: vec![],
            wrote: false,
            check: Check::default(),
            stop: Some(Stop::Cluster(error)),
        };
        assert_eq!(code(&applied), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever the cluster does: nothing is created after a refusal of the check, no topic is
    /// asked for twice, `Created` means that it is there, and exit code 0 that all are.
    #[test]
    fn outcomes_are_what_is_on_the_cluster(
        habits in prop::collection::vec(
            prop::option::weighted(0.4, prop::sample::select(vec![
                Habit::Refuses,
                Habit::ChangesItsMind,
                Habit::LosesTheAnswer,
                Habit::LosesTheRequest,
                Habit::IsSilent,
                Habit::AppearsBeforeTheCheck,
                Habit::AppearsBeforeTheCreation,
                Habit::DropsConfig,
            ])),
            6,
        ),
        not_served in 0..4_usize,
    ) {
        const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
        let habits: Vec<_> =
            NAMES.into_iter().zip(habits).filter_map(|(name, habit)| Some((name, habit?))).collect();
        let fake = Fake::with(&habits);
        fake.not_served.set(not_served);
        let options = Options { settle: Some(Duration::from_millis(60)), ..OPTIONS };
        let applied = run_with(&fake, topics(&NAMES), options, Interrupts::none);
        let names = fake.created_names();
        let distinct: BTreeSet<_> = names.iter().collect();
        prop_assert_eq!(names.len(), distinct.len());
        let stops = |habit| matches!(habit, Habit::Refuses | Habit::IsSilent);
        if habits.iter().any(|(_, habit)| stops(*habit)) {
            prop_assert!(names.is_empty() && !applied.wrote);
        }
        let there = fake.topics.borrow();
        for outcome in &applied.topics {
            let is_there = there.contains_key(&outcome.topic.name);
            match &outcome.status {
                Status::Created | Status::Matching | Status::Mismatched { .. } => {
                    prop_assert!(is_there, "{:?}", outcome);
                }
                Status::Refused(_) | Status::Unclear(_) => prop_assert!(!is_there, "{:?}", outcome),
                _ => {}
            }
        }
        if code(&applied) == ExitCode::Matching {
            prop_assert_eq!(there.len(), NAMES.len());
            let good = |status: &Status| matches!(status, Status::Created | Status::Matching);
            prop_assert!(applied.topics.iter().all(|outcome| good(&outcome.status)));
        }
    }
}
