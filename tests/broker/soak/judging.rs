//! The judge of the rounds: it finds each thing that is not so, and nothing in what is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use super::rounds::judgment::{Kind, of_faults, of_last_apply};
use super::rounds::plan::{Blow, Command, Invocation, Plan, PlannedTopic, Start};
use super::rounds::run::{End, Ended, Seen, Struck, What};
use super::rounds::truth::{Existing, Look, Unserved};

type Topics = BTreeMap<String, Existing>;

/// A round of one apply that created one topic, made to be changed.
struct Round {
    plan: Plan,
    ended: Ended,
    struck: Vec<Struck>,
    before: Topics,
    after: Topics,
}

const NAME: &str = "soak-0-0";

impl Round {
    fn of(command: Command) -> Self {
        let invocation = Invocation::new(command, Start::InTurn);
        let plan = Plan {
            seed: 0,
            topics: vec![PlannedTopic::new(0, 0, 1, 1)],
            invocations: vec![invocation.clone()],
            broken: Vec::new(),
            strikes: Vec::new(),
        };
        let started = Instant::now();
        let at = |seconds| started + Duration::from_secs(seconds);
        let look = Look {
            existing: [NAME.to_owned()].into(),
            unserved: BTreeMap::new(),
        };
        let ended = Ended {
            invocation,
            end: End::Code(0),
            signals: Vec::new(),
            stderr: String::new(),
            text: "1 declared: 1 created and usable; 1 topic ready. 0.05 s".to_owned(),
            report: None,
            stdout: String::new(),
            started,
            ended: at(10),
            asked: Some(at(9)),
            looks: vec![Seen {
                look,
                until: at(11),
            }],
        };
        let round = Self {
            plan,
            ended,
            struck: Vec::new(),
            before: Topics::new(),
            after: [(NAME.to_owned(), topic(1))].into(),
        };
        round.says("created", "")
    }

    fn apply() -> Self {
        Self::of(Command::Apply)
    }

    fn says(mut self, status: &str, error: &str) -> Self {
        let topic = json!({ "name": NAME, "status": status, "error": error });
        self.ended.report = Some(json!({ "topics": [topic], "diagnostics": [] }));
        self
    }

    fn ends(mut self, end: End) -> Self {
        self.ended.end = end;
        self.ended.text.clear();
        self
    }

    fn existed(mut self, topic: Existing) -> Self {
        self.before.insert(NAME.to_owned(), topic);
        self
    }

    fn became(mut self, topic: Option<Existing>) -> Self {
        self.after.clear();
        self.after
            .extend(topic.map(|topic| (NAME.to_owned(), topic)));
        self
    }

    fn unserved(mut self, why: Unserved) -> Self {
        let unserved = [((NAME.to_owned(), 0), why)];
        self.ended.looks[0].look.unserved = unserved.into();
        self
    }

    fn struck(mut self, what: What, second: u64) -> Self {
        let begun = self.ended.started + Duration::from_secs(second);
        self.struck.push(Struck {
            node: 1,
            what,
            begun,
            done: begun,
            since_start: Duration::ZERO,
        });
        self
    }

    /// What is found, with the kind before the words.
    fn found(&self) -> Vec<(Kind, String)> {
        let Self {
            plan,
            ended,
            struck,
            before,
            after,
        } = self;
        let findings = of_faults(plan, std::slice::from_ref(ended), struck, before, after);
        let findings = findings.into_iter();
        findings.map(|one| (one.kind, one.text)).collect()
    }

    #[track_caller]
    fn is_fine(&self) {
        assert_eq!(self.found(), []);
    }

    #[track_caller]
    fn is(&self, kind: Kind, words: &str) {
        let found = self.found();
        let is_found = found
            .iter()
            .any(|(one, text)| *one == kind && text.contains(words));
        assert!(is_found, "no {kind} with {words:?} in {found:?}");
    }
}

fn topic(partitions: i32) -> Existing {
    Existing {
        id: 1,
        replicas: (0..partitions).map(|index| (index, vec![1])).collect(),
        config: BTreeMap::new(),
    }
}

fn refused() -> Unserved {
    Unserved::Refused {
        leader: 1,
        code: "NotLeaderOrFollower".to_owned(),
    }
}

#[test]
fn what_is_so_is_no_finding() {
    Round::apply().is_fine();
    let existed = || Round::apply().existed(topic(1));
    existed().says("matching", "").is_fine();
    let other = Round::apply().existed(topic(2)).became(Some(topic(2)));
    other.says("mismatched", "").ends(End::Code(1)).is_fine();
    let failed = || Round::apply().ends(End::Code(5));
    failed()
        .says("failed", "created, but not usable within 8 s")
        .is_fine();
    failed().says("unknown", "").is_fine();
    failed().became(None).says("failed", "refused").is_fine();
    let mut interrupted = failed().ends(End::Code(130));
    interrupted.ended.signals.push(Signal::INT);
    interrupted.is_fine();
    failed().unserved(refused()).is_fine();
}

