//! Whether what topicctl said is true. Pure: the plan, what was seen of the runs, and the topics
//! before and after them.
//!
//! A run is blamed for what it could know. Topics of which a node was struck after leaders had been
//! asked last are not judged, and what two runs made at the same time belongs to either.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use local_kafka::wire_client::NewTopic;
use rustix::process::Signal;

use super::plan::{Command, Plan, PlannedTopic};
use super::run::{End, Ended, Struck, What};
use super::truth::{Existing, Unserved};

type Topics = BTreeMap<String, Existing>;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    /// It said something that was not so.
    Lie,
    /// It said that topics are ready or usable, and they were not.
    EarlyReady,
    /// Something that existed before is different, or gone.
    Alteration,
    /// It took longer than its time limits allow.
    Hang,
    /// It ended in a way that the contract does not have.
    Crash,
    /// The apply after all faults did not succeed.
    NotCompleted,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Lie,
        Self::EarlyReady,
        Self::Alteration,
        Self::Hang,
        Self::Crash,
        Self::NotCompleted,
    ];
}

#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// Findings of one kind that differ in the topic only are one, which counts them.
#[derive(Default)]
struct Findings(BTreeMap<(Kind, String), Vec<String>>);

impl Findings {
    fn add(&mut self, kind: Kind, what: impl Into<String>, which: impl Into<String>) {
        let all = self.0.entry((kind, what.into())).or_default();
        all.push(which.into());
    }

    fn into_list(self) -> Vec<Finding> {
        let all = self.0.into_iter();
        all.map(|((kind, what), which)| {
            let others = match which.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            let text = format!("{what}: {}{others}", which[0]);
            Finding { kind, text }
        })
        .collect()
    }
}

/// On the runs under faults.
pub(crate) fn of_faults(
    plan: &Plan,
    ended: &[Ended],
    struck: &[Struck],
    before: &Topics,
    after: &Topics,
) -> Vec<Finding> {
    let round = Judged {
        plan,
        ended,
        struck,
        before,
        after,
    };
    let mut findings = Findings::default();
    alterations(before, after, &mut findings);
    for one in ended {
        let is_early = ended
            .iter()
            .any(|other| one.ended_before_it_listened(other));
        ending(one, is_early, &mut findings);
        round.statuses(one, &mut findings);
        round.success(one, &mut findings);
        round.usable(one, &mut findings);
        round.only_looked(one, &mut findings);
    }
    round.denials(&mut findings);
    findings.into_list()
}

/// How many successful applies could not be judged, see [`Judged::could_not_know`].
pub(crate) fn unjudged(plan: &Plan, ended: &[Ended], struck: &[Struck]) -> usize {
    let nothing = Topics::new();
    let round = Judged {
        plan,
        ended,
        struck,
        before: &nothing,
        after: &nothing,
    };
    let succeeded = ended.iter().filter(|one| one.succeeded());
    succeeded.filter(|one| round.could_not_know(one)).count()
}

/// On the apply after all faults.
pub(crate) fn of_last_apply(
    plan: &Plan,
    ended: &[Ended],
    struck: &[Struck],
    before: &Topics,
    last: &Topics,
) -> Vec<Finding> {
    let mut findings = of_faults(plan, ended, struck, before, last);
    let expected = i32::from(plan.topics.iter().any(PlannedTopic::differs));
    for one in ended.iter().filter(|one| one.end != End::Code(expected)) {
        let text = format!("an apply after all faults ended with {}", one.code());
        let kind = Kind::NotCompleted;
        findings.push(Finding { kind, text });
    }
    findings
}

fn alterations(before: &Topics, after: &Topics, findings: &mut Findings) {
    for (name, topic) in before {
        match after.get(name) {
            None => findings.add(Kind::Alteration, "gone", name),
            Some(now) if now != topic => {
                let what = format!("was {topic:?}, is {now:?}");
                findings.add(Kind::Alteration, what, name);
            }
            Some(_) => {}
        }
    }
}

