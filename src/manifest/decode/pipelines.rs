//! `pipelines` with their steps. Whether their names and topics fit is [`super::super::pipeline`]'s
//! to say.

use super::{Decoder, Object};
use crate::manifest::fields;
use crate::manifest::raw::{Pipeline, Step};
use crate::manifest::yaml::Node;

impl Decoder<'_> {
    pub(super) fn pipelines(&mut self, object: &Object<'_>) -> Vec<Pipeline> {
        let nodes = self.list(object, "pipelines");
        nodes
            .iter()
            .filter_map(|node| self.pipeline(node))
            .collect()
    }

    fn pipeline(&mut self, node: &Node) -> Option<Pipeline> {
        let pipeline = self.object(node, &fields::PIPELINE)?;
        self.text(&pipeline, "description");
        let mut allowed_topics = self.texts(&pipeline, "allowed_topics").unwrap_or_default();
        let also_spelled = self.texts(&pipeline, "allowedKafkaTopics");
        allowed_topics.extend(also_spelled.unwrap_or_default());
        let owner = self.text(&pipeline, "owner");
        let tier = self.text(&pipeline, "tier");
        let profiles = self.texts(&pipeline, "profiles");
        let steps = self.list(&pipeline, "steps");
        let steps = steps.iter().filter_map(|node| self.step(node)).collect();
        Some(Pipeline {
            name: self.required(&pipeline, "name")?,
            owner,
            tier,
            profiles,
            allowed_topics,
            steps,
        })
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
        Some(Step {
            name: self.required(&step, "name")?,
            input,
            output,
            error,
            dead_letter,
            consumes,
            produces,
            listeners,
        })
    }
}
