//! `make soak`: many rounds of random faults, of which none may make topicctl lie.
//!
//! `ROUNDS` says how many, `SEED` the seed of the first; each next round has the next seed, so that
//! `SEED=… ROUNDS=1` repeats one. Tells each bad round when it is over, and ends with 1 if there
//! was any.

#![expect(clippy::print_stdout, reason = "a program for people")]

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

mod rounds;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "what other tests need of it")]
mod support;

fn main() -> ExitCode {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    let seed = number("SEED").unwrap_or(now);
    let count = number("ROUNDS").unwrap_or(300);
    println!("{count} rounds from seed {seed}");
    let total = rounds::run(seed, count, &mut |round| {
        if round.findings.is_empty() {
            println!("seed {}: fine; {}", round.plan.seed, round.brief());
        }
        if !round.findings.is_empty() || count == 1 {
            println!("\n{round}");
        }
    });
    println!("\n{total}");
    match total.findings.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
    )
}
