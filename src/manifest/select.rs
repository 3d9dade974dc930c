//! `--select`: which of the declared topics a run is about. Pure.
//!
//! Applied after all checks, which always see everything.

use globset::{GlobBuilder, GlobMatcher};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources, nearest};
use crate::topic::DeclaredTopic;
use crate::wording::did_you_mean;

#[derive(Debug)]
enum Selector {
    Name(GlobMatcher),
    Tier(String),
    Owner(String),
    File(GlobMatcher),
}

/// Keeps the topics that one of the selectors names, with their families. No selector keeps all.
pub(super) fn select(
    topics: Vec<DeclaredTopic>,
    wanted: &[String],
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<DeclaredTopic> {
    if wanted.is_empty() {
        return topics;
    }
    let mut keep = std::collections::BTreeSet::new();
    for text in wanted {
        let selector = match parse(text) {
            Ok(selector) => selector,
            Err(problem) => {
                diagnostics.push(*problem);
                continue;
            }
        };
        let before = keep.len();
        let mut any = false;
        for topic in topics
            .iter()
            .filter(|topic| selector.matches(topic, sources))
        {
            any = true;
            keep.insert(topic.name.clone());
        }
        if !any && before == keep.len() {
            diagnostics.push(nothing(text, &selector, &topics));
        }
    }
    let bring: Vec<_> = topics
        .iter()
        .filter(|topic| keep.contains(&topic.name))
        .filter_map(|topic| topic.shared_dlq.clone())
        .collect();
    keep.extend(bring);
    topics
        .into_iter()
        .filter(|topic| keep.contains(&topic.name) || keep.contains(topic.family()))
        .collect()
}

fn parse(text: &str) -> Result<Selector, Box<Diagnostic>> {
    if text.is_empty() {
        let problem =
            Diagnostic::error(Code::NothingSelected, "a selection is empty").about("--select");
        let help = "leave --select out to take all topics; a variable may be empty here";
        return Err(Box::new(problem.help(help)));
    }
    let glob = |pattern: &str| {
        GlobBuilder::new(pattern)
            .build()
            .map(|glob| glob.compile_matcher())
            .map_err(|error| {
                Box::new(
                Diagnostic::error(Code::Usage, format!("--select {text}: {}", error.kind())).about("--select").help(
                    "`*` stands for any characters, `?` for one, `{a,b}` for one of several",
                ),
            )
            })
    };
    match text.split_once(':') {
        None => Ok(Selector::Name(glob(text)?)),
        Some(("tier", tier)) => Ok(Selector::Tier(tier.to_owned())),
        Some(("owner", owner)) => Ok(Selector::Owner(owner.to_owned())),
        Some(("file", pattern)) => Ok(Selector::File(glob(pattern)?)),
        Some((kind, _)) => Err(Box::new(
            Diagnostic::error(
                Code::Usage,
                format!("--select {text}: `{kind}:` is no kind of selection"),
            )
            .about("--select")
            .help("select by name (a glob), tier:NAME, owner:NAME or file:GLOB"),
        )),
    }
}

impl Selector {
    fn matches(&self, topic: &DeclaredTopic, sources: &Sources) -> bool {
        match self {
            Self::Name(glob) => glob.is_match(topic.name.as_str()),
            Self::Tier(tier) => topic.tier.as_ref() == Some(tier),
            Self::Owner(owner) => topic.owner.as_ref() == Some(owner),
            Self::File(glob) => {
                let path: &str = sources.path(topic.span.source);
                let name = path.rsplit('/').next().unwrap_or(path);
                glob.is_match(path) || glob.is_match(name)
            }
        }
    }
}

fn nothing(text: &str, selector: &Selector, topics: &[DeclaredTopic]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::NothingSelected,
        format!("--select {text} matches no declared topic"),
    )
    .about("--select");
    let near = match selector {
        Selector::Name(_) => nearest(text, topics.iter().map(|topic| topic.name.as_str())),
        Selector::Tier(tier) => nearest(tier, topics.iter().filter_map(|t| t.tier.as_deref())),
        Selector::Owner(owner) => nearest(owner, topics.iter().filter_map(|t| t.owner.as_deref())),
        Selector::File(_) => None,
    };
    match near {
        Some(near) => diagnostic.help(did_you_mean(near)),
        None => diagnostic.help("`topicctl validate -v` lists what is declared"),
    }
}
