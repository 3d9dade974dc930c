//! The broker's refusals of new topics, and what would be refused.

use std::collections::BTreeSet;

use super::reading::{TO_CREATE, granted};
use super::{causes, is_new};
use crate::cluster::Refusal;
use crate::context::{RunContext, Target};
use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::outcome::{RunResult, Status, TopicOutcome};
use crate::report::wording::{name_width, plural};
use crate::topic::{Field, Layer, Origin};

/// The broker's refusals; `None` where the preflight only got no answer, which is reported as
/// unknown.
pub(super) fn refused(
    context: &RunContext,
    target: &Target,
    result: &RunResult,
) -> Option<Diagnostic> {
    let identity = result.identity.as_ref()?;
    let refusals: Vec<_> = result
        .topics
        .iter()
        .filter_map(|outcome| match &outcome.status {
            Status::Refused(refusal) => Some((outcome, refusal)),
            _ => None,
        })
        .collect();
    if refusals.is_empty() {
        return None;
    }
    let unauthorized = refusals.iter().filter(|(_, refusal)| refusal.unauthorized);
    let unauthorized: Vec<_> = unauthorized.map(|(one, _)| &one.topic.name).collect();
    let message = format!(
        "the broker refuses {} of {}{}",
        refusals.len(),
        plural(result.topics.iter().filter(is_new).count(), "new topic"),
        causes::consequence(result.check)
    );
    let problem = Diagnostic::error(Code::Refused, message);
    let problem = problem.detail(listed(&refusals, &context.sources));
    let has = |code: &str| refusals.iter().any(|(_, refusal)| refusal.code == code);
    Some(if has("INVALID_REPLICATION_FACTOR") {
        let brokers = identity.broker_count();
        problem.help(format!(
            "the cluster has {}: declare no more replicas than that{}; --wait 60s waits for brokers \
             that are starting",
            plural(brokers, "broker"),
            or_profile(context.fitting_profiles.as_deref())
        ))
    } else if !unauthorized.is_empty() {
        granted(problem, TO_CREATE, &unauthorized, target)
    } else {
        let declared = refusals.iter();
        let declared = declared.flat_map(|(outcome, refusal)| refused_values(outcome, refusal));
        match left_to_broker(declared, context.profile.as_deref()) {
            Some((help, yaml)) => problem.help(help).command(yaml),
            None if has("UNKNOWN_SERVER_ERROR") => problem.help(
                "the broker failed while it checked: its log says why; a create.topic.policy of its \
                 own is a usual cause",
            ),
            None => problem,
        }
    })
}

/// The profiles under which the topics need no more brokers, as the end of a sentence.
pub(super) fn or_profile(fitting: Option<&[String]>) -> String {
    match fitting {
        None => String::new(),
        Some([]) => " (they fit under no other profile)".to_owned(),
        Some([one]) => format!(", or choose the profile under which they fit (--profile {one})"),
        Some(many) => format!(
            ", or choose a profile under which they fit ({})",
            many.join(", ")
        ),
    }
}

/// A declared value that the broker's words are about.
struct RefusedValue<'a> {
    field: Field,
    value: String,
    origin: &'a Origin,
}

/// The declared values that a refusal is about: by its code, else by the keys that it names, else by
/// what it speaks of.
fn refused_values<'a>(outcome: &'a TopicOutcome, refusal: &Refusal) -> Vec<RefusedValue<'a>> {
    let topic = &outcome.topic;
    let partitions = || {
        topic.partitions.as_ref().map(|one| RefusedValue {
            field: Field::Partitions,
            value: one.value.to_string(),
            origin: &one.origin,
        })
    };
    let replication = || {
        topic.replication_factor.as_ref().map(|one| RefusedValue {
            field: Field::ReplicationFactor,
            value: one.value.to_string(),
            origin: &one.origin,
        })
    };
    match refusal.code.as_str() {
        "INVALID_PARTITIONS" => return partitions().into_iter().collect(),
        "INVALID_REPLICATION_FACTOR" => return replication().into_iter().collect(),
        "INVALID_TOPIC_EXCEPTION" => return Vec::new(),
        _ => {}
    }
    let named = topic.config.iter();
    let named = named.filter(|(key, _)| names(&refusal.message, key.as_str()));
    let named: Vec<_> = named
        .map(|(key, one)| RefusedValue {
            field: Field::Config(key.clone()),
            value: one.value.to_string(),
            origin: &one.origin,
        })
        .collect();
    if !named.is_empty() {
        return named;
    }
    let words = refusal.message.to_lowercase();
    let about = |word: &str| words.contains(word);
    match (about("replica"), about("partition")) {
        (true, _) => replication().into_iter().collect(),
        (false, true) => partitions().into_iter().collect(),
        (false, false) => Vec::new(),
    }
}

