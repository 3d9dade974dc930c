//! `topics` with their derived blocks: retry ladders, dead letters and errors, consumer groups,
//! partition keys. Which topics they become is [`super::super::family`]'s to say.

use super::settings::SETTINGS;
use super::shapes::head;
use super::{Decoder, Object};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::fields;
use crate::manifest::raw::{Derived, Group, PartitionKey, Retry, RetryStep, Topic};
use crate::manifest::yaml::{Node, Value};

impl Decoder<'_> {
    pub(super) fn topics(&mut self, object: &Object<'_>) -> Vec<Topic> {
        let nodes = self.list(object, "topics");
        nodes.iter().filter_map(|node| self.topic(node)).collect()
    }

    fn topic(&mut self, node: &Node) -> Option<Topic> {
        if let Some(name) = node.text() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    "a topic is a single value, expected a mapping",
                )
                .at(node.span, "")
                .help(format!("write - name: {}", name.text)),
            );
            return None;
        }
        let topic = self.object(node, &fields::TOPIC)?;
        let name = self.required(&topic, "name");
        let retry = self.retry(&topic);
        let dlq = self.derived(&topic, "dlq");
        let error = self.derived(&topic, "error");
        Some(Topic {
            name: Some(name?),
            retry,
            dlq,
            error,
            ..self.topic_fields(&topic)
        })
    }

    /// The fields that a topic and a derived block share.
    fn topic_fields(&mut self, object: &Object<'_>) -> Topic {
        let name = self.text(object, "name");
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
        let (_, node) = object.stated("retry")?;
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
        if retry.stated("delays").is_none() {
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
        if let Value::Sequence(items) = &node.value {
            let steps = items.iter().filter_map(|item| self.retry_step(item, retry));
            return Some(steps.collect());
        }
        let delays = self.texts(retry, "delays")?.into_iter();
        Some(delays.map(|delay| RetryStep { delay, own: None }).collect())
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

    /// A topic that belongs to another one: a word, or a block of fields.
    pub(super) fn derived(&mut self, object: &Object<'_>, field: &'static str) -> Option<Derived> {
        let (_, node) = object.stated(field)?;
        if let Some(text) = node.text() {
            return Some(Derived::Text(text));
        }
        if let Value::Sequence(_) = node.value {
            self.wrong_type(field, node, "`true` or a mapping");
            return None;
        }
        let derived = self.object(node, &fields::DERIVED)?;
        Some(Derived::Block(Box::new(self.topic_fields(&derived))))
    }

    /// A list of groups; one alone stands for a list of one.
    fn groups(&mut self, object: &Object<'_>) -> Vec<Group> {
        let Some((_, node)) = object.stated("consumer_groups") else {
            return Vec::new();
        };
        let items = match &node.value {
            Value::Sequence(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        items.iter().filter_map(|item| self.group(item)).collect()
    }

    fn group(&mut self, node: &Node) -> Option<Group> {
        if let Some(name) = node.text() {
            return Some(Group {
                name,
                members: None,
                produces: Vec::new(),
            });
        }
        let group = self.object(node, &fields::GROUP)?;
        let members = self.text(&group, "members");
        let produces = self.texts(&group, "produces").unwrap_or_default();
        Some(Group {
            name: self.required(&group, "name")?,
            members,
            produces,
        })
    }

    fn partition_key(&mut self, object: &Object<'_>) -> Option<PartitionKey> {
        let (_, node) = object.stated("partition_key")?;
        let key = self.object(node, &fields::PARTITION_KEY)?;
        Some(PartitionKey {
            field: self.text(&key, "field"),
            partitioner: self.text(&key, "partitioner"),
        })
    }
}
