//! What the layout of the sources promises, read from the sources themselves: files do not import
//! each other in a circle, and exit codes are chosen in one place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use walkdir::WalkDir;

/// A module by its path: `crate::report::text`.
type Module = Vec<String>;

/// The product's sources without their tests, by crate and then by module.
fn sources() -> Vec<BTreeMap<Module, String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(root.join("crates")).into_iter().flatten();
    let crates = crates.map(|entry| entry.expect("an entry").path().join("src"));
    let crates = crates.chain([root.join("src"), root.join("dev/local-kafka/src")]);
    crates.map(|directory| modules(&directory)).collect()
}

fn modules(directory: &Path) -> BTreeMap<Module, String> {
    let files = WalkDir::new(directory).into_iter();
    let files = files.map(|entry| entry.expect("a directory").into_path());
    let is_product = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default();
        path.extension().is_some_and(|one| one == "rs") && name != "tests" && name != "main"
    };
    files
        .filter(is_product)
        .map(|path| {
            let inner = path
                .strip_prefix(directory)
                .expect("below")
                .with_extension("");
            let names = inner.iter().map(|name| name.to_string_lossy().into_owned());
            let names = names.filter(|name| name != "lib");
            let module = std::iter::once("crate".to_owned()).chain(names).collect();
            let text = fs::read_to_string(&path).expect("a file");
            let product = text.split("#[cfg(test)]\nmod tests").next();
            (module, product.unwrap_or_default().to_owned())
        })
        .collect()
}

/// `a::{b, c::{d}}` as `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut start, mut branches) = (0, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    branches.push(&inner[start..]);
    let branches = branches.into_iter().flat_map(expand);
    branches.map(|branch| format!("{before}{branch}")).collect()
}

/// The paths that a text names, of imports and in its code.
fn named_paths(text: &str) -> Vec<String> {
    let uses = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?use ([^;]+);").expect("a pattern");
    let paths = Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").expect("a pattern");
    let blank = Regex::new(r"\s+").expect("a pattern");
    let comments = Regex::new(r"//[^\n]*").expect("a pattern");
    let text = comments.replace_all(text, "");
    let imported = uses.captures_iter(&text).flat_map(|found| {
        let tree = blank.replace_all(&found[1], "").replace("::self", "");
        expand(&tree)
    });
    let inline = paths
        .find_iter(&text)
        .map(|found| found.as_str().to_owned());
    imported.chain(inline).collect()
}

/// The file that a path leads to, seen from a module.
fn target(path: &str, from: &Module, modules: &BTreeMap<Module, String>) -> Option<Module> {
    let mut parts = path.split("::");
    let mut to = match parts.next()? {
        "crate" => vec!["crate".to_owned()],
        "self" => from.clone(),
        "super" => from[..from.len() - 1].to_vec(),
        // A child, or another crate.
        name => [from.as_slice(), &[name.to_owned()]].concat(),
    };
    for part in parts {
        match part {
            "super" => drop(to.pop()),
            part => to.push(part.to_owned()),
        }
    }
    while !to.is_empty() && !modules.contains_key(&to) {
        to.pop();
    }
    // A module and its parts are one thing in several files.
    let apart = !to.starts_with(from) && !from.starts_with(&to);
    (apart && !to.is_empty()).then_some(to)
}

#[test]
fn files_do_not_import_each_other_in_a_circle() {
    let mut arrows = 0;
    for modules in sources() {
        let imports = |from: &Module| -> BTreeSet<Module> {
            let paths = named_paths(&modules[from]);
            let targets = paths.iter().filter_map(|path| target(path, from, &modules));
            targets.collect()
        };
        let imports: BTreeMap<&Module, BTreeSet<Module>> = modules
            .keys()
            .map(|module| (module, imports(module)))
            .collect();
        arrows += imports.values().map(BTreeSet::len).sum::<usize>();
        let reachable = |from: &Module| {
            let mut found = BTreeSet::new();
            let mut next: Vec<&Module> = imports[from].iter().collect();
            while let Some(module) = next.pop() {
                if found.insert(module) {
                    next.extend(&imports[module]);
                }
            }
            found
        };
        let in_circle: Vec<_> = modules
            .keys()
            .filter(|module| reachable(module).contains(module))
            .map(|module| module.join("::"))
            .collect();
        assert!(in_circle.is_empty(), "in a circle: {in_circle:#?}");
    }
    assert!(arrows > 200, "only {arrows} imports were read");
}

/// Manifests, plan, apply and reports reach a cluster through its traits alone.
#[test]
fn only_the_edge_knows_the_client() {
    let client = Regex::new(r"\bcluster::kafka\b|\blibrdkafka_admin\b").expect("a pattern");
    let comments = Regex::new(r"//[^\n]*").expect("a pattern");
    let mut knowing = BTreeSet::new();
    for modules in sources() {
        for (module, text) in modules {
            if client.is_match(&comments.replace_all(&text, "")) {
                knowing.insert(module.join("::"));
            }
        }
    }
    let is_edge = |module: &&String| {
        module.starts_with("crate::commands") || module.starts_with("crate::cluster::kafka")
    };
    let (edge, others): (Vec<_>, Vec<_>) = knowing.iter().partition(is_edge);
    assert!(edge.len() > 5, "{edge:?}");
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn exit_codes_are_chosen_in_one_place() {
    let code = Regex::new(
        r"ExitCode::(Matching|Differences|Invalid|Unreachable|Unauthorized|Failed|Interrupted|Terminated)",
    )
    .expect("a pattern");
    let mut choosers = BTreeSet::new();
    for modules in sources() {
        let chooses = modules.into_iter().filter(|(_, text)| code.is_match(text));
        choosers.extend(chooses.map(|(module, _)| module.join("::")));
    }
    assert_eq!(choosers, BTreeSet::from(["crate::exit".to_owned()]));
}
