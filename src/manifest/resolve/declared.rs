//! Candidates and their values to declared topics: the fields that no layer but the entry itself
//! gives are read here. Pure; gives no partitions, replication factor or configuration.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};
use crate::manifest::candidates::{Candidate, Candidates};
use crate::manifest::layers::MergedSettings;
use crate::manifest::raw;
use crate::manifest::resolve::merge::Layers;
use crate::manifest::resolver::Resolver;
use crate::manifest::values::{PartitionSpec, positive, relation, relations};
use crate::manifest::yaml::Text;
use crate::topic::{ConsumerGroup, Declared, DeclaredTopic, PartitionKey, Partitioner, Partitions};
use crate::wording::did_you_mean;

/// All topics, by family: each main topic with its retry ladder, dead letters and errors behind it.
pub(super) fn topics(
    layers: &Layers<'_, '_>,
    candidates: &Candidates<'_>,
    merged: Vec<MergedSettings>,
    partitions: Vec<Option<Declared<Partitions>>>,
    diagnostics: &mut Diagnostics,
) -> Vec<DeclaredTopic> {
    let values = merged.into_iter().zip(partitions);
    let mut topics: Vec<_> = candidates
        .list
        .iter()
        .zip(values)
        .map(|(candidate, (merged, partitions))| {
            let profiles = layers.resolver.profiles.iter();
            let patches = profiles.filter_map(|(profile, _)| {
                let topics = &layers.profile_topics;
                topics.of(profile, &candidate.name)
            });
            let mut entry = Entry {
                resolver: layers.resolver,
                candidate,
                patches: patches.collect(),
                profile_entry: layers.resolver.profiles.last().and_then(|(chosen, _)| {
                    let patch = layers.profile_topics.of(chosen, &candidate.name)?;
                    Some(patch.name.span)
                }),
                diagnostics,
            };
            let source = candidate.source.map(|source| &candidates.list[source]);
            entry.topic(source, merged, partitions)
        })
        .collect();
    let step = |topic: &DeclaredTopic| topic.delay.as_ref().map(|delay| delay.index);
    topics.sort_by(|a, b| {
        (a.family(), a.role, step(a), &a.name).cmp(&(b.family(), b.role, step(b), &b.name))
    });
    topics
}

struct Entry<'e, 'a> {
    resolver: &'e Resolver<'a>,
    candidate: &'e Candidate<'a>,
    /// What the chosen profiles have for it, the strongest last.
    patches: Vec<&'e raw::TopicPatch>,
    profile_entry: Option<Span>,
    diagnostics: &'e mut Diagnostics,
}

