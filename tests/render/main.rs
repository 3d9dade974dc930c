//! `topicctl render` and `topicctl partition`: what is written says what is declared, proved by
//! reading it again, by a shell, and by Kafka's own tools on a real broker.

mod forms;
mod places;
mod reading_back;
mod tools;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program, with nothing in its environment that a test did not put there.
fn topicctl(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_topicctl"));
    command
        .env_clear()
        .current_dir(directory)
        .stdin(Stdio::null());
    command
}

/// Runs it with arguments; gives exit code, stdout and stderr.
fn run(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    ended(
        topicctl(directory)
            .args(arguments)
            .output()
            .expect("it runs"),
    )
}

/// The same with something on standard input.
fn run_with(directory: &Path, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut command = topicctl(directory);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A run that refuses its input does not read it all.
    let _ = stdin.write_all(input);
    drop(stdin);
    ended(child.wait_with_output().expect("it ends"))
}

fn ended(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).expect("a file");
    }
    directory
}
