//! Random faults on three nodes, from killed brokers to answers that end early, and signals: topicctl
//! says nothing that is not so. `make soak` runs more of the same rounds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

mod judging;
#[path = "../soak/rounds/mod.rs"]
#[expect(dead_code, reason = "what `make soak` tells of each round")]
mod rounds;

use rounds::plan::{Plan, PlannedTopic, Start};

const ROUNDS: u64 = 20;
/// From here on every kind of round is among so many. `SEED` in the environment is another one.
const SEED: u64 = 0;

#[test]
fn every_kind_of_round_is_among_them() {
    let mut kinds = BTreeSet::new();
    for seed in SEED..SEED + ROUNDS {
        let Plan {
            topics,
            invocations,
            broken,
            strikes,
            ..
        } = Plan::from_seed(seed);
        kinds.extend(invocations.iter().map(|one| one.name().to_owned()));
        let signals = invocations.iter().flat_map(|one| &one.signals);
        kinds.extend(signals.map(|(_, signal)| format!("{signal:?}")));
        kinds.extend(broken.iter().map(|one| kind(&one.fault)));
        kinds.extend(strikes.iter().map(|one| kind(&one.blow)));
        let all_at_once = invocations.iter().all(|one| one.start == Start::AtOnce);
        kinds.extend(all_at_once.then(|| "at once".to_owned()));
        kinds.extend((topics.len() == 300).then(|| "300 topics".to_owned()));
        kinds.extend(
            topics
                .iter()
                .any(PlannedTopic::differs)
                .then(|| "differs".to_owned()),
        );
    }
    assert_eq!(kinds.len(), 21, "{kinds:?}");
}

/// The name of a variant, without what it holds.
fn kind(one: &impl std::fmt::Debug) -> String {
    let text = format!("{one:?}");
    let name = text.split(['(', ' ']).next();
    name.unwrap_or_default().to_owned()
}

#[test]
fn no_faults_make_it_lie() {
    let seed = std::env::var("SEED").ok();
    let seed = seed.map_or(SEED, |seed| seed.parse().expect("a number"));
    let mut bad = String::new();
    let total = rounds::run(seed, ROUNDS, &mut |round| {
        if !round.findings.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(bad, "\n{round}");
        }
    });
    assert!(total.findings.is_empty(), "{bad}\n{total}");
}
