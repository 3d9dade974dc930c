//! The team's own rules: what names, counts, retentions and configurations may be. Pure.
//!
//! Judges resolved topics, and shows the rule's own place beside the topic's. Topics that belong to
//! somebody else are not judged. A policy is not silenced by a topic's `allow`.

use globset::{Glob, GlobMatcher};
use regex::Regex;

use super::interpolate::Context;
use super::raw::{Policy, Range};
use super::resolve::Resolver;
use super::yaml::Text;
use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Span, nearest};
use crate::topic::{ConfigKey, DeclaredTopic, Role};
use crate::units;

const RETENTION_MS: &str = "retention.ms";

/// Judges every topic, and the run itself.
pub(super) fn check(
    policy: &Policy,
    topics: &[DeclaredTopic],
    resolver: &Resolver<'_>,
    diagnostics: &mut Diagnostics,
) {
    let reader = &mut Reader {
        resolver,
        diagnostics,
    };
    let rules = Rules::read(policy, reader);
    if let Some(span) = rules.profile_required
        && resolver.profiles.is_empty()
    {
        reader.diagnostics.push(
            Diagnostic::error(
                Code::PolicyProfile,
                "the policy requires a profile, and none is chosen",
            )
            .at(span, "required here")
            .help("choose one with --profile or TOPICCTL_PROFILE"),
        );
    }
    for topic in topics.iter().filter(|topic| !topic.external) {
        rules.judge(topic, reader.diagnostics);
    }
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
        let code = reader.relation_code(name);
        let severity = reader.text(text).and_then(|word| match word.as_str() {
            "allow" => Some(None),
            "warn" => Some(Some(Severity::Warning)),
            "error" => Some(Some(Severity::Error)),
            _ => {
                reader.choice("checks", &word, &["allow", "warn", "error"], text.span);
                None
            }
        });
        severities.extend(code.zip(severity));
    }
    severities
}

