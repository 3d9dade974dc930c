//! Every directory `tests/cases/NAME/` is a test of the whole binary, named after it:
//!
//! - `args`: the arguments, quoted as in a shell, on any number of lines;
//! - `env`: `NAME=VALUE` lines; nothing else of the environment but `PATH` reaches the binary;
//! - `stdin`: what it reads there, nothing without the file;
//! - `in/`: the directory that it runs in, as a copy; an empty one without it;
//! - `stdout`, `stderr` and `exit`: what it must answer, to the letter. A stream without its file
//!   must be empty.
//!
//! `SNAPSHOTS=overwrite cargo test --test cases` writes the expectations; read them as prose
//! before they are kept. Elapsed times are `[ELAPSED]`, ages `[AGE]`. What git or a checkout could spoil (links,
//! pipes, files without rights) is in `tests/cli.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::thread;

use libtest_mimic::{Arguments, Failed, Trial};
use regex::Regex;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data, Redactions};
use topicctl::diagnostic::Code;
use walkdir::WalkDir;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = cases();
    let mut trials: Vec<_> = cases
        .iter()
        .cloned()
        .map(|case| Trial::test(name(&case), move || run(&case)))
        .collect();
    trials.push(Trial::test(
        "every_code_of_manifests_has_a_case",
        move || every_code_has_a_case(&cases),
    ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(&root)
        .expect("tests/cases can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

fn name(case: &Path) -> String {
    case.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Runs one case and compares all that it answers, so that one failure shows everything.
fn run(case: &Path) -> Result<(), Failed> {
    let output = answer(case).map_err(|error| format!("cannot run the case: {error}"))?;
    let exit = output
        .status
        .code()
        .map_or("killed".to_owned(), |code| code.to_string());
    let mut redactions = Redactions::new();
    redactions
        .insert(
            "[ELAPSED]",
            Regex::new(r"\b\d+\.\d\d s\b").expect("a regular expression"),
        )
        .map_err(|error| error.to_string())?;
    redactions
        .insert(
            "[AGE]",
            Regex::new(r"\b\d+ days old\b").expect("a regular expression"),
        )
        .map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).map_err(|_| "the output is not UTF-8".to_owned())?;
        Ok::<_, String>(redactions.redact(&text))
    };
    let mut failures = String::new();
    for (file, actual) in [
        ("stdout", text(output.stdout)?),
        ("stderr", text(output.stderr)?),
        ("exit", format!("{exit}\n")),
    ] {
        let path = case.join(file);
        if actual.is_empty() && !path.exists() {
            continue;
        }
        // Raw: a line `...` in the output is one, and no wildcard.
        let expected = Data::read_from(&path, Some(DataFormat::Text)).raw();
        let compared = Assert::new()
            .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
            .try_eq(Some(&file), Data::text(actual), expected);
        if let Err(difference) = compared {
            failures.push_str(&difference.to_string());
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.into())
    }
}

fn answer(case: &Path) -> io::Result<Output> {
    let directory = tempfile::tempdir()?;
    let input = case.join("in");
    if input.is_dir() {
        copy(&input, directory.path())?;
    }
    let text = fs::read_to_string(case.join("args"))?;
    let args = shlex::split(&text).ok_or_else(|| io::Error::other("`args` has an open quote"))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_topicctl"));
    command
        .args(args)
        .current_dir(directory.path())
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for line in optional(&case.join("env"))?.lines() {
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| io::Error::other(format!("`env` has a line without `=`: {line}")))?;
        command.env(name, value);
    }
    let mut child = command.spawn()?;
    let stdin = optional(&case.join("stdin"))?;
    let writer = child.stdin.take().map(|mut pipe| {
        thread::spawn(move || match pipe.write_all(stdin.as_bytes()) {
            // It may end without having read.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        })
    });
    let output = child.wait_with_output()?;
    if let Some(writer) = writer {
        writer
            .join()
            .map_err(|_| io::Error::other("the writer of stdin panicked"))??;
    }
    Ok(output)
}

fn optional(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in WalkDir::new(from).min_depth(1) {
        let entry = entry?;
        let beneath = entry.path().strip_prefix(from).map_err(io::Error::other)?;
        let target = to.join(beneath);
        if entry.file_type().is_dir() {
            fs::create_dir(&target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// What a manifest's author can be told must have been read once by somebody.
fn every_code_has_a_case(cases: &[PathBuf]) -> Result<(), Failed> {
    let mut shown = BTreeSet::new();
    for case in cases {
        let stderr = optional(&case.join("stderr"))?;
        let of_line = |line: &str| Some(line.split_once('[')?.1.split_once("]:")?.0.to_owned());
        shown.extend(stderr.lines().filter_map(of_line));
    }
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| code.is_of_manifests() && !shown.contains(code.as_str()))
        .map(|code| code.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("no case shows {}", missing.join(", ")).into())
}