impl Entry<'_, '_> {
    fn topic(
        &mut self,
        source: Option<&Candidate<'_>>,
        merged: MergedSettings,
        partitions: Option<Declared<Partitions>>,
    ) -> DeclaredTopic {
        let candidate = self.candidate;
        let raw = candidate.raw;
        let owner = raw
            .and_then(|raw| raw.basics.owner.as_ref())
            .or(candidate.owner);
        // Another team's entry beside this one may name its own groups.
        let entries = raw.into_iter().chain(candidate.beside.iter().copied());
        let mut consumer_groups: Vec<_> = entries
            .flat_map(|entry| &entry.usage.consumer_groups.0)
            .filter_map(|group| self.group(group))
            .collect();
        let patches = std::mem::take(&mut self.patches);
        for group in patches.iter().flat_map(|patch| &patch.consumer_groups.0) {
            let Some(group) = self.group(group) else {
                continue;
            };
            let mut stated = consumer_groups.iter_mut();
            match stated.find(|one| one.name == group.name) {
                Some(stated) => stated.patch(group),
                None => consumer_groups.push(group),
            }
        }
        let own = raw.map_or(&[][..], |raw| &raw.usage.allow);
        let allow = own
            .iter()
            .chain(patches.iter().flat_map(|patch| &patch.allow));
        let follows = match merged.partitions.as_ref().map(|(spec, _)| spec) {
            Some(PartitionSpec::SameAs(other)) => vec![other.clone()],
            Some(PartitionSpec::Source) if candidate.is_late() => candidate.widest_of.clone(),
            Some(PartitionSpec::Source) => source.iter().map(|one| one.name.clone()).collect(),
            Some(PartitionSpec::Count(_)) | None => Vec::new(),
        };
        let (replication_factor, config) = merged.into_values();
        DeclaredTopic {
            name: candidate.name.clone(),
            role: candidate.role,
            source: source.map(|source| source.name.clone()),
            delay: candidate.delay.clone(),
            shared_dlq: candidate.shared_dlq.as_ref().map(|(name, _)| name.clone()),
            tier: candidate.tier.map(|(tier, _)| tier.to_owned()),
            description: self.text(raw.and_then(|raw| raw.basics.described.description.as_ref())),
            owner: self.text(owner),
            external: candidate.external,
            partitions,
            replication_factor,
            config,
            env: self.text(raw.and_then(|raw| raw.usage.env.as_ref())),
            allow: allow.filter_map(|code| self.check(code)).collect(),
            consumer_groups,
            // Filled in once every topic is there.
            steps: Vec::new(),
            partition_key: raw
                .and_then(|raw| raw.usage.partition_key.as_ref())
                .map(|key| self.partition_key(key)),
            follows,
            fields: raw
                .filter(|_| candidate.owns_block && candidate.beside.is_empty())
                .map(|raw| raw.block),
            profile_entry: self.profile_entry,
            span: candidate.span,
        }
    }

    fn text(&mut self, text: Option<&Text>) -> Option<String> {
        let context = &self.candidate.context;
        self.resolver.evaluate(text?, context, self.diagnostics)
    }

    fn group(&mut self, group: &raw::Group) -> Option<ConsumerGroup> {
        let members = group.members.as_ref().and_then(|members| {
            let value = self.text(Some(members))?;
            positive("members", &value, members.span, self.diagnostics)
        });
        let produces = group.produces.iter();
        let produces = produces.filter_map(|name| self.text(Some(name))).collect();
        let name = self.text(Some(&group.name))?;
        if name.trim().is_empty() {
            self.diagnostics.push(
                Diagnostic::error(Code::IllegalName, "a consumer group without a name")
                    .at(group.name.span, "")
                    .help("name it, or leave it out; a variable may be empty here"),
            );
            return None;
        }
        Some(ConsumerGroup {
            name,
            members,
            members_at: group.members.as_ref().map(|members| members.span),
            produces,
            pipeline: None,
        })
    }

    fn check(&mut self, code: &Text) -> Option<Code> {
        let value = self.text(Some(code))?;
        let otherwise = || {
            let all: Vec<_> = relations().map(Code::as_str).collect();
            (
                format!("`{value}` is no check that a topic can silence"),
                format!("a topic can silence {}", all.join(", ")),
            )
        };
        relation(&value, code.span, otherwise, self.diagnostics)
    }

    fn partition_key(&mut self, key: &raw::PartitionKey) -> PartitionKey {
        PartitionKey {
            field: self.text(key.field.as_ref()),
            partitioner: key
                .partitioner
                .as_ref()
                .and_then(|partitioner| self.partitioner(partitioner)),
        }
    }

    fn partitioner(&mut self, text: &Text) -> Option<Partitioner> {
        let value = self.text(Some(text))?;
        let mut all = Partitioner::ALL.into_iter();
        let known = all.find(|known| known.as_str() == value);
        if known.is_none() {
            let names = Partitioner::ALL.map(Partitioner::as_str);
            let near = nearest(&value, names).map(did_you_mean);
            self.diagnostics.push(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!("`{value}` is no partitioner that topicctl knows"),
                )
                .at(text.span, near.unwrap_or_default())
                .help(format!("it knows {}", names.join(", "))),
            );
        }
        known
    }
}