/// The findings that the policy makes failures.
pub(super) fn fail_on(
    policy: &Policy,
    resolver: &Resolver<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<String>> {
    let mut reader = Reader {
        resolver,
        diagnostics,
    };
    let known = [
        "missing",
        "mismatch",
        "unmanaged",
        "undeclared",
        "health",
        "none",
    ];
    let words = policy.fail_on.as_ref()?.iter().filter_map(|text| {
        let word = reader.text(text)?;
        let fits = known.contains(&word.as_str());
        if !fits {
            reader.choice("fail_on", &word, &known, text.span);
        }
        fits.then_some(word)
    });
    let words: Vec<String> = words.collect();
    if let [first, .., _] = policy.fail_on.as_deref().unwrap_or_default()
        && words.iter().any(|word| word == "none")
    {
        diagnostics.push(
            Diagnostic::error(Code::OutOfRange, "`none` in `fail_on` stands alone")
                .at(first.span, "")
                .help("leave `none` out, or all the others"),
        );
    }
    Some(words)
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
                .at(
                    span,
                    near.map(|near| format!("did you mean `{near}`?"))
                        .unwrap_or_default(),
                )
                .help(format!("it takes {}", known.join(", "))),
        );
    }

    fn relation_code(&mut self, name: &Text) -> Option<Code> {
        let codes = || Code::ALL.iter().copied();
        if let Some(code) = codes().find(|code| code.as_str() == name.text) {
            if code.is_relation() {
                return Some(code);
            }
            self.diagnostics.push(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!("the severity of `{}` cannot be chosen", name.text),
                )
                .at(name.span, "")
                .help(
                    "`checks` is for relation and style checks; what Kafka refuses stays an error",
                ),
            );
            return None;
        }
        let relations = codes().filter(|code| code.is_relation()).map(Code::as_str);
        let near = nearest(&name.text, relations);
        self.diagnostics.push(
            Diagnostic::error(
                Code::OutOfRange,
                format!("`{}` is not the code of a check", name.text),
            )
            .at(
                name.span,
                near.map(|near| format!("did you mean `{near}`?"))
                    .unwrap_or_default(),
            ),
        );
        None
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
                    .detail(error.to_string().lines().last().unwrap_or_default()),
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
                        .at(text.span, ""),
                ),
            }
        }
        globs
    }

    fn bounds(&mut self, range: &Range, read: fn(&str) -> Result<i64, String>) -> Bounds {
        let mut bound = |text: &Option<Text>| {
            let text = text.as_ref()?;
            let value = self.text(text)?;
            match read(&value) {
                Ok(number) => Some((number, text.span)),
                Err(problem) => {
                    self.diagnostics
                        .push(Diagnostic::error(Code::WrongType, problem).at(text.span, ""));
                    None
                }
            }
        };
        Bounds {
            min: bound(&range.min),
            max: bound(&range.max),
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

#[derive(Default)]
struct Bounds {
    min: Option<(i64, Span)>,
    max: Option<(i64, Span)>,
}

impl Bounds {
    /// The broken bound: in words, and where it stands.
    fn broken(&self, value: i64, human: impl Fn(i64) -> String) -> Option<(String, Span)> {
        let below = self.min.filter(|(min, _)| value < *min);
        let above = self.max.filter(|(max, _)| value > *max);
        let below = below.map(|(min, span)| (format!("at least {}", human(min)), span));
        below.or_else(|| above.map(|(max, span)| (format!("at most {}", human(max)), span)))
    }
}

/// A policy is often another team's.
const OWNER_OF_POLICY: &str = "where the topic needs it, ask whoever keeps the policy";

struct Rules {
    allow_names: Vec<(Regex, Span)>,
    deny_names: Vec<(Regex, Span)>,
    except_names: Vec<(Regex, Span)>,
    partitions: Bounds,
    replication_factor: Bounds,
    retention: Bounds,
    require_config: Vec<(String, Option<String>, Span)>,
    allow_config: Vec<(GlobMatcher, Span)>,
    deny_config: Vec<(GlobMatcher, Span)>,
    owner_required: Option<Span>,
    profile_required: Option<Span>,
}

impl Rules {
    fn read(policy: &Policy, reader: &mut Reader<'_, '_>) -> Self {
        let count = |text: &str| match text.trim().parse::<i64>() {
            Ok(number) if number >= 1 => Ok(number),
            _ => Err(format!("`{text}` is no positive integer")),
        };
        let duration = |text: &str| match units::parse_duration_ms(text) {
            // No limit is more than every limit.
            Ok(ms) => Ok(if ms < 0 { i64::MAX } else { ms }),
            Err(error) => Err(error.to_string()),
        };
        let mut require_config = Vec::new();
        for (key, value) in &policy.require_config {
            let value = match value {
                None => None,
                Some(text) => reader.text(text),
            };
            require_config.push((key.text.clone(), value, key.span));
        }
        Self {
            allow_names: reader.patterns(&policy.allow_names),
            deny_names: reader.patterns(&policy.deny_names),
            except_names: reader.patterns(&policy.except_names),
            partitions: reader.bounds(&policy.partitions, count),
            replication_factor: reader.bounds(&policy.replication_factor, count),
            retention: reader.bounds(&policy.retention, duration),
            require_config,
            allow_config: reader.globs(&policy.allow_config),
            deny_config: reader.globs(&policy.deny_config),
            owner_required: reader.required("owner", policy.owner.as_ref()),
            profile_required: reader.required("profile", policy.profile.as_ref()),
        }
    }

    fn judge(&self, topic: &DeclaredTopic, diagnostics: &mut Diagnostics) {
        if topic.role == Role::Main {
            diagnostics.extend(self.name(topic));
            if let Some(span) = self.owner_required
                && topic.owner.is_none()
            {
                diagnostics.push(
                    Diagnostic::error(Code::PolicyOwner, format!("`{}` has no owner", topic.name))
                        .at(topic.span, "add `owner:`")
                        .and(span, "required here")
                        .help("name who answers for it, a team for example: `owner: billing`"),
                );
            }
        }
        let number = |number: i64| number.to_string();
        if let Some(declared) = &topic.partitions {
            let value = i64::from(declared.value.get());
            let span = declared.origin.span;
            diagnostics.extend(self.partitions.broken(value, number).map(|(wanted, rule)| {
                let count = if value == 1 {
                    "1 partition"
                } else {
                    &format!("{value} partitions")
                };
                let problem = format!("`{}` has {count}", topic.name);
                broken(
                    Code::PolicyPartitions,
                    &problem,
                    &wanted,
                    span.unwrap_or(topic.span),
                    rule,
                )
            }));
        }
        if let Some(declared) = &topic.replication_factor {
            let value = i64::from(declared.value.get());
            let span = declared.origin.span.unwrap_or(topic.span);
            diagnostics.extend(self.replication_factor.broken(value, number).map(
                |(wanted, rule)| {
                    let problem = format!("`{}` has replication factor {value}", topic.name);
                    broken(Code::PolicyReplicationFactor, &problem, &wanted, span, rule)
                },
            ));
        }
        if let Some(declared) = topic.config.get(&ConfigKey::new(RETENTION_MS))
            && let Ok(ms) = declared.value.as_str().parse::<i64>()
        {
            let value = if ms < 0 { i64::MAX } else { ms };
            let human = |ms: i64| catalog::human(RETENTION_MS, &ms.to_string());
            let span = declared.origin.span.unwrap_or(topic.span);
            diagnostics.extend(self.retention.broken(value, human).map(|(wanted, rule)| {
                let problem = match value {
                    i64::MAX => format!("`{}` keeps messages without limit", topic.name),
                    _ => format!("`{}` keeps messages for {}", topic.name, human(value)),
                };
                broken(Code::PolicyRetention, &problem, &wanted, span, rule)
            }));
        }
        self.config(topic, diagnostics);
    }

    fn name(&self, topic: &DeclaredTopic) -> Option<Diagnostic> {
        let name = topic.name.as_str();
        let matching = |list: &[(Regex, Span)]| {
            list.iter()
                .find(|(regex, _)| regex.is_match(name))
                .map(|(_, span)| *span)
        };
        if matching(&self.except_names).is_some() {
            return None;
        }
        if let Some(rule) = matching(&self.deny_names) {
            return Some(
                Diagnostic::error(
                    Code::PolicyName,
                    format!("the policy denies the name `{name}`"),
                )
                .at(topic.span, "")
                .and(rule, "denied here")
                .help("choose another name, or list this one in the policy's `names.except`"),
            );
        }
        let (_, rule) = self.allow_names.first()?;
        if matching(&self.allow_names).is_some() {
            return None;
        }
        Some(
            Diagnostic::error(
                Code::PolicyName,
                format!("the policy does not allow the name `{name}`"),
            )
            .at(topic.span, "")
            .and(*rule, "no pattern here matches it")
            .help("choose a name that one matches, or list it in the policy's `names.except`"),
        )
    }

    fn config(&self, topic: &DeclaredTopic, diagnostics: &mut Diagnostics) {
        for (key, wanted, rule) in &self.require_config {
            let found = topic.config.get(&ConfigKey::new(key.as_str()));
            let problem = match (found, wanted) {
                (None, _) => Some((topic.span, format!("`{}` does not set `{key}`", topic.name))),
                (Some(found), Some(wanted)) => {
                    let value = found.value.as_str();
                    let wanted = match catalog::lookup(key).map(|spec| catalog::parse(spec, wanted))
                    {
                        Some(Ok(parsed)) => parsed.as_str().to_owned(),
                        _ => wanted.clone(),
                    };
                    let span = found.origin.span.unwrap_or(topic.span);
                    let human = catalog::human(key, value);
                    (!catalog::same(key, &wanted, value)).then(|| {
                        let wanted = catalog::human(key, &wanted);
                        let problem = format!(
                            "`{}` sets `{key}` to {human}, and the policy wants {wanted}",
                            topic.name
                        );
                        (span, problem)
                    })
                }
                (Some(_), None) => None,
            };
            diagnostics.extend(problem.map(|(span, problem)| {
                Diagnostic::error(Code::PolicyConfig, problem)
                    .at(span, "")
                    .and(*rule, "required here")
                    .help("set it as required, in the topic or in its tier")
            }));
        }
        // What a built-in tier sets is nobody's choice that a policy could forbid.
        for (key, span) in topic
            .config
            .iter()
            .filter_map(|(key, declared)| Some((key, declared.origin.span?)))
        {
            let named = |list: &[(GlobMatcher, Span)]| {
                list.iter()
                    .find(|(glob, _)| glob.is_match(key.as_str()))
                    .map(|(_, span)| *span)
            };
            let rule = match (named(&self.deny_config), self.allow_config.first()) {
                (Some(rule), _) => Some((rule, "denied here")),
                (None, Some((_, rule))) if named(&self.allow_config).is_none() => {
                    Some((*rule, "not among these"))
                }
                _ => None,
            };
            diagnostics.extend(rule.map(|(rule, label)| {
                Diagnostic::error(
                    Code::PolicyConfig,
                    format!("the policy does not allow `{key}`"),
                )
                .at(span, "take it out")
                .and(rule, label)
                .help(OWNER_OF_POLICY)
            }));
        }
    }
}

fn broken(code: Code, problem: &str, wanted: &str, place: Span, rule: Span) -> Diagnostic {
    Diagnostic::error(code, format!("{problem}, and the policy wants {wanted}"))
        .at(place, format!("make it {wanted}"))
        .and(rule, "the rule")
        .help(OWNER_OF_POLICY)
}
