//! What topicctl prints against real brokers, whole and as prose: each directory
//! `tests/output/scenes/NAME/` is a test.
//!
//! - `in/`: the directory that the commands run in, as a copy;
//! - `session`: what a person would type, one command a line, and `session.txt`: the same with all
//!   that is answered. See [`session`] for what a line may be.
//!
//! `SNAPSHOTS=overwrite cargo test --test output` writes the answers; read them as prose before
//! they are kept. Ports, cluster ids and elapsed times are replaced by ones of the same width; all
//! else is to the letter, escape sequences of colours included. The pictures of the README are
//! pieces of these files, and [`documents`] compares them.

mod clusters;
mod documents;
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<_> = scenes()
        .into_iter()
        .map(|scene| Trial::test(name(&scene), move || play(&scene)))
        .collect();
    trials.push(Trial::test(
        "output_is_the_same_in_any_order_of_files",
        in_any_order,
    ));
    trials.extend(documents::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    clusters::stop();
    conclusion.exit_code()
}

fn scenes() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output/scenes");
    let mut scenes: Vec<_> = fs::read_dir(&root)
        .expect("the scenes can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.is_dir())
        .collect();
    scenes.sort();
    scenes
}

fn name(scene: &Path) -> String {
    let name = scene.file_name().unwrap_or_default();
    name.to_string_lossy().replace('-', "_")
}

/// The commands of this scene name the same files in other orders, and are answered the same.
fn in_any_order() -> Result<(), Failed> {
    let scene = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output/scenes/order-of-files");
    let told = session::told(&scene)?;
    let answers = told.split("$ ").skip(1);
    let answers: Vec<_> = answers.filter_map(|one| one.split_once('\n')).collect();
    for pair in answers.chunks(2) {
        let [(one, first), (other, second)] = pair else {
            return Err("the scene has an odd number of commands".into());
        };
        if first != second {
            return Err(format!("{one}\n{first}\n{other}\n{second}").into());
        }
    }
    Ok(())
}

fn play(scene: &Path) -> Result<(), Failed> {
    let told = session::told(scene)?;
    for line in session::plain(&told) {
        session::fits(&line)?;
    }
    // Raw: a line `...` in the output is one, and no wildcard.
    let expected = Data::read_from(&scene.join("session.txt"), Some(DataFormat::Text)).raw();
    Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        .try_eq(Some(&"session.txt"), Data::text(told), expected)
        .map_err(|difference| difference.to_string().into())
}