#[test]
fn a_topic_that_is_not_what_was_said_of_it_is_a_lie() {
    let lies = |round: Round, words: &str| round.is(Kind::Lie, words);
    lies(Round::apply().became(None), "created, and does not exist");
    lies(
        Round::apply().became(None),
        "ended with 0, and not as declared",
    );
    lies(
        Round::apply().existed(topic(1)),
        "created, and existed before",
    );
    lies(
        Round::apply().became(Some(topic(2))),
        "matching, and differs",
    );
    let other = || Round::apply().existed(topic(2)).became(Some(topic(2)));
    lies(other().says("matching", ""), "matching, and differs");
    let existed = || Round::apply().existed(topic(1)).ends(End::Code(1));
    lies(existed().says("missing", ""), "missing, and existed before");
    lies(
        existed().says("mismatched", ""),
        "mismatched, and is as declared",
    );
    lies(
        Round::of(Command::Verify).became(None).says("matching", ""),
        "matching, and does not",
    );
    lies(
        Round::of(Command::DryRun).says("missing", ""),
        "apply --dry-run created",
    );
}

#[test]
fn a_topic_that_was_created_and_is_denied_is_a_lie() {
    let failed = || Round::apply().ends(End::Code(5));
    failed()
        .says("failed", "_UNDERFLOW: no answer")
        .is(Kind::Lie, "every run says: _UNDERFLOW");
    failed()
        .says("missing", "")
        .is(Kind::Lie, "every run says: missing");
    let mut denied = failed().says("unknown", "");
    let diagnostic = json!({ "message": "no answer; nothing was created" });
    denied.ended.report.as_mut().expect("a report")["diagnostics"] = json!([diagnostic]);
    denied.is(Kind::Lie, "nothing was created");
}

#[test]
fn a_topic_that_nobody_can_use_is_not_ready() {
    let round = Round::apply().unserved(refused());
    round.is(Kind::Lie, "apply ended with 0, and nobody can use");
    round.is(Kind::EarlyReady, "said to be ready");
    let mut failed = Round::apply().unserved(Unserved::NoLeader);
    failed.ended.end = End::Code(5);
    failed.is(Kind::EarlyReady, "said to be ready");
    // It asked after that.
    let killed = || Round::apply().unserved(Unserved::Silent(1));
    killed()
        .struck(What::Blow(Blow::Kill), 8)
        .is(Kind::Lie, "does not answer");
    // It had asked before.
    killed().struck(What::Blow(Blow::Kill), 10).is_fine();
    // It still serves what it led until it knows better.
    let back = Round::apply().unserved(refused());
    back.struck(What::Lift, 5).is_fine();
}

#[test]
fn what_existed_stays_as_it_was() {
    let gone = Round::apply().existed(topic(1)).became(None);
    gone.is(Kind::Alteration, "gone");
    let mut altered = topic(1);
    altered
        .config
        .insert("retention.ms".to_owned(), "1".to_owned());
    let round = Round::apply().existed(topic(1)).became(Some(altered));
    round.is(Kind::Alteration, "retention.ms");
    let made_again = Existing { id: 2, ..topic(1) };
    let round = Round::apply().existed(topic(1)).became(Some(made_again));
    round.is(Kind::Alteration, "id: 2");
}

#[test]
fn an_end_that_the_contract_does_not_have_is_found() {
    let ends = |end| Round::apply().ends(end);
    ends(End::TooLong).is(Kind::Hang, "killed");
    ends(End::BySignal(11)).is(Kind::Crash, "by signal 11");
    ends(End::Code(101)).is(Kind::Crash, "exit code 101");
    ends(End::Code(2)).is(Kind::Crash, "exit code 2");
    ends(End::Code(130)).is(Kind::Crash, "exit code 130");
    ends(End::Code(4)).is(Kind::Lie, "not authorized");
    let plan = Round::of(Command::Plan).ends(End::Code(5));
    plan.is(Kind::Crash, "exit code 5 is apply's");
    let mut silent = Round::apply();
    silent.ended.report = None;
    silent.is(Kind::Crash, "no JSON report");
    let mut panicked = Round::apply();
    panicked.ended.stderr = "thread 'main' panicked at".to_owned();
    panicked.is(Kind::Crash, "a panic");

    let Round {
        plan,
        ended,
        before,
        after,
        ..
    } = Round::apply().ends(End::Code(3));
    let findings = of_last_apply(&plan, &[ended], &[], &before, &after);
    let not_completed = |kind| kind == Kind::NotCompleted;
    assert!(
        findings.iter().any(|one| not_completed(one.kind)),
        "{findings:?}"
    );
}
