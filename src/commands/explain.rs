//! `topicctl explain`: what a diagnostic's code means, or where values come from.

use super::{Answer, offline};
use crate::cli::{ExplainArgs, ExplainFormat};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, nearest};
use crate::exit::ExitCode;
use crate::explain::{self, Explanation, Subject};
use crate::manifest::{self, Explained};
use crate::report::{Command, Report};

/// Looks the name up among codes, topics or tiers, and explains it.
pub(super) fn run(args: &ExplainArgs) -> Answer {
    if let Some(name) = &args.code {
        return match Code::by_name(name) {
            Some(code) => answer(args, of_code(code), Explained::default()),
            None => Err(nothing(
                Explained::default(),
                missing("no code is called", name, codes(), CODES_HELP),
            )),
        };
    }
    if let Some(name) = &args.tier {
        let explained = look_up(args, Subject::Tier(name.clone()));
        if explained.explanation.is_empty() {
            let tiers = explained.tiers.clone();
            let help = format!("there are {}", tiers.join(", "));
            let known = tiers.iter().map(String::as_str);
            let problem = missing("no tier is called", name, known, &help);
            return Err(nothing(explained, problem));
        }
        return answer(args, Explanation::default(), explained);
    }
    let name = args.topic.as_ref().or(args.name.as_ref());
    let name = name.map(String::as_str).unwrap_or_default();
    let code = Code::by_name(name).filter(|_| args.topic.is_none());
    let explained = look_up(args, Subject::Topic(name.to_owned()));
    match (code, explained.explanation.is_empty()) {
        // A code needs no manifests, so what is wrong with them is not asked for.
        (Some(code), true) => answer(args, of_code(code), Explained::default()),
        (Some(code), false) => answer(args, of_code(code), explained),
        (None, false) => answer(args, Explanation::default(), explained),
        (None, true) => {
            let topics = explained.manifests.topics.iter();
            let topics = topics.map(|topic| topic.name.as_str());
            if args.topic.is_some() {
                let problem = missing("no declared topic is called", name, topics, TOPICS_HELP);
                return Err(nothing(explained, problem));
            }
            let what = "no code and no declared topic is called";
            let problem = missing(what, name, topics.chain(codes()), TOPICS_HELP);
            // A mistyped code is no question about manifests that are not there.
            let unread = explained.manifests.sources.is_empty();
            if explained.tiers.iter().any(|tier| tier == name) {
                let problem = Diagnostic::error(Code::Usage, format!("{what} `{name}`"));
                let help = format!("`topicctl explain --tier {name}` explains the tier");
                return Err(nothing(Explained::default(), problem.help(help)));
            }
            if unread && nearest(name, codes()).is_some() {
                return Err(nothing(Explained::default(), problem));
            }
            Err(nothing(explained, problem))
        }
    }
}

const CODES_HELP: &str = "a code stands in brackets: error[unknown-field]";
const TOPICS_HELP: &str =
    "`topicctl validate -v` lists what is declared; -f names the manifests, --profile the profile";

fn codes<'a>() -> impl Iterator<Item = &'a str> {
    Code::ALL.iter().map(|code| code.as_str())
}

fn of_code(code: Code) -> Explanation {
    Explanation {
        code: Some(code),
        ..Explanation::default()
    }
}

fn look_up(args: &ExplainArgs, subject: Subject) -> Explained {
    let request = offline::request(&args.declared.manifests, &args.declared.conditions);
    manifest::explain(&request, &subject)
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

/// Nothing is called so, unless the manifests are so broken that none of their topics is known.
fn nothing(mut explained: Explained, problem: Diagnostic) -> Box<Report> {
    let manifests = &mut explained.manifests;
    let read = !manifests.sources.is_empty();
    let unknown = read && manifests.topics.is_empty() && manifests.diagnostics.has_errors();
    if !unknown {
        manifests.diagnostics.push(problem);
    }
    Box::new(report(explained))
}

fn answer(args: &ExplainArgs, asked: Explanation, explained: Explained) -> Answer {
    let explanation = Explanation {
        code: asked.code,
        ..explained.explanation.clone()
    };
    let sources = &explained.manifests.sources;
    let text = match args.output {
        ExplainFormat::Text => explain::text::render(&explanation, sources, args.verbose),
        ExplainFormat::Json => match explain::json::render(&explanation, sources) {
            Ok(text) => text,
            Err(error) => {
                let problem = Diagnostic::error(Code::Usage, "cannot write the explanation");
                return Err(nothing(explained, problem.detail(error.to_string())));
            }
        },
    };
    Ok((text, report(explained)))
}

/// What else is to be told: errors, for they leave values out. Warnings are for `validate`.
fn report(explained: Explained) -> Report {
    let manifests = explained.manifests;
    let mut errors = Diagnostics::default();
    let all = manifests.diagnostics.sorted(&manifests.sources);
    errors.extend(
        all.into_iter()
            .filter(|one| one.severity == Severity::Error),
    );
    let exit = if errors.has_errors() {
        ExitCode::Invalid
    } else {
        ExitCode::Matching
    };
    Report {
        exit,
        ..Report::invalid(Some(Command::Explain), &errors, manifests.sources)
    }
}
