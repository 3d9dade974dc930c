//! A policy's rules as checked values, and what they say of a topic. Pure; reads no text.
//!
//! Every problem shows the rule's own place beside the topic's.

use globset::GlobMatcher;
use regex::Regex;

use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::limits::{CountLimit, Limits};
use crate::topic::{ConfigKey, DeclaredTopic, RETENTION_MS, Role};
use crate::wording::plural;

/// The smallest and the largest value, where there are such.
#[derive(Default)]
pub(super) struct Bounds {
    pub(super) min: Option<(i64, Span)>,
    pub(super) max: Option<(i64, Span)>,
}

/// A bound that a value does not keep.
struct Broken {
    wanted: String,
    rule: Span,
}

impl Bounds {
    fn limit(&self) -> CountLimit {
        CountLimit {
            min: self.min.map(|(min, _)| min),
            max: self.max.map(|(max, _)| max),
        }
    }

    fn broken(&self, value: i64, human: impl Fn(i64) -> String) -> Option<Broken> {
        let below = self.min.filter(|(min, _)| value < *min);
        let above = self.max.filter(|(max, _)| value > *max);
        let (bound, (limit, rule)) = match (below, above) {
            (Some(min), _) => ("at least", min),
            (None, Some(max)) => ("at most", max),
            (None, None) => return None,
        };
        let wanted = format!("{bound} {}", human(limit));
        Some(Broken { wanted, rule })
    }
}

impl Broken {
    fn diagnostic(self, code: Code, problem: &str, place: Span) -> Diagnostic {
        let message = format!("{problem}, and the policy wants {}", self.wanted);
        Diagnostic::error(code, message)
            .at(place, format!("make it {}", self.wanted))
            .and(self.rule, "the rule")
            .help(OWNER_OF_POLICY)
    }
}

/// A policy is often another team's.
const OWNER_OF_POLICY: &str = "where the topic needs it, ask whoever keeps the policy";

/// A policy, read. Each rule has its place.
pub(super) struct Rules {
    pub(super) allow_names: Vec<(Regex, Span)>,
    pub(super) deny_names: Vec<(Regex, Span)>,
    pub(super) except_names: Vec<(Regex, Span)>,
    pub(super) partitions: Bounds,
    pub(super) replication_factor: Bounds,
    pub(super) retention: Bounds,
    pub(super) require_config: Vec<(String, Option<String>, Span)>,
    pub(super) allow_config: Vec<(GlobMatcher, Span)>,
    pub(super) deny_config: Vec<(GlobMatcher, Span)>,
    pub(super) owner_required: Option<Span>,
    pub(super) profile_required: Option<Span>,
}

