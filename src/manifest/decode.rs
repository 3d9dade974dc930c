//! Trees to raw manifests: field by field along the tables of [`super::fields`].
//!
//! Everything wrong is reported and left out, and the reading goes on: one wrong topic never
//! hides the next one's problems. Texts with variables are taken as they are; what needs their
//! values is checked by [`super::resolve`].

use std::collections::HashMap;
use std::rc::Rc;

use super::fields::{self, ObjectSpec};
use super::raw::*;
use super::yaml::{Node, Text, Value};
use crate::catalog;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceId, Span, nearest};

/// What other tools call our fields, where it is too far for a misspelling.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("replicas", "replication_factor"),
    ("replication", "replication_factor"),
    ("rf", "replication_factor"),
    ("partition_count", "partitions"),
    ("partitionCount", "partitions"),
    ("num_partitions", "partitions"),
    ("numPartitions", "partitions"),
    ("configuration", "config"),
];

pub(super) const PARTITIONS_HELP: &str =
    "write a positive integer, `source`, `default` or `{ same_as: NAME }`";
pub(super) const FACTOR_EXPECTED: &str = "a positive integer or `default`";

/// The fields that [`Settings`] are made of.
const SETTINGS: &[&str] = &["partitions", "replication_factor", "retention", "config"];

/// Decodes one YAML document. `None` where it is empty or no mapping at all.
pub(super) fn document(
    node: &Node,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> Option<Document> {
    if node.is_null() {
        return None;
    }
    if let Value::Sequence(_) = node.value {
        diagnostics.push(
            Diagnostic::error(Code::WrongType, "a manifest is a mapping, not a list")
                .at(head(node), "expected `topics:` before the list")
                .help("put the list under `topics:`"),
        );
        return None;
    }
    let mut decoder = Decoder { diagnostics };
    let object = decoder.object(node, &fields::DOCUMENT)?;
    Some(Document {
        source,
        defaults: decoder.defaults(&object),
        naming: decoder.naming(&object),
        tiers: decoder.tiers(&object),
        profiles: decoder.profiles(&object),
        clusters: decoder.clusters(&object),
        policy: decoder.policy(&object),
        pipelines: decoder.pipelines(&object),
        accepted: decoder.accepted(&object),
        vars: decoder.vars(&object),
        topics: decoder.topics(&object),
    })
}

/// A mapping whose keys are all in its table.
struct Object<'n> {
    spec: &'static ObjectSpec,
    span: Span,
    fields: HashMap<&'static str, (Span, &'n Rc<Node>)>,
}

impl<'n> Object<'n> {
    fn get(&self, name: &'static str) -> Option<(Span, &'n Rc<Node>)> {
        debug_assert!(
            self.spec.fields.iter().any(|field| field.name == name),
            "`{name}` is not in the table of {}",
            self.spec.name
        );
        #[cfg(test)]
        fields::note_read(self.spec, name);
        self.fields.get(name).copied()
    }
}

/// The entries of a mapping with free keys.
type Entries = [(Text, Rc<Node>)];

struct Decoder<'d> {
    diagnostics: &'d mut Diagnostics,
}

