//! How a value that was found is declared instead, so that no other topic changes: the narrowest place
//! of the manifests that says it, and the YAML to write there.
//!
//! Pure text over declared topics. A line that several topics share, a tier's for example, is never
//! the place; nor is the topic's own where others follow its value. What is left then is to accept
//! what was found, which declares nothing.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Sources, Span, is_unprintable};
use crate::limits::Limits;
use crate::topic::{
    ConfigValue, Declared, DeclaredTopic, Field, Layer, MIN_INSYNC_REPLICAS, Origin, TopicName,
};
use crate::wording::and;

/// So many topics are named; of more, only how many.
const MOST_NAMED: usize = 8;

/// What to write, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Declaration {
    /// The end of a sentence: `declare it in its own entry, topics.yaml:4`.
    pub(super) place: String,
    /// One line of YAML, whose first key belongs there.
    pub(super) yaml: String,
}

/// A value that was found and can be declared.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundCount<'a> {
    /// [`Field::Partitions`] or [`Field::ReplicationFactor`].
    pub(super) field: &'a Field,
    pub(super) count: usize,
    /// Why it cannot be another one, for whoever reads the acceptance later.
    pub(super) reason: &'a str,
}

/// What a run's manifests are, as far as advice to change them needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Declaring<'a> {
    pub profile: Option<&'a str>,
    /// What `clusters` calls the cluster.
    pub cluster: Option<&'a str>,
    /// The counts that the policy allows.
    pub limits: Limits,
    pub dependents: &'a Dependents,
    pub sources: &'a Sources,
}

/// What else holds where a line or a value of a topic is changed.
#[derive(Debug, Default)]
pub struct Dependents {
    /// Topics whose partition count follows, by the topic that they follow.
    partitions: HashMap<TopicName, Vec<TopicName>>,
    /// Topics that take over the replication factor.
    replication: HashMap<TopicName, Vec<TopicName>>,
    /// Topics with a value of the same line.
    lines: HashMap<Span, Vec<TopicName>>,
    /// How many topics have their fields in the same mapping.
    mappings: HashMap<Span, usize>,
}

impl Dependents {
    pub fn new<'a>(topics: impl Iterator<Item = &'a DeclaredTopic>) -> Self {
        let mut all = Self::default();
        for topic in topics {
            let name = &topic.name;
            for other in &topic.follows {
                let followers = all.partitions.entry(other.clone()).or_default();
                followers.push(name.clone());
            }
            let partitions = topic.partitions.as_ref().map(|one| &one.origin);
            let factor = topic.replication_factor.as_ref().map(|one| &one.origin);
            if let Some(Layer::Source(main)) = factor.map(|origin| &origin.layer) {
                let followers = all.replication.entry(main.clone()).or_default();
                followers.push(name.clone());
            }
            let lines = partitions.into_iter().chain(factor);
            for line in lines.filter_map(|origin| origin.span) {
                all.lines.entry(line).or_default().push(name.clone());
            }
            if let Some(mapping) = topic.fields {
                *all.mappings.entry(mapping).or_default() += 1;
            }
        }
        all
    }

    /// The topics whose value follows that of this one, directly or through others.
    fn followers(&self, name: &TopicName, field: &Field) -> Vec<&TopicName> {
        let direct = match field {
            Field::Partitions => &self.partitions,
            Field::ReplicationFactor => &self.replication,
            Field::Config(_) => return Vec::new(),
        };
        let mut known = HashSet::from([name]);
        let mut open = vec![name];
        let mut followers = Vec::new();
        while let Some(next) = open.pop() {
            for follower in direct.get(next).into_iter().flatten() {
                if known.insert(follower) {
                    followers.push(follower);
                    open.push(follower);
                }
            }
        }
        followers.sort();
        followers
    }

    /// The other topics that have a value from this line.
    fn sharing(&self, name: &TopicName, line: Option<Span>) -> Vec<&TopicName> {
        let sharing = line.and_then(|line| self.lines.get(&line));
        let others = sharing.into_iter().flatten();
        others.filter(|other| *other != name).collect()
    }

    /// Whether its fields stand in a mapping that no other topic has.
    fn own_mapping(&self, topic: &DeclaredTopic) -> bool {
        let shared_by = topic.fields.and_then(|mapping| self.mappings.get(&mapping));
        shared_by == Some(&1)
    }
}