impl Rules {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            partitions: self.partitions.limit(),
            replication_factor: self.replication_factor.limit(),
        }
    }

    pub(super) fn judge(&self, topic: &DeclaredTopic, diagnostics: &mut Diagnostics) {
        if topic.role == Role::Main {
            diagnostics.extend(self.name(topic));
            diagnostics.extend(self.owner(topic));
        }
        diagnostics.extend(self.partitions(topic));
        diagnostics.extend(self.replication_factor(topic));
        diagnostics.extend(self.retention(topic));
        diagnostics.extend(self.missing_config(topic));
        diagnostics.extend(self.forbidden_config(topic));
    }

    fn owner(&self, topic: &DeclaredTopic) -> Option<Diagnostic> {
        let rule = self.owner_required.filter(|_| topic.owner.is_none())?;
        Some(
            Diagnostic::error(Code::PolicyOwner, format!("`{}` has no owner", topic.name))
                .at(topic.span, "add `owner:`")
                .and(rule, "required here")
                .help("name who answers for it, a team for example: `owner: billing`"),
        )
    }

    fn partitions(&self, topic: &DeclaredTopic) -> Option<Diagnostic> {
        let declared = topic.partitions.as_ref()?;
        let value = i64::from(declared.value.get());
        let broken = self.partitions.broken(value, |number| number.to_string())?;
        let problem = format!("`{}` has {}", topic.name, plural(value, "partition"));
        let place = declared.origin.span.unwrap_or(topic.span);
        Some(broken.diagnostic(Code::PolicyPartitions, &problem, place))
    }

    fn replication_factor(&self, topic: &DeclaredTopic) -> Option<Diagnostic> {
        let declared = topic.replication_factor.as_ref()?;
        let value = i64::from(declared.value.get());
        let number = |number: i64| number.to_string();
        let broken = self.replication_factor.broken(value, number)?;
        let problem = format!("`{}` has replication factor {value}", topic.name);
        let place = declared.origin.span.unwrap_or(topic.span);
        Some(broken.diagnostic(Code::PolicyReplicationFactor, &problem, place))
    }

    fn retention(&self, topic: &DeclaredTopic) -> Option<Diagnostic> {
        let declared = topic.config.get(&ConfigKey::new(RETENTION_MS))?;
        let ms = declared.value.as_str().parse::<i64>().ok()?;
        let value = if ms < 0 { i64::MAX } else { ms };
        let human = |ms: i64| catalog::human(RETENTION_MS, &ms.to_string());
        let broken = self.retention.broken(value, human)?;
        let problem = match value {
            i64::MAX => format!("`{}` keeps messages without limit", topic.name),
            _ => format!("`{}` keeps messages for {}", topic.name, human(value)),
        };
        let place = declared.origin.span.unwrap_or(topic.span);
        Some(broken.diagnostic(Code::PolicyRetention, &problem, place))
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

    fn missing_config(&self, topic: &DeclaredTopic) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for (key, wanted, rule) in &self.require_config {
            let (place, problem) = match (topic.config.get(&ConfigKey::new(key.as_str())), wanted) {
                (None, _) => (topic.span, format!("`{}` does not set `{key}`", topic.name)),
                (Some(found), Some(wanted)) if !is_value(key, found.value.as_str(), wanted) => {
                    let found_value = catalog::human(key, found.value.as_str());
                    let place = found.origin.span.unwrap_or(topic.span);
                    let wanted = catalog::lookup(key)
                        .and_then(|spec| catalog::parse(spec, wanted).ok())
                        .map_or_else(|| wanted.clone(), |parsed| parsed.as_str().to_owned());
                    let problem = format!(
                        "`{}` sets `{key}` to {found_value}, and the policy wants {}",
                        topic.name,
                        catalog::human(key, &wanted)
                    );
                    (place, problem)
                }
                (Some(_), _) => continue,
            };
            problems.push(
                Diagnostic::error(Code::PolicyConfig, problem)
                    .at(place, "")
                    .and(*rule, "required here")
                    .help("set it as required, in the topic or in its tier"),
            );
        }
        problems
    }

    fn forbidden_config(&self, topic: &DeclaredTopic) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for (key, declared) in &topic.config {
            // What a built-in tier sets is nobody's choice that a policy could forbid.
            let Some(place) = declared.origin.span else {
                continue;
            };
            let named = |list: &[(GlobMatcher, Span)]| {
                list.iter()
                    .find(|(glob, _)| glob.is_match(key.as_str()))
                    .map(|(_, span)| *span)
            };
            let (rule, label) = match (named(&self.deny_config), self.allow_config.first()) {
                (Some(rule), _) => (rule, "denied here"),
                (None, Some((_, rule))) if named(&self.allow_config).is_none() => {
                    (*rule, "not among these")
                }
                _ => continue,
            };
            let message = format!("the policy does not allow `{key}`");
            problems.push(
                Diagnostic::error(Code::PolicyConfig, message)
                    .at(place, "take it out")
                    .and(rule, label)
                    .help(OWNER_OF_POLICY),
            );
        }
        problems
    }
}

/// Whether a declared value is the one that the policy wants.
fn is_value(key: &str, declared: &str, wanted: &str) -> bool {
    let parsed = catalog::lookup(key).and_then(|spec| catalog::parse(spec, wanted).ok());
    let wanted = parsed.as_ref().map_or(wanted, |parsed| parsed.as_str());
    catalog::same(key, wanted, declared)
}