/// How the process ended. One that got its signal too early had no time to listen for it.
fn ending(one: &Ended, is_early: bool, findings: &mut Findings) {
    let name = one.invocation.name();
    let interrupted = |code| match code {
        130 => one.signals.contains(&Signal::INT),
        143 => one.signals.contains(&Signal::TERM),
        _ => false,
    };
    match one.end {
        End::TooLong => findings.add(Kind::Hang, "it had to be killed", name),
        End::BySignal(_) if is_early => {}
        End::BySignal(signal) => findings.add(Kind::Crash, format!("by signal {signal}"), name),
        // Nobody has to authenticate here.
        End::Code(4) => findings.add(
            Kind::Lie,
            "not authorized, on a cluster without rights",
            name,
        ),
        End::Code(5) if !one.invocation.creates() && one.invocation.command != Command::DryRun => {
            findings.add(Kind::Crash, "exit code 5 is apply's", name);
        }
        End::Code(0 | 1 | 3 | 5) => {}
        End::Code(code) if interrupted(code) => {}
        End::Code(code) => findings.add(Kind::Crash, format!("exit code {code}"), name),
    }
    if matches!(one.end, End::Code(_)) && one.report.is_none() {
        findings.add(Kind::Crash, "no JSON report", name);
    }
    if one.stderr.contains("panicked") {
        findings.add(Kind::Crash, "a panic", name);
    }
}

struct Judged<'a> {
    plan: &'a Plan,
    ended: &'a [Ended],
    struck: &'a [Struck],
    before: &'a Topics,
    after: &'a Topics,
}

impl Judged<'_> {
    /// What it says became of each topic.
    fn statuses(&self, one: &Ended, findings: &mut Findings) {
        for topic in &self.plan.topics {
            let name = &topic.declared.name;
            let (before, after) = (self.before.get(name), self.after.get(name));
            let as_declared = after.is_some_and(|after| is_as(&topic.declared, after));
            let (status, _) = one.said_of(name);
            let lie = match status {
                "created" if after.is_none() => "created, and does not exist",
                "created" if before.is_some() => "created, and existed before",
                "created" | "matching" if after.is_some() && !as_declared => {
                    "created or matching, and differs"
                }
                "matching" if after.is_none() => "matching, and does not exist",
                "missing" if before.is_some() => "missing, and existed before",
                "mismatched" if as_declared => "mismatched, and is as declared",
                "mismatched" if after.is_none() => "mismatched, and does not exist",
                _ => continue,
            };
            findings.add(Kind::Lie, format!("{}: {lie}", one.invocation.name()), name);
        }
    }

    /// Exit code 0 of commands that end so only when everything is as declared.
    fn success(&self, one: &Ended, findings: &mut Findings) {
        let promises = one.invocation.creates() || one.invocation.command == Command::Verify;
        if one.end != End::Code(0) || !promises {
            return;
        }
        for topic in &self.plan.topics {
            let name = &topic.declared.name;
            let after = self.after.get(name);
            if !after.is_some_and(|after| is_as(&topic.declared, after)) {
                let what = format!(
                    "{} ended with 0, and not as declared",
                    one.invocation.name()
                );
                findings.add(Kind::Lie, what, name);
            }
        }
    }

    /// Exit code 0 of apply, and the words `ready` and `usable`.
    fn usable(&self, one: &Ended, findings: &mut Findings) {
        let says_ready = one.text.contains(" ready");
        let says_usable = one.text.contains("created and usable");
        for ((topic, partition), why) in self.unusable(one) {
            let which = format!("{topic}-{partition} {why}");
            let created = one.said_of(&topic).0 == "created";
            if one.succeeded() {
                findings.add(Kind::Lie, "apply ended with 0, and nobody can use", &which);
            }
            if says_ready || (says_usable && created) {
                findings.add(Kind::EarlyReady, "said to be ready", which);
            }
        }
    }

    /// The partitions that nobody could use when the run ended, and that it could know of.
    fn unusable(&self, one: &Ended) -> BTreeMap<(String, i32), Unserved> {
        let Some(first) = one.looks.first() else {
            return BTreeMap::new();
        };
        let last = one.looks.last().unwrap_or(first);
        if self.could_not_know(one) {
            return BTreeMap::new();
        }
        // Without a blow no leader moves, and what a leader says counts at once.
        let undisturbed = !self.struck.iter().any(|struck| struck.begun < last.until);
        let counts = |key: &(String, i32), why: &Unserved| match why {
            Unserved::Refused { leader, .. } if self.is_back(*leader) => false,
            Unserved::Silent(_) => last.look.unserved.contains_key(key),
            _ => undisturbed || last.look.unserved.contains_key(key),
        };
        let unserved = first.look.unserved.iter();
        unserved
            .filter(|(key, why)| counts(key, why))
            .map(|(key, why)| (key.clone(), why.clone()))
            .collect()
    }

    /// Whether a node was struck after the run had asked leaders last, and before they were asked for
    /// the truth. Of two at once nobody knows which of them asked.
    fn could_not_know(&self, one: &Ended) -> bool {
        let Some(last) = one.looks.last() else {
            return false;
        };
        let overlaps = |other: &&Ended| other.started < one.ended && one.started < other.ended;
        let asked = match self.ended.iter().filter(overlaps).count() {
            1 => one.asked.unwrap_or(one.ended),
            _ => one.started,
        };
        let mut blows = self
            .struck
            .iter()
            .filter(|struck| struck.what != What::Lift);
        blows.any(|struck| struck.done > asked && struck.begun < last.until)
    }

    /// Whether a node was let run again: then it serves what it led, until it learns what it missed
    /// and loses some of it for a moment.
    fn is_back(&self, node: i32) -> bool {
        let mut lifts = self
            .struck
            .iter()
            .filter(|struck| struck.what == What::Lift);
        lifts.any(|struck| i64::from(struck.node) == i64::from(node))
    }

    /// A run that creates nothing, and before which nothing was created.
    fn only_looked(&self, one: &Ended, findings: &mut Findings) {
        let creators = self.ended.iter().filter(|other| other.invocation.creates());
        if creators.into_iter().any(|other| other.started < one.ended) {
            return;
        }
        for name in one.looks.iter().flat_map(|seen| &seen.look.existing) {
            if !self.before.contains_key(name) {
                findings.add(
                    Kind::Lie,
                    format!("{} created", one.invocation.name()),
                    name,
                );
            }
        }
    }

    /// Topics that the runs made, and that all of them deny to have made.
    fn denials(&self, findings: &mut Findings) {
        let creators: Vec<_> = self
            .ended
            .iter()
            .filter(|one| one.invocation.creates() && one.report.is_some())
            .collect();
        let new = self
            .after
            .keys()
            .filter(|name| !self.before.contains_key(*name));
        let declared: BTreeSet<_> = self
            .plan
            .topics
            .iter()
            .map(|one| &one.declared.name)
            .collect();
        for name in new.filter(|name| declared.contains(name)) {
            let denials: Vec<_> = creators.iter().filter_map(|one| one.denies(name)).collect();
            if !creators.is_empty() && denials.len() == creators.len() {
                let what = format!("it was created, and every run says: {}", denials[0]);
                findings.add(Kind::Lie, what, name);
            }
        }
    }
}

