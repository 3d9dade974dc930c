//! What the documents say of topicctl, compared with topicctl: pictures of output are pieces of a
//! scene, commands are ones that it takes, flags and subcommands are those that it has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use pulldown_cmark::{CodeBlockKind, Event, Parser as Markdown, Tag, TagEnd};
use regex::Regex;
use topicctl::commands::Cli;

use crate::support::scene::Scene;

type Failed = Box<dyn std::error::Error>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and everything in docs/, with their texts.
fn documents() -> Result<Vec<(PathBuf, String)>, Failed> {
    let docs = fs::read_dir(root().join("docs"))?;
    let mut paths = vec![root().join("README.md")];
    for entry in docs {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "md"));
    paths.sort();
    let read = |path: PathBuf| Ok((path.clone(), fs::read_to_string(path)?));
    paths.into_iter().map(read).collect()
}

/// Code blocks, each with its language and the HTML comment before it.
fn blocks(text: &str) -> Vec<(String, Option<String>, String)> {
    let mut found = Vec::new();
    let mut comment = None;
    let mut block = None;
    for event in Markdown::new(text) {
        match event {
            Event::Html(html) => comment = Some(html.trim().to_owned()),
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                block = Some((language, comment.take(), String::new()));
            }
            Event::Text(text) => {
                if let Some((_, _, code)) = &mut block {
                    code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(block.take()),
            Event::Start(Tag::Paragraph) => comment = None,
            _ => {}
        }
    }
    found
}

#[test]
fn pictures_of_output_are_pieces_of_scenes() -> Result<(), Failed> {
    let mut count = 0;
    for (path, text) in documents()? {
        for (_, comment, code) in blocks(&text) {
            let scene = comment.as_deref().and_then(|comment| {
                let scene = comment.strip_prefix("<!-- scene: ")?;
                scene.strip_suffix(" -->")
            });
            let file = comment.as_deref().and_then(|comment| {
                let file = comment.strip_prefix("<!-- file: ")?;
                file.strip_suffix(" -->")
            });
            if let Some((scene, file)) = file.and_then(|file| file.split_once('/')) {
                // The first line names the file.
                let shown = code.split_once('\n').map(|(_, rest)| rest.as_bytes());
                if shown != Some(Scene::named(scene).file(file)) {
                    return Err(format!("{} has not {file} of {scene}", path.display()).into());
                }
            }
            let Some(scene) = scene else { continue };
            let session = Scene::named(scene).session;
            // A picture shows what a terminal shows: not which stream it came by, nor what was
            // done before.
            let shown = |text: &str| -> String {
                let own = |line: &&str| !line.starts_with("--- ") && !line.starts_with("% ");
                let lines = text.lines().filter(own);
                lines.map(|line| format!("{line}\n")).collect()
            };
            if !shown(&session).contains(&shown(&code)) {
                let path = path.display();
                return Err(format!("{path}: {scene} does not show this:\n{code}").into());
            }
            count += 1;
        }
    }
    match count {
        0 => Err("no document has a picture".into()),
        _ => Ok(()),
    }
}

/// The command lines of topicctl in the code blocks of a text.
fn command_lines(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (_, _, code) in blocks(text) {
        let code = code.replace("\\\n", " ");
        for line in code.lines() {
            let line = line
                .trim()
                .trim_start_matches("- ")
                .trim_start_matches("run: ");
            let line = line.trim_start_matches("$ ");
            if line.starts_with("topicctl ") {
                found.push(line.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_command_of_the_documents_is_understood() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in documents()? {
        for line in command_lines(&text) {
            let words = shlex::Shlex::new(&line).collect::<Vec<_>>();
            // What stands behind a pipe, a redirection or a `;` is no business of topicctl's.
            let end = ["|", ">", ">>", "<", ";", "&&", "||"];
            let words: Vec<_> = words
                .into_iter()
                .take_while(|word| !end.contains(&word.as_str()))
                .collect();
            let asks = words
                .iter()
                .any(|word| word.contains("help") || word == "--version");
            count += 1;
            if let Err(error) = Cli::try_parse_from(&words)
                && !asks
            {
                let error = error.to_string();
                let first = error.lines().next().unwrap_or_default();
                wrong.push(format!("{}: {line}: {first}", path.display()));
            }
        }
    }
    match (count, wrong.as_slice()) {
        (0, _) => Err("no document has a command".into()),
        (_, []) => Ok(()),
        _ => Err(wrong.join("\n").into()),
    }
}

/// All flags of all subcommands: `--long` and `-s`.
fn known_flags(command: &clap::Command, flags: &mut BTreeSet<String>) {
    for argument in command.get_arguments() {
        flags.extend(argument.get_long().map(|long| format!("--{long}")));
        flags.extend(argument.get_short().map(|short| format!("-{short}")));
    }
    for subcommand in command.get_subcommands() {
        known_flags(subcommand, flags);
    }
}

#[test]
fn every_flag_of_the_documents_exists() -> Result<(), Failed> {
    let mut known = BTreeSet::new();
    let mut command = Cli::command();
    command.build();
    known_flags(&command, &mut known);
    let code = Regex::new("`([^`\n]+)`")?;
    let flag = Regex::new(r"(?:^|[\s,(])(--[a-z][a-z-]*|-[a-zA-Z]\b)")?;
    let mut wrong = BTreeSet::new();
    let mut count = 0;
    for (path, text) in documents()? {
        // Flags of other tools stand in lines that name these.
        let others = [
            "kafka-",
            "docker",
            "cargo",
            "gh ",
            "jq",
            "collector",
            "node exporter",
        ];
        let mut fenced = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            if fenced || others.iter().any(|other| line.contains(other)) {
                continue;
            }
            for code in code.captures_iter(line) {
                for flag in flag.captures_iter(&code[1]) {
                    count += 1;
                    // kafka-topics' and the shell's.
                    let other = ["--if-not-exists", "-a"].contains(&&flag[1]);
                    if !known.contains(&flag[1]) && !other {
                        wrong.insert(format!("{}: {}", path.display(), &flag[1]));
                    }
                }
            }
        }
    }
    let wrong: Vec<_> = wrong.into_iter().collect();
    match (count, wrong.as_slice()) {
        (0, _) => Err("no document has a flag".into()),
        (_, []) => Ok(()),
        _ => Err(format!("no command has these:\n{}", wrong.join("\n")).into()),
    }
}

fn names() -> Vec<String> {
    let command = Cli::command();
    let names = command
        .get_subcommands()
        .map(|one| one.get_name().to_owned());
    names.collect()
}

#[test]
fn the_readme_names_every_subcommand() -> Result<(), Failed> {
    let readme = fs::read_to_string(root().join("README.md"))?;
    let row = Regex::new(r"(?m)^\| `topicctl ([a-z]+)")?;
    let reported: BTreeSet<_> = row
        .captures_iter(&readme)
        .map(|row| row[1].to_owned())
        .collect();
    let there: BTreeSet<_> = names().into_iter().collect();
    match reported == there {
        true => Ok(()),
        false => Err(format!("README: {reported:?}\n--help: {there:?}").into()),
    }
}

#[test]
fn every_help_is_a_scene() -> Result<(), Failed> {
    for name in names() {
        let scene = Scene::named(&format!("help-{name}"));
        let wanted = format!("topicctl {name} --help");
        if scene.commands().next() != Some(&wanted) {
            return Err(format!("{} does not show {wanted}", scene.name).into());
        }
    }
    Ok(())
}