/// Whether a text names a key, and not only one that begins or ends with it.
fn names(text: &str, key: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.match_indices(key).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + key.len()..]);
        let mut follows = after.chars();
        let continues = match follows.next() {
            // The full stop of a sentence is none of a key.
            Some('.') => follows.next().is_some_and(is_inside),
            next => next.is_some_and(is_inside),
        };
        let begins = !before.ends_with(|c: char| is_inside(c) || c == '.');
        begins && !continues
    })
}

/// How configurations are left to the broker that the topics' own entries do not set; under a profile
/// by its entries, which are stronger than all else and hold for no other one.
fn left_to_broker<'a>(
    values: impl Iterator<Item = RefusedValue<'a>>,
    profile: Option<&str>,
) -> Option<(String, String)> {
    let mut keys = BTreeSet::new();
    let mut are_of_tiers = true;
    for RefusedValue { field, origin, .. } in values {
        let (Field::Config(key), false) = (field, origin.layer == Layer::Topic) else {
            continue;
        };
        keys.insert(format!("{key}: ~"));
        are_of_tiers &= matches!(
            origin.layer,
            Layer::BuiltInTier(_) | Layer::Tier(_) | Layer::ProfileTier { .. }
        );
    }
    let place = match profile {
        None => "in the entries of these topics".to_owned(),
        Some(profile) => format!("in entries of `profiles.{profile}.topics` for these topics"),
    };
    let plain = match are_of_tiers {
        true => ", or give them `tier: plain`, which leaves all of it to the broker",
        false => "",
    };
    (!keys.is_empty()).then(|| {
        let keys: Vec<_> = keys.into_iter().collect();
        (
            format!("leave to the broker what it does not take, {place}{plain}:"),
            format!("config: {{ {} }}", keys.join(", ")),
        )
    })
}

/// The lines that declare what a refusal is about.
fn declared_by(outcome: &TopicOutcome, refusal: &Refusal, sources: &Sources) -> Vec<String> {
    let declared = refused_values(outcome, refusal).into_iter().map(|one| {
        let RefusedValue {
            field,
            value,
            origin,
        } = one;
        let place = origin
            .span
            .map(|span| format!(", {}", sources.location(span)));
        let layer = &origin.layer;
        format!(
            "{field} {value}, declared by {layer}{}",
            place.unwrap_or_default()
        )
    });
    declared.collect()
}

/// Topics with their places, those of one reason together, and below them the reason and the lines
/// that declare what it is about.
fn listed(refusals: &[(&TopicOutcome, &Refusal)], sources: &Sources) -> String {
    let mut by_reason: Vec<(String, BTreeSet<String>, Vec<&TopicOutcome>)> = Vec::new();
    for (outcome, refusal) in refusals {
        let reason = refusal.to_string();
        let declared = declared_by(outcome, refusal, sources);
        match by_reason.iter_mut().find(|(known, ..)| *known == reason) {
            Some((_, lines, outcomes)) => {
                lines.extend(declared);
                outcomes.push(outcome);
            }
            None => by_reason.push((reason, declared.into_iter().collect(), vec![outcome])),
        }
    }
    let width = name_width(
        refusals
            .iter()
            .map(|(outcome, _)| outcome.topic.name.as_str()),
    );
    let mut lines = Vec::new();
    for (reason, declared, outcomes) in by_reason {
        lines.extend(outcomes.iter().map(|outcome| {
            let place = sources.location(outcome.topic.span);
            format!("{:<width$}   {place}", outcome.topic.name)
        }));
        let reason = std::iter::once(reason).chain(declared);
        lines.extend(reason.map(|line| format!("          {line}")));
    }
    lines.join("\n")
}
