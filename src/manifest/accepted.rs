//! `accepted_mismatches`, read into checked values. Pure; which day it is does not matter here.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::interpolate::Context;
use super::keys::{Keys, Within};
use super::names::topic_name;
use super::raw;
use super::resolver::Resolver;
use super::values;
use super::yaml::Text;
use crate::accepted::Accepted;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::topic::{ConfigKey, DeclaredTopic, TopicName};
use crate::wording::did_you_mean;

/// Reads every entry; what is wrong with one is reported, and the entry left out. So is one of a
/// topic that is declared `elsewhere` only: under another profile, or for another cluster.
pub(super) fn read(
    resolver: &Resolver<'_>,
    topics: &[DeclaredTopic],
    elsewhere: impl FnOnce() -> BTreeSet<TopicName>,
    diagnostics: &mut Diagnostics,
) -> Vec<Accepted> {
    let names = Names {
        here: topics.iter().map(|topic| &topic.name).collect(),
        // Seldom asked for, and as much work as another run for each profile.
        elsewhere: LazyCell::new(elsewhere),
    };
    let entries = &resolver.project.accepted;
    entries
        .iter()
        .filter_map(|raw| entry(raw, resolver, &names, diagnostics))
        .collect()
}

struct Names<'a, F> {
    here: BTreeSet<&'a TopicName>,
    elsewhere: LazyCell<BTreeSet<TopicName>, F>,
}

fn entry(
    raw: &raw::Accepted,
    resolver: &Resolver<'_>,
    names: &Names<'_, impl FnOnce() -> BTreeSet<TopicName>>,
    diagnostics: &mut Diagnostics,
) -> Option<Accepted> {
    let none = Context::default();
    let value = resolver.evaluate(&raw.topic, &none, diagnostics)?;
    let topic = topic_name(&value, raw.topic.span, diagnostics)?;
    if !names.here.contains(&topic) {
        if names.elsewhere.contains(&topic) {
            return None;
        }
        let known = names.here.iter().map(|name| name.as_str());
        let near = nearest(topic.as_str(), known).map(did_you_mean);
        diagnostics.push(
            Diagnostic::error(
                Code::UnknownTopic,
                format!("no topic `{topic}` is declared"),
            )
            .at(raw.topic.span, near.unwrap_or_default())
            .help("mismatches are accepted of declared topics"),
        );
        return None;
    }
    let partitions = count("partitions", raw.partitions.as_ref(), resolver, diagnostics);
    let factor = raw.replication_factor.as_ref();
    let replication_factor = count("replication_factor", factor, resolver, diagnostics);
    let mut config = BTreeMap::new();
    for (key, text) in &raw.config {
        let known = Keys {
            vendors: &resolver.vendors,
            within: Within::AcceptedMismatch,
        };
        if !known.check(key, Some(text), diagnostics) {
            continue;
        }
        let Some(value) = resolver.evaluate(text, &none, diagnostics) else {
            continue;
        };
        if let Some(value) = values::config_value(&key.text, &value, text.span, diagnostics) {
            config.insert(ConfigKey::new(key.text.as_str()), value);
        }
    }
    if raw.partitions.is_none() && factor.is_none() && raw.config.is_empty() {
        diagnostics.push(
            Diagnostic::error(Code::MissingField, "an accepted mismatch names no value")
                .at(raw.topic.span, "")
                .help("name what is found: `partitions`, `replication_factor` or `config`"),
        );
    }
    let until = raw.until.as_ref().and_then(|text| {
        let value = resolver.evaluate(text, &none, diagnostics)?;
        let date = day(value.trim());
        if date.is_none() {
            diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    format!("`until` is `{value}`, expected a day"),
                )
                .at(text.span, "")
                .help("write it as YYYY-MM-DD: `until: 2030-12-31`"),
            );
        }
        date
    });
    let reason = resolver.evaluate(&raw.reason, &none, diagnostics)?;
    let span = raw.topic.span;
    if !holds(raw, resolver, diagnostics) {
        return None;
    }
    Some(Accepted {
        topic,
        partitions,
        replication_factor,
        config,
        reason,
        until,
        span,
    })
}

/// Whether an entry is for this run: its profile, and the cluster that it was told.
fn holds(raw: &raw::Accepted, resolver: &Resolver<'_>, diagnostics: &mut Diagnostics) -> bool {
    let none = Context::default();
    let mut under_profile = raw.profiles.is_none();
    for text in raw.profiles.iter().flatten() {
        let Some(name) = resolver.evaluate(text, &none, diagnostics) else {
            continue;
        };
        under_profile |= resolver.is_chosen(&name);
        let named = Text {
            text: name,
            span: text.span,
        };
        resolver.project.profile(&named, diagnostics);
    }
    let Some(text) = &raw.cluster else {
        return under_profile;
    };
    let Some(name) = resolver.evaluate(text, &none, diagnostics) else {
        return false;
    };
    let clusters = &resolver.project.clusters;
    if !clusters.contains_key(name.as_str()) {
        let near = nearest(&name, clusters.keys().copied()).map(did_you_mean);
        let message = format!("the cluster `{name}` is not declared");
        diagnostics.push(
            Diagnostic::error(Code::UnknownCluster, message)
                .at(text.span, near.unwrap_or_default())
                .help("name one of `clusters`, or leave `cluster` out for all"),
        );
    }
    under_profile && resolver.cluster == Some(name.as_str())
}

fn count(
    field: &str,
    text: Option<&Text>,
    resolver: &Resolver<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    let text = text?;
    let value = resolver.evaluate(text, &Context::default(), diagnostics)?;
    let count = values::positive(field, &value, text.span, diagnostics)?;
    usize::try_from(count).ok()
}

/// Reads `YYYY-MM-DD` and no other form; `None` for what is no day.
fn day(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    (date.year() >= 0 && date.to_string() == text).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_that_exist() {
        for text in ["2026-01-31", "2028-02-29", "2000-02-29", "2026-12-31"] {
            assert_eq!(
                day(text).map(|date| date.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "20260101",
            "-002026-01-01",
            "2026-01-01T00:00",
            "soon",
            "",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
