//! `${NAME}` in scalar values: substituted after parsing, so that a value can never become YAML.
//!
//! A variable is looked up in the context of the place, `--var`, the profile, the file, the
//! project file and the environment, in this order. Pure: the environment is handed in.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use super::raw::Vars;
use super::yaml::Text;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Sources, Span};
use crate::wording::did_you_mean;

/// Longest text that a substitution may produce, in bytes (a configuration value has at most
/// 32 767).
const MAX_LENGTH: usize = 64 * 1024;
/// Most substitutions for one text: `vars` entries that double each other would never end.
const MAX_SUBSTITUTIONS: usize = 1_000;
/// Deepest nesting, of `${A:-${B:-…}}` and of `vars` that use each other.
const MAX_NESTING: usize = 64;

/// Names that topicctl fills itself, by the place.
pub(super) const CONTEXT_NAMES: [&str; 8] = [
    "source",
    "delay",
    "delay_ms",
    "index",
    "attempt",
    "topic",
    "pipelineName",
    "stepName",
];

#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// `--var NAME=VALUE`.
    pub given: BTreeMap<String, String>,
    /// The environment, empty under `--no-env`.
    pub environment: BTreeMap<String, String>,
}

/// The `vars` that hold at a place, strongest first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) outside: &'a Outside,
    pub(super) profile: &'a Vars<'a>,
    /// Each file's own; a text sees those of the file that it stands in.
    pub(super) files: &'a HashMap<SourceId, Vars<'a>>,
    pub(super) project: Option<SourceId>,
    /// `clusterName`, where a cluster was chosen by its name.
    pub(super) cluster: Option<&'a str>,
}

/// The name that `--cluster` fills, and that is an ordinary one without it.
pub(super) const CLUSTER_NAME: &str = "clusterName";

impl<'a> Scope<'a> {
    /// The `vars` that a text of this source sees, strongest first.
    fn vars(self, source: SourceId) -> impl Iterator<Item = &'a Vars<'a>> {
        let file = self.files.get(&source);
        let project = self.project.and_then(|project| self.files.get(&project));
        std::iter::once(self.profile).chain(file).chain(project)
    }
}

/// Names that the place fills: `source`, `delay`, `topic`, …
#[derive(Debug, Clone, Default)]
pub(super) struct Context<'a>(pub(super) Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Context<'a> {
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.0.push((name, value.into()));
        self
    }
}

/// Substitutes all variables of a text. `None` where one failed; what failed is reported.
pub(super) fn evaluate(
    text: &Text,
    scope: Scope<'_>,
    context: &Context<'_>,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    if !text.text.contains('$') {
        return Some(text.text.clone());
    }
    let run = Run {
        others: diagnostics,
        scope,
        context,
        sources,
        substitutions: Cell::new(0),
    };
    match run.substitute(&text.text, text.span, &mut Vec::new(), 0) {
        Ok(value) => Some(value),
        Err(problem) => {
            diagnostics.push(*problem);
            None
        }
    }
}

struct Run<'a> {
    others: &'a Diagnostics,
    scope: Scope<'a>,
    context: &'a Context<'a>,
    sources: &'a Sources,
    substitutions: Cell<usize>,
}

type Outcome<T> = Result<T, Box<Diagnostic>>;

