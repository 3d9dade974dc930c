//! The team's own rules: what names, counts, retentions and configurations may be. Pure.
//!
//! Reads the policy's texts; `rules` judges resolved topics by them. Topics that belong to somebody
//! else are not judged. A policy is not silenced by a topic's `allow`.

mod rules;

use globset::{Glob, GlobMatcher};
use regex::Regex;

use super::fields::SEVERITIES;
use super::interpolate::Context;
use super::raw::Policy;
use super::resolver::Resolver;
use super::values::relation;
use super::yaml::{Text, flow_scalar};
use crate::catalog::{NotToVouchFor, Vouched};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Span, nearest};
use crate::finding::Finding;
use crate::limits::Limits;
use crate::topic::DeclaredTopic;
use crate::units::{self, Measure};
use crate::wording::did_you_mean;
use rules::{Bounds, Rules};

/// Judges the topics, and tells what counts they may have.
pub(super) fn check(
    policy: &Policy,
    topics: &[DeclaredTopic],
    resolver: &Resolver<'_>,
    diagnostics: &mut Diagnostics,
) -> Limits {
    let reader = &mut Reader {
        resolver,
        diagnostics,
    };
    let rules = reader.rules(policy);
    if let Some(span) = rules.profile_required
        && resolver.profiles.is_empty()
    {
        let help = match resolver.cluster {
            Some(cluster) => format!("give the cluster `{cluster}` its `profile`"),
            None => "choose one with --profile or TOPICCTL_PROFILE".to_owned(),
        };
        reader.diagnostics.push(
            Diagnostic::error(
                Code::PolicyProfile,
                "the policy requires a profile, and none is chosen",
            )
            .at(span, "required here")
            .help(help),
        );
    }
    for topic in topics.iter().filter(|topic| !topic.external) {
        rules.judge(topic, reader.diagnostics);
    }
    rules.limits()
}

