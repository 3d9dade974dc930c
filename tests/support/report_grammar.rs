//! Readers of the formats that know nothing of how topicctl writes them.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};
use regex::Regex;

use super::report_schema;

/// The formats, and how their snapshots' names end.
pub(crate) const FORMATS: [(&str, &str); 6] = [
    ("text", "txt"),
    ("json", "json"),
    ("junit", "xml"),
    ("markdown", "md"),
    ("github", "github"),
    ("prometheus", "prom"),
];

/// Whether a text is of a format; says why not.
pub(crate) fn check(format: &str, text: &str) -> Result<(), String> {
    terminal(text)?;
    match format {
        "text" => Ok(()),
        "json" => report_schema::check(text),
        "junit" => junit(text),
        "markdown" => markdown(text).map(|_| ()),
        "github" => github(text).map(|_| ()),
        "prometheus" => prometheus(text),
        _ => Err("no such format".to_owned()),
    }
}

/// Nothing acts on a terminal, turns the direction of writing or cannot be seen.
fn terminal(text: &str) -> Result<(), String> {
    let acts = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{61c}' | '\u{feff}' | '\u{2028}' | '\u{2029}')
            || ('\u{200b}'..='\u{200f}').contains(c)
            || ('\u{202a}'..='\u{202e}').contains(c)
            || ('\u{2060}'..='\u{206f}').contains(c)
            || ('\u{e0000}'..='\u{e007f}').contains(c)
    };
    match text.chars().find(acts) {
        None => Ok(()),
        Some(c) => Err(format!("{c:?} in the text")),
    }
}

/// Elements and attributes are those of JUnit's schema, and the counts are right.
fn junit(text: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("testsuites", &["testsuite"][..]),
        ("testsuite", &["testcase", "system-out"]),
        ("testcase", &["failure", "system-out"]),
        ("failure", &[]),
        ("system-out", &[]),
    ]);
    if !document.root_element().has_tag_name("testsuites") {
        return Err("no testsuites".to_owned());
    }
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let children = allowed.get(name).ok_or(format!("<{name}>"))?;
        for child in node.children().filter(roxmltree::Node::is_element) {
            let child = child.tag_name().name();
            if !children.contains(&child) {
                return Err(format!("<{child}> in <{name}>"));
            }
        }
        if name.starts_with("testsuite") {
            let count = |name| node.descendants().filter(|n| n.has_tag_name(name)).count();
            for (attribute, count) in [("tests", count("testcase")), ("failures", count("failure"))]
            {
                if node.attribute(attribute) != Some(&count.to_string()) {
                    return Err(format!("{attribute} is not {count}"));
                }
            }
        }
        if name == "testcase" && node.attribute("name").is_none_or(str::is_empty) {
            return Err("a test case without a name".to_owned());
        }
    }
    Ok(())
}

/// A workflow command as the runner reads it.
pub(crate) struct Command {
    /// Its name.
    pub(crate) name: String,
    /// Its properties, unescaped.
    pub(crate) properties: BTreeMap<String, String>,
    /// Its message, unescaped.
    pub(crate) message: String,
}

/// Every line is one of the three commands, or none for the runner.
pub(crate) fn github(text: &str) -> Result<Vec<Command>, String> {
    let mut commands = Vec::new();
    for line in text.split(['\n', '\r']) {
        let obeyed = ["##[", "##vso[", "##teamcity["];
        if obeyed.iter().any(|word| line.to_lowercase().contains(word)) {
            return Err(format!("a command of another form: {line}"));
        }
        let Some(rest) = line.trim_start().strip_prefix("::") else {
            continue;
        };
        // The snippet's line that leads to another file: no command is called `:`.
        if rest.starts_with(": ") {
            continue;
        }
        let (head, message) = rest.split_once("::").ok_or("no end of the properties")?;
        let (name, properties) = head.split_once(' ').ok_or("no properties")?;
        if !["error", "warning", "notice"].contains(&name) {
            return Err(format!("command {name}"));
        }
        let mut known = BTreeMap::new();
        for property in properties.split(',') {
            let (key, value) = property.split_once('=').ok_or("no value")?;
            if !["file", "line", "col", "title"].contains(&key) {
                return Err(format!("property {key}"));
            }
            let value = value.replace("%3A", ":").replace("%2C", ",");
            if known.insert(key.to_owned(), unescaped(&value)).is_some() {
                return Err(format!("{key} twice"));
            }
        }
        commands.push(Command {
            name: name.to_owned(),
            properties: known,
            message: unescaped(message),
        });
    }
    Ok(commands)
}

fn unescaped(text: &str) -> String {
    text.replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%25", "%")
}

