//! Tells the program which commit it is built from: by git where this is a checkout, else by
//! `TOPICCTL_COMMIT`, as a container or an archive of the sources has no `.git`.
//!
//! Only what the commit says goes into the program, so that the same sources build the same binary.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TOPICCTL_COMMIT");
    let given = env::var("TOPICCTL_COMMIT").ok().filter(|it| !it.is_empty());
    let commit = given.or_else(of_checkout);
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    let target = env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned());
    println!("cargo::rustc-env=BUILT_FROM={commit}");
    println!("cargo::rustc-env=BUILT_FOR={target}");
    println!("cargo::rustc-env=BUILT_BY={}", compiler());
}

fn of_checkout() -> Option<String> {
    // Of a directory inside somebody else's checkout, git would tell theirs.
    if !Path::new(".git").exists() {
        return None;
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    if env::var("PROFILE").as_deref() != Ok("release") {
        // Compiling all again after every commit would cost minutes.
        return Some(format!("{commit} or later, a debug build"));
    }
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name]);
        // A path that is not there would run this again each time.
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    Some(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// `rustc 1.95.0`.
fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().ok();
    let text = output.and_then(|it| String::from_utf8(it.stdout).ok());
    let words = text.iter().flat_map(|text| text.split(' ').take(2));
    words.collect::<Vec<_>>().join(" ")
}
