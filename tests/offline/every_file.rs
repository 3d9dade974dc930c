//! No file of tests is left out: the one above it has it as a module.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

#[test]
fn every_file_of_tests_is_a_module() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut forgotten = Vec::new();
    let mut count = 0;
    for entry in WalkDir::new(&tests).min_depth(1) {
        let path = entry.expect("an entry").into_path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.extension().is_none_or(|ext| ext != "rs") || ["main", "mod"].contains(&&*stem) {
            continue;
        }
        count += 1;
        let module = format!("mod {stem};");
        let declares = |file: &PathBuf| {
            let text = fs::read_to_string(file).unwrap_or_default();
            text.lines().any(|line| line.ends_with(&module))
        };
        let directory = path.parent().expect("a directory");
        let above = [
            directory.with_extension("rs"),
            directory.join("main.rs"),
            directory.join("mod.rs"),
        ];
        if !above.iter().any(declares) {
            forgotten.push(path.display().to_string());
        }
    }
    assert!(count > 50, "only {count} files were looked at");
    assert!(forgotten.is_empty(), "no module: {}", forgotten.join(", "));
}
