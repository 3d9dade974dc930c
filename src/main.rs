//! The `topicctl` binary: hands its arguments to the library and ends with the library's exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    topicctl::commands::run(std::env::args_os().collect()).into()
}
