//! Rounds of faults. Each is four things: a [`plan`] made from a seed, the [`run`] of it, the
//! [`truth`] as the brokers tell it, and the [`judgment`] on what topicctl said.
//!
//! Only `plan` knows chance, only `run` knows processes, only `truth` asks brokers, and `judgment` is
//! a pure function of the other three.

use std::collections::BTreeMap;
use std::fmt;

mod cluster;
pub(crate) mod judgment;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod truth;

use cluster::Cluster;
use judgment::{Finding, Kind};
use plan::{Invocation, Plan};
use run::{Ended, Struck};

/// A cluster gets slower with every topic, and rounds leave theirs behind.
const ROUNDS_PER_CLUSTER: u64 = 20;

/// All that is known of a round that is over.
pub(crate) struct Round {
    pub(crate) plan: Plan,
    struck: Vec<Struck>,
    /// The runs of the plan, and one more when all faults were over.
    ended: Vec<Ended>,
    pub(crate) findings: Vec<Finding>,
    unjudged: usize,
}

/// What many rounds came to.
#[derive(Default)]
pub(crate) struct Total {
    rounds: u64,
    strikes: usize,
    unjudged: usize,
    /// How many runs of each command ended with each code.
    codes: BTreeMap<(&'static str, String), usize>,
    /// Found things, by kind, with the seeds of their rounds.
    pub(crate) findings: BTreeMap<Kind, Vec<u64>>,
}

/// Runs `count` rounds, the first with this seed, and tells of each.
pub(crate) fn run(seed: u64, count: u64, tell: &mut dyn FnMut(&Round)) -> Total {
    let mut total = Total::default();
    let mut cluster = None;
    for number in 0..count {
        if number % ROUNDS_PER_CLUSTER == 0 {
            // The old one first: its memory is needed.
            drop(cluster.take());
        }
        let cluster = cluster.get_or_insert_with(Cluster::start);
        let round = one(seed.wrapping_add(number), cluster);
        tell(&round);
        total.add(&round);
    }
    total
}

fn one(seed: u64, cluster: &mut Cluster) -> Round {
    let plan = Plan::from_seed(seed);
    cluster.prepare(&plan);
    let before = truth::topics(&cluster.nodes.brokers());
    let (mut ended, struck) = run::run(&plan, cluster);
    cluster.heal();
    let after = truth::topics(&cluster.nodes.brokers());
    let (again, fallen) = run::run(&plan.again(), cluster);
    let last = truth::topics(&cluster.nodes.brokers());
    let mut findings = judgment::of_faults(&plan, &ended, &struck, &before, &after);
    findings.extend(judgment::of_last_apply(
        &plan, &again, &fallen, &before, &last,
    ));
    let unjudged = judgment::unjudged(&plan, &ended, &struck);
    ended.extend(again);
    Round {
        plan,
        struck,
        ended,
        findings,
        unjudged,
    }
}

impl Round {
    /// How its runs ended, on one line.
    pub(crate) fn brief(&self) -> String {
        let runs = self.ended.iter();
        let runs: Vec<_> = runs
            .map(|one| format!("{} {}", one.invocation.name(), one.code()))
            .collect();
        format!("{} strikes; {}", self.struck.len(), runs.join(", "))
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.findings.is_empty() {
            "fine"
        } else {
            "BAD"
        };
        writeln!(f, "{verdict}: SEED={} ROUNDS=1", self.plan.seed)?;
        write!(f, "{}", self.plan)?;
        for one in &self.struck {
            writeln!(f, "  struck: {one}")?;
        }
        for one in &self.ended {
            write!(f, "{one}")?;
        }
        for one in &self.findings {
            writeln!(f, "  {one}")?;
        }
        Ok(())
    }
}

impl Total {
    fn add(&mut self, round: &Round) {
        self.rounds += 1;
        self.strikes += round.plan.fault_count() + round.struck.len();
        self.unjudged += round.unjudged;
        for one in &round.ended {
            let key = (Invocation::name(&one.invocation), one.code());
            *self.codes.entry(key).or_default() += 1;
        }
        for one in &round.findings {
            let seeds = self.findings.entry(one.kind).or_default();
            seeds.push(round.plan.seed);
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rounds,
            strikes,
            unjudged,
            ..
        } = self;
        writeln!(f, "{rounds} rounds, {strikes} faults")?;
        writeln!(
            f,
            "  {unjudged:5}  ends of apply with 0 that no look could judge"
        )?;
        for ((name, code), count) in &self.codes {
            writeln!(f, "  {count:5}  {name} ended with {code}")?;
        }
        for kind in Kind::ALL {
            let mut seeds = self.findings.get(&kind).cloned().unwrap_or_default();
            writeln!(f, "  {:5}  {kind}", seeds.len())?;
            seeds.dedup();
            if !seeds.is_empty() {
                writeln!(f, "         seeds {seeds:?}")?;
            }
        }
        Ok(())
    }
}