/// Rows as wide as their heads, no markup but ours; gives all code within lines.
pub(crate) fn markdown(text: &str) -> Result<Vec<String>, String> {
    let ours = [
        "<br>",
        "<code>",
        "</code>",
        "<details>",
        "<summary>",
        "</summary>",
        "</details>",
    ];
    let options = Options::ENABLE_TABLES | Options::ENABLE_GFM | Options::ENABLE_STRIKETHROUGH;
    let (mut rows, mut codes) = (0, Vec::new());
    let (mut blocks, mut open) = (0, false);
    let tags = Regex::new("<[^>]*>").expect("a pattern");
    let mut events = Parser::new_ext(text, options).peekable();
    while let Some(event) = events.next() {
        match event {
            Event::InlineHtml(html) if &*html == "<code>" => {
                codes.push(String::new());
                open = true;
            }
            Event::InlineHtml(html) if &*html == "</code>" => open = false,
            Event::Text(text) if open => {
                codes.last_mut().expect("it is open").push_str(&text);
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                for tag in tags.find_iter(&html) {
                    if !ours.contains(&tag.as_str()) {
                        return Err(format!("markup {html}"));
                    }
                }
            }
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis)) => {
                return Err(format!("{tag:?}"));
            }
            // The sections of several clusters begin with a name, in code.
            Event::Start(Tag::Heading {
                level: HeadingLevel::H3,
                ..
            }) => match events.peek() {
                Some(Event::Code(_)) => {}
                Some(Event::InlineHtml(html)) if &**html == "<code>" => {}
                other => return Err(format!("a heading of {other:?}")),
            },
            Event::Start(tag @ (Tag::Heading { .. } | Tag::List(_) | Tag::BlockQuote(_))) => {
                return Err(format!("{tag:?}"));
            }
            Event::Start(Tag::CodeBlock(_)) => blocks += 1,
            Event::Start(Tag::TableRow) => rows += 1,
            Event::Code(code) => codes.push(code.to_string()),
            // Outside of code a mention or an address would be alive.
            Event::Text(text) if text.contains('@') && blocks == 0 => {
                return Err(format!("mention in {text}"));
            }
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => blocks -= 1,
            _ => {}
        }
    }
    let (mut fence, mut width, mut counted) = (None::<String>, None, 0);
    for line in text.lines() {
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => continue,
            None if line.starts_with("```") => {
                fence = Some(line.trim_end_matches(char::is_alphabetic).to_owned());
            }
            None if line.starts_with('|') => {
                let pipes = line.matches('|').count();
                if *width.get_or_insert(pipes) != pipes {
                    return Err(format!("not as wide as its head: {line}"));
                }
                counted += 1;
            }
            None => {
                // Head and rule are no rows.
                counted -= if width.is_some() { 2 } else { 0 };
                width = None;
            }
        }
    }
    match fence {
        Some(_) => Err("a code block without an end".to_owned()),
        None if counted - if width.is_some() { 2 } else { 0 } != rows => {
            Err(format!("{counted} lines of tables, {rows} rows"))
        }
        None => Ok(codes),
    }
}

/// The text exposition format: samples belong to the metric that was announced before them.
fn prometheus(text: &str) -> Result<(), String> {
    let help = Regex::new(r"^# HELP ([a-z_]+) [^\\]+$").expect("a pattern");
    let kind = Regex::new(r"^# TYPE ([a-z_]+) gauge$").expect("a pattern");
    let label = r#"[a-z_]+="(?:[^"\\\n]|\\[\\"n])*""#;
    let sample = format!(r"^([a-z_]+)(?:\{{{label}(?:,{label})*\}})? [0-9]+(?:\.[0-9]+)?$");
    let sample = Regex::new(&sample).expect("a pattern");
    if !text.ends_with('\n') {
        return Err("no line break at the end".to_owned());
    }
    let (mut announced, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    for line in text.lines() {
        let name = |pattern: &Regex| Some(pattern.captures(line)?[1].to_owned());
        if let Some(name) = name(&help) {
            if announced.contains(&name) {
                return Err(format!("{name} announced twice"));
            }
            announced.push(name);
        } else if let Some(name) = name(&kind).or_else(|| name(&sample)) {
            if announced.last() != Some(&name) {
                return Err(format!("{name} out of its group"));
            }
        } else {
            return Err(format!("not of the format: {line}"));
        }
        let series = line.rsplit_once(' ').map(|(series, _)| series.to_owned());
        if !line.starts_with('#') && !seen.insert(series) {
            return Err(format!("twice: {line}"));
        }
    }
    Ok(())
}