/// How the found value is declared for this topic alone.
pub(super) fn declaration(
    topic: &DeclaredTopic,
    found: FoundCount<'_>,
    declaring: Declaring<'_>,
) -> Declaration {
    let FoundCount { field, count, .. } = found;
    let Declaring {
        profile,
        dependents,
        sources,
        ..
    } = declaring;
    if !declaring.limits.allow(topic, field, count) {
        let why = "since the policy does not allow to declare it";
        return acceptance(topic, found, declaring, why);
    }
    let followers = dependents.followers(&topic.name, field);
    if !followers.is_empty() {
        let follow = match followers.as_slice() {
            [_] => "would follow",
            _ => "would all follow",
        };
        let why = format!("since {} {follow} another declaration", named(&followers));
        return acceptance(topic, found, declaring, &why);
    }
    if moves_min_insync(topic, found) {
        let why = format!("since {MIN_INSYNC_REPLICAS} would follow another declaration");
        return acceptance(topic, found, declaring, &why);
    }
    let origin = origin(topic, field);
    let line = origin.and_then(|origin| origin.span);
    let others = dependents.sharing(&topic.name, line);
    let shared = match (origin, line) {
        (Some(origin), Some(line)) if !others.is_empty() => Some(format!(
            "{}, {}, which holds for {} too",
            sources.location(line),
            origin.layer,
            named(&others)
        )),
        _ => None,
    };
    let is_own_line = |layer: &Layer| match (layer, profile) {
        (Layer::ProfileTopic(one), Some(profile)) => one == profile,
        (Layer::Topic, None) => true,
        _ => false,
    };
    let own_line = line.filter(|_| origin.is_some_and(|one| is_own_line(&one.layer)));
    if let (Some(_), Some(line)) = (own_line, &shared) {
        // An alias elsewhere needs the anchor that stands here.
        return acceptance(topic, found, declaring, &format!("and leave {line}"));
    }
    let (place, yaml) = match (profile, topic.profile_entry) {
        (Some(profile), Some(entry)) => {
            let entry = sources.location(entry);
            let place = format!("in its entry of `profiles.{profile}.topics`, {entry}");
            (place, format!("{field}: {count}"))
        }
        (Some(profile), None) => {
            let file = sources.location(topic.span).file;
            let name = &topic.name;
            let profile = in_yaml(profile);
            let entry = format!("{{ name: {name}, {field}: {count} }}");
            (
                format!("for this topic under profile {profile}, in {file}"),
                format!("profiles: {{ {profile}: {{ topics: [{entry}] }} }}"),
            )
        }
        (None, _) if dependents.own_mapping(topic) => {
            let own = match topic.source {
                Some(_) => "block",
                None => "entry",
            };
            let entry = sources.location(topic.span);
            let place = format!("in its own {own}, {entry}");
            (place, format!("{field}: {count}"))
        }
        (None, _) => {
            let why = "since it has no fields of its own to change";
            return acceptance(topic, found, declaring, why);
        }
    };
    let not_there = shared.map(|line| format!(" (and not in {line})"));
    let place = format!("declare {count} {place}{}", not_there.unwrap_or_default());
    Declaration { place, yaml }
}

/// Where a value comes from now.
fn origin<'a>(topic: &'a DeclaredTopic, field: &Field) -> Option<&'a Origin> {
    match field {
        Field::Partitions => topic.partitions.as_ref().map(|one| &one.origin),
        Field::ReplicationFactor => topic.replication_factor.as_ref().map(|one| &one.origin),
        Field::Config(_) => None,
    }
}

fn acceptance(
    topic: &DeclaredTopic,
    found: FoundCount<'_>,
    declaring: Declaring<'_>,
    why: &str,
) -> Declaration {
    let FoundCount {
        field,
        count,
        reason,
    } = found;
    let name = &topic.name;
    let file = declaring.sources.location(topic.span).file;
    let only = match (declaring.cluster, declaring.profile) {
        (Some(cluster), _) => format!("cluster: {}, ", in_yaml(cluster)),
        (None, Some(profile)) => format!("profiles: [{}], ", in_yaml(profile)),
        (None, None) => String::new(),
    };
    let entry = format!("topic: {name}, {field}: {count}, {only}reason: {reason}");
    Declaration {
        place: format!("accept it in {file}, {why}"),
        yaml: format!("accepted_mismatches: [{{ {entry} }}]"),
    }
}

/// Whether another replication factor would change min.insync.replicas, or forbid it.
fn moves_min_insync(topic: &DeclaredTopic, found: FoundCount<'_>) -> bool {
    let declared = topic.config.iter();
    let mut declared = declared.filter(|(key, _)| key.as_str() == MIN_INSYNC_REPLICAS);
    let value = |one: &Declared<ConfigValue>| one.value.as_str().parse::<usize>().ok();
    let (Field::ReplicationFactor, Some((_, declared))) = (found.field, declared.next()) else {
        return false;
    };
    value(declared).is_none_or(|least| match &declared.origin.layer {
        // The built-in tier's rule: 2 of three replicas or more, else 1.
        Layer::BuiltInTier(_) => least > 1 && found.count < 3,
        _ => least > found.count,
    })
}

/// A value as it may stand between braces.
pub(crate) fn in_yaml(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let escaped = value.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        // It begins a variable in a manifest.
        '$' => "$$".to_owned(),
        c if is_unprintable(c) => format!("\\U{:08x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

fn named(topics: &[&TopicName]) -> String {
    let names = topics.iter().take(MOST_NAMED).map(ToString::to_string);
    let more = topics.len().saturating_sub(MOST_NAMED);
    let more = (more > 0).then(|| format!("{more} more"));
    and(&names.chain(more).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::in_yaml;

    #[test]
    fn a_value_between_braces_is_read_back_and_shows_all_that_is_in_it() {
        for text in [
            "prod",
            "a b",
            "it's \"so\"",
            "a: b, {c}",
            "$HOME",
            "\\d",
            "\u{202e}x\n\u{7f}\u{e0001}",
            "",
        ] {
            let yaml = in_yaml(text);
            let read: Vec<String> = serde_yaml::from_str(&format!("[{yaml}]")).expect("YAML");
            assert_eq!(read[0].replace("$$", "$"), text, "{yaml}");
            assert!(!yaml.contains(['\u{202e}', '\n', '\u{7f}', '\u{e0001}']));
        }
    }
}
