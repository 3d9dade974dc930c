//! Pipelines and their steps.

use super::topics::{DERIVED, DESCRIPTION, MOST_MEMBERS};
use super::{ObjectSpec, Shape, TEXTS, field, required};

/// `true`, or a mapping.
const STEP_TOPIC: Shape = Shape::Either(&[Shape::Flag, Shape::Object(&DERIVED)]);

pub(in crate::manifest) const PIPELINE: ObjectSpec = ObjectSpec {
    name: "a pipeline",
    id: "pipeline",
    fields: &[
        required(
            "name",
            Shape::Text,
            "The pipeline's name: letters, digits, `-` and `_`. A part of its standard topics' \
             names, and of its consumer group's: `NAME-consumer-group`.",
        ),
        DESCRIPTION,
        field(
            "owner",
            Shape::Text,
            "The owner of the topics of its steps, where they state none.",
        ),
        field(
            "tier",
            Shape::Text,
            "The tier of its inputs and outputs, where they state none.",
        ),
        field(
            "profiles",
            TEXTS,
            "The profiles under which it is declared at all, and those that extend them.",
        ),
        field(
            "allowed_topics",
            TEXTS,
            "Custom topics that its steps may read and write. Each must be declared, under `topics` \
             for example.",
        ),
        field(
            "allowedKafkaTopics",
            TEXTS,
            "Another spelling of `allowed_topics`.",
        ),
        field("steps", Shape::Objects(&STEP), "Its steps, in any order."),
    ],
};

pub(in crate::manifest) const STEP: ObjectSpec = ObjectSpec {
    name: "a step",
    id: "step",
    fields: &[
        required(
            "name",
            Shape::Text,
            "The step's name: letters, digits, `-` and `_`. A part of its standard topics' names.",
        ),
        DESCRIPTION,
        field(
            "input",
            STEP_TOPIC,
            "Declares the step's input topic: `true`, or a mapping with values of its own.",
        ),
        field(
            "output",
            STEP_TOPIC,
            "Declares the step's output topic: `true`, or a mapping with values of its own.",
        ),
        field(
            "error",
            STEP_TOPIC,
            "Declares the step's error topic, with the partitions of its main topic and a retention \
             of 3 days, or the main topic's where that is shorter.",
        ),
        field(
            "dead_letter",
            STEP_TOPIC,
            "Declares the step's dead letter topic, with the partitions of its main topic and a \
             retention of 30 days.",
        ),
        field(
            "consumes",
            TEXTS,
            "Topics that the step reads: `STEP.output` (also `.input`, `.error`, `.dead-letter`) is \
             short for a standard name of this pipeline; full names and allowed custom topics work \
             too.",
        ),
        field(
            "produces",
            TEXTS,
            "Topics that the step writes besides its output, named as in `consumes`.",
        ),
        field(
            "listeners",
            Shape::Count {
                most: MOST_MEMBERS,
                words: &[],
            },
            "How many consumers the step runs. More than the partitions that it reads is a warning: \
             the rest would be idle.",
        ),
    ],
};