impl Decoder<'_> {
    fn object<'n>(&mut self, node: &'n Node, spec: &'static ObjectSpec) -> Option<Object<'n>> {
        if matches!(node.value, Value::Broken) {
            return None;
        }
        let Value::Mapping(entries) = &node.value else {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    format!("{} is {}, expected a mapping", spec.name, node.kind()),
                )
                .at(head(node), "")
                .help(fields_of(spec)),
            );
            return None;
        };
        let mut fields = HashMap::new();
        for (key, value) in entries {
            match spec.fields.iter().find(|field| field.name == key.text) {
                Some(field) => {
                    fields.insert(field.name, (key.span, value));
                }
                None => self.unknown_field(key, spec),
            }
        }
        Some(Object {
            spec,
            span: head(node),
            fields,
        })
    }

    fn unknown_field(&mut self, key: &Text, spec: &ObjectSpec) {
        let known: Vec<_> = spec.fields.iter().map(|field| field.name).collect();
        let diagnostic = Diagnostic::error(
            Code::UnknownField,
            format!("`{}` is not a field of {}", key.text, spec.name),
        );
        let other_tools = OTHER_WORDS.iter().find(|(word, _)| *word == key.text);
        let meant = other_tools
            .map(|(_, field)| *field)
            .filter(|field| known.contains(field))
            .or_else(|| nearest(&key.text, known.iter().copied()));
        let config = key.text.replace('_', ".");
        self.diagnostics.push(match meant {
            Some(meant) => diagnostic.at(key.span, format!("did you mean `{meant}`?")),
            None if known.contains(&"config") && catalog::lookup(&config).is_some() => diagnostic
                .at(key.span, "")
                .help(format!("write config: {{ {config}: … }}")),
            None => diagnostic.at(key.span, "").help(fields_of(spec)),
        });
    }

    fn wrong_type(&mut self, field: &str, node: &Node, expected: &str) {
        if matches!(node.value, Value::Broken) {
            return;
        }
        let message = format!("`{field}` is {}, expected {expected}", node.kind());
        self.diagnostics
            .push(Diagnostic::error(Code::WrongType, message).at(head(node), ""));
    }

    /// A text; null is the same as no field at all.
    fn text(&mut self, object: &Object<'_>, field: &'static str) -> Option<Text> {
        let (_, node) = object.get(field)?;
        self.nullable(field, node, "a single value").flatten()
    }

    /// A scalar or null; `None` where it is neither.
    fn nullable(&mut self, field: &str, node: &Node, expected: &str) -> Option<Option<Text>> {
        match &node.value {
            _ if node.is_null() => Some(None),
            Value::Scalar(scalar) => Some(Some(Text {
                text: scalar.text.clone(),
                span: node.span,
            })),
            _ => {
                self.wrong_type(field, node, expected);
                None
            }
        }
    }

    /// A list of texts; one alone stands for a list of one.
    fn texts(&mut self, object: &Object<'_>, field: &'static str) -> Option<Vec<Text>> {
        let (_, node) = object.get(field)?;
        match &node.value {
            _ if node.is_null() => None,
            Value::Scalar(scalar) => Some(vec![Text {
                text: scalar.text.clone(),
                span: node.span,
            }]),
            Value::Sequence(items) => Some(
                items
                    .iter()
                    .filter_map(
                        |item| match self.nullable(field, item, "a list of names")? {
                            Some(text) => Some(text),
                            None => {
                                self.wrong_type(field, item, "a name");
                                None
                            }
                        },
                    )
                    .collect(),
            ),
            Value::Mapping(_) | Value::Broken => {
                self.wrong_type(field, node, "a list");
                None
            }
        }
    }

    /// A list of anything; null is an empty one.
    fn list<'n>(&mut self, object: &Object<'n>, field: &'static str) -> &'n [Rc<Node>] {
        let Some((_, node)) = object.get(field) else {
            return &[];
        };
        match &node.value {
            Value::Sequence(items) => items,
            _ => {
                if !node.is_null() {
                    self.wrong_type(field, node, "a list");
                }
                &[]
            }
        }
    }

    /// A mapping with free keys; null is an empty one.
    fn entries<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static str,
    ) -> Option<(Span, &'n Entries)> {
        let (span, node) = object.get(field)?;
        match &node.value {
            Value::Mapping(entries) => Some((span, entries)),
            _ if node.is_null() => Some((span, &[])),
            _ => {
                self.wrong_type(field, node, "a mapping");
                None
            }
        }
    }

    fn defaults(&mut self, object: &Object<'_>) -> Option<Defaults> {
        let (span, node) = object.get("defaults").filter(|(_, node)| !node.is_null())?;
        let defaults = self.object(node, &fields::DEFAULTS)?;
        Some(Defaults {
            span,
            tier: self.text(&defaults, "tier"),
        })
    }

    fn naming(&mut self, object: &Object<'_>) -> Option<Naming> {
        let (span, node) = object.get("naming").filter(|(_, node)| !node.is_null())?;
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

    fn tiers(&mut self, object: &Object<'_>) -> Option<Tiers> {
        let (span, entries) = self.entries(object, "tiers")?;
        let list = entries
            .iter()
            .filter_map(|(name, node)| {
                if node.is_null() {
                    return Some((
                        name.clone(),
                        Tier {
                            extends: None,
                            settings: Settings::default(),
                        },
                    ));
                }
                let tier = self.object(node, &fields::TIER)?;
                self.text(&tier, "description");
                let extends = self.text(&tier, "extends");
                Some((
                    name.clone(),
                    Tier {
                        extends,
                        settings: self.settings(&tier),
                    },
                ))
            })
            .collect();
        Some(Tiers { span, list })
    }

    fn profiles(&mut self, object: &Object<'_>) -> Option<Profiles> {
        let (span, entries) = self.entries(object, "profiles")?;
        let list = entries
            .iter()
            .filter_map(|(name, node)| Some((name.clone(), self.profile(node)?)))
            .collect();
        Some(Profiles { span, list })
    }

    fn clusters(&mut self, object: &Object<'_>) -> Option<Clusters> {
        let (span, entries) = self.entries(object, "clusters")?;
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
        Some(Cluster {
            bootstrap_servers: self
                .texts(&cluster, "bootstrap_servers")
                .unwrap_or_default(),
            command_config: self.text(&cluster, "command_config"),
            profile: self.text(&cluster, "profile"),
            cluster_id: self.text(&cluster, "cluster_id"),
        })
    }

    fn profile(&mut self, node: &Node) -> Option<Profile> {
        if node.is_null() {
            return Some(Profile {
                only_topics: false,
                extends: None,
                vars: Vec::new(),
                tiers: Vec::new(),
                all: None,
                topics: Vec::new(),
            });
        }
        let profile = self.object(node, &fields::PROFILE)?;
        self.text(&profile, "description");
        let tiers = self
            .entries(&profile, "tiers")
            .map_or(&[][..], |(_, entries)| entries);
        let tiers = tiers
            .iter()
            .filter(|(_, node)| !node.is_null())
            .filter_map(|(tier, node)| {
                let patch = self.object(node, &fields::PROFILE_PATCH)?;
                self.text(&patch, "description");
                Some((tier.clone(), self.settings(&patch)))
            })
            .collect();
        let all = profile
            .get("all")
            .filter(|(_, node)| !node.is_null())
            .and_then(|(_, node)| {
                let all = self.object(node, &fields::PROFILE_PATCH)?;
                self.text(&all, "description");
                Some(self.settings(&all))
            });
        let topics = self
            .list(&profile, "topics")
            .iter()
            .filter_map(|node| {
                let topic = self.object(node, &fields::PROFILE_TOPIC)?;
                self.text(&topic, "description");
                let settings = self.settings(&topic);
                Some((self.required(&topic, "name")?, settings))
            })
            .collect();
        Some(Profile {
            only_topics: profile.fields.len() == 1 && profile.get("topics").is_some(),
            extends: self.text(&profile, "extends"),
            vars: self.vars(&profile),
            tiers,
            all,
            topics,
        })
    }

    fn required(&mut self, object: &Object<'_>, field: &'static str) -> Option<Text> {
        match object.get(field) {
            Some((_, node)) if !node.is_null() => self.text(object, field),
            _ => {
                self.missing(object, field);
                None
            }
        }
    }

    fn missing(&mut self, object: &Object<'_>, field: &'static str) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::MissingField,
                format!("{} needs `{field}`", object.spec.name),
            )
            .at(object.span, format!("`{field}` is missing here")),
        );
    }

    fn vars(&mut self, object: &Object<'_>) -> Vec<(Text, Text)> {
        self.free_texts(object, "vars")
    }

    fn settings(&mut self, object: &Object<'_>) -> Settings {
        let partitions = object
            .get("partitions")
            .and_then(|(span, node)| Some((span, self.partitions(node)?)));
        let replication_factor = object.get("replication_factor").and_then(|(span, node)| {
            let factor = self.nullable("replication_factor", node, FACTOR_EXPECTED)?;
            Some((span, factor))
        });
        let retention = object.get("retention").and_then(|(span, node)| {
            Some((
                span,
                self.nullable("retention", node, "a duration such as 7d")?,
            ))
        });
        let entries = self
            .entries(object, "config")
            .map_or(&[][..], |(_, entries)| entries);
        let config: Vec<_> = entries
            .iter()
            .filter_map(|(key, node)| Some((key.clone(), self.config_value(key, node)?)))
            .collect();
        let explicit = config.iter().find(|(key, _)| key.text == "retention.ms");
        if let (Some((span, _)), Some((key, _))) = (&retention, explicit) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BothRetentions,
                    "`retention` and `retention.ms` say the same thing twice",
                )
                .at(key.span, "here as the broker has it")
                .and(*span, "and here")
                .help("keep one of them"),
            );
        }
        Settings {
            partitions,
            replication_factor,
            retention,
            config,
        }
    }

    fn partitions(&mut self, node: &Node) -> Option<Option<Partitions>> {
        if let Value::Mapping(_) = node.value {
            let same_as = self.object(node, &fields::SAME_AS)?;
            return Some(Some(Partitions::SameAs(
                self.required(&same_as, "same_as")?,
            )));
        }
        if let Value::Sequence(_) = node.value {
            self.diagnostics.push(
                Diagnostic::error(Code::WrongType, "`partitions` is a list, expected a count")
                    .at(head(node), "")
                    .help(PARTITIONS_HELP),
            );
            return None;
        }
        let text = self.nullable("partitions", node, "a count")?;
        Some(text.map(Partitions::Text))
    }

    /// Lists are joined with commas, as the broker has them.
    fn config_value(&mut self, key: &Text, node: &Node) -> Option<Option<Text>> {
        let Value::Sequence(items) = &node.value else {
            return self.nullable(&key.text, node, "a single value or a list");
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            texts.push(
                self.nullable(&key.text, item, "a list of single values")??
                    .text,
            );
        }
        Some(Some(Text {
            text: texts.join(","),
            span: node.span,
        }))
    }

    fn topics(&mut self, object: &Object<'_>) -> Vec<Topic> {
        self.list(object, "topics")
            .iter()
            .filter_map(|node| {
                if let Value::Scalar(scalar) = &node.value
                    && !node.is_null()
                {
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::WrongType,
                            "a topic is a single value, expected a mapping",
                        )
                        .at(node.span, "")
                        .help(format!("write - name: {}", scalar.text)),
                    );
                    return None;
                }
                let topic = self.object(node, &fields::TOPIC)?;
                let name = self.required(&topic, "name");
                let retry = self.retry(&topic);
                let dlq = self.derived(&topic, "dlq");
                let error = self.derived(&topic, "error");
                let name = Some(name?);
                Some(Topic {
                    name,
                    retry,
                    dlq,
                    error,
                    ..self.topic_fields(&topic)
                })
            })
            .collect()
    }

    /// The fields that a topic and a derived block share.
    fn topic_fields(&mut self, object: &Object<'_>) -> Topic {
        let name = object.get("name").and_then(|_| self.text(object, "name"));
        Topic {
            span: name.as_ref().map_or(object.span, |name| name.span),
            name,
            description: self.text(object, "description"),
            owner: self.text(object, "owner"),
            tier: self.text(object, "tier"),
            settings: self.settings(object),
            retry: None,
            dlq: None,
            error: None,
            consumer_groups: self.groups(object),
            partition_key: self.partition_key(object),
            profiles: self.texts(object, "profiles"),
            external: self.text(object, "external"),
            env: self.text(object, "env"),
            allow: self.texts(object, "allow").unwrap_or_default(),
        }
    }

    fn retry(&mut self, object: &Object<'_>) -> Option<Box<Retry>> {
        let (_, node) = object.get("retry").filter(|(_, node)| !node.is_null())?;
        if let Value::Scalar(_) | Value::Sequence(_) = node.value {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    format!("`retry` is {}, expected its delays", node.kind()),
                )
                .at(head(node), "")
                .help("write the ladder: retry: { delays: [5m, 1h] }"),
            );
            return None;
        }
        let retry = self.object(node, &fields::RETRY)?;
        if retry.get("delays").is_none_or(|(_, node)| node.is_null()) {
            self.missing(&retry, "delays");
        }
        let steps = self.retry_steps(&retry);
        let block = self.topic_fields(&retry);
        let steps = steps?;
        let delays = retry.get("delays").map(|(_, node)| &node.value);
        if matches!(delays, Some(Value::Sequence(items)) if items.is_empty()) {
            self.diagnostics.push(
                Diagnostic::error(Code::OutOfRange, "a retry ladder without a step")
                    .at(retry.span, "`delays` is empty")
                    .help("name at least one delay, or leave `retry` out"),
            );
        }
        Some(Box::new(Retry { steps, block }))
    }

    /// The items of `delays`: durations, or mappings with one and with fields of their own.
    fn retry_steps(&mut self, retry: &Object<'_>) -> Option<Vec<RetryStep>> {
        let (_, node) = retry.get("delays")?;
        let Value::Sequence(items) = &node.value else {
            let plain = |delay| RetryStep { delay, own: None };
            return Some(
                self.texts(retry, "delays")?
                    .into_iter()
                    .map(plain)
                    .collect(),
            );
        };
        Some(
            items
                .iter()
                .filter_map(|item| self.retry_step(item, retry))
                .collect(),
        )
    }

    fn retry_step(&mut self, node: &Node, retry: &Object<'_>) -> Option<RetryStep> {
        let Value::Mapping(_) = node.value else {
            let expected = "delays such as 5m";
            let Some(delay) = self.nullable("delays", node, expected)? else {
                self.wrong_type("delays", node, expected);
                return None;
            };
            return Some(RetryStep { delay, own: None });
        };
        let step = self.object(node, &fields::RETRY_STEP)?;
        let delay = self.required(&step, "delay")?;
        // Settings go over each other value by value, all other fields as a whole.
        let settings = self.settings(retry).patched_by(self.settings(&step));
        let mut fields = retry.fields.clone();
        fields.extend(&step.fields);
        fields.retain(|field, _| !SETTINGS.contains(field));
        let own = Object {
            spec: step.spec,
            span: step.span,
            fields,
        };
        Some(RetryStep {
            delay,
            own: Some(Topic {
                settings,
                ..self.topic_fields(&own)
            }),
        })
    }

    fn derived(&mut self, object: &Object<'_>, field: &'static str) -> Option<Derived> {
        let (_, node) = object.get(field).filter(|(_, node)| !node.is_null())?;
        if let Value::Scalar(scalar) = &node.value {
            let text = Text {
                text: scalar.text.clone(),
                span: node.span,
            };
            return Some(Derived::Text(text));
        }
        if let Value::Sequence(_) = node.value {
            let expected = "`true` or a mapping";
            self.wrong_type(field, node, expected);
            return None;
        }
        let derived = self.object(node, &fields::DERIVED)?;
        Some(Derived::Block(Box::new(self.topic_fields(&derived))))
    }

    fn groups(&mut self, object: &Object<'_>) -> Vec<Group> {
        let Some((_, node)) = object.get("consumer_groups") else {
            return Vec::new();
        };
        let alone = std::slice::from_ref(node);
        let items = match &node.value {
            Value::Sequence(items) => items.as_slice(),
            _ if node.is_null() => &[],
            _ => alone,
        };
        items
            .iter()
            .filter_map(|item| match &item.value {
                Value::Scalar(scalar) if !item.is_null() => Some(Group {
                    name: Text {
                        text: scalar.text.clone(),
                        span: item.span,
                    },
                    members: None,
                    produces: Vec::new(),
                }),
                _ => {
                    let group = self.object(item, &fields::GROUP)?;
                    let members = self.text(&group, "members");
                    let produces = self.texts(&group, "produces").unwrap_or_default();
                    Some(Group {
                        name: self.required(&group, "name")?,
                        members,
                        produces,
                    })
                }
            })
            .collect()
    }

    fn partition_key(&mut self, object: &Object<'_>) -> Option<PartitionKey> {
        let (_, node) = object
            .get("partition_key")
            .filter(|(_, node)| !node.is_null())?;
        let key = self.object(node, &fields::PARTITION_KEY)?;
        let field = self.text(&key, "field");
        Some(PartitionKey {
            field,
            partitioner: self.text(&key, "partitioner"),
        })
    }

    fn pipelines(&mut self, object: &Object<'_>) -> Vec<Pipeline> {
        self.list(object, "pipelines")
            .iter()
            .filter_map(|node| {
                let pipeline = self.object(node, &fields::PIPELINE)?;
                self.text(&pipeline, "description");
                let mut allowed_topics =
                    self.texts(&pipeline, "allowed_topics").unwrap_or_default();
                allowed_topics.extend(
                    self.texts(&pipeline, "allowedKafkaTopics")
                        .unwrap_or_default(),
                );
                let owner = self.text(&pipeline, "owner");
                let tier = self.text(&pipeline, "tier");
                let profiles = self.texts(&pipeline, "profiles");
                let steps = self.list(&pipeline, "steps");
                let steps = steps.iter().filter_map(|node| self.step(node)).collect();
                let name = self.required(&pipeline, "name")?;
                Some(Pipeline {
                    name,
                    owner,
                    tier,
                    profiles,
                    allowed_topics,
                    steps,
                })
            })
            .collect()
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let step = self.object(node, &fields::STEP)?;
        self.text(&step, "description");
        let input = self.derived(&step, "input");
        let output = self.derived(&step, "output");
        let error = self.derived(&step, "error");
        let dead_letter = self.derived(&step, "dead_letter");
        let consumes = self.texts(&step, "consumes").unwrap_or_default();
        let produces = self.texts(&step, "produces").unwrap_or_default();
        let listeners = self.text(&step, "listeners");
        let name = self.required(&step, "name")?;
        Some(Step {
            name,
            input,
            output,
            error,
            dead_letter,
            consumes,
            produces,
            listeners,
        })
    }

    fn accepted(&mut self, object: &Object<'_>) -> Vec<Accepted> {
        self.list(object, "accepted_mismatches")
            .iter()
            .filter_map(|node| {
                let entry = self.object(node, &fields::ACCEPTED)?;
                let partitions = self.text(&entry, "partitions");
                let replication_factor = self.text(&entry, "replication_factor");
                let config = self.free_texts(&entry, "config");
                let until = self.text(&entry, "until");
                let reason = self.required(&entry, "reason");
                let topic = self.required(&entry, "topic")?;
                let reason = reason?;
                Some(Accepted {
                    topic,
                    partitions,
                    replication_factor,
                    config,
                    reason,
                    until,
                })
            })
            .collect()
    }

    fn policy(&mut self, object: &Object<'_>) -> Option<Policy> {
        let (span, node) = object.get("policy").filter(|(_, node)| !node.is_null())?;
        let policy = self.object(node, &fields::POLICY)?;
        let names = self.part(&policy, "names", &fields::POLICY_NAMES);
        let config = self.part(&policy, "config", &fields::POLICY_CONFIG);
        let mut texts = |part: &Option<Object<'_>>, field: &'static str| {
            part.as_ref()
                .and_then(|part| self.texts(part, field))
                .unwrap_or_default()
        };
        let (allow_names, deny_names) = (texts(&names, "allow"), texts(&names, "deny"));
        let except_names = texts(&names, "except");
        let (allow_config, deny_config) = (texts(&config, "allow"), texts(&config, "deny"));
        Some(Policy {
            span,
            allow_names,
            deny_names,
            except_names,
            partitions: self.range(&policy, "partitions", &fields::POLICY_COUNTS),
            replication_factor: self.range(&policy, "replication_factor", &fields::POLICY_COUNTS),
            retention: self.range(&policy, "retention", &fields::POLICY_DURATIONS),
            require_config: config
                .map(|config| self.required_config(&config))
                .unwrap_or_default(),
            allow_config,
            deny_config,
            owner: self.text(&policy, "owner"),
            profile: self.text(&policy, "profile"),
            fail_on: self.texts(&policy, "fail_on"),
            checks: self.free_texts(&policy, "checks"),
        })
    }

    /// A field that is an object of its own; null is the same as no field at all.
    fn part<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static str,
        spec: &'static ObjectSpec,
    ) -> Option<Object<'n>> {
        let (_, node) = object.get(field).filter(|(_, node)| !node.is_null())?;
        self.object(node, spec)
    }

    fn range(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
        spec: &'static ObjectSpec,
    ) -> Range {
        let Some(range) = self.part(object, field, spec) else {
            return Range::default();
        };
        Range {
            min: self.text(&range, "min"),
            max: self.text(&range, "max"),
        }
    }

    /// A list of keys, or a mapping of keys to the value that they must have.
    fn required_config(&mut self, config: &Object<'_>) -> Vec<(Text, Option<Text>)> {
        match config.get("require") {
            Some((_, node)) if matches!(node.value, Value::Mapping(_)) => self
                .free_texts(config, "require")
                .into_iter()
                .map(|(key, value)| (key, Some(value)))
                .collect(),
            _ => {
                let keys = self.texts(config, "require").unwrap_or_default();
                keys.into_iter().map(|key| (key, None)).collect()
            }
        }
    }

    /// A mapping of free names to texts.
    fn free_texts(&mut self, object: &Object<'_>, field: &'static str) -> Vec<(Text, Text)> {
        let entries = self
            .entries(object, field)
            .map_or(&[][..], |(_, entries)| entries);
        entries
            .iter()
            .filter_map(|(name, node)| {
                let value = self.nullable(field, node, "a single value for each name")?;
                let empty = || Text {
                    text: String::new(),
                    span: node.span,
                };
                Some((name.clone(), value.unwrap_or_else(empty)))
            })
            .collect()
    }
}

/// Where to point for a whole node: a collection can be pages long, so its first key or item.
fn head(node: &Node) -> Span {
    match &node.value {
        Value::Scalar(_) | Value::Broken => node.span,
        Value::Mapping(entries) => entries.first().map_or(node.span, |(key, _)| key.span),
        Value::Sequence(items) => items.first().map_or(node.span, |item| head(item)),
    }
}

fn fields_of(spec: &ObjectSpec) -> String {
    let names: Vec<_> = spec
        .fields
        .iter()
        .map(|field| format!("`{}`", field.name))
        .collect();
    match names.as_slice() {
        [one] => format!("its field is {one}"),
        _ => format!("its fields are {}", names.join(", ")),
    }
}
