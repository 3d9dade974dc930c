//! `topicctl explain`: what a diagnostic's code means, or where values come from.

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::inputs::{InvalidInput, request};
use super::{Answering, TextOutput};
use crate::cli::{ConditionArgs, PathArgs};
use crate::context::{Purpose, RunContext};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, nearest};
use crate::exit;
use crate::explain::{self, Explanation, Subject};
use crate::layout::Layout;
use crate::manifest::{self, Explained};

/// `topicctl explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The code of a diagnostic, or a declared topic
    #[arg(value_name = "CODE|TOPIC", required_unless_present_any = ["code", "topic", "tier"])]
    pub name: Option<String>,
    /// Where to look for the topic or tier.
    #[command(flatten)]
    pub places: PathArgs,
    /// Explain this code
    #[arg(long, value_name = "CODE", conflicts_with_all = ["topic", "tier"])]
    pub code: Option<String>,
    /// Explain this topic
    #[arg(long, value_name = "NAME", conflicts_with = "tier")]
    pub topic: Option<String>,
    /// Explain this tier
    #[arg(long, value_name = "NAME")]
    pub tier: Option<String>,
    /// Under which conditions it is declared.
    #[command(flatten)]
    pub conditions: ConditionArgs,
    /// How to write the explanation
    #[arg(
        short, long, value_name = "FORMAT", value_enum, default_value_t = ExplainFormat::Text,
        env = "TOPICCTL_EXPLAIN_OUTPUT", help_heading = "Output"
    )]
    pub output: ExplainFormat,
    /// Show all names of long lists
    #[arg(
        short, long, env = "TOPICCTL_VERBOSE", help_heading = "Output",
        value_parser = BoolishValueParser::new()
    )]
    pub verbose: bool,
}

/// What `explain` writes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExplainFormat {
    /// For people
    Text,
    /// One document, schema topicctl.explain/1
    Json,
}

impl Answering for ExplainArgs {
    fn context(&self) -> RunContext {
        RunContext::new("explain", Purpose::Offline)
    }

    fn is_json(&self) -> bool {
        self.output == ExplainFormat::Json
    }

    /// Looks the name up among codes, topics or tiers, and explains it.
    fn answer(&self, layout: Layout) -> Result<TextOutput, Box<InvalidInput>> {
        Ok(self.explain(layout.verbose(self.verbose)))
    }
}

impl ExplainArgs {
    fn explain(&self, layout: Layout) -> TextOutput {
        if let Some(name) = &self.code {
            return match Code::by_name(name) {
                Some(code) => self.explained(Some(code), Explained::default(), layout),
                None => self.nothing(
                    Explained::default(),
                    missing("no code is called", name, codes(), CODES_HELP),
                ),
            };
        }
        if let Some(name) = &self.tier {
            let explained = self.look_up(Subject::Tier(name.clone()));
            if explained.explanation.is_empty() {
                let tiers = explained.tiers.clone();
                let help = format!("there are {}", tiers.join(", "));
                let known = tiers.iter().map(String::as_str);
                let problem = missing("no tier is called", name, known, &help);
                return self.nothing(explained, problem);
            }
            return self.explained(None, explained, layout);
        }
        let name = self.topic.as_ref().or(self.name.as_ref());
        let name = name.map(String::as_str).unwrap_or_default();
        let code = Code::by_name(name).filter(|_| self.topic.is_none());
        let explained = self.look_up(Subject::Topic(name.to_owned()));
        match (code, explained.explanation.is_empty()) {
            // A code needs no manifests, so what is wrong with them is not asked for.
            (Some(_), true) => self.explained(code, Explained::default(), layout),
            (_, false) => self.explained(code, explained, layout),
            (None, true) => self.not_found(name, explained),
        }
    }

    fn look_up(&self, subject: Subject) -> Explained {
        // Where a flag says what is explained, all that stands beside it are places.
        let by_flag = self.topic.is_some() || self.tier.is_some();
        let first = self.name.iter().filter(|_| by_flag).map(PathBuf::from);
        let paths: Vec<_> = first.chain(self.places.given()).collect();
        let paths = match paths.is_empty() {
            true => self.places.given_or_default(),
            false => paths,
        };
        manifest::explain(&request(&paths, &self.conditions), &subject)
    }

    fn not_found(&self, name: &str, explained: Explained) -> TextOutput {
        let topics = explained.manifests.topics.iter();
        let topics = topics.map(|topic| topic.name.as_str());
        if self.topic.is_some() {
            let problem = missing("no declared topic is called", name, topics, TOPICS_HELP);
            return self.nothing(explained, problem);
        }
        let what = "no code and no declared topic is called";
        let problem = missing(what, name, topics.chain(codes()), TOPICS_HELP);
        if explained.tiers.iter().any(|tier| tier == name) {
            let problem = Diagnostic::error(Code::Usage, format!("{what} `{name}`"));
            let help = format!("`topicctl explain --tier {name}` explains the tier");
            return self.nothing(Explained::default(), problem.help(help));
        }
        // A mistyped code is no question about manifests that are not there.
        let unread = explained.manifests.sources.is_empty();
        match unread && nearest(name, codes()).is_some() {
            true => self.nothing(Explained::default(), problem),
            false => self.nothing(explained, problem),
        }
    }

    /// Nothing is called so, unless the manifests are so broken that none of their topics is known.
    fn nothing(&self, mut explained: Explained, problem: Diagnostic) -> TextOutput {
        let manifests = &mut explained.manifests;
        let read = !manifests.sources.is_empty();
        let unknown = read && manifests.topics.is_empty() && manifests.diagnostics.has_errors();
        if !unknown {
            manifests.diagnostics.push(problem);
        }
        self.output(explained, None)
    }

    fn explained(
        &self,
        code: Option<Code>,
        mut explained: Explained,
        layout: Layout,
    ) -> TextOutput {
        let explanation = Explanation {
            code,
            ..std::mem::take(&mut explained.explanation)
        };
        let sources = &explained.manifests.sources;
        let text = match self.output {
            ExplainFormat::Text => explain::text::render(&explanation, sources, layout),
            ExplainFormat::Json => match explain::json::render(&explanation, sources) {
                Ok(text) => text,
                Err(error) => {
                    let problem = Diagnostic::error(Code::Usage, "cannot write the explanation");
                    return self.nothing(explained, problem.detail(error.to_string()));
                }
            },
        };
        self.output(explained, Some(text))
    }

    /// With what else is to be said: errors, for they leave values out. Warnings are for `validate`.
    fn output(&self, explained: Explained, text: Option<String>) -> TextOutput {
        let manifests = explained.manifests;
        let mut errors = Diagnostics::default();
        let all = manifests.diagnostics.sorted(&manifests.sources);
        let is_error = |one: &Diagnostic| one.severity == Severity::Error;
        errors.extend(all.into_iter().filter(is_error));
        let context = RunContext {
            sources: Arc::new(manifests.sources),
            ..self.context()
        };
        TextOutput {
            exit: exit::from_input(!errors.has_errors()),
            ..TextOutput::new(context, text, &errors)
        }
    }
}

const CODES_HELP: &str = "a code stands in brackets: error[unknown-field]";
const TOPICS_HELP: &str =
    "`topicctl validate -v` lists what is declared; -f names the manifests, --profile the profile";

fn codes<'a>() -> impl Iterator<Item = &'a str> {
    Code::ALL.iter().map(|code| code.as_str())
}

fn missing<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    help: &str,
) -> Diagnostic {
    let problem = Diagnostic::error(Code::Usage, format!("{what} `{name}`"));
    match nearest(name, known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(help),
    }
}