impl Run<'_> {
    fn substitute(
        &self,
        text: &str,
        span: Span,
        inside: &mut Vec<String>,
        depth: usize,
    ) -> Outcome<String> {
        let mut value = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            value.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                value.push('$');
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                if depth >= MAX_NESTING {
                    let message = format!("variables nested deeper than {MAX_NESTING} levels");
                    return Err(Box::new(
                        Diagnostic::error(Code::TooLarge, message)
                            .at(span, "")
                            .help("let variables refer to fewer others"),
                    ));
                }
                let end = closing(after).ok_or_else(|| {
                    Box::new(
                        Diagnostic::error(Code::VariableSyntax, "`${` without its `}`")
                            .at(span, "")
                            .help("write ${NAME} for a variable and $$ for a dollar sign"),
                    )
                })?;
                value.push_str(&self.variable(&after[..end], span, inside, depth)?);
                rest = &after[end + 1..];
            } else {
                return Err(Box::new(
                    Diagnostic::error(Code::VariableSyntax, "a `$` that begins no variable")
                        .at(span, "")
                        .help("write ${NAME} for a variable and $$ for a dollar sign"),
                ));
            }
            if value.len() > MAX_LENGTH {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::TooLarge,
                        format!("variables make this longer than {MAX_LENGTH} bytes"),
                    )
                    .at(span, ""),
                ));
            }
        }
        value.push_str(rest);
        Ok(value)
    }

    /// What stands between `${` and `}`.
    fn variable(
        &self,
        inner: &str,
        span: Span,
        inside: &mut Vec<String>,
        depth: usize,
    ) -> Outcome<String> {
        self.substitutions.set(self.substitutions.get() + 1);
        if self.substitutions.get() > MAX_SUBSTITUTIONS {
            return Err(Box::new(
                Diagnostic::error(
                    Code::TooLarge,
                    format!("more than {MAX_SUBSTITUTIONS} substitutions for one value"),
                )
                .at(span, ""),
            ));
        }
        let (name, otherwise) = match inner.split_once(':') {
            None => (inner, Some(Otherwise::Undefined)),
            Some((name, rest)) => (name, Otherwise::parse(rest)),
        };
        let place = self.place(name, span);
        let legal = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let Some(otherwise) = otherwise.filter(|_| legal) else {
            return Err(Box::new(
                Diagnostic::error(
                    Code::VariableSyntax,
                    format!("`${{{inner}}}` is no variable"),
                )
                .at(place, "")
                .help("the forms are ${NAME}, ${NAME:-default} and ${NAME:?message}"),
            ));
        };
        if is_secret(name) {
            return Err(Box::new(
                Diagnostic::error(
                    Code::SecretVariable,
                    format!("the variable `{name}` carries a credential"),
                )
                .at(place, "would be printed in reports")
                .help("credentials belong to the connection: --command-config or its variables"),
            ));
        }
        let found = self.look_up(name, place, inside, depth)?;
        let not_empty = |found: &String| !found.is_empty();
        match otherwise {
            Otherwise::Undefined => found.ok_or_else(|| self.undefined(name, place)),
            Otherwise::Default(default) => match found.filter(not_empty) {
                Some(found) => Ok(found),
                None => self.substitute(default, span, inside, depth + 1),
            },
            Otherwise::Required(message) => match found.filter(not_empty) {
                Some(found) => Ok(found),
                None => {
                    let message = self.substitute(message, span, inside, depth + 1)?;
                    let colon = if message.is_empty() { "" } else { ": " };
                    Err(Box::new(
                        Diagnostic::error(
                            Code::UndefinedVariable,
                            format!("the variable `{name}` must be set{colon}{message}"),
                        )
                        .at(place, "")
                        .help(format!("set it: {name}=… topicctl …, or --var {name}=…")),
                    ))
                }
            },
        }
    }

    fn look_up(
        &self,
        name: &str,
        place: Span,
        inside: &mut Vec<String>,
        depth: usize,
    ) -> Outcome<Option<String>> {
        if let Some((_, value)) = self.context.0.iter().find(|(known, _)| *known == name) {
            return Ok(Some(value.clone().into_owned()));
        }
        if let Some(cluster) = self.scope.cluster.filter(|_| name == CLUSTER_NAME) {
            return Ok(Some(cluster.to_owned()));
        }
        if let Some(value) = self.scope.outside.given.get(name) {
            return Ok(Some(value.clone()));
        }
        for vars in self.scope.vars(place.source) {
            let Some(text) = vars.get(name) else { continue };
            if inside.iter().any(|outer| outer == name) {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::Cycle,
                        format!(
                            "the variable `{name}` needs itself: {}",
                            chain(inside, name)
                        ),
                    )
                    .at(place, "")
                    .help("give one of them a value of its own"),
                ));
            }
            inside.push(name.to_owned());
            let value = self.substitute(&text.text, text.span, inside, depth + 1)?;
            inside.pop();
            return Ok(Some(value));
        }
        Ok(self.scope.outside.environment.get(name).cloned())
    }

    fn undefined(&self, name: &str, place: Span) -> Box<Diagnostic> {
        let diagnostic = Diagnostic::error(
            Code::UndefinedVariable,
            format!("the variable `{name}` is not defined"),
        );
        if CONTEXT_NAMES.contains(&name) {
            return Box::new(diagnostic.at(place, "").help(format!(
                "`{name}` is filled by topicctl, and has no value at this place"
            )));
        }
        let known = self
            .context
            .0
            .iter()
            .map(|(known, _)| *known)
            .chain(self.scope.outside.given.keys().map(String::as_str))
            .chain(
                self.scope
                    .vars(place.source)
                    .flat_map(|vars| vars.keys().copied()),
            )
            .chain(self.scope.outside.environment.keys().map(String::as_str));
        Box::new(match self.others.nearest(name, known) {
            Some(near) => diagnostic.at(place, did_you_mean(near)),
            None => diagnostic.at(place, "").help(format!(
                "set it in the environment, with --var {name}=…, under `vars:`, \
                 or give a default: ${{{name}:-…}}"
            )),
        })
    }

    /// The place of `${NAME` within a scalar, where the source shows it.
    fn place(&self, name: &str, span: Span) -> Span {
        let written = &self.sources.text(span.source)[span.start as usize..span.end as usize];
        let wanted = format!("${{{name}");
        let Some(at) = written.find(&wanted) else {
            return span;
        };
        let Some(length) = closing(&written[at + 2..]) else {
            return span;
        };
        let offset = |bytes: usize| span.start + u32::try_from(bytes).unwrap_or(0);
        Span {
            source: span.source,
            start: offset(at),
            end: offset(at + 2 + length + 1),
        }
    }
}

enum Otherwise<'a> {
    Undefined,
    Default(&'a str),
    Required(&'a str),
}

impl<'a> Otherwise<'a> {
    /// What stands behind the colon.
    fn parse(rest: &'a str) -> Option<Self> {
        let default = rest.strip_prefix('-').map(Self::Default);
        default.or_else(|| rest.strip_prefix('?').map(Self::Required))
    }
}

/// Where the `}` is that closes a `${`, nested ones skipped.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0usize;
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '{' if previous == '$' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
        previous = character;
    }
    None
}

fn chain(inside: &[String], name: &str) -> String {
    let outer = inside
        .iter()
        .map(String::as_str)
        .skip_while(|outer| *outer != name);
    let names: Vec<_> = outer.chain([name]).collect();
    names.join(" → ")
}

/// Whether a name is one that credentials are handed over in.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("AWS_")
        || ["PASSWORD", "SECRET", "TOKEN"]
            .iter()
            .any(|word| name == *word || name.ends_with(&format!("_{word}")))
        || name == "KAFKA_SASL_JAAS_CONFIG"
}

#[cfg(test)]
mod tests;
