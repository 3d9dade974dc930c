//! The sections that hold for the whole project: `defaults`, `naming`, `tiers`, `profiles`,
//! `clusters` and `accepted_mismatches`. In which file they may stand is [`super::super::project`]'s to say.

use super::{Decoder, Object};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::fields;
use crate::manifest::raw::{
    Accepted, Cluster, Clusters, Defaults, Naming, Profile, Profiles, Settings, Tier, Tiers,
};
use crate::manifest::yaml::{Node, Text};

impl Decoder<'_> {
    pub(super) fn defaults(&mut self, object: &Object<'_>) -> Option<Defaults> {
        let (span, node) = object.stated("defaults")?;
        let defaults = self.object(node, &fields::DEFAULTS)?;
        Some(Defaults {
            span,
            tier: self.text(&defaults, "tier"),
        })
    }

    pub(super) fn naming(&mut self, object: &Object<'_>) -> Option<Naming> {
        let (span, node) = object.stated("naming")?;
        let naming = self.object(node, &fields::NAMING)?;
        Some(Naming {
            span,
            retry: self.text(&naming, "retry"),
            dlq: self.text(&naming, "dlq"),
            error: self.text(&naming, "error"),
            pipeline_prefix: self.text(&naming, "pipeline_prefix"),
            allowed_topics: self.texts(&naming, "allowed_topics").unwrap_or_default(),
        })
    }

    pub(super) fn tiers(&mut self, object: &Object<'_>) -> Option<Tiers> {
        let (span, entries) = self.mapping(object, "tiers")?;
        let list = entries
            .iter()
            .filter_map(|(name, node)| Some((name.clone(), self.tier(node)?)))
            .collect();
        Some(Tiers { span, list })
    }

    fn tier(&mut self, node: &Node) -> Option<Tier> {
        if node.is_null() {
            return Some(Tier::default());
        }
        let tier = self.object(node, &fields::TIER)?;
        self.text(&tier, "description");
        Some(Tier {
            extends: self.text(&tier, "extends"),
            settings: self.settings(&tier),
        })
    }

    pub(super) fn profiles(&mut self, object: &Object<'_>) -> Option<Profiles> {
        let (span, entries) = self.mapping(object, "profiles")?;
        let list = entries
            .iter()
            .filter_map(|(name, node)| Some((name.clone(), self.profile(node)?)))
            .collect();
        Some(Profiles { span, list })
    }

    fn profile(&mut self, node: &Node) -> Option<Profile> {
        if node.is_null() {
            return Some(Profile::default());
        }
        let profile = self.object(node, &fields::PROFILE)?;
        self.text(&profile, "description");
        let tiers = self
            .entries(&profile, "tiers")
            .iter()
            .filter(|(_, node)| !node.is_null())
            .filter_map(|(tier, node)| Some((tier.clone(), self.patch(node)?)))
            .collect();
        let all = profile.stated("all");
        let topics = self
            .list(&profile, "topics")
            .iter()
            .filter_map(|node| self.profile_topic(node))
            .collect();
        Some(Profile {
            only_topics: profile.fields.len() == 1 && profile.get("topics").is_some(),
            extends: self.text(&profile, "extends"),
            vars: self.free_texts(&profile, "vars"),
            tiers,
            all: all.and_then(|(_, node)| self.patch(node)),
            topics,
        })
    }

    fn patch(&mut self, node: &Node) -> Option<Settings> {
        let patch = self.object(node, &fields::PROFILE_PATCH)?;
        self.text(&patch, "description");
        Some(self.settings(&patch))
    }

    fn profile_topic(&mut self, node: &Node) -> Option<(Text, Settings)> {
        let topic = self.object(node, &fields::PROFILE_TOPIC)?;
        self.text(&topic, "description");
        let settings = self.settings(&topic);
        Some((self.required(&topic, "name")?, settings))
    }

    pub(super) fn clusters(&mut self, object: &Object<'_>) -> Option<Clusters> {
        let (span, entries) = self.mapping(object, "clusters")?;
        let list = entries
            .iter()
            .filter_map(|(name, node)| Some((name.clone(), self.cluster(node)?)))
            .collect();
        Some(Clusters { span, list })
    }

    fn cluster(&mut self, node: &Node) -> Option<Cluster> {
        if node.is_null() {
            return Some(Cluster::default());
        }
        let cluster = self.object(node, &fields::CLUSTER)?;
        self.text(&cluster, "description");
        let servers = self.texts(&cluster, "bootstrap_servers");
        if let (Some([]), Some((span, _))) = (servers.as_deref(), cluster.get("bootstrap_servers"))
        {
            self.diagnostics.push(
                Diagnostic::error(Code::MissingField, "`bootstrap_servers` is empty")
                    .at(span, "")
                    .help("write host:port, for example kafka:9092, or leave the field out"),
            );
        }
        Some(Cluster {
            bootstrap_servers: servers.unwrap_or_default(),
            command_config: self.text(&cluster, "command_config"),
            profile: self.text(&cluster, "profile"),
            cluster_id: self.text(&cluster, "cluster_id"),
        })
    }

    pub(super) fn accepted(&mut self, object: &Object<'_>) -> Vec<Accepted> {
        let nodes = self.list(object, "accepted_mismatches");
        nodes
            .iter()
            .filter_map(|node| self.accepted_entry(node))
            .collect()
    }

    fn accepted_entry(&mut self, node: &Node) -> Option<Accepted> {
        let entry = self.object(node, &fields::ACCEPTED)?;
        let partitions = self.text(&entry, "partitions");
        let replication_factor = self.text(&entry, "replication_factor");
        let config = self.free_texts(&entry, "config");
        let until = self.text(&entry, "until");
        // Both are looked for, so that an entry without either hears of both.
        let (reason, topic) = (
            self.required(&entry, "reason"),
            self.required(&entry, "topic"),
        );
        Some(Accepted {
            topic: topic?,
            partitions,
            replication_factor,
            config,
            reason: reason?,
            until,
        })
    }
}
