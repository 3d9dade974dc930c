//! `topicctl render` and `topicctl partition`: what is written says what is declared, proved by
//! reading it again and by a shell. Kafka's own tools read it in the tests with a broker.

mod forms;
mod places;
mod reading_back;

use std::path::Path;

use crate::support::binary::{Ended, topicctl_in};

/// Runs it with arguments; gives exit code, stdout and stderr.
fn run(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    reported(topicctl_in(directory, arguments).run())
}

/// The same with something on standard input.
fn run_with(directory: &Path, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    reported(topicctl_in(directory, arguments).run_with(input))
}

fn reported(ended: Ended) -> (i32, String, String) {
    let code = ended.code().expect("an exit code");
    (code, ended.stdout, ended.stderr)
}