/// The severities that the policy gives to checks; `None` is `allow`.
pub(super) fn severities(
    policy: &Policy,
    resolver: &Resolver<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<(Code, Option<Severity>)> {
    let mut reader = Reader {
        resolver,
        diagnostics,
    };
    let mut severities = Vec::new();
    for (name, text) in &policy.checks {
        let code = reader.relation(name);
        let severity = reader.text(text).and_then(|word| match word.as_str() {
            "allow" => Some(None),
            "warn" => Some(Some(Severity::Warning)),
            "error" => Some(Some(Severity::Error)),
            _ => {
                reader.choice("checks", &word, &SEVERITIES, text.span);
                None
            }
        });
        severities.extend(code.zip(severity));
    }
    severities
}

pub(super) fn fail_on(
    policy: &Policy,
    resolver: &Resolver<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Finding>> {
    let mut reader = Reader {
        resolver,
        diagnostics,
    };
    let findings = policy.fail_on.as_ref()?.iter().filter_map(|text| {
        let word = reader.text(text)?;
        let finding = Finding::from_word(&word);
        if finding.is_none() {
            reader.choice("fail_on", &word, &Finding::WORDS, text.span);
        }
        finding
    });
    let findings: Vec<_> = findings.collect();
    if let [first, .., _] = policy.fail_on.as_deref().unwrap_or_default()
        && findings.contains(&Finding::None)
    {
        diagnostics.push(
            Diagnostic::error(Code::OutOfRange, "`none` in `fail_on` stands alone")
                .at(first.span, "")
                .help("leave `none` out, or all the others"),
        );
    }
    Some(findings)
}

/// The keys of vendors that the policy lets through, as they are written: they hold no variable.
pub(super) fn vendors(policy: Option<&Policy>, diagnostics: &mut Diagnostics) -> Vouched {
    let mut vouched = Vouched::default();
    for text in policy.into_iter().flat_map(|policy| &policy.config.vendors) {
        let written = &*text.text;
        let Err(reason) = vouched.add(written) else {
            continue;
        };
        let (message, help) = match reason {
            NotToVouchFor::Glob => (
                format!("`vendors` takes prefixes and names, and `{written}` is a pattern"),
                "write a prefix up to its dot, such as `acme.`".to_owned(),
            ),
            NotToVouchFor::NoKey if written.is_empty() => (
                "an empty text in `vendors` is no key's name".to_owned(),
                "write a prefix with its dot, such as `acme.`".to_owned(),
            ),
            NotToVouchFor::NoKey => (
                format!("no key is called `{written}`, or begins with it"),
                "write a prefix with its dot, such as `acme.`, or the whole name of a key"
                    .to_owned(),
            ),
            NotToVouchFor::KafkaHas(own) if own == written => (
                format!("`{own}` is Kafka's own"),
                "take it out: `vendors` is for keys that Kafka does not have".to_owned(),
            ),
            NotToVouchFor::KafkaHas(own) => (
                format!("`{written}` would let through misspellings of `{own}`"),
                "write the whole names of the vendor's keys".to_owned(),
            ),
        };
        diagnostics.push(
            Diagnostic::error(Code::OutOfRange, message)
                .at(text.span, "")
                .help(help),
        );
    }
    vouched
}

/// Reads the policy's texts; what is wrong with them is reported.
struct Reader<'r, 'a> {
    resolver: &'r Resolver<'a>,
    diagnostics: &'r mut Diagnostics,
}

impl Reader<'_, '_> {
    fn text(&mut self, text: &Text) -> Option<String> {
        self.resolver
            .evaluate(text, &Context::default(), self.diagnostics)
    }

    fn choice(&mut self, field: &str, word: &str, known: &[&str], span: Span) {
        let near = nearest(word, known.iter().copied());
        self.diagnostics.push(
            Diagnostic::error(Code::OutOfRange, format!("`{field}` cannot be `{word}`"))
                .at(span, near.map(did_you_mean).unwrap_or_default())
                .help(format!("it takes {}", known.join(", "))),
        );
    }

    /// A check whose severity can be chosen.
    fn relation(&mut self, name: &Text) -> Option<Code> {
        let otherwise = || {
            (
                format!("the severity of `{}` cannot be chosen", name.text),
                "`checks` is for relation and style checks; what Kafka refuses stays an error"
                    .to_owned(),
            )
        };
        relation(&name.text, name.span, otherwise, self.diagnostics)
    }

    fn rules(&mut self, policy: &Policy) -> Rules {
        let count = |text: &str| match text.trim().parse::<i64>() {
            Ok(number) if number >= 1 => Ok(number),
            _ => {
                let read = units::reading(text)
                    .filter(|number| *number >= 1)
                    .unwrap_or(3);
                let problem = format!("`{text}` is no positive integer");
                Err((problem, format!("write one, `{read}` for example")))
            }
        };
        let duration = |text: &str| match Measure::Duration.parse(text) {
            // No limit is more than every limit.
            Ok(ms) => Ok(if ms < 0 { i64::MAX } else { ms }),
            Err(error) => Err((error.problem().into_owned(), error.help().into_owned())),
        };
        let mut require_config = Vec::new();
        for (key, value) in &policy.config.require.0 {
            let value = match value {
                None => None,
                Some(text) => self.text(text),
            };
            require_config.push((key.text.clone(), value, key.span));
        }
        Rules {
            allow_names: self.patterns(&policy.names.allow),
            deny_names: self.patterns(&policy.names.deny),
            except_names: self.patterns(&policy.names.except),
            partitions: self.bounds(&policy.partitions.min, &policy.partitions.max, count),
            replication_factor: self.bounds(
                &policy.replication_factor.min,
                &policy.replication_factor.max,
                count,
            ),
            retention: self.bounds(&policy.retention.min, &policy.retention.max, duration),
            require_config,
            allow_config: self.globs(&policy.config.allow),
            deny_config: self.globs(&policy.config.deny),
            owner_required: self.required("owner", policy.owner.as_ref()),
            profile_required: self.required("profile", policy.profile.as_ref()),
        }
    }

    /// Regular expressions, as they are written: their `$` is no variable's.
    fn patterns(&mut self, texts: &[Text]) -> Vec<(Regex, Span)> {
        let mut patterns = Vec::new();
        for text in texts {
            match Regex::new(&text.text) {
                Ok(regex) => patterns.push((regex, text.span)),
                Err(error) => self.diagnostics.push(
                    Diagnostic::error(
                        Code::WrongType,
                        format!("`{}` is no regular expression", text.text),
                    )
                    .at(text.span, "")
                    .detail(error.to_string().lines().last().unwrap_or_default())
                    .help(pattern_of(&text.text)),
                ),
            }
        }
        patterns
    }

    fn globs(&mut self, texts: &[Text]) -> Vec<(GlobMatcher, Span)> {
        let mut globs = Vec::new();
        for text in texts {
            let Some(pattern) = self.text(text) else {
                continue;
            };
            match Glob::new(&pattern) {
                Ok(glob) => globs.push((glob.compile_matcher(), text.span)),
                Err(error) => self.diagnostics.push(
                    Diagnostic::error(Code::WrongType, format!("`{pattern}`: {}", error.kind()))
                        .at(text.span, "")
                        .help("a glob has `*` for any text, as in `retention.*`"),
                ),
            }
        }
        globs
    }

    fn bounds(
        &mut self,
        min: &Option<Text>,
        max: &Option<Text>,
        read: fn(&str) -> Result<i64, (String, String)>,
    ) -> Bounds {
        let mut bound = |text: &Option<Text>| {
            let text = text.as_ref()?;
            let value = self.text(text)?;
            match read(&value) {
                Ok(number) => Some((number, text.span)),
                Err((problem, help)) => {
                    let diagnostic = Diagnostic::error(Code::WrongType, problem);
                    self.diagnostics
                        .push(diagnostic.at(text.span, "").help(help));
                    None
                }
            }
        };
        Bounds {
            min: bound(min),
            max: bound(max),
        }
    }

    fn required(&mut self, field: &str, text: Option<&Text>) -> Option<Span> {
        let text = text?;
        let word = self.text(text)?;
        if word == "required" {
            return Some(text.span);
        }
        if word != "optional" {
            self.choice(field, &word, &["required", "optional"], text.span);
        }
        None
    }
}

/// The regular expression that a glob or a text was meant as.
fn pattern_of(text: &str) -> String {
    let of_glob = format!("^{}$", regex::escape(text).replace("\\*", ".*"));
    format!(
        "a regular expression has `.*` for any text: write {}",
        flow_scalar(&of_glob)
    )
}