impl Ended {
    /// Whether it promised that all topics can be used.
    fn succeeded(&self) -> bool {
        self.end == End::Code(0) && self.invocation.command == Command::Apply
    }

    /// The status of a topic in the report, and the error that goes with it.
    fn said_of(&self, name: &str) -> (&str, &str) {
        let topics = self
            .report
            .as_ref()
            .and_then(|report| report["topics"].as_array());
        let mut topics = topics.into_iter().flatten();
        let topic = topics.find(|topic| topic["name"] == name);
        let text = |key: &str| {
            topic
                .and_then(|topic| topic[key].as_str())
                .unwrap_or_default()
        };
        (text("status"), text("error"))
    }

    /// The words by which it says that it did not create a topic.
    fn denies(&self, name: &str) -> Option<String> {
        let report = self.report.as_ref()?;
        let diagnostics = report["diagnostics"].as_array().into_iter().flatten();
        let messages = diagnostics.filter_map(|one| one["message"].as_str());
        for message in messages {
            if message.contains("nothing was created") {
                return Some(message.to_owned());
            }
        }
        match self.said_of(name) {
            ("missing", _) => Some("missing".to_owned()),
            ("failed", error) if !admits(error) => Some(error.replace(name, "…")),
            _ => None,
        }
    }
}

/// Whether an error leaves open, or says, that the topic may exist.
fn admits(error: &str) -> bool {
    let admissions = ["created", "was sent", "appeared", "read back", "gone again"];
    let denials = ["nothing was created", "not created"];
    admissions.iter().any(|words| error.contains(words))
        && !denials.iter().any(|words| error.contains(words))
}

fn is_as(declared: &NewTopic, found: &Existing) -> bool {
    let factor = usize::try_from(declared.replication_factor).unwrap_or_default();
    let config = declared.config.iter();
    found.replicas.len() == usize::try_from(declared.partitions).unwrap_or_default()
        && found
            .replicas
            .values()
            .all(|replicas| replicas.len() == factor)
        && config
            .into_iter()
            .all(|(key, value)| found.config.get(key) == Some(value))
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lie => "lie",
            Self::EarlyReady => "early ready",
            Self::Alteration => "alteration",
            Self::Hang => "hang",
            Self::Crash => "crash",
            Self::NotCompleted => "not completed",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FOUND {}: {}", self.kind, self.text)
    }
}
