//! Where things come from, as data: what a diagnostic's code means, and which place of the
//! manifests gave a topic or a tier each of its values.
//!
//! [`crate::manifest`] fills the types while it resolves; [`text`] and [`json`] lay them out, and
//! [`pages`] holds what is written about codes. Nothing here reads a manifest, decides a value or
//! prints.

pub mod json;
pub mod pages;
pub mod text;

use crate::diagnostic::{Code, Span};
use crate::topic::{DeclaredTopic, Field, Origin, TopicName};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LayerValue {
    Value {
        /// In the broker's form.
        value: String,
        /// How the manifest has it, where variables or a rule made the value.
        written: Option<String>,
    },
    /// A rule whose value depends on the topic: `source`, for example.
    Rule(String),
    /// The broker's default: the word that says so, which takes away what was there.
    Default(&'static str),
    /// A text that is no value, and so changed nothing.
    Unreadable(String),
}

impl LayerValue {
    /// A value that stands in the manifest as it is.
    pub fn value(value: impl Into<String>) -> Self {
        Self::Value {
            value: value.into(),
            written: None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    pub value: LayerValue,
    pub origin: Origin,
}

/// A field with the values of all layers that state it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    pub field: Field,
    /// The value that holds, in the broker's form; `None` for the broker's default, and in a tier
    /// for a rule whose value depends on the topic.
    pub value: Option<String>,
    /// Lowest layer first.
    pub steps: Vec<Step>,
}

impl Setting {
    /// The step whose value holds: the last that could be read.
    pub fn winner(&self) -> Option<usize> {
        self.steps
            .iter()
            .rposition(|step| !matches!(step.value, LayerValue::Unreadable(_)))
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicExplanation {
    pub topic: DeclaredTopic,
    pub tier_chosen: Option<Span>,
    /// The topics of its family, itself among them.
    pub family: Vec<TopicName>,
    /// Places of external entries for the same topic.
    pub also_at: Vec<Span>,
    pub settings: Vec<Setting>,
}

/// A tier in the chain that makes another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TierLink {
    pub name: String,
    /// Where it is declared; `None` for one of topicctl's own.
    pub span: Option<Span>,
}

/// Where a tier's values come from, and who uses it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TierExplanation {
    pub name: String,
    /// Where it is declared; `None` for one of topicctl's own.
    pub span: Option<Span>,
    /// What it extends, nearest first, down to one of topicctl's own.
    pub extends: Vec<TierLink>,
    pub settings: Vec<Setting>,
    /// Topics of this very tier.
    pub topics: Vec<TopicName>,
    /// Tiers that extend it, at any distance, with their topics.
    pub extended_by: Vec<(String, Vec<TopicName>)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    Topic(String),
    Tier(String),
}

/// Answers to one question; more than one where a name means several things.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explanation {
    pub code: Option<Code>,
    pub topic: Option<TopicExplanation>,
    pub tier: Option<TierExplanation>,
}

impl Explanation {
    pub fn is_empty(&self) -> bool {
        self.code.is_none() && self.topic.is_none() && self.tier.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::Layer;

    #[test]
    fn a_text_that_is_no_value_does_not_win() {
        let step = |value| Step {
            value,
            origin: Origin {
                layer: Layer::Topic,
                span: None,
            },
        };
        let setting = |steps| Setting {
            field: Field::Partitions,
            value: None,
            steps,
        };
        let unread = || step(LayerValue::Unreadable("many".to_owned()));
        let two = setting(vec![step(LayerValue::value("1")), unread()]);
        assert_eq!(two.winner(), Some(0));
        assert_eq!(setting(vec![unread()]).winner(), None);
    }
}
