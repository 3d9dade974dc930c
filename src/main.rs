//! The `topicctl` binary: hands its arguments to the library and ends with the library's exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything is read that a core file must not hold.
    topicctl::core_dump::forbid();
    topicctl::commands::run(std::env::args_os().collect()).into()
}
